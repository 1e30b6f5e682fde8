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
from maskprep.files import parsed, pathname, storage
from maskprep.model import Size
from maskprep.raster import Mask

#: Each number can be read in one way only: another would multiply the time by every number.
_NUMBER = r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?"
_LINE = re.compile(rf"\s*(\d{{1,9}})(?:\.0*)?((?:\s+{_NUMBER}){{4,}})\s*")
#: More characters than names of classes take, and deeper than they lie.
_LARGEST_YAML, _DEEPEST_YAML = 1 << 18, 16
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
    """Find what the classes are called: beside the texts, or in a folder above.

    What cannot be read may be of something else: it is told where nothing else names them.
    """
    trouble: MaskprepError | None = None
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
            if name.endswith((".yaml", ".yml")):
                try:
                    found = _from_yaml(path)
                except MaskprepError as error:
                    trouble = trouble or error
                else:
                    if found:
                        return found
        folder = pathname.dirname(pathname.absolute(folder))
    if trouble is not None:
        raise trouble
    raise Malformed(f"nothing names its classes: put {_sought()} beside the texts, or above them")


def _from_yaml(path: str) -> dict[int, str]:
    try:
        import yaml
    except ImportError:
        raise MaskprepError(
            f'{path}: is read by PyYAML: pip install "maskprep[annotations]", or write classes.txt,'
            " a name a line"
        ) from None
    text = Document(path).text
    if len(text) > _LARGEST_YAML:
        raise Malformed(f"{path} is too large to name classes")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # where libyaml is: ten times as fast
    try:
        if _is_endless(yaml, text, loader):
            raise Malformed(f"{path} has references (*name) or a depth that classes need not")
        data = parsed.from_yaml(text)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise MaskprepError(f"{path}: is no YAML ({str(error).splitlines()[0]})") from error
    if isinstance(data, dict) and "kpt_shape" in data:
        raise Malformed(f"{path} says that its lines are poses, and no outlines")
    names = data.get("names") if isinstance(data, dict) else None
    if isinstance(names, list):
        names = dict(enumerate(names))
    if not isinstance(names, dict) or not all(isinstance(each, int) for each in names):
        return {}
    if not all(isinstance(each, (str, int, float)) for each in names.values()):
        raise Malformed(f"{path} has names of classes that are no text")
    return {number: str(name) for number, name in names.items()}


def _is_endless(yaml: Any, text: str, loader: Any) -> bool:
    """Tell whether a few lines may mean as much as one likes; stops at the first that does."""
    depth = 0
    for event in yaml.parse(text, loader):
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if isinstance(event, yaml.AliasEvent) or depth > _DEEPEST_YAML:
            return True
    return False


def _sought() -> str:
    return "data.yaml or classes.txt"


FORMAT = Format("YOLO", (".txt",), _recognises, _read, painted_on="viewed", blank_is_empty=True)
