"""EXIF orientation: against Pillow, and every image with every mask."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageOps

from maskprep.model import Size
from maskprep.raster.orientation import as_stored, as_viewed, fit_to_stored

ORIENTATIONS = range(1, 9)
NOISE = np.random.default_rng(6).integers(0, 256, (4, 6), np.uint8)
SQUARE = NOISE[:, :4]
LYING, STANDING = Size(6, 4), Size(4, 6)


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_the_view_is_pillows(orientation: int) -> None:
    for pixels in (NOISE, np.dstack([NOISE, 255 - NOISE, NOISE])):
        image = Image.fromarray(pixels)
        image.getexif()[0x0112] = orientation
        wanted = np.asarray(ImageOps.exif_transpose(image))
        np.testing.assert_array_equal(as_viewed(pixels, orientation), wanted)
        np.testing.assert_array_equal(as_stored(wanted, orientation), pixels)


@pytest.mark.parametrize("image", ORIENTATIONS)
@pytest.mark.parametrize("mask", range(2, 9))
def test_a_mask_with_an_orientation_of_its_own_fits_as_shown(image: int, mask: int) -> None:
    shown = as_viewed(NOISE, image)  # what the painter saw of both
    fitted, note = fit_to_stored(as_stored(shown, mask), mask, LYING, image)
    np.testing.assert_array_equal(fitted, NOISE)
    assert bool(note) == (mask != image)


@pytest.mark.parametrize("image", [5, 6, 7, 8])
def test_sizes_tell_what_was_painted_on(image: int) -> None:
    fitted, note = fit_to_stored(as_viewed(NOISE, image), 1, LYING, image)
    np.testing.assert_array_equal(fitted, NOISE)
    assert "turned back" in note
    # A copied tag that no longer holds changes nothing.
    np.testing.assert_array_equal(
        fit_to_stored(as_viewed(NOISE, image), image, LYING, image)[0], NOISE
    )
    fitted, note = fit_to_stored(NOISE, 1, LYING, image, "viewed")
    np.testing.assert_array_equal(fitted, NOISE)
    assert note == ""


@pytest.mark.parametrize("image", range(2, 9))
def test_where_sizes_cannot_tell_the_user_does(image: int) -> None:
    size = Size(4, 4)
    stored, note = fit_to_stored(SQUARE, 1, size, image)
    np.testing.assert_array_equal(stored, SQUARE)
    assert "--painted-on viewed" in note
    assert fit_to_stored(SQUARE, 1, size, image, "stored")[1] == ""
    viewed, _ = fit_to_stored(as_viewed(SQUARE, image), 1, size, image, "viewed")
    np.testing.assert_array_equal(viewed, SQUARE)


@pytest.mark.parametrize("image", [2, 3, 4])
def test_half_turns_and_mirrors_are_in_doubt_at_any_size(image: int) -> None:
    assert "--painted-on viewed" in fit_to_stored(NOISE, 1, LYING, image)[1]


def test_an_upright_image_needs_nothing() -> None:
    for size in (LYING, STANDING):
        mask, note = fit_to_stored(NOISE, 1, size, 1)
        np.testing.assert_array_equal(mask, NOISE)
        assert note == ""


def test_an_orientation_that_does_not_fit_is_passed_over() -> None:
    mask, note = fit_to_stored(NOISE, 6, LYING, 1)
    np.testing.assert_array_equal(mask, NOISE)
    assert "passed over" in note


def test_a_size_that_fits_in_no_way_is_left() -> None:
    mask, note = fit_to_stored(NOISE, 1, Size(9, 9), 6)
    np.testing.assert_array_equal(mask, NOISE)
    assert note == ""
