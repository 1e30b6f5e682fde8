"""OneTrainer, where masks are concerned.

*Source*: Nerogar/OneTrainer 23df383, Nerogar/mgds 3a6994a; truth: tests/data/trainers/onetrainer.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from maskprep.errors import MaskprepError, UnreadableImageError
from maskprep.files import pathname
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
from maskprep.trainers.onetrainer import pairing, placement, settings
from maskprep.trainers.onetrainer.declared import (
    FACTS,
    FAMILIES,
    FLAGS,
    LAYOUT,
    MODELS,
    VERDICTS,
    WORDS,
)
from maskprep.trainers.roles import ReadsConfigurations

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from maskprep.raster import Reading

_CLEAR = 'set "clear_cache_before_training": true'


class OneTrainer(Trainer, ReadsConfigurations, ComposesInFolder):
    """Nerogar/OneTrainer."""

    name: ClassVar[str] = "onetrainer"
    versions: ClassVar[Sequence[str]] = ("23df383",)
    models = MODELS
    flags = FLAGS
    words = WORDS
    verdicts = VERDICTS
    facts = FACTS
    layout = LAYOUT
    masks_beside: ClassVar[str] = (
        "OneTrainer reads no masks from the alpha, but NAME-masklabel.png beside the images"
    )
    turns_images: ClassVar[bool] = True
    cells_are_apart: ClassVar[bool] = False
    config_ending: ClassVar[str] = ".json"

    @classmethod
    def recognises(cls, document: object) -> bool:
        """Tell its files; see `ReadsConfigurations.recognises`."""
        return settings.is_training(document) or settings.is_concepts(document)

    def read_config(self, path: str, model: ModelTraits, flags: Flags) -> Configuration:
        """Read a training configuration or concepts; see `ReadsConfigurations.read_config`."""
        return settings.read(path, model, flags)

    def read_folders(
        self, images: str, masks: str | None, model: ModelTraits, flags: Flags
    ) -> Configuration:
        """Make a concept of a folder; see `FindsPairs.read_folders`."""
        if masks is not None and pathname.realpath(masks) != pathname.realpath(images):
            raise MaskprepError(
                f"{masks}: OneTrainer looks for masks beside the images alone: save them there as"
                " NAME-masklabel.png, and leave out --masks"
            )
        below = bool(flags.get("include_subdirectories", False))
        block = settings.block_of(
            0, settings.Concept(images, below), settings.from_flags(model, flags)
        )
        return Configuration(None, (block,), masked_loss=True)

    def sees(self, name: str) -> bool:
        """Tell an image's name; see `FindsPairs.sees`."""
        return pairing.is_visible(name)

    def assemble(self, block: DatasetBlock, list_folder: ListFolder) -> Dataset:
        """Find a concept's files; see `FindsPairs.assemble`."""
        return pairing.assemble(block, list_folder)

    def describe(self, dataset: Dataset) -> str:
        """Name the resolution; see `FindsPairs.describe`."""
        training: settings.Training = dataset.settings
        return f"resolution {training.resolution}, least weight {training.unmasked_weight:g}"

    def resolution_of(self, dataset: Dataset) -> Size | None:
        """Tell the resolution; see `FindsPairs.resolution_of`."""
        said = {each.settings.resolution or dataset.settings.resolution for each in dataset.subsets}
        return settings.as_size(said.pop()) if len(said) == 1 else None

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
        return (*_of_resolutions(datasets), *_of_folders(datasets))

    def oddities(
        self, datasets: Sequence[Dataset], model: ModelTraits, flags: Flags
    ) -> tuple[Oddity, ...]:
        """Tell what it takes without a word; see `Foresees.oddities`."""
        return tuple(_oddities(datasets))

    def foresee_unreadable(self, pair: Pair, path: str, broken: UnreadableImageError) -> Stop:
        """Tell what a broken file does; see `Foresees.foresee_unreadable`."""
        stage = Stage.BATCH if broken.foretold else Stage.UNKNOWN
        return Stop("bomb" if broken.too_large else "unreadable", stage, broken.error, path)

    def place(
        self, pair: Pair, size: Size, dataset: Dataset, subset: Subset
    ) -> Placement | Stop | None:
        """Choose the bucket; see `Places.place`."""
        training, concept = dataset.settings, subset.settings
        wanted = placement.resolutions(concept.resolution or training.resolution)
        bucket = placement.bucket_for(size, wanted[0], training.bucket_step)
        if min(bucket) < 1 or min(size) < 1:
            error = "ValueError: height and width must be > 0"
            return Stop("no-bucket", Stage.BATCH, error, pair.image, "raise the resolution")
        resized = placement.covering(size, bucket)
        left, top = (resized.width - bucket.width) // 2, (resized.height - bucket.height) // 2
        jitters = concept.moves == ("enable_crop_jitter",)
        is_random = len(wanted) > 1 or (concept.moves and not (jitters and resized == bucket))
        return Placement(resized, bucket, None if is_random else (left, top))

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
        from maskprep.trainers.onetrainer import pixels

        return pixels.at_bucket(mask, placement, dataset.settings.dtype, at)

    def mask_window(self, mask: Size, placement: Placement, pair: Pair, dataset: Dataset) -> Box:
        """Tell what survives the crop of the stretched mask; see `Places.mask_window`."""
        return placement.window_in(mask)

    def bucket_image(
        self, image: NDArray[np.uint8], placement: Placement, dataset: Dataset, subset: Subset
    ) -> NDArray[np.uint8]:
        """Bring a picture to bucket size; see `Places.bucket_image`."""
        import numpy as np

        from maskprep.masks.scale import in_bytes
        from maskprep.trainers.onetrainer import pixels

        bands = (pixels.at_bucket(image[..., band], placement, "float32") for band in range(3))
        return np.dstack([in_bytes(each) for each in bands])

    def mask_reading(self, source: MaskSource, subset: Subset) -> Reading:
        """Tell that libpng's luminance counts, upright, unscaled; see `Weighs.mask_reading`."""
        from maskprep.raster import Reading

        return Reading("libpng", upright=True, deep="kept")

    def latent_weights(
        self,
        bucket_mask: NDArray[Any],
        model: ModelTraits,
        dataset: Dataset,
        subset: Subset,
    ) -> NDArray[np.float32]:
        """Give the cells' weights; see `Weighs.latent_weights`."""
        from maskprep.masks.scale import in_floats
        from maskprep.trainers.onetrainer import pixels

        training: settings.Training = dataset.settings
        factor = FAMILIES[training.family].factor
        mask = in_floats(bucket_mask)
        least = training.unmasked_weight if training.masked_training else 0.0
        return pixels.at_latents(mask, factor, training.dtype, least)

    def loss_factors(
        self, weights: NDArray[np.float32], model: ModelTraits, dataset: Dataset
    ) -> NDArray[np.float32]:
        """Divide by the mean, where that is asked for; see `Weighs.loss_factors`."""
        from maskprep.trainers.onetrainer import pixels

        training: settings.Training = dataset.settings
        if not (training.normalize_masked_area_loss and training.masked_training):
            return weights
        with_prior = training.masked_prior_preservation_weight > 0
        return pixels.normalised(weights, training.has_frames, with_prior)


def _of_folders(datasets: Sequence[Dataset]) -> Iterator[Stop]:
    for dataset in datasets:
        for subset in dataset.subsets:
            if subset.images is not None and not subset.images.exists:
                path = subset.images.path
                error = f"FileNotFoundError: [Errno 2] No such file or directory: {path!r}"
                yield Stop("directory-missing", Stage.START_UP, error, path)


def _of_resolutions(datasets: Sequence[Dataset]) -> Iterator[Stop]:
    # Without buckets sides alone are read; source: mgds, SingleAspectCalculation.start.
    for dataset in datasets:
        said = {each.settings.resolution or dataset.settings.resolution for each in dataset.subsets}
        for resolution in said if dataset.settings.bucket_step is None else ():
            if "x" in resolution:
                error = f"ValueError: invalid literal for int() with base 10: {resolution!r}"
                hint = 'give one side, or set "aspect_ratio_bucketing": true'
                yield Stop("size-without-buckets", Stage.START_UP, error, None, hint)


def _oddities(datasets: Sequence[Dataset]) -> Iterator[Oddity]:
    if not datasets:
        return
    training: settings.Training = datasets[0].settings
    folders = [subset.images for each in datasets for subset in each.subsets]
    names = [name for each in folders if each is not None for name in each.names]
    unused = sum(name.endswith(f"{pairing.MARK}.png") for name in names)
    if not training.masked_training and unused:
        yield Oddity(
            "masked-training-off",
            f"masked_training is off: {unused} masks lie beside the images, unused",
            'set "masked_training": true',
            Severity.ERROR,
        )
    if not training.masked_training:
        return
    if training.normalize_masked_area_loss and training.has_frames:
        yield Oddity(
            "normalised-by-column",
            f"normalize_masked_area_loss divides by the mean of each column of cells, not of the"
            f" mask, for {training.family}: what spans the picture's height trains as if unmasked",
            'set "normalize_masked_area_loss": false',
        )
    if "unmasked_probability" in training.written and training.unmasked_probability > 0:
        yield Oddity(
            "unmasked-probability-unused",
            f"unmasked_probability is {training.unmasked_probability:g}: it does nothing but for"
            " inpainting models, every step has the mask",
            "",
            Severity.INFO,
        )
    if training.latent_caching and not training.clear_cache_before_training:
        yield Oddity(
            "mask-cache-kept",
            "clear_cache_before_training is off: masks changed since the cache was made are not"
            " seen",
            _CLEAR,
        )
    moving = {
        name for each in datasets for subset in each.subsets for name in subset.settings.moves
    }
    if moving:
        named = ", ".join(sorted(moving))
        yield Oddity(
            "mask-moved-at-random",
            f"{named}: masks are cropped or changed at random, and their weights cannot be"
            " foretold",
            "switch it off in the concept's image settings to have them checked to the digit",
            Severity.INFO,
        )
