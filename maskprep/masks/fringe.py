"""Fringes: what lies under transparent pixels, where it is not the picture's own ground."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from maskprep.masks.colours import NOTICEABLE
from maskprep.masks.hidden import is_whole, nearest
from maskprep.masks.plane import nonzero

Picture = NDArray[np.uint8]
Values = NDArray[np.float64]
Flags = NDArray[np.bool_]

#: Distance between two colours, of 255, from which people see a fringe.
FRINGE = 32.0
#: Values, of 255, by which pixels of one colour may differ.
_ONE_COLOUR = 4
#: One row of so many is looked at first.
_FEW_ROWS = 16
#: Side of the square within which a pixel is beside another, px.
_RIM = 7
#: Of fewer pixels along the rim nothing can be told.
_FEW = 32
#: Side of the square over which colours are averaged, px: a cell and a pixel.
_WINDOW = 9
#: Side of the square within which hidden and shown pixels are compared, px.
_BAND = 17
#: Shares of the rim that was made up: so much is, or is black; so much is where it is torn, which
#: a blurred fill is not; so much where it is torn and black; so much under a soft edge.
_MADE, _MADE_AND_TORN, _MADE_BLACK, _MADE_UNDER_SOFT = 0.3, 0.04, 0.03, 0.6
#: Share of the hidden pixels near the rim that are torn, in what an encoder smears: as one
#: neighbour, and unlike another.
_TORN = 0.02
#: By so much of their number more hidden pixels repeat a neighbour than shown ones do.
_REPEATED = 0.25
#: Pixels of less alpha have the colours of a ground, if there is one; a soft edge has so many.
_FAINT, _MOSTLY = 128, 0.75
_CROSS = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]], np.uint8)
_BESIDE = ((0, 1), (0, -1), (1, 0), (-1, 0))


class Fringe(NamedTuple):
    """What transparent pixels hide that the picture does not have beside them.

    Attributes
    ----------
    share : float
        Of the pixels that are hidden, [0, 1].
    colour : ndarray of float64, shape (3,), or None
        The one colour that they have; None where they have several.
    apart : float
        By how much of 255 the hidden colours along the rim, each averaged with those around it,
        differ from what shows in full nearest to them, at most.
    """

    share: float
    colour: Values | None
    apart: float


class _Rim(NamedTuple):
    """Pixels along the rim, one row each."""

    rows: NDArray[np.intp]
    columns: NDArray[np.intp]
    colours: NDArray[np.int16]
    #: Whether one beside it on its own side has the same colour.
    repeats: Flags
    #: The least difference from one beside it on the other side, of 255.
    jumps: NDArray[np.int16]
    #: The largest from one on its own side.
    tears: NDArray[np.int16]
    #: The largest alpha beside it.
    shown: NDArray[np.int16]


def fringe_of(rgb: Picture, alpha: Picture, distance: float = FRINGE) -> Fringe | None:
    """Find what lies under the transparent pixels and is unlike the picture's edge.

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
    Fringe or None
        None where what they hide is like the edge, or the ground that the picture had.

    Notes
    -----
    A ground that was photographed or painted goes on under the soft edge of the alpha, and its
    pixels are exactly as a neighbour no more often than the figure's. What was filled in begins at
    the first transparent pixel, and repeats itself: one colour, squares, a gradient, or what is
    left where an encoder stored whatever was shortest. The limits were set on photographs,
    paintings and drawings, cut out along their contours and across them, hard and soft.
    """
    unseen = alpha == 0
    share = np.count_nonzero(unseen) / unseen.size
    if share <= NOTICEABLE or share == 1:
        return None
    flat = _flat_colour(rgb, unseen)
    if flat is None:
        apart = _made_up(rgb, alpha, unseen, distance)
        return None if apart is None else Fringe(share, None, apart)
    edge = whole_edge(alpha)
    if not edge.any():
        return None
    apart = float(np.abs(rgb[edge].mean(axis=0) - flat).max())
    is_like = apart <= distance or _is_backdrop(rgb, alpha, flat)
    return None if is_like else Fringe(share, flat, apart)


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
    whole = is_whole(alpha)
    near = cv2.dilate((~whole).view(np.uint8), np.ones((_RIM, _RIM), np.uint8)).view(bool)
    edge: NDArray[np.bool_] = whole & near
    return edge


def _made_up(rgb: Picture, alpha: Picture, unseen: Flags, distance: float) -> float | None:
    """Tell by how much made-up colours along the rim differ from the edge's; None if none do."""
    rim = _rim(rgb, alpha, unseen, _along(unseen, ~unseen))
    suspect = rim.repeats & (rim.jumps > distance)
    if len(suspect) < _FEW or float(suspect.mean()) < _MADE_BLACK:
        return None
    apart = _apart(rgb, alpha, unseen, rim)
    made = suspect & (apart > distance)
    share = float(made.mean())
    worst = float(apart[made].max(initial=0))
    if share >= _MADE_UNDER_SOFT and float(np.mean(rim.shown < _FAINT)) > _MOSTLY:
        return worst
    black = float(np.mean(made & (rim.colours.max(axis=1) == 0)))
    if share < _MADE_AND_TORN and black < _MADE_BLACK:
        return None
    hidden = _rim(rgb, alpha, unseen, _along(unseen, ~unseen, _BAND))
    shown = _shown_beside(rgb, alpha, unseen)
    torn = float(np.mean(hidden.repeats & (hidden.tears > distance))) >= _TORN
    repeated = float(hidden.repeats.mean()) > float(shown.repeats.mean()) + _REPEATED
    is_fill = repeated and (torn or share >= _MADE)
    is_black = black >= _MADE or (torn and black >= _MADE_BLACK)
    return worst if is_fill or is_black else None


def _shown_beside(rgb: Picture, alpha: Picture, unseen: Flags) -> _Rim:
    """Look at what shows near the rim: in full, for a smoothed outline never repeats itself."""
    whole = is_whole(alpha)
    near = _along(whole, unseen, _BAND)
    if np.count_nonzero(near) >= _FEW:
        return _rim(rgb, alpha, whole, near)
    return _rim(rgb, alpha, ~unseen, _along(~unseen, unseen, _BAND))


def _along(own: Flags, other: Flags, side: int = 0) -> Flags:
    """Find the pixels of one kind that have one of the other beside them, or in a square."""
    reach = np.ones((side, side), np.uint8) if side else _CROSS
    near: Flags = own & cv2.dilate(other.view(np.uint8), reach).view(bool)
    return near


def _rim(rgb: Picture, alpha: Picture, own: Flags, where: Flags) -> _Rim:
    rows, columns = nonzero(where)
    colours = rgb[rows, columns].astype(np.int16)
    count = len(rows)
    repeats, tears = np.zeros(count, bool), np.zeros(count, np.int16)
    jumps, shown = np.full(count, 256, np.int16), np.zeros(count, np.int16)
    height, width = own.shape
    for down, across in _BESIDE:
        # Beyond the border a pixel is its own neighbour, which says nothing.
        beside = np.clip(rows + down, 0, height - 1), np.clip(columns + across, 0, width - 1)
        inside = (beside[0] != rows) | (beside[1] != columns)
        apart = np.abs(rgb[beside].astype(np.int16) - colours).max(axis=1)
        same = own[beside]
        repeats |= inside & same & (apart == 0)
        tears = np.where(same, np.maximum(tears, apart), tears)
        jumps = np.where(same, jumps, np.minimum(jumps, apart))
        shown = np.maximum(shown, alpha[beside])
    return _Rim(rows, columns, colours, repeats, jumps, tears, shown)


def _apart(rgb: Picture, alpha: Picture, unseen: Flags, rim: _Rim) -> NDArray[np.float32]:
    """Compare hidden colours along the rim, averaged, with the nearest that show in full."""
    weight = unseen.astype(np.float32)
    differences = rgb.astype(np.float32) - nearest(rgb, ~is_whole(alpha))
    square = (_WINDOW, _WINDOW)
    count = cv2.boxFilter(weight, -1, square, normalize=False)
    summed = cv2.boxFilter(differences * weight[..., None], -1, square, normalize=False)
    at = rim.rows, rim.columns
    mean: NDArray[np.float32] = np.abs(summed[at] / count[at][:, None]).max(axis=1)
    return mean


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
