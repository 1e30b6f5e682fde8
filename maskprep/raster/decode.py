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
from maskprep.raster.keys import alpha_by_deep_colour, alpha_by_key, grey_key
from maskprep.raster.orientation import as_viewed
from maskprep.raster.plain import as_array, is_for_spng
from maskprep.raster.reading import Channel, Deep, one_of

Mask = NDArray[np.uint8]

_BOOLEAN = (
    "says that 0 is white, as tifffile and imageio write arrays of bool: if it comes out inverted,"
    " add --invert"
)
_SIXTEEN_BIT_MODES = frozenset({"I;16", "I;16L", "I;16B", "I;16N", "I", "F"})
#: One row of so many is looked at first.
_FEW_ROWS = 16


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
        What the file means by transparent, and the trainer does not read: of a mask file its own
        alpha, which trainers drop; of an image that of its transparency key, where Pillow reads
        another one. None where there is no such alpha.
    rgb : ndarray of uint8, shape (H, W, 3), or None
        The colours of an image read for its alpha, or of a coloured mask file; None where R, G
        and B are equal by the file's nature.
    largest_stored : int
        The largest value as stored; above 255 in files of 16 bits.
    beyond_palette : bool
        Whether it has numbers that its palette has no colour for.
    deep : ndarray of uint16, shape (H, W), or None
        Greys of 16 bits as stored, where they are kept; `mask` has them cut off at 255.
    numbers : ndarray of uint8, shape (H, W), or None
        Numbers of a palette that gives all of them one colour; None where colours tell.
    not_finite : float
        Share of the pixels that are NaN or infinite, [0, 1]: floats alone can be.
    keeps_colours : bool
        Whether the trainer goes on with `rgb`, where there is any.
    """

    header: Header
    mask: Mask
    alpha: Mask | None
    rgb: NDArray[np.uint8] | None
    largest_stored: int
    beyond_palette: bool = False
    deep: NDArray[np.uint16] | None = None
    numbers: Mask | None = None
    not_finite: float = 0.0
    keeps_colours: bool = False

    @property
    def wraps(self) -> bool:
        """Whether it holds signed bytes below 0, which Pillow reads as 128 to 255."""
        return self.header.signed and self.header.bits == 8 and self.largest_stored > 127

    @property
    def trained(self) -> Mask | NDArray[np.uint16]:
        """What the trainer goes on with: the mask, or what it keeps: deep greys, or colours."""
        if self.keeps_colours and self.rgb is not None:
            return self.rgb
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


def read_mask(
    path: str,
    channel: Channel,
    upright: bool = False,
    deep: Deep = "cut",
    colours: bool = False,
) -> MaskPixels:
    """Decode the channel that a trainer takes for the mask.

    Parameters
    ----------
    path : str
        Mask file (`channel` ``"r"``) or training image (``"alpha"``).
    channel, upright, deep, colours
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
            pixels = replace(_mask_of(path, image, header, channel, deep), keeps_colours=colours)
        return pixels.upright() if upright and header.orientation != 1 else pixels


def _alpha_of(path: str, image: Image.Image, header: Header) -> MaskPixels:
    if not header.has_alpha:
        with decoding(path):
            image.load()  # a broken file must not pass for a whole one
        opaque = np.full((header.size.height, header.size.width), 255, np.uint8)
        return MaskPixels(header, opaque, None, None, 255)
    key, numbers = grey_key(image), _samples(path, image)
    meant = alpha_by_deep_colour(path, image)
    rgba = _in_mode(path, image, "RGBA")
    mask = np.ascontiguousarray(rgba[..., 3])
    if key is not None and numbers is not None:
        meant = alpha_by_key(numbers, key)
    if meant is not None and np.array_equal(meant, mask):
        meant = None
    return MaskPixels(header, mask, meant, rgba[..., :3], int(mask.max()))


def _mask_of(
    path: str, image: Image.Image, header: Header, channel: Channel, kept: Deep
) -> MaskPixels:
    if channel == "libpng" and image.format == "JPEG" and image.mode == "RGB":
        with decoding(path):
            image.draft("L", image.size)  # as stored, not made of RGB again
    key = grey_key(image)
    if image.mode in ("L", "1"):
        mask = _in_mode(path, image, "L")
        alpha = None if key is None else alpha_by_key(mask, key)
        return MaskPixels(header, mask, alpha, None, int(mask.max()))
    if image.mode == "LA":
        grey, alpha = _bands(path, image, "LA")
        return MaskPixels(header, grey, alpha, None, int(grey.max()))
    if image.mode in _SIXTEEN_BIT_MODES:
        with decoding(path):
            mask = np.asarray(image.convert("RGB").getchannel(0))
        deep = _deep(path, image)
        alpha = None if key is None else alpha_by_key(deep, key)
        finite, largest = _finite(deep)
        sixteen = deep.astype(np.uint16) if header.bits <= 16 and kept != "cut" else None
        if kept == "scaled" and sixteen is not None:
            scaled = ((sixteen.astype(np.uint32) * 255 + 32895) >> 16).astype(np.uint8)
            return MaskPixels(header, scaled, alpha, None, largest)
        return MaskPixels(header, mask, alpha, None, largest, deep=sixteen, not_finite=1 - finite)
    wanted = "RGBA" if header.has_alpha else "RGB"  # the same colours, and the alpha beside them
    meant = alpha_by_deep_colour(path, image)
    pixels = _in_mode(path, image, wanted)
    own_alpha = pixels[..., 3] if header.has_alpha and meant is None else meant
    rgb = pixels[..., :3]
    mask = one_of(rgb, channel, image.format)
    beyond = image.mode == "P" and _is_beyond_palette(path, image)
    numbers = _untold_numbers(path, image, pixels)
    return MaskPixels(
        header, mask, own_alpha, rgb, int(mask.max()), beyond_palette=beyond, numbers=numbers
    )


def _is_beyond_palette(path: str, image: Image.Image) -> bool:
    with decoding(path):
        return int(np.asarray(image).max()) * 3 >= len(image.getpalette() or ())


def _finite(deep: NDArray[Any]) -> tuple[float, int]:
    """Tell the share of finite numbers, and the largest of them as an integer."""
    if not np.issubdtype(deep.dtype, np.floating):
        return 1.0, int(deep.max())
    finite = np.isfinite(deep)
    return float(finite.mean()), int(deep.max(initial=0, where=finite))


def _untold_numbers(path: str, image: Image.Image, pixels: NDArray[np.uint8]) -> Mask | None:
    """Read the numbers of a palette that gives all of them one colour, if they differ."""
    if image.mode != "P" or (pixels[::_FEW_ROWS] != pixels[0, 0]).any():
        return None
    if (pixels != pixels[0, 0]).any():
        return None
    with decoding(path):
        numbers = np.asarray(image.getchannel("P"))
    return numbers if int(numbers.min()) != int(numbers.max()) else None


def _samples(path: str, image: Image.Image) -> NDArray[Any] | None:
    """Decode greys in the numbers that `grey_key` speaks in; None where there is no such key."""
    if grey_key(image) is None:
        return None
    return _deep(path, image) if image.mode in _SIXTEEN_BIT_MODES else _in_mode(path, image, "L")


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
    """Decode a picture that will be shown small, only as finely as that needs where it can be.

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
        RGB; of the stored size, or smaller and not below `at_least`.

    Raises
    ------
    UnreadableImageError
        The file cannot be decoded.
    """
    with opened(path) as image:
        header = header_of(path, image)
        image.draft("RGB", (at_least.width, at_least.height))
        pixels = picture_of(path, _reduced(path, image, at_least), "RGB")
        return as_viewed(pixels, header.orientation) if upright else pixels


def _reduced(path: str, image: Image.Image, at_least: Size) -> Image.Image:
    """Bring what Pillow decodes near a size before its pixels are copied out of it."""
    factor = min(image.width // at_least.width, image.height // at_least.height)
    if factor < 2 or image.mode not in ("L", "RGB") or is_for_spng(image):
        return image
    with decoding(path):
        return image.reduce(factor)


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
        key = grey_key(image)
        deep = _deep(path, image)
        alpha = None if key is None else alpha_by_key(deep, key)
        with decoding(path):
            white_least = image.mode.startswith("I;16") and is_white_least(image)
        # Pillow turns greys of 8 bits about, those of 16 it does not.
        return np.iinfo(np.uint16).max - deep if white_least else deep, None, alpha
    if image.mode in ("LA", "La"):
        grey, alpha = _bands(path, image, "LA")
        return grey, None, alpha
    if image.mode in ("1", "L"):
        key = grey_key(image)
        greys: NDArray[Any] = as_array(path, image).astype(np.uint8, copy=False)
        with decoding(path):
            signed = image.mode == "L" and is_signed(image)
        if signed:
            greys = greys.view(np.int8)
        if image.mode == "1" and image.format == "PSD":
            greys = 1 - greys  # 1 is black in it, which Pillow 13 takes for white still
        scaled = np.uint8(255) * greys if image.mode == "1" else greys
        return greys, None, None if key is None else alpha_by_key(scaled, key)
    wanted = "RGBA" if header.has_alpha else "RGB"
    own_alpha = alpha_by_deep_colour(path, image)
    pixels = _in_mode(path, image, wanted)
    if header.has_alpha and own_alpha is None:
        own_alpha = np.ascontiguousarray(pixels[..., 3])
    rgb = np.ascontiguousarray(pixels[..., :3])
    if image.mode in ("P", "PA"):
        with decoding(path):
            return np.asarray(image.getchannel("P")), rgb, own_alpha
    return None, rgb, own_alpha


def _deep(path: str, image: Image.Image) -> NDArray[Any]:
    """Decode greys of 16 or 32 bits, or floats; whole numbers by their own sign."""
    with decoding(path):
        image.load()  # before 10, `np.asarray` would take the size from before a TIFF is turned
        deep = np.asarray(image)
        # Pillow opens 32-bit integers of either kind as signed.
        return deep.view(np.uint32) if image.mode == "I" and not is_signed(image) else deep
