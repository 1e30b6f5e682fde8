"""How diffusion-pipe brings a mask to its bucket and to the latents.

*Source*: diffusion-pipe 8f83dbf, models/base.py, PreprocessMediaFile.__call__; models/*.py,
prepare_inputs (``nearest-exact``). Truth: the weight cases of diffusion-pipe.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from maskprep.masks.antialias import Floats, rounded
from maskprep.model import Size


def fitted(pixels: NDArray[np.uint8], bucket: Size) -> NDArray[np.uint8]:
    """Bring a mask, shape (H, W), or a picture, shape (H, W, 3), to bucket size, bicubically."""
    return np.asarray(ImageOps.fit(Image.fromarray(pixels), bucket))


def at_latents(bucket_mask: Floats, size: Size) -> Floats:
    """Weigh the latent cells by the pixel at the middle of each, in half precision.

    Parameters
    ----------
    bucket_mask : ndarray of float32, shape (H, W)
        1 trains.
    size : Size
        Of the latents.

    Returns
    -------
    ndarray of float32, shape (size.height, size.width)
        Of 8 x 8 px the pixel in row 4 and column 4, counted from 0.
    """
    height, width = bucket_mask.shape
    taken = bucket_mask[_taken(height, size.height)][:, _taken(width, size.width)]
    return rounded(np.asarray(taken, np.float32), "float16")


def _taken(length: int, target: int) -> NDArray[Any]:
    step = np.float32(length) / np.float32(target)
    places = ((np.arange(target, dtype=np.float32) + np.float32(0.5)) * step).astype(np.int64)
    return np.asarray(np.minimum(places, length - 1))
