"""Packed masks against scikit-image, and against themselves byte by byte."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pytest
from numpy.typing import NDArray
from skimage import morphology as reference

from maskprep.masks.morphology import dilate, erode
from maskprep.masks.packed import Packed

SIZES = [(1, 1), (3, 200), (40, 63), (41, 64), (37, 65), (50, 127), (90, 128), (33, 300)]


def drawn(packed: Packed) -> NDArray[np.bool_]:
    canvas = np.zeros(packed.shape_hw, bool)
    rows, columns = packed.pixels()
    inside = (rows >= 0) & (rows < canvas.shape[0]) & (columns >= 0) & (columns < canvas.shape[1])
    canvas[rows[inside], columns[inside]] = True
    return canvas


def blots(height: int, width: int, share: float) -> NDArray[np.bool_]:
    random = np.random.default_rng(height * width)
    coarse = random.random((height // 4 + 1, width // 4 + 1)) < share
    fine = random.random((height, width)) < 0.02
    return np.asarray(np.kron(coarse, np.ones((4, 4), bool))[:height, :width] ^ fine)


@pytest.mark.parametrize(("height", "width"), SIZES)
def test_packing_keeps_every_pixel(height: int, width: int) -> None:
    mask = blots(height, width, 0.5)
    packed = Packed.of(mask, 9)
    rows, columns = np.indices(mask.shape).reshape(2, -1)
    np.testing.assert_array_equal(drawn(packed), mask)
    np.testing.assert_array_equal(packed.at(rows, columns), mask.ravel())


@pytest.mark.parametrize("radius", [0, 1, 2, 3, 8, 16, 31, 70])
@pytest.mark.parametrize(("height", "width"), SIZES)
def test_dilation_is_that_of_bytes(height: int, width: int, radius: int) -> None:
    mask = blots(height, width, 0.1)
    packed = Packed.of(mask, radius).without(Packed.of(np.zeros_like(mask), radius))
    shapes: tuple[Literal["disk", "square"], ...] = ("disk", "square")
    for shape in shapes:
        wanted = dilate(mask.astype(np.uint8), radius, shape)
        np.testing.assert_array_equal(drawn(packed.dilated(radius, shape)), wanted > 0)


@pytest.mark.parametrize("radius", [1, 4, 8, 32])
@pytest.mark.parametrize(("height", "width"), SIZES)
def test_opening_is_that_of_bytes_with_the_border_replicated(
    height: int, width: int, radius: int
) -> None:
    mask = blots(height, width, 0.9)
    whole = dilate(erode(np.pad(mask, radius, "edge").astype(np.uint8), radius), radius)
    wanted = whole[radius:-radius, radius:-radius] > 0
    np.testing.assert_array_equal(drawn(Packed.of(mask, radius).opened(radius)), wanted)


@pytest.mark.parametrize("radius", [1, 8])
def test_opening_is_scikit_images_away_from_the_border(radius: int) -> None:
    mask = np.pad(blots(108, 135, 0.8), 3 * radius)
    wanted = reference.opening(mask.astype(np.uint8), reference.disk(radius))  # type: ignore[no-untyped-call]
    np.testing.assert_array_equal(drawn(Packed.of(mask, radius).opened(radius)), wanted > 0)


@pytest.mark.parametrize("side", [1, 2, 3, 4, 7])
@pytest.mark.parametrize(("height", "width"), SIZES)
def test_opening_by_a_square_keeps_all_squares_that_fit(height: int, width: int, side: int) -> None:
    mask = blots(height, width, 0.7)
    padded = np.pad(mask, side, "edge")
    wanted = np.zeros_like(padded)
    for row in range(padded.shape[0] - side + 1):
        for column in range(padded.shape[1] - side + 1):
            part = np.s_[row : row + side, column : column + side]
            if padded[part].all():
                wanted[part] = True
    found = drawn(Packed.of(mask, side).opened_by_square(side))
    np.testing.assert_array_equal(found, wanted[side:-side, side:-side])


def test_the_border_is_no_edge_for_the_opening() -> None:
    mask = np.zeros((40, 40), bool)
    mask[:10] = True
    np.testing.assert_array_equal(drawn(Packed.of(mask, 8).opened(8)), mask)


def test_what_is_taken_out_is_gone_and_the_margin_with_it() -> None:
    mask = blots(30, 70, 0.5)
    packed = Packed.of(mask, 5)
    assert not packed.without(packed).words.any()
    np.testing.assert_array_equal(
        drawn(packed.without(packed.opened(2))), mask & ~drawn(packed.opened(2))
    )
