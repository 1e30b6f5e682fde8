"""CVAT: the XML "for images 1.1", of boxes, polygons, masks and ellipses."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from functools import partial
from xml.etree.ElementTree import Element

import numpy as np

from maskprep.annotations import painting, runs
from maskprep.annotations.document import (
    Corners,
    Document,
    Malformed,
    blaming,
    corners,
    numbers,
    size_of,
)
from maskprep.annotations.placing import beyond
from maskprep.annotations.shapes import Annotated, Content, Format, Shape
from maskprep.model import Size

_PARTS = ("image", "track", "meta")
_KINDS = ("box", "polygon", "mask", "ellipse")
_WITHOUT_AREA = ("polyline", "points", "cuboid", "skeleton")
#: Decimals that CVAT keeps when it fills shapes: its datumaro, components/annotation.py, `_Shape`.
_DECIMALS = 2


def _recognises(document: Document) -> bool:
    root = document.xml
    return root.tag == "annotations" and any(root.find(each) is not None for each in _PARTS)


def _read(documents: Iterable[Document]) -> Content:
    images: list[Annotated] = []
    declared: dict[str, None] = {}
    for document in documents:
        names = document.xml.iterfind("meta//labels/label/name")
        declared |= dict.fromkeys(each.text or "" for each in names)
        with blaming(document):
            if document.xml.find("track") is not None:
                raise Malformed("CVAT for video: export the task as CVAT for images 1.1")
            images += (_annotated(each, document.path) for each in document.xml.iterfind("image"))
    return Content(images, tuple(declared))


def _annotated(image: Element, path: str) -> Annotated:
    size = size_of(image.get("width"), image.get("height"))
    shapes: list[Shape] = []
    notes: dict[str, None] = {}
    for each in image:
        if each.tag in _WITHOUT_AREA:
            notes[f"a {each.tag} is left out: CVAT's masks have none"] = None
        elif each.tag in _KINDS:
            found = _shape(each, size)
            if isinstance(found, str):
                notes[found] = None
            else:
                shapes.append(found)
    return Annotated(path, (_told(image, "name"),), size, tuple(shapes), tuple(notes))


def _shape(of: Element, size: Size | None) -> Shape | str:
    label = _told(of, "label")
    if of.tag == "mask":
        counts = runs.whole_numbers(numbers(_told(of, "rle").split(",")).tolist())
        box = [int(_number(of, each)) for each in ("left", "top", "width", "height")]
        if min(box[2:]) < 0 or size_of(box[2], box[3]) is None:
            raise Malformed("a mask in no box")
        return Shape(label, partial(runs.by_rows, counts, box))
    turn = float(numbers(of.get("rotation", "0")))
    if of.tag == "ellipse":
        centre = [_number(of, "cx"), _number(of, "cy")]
        radii = [_number(of, "rx"), _number(of, "ry")]
        return Shape(label, partial(painting.opencv_ellipse, centre, radii, turn))
    if of.tag == "box":
        sides = [_number(of, each) for each in ("xtl", "ytl", "xbr", "ybr")]
        points = _box(np.around(sides, _DECIMALS).tolist(), turn)
    else:
        pairs = [each.split(",") for each in _told(of, "points").split(";")]
        points = corners([part for pair in pairs for part in pair])
    if len(points) < 3:
        return "an outline of fewer than three corners is left out"
    points = np.around(points, _DECIMALS)
    return Shape(label, painting.coco_fill([points]), beyond(points, size))


def _box(sides: Sequence[float], turn: float) -> Corners:
    """Give a box's corners, turned about its middle by degrees."""
    left, top, right, bottom = sides
    if not turn:
        # As its Bbox makes corners of a width: the last bit may decide a pixel.
        right, bottom = left + (right - left), top + (bottom - top)
    at = np.array([[left, top], [right, top], [right, bottom], [left, bottom]])
    if not turn:
        return at
    angle = math.radians(turn)
    x, y = left + (right - left) / 2, top + (bottom - top) / 2
    across, down = at[:, 0] - x, at[:, 1] - y
    return np.stack(
        [
            x + math.cos(angle) * across - math.sin(angle) * down,
            y + math.sin(angle) * across + math.cos(angle) * down,
        ],
        axis=1,
    )


def _told(of: Element, name: str) -> str:
    value = of.get(name)
    if value is None:
        raise Malformed(f"a <{of.tag}> without {name!r}")
    return value


def _number(of: Element, name: str) -> float:
    return float(numbers(_told(of, name)))


FORMAT = Format("CVAT", (".xml",), _recognises, _read, painted_on="viewed")
