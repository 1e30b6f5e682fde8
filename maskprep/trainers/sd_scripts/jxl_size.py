"""The size that sd-scripts reads from JPEG XL files by itself, since 0.10.

*Source*: kohya-ss/sd-scripts v0.10.1, library/jpeg_xl_util.py, get_jxl_size, which reads no more
than the signature, the boxes and the header of the size: ISO/IEC 18181-1, SizeHeader, and 18181-2.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

_BARE = b"\xff\x0a"
_SIGNATURE_BOX = b"\0\0\0\x0cJXL \r\n\x87\n"
_TYPE_BOX = b"\0\0\0\x14ftypjxl \0\0\0\0jxl "
#: More than the header of the size ever takes.
_HEADER = 16
#: Bits of a side, by the two bits before it.
_BITS = (9, 13, 18, 30)
#: Width to height, by the three bits between them; 0 says that the width follows.
_RATIOS = {1: (1, 1), 2: (12, 10), 3: (4, 3), 4: (3, 2), 5: (16, 9), 6: (5, 4), 7: (2, 1)}


def jxl_size(stream: BinaryIO) -> tuple[int, int]:
    """Measure a JPEG XL file as the trainer does.

    Parameters
    ----------
    stream : BinaryIO
        At its beginning.

    Returns
    -------
    tuple of int
        Width and height, px, before any turn.

    Raises
    ------
    ValueError
        In the trainer's words, where it is no JPEG XL.
    """
    start = stream.read(len(_SIGNATURE_BOX) + len(_TYPE_BOX))
    if start.startswith(_BARE):
        return _size_of(start)
    if start[:12] != _SIGNATURE_BOX:
        raise ValueError("Invalid signature box.")
    if start[12:] != _TYPE_BOX:
        raise ValueError("Invalid file type box.")
    parts: dict[int, bytes] = {}
    for kind, content in _boxes(stream, len(start)):
        if kind == b"jxlc":
            return _size_of(content)
        if kind == b"jxlp":
            parts[int.from_bytes(content[:4], "big")] = content[4:]
    return _size_of(b"".join(parts[index] for index in sorted(parts)) if parts else start)


def _boxes(stream: BinaryIO, position: int) -> Iterator[tuple[bytes, bytes]]:
    """Go from box to box: the kind of each, and how its content begins."""
    end = stream.seek(0, 2)
    while position < end:
        stream.seek(position)
        head = stream.read(8)
        length, begin = int.from_bytes(head[:4], "big"), 8
        if 1 < length <= 8:
            raise ValueError(f"Invalid LBox at byte {position}.")
        if length == 1:
            length, begin = int.from_bytes(stream.read(8), "big"), 16
            if length <= 16:
                raise ValueError(f"Invalid XLBox at byte {position}.")
        length = length or end - position
        yield head[4:], stream.read(max(0, min(4 + _HEADER, length - begin)))
        position += length


def _size_of(codestream: bytes) -> tuple[int, int]:
    bits = int.from_bytes(codestream[2 : 2 + _HEADER], "little")

    def take(count: int) -> int:
        nonlocal bits
        taken = bits & ((1 << count) - 1)
        bits >>= count
        return taken

    small = take(1)

    def side() -> int:
        return 8 * (1 + take(5)) if small else 1 + take(_BITS[take(2)])

    height = side()
    ratio = take(3)
    if not ratio:
        return side(), height
    across, down = _RATIOS[ratio]
    return height * across // down, height
