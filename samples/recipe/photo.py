"""The photograph: Eileen Collins by NASA (public domain), with a mask drawn by hand.

The outline below was placed point by point on the 512x512 picture that scikit-image
ships. It is drawn at four times the size and scaled down, which gives soft edges.
"""

from __future__ import annotations

from geometry import Point, smooth_line
from PIL import Image, ImageDraw, ImageFilter
from skimage import data

STEM = "astronaut"
CAPTION = (
    "photo of a smiling astronaut in an orange space suit, helmet beside her, flag, shuttle model"
)
OVERSAMPLE = 4

# Pieces of the outline, clockwise from the lower left; a corner separates two pieces.
OUTLINE: tuple[tuple[Point, ...], ...] = (
    (
        (42, 520),
        (32, 494),
        (25, 470),
        (21, 440),
        (19, 412),
        (20, 388),
        (24, 368),
        (26, 343),
        (31, 322),
        (38, 300),
        (45, 277),
        (56, 258),
        (75, 237),
        (98, 217),
        (113, 206),
    ),
    (
        (113, 206),
        (113, 200),
        (112, 191),
        (116, 186),
        (122, 185),
        (126, 176),
        (134, 164),
        (147, 154),
        (163, 149),
        (183, 148),
    ),
    ((183, 148), (183, 140), (182, 132)),
    (
        (182, 132),
        (177, 130),
        (174, 121),
        (165, 112),
        (157, 97),
        (153, 82),
        (154, 66),
        (161, 53),
        (175, 43),
        (187, 35),
        (197, 25),
        (211, 18),
        (230, 16),
        (252, 19),
        (271, 27),
        (286, 38),
        (295, 53),
        (299, 71),
        (300, 91),
        (294, 112),
        (283, 124),
        (277, 132),
        (268, 137),
    ),
    ((268, 137), (263, 150), (257, 164), (255, 174)),
    ((255, 174), (276, 187), (293, 207), (303, 227), (305, 236)),
    ((305, 236), (320, 242), (337, 256), (349, 280), (356, 308), (362, 332), (363, 350)),
    (
        (363, 350),
        (376, 346),
        (398, 344),
        (422, 345),
        (447, 355),
        (471, 376),
        (487, 403),
        (495, 434),
        (497, 454),
    ),
    ((497, 454), (504, 457), (511, 464), (520, 470), (520, 520)),
)


def photograph() -> Image.Image:
    """Return the picture as scikit-image ships it."""
    pixels = data.astronaut()  # type: ignore[no-untyped-call]
    return Image.fromarray(pixels).convert("RGB")


def photograph_mask(size: tuple[int, int] = (512, 512)) -> Image.Image:
    """Draw the outline and return it as an 8-bit mask."""
    points: list[Point] = []
    for piece in OUTLINE:
        points.extend(smooth_line(piece, steps=12))
    scaled = [((x + 0.5) * OVERSAMPLE, (y + 0.5) * OVERSAMPLE) for x, y in points]
    canvas = Image.new("L", (size[0] * OVERSAMPLE, size[1] * OVERSAMPLE), 0)
    ImageDraw.Draw(canvas).polygon(scaled, fill=255)
    return canvas.resize(size, Image.Resampling.BOX).filter(ImageFilter.GaussianBlur(0.6))
