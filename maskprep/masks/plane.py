"""Planes: what is taken for a mask, and where something is in one."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.uint8]
#: What functions on masks take: of bool, True trains.
AnyMask = NDArray[np.uint8] | NDArray[np.bool_]


def as_mask(mask: AnyMask, *, is_plane: bool = True) -> Mask:
    """Take an array for a mask.

    Parameters
    ----------
    mask : ndarray of uint8 or bool
        255 or True trains.
    is_plane : bool
        Whether it must have two dimensions.

    Returns
    -------
    ndarray of uint8
        `mask` itself where it is of that type.

    Raises
    ------
    TypeError
        It is no array, or of another type: which values train is not known then.
    ValueError
        It is no plane.

    Examples
    --------
    >>> as_mask(np.array([[True, False]]))
    array([[255,   0]], dtype=uint8)
    """
    if not isinstance(mask, np.ndarray):
        raise TypeError(f"a mask is a numpy array, this is a {type(mask).__name__}")
    if mask.dtype not in (np.uint8, np.bool_):
        hint = ": scale it to 0 to 255, and round it" if mask.dtype.kind == "f" else ""
        raise TypeError(f"a mask is of uint8, 255 trains, or of bool; this is {mask.dtype}{hint}")
    if is_plane and mask.ndim != 2:
        raise ValueError(f"a mask is of shape (H, W); this is {mask.shape}: take one channel")
    if mask.dtype == np.bool_:
        black_and_white: Mask = np.where(mask, np.uint8(255), np.uint8(0))
        return black_and_white
    return np.asarray(mask, np.uint8)


def nonzero(plane: NDArray[Any]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Find what is not 0, as `numpy.nonzero` does: of a plane that takes ten times as long.

    Parameters
    ----------
    plane : ndarray, shape (H, W)
        Of any type.

    Returns
    -------
    rows, columns : ndarray of int64, shape (n,)
        Row by row.

    Examples
    --------
    >>> [each.tolist() for each in nonzero(np.array([[0, 7], [7, 0]]))]
    [[0, 1], [1, 0]]
    """
    # Looking for what is true is several times as fast as for what is not 0.
    rows, columns = np.divmod(np.flatnonzero(plane != 0), plane.shape[1])
    return rows, columns


def stable_order(numbers: NDArray[np.int64]) -> NDArray[np.intp]:
    """Give the places of numbers in rising order, equal ones as they come.

    Parameters
    ----------
    numbers : ndarray of int64, shape (n,)
        At least 0.

    Returns
    -------
    ndarray of intp, shape (n,)

    Examples
    --------
    >>> stable_order(np.array([2, 0, 2, 1])).tolist()
    [1, 3, 0, 2]
    """
    # Numbers of 16 bits are sorted by their digits, in a fraction of the time.
    is_narrow = int(numbers.max(initial=0)) <= np.iinfo(np.uint16).max
    return np.argsort(numbers.astype(np.uint16) if is_narrow else numbers, kind="stable")
