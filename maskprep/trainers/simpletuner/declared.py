"""What SimpleTuner declares of itself: models, flags, words, and where it differs from others."""

from __future__ import annotations

from maskprep.model import ModelTraits, Severity
from maskprep.model.rule import Verdict
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
