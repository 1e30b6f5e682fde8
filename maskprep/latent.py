"""The latent grid: from a mask at bucket size to one weight per cell."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray


def area_weights(mask: NDArray[np.uint8], stride: int) -> NDArray[np.float32]:
    """Average a mask over the cells of the latent grid.

    Parameters
    ----------
    mask : ndarray of uint8, shape (H, W)
        The mask at bucket size, 255 trains.
    stride : int
        Pixels per latent cell, on each side.

    Returns
    -------
    ndarray of float32, shape (H // stride, W // stride)
        The weight of each cell, [0, 1].

    Raises
    ------
    ValueError
        A side of the mask is shorter than one cell.

    Notes
    -----
    Where a side is no whole multiple of `stride`, neighbouring cells share pixels: cell i takes
    rows floor(i·H/m) to ceil((i+1)·H/m), m = H // stride.

    *Source*: kohya-ss/sd-scripts v0.10.1, library/custom_train_functions.py, apply_masked_loss
    (torch ``interpolate(mode="area")``); truth: all weight cases.

    Examples
    --------
    >>> mask = np.zeros((16, 16), np.uint8)
    >>> mask[:8, 4:8] = 255
    >>> area_weights(mask, 8)
    array([[0.5, 0. ],
           [0. , 0. ]], dtype=float32)
    """
    height, width = mask.shape
    rows, columns = height // stride, width // stride
    if not rows or not columns:
        raise ValueError(f"mask of {width} x {height} px is smaller than a cell of {stride} px")
    if height % stride == 0 and width % stride == 0:
        means = cv2.resize(mask.astype(np.float32), (columns, rows), interpolation=cv2.INTER_AREA)
        return np.asarray(means / np.float32(255), dtype=np.float32)
    sums = _window_sums(_window_sums(mask.astype(np.int64), rows).T, columns).T
    areas = np.outer(np.diff(_window_edges(height, rows)), np.diff(_window_edges(width, columns)))
    return np.asarray(sums / (255.0 * areas), dtype=np.float32)


def _window_edges(length: int, cells: int) -> NDArray[np.int64]:
    index = np.arange(cells, dtype=np.int64)
    start = index * length // cells
    end = -((index + 1) * length // -cells)
    return np.stack([start, end], axis=1)


def _window_sums(values: NDArray[np.int64], cells: int) -> NDArray[np.int64]:
    total = np.concatenate([np.zeros((1, values.shape[1]), np.int64), np.cumsum(values, axis=0)])
    edges = _window_edges(values.shape[0], cells)
    return np.asarray(total[edges[:, 1]] - total[edges[:, 0]])
