"""The contact sheet: the whole set at a glance, worst first."""

from __future__ import annotations

import math
from collections.abc import Sequence

import cv2
from PIL import Image, ImageDraw

from maskprep.pictures.fonts import draw_text, shortened, wrapped
from maskprep.pictures.palette import FAINT, INK, PAGE
from maskprep.pictures.panels import cells_panel
from maskprep.pictures.scale import draw_scale
from maskprep.pictures.view import PairView, SheetTile

TILE = 336
_TEXT = 62
_GAP = 28
_MARGIN = 48
_HEAD = 128
_SCALE = 360
#: A sheet is at most this many px high: viewers and browsers refuse larger pictures.
TALLEST = 12000
_MOST_COLUMNS = 8


def draw_tile(view: PairView, caption: str, rank: float) -> SheetTile:
    """Draw one pair small, so that thousands can wait for their sheet.

    Parameters
    ----------
    view : PairView
        The pair.
    caption : str
        Its numbers, in one short line.
    rank : float
        Higher is worse.

    Returns
    -------
    SheetTile
        At most 336 px on each side.
    """
    rows, columns = view.weights.shape
    cell = max(1, math.ceil(TILE / max(rows, columns)))
    panel = cells_panel(view, cell)
    shrink = TILE / max(panel.shape[:2])
    size = (max(1, round(panel.shape[1] * shrink)), max(1, round(panel.shape[0] * shrink)))
    small = cv2.resize(panel, size, interpolation=cv2.INTER_AREA)
    return SheetTile(view.title, Image.fromarray(small), caption, rank)


def draw_sheet(tiles: Sequence[SheetTile], heading: str, subheading: str) -> Image.Image:
    """Draw the contact sheet.

    Parameters
    ----------
    tiles : sequence of SheetTile
        In any order.
    heading, subheading : str
        Two lines above.

    Returns
    -------
    PIL.Image.Image
        RGB, worst first; says how many are left out where there are too many.
    """
    ordered = sorted(tiles, key=lambda tile: -tile.rank)
    columns = max(3, min(_MOST_COLUMNS, math.ceil(math.sqrt(1.4 * len(ordered)))))
    row_height = TILE + _TEXT + _GAP
    most_rows = (TALLEST - _HEAD - 2 * _MARGIN) // row_height
    shown = ordered[: columns * most_rows]
    rows = math.ceil(len(shown) / columns)
    width = 2 * _MARGIN + columns * TILE + (columns - 1) * _GAP
    page = Image.new("RGB", (width, _HEAD + _MARGIN + rows * row_height + _MARGIN), PAGE)
    draw = ImageDraw.Draw(page)
    room = width - 2 * _MARGIN - _SCALE - _GAP
    title = shortened(heading, room, 32, bold=True)
    draw_text(draw, (_MARGIN, _MARGIN - 4), title, 32, INK, bold=True)
    if len(shown) < len(ordered):
        subheading += f", and {len(ordered) - len(shown)} more"
    for place, line in enumerate(wrapped(subheading, room, 19)[:2]):
        draw_text(draw, (_MARGIN, _MARGIN + 44 + 26 * place), line, 19, FAINT)
    draw_scale(draw, (width - _MARGIN - _SCALE, _MARGIN), _SCALE)
    for place, tile in enumerate(shown):
        row, column = divmod(place, columns)
        x = _MARGIN + column * (TILE + _GAP)
        y = _HEAD + _MARGIN + row * row_height
        across, down = (TILE - tile.picture.width) // 2, (TILE - tile.picture.height) // 2
        page.paste(tile.picture, (x + across, y + down))
        line = shortened(tile.title, TILE, 18, bold=True)
        draw_text(draw, (x, y + TILE + 8), line, 18, INK, bold=True)
        draw_text(draw, (x, y + TILE + 34), shortened(tile.caption, TILE, 16), 16, FAINT)
    return page
