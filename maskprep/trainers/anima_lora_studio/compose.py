"""A configuration for AnimaLoraStudio: YAML as text, so that comments stay.

*Source*: AnimaLoraStudio v0.19.0, runtime/training/phases/dataset.py and config/train_template.yaml
(``--config``; what is not said has its default); read, not recorded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from maskprep.errors import MaskprepError
from maskprep.files import parsed
from maskprep.files.shell import typed
from maskprep.model import Dataset, MaskSource
from maskprep.trainers.draft import Composed, ConfigDraft, SubsetDraft, folder_key

_HEAD = "# The paths of the models, and all else, are added by the studio's training page.\n"


def compose(draft: ConfigDraft, path: str) -> Composed:
    """Write what a configuration says of images and masks; see `Composed`."""
    lines = {**_said(draft), "resolution": str(max(draft.resolution))}
    if draft.batch_size is not None:
        lines["batch_size"] = str(draft.batch_size)
    text = "".join(f"{key}: {value}\n" for key, value in lines.items())
    return Composed(_HEAD + text, tuple(_remarks(draft)))


def amend(text: str, draft: ConfigDraft, path: str) -> Composed:
    """Bring folders into a configuration, line by line; see `Composed`."""
    if text and not text.endswith("\n"):
        text += "\n"
    remarks = list(_remarks(draft))
    for key, value in _said(draft).items():
        line = f"{key}: {value}"
        old = re.search(rf"(?m)^{key}[ \t]*:[ \t]*(\S.*)$", text)
        if key.endswith("_dir") and old is not None and old[1] != value:
            remarks.append(f"{key} was {old[1]}: AnimaLoraStudio takes one alone")
        # As a template a backslash of a path would be read as an escape.
        text, found = re.subn(rf"(?m)^{key}[ \t]*:.*$", line.replace("\\", r"\\"), text)
        if not found:
            text += f"{line}\n"
    return Composed(text, tuple(remarks))


def differences(draft: ConfigDraft, datasets: Sequence[Dataset], amended: bool) -> Iterator[str]:
    """Compare what was wanted with what was read; a sentence a difference."""
    for wanted in draft.subsets:
        found = [
            each
            for each in datasets
            if folder_key(each.settings.folder) == folder_key(wanted.image_dir)
        ]
        if not found:
            yield f"{wanted.image_dir}: is not in the configuration"
        for each in found:
            if wanted.source is MaskSource.FILE and not each.settings.has_masks:
                yield f"{wanted.image_dir}: its masks are not applied"
            if each.settings.resolution != max(draft.resolution) and not amended:
                told = f"its resolution is {each.settings.resolution}"
                yield f"{wanted.image_dir}: {told}, not {max(draft.resolution)}"


def start_flags(path: str) -> str:
    """Give the flags of ``runtime/anima_train.py``.

    Examples
    --------
    >>> start_flags("my set.yaml")
    "--config 'my set.yaml'"
    """
    return f"--config {typed([path])}"


def _said(draft: ConfigDraft) -> dict[str, str]:
    ours = _only([each for each in draft.subsets if not each.is_regularisation], "data_dir")
    others = [each for each in draft.subsets if each.is_regularisation]
    said = {"data_dir": parsed.json_text(ours.image_dir)}
    if others:
        folder = _only(others, "reg_data_dir").image_dir
        said["reg_data_dir"] = parsed.json_text(folder)
    said["masked_loss"] = "true" if ours.source is MaskSource.FILE else "false"
    # Packing leaves masks out, with a warning only.
    said["navit_packing"] = "false"
    return said


def _only(subsets: list[SubsetDraft], key: str) -> SubsetDraft:
    if not subsets:
        raise MaskprepError(f"AnimaLoraStudio wants a folder of images for {key}")
    first = subsets[0]
    if len(subsets) > 1:
        told = "put the folders into one, and name that; names such as 3_figures say repeats"
        raise MaskprepError(f"{subsets[1].image_dir}: AnimaLoraStudio takes one {key}: {told}")
    if first.source is MaskSource.ALPHA:
        raise MaskprepError(
            f"{first.image_dir}: AnimaLoraStudio reads no masks from the alpha: maskprep extract"
            " writes them to files, to be named NAME.mask"
        )
    if first.repeats not in (None, 1):
        told = "images are repeated by the names of folders in it, such as 3_figures"
        raise MaskprepError(f"{first.image_dir}: {told}")
    return first


def _remarks(draft: ConfigDraft) -> Iterator[str]:
    if draft.resolution.width != draft.resolution.height:
        yield f"AnimaLoraStudio takes one side: {max(draft.resolution)} for {draft.resolution}"
