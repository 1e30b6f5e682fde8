"""Resizing with the kernels that trainers name, by the libraries that trainers use."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from maskprep.masks import area, lanczos
from maskprep.model import WHOLE, At, Kernel, Size

Pixels = NDArray[np.uint8]

_CV2_FLAGS = {
    "linear": cv2.INTER_LINEAR,
    "cubic": cv2.INTER_CUBIC,
    "area": cv2.INTER_AREA,
}


def resize(pixels: Pixels, size: Size, kernel: Kernel, at: At = WHOLE) -> Pixels:
    """Resize a mask or a picture.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (H, W), (H, W, 3) or (H, W, 4)
        A mask, RGB or RGBA, not premultiplied.
    size : Size
        Wanted width and height, at least 1 px each.
    kernel : {"pillow-lanczos", "pillow-box", "nearest", "linear", "cubic", "area"}
        The first two by Pillow, the rest by OpenCV: "nearest" is the exact variant of OpenCV 4,
        whichever is installed.
    at : tuple of slice, or of ndarray of int64
        Rows and columns of the result that are wanted: a part of it, or single pixels.

    Returns
    -------
    ndarray of uint8, shape (size.height, size.width) + pixels.shape[2:], indexed by `at`
        The resized pixels.

    Raises
    ------
    ValueError
        `size` has a side below 1 px.

    Notes
    -----
    OpenCV's cubic kernel gives other numbers for one channel than for three, of which a trainer
    resizes three: a single channel takes the same way here. Pillow premultiplies RGBA while it
    resizes, as it does in a trainer.

    *Source* of "nearest": opencv/opencv 4.10.0, modules/imgproc/src/resize.cpp, resizeNN_bitexact.
    OpenCV 5 takes other pixels where two are equally near. From 32768 px a side on OpenCV 4's
    numbers run over and what it gives is chance; here they do not.
    """
    if size.width < 1 or size.height < 1:
        raise ValueError(f"cannot resize to {size.width} x {size.height} px")
    if pixels.shape[1::-1] == size and kernel != "pillow-lanczos":
        return pixels[at]
    if kernel == "nearest":
        return _nearest(pixels, size, at)
    rows, columns = at
    if kernel == "area" and not isinstance(rows, slice) and area.applies(pixels, size):
        return area.shrink_at(pixels, size, rows, columns)
    if kernel == "pillow-lanczos" and not isinstance(rows, slice) and lanczos.applies(pixels, size):
        return lanczos.resized_at(pixels, size, rows, columns)
    return _resized(pixels, size, kernel)[at]


def _resized(pixels: Pixels, size: Size, kernel: Kernel) -> Pixels:
    if kernel == "pillow-lanczos" or kernel == "pillow-box":
        filter_ = Image.Resampling.LANCZOS if kernel == "pillow-lanczos" else Image.Resampling.BOX
        return np.asarray(Image.fromarray(pixels).resize(size, filter_))
    if kernel == "cubic" and pixels.ndim == 2:
        three = np.repeat(pixels[..., None], 3, axis=2)
        return np.ascontiguousarray(_by_opencv(three, size, kernel)[..., 0])
    return _by_opencv(pixels, size, kernel)


#: Shares by which the aspect ratios of a mask and its image may differ.
SAME_SHAPE = 0.02


def fitted(mask: Pixels, size: Size) -> Pixels | None:
    """Bring a mask to the size of its image, if it has its shape.

    Parameters
    ----------
    mask : ndarray of uint8, shape (H, W)
        255 trains.
    size : Size
        Of the image, px.

    Returns
    -------
    ndarray of uint8, shape (size.height, size.width), or None
        None where the aspect ratios differ by more than 2 %.

    Examples
    --------
    >>> fitted(np.full((3, 4), 255, np.uint8), Size(8, 6)).shape
    (6, 8)
    >>> fitted(np.full((3, 4), 255, np.uint8), Size(8, 8)) is None
    True
    """
    own = Size(mask.shape[1], mask.shape[0])
    if not are_alike(own, size):
        return None
    return resize(mask, size, "area" if size.width < own.width else "linear")


def are_alike(one: Size, two: Size) -> bool:
    """Tell whether two sizes, in px, have one aspect ratio, but for 2 %."""
    across, down = two.width / one.width, two.height / one.height
    return abs(across / down - 1) <= SAME_SHAPE


def _nearest(pixels: Pixels, size: Size, at: At) -> Pixels:
    rows, columns = at
    down = nearest_places(pixels.shape[0], size.height)[rows]
    across = nearest_places(pixels.shape[1], size.width)[columns]
    if isinstance(rows, slice):
        return pixels[down].take(across, axis=1)
    return pixels[down, across]


def nearest_places(length: int, target: int) -> NDArray[np.int64]:
    """Tell which pixel of a side each of the result takes, in 65536ths as OpenCV 4 counts.

    Examples
    --------
    >>> nearest_places(16, 3)
    array([ 2,  7, 13])
    """
    step = ((length << 16) + target // 2) // target
    start = step // 2 - length % 2
    places = (np.arange(target, dtype=np.int64) * step + start) >> 16
    return np.asarray(np.minimum(places, length - 1), dtype=np.int64)


def _by_opencv(pixels: Pixels, size: Size, kernel: str) -> Pixels:
    resized = cv2.resize(pixels, tuple(size), interpolation=_CV2_FLAGS[kernel])
    return np.asarray(resized, dtype=np.uint8)
