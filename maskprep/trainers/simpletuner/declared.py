"""What SimpleTuner declares of itself: models, flags, words, and where it differs from others."""

from __future__ import annotations

from maskprep.model import ModelTraits, Severity
from maskprep.model.rule import Verdict
from maskprep.trainers.facts import Fact
from maskprep.trainers.flags import Flag
from maskprep.trainers.layout import Layout
from maskprep.trainers.words import Words

_SAMPLER = "SimpleTuner bc8e6ab, helpers/multiaspect/sampler.py, connect_conditioning_samples"
_LOAD = "SimpleTuner bc8e6ab, helpers/image_manipulation/load.py, load_image"

#: Pixels a latent cell, where not 8.
_STRIDES = {"sana": 32, "flux2": 16}
_FAMILIES = (
    "sdxl",
    "sd1x",
    "sd3",
    "flux",
    "flux2",
    "chroma",
    "qwen-image",
    "z-image",
    "hidream",
    "lumina2",
    "auraflow",
    "pixart",
    "kolors",
    "sana",
)
MODELS = {
    name: ModelTraits(
        name,
        stride=_STRIDES.get(name, 8),
        bucket_step=8,
        resolution=512 if name == "sd1x" else 1024,
    )
    for name in _FAMILIES
}

FLAGS = (
    Flag(
        "resolution",
        "size",
        "Side of the square whose area folders train at.  [default for folders: the model's]",
        metavar="SIDE",
    ),
    Flag(
        "aspect_bucket_alignment",
        "count",
        "What sides are rounded to; the trainer's option of that name.  [default: 64]",
    ),
    Flag(
        "aspect_bucket_rounding",
        "count",
        "Decimals of an aspect; the trainer's option of that name.  [default: 2]",
    ),
    Flag(
        "train_batch_size",
        "count",
        "Images a step: a batch of which some have masks and some have not stops the run."
        "  [default: 1]",
    ),
)

WORDS = Words(
    give_masks="add a data set of dataset_type conditioning, and name it in conditioning_data",
    use_files="Mask files are applied where conditioning_data names their data set.",
    use_alpha="",
    use_embedded="SimpleTuner reads no masks from the alpha: keep them in a data set of their own",
    repeats="repeats",
    caption_ending='name captions {ending} as .txt, with "caption_strategy": "textfile"',
    enlarge_less="a lower resolution",
    name_images="name the folder that holds the images",
    name_datasets="add a data set with an instance_data_dir",
)

#: Source: SimpleTuner bc8e6ab, helpers/multiaspect/sampler.py, connect_conditioning_samples; an
#: image without a mask stops a batch with others that have one ("missing_mask_in_mixed_batch").
LAYOUT = Layout("{name}")

#: What is no matter, or another one, for SimpleTuner.
VERDICTS = {
    "MP102": Verdict(
        Severity.WARNING,
        f'{_SAMPLER}; truth: "missing_mask_batch1", "missing_mask_in_mixed_batch"',
        "the whole image trains, without a word; with others that have masks, in one batch, the run"
        " stops",
    ),
    "MP103": Verdict(
        Severity.INFO,
        f'{_SAMPLER}: masks are looked for by the images\' names; truth: "extra_mask"',
        "the trainer ignores it",
    ),
    "MP105": Verdict(
        Severity.WARNING,
        'SimpleTuner bc8e6ab, TrainingSample.prepare_like; truth: "size_mismatch_other_aspect"',
        "the trainer stretches it to its image",
    ),
}

_SAMPLE = "SimpleTuner bc8e6ab, helpers/image_manipulation/training_sample.py, prepare_like"
_LOSS = "SimpleTuner bc8e6ab, helpers/models/common.py, loss"
FACTS = {
    "configuration": Fact(
        "SimpleTuner bc8e6ab, helpers/data_backend/factory.py; documentation/DATALOADER.md",
        False,
        "list of data sets, JSON",
    ),
    "masks": Fact(
        f'{_SAMPLER}; truth: "jpg_image_png_mask", "image_in_subfolder_mask_flat"',
        True,
        "a conditioning data set: the image's whole name, with its ending, flat",
    ),
    "channel": Fact(f'{_LOSS}; truth: "colour_red", "segmentation_colour_red"', True),
    "exif": Fact(f'{_LOAD}; truth: "exif6_jpg_image_raw_raster_mask"', True),
    "deep": Fact(f'{_LOAD}; truth: "16bit_constant_32768"', True),
    "bucket": Fact(
        f'{_SAMPLE}; truth: "alignment_crop_false_default_style_random"',
        True,
        "linear, stretched to its image, cropped as its own data set says: at random by default",
    ),
    "latents": Fact(
        f"{_LOSS}; the recorded weights",
        True,
        "mean of the cell; `segmentation`: whole where any byte of it is not black",
    ),
    "loss": Fact(f'{_LOSS}; truth: "all_white"', True, "times the weight, not divided"),
    "floor": Fact(f'{_LOSS}; truth: "all_black"', True, "none"),
}
