"""One pair under several trainers: its cells side by side, and the worst place from near."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from PIL import Image, ImageDraw

from maskprep.model import Box
from maskprep.pictures.fonts import draw_text, shortened, wrapped
from maskprep.pictures.numbers import frame_details
from maskprep.pictures.palette import FAINT, INK, LOST, PAGE, RULE, WHITE
from maskprep.pictures.panels import cells_panel, drawn_panel
from maskprep.pictures.scale import draw_scale
from maskprep.pictures.view import PairView, Pixels

WIDTH = 1600
_MARGIN, _GAP = 48, 28
_HEAD = 122
_TALLEST = 460
_NEAR = 168
_TITLE, _TEXT = 34, 26
_SCALE = 360


@dataclass(frozen=True)
class Tile:
    """What one trainer, or several that see the same, make of the pair.

    Attributes
    ----------
    titles : tuple of str
        Who.
    view : PairView or None
        None where nothing can be foretold.
    lines : sequence of (str, bool)
        Numbers in words, and whether each is a loss; where there is no view, why.
    window : Box or None
        Part of the mask that fills the bucket, px of the mask.
    """

    titles: tuple[str, ...]
    view: PairView | None
    lines: Sequence[tuple[str, bool]]
    window: Box | None = None


def draw_comparison(tiles: Sequence[Tile], worst: Box | None, covers: str) -> Image.Image:
    """Draw the page of one pair.

    Parameters
    ----------
    tiles : sequence of Tile
        At least one with a view: the first of these is shown with the mask.
    worst : Box or None
        Around what is shown from near, px of the mask; None shows nothing so.
    covers : str
        What the mask covers, in words.

    Returns
    -------
    PIL.Image.Image
        RGB, 1600 px wide.
    """
    first = next(each for each in tiles if each.view is not None)
    assert first.view is not None, "it was looked for"
    columns = min((3, 4), key=lambda each: (-(len(tiles) + 1) % each, -each))
    side = (WIDTH - 2 * _MARGIN - (columns - 1) * _GAP) // columns
    panels = [_mask_panel(first.view, side), *(_panel(each, side) for each in tiles)]
    near = [_near(first, worst, None)]
    near += [_near(each, worst, panel) for each, panel in zip(tiles, panels[1:], strict=True)]
    tall = max(each.shape[0] for each in panels)
    mask_tile = Tile(("Your mask",), first.view, ((covers, False),))
    rooms = [side if each is None else side - _NEAR - 14 for each in near]
    told = [_wrapped(*each) for each in zip((mask_tile, *tiles), rooms, strict=True)]
    below = max(_NEAR if worst else 0, *(_TEXT * len(lines) for lines in told))
    tile_height = _TITLE + tall + 12 + below
    rows = math.ceil((len(tiles) + 1) / columns)
    height = _HEAD + rows * tile_height + (rows - 1) * _GAP + 2 * _MARGIN
    page = Image.new("RGB", (WIDTH, height), PAGE)
    draw = ImageDraw.Draw(page)
    _write_head(draw, first.view, worst is not None)
    for place, (tile, panel) in enumerate(zip((mask_tile, *tiles), panels, strict=True)):
        row, column = divmod(place, columns)
        x = _MARGIN + column * (side + _GAP)
        y = _MARGIN + _HEAD + row * (tile_height + _GAP)
        title = shortened(", ".join(tile.titles), side, 21, bold=True)
        draw_text(draw, (x, y), title, 21, INK, bold=True)
        page.paste(Image.fromarray(panel), (x, y + _TITLE))
        y += _TITLE + tall + 12
        picture = near[place]
        if picture is not None:
            shown = picture[0] if place == 0 else picture[1]
            page.paste(Image.fromarray(shown), (x, y))
        for line, (words, is_loss) in enumerate(told[place]):
            at = x + side - rooms[place], y + _TEXT * line
            draw_text(draw, at, words, 18, LOST if is_loss else INK, bold=is_loss)
    return page


def _write_head(draw: ImageDraw.ImageDraw, view: PairView, has_worst: bool) -> None:
    room = WIDTH - 2 * _MARGIN - _SCALE - _GAP
    title = shortened(view.title, room, 34, bold=True)
    draw_text(draw, (_MARGIN, _MARGIN - 8), title, 34, INK, bold=True)
    told = "The same mask under each trainer: blue trains, orange is ignored, red frames are lost."
    near = "Black frames: the place where most is lost, below from near." if has_worst else ""
    for place, line in enumerate((told, near)):
        draw_text(draw, (_MARGIN, _MARGIN + 42 + 28 * place), line, 20, FAINT)
    draw_scale(draw, (WIDTH - _MARGIN - _SCALE, _MARGIN), _SCALE)


def _wrapped(tile: Tile, room: int) -> list[tuple[str, bool]]:
    return [(line, loss) for words, loss in tile.lines for line in wrapped(words, room, 18)]


def _fitted(panel: Pixels, side: int) -> Pixels:
    shrink = min(side / panel.shape[1], _TALLEST / panel.shape[0])
    size = max(1, round(panel.shape[1] * shrink)), max(1, round(panel.shape[0] * shrink))
    kernel = cv2.INTER_AREA if shrink < 1 else cv2.INTER_NEAREST
    return np.asarray(cv2.resize(panel, size, interpolation=kernel), np.uint8)


def _panel(tile: Tile, side: int) -> Pixels:
    if tile.view is None:
        return np.full((side // 2, side, 3), RULE, np.uint8)
    rows, columns = tile.view.weights.shape
    cell = max(1, math.ceil(min(side / columns, _TALLEST / rows)))
    panel = _fitted(cells_panel(tile.view, cell), side)
    frame_details(panel, tile.view)
    return panel


def _mask_panel(view: PairView, side: int) -> Pixels:
    scale = min(side / view.bucket.width, _TALLEST / view.bucket.height)
    return _fitted(drawn_panel(view, scale), side)


def _near(tile: Tile, worst: Box | None, panel: Pixels | None) -> tuple[Pixels, Pixels] | None:
    """Show the same place of the picture, whatever the bucket: as drawn, and as cells.

    It is framed in the panel, where there is one.
    """
    view, window = tile.view, tile.window
    if view is None or window is None or worst is None:
        return None
    across, down = view.bucket.width / window.width, view.bucket.height / window.height
    x = ((worst.left + worst.right) / 2 - window.left) * across / view.stride
    y = ((worst.top + worst.bottom) / 2 - window.top) * down / view.stride
    rows, columns = view.weights.shape
    wanted = math.ceil(max(worst.width * across, worst.height * down) / view.stride) + 4
    cells = min(max(wanted, 8), 24, rows, columns)
    column = min(max(0, round(x - cells / 2)), columns - cells)
    row = min(max(0, round(y - cells / 2)), rows - cells)
    part = view.window(column, row, cells)
    if panel is not None:
        _frame(panel, (column, row, cells), panel.shape[1] / columns)
    cell = math.ceil(_NEAR / cells)
    drawn = drawn_panel(part, cell / view.stride)
    seen = cells_panel(part, cell)
    pictures = []
    for each in (drawn, seen):
        small = cv2.resize(each, (_NEAR, _NEAR), interpolation=cv2.INTER_AREA)
        cv2.rectangle(small, (0, 0), (_NEAR - 1, _NEAR - 1), WHITE, 1)
        pictures.append(np.asarray(small, np.uint8))
    return pictures[0], pictures[1]


def _frame(panel: Pixels, square: tuple[int, int, int], cell: float) -> None:
    column, row, cells = square
    corners = (
        (round(column * cell), round(row * cell)),
        (round((column + cells) * cell) - 1, round((row + cells) * cell) - 1),
    )
    for colour, width in ((WHITE, 4), (INK, 2)):
        cv2.rectangle(panel, *corners, colour, width, cv2.LINE_AA)
