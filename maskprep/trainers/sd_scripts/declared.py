"""What sd-scripts declares of itself: models, flags, words."""

from __future__ import annotations

from maskprep.model import ModelTraits
from maskprep.trainers.facts import Fact
from maskprep.trainers.flags import Flag
from maskprep.trainers.layout import Layout
from maskprep.trainers.words import Words

_NAMESAKE = "The trainer's option of that name."

#: Source of the steps: verify_bucket_reso_steps as called by each training script: those that train
#: a LoRA, and sd3_train.py and flux_train.py where the whole model is trained with other steps.
MODELS = {
    model.name: model
    for model in (
        ModelTraits("sdxl", stride=8, bucket_step=32, resolution=1024),
        ModelTraits("sd15", stride=8, bucket_step=64, resolution=512),
        ModelTraits("sd3", stride=8, bucket_step=32, resolution=1024),
        ModelTraits("sd3@full", stride=8, bucket_step=8, resolution=1024),
        ModelTraits("flux", stride=8, bucket_step=32, resolution=1024),
        ModelTraits("flux@full", stride=8, bucket_step=16, resolution=1024),
        ModelTraits("lumina", stride=8, bucket_step=16, resolution=1024),
        ModelTraits("anima", stride=8, bucket_step=16, resolution=1024),
        ModelTraits("hunyuan-image", stride=32, bucket_step=32, resolution=1024),
    )
}

#: It decodes by Pillow, resizes by both, and measures by imagesize; what plug-ins read it sees.
LIBRARIES = ("Pillow", "OpenCV", "imagesize", "the AVIF plug-in", "the JPEG XL plug-in")

FLAGS = (
    Flag(
        "resolution",
        "size",
        "Where no configuration says it.  [default for folders: the model's]",
        metavar="SIDE|W,H",
    ),
    Flag(
        "enable_bucket",
        "switch",
        "Buckets, where no configuration says it.  [default for folders: on]",
        off="--no-enable-bucket",
    ),
    Flag(
        "bucket_no_upscale",
        "switch",
        "Never enlarge images, where no configuration says it.",
        off="--bucket-upscale",
    ),
    Flag("min_bucket_reso", "count", _NAMESAKE),
    Flag("max_bucket_reso", "count", _NAMESAKE),
    Flag("bucket_reso_steps", "count", _NAMESAKE),
    Flag("resize_interpolation", "word", _NAMESAKE, metavar="NAME"),
    Flag("caption_extension", "word", _NAMESAKE, metavar="EXT"),
    Flag(
        "masked_loss",
        "switch",
        "Will the trainer get --masked_loss?  [default: if a subset names mask files]",
        off="--no-masked-loss",
    ),
    Flag(
        "script", "word", "The training script, to know whether it applies masks.", metavar="NAME"
    ),
)

WORDS = Words(
    give_masks="set conditioning_data_dir, or alpha_mask = true",
    use_files="Start the trainer with --masked_loss: mask files are applied with it only.",
    use_alpha="The alpha channel is applied without any flag.",
    use_embedded=(
        "to train with them: alpha_mask = true in the subset, no conditioning_data_dir,"
        " no --masked_loss"
    ),
    repeats="num_repeats",
    caption_ending=(
        'set caption_extension = "{ending}" (for folders: --caption-extension {ending})'
    ),
    alpha="alpha_mask",
    enlarge_less="bucket_no_upscale = true, or a lower resolution",
    name_images=(
        "point image_dir at the folder that directly holds .png .jpg .jpeg .webp .bmp files"
    ),
    name_datasets="add a [[datasets]] block with subsets",
)

#: Source: kohya-ss/sd-scripts, library/train_util.py, ControlNetDataset.__init__ (a mask file for
#: every image, or the run does not start) and BaseDataset.__getitem__ (alpha_mask).
LAYOUT = Layout(alpha=True, regularisation=True)

_UTIL = "kohya-ss/sd-scripts v0.10.1, library/train_util.py"
_CONDITIONING = f"{_UTIL}, ControlNetDataset"
#: Recordings: tests/data/trainer-truth.
FACTS = {
    "configuration": Fact(
        "kohya-ss/sd-scripts v0.10.1, library/config_util.py", True, "dataset TOML or JSON"
    ),
    "masks": Fact(
        f"{_CONDITIONING}.__init__; glob_images",
        True,
        "`conditioning_data_dir`: the stem, any ending, with `--masked_loss`; or the alpha, with"
        " `alpha_mask`",
    ),
    "channel": Fact(f"{_UTIL}, load_image; {_CONDITIONING}.__getitem__", True),
    "exif": Fact(f"{_UTIL}, load_image (no transpose)", True),
    "deep": Fact(f"{_UTIL}, load_image (Pillow's convert)", True),
    "bucket": Fact(
        f"{_CONDITIONING}.__getitem__; library/utils.py, resize_image; pull request 2368",
        True,
        "as its image: area where it shrinks, else Lanczos, cropped at the centre; 0.10 stretches"
        " mask files, 0.9 takes area for them always",
    ),
    "latents": Fact(
        "kohya-ss/sd-scripts v0.10.1, library/custom_train_functions.py, apply_masked_loss",
        True,
        "mean of the cell",
    ),
    "missing": Fact(f"{_CONDITIONING}.__init__", True, "the run does not start"),
    "extra": Fact(f"{_CONDITIONING}.__init__", True, "the run does not start"),
    "size": Fact(
        f"{_CONDITIONING}.__getitem__",
        True,
        "the run stops in its batch; stretched without buckets",
    ),
    "loss": Fact(
        "kohya-ss/sd-scripts v0.10.1, library/custom_train_functions.py, apply_masked_loss",
        True,
        "times the weight, not divided",
    ),
    "floor": Fact(
        "kohya-ss/sd-scripts v0.10.1, library/custom_train_functions.py, apply_masked_loss",
        True,
        "none",
    ),
}
