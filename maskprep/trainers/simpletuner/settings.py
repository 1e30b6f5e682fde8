"""SimpleTuner's list of data sets, as far as masks are concerned.

*Source*: SimpleTuner bc8e6ab, helpers/data_backend/factory.py (names, defaults, ``pixel_area``),
documentation/DATALOADER.md; the trainer's own options are flags here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from maskprep.model import ConfigIssue, ConfigVerdict, MaskSource, ModelTraits, Size
from maskprep.trainers.blocks import Configuration, DatasetBlock, Flags, SubsetBlock
from maskprep.trainers.documents import read_document
from maskprep.trainers.simpletuner.placement import Crop, Resolution

#: What a data set holds beside its id.
_KEYS = frozenset(
    {"instance_data_dir", "dataset_type", "conditioning_data", "cache_dir_vae", "resolution_type"}
)
#: Kinds of conditioning that weigh the loss.
_WEIGHING = ("mask", "segmentation")
_TYPES = ("pixel", "area", "pixel_area")


@dataclass(frozen=True)
class Backend:
    """A data set of images, with that of its masks.

    Attributes
    ----------
    name, images : str
        Its ``id`` and folder.
    masks : str or None
        The folder of its masks; None where nothing names one.
    captions : str
        ``caption_strategy``.
    prompt : str or None
        ``instance_prompt``.
    """

    name: str
    images: str
    masks: str | None
    resolution: Resolution
    crop: Crop
    mask_crop: Crop
    is_segmentation: bool = False
    repeats: int = 1
    captions: str = "filename"
    prompt: str | None = None
    batch_size: int = 1


def is_backends(document: object) -> bool:
    """Tell whether a parsed file is a list of data sets."""
    return (
        isinstance(document, list)
        and bool(document)
        and all(
            isinstance(each, dict)
            and isinstance(each.get("id"), str)
            and (not _KEYS.isdisjoint(each) or "type" in each)
            for each in document
        )
    )


def read(path: str, model: ModelTraits, flags: Flags) -> Configuration:
    """Read a list of data sets.

    Parameters
    ----------
    path : str
        JSON.
    model : ModelTraits
        What is trained; the file does not say it.
    flags : mapping of str to object
        The trainer's options.

    Returns
    -------
    Configuration
        One dataset a data set of images.

    Raises
    ------
    ConfigError
        It does not parse.
    """
    document = read_document(path)
    if not is_backends(document):
        told = 'is no list of data sets, each with an "id"'
        return _refused(path, ConfigIssue(told, "missing-key"))
    by_name = {each["id"]: each for each in document}
    images = [(place, each) for place, each in enumerate(document) if _is_of_images(each)]
    if not images:
        told = "holds no data set of images"
        return _refused(path, ConfigIssue(told, "no-datasets"))
    issues, backends = [], []
    for place, each in images:
        try:
            backends.append(_backend(each, by_name, model, flags))
        except (KeyError, TypeError, ValueError) as error:
            told = f"[{place}] {each['id']}: {error.args[0] if error.args else error}"
            rule = "missing-key" if isinstance(error, KeyError) else "wrong-type"
            issues.append(ConfigIssue(told, rule, (place,)))
    if issues:
        return _refused(path, *issues)
    blocks = tuple(block_of(place, each) for place, each in enumerate(backends))
    return Configuration(ConfigVerdict(path), blocks, masked_loss=True)


def of_folder(images: str, masks: str, model: ModelTraits, flags: Flags) -> Backend:
    """Make the data set of a folder, cropped so that its masks fit."""
    side: Size | None = flags.get("resolution")
    pixels = model.resolution if side is None else max(side)
    crop = Crop(style="center")
    resolution = Resolution(pixels**2 / 1e6, is_area=True, **_rounding(flags))
    return Backend(
        "images",
        images,
        masks,
        resolution,
        crop,
        crop,
        captions="textfile",
        batch_size=_batch(flags),
    )


def block_of(index: int, backend: Backend) -> DatasetBlock:
    """Make the dataset of a data set."""
    source = MaskSource.NONE if backend.masks is None else MaskSource.FILE
    subset = SubsetBlock(0, backend.images, backend.masks, source, backend)
    return DatasetBlock(index, (subset,), backend)


def _is_of_images(said: Mapping[str, Any]) -> bool:
    off = said.get("disabled", said.get("disable", False))
    return said.get("dataset_type", "image") == "image" and not off


def _backend(
    said: Mapping[str, Any], by_name: Mapping[str, Any], model: ModelTraits, flags: Flags
) -> Backend:
    if not isinstance(said.get("instance_data_dir"), str):
        raise KeyError("has no instance_data_dir")
    named = said.get("conditioning_data") or []
    names = [named] if isinstance(named, str) else list(named)
    unknown = [name for name in names if name not in by_name]
    if unknown:
        raise KeyError(f"conditioning_data names {unknown[0]}, which is no data set's id")
    weighing = [by_name[name] for name in names if _kind(by_name[name]) in _WEIGHING]
    mask = weighing[0] if weighing else None
    if mask is not None and not isinstance(mask.get("instance_data_dir"), str):
        raise KeyError(f"its masks, {mask['id']}, have no instance_data_dir")
    return Backend(
        said["id"],
        said["instance_data_dir"],
        None if mask is None else mask["instance_data_dir"],
        _resolution(said, model, flags),
        _crop(said),
        _crop(said if mask is None else mask),
        mask is not None and _kind(mask) == "segmentation",
        int(said.get("repeats", 0)) + 1,
        str(said.get("caption_strategy", "filename")),
        said.get("instance_prompt"),
        batch_size=_batch(flags),
    )


def _kind(said: Mapping[str, Any]) -> str:
    is_conditioning = said.get("dataset_type") == "conditioning"
    return str(said.get("conditioning_type", "")) if is_conditioning else ""


def _crop(said: Mapping[str, Any]) -> Crop:
    return Crop(
        bool(said.get("crop", False)),
        str(said.get("crop_style", "random")),
        str(said.get("crop_aspect", "square")),
    )


def _resolution(said: Mapping[str, Any], model: ModelTraits, flags: Flags) -> Resolution:
    kind = str(said.get("resolution_type", "pixel_area" if "resolution" not in said else "pixel"))
    if kind not in _TYPES:
        raise ValueError(f"resolution_type {kind!r} is none of {', '.join(_TYPES)}")
    given: Size | None = flags.get("resolution")
    default = model.resolution if given is None else max(given)
    value = float(said.get("resolution", default))
    if not 0 < value < 1e5:
        raise ValueError(f"resolution {value:g} is no size")
    if kind == "pixel_area":
        value = int(value) ** 2 / 1e6
    return Resolution(value, kind != "pixel", **_rounding(flags))


def _rounding(flags: Flags) -> dict[str, int]:
    named = {"alignment": "aspect_bucket_alignment", "rounding": "aspect_bucket_rounding"}
    return {field: int(flags[name]) for field, name in named.items() if name in flags}


def _batch(flags: Flags) -> int:
    return int(flags.get("train_batch_size", 1))


def _refused(path: str, *issues: ConfigIssue) -> Configuration:
    return Configuration(ConfigVerdict(path, issues), (), masked_loss=False)
