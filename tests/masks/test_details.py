"""Fine details: what counts as one, what does not, and how much it weighs."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest

from maskprep.masks import finding as module
from maskprep.masks.details import SMALLEST, Details
from maskprep.masks.finding import faint_parts, find_details
from maskprep.masks.latent import area_weights
from maskprep.model import Box

STRIDE = 8
Mask = np.ndarray[Any, np.dtype[np.uint8]]


def blank(side: int = 256) -> Mask:
    return np.zeros((side, side), np.uint8)


def figure() -> Mask:
    """A closed body without details."""
    mask = blank()
    cv2.ellipse(mask, (128, 140), (50, 80), 10, 0, 360, 255, -1, cv2.LINE_AA)
    return mask


def details_of(mask: Mask, stride: int = STRIDE) -> Details:
    return find_details(mask, area_weights(mask, stride))


def test_a_closed_shape_has_none() -> None:
    assert details_of(figure()).found == ()
    assert details_of(blank()).found == ()
    assert details_of(255 - blank()).found == ()


def test_a_line_an_ear_ring_and_a_speck() -> None:
    mask = figure()
    cv2.line(mask, (128, 70), (180, 10), 255, 4)  # leaves the body: a hair
    cv2.circle(mask, (220, 120), 5, 255, -1)  # stands alone: an ear-ring
    mask[30, 30:33] = 255  # 3 px: a speck
    found = details_of(mask).found
    assert len(found) == 2
    hair, ring = found
    assert hair.box.top < 12
    assert ring.box == Box(215, 115, 226, 126)
    assert ring.pixels == int((mask[110:130, 210:230] > 0).sum())
    weights = area_weights(mask, STRIDE)
    rows, columns = np.nonzero(mask[110:130, 210:230])
    expected = weights[(rows + 110) // STRIDE, (columns + 210) // STRIDE].mean()
    assert ring.weight == pytest.approx(float(expected), abs=1e-6)


def test_a_part_that_stands_alone_needs_six_pixels() -> None:
    for pixels in range(1, 12):
        mask = blank(64)
        mask[20, 20 : 20 + pixels] = 255
        assert bool(details_of(mask).found) == (pixels >= SMALLEST)


def test_a_bump_on_the_body_is_none_until_it_reaches_a_cell_away() -> None:
    reaches = []
    for length in range(1, 20):
        mask = blank()
        mask[100:200, 50:200] = 255
        mask[100 - length : 100, 120:124] = 255
        reaches.append(bool(details_of(mask).found))
    # The disk's tip, one px wide, fits into the bump's root: the body begins one px higher there.
    assert reaches == [length > STRIDE + 1 for length in range(1, 20)]


def test_a_ragged_edge_gives_no_crowd_of_details() -> None:
    random = np.random.default_rng(7)
    mask = figure()
    outline = np.argwhere(cv2.morphologyEx(mask, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)))
    for row, column in outline[random.integers(0, len(outline), 400)]:
        cv2.circle(mask, (int(column), int(row)), int(random.integers(1, 5)), 255, -1)
    assert len(details_of(mask).found) <= 2


def test_the_border_makes_no_detail() -> None:
    mask = blank()
    mask[:, :100] = 255
    mask[200:, :] = 255
    assert details_of(mask).found == ()


def test_a_soft_line_is_one_detail() -> None:
    mask = blank()
    cv2.line(mask, (20, 40), (200, 90), 255, 5)
    soft = np.asarray(cv2.GaussianBlur(mask, (0, 0), 1.5), np.uint8)
    assert len(details_of(soft).found) == 1


def test_the_wider_the_cells_the_more_is_a_detail() -> None:
    mask = blank()
    mask[40:60, 40:200] = 255
    assert details_of(mask, 8).found == ()
    assert len(details_of(mask, 32).found) == 1


def test_weights_of_cells_that_share_pixels_are_looked_up_in_range() -> None:
    mask = blank(100)
    mask[90:94, 10:98] = 255
    assert len(details_of(mask).found) == 1


def test_labels_tell_whose_a_pixel_is() -> None:
    mask = blank()
    mask[20:24, 20:100] = 255
    mask[60:64, 20:100] = 255
    details = details_of(mask)
    assert [each.label for each in details.found] == [1, 2]
    first, second = details.found
    assert details.pixels_of(first).all()
    assert details.pixels_of(second).shape == (4, 80)
    assert set(details.labels[details.rows < 30]) == {1}
    assert set(details.labels[details.rows > 30]) == {2}
    assert details.weights_in(np.ones((32, 32), np.float32)) == {1: 1.0, 2: 1.0}


def enlarged(stored: Mask, scale: int) -> Details:
    """Find the details of a mask that the trainer enlarges."""
    size = (stored.shape[1] * scale, stored.shape[0] * scale)
    mask = np.asarray(cv2.resize(stored, size, interpolation=cv2.INTER_CUBIC), np.uint8)
    return find_details(mask, area_weights(mask, STRIDE), scale=scale)


@pytest.mark.parametrize("scale", [1, 2, 3])
def test_what_stands_alone_is_a_detail_by_its_size_in_the_file(scale: int) -> None:
    sizes = [(1, 2), (2, 2), (3, 3), (2, 5), (4, 4), (1, 7), (2, 9)]
    found = []
    for height, width in sizes:
        stored = blank(64)
        stored[30 : 30 + height, 20 : 20 + width] = 255
        if enlarged(stored, scale).found:
            found.append((height, width))
    assert found == [(4, 4), (1, 7), (2, 9)]


def test_a_bump_is_a_detail_by_its_length_in_the_file() -> None:
    lengths = []
    for length in range(2, 16):
        stored = blank(128)
        stored[60:120, 20:110] = 255
        stored[60 - length : 60, 60:62] = 255
        if enlarged(stored, 3).found:
            lengths.append(length)
    assert lengths == list(range(lengths[0], 16))
    assert STRIDE - 2 <= lengths[0] <= STRIDE + 1


def test_a_short_streak_in_haze_is_none_and_a_long_one_is() -> None:
    def streak(length: int, haze: int) -> tuple[Any, ...]:
        mask = blank()
        mask[100:180, 40:200] = haze
        mask[140:143, 60 : 60 + length] = 160
        return details_of(mask).found

    assert streak(10, haze=0)
    assert not streak(10, haze=80)
    assert streak(60, haze=80)


@pytest.mark.parametrize("sigma", [1, 2, 3])
def test_soft_hairs_are_details_as_sharp_ones_are(sigma: int) -> None:
    mask = figure()
    cv2.line(mask, (150, 80), (220, 10), 255, 4, cv2.LINE_AA)
    cv2.line(mask, (10, 30), (60, 12), 255, 4, cv2.LINE_AA)
    soft = np.asarray(cv2.GaussianBlur(mask, (0, 0), sigma), np.uint8)
    assert len(details_of(soft).found) == 2


@pytest.mark.parametrize("scale", [1, 2])
def test_a_dithered_edge_loses_none_and_the_hair_beside_it_is_told(scale: int) -> None:
    random, mask = np.random.default_rng(3), figure()
    outside = cv2.distanceTransform(255 - mask, cv2.DIST_L2, 5)
    near = (outside > 0) & (random.random(mask.shape) < 0.6 * np.clip(1 - outside / 9, 0, 1))
    mask[near] = 255
    assert enlarged(mask, scale).lost == ()
    cv2.line(mask, (128, 55), (190, 10), 255, 1)
    (hair,) = enlarged(mask, scale).lost
    assert hair.box.top <= 12 * scale


def test_a_hair_that_the_resize_makes_faint_is_found_in_the_stored_mask() -> None:
    stored = np.zeros((1024, 1024), np.uint8)
    cv2.circle(stored, (512, 700), 200, 255, -1)
    cv2.line(stored, (512, 520), (800, 40), 255, 1)
    bucket = np.asarray(cv2.resize(stored, (256, 256), interpolation=cv2.INTER_AREA), np.uint8)
    weights = area_weights(bucket, STRIDE)
    assert find_details(bucket, weights).found == ()
    faint = faint_parts(stored, Box(0, 0, 1024, 1024), bucket.shape)
    (hair,) = find_details(bucket, weights, faint).found
    assert hair.weight < 0.1
    assert hair.box.top < 15


def test_faint_parts_change_nothing_where_all_is_there() -> None:
    mask = figure()
    cv2.line(mask, (128, 70), (180, 10), 255, 5)
    assert not any(map(len, faint_parts(mask, Box(0, 0, 256, 256), mask.shape)))
    large = cv2.resize(mask, (1024, 1024), interpolation=cv2.INTER_CUBIC)
    bucket = np.asarray(cv2.resize(large, (256, 256), interpolation=cv2.INTER_AREA), np.uint8)
    weights = area_weights(bucket, STRIDE)
    faint = faint_parts(np.asarray(large, np.uint8), Box(0, 0, 1024, 1024), bucket.shape)
    with_faint = find_details(bucket, weights, faint).found
    without = find_details(bucket, weights).found
    assert [each.box for each in with_faint] == [each.box for each in without]


def strands(seed: int) -> Mask:
    """Draw a body and some strands somewhere, over the border too; or one dot, or nothing."""
    random, mask = np.random.default_rng(seed), blank()
    centre, *ends = random.integers(-30, 286, (8, 2)).tolist()
    if seed % 8 == 0:
        mask[tuple(np.clip(centre, 0, 255))] = 255 * (seed % 16 == 0)
        return mask
    cv2.circle(mask, centre, int(random.integers(10, 90)), 255, -1, cv2.LINE_AA)
    for end in ends:
        cv2.line(mask, centre, end, 255, int(random.integers(1, 7)), cv2.LINE_AA)
    return mask


@pytest.mark.parametrize("seed", range(24))
def test_only_the_box_around_the_shape_matters(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    stored = np.asarray(cv2.resize(strands(seed), (700, 650)), np.uint8)
    bucket = np.asarray(cv2.resize(stored, (256, 256), interpolation=cv2.INTER_AREA), np.uint8)

    def found() -> Details:
        faint = faint_parts(stored, Box(20, 0, 680, 650), bucket.shape)
        return find_details(bucket, area_weights(bucket, STRIDE), faint)

    in_box = found()
    monkeypatch.setattr(module, "_trimmed", lambda shape: (0, 0, shape))
    everywhere = found()
    assert in_box.found == everywhere.found
    for name in ("rows", "columns", "labels"):
        np.testing.assert_array_equal(getattr(in_box, name), getattr(everywhere, name))
