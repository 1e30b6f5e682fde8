"""Label Studio: both exports, percents of the picture, brush strokes bit by bit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from maskprep.annotations import runs
from maskprep.errors import MaskprepError
from tests.annotations.drawing import SIZE, filled, reading, saved, truth

SIDES = {"original_width": SIZE.width, "original_height": SIZE.height}


def test_brush_strokes_are_what_its_sdk_unpacks() -> None:
    for case in truth("label_studio"):
        made = runs.brush(case["rle"], SIZE)
        assert made.tobytes().hex() == case["values"]
        with pytest.raises(MaskprepError, match="breaks off"):
            runs.brush(case["rle"][: len(case["rle"]) // 2], SIZE)
    with pytest.raises(MaskprepError, match="a brush stroke of 0 values"):
        runs.brush([], SIZE)


def region(kind: str, **value: Any) -> dict[str, Any]:
    return {"type": kind, "value": {kind: ["person"], **value}, **SIDES}


def task(*regions: dict[str, Any], image: str = "/data/upload/1/0123abcd-a.png") -> Any:
    return {"id": 1, "data": {"image": image}, "annotations": [{"result": list(regions)}]}


def test_percents_are_of_the_picture(tmp_path: Path) -> None:
    drawn = task(region("polygonlabels", points=[[10, 10], [20, 10], [20, 30], [10, 30]]))
    annotations = reading(saved(tmp_path / "a.json", [drawn]))
    assert annotations.format.title == "Label Studio"
    assert annotations.images[0].size == SIZE
    made = filled(annotations)
    assert (made[3:9, 4:8] == 255).all()
    assert np.count_nonzero(made) == 6 * 4


def test_rectangles_are_turned_about_their_first_corner(tmp_path: Path) -> None:
    sides = {"x": 50, "y": 50, "width": 10, "height": 20, "rotation": 90}
    made = filled(reading(saved(tmp_path / "a.json", [task(region("rectanglelabels", **sides))])))
    rows, columns = np.nonzero(made)
    assert (rows.min(), rows.max() + 1, columns.min(), columns.max() + 1) == (15, 19, 14, 20)


def test_the_short_export_is_read_too(tmp_path: Path) -> None:
    brush = {"format": "rle", "rle": truth("label_studio")[0]["rle"], "brushlabels": ["hat"]}
    short = {"image": "a.png", "id": 1, "annotation_id": 3, "tag": [brush | SIDES]}
    annotations = reading(saved(tmp_path / "a.json", [short]))
    assert annotations.labels == ("hat",)
    assert filled(annotations).tobytes().hex() == truth("label_studio")[0]["values"]


@pytest.mark.parametrize(
    ("image", "names"),
    [
        (
            "/data/upload/1/0123abcd-a.png",
            ["/data/upload/1/0123abcd-a.png", "/data/upload/1/a.png"],
        ),
        ("/data/local-files/?d=sub/a%20b.png", ["sub/a b.png"]),
        ("s3://bucket/set/a.png", ["/set/a.png"]),
        ("https://example.org/a.png?token=1", ["/a.png"]),
    ],
)
def test_the_image_is_named_without_what_the_server_adds(
    image: str, names: list[str], tmp_path: Path
) -> None:
    (found,) = reading(saved(tmp_path / "a.json", [task(image=image)])).images
    assert list(found.names) == names


def test_cancelled_answers_do_not_count_and_several_are_told(tmp_path: Path) -> None:
    given = task(region("rectanglelabels", x=0, y=0, width=10, height=10))
    answer = given["annotations"][0]
    given["annotations"] = [answer, answer | {"was_cancelled": True}]
    (one,) = reading(saved(tmp_path / "a.json", [given])).images
    assert (len(one.shapes), one.notes) == (1, ())
    given["annotations"] = [answer, answer]
    (two,) = reading(saved(tmp_path / "a.json", [given])).images
    assert len(two.shapes) == 2
    assert "several people" in two.notes[0]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ([task(region("polygonlabels", points=[[1, 2], [3]]))], "no numbers"),
        ([task(region("brushlabels", rle=[1, 999]))], "no bytes"),
        ([task(image=""), "x"], "no object"),
        ([{"data": {"text": "hello"}, "annotations": []}], "names no image"),
        ([task({"value": {"polygonlabels": ["a"], "points": []}})], "without original_width"),
    ],
)
def test_broken_tasks_are_told_in_one_line(given: Any, told: str, tmp_path: Path) -> None:
    path = saved(tmp_path / "a.json", given)
    with pytest.raises(MaskprepError, match=told) as caught:
        reading(path)
    assert str(caught.value).startswith(str(path))


def test_points_have_no_area(tmp_path: Path) -> None:
    given = [task(region("keypointlabels", x=1, y=1), region("ellipselabels", x=1, radiusX=2))]
    (image,) = reading(saved(tmp_path / "a.json", given)).images
    assert image.shapes == ()
    assert len(image.notes) == 2
