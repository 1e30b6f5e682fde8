"""What a trainer is asked, by subject; no role has more than seven questions.

A trainer knows what it does with files and masks; it opens no picture and writes nothing. The order
is that in which a data set meets them. Roles that a trainer may lack say so in their `lacking`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, TypeVar

from maskprep.errors import MaskprepError, UnreadableImageError
from maskprep.files import pathname
from maskprep.model import (
    WHOLE,
    At,
    Box,
    Dataset,
    LatentsCache,
    MaskSource,
    ModelTraits,
    Oddity,
    Pair,
    Placement,
    Resize,
    Size,
    Stop,
    Subset,
)
from maskprep.trainers.blocks import Configuration, DatasetBlock, Flags, ListFolder
from maskprep.trainers.draft import Composed, ConfigDraft

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from maskprep.raster import Header, Reading


Self = TypeVar("Self", bound="Places")


class FindsPairs(ABC):
    """Reads folders, and pairs images with masks and captions."""

    #: Why masks are found beside the images without being asked for; empty where --masks or
    #: --alpha has to say where they are.
    masks_beside: ClassVar[str] = ""
    #: Whether images are looked for in all folders below, whatever is configured.
    walks_below: ClassVar[bool] = False
    #: Why no masks are read from the alpha, and what to do instead; empty where they are.
    alpha_refused: ClassVar[str] = ""

    @abstractmethod
    def read_folders(
        self, images: str, masks: str | None, model: ModelTraits, flags: Flags
    ) -> Configuration:
        """Make the configuration of one image folder.

        `masks` None means the images' alpha, or `masks_beside` the images.

        Raises
        ------
        MaskprepError
            The trainer takes no masks from there.
        """

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
            return pathname.join(folder, path) if path else path

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
    def describe(self, dataset: Dataset) -> str:
        """Name the settings of a dataset that a user wants to see first; one short phrase."""

    def resolution_of(self, dataset: Dataset) -> Size | None:
        """Tell the resolution at which a dataset trains; None where it is not one size."""
        return None


class ReadsConfigurations(ABC):
    """Reads a configuration file of its own."""

    lacking: ClassVar[str] = "reads no configuration: give it an image folder"

    @classmethod
    def recognises(cls, document: object) -> bool:
        """Tell whether a parsed file looks like a configuration of this trainer, and of no other.

        Parameters
        ----------
        document : object
            What `maskprep.trainers.documents.read_document` gives: dicts, lists, str, numbers.
        """
        return False

    @abstractmethod
    def read_config(self, path: str, model: ModelTraits, flags: Flags) -> Configuration:
        """Read a configuration file and say whether the trainer takes it.

        `model` is what the user says; a configuration that says it itself gives another one back.

        Raises
        ------
        ConfigError
            The file does not parse.
        """

    def spelling_oddities(self, path: str) -> tuple[Oddity, ...]:
        """Tell what it reads in a configuration file otherwise than was meant, without a word."""
        return ()

    def respell(self, text: str, rule: str, path: str) -> str:
        """Write the text of `path` so that it reads what a rule's findings say is meant.

        Raises
        ------
        MaskprepError
            It cannot be written so.
        """
        raise MaskprepError(f"{path}: nothing can be spelled otherwise")


class Foresees(ABC):
    """Tells why a run would not start, or stop; by default nothing stops it but a broken file."""

    def foresee_start(
        self, config: Configuration, datasets: Sequence[Dataset], model: ModelTraits
    ) -> tuple[Stop, ...]:
        """Tell why the run would not start, in the order in which the trainer looks."""
        return ()

    def oddities(
        self, datasets: Sequence[Dataset], model: ModelTraits, flags: Flags
    ) -> tuple[Oddity, ...]:
        """Tell which settings it takes without a word, though they are hardly meant."""
        return ()

    @abstractmethod
    def foresee_unreadable(
        self, pair: Pair, path: str, broken: UnreadableImageError
    ) -> Stop | None:
        """Tell what a file that does not decode does to the run; None where it is passed over."""

    def foresee_pair(
        self, pair: Pair, image: Size, mask: Size | None, dataset: Dataset, subset: Subset
    ) -> Stop | None:
        """Tell why a batch with this pair stops the run; None where it does not."""
        return None


class Places(ABC):
    """Brings images and masks to the size at which they train."""

    #: Whether images are turned by EXIF before anything is measured; sizes are then those turned.
    turns_images: ClassVar[bool] = False

    def measured_size(self, image: str, header: Header | None) -> Size | Stop:
        """Tell the size that the trainer measures an image to have, or why it does not start.

        `header` is None where Pillow does not open the image.
        """
        return Size(0, 0) if header is None else header.size

    @abstractmethod
    def place(
        self, pair: Pair, size: Size, dataset: Dataset, subset: Subset
    ) -> Placement | Stop | None:
        """Tell how the trainer brings an image to its bucket, or why it cannot.

        None where no image at all can be placed, and `foresee_start` has told why; or where this
        one does not open, and `foresee_unreadable` tells what comes of it.
        """

    @abstractmethod
    def bucket_mask(
        self,
        mask: NDArray[np.uint8] | NDArray[np.uint16],
        placement: Placement,
        pair: Pair,
        dataset: Dataset,
        subset: Subset,
        at: At = WHOLE,
    ) -> NDArray[np.uint8] | NDArray[np.float32]:
        """Bring a mask to bucket size.

        Parameters
        ----------
        mask : ndarray of uint8 or uint16, shape (H, W)
            As decoded: 255 trains. Of 16 bits only where `mask_reading` keeps them.
        at : tuple of slice, or of ndarray of int64
            Rows and columns of the bucket that are wanted: a part, or single pixels.

        Returns
        -------
        ndarray of uint8 or float32, shape (placement.bucket.height, .width), indexed by `at`
            In whichever the trainer goes on: uint8 where 255 trains, or float32 where 1 does.
        """

    def mask_window(self, mask: Size, placement: Placement, pair: Pair, dataset: Dataset) -> Box:
        """Tell which part of a mask of that size fills the bucket, in px of the mask."""
        return placement.window_in(mask)

    def blackens_hidden(self, size: Size, placement: Placement, subset: Subset) -> bool:
        """Tell whether the resize of an image of that size turns what alpha 0 hides black."""
        return False

    @abstractmethod
    def bucket_image(
        self, image: NDArray[np.uint8], placement: Placement, dataset: Dataset, subset: Subset
    ) -> NDArray[np.uint8]:
        """Bring a picture, shape (H, W, 3) or (H, W, 4), to bucket size as the trainer does."""

    def unshifted(self: Self) -> Self | None:
        """Give the generation that puts masks in the right place; None where this one does."""
        return None


class Weighs(ABC):
    """Makes a loss weight of each latent cell."""

    #: Whether the weight of a cell is made of its own pixels alone, so that it may be asked for
    #: without the others'.
    cells_are_apart: ClassVar[bool] = True

    #: How far a mask's pixel reaches when it is brought to its bucket, px of the bucket, or of the
    #: mask where those are coarser: of the kernels in use Lanczos' is the widest.
    resize_reach: ClassVar[float] = 3

    def mask_reading(self, source: MaskSource, subset: Subset) -> Reading:
        """Tell how the file that carries the mask is read: R, or the alpha, as Pillow gives it."""
        from maskprep.raster import Reading

        return Reading("alpha" if source is MaskSource.ALPHA else "r")

    def meant(self, mask: NDArray[np.uint8], image: Size, subset: Subset) -> NDArray[np.uint8]:
        """Give the mask that weighs as this one does where nothing is set: inverted, say.

        `mask` is as decoded, of an image of size `image`.
        """
        return mask

    @abstractmethod
    def latent_weights(
        self,
        bucket_mask: NDArray[np.uint8] | NDArray[np.float32],
        model: ModelTraits,
        dataset: Dataset,
        subset: Subset,
    ) -> NDArray[np.float32]:
        """Give the weight of each latent cell, [0, 1], shape (h // stride, w // stride).

        `bucket_mask` is what `bucket_mask` gave; or uint8, all 255, of an image without a mask.
        Floors belong to the weight, what is made of a whole batch does not.
        """

    def loss_factors(
        self, weights: NDArray[np.float32], model: ModelTraits, dataset: Dataset
    ) -> NDArray[np.float32]:
        """Give what each cell's loss is multiplied by, in a batch of this image alone.

        The weights, or where the loss is divided by what trains, the weights by that: NaN where
        that is 0.
        """
        return weights


class StandsOnLibraries:
    """Tells by which libraries it works; versions of these may make other masks of one file."""

    #: By the names that `maskprep.masks.versions.LIBRARIES` has for them.
    libraries: ClassVar[Sequence[str]] = ()

    def mask_resize(
        self, mask: Size, placement: Placement, pair: Pair, dataset: Dataset, subset: Subset
    ) -> Resize | None:
        """Tell how a mask of that size is brought to its bucket; None where no library does it."""
        return None


class KeepsCaches(ABC):
    """Keeps latents on disk, with whatever they hold of masks."""

    lacking: ClassVar[str] = "keeps no masks in caches of latents"

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


class WritesConfigurations(ABC):
    """Puts image folders into a configuration of its own."""

    lacking: ClassVar[str] = "has no configuration that could be written"

    #: Ending of the files that `compose` writes.
    config_ending: ClassVar[str]
    #: The flag that says how captions end; empty where nobody can say it.
    caption_flag: ClassVar[str]

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
