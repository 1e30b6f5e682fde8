"""How AnimaLoraStudio brings a mask to its bucket and to the latents.

*Source*: AnimaLoraStudio v0.19.0, runtime/training/dataset.py, get_with_flip (Pillow's nearest
kernel, then its box to the latents) and loop.py, _masked_mean; read, not recorded.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from maskprep.masks.resample import resize
from maskprep.model import Placement, Size


def at_bucket(
    pixels: NDArray[np.uint8], placement: Placement, kernel: Image.Resampling
) -> NDArray[np.uint8]:
    """Bring a mask or a picture to bucket size.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (H, W) or (H, W, 3)
        As decoded.
    placement : Placement
        Of its image.
    kernel : Image.Resampling
        Nearest for masks, Lanczos for pictures.

    Returns
    -------
    ndarray of uint8, shape (bucket.height, bucket.width) or with 3 behind
        Black where a side lacks a pixel that its rounding took.
    """
    left, top = placement.crop_xy or (0, 0)
    resized = Image.fromarray(np.ascontiguousarray(pixels)).resize(placement.resized, kernel)
    box = (left, top, left + placement.bucket.width, top + placement.bucket.height)
    return np.asarray(resized.crop(box))


def at_latents(mask: NDArray[np.uint8], stride: int) -> NDArray[np.float32]:
    """Weigh the latent cells: the mean of each, rounded to a byte.

    Parameters
    ----------
    mask : ndarray of uint8, shape (H, W)
        255 trains.
    stride : int
        Pixels a cell.

    Returns
    -------
    ndarray of float32, shape (H // stride, W // stride)
        [0, 1].
    """
    size = Size(max(1, mask.shape[1] // stride), max(1, mask.shape[0] // stride))
    return np.asarray(resize(mask, size, "pillow-box") / np.float32(255), np.float32)


def normalised(weights: NDArray[np.float32]) -> NDArray[np.float32]:
    """Divide weights by their mean, as a loss divided by their sum is.

    Where all are 0 they stay 0: what the trainer makes of that could not be read.
    """
    mean = weights.mean(dtype=np.float64)
    return np.asarray(weights / mean, np.float32) if mean > 0 else weights
