"""Single pixels of what OpenCV's area kernel gives, bit for bit.

``cv2.resize`` takes as long as decoding a mask, and knows whole pictures only; what was changed
in one place needs no new averages elsewhere.

*Source*: opencv/opencv 4.10.0, modules/imgproc/src/resize.cpp, computeResizeAreaTab and
ResizeArea_Invoker: float32, along rows first, tap by tap, rounded half to even. The tests hold
the installed version against it.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from maskprep.masks.taps import Taps
from maskprep.model import Size

Mask = NDArray[np.uint8]
Floats = NDArray[np.float32]
Places = NDArray[np.int64]

#: Share of a pixel below which OpenCV leaves it out.
_NOTHING = 1e-3


def applies(mask: Mask, size: Size) -> bool:
    """Tell whether OpenCV averages at fractions of a pixel; else it has other ways.

    Parameters
    ----------
    mask : ndarray of uint8, shape (H, W) or (H, W, C)
        To be resized.
    size : Size
        Wanted.

    Returns
    -------
    bool
        True for one channel, no side of which grows, and that is not divided evenly.
    """
    if mask.ndim != 2 or size.height > mask.shape[0] or size.width > mask.shape[1]:
        return False
    return bool(mask.shape[0] % size.height or mask.shape[1] % size.width)


def shrink_at(mask: Mask, size: Size, rows: Places, columns: Places) -> Mask:
    """Work out some pixels of a shrunken mask.

    Parameters
    ----------
    mask : ndarray of uint8, shape (H, W)
        To which `applies`.
    size : Size
        Of the whole result, px.
    rows, columns : ndarray of int64
        Pixels of the result; of shapes that numpy broadcasts.

    Returns
    -------
    ndarray of uint8, shape of both
        Bit for bit those of ``cv2.resize(…, interpolation=cv2.INTER_AREA)``.

    Examples
    --------
    >>> mask = np.array([[0, 255, 255], [0, 0, 255]], np.uint8)
    >>> shrink_at(mask, Size(2, 2), np.array([0, 0]), np.array([0, 1]))
    array([ 85, 255], dtype=uint8)
    """
    down, across = _taps(mask.shape[0], size.height), _taps(mask.shape[1], size.width)
    flat, beside = mask.ravel(), across.at(columns)
    lines = (
        _in_turn(flat.take(row * mask.shape[1] + column) * share for column, share in beside)
        * row_share
        for row, row_share in down.at(rows)
    )
    return np.rint(_in_turn(lines)).astype(np.uint8)


def _in_turn(terms: Iterator[Floats]) -> Floats:
    """Add up in float32, one after the other; the terms are nobody else's."""
    total = next(terms)
    for each in terms:
        total += each
    return total


@lru_cache(maxsize=64)
def _taps(length: int, target: int) -> Taps:
    scale = length / target
    start = np.arange(target) * scale
    end = start + scale
    cell = np.minimum(scale, length - start)
    last = np.minimum(np.floor(end), length - 1).astype(np.int64)
    first = np.minimum(np.ceil(start).astype(np.int64), last)
    head, tail = first - start > _NOTHING, end - last > _NOTHING
    before = first - head
    places = before[:, None] + np.arange(int((last - before).max()) + 1)
    whole = (places >= first[:, None]) & (places < last[:, None])
    shares = np.where(whole, (1 / cell)[:, None], 0)
    shares[head, 0] = ((first - start) / cell)[head]
    shares[tail, (last - before)[tail]] = (np.minimum(np.minimum(end - last, 1), cell) / cell)[tail]
    return Taps(np.minimum(places, length - 1).T.copy(), shares.T.astype(np.float32))
