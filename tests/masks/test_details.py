"""Fine details: what counts as one, what does not, and how much it weighs."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest

from maskprep.masks import details as module
from maskprep.masks.details import SMALLEST, Details, faint_parts, find_details
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
