"""What a PNG calls transparent by a key: one grey or colour, which Pillow may read otherwise."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from maskprep.files import storage

#: By which Pillow multiplies greys of few bits.
_STEP_OF_GREY = {"L;2": 85, "L;4": 17}


def grey_key(image: Image.Image) -> int | None:
    """Tell which grey a PNG calls transparent, in the numbers that it is decoded to.

    Pillow's own alpha takes the key as it is stored: beside greys of 1, 2 and 4 bits, which it
    has scaled to 8, and by its lower byte beside those of 16, which it has cut off.

    *Source*: PNG, third edition, 11.3.1.1 (tRNS: the key has the samples' depth); Pillow 13.0.0,
    PngImagePlugin.py, PngStream.chunk_tRNS; src/libImaging/Convert.c, convert_transparent.

    Parameters
    ----------
    image : Image
        As Pillow opened it, not decoded.

    Returns
    -------
    int or None
        0 to 255 of up to 8 bits, else as stored; None where no grey is.
    """
    key = image.info.get("transparency")
    if image.format != "PNG" or not isinstance(key, int):
        return None
    if image.mode == "1":
        return 255 if key else 0  # Pillow 12.1 and newer scales this one
    tiles = getattr(image, "tile", [])
    stored_as = tiles[0][3] if tiles else ""
    return key * _STEP_OF_GREY.get(stored_as, 1) if image.mode != "P" else None


def alpha_by_key(numbers: NDArray[Any], key: int) -> NDArray[np.uint8]:
    """Make the alpha that a key means: 0 where a grey is the key, 255 elsewhere."""
    return np.where(numbers == key, 0, 255).astype(np.uint8)


def alpha_by_deep_colour(path: str, image: Image.Image) -> NDArray[np.uint8] | None:
    """Decode the alpha of a PNG whose key is a colour of 16 bits a channel; None of all others.

    Pillow compares the key's lower bytes with the upper ones of colours, all that it keeps of them.

    *Source*: Pillow 13.0.0, PngImagePlugin.py, _MODES (``RGB;16B``) and PngStream.chunk_tRNS;
    src/libImaging/Convert.c, ImagingConvertTransparent.

    Parameters
    ----------
    path : str
        The image file.
    image : Image
        As Pillow opened it, not decoded.

    Returns
    -------
    ndarray of uint8, shape (H, W), or None
        0 or 255; None also where OpenCV does not decode the file.
    """
    tiles = getattr(image, "tile", [])
    is_deep = image.format == "PNG" and bool(tiles) and tiles[0][3] == "RGB;16B"
    if not is_deep or image.info.get("transparency") is None:
        return None
    content = np.frombuffer(storage.read_bytes(path), np.uint8)
    pixels = cv2.imdecode(content, cv2.IMREAD_UNCHANGED)
    if pixels is None or pixels.ndim != 3 or pixels.shape[2] != 4:
        return None
    return np.where(pixels[..., 3] == 0, 0, 255).astype(np.uint8)
