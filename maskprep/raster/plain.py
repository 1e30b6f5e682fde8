"""The pixels of plain PNGs, by the faster of two decoders that give the same.

A PNG of 8 bits a channel without a palette is stored without loss: whoever decodes it gets its
samples. OpenCV takes four fifths of Pillow's time, and puts them where numpy wants them. It refuses
all that Pillow refuses, and some that Pillow mends: that is left to Pillow, as is every other file.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
#: By Pillow's mode: bits a channel and colour type in the file's header, and the way to its order.
_PLAIN: dict[str, tuple[bytes, int | None]] = {
    "L": (b"\x08\x00", None),
    "RGB": (b"\x08\x02", cv2.COLOR_BGR2RGB),
    "RGBA": (b"\x08\x06", cv2.COLOR_BGRA2RGBA),
}
#: What the pixels are made of; all else is beside them.
_PIXELS = (b"IHDR", b"IDAT", b"IEND")


def as_array(image: Image.Image) -> NDArray[np.uint8]:
    """Give the pixels of an opened file, as ``np.asarray`` does.

    Parameters
    ----------
    image : Image
        As Pillow opened it; decoded or not.

    Returns
    -------
    ndarray of uint8, shape (H, W) or (H, W, channels)
        In the order of the image's mode.

    Raises
    ------
    OSError, SyntaxError, ValueError, …
        Pillow's decoder fails.
    """
    samples = _by_opencv(image)
    return np.asarray(image) if samples is None else samples


def _by_opencv(image: Image.Image) -> NDArray[np.uint8] | None:
    stream = getattr(image, "fp", None)  # none is left when it is decoded
    if image.format != "PNG" or image.mode not in _PLAIN or stream is None:
        return None
    kind, order = _PLAIN[image.mode]
    place = stream.tell()
    try:
        stream.seek(0)
        data = stream.read()
    finally:
        stream.seek(place)
    if data[24:26] != kind:
        return None  # of 16 bits Pillow drops the lower ones
    try:
        decoded = cv2.imdecode(_bare(data), cv2.IMREAD_UNCHANGED)
    except (ValueError, cv2.error):
        return None
    if decoded is None or decoded.shape[:2] != image.size[::-1]:
        return None
    return np.asarray(decoded if order is None else cv2.cvtColor(decoded, order, dst=decoded))


def _bare(data: bytes) -> NDArray[np.uint8]:
    """Leave out what is beside the pixels: libpng would judge it, and write to the console."""
    return np.frombuffer(_SIGNATURE + b"".join(_chunks_of_pixels(data)), np.uint8)


def _chunks_of_pixels(data: bytes) -> Iterator[memoryview]:
    """Find the chunks that the pixels are in; ValueError where any is damaged or out of place."""
    view, position, kind, parted = memoryview(data), len(_SIGNATURE), b"", False
    while kind != b"IEND":
        start, before = position, kind
        kind = data[start + 4 : start + 8]
        position = start + 12 + _number(view[start : start + 4])
        if position > len(data):
            raise ValueError("a chunk is cut short")
        if zlib.crc32(view[start + 4 : position - 4]) != _number(view[position - 4 : position]):
            raise ValueError("a chunk is damaged")
        parted = parted or (before == b"IDAT" != kind)
        if kind == b"IDAT" and parted:
            raise ValueError("something stands between the pixels")
        if kind in _PIXELS:
            yield view[start:position]


def _number(word: memoryview) -> int:
    return int.from_bytes(word, "big")
