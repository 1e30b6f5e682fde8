"""Which bucket OneTrainer takes for an image.

*Source*: mgds 3a6994a, pipelineModules/AspectBucketing.py and SingleAspectCalculation.py. Truth:
the weight cases of OneTrainer.
"""

from __future__ import annotations

import math
from functools import cache

from maskprep.model import Size

#: Aspects of buckets, of the longer side by the shorter.
_ASPECTS = (1.0, 1.25, 1.5, 1.75, 2.0, 2.5, 3.0, 3.5, 4.0)


def resolutions(text: str) -> tuple[Size | int, ...]:
    """Read ``resolution``: sides parted by commas, or one ``WxH``.

    Examples
    --------
    >>> resolutions("512"), resolutions("512, 768"), resolutions("512x768")
    ((512,), (512, 768), (Size(width=512, height=768),))

    Raises
    ------
    ValueError
        It is neither.
    """
    if "x" in text and "," not in text:
        width, height = (int(each) for each in text.strip().split("x")[:2])
        return (Size(width, height),)
    return tuple(int(each) for each in text.split(","))


def bucket_for(size: Size, resolution: Size | int, step: int | None) -> Size:
    """Choose the bucket of an image.

    Parameters
    ----------
    size : Size
        Of the image, px.
    resolution : Size or int
        A fixed bucket, or the side of the square whose area buckets have.
    step : int or None
        By which sides are rounded; None without buckets, where all become the square.

    Returns
    -------
    Size
        In px.
    """
    if step is None:
        side = resolution if isinstance(resolution, int) else resolution.width
        return Size(side, side)
    if isinstance(resolution, Size):
        return Size(_rounded(resolution.width, step), _rounded(resolution.height, step))
    sizes = _buckets(resolution, step)
    wanted = size.height / size.width
    return min(sizes, key=lambda each: abs(each.height / each.width - wanted))


def covering(size: Size, bucket: Size) -> Size:
    """Give the size to which an image is brought before it is cropped to its bucket."""
    if size.height / size.width > bucket.height / bucket.width:
        return Size(bucket.width, round(size.height * (bucket.width / size.width)))
    return Size(round(size.width * (bucket.height / size.height)), bucket.height)


@cache
def _buckets(resolution: int, step: int) -> tuple[Size, ...]:
    sides = [
        (1.0 / math.sqrt(long) * resolution, long / math.sqrt(long) * resolution)
        for long in _ASPECTS
    ]
    both = sides + [(width, height) for height, width in sides]
    # Of two that are as near the first of a set counts, and whole numbers have fixed hashes.
    distinct = {(_rounded(height, step), _rounded(width, step)) for height, width in both}
    return tuple(Size(width, height) for height, width in distinct)


def _rounded(side: float, step: int) -> int:
    return round(side / step) * step
