"""Rules of OneTrainer alone: what its settings do to masks, and names that it passes over."""

from __future__ import annotations

import re
from collections.abc import Iterator

from maskprep.files import pathname
from maskprep.model import Severity, Subset, TrainingSet
from maskprep.model.remarks import odd, stopped
from maskprep.model.rule import Remark, RuleStage, rule
from maskprep.trainers.onetrainer.pairing import MARK
from maskprep.trainers.onetrainer.settings import Concept

_CONFIG = RuleStage.CONFIG
_LOADER = "OneTrainer 23df383, modules/dataLoader/mixin/DataLoaderText2ImageMixin.py"
_LOSS = "OneTrainer 23df383, modules/util/loss/masked_loss.py"
#: What people put behind an image's name to call a mask.
_MARKED = re.compile(r"(.+)[-_. ](?:mask[-_ ]?label|mask|matte|seg)", re.IGNORECASE | re.DOTALL)


@rule(
    "MP600",
    "masked-training-off",
    Severity.ERROR,
    _CONFIG,
    f"{_LOADER}, _enumerate_input_modules (read)",
    mend='set "masked_training": true in the training configuration',
)
def masked_training_off(training_set: TrainingSet) -> Iterator[Remark]:
    """Masks lie beside the images, and ``masked_training`` is off: every image trains whole."""
    return odd(training_set, "masked-training-off")


@rule(
    "MP601",
    "normalised-by-column",
    Severity.WARNING,
    _CONFIG,
    f'{_LOSS}, masked_losses; truth: "full_height_strip_5d_QWEN_normalise"',
    mend='set "normalize_masked_area_loss": false',
)
def normalised_by_column(training_set: TrainingSet) -> Iterator[Remark]:
    """A loss divided by the mean of each column of the mask, where latents have frames.

    The mean goes over dimensions 1 to 3, which are all but the columns where the latents of Qwen,
    Anima, Krea 2 or HunyuanVideo have a dimension of frames. What spans the height of the picture
    then weighs 1 wherever it stands, as what is ignored does: the mask is cancelled.
    """
    return odd(training_set, "normalised-by-column")


@rule(
    "MP602",
    "unmasked-probability-unused",
    Severity.INFO,
    _CONFIG,
    f"{_LOADER}, _output_modules_from_out_names (mask_remove only with has_mask_input; read)",
    mend='leave it, or set "unmasked_probability": 0',
)
def unmasked_probability_unused(training_set: TrainingSet) -> Iterator[Remark]:
    """An ``unmasked_probability`` that does nothing: only inpainting models look at it."""
    return odd(training_set, "unmasked-probability-unused")


@rule(
    "MP603",
    "mask-cache-kept",
    Severity.WARNING,
    _CONFIG,
    f"{_LOADER}, _cache_modules_from_names (latent_mask is cached, known by settings alone; read)",
    mend='set "clear_cache_before_training": true',
)
def mask_cache_kept(training_set: TrainingSet) -> Iterator[Remark]:
    """A cache of latents that is not cleared holds the masks of the run that made it.

    The cache is made anew where a concept's settings change, not where a mask does.
    """
    return odd(training_set, "mask-cache-kept")


@rule(
    "MP604",
    "mask-moved-at-random",
    Severity.INFO,
    _CONFIG,
    "mgds 3a6994a, pipelineModules/ScaleCropImage.py, RandomRotate.py, RandomMaskRotateCrop.py and "
    "RandomCircularMaskShrink.py (read)",
    mend='set "enable_crop_jitter": false in the concept\'s image settings',
)
def mask_moved_at_random(training_set: TrainingSet) -> Iterator[Remark]:
    """Masks that are cropped, turned or shrunk at random: no weight can be foretold.

    Image and mask move together, so that they fit. ``enable_crop_jitter`` is on where a concept
    does not say otherwise.
    """
    return odd(training_set, "mask-moved-at-random")


@rule(
    "MP605",
    "mask-name-ignored",
    Severity.ERROR,
    RuleStage.FOLDERS,
    'mgds 3a6994a, pipelineModules/CollectPaths.py and ModifyPath.py; truth: "wrong_ext_jpg", '
    '"upper_ext_PNG", "upper_suffix_MaskLabel", "underscore_masklabel"',
    mend="rename it to NAME-masklabel.png, in these letters; another format is to be saved as PNG",
)
def mask_name_ignored(subset: Subset) -> Iterator[Remark]:
    """A mask that OneTrainer does not take for one: only ``NAME-masklabel.png`` is, exactly so.

    In another case (on Linux), with an underscore, or as a JPEG it is passed over, and its image
    trains whole, without a word. What does not end with ``-masklabel`` is trained as an image, too.
    """
    if not isinstance(subset.settings, Concept):
        return
    lacking = {pathname.splitext(pair.image)[0]: pair.image for pair in subset.missing}
    for path in (*subset.unseen_masks, *(pair.image for pair in subset.missing)):
        found = _MARKED.fullmatch(pathname.stem(path))
        folder = pathname.dirname(path)
        image = lacking.get(pathname.join(folder, found[1]) if found is not None else "")
        if image is None:
            continue
        wanted = f"{pathname.stem(image)}{MARK}.png"
        told = f"is not taken for the mask of {pathname.basename(image)}, which trains whole"
        if path not in subset.unseen_masks:
            told += ", and is trained as an image itself"
        ending = pathname.splitext(path)[1].lower()
        fix = f"rename it to {wanted}" if ending == ".png" else f"save it as {wanted}"
        yield Remark(path, told, fix)


@rule(
    "MP606",
    "size-without-buckets",
    Severity.ERROR,
    _CONFIG,
    "mgds 3a6994a, pipelineModules/SingleAspectCalculation.py, start (read)",
    mend='give one side as the resolution, or set "aspect_ratio_bucketing": true',
)
def size_without_buckets(training_set: TrainingSet) -> Iterator[Remark]:
    """A resolution ``WxH`` without buckets, where a side is wanted: the run does not start.

    "invalid literal for int() with base 10: '832x1216'".
    """
    fix = 'give one side, or set "aspect_ratio_bucketing": true'
    return stopped(training_set, "size-without-buckets", fix)
