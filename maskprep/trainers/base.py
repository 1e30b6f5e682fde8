"""What every trainer must be able to tell; one sub-package each, found by its type.

A trainer knows what it does with files and masks; it reads no pixels and writes nothing. The
order of the methods is the order in which a data set meets them.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar

from maskprep import storage
from maskprep.errors import UnreadableImageError
from maskprep.model import (
    WHOLE,
    At,
    Box,
    ConfigVerdict,
    Dataset,
    Folder,
    LatentsCache,
    MaskSource,
    ModelTraits,
    Oddity,
    Pair,
    Placement,
    Size,
    Stop,
    Subset,
)
from maskprep.trainers.draft import Composed, ConfigDraft

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from maskprep.raster import Channel, Header

#: Lists one folder, given as the configuration spells it.
ListFolder = Callable[[str], Folder]


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
    """

    verdict: ConfigVerdict | None
    blocks: tuple[DatasetBlock, ...]
    masked_loss: bool


@dataclass(frozen=True)
class Settings:
    """What the user says beside the data set: the trainer's command line, in its own names.

    Attributes
    ----------
    flags : mapping of str to object
        ``resolution`` (Size), ``bucket_reso_steps``, …; those that were given, no others.
    masked_loss : bool or None
        Whether ``--masked_loss`` will be given; None: if any subset names mask files.
    script : str or None
        The training script, by name or path; None where nobody says it.
    """

    flags: Mapping[str, Any] = field(default_factory=dict)
    masked_loss: bool | None = None
    script: str | None = None


class Trainer(ABC):
    """One generation of one trainer."""

    #: The trainer's name, as given to ``--trainer``.
    name: ClassVar[str]
    #: Model families, by the name given to ``--model``; the first is the default.
    models: ClassVar[Mapping[str, ModelTraits]]
    #: Generations, newest first; the first is the default.
    versions: ClassVar[Sequence[str]]
    #: Ending of the configuration files that `compose` writes.
    config_ending: ClassVar[str]

    def __init__(self, version: str) -> None:
        self.version = version

    @property
    def title(self) -> str:
        """Name and generation, as given to ``--trainer``."""
        return f"{self.name}@{self.version}"

    @abstractmethod
    def read_config(self, path: str, settings: Settings) -> Configuration:
        """Read a configuration file and say whether the trainer takes it.

        Raises
        ------
        ConfigError
            The file does not parse.
        """

    @abstractmethod
    def read_folders(
        self, images: str, masks: str | None, model: ModelTraits, settings: Settings
    ) -> Configuration:
        """Make the configuration of one image folder; `masks` None means the images' alpha."""

    def started_in(self, block: DatasetBlock, folder: str) -> DatasetBlock:
        """Let a block's relative paths begin at a folder, not at the working directory.

        Parameters
        ----------
        block : DatasetBlock
            As configured.
        folder : str
            In which the trainer is taken to be started, a URL.

        Returns
        -------
        DatasetBlock
            With every relative path joined to the folder.
        """

        def spelled(path: str | None) -> str | None:
            return storage.join(folder, path) if path else path

        subsets = (
            replace(each, image_dir=spelled(each.image_dir), mask_dir=spelled(each.mask_dir))
            for each in block.subsets
        )
        return replace(block, subsets=tuple(subsets))

    @abstractmethod
    def sees(self, name: str) -> bool:
        """Tell whether it takes a file of that name for an image."""

    @abstractmethod
    def assemble(self, block: DatasetBlock, list_folder: ListFolder) -> Dataset:
        """Find a dataset's images, masks and captions as the trainer would."""

    @abstractmethod
    def foresee_start(
        self, config: Configuration, datasets: Sequence[Dataset], model: ModelTraits
    ) -> tuple[Stop, ...]:
        """Tell why the run would not start, in the order in which the trainer looks."""

    @abstractmethod
    def oddities(
        self, datasets: Sequence[Dataset], model: ModelTraits, settings: Settings
    ) -> tuple[Oddity, ...]:
        """Tell which settings it takes without a word, though they are hardly meant."""

    @abstractmethod
    def describe(self, dataset: Dataset) -> str:
        """Name the settings of a dataset that a user wants to see first; one short phrase."""

    @abstractmethod
    def foresee_unreadable(self, pair: Pair, path: str, broken: UnreadableImageError) -> Stop:
        """Tell what a file that does not decode does to the run."""

    @abstractmethod
    def measured_size(self, image: str, header: Header | None) -> Size | Stop:
        """Tell the size that the trainer measures an image to have, or why it does not start.

        `header` is None where Pillow does not open the image.
        """

    @abstractmethod
    def place(
        self, pair: Pair, size: Size, dataset: Dataset, subset: Subset
    ) -> Placement | Stop | None:
        """Tell how the trainer brings an image to its bucket, or why it cannot.

        None where no image at all can be placed: `foresee_start` has told why.
        """

    @abstractmethod
    def foresee_pair(
        self, pair: Pair, image: Size, mask: Size | None, dataset: Dataset, subset: Subset
    ) -> Stop | None:
        """Tell why a batch with this pair stops the run; None where it does not."""

    @abstractmethod
    def mask_channel(self, source: MaskSource) -> Channel:
        """Tell which channel of the mask's file holds the mask."""

    @abstractmethod
    def bucket_mask(
        self,
        mask: NDArray[np.uint8],
        placement: Placement,
        pair: Pair,
        dataset: Dataset,
        subset: Subset,
        at: At = WHOLE,
    ) -> NDArray[np.uint8]:
        """Bring a mask to bucket size.

        Parameters
        ----------
        mask : ndarray of uint8, shape (H, W)
            As decoded.
        at : tuple of slice, or of ndarray of int64
            Rows and columns of the bucket that are wanted: a part, or single pixels.

        Returns
        -------
        ndarray of uint8, shape (placement.bucket.height, placement.bucket.width), indexed by `at`
        """

    @abstractmethod
    def mask_window(self, mask: Size, placement: Placement, pair: Pair, dataset: Dataset) -> Box:
        """Tell which part of a mask of that size fills the bucket, in px of the mask."""

    @abstractmethod
    def blackens_hidden(self, size: Size, placement: Placement, subset: Subset) -> bool:
        """Tell whether the resize of an image of that size turns what alpha 0 hides black."""

    @abstractmethod
    def bucket_image(
        self, image: NDArray[np.uint8], placement: Placement, dataset: Dataset, subset: Subset
    ) -> NDArray[np.uint8]:
        """Bring a picture, shape (H, W, 3) or (H, W, 4), to bucket size as the trainer does."""

    @abstractmethod
    def unshifted(self) -> Trainer | None:
        """Give the generation that puts masks in the right place; None where this one does."""

    @abstractmethod
    def latent_weights(
        self, bucket_mask: NDArray[np.uint8], model: ModelTraits
    ) -> NDArray[np.float32]:
        """Give the weight of each latent cell, [0, 1], shape (h // stride, w // stride)."""

    @abstractmethod
    def latents_cache(
        self, image: str, size: Size, bucket: Size, subset: Subset, model: ModelTraits
    ) -> LatentsCache | None:
        """Find the file from which a run that caches latents on disk would take an image's.

        None where there is none, or the trainer would make it anew.
        """

    @abstractmethod
    def cached_alpha(self, cache: LatentsCache) -> NDArray[np.float32] | None:
        """Read the alpha mask of a cache, [0, 1], at bucket size; None where it holds none."""

    @abstractmethod
    def sizes_by_caches(self, subset: Subset, model: ModelTraits) -> Mapping[str, tuple[str, Size]]:
        """Tell which images' sizes it takes from names of caches: the cache and the size."""

    @abstractmethod
    def named_repeats(self, folder: str) -> tuple[int, str] | None:
        """Read the repeats that a folder's name says, and the rest of the name; None if none."""

    @abstractmethod
    def compose(self, draft: ConfigDraft, path: str) -> Composed:
        """Write a configuration, to be stored as `path`.

        Raises
        ------
        MaskprepError
            The draft cannot be put into a configuration.
        """

    @abstractmethod
    def amend(self, text: str, draft: ConfigDraft, path: str) -> Composed:
        """Bring a draft's folders into the text of `path`, and leave all else as it is.

        Raises
        ------
        MaskprepError
            The draft does not go into this configuration.
        """

    @abstractmethod
    def differences(
        self, draft: ConfigDraft, datasets: Sequence[Dataset], *, amended: bool
    ) -> tuple[str, ...]:
        """Tell in what datasets differ from what was wanted of them; empty where they do not."""

    @abstractmethod
    def start_flags(self, path: str, masked_loss: bool) -> str:
        """Give the command-line flags with which the trainer takes a configuration."""
