"""What the rules found, as badges: told apart by their colour, and in grey by how dark they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from PIL import ImageDraw

from maskprep.model import Severity
from maskprep.model.report import Finding
from maskprep.pictures.fonts import draw_text, shortened, text_width
from maskprep.pictures.palette import FAINT, INK, WHITE, Colour

_GAP = 8


class _Look(NamedTuple):
    fill: Colour
    line: Colour
    ink: Colour


_LOOKS = {
    Severity.ERROR: _Look((170, 28, 36), (170, 28, 36), WHITE),
    Severity.WARNING: _Look((255, 214, 110), (190, 140, 20), INK),
    Severity.INFO: _Look(WHITE, (150, 156, 166), FAINT),
}


def draw_badge(
    draw: ImageDraw.ImageDraw,
    xy: tuple[int, int],
    text: str,
    severity: Severity,
    size: int,
    room: float,
) -> int:
    """Draw one badge.

    Parameters
    ----------
    draw : PIL.ImageDraw.ImageDraw
        Where on.
    xy : tuple of int
        Upper left corner, px.
    text : str
        A few words.
    severity : Severity
        Chooses its look.
    size : int
        Height of the font, px; the badge is 10 px higher.
    room : float
        Width that it may take, px.

    Returns
    -------
    int
        Its right end, px.
    """
    x, y = xy
    look, side = _LOOKS[severity], size // 2
    told = shortened(text, room - 2 * side, size, bold=True)
    right = x + round(text_width(told, size, bold=True)) + 2 * side
    box = [(x, y), (right, y + size + 10)]
    draw.rounded_rectangle(box, radius=5, fill=look.fill, outline=look.line, width=1)
    draw_text(draw, (x + side, y + 3), told, size, look.ink, bold=True)
    return right


def draw_badges(
    draw: ImageDraw.ImageDraw,
    xy: tuple[int, int],
    findings: Sequence[Finding],
    size: int,
    room: float,
) -> None:
    """Draw a row of badges, one a rule; how many more there are, where they do not fit.

    Parameters
    ----------
    draw : PIL.ImageDraw.ImageDraw
        Where on.
    xy : tuple of int
        Upper left corner, px.
    findings : sequence of Finding
        The most severe first.
    size : int
        Height of the font, px.
    room : float
        Width of the row, px.
    """
    x, y = xy
    worst = {each.code: each for each in reversed(findings)}
    waiting = [worst[code] for code in dict.fromkeys(each.code for each in findings)]
    end = x + room
    while waiting:
        rest = f"+{len(waiting) - 1}"
        kept = text_width(rest, size, bold=True) + _GAP if len(waiting) > 1 else 0
        name = badge_name(waiting[0])
        fits = x + text_width(name, size, bold=True) + size + kept <= end
        if not fits and x > xy[0]:
            draw_text(draw, (x, y + 3), f"+{len(waiting)}", size, FAINT, bold=True)
            return
        x = draw_badge(draw, (x, y), name, waiting.pop(0).severity, size, end - x - kept) + _GAP


def badge_name(finding: Finding) -> str:
    """Tell a finding's rule: its code, which can be searched for, and its name."""
    return f"{finding.code} {finding.name}"
