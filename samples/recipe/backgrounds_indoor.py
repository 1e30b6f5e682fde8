"""Indoor and plain backgrounds: library, papered room, light and dark backdrops."""

from __future__ import annotations

from random import Random

from scenery import area, disc, line, rect

BOOK_COLOURS = (
    "#a8453f",
    "#2f6f73",
    "#d99a4a",
    "#5a4a7d",
    "#7d8f5a",
    "#c9776a",
    "#34567a",
    "#e3c98f",
)


def library(w: int, h: int, rng: Random) -> str:
    """Tall shelves with books, a ladder and a lamp."""
    parts = rect(0, 0, w, h, "#5b3a2e")
    bay_width, shelf_height = 384.0, 216.0
    for bay in range(int(w // bay_width) + 1):
        for shelf in range(int(h // shelf_height) + 1):
            x, y = bay * bay_width + 16, shelf * shelf_height + 14
            parts += rect(x, y, bay_width - 32, shelf_height - 28, "#3d2622")
            parts += _books(x + 8, y + shelf_height - 28, bay_width - 48, shelf_height - 60, rng)
        parts += rect(bay * bay_width - 10, 0, 20, h, "#74503d")
    for shelf in range(int(h // shelf_height) + 2):
        parts += rect(0, shelf * shelf_height - 14, w, 24, "#80583f")
    for x in (1500, 1640):
        parts += line(f"M{x + 60} -20L{x - 20} {h + 20}", "#c79a62", 18)
    for i in range(9):
        y = 70 + i * 125
        shift = 60 - 80 * (y / h)
        parts += line(f"M{1500 + shift:.0f} {y}h140", "#b3854f", 14)
    parts += line("M300 -10V120", "#2b1a1a", 6) + disc(300, 210, 190, "#ffd98a", 0.16)
    parts += area("M210 200C210 140 260 116 300 116C340 116 390 140 390 200Z", "#2f8f7a")
    parts += disc(300, 204, 30, "#fff0c4")
    return parts


def _books(x: float, floor: float, width: float, height: float, rng: Random) -> str:
    parts = ""
    end = x + width
    while x < end - 22:
        thick = rng.uniform(20, 44)
        if x + thick > end:
            break
        if rng.random() < 0.07:
            x += thick
            continue
        tall = height * rng.uniform(0.68, 1.0)
        colour = rng.choice(BOOK_COLOURS)
        parts += rect(x, floor - tall, thick - 2, tall, colour, 3)
        parts += rect(x, floor - tall * 0.86, thick - 2, 9, "#f0dcae")
        if rng.random() < 0.5:
            parts += rect(x, floor - tall * 0.22, thick - 2, 6, "#f0dcae")
        x += thick
    return parts


def papered_room(w: int, h: int, rng: Random) -> str:
    """Room with patterned wallpaper, a window, a picture and a wing chair."""
    del rng
    parts = rect(0, 0, w, h, "#f0d9b5")
    for row in range(int(h // 72) + 1):
        for column in range(int(w // 72) + 2):
            x, y = column * 72 + (row % 2) * 36, row * 72 + 30
            parts += area(
                f"M{x} {y + 22}C{x - 24} {y + 4} {x - 14} {y - 18} {x} {y - 22}"
                f"C{x + 14} {y - 18} {x + 24} {y + 4} {x} {y + 22}Z",
                "#e2b98a",
            )
            parts += disc(x, y - 2, 6, "#c9705a")
    parts += rect(64, 90, 230, 300, "#8a5a44", 6) + rect(82, 108, 194, 264, "#9fd0d8")
    parts += area("M82 372V300C130 250 190 310 276 250V372Z", "#7fb08a")
    parts += rect(174, 108, 10, 264, "#8a5a44") + rect(82, 232, 194, 10, "#8a5a44")
    parts += area("M44 70H120C120 220 90 320 50 420H30Z", "#5f8fa3")
    parts += area("M314 70H238C238 220 268 320 308 420H328Z", "#5f8fa3")
    parts += rect(24, 60, 310, 18, "#6b4335", 9)
    parts += rect(760, 110, 190, 150, "#b58a4a", 4) + rect(778, 128, 154, 114, "#f6ead8")
    parts += area("M778 242L830 170L866 210L890 184L932 242Z", "#6f9aa8")
    parts += disc(900, 156, 14, "#e8855a")
    parts += area(f"M150 {h}V560C150 330 330 300 512 300C694 300 874 330 874 560V{h}Z", "#b85f4b")
    parts += area(f"M206 {h}V580C206 400 350 360 512 360C674 360 818 400 818 580V{h}Z", "#c8735a")
    for x, y in ((330, 470), (512, 440), (694, 470), (270, 620), (754, 620)):
        parts += disc(x, y, 11, "#9c4c3d")
    parts += area("M60 700C60 620 200 620 220 700V1040H60Z", "#9c4c3d")
    parts += area("M804 700C824 620 964 620 964 700V1040H804Z", "#9c4c3d")
    return parts


def light_backdrop(w: int, h: int, rng: Random) -> str:
    """Plain light backdrop with a soft floor."""
    del rng
    return rect(0, 0, w, h, "#dfeaf0") + area(
        f"M0 {h * 0.86:.0f}Q{w / 2} {h * 0.82:.0f} {w} {h * 0.86:.0f}V{h}H0Z", "#cddbe4"
    )


def cream_backdrop(w: int, h: int, rng: Random) -> str:
    """Plain cream backdrop."""
    del rng
    return rect(0, 0, w, h, "#f3e6d6")


def dark_backdrop(w: int, h: int, rng: Random) -> str:
    """Plain dark backdrop with one large, slightly lighter disc."""
    del rng
    return rect(0, 0, w, h, "#16363f") + disc(w / 2, h * 0.46, w * 0.43, "#2a626b")
