"""What OneTrainer declares of itself: models, flags, words, and where it differs from others."""

from __future__ import annotations

from typing import NamedTuple

from maskprep.model import ModelTraits, Severity
from maskprep.model.rule import Verdict
from maskprep.trainers.facts import Fact
from maskprep.trainers.flags import Flag
from maskprep.trainers.layout import Layout
from maskprep.trainers.words import Words

_LOADER = "OneTrainer 23df383, modules/dataLoader/mixin/DataLoaderText2ImageMixin.py"


class Family(NamedTuple):
    """What OneTrainer fixes for a family of models, beside its traits.

    Attributes
    ----------
    model_type : str
        As a new configuration says it.
    types : tuple of str
        Beginnings of every ``model_type`` of its.
    factor : float
        Of the latents' sides to the bucket's.
    has_frames : bool
        Whether latents have a dimension of frames: the mean of a mask is then one a column.
    """

    model_type: str
    types: tuple[str, ...]
    factor: float = 1 / 8
    has_frames: bool = False


#: Source: modules/dataLoader/*BaseDataLoader.py, aspect_bucketing_quantization and ScaleImage.
FAMILIES = {
    "sdxl": Family("STABLE_DIFFUSION_XL_10_BASE", ("STABLE_DIFFUSION_XL",)),
    "sd3": Family("STABLE_DIFFUSION_35", ("STABLE_DIFFUSION_3",)),
    "sd15": Family("STABLE_DIFFUSION_15", ("STABLE_DIFFUSION_1", "STABLE_DIFFUSION_2")),
    "flux": Family("FLUX_DEV_1", ("FLUX",)),
    "chroma": Family("CHROMA_1", ("CHROMA",)),
    "qwen": Family("QWEN", ("QWEN",), has_frames=True),
    "anima": Family("ANIMA", ("ANIMA",), has_frames=True),
    "krea2": Family("KREA_2", ("KREA",), has_frames=True),
    "hunyuan-video": Family("HUNYUAN_VIDEO", ("HUNYUAN_VIDEO",), has_frames=True),
    "z-image": Family("Z_IMAGE", ("Z_IMAGE",)),
    "ernie": Family("ERNIE", ("ERNIE",)),
    "hidream": Family("HI_DREAM_FULL", ("HI_DREAM",)),
    "pixart": Family("PIXART_SIGMA", ("PIXART",)),
    "sana": Family("SANA", ("SANA",), 1 / 32),
    "wuerstchen": Family("STABLE_CASCADE_1", ("WUERSTCHEN", "STABLE_CASCADE"), 0.75 / 32),
}
_STEPS = {"sd15": 8, "pixart": 16, "sana": 32, "wuerstchen": 128}
_SMALL = {"sd15": 512}
MODELS = {
    name: ModelTraits(
        name,
        stride=round(1 / family.factor),
        bucket_step=_STEPS.get(name, 64),
        resolution=_SMALL.get(name, 1024),
    )
    for name, family in FAMILIES.items()
}

FLAGS = (
    Flag(
        "resolution",
        "size",
        "Where no configuration says it.  [default for folders: the model's]",
        metavar="SIDE|W,H",
    ),
    Flag(
        "aspect_ratio_bucketing",
        "switch",
        "Buckets, where no configuration says it.  [default: on]",
        off="--no-aspect-ratio-bucketing",
    ),
    Flag("train_dtype", "word", "The trainer's option of that name.", metavar="DTYPE"),
    Flag(
        "unmasked_weight",
        "share",
        "The least weight, where no configuration says it.  [default: 0.1]",
        metavar="WEIGHT",
    ),
    Flag(
        "normalize_masked_area_loss",
        "switch",
        "Whether the loss is divided by the mask's mean, where no configuration says it.",
        off="--no-normalize-masked-area-loss",
    ),
    Flag(
        "include_subdirectories",
        "switch",
        "Whether folders below are looked into, too.",
        off="--no-include-subdirectories",
    ),
)

WORDS = Words(
    give_masks="save masks as NAME-masklabel.png beside the images",
    use_files='Masks are applied with "masked_training": true only.',
    use_alpha="",
    use_embedded="OneTrainer reads no masks from the alpha: keep NAME-masklabel.png beside",
    repeats="balancing",
    caption_ending="name captions {ending} as .txt beside the images",
    enlarge_less="a lower resolution",
    name_images="name the folder that directly holds the images, or set include_subdirectories",
    name_datasets="add a concept with a path",
)

#: Source: OneTrainer 23df383, modules/util/path_util.py and DataLoaderText2ImageMixin.
LAYOUT = Layout("{stem}-masklabel.png", beside=True, needs_masks=False)

#: What is no matter, or another one, for OneTrainer.
VERDICTS = {
    "MP101": Verdict(
        Severity.ERROR,
        "CollectPaths lists a concept's folder with os.scandir, which raises (mgds 3a6994a)",
        "the run does not start (FileNotFoundError)",
    ),
    "MP102": Verdict(
        Severity.WARNING,
        f'{_LOADER}, GenerateImageLike(color=255) stands in; truth: "missing_mask"',
        "the whole image trains, without a word",
    ),
    "MP103": Verdict(
        Severity.INFO,
        f'{_LOADER}: masks are looked for by the images\' names; truth: "extra_mask"',
        "the trainer ignores it",
    ),
    "MP105": Verdict(
        Severity.WARNING,
        'mgds 3a6994a, ScaleCropImage; truth: "size_mismatch_other_aspect"',
        "the trainer stretches it to its image",
    ),
    "MP119": Verdict(
        None,
        "turns images and masks by EXIF (LoadImage; truth: exif6_jpg_image_upright_mask)",
    ),
    "MP112": Verdict(None, "looks for masks among the images: MP605 tells those it does not see"),
    "MP108": Verdict(
        Severity.WARNING,
        'ModifyPath drops the ending; truth: "two_images_same_stem"',
    ),
}

_MGDS = "mgds 3a6994a, pipelineModules"
_MASKED = "OneTrainer 23df383, modules/util/loss/masked_loss.py"
FACTS = {
    "configuration": Fact(
        "OneTrainer 23df383, modules/util/config/TrainConfig.py, ConceptConfig.py",
        False,
        "training JSON, or concepts JSON",
    ),
    "masks": Fact(
        f'{_MGDS}/ModifyPath.py; truth: "upper_ext_PNG", "upper_suffix_MaskLabel"',
        True,
        "beside the image: `NAME-masklabel.png`, exact case",
    ),
    "channel": Fact(f'{_MGDS}/LoadImage.py (libpng); truth: "colour_red"', True),
    "exif": Fact(f'{_MGDS}/LoadImage.py; truth: "exif6_jpg_image_upright_mask"', True),
    "deep": Fact(f'{_MGDS}/LoadImage.py; truth: "16bit_constant_300"', True),
    "bucket": Fact(
        f"{_MGDS}/ScaleCropImage.py; the recorded weights",
        True,
        "bilinear, antialiased, cropped at the centre",
    ),
    "latents": Fact(
        f"{_MGDS}/ScaleImage.py; the recorded weights",
        True,
        "bilinear, antialiased: neighbours count",
    ),
    "loss": Fact(
        f'{_MASKED}; truth: "full_height_strip_4d_normalise"',
        True,
        "times the weight; divided by its mean with `normalize_masked_area_loss`, by column for"
        " latents with frames",
    ),
    "floor": Fact(
        f'{_MASKED}; truth: "all_black_uw0"', True, "`unmasked_weight`, 0.1 where nobody says it"
    ),
}
