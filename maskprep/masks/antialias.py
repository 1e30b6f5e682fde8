"""Resizing floats as torch does: bilinear, antialiased; and rounding them to a training dtype.

torch is no dependency: the kernel is a triangle as wide as the step, its shares add up to 1.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from maskprep.model import WHOLE, At, Size

Floats = NDArray[np.float32]
Dtype = Literal["float32", "float16", "bfloat16"]


def _as_is(pixels: NDArray[Any]) -> Floats:
    return pixels


def resize_smooth(
    pixels: NDArray[Any],
    size: Size,
    at: At = WHOLE,
    load: Callable[[NDArray[Any]], Floats] = _as_is,
) -> Floats:
    """Resize by torch's antialiased bilinear kernel.

    Parameters
    ----------
    pixels : ndarray, shape (H, W)
        Any values; infinite ones and NaN spread as far as the kernel reaches.
    size : Size
        Wanted, at least 1 px a side.
    at : tuple of slice
        Rows and columns of the result that are wanted; only what they are made of is looked at.
    load : callable
        Makes float32 of the pixels that are.

    Returns
    -------
    ndarray of float32, shape (size.height, size.width), indexed by `at`
        Rows first, as in torch; the pixels themselves where the size is the same.

    Notes
    -----
    *Source*: pytorch/pytorch v2.4, aten/src/ATen/native/cpu/UpSampleKernel.cpp,
    compute_index_ranges_weights and aa_filter of HelperInterpLinear; pytorch/vision v0.19,
    transforms/_functional_tensor.py, resize (half precision is worked out in float32). Truth: the
    weight cases of OneTrainer.

    Examples
    --------
    >>> resize_smooth(np.array([[0, 0, 1, 1]], np.float32), Size(2, 1))
    array([[0.14285715, 0.85714287]], dtype=float32)
    """
    height, width = pixels.shape
    if (width, height) == size:
        return load(pixels[at])
    rows, down = _part(_kernel(height, size.height), at[0])
    columns, across = _part(_kernel(width, size.width), at[1])
    part = load(pixels[rows, columns])
    with np.errstate(invalid="ignore", over="ignore"):
        return np.asarray(down @ (across @ part.T).T, np.float32)


def _part(kernel: csr_array, wanted: slice) -> tuple[slice, csr_array]:
    """Tell which pixels of a side are needed for some of the result's, and their shares."""
    if wanted == slice(None):
        return wanted, kernel
    shares = kernel[wanted]
    needed = slice(int(shares.indices.min()), int(shares.indices.max()) + 1)
    return needed, shares[:, needed]


@lru_cache(maxsize=64)
def _kernel(length: int, target: int) -> csr_array:
    """Tell what share each pixel of a side has in each of the result, shape (target, length)."""
    # In float32 where torch works in it: shares differ in the sixth digit otherwise.
    step = np.float32(length / target)
    reach = max(step, np.float32(1))
    centres = (float(step) * (np.arange(target) + 0.5)).astype(np.float32)
    first = np.maximum((centres - reach + 0.5).astype(np.int64), 0)
    last = np.minimum((centres + reach + 0.5).astype(np.int64), length)
    places = first[:, None] + np.arange(int((last - first).max()))
    inside = places < last[:, None]
    away = places.astype(np.float32) - centres[:, None] + 0.5
    away = np.abs(away * (np.float32(1) / reach))
    shares = np.where(inside, np.maximum(np.float32(1) - away, 0), 0).astype(np.float32)
    shares /= shares.sum(axis=1, keepdims=True, dtype=np.float32)
    # Taps of share 0 are kept: torch multiplies by them, too, and infinity times 0 is NaN.
    ends = np.concatenate([[0], np.cumsum(last - first)])
    return csr_array(
        (shares[inside].astype(np.float32), places[inside], ends), shape=(target, length)
    )


def rounded(values: Floats, dtype: Dtype) -> Floats:
    """Round floats to the nearest of a shorter dtype, half to even; they stay float32.

    Parameters
    ----------
    values : ndarray of float32
        Any.
    dtype : {"float32", "float16", "bfloat16"}
        What they shall be numbers of.

    Returns
    -------
    ndarray of float32, of the same shape

    Examples
    --------
    >>> [float(rounded(np.float32([0.3]), each)[0]) for each in ("float16", "bfloat16")]
    [0.300048828125, 0.30078125]
    """
    if dtype == "float32":
        return values
    if dtype == "float16":
        with np.errstate(over="ignore"):
            return values.astype(np.float16).astype(np.float32)
    bits = np.ascontiguousarray(values).view(np.uint32)
    up = np.uint32(0x7FFF) + ((bits >> np.uint32(16)) & np.uint32(1))
    short = ((bits + up) & np.uint32(0xFFFF0000)).view(np.float32)
    return np.where(np.isnan(values), values, short)
