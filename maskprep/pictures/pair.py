"""The page of one pair: both panels, details from near, the legend in words, the numbers."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from maskprep.model.report import Finding
from maskprep.pictures.badges import badge_name, draw_badge
from maskprep.pictures.fonts import cut, draw_text, shortened, text_width, wrapped
from maskprep.pictures.numbers import numbered
from maskprep.pictures.palette import FAINT, INK, LOST, NOTE, PAGE, RIGHT_PLACE, RULE, WHITE
from maskprep.pictures.panels import cells_panel, drawn_panel, most_lost
from maskprep.pictures.scale import draw_scale
from maskprep.pictures.view import PairView, Spot

WIDTH = 1600
MARGIN = 48
GAP = 32
_TALLEST = 960
_TALLEST_STACKED = 420
_SPOT_SIDE = 234
_SPOT_BLOCK = (WIDTH - 2 * MARGIN - 2 * GAP) // 3
#: Cells across what is shown from near, by their size; long details may take twice as many.
_USUAL_CELLS = {8: 12, 16: 8, 32: 6}
_LINE = 34
#: Lines about what the rules found.
_MOST_TOLD = 4


def draw_pair(view: PairView) -> Image.Image:
    """Draw the page of one pair.

    Parameters
    ----------
    view : PairView
        What to show.

    Returns
    -------
    PIL.Image.Image
        RGB, 1600 px wide; as high as it needs.
    """
    # One over the other where that shows the cells larger: panoramas.
    stacked = _cell_side(view, stacked=True) > _cell_side(view, stacked=False)
    cell = _cell_side(view, stacked=stacked)
    left, right = _panels(view, cell)
    spots = [_from_near(view, spot) for spot in view.spots]
    notes = [line for note in view.notes for line in wrapped(note, WIDTH - 2 * MARGIN - 40, 19)]
    told = view.findings[: _MOST_TOLD if len(view.findings) <= _MOST_TOLD else _MOST_TOLD - 1]
    more = len(view.findings) - len(told)

    head_height = 96 + _LINE * (len(told) + bool(more)) + (8 if told else 0)
    captions = 40
    if stacked:
        panels_height = left.height + right.height + 2 * captions + GAP
    else:
        panels_height = max(left.height, right.height) + captions
    notes_height = len(notes) * 28 + 28 + GAP if notes else 0
    beside = len(spots) == 1  # the legend and the numbers stand beside it
    spots_height = _SPOT_SIDE + 2 * captions + GAP if spots else 0
    foot_height = 40 + 30 * max(-(len(view.facts) // (-1 if beside else -2)), 7)
    if beside:
        spots_height, foot_height = 0, max(spots_height - GAP, foot_height)
    height = MARGIN + head_height + panels_height + GAP + notes_height + spots_height
    page = Image.new("RGB", (WIDTH, height + foot_height + MARGIN), PAGE)
    draw = ImageDraw.Draw(page)

    title = shortened(view.title, WIDTH - 2 * MARGIN, 34, bold=True)
    draw_text(draw, (MARGIN, MARGIN - 8), title, 34, INK, bold=True)
    key = (
        f"One square is one latent cell, {view.stride} x {view.stride} px of the training picture."
        " Blue trains, orange is ignored, pale is in between."
    )
    draw_text(draw, (MARGIN, MARGIN + 40), key, 20, FAINT)
    _write_findings(draw, told, more, MARGIN + 82)

    y = MARGIN + head_height
    if stacked:
        y = _place(page, draw, left, "Your mask", (MARGIN, y)) + GAP
        y = _place(page, draw, right, "What the trainer sees", (MARGIN, y)) + GAP
    else:
        x = max(MARGIN, (WIDTH - left.width - right.width - 2 * GAP) // 2)
        bottom = _place(page, draw, left, "Your mask", (x, y))
        x += left.width + 2 * GAP
        lower = max(0, left.height - right.height) // 2
        seen = _place(page, draw, right, "What the trainer sees", (x, y), lower)
        y = max(bottom, seen) + GAP
    if notes:
        y = _write_notes(draw, notes, y) + GAP
    draw.line([(MARGIN, y - GAP // 2), (WIDTH - MARGIN, y - GAP // 2)], fill=RULE, width=1)
    x = MARGIN
    if spots:
        bottom = _place_spots(page, draw, view, spots, y) + GAP
        x, y = (x + _SPOT_BLOCK + GAP, y) if beside else (x, bottom)
    if spots and not beside:
        draw.line([(MARGIN, y - GAP // 2), (WIDTH - MARGIN, y - GAP // 2)], fill=RULE, width=1)
    x = _write_legend(draw, view, (x, y)) + 2 * GAP
    _write_facts(draw, view, (x, y), columns=1 if beside else 2)
    return page


def _cell_side(view: PairView, *, stacked: bool) -> int:
    rows, columns = view.weights.shape
    left, top, right, bottom = view.visible_box
    # The drawn panel shows the whole image: both must fit beside each other.
    wider = view.image.shape[1] / (right - left)
    taller = view.image.shape[0] / (bottom - top)
    if stacked:
        across, down = (WIDTH - 2 * MARGIN) / wider, _TALLEST_STACKED / taller
    else:
        across, down = (WIDTH - 2 * MARGIN - 2 * GAP) / (1 + wider), _TALLEST / taller
    return max(1, int(min(across / columns, down / rows)))


def _place(
    page: Image.Image,
    draw: ImageDraw.ImageDraw,
    panel: Image.Image,
    caption: str,
    xy: tuple[int, int],
    lower: int = 0,
) -> int:
    x, y = xy
    draw_text(draw, (x, y), caption, 22, INK, bold=True)
    page.paste(panel, (x, y + 40 + lower))
    return y + 40 + lower + panel.height


def _panels(view: PairView, cell: int) -> tuple[Image.Image, Image.Image]:
    """Draw both panels, with the lost details numbered; where none is, with what is shown near."""
    scale = cell / view.stride
    left, right = drawn_panel(view, scale), cells_panel(view, cell)
    box = view.visible_box
    shift = (
        box[0] * right.shape[1] / (box[2] - box[0]),
        box[1] * right.shape[0] / (box[3] - box[1]),
    )
    if not view.lost:
        for spot in view.spots:
            column, row, cells = _square(view, spot)
            for panel, (dx, dy) in ((left, shift), (right, (0, 0))):
                x, y = round(column * cell + dx), round(row * cell + dy)
                for colour, width in ((WHITE, 5), (INK, 2)):
                    corners = (x, y), (x + cells * cell, y + cells * cell)
                    cv2.rectangle(panel, *corners, colour, width, cv2.LINE_AA)
    return numbered(left, view.drawn_details, scale, shift), numbered(right, view.lost, scale)


def _square(view: PairView, spot: Spot) -> tuple[int, int, int]:
    """Choose the square of cells to be shown of a detail: column, row, side."""
    usual = min(_USUAL_CELLS.get(view.stride, 8), *view.weights.shape)
    wanted = math.ceil(max(spot.box.width, spot.box.height) / view.stride) + 3
    side = min(max(usual, wanted), 2 * usual, *view.weights.shape)
    return *most_lost(view, spot, side), side


def _from_near(view: PairView, spot: Spot) -> tuple[Image.Image, Image.Image]:
    column, row, cells = _square(view, spot)
    side = _SPOT_SIDE // cells
    window = view.window(column, row, cells)
    if spot.number:
        inside = spot.pixels[row : row + cells, column : column + cells]
        window = window.pointing_at(spot.number, _nearest(inside, view.stride))
    scale = side / view.stride
    return (
        numbered(drawn_panel(window, scale), window.drawn_details, scale),
        numbered(cells_panel(window, side), window.lost, scale),
    )


def _nearest(pixels: NDArray[np.float32], stride: int) -> tuple[float, float]:
    """Find the cell of a detail that is nearest to the middle, px from the upper left corner."""
    rows, columns = np.nonzero(pixels)
    middle = (pixels.shape[0] - 1) / 2
    nearest = int(((rows - middle) ** 2 + (columns - middle) ** 2).argmin())
    return (columns[nearest] + 0.5) * stride, (rows[nearest] + 0.5) * stride


def _place_spots(
    page: Image.Image,
    draw: ImageDraw.ImageDraw,
    view: PairView,
    spots: list[tuple[Image.Image, Image.Image]],
    y: int,
) -> int:
    draw_text(draw, (MARGIN, y), view.spots_are, 19, INK, bold=True)
    for place, (spot, pictures) in enumerate(zip(view.spots, spots, strict=True)):
        x = MARGIN + place * (_SPOT_BLOCK + GAP)
        caption = shortened(spot.caption, _SPOT_BLOCK, 17)
        draw_text(draw, (x, y + 34), caption, 17, FAINT)
        for picture in pictures:
            page.paste(picture, (x, y + 66))
            x += picture.width + 10
    return y + 80 + _SPOT_SIDE


def _write_findings(
    draw: ImageDraw.ImageDraw, findings: Sequence[Finding], more: int, y: int
) -> None:
    for place, each in enumerate(findings):
        top = y + place * _LINE
        x = draw_badge(draw, (MARGIN, top), badge_name(each), each.severity, 17, WIDTH // 2) + 12
        line = cut(each.message, WIDTH - MARGIN - x, 18)
        draw_text(draw, (x, top + 3), line, 18, INK)
    if more:
        top = y + len(findings) * _LINE
        draw_text(draw, (MARGIN, top + 3), f"and {more} more: see maskprep check", 18, FAINT)


def _write_notes(draw: ImageDraw.ImageDraw, notes: list[str], y: int) -> int:
    bottom = y + len(notes) * 28 + 20
    draw.rounded_rectangle([(MARGIN, y), (WIDTH - MARGIN, bottom)], radius=8, fill=NOTE)
    for place, line in enumerate(notes):
        draw_text(draw, (MARGIN + 20, y + 9 + 28 * place), line, 19, INK)
    return bottom


def _write_legend(draw: ImageDraw.ImageDraw, view: PairView, xy: tuple[int, int]) -> int:
    x, y = xy
    width = 400
    draw_text(draw, (x, y), "How to read it", 19, INK, bold=True)
    draw_scale(draw, (x, y + 38), width)
    rows: list[tuple[Callable[[int], None], str]] = []
    if view.right_weights is None:
        rows.append((lambda top: _white_line(draw, x, top), "the outline of your mask"))
    else:
        rows.append((lambda top: _line(draw, x, top, INK), "where the trainer puts the mask"))
        rows.append((lambda top: _dashes(draw, x, top), "where the mask belongs"))
    rows.append((lambda top: _washed(draw, x, top), "left out by your mask"))
    if view.crop_box is not None:
        rows.append((lambda top: _hatch(draw, x, top), "cut off: never trained"))
    if view.lost:
        rows.append((lambda top: _frame(draw, x, top), "a lost detail, and its number"))
    for place, (sample, words) in enumerate(rows):
        top = y + 118 + 34 * place
        sample(top)
        draw_text(draw, (x + 60, top), words, 18, INK)
    return x + width


def _write_facts(
    draw: ImageDraw.ImageDraw, view: PairView, xy: tuple[int, int], columns: int
) -> None:
    x, y = xy
    draw_text(draw, (x, y), "In numbers", 19, INK, bold=True)
    rows, width = -(len(view.facts) // -columns), (WIDTH - MARGIN - x) // columns
    for facts in (view.facts[first : first + rows] for first in range(0, len(view.facts), rows)):
        column = max((text_width(label, 18) for label, _ in facts), default=0) + 24
        room = width - column
        for place, (label, value) in enumerate(facts):
            top = y + 38 + 30 * place
            draw_text(draw, (x, top), label, 18, FAINT)
            value = shortened(value, room, 18, bold=True)
            draw_text(draw, (x + column, top), value, 18, INK, bold=True)
        x += width


def _white_line(draw: ImageDraw.ImageDraw, x: int, top: int) -> None:
    draw.line([(x, top + 13), (x + 44, top + 13)], fill=INK, width=5)
    draw.line([(x, top + 13), (x + 44, top + 13)], fill=WHITE, width=2)


def _line(draw: ImageDraw.ImageDraw, x: int, top: int, colour: tuple[int, int, int]) -> None:
    draw.line([(x, top + 13), (x + 44, top + 13)], fill=colour, width=3)


def _dashes(draw: ImageDraw.ImageDraw, x: int, top: int) -> None:
    for start in range(x, x + 44, 16):
        draw.line([(start, top + 13), (start + 10, top + 13)], fill=RIGHT_PLACE, width=3)


def _washed(draw: ImageDraw.ImageDraw, x: int, top: int) -> None:
    draw.rectangle([(x, top + 3), (x + 44, top + 23)], fill=(188, 176, 146))


def _hatch(draw: ImageDraw.ImageDraw, x: int, top: int) -> None:
    draw.rectangle([(x, top + 3), (x + 44, top + 23)], fill=(196, 196, 196))
    for start in range(x + 4, x + 44, 9):
        draw.line([(start + 4, top + 4), (start - 4, top + 22)], fill=(70, 74, 82), width=2)


def _frame(draw: ImageDraw.ImageDraw, x: int, top: int) -> None:
    draw.rectangle([(x + 2, top + 4), (x + 26, top + 23)], outline=LOST, width=2)
    draw.ellipse([(x + 20, top - 4), (x + 38, top + 14)], fill=LOST)
    draw_text(draw, (x + 26, top - 3), "1", 13, WHITE, bold=True)
