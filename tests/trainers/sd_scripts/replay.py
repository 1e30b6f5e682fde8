"""How the recorded cases of sd-scripts are laid out on disk."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from PIL import Image

from maskprep.dataset.discover import Request
from maskprep.trainers import find_model, find_trainer

_KEYS = (
    "resolution",
    "enable_bucket",
    "bucket_no_upscale",
    "min_bucket_reso",
    "max_bucket_reso",
    "bucket_reso_steps",
    "resize_interpolation",
)


def lay_out(case: dict[str, Any], mask: Path, folder: Path) -> Request:
    """Lay the case out as a data set; the image of a mask file is only a size."""
    masked = case["mask_source"] == "dir"
    images, masks = folder / "images", folder / "masks"
    images.mkdir()
    masks.mkdir()
    if masked:
        Image.new("RGB", tuple(case["image_size"])).save(images / "x.png")
    (masks if masked else images).joinpath(f"x{mask.suffix}").write_bytes(mask.read_bytes())
    block = {key: case[key] for key in _KEYS if case[key] is not None}
    subset: dict[str, Any] = {"image_dir": str(images)}
    subset |= {"conditioning_data_dir": str(masks)} if masked else {"alpha_mask": True}
    config = folder / "dataset.json"
    config.write_text(json.dumps({"datasets": [{**block, "subsets": [subset]}]}), encoding="utf-8")
    trainer = find_trainer(f"sd-scripts@{case['trainer']}")
    model = replace(find_model(trainer, None), stride=case["latent_scale"])
    return Request(str(config), trainer, model)
