"""The two panels of a pair, the drawn mask and the latent cells, and where most is lost."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from maskprep.masks.details import HALF
from maskprep.pictures.palette import (
    IGNORE,
    INK,
    OPACITY,
    RIGHT_PLACE,
    WHITE,
    Colour,
    weight_colours,
)
from maskprep.pictures.view import PairView, Pixels, Spot, part_of, scaled, scaled_picture

_BLACK: Colour = (0, 0, 0)
_GRID = 3  # px a cell from which lines between cells can be drawn
_MARGIN = 8  # px around a mask, so that lines leave a panel instead of running along its border
_DASH = 7
_VALUES = np.arange(256)
#: Of the picture's greys, beneath what is ignored and beneath cells. Whole steps, the same in all
#: bands, pack better than what is rounded after it was mixed.
_BACK = (_VALUES * 0.42).astype(np.uint8)
#: Between 40 and 225, so that the cells' colours keep their brightness on any picture; in steps of
#: two, which nobody sees and which take a tenth less to pack.
_BASE = ((40 + _VALUES * (185 / 255)) * ((1 - OPACITY) / 2)).astype(np.uint8) * 2
_FADED, _STRIPE = (_VALUES * 0.45 + 110).astype(np.uint8), (70, 74, 82)


def drawn_panel(view: PairView, scale: float) -> Pixels:
    """Draw the mask over the whole stored image, and hatch what the crop cuts off.

    Parameters
    ----------
    view : PairView
        The pair.
    scale : float
        Panel px per bucket px.

    Returns
    -------
    ndarray of uint8, shape (h, w, 3)
        RGB; larger than the cells' panel where the crop cuts something off.
    """
    size, bucket = view.whole_at(scale)
    picture = view.pictures.at(size)
    mask = scaled_picture(view.mask, size)
    # What is ignored steps back into the colour of ignored cells, what trains stays as it is.
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    faint = np.asarray(cv2.LUT(grey, _BACK), np.uint8)
    back = cv2.merge([faint + np.uint8(0.4 * 205 + 0.18 * band) for band in IGNORE])
    within = _within(view, size)
    # What a panel of this size would lose of the mask is shown as well.
    shown = np.where(mask < HALF, np.maximum(mask, within), mask)
    share = shown.astype(np.float32) / 255
    panel = np.asarray(cv2.blendLinear(picture, back, share, 1 - share), dtype=np.uint8)
    _outline(panel, within, ((2, WHITE), (1, _BLACK)))
    if view.crop_box is not None:
        left, top, right, bottom = (round(edge) for edge in bucket)
        _hatch_outside(panel, (left, top, right, bottom))
    return panel


def cells_panel(view: PairView, cell: int) -> Pixels:
    """Draw the bucket with its latent cells, each in the colour of its weight.

    Parameters
    ----------
    view : PairView
        The pair.
    cell : int
        Panel px per latent cell, on each side.

    Returns
    -------
    ndarray of uint8, shape (rows · cell, columns · cell, 3)
        RGB.
    """
    rows, columns = view.weights.shape
    size = (columns * cell, rows * cell)
    whole, bucket = view.whole_at(cell / view.stride)
    picture = view.trained_image
    if picture is None:
        picture = part_of(view.pictures.at(whole), bucket)
    grey = scaled_picture(np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), np.uint8), size)
    base = cv2.cvtColor(cv2.LUT(grey, _BASE), cv2.COLOR_GRAY2RGB)
    cells = (OPACITY * weight_colours(view.weights)).astype(np.uint8)
    colours = cv2.resize(cells, size, interpolation=cv2.INTER_NEAREST)
    panel = np.asarray(cv2.add(colours, base), dtype=np.uint8)
    if cell >= _GRID:
        darker = (_VALUES * (0.84 if cell > _GRID + 1 else 0.9)).astype(np.uint8)
        for line in (panel[::cell], panel[:, ::cell]):
            line[:] = darker[line]
    if view.right_weights is None:
        # Faint: the cells beneath are what this panel is about.
        within = scaled_picture(part_of(_within(view, whole), bucket), size)
        _outline(panel, within, ((1, INK),), opacity=0.6)
    else:
        _contours(panel, _half(view.right_weights, size), ((5, WHITE), (2, RIGHT_PLACE)), _DASH)
        _contours(panel, _half(view.weights, size), ((5, WHITE), (2, INK)))
    return panel


def most_lost(view: PairView, spot: Spot, side: int) -> tuple[int, int]:
    """Find the square of cells in which most of a detail is lost.

    Parameters
    ----------
    view : PairView
        The pair.
    spot : Spot
        The detail.
    side : int
        Of the square, in cells; no more than the bucket has.

    Returns
    -------
    tuple of int
        Column and row of its upper left cell.
    """
    rows, columns = view.weights.shape
    lost = spot.pixels * (1 - view.weights)
    if not lost.any():
        lost = spot.pixels
    sums = cv2.boxFilter(lost, -1, (side, side), anchor=(0, 0), normalize=False)
    sums = sums[: rows - side + 1, : columns - side + 1]
    row, column = (int(each) for each in np.unravel_index(int(sums.argmax()), sums.shape))
    # Many squares hold the same; the one with the loss in its middle is the one to show.
    inside = lost[row : row + side, column : column + side]
    weight = float(inside.sum())
    down = round(float((inside.sum(axis=1) @ np.arange(side)) / weight - (side - 1) / 2))
    across = round(float((inside.sum(axis=0) @ np.arange(side)) / weight - (side - 1) / 2))
    return (
        min(max(0, column + across), columns - side),
        min(max(0, row + down), rows - side),
    )


def _half(weights: NDArray[np.float32], size: tuple[int, int]) -> Pixels:
    smooth = cv2.resize(weights, size, interpolation=cv2.INTER_LINEAR)
    return np.asarray((np.clip(smooth, 0, 1) * 255).astype(np.uint8))


def _outline(
    panel: Pixels, within: Pixels, rings: Sequence[tuple[int, Colour]], opacity: float = 1
) -> None:
    """Draw rings around a shape, the inner one first: what is within stays to be seen.

    Parameters
    ----------
    panel : ndarray of uint8, shape (h, w, 3)
        Is drawn on.
    within : ndarray of uint8, shape (h, w)
        How far each pixel lies within the shape, see `_within`.
    rings : sequence of (int, colour)
        How many px each is wide, and its colour.
    opacity : float
        Of the rings, [0, 1].
    """
    reached = within
    layers = []
    for width, colour in rings:
        wider = np.asarray(cv2.dilate(reached, _disk(width)), np.uint8)
        layers.append((reached, wider, colour))
        reached = wider
    ring = np.flatnonzero(reached != within)
    before = panel.reshape(-1, 3)[ring].astype(np.float32)
    drawn = before.copy()
    for inner, outer, colour in layers:
        share = (outer - inner).reshape(-1)[ring].astype(np.float32) * (opacity / 255)
        drawn += share[:, None] * (np.array(colour, np.float32) - before)
    panel.reshape(-1, 3)[ring] = drawn.astype(np.uint8)


def _disk(radius: int) -> Pixels:
    return np.asarray(
        cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1)), np.uint8
    )


def _within(view: PairView, size: tuple[int, int]) -> Pixels:
    """Tell how far each pixel of a panel lies within the mask's contour, uint8, 255 for wholly."""
    larger = size[0] / view.mask.shape[1]
    if larger > 1:
        # As steep as the edge of a mask of that size.
        within = np.clip((_VALUES - 127.5) * larger + 127.5, 0, 255).astype(np.uint8)
        return np.asarray(cv2.LUT(scaled(view.mask, size), within), np.uint8)
    # A hair narrower than a pixel, or across the border of two, shows in all of them.
    return np.asarray(cv2.convertScaleAbs(view.supports.at(size), alpha=2 / larger), np.uint8)


def _contours(
    panel: Pixels, mask: Pixels, strokes: Sequence[tuple[int, Colour]], dash: int = 0
) -> None:
    """Draw the line along which a mask of a panel's size is one half; dashed if asked."""
    support = (mask >= HALF).astype(np.uint8)
    padded = np.pad(support, _MARGIN, mode="edge")
    found, _ = cv2.findContours(
        padded, cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE, offset=(-_MARGIN, -_MARGIN)
    )
    lines = list(found)
    if dash:
        lines = [
            line[start : start + dash] for line in lines for start in range(0, len(line), 2 * dash)
        ]
    for width, colour in strokes:
        cv2.polylines(panel, lines, not dash, colour, width, cv2.LINE_AA)


def _hatch_outside(panel: Pixels, box: tuple[int, int, int, int]) -> None:
    height, width = panel.shape[:2]
    left, top, right, bottom = box
    rows, columns = np.indices((height, width), sparse=True)
    across, down = np.s_[:], np.s_[top:bottom]
    for strip in (
        (np.s_[:top], across),
        (np.s_[bottom:], across),
        (down, np.s_[:left]),
        (down, np.s_[right:]),
    ):
        cut_off = panel[strip]
        cut_off[:] = _FADED[cut_off]
        cut_off[(rows[strip[0]] + columns[:, strip[1]]) % 10 < 3] = _STRIPE
    corners = (left, top), (right - 1, bottom - 1)
    cv2.rectangle(panel, *corners, WHITE, 3)
    cv2.rectangle(panel, *corners, INK, 1)
