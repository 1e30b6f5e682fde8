"""What processors may differ in: one pixel, rounded the other way by OpenCV's kernels.

OpenCV takes other paths on processors with other vector instructions (AVX-512, for instance), and
may round a value between two steps of 255 the other way there. Of its area kernel, and of Pillow's
kernels, that has not been seen: they are held to 1e-5.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np

#: OpenCV's kernels that may, by `maskprep.masks.resample`'s names.
ROUNDED = frozenset({"linear", "cubic"})
EXACT = 1e-5
#: The property under which a test tells the terminal's summary whether a pixel was rounded.
PROPERTY = "one-pixel-rounded"

Weights = np.ndarray[Any, np.dtype[np.float32]]


def is_one_pixel_apart(
    weights: Weights, wanted: Weights, kernels: Collection[str], stride: int
) -> bool:
    """Tell weights that are one step of 255 in one pixel away; AssertionError if they are further.

    One of `kernels`, by which the mask was resized, has to be in `ROUNDED`.
    """
    apart = np.abs(weights.astype(np.float64) - wanted)
    beyond = apart[apart > EXACT]
    if not beyond.size:
        return False
    assert ROUNDED & set(kernels), f"{beyond.max():.3g} apart, by {sorted(kernels)}"
    assert beyond.size == 1, f"{beyond.size} cells apart"
    step = 1 / 255 / stride**2
    assert beyond[0] <= step + 1e-6, f"{beyond[0] / step:.2f} steps apart"
    return True
