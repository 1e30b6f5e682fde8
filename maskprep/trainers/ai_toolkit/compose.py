"""A training job for ai-toolkit: plain values in, YAML with comments out.

*Source*: ai-toolkit 27a03a9, config/examples/train_lora_flux_24gb.yaml; run.py.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from maskprep.errors import MaskprepError
from maskprep.files import parsed, pathname
from maskprep.files.shell import typed
from maskprep.model import Dataset, MaskSource
from maskprep.trainers.ai_toolkit.declared import ARCHS
from maskprep.trainers.ai_toolkit.settings import Item
from maskprep.trainers.draft import Composed, ConfigDraft, SubsetDraft, folder_key

_HEAD = """\
# A training job for ai-toolkit. Steps, network and the rest are up to you.
job: extension
config:
  name: "masked"
  process:
    - type: "sd_trainer"
      training_folder: "output"
      device: "cuda:0"
      network:
        type: "lora"
        linear: 16
        linear_alpha: 16
      datasets:
"""
_TAIL = """\
      train:
        # An image without a mask is left out where another of its batch has one.
        batch_size: {batch_size}
        steps: 2000
        dtype: "bf16"
      model:
        name_or_path: {path}
        arch: "{arch}"
"""


def compose(draft: ConfigDraft, path: str) -> Composed:
    """Write a whole job: model, resolution, masks and folders; see `Composed`."""
    width, height = draft.resolution
    side = round((width * height) ** 0.5)
    entries = "".join(_entry(each, side) for each in draft.subsets)
    arch = draft.model.name
    tail = _TAIL.format(
        batch_size=draft.batch_size or 1, path=json.dumps(ARCHS[arch].path), arch=arch
    )
    return Composed(_HEAD + entries + tail, tuple(_remarks(draft, side)))


def amend(text: str, draft: ConfigDraft, path: str) -> Composed:
    """Refuse to change a job that is there: its comments would be lost.

    Raises
    ------
    MaskprepError
        Always.
    """
    raise MaskprepError(
        f"{path}: comments of YAML would be lost: write a new job with --output, and copy its"
        " datasets over"
    )


def differences(draft: ConfigDraft, datasets: Sequence[Dataset], amended: bool) -> Iterator[str]:
    """Compare what was wanted with what was read; a sentence a difference."""
    read = [(each, subset.settings) for each in datasets for subset in each.subsets]
    for wanted in draft.subsets:
        key = folder_key(wanted.image_dir)
        items: list[Item] = [item for _, item in read if folder_key(item.path) == key]
        if not items:
            yield f"{wanted.image_dir}: is not in the configuration"
        for item in items:
            if item.source is not wanted.source:
                yield f"{wanted.image_dir}: its masks are not applied"
            if item.repeats != (wanted.repeats or 1):
                told = f"its num_repeats is {item.repeats}, not {wanted.repeats}"
                yield f"{wanted.image_dir}: {told}"


def start_flags(path: str) -> str:
    """Give what stands behind ``python run.py``.

    Examples
    --------
    >>> start_flags("my set.yaml")
    "'my set.yaml'"
    """
    return typed([path])


def _entry(subset: SubsetDraft, side: int) -> str:
    lines = [f"folder_path: {_quoted(subset.image_dir)}"]
    if subset.source is MaskSource.FILE:
        lines.append(f"mask_path: {_quoted(subset.mask_dir or '')}")
    if subset.source is MaskSource.ALPHA:
        lines.append("alpha_mask: true  # every image has to be RGBA")
    if subset.source is not MaskSource.NONE:
        lines.append("mask_min_value: 0.0  # what black weighs; the loss is divided by the mean")
    lines.append(f'caption_ext: "{(subset.caption_extension or ".txt").lstrip(".")}"')
    lines.append(f"resolution: {side}")
    if (subset.repeats or 1) > 1:
        lines.append(f"num_repeats: {subset.repeats}")
    if subset.is_regularisation:
        lines.append("is_reg: true")
    return "".join(
        f"        {'- ' if place == 0 else '  '}{line}\n" for place, line in enumerate(lines)
    )


def _remarks(draft: ConfigDraft, side: int) -> Iterator[str]:
    width, height = draft.resolution
    if width != height:
        yield f"resolution {width} x {height} is written as {side}: ai-toolkit knows areas alone"
    for each in draft.subsets:
        if each.mask_dir is None:
            continue
        images, masks = (pathname.realpath(path) for path in (each.image_dir, each.mask_dir))
        if masks.startswith(pathname.join(images, "")):
            yield (
                f"{each.mask_dir}: lies in the image folder, where ai-toolkit trains masks as"
                " images: move it beside"
            )


def _quoted(text: str) -> str:
    return parsed.json_text(text)
