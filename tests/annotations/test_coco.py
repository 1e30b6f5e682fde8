"""COCO: outlines as pycocotools fills them, both kinds of RLE, and what its files may lack."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from maskprep.annotations import painting, runs
from maskprep.annotations.document import Malformed, corners
from maskprep.errors import MaskprepError
from tests.annotations.drawing import (
    SIZE,
    coco,
    filled,
    polygon,
    reading,
    saved,
    square,
    truth,
    unpacked,
)


def test_outlines_are_filled_as_pycocotools_fills_them() -> None:
    for case in truth("coco"):
        made = painting.coco([corners(case["points"])], SIZE)
        assert np.array_equal(made, unpacked(case["rows"])), case["points"]


def test_compressed_runs_are_what_pycocotools_unpacks() -> None:
    for case in truth("coco"):
        made = runs.by_columns(runs.lengths(case["counts"]), SIZE, SIZE)
        assert np.array_equal(made, unpacked(case["rows"]))


def test_a_square_of_four_is_sixteen_pixels(tmp_path: Path) -> None:
    annotations = reading(saved(tmp_path / "a.json", coco(polygon(7, square(0, 0, 4)))))
    assert annotations.format.title == "COCO"
    assert np.count_nonzero(filled(annotations)) == 16


def test_parts_of_one_thing_are_joined_and_not_taken_out(tmp_path: Path) -> None:
    outer, inner = polygon(7, square(2, 2, 20)), polygon(7, square(6, 6, 4))
    entry = outer | {"segmentation": [*outer["segmentation"], *inner["segmentation"]]}
    annotations = reading(saved(tmp_path / "a.json", coco(entry)))
    assert np.count_nonzero(filled(annotations)) == 400


def test_plain_runs_go_down_the_columns(tmp_path: Path) -> None:
    counts = [30 * 3 + 5, 10, 30 * 40 - 30 * 3 - 15]
    rle = {"category_id": 7, "segmentation": {"counts": counts, "size": [30, 40]}, "iscrowd": 1}
    annotations = reading(saved(tmp_path / "a.json", coco(rle)))
    expected = np.zeros((30, 40), np.uint8)
    expected[5:15, 3] = 255
    assert np.array_equal(filled(annotations), expected)
    assert "crowd" in annotations.images[0].shapes[0].remark


def test_runs_that_do_not_fill_the_picture_are_refused(tmp_path: Path) -> None:
    rle = {"category_id": 7, "segmentation": {"counts": [3, 4], "size": [30, 40]}}
    annotations = reading(saved(tmp_path / "a.json", coco(rle)))
    with pytest.raises(MaskprepError, match="an RLE of 7 px for 30 x 40 px"):
        filled(annotations)


@pytest.mark.parametrize("text", ["a", "\u00e9", "~", "ppppppppppp0", "B"])
def test_what_is_no_compressed_run_is_refused(text: str) -> None:
    with pytest.raises(Malformed):
        runs.lengths(text)


def test_what_has_no_outline_is_left_out_and_told(tmp_path: Path) -> None:
    short = polygon(7, [[0, 0], [5, 5]])
    box = {"category_id": 3, "segmentation": [], "bbox": [0, 0, 5, 5]}
    (image,) = reading(saved(tmp_path / "a.json", coco(short, box))).images
    assert image.shapes == ()
    assert [each.split(" ")[1] for each in image.notes] == ["outline", "annotation"]


def test_a_contour_of_opencv_is_told(tmp_path: Path) -> None:
    disc = np.zeros((30, 40), np.uint8)
    cv2.circle(disc, (20, 15), 9, [255], -1)
    (traced,), _ = cv2.findContours(disc, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    drawn = [[20 + 9 * np.cos(turn), 15 + 9 * np.sin(turn)] for turn in np.linspace(0, 6, 20)]
    entries = polygon(7, traced.reshape(-1, 2).tolist()), polygon(7, drawn)
    (image,) = reading(saved(tmp_path / "a.json", coco(*entries))).images
    by_opencv, by_hand = image.shapes
    assert "OpenCV's contours" in by_opencv.remark
    assert by_hand.remark == ""
    assert np.count_nonzero(by_opencv.draw(SIZE)) < np.count_nonzero(disc)


def test_corners_outside_are_told(tmp_path: Path) -> None:
    (image,) = reading(saved(tmp_path / "a.json", coco(polygon(7, square(-9, 0, 12))))).images
    assert "outside the picture" in image.shapes[0].remark
    assert np.count_nonzero(image.shapes[0].draw(SIZE)) == 36


def test_an_outline_without_end_is_refused() -> None:
    with pytest.raises(MaskprepError, match="a million pixels"):
        painting.coco([corners([0, 0, 2e8, 0, 0, 5])], SIZE)


def changed(**entries: Any) -> dict[str, Any]:
    return coco(polygon(7, square(0, 0, 4))) | entries


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (changed(categories=[]), "category 7, which is not listed"),
        (changed(images=[]), "image 0 that is not listed"),
        (changed(images=[{"id": 0}]), "no 'file_name'"),
        (changed(images=[{"id": [], "file_name": "a.png"}]), "neither number nor text"),
        (coco(polygon(7, [[0, 0], [1, "x"], [4, 4]])), "no numbers"),  # type: ignore[list-item]
        (coco(polygon(7, [[0, 0], [1, float("nan")], [4, 4]])), "no finite numbers"),
        (coco({"category_id": 7, "segmentation": [[1, 2, 3]]}), "odd count"),
        (coco({"category_id": 7, "segmentation": "abc"}), "neither a list nor an RLE"),
        (coco({"category_id": 7, "segmentation": {"size": [3]}}), "not height and width"),
        (coco({"category_id": 7, "segmentation": {"size": [3, 4]}}), "without a list of counts"),
        (changed(annotations=[{"image_id": 0, "segments_info": []}]), "panoptic"),
    ],
)
def test_broken_entries_are_told_in_one_line(data: Any, told: str, tmp_path: Path) -> None:
    path = saved(tmp_path / "a.json", data)
    with pytest.raises(MaskprepError, match=told) as caught:
        reading(path)
    assert str(caught.value).startswith(str(path))
