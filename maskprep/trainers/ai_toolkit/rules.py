"""Rules of ai-toolkit alone: what it does to masks without a word."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from maskprep.files import pathname
from maskprep.model import MaskSource, Severity, Subset, TrainingSet
from maskprep.model.remarks import odd, stopped
from maskprep.model.rule import Remark, RuleStage, rule
from maskprep.trainers.ai_toolkit.placement import swaps
from maskprep.trainers.ai_toolkit.settings import Item

_CONFIG = RuleStage.CONFIG
_MIXINS = "ai-toolkit 27a03a9, toolkit/dataloader_mixins.py"
_LOAD = f"{_MIXINS}, load_mask_image"
_PRIOR = "ai-toolkit 27a03a9, extensions_built_in/sd_trainer/SDTrainer.py, calculate_loss"


@rule(
    "MP620",
    "alpha-not-rgba",
    Severity.ERROR,
    RuleStage.FILES,
    f'{_LOAD}; truth: "alpha_mask_on_RGB", "alpha_mask_on_L", "alpha_mask_on_LA", '
    '"alpha_mask_on_P"',
    mend="save the image as RGBA",
)
def alpha_not_rgba(sample: Any) -> Iterator[Remark]:
    """An image that is not RGBA where ``alpha_mask`` is on: it does not load.

    ai-toolkit prints the error and trains another image in its place; it stops where there is no
    other. Neither grey with alpha nor a palette with transparency will do.
    """
    for stop in sample.stops:
        if stop.rule == "alpha-not-rgba" and sample.image_header is not None:
            told = f"is {sample.image_header.mode}, alpha_mask needs RGBA: another image is trained"
            told += f" in its place ({stop.headline})"
            yield Remark(sample.pair.image, told, "save it as PNG or WebP with RGBA")


@rule(
    "MP621",
    "prior-of-first-mask",
    Severity.WARNING,
    _CONFIG,
    f'{_PRIOR} (prior_mask[:1]); truth: "mixed_batch_inverted_prior"',
    mend="set batch_size: 1, or inverted_mask_prior: false",
)
def prior_of_first_mask(training_set: TrainingSet) -> Iterator[Remark]:
    """``inverted_mask_prior`` in batches: the first image's mask holds all to the prior."""
    return odd(training_set, "prior-of-first-mask")


@rule(
    "MP622",
    "mask-turned",
    Severity.ERROR,
    RuleStage.FILES,
    f'{_LOAD} (fix_size); truth: "orientation_mismatch", "exif6_image_raw_raster_mask"',
    mend="turn the mask as its image is, and export it in the same size",
)
def mask_turned(sample: Any) -> Iterator[Remark]:
    """A mask that lies across while its image stands, or the other way: it is applied distorted.

    ai-toolkit prints "unexpected values" and swaps width and height for the mask alone; the latents
    then stretch it back. Also of nearly square images, whose masks may be a few pixels other.
    """
    if not isinstance(sample.subset.settings, Item) or sample.pair.source is not MaskSource.FILE:
        return
    placement, header = sample.placement, sample.mask_header
    if placement is None or header is None or not swaps(header.size, placement):
        return
    told = f"is {header.size} px, its image is brought to {placement.resized} px: width and height"
    told += " are swapped for the mask, and it is applied distorted"
    yield Remark(sample.pair.mask or "", told, "turn it as its image is, in the same size")


@rule(
    "MP623",
    "mask-blurred",
    Severity.INFO,
    RuleStage.LATENT,
    f"{_LOAD} (GaussianBlur of int(shorter side * random * 0.005) px)",
    mend="nothing to do; --mask-blur 1 shows the strongest blur",
)
def mask_blurred(sample: Any, *, radius: int = 8) -> Iterator[Remark]:
    """A large mask that every load blurs by another radius, up to 0.5 % of its shorter side.

    Weights are foretold without a blur; ``--mask-blur 1`` foretells them with the strongest. Told
    from a radius of 8 px on, that is of masks of 1600 px a side.
    """
    item, header = sample.subset.settings, sample.mask_header
    if not isinstance(item, Item) or header is None or not sample.carries_mask or item.blur:
        return
    largest = int(min(header.size) * 0.005)
    if largest >= radius:
        told = f"is blurred on every load by up to {largest} px at random: weights are foretold"
        yield Remark(sample.mask_path or "", f"{told} without", "--mask-blur 1 shows the strongest")


@rule(
    "MP624",
    "masks-without-buckets",
    Severity.ERROR,
    _CONFIG,
    f'{_LOAD}; truth: "buckets_false"',
    mend="set buckets: true",
)
def masks_without_buckets(training_set: TrainingSet) -> Iterator[Remark]:
    """Masks where ``buckets`` is off: no image loads.

    "Mask images not supported for non-bucket datasets".
    """
    return stopped(training_set, "masks-without-buckets", "set buckets: true")


@rule(
    "MP625",
    "masks-trained-as-images",
    Severity.ERROR,
    RuleStage.FOLDERS,
    "ai-toolkit 27a03a9, toolkit/data_loader.py, AiToolkitDataset.__init__ (os.walk); truth: "
    '"mask_dir_inside_image_dir"',
    mend="move the mask folder out of the image folder",
)
def masks_trained_as_images(subset: Subset) -> Iterator[Remark]:
    """A mask folder inside the image folder: every mask is trained as a picture.

    ai-toolkit looks for images in all folders below, and leaves out none but ``_controls``.
    """
    if not isinstance(subset.settings, Item) or subset.images is None:
        return
    top = subset.images.path.rstrip("/")
    masks = subset.masks.path if subset.masks is not None else None
    inside: dict[str, int] = {}
    for pair in subset.pairs:
        folder = pathname.dirname(pair.image)
        named = pathname.basename(folder).lower() in ("mask", "masks")
        if folder != top and (named or folder == masks):
            inside[folder] = inside.get(folder, 0) + 1
    for folder, count in inside.items():
        told = f"lies in the image folder: its {count} masks are trained as images, too"
        yield Remark(folder, told, "move it out of the image folder")


@rule(
    "MP626",
    "crop-at-random",
    Severity.INFO,
    _CONFIG,
    f"{_MIXINS}, setup_buckets (random_crop) and augment_spatial_control (read)",
    mend="set random_crop: false",
)
def crop_at_random(training_set: TrainingSet) -> Iterator[Remark]:
    """Images and masks that are cropped or changed at random: no weight can be foretold."""
    return odd(training_set, "crop-at-random")


@rule(
    "MP627",
    "mask-path-unused",
    Severity.WARNING,
    _CONFIG,
    f'{_MIXINS}, MaskFileItemDTOMixin.__init__; truth: "alpha_mask_and_mask_path"',
    mend="set alpha_mask: false, or leave mask_path out",
)
def mask_path_unused(training_set: TrainingSet) -> Iterator[Remark]:
    """Both ``alpha_mask`` and ``mask_path``: the alpha wins, without a word."""
    return odd(training_set, "mask-path-unused")


@rule(
    "MP628",
    "mask-missing-in-batch",
    Severity.WARNING,
    RuleStage.FOLDERS,
    "ai-toolkit 27a03a9, toolkit/data_transfer_object/data_loader.py, DataLoaderBatchDTO; truth: "
    '"missing_mask_in_mixed_batch"',
    mend="give every image a mask (white trains it whole), or set batch_size: 1",
)
def mask_missing_in_batch(subset: Subset) -> Iterator[Remark]:
    """Images with and without masks in batches: those without train nothing, by chance.

    In a batch where another image has a mask, what is missing is taken for black; in one without
    any masks, all train whole. Which it is, the shuffle decides.
    """
    item = subset.settings
    if not isinstance(item, Item) or item.batch_size < 2 or subset.images is None:
        return
    lacking = len(subset.missing)
    if 0 < lacking < len(subset.pairs):
        told = f"{lacking} of its {len(subset.pairs)} images have no mask: in a batch of"
        told += f" {item.batch_size} with one that has, they weigh 0"
        yield Remark(subset.images.path, told, "give every image a mask, or set batch_size: 1")


@rule(
    "MP629",
    "model-unknown",
    Severity.WARNING,
    _CONFIG,
    "ai-toolkit 27a03a9, extensions_built_in/diffusion_models/, get_bucket_divisibility (read)",
    mend="name a model with buckets like its own: --model",
)
def model_unknown(training_set: TrainingSet) -> Iterator[Remark]:
    """A model that ai-toolkit may know, and maskprep does not: buckets and cells are guessed."""
    return odd(training_set, "model-unknown")
