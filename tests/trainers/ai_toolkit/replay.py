"""How ai-toolkit's recorded cases are laid out on disk."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from PIL import Image

from maskprep.dataset.discover import Request
from maskprep.model import ModelTraits
from maskprep.trainers import find_trainer


def lay_out(case: dict[str, Any], mask: Path, folder: Path) -> Request:
    """Put an image of the case's size beside its mask, and write a job."""
    images = folder / "images"
    images.mkdir()
    options = case["options"]
    masks = None
    if options["alpha_mask"]:
        (images / f"x{mask.suffix}").write_bytes(mask.read_bytes())
    else:
        masks = folder / "masks"
        masks.mkdir()
        Image.new("RGB", tuple(case["image_size"])).save(images / "x.png")
        (masks / f"x{mask.suffix}").write_bytes(mask.read_bytes())
    keys = ("resolution", "alpha_mask", "invert_mask", "mask_min_value", "square_crop", "buckets")
    entry = {key: options[key] for key in keys}
    train = {"dtype": options["train_dtype"]}
    # Of a divisibility of 8 or 64 no model is; the configuration names none, then.
    step, stride = options["bucket_divisibility"], case["latent_scale"]
    model = ModelTraits("recorded", stride, step, options["resolution"])
    request = configured(
        entry, images, masks, folder, train, mask_blur=options["random_blur_value"]
    )
    return replace(request, model=model)


def configured(
    entry: dict[str, Any],
    images: Path,
    masks: Path | None,
    folder: Path,
    train: dict[str, Any],
    **flags: Any,
) -> Request:
    """Write the job of a folder of images, and ask for it."""
    item = {"folder_path": str(images), **entry}
    if masks is not None:
        item["mask_path"] = str(masks)
    process = {"type": "sd_trainer", "datasets": [item], "train": train}
    config = folder / "job.yaml"
    # JSON is YAML.
    config.write_text(json.dumps({"job": "extension", "config": {"process": [process]}}))
    trainer = find_trainer("ai-toolkit")
    return Request(str(config), trainer, trainer.models["sdxl"], flags=flags)
