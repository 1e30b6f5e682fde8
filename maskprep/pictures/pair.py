"""The page of one pair: both panels, a zoom, the legend in words, the numbers."""

from __future__ import annotations

from collections.abc import Callable

import cv2
from PIL import Image, ImageDraw

from maskprep.pictures.fonts import draw_text, shortened, text_width, wrapped
from maskprep.pictures.palette import FAINT, INK, NOTE, PAGE, RIGHT_PLACE, RULE, WHITE
from maskprep.pictures.panels import cells_panel, drawn_panel, most_lost
from maskprep.pictures.scale import draw_scale
from maskprep.pictures.view import PairView, Pixels

WIDTH = 1600
MARGIN = 48
GAP = 32
_TALLEST = 960
_TALLEST_STACKED = 420
_ZOOM_SIDE = 264
_ZOOM_CELLS = {8: 12, 16: 8, 32: 6}


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
    left = drawn_panel(view, cell / view.stride)
    right = cells_panel(view, cell)
    zoom = _zoom(view, left, right, cell)
    notes = [line for note in view.notes for line in wrapped(note, WIDTH - 2 * MARGIN - 40, 19)]

    captions = 40
    if stacked:
        panels_height = left.shape[0] + right.shape[0] + 2 * captions + GAP
    else:
        panels_height = max(left.shape[0], right.shape[0]) + captions
    notes_height = len(notes) * 28 + 28 + GAP if notes else 0
    foot_height = max(_ZOOM_SIDE + captions if zoom else 0, 40 + 30 * max(len(view.facts), 6))
    height = MARGIN + 96 + panels_height + GAP + notes_height + foot_height + MARGIN
    page = Image.new("RGB", (WIDTH, height), PAGE)
    draw = ImageDraw.Draw(page)

    title = shortened(view.title, WIDTH - 2 * MARGIN, 34, bold=True)
    draw_text(draw, (MARGIN, MARGIN - 8), title, 34, INK, bold=True)
    told = (
        f"One square is one latent cell, {view.stride} x {view.stride} px of the training picture."
        " Blue trains, orange is ignored, pale is in between."
    )
    draw_text(draw, (MARGIN, MARGIN + 40), told, 20, FAINT)

    y = MARGIN + 96
    if stacked:
        y = _place(page, draw, left, "Your mask", (MARGIN, y)) + GAP
        y = _place(page, draw, right, "What the trainer sees", (MARGIN, y)) + GAP
    else:
        middle = (WIDTH - left.shape[1] - right.shape[1] - 2 * GAP) // 2
        x = max(MARGIN, middle)
        bottom = _place(page, draw, left, "Your mask", (x, y))
        x += left.shape[1] + 2 * GAP
        lower = max(0, left.shape[0] - right.shape[0]) // 2
        seen = _place(page, draw, right, "What the trainer sees", (x, y), lower)
        y = max(bottom, seen) + GAP
    if notes:
        y = _write_notes(draw, notes, y) + GAP
    draw.line([(MARGIN, y - GAP // 2), (WIDTH - MARGIN, y - GAP // 2)], fill=RULE, width=1)
    x = MARGIN
    if zoom is not None:
        x = _place_zoom(page, draw, zoom, (x, y)) + 2 * GAP
    x = _write_legend(draw, view, (x, y)) + 2 * GAP
    _write_facts(draw, view, (x, y))
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
    panel: Pixels,
    caption: str,
    xy: tuple[int, int],
    lower: int = 0,
) -> int:
    x, y = xy
    draw_text(draw, (x, y), caption, 22, INK, bold=True)
    page.paste(Image.fromarray(panel), (x, y + 40 + lower))
    return int(y + 40 + lower + panel.shape[0])


def _zoom(view: PairView, left: Pixels, right: Pixels, cell: int) -> tuple[Pixels, Pixels] | None:
    """Enlarge the place where most is lost, and frame it in both panels."""
    cells = _ZOOM_CELLS.get(view.stride, 8)
    corner = most_lost(view, cells)
    if corner is None:
        return None
    side = round(_ZOOM_SIDE / cells)
    window = view.window(*corner, cells)
    box = view.visible_box
    scale = right.shape[1] / (box[2] - box[0]), right.shape[0] / (box[3] - box[1])
    shift = round(box[0] * scale[0]), round(box[1] * scale[1])
    for panel, (dx, dy) in ((left, shift), (right, (0, 0))):
        x, y = corner[0] * cell + dx, corner[1] * cell + dy
        for colour, width in ((WHITE, 5), (INK, 2)):
            corners = (x, y), (x + cells * cell, y + cells * cell)
            cv2.rectangle(panel, *corners, colour, width, cv2.LINE_AA)
    return drawn_panel(window, side / view.stride), cells_panel(window, side)


def _place_zoom(
    page: Image.Image,
    draw: ImageDraw.ImageDraw,
    zoom: tuple[Pixels, Pixels],
    xy: tuple[int, int],
) -> int:
    x, y = xy
    draw_text(draw, (x, y), "Zoom: fine details that hardly train", 19, INK, bold=True)
    for picture in zoom:
        page.paste(Image.fromarray(picture), (x, y + 36))
        x += picture.shape[1] + 12
    return x - 12


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
    for place, (sample, words) in enumerate(rows):
        top = y + 118 + 34 * place
        sample(top)
        draw_text(draw, (x + 60, top), words, 18, INK)
    return x + width


def _write_facts(draw: ImageDraw.ImageDraw, view: PairView, xy: tuple[int, int]) -> None:
    x, y = xy
    draw_text(draw, (x, y), "In numbers", 19, INK, bold=True)
    column = max((text_width(label, 18) for label, _ in view.facts), default=0) + 24
    room = WIDTH - MARGIN - x - column
    for place, (label, value) in enumerate(view.facts):
        top = y + 38 + 30 * place
        draw_text(draw, (x, top), label, 18, FAINT)
        draw_text(
            draw, (x + column, top), shortened(value, room, 18, bold=True), 18, INK, bold=True
        )


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
