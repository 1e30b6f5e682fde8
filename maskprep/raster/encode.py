"""Masks and pictures to PNG files, in memory."""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from maskprep.raster.accompany import Accompaniment
from maskprep.raster.decode import Mask
from maskprep.raster.png import beside_pixels, png_of


def encode_mask(mask: Mask) -> bytes:
    r"""Make a PNG file of a mask.

    Parameters
    ----------
    mask : ndarray of uint8, shape (H, W)
        255 trains, 0 is left out.

    Returns
    -------
    bytes
        8-bit grey, one channel.

    Examples
    --------
    >>> encode_mask(np.zeros((8, 8), np.uint8))[:8]
    b'\x89PNG\r\n\x1a\n'
    """
    return png_of(mask)


def encode_picture(pixels: NDArray[np.uint8], beside: Accompaniment | None = None) -> bytes:
    """Make a PNG file of a picture.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (H, W, 3) or (H, W, 4)
        RGB, or RGBA that is not premultiplied: colours under alpha 0 are kept.
    beside : Accompaniment, optional
        What goes into the file beside the pixels.

    Returns
    -------
    bytes
        8 bits a channel.
    """
    if beside is None:
        return png_of(pixels)
    # Pillow knows how all that is written; of a single pixel it does so in no time.
    buffer = io.BytesIO()
    Image.fromarray(pixels[:1, :1]).save(buffer, "PNG", **beside.png_options())
    return png_of(pixels, beside_pixels(buffer.getvalue()))
