"""How OneTrainer's recorded cases are laid out on disk."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from PIL import Image

from maskprep.dataset.discover import Request
from maskprep.trainers import find_model, find_trainer
from maskprep.trainers.onetrainer.declared import FAMILIES

#: ``model_type`` of the recordings' families.
TYPES = {
    "SD15": "STABLE_DIFFUSION_15",
    "SD20": "STABLE_DIFFUSION_20",
    "SDXL": "STABLE_DIFFUSION_XL_10_BASE",
    "SD3": "STABLE_DIFFUSION_3",
    "FLUX": "FLUX_DEV_1",
    "WUERSTCHEN": "WUERSTCHEN_2",
    "PIXART": "PIXART_ALPHA",
    "CHROMA": "CHROMA_1",
    "SD35": "STABLE_DIFFUSION_35",
    "CASCADE": "STABLE_CASCADE_1",
}


def model_type(family: str) -> str:
    """Find the ``model_type`` of a recording's family, with or without underscores."""
    known = {each.model_type.replace("_", ""): each.model_type for each in FAMILIES.values()}
    plain = family.upper().replace("_", "").replace("-", "")
    alike = (said for name, said in known.items() if name.startswith(plain))
    return TYPES.get(family) or next(alike, family)


def lay_out(case: dict[str, Any], mask: Path, folder: Path) -> Request:
    """Put an image of the case's size beside its mask, and write a configuration."""
    images = folder / "images"
    images.mkdir()
    Image.new("RGB", tuple(case["image_size"])).save(images / "x.png")
    (images / f"x-masklabel{mask.suffix}").write_bytes(mask.read_bytes())
    return configured(case["options"], images, folder)


def configured(options: dict[str, Any], images: Path, folder: Path, **more: Any) -> Request:
    """Write the training configuration of a folder of images, and ask for it."""
    family = options["family"]
    image = {"enable_crop_jitter": options.get("enable_crop_jitter", False)}
    below = options.get("include_subdirectories", False)
    concept = {"path": str(images), "include_subdirectories": below, "image": image}
    training = {
        "model_type": model_type(family),
        "masked_training": True,
        "normalize_masked_area_loss": True,
        "concepts": [concept],
        **{
            key: options[key]
            for key in ("resolution", "aspect_ratio_bucketing", "train_dtype", "unmasked_weight")
        },
        **more,
    }
    config = folder / "config.json"
    config.write_text(json.dumps(training), encoding="utf-8")
    trainer = find_trainer("onetrainer")
    return Request(str(config), trainer, find_model(trainer, None))
