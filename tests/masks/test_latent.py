"""The latent grid against its plain definition."""

from __future__ import annotations

import math

import numpy as np
import pytest

from maskprep.masks.latent import area_weights
from tests.datasets import drawn


def added(cell: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> float:
    """Add a cell's pixels one by one in float32, then divide by its sides."""
    values = cell.astype(np.float32).ravel() / np.float32(255)
    height, width = (np.float32(side) for side in cell.shape)
    return float(np.add.accumulate(values)[-1] / height / width)


def plain(mask: np.ndarray[tuple[int, ...], np.dtype[np.uint8]], stride: int) -> list[list[float]]:
    """Average cell by cell, as the definition says."""
    height, width = mask.shape
    rows, columns = height // stride, width // stride
    return [
        [
            added(
                mask[
                    i * height // rows : math.ceil((i + 1) * height / rows),
                    j * width // columns : math.ceil((j + 1) * width / columns),
                ]
            )
            for j in range(columns)
        ]
        for i in range(rows)
    ]


SIZES = [(64, 64), (72, 40), (500, 500), (333, 129), (8, 8), (15, 23)]


@pytest.mark.parametrize(
    ("size", "stride"),
    [(size, stride) for size in SIZES for stride in (8, 16, 32) if min(size) >= stride],
)
def test_weights_are_the_means_of_the_cells(size: tuple[int, int], stride: int) -> None:
    mask = np.random.default_rng(7).integers(0, 256, size, np.uint8)
    weights = area_weights(mask, stride)
    assert weights.dtype == np.float32
    np.testing.assert_array_equal(weights, np.array(plain(mask, stride), np.float32))


@pytest.mark.parametrize("stride", [8, 32])
@pytest.mark.parametrize("cells", [1, 2, 3])
def test_few_cells_of_many_are_added_up_in_the_same_order(cells: int, stride: int) -> None:
    mask = np.zeros((20 * stride, 20 * stride), np.uint8)
    values = np.random.default_rng(cells).integers(0, 256, (stride, cells * stride), np.uint8)
    mask[stride : 2 * stride, : cells * stride] = values
    weights = area_weights(mask, stride)
    wanted = np.array(plain(values, stride), np.float32)
    np.testing.assert_array_equal(weights[1:2, :cells], wanted)


def test_a_drawn_mask_gives_its_own_picture_back() -> None:
    mask = drawn("#.+ .#.")
    wanted = np.array([[1, 0, 128 / 255], [0, 1, 0]])
    np.testing.assert_allclose(area_weights(mask, 8), wanted, atol=1e-7)


def test_white_weighs_exactly_one_and_black_exactly_zero() -> None:
    for value, weight in ((255, 1.0), (0, 0.0)):
        for side in (1024, 1000):
            weights = area_weights(np.full((side, side), value, np.uint8), 8)
            assert set(np.unique(weights)) == {weight}


def test_127_weighs_a_half() -> None:
    assert float(area_weights(np.full((64, 64), 127, np.uint8), 8)[0, 0]) == pytest.approx(0.498039)


def test_a_mask_smaller_than_a_cell_is_refused() -> None:
    with pytest.raises(ValueError, match="smaller than a cell"):
        area_weights(np.zeros((31, 64), np.uint8), 32)


def test_the_drift_of_float32_is_the_trainers() -> None:
    """Of a pale, smooth mask the exact mean is not what torch gives at a stride of 32."""
    mask = np.tile(np.linspace(200, 254, 64).astype(np.uint8), (64, 1))
    exact = mask.reshape(2, 32, 2, 32).mean(axis=(1, 3), dtype=np.float64) / 255
    drift = float(np.abs(area_weights(mask, 32) - exact).max())
    assert 1e-7 < drift < 5e-5
