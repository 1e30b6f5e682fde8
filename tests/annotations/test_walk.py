"""From what each tool exports to a run that starts: extract, export-config, check."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from maskprep.model import Size
from tests.annotations import test_label_studio, test_labelme
from tests.annotations.drawing import coco, polygon, saved, square
from tests.annotations.test_layers import ora
from tests.commands import all_of, run

SIDE = 400
SIZE = Size(SIDE, SIDE)
CORNERS = square(100, 120, 200)
NAMES = ("a.png", "b.png")
_MASKS = ("--output", "masks")


def from_coco(root: Path) -> Path:
    shapes = [polygon(7, CORNERS, image_id=place) for place in range(len(NAMES))]
    document = coco(*shapes, names=NAMES)
    for image in document["images"]:
        image |= {"width": SIDE, "height": SIDE}
    return saved(root / "instances.json", document)


def from_labelme(root: Path) -> Path:
    for name in NAMES:
        shape = test_labelme.shape("polygon", CORNERS)
        document = test_labelme.document(shape, image=name) | {
            "imageHeight": SIDE,
            "imageWidth": SIDE,
        }
        saved(root / "labelme" / f"{Path(name).stem}.json", document)
    return root / "labelme"


def from_yolo(root: Path) -> Path:
    saved(root / "labels" / "classes.txt", "hat\nperson\n")
    shares = " ".join(f"{each / SIDE}" for corner in CORNERS for each in corner)
    for name in NAMES:
        saved(root / "labels" / f"{Path(name).stem}.txt", f"1 {shares}\n")
    return root / "labels"


def from_label_studio(root: Path) -> Path:
    percents = [[100 * each / SIDE for each in corner] for corner in CORNERS]
    region = test_label_studio.region("polygonlabels", points=percents)
    region |= {"original_width": SIDE, "original_height": SIDE}
    tasks = [
        test_label_studio.task(region, image=f"/data/upload/1/0123abcd-{name}") for name in NAMES
    ]
    return saved(root / "export.json", tasks)


def from_layers(root: Path) -> Path:
    layer = Image.new("RGBA", (200, 200), (255, 0, 0, 255))
    stack = (
        f'<image w="{SIDE}" h="{SIDE}"><stack>'
        '<layer name="person" src="data/person.png" x="100" y="120"/></stack></image>'
    )
    (root / "layers").mkdir()
    for name in NAMES:
        ora(root / "layers" / f"{Path(name).stem}.ora", stack, person=layer)
    return root / "layers"


@pytest.mark.parametrize(
    ("source", "side"),
    [
        (from_coco, 200),
        (from_labelme, 201),
        (from_yolo, 201),
        (from_label_studio, 200),
        (from_layers, 200),
    ],
)
def test_three_commands_lead_to_a_run_that_starts(
    source: Callable[[Path], Path], side: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    noise = np.random.default_rng(5).integers(0, 255, (len(NAMES), SIDE, SIDE, 3), np.uint8)
    Path("images").mkdir()
    for name, pixels in zip(NAMES, noise, strict=True):
        Image.fromarray(pixels).save(Path("images", name))
        Path("images", name).with_suffix(".txt").write_text("someone")
    annotations = source(tmp_path)
    walk: list[list[Any]] = [
        ["extract", "images", "--annotations", annotations, "--label", "person", *_MASKS],
        ["export-config", "images", "--masks", "masks", "-o", "dataset.toml"],
        ["check", "dataset.toml", "--format", "json", "--no-cache"],
    ]
    for words in walk:
        told = run(*words)
        assert told.exit_code == 0, all_of(told)
    report = json.loads(told.stdout)
    assert report["starts"]
    assert not report["stops_in_first_epoch"]
    for name in NAMES:
        with Image.open(Path("masks", name)) as made:
            mask = np.asarray(made)
        rows, columns = np.nonzero(mask)
        assert set(np.unique(mask)) == {0, 255}
        assert (int(rows.min()), int(columns.min())) == (120, 100)
        assert np.count_nonzero(mask) == side * side
