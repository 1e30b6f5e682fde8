"""What ai-toolkit declares of itself: models, flags, words, and where it differs from others."""

from __future__ import annotations

from typing import NamedTuple

from maskprep.model import ModelTraits, Severity
from maskprep.model.rule import Verdict
from maskprep.trainers.facts import Fact
from maskprep.trainers.flags import Flag
from maskprep.trainers.layout import Layout
from maskprep.trainers.words import Words

_MIXINS = "ai-toolkit 27a03a9, toolkit/dataloader_mixins.py"
_MASKS = f"{_MIXINS}, MaskFileItemDTOMixin"


class Arch(NamedTuple):
    """What a family of models fixes.

    Attributes
    ----------
    step : int
        ``get_bucket_divisibility()``, whatever ``bucket_tolerance`` says.
    path : str
        As a new configuration names the model.
    stride : int
        Pixels a latent cell.
    """

    step: int
    path: str
    stride: int = 8


#: By ``model.arch``. Source: toolkit/stable_diffusion_model.py, toolkit/models/ and
#: extensions_built_in/diffusion_models/, get_bucket_divisibility.
ARCHS = {
    "flux": Arch(32, "black-forest-labs/FLUX.1-dev"),
    "sd1": Arch(16, "stable-diffusion-v1-5/stable-diffusion-v1-5"),
    "sdxl": Arch(16, "stabilityai/stable-diffusion-xl-base-1.0"),
    "sd3": Arch(32, "stabilityai/stable-diffusion-3.5-large"),
    "flex1": Arch(32, "ostris/Flex.1-alpha"),
    "flux_kontext": Arch(16, "black-forest-labs/FLUX.1-Kontext-dev"),
    "flux2": Arch(16, "black-forest-labs/FLUX.2-dev", stride=16),
    "flux2_klein_4b": Arch(16, "black-forest-labs/FLUX.2-klein-base-4B", stride=16),
    "flux2_klein_9b": Arch(16, "black-forest-labs/FLUX.2-klein-base-9B", stride=16),
    "chroma": Arch(32, "lodestones/Chroma1-Base"),
    "lumina2": Arch(16, "Alpha-VLLM/Lumina-Image-2.0"),
    "hidream": Arch(16, "HiDream-ai/HiDream-I1-Full"),
    "qwen_image": Arch(32, "Qwen/Qwen-Image"),
    "qwen_image_edit": Arch(32, "Qwen/Qwen-Image-Edit"),
    "qwen_image_edit_plus": Arch(32, "Qwen/Qwen-Image-Edit-2509"),
    "omnigen2": Arch(16, "OmniGen2/OmniGen2"),
    "wan21": Arch(16, "Wan-AI/Wan2.1-T2V-1.3B-Diffusers"),
    "wan22_5b": Arch(32, "Wan-AI/Wan2.2-TI2V-5B-Diffusers", stride=16),
    "zimage": Arch(16, "Tongyi-MAI/Z-Image"),
    "krea2": Arch(16, "krea/Krea-2-Raw"),
    "ideogram4": Arch(16, "ideogram-ai/ideogram-4-fp8"),
    "anima": Arch(32, "circlestone-labs/Anima-Base-v1.0-Diffusers"),
}
_SMALL = {"sd1": 512}
MODELS = {
    name: ModelTraits(name, arch.stride, arch.step, _SMALL.get(name, 1024))
    for name, arch in ARCHS.items()
}

FLAGS = (
    Flag(
        "resolution",
        "size",
        "Where no configuration says it: a square's side.  [default for folders: the model's]",
        metavar="SIDE|W,H",
    ),
    Flag(
        "mask_min_value",
        "share",
        "The least weight, where no configuration says it.  [default: 0]",
    ),
    Flag("train_dtype", "word", "The trainer's option of that name.", metavar="DTYPE"),
    Flag(
        "mask_blur",
        "share",
        "What the trainer draws for the blur of a mask: 0 none, 1 the strongest.  [default: 0]",
    ),
)

WORDS = Words(
    give_masks="name a folder of masks in mask_path, or set alpha_mask: true",
    use_files="Masks are applied by mask_path alone, and every loss is divided by their mean.",
    use_alpha="Masks are applied by alpha_mask: true alone, and every loss is divided by their"
    " mean.",
    use_embedded="set alpha_mask: true, and train on the copies",
    repeats="num_repeats",
    caption_ending='set caption_ext: "{ending}"',
    alpha="alpha_mask: true",
    name_images="name a folder that holds .jpg .jpeg .png or .webp, at any depth",
    name_datasets="add an entry with folder_path to datasets",
)

#: Source: ai-toolkit 27a03a9, toolkit/dataloader_mixins.py, MaskFileItemDTOMixin; an image without
#: a mask weighs 0 in a batch with others that have one ("missing_mask_in_mixed_batch").
LAYOUT = Layout(alpha=True, regularisation=True)

#: What is no matter, or another one, for ai-toolkit.
VERDICTS = {
    "MP101": Verdict(
        Severity.ERROR,
        f'{_MASKS}, __init__ (os.path.exists of each mask); truth: "mask_dir_does_not_exist"',
        "every image trains whole, without a word",
    ),
    "MP102": Verdict(
        Severity.WARNING,
        "ai-toolkit 27a03a9, toolkit/data_transfer_object/data_loader.py, DataLoaderBatchDTO;"
        ' truth: "missing_mask_in_mixed_batch", "missing_mask_all_of_batch"',
        "it trains whole, or not at all in a batch where another image has a mask",
    ),
    "MP103": Verdict(
        Severity.INFO,
        f'{_MASKS}: masks are looked for by the images\' names; truth: "extra_mask"',
        "the trainer ignores it",
    ),
    "MP105": Verdict(
        Severity.WARNING,
        f'{_MASKS}, load_mask_image (resize); truth: "size_mismatch_other_aspect"',
        "the trainer stretches it to its image",
    ),
    "MP108": Verdict(
        Severity.WARNING,
        f'{_MASKS}, __init__ (the stem alone); truth: "same_stem_two_subfolders"',
    ),
    "MP119": Verdict(
        None,
        "turns images and masks by EXIF (exif_transpose; truth: exif6_image_upright_mask)",
    ),
    "MP204": Verdict(None, "takes RGBA alone for masks in the alpha: alpha-not-rgba tells others"),
}

FACTS = {
    "configuration": Fact(
        "ai-toolkit 27a03a9, toolkit/config_modules.py, DatasetConfig",
        False,
        "training job, YAML or JSON",
    ),
    "masks": Fact(
        f'{_MASKS}, __init__; truth: "two_masks_jpg_and_png", "ext_upper_PNG"',
        True,
        "`mask_path`: the stem and the first of .jpg .jpeg .png .webp, lower case, flat; or the"
        " alpha of RGBA, with `alpha_mask`",
    ),
    "channel": Fact(f'{_MASKS}, load_mask_image; truth: "colour_red"', True),
    "exif": Fact(
        f'{_MASKS}, load_mask_image (exif_transpose); truth: "exif6_image_upright_mask"', True
    ),
    "deep": Fact(f'{_MASKS}, load_mask_image; truth: "16bit_constant_300"', True),
    "bucket": Fact(
        f"{_MASKS}, load_mask_image; the recorded weights",
        True,
        "blurred by up to 0.5 % at random, bicubic, stretched and cropped with its image",
    ),
    "latents": Fact(
        "ai-toolkit 27a03a9, extensions_built_in/sd_trainer/SDTrainer.py, hook_train_loop; the"
        " recorded weights",
        True,
        "the pixel at the cell's upper left corner",
    ),
    "loss": Fact(
        "ai-toolkit 27a03a9, extensions_built_in/sd_trainer/SDTrainer.py, calculate_loss;"
        ' truth: "all_black_min0"',
        True,
        "times the weight, always divided by the batch's mean",
    ),
    "floor": Fact(
        f'{_MASKS}, load_mask_image; truth: "all_black_min0.1"', True, "`mask_min_value`, else none"
    ),
}
