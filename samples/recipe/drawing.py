"""Drawing conventions shared by all figures: ink outlines and flat fills."""

from __future__ import annotations

from collections.abc import Iterable

from geometry import number

INK = "#2b1d33"
LINE = 12.0


def shape(path: str, fill: str, line: float = LINE, ink: str = INK) -> str:
    """Draw a flat shape with an ink outline."""
    return (
        f'<path d="{path}" fill="{fill}" stroke="{ink}" stroke-width="{number(line)}" '
        'stroke-linejoin="round" stroke-linecap="round"/>'
    )


def flat(path: str, fill: str, opacity: float = 1.0) -> str:
    """Draw a flat shape without an outline."""
    extra = "" if opacity >= 1 else f' opacity="{opacity:g}"'
    return f'<path d="{path}" fill="{fill}"{extra}/>'


def stroke(path: str, colour: str = INK, line: float = LINE * 0.75) -> str:
    """Draw a line with round ends."""
    return (
        f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="{number(line)}" '
        'stroke-linejoin="round" stroke-linecap="round"/>'
    )


def merged(paths: Iterable[str], fill: str, line: float = LINE, ink: str = INK) -> str:
    """Several shapes that share one outline, as if they were welded together."""
    paths = list(paths)
    outlines = "".join(shape(path, ink, line * 1.7, ink) for path in paths)
    inner = "".join(flat(path, fill) + stroke(path, fill, 0.5) for path in paths)
    return outlines + inner


def placed(
    content: str,
    x: float = 0,
    y: float = 0,
    scale: float = 1,
    turn: float = 0,
    mirror: bool = False,
) -> str:
    """Move, turn, scale and, if wanted, mirror some drawing."""
    flip = -scale if mirror else scale
    return (
        f'<g transform="translate({number(x)} {number(y)}) rotate({number(turn)}) '
        f'scale({flip:g} {scale:g})">{content}</g>'
    )


def clipped(content: str, path: str, name: str) -> str:
    """Show the content only inside the path; the name must be unique in the picture."""
    return (
        f'<clipPath id="{name}"><path d="{path}"/></clipPath>'
        f'<g clip-path="url(#{name})">{content}</g>'
    )
