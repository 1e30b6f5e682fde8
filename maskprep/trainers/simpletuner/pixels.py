"""How SimpleTuner brings a mask to its target and to the latents.

*Source*: SimpleTuner bc8e6ab, helpers/image_manipulation/training_sample.py (resize, through
OpenCV's linear kernel on bytes) and helpers/models/common.py (loss: ``interpolate`` of mode area,
which is an adaptive mean). Truth: the weight cases of SimpleTuner.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from maskprep.masks.resample import resize
from maskprep.model import Placement


def at_target(pixels: NDArray[np.uint8], placement: Placement) -> NDArray[np.uint8]:
    """Bring a mask or a picture to its target.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (H, W) or (H, W, 3)
        As decoded.
    placement : Placement
        A crop drawn at random is taken at the centre.

    Returns
    -------
    ndarray of uint8, shape (bucket.height, bucket.width) or with 3 behind
    """
    resized, bucket = placement.resized, placement.bucket
    left, top = placement.crop_xy or (
        (resized.width - bucket.width) // 2,
        (resized.height - bucket.height) // 2,
    )
    across, down = slice(left, left + bucket.width), slice(top, top + bucket.height)
    return resize(pixels, resized, "linear", (down, across))


def at_latents(mask: NDArray[np.uint8], stride: int, is_segmentation: bool) -> NDArray[np.float32]:
    """Weigh the latent cells.

    Parameters
    ----------
    mask : ndarray of uint8, shape (H, W)
        255 trains.
    stride : int
        Pixels a cell.
    is_segmentation : bool
        Whether all that is not black trains in full.

    Returns
    -------
    ndarray of float32, shape (H // stride, W // stride)
        [0, 1]; sides that are no multiple of the stride make cells that overlap.
    """
    rows, columns = (_bounds(side, stride) for side in mask.shape)
    sums = np.zeros((mask.shape[0] + 1, mask.shape[1] + 1), np.int64)
    sums[1:, 1:] = mask.astype(np.int64).cumsum(0).cumsum(1)
    (top, bottom), (left, right) = rows, columns
    total = (
        sums[np.ix_(bottom, right)]
        - sums[np.ix_(top, right)]
        - sums[np.ix_(bottom, left)]
        + sums[np.ix_(top, left)]
    )
    if is_segmentation:
        return np.asarray(total > 0, np.float32)
    area = np.multiply.outer(bottom - top, right - left)
    return np.asarray(total / (area * 255), np.float32)


def _bounds(side: int, stride: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Tell where the cells of a side begin and end."""
    cells = side // stride
    places = np.arange(cells, dtype=np.int64)
    return places * side // cells, -(-(places + 1) * side // cells)
