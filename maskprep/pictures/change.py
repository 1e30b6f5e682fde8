"""What a change makes of a mask: before, after, and the difference."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from maskprep.pictures.fonts import draw_text, shortened
from maskprep.pictures.palette import FAINT, IGNORE, INK, PAGE, RULE, TRAIN
from maskprep.pictures.view import scaled

Mask = NDArray[np.uint8]

_SIDE = 480
_MARGIN = 40
_GAP = 24
_HEAD = 96
_LABEL = 40


def draw_change(title: str, before: Mask | None, after: Mask) -> Image.Image:
    """Draw a mask before and after a change.

    Parameters
    ----------
    title : str
        The file; any characters.
    before : ndarray of uint8, shape (H, W), or None
        As the trainer reads it today; None where it does not.
    after : ndarray of uint8, shape (H, W)
        As it will be; of any size.

    Returns
    -------
    PIL.Image.Image
        RGB. Blue will train in future, orange no more.
    """
    old = np.zeros_like(after) if before is None else before
    panels = [
        ("before" if before is not None else "before: not read at all", _grey(old)),
        ("after", _grey(after)),
        ("blue trains now, orange no more", _difference(old, after)),
    ]
    shrink = _SIDE / max(after.shape)
    size = (max(1, round(after.shape[1] * shrink)), max(1, round(after.shape[0] * shrink)))
    width = 2 * _MARGIN + 3 * size[0] + 2 * _GAP
    width = max(width, 900)
    page = Image.new("RGB", (width, _HEAD + _LABEL + size[1] + _MARGIN), PAGE)
    draw = ImageDraw.Draw(page)
    room = width - 2 * _MARGIN
    name = shortened(Path(title).name, room, 26, bold=True)
    draw_text(draw, (_MARGIN, 24), name, 26, INK, bold=True)
    words = " -> ".join("none" if each is None else _told(each) for each in (before, after))
    draw_text(draw, (_MARGIN, 60), words, 18, FAINT)
    for place, (label, panel) in enumerate(panels):
        x = _MARGIN + place * (size[0] + _GAP)
        draw_text(draw, (x, _HEAD + 8), shortened(label, size[0], 16), 16, FAINT)
        page.paste(Image.fromarray(scaled(panel, size)), (x, _HEAD + _LABEL))
        corner = (x + size[0] - 1, _HEAD + _LABEL + size[1] - 1)
        draw.rectangle(((x, _HEAD + _LABEL), corner), outline=RULE)
    return page


def _told(mask: Mask) -> str:
    height, width = mask.shape
    return f"{float(mask.mean(dtype=np.float64)) / 255:.2%} of {width} x {height} px"


def _grey(mask: Mask) -> NDArray[np.uint8]:
    return np.asarray(cv2.cvtColor(mask, cv2.COLOR_GRAY2RGB), np.uint8)


def _difference(before: Mask, after: Mask) -> NDArray[np.uint8]:
    old = scaled(before, (after.shape[1], after.shape[0])).astype(np.int16)
    change = (after - old)[..., None] / 255
    # What stays is faint, so that what changes stands out.
    base = 150 + 0.4 * np.repeat(np.minimum(old, after)[..., None], 3, axis=2)
    colour = np.where(change > 0, np.array(TRAIN), np.array(IGNORE))
    share = np.abs(change)
    return np.asarray((1 - share) * base + share * colour, np.uint8)
