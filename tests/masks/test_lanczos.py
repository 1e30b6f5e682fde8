"""The Lanczos kernel, pixel by pixel, against the installed Pillow's."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from maskprep.masks import lanczos
from maskprep.model import Size

#: From width and height to width and height: both grow, one stays, one shrinks.
SIZES = [
    ((40, 31), (64, 57)),
    ((117, 90), (119, 91)),
    ((200, 150), (61, 151)),
    ((90, 33), (45, 66)),
    ((50, 50), (50, 80)),
    ((50, 50), (80, 50)),
    ((1, 1), (9, 7)),
    ((300, 2), (1, 2)),
    ((9, 200), (800, 201)),
]


@pytest.mark.parametrize(("before", "after"), SIZES)
def test_every_pixel_is_pillows(before: tuple[int, int], after: tuple[int, int]) -> None:
    random = np.random.default_rng(before[0])
    noise = random.integers(0, 256, before[::-1], dtype=np.uint8)
    rows, columns = np.indices(after[::-1])
    for mask in (noise, np.where(noise < 128, np.uint8(0), np.uint8(255))):
        wanted = np.asarray(Image.fromarray(mask).resize(after, Image.Resampling.LANCZOS))
        assert lanczos.applies(mask, Size(*after))
        np.testing.assert_array_equal(lanczos.resized_at(mask, Size(*after), rows, columns), wanted)


@pytest.mark.parametrize("seed", range(30))
def test_sizes_at_random_are_pillows(seed: int) -> None:
    random = np.random.default_rng(seed)
    height, width, tall, wide = (int(side) for side in random.integers(1, 260, 4))
    mask, size = random.integers(0, 256, (height, width), dtype=np.uint8), Size(wide, tall)
    rows, columns = random.integers(0, tall, 500), random.integers(0, wide, 500)
    wanted = np.asarray(Image.fromarray(mask).resize(size, Image.Resampling.LANCZOS))
    if lanczos.applies(mask, size):
        found = lanczos.resized_at(mask, size, rows, columns)
        np.testing.assert_array_equal(found, wanted[rows, columns])
