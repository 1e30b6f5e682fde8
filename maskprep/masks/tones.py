"""A mask's tones: what each value becomes, whatever lies beside it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from maskprep.masks.plane import AnyMask, as_mask

Mask = NDArray[np.uint8]


@dataclass(frozen=True)
class Tones:
    """What is done to a mask's values: levels, threshold, invert, floor, in this order.

    Attributes
    ----------
    levels : tuple of int, or None
        Black and white, 0 to 255; see `stretch`.
    threshold : int or None
        The least value that trains, 0 to 255; see `harden`.
    invert : bool
        See `invert`.
    floor : float or None
        The least weight, 0 to 1; see `lift`.
    """

    levels: tuple[int, int] | None = None
    threshold: int | None = None
    invert: bool = False
    floor: float | None = None

    def apply(self, mask: AnyMask) -> Mask:
        """Do all that is asked for, in order.

        Parameters
        ----------
        mask : ndarray of uint8 or bool, shape (H, W)
            Left as it is.

        Returns
        -------
        ndarray of uint8, shape (H, W)

        Examples
        --------
        >>> Tones(threshold=128, invert=True, floor=0.2).apply(np.array([0, 127, 128], np.uint8))
        array([255, 255,  51], dtype=uint8)
        """
        mask = as_mask(mask, is_plane=False)
        if self.levels is not None:
            mask = stretch(mask, *self.levels)
        if self.threshold is not None:
            mask = harden(mask, self.threshold)
        if self.invert:
            mask = invert(mask)
        if self.floor is not None:
            mask = lift(mask, self.floor)
        return mask


def coverage(mask: AnyMask) -> float:
    """Tell how much of a mask trains.

    Parameters
    ----------
    mask : ndarray of uint8 or bool, any shape
        255 or True trains.

    Returns
    -------
    float
        Its mean, [0, 1].

    Examples
    --------
    >>> coverage(np.array([[0, 255, 255, 0]], np.uint8))
    0.5
    """
    mask = as_mask(mask, is_plane=False)
    # Exact, as numpy's mean in float64 is, and ten times as fast.
    return float(cv2.sumElems(mask)[0]) / mask.size / 255


def stretch(mask: Mask, black: int, white: int) -> Mask:
    """Stretch the values from `black` to `white` over 0 to 255, as an editor's levels do.

    Parameters
    ----------
    mask : ndarray of uint8, shape (H, W)
        Left as it is.
    black, white : int
        What becomes 0 and 255, with all below and above; 0 <= black < white <= 255.

    Returns
    -------
    ndarray of uint8, shape (H, W)
        Rounded to the nearest, halves up.

    Raises
    ------
    ValueError
        `black` and `white` are out of range or order.

    Examples
    --------
    >>> stretch(np.array([0, 10, 35, 60, 255], np.uint8), 10, 60)
    array([  0,   0, 128, 255, 255], dtype=uint8)
    """
    if not 0 <= black < white <= 255:
        raise ValueError(f"levels {black},{white}: 0 <= black < white <= 255 is wanted")
    values = np.clip(np.arange(256.0), black, white) - black
    return _rounded(values * 255 / (white - black))[mask]


def harden(mask: Mask, least: int) -> Mask:
    """Make a mask hard: what is at or above a value trains, the rest does not.

    Parameters
    ----------
    mask : ndarray of uint8, shape (H, W)
        Left as it is.
    least : int
        The least value that trains, 0 to 255.

    Returns
    -------
    ndarray of uint8, shape (H, W)
        0 and 255.

    Examples
    --------
    >>> harden(np.array([0, 127, 128, 255], np.uint8), 128)
    array([  0,   0, 255, 255], dtype=uint8)
    """
    hard: Mask = np.where(mask >= least, 255, 0).astype(np.uint8)
    return hard


def invert(mask: Mask) -> Mask:
    """Swap what trains and what is ignored.

    Parameters
    ----------
    mask : ndarray of uint8, shape (H, W)
        Left as it is.

    Returns
    -------
    ndarray of uint8, shape (H, W)
        255 less each value.

    Examples
    --------
    >>> invert(np.array([0, 55, 255], np.uint8))
    array([255, 200,   0], dtype=uint8)
    """
    inverted: Mask = 255 - mask
    return inverted


def lift(mask: Mask, weight: float) -> Mask:
    """Let what is ignored train a little: values rise in proportion, full weight stays.

    Parameters
    ----------
    mask : ndarray of uint8, shape (H, W)
        Left as it is.
    weight : float
        What 0 becomes, as a weight from 0 to 1.

    Returns
    -------
    ndarray of uint8, shape (H, W)
        From 255 x `weight` to 255, rounded to the nearest, halves up.

    Raises
    ------
    ValueError
        `weight` is out of range.

    Examples
    --------
    >>> lift(np.array([0, 128, 255], np.uint8), 0.1)
    array([ 26, 141, 255], dtype=uint8)
    """
    if not 0 <= weight <= 1:
        raise ValueError(f"floor {weight}: a weight from 0 to 1 is wanted")
    return _rounded(255 * weight + np.arange(256.0) * (1 - weight))[mask]


def _rounded(values: NDArray[np.floating[Any]]) -> Mask:
    table: Mask = np.floor(values + 0.5).astype(np.uint8)
    return table
