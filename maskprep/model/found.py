"""What is found on disk: folders, images with their masks and captions, caches."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any

from maskprep.model.foretold import ConfigVerdict, Oddity, Stop
from maskprep.model.geometry import Size
from maskprep.model.libraries import Environment
from maskprep.model.traits import ModelTraits


class MaskSource(Enum):
    """Where a subset's loss weights come from."""

    FILE = "file"
    ALPHA = "alpha"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Caption:
    """What the trainer makes of an image's caption.

    Attributes
    ----------
    path : str or None
        The caption file, None where none was found.
    text : str or None
        The text trained with, None where there is neither a file nor class tokens.
    error : str or None
        The trainer's own error where the file stops the run.
    rule : str or None
        Name of the rule that reports the error.
    """

    path: str | None
    text: str | None
    error: str | None = None
    rule: str | None = None


@dataclass(frozen=True)
class CachedInfo:
    """What a trainer's own cache holds of an image: it wins over the file itself.

    Attributes
    ----------
    path : str
        The cache file.
    size : Size or None
        Stored size of the image, px; None where the cache holds none.
    caption : str or None
        Its caption; None where the cache holds none.
    """

    path: str
    size: Size | None
    caption: str | None


@dataclass(frozen=True)
class LatentsCache:
    """A file of an earlier run from which the trainer would take an image's latents.

    Attributes
    ----------
    path : str
        The file.
    cells : tuple of int
        Shape of the latents, rows and columns.
    alpha_key : str or None
        Name of the alpha mask inside, None where the file holds none.
    error : str
        Why it cannot be read; empty where it can.
    """

    path: str
    cells: tuple[int, ...] = ()
    alpha_key: str | None = None
    error: str = ""


@dataclass(frozen=True, slots=True)
class Pair:
    """An image with whatever weighs its loss.

    Attributes
    ----------
    dataset, subset : int
        Places in the configuration, from 0.
    image : str
        Path as the trainer spells it: the folder as given, joined with the file's name.
    mask : str or None
        The mask file, None where there is none.
    source : MaskSource
        Where the weights come from.
    caption : Caption
        What its caption file gives.
    cached : CachedInfo or None
        What the trainer's cache says instead, where one is in use.
    """

    dataset: int
    subset: int
    image: str
    mask: str | None
    source: MaskSource
    caption: Caption
    cached: CachedInfo | None = None

    @property
    def is_own_mask(self) -> bool:
        """Whether the image file is its own mask, in whatever spelling."""
        return self.mask is not None and os.path.normcase(self.mask) == os.path.normcase(self.image)


@dataclass(frozen=True)
class Folder:
    """The names directly inside one folder, read once, in sorted order.

    Attributes
    ----------
    path : str
        The folder as the configuration spells it; for relative folders that only the
        configuration's own folder has, where it was found.
    names : tuple of str
        Every entry's name, hidden files and sub-folders included.
    exists : bool
        False where there is no such folder.
    """

    path: str
    names: tuple[str, ...]
    exists: bool


@dataclass(frozen=True)
class Subset:
    """One ``[[datasets.subsets]]`` block with the files that it names.

    Attributes
    ----------
    dataset, index : int
        Places in the configuration, from 0.
    source : MaskSource
        Where the weights of its images come from.
    images, masks : Folder or None
        The folders, None where the block names none.
    pairs : tuple of Pair
        The images that the trainer sees, in its own order.
    unseen : tuple of str
        Image files in the folder that the trainer never loads, as paths.
    unseen_masks : tuple of str
        The same for the mask folder.
    extra_masks : tuple of str
        Masks of no image, as paths.
    shadowed_masks : mapping of str to tuple of str
        For a mask in use, the further masks of the same stem, never loaded.
    dropped : str or None
        Name of the rule that tells why the trainer leaves out the whole subset.
    uncached : tuple of str
        Image files that the trainer does not load because its cache does not name them.
    unused : tuple of Pair
        Regularisation images that the trainer reads the captions of, and never gets to.
    caption_extension : str
        Ending of caption files, with its dot.
    caption_setting : str
        What to set where captions end in ``{ending}``.
    mask_name : str
        How the mask of an image is named: of its ``{stem}``, or its whole ``{name}``.
    metadata : str or None
        The file that lists the images, where not a folder does.
    is_regularisation : bool
        Whether its images are meant to train whole.
    repeats : int
        How often an epoch shows each image.
    caches : tuple of str
        Paths of files beside the images that may hold latents of earlier runs, sorted.
    settings : object
        The trainer's own settings of the subset.
    whole : Subset or None
        With all its pairs, where some were chosen.
    """

    dataset: int
    index: int
    source: MaskSource
    images: Folder | None
    masks: Folder | None
    pairs: tuple[Pair, ...]
    unseen: tuple[str, ...] = ()
    unseen_masks: tuple[str, ...] = ()
    extra_masks: tuple[str, ...] = ()
    shadowed_masks: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    dropped: str | None = None
    uncached: tuple[str, ...] = ()
    unused: tuple[Pair, ...] = ()
    caption_extension: str = ""
    caption_setting: str = ""
    mask_name: str = "{stem}.png"
    metadata: str | None = None
    is_regularisation: bool = False
    repeats: int = 1
    caches: tuple[str, ...] = ()
    settings: Any = None
    whole: Subset | None = None

    @property
    def entire(self) -> Subset:
        """With all its pairs: what one has to look at to tell whose a file is."""
        return self.whole or self

    @property
    def missing(self) -> tuple[Pair, ...]:
        """Pairs that lack their mask file."""
        if self.source is not MaskSource.FILE:
            return ()
        return tuple(pair for pair in self.pairs if pair.mask is None)

    def of_one(
        self, pair: Pair, caches: tuple[str, ...] = (), uncached: tuple[str, ...] = ()
    ) -> Subset:
        """Take one pair out, with the subset's settings and nothing of the other files."""
        return replace(self.of_some((pair,)), uncached=uncached, caches=caches)

    def choosing(self, pairs: tuple[Pair, ...]) -> Subset:
        """Work on some pairs alone; what else lies in the folders stays known."""
        return replace(self, pairs=pairs, whole=self.entire)

    def of_some(self, pairs: tuple[Pair, ...]) -> Subset:
        """Take some pairs out, with the subset's settings, and of other files caches alone."""
        return replace(
            self,
            whole=None,
            images=None if self.images is None else replace(self.images, names=()),
            masks=None if self.masks is None else replace(self.masks, names=()),
            pairs=pairs,
            unseen=(),
            unseen_masks=(),
            extra_masks=(),
            shadowed_masks={},
            uncached=(),
            unused=(),
        )


@dataclass(frozen=True)
class Dataset:
    """One ``[[datasets]]`` block.

    Attributes
    ----------
    index : int
        Place in the configuration, from 0.
    subsets : tuple of Subset
        In the configuration's order.
    settings : object
        The trainer's own settings: resolution, buckets, ….
    unchecked : str or None
        Why the files of this dataset are not followed, None where they are.
    """

    index: int
    subsets: tuple[Subset, ...]
    settings: Any = None
    unchecked: str | None = None


@dataclass(frozen=True)
class TrainingSet:
    """Everything that one trainer would load, as found on disk.

    Attributes
    ----------
    name : str
        The configuration file or image folder, as given.
    trainer : object
        The trainer that was asked (`maskprep.trainers.base.Trainer`).
    model : ModelTraits
        The model family to be trained.
    config : ConfigVerdict or None
        None where folders were given.
    datasets : tuple of Dataset
        Empty where the configuration was refused.
    masked_loss : bool
        Whether the trainer is told to apply mask files.
    relocated : tuple of str
        Relative folders found only beside the configuration file.
    stops : tuple of Stop
        Why the run does not start, in the trainer's own order.
    oddities : tuple of Oddity
        What the trainer takes without a word.
    arguments : str
        What to type after a command to name this data set, the trainer and the model again.
    decode_images : bool
        Whether images beside mask files are decoded, too, in search of damage.
    environment : Environment or None
        The trainer's, where the user has named it.
    only : tuple of str
        The words by which some pairs were chosen; empty for all.
    """

    name: str
    trainer: Any
    model: ModelTraits
    config: ConfigVerdict | None
    datasets: tuple[Dataset, ...]
    masked_loss: bool
    relocated: tuple[str, ...] = ()
    stops: tuple[Stop, ...] = ()
    oddities: tuple[Oddity, ...] = ()
    arguments: str = ""
    decode_images: bool = False
    environment: Environment | None = None
    only: tuple[str, ...] = ()

    @property
    def pairs(self) -> Iterator[Pair]:
        """The pairs to look at, in the trainer's order."""
        return (pair for each in self.datasets for subset in each.subsets for pair in subset.pairs)

    @property
    def pair_count(self) -> int:
        """How many pairs there are to look at."""
        return sum(len(subset.pairs) for each in self.datasets for subset in each.subsets)

    @property
    def mask_ending(self) -> str | None:
        """How masks made anew must end; None where a name's own ending is what is looked for."""
        named = (subset.mask_name for each in self.datasets for subset in each.subsets)
        return ".png" if all(name.endswith(".png") for name in named) else None

    @property
    def entire(self) -> TrainingSet:
        """With all its pairs, where some were chosen."""
        if not self.only:
            return self
        datasets = tuple(
            replace(each, subsets=tuple(subset.entire for subset in each.subsets))
            for each in self.datasets
        )
        return replace(self, datasets=datasets, only=())

    @property
    def part(self) -> str:
        """Which part of the set is looked at, in words; empty for all of it."""
        if not self.only:
            return ""
        total = self.entire.pair_count
        return f"{self.pair_count} of {total} pair{'' if total == 1 else 's'}"

    @property
    def places(self) -> tuple[str, ...]:
        """Where it lies: the configuration, or the folder given, and every folder of it."""
        folders = (
            folder.path
            for each in self.datasets
            for subset in each.subsets
            for folder in (subset.images, subset.masks)
            if folder is not None
        )
        return (self.name, *folders)
