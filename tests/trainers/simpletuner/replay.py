"""How SimpleTuner's recorded cases are laid out on disk."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from PIL import Image

from maskprep.dataset.discover import Request
from maskprep.trainers import find_model, find_trainer

#: Models by how many pixels a latent cell has.
MODELS = {8: "sdxl", 16: "flux2", 32: "sana"}


def lay_out(case: dict[str, Any], mask: Path, folder: Path) -> Request:
    """Put an image of the case's size beside its mask, and write a list of data sets."""
    images, masks = folder / "images", folder / "masks"
    images.mkdir()
    masks.mkdir()
    name = f"x{mask.suffix}"
    Image.new("RGB", tuple(case["image_size"])).save(images / name)
    (masks / name).write_bytes(mask.read_bytes())
    options = dict(case["options"])
    if options["crop_style"] == "random":
        # The recordings draw the lowest number always, which is the corner.
        options["crop_style"] = "corner"
    return configured(options, images, masks, folder, latent_scale=case["latent_scale"])


def configured(
    options: dict[str, Any],
    images: Path,
    masks: Path,
    folder: Path,
    *,
    latent_scale: int = 8,
    **of_masks: Any,
) -> Request:
    """Write the data sets of a folder of images and one of masks, and ask for them."""
    shape = {
        key: options[key]
        for key in ("resolution", "resolution_type", "crop", "crop_style", "crop_aspect")
    }
    data_sets = [
        {
            "id": "images",
            "type": "local",
            "instance_data_dir": str(images),
            "conditioning_data": "masks",
            "caption_strategy": "textfile",
            **shape,
        },
        {
            "id": "masks",
            "type": "local",
            "dataset_type": "conditioning",
            "conditioning_type": options["conditioning_type"],
            "instance_data_dir": str(masks),
            **shape,
            **of_masks,
        },
    ]
    config = folder / "backends.json"
    config.write_text(json.dumps(data_sets), encoding="utf-8")
    trainer = find_trainer("simpletuner")
    flags = {
        "aspect_bucket_alignment": options["alignment"],
        "train_batch_size": options.get("batch_size", 1),
    }
    model = find_model(trainer, MODELS[latent_scale])
    return Request(str(config), trainer, model, flags=flags)
