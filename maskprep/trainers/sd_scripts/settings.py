"""The settings of sd-scripts' datasets and subsets, with its fallbacks.

*Source*: kohya-ss/sd-scripts v0.10.1, library/config_util.py, BlueprintGenerator: subset, then
dataset, then general, then command line, then default. Truth: the behaviour cases.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from maskprep.model import MaskSource, Size
from maskprep.trainers.blocks import DatasetBlock, SubsetBlock
from maskprep.trainers.sd_scripts.style import Style, style_of

Values = Mapping[str, Any]


@dataclass(frozen=True)
class DatasetSettings:
    """What sd-scripts knows of one dataset; sides in px.

    Attributes
    ----------
    style : Style
        Which of the trainer's dataset classes is used.
    resolution : Size or None
        None where nobody says one: the run does not start.
    enable_bucket, bucket_no_upscale : bool
        As in the configuration.
    min_bucket_reso, max_bucket_reso, bucket_reso_steps : int
        As in the configuration, not yet rounded.
    resize_interpolation : str or None
        The dataset's own.
    validation_split : float
        Share of the images that are taken away for validation.
    """

    style: Style
    resolution: Size | None
    enable_bucket: bool
    bucket_no_upscale: bool
    min_bucket_reso: int
    max_bucket_reso: int
    bucket_reso_steps: int
    resize_interpolation: str | None
    validation_split: float


@dataclass(frozen=True)
class SubsetSettings:
    """What sd-scripts knows of one subset, as far as masks are concerned.

    `start_folder` is where relative paths begin; empty for the working directory.
    """

    num_repeats: int
    caption_extension: str
    class_tokens: str | None
    enable_wildcard: bool
    cache_info: bool
    random_crop: bool
    face_crop: bool
    flip_aug: bool
    resize_interpolation: str | None
    metadata_file: str | None
    is_reg: bool
    start_folder: str = ""


def blocks_of(config: Values, flags: Values, masked_loss: bool) -> tuple[DatasetBlock, ...]:
    """Resolve an accepted configuration.

    Parameters
    ----------
    config : mapping
        The parsed file, accepted by the schema.
    flags : mapping of str to object
        The trainer's command line.
    masked_loss : bool
        Whether ``--masked_loss`` is given.

    Returns
    -------
    tuple of DatasetBlock
        In the configuration's order.
    """
    general = config.get("general", {})
    return tuple(
        _dataset(index, block, (general, flags), masked_loss)
        for index, block in enumerate(config.get("datasets", []))
    )


def _dataset(
    index: int, block: Values, outer: tuple[Values, ...], masked_loss: bool
) -> DatasetBlock:
    subsets = block.get("subsets", [])
    style = style_of(subsets, masked_loss)
    assert style is not None, "the schema refuses mixed styles"
    levels = (block, *outer)
    unchecked = None
    if style is Style.FINE_TUNING and subsets:
        unchecked = "a fine-tuning dataset: only its keys and its images' alpha are checked"
    return DatasetBlock(
        index,
        tuple(_subset(place, subset, levels, style) for place, subset in enumerate(subsets)),
        DatasetSettings(
            style=style,
            resolution=_pair(_first(levels, "resolution", None)),
            enable_bucket=bool(_first(levels, "enable_bucket", False)),
            bucket_no_upscale=bool(_first(levels, "bucket_no_upscale", False)),
            min_bucket_reso=_first(levels, "min_bucket_reso", 256),
            max_bucket_reso=_first(levels, "max_bucket_reso", 1024),
            bucket_reso_steps=_first(levels, "bucket_reso_steps", 64),
            resize_interpolation=_first(levels, "resize_interpolation", None),
            validation_split=_first(levels, "validation_split", 0.0),
        ),
        unchecked,
    )


def _subset(index: int, block: Values, outer: tuple[Values, ...], style: Style) -> SubsetBlock:
    levels = (block, *outer)
    source = MaskSource.NONE
    if style is Style.MASK_FILES:
        source = MaskSource.FILE
    elif block.get("alpha_mask"):
        source = MaskSource.ALPHA
    extension = _first(levels, "caption_extension", ".caption")
    return SubsetBlock(
        index,
        block.get("image_dir"),
        block.get("conditioning_data_dir"),
        source,
        SubsetSettings(
            num_repeats=_first(levels, "num_repeats", 1),
            caption_extension=extension if extension.startswith(".") else f".{extension}",
            class_tokens=_first(levels, "class_tokens", None),
            enable_wildcard=_first(levels, "enable_wildcard", False),
            cache_info=_first(levels, "cache_info", False),
            random_crop=_first(levels, "random_crop", False),
            face_crop=_first(levels, "face_crop_aug_range", None) is not None,
            flip_aug=bool(_first(levels, "flip_aug", False)),
            resize_interpolation=_first(levels, "resize_interpolation", None),
            metadata_file=block.get("metadata_file"),
            is_reg=bool(block.get("is_reg")),
        ),
    )


def _first(levels: tuple[Values, ...], key: str, default: Any) -> Any:
    return next((level[key] for level in levels if level.get(key) is not None), default)


def _pair(value: Any) -> Size | None:
    if value is None or isinstance(value, Size):
        return value
    return Size(value, value) if isinstance(value, int) else Size(*value)
