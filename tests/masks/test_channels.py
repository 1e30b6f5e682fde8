"""Where a mask's shape is: paint, alpha, labels, and whatever looks like them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from maskprep import raster
from maskprep.masks.channels import Choice, decide, judge_stored, read
from tests.datasets import FIGURE, drawn
from tests.places import SAMPLES

Pixels = NDArray[np.uint8]

SHAPE = drawn(FIGURE)
#: Antialiased edges, as an editor's brush has them.
SOFT = np.asarray(Image.fromarray(SHAPE).filter(ImageFilter.GaussianBlur(1.5)))
BLACK, WHITE, GREY = (0, 0, 0), (255, 255, 255), (128, 128, 128)
RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)


def painted(
    paint: tuple[int, ...], ground: tuple[int, ...] = BLACK, shape: Pixels = SOFT
) -> Pixels:
    """Lay paint over a ground, as far as the shape covers it."""
    cover = shape[..., None].astype(float) / 255
    mixed: Pixels = np.round(np.array(paint) * cover + np.array(ground) * (1 - cover)).astype("u1")
    return mixed


def two_paints(first: tuple[int, ...], second: tuple[int, ...], ground: tuple[int, ...]) -> Pixels:
    upper, lower = SOFT.copy(), SOFT.copy()
    upper[64:], lower[:64] = 0, 0
    return np.where(
        upper[..., None] > 0, painted(first, ground, upper), painted(second, ground, lower)
    )


def stored(
    folder: Path, picture: Image.Image | NDArray[Any], ending: str = ".png", **options: object
) -> raster.StoredPixels:
    image = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
    path = folder / f"mask{ending}"
    image.save(path, **options)  # type: ignore[arg-type]
    return raster.read_stored(str(path))


def chosen(pixels: raster.StoredPixels) -> tuple[Choice, Pixels]:
    choice = decide(pixels)
    return choice, read(pixels, choice.reading)[0]


def with_alpha(rgb: Pixels, alpha: Pixels) -> Pixels:
    return np.dstack([rgb, alpha])


def flat(colour: tuple[int, ...]) -> Pixels:
    return np.full((*SHAPE.shape, 3), colour, np.uint8)


@pytest.mark.parametrize("ending", [".png", ".jpg", ".webp", ".bmp", ".tif"])
@pytest.mark.parametrize(
    ("paint", "reading"),
    [
        (WHITE, "r"),
        (RED, "r"),
        (GREEN, "g"),
        (BLUE, "b"),
        ((255, 255, 0), "r"),
        ((255, 0, 255), "r"),
        ((0, 255, 255), "g"),
    ],
)
def test_paint_on_black(paint: tuple[int, ...], reading: str, ending: str, tmp_path: Path) -> None:
    options = {"quality": 90} if ending in (".jpg", ".webp") else {}
    choice, mask = chosen(stored(tmp_path, painted(paint), ending, **options))
    assert choice.reading == reading
    lossy = bool(options)
    if not lossy:
        np.testing.assert_array_equal(mask, SOFT)
    assert np.abs(mask.astype(int) - SOFT).mean() < (8 if lossy else 0.1)


def test_dark_paint_is_paint(tmp_path: Path) -> None:
    assert decide(stored(tmp_path, painted((0, 100, 0)))).reading == "g"
    assert decide(stored(tmp_path, two_paints((90, 0, 0), (0, 0, 90), BLACK))).reading == "max"


def test_several_paints_on_black_all_count(tmp_path: Path) -> None:
    choice, mask = chosen(stored(tmp_path, two_paints(RED, GREEN, BLACK)))
    assert choice.reading == "max"
    assert np.abs(mask.astype(int) - SOFT).max() <= 1


@pytest.mark.parametrize("ground", [WHITE, GREY, (240, 240, 240)])
@pytest.mark.parametrize("ending", [".png", ".jpg"])
def test_paint_on_white_or_grey_trains_and_the_ground_does_not(
    ground: tuple[int, ...], ending: str, tmp_path: Path
) -> None:
    pictures = [painted(RED, ground), two_paints(RED, BLUE, ground)]
    for picture in pictures:
        choice, mask = chosen(stored(tmp_path, picture, ending))
        assert choice.reading == "chroma"
        assert float(mask[SOFT == 255].mean()) > 245
        assert float(mask[SOFT == 0].mean()) < 6


def test_grain_of_a_grey_ground_does_not_train(tmp_path: Path) -> None:
    grain = np.random.default_rng(2).integers(-5, 6, (*SOFT.shape, 3))
    noisy = np.clip(painted(RED, GREY) + grain, 0, 255).astype(np.uint8)
    choice, mask = chosen(stored(tmp_path, noisy))
    assert choice.reading == "chroma"
    assert not mask[SOFT == 0].any()


@pytest.mark.parametrize(("paint", "ground"), [(RED, BLUE), (BLUE, RED), (GREEN, BLUE)])
def test_of_two_flat_colours_the_one_around_is_the_ground(
    paint: tuple[int, ...], ground: tuple[int, ...], tmp_path: Path
) -> None:
    choice, mask = chosen(stored(tmp_path, painted(paint, ground, SHAPE)))
    assert choice.reading == "classes"
    assert choice.why.endswith("most of its border")
    np.testing.assert_array_equal(mask, SHAPE)


@pytest.mark.parametrize(("paint", "ground"), [(RED, BLUE), (BLUE, RED)])
def test_two_soft_colours_without_black_are_told_apart_by_red(
    paint: tuple[int, ...], ground: tuple[int, ...], tmp_path: Path
) -> None:
    choice, mask = chosen(stored(tmp_path, painted(paint, ground)))
    assert choice[:2] == ("r", "two colours, neither black: told apart by red")
    assert {int(mask.min()), int(mask.max())} == {0, 255}


def test_what_cannot_be_told_says_so(tmp_path: Path) -> None:
    choice, _ = chosen(stored(tmp_path, painted(GREEN, BLUE)))
    assert choice[:2] == ("r", "no telling paint from ground")
    assert choice.refused


def test_a_photograph_is_read_by_its_brightness(tmp_path: Path) -> None:
    with Image.open(SAMPLES / "photo/images/astronaut.png") as photo:
        pixels = stored(tmp_path, photo.convert("RGB"))
        choice, mask = chosen(pixels)
        assert choice.reading == "luminance"
        np.testing.assert_array_equal(mask, np.asarray(photo.convert("L")))


@pytest.mark.parametrize("mode", ["1", "L", "RGB", "CMYK"])
@pytest.mark.parametrize("value", [0, 255])
def test_all_black_and_all_white_are_greys(mode: str, value: int, tmp_path: Path) -> None:
    image = Image.new("L", (40, 30), value).convert("RGB").convert(mode)
    choice, mask = chosen(stored(tmp_path, image, ".tif"))
    assert choice[:2] == ("r", "grey")
    assert mask.min() == mask.max() == value


def test_a_jpegs_noise_makes_no_colour(tmp_path: Path) -> None:
    grain = np.random.default_rng(1).integers(-5, 6, (*SOFT.shape, 3))
    noisy = np.clip(painted(WHITE) + grain, 0, 255).astype(np.uint8)
    assert decide(stored(tmp_path, noisy, ".jpg", quality=75)).reading == "r"


@pytest.mark.parametrize("paint", [WHITE, BLACK, GREEN, GREY])
def test_flat_paint_on_transparency_is_in_the_alpha(paint: tuple[int, ...], tmp_path: Path) -> None:
    for beneath in (paint, BLACK):
        rgb = np.where(SOFT[..., None] > 0, flat(paint), flat(beneath))
        choice, mask = chosen(stored(tmp_path, with_alpha(rgb, SOFT)))
        assert choice.reading == "alpha"
        np.testing.assert_array_equal(mask, SOFT)


def test_premultiplied_edges_are_still_flat_paint(tmp_path: Path) -> None:
    assert decide(stored(tmp_path, with_alpha(painted(WHITE), SOFT))).reading == "alpha"


def test_white_under_transparency_is_laid_on_black(tmp_path: Path) -> None:
    shown = np.zeros_like(SHAPE)
    shown[32:96] = 255
    rgb = np.where(shown[..., None] > 0, painted(WHITE, shape=SHAPE), flat(WHITE))
    choice, mask = chosen(stored(tmp_path, with_alpha(rgb, shown)))
    assert choice.reading == "flattened"
    np.testing.assert_array_equal(mask, np.where(shown > 0, SHAPE, 0))


def test_black_under_transparency_is_read_as_it_is(tmp_path: Path) -> None:
    shown = np.zeros_like(SHAPE)
    shown[16:] = 255
    assert decide(stored(tmp_path, with_alpha(painted(WHITE), shown))).reading == "r"


def test_a_cut_out_picture_is_in_its_alpha(tmp_path: Path) -> None:
    with Image.open(SAMPLES / "character-alpha/images/umbrella-child.png") as picture:
        wanted = np.asarray(picture)[..., 3]
        choice, mask = chosen(stored(tmp_path, picture.copy()))
    assert choice[:2] == ("alpha", "a coloured picture, cut out by its alpha")
    np.testing.assert_array_equal(mask, wanted)


@pytest.mark.parametrize("alpha", [0, 255])
def test_a_flat_alpha_tells_nothing(alpha: int, tmp_path: Path) -> None:
    picture = with_alpha(painted(GREEN), np.full_like(SOFT, alpha))
    assert decide(stored(tmp_path, picture)).reading == "g"


def test_grey_with_alpha(tmp_path: Path) -> None:
    white = np.dstack([np.full_like(SOFT, 255), SOFT])
    choice, mask = chosen(stored(tmp_path, la(white)))
    assert choice.reading == "alpha"
    np.testing.assert_array_equal(mask, SOFT)
    opaque = la(np.dstack([SOFT, np.full_like(SOFT, 255)]))
    assert decide(stored(tmp_path, opaque))[:2] == ("r", "grey")


def la(pixels: Pixels) -> Image.Image:
    height, width = pixels.shape[:2]
    return Image.frombytes("LA", (width, height), pixels.tobytes())


def palette(numbers: Pixels, colours: list[tuple[int, ...]]) -> Image.Image:
    image = Image.fromarray(numbers).copy()
    image.putpalette([value for colour in colours for value in colour])
    return image


@pytest.mark.parametrize("ending", [".png", ".gif", ".bmp", ".tif"])
def test_a_palette_of_labels_is_its_numbers(ending: str, tmp_path: Path) -> None:
    numbers = np.where(SHAPE > 0, 1, 0).astype(np.uint8)
    numbers[64:][SHAPE[64:] > 0] = 2
    image = palette(numbers, [BLACK, (128, 0, 0), (0, 128, 0)])
    choice, mask = chosen(stored(tmp_path, image, ending))
    assert choice[:2] == ("labels", "a palette of labels: all but number 0")
    np.testing.assert_array_equal(mask, SHAPE)


def test_a_palette_of_greys_is_grey(tmp_path: Path) -> None:
    image = palette((SHAPE > 0).astype(np.uint8), [BLACK, WHITE])
    choice, mask = chosen(stored(tmp_path, image))
    assert choice[:2] == ("r", "grey")
    np.testing.assert_array_equal(mask, SHAPE)


def test_a_palette_of_soft_paint_is_no_label_map(tmp_path: Path) -> None:
    image = Image.fromarray(painted(GREEN)).quantize(64)
    choice, mask = chosen(stored(tmp_path, image))
    assert choice.reading == "g"
    assert np.abs(mask.astype(int) - SOFT).max() <= 8


def test_a_few_shades_of_one_paint_are_no_labels(tmp_path: Path) -> None:
    shades: list[tuple[int, ...]] = [(0, 36 * step, 0) for step in range(8)]
    choice, mask = chosen(stored(tmp_path, palette(SOFT // 32, shades)))
    assert choice.reading == "g"
    np.testing.assert_array_equal(mask, SOFT // 32 * 36)


def test_a_transparent_colour_of_a_palette_counts_as_alpha(tmp_path: Path) -> None:
    image = palette((SHAPE > 0).astype(np.uint8), [WHITE, WHITE])
    choice, mask = chosen(stored(tmp_path, image, transparency=0))
    assert choice.reading == "alpha"
    np.testing.assert_array_equal(mask, SHAPE)


@pytest.mark.parametrize("kind", [np.uint8, np.uint16, np.int32, np.float32])
def test_tiny_greys_are_labels(kind: type, tmp_path: Path) -> None:
    labels: NDArray[Any] = (SHAPE > 0).astype(kind) * 3
    pixels = stored(tmp_path, Image.fromarray(labels), ".tif")
    choice, mask = chosen(pixels)
    assert choice[:2] == ("labels", "a label map (3): all above 0")
    np.testing.assert_array_equal(mask, SHAPE)
    assert judge_stored(pixels, read(pixels, "r")[0]).labels == (3,)


def test_deep_greys_are_no_labels(tmp_path: Path) -> None:
    twelve_bits = SHAPE.astype(np.uint16) * 16
    choice, mask = chosen(stored(tmp_path, Image.fromarray(twelve_bits)))
    assert choice[:2] == ("r", "grey of 16 bits")
    assert int(mask.max()) == 16
    floats = SHAPE.astype(np.float32) / 255
    choice, mask = chosen(stored(tmp_path, Image.fromarray(floats), ".tif"))
    assert choice[:2] == ("r", "grey of 32 bits")
    np.testing.assert_array_equal(mask, SHAPE)


def test_every_channel_is_what_it_says(tmp_path: Path) -> None:
    noise = np.random.default_rng(5).integers(0, 256, (20, 30, 4), np.uint8)
    pixels = stored(tmp_path, noise)
    for place, reading in enumerate(("r", "g", "b", "alpha")):
        np.testing.assert_array_equal(read(pixels, reading)[0], noise[..., place])  # type: ignore[arg-type]
    np.testing.assert_array_equal(read(pixels, "max")[0], noise[..., :3].max(axis=2))
    grey = np.asarray(Image.fromarray(noise).convert("L"))
    np.testing.assert_array_equal(read(pixels, "luminance")[0], grey)


def test_no_alpha_no_reading_of_it(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no alpha"):
        read(stored(tmp_path, SHAPE), "alpha")


def test_a_lossy_green_of_low_quality_is_still_green(tmp_path: Path) -> None:
    large = cv2.resize(painted(GREEN), (512, 512), interpolation=cv2.INTER_LINEAR)
    assert decide(stored(tmp_path, large, ".jpg", quality=60)).reading == "g"
