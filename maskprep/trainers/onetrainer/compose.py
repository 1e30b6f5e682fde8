"""A training configuration for OneTrainer, with its concepts inside: plain values in, JSON out.

*Source*: OneTrainer 23df383, modules/util/config/TrainConfig.py (``concepts`` wins over
``concept_file_name``; what is not said has its default), ConceptConfig.py; scripts/train.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from maskprep.errors import MaskprepError
from maskprep.files import parsed, pathname
from maskprep.files.shell import typed
from maskprep.model import Dataset, MaskSource
from maskprep.trainers.draft import Composed, ConfigDraft, SubsetDraft, folder_key
from maskprep.trainers.onetrainer import settings
from maskprep.trainers.onetrainer.declared import FAMILIES


def compose(draft: ConfigDraft, path: str) -> Composed:
    """Write a whole configuration: model, resolution, masks and concepts; see `Composed`."""
    width, height = draft.resolution
    masked = any(each.source is MaskSource.FILE for each in draft.subsets)
    said: dict[str, Any] = {
        "model_type": FAMILIES[draft.model.name].model_type,
        "resolution": str(width) if width == height else f"{width}x{height}",
        "masked_training": masked,
        "normalize_masked_area_loss": False,
        "clear_cache_before_training": True,
        "concepts": [_concept(each, path) for each in draft.subsets],
    }
    if draft.batch_size is not None:
        said["batch_size"] = draft.batch_size
    return Composed(_written(said), tuple(_remarks(draft)))


def amend(text: str, draft: ConfigDraft, path: str) -> Composed:
    """Bring concepts into a configuration or a list of concepts; see `Composed`.

    Raises
    ------
    MaskprepError
        Its concepts stand in another file.
    """
    said = parsed.from_json(text)
    concepts = said if isinstance(said, list) else said.get("concepts")
    if not isinstance(concepts, list):
        named = said.get("concept_file_name", "training_concepts/concepts.json")
        raise MaskprepError(f"{path}: its concepts stand in {named}: update that file instead")
    for each in draft.subsets:
        made, key = _concept(each, path), folder_key(each.image_dir)
        there = [old for old in concepts if folder_key(str(old.get("path", ""))) == key]
        for old in there:
            old["balancing"] = made["balancing"]
            old.setdefault("image", {})["enable_crop_jitter"] = False
        if not there:
            concepts.append(made)
    masked = any(each.source is MaskSource.FILE for each in draft.subsets)
    if isinstance(said, dict) and masked:
        said["masked_training"] = True
    return Composed(_written(said), tuple(_remarks(draft)))


def differences(draft: ConfigDraft, datasets: Sequence[Dataset], amended: bool) -> Iterator[str]:
    """Compare what was wanted with what was read; a sentence a difference."""
    for wanted in draft.subsets:
        found = [
            (dataset.settings, subset)
            for dataset in datasets
            for subset in dataset.subsets
            if subset.images is not None
            and folder_key(subset.images.path) == folder_key(wanted.image_dir)
        ]
        if not found:
            yield f"{wanted.image_dir}: is not in the configuration"
        for training, subset in found:
            if wanted.source is MaskSource.FILE and subset.source is not MaskSource.FILE:
                yield f"{wanted.image_dir}: its masks are not applied"
            if wanted.repeats is not None and subset.repeats != wanted.repeats:
                told = f"its balancing is {subset.repeats}, not {wanted.repeats}"
                yield f"{wanted.image_dir}: {told}"
            resolution = settings.as_size(training.resolution)
            if resolution != draft.resolution and not amended:
                told = f"its resolution is {resolution}, not {draft.resolution}"
                yield f"{wanted.image_dir}: {told}"


def start_flags(path: str) -> str:
    """Give the flags of ``scripts/train.py``.

    Examples
    --------
    >>> start_flags("my set.json")
    "--config-path 'my set.json'"
    """
    return f"--config-path {typed([path])}"


def _concept(subset: SubsetDraft, path: str) -> dict[str, Any]:
    if subset.source is MaskSource.ALPHA:
        raise MaskprepError(
            f"{subset.image_dir}: OneTrainer reads no masks from the alpha: maskprep extract"
            " writes them to files, to be named NAME-masklabel.png"
        )
    return {
        "name": pathname.basename(subset.image_dir.rstrip("/")),
        "path": subset.image_dir,
        "enabled": True,
        "include_subdirectories": False,
        "balancing": float(subset.repeats or 1),
        "balancing_strategy": "REPEATS",
        "image": {"enable_crop_jitter": False},
    }


def _remarks(draft: ConfigDraft) -> Iterator[str]:
    for each in draft.subsets:
        if each.is_regularisation:
            yield (
                f"{each.image_dir}: written as a concept like any other: OneTrainer has no"
                " regularisation images"
            )


def _written(said: object) -> str:
    return parsed.json_text(said, indent=4) + "\n"
