"""The allowance of the parity tests: one step of 255 in one pixel, and nothing else."""

from __future__ import annotations

import numpy as np
import pytest

from maskprep.masks.latent import area_weights
from tests.trainers.rounding import is_one_pixel_apart

MASK = np.random.default_rng(9).integers(0, 255, (64, 96), np.uint8)


@pytest.mark.parametrize("stride", [8, 16])
@pytest.mark.parametrize("kernel", ["linear", "cubic"])
def test_one_pixel_may_be_rounded_the_other_way(kernel: str, stride: int) -> None:
    wanted, moved = area_weights(MASK, stride), MASK.copy()
    assert not is_one_pixel_apart(wanted, wanted, {kernel}, stride)
    moved[20, 30] += 1
    weights = area_weights(moved, stride)
    assert is_one_pixel_apart(weights, wanted, {kernel}, stride)
    assert is_one_pixel_apart(wanted, weights, {kernel, "area"}, stride)


@pytest.mark.parametrize("stride", [8, 16])
@pytest.mark.parametrize(
    ("kernels", "where", "steps"),
    [
        ({"cubic"}, [(20, 30)], 2),
        ({"linear"}, [(20, 30), (21, 30)], 1),  # of one cell
        ({"linear"}, [(20, 30), (50, 70)], 1),  # of two
        ({"area"}, [(20, 30)], 1),
        ({"nearest"}, [(20, 30)], 1),
        ({"pillow-lanczos"}, [(20, 30)], 1),
        ({"pillow-box"}, [(20, 30)], 1),
        (set(), [(20, 30)], 1),  # not resized
    ],
)
def test_more_is_refused(
    kernels: set[str], where: list[tuple[int, int]], steps: int, stride: int
) -> None:
    moved = np.minimum(MASK, 250)
    wanted = area_weights(moved, stride)
    for place in where:
        moved[place] += steps
    with pytest.raises(AssertionError, match="apart"):
        is_one_pixel_apart(area_weights(moved, stride), wanted, kernels, stride)
