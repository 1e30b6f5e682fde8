"""Pictures: what they must show, whatever the sizes, names and fonts."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations, pairwise

import cv2
import numpy as np
import pytest
from PIL import Image, ImageDraw

from maskprep.masks.finding import find_details
from maskprep.masks.latent import area_weights
from maskprep.model import Box, Severity, Size
from maskprep.model.report import Finding
from maskprep.pictures import (
    Lost,
    PairView,
    Sheet,
    SheetTile,
    Spot,
    draw_pair,
    draw_tile,
    fonts,
    sheet,
)
from maskprep.pictures.badges import draw_badges
from maskprep.pictures.numbers import numbered
from maskprep.pictures.palette import (
    IGNORE,
    LOST,
    NOTE,
    PAGE,
    RIGHT_PLACE,
    TRAIN,
    weight_colours,
)
from maskprep.pictures.panels import cells_panel, drawn_panel, most_lost
from maskprep.pictures.view import Levels, Pixels, scaled, scaled_picture


def view_of(
    size: tuple[int, int] = (256, 192), stride: int = 8, title: str = "a.png", grey: int = 120
) -> PairView:
    """A figure with a thin line above its head, nothing cut off."""
    width, height = size
    mask = np.zeros((height, width), np.uint8)
    cv2.ellipse(mask, (width // 2, height * 5 // 8), (width // 6, height // 4), 0, 0, 360, 255, -1)
    cv2.line(mask, (width // 2, height // 2), (width * 5 // 8, height // 16), 255, 2)
    image = np.full((height, width, 3), grey, np.uint8)
    weights = area_weights(mask, stride)
    details = find_details(mask, weights)
    lost = [Lost(each.box, details.middle_of(each)) for each in details.found]
    spots = [
        Spot(number, f"{number}", each.box, details.pixels_in(weights, [each]))
        for number, each in enumerate(details.found[:3], 1)
    ]
    facts = [("coverage", "12 %")]
    bucket = Size(width, height)
    return PairView(title, image, mask, bucket, weights, stride, None, facts, lost, spots, "lost")


def test_weight_0_is_orange_1_is_blue_and_the_way_between_is_steady() -> None:
    colours = weight_colours(np.linspace(0, 1, 101, dtype=np.float32))
    np.testing.assert_allclose(colours[0], IGNORE)
    np.testing.assert_allclose(colours[-1], TRAIN)
    blueness = colours[:, 2] - colours[:, 0]
    assert all(later > earlier for earlier, later in pairwise(blueness.tolist()))


@pytest.mark.parametrize("grey", [0, 120, 255])
def test_cells_have_their_colour_on_any_picture(grey: int) -> None:
    view = view_of(grey=grey)
    panel = cells_panel(view, 8).astype(int)
    rows, columns = view.weights.shape
    for row, column in ((rows * 5 // 8, columns // 2), (2, 2)):
        red, _, blue = panel[row * 8 + 4, column * 8 + 4]
        assert bool(blue > red) is bool(view.weights[row, column] > 0.5)


# Viénot, Brettel and Mollon (1999), linear RGB: what is left without the red or the green cones.
_PROTANOPIA = np.array([[0.11238, 0.88762, 0], [0.11238, 0.88762, 0], [0.00401, -0.00401, 1]])
_DEUTERANOPIA = np.array([[0.29275, 0.70725, 0], [0.29275, 0.70725, 0], [-0.02234, 0.02234, 1]])


@pytest.mark.parametrize("eyes", [_PROTANOPIA, _DEUTERANOPIA])
@pytest.mark.parametrize("grey", [0, 120, 255])
def test_train_and_ignore_stay_apart_for_colour_blind_eyes(
    eyes: np.ndarray[tuple[int, ...], np.dtype[np.float64]], grey: int
) -> None:
    view = view_of(grey=grey)
    panel = cells_panel(view, 8)
    rows, columns = view.weights.shape
    trains, ignored = (
        eyes @ (panel[row * 8 + 4, column * 8 + 4] / 255.0) ** 2.2
        for row, column in ((rows * 5 // 8, columns // 2), (2, 2))
    )
    assert float(np.abs(np.clip(trains, 0, 1) - np.clip(ignored, 0, 1)).max()) > 0.15


SIZES = [(64, 64), (256, 192), (2000, 304), (128, 1024), (1216, 832), (1344, 768), (3000, 2000)]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("stride", [8, 32])
def test_any_size_is_drawn_at_one_width(size: tuple[int, int], stride: int) -> None:
    page = draw_pair(view_of(size, stride))
    assert page.width == 1600
    assert 400 < page.height < 2200


@pytest.mark.parametrize("fill", [0, 127, 255])
def test_flat_masks_are_drawn(fill: int) -> None:
    view = view_of()
    mask = np.full_like(view.mask, fill)
    flat = replace(view, mask=mask, weights=area_weights(mask, 8), lost=(), spots=())
    assert draw_pair(flat).width == 1600


def test_the_zoom_finds_the_thin_line() -> None:
    view = view_of((512, 384))
    column, row = most_lost(view, view.spots[0], 12)
    window = view.window(column, row, 12)
    assert window.weights.shape == (12, 12)
    assert window.mask.shape == (96, 96)
    assert row < view.weights.shape[0] // 3
    assert 0 < float(window.weights.max()) < 0.6


def test_what_the_crop_cuts_off_is_hatched_and_nothing_else() -> None:
    view = view_of((256, 192))
    whole = drawn_panel(view, 1.0)
    assert whole.shape == (192, 256, 3)
    cropped = replace(
        view,
        bucket=Size(192, 192),
        weights=area_weights(np.ascontiguousarray(view.mask[:, 32:224]), 8),
        crop_box=(32.0, 0.0, 224.0, 192.0),
    )
    panel = drawn_panel(cropped, 1.0)
    assert panel.shape == whole.shape
    changed = np.asarray((panel != whole).any(axis=2))
    assert changed[:, :30].all()
    assert changed[:, 226:].all()
    assert not changed[4:-4, 36:220].any()


def colours_of(page: Image.Image) -> set[tuple[int, ...]]:
    return {tuple(colour) for colour in np.unique(np.asarray(page).reshape(-1, 3), axis=0).tolist()}


def test_a_shifted_mask_shows_where_it_belongs_and_says_so() -> None:
    view = view_of()
    shifted = replace(
        view, right_weights=np.roll(view.weights, 2, axis=1), notes=["off by 2 cells"]
    )
    plain, both = draw_pair(view), draw_pair(shifted)
    assert RIGHT_PLACE not in colours_of(plain)
    assert NOTE not in colours_of(plain)
    assert {RIGHT_PLACE, NOTE} <= colours_of(both)
    assert both.height > plain.height


def test_long_sentences_are_broken_into_lines_that_fit() -> None:
    lines = fonts.wrapped("one two three " * 30 + "x" * 400, 300, 19)
    assert len(lines) > 5
    assert all(fonts.text_width(line, 19) <= 300 for line in lines)


def test_drawing_twice_gives_the_same_picture() -> None:
    assert draw_pair(view_of()).tobytes() == draw_pair(view_of()).tobytes()


def test_a_sheet_shows_its_tiles_in_their_order() -> None:
    colours = [(0, 255, 0), (255, 0, 0), (0, 0, 255)]
    page = Sheet(3, "set", "")
    for colour in colours:
        page.add(SheetTile("a.png", Image.new("RGB", (336, 336), colour), ""))
    pixels = np.asarray(page.page).reshape(-1, 3)
    firsts = [int(np.flatnonzero((pixels == each).all(axis=1))[0]) for each in colours]
    assert firsts == sorted(firsts)


@pytest.mark.parametrize("count", [1, 8, 60])
def test_a_sheet_stays_within_bounds(count: int) -> None:
    tile = draw_tile(view_of(), "mean weight 0.3")
    assert max(tile.picture.size) <= sheet.TILE
    page = Sheet(count, "set", "sub")
    for _ in range(count):
        page.add(tile)
    assert page.page.width * page.page.height < 11e6


def finding(severity: Severity, name: str = "detail-lost") -> Finding:
    return Finding("MP301", name, severity, "a.png", "loses it")


def test_badges_differ_in_grey() -> None:
    shades = []
    for severity in Severity:
        page = Image.new("RGB", (200, 40), PAGE)
        draw_badges(ImageDraw.Draw(page), (5, 5), [finding(severity)], 14, 190)
        grey = np.asarray(page.convert("L"))[5:29, 5:140]
        shades.append(int(np.bincount(grey.ravel()).argmax()))
    assert min(abs(one - other) for one, other in combinations(shades, 2)) > 25


@pytest.mark.parametrize("room", [60, 150, 336])
def test_badges_keep_to_their_room(room: int) -> None:
    names = [f"rule-number-{number}" for number in range(9)]
    findings = [
        replace(finding(Severity.WARNING, name), code=f"MP{number}")
        for number, name in enumerate(names)
    ]
    page = Image.new("RGB", (500, 40), PAGE)
    draw_badges(ImageDraw.Draw(page), (5, 5), findings, 14, room)
    touched = np.asarray((np.asarray(page) != PAGE).any(axis=(0, 2)))
    assert touched[:room].any()
    assert not touched[room + 8 :].any()


def test_a_page_tells_what_was_found_and_how_much_more() -> None:
    view = view_of()
    heights = [
        draw_pair(replace(view, findings=[finding(Severity.ERROR)] * count)).height
        for count in (0, 1, 4, 5, 50)
    ]
    assert heights[0] < heights[1] < heights[2] == heights[3] == heights[4]


@pytest.mark.parametrize("count", [1, 7, 30, 120])
def test_every_lost_detail_is_numbered(count: int) -> None:
    view = view_of((1024, 768))
    random = np.random.default_rng(count)
    spots = random.integers(0, (1000, 740), (count, 2)).tolist()
    lost = [Lost(Box(x, y, x + 12, y + 6), (x + 6, y + 3)) for x, y in spots]
    view = replace(view, lost=lost, spots=())
    bare = drawn_panel(view, 1.0)
    panel = numbered(bare.copy(), view.lost, 1.0)
    red = np.asarray((np.asarray(panel) == LOST).all(axis=2), np.uint8)
    radius = 11 if count < 25 else 8
    # Discs, whatever is written on them; some lie partly beneath others where there are many.
    closed = cv2.morphologyEx(red, cv2.MORPH_CLOSE, np.ones((9, 9), np.uint8))
    discs = cv2.erode(closed, np.ones((5, 5), np.uint8)).sum()
    assert discs > count * radius**2 * 0.8


@pytest.mark.parametrize("width", [1, 2, 4])
def test_a_hair_of_a_large_picture_keeps_its_outline(width: int) -> None:
    mask = np.zeros((4000, 6000), np.uint8)
    mask[500:3500, 3000 : 3000 + width] = 255
    image = np.full((4000, 6000, 3), 120, np.uint8)
    bucket = Size(1248, 832)
    weights = area_weights(scaled(mask, bucket), 8)
    view = PairView("a.png", image, mask, bucket, weights, 8, None, [])
    for panel in (drawn_panel(view, 0.5), cells_panel(view, 4)):
        middle = panel[panel.shape[0] // 2].astype(int)
        assert int(np.abs(middle - middle[2]).max()) > 40


@pytest.mark.parametrize("size", [(512, 512), (3000, 2000)])
@pytest.mark.parametrize("shift", range(4))
def test_no_outline_hides_a_line_of_2_px(size: tuple[int, int], shift: int) -> None:
    width, height = size
    x = width // 2 + shift
    mask = np.zeros((height, width), np.uint8)
    mask[height // 8 : -height // 8, x : x + 2] = 255
    image = np.full((height, width, 3), (30, 160, 60), np.uint8)
    image[mask > 0] = (200, 0, 200)
    bucket = Size(512, 512 * height // width // 64 * 64)
    weights = area_weights(scaled(mask, bucket), 8)
    view = PairView("a.png", image, mask, bucket, weights, 8, None, [])
    drawn = drawn_panel(view, 1.0)
    own = scaled(image, drawn.shape[1::-1])
    x = round((x + 1) * drawn.shape[1] / width)
    off = np.abs(drawn.astype(int) - own)[drawn.shape[0] // 2, x - 2 : x + 3].sum(axis=1)
    assert int(off.min()) < 60  # the picture's own colour: black is 270 from it, white 460
    x = round(x * view.weights.shape[1] * 8 / drawn.shape[1])
    cells = cells_panel(view, 8)[cells_row(view), x // 8 * 8 : x // 8 * 8 + 8].astype(int)
    bare = cells_panel(replace(view, mask=np.zeros_like(mask)), 8)
    bare = bare[cells_row(view), x // 8 * 8 : x // 8 * 8 + 8].astype(int)
    assert np.abs(cells - bare).sum(axis=1).min() < 12  # a cell's colour shows in the line


def cells_row(view: PairView) -> int:
    rows: int = view.weights.shape[0]
    return rows // 2 * 8 + 4


def test_a_smaller_size_is_made_of_the_least_larger_one() -> None:
    made = []

    def scale(pixels: Pixels, size: tuple[int, int]) -> Pixels:
        made.append((pixels.shape[1], size[0]))
        return scaled(pixels, size)

    levels = Levels(np.full((800, 1600), 7, np.uint8), scale)
    for width in (800, 700, 100, 700, 1600, 3200):
        assert levels.at((width, width // 2)).shape == (width // 2, width)
    assert made == [(1600, 800), (800, 700), (700, 100), (1600, 3200)]


def test_pictures_are_shown_as_bright_as_they_are() -> None:
    random = np.random.default_rng(4)
    coarse = random.integers(60, 200, (15, 20, 3), np.uint8)
    picture = np.asarray(cv2.resize(coarse, (1600, 1200)), np.uint8)
    for size in ((1601, 1203), (1300, 900), (799, 601), (320, 240)):
        quick, exact = scaled_picture(picture, size), scaled(picture, size)
        assert quick.shape == exact.shape
        assert np.abs(quick.astype(int) - exact).mean() < 2


def test_cells_lie_over_the_part_of_the_image_that_the_crop_leaves() -> None:
    image = np.full((192, 256, 3), 40, np.uint8)
    image[:, 32:224] = 200
    mask = np.full((192, 256), 255, np.uint8)
    weights = np.ones((24, 24), np.float32)
    crop = (32.0, 0.0, 224.0, 192.0)
    view = PairView("a.png", image, mask, Size(192, 192), weights, 8, crop, [])
    assert np.unique(cells_panel(view, 2)).size == 3
    other = np.full((192, 192, 3), 90, np.uint8)
    assert (cells_panel(replace(view, trained_image=other), 2) < cells_panel(view, 2)).all()
