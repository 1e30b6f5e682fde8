"""Growing and shrinking masks, exactly, at any radius."""

from __future__ import annotations

import math
from typing import Any, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from maskprep.masks.packed import Packed
from maskprep.masks.plane import AnyMask, as_mask

Mask = NDArray[np.uint8]
#: Radius from which masks without grey are faster grown as bits, px.
_FAR = 6
Shape = Literal["disk", "square", "diamond"]


def dilate(mask: AnyMask, radius: float, shape: Shape = "disk") -> Mask:
    """Grow what trains: each pixel becomes the largest value within the radius.

    Parameters
    ----------
    mask : ndarray of uint8 or bool, shape (H, W)
        Binary or soft, 255 or True trains.
    radius : float
        px, at least 0. Fractions count: a disk of 1.5 px holds the diagonal neighbours.
    shape : {"disk", "square", "diamond"}
        Offsets with dx² + dy² ≤ r², max(abs(dx), abs(dy)) ≤ r, or
        abs(dx) + abs(dy) ≤ r.

    Returns
    -------
    ndarray of uint8, shape (H, W)
        At least `mask` everywhere. Beyond the border nothing trains.

    Raises
    ------
    ValueError
        `radius` is negative or not finite.

    Notes
    -----
    The structuring element is flat. It is taken row by row: lines of growing length along x, each
    shifted along y where the element has that length. That costs fewer than 4·r maxima of the whole
    mask, against π·r² for OpenCV's general element. Masks of 0 and 255 alone are packed for disks
    and squares of whole radii from 6 px on, 64 pixels a word.
    Bit-identical to ``skimage.morphology.dilation(mask, disk(r))``.

    Examples
    --------
    >>> mask = np.zeros((3, 5), np.uint8)
    >>> mask[1, 2] = 200
    >>> dilate(mask, 1)
    array([[  0,   0, 200,   0,   0],
           [  0, 200, 200, 200,   0],
           [  0,   0, 200,   0,   0]], dtype=uint8)
    """
    mask = as_mask(mask)
    grown: Mask = mask.copy()
    reach = min(int(_checked(radius)), max(mask.shape))
    left, top, width, height = cv2.boundingRect(mask)
    bottom, right = top + height, left + width
    top, left = max(0, top - reach), max(0, left - reach)
    part = np.s_[top : bottom + reach, left : right + reach]
    if _FAR <= reach == radius and shape != "diamond" and _is_hard(mask):
        grown[part] = _grown_bits(mask[part], reach, shape)
    else:
        _spread(mask[part], grown[part], radius, shape, cv2.max)
    return grown


def erode(mask: AnyMask, radius: float, shape: Shape = "disk") -> Mask:
    """Grow what is ignored: each pixel becomes the smallest value within the radius.

    Parameters
    ----------
    mask, radius, shape
        As of `dilate`.

    Returns
    -------
    ndarray of uint8, shape (H, W)
        At most `mask` everywhere. Beyond the border nothing is ignored.

    Raises
    ------
    ValueError
        `radius` is negative or not finite.

    Examples
    --------
    >>> erode(np.array([[255, 255, 255, 0]], np.uint8), 1)
    array([[255, 255,   0,   0]], dtype=uint8)
    """
    mask = as_mask(mask)
    shrunk: Mask = mask.copy()
    _spread(mask, shrunk, _checked(radius), shape, cv2.min)
    return shrunk


def feathered(mask: AnyMask, sigma: float) -> Mask:
    """Soften a mask's edges.

    Parameters
    ----------
    mask : ndarray of uint8 or bool, shape (H, W)
        255 or True trains.
    sigma : float
        Standard deviation of the Gaussian, px; 0 changes nothing.

    Returns
    -------
    ndarray of uint8, shape (H, W)
        The edge stays where it was, at one half; what is thin gets fainter.
    """
    mask = as_mask(mask)
    if sigma == 0:
        return mask
    soft = cv2.GaussianBlur(mask, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE)
    return np.asarray(soft, np.uint8)


def inverted(mask: AnyMask) -> Mask:
    """Swap what trains and what is ignored."""
    return np.asarray(cv2.bitwise_not(as_mask(mask)), np.uint8)


def _is_hard(mask: Mask) -> bool:
    """Tell whether all pixels are 0 or 255."""
    return bool(cv2.sumElems(mask)[0] == 255 * cv2.countNonZero(mask))


def _grown_bits(mask: Mask, radius: int, shape: Literal["disk", "square"]) -> Mask:
    # A packed mask repeats its border, beyond which nothing trains here.
    apart = cv2.copyMakeBorder(mask, *4 * (1,), cv2.BORDER_CONSTANT, value=0)
    bits = Packed.of(np.asarray(apart, np.uint8), radius).dilated(radius, shape).unpacked()
    return np.asarray(bits[1:-1, 1:-1] * np.uint8(255))


def _checked(radius: float) -> float:
    if not (radius >= 0 and math.isfinite(radius)):
        raise ValueError(f"a radius is a number of at least 0 px, not {radius}")
    return radius


def _spread(mask: Mask, result: Mask, radius: float, shape: Shape, take: Any) -> None:
    """Take the extreme within the element, by `cv2.max` or `cv2.min`, into `result`."""
    height, width = mask.shape
    line, reach = mask.copy(), 0
    # From the element's tips to its middle, rows only get longer.
    for down in range(int(radius), -1, -1):
        half = _half_width(radius, down, shape)
        while (step := min(half, width - 1) - reach) > 0:
            # A line beside a line is a longer one, if they meet where the border cuts them, too.
            step = min(step, reach + 1)
            shifted = mask if step == 1 else line.copy()
            away = reach + 1 if step == 1 else step
            take(line[:, away:], shifted[:, :-away], dst=line[:, away:])
            take(line[:, :-away], shifted[:, away:], dst=line[:, :-away])
            reach += step
        if down == 0:
            take(result, line, dst=result)
        elif down < height:
            take(result[down:], line[:-down], dst=result[down:])
            take(result[:-down], line[down:], dst=result[:-down])


def _half_width(radius: float, down: int, shape: Shape) -> int:
    if shape == "disk":
        return math.isqrt(math.floor(radius * radius) - down * down)
    return int(radius) if shape == "square" else int(radius - down)
