"""labelme: a JSON an image, with shapes of many kinds."""

from __future__ import annotations

import base64
import binascii
import io
from collections.abc import Iterable
from functools import partial
from typing import Any

import numpy as np

from maskprep.annotations import painting
from maskprep.annotations.document import Document, Malformed, blaming, corners, size_of, taken
from maskprep.annotations.placing import beyond, placed
from maskprep.annotations.shapes import Annotated, Content, Format, Shape
from maskprep.errors import UnreadableImageError
from maskprep.model import Size
from maskprep.raster import Mask
from maskprep.raster.header import decoding
from maskprep.raster.kinds import identified

#: How many points each kind has: at least, and at most.
_POINTS = {
    "polygon": (3, None),
    "rectangle": (2, 2),
    "circle": (2, 2),
    "line": (2, 2),
    "linestrip": (2, None),
    "point": (1, 1),
    "mask": (2, 2),
}


def _recognises(document: Document) -> bool:
    data = document.data
    return isinstance(data, dict) and isinstance(data.get("shapes"), list) and "imagePath" in data


def _read(documents: Iterable[Document]) -> Content:
    return Content([_annotated(each) for each in documents])


def _annotated(document: Document) -> Annotated:
    data = document.data
    with blaming(document):
        size = size_of(data.get("imageWidth"), data.get("imageHeight"))
        found = [_shape(each, size) for each in data["shapes"]]
        image = taken(data, "imagePath", str)
    shapes = tuple(each for each in found if isinstance(each, Shape))
    notes = tuple(dict.fromkeys(each for each in found if isinstance(each, str)))
    return Annotated(document.path, (image, document.path), size, shapes, notes)


def _shape(of: Any, size: Size | None) -> Shape | str:
    label, points = taken(of, "label", str), corners(taken(of, "points", list))
    kind = of.get("shape_type") or "polygon"
    if not isinstance(kind, str) or kind not in _POINTS:
        return f"a shape of the kind {str(kind)[:40]!r} is left out: labelme 5.11.4 fills none"
    least, most = _POINTS[kind]
    if len(points) < least or (most is not None and len(points) > most):
        return f"a {kind} of {len(points)} points is left out"
    outside = beyond(points, size)
    if kind == "mask":
        patch = _patch(taken(of, "mask", str))
        (left, top), (right, bottom) = points.astype(int).tolist()
        if patch.shape != (bottom - top + 1, right - left + 1):
            raise Malformed(f"a mask of {patch.shape[1]} x {patch.shape[0]} px in another box")
        return Shape(label, partial(placed, patch, left, top), outside)
    if kind == "rectangle":
        points = np.sort(points, axis=0)  # older Pillow fills no rectangle drawn upwards
    return Shape(label, partial(painting.pillow, kind, points), outside)


def _patch(packed: str) -> Mask:
    try:
        content = base64.b64decode(packed)
        with decoding("its mask", in_header=True):
            image = identified(io.BytesIO(content))
            array = np.asarray(image)
    except (UnreadableImageError, binascii.Error, ValueError) as error:
        raise Malformed("a mask that cannot be decoded") from error
    if array.ndim != 2:
        raise Malformed("a mask that is no grey picture")
    return np.where(array, 255, 0).astype(np.uint8)


FORMAT = Format("labelme", (".json",), _recognises, _read, painted_on="viewed")
