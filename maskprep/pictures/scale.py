"""The colour scale of weights, in words."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw

from maskprep.pictures.fonts import draw_text, text_width
from maskprep.pictures.palette import INK, OPACITY, weight_colours

_WORDS = ("ignored", "half", "trains")
_HEIGHT = 27


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
    draw._image.paste(_strip(width), (x, y))
    for share, word in zip((0.0, 0.5, 1.0), _WORDS, strict=True):
        text = f"{word} ({share:g})"
        left = x + share * (width - text_width(text, 17))
        draw_text(draw, (left, y + 34), text, 17, INK)


@lru_cache(maxsize=4)
def _strip(width: int) -> Image.Image:
    steps = np.linspace(0, 1, width, dtype=np.float32)
    colours = (OPACITY * weight_colours(steps) + (1 - OPACITY) * 150).astype(np.uint8)
    return Image.fromarray(np.repeat(colours[None], _HEIGHT, axis=0))
