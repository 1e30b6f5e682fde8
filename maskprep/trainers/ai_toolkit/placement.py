"""Which bucket ai-toolkit takes for an image, and where it crops.

*Source*: ostris/ai-toolkit 27a03a9, toolkit/buckets.py, get_bucket_for_image_size;
toolkit/dataloader_mixins.py, BucketsMixin.setup_buckets. Truth: the weight cases of ai-toolkit.
"""

from __future__ import annotations

import math
from itertools import product

from maskprep.model import Placement, Size


def bucket_for(size: Size, resolution: int, step: int) -> Size:
    """Choose the bucket of an image, which is never larger than the image itself.

    Parameters
    ----------
    size : Size
        Of the image, px, at least 1 a side.
    resolution : int
        Side of the square whose area no bucket passes.
    step : int
        By which sides are rounded.

    Returns
    -------
    Size
        In px; a side may be 0 where the image is far too long.

    Examples
    --------
    >>> bucket_for(Size(3000, 2000), 1024, 16), bucket_for(Size(300, 200), 1024, 16)
    (Size(width=1248, height=832), Size(width=288, height=208))
    """
    most = resolution * resolution
    wanted = min(size.width * size.height, most)
    scale = math.sqrt(wanted / (size.width * size.height))
    across, down = (_around(side * scale, step) for side in size)
    fitting = [Size(*sides) for sides in product(across, down) if sides[0] * sides[1] <= most]
    if not fitting:
        return Size(across[0], down[0])
    return min(fitting, key=lambda each: abs(each.width * each.height - wanted))


def placed(size: Size, bucket: Size) -> Placement:
    """Cover a bucket, each side rounded up, and crop at the centre."""
    scale = max(bucket.width / size.width, bucket.height / size.height)
    resized = Size(math.ceil(size.width * scale), math.ceil(size.height * scale))
    left, top = (resized.width - bucket.width) // 2, (resized.height - bucket.height) // 2
    return Placement(resized, bucket, (left, top))


def squared(size: Size, resolution: int) -> Placement:
    """Cover a square, and crop the longer side alone."""
    scale = max(resolution / size.width, resolution / size.height)
    resized = Size(math.ceil(size.width * scale), math.ceil(size.height * scale))
    left = int(resized.width / 2 - resolution / 2) if size.width > size.height else 0
    top = int(resized.height / 2 - resolution / 2) if size.width <= size.height else 0
    return Placement(resized, Size(resolution, resolution), (left, top))


def swaps(mask: Size, placement: Placement) -> bool:
    """Tell whether a mask lies the other way than its image is brought to.

    The trainer then swaps width and height of the resize and of the crop, for the mask alone.
    """
    width, height = placement.resized
    return (mask.width > mask.height and width < height) or (
        mask.height > mask.width and height < width
    )


def swapped(placement: Placement) -> Placement:
    """Swap width and height."""
    crop = placement.crop_xy
    return Placement(
        Size(placement.resized.height, placement.resized.width),
        Size(placement.bucket.height, placement.bucket.width),
        None if crop is None else (crop[1], crop[0]),
    )


def _around(side: float, step: int) -> tuple[int, int]:
    return math.floor(side / step) * step, math.ceil(side / step) * step
