"""diffusion-pipe's configurations, as far as masks are concerned.

*Source*: diffusion-pipe 8f83dbf, train.py; utils/dataset.py, DirectoryDataset.__init__ and
_set_defaults (what a directory does not say, the data set says); examples/dataset.toml.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from maskprep.files import pathname, storage
from maskprep.model import ConfigIssue, ConfigVerdict, MaskSource, ModelTraits, Size
from maskprep.trainers.blocks import Configuration, DatasetBlock, Flags, SubsetBlock
from maskprep.trainers.diffusion_pipe.declared import MODELS
from maskprep.trainers.documents import read_document

#: As in the trainer's example; for folders.
ASPECTS = {"enable_ar_bucket": True, "min_ar": 0.5, "max_ar": 2.0, "num_ar_buckets": 7}
#: More of them, and the trainer quits unless it is told that they are meant.
MOST_RESOLUTIONS = 3


@dataclass(frozen=True)
class Directory:
    """One ``[[directory]]`` at one of its resolutions.

    Attributes
    ----------
    aspects : tuple of float
        Of its buckets, width by height; empty where `rows` fix them.
    resolution : float
        Side of the square whose area its buckets have.
    rows : tuple of tuple of int
        ``size_buckets``: width, height, frames.
    resolutions : int
        How many it has.
    multiple : int
        By which the model has sides rounded.
    batch_size : int
        Images a step, over all of them one bucket has to hold.
    """

    path: str
    mask_path: str | None
    aspects: tuple[float, ...]
    resolution: float
    multiple: int
    rows: tuple[tuple[int, int, int], ...] = ()
    resolutions: int = 1
    repeats: int = 1
    skip_empty_caption: bool = True
    default_mask_file: str | None = None
    batch_size: int = 1


def is_dataset(document: object) -> bool:
    """Tell whether a parsed file is a data set's."""
    listed = document.get("directory") if isinstance(document, dict) else None
    return (
        isinstance(listed, list)
        and bool(listed)
        and all(isinstance(each, dict) and isinstance(each.get("path"), str) for each in listed)
    )


def is_main(document: object) -> bool:
    """Tell whether a parsed file is a run's, which names its data set."""
    return (
        isinstance(document, dict)
        and isinstance(document.get("dataset"), str)
        and isinstance(document.get("model"), dict)
        and isinstance(document["model"].get("type"), str)
    )


def read(path: str, model: ModelTraits, flags: Flags) -> Configuration:
    """Read a data set's configuration, or a run's that names one.

    Parameters
    ----------
    path : str
        TOML.
    model : ModelTraits
        Taken for a data set alone; a run's configuration says it itself.
    flags : mapping of str to object
        The files say all there is to say.

    Returns
    -------
    Configuration
        One dataset for each resolution of each directory.

    Raises
    ------
    ConfigError
        It does not parse.
    """
    document, batch_size = read_document(path), 1
    if is_main(document):
        kind, named = document["model"]["type"], document["dataset"]
        if kind not in MODELS:
            told = f"model.type {kind!r} is none that is known here: {', '.join(MODELS)}"
            return Configuration(_refusal(path, told, "wrong-type"), (), masked_loss=False)
        model, batch_size = MODELS[kind], _batch_size(document)
        found = next((each for each in _places(path, named) if storage.isfile(each)), None)
        if found is None:
            told = f"dataset {named}: there is no such file, here or above {path}"
            return Configuration(_refusal(path, told, "no-datasets"), (), masked_loss=False)
        document = read_document(found)
    if not is_dataset(document):
        told = "names no [[directory]] with a path"
        return Configuration(_refusal(path, told, "no-datasets"), (), masked_loss=False)
    try:
        listed = [
            each
            for said in document["directory"]
            for each in _directories({**document, **said}, model, batch_size)
        ]
    except KeyError as error:
        told = f"KeyError: {error}"
        return Configuration(_refusal(path, told, "missing-key"), (), masked_loss=False)
    except (ArithmeticError, AttributeError, TypeError, ValueError) as error:
        told = f"a setting is of the wrong kind: {error}"
        return Configuration(_refusal(path, told, "wrong-type"), (), masked_loss=False)
    blocks = tuple(block_of(place, each) for place, each in enumerate(listed))
    applies = any(each.mask_path is not None for each in listed)
    return Configuration(ConfigVerdict(path), blocks, applies, model)


def of_folder(images: str, masks: str | None, model: ModelTraits, flags: Flags) -> Directory:
    """Make the directory of a folder."""
    resolution: Size = flags.get("resolution") or Size(model.resolution, model.resolution)
    buckets = bool(flags.get("enable_ar_bucket", True))
    said = {"path": images, "resolutions": [list(resolution)], **ASPECTS}
    said["enable_ar_bucket"] = buckets
    if masks is not None:
        said["mask_path"] = masks
    return next(iter(_directories(said, model, 1)))


def block_of(index: int, directory: Directory) -> DatasetBlock:
    """Make the dataset of a directory."""
    masked = directory.mask_path is not None or directory.default_mask_file is not None
    source = MaskSource.FILE if masked else MaskSource.NONE
    subset = SubsetBlock(0, directory.path, directory.mask_path, source, directory)
    return DatasetBlock(index, (subset,), directory)


def _directories(
    said: Mapping[str, Any], model: ModelTraits, batch_size: int
) -> Iterator[Directory]:
    from maskprep.trainers.diffusion_pipe.placement import distinct

    rows = tuple(
        (int(width), int(height), int(frames))
        for width, height, frames in said.get("size_buckets", ())
    )
    _refuse_unless_positive("size_buckets", [side for row in rows for side in row])
    sides = () if rows else distinct([_side(each) for each in said["resolutions"]])
    aspects = () if rows else _aspects(said)
    if not rows:
        _refuse_unless_positive("resolutions", sides)
        _refuse_unless_positive("ar_buckets", aspects)
        if not (sides and aspects):
            raise ValueError("neither resolutions nor aspects may be empty")
    for side in sides or (0.0,):
        yield Directory(
            said["path"],
            _path(said, "mask_path"),
            aspects,
            side,
            model.bucket_step,
            rows,
            len(said.get("resolutions", ())),
            max(1, int(said.get("num_repeats", 1))),
            bool(said.get("skip_empty_caption", True)),
            _path(said, "default_mask_file"),
            batch_size,
        )


def _path(said: Mapping[str, Any], key: str) -> str | None:
    path = said.get(key)
    if path is not None and not isinstance(path, str):
        raise TypeError(f"{key} is {path!r}, no path")
    return path


def _refuse_unless_positive(key: str, numbers: Sequence[float]) -> None:
    for number in numbers:
        if not 0 < number < math.inf:
            raise ValueError(f"{key}: {number:g} is not above 0")


def _aspects(said: Mapping[str, Any]) -> tuple[float, ...]:
    from maskprep.trainers.diffusion_pipe.placement import distinct, spaced

    if not said.get("enable_ar_bucket", False):
        return (1.0,)
    if said.get("ar_buckets"):
        return distinct(
            [
                each[0] / each[1] if isinstance(each, list) else float(each)
                for each in said["ar_buckets"]
            ]
        )
    return spaced(float(said["min_ar"]), float(said["max_ar"]), int(said["num_ar_buckets"]))


def _side(resolution: Any) -> float:
    if isinstance(resolution, list):
        width, height = resolution
        return float((width * height) ** 0.5)
    return float(resolution)


def _batch_size(said: Mapping[str, Any]) -> int:
    """Give the images a step on one GPU; the least, where they differ by resolution."""
    micro = said.get("image_micro_batch_size_per_gpu", said.get("micro_batch_size_per_gpu", 1))
    if isinstance(micro, list):
        micro = min((pair[1] for pair in micro if isinstance(pair, list)), default=1)
    steps = said.get("gradient_accumulation_steps", 1)
    return micro * steps if isinstance(micro, int) and isinstance(steps, int) else 1


def _places(path: str, name: str) -> Iterator[str]:
    yield name
    if not pathname.isabs(name):
        for folder in pathname.upward(pathname.dirname(path)):
            yield pathname.join(folder, name)


def _refusal(path: str, told: str, rule: str) -> ConfigVerdict:
    return ConfigVerdict(path, (ConfigIssue(told, rule),))
