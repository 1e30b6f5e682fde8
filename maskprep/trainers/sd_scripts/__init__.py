"""kohya-ss/sd-scripts: its three generations, where masks are concerned."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from maskprep.errors import MaskprepError, UnreadableImageError
from maskprep.files import pathname
from maskprep.model import (
    WHOLE,
    At,
    Box,
    ConfigIssue,
    ConfigVerdict,
    Dataset,
    LatentsCache,
    MaskSource,
    ModelTraits,
    Oddity,
    Pair,
    Placement,
    Resize,
    Size,
    Stage,
    Stop,
    Subset,
)
from maskprep.trainers.base import Trainer
from maskprep.trainers.blocks import Configuration, DatasetBlock, Flags, ListFolder, SubsetBlock
from maskprep.trainers.draft import Composed, ConfigDraft
from maskprep.trainers.roles import KeepsCaches, ReadsConfigurations, WritesConfigurations
from maskprep.trainers.sd_scripts import (
    caches,
    compose,
    measure,
    pairing,
    reread,
    spelling,
    startup,
)
from maskprep.trainers.sd_scripts.captions import face_numbers
from maskprep.trainers.sd_scripts.declared import FACTS, FLAGS, LAYOUT, LIBRARIES, MODELS, WORDS
from maskprep.trainers.sd_scripts.generations import GENERATIONS, MaskResize
from maskprep.trainers.sd_scripts.parse import parse
from maskprep.trainers.sd_scripts.placement import (
    adjusted_bounds,
    bucket_sizes,
    describe_sizes,
    nearest_bucket,
    shrunk_bucket,
)
from maskprep.trainers.sd_scripts.scripts import foresee_script
from maskprep.trainers.sd_scripts.settings import blocks_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from maskprep.raster import Header

_OTHER_BUCKETS = "take the image out, or mend the resolution (or bucket_no_upscale)"
_USE_BUCKETS = "set enable_bucket = true"
_NO_MASK = "AttributeError: 'NoneType' object has no attribute 'read'"
_OTHER_SIZE = "AssertionError: size of conditioning image is not match / 画像サイズが合いません: {}"
_TOO_LARGE = "AssertionError: image too large, but cropping and bucketing are disabled"
#: Pixels of a resized picture above which no training machine's memory is enough.
_LARGEST_PICTURE = 2**28
_TOO_SMALL = "AssertionError: image size is small / 画像サイズが小さいようです: {}"


class SdScripts(Trainer, ReadsConfigurations, KeepsCaches, WritesConfigurations):
    """kohya-ss/sd-scripts."""

    name: ClassVar[str] = "sd-scripts"
    versions: ClassVar[Sequence[str]] = tuple(GENERATIONS)
    models = MODELS
    flags = FLAGS
    words = WORDS
    facts = FACTS
    layout = LAYOUT
    libraries = LIBRARIES
    config_ending: ClassVar[str] = ".toml"
    caption_flag: ClassVar[str] = "caption_extension"

    def __init__(self, version: str) -> None:
        super().__init__(version)
        self.generation = GENERATIONS[version]

    def read_config(self, path: str, model: ModelTraits, flags: Flags) -> Configuration:
        """Read a dataset TOML or JSON; see `ReadsConfigurations.read_config`."""
        from maskprep.trainers.sd_scripts import schema

        config = parse(path)
        masked_loss = flags.get("masked_loss")
        if masked_loss is None:
            masked_loss = any("conditioning_data_dir" in subset for subset in _subsets(config))
        issues = schema.refusals(config, masked_loss, self.generation.newer_keys)
        blocks = () if issues else blocks_of(config, flags, masked_loss)
        return Configuration(ConfigVerdict(path, issues), blocks, masked_loss)

    def spelling_oddities(self, path: str) -> tuple[Oddity, ...]:
        """Tell what TOML it misreads; see `ReadsConfigurations.spelling_oddities`."""
        return tuple(spelling.foresee_spelling(path))

    def respell(self, text: str, rule: str, path: str) -> str:
        """Write a dataset TOML as its parser reads it; see `ReadsConfigurations.respell`."""
        return spelling.respell(text, rule, path)

    def read_folders(
        self, images: str, masks: str | None, model: ModelTraits, flags: Flags
    ) -> Configuration:
        """Make the configuration of one image folder; see `FindsPairs.read_folders`."""
        if masks is not None and flags.get("masked_loss") is False:
            raise MaskprepError(f"{images}: a mask folder needs the trainer's --masked_loss")
        subset: dict[str, Any] = {"image_dir": images}
        if masks is None:
            subset["alpha_mask"] = True
        else:
            subset["conditioning_data_dir"] = masks
        settings = {
            "enable_bucket": True,
            "resolution": Size(model.resolution, model.resolution),
            **flags,
        }
        masked_loss = masks is not None
        blocks = blocks_of({"datasets": [{"subsets": [subset]}]}, settings, masked_loss)
        return Configuration(None, blocks, masked_loss)

    def started_in(self, block: DatasetBlock, folder: str) -> DatasetBlock:
        """Let relative paths begin at a folder; see `FindsPairs.started_in`."""
        moved = super().started_in(block, folder)
        return replace(moved, subsets=tuple(_started_in(each, folder) for each in moved.subsets))

    def sees(self, name: str) -> bool:
        """Tell whether it takes a file for an image; see `FindsPairs.sees`."""
        return pairing.is_visible(name)

    def assemble(self, block: DatasetBlock, list_folder: ListFolder) -> Dataset:
        """Find a dataset's files; see `FindsPairs.assemble`."""
        return pairing.assemble(block, list_folder)

    def foresee_start(
        self, config: Configuration, datasets: Sequence[Dataset], model: ModelTraits
    ) -> tuple[Stop, ...]:
        """Tell why the run would not start; see `Foresees.foresee_start`."""
        verdict = config.verdict
        if verdict is not None and not verdict.accepted:
            return tuple(
                Stop(issue.rule, Stage.START_UP, _raised(issue), verdict.path)
                for issue in verdict.issues
            )
        return tuple(startup.foresee_start(datasets, model, self.generation))

    def oddities(
        self, datasets: Sequence[Dataset], model: ModelTraits, flags: Flags
    ) -> tuple[Oddity, ...]:
        """Tell which settings it takes without a word; see `Foresees.oddities`."""
        return (
            *startup.foresee_oddities(datasets, model),
            *foresee_script(flags.get("script"), datasets),
        )

    def describe(self, dataset: Dataset) -> str:
        """Name resolution, buckets and captions; see `FindsPairs.describe`."""
        endings = dict.fromkeys(f"captions {each.caption_extension}" for each in dataset.subsets)
        return ", ".join((describe_sizes(dataset.settings), *endings))

    def resolution_of(self, dataset: Dataset) -> Size | None:
        """Tell the resolution; see `FindsPairs.resolution_of`."""
        resolution: Size | None = dataset.settings.resolution
        return resolution

    def foresee_unreadable(self, pair: Pair, path: str, broken: UnreadableImageError) -> Stop:
        """Tell what a broken file does; see `Foresees.foresee_unreadable`."""
        if not broken.foretold:
            return Stop("unreadable", Stage.UNKNOWN, broken.error, path)
        # What is measured all the same is opened in its batch only.
        return Stop("bomb" if broken.too_large else "unreadable", Stage.BATCH, broken.error, path)

    def measured_size(self, image: str, header: Header | None) -> Size | Stop:
        """Ask what the trainer asks; see `Places.measured_size`."""
        return measure.measured_size(image, header, self.generation)

    def place(
        self, pair: Pair, size: Size, dataset: Dataset, subset: Subset
    ) -> Placement | Stop | None:
        """Choose the bucket; see `Places.place`."""
        settings = dataset.settings
        step = settings.bucket_reso_steps
        if any(startup.foresee_bounds(settings)):
            return None
        try:
            if not settings.enable_bucket:
                resized, bucket = nearest_bucket(size, (settings.resolution,))
            elif settings.bucket_no_upscale:
                resized, bucket = shrunk_bucket(size, settings.resolution, step)
            else:
                bounds = adjusted_bounds(settings.min_bucket_reso, settings.max_bucket_reso, step)
                buckets = bucket_sizes(settings.resolution, *bounds, step)
                resized, bucket = nearest_bucket(size, buckets)
        except ArithmeticError as raised:
            error = f"{type(raised).__name__}: {raised}"
            if isinstance(raised, ZeroDivisionError):
                error = "ZeroDivisionError: division by zero"
            return Stop("no-bucket", Stage.START_UP, error, pair.image, _OTHER_BUCKETS)
        if bucket.width < 1 or bucket.height < 1:
            return Stop(
                "no-bucket",
                Stage.BATCH,
                self.generation.zero_bucket_error,
                pair.image,
                _OTHER_BUCKETS,
            )
        if resized.width * resized.height > _LARGEST_PICTURE:
            error = "MemoryError: Unable to allocate the resized image"
            return Stop("no-bucket", Stage.BATCH, error, pair.image, _OTHER_BUCKETS)
        left, top = (resized.width - bucket.width) // 2, (resized.height - bucket.height) // 2
        # With mask files random_crop is refused, and a face crop leaves the mask where it is.
        moves = pair.source is MaskSource.ALPHA and self._crops_freely(pair, subset)
        whole = (left, top) == (0, 0) if settings.enable_bucket else size == bucket
        at_random = moves and not whole
        return Placement(resized, bucket, None if at_random else (left, top))

    def _crops_freely(self, pair: Pair, subset: Subset) -> bool:
        # Source: library/train_util.py, BaseDataset.__getitem__: faces count with buckets off.
        face = subset.settings.face_crop and any(face_numbers(pair.image)[:1])
        return bool(subset.settings.random_crop or face)

    def foresee_pair(
        self, pair: Pair, image: Size, mask: Size | None, dataset: Dataset, subset: Subset
    ) -> Stop | None:
        """Tell why a batch stops the run; see `Foresees.foresee_pair`."""
        settings = dataset.settings
        if not settings.enable_bucket and image != settings.resolution:
            free_crop = self._crops_freely(pair, subset)
            wanted = settings.resolution
            if image.width < wanted.width or image.height < wanted.height:
                larger = image.width > wanted.width or image.height > wanted.height
                error = _TOO_LARGE if larger and not free_crop else _TOO_SMALL
                return Stop(
                    "image-not-resolution",
                    Stage.BATCH,
                    error.format(pair.image),
                    pair.image,
                    _USE_BUCKETS,
                )
            if not free_crop:
                return Stop(
                    "image-not-resolution", Stage.BATCH, _TOO_LARGE, pair.image, _USE_BUCKETS
                )
        if pair.source is not MaskSource.FILE:
            return None
        if pair.mask is None:
            if subset.masks is not None and subset.masks.exists:
                return None  # the run does not start at all
            folder = subset.masks.path if subset.masks is not None else None
            return Stop(startup.rule_of_missing(folder), Stage.BATCH, _NO_MASK, folder)
        if settings.enable_bucket and mask is not None and mask != image:
            return Stop(
                "mask-size-mismatch", Stage.BATCH, _OTHER_SIZE.format(pair.image), pair.mask
            )
        return None

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
        from maskprep.trainers.sd_scripts import pixels

        kernel = subset.settings.resize_interpolation
        if pair.source is MaskSource.FILE:
            return pixels.from_mask_file(
                mask, placement, self.generation, dataset.settings, kernel, at
            )
        return pixels.with_image(mask, placement, self.generation, kernel, at)

    def mask_window(self, mask: Size, placement: Placement, pair: Pair, dataset: Dataset) -> Box:
        """Tell which part of a mask fills the bucket; see `Places.mask_window`."""
        stretches = self.generation.mask_resize is MaskResize.STRETCH
        if pair.source is MaskSource.FILE and (stretches or not dataset.settings.enable_bucket):
            return Box(0, 0, *mask)
        return placement.window_in(mask)

    def blackens_hidden(self, size: Size, placement: Placement, subset: Subset) -> bool:
        """Tell whether hidden colours turn black; see `Places.blackens_hidden`."""
        from maskprep.trainers.sd_scripts import pixels

        kernel = pixels.image_kernel(
            size, placement.resized, self.generation, subset.settings.resize_interpolation
        )
        # Pillow premultiplies RGBA while it resizes.
        return size != placement.resized and kernel.startswith("pillow")

    def bucket_image(
        self, image: NDArray[np.uint8], placement: Placement, dataset: Dataset, subset: Subset
    ) -> NDArray[np.uint8]:
        """Bring a picture to bucket size; see `Places.bucket_image`."""
        from maskprep.trainers.sd_scripts import pixels

        kernel = subset.settings.resize_interpolation
        return pixels.with_image(image, placement, self.generation, kernel)

    def unshifted(self) -> SdScripts | None:
        """Give the generation without the stretch; see `Places.unshifted`."""
        stretches = self.generation.mask_resize is MaskResize.STRETCH
        return SdScripts("current") if stretches else None

    def latent_weights(
        self, bucket_mask: NDArray[Any], model: ModelTraits, dataset: Dataset, subset: Subset
    ) -> NDArray[np.float32]:
        """Give the cells' weights; see `Weighs.latent_weights`."""
        from maskprep.masks.latent import area_weights

        return area_weights(bucket_mask, model.stride)

    def mask_resize(
        self, mask: Size, placement: Placement, pair: Pair, dataset: Dataset, subset: Subset
    ) -> Resize | None:
        """Tell the kernel; see `StandsOnLibraries.mask_resize`."""
        from maskprep.trainers.sd_scripts import pixels

        interpolation = subset.settings.resize_interpolation
        if pair.source is MaskSource.FILE:
            return pixels.mask_file_resize(
                mask, placement, self.generation, dataset.settings, interpolation
            )
        resized = placement.resized
        kernel = pixels.image_kernel(mask, resized, self.generation, interpolation)
        return None if mask == resized else Resize(kernel, mask, resized)

    def latents_cache(
        self, image: str, size: Size, bucket: Size, subset: Subset, model: ModelTraits
    ) -> LatentsCache | None:
        """Find the latents of an earlier run; see `KeepsCaches.latents_cache`."""
        return caches.latents_cache(image, size, bucket, subset, model, self.generation)

    def cached_alpha(self, cache: LatentsCache) -> NDArray[np.float32] | None:
        """Read the alpha mask of an earlier run; see `KeepsCaches.cached_alpha`."""
        return caches.cached_alpha(cache)

    def sizes_by_caches(self, subset: Subset, model: ModelTraits) -> Mapping[str, tuple[str, Size]]:
        """Take sizes from names, as 0.10 does; see `KeepsCaches.sizes_by_caches`."""
        return caches.sizes_by_names(subset, model) if self.generation.newer_caches else {}

    def named_repeats(self, folder: str) -> tuple[int, str] | None:
        """Read ``<repeats>_<name>``; see `WritesConfigurations.named_repeats`."""
        return compose.named_repeats(folder)

    def compose(self, draft: ConfigDraft, path: str) -> Composed:
        """Write a dataset TOML; see `WritesConfigurations.compose`."""
        return compose.compose(draft, path)

    def amend(self, text: str, draft: ConfigDraft, path: str) -> Composed:
        """Bring folders into a dataset TOML; see `WritesConfigurations.amend`."""
        from maskprep.trainers.sd_scripts import amend

        return amend.amend(text, draft, path)

    def differences(
        self, draft: ConfigDraft, datasets: Sequence[Dataset], *, amended: bool
    ) -> tuple[str, ...]:
        """Compare datasets with what was wanted; see `WritesConfigurations.differences`."""
        return tuple(reread.differences(draft, datasets, amended=amended))

    def start_flags(self, path: str, masked_loss: bool) -> str:
        """Name the configuration and the loss; see `WritesConfigurations.start_flags`."""
        return compose.start_flags(path, masked_loss)


def _raised(issue: ConfigIssue) -> str:
    # A crash carries its own exception's name; a file that does not parse has none.
    named = issue.rule == "unparsable" or issue.error.startswith(("AttributeError", "TypeError"))
    return issue.error if named else f"MultipleInvalid: {issue.error}"


def _started_in(subset: SubsetBlock, folder: str) -> SubsetBlock:
    metadata = subset.settings.metadata_file
    if metadata is not None:
        metadata = pathname.join(folder, metadata)
    settings = replace(subset.settings, metadata_file=metadata, start_folder=folder)
    return replace(subset, settings=settings)


def _subsets(config: Any) -> Iterator[Any]:
    datasets = config.get("datasets", []) if isinstance(config, dict) else []
    for dataset in datasets if isinstance(datasets, list) else []:
        subsets = dataset.get("subsets", []) if isinstance(dataset, dict) else []
        for subset in subsets if isinstance(subsets, list) else []:
            if isinstance(subset, dict):
                yield subset
