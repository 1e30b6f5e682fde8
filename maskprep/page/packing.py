"""Pixels and numbers as text that a page carries, and gives back to its script bit for bit."""

from __future__ import annotations

import io
import zlib
from base64 import b64encode
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

#: Quality of WebP, and the least that is tried where that is too large.
_QUALITY, _LEAST = 50, 8


def picture_uri(pixels: NDArray[np.uint8], most: int) -> str:
    """Write a small picture as a data URI.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (h, w, 3)
        RGB.
    most : int
        Bytes, about; noise and foliage are shown worse rather than larger.

    Returns
    -------
    str
        WebP in base64.
    """
    encoded = _webp(pixels, _QUALITY)
    if len(encoded) > most:
        # Sizes fall far slower than quality does; encoding once more costs as much again.
        encoded = _webp(pixels, max(_LEAST, int(_QUALITY * (most / len(encoded)) ** 2.4)))
    return "data:image/webp;base64," + b64encode(encoded).decode("ascii")


def _webp(pixels: NDArray[np.uint8], quality: int) -> bytes:
    buffer = io.BytesIO()
    # Higher methods take three times as long, for 3 % fewer bytes.
    Image.fromarray(pixels).save(buffer, "WEBP", quality=quality, method=2)
    return buffer.getvalue()


def packed_mask(mask: NDArray[np.uint8]) -> str:
    """Pack a mask: what trains at all, what trains in full, and the greys between, deflated.

    Parameters
    ----------
    mask : ndarray of uint8, shape (H, W)
        Any values.

    Returns
    -------
    str
        Base64 of a zlib stream: two planes of bits, the rows of each filled up to bytes and less
        (exclusive or) the row above, the lowest bit first; then the values that are neither 0 nor
        255. Two thirds of what bytes take; a canvas might change a picture's values.
    """
    planes = (np.packbits(plane, axis=1, bitorder="little") for plane in (mask > 0, mask == 255))
    rows = [np.concatenate([plane[:1], plane[1:] ^ plane[:-1]]).ravel() for plane in planes]
    return _deflated(np.concatenate([*rows, mask[(mask > 0) & (mask < 255)]]))


def packed_bits(plane: NDArray[Any]) -> str:
    """Pack which pixels are not 0: eight to a byte, over the ends of rows, deflated."""
    return _deflated(np.packbits(plane.ravel() > 0, bitorder="little"))


def packed_weights(weights: NDArray[np.float32]) -> str:
    """Pack weights in 65535ths, deflated: little endian, row by row."""
    return _deflated(np.rint(np.clip(weights, 0, 1) * 65535).astype("<u2"))


def _deflated(numbers: NDArray[Any]) -> str:
    return b64encode(zlib.compress(np.ascontiguousarray(numbers).tobytes(), 6)).decode("ascii")
