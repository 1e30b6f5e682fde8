"""A dataset configuration for sd-scripts, in words: plain values in, text out.

*Source*: kohya-ss/sd-scripts v0.10.1, library/config_util.py, ConfigSanitizer (which keys may
stand in which block); library/train_util.py, DreamBoothDataset (regularisation images are used
only beside training images of their block) and BaseDataset (the bounds of buckets).
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from maskprep.errors import HARMFUL, MaskprepError, printable
from maskprep.files import pathname, shell
from maskprep.model import MaskSource, ModelTraits, Size
from maskprep.trainers.draft import Composed, ConfigDraft, SubsetDraft

#: Sides of buckets that the trainer takes by itself, px.
_SHORTEST = 256
_NAMED_REPEATS = re.compile(r"0*([1-9][0-9]*)_(.+)", re.DOTALL)
_ALONE = (
    "written without is_reg: the trainer uses regularisation images only beside training images"
    " of the same block, and mask files need a block of their own; they train whole"
)


@dataclass(frozen=True)
class Line:
    """One setting: its key, its value as TOML, and what it does."""

    key: str
    value: str
    comment: str = ""

    def __str__(self) -> str:
        """Write it without its comment."""
        return f"{self.key} = {self.value}"


def named_repeats(folder: str) -> tuple[int, str] | None:
    """Read a folder's name as the trainer does: ``<repeats>_<name>``.

    Parameters
    ----------
    folder : str
        Its path.

    Returns
    -------
    tuple of int and str, or None
        Repeats, and the rest of the name; None where the name is another.

    Notes
    -----
    *Source*: kohya-ss/sd-scripts v0.10.1, library/config_util.py,
    generate_dreambooth_subsets_config_by_subdirs.

    Examples
    --------
    >>> [named_repeats(name) for name in ("sets/10_cat", "10", "cat_10", "0_cat")]
    [(10, 'cat'), None, None, None]
    """
    found = _NAMED_REPEATS.fullmatch(
        pathname.basename(folder if pathname.is_remote(folder) else os.path.normpath(folder))
    )
    return (int(found[1]), found[2]) if found else None


def start_flags(path: str, masked_loss: bool) -> str:
    r"""Give the flags of the training command.

    Parameters
    ----------
    path : str
        The configuration.
    masked_loss : bool
        Whether mask files are in use.

    Returns
    -------
    str
        Ready to be pasted into a shell.

    Examples
    --------
    >>> start_flags("my-set.toml", True)
    '--dataset_config my-set.toml --masked_loss'
    """
    return shell.typed(["--dataset_config", path, *["--masked_loss"] * masked_loss])


def compose(draft: ConfigDraft, path: str) -> Composed:
    """Write a whole configuration.

    Parameters
    ----------
    draft : ConfigDraft
        What is wanted.
    path : str
        Where it is to be stored; the header names it.

    Returns
    -------
    Composed
        TOML that the trainer's own parser reads back as it was meant.

    Raises
    ------
    MaskprepError
        A folder's name or the resolution cannot be written.
    """
    subsets = tuple(replace(each, repeats=each.repeats or 1) for each in draft.subsets)
    if shared_extension(subsets) is not None:
        subsets = tuple(replace(each, caption_extension=None) for each in subsets)
    with_files = [each for each in subsets if each.source is MaskSource.FILE]
    others = [each for each in subsets if each.source is not MaskSource.FILE]
    blocks = [block_lines(part) for part in (with_files, others) if part]
    lines = [*_header(draft, path, bool(with_files)), "", "[general]", *_general(draft)]
    for place, block in enumerate(blocks):
        lines += ["", *(["# What has no mask files needs a block of its own."] * (place > 0))]
        lines += block
    return Composed("\n".join(lines) + "\n", tuple(alone_remarks(others)))


def block_lines(subsets: Sequence[SubsetDraft], settings: Sequence[Line] = ()) -> list[str]:
    """Write a ``[[datasets]]`` block.

    Parameters
    ----------
    subsets : sequence of SubsetDraft
        All with mask files, or all without.
    settings : sequence of Line
        The block's own.

    Returns
    -------
    list of str
        Lines, grouped by kind.
    """
    lines = ["[[datasets]]", *aligned(settings)]
    beside = has_training_images(subsets)
    ordered = sorted(subsets, key=lambda each: _rank(each))
    for _, group in groupby(ordered, key=lambda each: _rank(each)):
        for place, subset in enumerate(group):
            comments = _about(subset, beside) if place == 0 else []
            lines += ["", *(f"  # {each}" for each in comments), *subset_lines(subset, beside)]
    return lines


def subset_lines(subset: SubsetDraft, beside_training: bool) -> list[str]:
    """Write a ``[[datasets.subsets]]`` block.

    Parameters
    ----------
    subset : SubsetDraft
        What is wanted.
    beside_training : bool
        Whether its dataset has training images, without which ``is_reg`` trains nothing.

    Returns
    -------
    list of str
        Indented lines.
    """
    lines = [Line("image_dir", quoted(subset.image_dir))]
    if subset.mask_dir is not None:
        lines.append(Line("conditioning_data_dir", quoted(subset.mask_dir)))
    if subset.source is MaskSource.ALPHA:
        lines.append(Line("alpha_mask", "true"))
    if subset.is_regularisation and beside_training:
        lines.append(Line("is_reg", "true"))
    if subset.repeats is not None:
        lines.append(Line("num_repeats", str(subset.repeats), _uses(subset)))
    if subset.caption_extension is not None:
        lines.append(Line("caption_extension", quoted(subset.caption_extension)))
    return ["  [[datasets.subsets]]", *(f"  {each}" for each in aligned(lines))]


def settings_of(draft: ConfigDraft) -> list[Line]:
    """List the settings of a dataset: resolution, buckets, batch.

    Parameters
    ----------
    draft : ConfigDraft
        What is wanted.

    Returns
    -------
    list of Line
        With what each does.

    Raises
    ------
    MaskprepError
        There is no bucket for the resolution.
    """
    width, height = draft.resolution
    shortest, longest = bounds(draft.resolution, draft.model)
    side = str(width) if width == height else f"[{width}, {height}]"
    lines = [
        Line("resolution", side, f"area of a bucket: about {draft.resolution} pixels"),
        Line(
            "enable_bucket", "true", "keep aspect ratios: sort images into buckets of their shape"
        ),
        Line("min_bucket_reso", str(shortest), "shortest side of a bucket"),
        Line("max_bucket_reso", str(longest), "longest side: room for tall and wide images"),
        Line(
            "bucket_reso_steps",
            str(draft.model.bucket_step),
            f"sides are multiples of it: the finest for {draft.model.name}, which crops least",
        ),
    ]
    if draft.batch_size is not None:
        lines.append(Line("batch_size", str(draft.batch_size), "images per training step"))
    return lines


def bounds(resolution: Size, model: ModelTraits) -> tuple[int, int]:
    """Choose the shortest and longest side of buckets.

    Parameters
    ----------
    resolution : Size
        The training resolution, px.
    model : ModelTraits
        Whose bucket step the sides are multiples of.

    Returns
    -------
    tuple of int
        The shortest at most 256 and the resolution, the longest twice the resolution, px.

    Raises
    ------
    MaskprepError
        The resolution is smaller than one step.

    Examples
    --------
    >>> bounds(Size(200, 1000), ModelTraits("sdxl", stride=8, bucket_step=32, resolution=1024))
    (192, 2016)
    """
    step = model.bucket_step
    if min(resolution) < step:
        raise MaskprepError(
            f"resolution {resolution} is below the bucket step of {model.name}: {step} is the least"
        )
    shortest = min(_SHORTEST, *resolution) // step * step
    return shortest, -(2 * max(resolution) // -step) * step


def quoted(text: str) -> str:
    r"""Write a text as TOML that the trainer's own parser reads back.

    Parameters
    ----------
    text : str
        A path, an ending.

    Returns
    -------
    str
        A basic string, or a literal one where the parser gets the former wrong.

    Raises
    ------
    MaskprepError
        The text survives neither.

    Examples
    --------
    >>> print(quoted('my "set"'), quoted("a\\b"))
    "my \"set\"" "a\\b"
    """
    import toml
    import tomlkit

    basic = tomlkit.string(text).as_string()
    # TOML takes more of these raw than a terminal should get.
    forms = [HARMFUL.sub(lambda found: f"\\u{ord(found[0]):04x}", basic), basic]
    if "'" not in text and text.isprintable():
        forms.append(f"'{text}'")
    for form in forms:
        try:
            form.encode("utf-8")
            if toml.loads(f"text = {form}\n") == {"text": text}:
                return form
        except (ValueError, IndexError, TypeError, KeyError):
            continue  # the parser crashes on what it cannot read
    raise MaskprepError(
        f"{text}: the trainer's TOML parser cannot read this name: rename it, with letters,"
        " digits and spaces only"
    )


def aligned(lines: Sequence[Line]) -> list[str]:
    """Write settings with their comments in one column."""
    width = max((len(str(line)) for line in lines if line.comment), default=0)
    return [f"{line!s:{width}}  # {line.comment}" if line.comment else str(line) for line in lines]


def has_training_images(subsets: Sequence[SubsetDraft]) -> bool:
    """Tell whether a block has others than regularisation images."""
    return any(not each.is_regularisation for each in subsets)


def alone_remarks(subsets: Sequence[SubsetDraft]) -> list[str]:
    """Tell which regularisation images of a block are not written as such."""
    if has_training_images(subsets):
        return []
    return [f"{each.image_dir}: {_ALONE}" for each in subsets]


def _header(draft: ConfigDraft, path: str, masked_loss: bool) -> list[str]:
    flags = printable(start_flags(path, masked_loss))
    lines = [
        f"# Data set for kohya-ss/sd-scripts, model {draft.model.name}.",
        f"# Start the trainer with: {flags}",
    ]
    if draft.relative:
        lines.append("# Paths count from the folder in which the trainer is started.")
    if any(each.share is not None for each in draft.subsets):
        lines += [
            "# num_repeats gives each training folder an even share of the gradient: a share is",
            "# num_repeats times the sum of its images' mean weights.",
        ]
    return lines


def _general(draft: ConfigDraft) -> list[str]:
    lines = settings_of(draft)
    extension = shared_extension(draft.subsets)
    if extension is not None:
        told = f"the caption of a.png is a{printable(extension)}"
        lines.append(Line("caption_extension", quoted(extension), told))
    return aligned(lines)


def shared_extension(subsets: Sequence[SubsetDraft]) -> str | None:
    """Give the ending of all captions; None where there are several, or no captions."""
    endings = {each.caption_extension for each in subsets} - {None}
    return next(iter(endings)) if len(endings) == 1 else None


def _rank(subset: SubsetDraft) -> int:
    order = list(MaskSource)
    return len(order) if subset.is_regularisation else order.index(subset.source)


def _uses(subset: SubsetDraft) -> str:
    if subset.share is not None:
        return f"{subset.share:.1%} of the gradient"
    return "" if subset.is_regularisation else "how often each image is used per epoch"


def _about(subset: SubsetDraft, beside_training: bool) -> list[str]:
    if subset.is_regularisation and beside_training:
        return [
            "Regularisation images: they train whole, at most as many as the training images",
            "of this block, num_repeats counted.",
        ]
    if subset.is_regularisation:
        return [
            "Regularisation images without is_reg: the trainer uses that only beside training",
            "images of the same block, and there are none. So they train whole, as any others.",
        ]
    return {
        MaskSource.FILE: ["Mask files of the images' names: white trains, black is ignored."],
        MaskSource.ALPHA: ["Masks in the images' alpha: opaque trains, transparent is ignored."],
        MaskSource.NONE: ["Without masks: the images train whole."],
    }[subset.source]
