"""The size that sd-scripts believes an image to have: what the imagesize package tells it.

*Source*: kohya-ss/sd-scripts v0.9.1 and v0.10.1, library/train_util.py, BaseDataset.get_image_size;
requirements.txt, imagesize==1.4.1; imagesize 1.4.1, imagesize/imagesize.py, get. Truth: "BMP image
300x150", "empty image file". Every answer and every error is held against the package itself by
the tests.

The package is replayed, and not asked: beside maskprep any version of it may be installed, and
later ones tell other sizes.
"""

from __future__ import annotations

import math
import os
import re
import struct
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from maskprep.files import pathname, storage
from maskprep.model import Size, Stage, Stop
from maskprep.trainers.sd_scripts.generations import Generation
from maskprep.trainers.sd_scripts.jxl_size import jxl_size

if TYPE_CHECKING:
    from maskprep.raster import Header

#: What the package raises on broken files, which the trainer lets through.
MEASURING_ERRORS = (
    *(OSError, ValueError, TypeError, IndexError, OverflowError, NameError),
    struct.error,
)
#: Neither width nor height is known.
UNKNOWN = (-1, -1)

_HEAD = 31
_PNG = b"\x89PNG\r\n\x1a\n"
_JPEG_2000 = b"\0\0\0\x0cjP  \r\n\x87\n"
#: Of the kinds of frames, SOF0 to SOF15, less what else has such a marker: DHT, JPG and DAC.
_JPEG_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_TIFF_SIDES = {256: "width", 257: "height"}
_TIFF_SHORT, _TIFF_LONG = 3, 4
_PX_OF_UNIT = {
    "": 1.0,
    "px": 1.0,
    "in": 96.0,
    "cm": 96 / 2.54,
    "mm": 9.6 / 2.54,
    "pc": 16.0,
    "pt": 16.0,
}


class _TiffForm(NamedTuple):
    """How one of the three kinds of TIFF that the package knows writes its numbers."""

    order: str
    entries: str
    entry: str
    name: str = "TIFF"


_TIFF_FORMS = {
    b"MM\0*": _TiffForm(">", ">H", ">HHLL"),
    b"II*\0": _TiffForm("<", "<H", "<HHLL"),
    b"II+\0": _TiffForm("<", "<Q", "<HHQQ", "BigTIFF"),
}


def measured_size(path: str, header: Header | None, generation: Generation) -> Size | Stop:
    """Tell the size that the trainer believes an image to have.

    Parameters
    ----------
    path : str
        The image file.
    header : Header or None
        What Pillow says of it; None where Pillow refuses it.
    generation : Generation
        Of the trainer.

    Returns
    -------
    Size or Stop
        In px; (-1, -1) where up to 0.9 nothing is known. A stop where the trainer's start ends
        in an error.

    Notes
    -----
    Up to 0.9 the package's word is taken, whatever it is. Since then a width that is not positive
    is asked of Pillow, and is 0 where that fails, which the search for a bucket then divides by.
    No generation catches what the package raises. What is named as JPEG XL is measured by a reader
    of the trainer's own since 0.10. A PNG that Pillow opens is not read again; only one that breaks
    the format, by a chunk before IHDR, would differ.
    """
    named_jxl = pathname.splitext(path)[1] in (".jxl", ".JXL")
    measure = jxl_size if named_jxl and generation.pillow_sizes else measured_by_imagesize
    if header is not None and header.format == "PNG" and measure is measured_by_imagesize:
        return header.size  # both read IHDR, which the format wants in the first place
    try:
        if not storage.is_regular(path):
            return _stop("no error, it waits for ever for data from a pipe or device", path)
        with storage.open_binary(path) as stream:
            width, height = measure(stream)
    except MEASURING_ERRORS as error:
        return _stop(_named(error), path)
    if width > 0 or not generation.pillow_sizes:
        # The sizes of drawings have fractions; no picture that trains is one.
        return Size(math.ceil(width), math.ceil(height))
    return header.size if header is not None else _stop("ZeroDivisionError: division by zero", path)


def measured_by_imagesize(stream: BinaryIO) -> tuple[float, float]:
    """Measure an image as imagesize 1.4.1 does.

    Parameters
    ----------
    stream : BinaryIO
        At its beginning; a few bytes are read.

    Returns
    -------
    tuple of float
        Width and height, px; ``(-1, -1)`` for a format that the package does not know: BMP, AVIF,
        JPEG XL. WebP of the extended kind (VP8X) is told one px too small each way.

    Raises
    ------
    ValueError, TypeError, IndexError, OverflowError, NameError, struct.error
        Wherever the package does, in its words.

    Notes
    -----
    *Source*: imagesize 1.4.1, imagesize/imagesize.py, get.
    """
    head = stream.read(_HEAD)
    if head[:6] in (b"GIF87a", b"GIF89a") and len(head) >= 10:
        return _two("<hh", head[6:10])
    if head.startswith(_PNG) and len(head) >= 16:
        # Without IHDR in its place the package believes an old form, with the size right there.
        return _two(
            ">LL", head[16:24] if head[12:16] == b"IHDR" and len(head) >= 24 else head[8:16]
        )
    if head.startswith(b"\xff\xd8"):
        return _in_jpeg(stream)
    if head.startswith(_JPEG_2000):
        return _in_jpeg_2000(stream)
    if head[:4] in _TIFF_FORMS and len(head) >= 8:
        return _in_tiff(stream, head)
    if head.startswith((b"<?xml", b"<svg")):
        return _in_svg(stream) if len(head) >= 5 else UNKNOWN
    if head[:1] == b"P" and head[1:2] in b"123456":
        return _in_netpbm(stream)
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return _in_webp(head)
    return UNKNOWN


def _in_jpeg(stream: BinaryIO) -> tuple[int, int]:
    try:
        stream.seek(2)
        while True:
            kind = 0xFF
            while kind == 0xFF:
                kind = ord(stream.read(1))
            (length,) = struct.unpack(">H", stream.read(2))
            if kind in _JPEG_FRAMES:
                height, width = struct.unpack(">xHH", stream.read(5))
                return width, height
            # A length of 0 leads back, but never to where this marker began.
            stream.seek(length - 2, os.SEEK_CUR)
    except (struct.error, TypeError) as error:
        raise ValueError("Invalid JPEG file") from error


def _in_jpeg_2000(stream: BinaryIO) -> tuple[int, int]:
    stream.seek(48)
    try:
        height, width = _two(">LL", stream.read(8))
    except struct.error as error:
        raise ValueError("Invalid JPEG2000 file") from error
    return width, height


def _in_tiff(stream: BinaryIO, head: bytes) -> tuple[int, int]:
    form = _TIFF_FORMS[head[:4]]
    (offset,) = struct.unpack(f"{form.order}L", head[4:8])
    if form.name == "BigTIFF":
        if offset != 8:
            # The package stumbles over its own message.
            raise UnboundLocalError(
                "cannot access local variable 'offset' where it is not associated with a value"
            )
        (offset,) = struct.unpack("<Q", head[8:16])
    stream.seek(offset)
    (entries,) = struct.unpack(form.entries, stream.read(struct.calcsize(form.entries)))
    sides: dict[str, int] = {}
    for _ in range(entries):
        tag, kind, _, value = struct.unpack(form.entry, stream.read(struct.calcsize(form.entry)))
        side = _TIFF_SIDES.get(tag)
        if side is None:
            continue
        sides[side] = value if form.order == "<" else _from_the_left(side, kind, value)
        if len(sides) == 2:
            return sides["width"], sides["height"]
    raise ValueError(f"Invalid {form.name} file: width and/or height IDS entries are missing.")


def _from_the_left(side: str, kind: int, value: int) -> int:
    # In files of big-endian order a short number stands in the upper half of its field.
    if kind not in (_TIFF_SHORT, _TIFF_LONG):
        raise ValueError(f"Invalid TIFF file: {side} column data type should be SHORT/LONG.")
    return value >> 16 if kind == _TIFF_SHORT else value


def _in_svg(stream: BinaryIO) -> tuple[float, float]:
    stream.seek(0)
    start = stream.read(1024)
    try:
        text = start.decode("utf-8")
        found = [re.search(rf'[^-]{side}="([^"\n]*)"', text) for side in ("width", "height")]
        width, height = (each.group(1) for each in found if each is not None)
    except ValueError as error:
        raise ValueError("Invalid SVG file") from error
    return _in_px(width), _in_px(height)


def _in_px(length: str) -> float:
    parts = re.match(r"(\d+(?:\.\d+)?)?([a-z]*)$", length)
    if parts is None:
        raise ValueError(f"unknown length value: {length}")
    number, unit = parts.groups()
    if unit not in _PX_OF_UNIT:
        raise ValueError(f"unknown unit type: {unit}")
    return float(number) * _PX_OF_UNIT[unit]


def _in_netpbm(stream: BinaryIO) -> tuple[int, int]:
    stream.seek(2)
    sides: list[int] = []
    while True:
        byte = stream.read(1)
        if byte.isspace():
            continue
        if byte == b"#":
            stream.readline()
            continue
        if not byte.isdigit():
            wrong = "Invalid character found on Netpbm file" if byte else "Invalid Netpbm file"
            raise ValueError(wrong)
        digits = bytearray()
        while byte.isdigit():
            digits += byte
            byte = stream.read(1)
        sides.append(int(digits))
        if len(sides) == 2:
            return sides[0], sides[1]
        # Also where the file has ended: its last digit is then taken twice.
        stream.seek(-1, os.SEEK_CUR)


def _in_webp(head: bytes) -> tuple[int, int]:
    kind = head[12:16]
    if kind == b"VP8 ":
        return _two("<HH", head[26:30])
    if kind == b"VP8X":
        # Both are stored less 1, which the package does not know.
        width, height = (struct.unpack("<I", head[at : at + 3] + b"\0")[0] for at in (24, 27))
        return width, height
    if kind == b"VP8L":
        first, second, third, fourth = (head[21:25][at] for at in range(4))
        width = (second & 0x3F) << 8 | first
        height = (fourth & 0x0F) << 10 | third << 2 | second >> 6
        return width + 1, height + 1
    raise ValueError("Unsupported WebP file")


def _two(form: str, field: bytes) -> tuple[int, int]:
    first, second = struct.unpack(form, field)
    return first, second


def _stop(error: str, path: str) -> Stop:
    return Stop("unreadable", Stage.START_UP, error, path)


def _named(error: BaseException) -> str:
    named = "struct.error" if isinstance(error, struct.error) else type(error).__name__
    return f"{named}: {error}"
