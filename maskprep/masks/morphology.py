"""Growing and shrinking masks, exactly, at any radius."""

from __future__ import annotations

import math
from functools import lru_cache
from itertools import groupby
from typing import Any, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from maskprep.masks.packed import Packed
from maskprep.masks.plane import AnyMask, as_mask

Mask = NDArray[np.uint8]
#: Radius up to which OpenCV's general element is faster than lines, px.
_NEAR = 4
#: Radius from which masks without grey are faster grown as bits, px.
_FAR = 6
#: Pixels up to which it takes as long to look where any of them trains as to grow them all.
_SMALL = 2**14
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
    The structuring element is flat, and the union of rectangles: lines of growing length along x,
    each spread along y as far as the element has that length. From the narrowest on, what was
    gathered is spread on by the difference to the next. That costs some 2·r maxima of the whole
    mask, against π·r² for OpenCV's general element, which is taken up to 4 px. Masks of 0 and 255
    alone are packed for disks and squares of whole radii from 6 px on, 64 pixels a word.
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
    if _checked(radius) < _NEAR + 1 and mask.size <= _SMALL:
        return _spread(mask, radius, shape, np.maximum, 0)
    grown: Mask = mask.copy()
    reach = min(int(radius), max(mask.shape))
    left, top, width, height = cv2.boundingRect(mask)
    if not width:  # nothing trains
        return grown
    bottom, right = top + height, left + width
    top, left = max(0, top - reach), max(0, left - reach)
    part = np.s_[top : bottom + reach, left : right + reach]
    if _FAR <= reach == radius and shape != "diamond" and _is_hard(mask):
        grown[part] = _grown_bits(mask[part], reach, shape)
    else:
        grown[part] = _spread(mask[part], radius, shape, np.maximum, 0)
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
    return np.ascontiguousarray(_spread(mask, _checked(radius), shape, np.minimum, 255))


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


def _spread(mask: Mask, radius: float, shape: Shape, take: Any, beyond: int) -> Mask:
    """Take the extreme within the element, by `np.maximum` or `np.minimum`."""
    if radius < _NEAR + 1:
        by_opencv = cv2.dilate if take is np.maximum else cv2.erode
        return np.asarray(by_opencv(mask, _element(radius, shape)), np.uint8)
    height, width = mask.shape
    down, across = min(int(radius), height - 1), min(int(radius), width - 1)
    # Rows stand behind each other in one string, with room between them: what lies beside a
    # pixel, or above it, is the string moved. All in one piece of memory: small ones the system
    # hands out page by page, which takes longer than the work.
    top, a_row = down + 1, width + across
    strings = np.full((4, top + height + down, a_row), beyond, np.uint8)
    own = np.s_[top : top + height, :width]
    strings[0][own] = mask
    line, spare, total, other = strings.reshape(4, -1)
    wide = 0

    def moved(string: Mask, step: int, result: Mask) -> None:
        # What comes before the first rows and behind the last is never asked for.
        take(string[: -2 * step], string[2 * step :], out=result[step:-step])

    for half, rows in _levels(radius, shape, down, across):
        while wide < half:
            step = min(half - wide, max(1, wide))
            moved(line, step, spare)
            if not wide:
                take(spare, line, out=spare)
            line, spare, wide = spare, line, wide + step
        take(total, line, out=total)
        tall = 0
        while tall < rows:
            step = _step(tall, rows)
            moved(total, step * a_row, other)
            # Both leave the middle out: the next line, which is no shorter, brings it back.
            if step > tall and tall + step < rows:
                take(other, line, out=other)
            total, other, tall = other, total, tall + step
    take(total, line, out=total)
    result: Mask = total.reshape(strings.shape[1:])[own]
    return result


@lru_cache(maxsize=256)
def _element(radius: float, shape: Shape) -> Mask:
    reach = int(radius)
    element = np.zeros((2 * reach + 1, 2 * reach + 1), np.uint8)
    for down in range(-reach, reach + 1):
        half = _half_width(radius, abs(down), shape)
        element[down + reach, reach - half : reach + half + 1] = 1
    return element


@lru_cache(maxsize=256)
def _levels(radius: float, shape: Shape, down: int, across: int) -> tuple[tuple[int, int], ...]:
    """Cut an element into lines, from its tips to its middle, where they only get longer.

    Half the length of each, and by how many rows it is spread up and down with all before it.
    """
    halves = (min(_half_width(radius, each, shape), across) for each in range(down, -1, -1))
    levels = [(half, len(list(same))) for half, same in groupby(halves)]
    half, rows = levels.pop()
    return (*levels, (half, rows - 1))


def _step(tall: int, rows: int) -> int:
    """Tell how far what reaches so far can be moved both ways, and leave out its middle at most."""
    return rows - tall if rows - tall <= tall + 1 else max(1, tall)


def _half_width(radius: float, down: int, shape: Shape) -> int:
    if shape == "disk":
        return math.isqrt(math.floor(radius * radius) - down * down)
    return int(radius) if shape == "square" else int(radius - down)
