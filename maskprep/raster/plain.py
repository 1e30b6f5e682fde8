"""The pixels of plain PNGs, by the fastest of the decoders that give the same.

A PNG of 8 bits a channel without a palette is stored without loss: whoever decodes it gets its
samples. Of masks OpenCV takes four fifths of Pillow's time, for it puts them where numpy wants
them; of photographs libspng (optional: package imagecodecs) takes two thirds. Both refuse what
Pillow refuses (libspng but for a stream of pixels that has all but its end, in a file whose
checksums are right), and some that Pillow mends: that is left to Pillow, as is every other file.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterator
from functools import cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from maskprep.raster.header import decoding

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
#: Bits a channel and colour type in the file's header, by Pillow's mode.
_PLAIN = {"L": b"\x08\x00", "RGB": b"\x08\x02", "RGBA": b"\x08\x06"}
#: From OpenCV's order of channels to Pillow's.
_ORDER = {"RGB": cv2.COLOR_BGR2RGB, "RGBA": cv2.COLOR_BGRA2RGBA}
#: Bytes of pixels to one of the file from which most of the time goes into moving pixels, and not
#: into unpacking them, at which Pillow's zlib is better than OpenCV's.
_FLAT = 8
#: What the pixels are made of; all else is beside them.
_PIXELS = (b"IHDR", b"IDAT", b"IEND")
#: What may stand behind them, and which Pillow takes as it is.
_BEHIND = (b"tEXt", b"tIME", b"eXIf", b"IEND")


def as_array(path: str, image: Image.Image) -> NDArray[np.uint8]:
    """Give the pixels of an opened file, as ``np.asarray`` does.

    Parameters
    ----------
    path : str
        The image file.
    image : Image
        As Pillow opened it; decoded or not.

    Returns
    -------
    ndarray of uint8, shape (H, W) or (H, W, channels)
        In the order of the image's mode.

    Raises
    ------
    UnreadableImageError
        Pillow's decoder fails.
    """
    samples = _fast(path, image)
    if samples is not None:
        return samples
    with decoding(path):
        image.load()  # before 10, `np.asarray` would take the size from before a TIFF is turned
        return np.asarray(image)


def _fast(path: str, image: Image.Image) -> NDArray[np.uint8] | None:
    stream = getattr(image, "fp", None)  # none is left when it is decoded
    if image.format != "PNG" or image.mode not in _PLAIN or stream is None:
        return None
    with decoding(path):
        place = stream.tell()
        length = stream.seek(0, os.SEEK_END)
        stream.seek(place)
    is_flat = length * _FLAT <= len(image.mode) * image.width * image.height
    if not is_flat and _spng() is None:
        return None
    with decoding(path):
        stream.seek(0)
        data = stream.read(length)
        stream.seek(place)
    if data[24:26] != _PLAIN[image.mode]:
        return None  # of 16 bits Pillow drops the lower ones
    try:
        decode = _by_opencv if is_flat else _by_spng
        samples = decode(_bare(data), image.mode)
    # ImportError: a package that was built without libspng says so only when it is called.
    except (ValueError, RuntimeError, ImportError, cv2.error):
        return None
    channels = () if image.mode == "L" else (len(image.mode),)
    wanted = (image.height, image.width, *channels)
    return samples if samples is not None and samples.shape == wanted else None


def _by_opencv(png: bytes, mode: str) -> NDArray[np.uint8] | None:
    samples = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_UNCHANGED)
    if samples is not None and mode in _ORDER:
        samples = cv2.cvtColor(samples, _ORDER[mode], dst=samples)
    return None if samples is None else np.asarray(samples, np.uint8)


def _by_spng(png: bytes, mode: str) -> NDArray[np.uint8]:
    return np.asarray(_spng()(png), np.uint8)


def is_for_spng(image: Image.Image) -> bool:
    """Tell whether a photograph's file is one that libspng decodes in Pillow's place."""
    return image.format == "PNG" and _spng() is not None


@cache
def _spng() -> Any:
    """Find libspng's decoder; libpng's of the same package ends the process on damaged files."""
    try:
        from imagecodecs import spng_decode
    except ImportError:
        return None
    return spng_decode


def _bare(data: bytes) -> bytes:
    """Leave out what is beside the pixels: libpng would judge it, and write to the console."""
    return PNG_SIGNATURE + b"".join(_chunks_of_pixels(data))


def _chunks_of_pixels(data: bytes) -> Iterator[memoryview]:
    """Find the chunks that the pixels are in; ValueError where any is damaged or out of place."""
    before, parted = b"", False
    for kind, chunk in _intact_chunks(data):
        parted = parted or (before == b"IDAT" != kind)
        if parted and kind not in _BEHIND:
            raise ValueError("what stands behind the pixels is Pillow's to judge")
        if kind in _PIXELS:
            yield chunk
        before = kind


def _intact_chunks(data: bytes) -> Iterator[tuple[bytes, memoryview]]:
    """Go through a PNG's chunks up to its end; ValueError where one is cut short or damaged."""
    view, position, kind = memoryview(data), len(PNG_SIGNATURE), b""
    while kind != b"IEND":
        start = position
        kind = data[start + 4 : start + 8]
        position = start + 12 + _number(view[start : start + 4])
        if position > len(data):
            raise ValueError("a chunk is cut short")
        if zlib.crc32(view[start + 4 : position - 4]) != _number(view[position - 4 : position]):
            raise ValueError("a chunk is damaged")
        yield kind, view[start:position]


def _number(word: memoryview) -> int:
    return int.from_bytes(word, "big")
