"""The area kernel, pixel by pixel, against the installed OpenCV's."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from maskprep.masks import area
from maskprep.masks.resample import resize
from maskprep.model import Size


def masks(height: int, width: int) -> list[NDArray[np.uint8]]:
    random = np.random.default_rng(height * width)
    soft = np.zeros((height, width), np.uint8)
    cv2.circle(soft, (width // 2, height // 2), min(height, width) // 3, 255, -1, cv2.LINE_AA)
    return [
        random.integers(0, 256, (height, width), dtype=np.uint8),
        np.where(random.random((height, width)) < 0.5, np.uint8(255), np.uint8(0)),
        np.asarray(cv2.GaussianBlur(soft, (0, 0), 1.3), np.uint8),
    ]


@pytest.mark.parametrize("seed", range(40))
def test_every_pixel_is_opencvs(seed: int) -> None:
    random = np.random.default_rng(seed)
    height, width = (int(side) for side in random.integers(20, 700, 2))
    size = Size(int(random.integers(5, width + 1)), int(random.integers(5, height + 1)))
    rows, columns = np.indices((size.height, size.width))
    for mask in masks(height, width):
        if area.applies(mask, size):
            wanted = cv2.resize(mask, tuple(size), interpolation=cv2.INTER_AREA)
            np.testing.assert_array_equal(area.shrink_at(mask, size, rows, columns), wanted)


@pytest.mark.parametrize(
    "size", [Size(1, 1), Size(199, 1), Size(100, 75), Size(200, 75), Size(300, 40), Size(50, 400)]
)
def test_single_pixels_are_those_of_the_whole_by_every_kernel(size: Size) -> None:
    random = np.random.default_rng(1)
    rows, columns = random.integers(0, size.height, 50), random.integers(0, size.width, 50)
    (mask, *_) = masks(150, 200)
    for kernel in ("area", "linear", "nearest", "pillow-lanczos"):
        whole = resize(mask, size, kernel)
        np.testing.assert_array_equal(
            resize(mask, size, kernel, (rows, columns)), whole[rows, columns]
        )
        np.testing.assert_array_equal(resize(mask, size, kernel, np.s_[:1, 2:9]), whole[:1, 2:9])
