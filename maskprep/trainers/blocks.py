"""A configuration as one trainer reads it, before its folders are looked at."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from maskprep.model import ConfigVerdict, Folder, MaskSource, ModelTraits

#: Lists one folder, given as the configuration spells it.
ListFolder = Callable[[str], Folder]
#: What the user says beside the data set: the trainer's own flags, by name; those that were given.
Flags = Mapping[str, Any]


@dataclass(frozen=True)
class SubsetBlock:
    """One subset as configured, before its folders are looked at.

    Attributes
    ----------
    index : int
        Place in its dataset, from 0.
    image_dir, mask_dir : str or None
        Folders as the configuration spells them.
    source : MaskSource
        Where the weights come from.
    settings : object
        The trainer's own.
    """

    index: int
    image_dir: str | None
    mask_dir: str | None
    source: MaskSource
    settings: Any


@dataclass(frozen=True)
class DatasetBlock:
    """One dataset as configured, before its folders are looked at."""

    index: int
    subsets: tuple[SubsetBlock, ...]
    settings: Any
    unchecked: str | None = None


@dataclass(frozen=True)
class Configuration:
    """A configuration as one trainer reads it.

    Attributes
    ----------
    verdict : ConfigVerdict or None
        None where folders were given instead of a file.
    blocks : tuple of DatasetBlock
        Empty where the file is refused.
    masked_loss : bool
        Whether the trainer is told to apply mask files.
    model : ModelTraits or None
        What is trained, where the configuration says it; it wins over what the user says.
    """

    verdict: ConfigVerdict | None
    blocks: tuple[DatasetBlock, ...]
    masked_loss: bool
    model: ModelTraits | None = None
