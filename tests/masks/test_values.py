"""What a mask's values are, on masks as tools write them and as people paint them."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from maskprep.masks.colours import classes_of, judge_colours, mapped
from maskprep.masks.values import Judgement, Kind, ground_share, judge, judge_deep
from tests import varied_masks as varied
from tests.places import SAMPLES
from tests.varied_masks import Mask

FIGURE = np.where(varied.standing() >= 128, 255, 0).astype(np.uint8)
TRAINS = FIGURE > 0
DRAWN = [
    each
    for name, each in vars(varied).items()
    if getattr(each, "__module__", "") == varied.__name__ and not name.startswith("_")
]
MEANT = [each for each in DRAWN if each is not varied.inverted and callable(each)]


def banded(*labels: int) -> Mask:
    """Give each band of the figure a label of its own, from above."""
    mask = np.zeros_like(FIGURE)
    for rows, label in zip(np.array_split(np.arange(len(mask)), len(labels)), labels, strict=True):
        mask[rows] = np.where(TRAINS[rows], label, 0)
    return mask


def outlined(labels: Mask) -> Mask:
    square = np.ones((5, 5), np.uint8)
    outline = cv2.dilate(FIGURE, square) > cv2.erode(FIGURE, square)
    return np.where(outline, 255, labels).astype(np.uint8)


def soft(mask: Mask, sigma: float = 2) -> Mask:
    return np.asarray(cv2.GaussianBlur(mask, (0, 0), sigma), np.uint8)


def as_jpeg(mask: Mask, quality: int = 85) -> Mask:
    _, stored = cv2.imencode(".jpg", mask, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(stored, cv2.IMREAD_GRAYSCALE), np.uint8)


def photograph() -> NDArray[np.uint8]:
    with Image.open(SAMPLES / "photo/images/astronaut.png") as picture:
        return np.asarray(picture.convert("RGB"))


@pytest.mark.parametrize("draw", MEANT, ids=lambda each: each.__name__)
def test_masks_as_meant_raise_no_alarm(draw: Callable[[], Mask]) -> None:
    mask = draw()
    lossy = (
        [] if draw in (varied.dithered, varied.noisy_grey) else [as_jpeg(mask, 75), soft(mask, 1)]
    )
    for each in (mask, 255 - mask, *lossy):
        assert judge(np.ascontiguousarray(each)).trains_as_meant


@pytest.mark.parametrize("low", [1, 2, 5])
@pytest.mark.parametrize("high", [254, 255])
def test_nearly_black_and_nearly_white_are_meant(low: int, high: int) -> None:
    assert judge(np.where(TRAINS, high, low).astype(np.uint8)).trains_as_meant


@pytest.mark.parametrize("value", [0, 1, 112, 254, 255])
def test_one_value_is_constant(value: int) -> None:
    judged = judge(np.full_like(FIGURE, value))
    assert (judged.kind, judged.top) == (Kind.CONSTANT, value)


@pytest.mark.parametrize("labels", [(1,), (18,), (2, 4, 11), (18, 1, 16), (13, 19, 34), (5, 90)])
def test_a_few_flat_values_are_labels(labels: tuple[int, ...]) -> None:
    judged = judge(banded(*labels))
    assert (judged.kind, judged.labels) == (Kind.LABELS, tuple(sorted(labels)))
    assert "no 0" not in judged.why


def test_labels_without_a_zero_say_so() -> None:
    judged = judge(np.where(TRAINS, 1, 2).astype(np.uint8))
    assert judged.labels == (1, 2)
    assert "no 0" in judged.why


@pytest.mark.parametrize("labels", [(15,), (1, 2), (3, 8, 20)])
def test_a_void_is_no_figure(labels: tuple[int, ...]) -> None:
    judged = judge(outlined(banded(*labels)))
    assert (judged.kind, judged.labels) == (Kind.VOID, labels)


@pytest.mark.parametrize("value", [60, 100, 112, 127, 128, 153])
@pytest.mark.parametrize("change", [np.array, soft, as_jpeg], ids=["flat", "soft", "jpeg"])
def test_paint_at_part_opacity_is_faint(value: int, change: Callable[[Mask], Mask]) -> None:
    judged = judge(change(FIGURE // 255 * np.uint8(value)))
    assert judged.kind is Kind.FAINT
    assert judged.levels is not None
    assert judged.levels[0] == 0
    assert abs(judged.levels[1] - value) <= 8
    assert ("no cell can reach one half" in judged.why) == (judged.top < 128)
    assert judged.top == judged.levels[1]


@pytest.mark.parametrize("ground", [9, 24, 30, 64, 80])
@pytest.mark.parametrize("change", [np.array, soft, as_jpeg], ids=["flat", "soft", "jpeg"])
def test_a_ground_that_is_not_black_is_told(ground: int, change: Callable[[Mask], Mask]) -> None:
    mask = change(np.where(TRAINS, 255, ground).astype(np.uint8))
    judged = judge(mask)
    assert judged.kind is Kind.RAISED
    assert judged.levels is not None
    assert abs(judged.levels[0] - ground) <= 8
    assert ground_share(mask) > 0.05


def test_a_photograph_is_no_mask() -> None:
    grey = np.asarray(Image.fromarray(photograph()).convert("L"))
    for each in (grey, soft(grey, 4), as_jpeg(grey)):
        assert judge(each).kind is Kind.PHOTOGRAPH
    for sigma in (0.1, 4, 12):
        blurred = np.asarray(cv2.GaussianBlur(photograph(), (0, 0), sigma), np.uint8)
        assert judge_colours(blurred).kind is Kind.PHOTOGRAPH


def test_grain_alone_makes_a_photograph() -> None:
    """Two even greys under a camera's noise are no ground and no paint."""
    noise = np.random.default_rng(2).normal(0, 10, FIGURE.shape)
    slope = np.linspace(90, 180, FIGURE.shape[1])
    assert judge(np.clip(slope + noise, 0, 255).astype(np.uint8)).kind is Kind.PHOTOGRAPH


@pytest.mark.parametrize(
    ("numbers", "labels"),
    [
        ((1, 258), (1, 258)),
        ((7, 24001, 26002), (7, 24001, 26002)),
        ((65535,), None),
        ((4080,), None),
        ((32768, 65535), None),
        ((1, 2), None),
    ],
)
def test_deep_numbers_are_labels_where_they_are_few(
    numbers: tuple[int, ...], labels: tuple[int, ...] | None
) -> None:
    deep = np.zeros(FIGURE.shape, np.uint16)
    for rows, number in zip(
        np.array_split(np.arange(len(deep)), len(numbers)), numbers, strict=True
    ):
        deep[rows] = np.where(TRAINS[rows], number, 0)
    judged: Judgement | None = judge_deep(deep)
    assert (judged and judged.labels) == labels


def laid_over(mask: Mask, name: str) -> NDArray[np.uint8]:
    number = getattr(cv2, f"COLORMAP_{name.upper()}")
    return np.ascontiguousarray(cv2.applyColorMap(mask, number)[..., ::-1])


@pytest.mark.parametrize("name", ["viridis", "plasma", "inferno", "magma", "cividis", "jet"])
def test_a_colour_map_is_taken_off(name: str) -> None:
    two, tones = mapped(laid_over(FIGURE, name)), mapped(laid_over(soft(FIGURE, 8), name))
    assert two is not None
    assert tones is not None
    assert (two.name, two.two_valued, tones.two_valued) == (name, True, False)
    np.testing.assert_array_equal(two.values, FIGURE)
    assert np.abs(tones.values.astype(int) - soft(FIGURE, 8)).max() <= 4


def test_matplotlibs_own_colours_are_known() -> None:
    """Its ends of viridis are 68, 1, 84 and 253, 231, 36."""
    picture = np.where(TRAINS[..., None], (253, 231, 36), (68, 1, 84)).astype(np.uint8)
    assert judge_colours(picture).kind is Kind.COLOUR_MAP


def coloured(*colours: tuple[int, int, int], ground: tuple[int, int, int]) -> NDArray[np.uint8]:
    bands = banded(*range(1, len(colours) + 1))
    return np.array([ground, *colours], np.uint8)[bands]


@pytest.mark.parametrize(
    ("colours", "ground"),
    [
        (((48, 112, 32),), (0, 0, 0)),
        (((255, 0, 204), (0, 255, 133)), (0, 0, 0)),
        (((128, 0, 0), (0, 128, 0), (64, 0, 128)), (0, 0, 0)),
        (((176, 112, 32),), (0, 215, 255)),
    ],
)
def test_flat_colours_are_classes(
    colours: tuple[tuple[int, int, int], ...], ground: tuple[int, int, int]
) -> None:
    found = classes_of(coloured(*colours, ground=ground))
    assert found is not None
    np.testing.assert_array_equal(found.mask(), FIGURE)


def test_vocs_void_is_no_class() -> None:
    picture = coloured((128, 0, 0), (0, 128, 0), ground=(0, 0, 0))
    void = outlined(np.zeros_like(FIGURE)) == 255
    picture[void] = (224, 224, 192)
    found = classes_of(picture)
    assert found is not None
    assert found.has_void
    np.testing.assert_array_equal(found.mask(), np.where(TRAINS & ~void, 255, 0))


def test_soft_paint_is_no_class() -> None:
    paint = np.dstack([soft(FIGURE, 4), FIGURE * 0, FIGURE * 0])
    assert classes_of(paint) is None
    assert judge_colours(paint).kind is Kind.PAINT
