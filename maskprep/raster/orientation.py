"""EXIF orientation: pixels as viewers show them, and masks that were painted on that view."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from maskprep.model import PaintedOn, Size

Pixels = NDArray[Any]

_INVERSE = {6: 8, 8: 6}  # the others undo themselves


def as_viewed(pixels: Pixels, orientation: int) -> Pixels:
    """Turn stored pixels as viewers do.

    Parameters
    ----------
    pixels : ndarray of shape (H, W) or (H, W, C)
        As stored.
    orientation : int
        EXIF orientation, 1 to 8.

    Returns
    -------
    ndarray of shape (H, W) or (W, H), contiguous
        As shown; sides are swapped from 5 on.

    Examples
    --------
    >>> as_viewed(np.array([[1, 2, 3], [4, 5, 6]]), 6)
    array([[4, 1],
           [5, 2],
           [6, 3]])
    """
    if orientation >= 5:
        pixels = pixels.swapaxes(0, 1)
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    return np.ascontiguousarray(pixels)


def as_stored(pixels: Pixels, orientation: int) -> Pixels:
    """Turn pixels as shown back to how they are stored: undoes `as_viewed`.

    Examples
    --------
    >>> as_stored(as_viewed(np.array([[1, 2, 3], [4, 5, 6]]), 6), 6)
    array([[1, 2, 3],
           [4, 5, 6]])
    """
    return as_viewed(pixels, _INVERSE.get(orientation, orientation))


def fit_to_stored(
    mask: Pixels,
    mask_orientation: int,
    image_size: Size,
    image_orientation: int,
    painted_on: PaintedOn = "auto",
) -> tuple[Pixels, str]:
    """Bring a mask to the stored pixels of its image, on which trainers lay it.

    Parameters
    ----------
    mask : ndarray of shape (H, W)
        As stored.
    mask_orientation : int
        EXIF orientation of the mask's file; 1 where it has none.
    image_size : Size
        Of the image as stored.
    image_orientation : int
        Of the image's file.
    painted_on : {"auto", "stored", "viewed"}
        What a mask without orientation was painted on, where sizes cannot tell: the image as
        stored (``auto`` too, with a note), or as viewers show it.

    Returns
    -------
    mask : ndarray of shape (H, W)
        Of the image's stored size, if any way of turning gives that.
    note : str
        What was done or is doubtful, in words; empty where there was nothing to do.

    Examples
    --------
    >>> fit_to_stored(np.array([[1], [2]]), 1, Size(2, 1), 6)
    (array([[1, 2]]), 'was painted on the turned view (EXIF orientation 6): turned back')
    """
    if mask_orientation not in (1, image_orientation):
        shown = as_viewed(mask, mask_orientation)
        turned = as_stored(shown, image_orientation)
        if not _fits(turned, image_size) and _fits(mask, image_size):
            return mask, f"its EXIF orientation {mask_orientation} is passed over: else it fits not"
        return turned, f"its EXIF orientation {mask_orientation} was applied"
    if image_orientation == 1:
        return mask, ""
    named = f"(EXIF orientation {image_orientation})"
    turned = as_stored(mask, image_orientation)
    if not _fits(mask, image_size):
        if _fits(turned, image_size):
            return turned, f"was painted on the turned view {named}: turned back"
        return mask, ""
    if mask_orientation == image_orientation or not _fits(turned, image_size):
        return mask, ""
    if painted_on == "viewed":
        return turned, f"taken as painted on the turned view {named}: turned back"
    if painted_on == "stored":
        return mask, ""
    told = f"viewers turn its image {named}, and its size does not tell whether it was painted on"
    return mask, f"{told} that view; if it was, add --painted-on viewed"


def _fits(mask: Pixels, size: Size) -> bool:
    return mask.shape == (size.height, size.width)
