"""How OneTrainer brings a mask to its bucket and to the latents, rounded at every step.

*Source*: mgds 3a6994a, pipelineModules/LoadImage.py, ScaleCropImage.py, ScaleImage.py
(torchvision's Resize, bilinear with antialias); OneTrainer 23df383, modules/util/loss/
masked_loss.py. Truth: the weight cases of OneTrainer.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from maskprep.masks.antialias import Dtype, Floats, resize_smooth, rounded
from maskprep.model import WHOLE, At, Placement, Size


def at_bucket(mask: NDArray[Any], placement: Placement, dtype: Dtype, at: At = WHOLE) -> Floats:
    """Bring a mask to bucket size.

    Parameters
    ----------
    mask : ndarray of uint8 or uint16, shape (H, W)
        As stored; what is above 255 goes on above 1.
    placement : Placement
        Of its image; a random crop is taken at the centre.
    dtype : str
        In which the trainer computes.
    at : tuple of slice
        Rows and columns of the bucket that are wanted.

    Returns
    -------
    ndarray of float32, shape (bucket.height, bucket.width), indexed by `at`
        1 trains.
    """

    def load(pixels: NDArray[Any]) -> Floats:
        return rounded(rounded(pixels.astype(np.float32), dtype) / np.float32(255), dtype)

    resized, bucket = placement.resized, placement.bucket
    left, top = placement.crop_xy or (
        (resized.width - bucket.width) // 2,
        (resized.height - bucket.height) // 2,
    )
    there = _moved(at[0], top, bucket.height), _moved(at[1], left, bucket.width)
    return rounded(resize_smooth(mask, resized, there, load), dtype)


def _moved(wanted: slice, offset: int, length: int) -> slice:
    start, stop, _ = wanted.indices(length)
    return slice(start + offset, stop + offset)


def at_latents(bucket_mask: Floats, factor: float, dtype: Dtype, least: float) -> Floats:
    """Weigh the latent cells.

    Parameters
    ----------
    bucket_mask : ndarray of float32, shape (H, W)
        1 trains.
    factor : float
        Of the latents' sides to the bucket's.
    dtype : str
        In which the trainer computes.
    least : float
        ``unmasked_weight``.

    Returns
    -------
    ndarray of float32, shape (round(H * factor), round(W * factor))
        [`least`, 1].
    """
    height, width = bucket_mask.shape
    size = Size(round(width * factor), round(height * factor))
    weights = rounded(resize_smooth(bucket_mask, size), dtype)
    return np.clip(weights, np.float32(least), np.float32(1))


def normalised(weights: Floats, has_frames: bool, with_prior: bool) -> Floats:
    """Divide weights by their mean, as ``normalize_masked_area_loss`` does.

    Parameters
    ----------
    weights : ndarray of float32, shape (rows, columns)
        As `at_latents` gives them.
    has_frames : bool
        Whether latents have a dimension of frames. The mean over dimensions 1 to 3 leaves the
        columns apart then.
    with_prior : bool
        Whether what does not train is held to a prior, whose loss is divided by the mean of the
        rest.

    Returns
    -------
    ndarray of float32, of the same shape
        NaN where a mean is 0.
    """
    over = 0 if has_frames else None
    with np.errstate(invalid="ignore", divide="ignore"):
        factors = weights / weights.mean(axis=over, keepdims=True, dtype=np.float32)
        if with_prior:
            rest = np.float32(1) - weights
            factors = factors + np.float32(0) * (rest / rest.mean(axis=over, keepdims=True))
    return np.asarray(factors, np.float32)
