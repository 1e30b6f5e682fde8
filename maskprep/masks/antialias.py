"""Resizing floats as torch does: bilinear, antialiased; and rounding them to a training dtype.

torch is no dependency: the kernel is a triangle as wide as the step, its shares add up to 1.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from maskprep.model import Size

Floats = NDArray[np.float32]
Dtype = Literal["float32", "float16", "bfloat16"]


def resize_smooth(pixels: Floats, size: Size) -> Floats:
    """Resize by torch's antialiased bilinear kernel.

    Parameters
    ----------
    pixels : ndarray of float32, shape (H, W)
        Any values; infinite ones and NaN spread as far as the kernel reaches.
    size : Size
        Wanted, at least 1 px a side.

    Returns
    -------
    ndarray of float32, shape (size.height, size.width)
        Rows first, as in torch; the same array where the size is the same.

    Notes
    -----
    *Source*: pytorch/pytorch v2.4, aten/src/ATen/native/cpu/UpSampleKernel.cpp,
    compute_index_ranges_weights and aa_filter of HelperInterpLinear; pytorch/vision v0.19,
    transforms/_functional_tensor.py, resize (half precision is worked out in float32). Truth: the
    weight cases of OneTrainer.

    Examples
    --------
    >>> resize_smooth(np.array([[0, 0, 1, 1]], np.float32), Size(2, 1))
    array([[0.125, 0.875]], dtype=float32)
    """
    height, width = pixels.shape
    if (width, height) == size:
        return pixels
    with np.errstate(invalid="ignore", over="ignore"):
        across = (_kernel(width, size.width) @ pixels.T).T
        return np.asarray(_kernel(height, size.height) @ across, np.float32)


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
