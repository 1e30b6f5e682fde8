"""What a file says of itself, and why it cannot be opened or decoded."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import cache
from typing import BinaryIO

import numpy as np
import PIL
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from maskprep.errors import MaskprepError, UnreadableImageError
from maskprep.files import pathname, storage
from maskprep.model import Size
from maskprep.raster.kinds import HEAD, Kind, identified, kind_of, refused_kind_of

#: The EXIF tag of the orientation.
ORIENTATION_TAG = 0x0112
#: What no decoder raises on its own account; all else is a file that cannot be decoded, and that
#: may be anything: a plug-in in Rust panics with a BaseException.
_NOT_OF_DECODERS = (MaskprepError, KeyboardInterrupt, SystemExit, GeneratorExit)
#: In the place of the trainer's error, of what its Pillow may open.
_NOT_FORETOLD = "maskprep does not open it, the trainer's Pillow may"
#: JPEG's steps of brightness at quality 50, in rising order.
_LUMINANCE = (
    *(10, 11, 12, 12, 13, 14, 14, 14, 16, 16, 16, 17, 18, 19, 22, 22),
    *(24, 24, 24, 26, 29, 35, 37, 40, 40, 49, 51, 51, 55, 55, 56, 56),
    *(57, 58, 60, 61, 62, 64, 64, 68, 69, 72, 77, 78, 80, 81, 87, 87),
    *(92, 92, 95, 98, 99, 100, 101, 103, 103, 103, 104, 109, 112, 113, 120, 121),
)
#: What one byte of a table holds.
_LARGEST_STEP = 255
_PNG_START = 8  # the length of its signature
_LONGEST_EXIF = 1 << 16  # as in a JPEG; the length that a damaged file tells may be anything
_ALPHA_MODES = frozenset({"RGBA", "LA", "PA", "RGBa", "La"})
_WIDTH, _HEIGHT, _BITS_PER_SAMPLE, _SAMPLE_FORMAT = 256, 257, 258, 339  # of TIFF
_PHOTOMETRIC, _SAMPLES_PER_PIXEL, _SIGNED = 262, 277, 2
_SOFTWARE = 305
_CHANNELS_OF_PSD = 12  # the place of their number
#: In which Pillow maps an uncompressed file into memory, if it is opened by its path.
_MAPPED_MODES = frozenset({"L", "P", "RGBX", "RGBA", "CMYK", "I;16", "I;16L", "I;16B"})
#: The versions of Pillow that turn the sides of such a map before they know of them.
_SCRAMBLING = ((11, 0), (13, 0))


@dataclass(frozen=True)
class Header:
    """What a file says of itself before any pixel is decoded.

    Attributes
    ----------
    size : Size
        Width and height of the decoded pixels: as stored, not turned by EXIF. Of a TIFF they are
        turned, for Pillow turns its pixels when it decodes them.
    format : str
        Pillow's name of the format: ``"PNG"``, ``"JPEG"``, ….
    mode : str
        Pillow's mode: ``"L"``, ``"RGB"``, ``"P"``, ``"I;16"``, ….
    has_alpha : bool
        Whether an alpha channel, or a transparent colour, is stored.
    orientation : int
        EXIF orientation of the decoded pixels, 1 to 8; 1 means upright, as a TIFF always is then.
    jpeg_quality : int or None
        Estimated quality, 1 to 100; None for other formats.
    bits : int
        Bits per channel as stored: 1, 8, 12, 16 or 32.
    may_be_scrambled : bool
        Whether Pillow 11.0 to 13.0 mixes up its pixels where it is opened by its path, as
        trainers do. Here they are read right.
    further : int
        Channels stored beyond those that Pillow decodes: a TIFF's extra samples that say neither
        alpha nor colour, a PSD's saved selections, with which its alpha is lost.
    signed : bool
        Whether its samples are signed numbers, as those of a TIFF may be.
    """

    size: Size
    format: str
    mode: str
    has_alpha: bool
    orientation: int
    jpeg_quality: int | None
    bits: int
    may_be_scrambled: bool = False
    further: int = 0
    signed: bool = False

    @property
    def left(self) -> str:
        """What of the file's channels Pillow leaves, in words; empty where it decodes them all."""
        if self.further == 1:
            return "1 further channel of no stated kind"
        return f"{self.further} further channels" if self.further else ""

    @property
    def is_plain_mask(self) -> bool:
        """Whether it is a mask as trainers want it: an 8-bit grey PNG, not turned."""
        return self.format == "PNG" and self.mode == "L" and self.orientation == 1

    @property
    def is_clipped(self) -> bool:
        """Whether it holds greys that Pillow's ``convert`` cuts off at 255, and does not scale."""
        return self.bits > 8

    def upright(self) -> Header:
        """Say of the file what holds of its pixels once they are turned by EXIF."""
        size = Size(self.size.height, self.size.width) if self.turned else self.size
        return replace(self, size=size, orientation=1)

    @property
    def is_scrambled(self) -> bool:
        """Whether the Pillow that is installed is one that scrambles it."""
        first, last = _SCRAMBLING
        version = tuple(int(each) for each in PIL.__version__.split(".")[:2])
        return self.may_be_scrambled and first <= version <= last

    @property
    def trained_size(self) -> Size:
        """Width and height that the trainer gets: what is scrambled keeps its sides as stored."""
        return Size(self.size.height, self.size.width) if self.is_scrambled else self.size

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
    with opened(path, whole=False) as image:
        return header_of(path, image)


@contextmanager
def opened(path: str, *, whole: bool = True) -> Iterator[Image.Image]:
    """Open an image file for as long as the block lasts; `UnreadableImageError` where it fails.

    `whole` says whether it is going to be decoded: what is remote is then fetched at once.
    """
    with ExitStack() as stack:
        try:
            # A FIFO or a device would block for ever, in the trainer as here.
            if not storage.is_regular(path):
                raise OSError(f"not a regular file: {path!r}")
            source: str | BinaryIO | None = pathname.local_path(path)
            if source is None:
                source = stack.enter_context(storage.open_binary(path, whole=whole))
        except (OSError, ValueError) as error:  # ValueError: a name that holds a zero byte
            raise unreadable(path, error, in_header=True) from error
        with decoding(path, in_header=True):
            image = stack.enter_context(identified(source))
            if image.format == "TIFF" and isinstance(source, str):
                # By its path Pillow 11.0 to 13.0 scrambles some; see `_may_be_scrambled`.
                stream = stack.enter_context(storage.open_binary(path))
                image = stack.enter_context(identified(stream))
        yield image


@contextmanager
def decoding(path: str, *, in_header: bool = False) -> Iterator[None]:
    """Turn whatever Pillow raises in the block into `UnreadableImageError`.

    Nothing but calls of Pillow's belongs in there: a fault of our own must not be told as a
    broken file.
    """
    try:
        yield
    except _NOT_OF_DECODERS:
        raise
    except BaseException as error:
        raise unreadable(path, error, in_header=in_header) from error


def unreadable(path: str, error: BaseException, *, in_header: bool) -> UnreadableImageError:
    """Put a decoder's error into plain words, beginning with the file's name."""
    bomb = isinstance(error, Image.DecompressionBombError)
    kind = _kind(path) if isinstance(error, UnidentifiedImageError) else None
    words = _plain_words(path, error) if kind is None else _words_of_kind(kind)
    may_open = kind is not None and kind.pillow_may
    return UnreadableImageError(
        f"{path}: {words}",
        _NOT_FORETOLD if may_open else f"{type(error).__name__}: {error}",
        in_header=in_header and not bomb,
        too_large=bomb,
        foretold=not may_open,
    )


def _kind(path: str) -> Kind | None:
    return kind_of(_head(path))


def _head(path: str) -> bytes:
    try:
        with storage.open_binary(path) as stream:
            return stream.read(HEAD)
    except OSError:
        return b""


def _words_of_kind(kind: Kind) -> str:
    return f"is {kind.name}, no picture that data sets hold: {kind.advice}"


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
    if storage.isfile(path) and storage.getsize(path) == 0:
        return "is empty (0 bytes)"
    if "cannot identify" in str(error):
        refused = refused_kind_of(_head(path))
        if refused:
            return f"is {refused}: save it as 8-bit PNG"
        return "is not an image that Pillow can read"
    if "truncated" in str(error):
        return "is cut short"
    return f"cannot be decoded ({error})"


def header_of(path: str, image: Image.Image) -> Header:
    """Tell what an opened file says of itself."""
    with decoding(path, in_header=True):
        mode, kind, info = image.mode, image.format, image.info
        tables = getattr(image, "quantization", None)
        size, bits = _size_when_decoded(image), _bits(image)
        may_be_scrambled, further = _may_be_scrambled(image), _further_channels(image)
        signed = is_signed(image)
    return Header(
        size=size,
        format=kind or "",
        mode=mode,
        has_alpha=mode in _ALPHA_MODES or "transparency" in info,
        orientation=_orientation(path, image),
        jpeg_quality=_jpeg_quality(tables) if kind == "JPEG" and tables else None,
        bits=bits,
        may_be_scrambled=may_be_scrambled,
        further=further,
        signed=signed,
    )


def _size_when_decoded(image: Image.Image) -> Size:
    if not _is_turned_tiff(image):
        return Size(*image.size)
    # Pillow tells the turned size only from 11 on; before, after it has decoded.
    return Size(_tag(image, _HEIGHT), _tag(image, _WIDTH))


def _is_turned_tiff(image: Image.Image) -> bool:
    return image.format == "TIFF" and _tag(image, ORIENTATION_TAG) in (5, 6, 7, 8)


def _may_be_scrambled(image: Image.Image) -> bool:
    """Tell whether Pillow 11.0 to 13.0, given the path, lays a map of a file on turned sides.

    *Source*: Pillow 13.0.0, ImageFile.py, ImageFile.load (``use_mmap``); TiffImagePlugin.py,
    TiffImageFile._setup, whose size is turned from 11.0 on; what is turned twice has its sides as
    stored again. Pillow 10.4 and older do not.
    """
    tiles = getattr(image, "tile", [])
    if not _is_turned_tiff(image) or len(tiles) != 1:
        return False
    codec, _, _, how = tiles[0]
    stored_as = how[0] if isinstance(how, tuple) else how
    return bool(codec == "raw" and stored_as == image.mode and stored_as in _MAPPED_MODES)


def _further_channels(image: Image.Image) -> int:
    """Count the channels that Pillow leaves.

    *Source*: Pillow 13.0.0, TiffImagePlugin.py, OPEN_INFO (rawmodes with X);
    PsdImagePlugin.py, PsdImageFile._open (an RGB file has alpha by its number of channels, 4).
    """
    stored = _tag(image, _SAMPLES_PER_PIXEL)
    stream = getattr(image, "fp", None)
    if image.format == "PSD" and stream is not None:
        place = stream.tell()
        stream.seek(_CHANNELS_OF_PSD)
        stored = int.from_bytes(stream.read(2), "big")
        stream.seek(place)
    # Before 10 Pillow decodes a fourth channel of no kind, as X, and drops it by its conversions.
    return max(0, stored - sum(band != "X" for band in image.getbands()))


def _tag(image: Image.Image, tag: int) -> int:
    """Read a whole number of a TIFF; 0 where it has none, as every other file."""
    value = getattr(image, "tag_v2", {}).get(tag, 0)
    value = value[0] if isinstance(value, tuple) and value else value
    return value if isinstance(value, int) else 0


def is_signed(image: Image.Image) -> bool:
    """Tell whether an opened file's samples are signed, as those of a TIFF may be."""
    return _tag(image, _SAMPLE_FORMAT) == _SIGNED


def is_white_least(image: Image.Image) -> bool:
    """Tell whether 0 is white in an opened file (TIFF's MinIsWhite)."""
    return bool(getattr(image, "tag_v2", {}).get(_PHOTOMETRIC) == 0)


def is_boolean_of_tifffile(image: Image.Image) -> bool:
    """Tell whether an opened file is a TIFF that tifffile made of an array of bool.

    *Source*: tifffile 2026.3.3, TiffWriter.write: MinIsWhite where the array is bool, so that True
    becomes black in every reader that goes by it.
    """
    software = getattr(image, "tag_v2", {}).get(_SOFTWARE, "")
    is_one_bit = image.mode == "1" and is_white_least(image)
    return is_one_bit and str(software).startswith("tifffile")


def _orientation(path: str, image: Image.Image) -> int:
    if image.format == "TIFF":
        return 1  # Pillow turns it when it decodes it
    try:
        with decoding(path):
            exif = _late_exif(path) if _may_have_late_exif(image) else image.getexif()
            value = exif.get(ORIENTATION_TAG, 1)
    except UnreadableImageError:
        return 1  # trainers never read EXIF
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def _may_have_late_exif(image: Image.Image) -> bool:
    return image.format == "PNG" and "exif" not in image.info


def _late_exif(path: str) -> Image.Exif:
    """Find a PNG's EXIF behind its pixels, where ImageMagick puts it and viewers look for it.

    Pillow's ``getexif`` would decode the whole file for it. What lies behind a URL is not looked
    through: all of it would have to be fetched.
    """
    exif, local, position, kind = Image.Exif(), pathname.local_path(path), _PNG_START, b""
    if local is None:
        return exif
    # A buffer would be filled anew for each of the few bytes that are wanted.
    with open(local, "rb", buffering=0) as stream:
        while kind not in (b"eXIf", b"IEND"):
            stream.seek(position)
            head = stream.read(8)
            if len(head) < 8:
                return exif
            length, kind = int.from_bytes(head[:4], "big"), head[4:]
            position += 12 + length
        if kind == b"eXIf":
            exif.load(b"Exif\0\0" + stream.read(min(length, _LONGEST_EXIF)))
    return exif


def _bits(image: Image.Image) -> int:
    # A 16-bit RGB PNG opens as "RGB": Pillow keeps the high bytes, and nothing is lost.
    if image.mode == "1":
        return 1
    if image.mode.startswith("I;16"):
        return _tag(image, _BITS_PER_SAMPLE) or 16
    if image.mode == "I" and image.format in ("PNG", "PPM"):
        return 16  # Pillow before 10 opens 16-bit PNG as "I"; a PGM is scaled to 16 bits
    if image.mode in ("I", "F"):
        return _tag(image, _BITS_PER_SAMPLE) or 32
    return 8


def _jpeg_quality(tables: dict[int, list[int]]) -> int:
    """Tell the quality by which libjpeg would have made the table that is most like the first."""
    stored = np.minimum(np.sort(tables[min(tables)]), _LARGEST_STEP)
    return int(np.abs(_steps_by_quality() - stored).sum(axis=1).argmin()) + 1


@cache
def _steps_by_quality() -> NDArray[np.int64]:
    """Make libjpeg's tables of quality 1 to 100, each in rising order, shape (100, 64).

    *Source*: ITU T.81, table K.1; libjpeg, jcparam.c, jpeg_quality_scaling.
    """
    quality = np.arange(1, 101)
    percent = np.where(quality < 50, 5000 // quality, 200 - 2 * quality)
    steps = (np.array(_LUMINANCE) * percent[:, None] + 50) // 100
    return np.asarray(np.clip(steps, 1, _LARGEST_STEP), np.int64)
