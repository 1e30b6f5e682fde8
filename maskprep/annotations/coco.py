"""COCO: one JSON of images, categories and annotations; polygons, and RLE of both kinds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
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
    size_of,
    taken,
)
from maskprep.annotations.placing import beyond
from maskprep.annotations.shapes import Annotated, Content, Format, Shape
from maskprep.model import Size

#: Corners from which on a way in eight directions only is no accident.
_TRACED_CORNERS = 8
_TRACED = (
    "an outline runs as OpenCV's contours do, through the middle of the outermost pixels: COCO's"
    " fill leaves out its last row and column, and lines of 1 px; export RLE, or grow the masks"
    " by maskprep dilate --radius 1"
)


def _recognises(document: Document) -> bool:
    data = document.data
    if not isinstance(data, dict) or not isinstance(data.get("images"), list):
        return False
    return isinstance(data.get("annotations"), list)


def _read(documents: Iterable[Document]) -> Content:
    images: list[Annotated] = []
    declared: dict[str, None] = {}
    for document in documents:
        with blaming(document):
            listed = _listed(document, "categories")
            names = {each["id"]: taken(each, "name", str) for each in listed}
            declared |= dict.fromkeys(names.values())
            images += _images(document, names)
    return Content(images, tuple(declared))


def _listed(document: Document, key: str) -> list[dict[str, Any]]:
    entries = taken(document.data, key, list)
    for each in entries:
        if not isinstance(taken(each, "id", object), (int, str)):
            raise Malformed(f"an id in {key!r} that is neither number nor text")
    return entries


def _images(document: Document, names: dict[Any, str]) -> Iterator[Annotated]:
    of_image: dict[Any, list[dict[str, Any]]] = defaultdict(list)
    for each in taken(document.data, "annotations", list):
        image = taken(each, "image_id", object)
        if not isinstance(image, (int, str)):
            raise Malformed("an 'image_id' that is neither number nor text")
        if "segments_info" in each:
            raise Malformed("panoptic COCO, whose masks are the PNG files that belong to it")
        of_image[image].append(each)
    for image in _listed(document, "images"):
        size = size_of(image.get("width"), image.get("height"))
        found = [_shape(each, names, size) for each in of_image.pop(image["id"], ())]
        shapes = tuple(each for each in found if isinstance(each, Shape))
        notes = tuple(dict.fromkeys(each for each in found if isinstance(each, str)))
        yield Annotated(document.path, (taken(image, "file_name", str),), size, shapes, notes)
    if of_image:
        raise Malformed(f"annotations of an image {next(iter(of_image))} that is not listed")


def _shape(of: dict[str, Any], names: dict[Any, str], size: Size | None) -> Shape | str:
    category = of.get("category_id")
    if not isinstance(category, (int, str)) or category not in names:
        raise Malformed(f"an annotation of category {category}, which is not listed")
    label, drawn = names[category], of.get("segmentation")
    if not drawn:
        return "an annotation without an outline (a box only) is left out"
    crowd = "a crowd region (iscrowd) is among what trains" if of.get("iscrowd") else ""
    if isinstance(drawn, dict):
        stored = height_and_width(taken(drawn, "size", list))
        if stored is None:
            raise Malformed("an RLE of no pixels")
        counts = drawn.get("counts")
        if isinstance(counts, str):
            return Shape(label, partial(runs.compressed, counts, stored), crowd)
        return Shape(label, partial(runs.by_columns, runs.whole_numbers(counts), stored), crowd)
    if not isinstance(drawn, list):
        raise Malformed("a 'segmentation' that is neither a list nor an RLE")
    polygons = [corners(each) for each in drawn]
    whole = [each for each in polygons if len(each) >= 3]
    if not whole:
        return "an outline of fewer than three corners is left out"
    outside = next(filter(None, (beyond(each, size) for each in whole)), "")
    traced = _TRACED if any(map(_is_traced, whole)) else ""
    return Shape(label, painting.coco_fill(whole), traced or outside or crowd)


def _is_traced(polygon: Corners) -> bool:
    """Tell whether an outline has OpenCV's way: whole px, straight or at 45 degrees, all of it."""
    if len(polygon) < _TRACED_CORNERS or (polygon % 1).any():
        return False
    across, down = np.abs(np.diff(polygon, axis=0, append=polygon[:1])).T
    return bool(((across == 0) | (down == 0) | (across == down)).all())


FORMAT = Format("COCO", (".json",), _recognises, _read)
