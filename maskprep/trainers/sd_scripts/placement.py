"""From an image's size to its bucket, as sd-scripts reckons.

*Source*: kohya-ss/sd-scripts v0.9.1 and v0.10.1, library/train_util.py, BucketManager
(select_bucket) and BaseDataset (adjust_min_max_bucket_reso_by_steps); library/model_util.py,
make_bucket_resolutions. Truth: ``bucket`` and ``resized`` of all weight cases.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING

from maskprep.model import Size

if TYPE_CHECKING:
    from maskprep.trainers.sd_scripts.settings import DatasetSettings

#: Widths of buckets to try: at step 1 of sides beyond any picture. The trainer tries as many as the
#: bounds leave, and keeps two tuples of most; what would be gigabytes is not followed.
MOST_WIDTHS = 1_000_000
#: A picture as cameras take it, upright: what the bounds of buckets do to it is told.
_UPRIGHT = Size(2000, 3000)


def adjusted_bounds(shortest: int, longest: int, step: int) -> tuple[int, int]:
    """Round the bounds of bucket sides to the step.

    Parameters
    ----------
    shortest, longest : int
        ``min_bucket_reso`` and ``max_bucket_reso``, px.
    step : int
        ``bucket_reso_steps``, px.

    Returns
    -------
    tuple of int
        The first rounded down, the second up.

    Raises
    ------
    ZeroDivisionError
        `step` is 0.

    Examples
    --------
    >>> adjusted_bounds(100, 300, 64)
    (64, 320)
    """
    return shortest // step * step, -(longest // -step) * step


@lru_cache(maxsize=64)
def bucket_sizes(resolution: Size, shortest: int, longest: int, step: int) -> tuple[Size, ...]:
    """List the buckets of a resolution.

    Parameters
    ----------
    resolution : Size
        The training resolution; its area is what counts.
    shortest, longest : int
        Bounds of the sides, multiples of `step`, px.
    step : int
        ``bucket_reso_steps``, px.

    Returns
    -------
    tuple of Size
        Sorted by width, then height.

    Raises
    ------
    ZeroDivisionError
        `step` or `shortest` is 0.
    OverflowError
        The area is no float, or there are more than `MOST_WIDTHS` widths.

    Examples
    --------
    >>> [tuple(size) for size in bucket_sizes(Size(128, 128), 64, 192, 64)]
    [(64, 192), (128, 128), (192, 64)]
    """
    area = resolution.width * resolution.height
    side = int(math.sqrt(area) // step) * step
    found = {Size(side, side)}
    if longest - shortest > MOST_WIDTHS * step:
        raise OverflowError(f"more than {MOST_WIDTHS:,} widths")
    # Wider ones would be lower than `shortest`; the trainer tries them all the same.
    for width in range(shortest, min(longest, area // shortest) + 1, step):
        height = min(longest, area // width // step * step)
        if height >= shortest:
            found |= {Size(width, height), Size(height, width)}
    return tuple(sorted(found))


def nearest_bucket(size: Size, buckets: tuple[Size, ...]) -> tuple[Size, Size]:
    """Choose the bucket of nearest aspect ratio and the size that covers it.

    Parameters
    ----------
    size : Size
        The image's, px.
    buckets : tuple of Size
        To choose from, sorted.

    Returns
    -------
    tuple of Size
        The size after the resize, which covers the bucket, and the bucket.

    Raises
    ------
    ZeroDivisionError
        The image has no height.

    Examples
    --------
    >>> nearest_bucket(Size(442, 293), (Size(256, 384), Size(384, 256)))
    (Size(width=386, height=256), Size(width=384, height=256))
    """
    aspect = size.width / size.height
    bucket = size
    if size not in buckets:
        bucket = min(buckets, key=lambda each: abs(each.width / each.height - aspect))
    if aspect > bucket.width / bucket.height:
        scale = bucket.height / size.height
    else:
        scale = bucket.width / size.width
    return Size(int(size.width * scale + 0.5), int(size.height * scale + 0.5)), bucket


def shrunk_bucket(size: Size, resolution: Size, step: int) -> tuple[Size, Size]:
    """Choose the bucket under ``bucket_no_upscale``: shrink to the area, never enlarge.

    Parameters
    ----------
    size : Size
        The image's, px.
    resolution : Size
        The training resolution; its area is the limit.
    step : int
        ``bucket_reso_steps``, px.

    Returns
    -------
    tuple of Size
        The size after the resize, and the bucket: the former rounded down to the step.

    Raises
    ------
    ZeroDivisionError
        A side of a candidate is 0, as in the trainer.

    Examples
    --------
    >>> shrunk_bucket(Size(303, 633), Size(320, 320), 32)
    (Size(width=192, height=401), Size(width=192, height=384))
    """
    aspect = size.width / size.height
    area = resolution.width * resolution.height
    resized = size
    if size.width * size.height > area:
        width = math.sqrt(area * aspect)
        by_width = _round_down(width, step)
        by_width_aspect = by_width / _round_down(by_width / aspect, step)
        by_height = _round_down(area / width, step)
        by_height_aspect = _round_down(by_height * aspect, step) / by_height
        if abs(by_width_aspect - aspect) < abs(by_height_aspect - aspect):
            resized = Size(by_width, int(by_width / aspect + 0.5))
        else:
            resized = Size(int(by_height * aspect + 0.5), by_height)
    bucket = Size(resized.width - resized.width % step, resized.height - resized.height % step)
    if bucket.height == 0:
        # The trainer divides by it for its statistics; a width of 0 passes here and fails later.
        raise ZeroDivisionError("division by zero")
    return resized, bucket


def _round_down(side: float, step: int) -> int:
    nearest = int(side + 0.5)
    return nearest - nearest % step


def describe_sizes(settings: DatasetSettings) -> str:
    """Say at which sizes images train, and what becomes of tall ones.

    Parameters
    ----------
    settings : DatasetSettings
        Of a dataset.

    Returns
    -------
    str
        One short phrase.
    """
    resolution, longest = settings.resolution, settings.max_bucket_reso
    if resolution is None:
        return "no resolution"
    told = f"resolution {resolution}"
    if not settings.enable_bucket:
        return f"{told}, no buckets"
    if settings.bucket_no_upscale:
        return f"{told}, nothing is enlarged"
    room = 2 * max(resolution)
    try:
        here, there = (_upright_bucket(settings, resolution, most) for most in (longest, room))
    except (ArithmeticError, ValueError, IndexError):
        return told  # no bucket at all, which is told elsewhere
    told += f", sides up to {longest} px"
    if here == there:
        return told
    return f"{told} (2:3 trains at {here}; --max-bucket-reso {room}: at {there})"


def _upright_bucket(settings: DatasetSettings, resolution: Size, longest: int) -> Size:
    step = settings.bucket_reso_steps
    bounds = adjusted_bounds(settings.min_bucket_reso, longest, step)
    return nearest_bucket(_UPRIGHT, bucket_sizes(resolution, *bounds, step))[1]
