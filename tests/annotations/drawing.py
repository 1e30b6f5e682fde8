"""What tests of annotations share: recorded truths, data sets with annotations, masks read back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from click.testing import Result
from numpy.typing import NDArray
from PIL import Image

from maskprep.annotations.reading import Annotations, read_annotations
from maskprep.model import Size
from tests.commands import run
from tests.places import ROOT

RECORDED = ROOT / "tests" / "data" / "annotations"
SIZE = Size(40, 30)

Pixels = NDArray[np.uint8]


def truth(name: str) -> list[dict[str, Any]]:
    """Read what a tool made of its shapes."""
    recorded = json.loads((RECORDED / f"truth-{name}.json").read_text(encoding="utf-8"))
    assert (recorded["width"], recorded["height"]) == SIZE
    cases: list[dict[str, Any]] = recorded["cases"]
    assert cases
    return cases


def unpacked(rows: list[str]) -> Pixels:
    """Turn recorded rows into a mask."""
    bits = [np.unpackbits(np.frombuffer(bytes.fromhex(row), np.uint8)) for row in rows]
    return np.where(np.array(bits)[:, : SIZE.width], 255, 0).astype(np.uint8)


def pictures(root: Path, *names: str, size: Size = SIZE) -> Path:
    """Make an image folder."""
    folder = root / "images"
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", size, (90, 120, 60)).save(folder / name)
    return folder


def saved(path: Path, data: Any) -> Path:
    """Write JSON, or a text as it is."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = data if isinstance(data, str) else json.dumps(data)
    path.write_text(text, encoding="utf-8")
    return path


def reading(*paths: Path) -> Annotations:
    """Read annotation files."""
    return read_annotations([str(each) for each in paths])


def filled(annotations: Annotations, place: int = 0, size: Size = SIZE) -> Pixels:
    """Join all shapes of one annotated image."""
    mask = np.zeros((size.height, size.width), np.uint8)
    for shape in annotations.images[place].shapes:
        mask = np.maximum(mask, shape.draw(size))
    return mask


def extracting(images: Path, annotations: Path, *words: str) -> tuple[Result, dict[str, Pixels]]:
    """Run the command; give what it said, and the masks by name."""
    output = images.parent / "made"
    told = run("extract", images, "--annotations", annotations, "--output", output, *words)
    made = {}
    for path in sorted(output.rglob("*.png")):
        with Image.open(path) as image:
            assert (image.format, image.mode) == ("PNG", "L")
            made[path.relative_to(output).as_posix()] = np.asarray(image)
    return told, made


def square(left: int, top: int, side: int) -> list[list[float]]:
    """Give a square's corners."""
    right, bottom = left + side, top + side
    return [[left, top], [right, top], [right, bottom], [left, bottom]]


def coco(*annotations: dict[str, Any], names: tuple[str, ...] = ("a.png",)) -> dict[str, Any]:
    """Make COCO's JSON of annotations of images, by their places."""
    images = [
        {"id": place, "file_name": name, "width": SIZE.width, "height": SIZE.height}
        for place, name in enumerate(names)
    ]
    categories = [{"id": 7, "name": "person"}, {"id": 3, "name": "hat"}, {"id": 9, "name": "dog"}]
    given = [{"id": place, "image_id": 0} | each for place, each in enumerate(annotations)]
    return {"images": images, "categories": categories, "annotations": given}


def polygon(category: int, corners: list[list[float]], **more: Any) -> dict[str, Any]:
    """Make COCO's entry of one outline."""
    flat = [each for corner in corners for each in corner]
    return {"category_id": category, "segmentation": [flat]} | more
