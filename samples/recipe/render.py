"""Rasterise SVG drawings and combine them into picture, mask and alpha picture."""

from __future__ import annotations

import io

import numpy as np
import resvg_py
from PIL import Image
from skimage import measure

LARGEST_CRACK = 40
HEADER = '<svg xmlns="http://www.w3.org/2000/svg" width="{w}" height="{h}" viewBox="0 0 {w} {h}">'


def rasterise(content: str, size: tuple[int, int]) -> Image.Image:
    """Draw an SVG fragment on a transparent canvas of the given size."""
    svg = HEADER.format(w=size[0], h=size[1]) + content + "</svg>"
    data = bytes(resvg_py.svg_to_bytes(svg_string=svg, skip_system_fonts=True))
    return Image.open(io.BytesIO(data)).convert("RGBA")


def close_cracks(figure: Image.Image) -> Image.Image:
    """Make hair-line cracks between two shapes of a figure opaque.

    Only enclosed spots of a few pixels are touched; edges and real openings stay as rendered.
    """
    pixels = np.array(figure)
    solid = pixels[:, :, 3] >= 250
    spots, count = measure.label(~solid, connectivity=1, return_num=True)  # type: ignore[no-untyped-call]
    sizes = np.bincount(spots.ravel(), minlength=count + 1)
    small = (sizes <= LARGEST_CRACK) & (np.arange(count + 1) > 0)
    pixels[small[spots] | solid, 3] = 255
    return Image.fromarray(pixels)


def compose(background: str, figure: str, size: tuple[int, int]) -> tuple[Image.Image, Image.Image]:
    """Return the full RGB picture and the coverage of the figure as its mask."""
    under = rasterise(background, size)
    over = close_cracks(rasterise(figure, size))
    alpha = np.asarray(over)[:, :, 3]
    if int(np.asarray(under)[:, :, 3].min()) < 255:
        raise ValueError("the background must cover the whole canvas")
    picture = Image.alpha_composite(under, over).convert("RGB")
    return picture, Image.fromarray(alpha)


def with_alpha(picture: Image.Image, mask: Image.Image) -> Image.Image:
    """Picture with the mask as its transparency; colours stay under transparent pixels."""
    result = picture.convert("RGBA")
    result.putalpha(mask)
    return result
