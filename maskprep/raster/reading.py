"""How a trainer takes a mask out of its file: which channel, turned or not, how deep."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

#: "r", "alpha"; "luminance" as Pillow rounds it, "libpng" as libpng cuts it off; "max" of R, G, B.
Channel = Literal["r", "alpha", "luminance", "libpng", "max"]
#: Greys of 16 bits: cut off at 255, kept beside that, or scaled to 8 bits as libpng scales.
Deep = Literal["cut", "kept", "scaled"]
#: What libpng weighs R, G and B by, in 32768ths, for the coefficients 0.2989 and 0.587.
_LIBPNG = np.array([9794, 19234, 3740], np.uint32)


class Reading(NamedTuple):
    """How a trainer reads the file that carries a mask.

    Attributes
    ----------
    channel : {"r", "alpha", "luminance", "libpng", "max"}
        R of Pillow's ``convert("RGB")``, A of its ``convert("RGBA")``, its ``convert("L")``, the
        luminance that libpng makes of a PNG (of other files Pillow's; of a JPEG its Y), or the
        largest of the three colours.
    upright : bool
        Whether the mask is turned by EXIF.
    deep : {"cut", "kept", "scaled"}
        Greys of 16 bits: cut off at 255 as Pillow's ``convert`` does; that, and kept beside it;
        or scaled to 8 bits by 257, rounded as libpng rounds (png_do_scale_16_to_8).
    colours : bool
        Whether colours are kept beside that grey, where the trainer does something to each first.

    Notes
    -----
    *Source* of "libpng": pnggroup/libpng, pngset.c, png_set_rgb_to_gray_fixed, and pngrtran.c,
    png_do_rgb_to_gray; the coefficients are those of pytorch/vision, decode_png.cpp. Truth: the
    behaviour "colour_red" and the like, 76, 149 and 29.
    """

    channel: Channel = "r"
    upright: bool = False
    deep: Deep = "cut"
    colours: bool = False


def one_of(rgb: NDArray[np.uint8], channel: Channel, kind: str | None) -> NDArray[np.uint8]:
    """Make a mask of colours.

    Parameters
    ----------
    rgb : ndarray of uint8, shape (H, W, 3)
        As decoded.
    channel : str
        As in `Reading`, but for "alpha".
    kind : str or None
        Pillow's name of the file's format.

    Returns
    -------
    ndarray of uint8, shape (H, W)

    Examples
    --------
    >>> red = np.array([[[255, 0, 0]]], np.uint8)
    >>> [int(one_of(red, each, "PNG")[0, 0]) for each in ("r", "luminance", "libpng", "max")]
    [255, 76, 76, 255]
    >>> green = np.array([[[0, 255, 0]]], np.uint8)
    >>> [int(one_of(green, each, "PNG")[0, 0]) for each in ("r", "luminance", "libpng", "max")]
    [0, 150, 149, 255]
    """
    if channel == "r":
        return np.ascontiguousarray(rgb[..., 0])
    if channel == "max":
        return np.asarray(rgb.max(axis=2))
    if channel == "libpng" and kind == "PNG":
        return np.asarray((rgb @ _LIBPNG) >> 15, np.uint8)
    return np.asarray(Image.fromarray(np.ascontiguousarray(rgb)).convert("L"))
