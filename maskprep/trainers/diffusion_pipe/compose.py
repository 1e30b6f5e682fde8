"""A data set's configuration for diffusion-pipe: plain values in, TOML with comments out.

*Source*: diffusion-pipe 8f83dbf, examples/dataset.toml; README.md (how it is started).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from maskprep.errors import HARMFUL, MaskprepError
from maskprep.files import parsed
from maskprep.model import Dataset, MaskSource
from maskprep.trainers.diffusion_pipe.settings import ASPECTS, Directory
from maskprep.trainers.draft import Composed, ConfigDraft, SubsetDraft, folder_key

_HEAD = """\
# A data set for diffusion-pipe; the run's own configuration names it: dataset = {path}
resolutions = [{resolution}]
enable_ar_bucket = true
min_ar = {min_ar}
max_ar = {max_ar}
num_ar_buckets = {num_ar_buckets}

# Cached latents keep their masks: start with --regenerate_cache once masks have changed.
"""


def compose(draft: ConfigDraft, path: str) -> Composed:
    """Write a whole data set: resolution, buckets, folders and masks; see `Composed`."""
    width, height = draft.resolution
    resolution = str(width) if width == height else f"[{width}, {height}]"
    head = _HEAD.format(path=json.dumps(path), resolution=resolution, **ASPECTS)
    entries = "\n".join(
        "[[directory]]\n"
        + "".join(f"{key} = {_literal(value)}\n" for key, value in _entry(each).items())
        for each in draft.subsets
    )
    return Composed(head + entries, tuple(_remarks(draft)))


def amend(text: str, draft: ConfigDraft, path: str) -> Composed:
    """Bring directories into a data set, and leave all else as it is; see `Composed`.

    Raises
    ------
    MaskprepError
        It is a run's configuration, which only names its data set.
    """
    import tomlkit

    document = parsed.toml_document(text)
    listed: Any = document.get("directory")
    if not isinstance(listed, list):
        named = document.get("dataset", "another file")
        raise MaskprepError(f"{path}: its directories stand in {named}: update that file instead")
    for each in draft.subsets:
        made, key = _entry(each), folder_key(each.image_dir)
        there = [old for old in listed if folder_key(str(old.get("path", ""))) == key]
        for old in there:
            for name in ("mask_path", "num_repeats"):
                if name in made:
                    old[name] = made[name]
                else:
                    old.pop(name, None)
        if not there:
            table = tomlkit.table()
            table.update(made)
            listed.append(table)
    return Composed(tomlkit.dumps(document), tuple(_remarks(draft)))


def differences(draft: ConfigDraft, datasets: Sequence[Dataset], amended: bool) -> Iterator[str]:
    """Compare what was wanted with what was read; a sentence a difference."""
    read: list[Directory] = [each.settings for each in datasets]
    side = (draft.resolution.width * draft.resolution.height) ** 0.5
    for wanted in draft.subsets:
        key = folder_key(wanted.image_dir)
        found = [each for each in read if folder_key(each.path) == key]
        if not found:
            yield f"{wanted.image_dir}: is not in the configuration"
        for each in found:
            masks = each.mask_path and folder_key(each.mask_path)
            if masks != (wanted.mask_dir and folder_key(wanted.mask_dir)):
                yield f"{wanted.image_dir}: its masks are not applied"
            if each.repeats != (wanted.repeats or 1):
                told = f"its num_repeats is {each.repeats}, not {wanted.repeats}"
                yield f"{wanted.image_dir}: {told}"
            if not amended and abs(each.resolution - side) > 1:
                told = f"its resolution is {each.resolution:g}, not {side:g}"
                yield f"{wanted.image_dir}: {told}"


def start_flags(path: str) -> str:
    """Give the flags of ``train.py``; the data set is named in the run's configuration.

    Examples
    --------
    >>> start_flags("set.toml")
    "--deepspeed --config RUN.toml --regenerate_cache, where RUN.toml says dataset = 'set.toml'"
    """
    said = f"where RUN.toml says dataset = '{path}'"
    return f"--deepspeed --config RUN.toml --regenerate_cache, {said}"


def _entry(subset: SubsetDraft) -> dict[str, Any]:
    if subset.source is MaskSource.ALPHA:
        raise MaskprepError(
            f"{subset.image_dir}: diffusion-pipe reads no masks from the alpha: maskprep extract"
            " writes them to files"
        )
    entry: dict[str, Any] = {"path": subset.image_dir}
    if subset.mask_dir is not None:
        entry["mask_path"] = subset.mask_dir
    entry["num_repeats"] = subset.repeats or 1
    return entry


def _remarks(draft: ConfigDraft) -> Iterator[str]:
    for each in draft.subsets:
        if each.is_regularisation:
            yield (
                f"{each.image_dir}: written as a directory like any other: diffusion-pipe has no"
                " regularisation images"
            )
        if each.caption_extension not in (None, ".txt"):
            yield f"{each.image_dir}: diffusion-pipe reads captions from .txt files alone"
    if draft.batch_size is not None:
        told = f"micro_batch_size_per_gpu = {draft.batch_size}"
        yield f"the batch size belongs into the run's configuration: {told}"


def _literal(value: str | int) -> str:
    import tomlkit

    # TOML takes more of these raw than a terminal should get.
    raw = str(tomlkit.item(value).as_string())
    return HARMFUL.sub(lambda found: f"\\u{ord(found[0]):04x}", raw)
