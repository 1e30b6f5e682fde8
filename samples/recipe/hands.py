"""Hands in a small frame of their own: wrist at the origin, fingers upwards (negative y)."""

from __future__ import annotations

from drawing import LINE, merged, placed, shape, stroke
from geometry import Point, limb, open_line


def _palm(forearm: float, width: float = 112, top: float = -78) -> str:
    """Palm and a piece of forearm that disappears in the sleeve."""
    return limb(
        [(0, forearm), (0, forearm / 2), (0, 14), (0, -34), (0, top)],
        [100, 95, 86, (84 + width) / 2, width],
    )


def open_hand(skin: str, forearm: float = 190) -> str:
    """Draw the right hand of the figure, palm to the viewer, five fingers spread."""
    fingers: list[tuple[list[Point], list[float]]] = [
        ([(-42, -92), (-62, -140), (-80, -186)], [36, 34, 28]),
        ([(-14, -104), (-20, -168), (-26, -226)], [36, 36, 29]),
        ([(16, -104), (24, -168), (30, -222)], [36, 36, 29]),
        ([(42, -90), (64, -140), (82, -182)], [34, 31, 25]),
        ([(34, -22), (78, -58), (112, -106)], [48, 38, 29]),
    ]
    order = [_palm(forearm), *(limb(points, widths) for points, widths in fingers)]
    creases = [
        open_line([(-34, -44), (-6, -56), (20, -52)]),
        open_line([(24, 4), (10, -26), (22, -50)]),
    ]
    return merged(order, skin, LINE) + "".join(stroke(line, line=6) for line in creases)


def gripping_hand(skin: str, held: str = "", side: int = 1, forearm: float = 150) -> str:
    """Draw a fist seen from the finger side; ``held`` is drawn between palm and fingers."""
    palm = merged([_palm(forearm, 100, -60)], skin)
    return palm + held + gripping_fingers(skin, side)


def gripping_fingers(skin: str, side: int = 1) -> str:
    """Draw four fingers and the thumb of a fist, without its palm."""
    fingers = ""
    for row, length in ((-18, 46), (-46, 54), (-75, 56), (-103, 50)):
        fingers += shape(
            limb([(-length * 0.72 * side, row), (length * 0.72 * side, row - 4)], [32, 32]), skin, 9
        )
    thumb = shape(
        limb([(-44 * side, -22), (-40 * side, -84), (-4 * side, -112)], [44, 38, 30]), skin, 9
    )
    return fingers + thumb


def relaxed_hand(skin: str, forearm: float = 190) -> str:
    """Draw a hand that hangs or rests, fingers together, thumb at the side."""
    fingers: list[tuple[list[Point], list[float]]] = [
        ([(-34, -80), (-40, -124), (-34, -160)], [32, 31, 26]),
        ([(-11, -86), (-14, -140), (-10, -182)], [32, 32, 27]),
        ([(13, -86), (12, -138), (14, -178)], [32, 32, 27]),
        ([(36, -80), (38, -120), (37, -154)], [30, 28, 24]),
        ([(-30, -14), (-66, -50), (-74, -96)], [46, 36, 28]),
    ]
    paths = [_palm(forearm), *(limb(points, widths) for points, widths in fingers)]
    gaps = [
        open_line([(-23, -96), (-27, -150)]),
        open_line([(1, -100), (1, -166)]),
        open_line([(25, -96), (26, -148)]),
    ]
    return merged(paths, skin) + "".join(stroke(line, line=6.5) for line in gaps)


def place_hand(
    content: str, wrist: Point, turn: float, mirror: bool = False, scale: float = 1.0
) -> str:
    """Put a hand at the wrist, turned by degrees clockwise from 'fingers up'."""
    return placed(content, wrist[0], wrist[1], scale, turn, mirror)
