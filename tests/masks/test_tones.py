"""Tones: every value of 256, against arithmetic done another way."""

from __future__ import annotations

import re
from fractions import Fraction

import numpy as np
import pytest

from maskprep.masks.depth import to_eight_bits
from maskprep.masks.tones import Tones, harden, invert, lift, stretch

EVERY = np.arange(256, dtype=np.uint8).reshape(16, 16)


def half_up(value: Fraction) -> int:
    return int((value + Fraction(1, 2)) // 1)


@pytest.mark.parametrize(("black", "white"), [(0, 255), (0, 1), (254, 255), (10, 60), (64, 192)])
def test_levels_stretch_and_clip(black: int, white: int) -> None:
    stretched = stretch(EVERY, black, white)
    wanted = [
        half_up(Fraction(255 * (min(max(value, black), white) - black), white - black))
        for value in range(256)
    ]
    assert stretched.ravel().tolist() == wanted


@pytest.mark.parametrize(("black", "white"), [(-1, 9), (9, 9), (10, 9), (0, 256)])
def test_levels_out_of_order_are_refused(black: int, white: int) -> None:
    with pytest.raises(ValueError, match="0 <= black < white <= 255"):
        stretch(EVERY, black, white)


@pytest.mark.parametrize("least", [0, 1, 128, 255])
def test_a_threshold_takes_its_own_value_in(least: int) -> None:
    assert harden(EVERY, least).ravel().tolist() == [0] * least + [255] * (256 - least)


def test_inverting_twice_changes_nothing() -> None:
    assert invert(EVERY).ravel().tolist() == list(range(255, -1, -1))
    np.testing.assert_array_equal(invert(invert(EVERY)), EVERY)


@pytest.mark.parametrize("weight", [0.0, 0.125, 0.25, 0.5, 1.0])
def test_a_floor_lifts_in_proportion(weight: float) -> None:
    share = Fraction(weight)
    wanted = [half_up(255 * share + value * (1 - share)) for value in range(256)]
    assert lift(EVERY, weight).ravel().tolist() == wanted


@pytest.mark.parametrize("weight", [-0.1, 1.1, float("nan")])
def test_a_floor_is_a_weight(weight: float) -> None:
    with pytest.raises(ValueError, match="a weight from 0 to 1"):
        lift(EVERY, weight)


def test_tones_come_in_their_order_and_leave_the_mask_alone() -> None:
    before = EVERY.copy()
    wanted = lift(invert(harden(stretch(EVERY, 100, 200), 128)), 0.25)
    made = Tones(levels=(100, 200), threshold=128, invert=True, floor=0.25).apply(EVERY)
    np.testing.assert_array_equal(made, wanted)
    np.testing.assert_array_equal(EVERY, before)
    assert Tones().apply(EVERY) is EVERY


def test_all_16_bit_values_are_scaled_to_the_nearest() -> None:
    every = np.arange(65536, dtype=np.uint16)
    scaled, note = to_eight_bits(every)
    wanted = [half_up(Fraction(value * 255, 65535)) for value in range(65536)]
    assert scaled.tolist() == wanted
    assert note == "is 16-bit: scaled to 8 bits"
    assert to_eight_bits(every.astype(">u2"))[0].tolist() == wanted
    assert to_eight_bits(every.astype(np.int32))[0].tolist() == wanted


@pytest.mark.parametrize(
    ("numbers", "wanted", "words"),
    [
        (np.array([0, 3, 200], np.uint16), [0, 3, 200], "kept as it is; .* --levels 0,200"),
        (np.array([0, 3, 255], np.uint16), [0, 3, 255], "kept as it is$"),
        (np.array([-5, 3, 255], np.int32), [0, 3, 255], "kept as it is$"),
        (np.array([0, 4095], np.uint16), [0, 16], "too dark, add --levels 0,16"),
        (np.array([-5, 0, 65535], np.int32), [0, 0, 255], "is 16-bit"),
        (np.array([1000, 51000, 101000], np.int32), [0, 128, 255], "range, 1000 to 101000"),
        (np.array([0, 2**32 - 1], np.uint32), [0, 255], "is 32-bit"),
        (np.array([70000, 70000], np.int32), [255, 255], "is 32-bit"),
        (np.array([0, 0.5, 1], np.float32), [0, 128, 255], "from 0 to 1"),
        (np.array([0, 1.4, 254.6]), [0, 1, 255], "taken as 0 to 255$"),
        (np.array([-1, np.nan, 300, np.inf]), [0, 0, 255, 255], r"\(up to 300\) is cut off"),
        (np.array([np.nan, np.nan]), [0, 0], "from 0 to 1"),
    ],
)
def test_no_depth_is_cut_off_in_silence(
    numbers: np.ndarray[tuple[int, ...], np.dtype[np.generic]], wanted: list[int], words: str
) -> None:
    mask, note = to_eight_bits(numbers)
    assert mask.dtype == np.uint8
    assert mask.tolist() == wanted
    assert re.search(words, note)
