"""Colours under fully transparent pixels: the trainer drops alpha, and the VAE sees them."""

from __future__ import annotations

from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from maskprep.masks.colours import NOTICEABLE
from maskprep.masks.plane import AnyMask, as_mask

Fill = Literal["keep", "edge", "blur", "mean"]

Picture = NDArray[np.uint8]
Values = NDArray[np.float64]

#: Standard deviation of the blur, in px: a latent cell of most models.
BLUR_SIGMA = 8.0
#: Distance between two colours, of 255, from which people see a fringe.
FRINGE = 32.0
#: Values, of 255, by which pixels of one colour may differ.
_ONE_COLOUR = 4
#: One row of so many is looked at first.
_FEW_ROWS = 16
#: A pixel of at least this alpha shows in full.
_WHOLE = 250
#: Side of the square within which a pixel is beside another, px.
_RIM = 7
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
    filled = np.where(hidden[..., None], _nearest(rgb, ~_is_whole(alpha)), rgb)
    if how == "blur":
        soft = cv2.GaussianBlur(filled, (0, 0), BLUR_SIGMA, borderType=cv2.BORDER_REPLICATE)
        filled[hidden] = soft[hidden]
    return filled


def fringe_of(
    rgb: Picture, alpha: Picture, distance: float = FRINGE
) -> tuple[float, Values] | None:
    """Find one flat colour under the transparent pixels, unlike the picture's edge.

    Parameters
    ----------
    rgb : ndarray of uint8, shape (H, W, 3)
        The picture.
    alpha : ndarray of uint8, shape (H, W)
        0 hides a pixel.
    distance : float
        From the edge's colour, of 255, up to which no fringe shows.

    Returns
    -------
    share : float
        Of the pixels that are hidden, [0, 1].
    colour : ndarray of float64, shape (3,)
        What they hide. None instead of both where there is no fringe.
    """
    unseen = alpha == 0
    share = np.count_nonzero(unseen) / unseen.size
    if share <= NOTICEABLE:
        return None
    flat = _flat_colour(rgb, unseen)
    if flat is None:
        return None
    edge = whole_edge(alpha)
    if not edge.any() or float(np.abs(rgb[edge].mean(axis=0) - flat).max()) <= distance:
        return None
    return None if _is_backdrop(rgb, alpha, flat) else (share, flat)


def whole_edge(alpha: Picture) -> NDArray[np.bool_]:
    """Find the pixels that show in full, beside those that do not.

    Parameters
    ----------
    alpha : ndarray of uint8, shape (H, W)
        However wide its soft edge is.

    Returns
    -------
    ndarray of bool, shape (H, W)
    """
    whole = _is_whole(alpha)
    near = cv2.dilate((~whole).view(np.uint8), np.ones((_RIM, _RIM), np.uint8)).view(bool)
    edge: NDArray[np.bool_] = whole & near
    return edge


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
    solid = _nearest(rgb, ~_is_whole(alpha))[soft].max(axis=1)
    seen = solid >= _BRIGHT
    ratio = brightest[seen] / (solid[seen].astype(np.float64) * shown[seen] / 255)
    thirds = [ratio[(shown[seen] >= low) & (shown[seen] < low + 80)] for low in (16, 96, 176)]
    return int(np.count_nonzero(seen)) >= _FEW and all(
        len(each) == 0 or _LEAST_RATIO < float(np.median(each)) < 1 / _LEAST_RATIO
        for each in thirds
    )


def _is_whole(alpha: Picture) -> NDArray[np.bool_]:
    whole: NDArray[np.bool_] = alpha >= min(_WHOLE, int(alpha.max()))
    return whole


def _nearest(rgb: Picture, hidden: NDArray[np.bool_]) -> Picture:
    from scipy.ndimage import distance_transform_edt  # takes a third of a second to import

    # OpenCV's labels follow a 5 x 5 chamfer: up to 3.7 % too far, on a fifth of a picture.
    rows, columns = distance_transform_edt(hidden, return_distances=False, return_indices=True)
    nearest: Picture = rgb[rows, columns]
    return nearest


def _mean_colour(rgb: Picture, alpha: Picture) -> NDArray[np.uint8]:
    weights = alpha.astype(np.float64)
    mean = np.tensordot(weights, rgb.astype(np.float64), axes=2) / weights.sum()
    rounded: NDArray[np.uint8] = np.floor(mean + 0.5).astype(np.uint8)
    return rounded


def _is_backdrop(rgb: Picture, alpha: Picture, flat: Values) -> bool:
    """Tell a plain backdrop that was painted from a colour that an editor filled in.

    Along the soft edge a painted picture blends into its backdrop; an editor's cut-out keeps the
    figure's colour up to the last trace of alpha. Black and white are what editors fill in.
    """
    if (flat <= 2).all() or (flat >= 253).all():
        return False
    faint = (alpha > 0) & (alpha < 64)
    if not faint.any():
        return False
    return float(np.abs(rgb[faint].mean(axis=0) - flat).max()) < FRINGE


def _flat_colour(rgb: Picture, where: NDArray[np.bool_]) -> Values | None:
    """Give the one colour that some pixels have; None where they have several."""
    for step in (_FEW_ROWS, 1):  # a picture shows in few rows already
        low, high = _extremes(rgb[::step], where[::step])
        if float((high - low).max()) > _ONE_COLOUR:
            return None
    return low


def _extremes(rgb: Picture, where: NDArray[np.bool_]) -> tuple[Values, Values]:
    mask = where.astype(np.uint8)
    pairs = [cv2.minMaxLoc(np.ascontiguousarray(rgb[..., band]), mask)[:2] for band in range(3)]
    return np.array([low for low, _ in pairs]), np.array([high for _, high in pairs])
