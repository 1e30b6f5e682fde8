"""Single pixels of what OpenCV's area kernel gives, bit for bit.

``cv2.resize`` takes as long as decoding a mask, and knows whole pictures only; what was changed
in one place needs no new averages elsewhere.

*Source*: opencv/opencv 4.10.0, modules/imgproc/src/resize.cpp, computeResizeAreaTab and
ResizeArea_Invoker: float32, along rows first, tap by tap, rounded half to even. The tests hold
the installed version against it.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache, reduce
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from maskprep.model import Size

Mask = NDArray[np.uint8]
Floats = NDArray[np.float32]
Places = NDArray[np.int64]

#: Share of a pixel below which OpenCV leaves it out.
_NOTHING = 1e-3


class _Taps(NamedTuple):
    """Along one side: which pixels each pixel of the result is made of, and their shares.

    Both of shape (taps, pixels of the result).
    """

    places: Places
    shares: Floats


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
    rows, columns : ndarray of int64, of one shape
        Pixels of the result.

    Returns
    -------
    ndarray of uint8, shape of `rows`
        Bit for bit those of ``cv2.resize(…, interpolation=cv2.INTER_AREA)``.

    Examples
    --------
    >>> mask = np.array([[0, 255, 255], [0, 0, 255]], np.uint8)
    >>> shrink_at(mask, Size(2, 2), np.array([0, 0]), np.array([0, 1]))
    array([ 85, 255], dtype=uint8)
    """
    down, across = _taps(mask.shape[0], size.height), _taps(mask.shape[1], size.width)
    flat = mask.ravel()
    beside, shares = across.places.take(columns, axis=1), across.shares.take(columns, axis=1)
    lines = (
        _in_turn(flat.take(line * mask.shape[1] + beside) * shares)
        for line in down.places.take(rows, axis=1)
    )
    averages = _in_turn(
        line * share for line, share in zip(lines, down.shares.take(rows, axis=1), strict=True)
    )
    return np.rint(averages).astype(np.uint8)


def _in_turn(terms: Iterable[Floats]) -> Floats:
    """Add up in float32, one after the other."""
    return reduce(np.add, terms)


@lru_cache(maxsize=64)
def _taps(length: int, target: int) -> _Taps:
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
    return _Taps(np.minimum(places, length - 1).T.copy(), shares.T.astype(np.float32))
