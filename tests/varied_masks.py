"""Masks as people make them, drawn: portraits, landscapes, letters, noise, and inverted ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np

Mask = np.ndarray[Any, np.dtype[np.uint8]]
#: Width and height of the upright and of the wide masks, px: buckets of the tests' resolution.
UPRIGHT, WIDE, SQUARE = (384, 576), (704, 320), (512, 512)


def _blank(size: tuple[int, int], value: int = 0) -> Mask:
    return np.full(size[::-1], value, np.uint8)


def _ellipse(mask: Mask, x: float, y: float, across: float, down: float, value: int = 255) -> None:
    height, width = mask.shape
    centre = (round(x * width), round(y * height))
    axes = (round(across * width), round(down * height))
    cv2.ellipse(mask, centre, axes, 0, 0, 360, value, -1, cv2.LINE_AA)


def _box(
    mask: Mask, left: float, top: float, right: float, bottom: float, value: int = 255
) -> None:
    height, width = mask.shape
    rows = slice(round(top * height), round(bottom * height))
    mask[rows, round(left * width) : round(right * width)] = value


def bust() -> Mask:
    """A head and shoulders, cut at the bottom edge."""
    mask = _blank(UPRIGHT)
    _ellipse(mask, 0.5, 0.36, 0.2, 0.2)
    _box(mask, 0.42, 0.5, 0.58, 0.7)
    _ellipse(mask, 0.5, 1.0, 0.4, 0.36)
    return mask


def close_up() -> Mask:
    """A face that touches the top edge, its shoulders at both sides."""
    mask = _blank(UPRIGHT)
    _ellipse(mask, 0.5, 0.35, 0.34, 0.42)
    _ellipse(mask, 0.5, 1.1, 0.7, 0.45)
    return mask


def standing() -> Mask:
    """A whole figure, clear of the border."""
    mask = _blank(UPRIGHT)
    _ellipse(mask, 0.5, 0.16, 0.09, 0.07)
    _box(mask, 0.36, 0.22, 0.64, 0.6)
    _box(mask, 0.38, 0.58, 0.48, 0.94)
    _box(mask, 0.53, 0.58, 0.63, 0.94)
    return mask


def at_the_left() -> Mask:
    """A figure that touches the left and the bottom edge."""
    mask = _blank(UPRIGHT)
    _ellipse(mask, 0.2, 0.4, 0.3, 0.25)
    _box(mask, 0, 0.5, 0.45, 1)
    return mask


def at_three_sides() -> Mask:
    """Someone near, who fills the picture but for its upper corners."""
    mask = _blank(UPRIGHT)
    _ellipse(mask, 0.5, 0.3, 0.4, 0.28)
    _box(mask, 0, 0.45, 1, 1)
    return mask


def landscape() -> Mask:
    """Land below the horizon."""
    mask = _blank(WIDE)
    _box(mask, 0, 0.55, 1, 1)
    return mask


def sky() -> Mask:
    """Sky above a horizon that lies low, and hills in it."""
    mask = _blank(WIDE)
    _box(mask, 0, 0, 1, 0.5)
    _ellipse(mask, 0.4, 0.55, 0.2, 0.25, 0)
    return mask


def panorama() -> Mask:
    """A band from edge to edge."""
    mask = _blank(WIDE)
    _box(mask, 0, 0.35, 1, 0.8)
    return mask


def two_people() -> Mask:
    """Two people, a gap between them."""
    mask = _blank(SQUARE)
    for x in (0.22, 0.78):
        _ellipse(mask, x, 0.3, 0.11, 0.14)
        _box(mask, x - 0.2, 0.46, x + 0.2, 1)
    return mask


def group() -> Mask:
    """Five people in a row."""
    mask = _blank(WIDE)
    for x in (0.1, 0.3, 0.5, 0.7, 0.9):
        _ellipse(mask, x, 0.35, 0.05, 0.15)
        _box(mask, x - 0.07, 0.5, x + 0.07, 0.95)
    return mask


def ring() -> Mask:
    """A wreath, clear of the border."""
    mask = _blank(SQUARE)
    _ellipse(mask, 0.5, 0.5, 0.4, 0.4)
    _ellipse(mask, 0.5, 0.5, 0.26, 0.26, 0)
    return mask


def text() -> Mask:
    """Two lines of lettering, with small holes in the letters."""
    mask = _blank(WIDE)
    for line, words in enumerate(("BADGES & ROBES", "8 o'clock, page 460")):
        place = (40, 140 + 110 * line)
        cv2.putText(mask, words, place, cv2.FONT_HERSHEY_DUPLEX, 2, 255, 7, cv2.LINE_AA)
    return mask


def stripes() -> Mask:
    """Broad stripes from edge to edge."""
    mask = _blank(SQUARE)
    for left in range(0, 512, 128):
        mask[:, left : left + 64] = 255
    return mask


def vignette() -> Mask:
    """A soft light on the middle."""
    height, width = UPRIGHT[::-1]
    rows, columns = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    light = 255 * np.exp(-1.6 * (rows**2 + columns**2))
    return np.asarray(np.round(light), np.uint8)


def without_watermark() -> Mask:
    """Everything but a small mark near a corner."""
    mask = _blank(SQUARE, 255)
    _box(mask, 0.7, 0.88, 0.96, 0.95, 0)
    return mask


def without_central_watermark() -> Mask:
    """Everything but a mark across the middle."""
    mask = _blank(SQUARE, 255)
    _box(mask, 0.3, 0.46, 0.7, 0.54, 0)
    return mask


def without_face() -> Mask:
    """A whole picture but for a face."""
    mask = _blank(UPRIGHT, 255)
    _ellipse(mask, 0.5, 0.28, 0.17, 0.14, 0)
    return mask


def hands() -> Mask:
    """Two hands that reach in from below."""
    mask = _blank(UPRIGHT)
    for x in (0.3, 0.7):
        _box(mask, x - 0.06, 0.6, x + 0.06, 1)
        _ellipse(mask, x, 0.55, 0.13, 0.1)
        for finger in range(4):
            _box(mask, x - 0.12 + 0.065 * finger, 0.36, x - 0.07 + 0.065 * finger, 0.55)
    return mask


def half() -> Mask:
    """The left half."""
    mask = _blank(SQUARE)
    _box(mask, 0, 0, 0.5, 1)
    return mask


def lower_half() -> Mask:
    """Everything below the middle."""
    mask = _blank(SQUARE)
    _box(mask, 0, 0.5, 1, 1)
    return mask


def dithered() -> Mask:
    """The soft light again, in black and white dots alone."""
    noise = np.random.default_rng(7).random(UPRIGHT[::-1])
    return np.asarray(np.where(vignette() / 255 > noise, 255, 0), np.uint8)


def jpeg() -> Mask:
    """The bust, through a JPEG of poor quality."""
    stored = cv2.imencode(".jpg", bust(), [cv2.IMWRITE_JPEG_QUALITY, 40])[1]
    return np.asarray(cv2.imdecode(stored, cv2.IMREAD_GRAYSCALE), np.uint8)


def hairy() -> Mask:
    """The bust with frayed, antialiased strands of three px around its head."""
    mask, random = bust(), np.random.default_rng(3)
    for angle in random.uniform(3.6, 5.8, 40):
        root = np.array([192 + 76 * np.cos(angle), 207 + 115 * np.sin(angle)])
        tip = root + 25 * np.array([np.cos(angle), np.sin(angle)])
        ends = [(int(x), int(y)) for x, y in (root, tip)]
        cv2.line(mask, ends[0], ends[1], 255, 3, cv2.LINE_AA)
    return mask


def noisy_grey() -> Mask:
    """A grey figure at one half, with a scanner's noise."""
    noise = np.random.default_rng(5).normal(0, 12, UPRIGHT[::-1])
    return np.asarray(np.clip(bust() / 2 + noise, 0, 255).round(), np.uint8)


def speckled() -> Mask:
    """The bust as a poor segmentation leaves it: three crumbs beside it."""
    mask = bust()
    mask[40:42, 30:32] = mask[80, 350:353] = mask[200, 20] = 255
    return mask


def pierced() -> Mask:
    """The bust with four pinholes."""
    mask = bust()
    mask[200, 180:182] = mask[240, 205] = mask[500:502, 180:182] = mask[520, 240] = 0
    return mask


def inverted(draw: Callable[[], Mask]) -> Mask:
    """The other side of a mask."""
    return np.asarray(255 - draw(), np.uint8)
