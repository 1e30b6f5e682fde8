"""The latent grid: from a mask at bucket size to one weight per cell."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from maskprep.masks.plane import AnyMask, as_mask, nonzero

#: Bytes that are compared at once, and a word with one in each.
_WORD = 8
_EACH_BYTE = np.uint64(0x0101010101010101)
#: Cells up to which all are added up: looking for those of one value takes longer.
_FEW = 256
#: What each byte weighs.
_VALUES = np.arange(256, dtype=np.float32) / np.float32(255)


def area_weights(mask: AnyMask, stride: int) -> NDArray[np.float32]:
    """Average a mask over the cells of the latent grid.

    Parameters
    ----------
    mask : ndarray of uint8 or bool, shape (H, W)
        The mask at bucket size, 255 or True trains.
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
    The pixels of a cell are added one by one, row by row, in float32, as torch does on a CPU: at
    a stride of 32 the order of the additions shows in the fifth digit. Most cells of a mask hold
    one value alone, whose sum is looked up.

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
    mask = as_mask(mask)
    height, width = mask.shape
    rows, columns = height // stride, width // stride
    if not rows or not columns:
        raise ValueError(f"mask of {width} x {height} px is smaller than a cell of {stride} px")
    if height % stride == 0 and width % stride == 0:
        total = _sums_of_cells(mask, stride)
        return np.asarray(total / np.float32(stride) / np.float32(stride))
    return _overlapping(_VALUES[mask], rows, columns)


def _sums_of_cells(mask: NDArray[np.uint8], stride: int) -> NDArray[np.float32]:
    height, width = mask.shape
    grid = (height // stride, stride, width // stride, stride)
    first = mask[::stride, ::stride]
    mixed = ~_uniform(mask, first, stride) if first.size > _FEW else np.ones(first.shape, bool)
    cells = mask.reshape(grid)
    if 4 * np.count_nonzero(mixed) > first.size:
        return _sums(cells.transpose(1, 3, 0, 2).reshape(stride**2, -1)).reshape(first.shape)
    total = _sums_of_one_value(stride)[first]
    rows, columns = nonzero(mixed)
    total[rows, columns] = _sums(cells[rows, :, columns].reshape(-1, stride**2).T)
    return total


def _sums(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Add up cells' pixels, shape (pixels of a cell, cells), in float32, one after the other."""
    values = np.ascontiguousarray(pixels) / np.float32(255)
    if values.shape[1] == 1:  # numpy would add up its halves
        return np.asarray(np.add.accumulate(values, axis=0)[-1])
    return np.asarray(np.add.reduce(values, axis=0))


def _uniform(mask: NDArray[np.uint8], first: NDArray[np.uint8], stride: int) -> NDArray[np.bool_]:
    """Tell which cells hold their first pixel's value alone."""
    if stride % _WORD:
        return np.zeros(first.shape, bool)
    words = np.ascontiguousarray(mask).view(np.uint64)
    wanted = np.repeat(first * _EACH_BYTE, stride // _WORD, axis=1)[:, None]
    alike = (words.reshape(len(first), stride, -1) == wanted).all(axis=1)
    return np.asarray(alike.reshape(*first.shape, -1).all(axis=2))


@cache
def _sums_of_one_value(stride: int) -> NDArray[np.float32]:
    return _sums(np.broadcast_to(np.arange(256, dtype=np.uint8), (stride**2, 256)))


def _overlapping(values: NDArray[np.float32], rows: int, columns: int) -> NDArray[np.float32]:
    height, width = values.shape
    tops, bottoms = _window_edges(height, rows)
    lefts, rights = _window_edges(width, columns)
    heights, widths = bottoms - tops, rights - lefts
    total = np.zeros((rows, columns), np.float32)
    for down in range(int(heights.max())):
        lines = values[np.minimum(tops + down, height - 1)]
        for across in range(int(widths.max())):
            inside = (down < heights)[:, None] & (across < widths)
            pixels = lines[:, np.minimum(lefts + across, width - 1)]
            total += np.where(inside, pixels, np.float32(0))
    total /= heights[:, None].astype(np.float32)
    total /= widths.astype(np.float32)
    return total


def _window_edges(length: int, cells: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    index = np.arange(cells, dtype=np.int64)
    return index * length // cells, -((index + 1) * length // -cells)


def told(weight: float, limit: float) -> str:
    """Write a weight with as many digits as show on which side of a limit it is, two at least.

    Parameters
    ----------
    weight : float
        [0, 1].
    limit : float
        A weight under which it is too small.

    Returns
    -------
    str
        A number.

    Examples
    --------
    >>> told(0.397, 0.4), told(0.4, 0.4), told(0.351, 0.4)
    ('0.397', '0.40', '0.35')
    """
    is_under = weight < limit
    digits = next(each for each in range(2, 18) if (round(weight, each) < limit) is is_under)
    return f"{weight:.{digits}f}"
