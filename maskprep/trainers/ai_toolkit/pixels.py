"""How ai-toolkit brings a mask to its bucket and to the latents.

*Source*: ai-toolkit 27a03a9, toolkit/dataloader_mixins.py, MaskFileItemDTOMixin.load_mask_image;
extensions_built_in/sd_trainer/SDTrainer.py, hook_train_loop (mask_multiplier) and calculate_loss
(prior_mask_multiplier). Truth: the weight cases of ai-toolkit.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from maskprep.masks.antialias import Dtype, Floats, rounded
from maskprep.model import Placement, Size
from maskprep.trainers.ai_toolkit.placement import swapped, swaps

#: Largest radius of the blur, of the mask's shorter side.
_BLUR = 0.005


def at_bucket(
    mask: NDArray[np.uint8], placement: Placement, *, invert: bool, blur: float, least: float
) -> Floats:
    """Bring a mask to bucket size.

    Parameters
    ----------
    mask : ndarray of uint8, shape (H, W) or (H, W, 3)
        Grey, or colours whose luminance counts once they are blurred.
    placement : Placement
        Of its image; a random crop is taken at the centre.
    invert : bool
        ``invert_mask``.
    blur : float
        What the trainer draws, [0, 1].
    least : float
        ``mask_min_value``.

    Returns
    -------
    ndarray of float32, shape (bucket.height, bucket.width)
        [`least`, 1]. A mask that lies the other way is there as its cells get it: distorted.
    """
    image = Image.fromarray(255 - mask if invert else mask)
    radius = int(min(image.size) * blur * _BLUR)
    if radius:
        image = image.filter(ImageFilter.GaussianBlur(radius))
    lying_across = swaps(Size(*image.size), placement)
    own = swapped(placement) if lying_across else placement
    left, top = own.crop_xy or (
        (own.resized.width - own.bucket.width) // 2,
        (own.resized.height - own.bucket.height) // 2,
    )
    resized = image.convert("L").resize(own.resized, Image.Resampling.BICUBIC)
    box = (left, top, left + own.bucket.width, top + own.bucket.height)
    values = np.asarray(resized.crop(box), np.float32) / np.float32(255)
    values = values * np.float32(1 - least) + np.float32(least)
    return nearest(values, placement.bucket) if lying_across else values


def picture_at_bucket(picture: NDArray[np.uint8], placement: Placement) -> NDArray[np.uint8]:
    """Bring a picture, shape (H, W, 3) or (H, W, 4), to bucket size; its alpha is dropped."""
    resized = Image.fromarray(np.ascontiguousarray(picture[..., :3])).resize(
        placement.resized, Image.Resampling.BICUBIC
    )
    width, height = placement.bucket
    left, top = placement.crop_xy or (
        (placement.resized.width - width) // 2,
        (placement.resized.height - height) // 2,
    )
    return np.asarray(resized.crop((left, top, left + width, top + height)))


def at_latents(bucket_mask: Floats, size: Size, dtype: Dtype) -> Floats:
    """Weigh the latent cells: in half precision, the nearest pixel, then in the trainer's dtype.

    Parameters
    ----------
    bucket_mask : ndarray of float32, shape (H, W)
        1 trains.
    size : Size
        Of the latents.
    dtype : str
        ``train.dtype``.
    """
    return rounded(rounded(nearest(bucket_mask, size), "float16"), dtype)


def normalised(weights: Floats, dtype: Dtype, *, with_prior: bool) -> Floats:
    """Divide weights by their mean, as the trainer always does.

    Parameters
    ----------
    weights : ndarray of float32, shape (rows, columns)
        As `at_latents` gives them.
    dtype : str
        ``train.dtype``.
    with_prior : bool
        Whether what does not train is held to a prior, whose loss is divided by the mean of the
        rest.

    Returns
    -------
    ndarray of float32, of the same shape
        NaN where a mean is 0.
    """

    def divided(values: Floats) -> Floats:
        mean = np.asarray(values.mean(dtype=np.float32), np.float32)
        return rounded(values / rounded(mean, dtype), dtype)

    with np.errstate(invalid="ignore", divide="ignore"):
        factors = divided(weights)
        if with_prior:
            factors = factors + np.float32(0) * divided(np.float32(1) - weights)
    return np.asarray(factors, np.float32)


def nearest(values: Floats, size: Size) -> Floats:
    """Take the pixel at or before each place, as torch's ``nearest`` does, in float32."""
    height, width = values.shape
    down, across = _taken(height, size.height), _taken(width, size.width)
    return np.asarray(values[down][:, across], np.float32)


def _taken(length: int, target: int) -> NDArray[Any]:
    step = np.float32(length) / np.float32(target)
    places = (np.arange(target, dtype=np.float32) * step).astype(np.int64)
    return np.asarray(np.minimum(places, length - 1))
