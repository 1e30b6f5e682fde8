"""How diffusion-pipe's recorded cases are laid out on disk."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import tomlkit
from PIL import Image

from maskprep.dataset.discover import Request
from maskprep.model import ModelTraits
from maskprep.trainers import find_trainer

#: What of a case's options is the trainer's.
_KEYS = ("enable_ar_bucket", "min_ar", "max_ar", "num_ar_buckets", "ar_buckets", "size_buckets")


def lay_out(case: dict[str, Any], mask: Path, folder: Path) -> Request:
    """Put an image of the case's size beside its mask, and write a data set."""
    images, masks = folder / "images", folder / "masks"
    images.mkdir()
    masks.mkdir()
    Image.new("RGB", tuple(case["image_size"])).save(images / "x.png")
    (masks / f"x{mask.suffix}").write_bytes(mask.read_bytes())
    options = case["options"]
    said = {key: options[key] for key in ("resolutions", *_KEYS) if key in options}
    # Of the recordings' combinations there are not models for all; the data set names none.
    stride, multiple = case["latent_scale"], options["round_to_multiple"]
    model = ModelTraits("recorded", stride, multiple, 1024)
    return replace(configured(said, images, masks, folder), model=model)


def configured(said: dict[str, Any], images: Path, masks: Path | None, folder: Path) -> Request:
    """Write the data set of a folder of images, and ask for it."""
    directory = {"path": str(images)}
    if masks is not None:
        directory["mask_path"] = str(masks)
    config = folder / "dataset.toml"
    config.write_text(tomlkit.dumps({**said, "directory": [directory]}), encoding="utf-8")
    trainer = find_trainer("diffusion-pipe")
    return Request(str(config), trainer, trainer.models["flux"])
