"""The only door for pixels on disk: headers, masks and pictures, decoded by Pillow.

Trainers decode with Pillow, so does maskprep: the installed version's own conversions are what
a trainer in the same environment would get.
"""

from __future__ import annotations

import os
import stat
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from maskprep.errors import UnreadableImageError
from maskprep.model import Size

Channel = Literal["r", "alpha"]

Mask = NDArray[np.uint8]

_ORIENTATION_TAG = 0x0112
_DECODER_ERRORS = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    struct.error,
    IndexError,
    MemoryError,
)
_PNG_END = b"\0\0\0\0IEND\xaeB`\x82"
_ALPHA_MODES = frozenset({"RGBA", "LA", "PA", "RGBa", "La"})
_SIXTEEN_BIT_MODES = frozenset({"I;16", "I;16L", "I;16B", "I;16N", "I", "F"})


@dataclass(frozen=True)
class Header:
    """What a file says of itself before any pixel is decoded.

    Attributes
    ----------
    size : Size
        Stored width and height in pixels, not turned by EXIF.
    format : str
        Pillow's name of the format: ``"PNG"``, ``"JPEG"``, ….
    mode : str
        Pillow's mode: ``"L"``, ``"RGB"``, ``"P"``, ``"I;16"``, ….
    has_alpha : bool
        Whether an alpha channel, or a transparent colour, is stored.
    orientation : int
        EXIF orientation, 1 to 8; 1 means upright.
    jpeg_quality : int or None
        Estimated quality, 1 to 100; None for other formats.
    bits : int
        Bits per channel as stored: 1, 8, 16 or 32.
    """

    size: Size
    format: str
    mode: str
    has_alpha: bool
    orientation: int
    jpeg_quality: int | None
    bits: int

    @property
    def turned(self) -> bool:
        """Whether EXIF swaps width and height for viewers."""
        return self.orientation >= 5


def read_header(path: str) -> Header:
    """Read what a file says of itself, without decoding pixels.

    Parameters
    ----------
    path : str
        The image file.

    Returns
    -------
    Header
        Size, format, mode and the rest.

    Raises
    ------
    UnreadableImageError
        The file is no image, empty, no regular file, or cannot be opened.
    """
    with _opened(path) as image:
        return _header(image)


@dataclass(frozen=True)
class MaskPixels:
    """A mask as decoded in one pass, with what its file holds beside it.

    Attributes
    ----------
    header : Header
        What the file says of itself.
    mask : ndarray of uint8, shape (H, W)
        255 trains, 0 is left out.
    alpha : ndarray of uint8, shape (H, W), or None
        Of a mask file: its own alpha, which trainers drop; None where it stores none.
    rgb : ndarray of uint8, shape (H, W, 3), or None
        The colours of an image read for its alpha, or of a coloured mask file; None where R, G
        and B are equal by the file's nature.
    largest_stored : int
        The largest value as stored; above 255 in files of 16 bits.
    """

    header: Header
    mask: Mask
    alpha: Mask | None
    rgb: NDArray[np.uint8] | None
    largest_stored: int


def read_mask(path: str, channel: Channel) -> MaskPixels:
    """Decode the channel that a trainer takes for the mask.

    Parameters
    ----------
    path : str
        Mask file (`channel` ``"r"``) or training image (``"alpha"``).
    channel : {"r", "alpha"}
        R of ``convert("RGB")``, or A of ``convert("RGBA")``.

    Returns
    -------
    MaskPixels
        The mask; all 255 where `channel` is ``"alpha"`` and the file stores none.

    Raises
    ------
    UnreadableImageError
        The file cannot be decoded.

    Notes
    -----
    *Source*: kohya-ss/sd-scripts v0.10.1, library/train_util.py, load_image: Pillow's
    ``convert``, no EXIF transpose. Truth: behaviour cases "16-bit grey mask, …",
    "mask painted pure green", "RGBA mask, white and fully transparent".
    """
    with _opened(path) as image:
        header = _header(image)
        with _decoding(path):
            return _alpha_of(image, header) if channel == "alpha" else _red_of(image, header)


def _alpha_of(image: Image.Image, header: Header) -> MaskPixels:
    if not header.has_alpha:
        image.load()  # a broken file must not pass for a whole one
        opaque = np.full((header.size.height, header.size.width), 255, np.uint8)
        return MaskPixels(header, opaque, None, None, 255)
    rgba = np.asarray(image if image.mode == "RGBA" else image.convert("RGBA"))
    mask = np.ascontiguousarray(rgba[..., 3])
    return MaskPixels(header, mask, None, rgba[..., :3], int(mask.max()))


def _red_of(image: Image.Image, header: Header) -> MaskPixels:
    if image.mode in ("L", "1"):
        mask = np.asarray(image if image.mode == "L" else image.convert("L"))
        return MaskPixels(header, mask, None, None, int(mask.max()))
    if image.mode == "LA":
        grey, alpha = (np.asarray(band) for band in image.split())
        return MaskPixels(header, grey, alpha, None, int(grey.max()))
    if image.mode in _SIXTEEN_BIT_MODES:
        mask = np.asarray(image.convert("RGB").getchannel(0))
        stored = np.nan_to_num(np.asarray(image))
        return MaskPixels(header, mask, None, None, int(stored.max()))
    wanted = "RGBA" if header.has_alpha else "RGB"  # the same colours, and the alpha beside them
    pixels = np.asarray(image if image.mode == wanted else image.convert(wanted))
    mask = np.ascontiguousarray(pixels[..., 0])
    own_alpha = pixels[..., 3] if header.has_alpha else None
    return MaskPixels(header, mask, own_alpha, pixels[..., :3], int(mask.max()))


def read_picture(path: str, mode: Literal["RGB", "RGBA"]) -> NDArray[np.uint8]:
    """Decode a picture as a trainer does, not turned by EXIF.

    Parameters
    ----------
    path : str
        The image file.
    mode : {"RGB", "RGBA"}
        Alpha dropped, or kept; not premultiplied, 255 where the file stores none.

    Returns
    -------
    ndarray of uint8, shape (H, W, 3) or (H, W, 4)
        The pixels.

    Raises
    ------
    UnreadableImageError
        The file cannot be decoded.
    """
    with _opened(path) as image, _decoding(path):
        return np.asarray(image if image.mode == mode else image.convert(mode))


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
        with open(path, "rb") as stream:
            whole = _looks_whole(stream, os.fstat(stream.fileno()).st_size)
    except OSError as error:
        raise _unreadable(path, error, in_header=True) from error
    if not whole:
        with _opened(path) as image, _decoding(path):
            image.load()


@contextmanager
def _opened(path: str) -> Iterator[Image.Image]:
    # A FIFO or a device would block for ever, in the trainer as here.
    try:
        kind = os.stat(path).st_mode
        if stat.S_ISDIR(kind):
            raise IsADirectoryError(21, "Is a directory", path)
        if not stat.S_ISREG(kind):
            raise OSError(f"not a regular file: {path!r}")
        image = Image.open(path)
    except (OSError, SyntaxError, ValueError, struct.error, Image.DecompressionBombError) as error:
        bomb = isinstance(error, Image.DecompressionBombError)
        raise _unreadable(path, error, in_header=not bomb) from error
    with image:
        yield image


@contextmanager
def _decoding(path: str) -> Iterator[None]:
    try:
        yield
    # Pillow's decoders raise these, and nothing narrower, on broken data.
    except _DECODER_ERRORS as error:
        raise _unreadable(path, error, in_header=False) from error


def _unreadable(path: str, error: BaseException, *, in_header: bool) -> UnreadableImageError:
    return UnreadableImageError(
        f"{path}: {_plain_words(path, error)}",
        f"{type(error).__name__}: {error}",
        in_header=in_header,
        too_large=isinstance(error, Image.DecompressionBombError),
    )


def _plain_words(path: str, error: BaseException) -> str:
    if isinstance(error, FileNotFoundError):
        return "there is no such file"
    if isinstance(error, IsADirectoryError):
        return "is a folder, not an image"
    if isinstance(error, PermissionError):
        return "may not be read (permissions)"
    if isinstance(error, Image.DecompressionBombError):
        return "declares more pixels than Pillow, and so the trainer, will decode"
    if "not a regular file" in str(error):
        return "is no regular file (a pipe or a device): the trainer would wait for ever"
    if os.path.isfile(path) and os.path.getsize(path) == 0:
        return "is empty (0 bytes)"
    if "cannot identify" in str(error):
        return "is not an image that Pillow can read"
    if "truncated" in str(error):
        return "is cut short"
    return f"cannot be decoded ({error})"


def _header(image: Image.Image) -> Header:
    mode = image.mode
    return Header(
        size=Size(*image.size),
        format=image.format or "",
        mode=mode,
        has_alpha=mode in _ALPHA_MODES or "transparency" in image.info,
        orientation=_orientation(image),
        jpeg_quality=_jpeg_quality(image),
        bits=_bits(image),
    )


def _orientation(image: Image.Image) -> int:
    if image.format == "PNG" and "exif" not in image.info:
        return 1  # getexif() would decode the whole PNG in search of a late chunk
    try:
        value = image.getexif().get(_ORIENTATION_TAG, 1)
    except Exception:  # noqa: BLE001 - broken EXIF raises anything; trainers never read it
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def _bits(image: Image.Image) -> int:
    # A 16-bit RGB PNG opens as "RGB": Pillow keeps the high bytes, and nothing is lost.
    if image.mode == "1":
        return 1
    if image.mode.startswith("I;16"):
        return 16
    if image.mode in ("I", "F"):
        return 16 if image.format == "PNG" else 32  # Pillow before 10 opens 16-bit PNG as "I"
    return 8


def _jpeg_quality(image: Image.Image) -> int | None:
    tables: dict[int, list[int]] | None = getattr(image, "quantization", None)
    if image.format != "JPEG" or not tables:
        return None
    # libjpeg scales Annex K's table, whose mean is 57.6, by (200 - 2q) % above quality 50 and
    # by 5000/q % below; the stored table's mean gives q back.
    scale = 100 * float(np.mean(tables[min(tables)])) / 57.625
    quality = (200 - scale) / 2 if scale <= 100 else 5000 / scale
    return int(min(100, max(1, round(quality))))


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
