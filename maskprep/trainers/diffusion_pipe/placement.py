"""Which bucket diffusion-pipe takes for an image, and what of the image fills it.

*Source*: tdrussell/diffusion-pipe 8f83dbf, utils/dataset.py, DirectoryDataset (ars,
_find_closest_ar_bucket, _find_closest_size_bucket) and ARBucketDataset; models/base.py,
PreprocessMediaFile. Truth: the weight cases of diffusion-pipe. numpy works things out as there.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from maskprep.model import Box, Placement, Size

#: To which every picture is brought at last, whatever its bucket says.
_ROUND = 16


def distinct(values: Sequence[float]) -> tuple[float, ...]:
    """Round to 3 decimals, leave out equals, and sort.

    Examples
    --------
    >>> distinct([1.5, 0.33333, 1.50004])
    (0.333, 1.5)
    """
    return tuple(sorted({round(float(value), 3) for value in values}))


def spaced(least: float, most: float, count: int) -> tuple[float, ...]:
    """Space aspects evenly in their logarithms."""
    return distinct([float(each) for each in np.geomspace(least, most, num=count)])


def bucket_of_aspects(
    size: Size, aspects: Sequence[float], resolution: float, multiple: int
) -> Size:
    """Choose the bucket of the nearest aspect.

    Parameters
    ----------
    size : Size
        Of the image, px.
    aspects : sequence of float
        Width by height, as `distinct` gives them.
    resolution : float
        Side of the square whose area buckets have.
    multiple : int
        By which the model has sides rounded.
    """
    away = np.abs(np.log(size.width / size.height) - np.log(np.array(aspects)))
    aspect = aspects[int(np.argmin(away))]
    area = resolution**2
    width = math.sqrt(area * aspect)
    height = area / width
    return Size(*(_nearest(_nearest(side, multiple), _ROUND) for side in (width, height)))


def bucket_of_rows(size: Size, rows: Sequence[Sequence[int]]) -> Size | None:
    """Choose a row of ``size_buckets`` for a still; None where each is for videos.

    Notes
    -----
    Aspects are sorted and rid of equals, rows are not; what is nearest among the aspects is then
    taken from the rows by its place. A row of another aspect comes out, unless both agree.
    """
    longest_first = sorted(rows, key=lambda row: row[-1], reverse=True)
    aspects = distinct([width / height for width, height, _ in longest_first])
    away = np.abs(np.log(size.width / size.height) - np.log(np.array(aspects)))
    for place in np.argsort(away, kind="stable"):
        width, height, frames = longest_first[int(place)]
        if frames <= 1:
            return Size(_nearest(width, _ROUND), _nearest(height, _ROUND))
    return None


def are_in_order(rows: Sequence[Sequence[int]]) -> bool:
    """Tell whether each aspect is found at the place of its row."""
    longest_first = sorted(rows, key=lambda row: row[-1], reverse=True)
    aspects = [round(width / height, 3) for width, height, _ in longest_first]
    return tuple(aspects) == distinct(aspects)


def covering(size: Size, bucket: Size) -> Placement:
    """Give the resize and the crop that come nearest to what is done in one step."""
    scale = max(bucket.width / size.width, bucket.height / size.height)
    width = max(bucket.width, round(size.width * scale))
    height = max(bucket.height, round(size.height * scale))
    crop = ((width - bucket.width) // 2, (height - bucket.height) // 2)
    return Placement(Size(width, height), bucket, crop)


def fitted_box(size: Size, bucket: Size) -> Box:
    """Tell what of a picture Pillow's ``ImageOps.fit`` brings to a bucket, in px of the picture.

    *Source*: python-pillow/Pillow 13.0, src/PIL/ImageOps.py, fit.
    """
    wanted = bucket.width / bucket.height
    width, height = float(size.width), float(size.height)
    if width / height >= wanted:
        width = min(width, wanted * height)
    else:
        height = width / wanted
    left, top = (size.width - width) / 2, (size.height - height) / 2
    return Box(left, top, left + width, top + height)


def _nearest(side: float, multiple: int) -> int:
    return int(round(side / multiple) * multiple)
