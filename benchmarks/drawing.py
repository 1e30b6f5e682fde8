"""Lines and shapes of a corpus, drawn with soft edges to a sixteenth of a pixel."""

from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.uint8]
Point = tuple[float, float]


def ellipse(mask: Mask, centre: Point, axes: Point, thickness: int = -1) -> None:
    """Draw an ellipse, filled or as a line."""
    places = [tuple(round(value * 16) for value in point) for point in (centre, axes)]
    cv2.ellipse(mask, *places, 0, 0, 360, 255, thickness, cv2.LINE_AA, 4)


def curve(mask: Mask, points: list[Point], widths: Point) -> None:
    """Draw a Bézier curve of three points, from one width to another."""
    steps = np.linspace(0, 1, 33)[:, None]
    start, middle, end = (np.array(point) for point in points)
    line = (1 - steps) ** 2 * start + 2 * steps * (1 - steps) * middle + steps**2 * end
    line = np.rint(line * 16).astype(int)
    for place, (one, other) in enumerate(pairwise(line)):
        width = max(1, round(np.interp(place / 31, (0, 1), widths)))
        cv2.line(mask, one.tolist(), other.tolist(), 255, width, cv2.LINE_AA, 4)
