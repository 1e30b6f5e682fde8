"""Numbers at the lost details, the same in both panels and in what is shown from near."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import cv2
from PIL import Image, ImageDraw

from maskprep.pictures.fonts import draw_text, text_width
from maskprep.pictures.palette import LOST, WHITE
from maskprep.pictures.view import Lost, PairView, Pixels

_PADDING = 5
#: A frame around a detail longer than so many px would hold more than the detail.
_LONGEST_FRAME = 100
#: From so many details on, numbers are small.
_MANY = 25
_LARGE, _SMALL = 15, 11


def numbered(
    panel: Pixels, details: Sequence[Lost], scale: float, shift: tuple[float, float] = (0, 0)
) -> Image.Image:
    """Frame and number the lost details of a panel.

    Parameters
    ----------
    panel : ndarray of uint8, shape (h, w, 3)
        Is drawn on.
    details : sequence of Lost
        In the order of their numbers.
    scale : float
        Panel px per px of the bucket.
    shift : tuple of float
        Where the bucket's upper left corner is in the panel, px.

    Returns
    -------
    PIL.Image.Image
        RGB.
    """
    height, width = panel.shape[:2]
    size = _LARGE if len(details) < _MANY else _SMALL
    radius = round(size * 0.73)
    taken: list[tuple[int, int]] = []
    texts: list[tuple[int, int, str]] = []
    for number, lost in enumerate(details, 1):
        x, y = (round(at * scale + by) for at, by in zip(lost.at, shift, strict=True))
        if not (0 <= x < width and 0 <= y < height):
            continue
        left, right = (round(edge * scale + shift[0]) for edge in lost.box[::2])
        top, bottom = (round(edge * scale + shift[1]) for edge in lost.box[1::2])
        if max(right - left, bottom - top) > _LONGEST_FRAME:
            left, right, top, bottom = x - 2, x + 3, y - 2, y + 3
        frame_detail(panel, (left, top, right, bottom), _PADDING)
        edge = radius + 1
        places = [
            (min(max(x, edge), width - edge - 1), min(max(y, edge), height - edge - 1))
            for x, y in _around((left, top, right, bottom), radius)
        ]
        free = (each for each in places if all(_apart(each, other, radius) for other in taken))
        x, y = next(free, places[0])
        taken.append((x, y))
        texts.append((x, y, str(number)))
    for x, y, _ in texts:
        cv2.circle(panel, (x, y), radius + 1, WHITE, -1, cv2.LINE_AA)
        cv2.circle(panel, (x, y), radius, LOST, -1, cv2.LINE_AA)
    picture = Image.fromarray(panel)
    draw = ImageDraw.Draw(picture)
    for x, y, text in texts:
        fitting = size if len(text) < 3 else size - 3
        left_end = x - text_width(text, fitting, bold=True) / 2
        draw_text(draw, (left_end, y - 0.64 * fitting), text, fitting, WHITE, bold=True)
    return picture


def frame_detail(panel: Pixels, box: tuple[int, int, int, int], padding: int) -> None:
    """Draw a frame around a detail.

    Parameters
    ----------
    panel : ndarray of uint8, shape (h, w, 3)
        Is drawn on.
    box : tuple of int
        Left, top, right, bottom, px of the panel.
    padding : int
        Between the detail and the frame, px.
    """
    left, top, right, bottom = box
    corners = (left - padding, top - padding), (right + padding - 1, bottom + padding - 1)
    for colour, thickness in ((WHITE, 3), (LOST, 1)):
        cv2.rectangle(panel, *corners, colour, thickness, cv2.LINE_AA)


def frame_details(panel: Pixels, view: PairView) -> None:
    """Frame the lost details in a small picture, without numbers.

    Parameters
    ----------
    panel : ndarray of uint8, shape (h, w, 3)
        All of the bucket, at any size; is drawn on.
    view : PairView
        The pair.
    """
    scale = panel.shape[1] / view.bucket.width
    for lost in view.lost:
        box = tuple(round(edge * scale) for edge in lost.box)
        if max(box[2] - box[0], box[3] - box[1]) > _LONGEST_FRAME // 3:
            x, y = (round(at * scale) for at in lost.at)
            box = (x - 3, y - 3, x + 4, y + 4)
        frame_detail(panel, box, 4)


def _around(box: tuple[int, int, int, int], radius: int) -> Iterator[tuple[int, int]]:
    """Propose places for a number: at the corners of its frame, then further out."""
    left, top, right, bottom = box
    for far in range(4):
        out = _PADDING + radius // 2 + 2 * radius * far
        yield right + out, top - out
        yield left - out, top - out
        yield right + out, bottom + out
        yield left - out, bottom + out


def _apart(one: tuple[int, int], other: tuple[int, int], radius: int) -> bool:
    return (one[0] - other[0]) ** 2 + (one[1] - other[1]) ** 2 > (2 * radius + 1) ** 2
