"""Where patches and points lie in a picture, which they may hang over."""

from __future__ import annotations

import numpy as np

from maskprep.annotations.document import Corners
from maskprep.model import Size
from maskprep.raster import Mask

#: What is told of a shape that hangs over the picture's border.
BEYOND = "some corners lie outside the picture: the shape is cut off there"


def placed(patch: Mask, left: int, top: int, size: Size) -> Mask:
    """Lay a patch on an empty picture; what hangs over the border is cut off."""
    mask = np.zeros((size.height, size.width), np.uint8)
    height, width = patch.shape
    rows = slice(max(top, 0), max(min(top + height, size.height), 0))
    columns = slice(max(left, 0), max(min(left + width, size.width), 0))
    if rows.start < rows.stop and columns.start < columns.stop:
        mask[rows, columns] = patch[
            rows.start - top : rows.stop - top, columns.start - left : columns.stop - left
        ]
    return mask


def beyond(points: Corners, size: Size | None) -> str:
    """Say in words where points lie outside the picture; empty where they do not."""
    if size is None or ((points >= -1) & (points <= np.array(size) + 1)).all():
        return ""
    return BEYOND
