"""Colours under transparent pixels: which pixels change, and to what."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from maskprep.masks.hidden import BLUR_SIGMA, Fill, fill_hidden
from tests.datasets import FIGURE, drawn

HOWS: tuple[Fill, ...] = ("keep", "edge", "blur", "mean")


def noise(shape_hw: tuple[int, ...]) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return np.random.default_rng(0).integers(0, 256, (*shape_hw, 3), np.uint8)


@pytest.mark.parametrize("how", HOWS)
@pytest.mark.parametrize("faintest", [1, 255])
def test_pixels_that_show_stay_as_they_are(how: Fill, faintest: int) -> None:
    alpha = np.where(drawn(FIGURE) > 0, faintest, 0).astype(np.uint8)
    rgb = noise(alpha.shape)
    before = rgb.copy()
    filled = fill_hidden(rgb, alpha, how)
    np.testing.assert_array_equal(filled[alpha > 0], rgb[alpha > 0])
    np.testing.assert_array_equal(rgb, before)
    assert filled.dtype == np.uint8
    assert (how == "keep") == np.array_equal(filled, rgb)


@pytest.mark.parametrize("how", HOWS)
@pytest.mark.parametrize("value", [0, 1, 255])
def test_where_nothing_shows_or_nothing_hides_all_stays(how: Fill, value: int) -> None:
    rgb = noise((9, 7))
    alpha = np.full((9, 7), value, np.uint8)
    np.testing.assert_array_equal(fill_hidden(rgb, alpha, how), rgb)


def test_the_edge_is_the_exactly_nearest_pixel() -> None:
    generator = np.random.default_rng(3)
    alpha = (generator.random((60, 80)) < 0.01).astype(np.uint8)
    rows, columns = np.indices(alpha.shape)
    # Each pixel's colour says where it is, so that the filled ones tell where theirs is from.
    rgb = np.dstack([rows, columns, np.zeros_like(rows)]).astype(np.uint8)
    filled = fill_hidden(rgb, alpha, "edge").astype(int)
    shown = np.argwhere(alpha > 0)
    every = np.stack([rows, columns], axis=-1)[:, :, None] - shown
    least = (every**2).sum(axis=-1).min(axis=-1)
    found = (filled[..., 0] - rows) ** 2 + (filled[..., 1] - columns) ** 2
    np.testing.assert_array_equal(found, least)


def test_blur_is_the_edge_softened() -> None:
    alpha = drawn(FIGURE)
    rgb = noise(alpha.shape)
    edge, blur = fill_hidden(rgb, alpha, "edge"), fill_hidden(rgb, alpha, "blur")
    wanted = cv2.GaussianBlur(edge, (0, 0), BLUR_SIGMA, borderType=cv2.BORDER_REPLICATE)
    np.testing.assert_array_equal(blur[alpha == 0], wanted[alpha == 0])
    assert blur[alpha == 0].std() < 0.8 * edge[alpha == 0].std()


def test_the_mean_is_weighed_by_alpha() -> None:
    alpha = np.array([[0, 64, 192]], np.uint8)
    rgb = np.array([[[1, 2, 3], [200, 0, 0], [0, 100, 0]]], np.uint8)
    assert fill_hidden(rgb, alpha, "mean")[0, 0].tolist() == [50, 75, 0]
