"""What diffusion-pipe declares of itself: models, flags, words, and where it differs."""

from __future__ import annotations

from maskprep.model import ModelTraits, Severity
from maskprep.model.rule import Verdict
from maskprep.trainers.facts import Fact
from maskprep.trainers.flags import Flag
from maskprep.trainers.layout import Layout
from maskprep.trainers.words import Words

_DATASET = "diffusion-pipe 8f83dbf, utils/dataset.py"
_MEDIA = "diffusion-pipe 8f83dbf, models/base.py, PreprocessMediaFile"

#: Pixels a latent cell, and ``pixels_round_to_multiple``, by ``model.type``. Source: models/*.py.
_FIXED = {
    "flux": (8, 16),
    "sdxl": (8, 16),
    "sd3": (8, 16),
    "chroma": (8, 16),
    "flux2": (16, 16),
    "qwen_image": (8, 32),
    "z_image": (8, 16),
    "hunyuan_image": (32, 32),
    "lumina_2": (8, 16),
    "hidream": (8, 16),
    "omnigen2": (8, 16),
    "auraflow": (8, 16),
    "anima": (8, 16),
    "krea2": (8, 16),
    "cosmos_predict2": (8, 16),
    "hunyuan-video": (8, 16),
    "wan": (8, 16),
    "ltx-video": (32, 32),
}
MODELS = {
    name: ModelTraits(name, stride, multiple, 512 if name in ("ltx-video", "wan") else 1024)
    for name, (stride, multiple) in _FIXED.items()
}

FLAGS = (
    Flag(
        "resolution",
        "size",
        "For folders.  [default for folders: the model's]",
        metavar="SIDE|W,H",
    ),
    Flag(
        "enable_ar_bucket",
        "switch",
        "Buckets of 7 aspects from 0.5 to 2, for folders.  [default for folders: on]",
        off="--no-enable-ar-bucket",
    ),
)

WORDS = Words(
    give_masks="name a folder of masks in mask_path",
    use_files="Masks are applied by mask_path alone. Those changed since latents were cached are"
    " seen with --regenerate_cache only.",
    use_alpha="",
    use_embedded="diffusion-pipe reads no masks from the alpha: keep the mask files",
    repeats="num_repeats",
    caption_ending="name captions {ending} as .txt beside the images",
    enlarge_less="a lower one of resolutions",
    name_images="name the folder that directly holds the images in path",
    name_datasets="add a [[directory]] with a path",
)

#: Source: diffusion-pipe 8f83dbf, utils/dataset.py, DirectoryDataset.
LAYOUT = Layout(needs_masks=False, needs_captions=True)

#: What is no matter, or another one, for diffusion-pipe.
VERDICTS = {
    "MP101": Verdict(
        Severity.ERROR,
        f'{_DATASET}, DirectoryDataset.__init__; truth: "mask_dir_missing"',
        "the run does not start (RuntimeError: Invalid path or mask_path)",
    ),
    "MP102": Verdict(
        Severity.WARNING,
        f'{_DATASET}, _get_ungrouped_metadata and _collate; truth: "missing_mask", '
        '"missing_mask_in_mixed_batch"',
        "the whole image trains, and the trainer warns",
    ),
    "MP103": Verdict(
        Severity.INFO,
        f'{_DATASET}: masks are looked for by the images\' names; truth: "extra_mask"',
        "the trainer ignores it",
    ),
    "MP105": Verdict(
        Severity.ERROR,
        f'{_MEDIA}; truth: "size_mismatch_smaller", "size_mismatch_by_one"',
        "the run stops while it caches (ValueError: Mask shape was not the same as image shape)",
    ),
    "MP109": Verdict(
        Severity.ERROR,
        f'{_DATASET} (a dict by stems); truth: "two_masks_same_stem"',
    ),
    "MP113": Verdict(
        Severity.ERROR,
        f'{_DATASET}, _metadata_map_fn (skip_empty_caption); truth: "masks_beside_images"',
        "the trainer skips the image, with a warning",
    ),
}

FACTS = {
    "configuration": Fact(
        f"{_DATASET}, DirectoryDataset.__init__ and _set_defaults; train.py",
        False,
        "data set TOML, or the run's TOML that names one",
    ),
    "masks": Fact(
        f'{_DATASET}, DirectoryDataset; truth: "ext_bmp", "mask_in_subfolder"',
        True,
        "`mask_path`: the stem, any ending, flat",
    ),
    "channel": Fact(f'{_MEDIA}; truth: "colour_red"', True),
    "exif": Fact(f'{_MEDIA}; truth: "exif6_image_raw_raster_mask"', True),
    "deep": Fact(f'{_MEDIA}; truth: "16bit_constant_300"', True),
    "bucket": Fact(
        f"{_MEDIA} (ImageOps.fit); the recorded weights", True, "bicubic, cropped at the centre"
    ),
    "latents": Fact(
        "diffusion-pipe 8f83dbf, models/*.py, prepare_inputs (nearest-exact); the recorded weights",
        True,
        "the pixel at the cell's middle, (4, 4) of 8 x 8",
    ),
    "loss": Fact(
        'diffusion-pipe 8f83dbf, models/*.py, prepare_inputs; truth: "all_black", "all_white"',
        True,
        "times the weight, not divided",
    ),
    "floor": Fact('diffusion-pipe 8f83dbf, models/*.py; truth: "all_black"', True, "none"),
}
