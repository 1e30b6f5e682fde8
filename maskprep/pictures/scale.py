"""The colour scale of weights, in words."""

from __future__ import annotations

import numpy as np
from PIL import ImageDraw

from maskprep.pictures.fonts import draw_text, text_width
from maskprep.pictures.palette import INK, OPACITY, weight_colours

_WORDS = ("ignored", "half", "trains")


def draw_scale(draw: ImageDraw.ImageDraw, xy: tuple[int, int], width: int) -> None:
    """Draw the scale from ignored to trains, as the cells show it on a mid-grey picture.

    Parameters
    ----------
    draw : PIL.ImageDraw.ImageDraw
        Where on.
    xy : tuple of int
        Upper left corner, px.
    width : int
        Of the scale, px; it is 70 px high.
    """
    x, y = xy
    steps = np.linspace(0, 1, width, dtype=np.float32)
    for place, colour in enumerate(OPACITY * weight_colours(steps) + (1 - OPACITY) * 150):
        red, green, blue = (int(band) for band in colour)
        draw.line([(x + place, y), (x + place, y + 26)], fill=(red, green, blue))
    for share, word in zip((0.0, 0.5, 1.0), _WORDS, strict=True):
        text = f"{word} ({share:g})"
        left = x + share * (width - text_width(text, 17))
        draw_text(draw, (left, y + 34), text, 17, INK)
