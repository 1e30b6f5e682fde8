"""What AnimaLoraStudio declares of itself: models, flags, words, and where it differs."""

from __future__ import annotations

from maskprep.model import ModelTraits, Severity
from maskprep.model.rule import Verdict
from maskprep.trainers.facts import Fact
from maskprep.trainers.flags import Flag
from maskprep.trainers.layout import Layout
from maskprep.trainers.words import Words

_DATASET = "AnimaLoraStudio v0.19.0, runtime/training/dataset.py"

MODELS = {
    name: ModelTraits(name, stride=8, bucket_step=64, resolution=1024)
    for name in ("anima", "krea2")
}

FLAGS = (
    Flag(
        "resolution",
        "size",
        "Side of the square whose area folders train at.  [default for folders: the model's]",
        metavar="SIDE",
    ),
    Flag(
        "batch_size",
        "count",
        "Images a step, where no configuration says it.  [default: 1]",
    ),
)

WORDS = Words(
    give_masks="save masks as NAME.mask (a PNG by content) beside the images",
    use_files="Masks are applied with masked_loss: true only.",
    use_alpha="",
    use_embedded="AnimaLoraStudio reads no masks from the alpha: keep NAME.mask beside",
    repeats="a folder name such as 3_name",
    caption_ending="name captions {ending} as .txt beside the images",
    enlarge_less="a lower resolution",
    name_images="name the folder that holds the images, with captions beside them",
    name_datasets="set data_dir",
)

#: Source: AnimaLoraStudio v0.19.0, runtime/training/dataset.py, _mask_path_for; and
#: runtime/training/phases/dataset.py: one data_dir, one reg_data_dir (read).
LAYOUT = Layout(
    "{stem}.mask",
    beside=True,
    needs_masks=False,
    regularisation=True,
    needs_captions=True,
    one_folder=True,
)

#: What is no matter, or another one, for AnimaLoraStudio; all of it read, none recorded.
VERDICTS = {
    "MP102": Verdict(
        Severity.WARNING,
        f"{_DATASET}, _load_mask_image (read)",
        "the whole image trains",
    ),
    "MP103": Verdict(
        Severity.INFO,
        f"{_DATASET}, _mask_path_for (read)",
        "the trainer ignores it",
    ),
    "MP105": Verdict(
        Severity.ERROR,
        f"{_DATASET}, _load_mask_image (read)",
        "the trainer leaves the mask out with one warning, and the whole image trains",
    ),
    "MP108": Verdict(
        Severity.WARNING,
        f"{_DATASET}, _mask_path_for: NAME.jpg and NAME.png share one mask (read)",
    ),
    "MP112": Verdict(None, "looks for masks among the images, and never takes them for images"),
}

FACTS = {
    "configuration": Fact(
        "AnimaLoraStudio v0.19.0, runtime/training/phases/dataset.py", False, "training YAML"
    ),
    "masks": Fact(
        f"{_DATASET}, _mask_path_for", False, "beside the image: `NAME.mask`, a PNG by content"
    ),
    "channel": Fact(f"{_DATASET}, _load_mask_image", False),
    "exif": Fact(f"{_DATASET}, _load_mask_image (no transpose)", False),
    "deep": Fact(f"{_DATASET}, _load_mask_image (Pillow's convert)", False),
    "bucket": Fact(
        f"{_DATASET}, get_with_flip", False, "the nearest pixel, cropped with its image"
    ),
    "latents": Fact(f"{_DATASET}, get_with_flip", False, "mean of the cell, in whole 255ths"),
    "loss": Fact(
        "AnimaLoraStudio v0.19.0, runtime/training/loop.py, _masked_mean",
        False,
        "times the weight, divided by their sum",
    ),
    "floor": Fact("AnimaLoraStudio v0.19.0, runtime/training/loop.py, _masked_mean", False, "none"),
}
