"""SimpleTuner, where masks are concerned.

*Source*: bghira/SimpleTuner bc8e6ab; truth: tests/data/trainers/simpletuner.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from maskprep.errors import MaskprepError, UnreadableImageError
from maskprep.model import (
    WHOLE,
    At,
    Box,
    Dataset,
    MaskSource,
    ModelTraits,
    Oddity,
    Pair,
    Placement,
    Severity,
    Size,
    Stage,
    Stop,
    Subset,
)
from maskprep.trainers.base import ComposesInFolder, Trainer
from maskprep.trainers.blocks import Configuration, DatasetBlock, Flags, ListFolder
from maskprep.trainers.roles import ReadsConfigurations
from maskprep.trainers.simpletuner import pairing, placement, settings
from maskprep.trainers.simpletuner.declared import FACTS, FLAGS, LAYOUT, MODELS, VERDICTS, WORDS

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from maskprep.raster import Reading

_CENTER = 'set "crop_style": "center" in both data sets'


class SimpleTuner(Trainer, ReadsConfigurations, ComposesInFolder):
    """bghira/SimpleTuner."""

    name: ClassVar[str] = "simpletuner"
    walks_below: ClassVar[bool] = True
    versions: ClassVar[Sequence[str]] = ("bc8e6ab",)
    models = MODELS
    flags = FLAGS
    words = WORDS
    verdicts = VERDICTS
    facts = FACTS
    layout = LAYOUT
    config_ending: ClassVar[str] = ".json"

    @classmethod
    def recognises(cls, document: object) -> bool:
        """Tell its lists of data sets; see `ReadsConfigurations.recognises`."""
        return settings.is_backends(document)

    def read_config(self, path: str, model: ModelTraits, flags: Flags) -> Configuration:
        """Read a list of data sets; see `ReadsConfigurations.read_config`."""
        return settings.read(path, model, flags)

    def read_folders(
        self, images: str, masks: str | None, model: ModelTraits, flags: Flags
    ) -> Configuration:
        """Make a data set of a folder, and one of its masks; see `FindsPairs.read_folders`."""
        if masks is None:
            raise MaskprepError(
                f"{images}: SimpleTuner reads no masks from the alpha: maskprep extract writes"
                " them to files, to be given with --masks"
            )
        block = settings.block_of(0, settings.of_folder(images, masks, model, flags))
        return Configuration(None, (block,), masked_loss=True)

    def sees(self, name: str) -> bool:
        """Tell an image's name; see `FindsPairs.sees`."""
        return pairing.is_visible(name)

    def assemble(self, block: DatasetBlock, list_folder: ListFolder) -> Dataset:
        """Find a data set's files; see `FindsPairs.assemble`."""
        return pairing.assemble(block, list_folder)

    def describe(self, dataset: Dataset) -> str:
        """Name resolution and crop; see `FindsPairs.describe`."""
        backend: settings.Backend = dataset.settings
        unit = "megapixels" if backend.resolution.is_area else "px"
        return f"resolution {backend.resolution.value:g} {unit}, crop style {backend.crop.style}"

    def resolution_of(self, dataset: Dataset) -> Size:
        """Tell the side of squares; see `FindsPairs.resolution_of`."""
        backend: settings.Backend = dataset.settings
        return Size(backend.resolution.square, backend.resolution.square)

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
        folders = (
            folder
            for dataset in datasets
            for subset in dataset.subsets
            for folder in (subset.images, subset.masks)
        )
        missing = tuple(
            Stop(
                "directory-missing",
                Stage.START_UP,
                f"FileNotFoundError: {each.path}",
                each.path,
            )
            for each in folders
            if each is not None and not each.exists
        )
        return missing or tuple(_mixed_batches(datasets))

    def oddities(
        self, datasets: Sequence[Dataset], model: ModelTraits, flags: Flags
    ) -> tuple[Oddity, ...]:
        """Tell what it takes without a word; see `Foresees.oddities`."""
        return tuple(odd for each in datasets for odd in _oddities(each.settings))

    def foresee_unreadable(
        self, pair: Pair, path: str, broken: UnreadableImageError
    ) -> Stop | None:
        """Tell that a broken mask is passed over; see `Foresees.foresee_unreadable`."""
        if path == pair.mask:
            return None
        rule = "bomb" if broken.too_large else "unreadable"
        return Stop(rule, Stage.UNKNOWN, broken.error, path)

    def place(
        self, pair: Pair, size: Size, dataset: Dataset, subset: Subset
    ) -> Placement | Stop | None:
        """Tell target and intermediary; see `Places.place`."""
        backend: settings.Backend = dataset.settings
        try:
            placed = placement.place(size, backend.resolution, backend.crop)
        except ZeroDivisionError as error:  # its aspect is rounded to 0
            told = f"ZeroDivisionError: {error}"
            hint = "crop the image: it is too narrow for any aspect"
            return Stop("no-bucket", Stage.UNKNOWN, told, pair.image, hint)
        own = backend.mask_crop.corner(placed.resized, placed.bucket)
        if pair.mask is None or own is not None:
            return placed
        # Where the mask is cropped at random, no weight is known, wherever the image is.
        return Placement(placed.resized, placed.bucket, None)

    def bucket_mask(
        self,
        mask: NDArray[Any],
        placement: Placement,
        pair: Pair,
        dataset: Dataset,
        subset: Subset,
        at: At = WHOLE,
    ) -> NDArray[np.uint8]:
        """Bring a mask to its target; see `Places.bucket_mask`."""
        from maskprep.trainers.simpletuner import pixels

        crop = self._mask_crop(placement, dataset)
        return pixels.at_target(mask, crop)[at]

    def mask_window(self, mask: Size, placement: Placement, pair: Pair, dataset: Dataset) -> Box:
        """Tell what survives the mask's own crop; see `Places.mask_window`."""
        return self._mask_crop(placement, dataset).window_in(mask)

    def bucket_image(
        self, image: NDArray[np.uint8], placement: Placement, dataset: Dataset, subset: Subset
    ) -> NDArray[np.uint8]:
        """Bring a picture to its target; see `Places.bucket_image`."""
        from maskprep.trainers.simpletuner import pixels

        return pixels.at_target(image[..., :3], placement)

    def mask_reading(self, source: MaskSource, subset: Subset) -> Reading:
        """Tell that R counts, or any colour; see `Weighs.mask_reading`."""
        from maskprep.raster import Reading

        backend: settings.Backend = subset.settings
        return Reading("max" if backend.is_segmentation else "r", deep="scaled")

    def meant(self, mask: NDArray[np.uint8], image: Size, subset: Subset) -> NDArray[np.uint8]:
        """Make white of all but black, where that trains; see `Weighs.meant`."""
        backend: settings.Backend = subset.settings
        return (mask > 0).astype(mask.dtype) * 255 if backend.is_segmentation else mask

    def latent_weights(
        self,
        bucket_mask: NDArray[Any],
        model: ModelTraits,
        dataset: Dataset,
        subset: Subset,
    ) -> NDArray[np.float32]:
        """Give the cells' weights; see `Weighs.latent_weights`."""
        from maskprep.trainers.simpletuner import pixels

        backend: settings.Backend = dataset.settings
        return pixels.at_latents(bucket_mask, model.stride, backend.is_segmentation)

    @staticmethod
    def _mask_crop(placed: Placement, dataset: Dataset) -> Placement:
        crop: placement.Crop = dataset.settings.mask_crop
        return Placement(placed.resized, placed.bucket, crop.corner(placed.resized, placed.bucket))


def _mixed_batches(datasets: Sequence[Dataset]) -> Iterator[Stop]:
    for dataset in datasets:
        backend: settings.Backend = dataset.settings
        for subset in dataset.subsets:
            lacking = subset.missing
            if backend.batch_size > 1 and 0 < len(lacking) < len(subset.pairs):
                yield Stop(
                    "batch-lacks-mask",
                    Stage.BATCH if len(subset.pairs) <= backend.batch_size else Stage.UNKNOWN,
                    "ValueError: Each conditioning backend must supply one sample per training"
                    f" example (expected {backend.batch_size},"
                    f" got {max(1, backend.batch_size - len(lacking))}).",
                    lacking[0].image,
                )


def _oddities(backend: settings.Backend) -> Iterator[Oddity]:
    if backend.masks is None:
        return
    ours, theirs = backend.crop, backend.mask_crop
    styles = {"center" if each.style == "centre" else each.style for each in (ours, theirs)}
    moved = [each for each in (ours, theirs) if each.style not in placement.FIXED]
    if moved:
        yield Oddity(
            "mask-crop-random",
            f"{backend.name}: crop_style is {' and '.join(sorted({c.style for c in moved}))}: what"
            " sticks out of the target is cropped at random, images and masks each for itself, with"
            ' "crop": false, too',
            _CENTER,
            Severity.ERROR,
        )
    elif len(styles) > 1 or ours.enabled != theirs.enabled or ours.aspect != theirs.aspect:
        yield Oddity(
            "mask-crop-differs",
            f"{backend.name}: images are cropped by {_told(ours)}, masks by {_told(theirs)}: masks"
            " lie elsewhere than their images",
            "say the same crop, crop_style and crop_aspect in both data sets",
            Severity.ERROR,
        )
    if backend.is_segmentation:
        yield Oddity(
            "segmentation-without-grey",
            f"{backend.name}: conditioning_type is segmentation: every cell with anything but black"
            " trains in full, and so do greys, soft edges and the noise of JPEGs",
            'set "conditioning_type": "mask"',
        )


def _told(crop: placement.Crop) -> str:
    return f"crop {str(crop.enabled).lower()}, {crop.style}, {crop.aspect}"
