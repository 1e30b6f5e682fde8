"""Whether a file is whole, told from its structure and its checksums."""

from __future__ import annotations

import io
import os
import re
import struct
import zlib
from typing import BinaryIO

from maskprep.errors import UnreadableImageError
from maskprep.files import pathname, storage
from maskprep.raster.header import decoding, opened, unreadable
from maskprep.raster.kinds import identified
from maskprep.raster.plain import PNG_SIGNATURE

_PNG_END = b"\0\0\0\0IEND\xaeB`\x82"
#: Bytes that are summed up at once.
_PIECE = 1 << 16
_JPEG_START, _JPEG_END = b"\xff\xd8", b"\xff\xd9"
#: What ends a JPEG's coded data: neither a byte of data, nor a restart, nor a filler.
_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
#: A JPEG's frames (sequential and progressive, each by Huffman and arithmetic) give its size here.
_FRAMES, _SIZE_IN_FRAME = frozenset(b"\xc0\xc1\xc2\xc9\xca"), slice(5, 9)
#: Tables, intervals and scans, the marks of JFIF and Adobe: by these libjpeg decodes.
_JUDGED = _FRAMES | frozenset(b"\xc4\xcc\xda\xdb\xdd\xe0\xee")
#: Comments and other programs' notes, which it passes over.
_PASSED = frozenset(range(0xE0, 0xF0)) - _JUDGED | {0xFE}


def verify_pixels(path: str, *, decode: bool = False) -> None:
    """Make sure that a file is whole, decoding it only where there is a doubt.

    Parameters
    ----------
    path : str
        The image file, with a readable header.
    decode : bool
        Whether to decode it whatever its structure says.

    Raises
    ------
    UnreadableImageError
        Decoding fails, as it would in the trainer's batch.

    Notes
    -----
    A file in doubt is decoded, so that nothing is told that Pillow does not refuse. A PNG's
    checksums tell every damage. Of a JPEG are looked at its segments, and the markers in its coded
    data: libjpeg refuses what these make senseless, and decodes anything else to other pixels,
    with no word. Of a WebP its length is looked at: damage inside shows only when it is decoded,
    and so it does not where `decode` is False. Of a BMP it is the offsets, and what is of another
    format is always decoded. Of what lies behind a URL only the end is looked at, which finds every
    truncation: the rest would have to be fetched.

    *Source*: Pillow 13.0.0, PngImagePlugin.py: `PngImageFile._open` compares the checksums of
    what stands before the pixels, `load_read` and `load_end` pass over all others; damaged pixels
    fail in zlib. libjpeg-turbo 3, jdmarker.c, jdhuff.c, jdphuff.c: what is ``ERREXIT``, and what
    is ``WARNMS``, which Pillow does not ask for.
    """
    if decode or not _looks_whole(path):
        with opened(path) as image, decoding(path):
            image.load()


def _looks_whole(path: str) -> bool:
    is_near = pathname.local_path(path) is not None
    try:
        with storage.open_binary(path) as stream:
            length = stream.seek(0, os.SEEK_END)
            stream.seek(0)
            start = stream.read(32)
            if start.startswith(PNG_SIGNATURE):
                return _png_is_intact(stream) if is_near else _png_is_whole(stream, length)
            if start.startswith(_JPEG_START):
                if is_near:
                    stream.seek(0)
                    return _jpeg_is_intact(path, stream.read(length))
                stream.seek(max(0, length - 64))
                return _JPEG_END in stream.read()
    except OSError as error:
        raise unreadable(path, error, in_header=True) from error
    if start[:4] == b"RIFF" and start[8:12] == b"WEBP":
        return int.from_bytes(start[4:8], "little") + 8 <= length
    return start[:2] == b"BM" and _bmp_is_whole(start, length)


def _png_is_intact(stream: BinaryIO) -> bool:
    # A piece at a time: memory that was used a moment ago is at hand, a whole photograph's is not.
    kind = b""
    stream.seek(len(PNG_SIGNATURE))
    while kind != b"IEND":
        head = stream.read(8)
        left, kind = int.from_bytes(head[:4], "big"), head[4:]
        checksum = zlib.crc32(kind)
        while left:
            piece = stream.read(min(left, _PIECE))
            if not piece:
                return False
            checksum, left = zlib.crc32(piece, checksum), left - len(piece)
        if stream.read(4) != checksum.to_bytes(4, "big"):
            return False
    return True


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


def _jpeg_is_intact(path: str, data: bytes) -> bool:
    """Follow a JPEG's segments to its end, and have its tables judged by Pillow.

    They are: put together without any coded data, as a picture of one pixel. libjpeg fills in what
    is missing, but refuses tables, frames and scans as it would with the data.
    """
    skeleton, position = bytearray(_JPEG_START), len(_JPEG_START)
    while (marker := _MARKER.search(data, position)) is not None:
        start, kind = marker.start(), data[marker.end() - 1]
        if kind == _JPEG_END[1]:
            return _decodes(path, bytes(skeleton) + _JPEG_END)
        position = marker.end() + int.from_bytes(data[marker.end() : marker.end() + 2], "big")
        if kind in _JUDGED:
            segment = bytearray(data[start:position])
            if kind in _FRAMES:
                segment[_SIZE_IN_FRAME] = b"\0\1\0\1"
            skeleton += segment
        elif kind not in _PASSED:
            return False
    return False


def _decodes(path: str, data: bytes) -> bool:
    try:
        with decoding(path), identified(io.BytesIO(data)) as image:
            image.load()
    except UnreadableImageError:
        return False
    return True


def _bmp_is_whole(start: bytes, length: int) -> bool:
    if len(start) < 32:
        return False
    # Uncompressed rows: the declared file size is often 0 or wrong, the pixels' is not.
    offset, _, width, height = struct.unpack("<IIii", start[10:26])
    bits, compression = struct.unpack("<HI", start[28:30] + start[30:32] + b"\0\0")
    rows = (width * bits + 31) // 32 * 4 * abs(height)
    return bool(compression == 0 and offset + rows <= length)
