"""Files to masks and pictures, as Pillow decodes them.

Trainers decode with Pillow, so does maskprep: the installed version's own conversions are what
a trainer in the same environment would get. Plain PNGs go a faster way to the same pixels
(`plain`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from maskprep.errors import UnreadableImageError
from maskprep.model import Size
from maskprep.raster.header import (
    Header,
    decoding,
    header_of,
    is_boolean_of_tifffile,
    is_signed,
    is_white_least,
    opened,
)
from maskprep.raster.orientation import as_viewed
from maskprep.raster.plain import as_array
from maskprep.raster.reading import Channel, Deep, one_of

Mask = NDArray[np.uint8]

_BOOLEAN = (
    "says that 0 is white, as tifffile and imageio write arrays of bool: if it comes out inverted,"
    " add --invert"
)
_SIXTEEN_BIT_MODES = frozenset({"I;16", "I;16L", "I;16B", "I;16N", "I", "F"})


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
    beyond_palette : bool
        Whether it has numbers that its palette has no colour for.
    deep : ndarray of uint16, shape (H, W), or None
        Greys of 16 bits as stored, where they are kept; `mask` has them cut off at 255.
    """

    header: Header
    mask: Mask
    alpha: Mask | None
    rgb: NDArray[np.uint8] | None
    largest_stored: int
    beyond_palette: bool = False
    deep: NDArray[np.uint16] | None = None

    @property
    def trained(self) -> Mask | NDArray[np.uint16]:
        """What the trainer goes on with: the mask, or deep greys where it keeps them."""
        return self.mask if self.deep is None else self.deep

    def upright(self) -> MaskPixels:
        """Turn all of it by the file's EXIF."""

        def turned(pixels: Any) -> Any:
            if pixels is None:
                return None
            return np.ascontiguousarray(as_viewed(pixels, self.header.orientation))

        return replace(
            self,
            header=self.header.upright(),
            mask=turned(self.mask),
            alpha=turned(self.alpha),
            rgb=turned(self.rgb),
            deep=turned(self.deep),
        )


def read_mask(path: str, channel: Channel, upright: bool = False, deep: Deep = "cut") -> MaskPixels:
    """Decode the channel that a trainer takes for the mask.

    Parameters
    ----------
    path : str
        Mask file (`channel` ``"r"``) or training image (``"alpha"``).
    channel, upright, deep
        As in `Reading`.

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
    with opened(path) as image:
        header = header_of(path, image)
        if channel == "alpha":
            pixels = _alpha_of(path, image, header)
        else:
            pixels = _mask_of(path, image, header, channel, deep)
        return pixels.upright() if upright and header.orientation != 1 else pixels


def _alpha_of(path: str, image: Image.Image, header: Header) -> MaskPixels:
    if not header.has_alpha:
        with decoding(path):
            image.load()  # a broken file must not pass for a whole one
        opaque = np.full((header.size.height, header.size.width), 255, np.uint8)
        return MaskPixels(header, opaque, None, None, 255)
    rgba = _in_mode(path, image, "RGBA")
    mask = np.ascontiguousarray(rgba[..., 3])
    return MaskPixels(header, mask, None, rgba[..., :3], int(mask.max()))


def _mask_of(
    path: str, image: Image.Image, header: Header, channel: Channel, kept: Deep
) -> MaskPixels:
    if channel == "libpng" and image.format == "JPEG" and image.mode == "RGB":
        with decoding(path):
            image.draft("L", image.size)  # as stored, not made of RGB again
    if image.mode in ("L", "1"):
        mask = _in_mode(path, image, "L")
        return MaskPixels(header, mask, None, None, int(mask.max()))
    if image.mode == "LA":
        grey, alpha = _bands(path, image, "LA")
        return MaskPixels(header, grey, alpha, None, int(grey.max()))
    if image.mode in _SIXTEEN_BIT_MODES:
        with decoding(path):
            mask = np.asarray(image.convert("RGB").getchannel(0))
        deep = _deep(path, image)
        largest = int(np.nan_to_num(deep).max())
        sixteen = deep.astype(np.uint16) if header.bits <= 16 and kept != "cut" else None
        if kept == "scaled" and sixteen is not None:
            scaled = (sixteen >> 8).astype(np.uint8)
            return MaskPixels(header, scaled, None, None, largest)
        return MaskPixels(header, mask, None, None, largest, deep=sixteen)
    wanted = "RGBA" if header.has_alpha else "RGB"  # the same colours, and the alpha beside them
    pixels = _in_mode(path, image, wanted)
    own_alpha, rgb = pixels[..., 3] if header.has_alpha else None, pixels[..., :3]
    mask = one_of(rgb, channel, image.format)
    beyond = image.mode == "P" and _is_beyond_palette(path, image)
    return MaskPixels(header, mask, own_alpha, rgb, int(mask.max()), beyond)


def _is_beyond_palette(path: str, image: Image.Image) -> bool:
    with decoding(path):
        return int(np.asarray(image).max()) * 3 >= len(image.getpalette() or ())


def read_picture(
    path: str, mode: Literal["RGB", "RGBA"], *, upright: bool = False
) -> NDArray[np.uint8]:
    """Decode a picture as a trainer does.

    Parameters
    ----------
    path : str
        The image file.
    mode : {"RGB", "RGBA"}
        Alpha dropped, or kept; not premultiplied, 255 where the file stores none.
    upright : bool
        Whether it is turned by EXIF.

    Returns
    -------
    ndarray of uint8, shape (H, W, 3) or (H, W, 4)
        The pixels.

    Raises
    ------
    UnreadableImageError
        The file cannot be decoded.
    """
    with opened(path) as image:
        pixels = picture_of(path, image, mode)
        if not upright:
            return pixels
        return np.ascontiguousarray(as_viewed(pixels, header_of(path, image).orientation))


def read_small(path: str, at_least: Size, upright: bool = False) -> NDArray[np.uint8]:
    """Decode a picture that will be shown small: a JPEG only as finely as that needs.

    Parameters
    ----------
    path : str
        The image file.
    at_least : Size
        What is needed of all of it, px.
    upright : bool
        Turn it by its EXIF.

    Returns
    -------
    ndarray of uint8, shape (H, W, 3)
        RGB; of the stored size, or of a half, a quarter or an eighth of it.

    Raises
    ------
    UnreadableImageError
        The file cannot be decoded.
    """
    with opened(path) as image:
        header = header_of(path, image)
        image.draft("RGB", (at_least.width, at_least.height))
        pixels = picture_of(path, image, "RGB")
        return as_viewed(pixels, header.orientation) if upright else pixels


def picture_of(path: str, image: Image.Image, mode: Literal["RGB", "RGBA"]) -> NDArray[np.uint8]:
    """Decode an opened file; see `read_picture`."""
    if mode == "RGB" and image.mode == "P" and "transparency" in image.info:
        # The same colours; straight to RGB Pillow would warn of the alpha that goes.
        return np.ascontiguousarray(_in_mode(path, image, "RGBA")[..., :3])
    return _in_mode(path, image, mode)


def _in_mode(path: str, image: Image.Image, mode: str) -> NDArray[np.uint8]:
    if image.mode == mode:
        return as_array(path, image)
    with decoding(path):
        return np.asarray(image.convert(mode))


def _bands(path: str, image: Image.Image, mode: str) -> list[NDArray[np.uint8]]:
    with decoding(path):
        return [np.asarray(band) for band in image.convert(mode).split()]


@dataclass(frozen=True)
class StoredPixels:
    """A file's pixels with nothing cut off: what its numbers, colours and alpha are.

    Attributes
    ----------
    header : Header
        What the file says of itself.
    numbers : ndarray of shape (H, W), or None
        One value a pixel as stored: the palette's index, 0 and 1 of 1-bit files, greys of any
        depth and type, the largest the lightest; None where three colours are stored.
    rgb : ndarray of uint8, shape (H, W, 3), or None
        Colours by Pillow's ``convert("RGB")``; None for greys.
    alpha : ndarray of uint8, shape (H, W), or None
        None where the file stores none.
    red : ndarray of uint8, shape (H, W), or None
        R of Pillow's ``convert("RGB")``, as trainers read mask files; None where Pillow has no
        such conversion.
    pages : int
        Pages, frames or layers of the file, of which Pillow opens the first.
    doubt : str
        What the file says of its values and its writer hardly meant, in words; mostly empty.
    """

    header: Header
    numbers: NDArray[Any] | None
    rgb: NDArray[np.uint8] | None
    alpha: Mask | None
    red: Mask | None
    pages: int = 1
    doubt: str = ""


def read_stored(path: str) -> StoredPixels:
    """Decode all that a mask may be hidden in, not turned by EXIF.

    Parameters
    ----------
    path : str
        The image file.

    Returns
    -------
    StoredPixels
        Numbers, colours and alpha.

    Raises
    ------
    UnreadableImageError
        The file cannot be decoded.
    """
    with opened(path) as image:
        header = header_of(path, image)
        with decoding(path):
            pages = int(getattr(image, "n_frames", 1))
            doubt = _BOOLEAN if is_boolean_of_tifffile(image) else ""
        numbers, rgb, alpha = _numbers_and_colours(path, image, header)
        if rgb is not None:
            red: Mask | None = np.ascontiguousarray(rgb[..., 0])
        else:
            is_red = image.mode == "L" and numbers is not None and numbers.dtype == np.uint8
            red = numbers if is_red else _red_or_none(path, image, header)
        return StoredPixels(header, numbers, rgb, alpha, red, pages, doubt)


def _red_or_none(path: str, image: Image.Image, header: Header) -> Mask | None:
    try:
        return _mask_of(path, image, header, "r", "cut").mask
    except UnreadableImageError:  # it is decoded: its mode is one that Pillow only opens
        return None


def _numbers_and_colours(
    path: str, image: Image.Image, header: Header
) -> tuple[NDArray[Any] | None, NDArray[np.uint8] | None, Mask | None]:
    if image.mode in _SIXTEEN_BIT_MODES:
        deep, clear = _deep(path, image), image.info.get("transparency")
        alpha = None if clear is None else np.where(deep == clear, 0, 255).astype("u1")
        with decoding(path):
            white_least = image.mode.startswith("I;16") and is_white_least(image)
        # Pillow turns greys of 8 bits about, those of 16 it does not.
        return np.iinfo(np.uint16).max - deep if white_least else deep, None, alpha
    if image.mode in ("LA", "La"):
        grey, alpha = _bands(path, image, "LA")
        return grey, None, alpha
    if image.mode in ("1", "L"):
        clear = _clear_grey(path, image)
        greys: NDArray[Any] = as_array(path, image).astype(np.uint8, copy=False)
        with decoding(path):
            signed = image.mode == "L" and is_signed(image)
        if signed:
            greys = greys.view(np.int8)
        if image.mode == "1" and image.format == "PSD":
            greys = 1 - greys  # 1 is black in it, which Pillow 13 takes for white still
        if clear is not None:
            return greys, None, np.where(greys == clear, 0, 255).astype(np.uint8)
        return greys, None, _in_mode(path, image, "RGBA")[..., 3] if header.has_alpha else None
    wanted = "RGBA" if header.has_alpha else "RGB"
    pixels = _in_mode(path, image, wanted)
    own_alpha = np.ascontiguousarray(pixels[..., 3]) if header.has_alpha else None
    rgb = np.ascontiguousarray(pixels[..., :3])
    if image.mode in ("P", "PA"):
        with decoding(path):
            return np.asarray(image.getchannel("P")), rgb, own_alpha
    return None, rgb, own_alpha


def _clear_grey(path: str, image: Image.Image) -> int | None:
    """Tell which number a PNG of less than 8 bits makes transparent, as it is decoded.

    *Source*: Pillow 13.0.0, PngImagePlugin.py (the tRNS grey is kept as it stands) and Image.py,
    Image.convert, which looks for it among greys that were scaled to 255: the trainer sees none.
    Up to 10.4 that is so of 1 bit, too; later ones look for 255.
    """
    with decoding(path):
        clear, tiles = image.info.get("transparency"), getattr(image, "tile", [])
        stored_as = tiles[0][3] if tiles and image.format == "PNG" else ""
    scale = {"1": 1, "L;2": 85, "L;4": 17}.get(stored_as if isinstance(stored_as, str) else "")
    if not scale or not isinstance(clear, int):
        return None
    return min(clear, 1) if stored_as == "1" else clear * scale


def _deep(path: str, image: Image.Image) -> NDArray[Any]:
    """Decode greys of 16 or 32 bits, or floats; whole numbers by their own sign."""
    with decoding(path):
        image.load()  # before 10, `np.asarray` would take the size from before a TIFF is turned
        deep = np.asarray(image)
        # Pillow opens 32-bit integers of either kind as signed.
        return deep.view(np.uint32) if image.mode == "I" and not is_signed(image) else deep
