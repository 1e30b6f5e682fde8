"""diffusion-pipe, where masks are concerned.

*Source*: tdrussell/diffusion-pipe 8f83dbf; truth: tests/data/trainers/diffusion-pipe.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from maskprep.errors import UnreadableImageError
from maskprep.model import (
    WHOLE,
    At,
    Box,
    Dataset,
    ModelTraits,
    Oddity,
    Pair,
    Placement,
    Size,
    Stage,
    Stop,
    Subset,
)
from maskprep.trainers.base import ComposesInFolder, Trainer
from maskprep.trainers.blocks import Configuration, DatasetBlock, Flags, ListFolder
from maskprep.trainers.diffusion_pipe import pairing, settings
from maskprep.trainers.diffusion_pipe.declared import FACTS, FLAGS, LAYOUT, MODELS, VERDICTS, WORDS
from maskprep.trainers.roles import ReadsConfigurations

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class DiffusionPipe(Trainer, ReadsConfigurations, ComposesInFolder):
    """tdrussell/diffusion-pipe."""

    name: ClassVar[str] = "diffusion-pipe"
    versions: ClassVar[Sequence[str]] = ("8f83dbf",)
    models = MODELS
    flags = FLAGS
    words = WORDS
    verdicts = VERDICTS
    facts = FACTS
    layout = LAYOUT
    alpha_refused: ClassVar[str] = (
        "diffusion-pipe reads no masks from the alpha: maskprep extract writes them to files"
    )
    config_ending: ClassVar[str] = ".toml"

    @classmethod
    def recognises(cls, document: object) -> bool:
        """Tell its files; see `ReadsConfigurations.recognises`."""
        return settings.is_dataset(document) or settings.is_main(document)

    def read_config(self, path: str, model: ModelTraits, flags: Flags) -> Configuration:
        """Read a data set, or a run that names one; see `ReadsConfigurations.read_config`."""
        return settings.read(path, model, flags)

    def read_folders(
        self, images: str, masks: str | None, model: ModelTraits, flags: Flags
    ) -> Configuration:
        """Make a directory of a folder; see `FindsPairs.read_folders`."""
        block = settings.block_of(0, settings.of_folder(images, masks, model, flags))
        return Configuration(None, (block,), masked_loss=masks is not None)

    def sees(self, name: str) -> bool:
        """Tell an image's name; see `FindsPairs.sees`."""
        return pairing.is_visible(name)

    def assemble(self, block: DatasetBlock, list_folder: ListFolder) -> Dataset:
        """Find a directory's files; see `FindsPairs.assemble`."""
        return pairing.assemble(block, list_folder)

    def describe(self, dataset: Dataset) -> str:
        """Name the resolution and the aspects; see `FindsPairs.describe`."""
        directory: settings.Directory = dataset.settings
        count = len(directory.aspects)
        return f"resolution {directory.resolution:g}, {count} aspects"

    def resolution_of(self, dataset: Dataset) -> Size | None:
        """Tell the resolution; see `FindsPairs.resolution_of`."""
        directory: settings.Directory = dataset.settings
        side = round(directory.resolution)
        return Size(side, side) if side else None

    def foresee_start(
        self, config: Configuration, datasets: Sequence[Dataset], model: ModelTraits
    ) -> tuple[Stop, ...]:
        """Tell why the run would not start; see `Foresees.foresee_start`."""
        if config.verdict is not None and not config.verdict.accepted:
            path = config.verdict.path
            return tuple(
                Stop(issue.rule, Stage.START_UP, issue.error, path)
                for issue in config.verdict.issues
            )
        return tuple(dict.fromkeys(_stops(datasets)))

    def oddities(
        self, datasets: Sequence[Dataset], model: ModelTraits, flags: Flags
    ) -> tuple[Oddity, ...]:
        """Tell what it takes without a word; see `Foresees.oddities`."""
        return tuple(dict.fromkeys(_oddities(datasets)))

    def foresee_unreadable(self, pair: Pair, path: str, broken: UnreadableImageError) -> Stop:
        """Tell what a broken file does to the caching; see `Foresees.foresee_unreadable`."""
        rule = "bomb" if broken.too_large else "unreadable"
        if path == pair.image and not pairing.opens(path):
            error = f"Media file {path} could not be opened. Skipping."
            return Stop(rule, Stage.SKIPPED, error, path)
        stage = Stage.START_UP if broken.foretold else Stage.UNKNOWN
        return Stop(rule, stage, broken.error, path)

    def foresee_pair(
        self, pair: Pair, image: Size, mask: Size | None, dataset: Dataset, subset: Subset
    ) -> Stop | None:
        """Tell that a mask of another size stops the caching; see `Foresees.foresee_pair`."""
        if mask is None or mask == image:
            return None
        error = (
            f"ValueError: Mask shape ({mask.height}, {mask.width}) was not the same as image shape"
            f" ({image.height}, {image.width}).\nImage path: {pair.image}\nMask path: {pair.mask}"
        )
        return Stop("mask-size-mismatch", Stage.START_UP, error, pair.mask)

    def place(
        self, pair: Pair, size: Size, dataset: Dataset, subset: Subset
    ) -> Placement | Stop | None:
        """Choose the bucket; see `Places.place`."""
        from maskprep.trainers.diffusion_pipe import placement

        if min(size) < 1:
            return None  # what does not open is skipped before it is placed
        directory: settings.Directory = subset.settings
        bucket: Size | None
        if directory.rows:
            bucket = placement.bucket_of_rows(size, directory.rows)
        else:
            bucket = placement.bucket_of_aspects(
                size, directory.aspects, directory.resolution, directory.multiple
            )
        if bucket is None:
            error = "none of size_buckets is for stills: the image is left out"
            return Stop("no-bucket", Stage.SKIPPED, error, pair.image, "add one with 1 frame")
        if min(bucket) < 1:
            error = "ValueError: height and width must be > 0"
            return Stop("no-bucket", Stage.START_UP, error, pair.image, "raise the resolution")
        return placement.covering(size, bucket)

    def bucket_mask(
        self,
        mask: NDArray[Any],
        placement: Placement,
        pair: Pair,
        dataset: Dataset,
        subset: Subset,
        at: At = WHOLE,
    ) -> NDArray[np.uint8]:
        """Bring a mask to bucket size; see `Places.bucket_mask`."""
        from maskprep.trainers.diffusion_pipe import pixels

        return pixels.fitted(mask, placement.bucket)[at]

    def mask_window(self, mask: Size, placed: Placement, pair: Pair, dataset: Dataset) -> Box:
        """Tell what survives the crop; see `Places.mask_window`."""
        from maskprep.trainers.diffusion_pipe import placement

        return placement.fitted_box(mask, placed.bucket)

    def bucket_image(
        self, image: NDArray[np.uint8], placement: Placement, dataset: Dataset, subset: Subset
    ) -> NDArray[np.uint8]:
        """Bring a picture to bucket size; see `Places.bucket_image`."""
        from maskprep.trainers.diffusion_pipe import pixels

        return pixels.fitted(image, placement.bucket)

    def latent_weights(
        self,
        bucket_mask: NDArray[Any],
        model: ModelTraits,
        dataset: Dataset,
        subset: Subset,
    ) -> NDArray[np.float32]:
        """Give the cells' weights; see `Weighs.latent_weights`."""
        from maskprep.masks.scale import in_floats
        from maskprep.trainers.diffusion_pipe import pixels

        height, width = bucket_mask.shape
        size = Size(width // model.stride, height // model.stride)
        return pixels.at_latents(in_floats(bucket_mask), size)


def _stops(datasets: Sequence[Dataset]) -> Iterator[Stop]:
    for dataset in datasets:
        for subset in dataset.subsets:
            directory: settings.Directory = subset.settings
            if directory.resolutions > settings.MOST_RESOLUTIONS:
                error = f"WARNING: You have set a lot of resolutions ({directory.resolutions})"
                yield Stop("too-many-resolutions", Stage.START_UP, error)
            images, masks = subset.images, subset.masks
            if images is not None and not images.exists:
                error = f"RuntimeError: Invalid path: {images.path}"
                yield Stop("directory-missing", Stage.START_UP, error, images.path)
            elif images is not None and not subset.pairs:
                error = f"AssertionError: Directory {images.path} had no images/videos!"
                yield Stop("no-images", Stage.START_UP, error, images.path)
            if masks is not None and not masks.exists:
                error = f"RuntimeError: Invalid mask_path: {masks.path}"
                yield Stop("directory-missing", Stage.START_UP, error, masks.path)


def _oddities(datasets: Sequence[Dataset]) -> Iterator[Oddity]:
    from maskprep.trainers.diffusion_pipe import placement

    for dataset in datasets:
        directory: settings.Directory = dataset.settings
        if directory.rows and not placement.are_in_order(directory.rows):
            yield Oddity(
                "size-buckets-misread",
                f"size_buckets of {directory.path} are not sorted by aspect without equals: images"
                " come into buckets of another shape than their own",
                "sort them by width / height, from narrow to wide, and leave out equals",
            )
