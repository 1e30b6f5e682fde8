"""Growth is exact: the same bits as scikit-image, for every shape, radius and kind of mask."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from skimage import morphology as reference

from maskprep.masks import morphology
from maskprep.masks.morphology import Shape, dilate, erode, feathered, inverted

Footprint = Callable[[int], Any]
FOOTPRINTS: dict[Shape, Footprint] = {
    "disk": lambda radius: reference.disk(radius),  # type: ignore[no-untyped-call]
    "square": lambda radius: np.ones((2 * radius + 1, 2 * radius + 1), np.uint8),
    "diamond": lambda radius: reference.diamond(radius),  # type: ignore[no-untyped-call]
}
RADII = [0, 1, 2, 3, 5, 8, 13, 32]


@pytest.fixture(autouse=True, params=["as it comes", "by lines"])
def _both_ways(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Small radii are OpenCV's: here they go the way of large ones, too."""
    if request.param == "by lines":
        monkeypatch.setattr(morphology, "_NEAR", -1)


def soft_mask(height: int, width: int, seed: int) -> np.ndarray[Any, np.dtype[np.uint8]]:
    random = np.random.default_rng(seed)
    values = random.integers(0, 256, (height, width), np.uint8)
    return np.where(random.random((height, width)) < 0.02, values, 0).astype(np.uint8)


@pytest.mark.parametrize("radius", RADII)
@pytest.mark.parametrize("shape", FOOTPRINTS)
def test_dilation_is_scikit_images(shape: Shape, radius: int) -> None:
    for seed, size in enumerate([(61, 83), (40, 7), (1, 50), (33, 1)]):
        mask = soft_mask(*size, seed)
        mask[-1, -1] = 9
        wanted = reference.dilation(mask, FOOTPRINTS[shape](radius))
        np.testing.assert_array_equal(dilate(mask, radius, shape), wanted)


@pytest.mark.parametrize("radius", [*RADII, 4, 64, 70])
@pytest.mark.parametrize("shape", FOOTPRINTS)
def test_dilation_of_masks_without_grey_is_scikit_images(shape: Shape, radius: int) -> None:
    for seed, size in enumerate([(61, 83), (40, 7), (1, 50), (33, 1), (150, 160)]):
        mask = np.where(soft_mask(*size, seed) > 128, 255, 0).astype(np.uint8)
        mask[-1, -1] = 255
        wanted = reference.dilation(mask, FOOTPRINTS[shape](radius))
        np.testing.assert_array_equal(dilate(mask, radius, shape), wanted)


@pytest.mark.parametrize("radius", [1, 4, 9])
@pytest.mark.parametrize("shape", FOOTPRINTS)
def test_erosion_is_scikit_images(shape: Shape, radius: int) -> None:
    mask = inverted(soft_mask(50, 70, 5))
    wanted = reference.erosion(mask, FOOTPRINTS[shape](radius))
    np.testing.assert_array_equal(erode(mask, radius, shape), wanted)


def test_a_radius_between_pixels_counts_as_the_formula_says() -> None:
    mask = np.zeros((9, 9), np.uint8)
    mask[4, 4] = 255
    rows, columns = np.mgrid[-4:5, -4:5]
    for radius in (0.5, 1.0, 1.41, 1.42, 2.3, 3.7):
        disk = rows**2 + columns**2 <= radius**2
        np.testing.assert_array_equal(dilate(mask, radius) == 255, disk)
        diamond = abs(rows) + abs(columns) <= radius
        np.testing.assert_array_equal(dilate(mask, radius, "diamond") == 255, diamond)


def test_the_mask_given_stays_as_it_is() -> None:
    mask = soft_mask(30, 30, 1)
    before = mask.copy()
    for changed in (dilate(mask, 3), erode(mask, 3), feathered(mask, 2)):
        assert not np.shares_memory(changed, mask)
    np.testing.assert_array_equal(mask, before)


@pytest.mark.parametrize("radius", [-1, float("nan"), float("inf")])
def test_a_radius_that_is_none_is_refused(radius: float) -> None:
    with pytest.raises(ValueError, match="radius"):
        dilate(soft_mask(5, 5, 0), radius)


def test_huge_radii_fill_the_mask() -> None:
    mask = np.zeros((20, 30), np.uint8)
    mask[3, 4] = 77
    assert (dilate(mask, 1000) == 77).all()
    assert (dilate(np.zeros((4, 4), np.uint8), 1000) == 0).all()


def test_feathering_leaves_the_edge_in_its_place() -> None:
    mask = np.zeros((40, 40), np.uint8)
    mask[:, 20:] = 255
    soft = feathered(mask, 3)
    np.testing.assert_array_equal(soft >= 128, mask >= 128)
    assert 0 < soft[20, 18] < 128 < soft[20, 21] < 255


@pytest.mark.parametrize("radius", range(34))
def test_every_radius_is_scikit_images_up_to_the_border(radius: int) -> None:
    mask = soft_mask(47, 39, radius)
    mask[0, 0], mask[-1, 0] = 200, 90
    wanted = reference.dilation(mask, FOOTPRINTS["disk"](radius))
    np.testing.assert_array_equal(dilate(mask, radius), wanted)
