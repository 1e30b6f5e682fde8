"""AnimaLoraStudio's training configuration, as far as masks are concerned.

*Source*: WalkingMeatAxolotl/AnimaLoraStudio v0.19.0 (pull requests 395 and 400), runtime/training/
phases/dataset.py; all of it read, none recorded.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from maskprep.model import ConfigIssue, ConfigVerdict, MaskSource, ModelTraits, Size
from maskprep.trainers.anima_lora_studio.declared import MODELS
from maskprep.trainers.blocks import Configuration, DatasetBlock, Flags, SubsetBlock
from maskprep.trainers.documents import read_document

#: What only its configurations hold, beside ``data_dir``.
_KEYS = frozenset(
    {
        "aspect_ratio_limit",
        "masked_loss",
        "model_family",
        "navit_packing",
        "prefer_json",
        "reg_data_dir",
        "t5_tokenizer_path",
    }
)


@dataclass(frozen=True)
class Training:
    """What a configuration says of masks; its defaults are the trainer's.

    Attributes
    ----------
    folder : str
        ``data_dir``, or ``reg_data_dir``.
    resolution : int
        Of the several that may stand there, the one of this dataset.
    masked, packs : bool
        ``masked_loss`` and ``navit_packing``, which switches masks off.
    is_regularisation : bool
        Whether it is ``reg_data_dir``, which never has masks.
    """

    folder: str
    resolution: int
    aspect_limit: float = 2.0
    masked: bool = False
    packs: bool = False
    prefers_json: bool = True
    is_regularisation: bool = False

    @property
    def has_masks(self) -> bool:
        """Whether masks are applied."""
        return self.masked and not self.packs and not self.is_regularisation


def is_training(document: object) -> bool:
    """Tell whether a parsed file is one of its configurations."""
    return (
        isinstance(document, dict)
        and isinstance(document.get("data_dir"), str)
        and not _KEYS.isdisjoint(document)
    )


def read(path: str, model: ModelTraits, flags: Flags) -> Configuration:
    """Read a configuration.

    Parameters
    ----------
    path : str
        YAML.
    model : ModelTraits
        Taken where the file does not say it.
    flags : mapping of str to object
        Taken for what the file does not say.

    Returns
    -------
    Configuration
        A dataset a resolution, and the same for the regularisation images.

    Raises
    ------
    ConfigError
        It does not parse, or PyYAML is not installed.
    """
    said = read_document(path)
    if not isinstance(said, dict) or not isinstance(said.get("data_dir"), str):
        return _refused(path, "says no data_dir", "missing-key")
    try:
        sides = _sides(said.get("resolution", _side(model, flags)))
        limit = float(said.get("aspect_ratio_limit", 2.0))
    except (TypeError, ValueError) as error:
        return _refused(path, f"a setting is of the wrong kind: {error}", "wrong-type")
    if min(sides) < 64 or max(sides) > 16384 or not 1 <= limit <= 64:
        told = "resolution must be from 64 to 16384, aspect_ratio_limit from 1 to 64"
        return _refused(path, told, "wrong-type")
    masked, packs = bool(said.get("masked_loss", False)), bool(said.get("navit_packing", False))
    prefers_json = bool(said.get("prefer_json", True))
    folders = [(said["data_dir"], False)]
    if isinstance(said.get("reg_data_dir"), str) and said["reg_data_dir"]:
        folders.append((said["reg_data_dir"], True))
    trainings = [
        Training(folder, side, limit, masked, packs, prefers_json, is_regularisation)
        for folder, is_regularisation in folders
        for side in sides
    ]
    blocks = tuple(block_of(place, each) for place, each in enumerate(trainings))
    named = MODELS.get(str(said.get("model_family", model.name)), model)
    return Configuration(ConfigVerdict(path), blocks, trainings[0].has_masks, named)


def of_folder(folder: str, model: ModelTraits, flags: Flags) -> Training:
    """Make the training of a folder, which is meant to have masks."""
    return Training(folder, _side(model, flags), masked=True)


def block_of(index: int, training: Training) -> DatasetBlock:
    """Make the dataset of a folder at one resolution."""
    source = MaskSource.FILE if training.has_masks else MaskSource.NONE
    subset = SubsetBlock(0, training.folder, None, source, training)
    return DatasetBlock(index, (subset,), training)


def _side(model: ModelTraits, flags: Flags) -> int:
    given: Size | None = flags.get("resolution")
    return model.resolution if given is None else max(given)


def _sides(said: Any) -> list[int]:
    return [int(each) for each in said] or [1024] if isinstance(said, list) else [int(said)]


def _refused(path: str, told: str, rule: str) -> Configuration:
    return Configuration(ConfigVerdict(path, (ConfigIssue(told, rule),)), (), masked_loss=False)
