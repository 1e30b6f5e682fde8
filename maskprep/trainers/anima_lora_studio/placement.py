"""Which bucket AnimaLoraStudio takes for an image, and how it crops to it.

*Source*: AnimaLoraStudio v0.19.0, runtime/training/dataset.py, BucketManager and get_with_flip;
read, not recorded.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

from maskprep.model import Placement, Size

_STEP = 64
#: By which the area of a bucket may differ from the square's.
_TOLERANCE = 0.1


@dataclass(frozen=True)
class Fitted(Placement):
    """A placement that knows the size of its image: masks of another size are left out."""

    image: Size


def place(size: Size, resolution: int, aspect_limit: float) -> Fitted:
    """Bring an image of a size to its bucket: cover it, crop at the centre."""
    bucket = bucket_for(size, resolution, aspect_limit)
    scale = max(bucket.width / size.width, bucket.height / size.height)
    resized = Size(int(size.width * scale), int(size.height * scale))
    left, top = (resized.width - bucket.width) // 2, (resized.height - bucket.height) // 2
    return Fitted(resized, bucket, (left, top), size)


def bucket_for(size: Size, resolution: int, aspect_limit: float) -> Size:
    """Choose the bucket whose aspect is nearest; of several, the one of the nearest area.

    Examples
    --------
    >>> bucket_for(Size(1500, 1500), 1024, 2.0), len(buckets(1024, 2.0))
    (Size(width=1024, height=1024), 37)
    """
    aspect, area = size.width / size.height, resolution * resolution
    return min(
        buckets(resolution, aspect_limit),
        key=lambda each: (
            abs(aspect - each.width / each.height),
            abs(each.width * each.height - area),
        ),
        default=Size(resolution, resolution),
    )


@cache
def buckets(resolution: int, aspect_limit: float) -> tuple[Size, ...]:
    """List the buckets, narrow ones first."""
    span, area = math.sqrt(aspect_limit), resolution * resolution
    least = max(_STEP, math.floor(resolution / span / _STEP) * _STEP - _STEP)
    most = math.ceil(resolution * span / _STEP) * _STEP + _STEP
    sides = range(least, most + 1, _STEP)
    return tuple(
        Size(width, height)
        for width in sides
        for height in sides
        if abs(width * height - area) / area <= _TOLERANCE
        and max(width / height, height / width) <= aspect_limit
    )
