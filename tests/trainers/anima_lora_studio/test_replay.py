"""A second replay of what was read in AnimaLoraStudio's source, pixel by pixel, on random masks.

No run of the trainer was recorded; this holds the two readings to each other.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from maskprep.dataset.discover import Request, discover
from maskprep.dataset.samples import samples_of
from maskprep.trainers import find_model, find_trainer

TRAINER = find_trainer("anima-lora-studio")
MODES = ("L", "RGB", "RGBA", "LA", "P", "1")


def bucket_of(size: tuple[int, int], side: int, limit: float) -> tuple[int, int]:
    """Look at every pair of multiples of 64, whatever the bounds of the trainer's search."""
    width, height = size
    fitting = [
        (abs(width / height - w / h), abs(w * h - side * side), w, h)
        for w in range(64, 4 * side, 64)
        for h in range(64, 4 * side, 64)
        if abs(w * h - side * side) <= side * side / 10 and max(w / h, h / w) <= limit
    ]
    _, _, *bucket = min(fitting, default=(0, 0, side, side))
    return bucket[0], bucket[1]


def nearest(length: int, target: int) -> list[int]:
    """Step through a side as Pillow does: rounding adds up, and tells where two are as near."""
    step, place, taken = length / target, 0.5 * length / target, []
    for _ in range(target):
        taken.append(int(place))
        place += step
    return taken


def weights_of(grey: NDArray[np.uint8], bucket: tuple[int, int]) -> NDArray[np.float64]:
    """Take the nearest pixel of each place, then the mean of each cell."""
    height, width = grey.shape
    scale = max(bucket[0] / width, bucket[1] / height)
    wide, high = int(width * scale), int(height * scale)
    left, top = (wide - bucket[0]) // 2, (high - bucket[1]) // 2
    rows, columns = nearest(height, high), nearest(width, wide)
    seen = np.zeros(bucket[::-1])
    for row in range(bucket[1]):
        for column in range(bucket[0]):
            x, y = column + left, row + top
            if 0 <= x < wide and 0 <= y < high:
                seen[row, column] = grey[rows[y], columns[x]]
    cells: NDArray[np.float64] = seen.reshape(bucket[1] // 8, 8, bucket[0] // 8, 8).mean((1, 3))
    return cells / 255


def random_case(seed: int) -> dict[str, Any]:
    draw = np.random.default_rng(seed)
    return {
        "size": tuple(int(each) for each in draw.integers(90, 420, 2)),
        "side": int(draw.choice([128, 192, 256])),
        "limit": float(draw.choice([1.0, 1.5, 2.0, 3.0])),
        "mode": MODES[seed % len(MODES)],
    }


def random_mask(seed: int, size: tuple[int, int], mode: str) -> Image.Image:
    """Draw boxes of grey, as wide as they happen to be."""
    draw = np.random.default_rng(seed)
    grey = np.zeros(size[::-1], np.uint8)
    for _ in range(6):
        left, top = draw.integers(0, size[0]), draw.integers(0, size[1])
        grey[top : top + draw.integers(3, 120), left : left + draw.integers(3, 120)] = (
            draw.integers(0, 256)
        )
    picture = Image.fromarray(grey)
    if mode == "RGB":
        bands = (picture, Image.fromarray(255 - grey), Image.fromarray(grey // 2))
        return Image.merge("RGB", bands)
    return picture.convert(mode)


def lay_out(folder: Path, mask: Image.Image | None, case: dict[str, Any]) -> Request:
    images = folder / "images"
    images.mkdir()
    Image.new("RGB", case["size"]).save(images / "x.png")
    (images / "x.txt").write_text("a figure", encoding="utf-8")
    if mask is not None:
        mask.save(images / "x.mask", "PNG")
    config = folder / "config.yaml"
    said = {
        "data_dir": str(images),
        "resolution": case["side"],
        "aspect_ratio_limit": case["limit"],
        "masked_loss": True,
    }
    config.write_text(json.dumps(said), encoding="utf-8")
    return Request(str(config), TRAINER, find_model(TRAINER, None))


@pytest.mark.parametrize("seed", range(24))
def test_both_readings_agree(seed: int, tmp_path: Path) -> None:
    case = random_case(seed)
    mask = random_mask(seed, case["size"], case["mode"])
    (sample,) = samples_of(discover(lay_out(tmp_path, mask, case)))
    bucket = bucket_of(case["size"], case["side"], case["limit"])
    assert sample.placement is not None and sample.weights is not None
    assert tuple(sample.placement.bucket) == bucket
    wanted = weights_of(np.asarray(mask.convert("L")), bucket)
    # Pillow gives means in whole 255ths, in two passes.
    assert float(np.abs(sample.weights - wanted).max()) <= 1.01 / 255
    factors = sample.loss_factors
    assert factors is not None
    if sample.weights.any():
        assert float(factors.mean()) == pytest.approx(1, abs=1e-5)


def test_what_is_missing_broken_or_of_another_size_trains_whole(tmp_path: Path) -> None:
    case = random_case(3)
    for name, mask in (("none", None), ("other", Image.new("L", (64, 64)))):
        (tmp_path / name).mkdir()
        (sample,) = samples_of(discover(lay_out(tmp_path / name, mask, case)))
        assert sample.weights is not None
        assert sample.weights.min() == 1
    (tmp_path / "broken").mkdir()
    request = lay_out(tmp_path / "broken", None, case)
    (tmp_path / "broken" / "images" / "x.mask").write_bytes(b"no picture")
    (sample,) = samples_of(discover(request))
    assert sample.stops == () and sample.trains == "whole"
    assert sample.weights is not None and sample.weights.min() == 1
