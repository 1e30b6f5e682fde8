"""The contact sheet: many pairs at a glance."""

from __future__ import annotations

import math
from collections.abc import Sequence

import cv2
import numpy as np
from PIL import Image, ImageDraw

from maskprep.model import Severity
from maskprep.model.report import Finding
from maskprep.pictures.badges import draw_badge, draw_badges
from maskprep.pictures.fonts import draw_text, shortened, wrapped
from maskprep.pictures.numbers import frame_details
from maskprep.pictures.palette import FAINT, INK, PAGE, RULE
from maskprep.pictures.panels import cells_panel
from maskprep.pictures.scale import draw_scale
from maskprep.pictures.view import PairView, SheetTile

TILE = 336
#: Pairs on one sheet: some 2200 x 4500 px, which every viewer opens.
MOST = 60
_TEXT = 94
_GAP = 28
_MARGIN = 48
_HEAD = 134
_SCALE = 360
_MOST_COLUMNS = 6


class Sheet:
    """A contact sheet to which tiles are added one by one.

    Parameters
    ----------
    count : int
        Of tiles to come, at most `MOST`.
    heading, subheading : str
        Two lines above.
    summary : sequence of (Severity, str)
        Badges above that count something, and show what the badges' looks mean.
    """

    def __init__(
        self,
        count: int,
        heading: str,
        subheading: str,
        summary: Sequence[tuple[Severity, str]] = (),
    ) -> None:
        self._columns = max(3, min(_MOST_COLUMNS, math.ceil(math.sqrt(1.4 * count))))
        rows = math.ceil(count / self._columns)
        width = 2 * _MARGIN + self._columns * TILE + (self._columns - 1) * _GAP
        height = _MARGIN + _HEAD + rows * (TILE + _TEXT + _GAP) + _MARGIN
        #: As far as it has been drawn.
        self.page = Image.new("RGB", (width, height), PAGE)
        self._draw = ImageDraw.Draw(self.page)
        self._drawn = 0
        room = width - 2 * _MARGIN - _SCALE - _GAP
        title = shortened(heading, room, 32, bold=True)
        draw_text(self._draw, (_MARGIN, _MARGIN - 4), title, 32, INK, bold=True)
        line = wrapped(subheading, room, 19)[0]
        draw_text(self._draw, (_MARGIN, _MARGIN + 44), line, 19, FAINT)
        draw_scale(self._draw, (width - _MARGIN - _SCALE, _MARGIN), _SCALE)
        x = _MARGIN
        for severity, words in summary:
            x = draw_badge(self._draw, (x, _MARGIN + 80), words, severity, 16, room) + 12

    def add(self, tile: SheetTile) -> None:
        """Draw the next tile, behind those that are there."""
        row, column = divmod(self._drawn, self._columns)
        self._drawn += 1
        x = _MARGIN + column * (TILE + _GAP)
        y = _MARGIN + _HEAD + row * (TILE + _TEXT + _GAP)
        across, down = (TILE - tile.picture.width) // 2, (TILE - tile.picture.height) // 2
        self.page.paste(tile.picture, (x + across, y + down))
        y += TILE + 8
        title = shortened(tile.title, TILE, 18, bold=True)
        draw_text(self._draw, (x, y), title, 18, INK, bold=True)
        draw_text(self._draw, (x, y + 26), shortened(tile.caption, TILE, 16), 16, FAINT)
        draw_badges(self._draw, (x, y + 54), tile.findings, 14, TILE)


def draw_tile(view: PairView, caption: str) -> SheetTile:
    """Draw one pair small.

    Parameters
    ----------
    view : PairView
        The pair.
    caption : str
        Its numbers, in one short line.

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
    small = np.asarray(cv2.resize(panel, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    frame_details(small, view)
    return SheetTile(view.title, Image.fromarray(small), caption, view.findings)


def blank_tile(title: str, reason: str, findings: Sequence[Finding]) -> SheetTile:
    """Tell of a pair that there is no picture of it, and why.

    Parameters
    ----------
    title : str
        The image's name.
    reason : str
        In a few words.
    findings : sequence of Finding
        About the pair.

    Returns
    -------
    SheetTile
        A square with the reason on it.
    """
    picture = Image.new("RGB", (TILE, TILE), RULE)
    draw = ImageDraw.Draw(picture)
    for place, line in enumerate(wrapped(reason, TILE - 48, 18)[:10]):
        draw_text(draw, (24, 24 + 28 * place), line, 18, INK)
    return SheetTile(title, picture, "not drawn", findings)
