"""A list of data sets for SimpleTuner: plain values in, JSON out.

*Source*: SimpleTuner bc8e6ab, documentation/DATALOADER.md; ``--data_backend_config`` names it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from maskprep.errors import MaskprepError
from maskprep.files import parsed, pathname
from maskprep.files.shell import typed
from maskprep.model import Dataset, MaskSource
from maskprep.trainers.draft import Composed, ConfigDraft, SubsetDraft, folder_key
from maskprep.trainers.simpletuner import settings

_CAPTIONS_CACHE = {
    "id": "text-embeds",
    "type": "local",
    "dataset_type": "text_embeds",
    "default": True,
    "cache_dir": "cache/text",
}


def compose(draft: ConfigDraft, path: str) -> Composed:
    """Write a whole list: images, their masks, and where captions are kept; see `Composed`."""
    said = [each for subset in draft.subsets for each in _data_sets(subset, draft, set())]
    return Composed(_written([*said, _CAPTIONS_CACHE]), tuple(_remarks(draft)))


def amend(text: str, draft: ConfigDraft, path: str) -> Composed:
    """Bring data sets into a list; see `Composed`.

    Raises
    ------
    MaskprepError
        It is no list of data sets.
    """
    said = parsed.from_json(text)
    if not settings.is_backends(said):
        raise MaskprepError(f'{path}: is no list of data sets, each with an "id"')
    for subset in draft.subsets:
        key = folder_key(subset.image_dir)
        there = [
            each
            for each in said
            if each.get("dataset_type", "image") == "image"
            and folder_key(str(each.get("instance_data_dir", ""))) == key
        ]
        if not there:
            said += _data_sets(subset, draft, {each["id"] for each in said})
        for old in there:
            _refresh(old, subset, draft, said)
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
        for backend, subset in found:
            if wanted.source is MaskSource.FILE and subset.source is not MaskSource.FILE:
                yield f"{wanted.image_dir}: its masks are not applied"
            if wanted.repeats is not None and subset.repeats != wanted.repeats:
                told = f"its images are shown {subset.repeats} times, not {wanted.repeats}"
                yield f"{wanted.image_dir}: {told}"
            if backend.resolution.square != max(draft.resolution) and not amended:
                told = f"its resolution is {backend.resolution.square}, not {max(draft.resolution)}"
                yield f"{wanted.image_dir}: {told}"


def start_flags(path: str) -> str:
    """Give the option of the trainer that names the list.

    Examples
    --------
    >>> start_flags("my sets.json")
    "--data_backend_config 'my sets.json'"
    """
    return f"--data_backend_config {typed([path])}"


def _data_sets(subset: SubsetDraft, draft: ConfigDraft, taken: set[str]) -> list[dict[str, Any]]:
    name = _free(pathname.basename(subset.image_dir.rstrip("/")) or "images", taken)
    images: dict[str, Any] = {
        "id": name,
        "type": "local",
        "dataset_type": "image",
        "instance_data_dir": subset.image_dir,
        **_shape(draft),
        "caption_strategy": "textfile" if subset.caption_extension else "filename",
        "repeats": max(0, (subset.repeats or 1) - 1),
        "cache_dir_vae": f"cache/vae/{name}",
    }
    if subset.source is MaskSource.NONE:
        return [images]
    masks = _masks(subset, draft, _free(f"{name}-masks", taken))
    images["conditioning_data"] = masks["id"]
    return [images, masks]


def _masks(subset: SubsetDraft, draft: ConfigDraft, name: str) -> dict[str, Any]:
    if subset.source is MaskSource.ALPHA:
        raise MaskprepError(
            f"{subset.image_dir}: SimpleTuner reads no masks from the alpha: maskprep extract"
            " writes them to files, to be given with --masks"
        )
    return {
        "id": name,
        "type": "local",
        "dataset_type": "conditioning",
        "conditioning_type": "mask",
        "instance_data_dir": subset.mask_dir,
        **_shape(draft),
    }


def _shape(draft: ConfigDraft) -> dict[str, Any]:
    # Any other style crops images and masks at random, each for itself.
    return {
        "resolution": max(draft.resolution),
        "resolution_type": "pixel_area",
        "crop": False,
        "crop_style": "center",
    }


def _refresh(
    old: dict[str, Any], subset: SubsetDraft, draft: ConfigDraft, said: list[dict[str, Any]]
) -> None:
    old["crop_style"] = "center"
    if subset.repeats is not None:
        old["repeats"] = max(0, subset.repeats - 1)
    if subset.source is MaskSource.NONE:
        return
    named = old.get("conditioning_data")
    theirs = [each for each in said if each["id"] == named]
    if not theirs:
        taken = {each["id"] for each in said}
        theirs = [_masks(subset, draft, _free(f"{old['id']}-masks", taken))]
        said += theirs
        old["conditioning_data"] = theirs[0]["id"]
    shape = ("resolution", "resolution_type", "crop", "crop_style", "crop_aspect")
    for each in theirs:
        each.update({key: old[key] for key in shape if key in old})
        each["instance_data_dir"] = subset.mask_dir


def _free(name: str, taken: set[str]) -> str:
    number, free = 2, name
    while free in taken:
        free, number = f"{name}-{number}", number + 1
    taken.add(free)
    return free


def _remarks(draft: ConfigDraft) -> Iterator[str]:
    for each in draft.subsets:
        if each.is_regularisation:
            yield f"{each.image_dir}: written as a data set like any other"
    if draft.batch_size is not None:
        told = f"train_batch_size {draft.batch_size}"
        yield f"the images a step stand in the trainer's own options: {told}"
    if draft.resolution.width != draft.resolution.height:
        yield f"SimpleTuner takes one side: {max(draft.resolution)} for {draft.resolution}"


def _written(said: object) -> str:
    return parsed.json_text(said, indent=2) + "\n"
