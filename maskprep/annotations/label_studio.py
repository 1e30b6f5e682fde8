"""Label Studio: its exports JSON and JSON_MIN; polygons, rectangles and brush strokes."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import numpy as np

from maskprep.annotations import painting, runs
from maskprep.annotations.document import (
    Corners,
    Document,
    Malformed,
    blaming,
    corners,
    size_of,
    taken,
)
from maskprep.annotations.placing import beyond
from maskprep.annotations.shapes import Annotated, Content, Format, Shape
from maskprep.model import Size

_KINDS = ("polygonlabels", "rectanglelabels", "brushlabels", "labels")
#: What uploads are given in front of their own names.
_PREFIX = re.compile(r"[0-9a-f]{8}-")
#: The key of the image, if several data of a task look like one.
_IMAGE_KEYS = ("image", "img", "picture", "photo", "ocr")
_IMAGE_ENDINGS = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".tif", ".tiff", ".avif")


def _recognises(document: Document) -> bool:
    data = document.data
    if not isinstance(data, list) or not data or not isinstance(data[0], dict):
        return False
    return _is_task(data[0]) or "annotation_id" in data[0]


def _is_task(entry: dict[str, Any]) -> bool:
    return isinstance(entry.get("data"), dict) and isinstance(_answers(entry), list)


def _answers(task: dict[str, Any]) -> Any:
    return task.get("annotations", task.get("completions"))


def _read(documents: Iterable[Document]) -> Content:
    images: list[Annotated] = []
    for document in documents:
        with blaming(document):
            images += (_annotated(task, document.path) for task in document.data)
    return Content(images)


def _annotated(task: Any, path: str) -> Annotated:
    if not isinstance(task, dict):
        raise Malformed("a task that is no object")
    notes: dict[str, None] = {}
    if _is_task(task):
        results = [each for answer in _accepted(task, notes) for each in _results(answer)]
        data = task["data"]
    else:
        results = [each for value in task.values() for each in _flat(value)]
        data = task
    shapes: list[Shape] = []
    sizes = set()
    for each in results:
        size = size_of(each.get("original_width"), each.get("original_height"))
        found = _shape(each, size)
        if isinstance(found, Shape):
            shapes.append(found)
            sizes.add(size)
        elif found:
            notes[found] = None
    if len(sizes) > 1:
        raise Malformed("a task whose shapes were drawn on pictures of several sizes")
    size = sizes.pop() if sizes else None
    return Annotated(path, tuple(_names(data)), size, tuple(shapes), tuple(notes))


def _accepted(task: dict[str, Any], notes: dict[str, None]) -> list[Any]:
    """Take the answers that were not cancelled."""
    answers = [each for each in _answers(task) if isinstance(each, dict)]
    valid = [each for each in answers if not each.get("was_cancelled")]
    if len(valid) > 1:
        notes["several people annotated it: their shapes are joined"] = None
    return valid


def _results(answer: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for each in taken(answer, "result", list):
        value = each.get("value") if isinstance(each, dict) else None
        if isinstance(value, dict):
            sides = {key: each.get(key) for key in ("original_width", "original_height")}
            yield {**value, **sides}


def _flat(value: Any) -> Iterator[dict[str, Any]]:
    for each in value if isinstance(value, list) else ():
        if isinstance(each, dict) and "original_width" in each:
            yield each


def _shape(of: dict[str, Any], size: Size | None) -> Shape | str:
    kind = next((each for each in _KINDS if isinstance(of.get(each), list)), None)
    if kind is None:
        if any(each in of for each in _KINDS):
            return "a region without a label is left out"
        others = [key for key in of if key.endswith("labels")]
        return f"{others[0]} are left out: Label Studio fills none" if others else ""
    names = [each for each in of[kind] if isinstance(each, str)]
    label = ", ".join(names)
    if not label:
        return "a region without a label is left out"
    if "rle" in of:
        stored = runs.whole_numbers(of["rle"])
        if max(stored, default=0) > 255:
            raise Malformed("a brush stroke that is no bytes")
        return Shape(label, partial(runs.brush, stored))
    if size is None:
        raise Malformed("a region without original_width and original_height")
    if "points" in of:
        shares = corners(taken(of, "points", list))
    elif "width" in of:
        shares = _rectangle(of, size)
    else:
        return "a region without an area is left out"
    if len(shares) < 3:
        return "an outline of fewer than three corners is left out"
    points = shares / 100 * np.array(size)
    return Shape(label, painting.coco_fill([points]), beyond(points, size))


def _rectangle(of: dict[str, Any], size: Size) -> Corners:
    """Give a rectangle's corners in percent; it is turned clockwise about its first."""
    left, top, width, height, turn = corners(
        [[of.get(key) or 0, 0] for key in ("x", "y", "width", "height", "rotation")]
    )[:, 0].tolist()
    sides = np.array([[0, 0], [width, 0], [width, height], [0, height]]) / 100 * np.array(size)
    angle = math.radians(turn)
    turned = np.stack(
        [
            math.cos(angle) * sides[:, 0] - math.sin(angle) * sides[:, 1],
            math.sin(angle) * sides[:, 0] + math.cos(angle) * sides[:, 1],
        ],
        axis=1,
    )
    shares: Corners = turned / np.array(size) * 100 + np.array([left, top])
    return shares


def _names(data: dict[str, Any]) -> Iterator[str]:
    """Give what the image may be called: its path or URL, and that without an upload's prefix."""
    texts = {key: value for key, value in data.items() if isinstance(value, str)}
    keys = [key for key in _IMAGE_KEYS if key in texts]
    keys += [
        key
        for key in texts
        if key not in keys and _path(texts[key]).lower().endswith(_IMAGE_ENDINGS)
    ]
    if not keys:
        raise Malformed("a task that names no image")
    path = _path(texts[keys[0]])
    yield path
    folder, _, name = path.rpartition("/")
    if _PREFIX.match(name):
        yield f"{folder}/{_PREFIX.sub('', name, count=1)}"


def _path(text: str) -> str:
    """Take the path out of a URL, or out of what Label Studio asks its own server for."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return text
    asked = parse_qs(parts.query).get("d")
    return asked[0] if asked else unquote(parts.path)


FORMAT = Format("Label Studio", (".json",), _recognises, _read, painted_on="viewed")
