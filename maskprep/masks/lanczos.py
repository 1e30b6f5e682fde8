"""Single pixels of what Pillow's Lanczos kernel gives, bit for bit.

``Image.resize`` knows whole pictures only; what was changed in one place needs no sums elsewhere.

*Source*: python-pillow/Pillow 11.0.0, src/libImaging/Resample.c, precompute_coeffs,
normalize_coeffs_8bpc, ImagingResampleHorizontal_8bpc and ImagingResampleVertical_8bpc: shares in
2^22ths, along rows first, each sum cut to a byte. The tests hold the installed version against it.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from maskprep.model import Size

Mask = NDArray[np.uint8]
Places = NDArray[np.int64]

_SUPPORT, _BITS = 3.0, 22


class _Taps(NamedTuple):
    """Along one side: which pixels each pixel of the result is made of, and their shares.

    Both of shape (taps, pixels of the result); shares in 2^22ths.
    """

    places: Places
    shares: Places


def applies(mask: Mask, size: Size) -> bool:
    """Tell whether all releases of Pillow go the same way.

    Parameters
    ----------
    mask : ndarray of uint8, shape (H, W) or (H, W, C)
        To be resized.
    size : Size
        Wanted.

    Returns
    -------
    bool
        True for one channel that does not become lower: newer releases (13.0) may take that along
        columns first.
    """
    return mask.ndim == 2 and size.height >= mask.shape[0]


def resized_at(mask: Mask, size: Size, rows: Places, columns: Places) -> Mask:
    """Work out some pixels of a resized mask.

    Parameters
    ----------
    mask : ndarray of uint8, shape (H, W)
        To which it `applies`.
    size : Size
        Of the whole result, px.
    rows, columns : ndarray of int64, of one shape
        Pixels of the result.

    Returns
    -------
    ndarray of uint8, shape of `rows`
        Bit for bit those of ``Image.fromarray(mask).resize(size, Image.Resampling.LANCZOS)``.

    Examples
    --------
    >>> resized_at(np.array([[0, 255]], np.uint8), Size(3, 1), np.array([0, 0]), np.array([0, 1]))
    array([  0, 128], dtype=uint8)
    """
    down, across = _taps(mask.shape[0], size.height), _taps(mask.shape[1], size.width)
    flat = mask.ravel()
    beside, shares = across.places.take(columns, axis=1), across.shares.take(columns, axis=1)
    lines = (
        _in_bytes((flat.take(line * mask.shape[1] + beside) * shares).sum(axis=0))
        for line in down.places.take(rows, axis=1)
    )
    parts = zip(lines, down.shares.take(rows, axis=1), strict=True)
    total = sum(line * share for line, share in parts)
    return _in_bytes(np.asarray(total)).astype(np.uint8)


def _in_bytes(sums: Places) -> Places:
    cut: Places = np.clip((sums + (1 << (_BITS - 1))) >> _BITS, 0, 255)
    return cut


@lru_cache(maxsize=64)
def _taps(length: int, target: int) -> _Taps:
    if length == target:  # Pillow leaves such a side alone
        return _Taps(np.arange(length)[None], np.full((1, length), 1 << _BITS))
    scale = length / target
    stretch = max(scale, 1.0)
    support = _SUPPORT * stretch
    centres = (np.arange(target) + 0.5) * scale
    first = np.maximum((centres - support + 0.5).astype(np.int64), 0)
    stop = np.minimum((centres + support + 0.5).astype(np.int64), length)
    places = first[:, None] + np.arange(int((stop - first).max()))
    away = (places - centres[:, None] + 0.5) * (1 / stretch)
    weights = np.where(places < stop[:, None], _lanczos(away), 0)
    total = np.zeros(target)
    for each in weights.T:
        total += each
    weights /= total[:, None]
    shares = np.trunc(weights * (1 << _BITS) + np.copysign(0.5, weights)).astype(np.int64)
    return _Taps(np.minimum(places, length - 1).T.copy(), shares.T.copy())


def _lanczos(away: NDArray[np.float64]) -> NDArray[np.float64]:
    inside = (away >= -_SUPPORT) & (away < _SUPPORT)
    return np.where(inside, _sinc(away) * _sinc(away / _SUPPORT), 0)


def _sinc(away: NDArray[np.float64]) -> NDArray[np.float64]:
    turned = away * math.pi
    safe = np.where(turned == 0, 1, turned)
    return np.where(turned == 0, 1, np.sin(safe) / safe)
