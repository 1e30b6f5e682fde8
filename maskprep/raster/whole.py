"""Whether a file is whole, told from its structure."""

from __future__ import annotations

import os
import struct
from typing import BinaryIO

from maskprep.files import storage
from maskprep.raster.header import decoding, opened, unreadable

_PNG_END = b"\0\0\0\0IEND\xaeB`\x82"


def verify_pixels(path: str) -> None:
    """Make sure that a file is whole, decoding it only where its structure raises a doubt.

    Parameters
    ----------
    path : str
        The image file, with a readable header.

    Raises
    ------
    UnreadableImageError
        Decoding fails, as it would in the trainer's batch.

    Notes
    -----
    A PNG's chunks, a JPEG's end marker, a RIFF's length and a BMP's offsets are looked at, which
    finds every truncation without touching a pixel; a file in doubt is decoded. Bits flipped
    inside an otherwise whole file are not looked for.
    """
    try:
        with storage.open_binary(path) as stream:
            length = stream.seek(0, os.SEEK_END)
            stream.seek(0)
            whole = _looks_whole(stream, length)
    except OSError as error:
        raise unreadable(path, error, in_header=True) from error
    if not whole:
        with opened(path) as image, decoding(path):
            image.load()


def _looks_whole(stream: BinaryIO, length: int) -> bool:
    start = stream.read(32)
    if start.startswith(b"\x89PNG\r\n\x1a\n"):
        return _png_is_whole(stream, length)
    if start.startswith(b"\xff\xd8"):
        stream.seek(max(0, length - 64))
        return b"\xff\xd9" in stream.read()
    if start[:4] == b"RIFF" and start[8:12] == b"WEBP":
        return int.from_bytes(start[4:8], "little") + 8 <= length
    if start[:2] == b"BM":
        if len(start) < 32:
            return False
        # Uncompressed rows: the declared file size is often 0 or wrong, the pixels' is not.
        offset, _, width, height = struct.unpack("<IIii", start[10:26])
        bits, compression = struct.unpack("<HI", start[28:30] + start[30:32] + b"\0\0")
        rows = (width * bits + 31) // 32 * 4 * abs(height)
        return bool(compression == 0 and offset + rows <= length)
    return False


def _png_is_whole(stream: BinaryIO, length: int) -> bool:
    stream.seek(max(0, length - len(_PNG_END)))
    if stream.read() == _PNG_END:
        return True
    position = 8  # something follows the end, or the end is missing: go from chunk to chunk
    while position + 12 <= length:
        stream.seek(position)
        position += 12 + int.from_bytes(stream.read(4), "big")
        kind = stream.read(4)
        if kind == b"IEND":
            return position <= length
    return False
