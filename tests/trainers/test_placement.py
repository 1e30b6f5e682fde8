"""Buckets: what the recordings do not cover, by their defining properties."""

from __future__ import annotations

import numpy as np
import pytest

from maskprep.model import Size
from maskprep.trainers.sd_scripts.placement import bucket_sizes, nearest_bucket, shrunk_bucket

SIZES = [Size(*pair) for pair in np.random.default_rng(3).integers(40, 4000, (200, 2)).tolist()]


def test_the_sdxl_buckets_hold_the_well_known_ones() -> None:
    buckets = bucket_sizes(Size(1024, 1024), 512, 2048, 64)
    assert {(1024, 1024), (832, 1216), (896, 1152), (1216, 832)} <= {
        tuple(each) for each in buckets
    }
    assert list(buckets) == sorted(set(buckets))
    assert all(each.width * each.height <= 1024 * 1024 for each in buckets)


@pytest.mark.parametrize("size", SIZES[:60])
def test_the_resized_image_covers_its_bucket_and_touches_it(size: Size) -> None:
    buckets = bucket_sizes(Size(1024, 1024), 256, 1024, 64)
    resized, bucket = nearest_bucket(size, buckets)
    assert bucket in buckets
    assert resized.width >= bucket.width
    assert resized.height >= bucket.height
    assert resized.width == bucket.width or resized.height == bucket.height


def test_an_image_of_a_buckets_size_stays_as_it_is() -> None:
    buckets = bucket_sizes(Size(1024, 1024), 512, 2048, 64)
    assert nearest_bucket(Size(832, 1216), buckets) == (Size(832, 1216), Size(832, 1216))


@pytest.mark.parametrize("size", [size for size in SIZES if max(size) <= 8 * min(size)])
def test_no_upscale_never_enlarges(size: Size) -> None:
    resized, bucket = shrunk_bucket(size, Size(1024, 1024), 64)
    assert resized.width <= size.width + 1
    assert resized.height <= size.height + 1
    assert bucket.width % 64 == bucket.height % 64 == 0
    assert bucket.width <= resized.width
    assert bucket.height <= resized.height


def test_a_bucket_without_height_is_a_division_by_zero() -> None:
    with pytest.raises(ZeroDivisionError):
        shrunk_bucket(Size(300, 40), Size(256, 256), 64)
