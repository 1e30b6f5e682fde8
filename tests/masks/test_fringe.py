"""Under transparent pixels: a picture's own ground is no fringe, what was filled in is."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from maskprep.masks.fringe import fringe_of
from maskprep.masks.hidden import fill_hidden
from tests.places import SAMPLES

Pixels = NDArray[Any]

#: Drawn and photographed, each with its mask.
PICTURES = sorted(
    [*SAMPLES.glob("character/images/*.png"), *SAMPLES.glob("photo/images/*.png")],
    key=lambda path: path.name,
)
NAMES = [path.stem for path in PICTURES]
#: Of the alpha's edge, px: as it was cut, smoothed and soft.
SOFTNESS = (0, 1.2, 6)


def _cut_out(name: str, softness: float) -> tuple[Pixels, Pixels]:
    (path,) = (each for each in PICTURES if each.stem == name)
    rgb = np.asarray(Image.open(path).convert("RGB"))
    alpha = np.asarray(Image.open(path.parents[1] / "masks" / path.name).convert("L"))
    if softness:
        alpha = np.asarray(cv2.GaussianBlur(alpha, (0, 0), softness))
    return np.ascontiguousarray(rgb), np.ascontiguousarray(alpha)


def _filled(rgb: Pixels, alpha: Pixels, fill: Pixels) -> Pixels:
    return np.where((alpha == 0)[..., None], fill, rgb).astype(np.uint8)


@pytest.mark.parametrize("softness", SOFTNESS)
@pytest.mark.parametrize("name", NAMES)
def test_a_pictures_own_ground_is_no_fringe(name: str, softness: float) -> None:
    rgb, alpha = _cut_out(name, softness)
    assert fringe_of(rgb, alpha) is None
    assert fringe_of(rgb, 255 - alpha) is None
    hard = np.where(alpha >= 128, 255, 0).astype(np.uint8)
    assert fringe_of(rgb, hard) is None


@pytest.mark.parametrize("softness", SOFTNESS)
@pytest.mark.parametrize("name", NAMES)
def test_what_an_encoder_smeared_is_a_fringe_until_it_is_filled(name: str, softness: float) -> None:
    rgb, alpha = _cut_out(name, softness)
    stream = BytesIO()
    Image.fromarray(np.dstack([rgb, alpha])).save(stream, "WEBP", lossless=True)
    stored = np.asarray(Image.open(stream).convert("RGBA"))
    rgb, alpha = np.ascontiguousarray(stored[..., :3]), np.ascontiguousarray(stored[..., 3])
    fringe = fringe_of(rgb, alpha)
    assert fringe is not None
    assert fringe.share == pytest.approx(np.mean(alpha == 0))
    assert fringe.apart > 32
    assert fringe_of(fill_hidden(rgb, alpha, "edge"), alpha) is None


@pytest.mark.parametrize("softness", SOFTNESS)
@pytest.mark.parametrize("pattern", ["squares", "gradient", "halves"])
def test_patterns_under_a_photograph_are_fringes(pattern: str, softness: float) -> None:
    rgb, alpha = _cut_out("astronaut", softness)
    rows, columns = np.indices(alpha.shape)
    fills = {
        "squares": 153 + 51 * ((rows // 16 + columns // 16) % 2),
        "gradient": 255 * rows // alpha.shape[0],
        "halves": 255 * (columns > alpha.shape[1] // 2),
    }
    fringe = fringe_of(_filled(rgb, alpha, fills[pattern][..., None]), alpha)
    assert fringe is not None
    assert fringe.colour is None


@pytest.mark.parametrize("how", ["edge", "blur", "mean"])
def test_our_own_fills_are_no_patterns(how: Any) -> None:
    rgb, alpha = _cut_out("astronaut", 1.2)
    fringe = fringe_of(fill_hidden(rgb, alpha, how), alpha)
    assert fringe is None or fringe.colour is not None


def test_a_few_hidden_pixels_tell_nothing() -> None:
    rgb, _ = _cut_out("astronaut", 0)
    alpha = np.full(rgb.shape[:2], 255, np.uint8)
    alpha[100:105, 100:105] = 0
    checks = np.indices(alpha.shape).sum(axis=0) % 2 * 255
    assert fringe_of(_filled(rgb, alpha, checks[..., None]), alpha) is None
