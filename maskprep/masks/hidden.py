"""Colours under fully transparent pixels: the trainer drops alpha, and the VAE sees them."""

from __future__ import annotations

from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from maskprep.masks.plane import AnyMask, as_mask

Fill = Literal["keep", "edge", "blur", "mean"]

Picture = NDArray[np.uint8]

#: Standard deviation of the blur, in px: a latent cell of most models.
BLUR_SIGMA = 8.0
#: A pixel of at least this alpha shows in full.
_WHOLE = 250
#: Soft pixels have an alpha from the first up to the second; fewer than the third tell nothing.
_FAINT, _ALMOST, _FEW = 16, 240, 32
#: Colours may be brighter than their alpha by so much, of 255, and in this share of them.
_ROUNDING, _STRAYS = 3, 0.01
#: Soft pixels that are looked at first.
_LOOKED_AT = 4096
#: A rim can only be seen to be darkened where what shows in full is brighter than this.
_BRIGHT = 64
#: A multiplied colour is this part, at least, of what shows in full times its alpha.
_LEAST_RATIO = 0.6


def fill_hidden(rgb: Picture, alpha: AnyMask, how: Fill) -> Picture:
    """Give the pixels whose alpha is 0 colours that do not bleed into those that train.

    Parameters
    ----------
    rgb : ndarray of uint8, shape (H, W, 3)
        The picture; it is not changed.
    alpha : ndarray of uint8 or bool, shape (H, W)
        0 hides a pixel, anything above shows it.
    how : {"keep", "edge", "blur", "mean"}
        ``edge`` takes the colour of the nearest pixel that shows in full, for tools darken what
        shows in part (of several as near, any one; in full is as much as any of the picture),
        ``blur`` the same, softened by a Gaussian of `BLUR_SIGMA`, ``mean`` the mean of all that
        show, weighed by alpha; ``keep`` leaves the picture as it is.

    Returns
    -------
    ndarray of uint8, shape (H, W, 3)
        Pixels that show are as they were; so are all where none shows, or none hides.

    Examples
    --------
    >>> rgb = np.array([[[9, 9, 9], [80, 0, 0], [0, 0, 40]]], np.uint8)
    >>> alpha = np.array([[0, 255, 255]], np.uint8)
    >>> fill_hidden(rgb, alpha, "edge")[0].tolist()
    [[80, 0, 0], [80, 0, 0], [0, 0, 40]]
    >>> fill_hidden(rgb, alpha, "mean")[0].tolist()
    [[40, 0, 20], [80, 0, 0], [0, 0, 40]]
    """
    alpha = as_mask(alpha)
    hidden = alpha == 0
    if how == "keep" or hidden.all() or not hidden.any():
        return rgb
    if how == "mean":
        filled: Picture = rgb.copy()
        filled[hidden] = _mean_colour(rgb, alpha)
        return filled
    filled = np.where(hidden[..., None], nearest(rgb, ~is_whole(alpha)), rgb)
    if how == "blur":
        soft = cv2.GaussianBlur(filled, (0, 0), BLUR_SIGMA, borderType=cv2.BORDER_REPLICATE)
        filled[hidden] = soft[hidden]
    return filled


def is_multiplied(rgb: Picture, alpha: Picture) -> bool:
    """Tell whether colours along the soft edge were multiplied by their alpha.

    Parameters
    ----------
    rgb : ndarray of uint8, shape (H, W, 3)
        The picture.
    alpha : ndarray of uint8, shape (H, W)
        0 hides a pixel.

    Returns
    -------
    bool
        Whether no colour of it is brighter than its alpha, and the colours grow with alpha up to
        those that show in full. Black outlines, which are as dark there, are not told.
    """
    soft = cv2.inRange(alpha, _FAINT, _ALMOST - 1).view(bool)
    rows, columns = np.nonzero(soft)
    if len(rows) < _FEW:
        return False
    # Most pictures are not, which a few of these pixels show.
    few = slice(None, None, max(1, len(rows) // _LOOKED_AT))
    first = rgb[rows[few], columns[few]].max(axis=1).astype(np.int16)
    if float(np.mean(first > alpha[rows[few], columns[few]] + _ROUNDING)) > 4 * _STRAYS:
        return False
    brightest, shown = rgb[soft].max(axis=1).astype(np.int16), alpha[soft].astype(np.int16)
    if float(np.mean(brightest > shown + _ROUNDING)) > _STRAYS:
        return False
    solid = nearest(rgb, ~is_whole(alpha))[soft].max(axis=1)
    seen = solid >= _BRIGHT
    ratio = brightest[seen] / (solid[seen].astype(np.float64) * shown[seen] / 255)
    thirds = [ratio[(shown[seen] >= low) & (shown[seen] < low + 80)] for low in (16, 96, 176)]
    return int(np.count_nonzero(seen)) >= _FEW and all(
        len(each) == 0 or _LEAST_RATIO < float(np.median(each)) < 1 / _LEAST_RATIO
        for each in thirds
    )


def is_whole(alpha: Picture) -> NDArray[np.bool_]:
    """Tell which pixels show in full; in full is as much as any of the picture.

    Parameters
    ----------
    alpha : ndarray of uint8, shape (H, W)
        0 hides a pixel.

    Returns
    -------
    ndarray of bool, shape (H, W)
    """
    whole: NDArray[np.bool_] = alpha >= min(_WHOLE, int(alpha.max()))
    return whole


def nearest(rgb: Picture, hidden: NDArray[np.bool_]) -> Picture:
    """Give hidden pixels the colour of the nearest that is not.

    Parameters
    ----------
    rgb : ndarray of uint8, shape (H, W, 3)
        The picture; it is not changed.
    hidden : ndarray of bool, shape (H, W)
        Not all.

    Returns
    -------
    ndarray of uint8, shape (H, W, 3)
    """
    from scipy.ndimage import distance_transform_edt  # takes a third of a second to import

    # OpenCV's labels follow a 5 x 5 chamfer: up to 3.7 % too far, on a fifth of a picture.
    rows, columns = distance_transform_edt(hidden, return_distances=False, return_indices=True)
    found: Picture = rgb[rows, columns]
    return found


def _mean_colour(rgb: Picture, alpha: Picture) -> NDArray[np.uint8]:
    weights = alpha.astype(np.float64)
    mean = np.tensordot(weights, rgb.astype(np.float64), axes=2) / weights.sum()
    rounded: NDArray[np.uint8] = np.floor(mean + 0.5).astype(np.uint8)
    return rounded
