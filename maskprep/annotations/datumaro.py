"""Datumaro: its own JSON, of items with polygons, masks, boxes and ellipses."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

import numpy as np

from maskprep.annotations import painting, runs
from maskprep.annotations.document import (
    Corners,
    Document,
    Malformed,
    blaming,
    corners,
    height_and_width,
    numbers,
    taken,
)
from maskprep.annotations.placing import beyond
from maskprep.annotations.shapes import Annotated, Content, Format, Shape
from maskprep.model import Size

#: Decimals that it keeps, of single precision.
_DECIMALS = 2
#: Corners that an ellipse is made of.
_ELLIPSE_CORNERS = 720


def _recognises(document: Document) -> bool:
    data = document.data
    if not isinstance(data, dict) or not isinstance(data.get("items"), list):
        return False
    return isinstance(data.get("categories"), dict)


def _read(documents: Iterable[Document]) -> Content:
    images: list[Annotated] = []
    declared: dict[str, None] = {}
    for document in documents:
        with blaming(document):
            categories = document.data["categories"].get("label", {"labels": []})
            names = [taken(each, "name", str) for each in taken(categories, "labels", list)]
            declared |= dict.fromkeys(names)
            images += (_annotated(each, names, document.path) for each in document.data["items"])
    return Content(images, tuple(declared))


def _annotated(item: Any, names: Sequence[str], path: str) -> Annotated:
    image = item.get("image") if isinstance(item, dict) else None
    image = image if isinstance(image, dict) else {}
    size = height_and_width(image.get("size"))
    found = [_shape(each, names, size) for each in taken(item, "annotations", list)]
    called = (image.get("path"), taken(item, "id", str))
    return Annotated(
        path,
        tuple(each for each in called if isinstance(each, str) and each),
        size,
        tuple(each for each in found if isinstance(each, Shape)),
        tuple(dict.fromkeys(each for each in found if isinstance(each, str))),
    )


def _shape(of: Any, names: Sequence[str], size: Size | None) -> Shape | str:
    kind = taken(of, "type", str)
    if kind not in ("polygon", "mask", "bbox", "ellipse"):
        return f"a {kind} is left out: it has no area"
    number = of.get("label_id")
    if not isinstance(number, int) or not 0 <= number < len(names):
        raise Malformed(f"a {kind} of label {number}, which is not listed")
    if kind == "mask":
        rle = taken(of, "rle", dict)
        stored = height_and_width(taken(rle, "size", list))
        if stored is None:
            raise Malformed("an RLE of no pixels")
        counts = taken(rle, "counts", str)
        return Shape(names[number], partial(runs.compressed, counts, stored))
    if kind == "bbox":
        left, top, width, height = _four(taken(of, "bbox", list))
        # As it keeps left, top, right and bottom, and makes a width of them again.
        left, top, right, bottom = _kept([left, top, left + width, top + height])
        points = _box(left, top, left + (right - left), top + (bottom - top))
    elif kind == "ellipse":
        points = _ellipse(*_kept(_four(taken(of, "points", list))))
    else:
        points = np.array(_kept(corners(taken(of, "points", list)).reshape(-1).tolist()))
        points = points.reshape(-1, 2)
    if len(points) < 3:
        return "an outline of fewer than three corners is left out"
    return Shape(names[number], painting.coco_fill([points]), beyond(points, size))


def _four(values: Any) -> list[float]:
    four: list[float] = numbers(values).reshape(-1).tolist()
    if len(four) != 4:
        raise Malformed("a box of other than four numbers")
    return four


def _kept(values: Sequence[float]) -> list[float]:
    """Round as datumaro 1.13.12 does: components/annotation.py, `_Shape.points`."""
    kept: list[float] = np.array(values, np.float32).round(_DECIMALS).tolist()
    return kept


def _box(left: float, top: float, right: float, bottom: float) -> Corners:
    return np.array([[left, top], [right, top], [right, bottom], [left, bottom]])


def _ellipse(left: float, top: float, right: float, bottom: float) -> Corners:
    angles = np.linspace(0, 2 * np.pi, num=_ELLIPSE_CORNERS)
    x = 0.5 * (left + right) + 0.5 * (right - left) * np.cos(angles)
    y = 0.5 * (top + bottom) + 0.5 * (bottom - top) * np.sin(angles)
    return np.stack([x, y], axis=1)


FORMAT = Format("Datumaro", (".json",), _recognises, _read)
