"""How tools fill shapes: each function is the fill of one tool, to the pixel.

docs/annotations.md tells which tool's, of which version, and how they differ.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import cv2
import numpy as np
from PIL import Image, ImageDraw

from maskprep.annotations import runs
from maskprep.annotations.document import Corners, Malformed, Shares
from maskprep.errors import MaskprepError
from maskprep.model import Size
from maskprep.raster import Mask

#: Farther from the picture's corner, in px, nobody draws; fills would take memory without end.
_FARTHEST = 1_000_000
#: Longest way around an outline, in px: a scribble over all of a picture of 100 MP has less.
_LONGEST_WAY = 4_000_000
#: Pillow does not come to an end with some ellipses of a larger radius, px.
_LARGEST_RADIUS = 100_000
#: labelme's widths of what has no area, px.
_LINE_WIDTH, _POINT_RADIUS = 10, 5


def coco_fill(polygons: Sequence[Corners]) -> Callable[[Size], Mask]:
    """Prepare `coco` of these outlines; `Malformed` where its library is missing.

    Told while files are read, once, and not image by image.
    """
    _pycocotools()
    return partial(coco, polygons)


def coco(polygons: Sequence[Corners], size: Size) -> Mask:
    """Fill outlines as COCO's tools do; those of one thing are joined.

    Notes
    -----
    Source: cocodataset/cocoapi, pycocotools 2.0.11 `frPyObjects` and `merge` (rleFrPoly in
    maskApi.c): corners lie between pixels, and the square 0,0 to 4,4 is 16 px.
    """
    for each in polygons:
        _refuse_endless(each)
    tool = _pycocotools()
    made = tool.frPyObjects([each.reshape(-1).tolist() for each in polygons], *_hw(size))
    # Unpacked here: its own decode warns under NumPy 2.
    return runs.compressed(tool.merge(made)["counts"].decode(), size, size)


def opencv(polygon: Corners | Shares, size: Size) -> Mask:
    """Fill an outline as Ultralytics does: the corners cut to whole px, their border filled, too.

    Notes
    -----
    Source: ultralytics/ultralytics 8.3.0, data/utils.py, `polygon2mask`: cv2.fillPoly of int32.
    The OpenCV that is installed fills; since 4.11 some outlines have fewer pixels.
    """
    _refuse_endless(polygon)
    mask = _empty(size)
    cv2.fillPoly(mask, [polygon.astype(np.int32)], [255])
    return mask


def opencv_ellipse(
    centre: Sequence[float], radii: Sequence[float], turn: float, size: Size
) -> Mask:
    """Fill an ellipse as CVAT does: centre and radii, px, rounded; turned clockwise by degrees.

    Notes
    -----
    Source: cvat-ai/cvat 2.x, cvat/apps/dataset_manager/formats/transformations.py,
    `EllipsesToMasks`.
    """
    _refuse_endless(np.array([centre, radii]))
    mask = _empty(size)
    whole_centre = round(centre[0]), round(centre[1])
    whole_radii = round(radii[0]), round(radii[1])
    if min(whole_radii) >= 0:
        cv2.ellipse(mask, whole_centre, whole_radii, turn, 0, 360, [255], thickness=-1)
    return mask


def pillow(kind: str, points: Corners, size: Size) -> Mask:
    """Fill a shape as labelme does: by Pillow, its border filled, too.

    Parameters
    ----------
    kind : str
        labelme's ``shape_type``: polygon, rectangle, circle, line, linestrip or point.
    points : ndarray of float64, shape (N, 2)
        As many as that kind has.
    size : Size
        Of the picture.

    Notes
    -----
    Source: wkentaro/labelme 5.11.4, labelme/utils/shape.py, `shape_to_mask`.
    """
    _refuse_endless(points)
    picture = Image.new("L", size)
    draw = ImageDraw.Draw(picture)
    way = [(x, y) for x, y in points.tolist()]
    if kind == "polygon":
        draw.polygon(way, fill=255, outline=255)
    elif kind == "rectangle":
        draw.rectangle(way, fill=255, outline=255)
    elif kind in ("line", "linestrip"):
        draw.line(way, fill=255, width=_LINE_WIDTH)
    else:
        x, y = way[0]
        radius = float(_POINT_RADIUS) if kind == "point" else math.dist(*way)
        if radius > _LARGEST_RADIUS:
            raise MaskprepError(f"a circle of more than {_LARGEST_RADIUS} px about its middle")
        box = [x - radius, y - radius, x + radius, y + radius]
        draw.ellipse(box, fill=255, outline=255)
    return np.array(picture)


def _refuse_endless(points: Corners | Shares) -> None:
    if np.abs(points).max(initial=0) > _FARTHEST:
        raise MaskprepError("an outline runs a million pixels beyond the picture")
    way = np.abs(np.diff(points, axis=0, append=points[:1])).max(axis=1).sum()
    if way > _LONGEST_WAY:
        raise MaskprepError(f"an outline is longer than {_LONGEST_WAY} px, all the way around")


def _empty(size: Size) -> Mask:
    return np.zeros(_hw(size), np.uint8)


def _hw(size: Size) -> tuple[int, int]:
    return size.height, size.width


def _pycocotools() -> Any:
    try:
        from pycocotools import mask
    except ImportError:
        raise Malformed(
            'its outlines are filled by pycocotools: pip install "maskprep[annotations]"'
        ) from None
    return mask
