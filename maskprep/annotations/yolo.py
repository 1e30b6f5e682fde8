"""YOLO segmentation: a text an image, a line an outline, in shares of the picture's sides."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from functools import partial
from typing import Any

import numpy as np

from maskprep.annotations import painting
from maskprep.annotations.document import Document, Malformed, Shares, blaming, numbers
from maskprep.annotations.placing import BEYOND
from maskprep.annotations.shapes import Annotated, Content, Format, Shape
from maskprep.errors import MaskprepError
from maskprep.files import pathname, storage
from maskprep.model import Size
from maskprep.raster import Mask

_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_LINE = re.compile(rf"\s*(\d+)(?:\.0*)?((?:\s+{_NUMBER}){{4,}})\s*")
#: How many folders above a text are looked into for the names of its classes.
_ABOVE = 3
#: What follows the class where a line is a box, and no outline.
_BOX = 4
_LISTS = ("classes.txt", "obj.names")


def _recognises(document: Document) -> bool:
    lines = document.text.splitlines()
    return bool(lines) and all(_LINE.fullmatch(each) or not each.strip() for each in lines)


def _read(documents: Iterable[Document]) -> Content:
    names_of: dict[str, dict[int, str]] = {}
    images = []
    for each in documents:
        folder = pathname.dirname(each.path) or os.curdir
        with blaming(each):
            if folder not in names_of:
                names_of[folder] = _names(folder)
            images.append(_annotated(each, names_of[folder]))
    declared = dict.fromkeys(name for names in names_of.values() for name in names.values())
    return Content(images, tuple(declared))


def _annotated(document: Document, names: dict[int, str]) -> Annotated:
    shapes: list[Shape] = []
    notes: dict[str, None] = {}
    for line in document.text.splitlines():
        if not line.strip():
            continue
        number, *values = line.split()
        shares = numbers(values).astype(np.float32)
        if shares.size == _BOX:
            notes["a line that is a box, and no outline, is left out"] = None
            continue
        if shares.size % 2:
            raise Malformed(f"a line of class {number} with an odd count of coordinates")
        if int(float(number)) not in names:
            raise Malformed(f"class {number} has no name in {_sought()}")
        points = shares.reshape(-1, 2)
        if points.max() > 2:  # an outline that hangs over the border has less
            raise Malformed("coordinates in px: YOLO has them in shares of the picture's sides")
        outside = (points < 0).any() or (points > 1).any()
        remark = BEYOND if outside else ""
        shapes.append(Shape(names[int(float(number))], partial(_filled, points), remark))
    return Annotated(document.path, (document.path,), None, tuple(shapes), tuple(notes))


def _filled(shares: Shares, size: Size) -> Mask:
    return painting.opencv(shares * np.array(size, np.float32), size)


def _names(folder: str) -> dict[int, str]:
    """Find what the classes are called: beside the texts, or in a folder above."""
    for _ in range(_ABOVE):
        try:
            there = storage.listdir(folder)
        except OSError:
            break
        for name in there:
            path = pathname.join(folder, name)
            if name in _LISTS:
                lines = Document(path).text.splitlines()
                return dict(enumerate(each.strip() for each in lines if each.strip()))
            if name.endswith((".yaml", ".yml")) and (found := _from_yaml(path)):
                return found
        folder = pathname.dirname(pathname.absolute(folder))
    raise Malformed(f"nothing names its classes: put {_sought()} beside the texts, or above them")


def _from_yaml(path: str) -> dict[int, str]:
    try:
        import yaml
    except ImportError:
        raise MaskprepError(
            f'{path}: is read by PyYAML: pip install "maskprep[annotations]", or write classes.txt,'
            " a name a line"
        ) from None
    try:
        data: Any = yaml.safe_load(Document(path).text)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise MaskprepError(f"{path}: is no YAML ({str(error).splitlines()[0]})") from error
    if isinstance(data, dict) and "kpt_shape" in data:
        raise Malformed(f"{path} says that its lines are poses, and no outlines")
    names = data.get("names") if isinstance(data, dict) else None
    if isinstance(names, list):
        return {number: str(name) for number, name in enumerate(names)}
    if isinstance(names, dict) and all(isinstance(each, int) for each in names):
        return {number: str(name) for number, name in names.items()}
    return {}


def _sought() -> str:
    return "data.yaml or classes.txt"


FORMAT = Format("YOLO", (".txt",), _recognises, _read, painted_on="viewed", blank_is_empty=True)
