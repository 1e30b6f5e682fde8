"""Masks in bytes, where 255 trains, and in floats, where 1 does."""

from __future__ import annotations

from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

#: A mask at bucket size in whichever its trainer goes on: bytes up to 255, or floats up to 1.
Placed: TypeAlias = NDArray[np.uint8] | NDArray[np.float32]


def in_bytes(mask: Placed) -> NDArray[np.uint8]:
    """Give a mask as people look at it.

    Parameters
    ----------
    mask : ndarray of uint8 or float32
        255 or 1 trains; floats may lie beyond, or be no numbers.

    Returns
    -------
    ndarray of uint8, of the same shape
        Rounded to the nearest; what is no number is 0.

    Examples
    --------
    >>> in_bytes(np.array([-0.1, 0.5, 1.0, 257.0, np.nan], np.float32))
    array([  0, 128, 255, 255,   0], dtype=uint8)
    """
    if mask.dtype == np.uint8:
        return np.asarray(mask, np.uint8)
    in_range = np.clip(np.nan_to_num(mask, nan=0), 0, 1)
    return np.asarray(np.rint(in_range * np.float32(255)), np.uint8)


def in_floats(mask: Placed) -> NDArray[np.float32]:
    """Give a mask in floats: bytes by 255, floats as they are."""
    if mask.dtype == np.uint8:
        return np.asarray(mask / np.float32(255), np.float32)
    return np.asarray(mask, np.float32)


def other_way_round(mask: Placed) -> Placed:
    """Swap what trains and what is ignored, in bytes or in floats."""
    if mask.dtype == np.uint8:
        return np.asarray(cv2.bitwise_not(mask), np.uint8)
    return np.asarray(np.float32(1) - mask, np.float32)
