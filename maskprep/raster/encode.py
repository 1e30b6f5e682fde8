"""Masks and pictures to PNG files, in memory."""

from __future__ import annotations

import io

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from maskprep.raster.accompany import Accompaniment
from maskprep.raster.decode import Mask

# Of the drawn sample pictures as RGBA, level 4 makes 1.80 MB in 0.8 s, Pillow's 6 1.79 MB in 0.9 s,
# 1 2.09 MB in 0.6 s, and 9 1.75 MB in 2.8 s.
_COMPRESSION = 4


def encode_mask(mask: Mask) -> bytes:
    r"""Make a PNG file of a mask.

    Parameters
    ----------
    mask : ndarray of uint8, shape (H, W)
        255 trains, 0 is left out.

    Returns
    -------
    bytes
        8-bit grey, one channel: as Pillow's files in size, made four times as fast.

    Examples
    --------
    >>> encode_mask(np.zeros((8, 8), np.uint8))[:8]
    b'\x89PNG\r\n\x1a\n'
    """
    encoded: bytes = cv2.imencode(".png", mask)[1].tobytes()
    return encoded


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
    buffer = io.BytesIO()
    options = {} if beside is None else beside.png_options()
    Image.fromarray(pixels).save(buffer, "PNG", compress_level=_COMPRESSION, **options)
    return buffer.getvalue()
