"""What the page's slider tells is what the trainer makes of what `maskprep dilate` writes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image

from maskprep.dataset.discover import discover, request
from maskprep.dataset.growth import DetailGrower
from maskprep.dataset.sample import Sample
from maskprep.dataset.samples import samples_of
from maskprep.masks.morphology import dilate
from maskprep.masks.tones import coverage
from maskprep.page import report
from tests.commands import run
from tests.page.pages import complaints, grown, looked_at, opened, written

#: Sizes of images, and whether their masks are soft: odd, tall, wide, smaller than the bucket.
SIZES = {
    "odd": (517, 389, True),
    "tall": (300, 700, False),
    "wide": (901, 333, True),
    "small": (150, 140, True),
    "even": (512, 512, False),
}


def drawn(width: int, height: int, *, soft: bool) -> np.ndarray[Any, np.dtype[np.uint8]]:
    mask = np.zeros((height, width), np.uint8)
    line = cv2.LINE_AA if soft else cv2.LINE_8
    middle = width // 2, height // 2
    cv2.circle(mask, middle, min(width, height) // 5, 255, -1, line)
    cv2.line(mask, middle, (width * 5 // 6, height // 12), 255, 2, line)
    cv2.line(mask, (width // 8, height // 6), (width // 8, height * 5 // 6), 200, 2, line)
    cv2.line(mask, middle, (width // 4, height - 12), 255, 1, line)
    return mask


def data_set(folder: Path, resolution: int, *, alpha: bool = False, buckets: bool = True) -> Path:
    images, masks = folder / "images", folder / "masks"
    images.mkdir(parents=True)
    masks.mkdir()
    for name, (width, height, soft) in SIZES.items():
        mask = Image.fromarray(drawn(width, height, soft=soft))
        image = Image.new("RGB", (width, height), (90, 130, 160))
        if alpha:
            image.putalpha(mask)
        image.save(images / f"{name}.png")
        mask.save(masks / f"{name}.png")
        (images / f"{name}.txt").write_text("a figure", encoding="utf-8")
    config = folder / "set.toml"
    source = "alpha_mask = true" if alpha else f"conditioning_data_dir = '{masks}'"
    config.write_text(
        f"[[datasets]]\nresolution = {resolution}\nenable_bucket = {str(buckets).lower()}\n"
        "min_bucket_reso = 128\nmax_bucket_reso = 1024\n[[datasets.subsets]]\n"
        f"image_dir = '{images}'\n{source}\ncaption_extension = '.txt'\n",
        encoding="utf-8",
    )
    return config


def by_the_library(sample: Sample, radius: int, *, details: bool) -> dict[str, Any]:
    assert sample.mask is not None
    assert sample.details is not None
    mask = dilate(sample.mask, radius)
    if details:
        mask = DetailGrower(sample).grow_by(radius).mask
    weights = sample.weigh(sample.at_bucket(mask))
    of_details = sample.details.weights_in(weights)
    return {
        "coverage": coverage(mask),
        "cells": weights.ravel(),
        "details": [of_details[each.label] for each in sample.details.found],
    }


@pytest.mark.parametrize(
    ("trainer", "model", "alpha", "resolution"),
    [
        ("sd-scripts@current", "sdxl", False, 320),
        ("sd-scripts@current", "sdxl", False, 640),  # most masks are enlarged
        ("sd-scripts@current", "sdxl", True, 320),
        ("sd-scripts@0.10", "sdxl", False, 320),  # stretched
        ("sd-scripts@0.9", "sd15", False, 256),
        ("sd-scripts@current", "hunyuan-image", False, 320),  # cells of 32 px
    ],
)
def test_numbers_are_the_commands(
    browser: Any, tmp_path: Path, trainer: str, model: str, alpha: bool, resolution: int
) -> None:
    config = data_set(tmp_path / "set", resolution, alpha=alpha)
    words = ("--trainer", trainer, "--model", model)
    opened(browser, written(config, tmp_path, *words))
    compared = 0
    for sample in samples_of(discover(request(str(config), trainer=trainer, model=model))):
        name = f"/{Path(sample.pair.image).name}"
        looked_at(browser, name)
        for radius, details in ((1, True), (3, False), (5, True), (9, False)):
            told = grown(browser, name, radius, details=details)
            if told is None:
                continue
            wanted = by_the_library(sample, radius, details=details)
            assert told["coverage"] == pytest.approx(wanted["coverage"], abs=1e-3)
            np.testing.assert_allclose(told["cells"], wanted["cells"], atol=1e-3)
            np.testing.assert_allclose(told["details"], wanted["details"], atol=1e-3)
            assert f"--radius {radius}" in told["command"]
            compared += 1
    assert compared >= 4 * 4, "at most one of the masks is resized in a way that is not replayed"
    assert complaints(browser) == []


def test_the_numbers_are_those_of_what_dilate_writes(browser: Any, tmp_path: Path) -> None:
    config = data_set(tmp_path / "set", 320)
    opened(browser, written(config, tmp_path))
    looked_at(browser, "/odd.png")
    told = grown(browser, "/odd.png", 4, details=True)
    assert told is not None
    output = tmp_path / "grown"
    assert run("dilate", config, "--radius", 4, "--details", "--output", output).exit_code == 0
    found = {
        Path(each.pair.image).name: each for each in samples_of(discover(request(str(config))))
    }
    after = np.asarray(Image.open(output / "odd.png"))
    weights = found["odd.png"].weigh(found["odd.png"].at_bucket(after))
    np.testing.assert_allclose(told["cells"], weights.ravel(), atol=1e-3)
    assert told["coverage"] == pytest.approx(after.mean() / 255, abs=1e-3)


def test_a_page_carries_whole_masks_of_its_worst_pairs_only(
    browser: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report, "_MASKS", 0)
    opened(browser, written(data_set(tmp_path / "set", 320), tmp_path))
    looked_at(browser, "/odd.png")
    assert grown(browser, "/odd.png", 4, details=False) is None
    shown = browser.execute_script("return document.querySelector('.trial').textContent")
    assert "--only NAME" in shown
    assert browser.execute_script("return document.querySelector('.wipe') !== null")
    assert complaints(browser) == []


def test_a_kernel_that_is_not_replayed_offers_no_growth(browser: Any, tmp_path: Path) -> None:
    config = data_set(tmp_path / "set", 320)
    text = config.read_text(encoding="utf-8")
    config.write_text(text + "resize_interpolation = 'bicubic'\n", encoding="utf-8")
    opened(browser, written(config, tmp_path))
    looked_at(browser, "/odd.png")
    assert grown(browser, "/odd.png", 4, details=False) is None
    shown = browser.execute_script("return document.querySelector('.trial').textContent")
    assert "does not replay" in shown
    assert complaints(browser) == []
