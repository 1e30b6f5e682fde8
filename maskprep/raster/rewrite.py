"""Files to PNG files that hold the same pixels, in memory: other kinds, and turned ones."""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from maskprep.errors import MaskprepError
from maskprep.raster.accompany import Accompaniment, read_accompanied
from maskprep.raster.decode import read_stored
from maskprep.raster.encode import encode_picture
from maskprep.raster.header import Header, decoding, opened
from maskprep.raster.orientation import as_viewed

#: What a PNG holds as it is, and Pillow writes so in every version.
_KEPT = ("1", "L", "LA", "P", "RGB", "RGBA")
_ENDINGS = {"JPEG": ".jpg", "PNG": ".png", "WEBP": ".webp", "BMP": ".bmp"}
_BY_HAND = "save the picture as PNG by hand"
#: How EXIF's orientations turn stored pixels into what viewers show.
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def ending_of_kind(header: Header) -> str:
    """Name the usual ending of a file's kind; empty where no trainer takes that kind."""
    return _ENDINGS.get(header.format, "")


def picture_as_png(path: str, *, upright: bool = False) -> bytes:
    """Make a PNG of a picture, with what lies beside its pixels.

    Parameters
    ----------
    path : str
        The image file.
    upright : bool
        Whether to turn it as viewers do, and to leave its orientation out.

    Returns
    -------
    bytes
        8 bits a channel, RGB or RGBA.

    Raises
    ------
    UnreadableImageError
        The file cannot be decoded.
    MaskprepError
        It has several pages or layers, or more in a pixel than such a PNG holds.
    """
    stored = read_stored(path)
    header = stored.header
    _refuse_pages(path, stored.pages)
    if header.bits > 8 or header.mode not in _KEPT:
        raise MaskprepError(f"{path}: is {header.bits}-bit {header.mode}: save it as PNG by hand")
    return _encoded(*read_accompanied(path, "RGBA" if header.has_alpha else "RGB"), header, upright)


def turned_upright(path: str, header: Header) -> bytes:
    """Make a PNG of a picture as viewers show it; raises as `read_accompanied`."""
    pixels, beside = read_accompanied(path, "RGBA" if header.has_alpha else "RGB")
    return _encoded(pixels, beside, header, upright=True)


def stored_as_png(path: str, orientation: int = 1) -> bytes:
    """Make a PNG of a mask's file that keeps what is stored: a palette's numbers, its alpha.

    Parameters
    ----------
    path : str
        The mask file.
    orientation : int
        By which its pixels are turned, as EXIF's, 1 to 8.

    Returns
    -------
    bytes
        In the file's own mode.

    Raises
    ------
    UnreadableImageError
        The file cannot be decoded.
    MaskprepError
        It has several pages or layers, or a kind of pixels that a PNG does not hold.
    """
    with opened(path) as image:
        with decoding(path):
            image.load()
            pages, mode = int(getattr(image, "n_frames", 1)), image.mode
        _refuse_pages(path, pages)
        if mode not in (*_KEPT, "I;16"):
            raise MaskprepError(f"{path}: its pixels are {mode}: save it as PNG by hand")
        buffer = io.BytesIO()
        with decoding(path):
            turned = image.transpose(_TURNS[orientation]) if orientation in _TURNS else image
            clear = image.info.get("transparency")
            kept = {} if clear is None else {"transparency": clear}
            turned.info.pop("exif", None)
            turned.save(buffer, "PNG", icc_profile=None, **kept)
        return buffer.getvalue()


def _encoded(
    pixels: NDArray[np.uint8], beside: Accompaniment, header: Header, upright: bool
) -> bytes:
    if upright:
        pixels, beside = as_viewed(pixels, header.orientation), beside.upright()
    return encode_picture(pixels, beside)


def several(pages: int) -> str:
    """Say that a file has several pictures in it."""
    return f"has {pages} pages, frames or layers"


def _refuse_pages(path: str, pages: int) -> None:
    if pages > 1:
        raise MaskprepError(f"{path}: {several(pages)}: {_BY_HAND}")
