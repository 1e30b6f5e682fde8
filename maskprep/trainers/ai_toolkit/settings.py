"""ai-toolkit's configuration, as far as masks are concerned.

*Source*: ai-toolkit 27a03a9, toolkit/config.py; toolkit/config_modules.py, DatasetConfig,
TrainConfig, ModelConfig (names, defaults) and preprocess_dataset_raw_config (a data set for each
resolution).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from maskprep.model import ConfigIssue, ConfigVerdict, MaskSource, ModelTraits, Size
from maskprep.trainers.ai_toolkit.declared import MODELS
from maskprep.trainers.blocks import Configuration, DatasetBlock, Flags, SubsetBlock
from maskprep.trainers.documents import read_document

if TYPE_CHECKING:
    from maskprep.masks.antialias import Dtype

_SHORT: dict[str, Dtype] = {
    "bf16": "bfloat16",
    "bfloat16": "bfloat16",
    "fp16": "float16",
    "float16": "float16",
}
#: Older configurations name the model by a switch.
_SWITCHES = {"is_flux": "flux", "is_xl": "sdxl", "is_v3": "sd3", "is_lumina2": "lumina2"}
_LEAST = "mask_min_value"
#: By what an entry has its images moved at random.
_RANDOM = ("random_crop", "random_scale", "augmentations")


@dataclass(frozen=True)
class Item:
    """One entry of ``datasets``, at one of its resolutions; defaults are the trainer's.

    Attributes
    ----------
    least : float
        ``mask_min_value``.
    moves : tuple of str
        Settings that crop or change its images at random.
    blur : float
        What the trainer is taken to draw for the blur of each mask, [0, 1].
    ignored_masks : str or None
        ``mask_path``, where the alpha wins over it.
    """

    path: str
    resolution: int = 512
    mask_path: str | None = None
    alpha: bool = False
    invert: bool = False
    least: float = 0.0
    buckets: bool = True
    square_crop: bool = False
    scale: float = 1.0
    moves: tuple[str, ...] = ()
    caption_ext: str = ".txt"
    default_caption: str | None = None
    repeats: int = 1
    is_reg: bool = False
    blur: float = 0.0
    batch_size: int = 1
    ignored_masks: str | None = None
    unchecked: str | None = None

    @property
    def source(self) -> MaskSource:
        """Where its masks come from: the alpha wins."""
        if self.alpha:
            return MaskSource.ALPHA
        return MaskSource.NONE if self.mask_path is None else MaskSource.FILE


@dataclass(frozen=True)
class Training:
    """What the rest of a configuration says of masks.

    Attributes
    ----------
    step : int
        By which the model has buckets' sides rounded.
    unknown : str
        ``model.arch``, where it is none that is known here.
    """

    step: int
    dtype: Dtype = "float32"
    batch_size: int = 1
    inverted_mask_prior: bool = False
    unknown: str = ""


def is_job(document: object) -> bool:
    """Tell whether a parsed file is a training job."""
    config = document.get("config") if isinstance(document, dict) else None
    processes = config.get("process") if isinstance(config, dict) else None
    return isinstance(processes, list) and any(
        isinstance(each, dict) and isinstance(each.get("datasets"), list) for each in processes
    )


def read(path: str, model: ModelTraits, flags: Flags) -> Configuration:
    """Read a job.

    Parameters
    ----------
    path : str
        YAML or JSON.
    model : ModelTraits
        Taken where the file names none that is known here.
    flags : mapping of str to object
        Taken for what the file does not say.

    Returns
    -------
    Configuration
        One dataset for each resolution of each entry.

    Raises
    ------
    ConfigError
        It does not parse.
    """
    document = read_document(path)
    if not is_job(document):
        told = "is no training job: config.process holds no process with datasets"
        return Configuration(_refusal(path, told, "no-datasets"), (), masked_loss=False)
    processes = [each for each in document["config"]["process"] if isinstance(each, dict)]
    process = next(each for each in processes if isinstance(each.get("datasets"), list))
    said = process.get("model")
    trained, unknown = _model(said if isinstance(said, dict) else {}, model)
    try:
        training = _training(process.get("train"), trained.bucket_step, unknown, flags)
        items = [
            replace(item, batch_size=training.batch_size)
            for each in process["datasets"]
            for item in _items(each, flags)
        ]
    except (ArithmeticError, AttributeError, TypeError, ValueError) as error:
        told = f"a setting is of the wrong kind: {error}"
        return Configuration(_refusal(path, told, "wrong-type"), (), masked_loss=False)
    if not items:
        told = "datasets names no data set"
        return Configuration(_refusal(path, told, "no-datasets"), (), masked_loss=False)
    if not all(each.path for each in items):
        told = "an entry of datasets has neither folder_path nor dataset_path"
        return Configuration(_refusal(path, told, "missing-key"), (), masked_loss=False)
    blocks = tuple(block_of(place, item, training) for place, item in enumerate(items))
    applies = any(item.source is not MaskSource.NONE for item in items)
    return Configuration(ConfigVerdict(path), blocks, applies, trained)


def from_flags(
    images: str, masks: str | None, model: ModelTraits, flags: Flags
) -> tuple[Item, Training]:
    """Make an entry of a folder, and the training around it."""
    size: Size = flags.get("resolution") or Size(model.resolution, model.resolution)
    item = Item(
        images,
        round((size.width * size.height) ** 0.5),
        masks,
        alpha=masks is None,
        least=float(flags.get(_LEAST, 0.0)),
        blur=float(flags.get("mask_blur", 0.0)),
    )
    return item, Training(model.bucket_step, _dtype(flags.get("train_dtype", "fp32")))


def block_of(index: int, item: Item, training: Training) -> DatasetBlock:
    """Make the dataset of an entry."""
    subset = SubsetBlock(0, item.path, item.mask_path, item.source, item)
    return DatasetBlock(index, (subset,), training, item.unchecked)


def _items(said: dict[str, Any], flags: Flags) -> Iterator[Item]:
    listed = said.get("dataset_path")
    path = str(listed or said.get("folder_path") or "")
    ending = str(said.get("caption_ext") or ".txt")
    alpha = bool(said.get("alpha_mask", False))
    masks, caption = said.get("mask_path"), said.get("default_caption")
    unchecked = None
    if listed is not None and str(listed).lower().endswith(".json"):
        unchecked = f"{listed} lists its images, which is not followed here"
    elif int(said.get("num_frames") or 1) > 1 or said.get("auto_frame_count"):
        unchecked = "its videos are not looked at"
    item = Item(
        path,
        mask_path=None if alpha or masks is None else str(masks),
        alpha=alpha,
        invert=bool(said.get("invert_mask", False)),
        least=float(said[_LEAST] if _LEAST in said else flags.get(_LEAST, 0.0)),
        buckets=bool(said.get("buckets", True)),
        square_crop=bool(said.get("square_crop", False)),
        scale=float(said.get("scale", 1.0)),
        moves=tuple(name for name in _RANDOM if said.get(name)),
        caption_ext=ending if ending.startswith(".") else f".{ending}",
        default_caption=None if caption in (None, "") else str(caption),
        repeats=max(1, int(said.get("num_repeats", 1))),
        is_reg=bool(said.get("is_reg", False)),
        blur=float(flags.get("mask_blur", 0.0)),
        ignored_masks=str(masks) if alpha and masks is not None else None,
        unchecked=unchecked,
    )
    if not (0 < item.scale < math.inf and abs(item.least) < math.inf):
        raise ValueError(f"scale {item.scale:g}, mask_min_value {item.least:g}")
    sides = said.get("resolution", _side(flags.get("resolution")))
    for side in sides if isinstance(sides, list) else [sides]:
        if int(side) < 1:
            raise ValueError(f"resolution {side}")
        yield replace(item, resolution=int(side))


def _side(resolution: Size | None) -> int:
    return 512 if resolution is None else round((resolution.width * resolution.height) ** 0.5)


def _training(said: object, step: int, unknown: str, flags: Flags) -> Training:
    train = said if isinstance(said, dict) else {}
    return Training(
        step,
        _dtype(train.get("dtype", flags.get("train_dtype", "fp32"))),
        int(train.get("batch_size", 1)),
        bool(train.get("inverted_mask_prior", False)),
        unknown,
    )


def _model(said: dict[str, Any], default: ModelTraits) -> tuple[ModelTraits, str]:
    """Find what is trained, and its name where that is not known."""
    arch = str(said.get("arch") or "").partition(":")[0]
    named = next((name for switch, name in _SWITCHES.items() if said.get(switch)), arch)
    return MODELS.get(named, default), "" if named in MODELS else named


def _dtype(name: object) -> Dtype:
    return _SHORT.get(str(name).lower(), "float32")


def _refusal(path: str, told: str, rule: str) -> ConfigVerdict:
    return ConfigVerdict(path, (ConfigIssue(told, rule),))
