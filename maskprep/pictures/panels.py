"""The two panels of a pair: the drawn mask, and the latent cells; and where most is lost."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from maskprep.pictures.palette import INK, OPACITY, RIGHT_PLACE, WHITE, Colour, weight_colours
from maskprep.pictures.view import PairView, Pixels, scaled

_BLACK: Colour = (0, 0, 0)
_GRID = 5  # px a cell from which lines between cells help more than they hide
_DASH = 7
_SUBPIXELS = 4  # bits of a pixel's fraction in the coordinates of lines


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
    box = view.visible_box
    bucket_height, bucket_width = view.bucket_image.shape[:2]
    across = bucket_width * scale / (box[2] - box[0])
    down = bucket_height * scale / (box[3] - box[1])
    size = (
        max(1, round(view.image.shape[1] * across)),
        max(1, round(view.image.shape[0] * down)),
    )
    picture = scaled(view.image, size)
    mask = scaled(view.mask, size)
    # What is ignored steps back, what trains keeps its colours.
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    back = cv2.merge([(0.45 * grey + 0.55 * 205).astype(np.uint8)] * 3)
    share = mask.astype(np.float32) / 255
    panel = np.asarray(cv2.blendLinear(picture, back, share, 1 - share), dtype=np.uint8)
    _contours(panel, view.mask, ((3, _BLACK), (1, WHITE)))
    if view.crop_box is not None:
        edges = (box[0] * across, box[1] * down, box[2] * across, box[3] * down)
        left, top, right, bottom = (round(edge) for edge in edges)
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
    grey = cv2.cvtColor(scaled(view.bucket_image, size), cv2.COLOR_RGB2GRAY)
    # Between 40 and 225, so that the colours keep their brightness on any picture.
    base = (40 + grey.astype(np.float32) * (185 / 255))[..., None]
    colours = np.repeat(np.repeat(weight_colours(view.weights), cell, axis=0), cell, axis=1)
    panel = np.ascontiguousarray((OPACITY * colours + (1 - OPACITY) * base).astype(np.uint8))
    if cell >= _GRID:
        lines = panel[::cell], panel[:, ::cell]
        for line in lines:
            line[:] = (line * 0.84).astype(np.uint8)
    if view.right_weights is None:
        # One thin line: the cells beneath it are what this panel is about.
        _contours(panel, view.visible_part, ((1, INK),))
    else:
        _contours(panel, _half(view.right_weights, size), ((5, WHITE), (2, RIGHT_PLACE)), _DASH)
        _contours(panel, _half(view.weights, size), ((5, WHITE), (2, INK)))
    return panel


def most_lost(view: PairView, side: int) -> tuple[int, int] | None:
    """Find the square of cells in which most of the mask's thin parts is lost.

    Parameters
    ----------
    view : PairView
        The pair.
    side : int
        Of the square, in cells.

    Returns
    -------
    tuple of int, or None
        Column and row of its upper left cell; None where nothing thin is lost.
    """
    rows, columns = view.weights.shape
    if rows < side or columns < side:
        return None
    stride = view.stride
    support = (view.visible_mask >= 128).astype(np.uint8)
    disk = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * stride + 1, 2 * stride + 1))
    padded = cv2.copyMakeBorder(support, stride, stride, stride, stride, cv2.BORDER_REPLICATE)
    body = cv2.morphologyEx(padded, cv2.MORPH_OPEN, disk)[stride:-stride, stride:-stride]
    thin = support[: rows * stride, : columns * stride] > body[: rows * stride, : columns * stride]
    of_cell = thin.reshape(rows, stride, columns, stride).sum(axis=(1, 3)).astype(np.float32)
    faint = np.clip(0.5 - view.weights, 0, None)
    lost = cv2.boxFilter(of_cell * faint, -1, (side, side), anchor=(0, 0), normalize=False)
    lost = lost[: rows - side + 1, : columns - side + 1]
    row, column = np.unravel_index(int(lost.argmax()), lost.shape)
    if float(lost[row, column]) < 1:
        return None
    return int(column), int(row)


def _half(weights: NDArray[np.float32], size: tuple[int, int]) -> Pixels:
    smooth = cv2.resize(weights, size, interpolation=cv2.INTER_LINEAR)
    return np.asarray((np.clip(smooth, 0, 1) * 255).astype(np.uint8))


def _contours(
    panel: Pixels, mask: Pixels, strokes: Sequence[tuple[int, Colour]], dash: int = 0
) -> None:
    """Draw the line along which a mask is one half, stroke over stroke; dashed if asked.

    The line is found in the mask as it is and brought to the panel's size afterwards: shrunk
    first, a hair of a large picture would have none.
    """
    if panel.shape[0] > mask.shape[0]:
        mask = scaled(mask, panel.shape[1::-1])  # enlarged, the line shall not show steps
    found, _ = cv2.findContours(
        (mask >= 128).astype(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE
    )
    scale = np.array(panel.shape[1::-1]) / mask.shape[::-1] * (1 << _SUBPIXELS)
    lines = [((line + 0.5) * scale).astype(np.int32) for line in found]
    if dash:
        lines = [
            line[start : start + dash] for line in lines for start in range(0, len(line), 2 * dash)
        ]
    for width, colour in strokes:
        cv2.polylines(panel, lines, not dash, colour, width, cv2.LINE_AA, _SUBPIXELS)


def _hatch_outside(panel: Pixels, box: tuple[int, int, int, int]) -> None:
    height, width = panel.shape[:2]
    left, top, right, bottom = box
    outside = np.ones((height, width), bool)
    outside[top:bottom, left:right] = False
    rows, columns = np.indices((height, width), sparse=True)
    stripes = (rows + columns) % 10 < 3
    panel[outside] = (panel[outside] * 0.45 + 110).astype(np.uint8)
    panel[outside & stripes] = (70, 74, 82)
    corners = (left, top), (right - 1, bottom - 1)
    cv2.rectangle(panel, *corners, WHITE, 3)
    cv2.rectangle(panel, *corners, INK, 1)
