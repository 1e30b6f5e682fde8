"""Outdoor backgrounds: evening city, lantern fair, forest and seaside."""

from __future__ import annotations

from random import Random

from scenery import (
    area,
    cloud,
    disc,
    hills,
    leaf_crown,
    line,
    paper_lantern,
    rect,
    sky,
    trunk,
)


def city(w: int, h: int, rng: Random) -> str:
    """Rows of houses with lit windows at dusk."""
    parts = sky(w, h, ["#3d3f7d", "#8b5f9e", "#e58a8a", "#f8c58f"], "dusk")
    parts += disc(w * 0.78, h * 0.2, w * 0.085, "#ffe9b8")
    for x, y, s in ((60.0, 250.0, 46.0), (620, 420, 36), (380, 130, 28)):
        parts += cloud(x, y, s, "#b487b4")
    layers = (
        (0.36, 0.14, "#8a6aa6", "#f8d49a", 130),
        (0.52, 0.16, "#62558f", "#ffd98a", 160),
        (0.72, 0.14, "#453f73", "#ffe09a", 200),
    )
    for top, spread, wall, light, width in layers:
        x = -rng.uniform(0, width * 0.5)
        while x < w:
            house = width * rng.uniform(0.7, 1.15)
            y = h * (top + rng.uniform(0, spread))
            parts += _house(x, y, house, h - y, wall, light, rng)
            x += house
    parts += line(f"M-20 {h * 0.30}Q{w * 0.5} {h * 0.37} {w + 20} {h * 0.27}", "#2f2b57", 3)
    for i in range(9):
        t = (i + 0.5) / 9
        y = h * (0.30 * (1 - t) ** 2 + 2 * 0.37 * t * (1 - t) + 0.27 * t * t)
        parts += disc(w * t, y + 12, 24, "#ffe9b8", 0.25) + disc(w * t, y + 12, 9, "#fff0c4")
    return parts


def _house(x: float, y: float, w: float, h: float, wall: str, light: str, rng: Random) -> str:
    parts = rect(x, y, w + 1, h, wall)
    roof = rng.choice(("flat", "gable", "tank"))
    if roof == "gable":
        parts += area(
            f"M{x:.0f} {y + 1:.0f}l{w / 2:.0f} {-w * 0.35:.0f}l{w / 2:.0f} {w * 0.35:.0f}Z",
            wall,
        )
    elif roof == "tank":
        parts += rect(x + w * 0.55, y - 34, w * 0.28, 35, wall, 6)
        parts += line(f"M{x + w * 0.25:.0f} {y:.0f}v-58", wall, 4)
    columns = max(2, int(w // 46))
    pitch = w / columns
    for row in range(int(h // 62)):
        for column in range(columns):
            lit = rng.random() < 0.42
            shade = light if lit else "#ffffff"
            cell = rect(x + pitch * (column + 0.28), y + 26 + row * 62, pitch * 0.44, 32, shade, 3)
            parts += cell if lit else f'<g opacity="0.10">{cell}</g>'
    return parts


def fair(w: int, h: int, rng: Random) -> str:
    """Night fair: strings of paper lanterns and striped stalls."""
    parts = sky(w, h, ["#1f2150", "#3b2f6e", "#7a3f72", "#c2605f"], "night")
    for _ in range(46):
        parts += disc(rng.uniform(0, w), rng.uniform(0, h * 0.4), rng.uniform(1.5, 3.4), "#f7e7c1")
    parts += hills(w, h * 0.62, h * 0.1, "#3a2a5c", rng, 220)
    for x, y, s, flip in ((-60.0, 0.56, 1.0, False), (760, 0.53, 1.12, True)):
        parts += _stall(x, h * y, 480 * s, h, "#d9534a" if flip else "#2f8f8a")
    palette = (("#e8604c", "#ffd27a"), ("#f2a541", "#fff0b8"), ("#e87a9a", "#ffd9d0"))
    for start, sag, end in ((0.05, 0.17, 0.02), (0.2, 0.34, 0.23), (0.42, 0.5, 0.36)):
        control = 2 * sag - (start + end) / 2
        parts += line(
            f"M-10 {h * start:.0f}Q{w / 2} {h * control:.0f} {w + 10} {h * end:.0f}", "#2a1d45", 4
        )
        for i in range(6):
            t = (i + 0.5) / 6
            y = h * (start * (1 - t) ** 2 + 2 * control * t * (1 - t) + end * t * t)
            body, light = palette[(i + int(start * 100)) % 3]
            parts += paper_lantern(w * t, y + 62, 46, body, light)
    parts += area(f"M0 {h * 0.9:.0f}H{w}V{h}H0Z", "#4a2c50")
    return parts


def _stall(x: float, y: float, w: float, h: int, colour: str) -> str:
    parts = rect(x + 20, y, w - 40, h - y, "#6b3a4f") + rect(x + 44, y + 90, w - 88, 210, "#ffcf87")
    for i in range(5):
        parts += rect(
            x + 60 + i * (w - 120) / 5, y + 180, 44, 120, ("#e8604c", "#f6ead8")[i % 2], 20
        )
    parts += rect(x, y + 300, w, 60, "#8a4a4f") + rect(x + 20, y + 360, w - 40, h, "#54304a")
    stripes = 8
    pitch = w / stripes
    for i in range(stripes):
        left = x + i * pitch
        fill = colour if i % 2 == 0 else "#f6ead8"
        parts += area(
            f"M{left:.1f} {y - 70:.1f}h{pitch:.1f}v130a{pitch / 2:.1f} {pitch / 2:.1f} 0 0 1 "
            f"{-pitch:.1f} 0Z",
            fill,
        )
    return parts


def forest(w: int, h: int, rng: Random) -> str:
    """Layers of trunks, ferns and light between the leaves."""
    parts = sky(w, h, ["#d9ecc0", "#a9d3a5", "#6fae8c"], "leaves")
    parts += disc(w * 0.66, h * 0.2, w * 0.2, "#f6f7d4", 0.7)
    for colour, count, width, crown in (
        ("#8fc09a", 7, 34, "#9dcaa0"),
        ("#5f9d7c", 6, 54, "#73ad86"),
        ("#3f7b62", 5, 76, "#4f8e6d"),
    ):
        for i in range(count):
            x = w * (i + rng.uniform(0.15, 0.85)) / count
            parts += trunk(x, -40, h + 60, width, colour)
        for i in range(count + 2):
            x = w * (i + rng.uniform(-0.2, 0.8)) / (count + 1)
            parts += leaf_crown(x, rng.uniform(-0.02, 0.07) * h, width * 1.6, crown, rng)
    parts += hills(w, h * 0.84, h * 0.05, "#2f6650", rng, 120)
    for _ in range(26):
        x, y = rng.uniform(0, w), rng.uniform(0.78, 1.0) * h
        size = rng.uniform(50, 90)
        for lean in (-0.9, -0.45, 0, 0.45, 0.9):
            tip = (x + lean * size, y - size * (1 - abs(lean) * 0.35))
            parts += line(
                f"M{x:.0f} {y:.0f}Q{x + lean * size * 0.3:.0f} {tip[1]:.0f} "
                f"{tip[0]:.0f} {tip[1]:.0f}",
                rng.choice(("#3f8a63", "#265746")),
                9,
            )
    for _ in range(18):
        parts += disc(
            rng.uniform(0, w), rng.uniform(0.1, 0.8) * h, rng.uniform(4, 9), "#fbf8c8", 0.8
        )
    return parts


def seaside(w: int, h: int, rng: Random) -> str:
    """Sea with sails, gulls, clouds and a grassy shore."""
    parts = sky(w, h, ["#7cc3e0", "#b8e0e6", "#f4f0d8"], "day")
    parts += disc(w * 0.12, h * 0.17, 70, "#fff3b8")
    for x, y, s in (
        (160.0, 330.0, 50.0),
        (820, 170, 44),
        (1180, 500, 56),
        (760, 430, 34),
        (380, 130, 36),
    ):
        parts += cloud(x, y, s, "#ffffff")
    parts += rect(0, h * 0.6, w, h * 0.4, "#3f93b5")
    for _ in range(40):
        x, y = rng.uniform(0, w), rng.uniform(0.62, 0.85) * h
        parts += line(f"M{x:.0f} {y:.0f}q20 -9 40 0", "#7fc0d2", 5)
    parts += rect(w - 112, h * 0.24, 44, h * 0.2, "#fbf4e6") + rect(
        w - 112, h * 0.3, 44, 34, "#d9534a"
    )
    parts += area(f"M{w - 118} {h * 0.24:.0f}h56l-28 -40Z", "#d9534a")
    parts += area(
        f"M{w} {h * 0.4:.0f}C{w - 130} {h * 0.42:.0f} {w - 190} {h * 0.52:.0f} {w - 330} "
        f"{h * 0.61:.0f}H{w}Z",
        "#7d9a86",
    )
    for x, y, s in ((200.0, 0.63, 1.0), (940, 0.62, 0.7), (1090, 0.66, 1.25)):
        parts += area(
            f"M{x:.0f} {h * y - 8:.0f}v{-110 * s:.0f}l{70 * s:.0f} {104 * s:.0f}Z", "#ffffff"
        )
        parts += area(
            f"M{x - 8:.0f} {h * y - 8:.0f}v{-90 * s:.0f}l{-48 * s:.0f} {86 * s:.0f}Z", "#f6d9c4"
        )
        parts += area(
            f"M{x - 60 * s:.0f} {h * y:.0f}h{140 * s:.0f}l{-24 * s:.0f} {26 * s:.0f}"
            f"h{-92 * s:.0f}Z",
            "#8a4a3f",
        )
    for x, y in ((720.0, 300.0), (800.0, 335.0), (1120.0, 455.0)):
        parts += line(f"M{x:.0f} {y:.0f}q16 -18 30 0q14 -18 30 0", "#5a7285", 5)
    parts += hills(w, h * 0.9, h * 0.08, "#8fb85f", rng, 260)
    parts += hills(w, h * 1.0, h * 0.08, "#6d9a4c", rng, 200)
    for _ in range(34):
        x, y = rng.uniform(0, w), rng.uniform(0.92, 1.0) * h
        parts += disc(x, y, 7, rng.choice(("#fff6d0", "#f6b8a8", "#f7d25a")))
    return parts
