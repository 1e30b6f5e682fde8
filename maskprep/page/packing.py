"""Pixels and numbers as text that a page carries, and gives back to its script bit for bit."""

from __future__ import annotations

import io
import zlib
from base64 import b64encode
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

#: Of zlib: 6 takes twice as long, for 2 % less.
_EFFORT = 4
#: Quality of WebP, and the least that is tried where that is too large.
_QUALITY, _LEAST = 50, 8
#: Times the bytes that were wanted, from which a picture is encoded once more.
_TOO_MUCH = 1.2


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
    quality = _quality_for(most / max(1.0, _foreseen(pixels)))
    encoded = _webp(pixels, quality)
    if len(encoded) > _TOO_MUCH * most and quality > _LEAST:
        encoded = _webp(pixels, _quality_for(most / len(encoded), quality))
    return "data:image/webp;base64," + b64encode(encoded).decode("ascii")


def _quality_for(share: float, quality: int = _QUALITY) -> int:
    """Choose the quality at which a share remains of the bytes; they fall far slower than it."""
    return min(quality, max(_LEAST, int(quality * share**2.4)))


def _foreseen(pixels: NDArray[np.uint8]) -> float:
    """Tell how many bytes of WebP `_QUALITY` makes, by how much neighbouring pixels differ.

    Fitted to thumbnails of photographs, with cells and without: off by a twelfth, seldom by more
    than a quarter. Encoding a picture to know would cost as much as encoding it again.
    """
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY).astype(np.int16)
    steps = sum(int(np.abs(np.diff(grey, axis=axis)).sum()) for axis in (0, 1))
    return float(0.075 * steps**0.83)


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
    return b64encode(zlib.compress(np.ascontiguousarray(numbers).tobytes(), _EFFORT)).decode(
        "ascii"
    )
