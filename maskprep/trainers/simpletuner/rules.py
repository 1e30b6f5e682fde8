"""Rules of SimpleTuner alone: crops that part masks from images, batches that lack a mask."""

from __future__ import annotations

from collections.abc import Iterator

from maskprep.files import pathname
from maskprep.model import Severity, Subset, TrainingSet
from maskprep.model.remarks import odd, stopped
from maskprep.model.rule import Remark, RuleStage, rule
from maskprep.trainers.simpletuner.settings import Backend

_CONFIG = RuleStage.CONFIG
_SAMPLE = "SimpleTuner bc8e6ab, helpers/image_manipulation/training_sample.py"


@rule(
    "MP660",
    "mask-crop-random",
    Severity.ERROR,
    _CONFIG,
    f'{_SAMPLE}, prepare_like; truth: "alignment_crop_true_random_square", '
    '"alignment_crop_false_random_area_type"',
    mend='set "crop_style": "center" in the data set of the images and in that of the masks',
)
def mask_crop_random(training_set: TrainingSet) -> Iterator[Remark]:
    """A crop drawn at random, for an image and for its mask anew: they do not fit.

    ``crop_style`` is random where a data set does not say otherwise, and counts with
    ``"crop": false``, too: what sticks out of the target size is cropped off somewhere. At one
    megapixel a mask lies up to 42 px beside its place; nothing moves only where every image has the
    very shape of its target. ``center`` or ``corner``, in both data sets, is always safe.
    """
    return odd(training_set, "mask-crop-random")


@rule(
    "MP661",
    "mask-crop-differs",
    Severity.ERROR,
    _CONFIG,
    f'{_SAMPLE}, prepare_like; truth: "alignment_mask_style_center_image_corner", '
    '"alignment_mask_aspect_preserve_image_square"',
    mend="say the same crop, crop_style and crop_aspect in both data sets",
)
def mask_crop_differs(training_set: TrainingSet) -> Iterator[Remark]:
    """Masks that are cropped otherwise than their images: another style, aspect, or none.

    A mask is brought to its image's intermediary size, and then cropped as its own data set says.
    """
    return odd(training_set, "mask-crop-differs")


@rule(
    "MP662",
    "segmentation-without-grey",
    Severity.WARNING,
    _CONFIG,
    "SimpleTuner bc8e6ab, helpers/models/common.py, loss; truth: "
    '"segmentation_one_pixel_value_10", "segmentation_value_1_mask"',
    mend='set "conditioning_type": "mask" in the data set of the masks',
)
def segmentation_without_grey(training_set: TrainingSet) -> Iterator[Remark]:
    """Masks of the type segmentation: a cell trains in full where any byte of it is not black."""
    return odd(training_set, "segmentation-without-grey")


@rule(
    "MP663",
    "batch-lacks-mask",
    Severity.ERROR,
    _CONFIG,
    "SimpleTuner bc8e6ab, helpers/training/collate.py, collate_fn; truth: "
    '"missing_mask_in_mixed_batch"',
    mend="save a mask for every image; white ones train the whole image",
)
def mask_missing_in_batch(training_set: TrainingSet) -> Iterator[Remark]:
    """Some images have masks and some have not, and a batch may hold both: the run stops there.

    "ValueError: Each conditioning backend must supply one sample per training example (expected 2,
    got 1)." A batch of which none has a mask trains whole. Images of different shapes never meet.
    """
    return stopped(training_set, "batch-lacks-mask", "save a mask for every image")


@rule(
    "MP664",
    "mask-ending-differs",
    Severity.ERROR,
    RuleStage.FOLDERS,
    "SimpleTuner bc8e6ab, helpers/multiaspect/sampler.py, connect_conditioning_samples; truth: "
    '"jpg_image_png_mask", "upper_ext_mask"',
    mend="save the mask under its image's whole name, with the ending, in the same letters",
)
def mask_ending_differs(subset: Subset) -> Iterator[Remark]:
    """A mask that is called like its image but for the ending: it is not found.

    SimpleTuner looks for the image's whole name in the folder of the masks, in no folder below.
    """
    if not isinstance(subset.settings, Backend):
        return
    lacking = {pathname.stem(pair.image): pair.image for pair in subset.missing}
    for path in subset.extra_masks:
        image = lacking.get(pathname.stem(path))
        if image is not None:
            name = pathname.basename(image)
            told = f"is not taken for the mask of {name}, which trains whole"
            yield Remark(path, told, f"save it as {name}")
