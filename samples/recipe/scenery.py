"""Flat building blocks for the backgrounds (no ink outlines, so figures stand out)."""

from __future__ import annotations

from itertools import pairwise
from random import Random

from geometry import Point, limb, number


def rect(x: float, y: float, w: float, h: float, fill: str, radius: float = 0) -> str:
    """Draw a filled rectangle."""
    corner = f' rx="{number(radius)}"' if radius else ""
    return (
        f'<rect x="{number(x)}" y="{number(y)}" width="{number(w)}" height="{number(h)}"'
        f'{corner} fill="{fill}"/>'
    )


def disc(x: float, y: float, radius: float, fill: str, opacity: float = 1) -> str:
    """Draw a filled circle."""
    extra = "" if opacity >= 1 else f' opacity="{opacity:g}"'
    return f'<circle cx="{number(x)}" cy="{number(y)}" r="{number(radius)}" fill="{fill}"{extra}/>'


def area(path: str, fill: str, opacity: float = 1) -> str:
    """Draw a filled path."""
    extra = "" if opacity >= 1 else f' opacity="{opacity:g}"'
    return f'<path d="{path}" fill="{fill}"{extra}/>'


def line(path: str, colour: str, width: float) -> str:
    """Draw an open path with round ends."""
    return (
        f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="{number(width)}" '
        'stroke-linecap="round" stroke-linejoin="round"/>'
    )


def sky(w: float, h: float, bands: list[str], name: str) -> str:
    """Draw a vertical gradient over the whole canvas."""
    stops = "".join(
        f'<stop offset="{i / (len(bands) - 1):.3f}" stop-color="{colour}"/>'
        for i, colour in enumerate(bands)
    )
    return (
        f'<linearGradient id="{name}" x1="0" y1="0" x2="0" y2="1">{stops}</linearGradient>'
        f'<rect width="{w}" height="{h}" fill="url(#{name})"/>'
    )


def cloud(x: float, y: float, size: float, fill: str) -> str:
    """Draw a rounded cloud with a flat base."""
    s = size
    arcs = "".join(
        f"a{radius * s:g} {radius * s:g} 0 0 0 {dx * s:g} {dy * s:g}"
        for radius, dx, dy in (
            (0.5, 0, -1),
            (0.62, -0.9, -0.5),
            (0.85, -1.5, 0),
            (0.6, -0.8, 0.5),
            (0.5, 0, 1),
        )
    )
    return area(f"M{x:g} {y:g}h{3.2 * s:g}{arcs}Z", fill)


def hills(w: int, base: float, height: float, fill: str, rng: Random, step: float = 160) -> str:
    """Draw rolling hills from the given base line down to far below the canvas."""
    points: list[Point] = []
    x = -step
    while x <= w + 2 * step:
        points.append((x, base - rng.uniform(0, height)))
        x += step
    path = f"M{number(points[0][0])} {number(points[0][1])}"
    for (xa, ya), (xb, yb) in pairwise(points):
        middle = (xa + xb) / 2
        path += (
            f"C{number(middle)} {number(ya)} {number(middle)} {number(yb)} "
            f"{number(xb)} {number(yb)}"
        )
    return area(path + f"V{number(base + 3000)}H{number(-step)}Z", fill)


def trunk(x: float, top: float, bottom: float, width: float, fill: str) -> str:
    """Draw a slightly bent tree trunk with a wider foot."""
    return area(
        limb(
            [(x, top), (x + width * 0.2, (top + bottom) / 2), (x, bottom)],
            [width * 0.7, width * 0.8, width * 1.25],
        ),
        fill,
    )


def leaf_crown(x: float, y: float, radius: float, fill: str, rng: Random) -> str:
    """Draw a cluster of discs that reads as foliage."""
    parts = disc(x, y, radius, fill)
    for _ in range(7):
        parts += disc(
            x + rng.uniform(-0.95, 0.95) * radius,
            y + rng.uniform(-0.6, 0.6) * radius,
            radius * rng.uniform(0.42, 0.66),
            fill,
        )
    return parts


def paper_lantern(x: float, y: float, size: float, body: str, light: str) -> str:
    """Draw a round paper lantern with caps."""
    s = size
    return (
        disc(x, y, s * 1.7, light, 0.16)
        + area(
            f"M{x - s} {y}a{s} {s * 0.86} 0 1 0 {2 * s} 0a{s} {s * 0.86} 0 1 0 {-2 * s} 0Z", body
        )
        + area(
            f"M{x - s * 0.46} {y}a{s * 0.46} {s * 0.86} 0 1 0 {0.92 * s} 0"
            f"a{s * 0.46} {s * 0.86} 0 1 0 {-0.92 * s} 0Z",
            light,
            0.55,
        )
        + rect(x - s * 0.36, y - s * 1.0, s * 0.72, s * 0.2, "#4a2338", 3)
        + rect(x - s * 0.36, y + s * 0.8, s * 0.72, s * 0.2, "#4a2338", 3)
    )
