"""Small geometry helpers: smooth lines, tapering limbs and SVG path strings."""

from __future__ import annotations

import math
from collections.abc import Sequence

Point = tuple[float, float]


def number(value: float) -> str:
    """Format a coordinate with one decimal and no trailing zero."""
    text = f"{value:.1f}"
    return text[:-2] if text.endswith(".0") else text


def smooth_line(points: Sequence[Point], steps: int = 14) -> list[Point]:
    """Sample a Catmull-Rom curve through all given points."""
    if len(points) == 2:
        (x0, y0), (x1, y1) = points
        return [(x0 + (x1 - x0) * i / steps, y0 + (y1 - y0) * i / steps) for i in range(steps + 1)]
    padded = [points[0], *points, points[-1]]
    samples: list[Point] = []
    for p0, p1, p2, p3 in zip(padded, padded[1:], padded[2:], padded[3:], strict=False):
        for i in range(steps):
            t = i / steps
            x, y = (
                0.5
                * (
                    2 * p1[axis]
                    + (p2[axis] - p0[axis]) * t
                    + (2 * p0[axis] - 5 * p1[axis] + 4 * p2[axis] - p3[axis]) * t**2
                    + (3 * p1[axis] - p0[axis] - 3 * p2[axis] + p3[axis]) * t**3
                )
                for axis in (0, 1)
            )
            samples.append((x, y))
    samples.append(points[-1])
    return samples


def polygon(points: Sequence[Point]) -> str:
    """Return a closed path through the points, straight from one to the next."""
    return "M" + "L".join(f"{number(x)} {number(y)}" for x, y in points) + "Z"


def open_line(points: Sequence[Point]) -> str:
    """Return an open smooth path through the points."""
    return "M" + "L".join(f"{number(x)} {number(y)}" for x, y in smooth_line(points))


def limb(points: Sequence[Point], widths: Sequence[float]) -> str:
    """Return the outline of a bendy limb with a width at every point and round ends."""
    line = smooth_line(points)
    last = len(line) - 1
    left: list[Point] = []
    right: list[Point] = []
    for i, (x, y) in enumerate(line):
        (xa, ya), (xb, yb) = line[max(i - 1, 0)], line[min(i + 1, last)]
        length = math.hypot(xb - xa, yb - ya) or 1.0
        nx, ny = -(yb - ya) / length, (xb - xa) / length
        place = i / last * (len(widths) - 1)
        low = min(int(place), len(widths) - 2)
        half = (widths[low] + (widths[low + 1] - widths[low]) * (place - low)) / 2
        left.append((x + nx * half, y + ny * half))
        right.append((x - nx * half, y - ny * half))
    start, end = widths[0] / 2, widths[-1] / 2
    forth = "L".join(f"{number(x)} {number(y)}" for x, y in left)
    back = "L".join(f"{number(x)} {number(y)}" for x, y in reversed(right))
    tip = f"A{number(end)} {number(end)} 0 0 0 " if end > 0 else "L"
    heel = f"A{number(start)} {number(start)} 0 0 0 " if start > 0 else "L"
    return f"M{forth}{tip}{back}{heel}{number(left[0][0])} {number(left[0][1])}Z"


def circle(x: float, y: float, radius: float) -> str:
    """Return the closed path of a circle."""
    r = number(radius)
    return (
        f"M{number(x - radius)} {number(y)}a{r} {r} 0 1 0 {number(2 * radius)} 0"
        f"a{r} {r} 0 1 0 {number(-2 * radius)} 0Z"
    )


def towards(start: Point, end: Point, share: float) -> Point:
    """Return the point that lies a share of the way from start to end."""
    return (start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share)


def heading(start: Point, end: Point) -> float:
    """Return the angle in degrees that turns 'up' into the direction from start to end."""
    return math.degrees(math.atan2(end[0] - start[0], -(end[1] - start[1])))
