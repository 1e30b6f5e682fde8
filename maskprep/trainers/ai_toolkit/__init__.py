"""ai-toolkit, where masks are concerned.

*Source*: ostris/ai-toolkit 27a03a9; truth: tests/data/trainers/ai-toolkit.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from maskprep.errors import UnreadableImageError
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
from maskprep.trainers.ai_toolkit import pairing, placement, settings
from maskprep.trainers.ai_toolkit.declared import FACTS, FLAGS, LAYOUT, MODELS, VERDICTS, WORDS
from maskprep.trainers.base import ComposesInFolder, Trainer
from maskprep.trainers.blocks import Configuration, DatasetBlock, Flags, ListFolder
from maskprep.trainers.roles import ReadsConfigurations

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from maskprep.raster import Reading

#: What becomes of a mask that Pillow does not open: the error is printed, and the next line fails.
_UNBOUND = (
    "UnboundLocalError: cannot access local variable 'img' where it is not associated with a value"
)


class AiToolkit(Trainer, ReadsConfigurations, ComposesInFolder):
    """ostris/ai-toolkit."""

    name: ClassVar[str] = "ai-toolkit"
    walks_below: ClassVar[bool] = True
    versions: ClassVar[Sequence[str]] = ("27a03a9",)
    models = MODELS
    flags = FLAGS
    words = WORDS
    verdicts = VERDICTS
    facts = FACTS
    layout = LAYOUT
    turns_images: ClassVar[bool] = True
    resize_reach: ClassVar[float] = math.inf  # it may blur by any share of the mask
    config_ending: ClassVar[str] = ".yaml"

    @classmethod
    def recognises(cls, document: object) -> bool:
        """Tell its files; see `ReadsConfigurations.recognises`."""
        return settings.is_job(document)

    def read_config(self, path: str, model: ModelTraits, flags: Flags) -> Configuration:
        """Read a training job; see `ReadsConfigurations.read_config`."""
        return settings.read(path, model, flags)

    def read_folders(
        self, images: str, masks: str | None, model: ModelTraits, flags: Flags
    ) -> Configuration:
        """Make an entry of a folder; see `FindsPairs.read_folders`."""
        block = settings.block_of(0, *settings.from_flags(images, masks, model, flags))
        return Configuration(None, (block,), masked_loss=True)

    def sees(self, name: str) -> bool:
        """Tell an image's name; see `FindsPairs.sees`."""
        return pairing.is_visible(name)

    def assemble(self, block: DatasetBlock, list_folder: ListFolder) -> Dataset:
        """Find an entry's files; see `FindsPairs.assemble`."""
        return pairing.assemble(block, list_folder)

    def describe(self, dataset: Dataset) -> str:
        """Name the resolution; see `FindsPairs.describe`."""
        item: settings.Item = dataset.subsets[0].settings
        return f"resolution {item.resolution}, least weight {item.least:g}"

    def resolution_of(self, dataset: Dataset) -> Size:
        """Tell the resolution; see `FindsPairs.resolution_of`."""
        item: settings.Item = dataset.subsets[0].settings
        return Size(item.resolution, item.resolution)

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
        return tuple(_stops(datasets))

    def oddities(
        self, datasets: Sequence[Dataset], model: ModelTraits, flags: Flags
    ) -> tuple[Oddity, ...]:
        """Tell what it takes without a word; see `Foresees.oddities`."""
        return tuple(_oddities(datasets))

    def foresee_unreadable(self, pair: Pair, path: str, broken: UnreadableImageError) -> Stop:
        """Tell that another image is trained; see `Foresees.foresee_unreadable`."""
        rule = "bomb" if broken.too_large else "unreadable"
        if not broken.foretold or _opens(path):
            return Stop(rule, Stage.SKIPPED, broken.error, path)
        error = f"Error processing image: {path}" if path == pair.image else _UNBOUND
        return Stop(rule, Stage.SKIPPED, error, path)

    def foresee_pair(
        self, pair: Pair, image: Size, mask: Size | None, dataset: Dataset, subset: Subset
    ) -> Stop | None:
        """Tell that an alpha is not to be had; see `Foresees.foresee_pair`."""
        if pair.source is not MaskSource.ALPHA:
            return None
        from maskprep.raster import read_header

        error = _alpha_error(read_header(pair.image).mode, image)
        return Stop("alpha-not-rgba", Stage.SKIPPED, error, pair.image) if error else None

    def place(
        self, pair: Pair, size: Size, dataset: Dataset, subset: Subset
    ) -> Placement | Stop | None:
        """Choose the bucket; see `Places.place`."""
        if min(size) < 1:
            return None  # what does not open is skipped before it is placed
        item: settings.Item = subset.settings
        scaled = Size(int(size.width * item.scale), int(size.height * item.scale))
        hint = "take a less long image, or a higher resolution"
        if min(scaled) < 1:
            error = "ZeroDivisionError: division by zero"
            return Stop("no-bucket", Stage.START_UP, error, pair.image, hint)
        if item.square_crop:
            return placement.squared(scaled, item.resolution)
        bucket = placement.bucket_for(scaled, item.resolution, dataset.settings.step)
        if min(bucket) < 1:
            error = f"its bucket is {bucket} px, which no model takes"
            return Stop("no-bucket", Stage.UNKNOWN, error, pair.image, hint)
        placed = placement.placed(scaled, bucket)
        return Placement(placed.resized, bucket, None) if item.moves else placed

    def bucket_mask(
        self,
        mask: NDArray[Any],
        placement: Placement,
        pair: Pair,
        dataset: Dataset,
        subset: Subset,
        at: At = WHOLE,
    ) -> NDArray[np.float32]:
        """Bring a mask to bucket size; see `Places.bucket_mask`."""
        from maskprep.trainers.ai_toolkit import pixels

        item: settings.Item = subset.settings
        return pixels.at_bucket(
            mask, placement, invert=item.invert, blur=item.blur, least=item.least
        )[at]

    def mask_window(self, mask: Size, placed: Placement, pair: Pair, dataset: Dataset) -> Box:
        """Tell what survives the crop of the stretched mask; see `Places.mask_window`."""
        own = placement.swapped(placed) if placement.swaps(mask, placed) else placed
        return own.window_in(mask)

    def bucket_image(
        self, image: NDArray[np.uint8], placement: Placement, dataset: Dataset, subset: Subset
    ) -> NDArray[np.uint8]:
        """Bring a picture to bucket size; see `Places.bucket_image`."""
        from maskprep.trainers.ai_toolkit import pixels

        return pixels.picture_at_bucket(image, placement)

    def mask_reading(self, source: MaskSource, subset: Subset) -> Reading:
        """Tell that Pillow's luminance counts, or the alpha, upright; see `Weighs.mask_reading`."""
        from maskprep.raster import Reading

        item: settings.Item = subset.settings
        if source is MaskSource.ALPHA:
            return Reading("alpha", upright=True)
        # What is done before colours become one grey is done to each of them.
        return Reading("luminance", upright=True, colours=item.invert or item.blur > 0)

    def meant(self, mask: NDArray[np.uint8], image: Size, subset: Subset) -> NDArray[np.uint8]:
        """Invert what is inverted; see `Weighs.meant`."""
        item: settings.Item = subset.settings
        return 255 - mask if item.invert else mask

    def latent_weights(
        self,
        bucket_mask: NDArray[Any],
        model: ModelTraits,
        dataset: Dataset,
        subset: Subset,
    ) -> NDArray[np.float32]:
        """Give the cells' weights; see `Weighs.latent_weights`."""
        from maskprep.masks.scale import in_floats
        from maskprep.trainers.ai_toolkit import pixels

        height, width = bucket_mask.shape
        size = Size(width // model.stride, height // model.stride)
        return pixels.at_latents(in_floats(bucket_mask), size, dataset.settings.dtype)

    def loss_factors(
        self, weights: NDArray[np.float32], model: ModelTraits, dataset: Dataset
    ) -> NDArray[np.float32]:
        """Divide by the mean; see `Weighs.loss_factors`."""
        from maskprep.trainers.ai_toolkit import pixels

        training: settings.Training = dataset.settings
        has_mask = any(
            pair.source is not MaskSource.NONE
            for subset in dataset.subsets
            for pair in subset.pairs
        )
        with_prior = training.inverted_mask_prior and has_mask
        return pixels.normalised(weights, training.dtype, with_prior=with_prior)


def _opens(path: str) -> bool:
    from maskprep.raster import read_header

    try:
        read_header(path)
    except UnreadableImageError:
        return False
    return True


def _alpha_error(mode: str, size: Size) -> str:
    """Give numpy's words where an image of that mode has no fourth channel; else none."""
    bands = {"RGBA": 4, "CMYK": 4, "RGB": 3, "YCbCr": 3, "LAB": 3, "HSV": 3, "LA": 2, "PA": 2}
    count = bands.get(mode, 1)
    if count == 4:
        return ""
    if count == 1:
        return "IndexError: too many indices for array: array is 2-dimensional, but 3 were indexed"
    shape = f"{size.height},{size.width}"
    return (
        f"ValueError: could not broadcast input array from shape ({shape},0) into shape"
        f" ({shape},{count})"
    )


def _stops(datasets: Sequence[Dataset]) -> Iterator[Stop]:
    for dataset in datasets:
        for subset in dataset.subsets:
            item: settings.Item = subset.settings
            if dataset.unchecked or subset.images is None:
                continue
            path = subset.images.path
            if not subset.images.exists:
                error = f"FileNotFoundError: [Errno 2] No such file or directory: {path!r}"
                yield Stop("directory-missing", Stage.START_UP, error, path)
            elif not subset.pairs:
                error = f"AssertionError: no images found in {path}"
                yield Stop("no-images", Stage.START_UP, error, path)
            elif not item.buckets and item.source is not MaskSource.NONE:
                error = "Exception: Mask images not supported for non-bucket datasets"
                yield Stop("masks-without-buckets", Stage.BATCH, error, path)


def _oddities(datasets: Sequence[Dataset]) -> Iterator[Oddity]:
    items: list[settings.Item] = [subset.settings for each in datasets for subset in each.subsets]
    trainings: list[settings.Training] = [each.settings for each in datasets[:1]]
    for training in trainings:
        if training.unknown:
            yield Oddity(
                "model-unknown",
                f"arch {training.unknown} is not known here: buckets are taken to be multiples of"
                f" {training.step} px",
                "name one like it: --model",
            )
        if training.inverted_mask_prior and training.batch_size > 1:
            yield Oddity(
                "prior-of-first-mask",
                f"inverted_mask_prior in batches of {training.batch_size}: what the first image's"
                " mask ignores is held to the prior in all of them",
                "set batch_size: 1, or inverted_mask_prior: false",
            )
    moving = sorted({name for item in items for name in item.moves})
    if moving and any(item.source is not MaskSource.NONE for item in items):
        yield Oddity(
            "crop-at-random",
            f"{', '.join(moving)}: masks are cropped or changed at random, and their weights"
            " cannot be foretold",
            f"leave out {', '.join(moving)} to have them checked to the digit",
            Severity.INFO,
        )
    for unused in dict.fromkeys(item.ignored_masks for item in items if item.ignored_masks):
        yield Oddity(
            "mask-path-unused",
            f"mask_path {unused} is not looked at: alpha_mask wins",
            "set alpha_mask: false, or leave mask_path out",
        )
