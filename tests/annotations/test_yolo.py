"""YOLO: outlines cut to whole px as Ultralytics does, classes by the names beside the texts."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from maskprep.annotations import painting
from maskprep.errors import MaskprepError
from tests.annotations.drawing import SIZE, filled, reading, saved, truth, unpacked

_OPENCV = tuple(int(part) for part in cv2.__version__.split(".")[:2])
SQUARE = "0.1 0.1 0.5 0.1 0.5 0.5 0.1 0.5"


def test_outlines_are_filled_as_ultralytics_fills_them() -> None:
    era = "to-opencv-4.10" if _OPENCV < (4, 11) else "from-opencv-4.11"
    for case in truth(f"yolo-{era}"):
        shares = np.array(case["shares"], np.float32)
        made = painting.opencv(shares * np.array(SIZE, np.float32), SIZE)
        assert np.array_equal(made, unpacked(case["rows"])), case["shares"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("labels/classes.txt", "person\nhat\n"),
        ("classes.txt", "person\nhat"),
        ("data.yaml", "nc: 2\nnames: [person, hat]\n"),
        ("data.yaml", "names:\n  0: person\n  1: hat\n"),
        ("labels/obj.names", "person\nhat\n"),
    ],
)
def test_classes_are_named_beside_the_texts_or_above(name: str, text: str, tmp_path: Path) -> None:
    saved(tmp_path / name, text)
    saved(tmp_path / "labels" / "a.txt", f"1 {SQUARE}\n\n1.0 {SQUARE}\n")
    annotations = reading(tmp_path / "labels")
    assert annotations.format.title == "YOLO"
    assert annotations.labels == ("person", "hat")
    (image,) = annotations.images
    assert [shape.label for shape in image.shapes] == ["hat", "hat"]
    assert image.size is None
    made = filled(annotations)
    assert (made[3:16, 4:21] == 255).all()
    assert np.count_nonzero(made) == 13 * 17


def test_without_names_the_classes_are_not_guessed(tmp_path: Path) -> None:
    folder = tmp_path / "1" / "2" / "3" / "labels"
    saved(folder / "a.txt", f"1 {SQUARE}")
    with pytest.raises(MaskprepError, match=r"data\.yaml or classes\.txt"):
        reading(folder)


def test_boxes_are_no_outlines(tmp_path: Path) -> None:
    saved(tmp_path / "classes.txt", "person")
    (image,) = reading(saved(tmp_path / "a.txt", "0 0.5 0.5 0.2 0.2\n")).images
    assert image.shapes == ()
    assert image.notes == ("a line that is a box, and no outline, is left out",)


def test_poses_are_no_outlines(tmp_path: Path) -> None:
    saved(tmp_path / "data.yaml", "names: [person]\nkpt_shape: [2, 2]\n")
    with pytest.raises(MaskprepError, match="are poses, and no outlines"):
        reading(saved(tmp_path / "a.txt", f"0 {SQUARE}"))


def test_an_empty_text_is_an_image_without_shapes(tmp_path: Path) -> None:
    saved(tmp_path / "classes.txt", "person")
    saved(tmp_path / "a.txt", f"0 {SQUARE}")
    saved(tmp_path / "b.txt", "")
    saved(tmp_path / "c.txt", "a caption, no outline")
    annotations = reading(tmp_path)
    assert [len(each.shapes) for each in annotations.images] == [1, 0]
    assert annotations.passed_over == 2  # the names, the caption


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("0 1 2 3 4 5 600", "in px"),
        ("0 .1 .2 .3 .4 .5", "odd count"),
        ("5 .1 .1 .5 .1 .5 .5", "class 5 has no name"),
        ("0 .1 .1 1e999 .1 .5 .5", "no finite numbers"),
    ],
)
def test_broken_lines_are_told_with_their_file(line: str, told: str, tmp_path: Path) -> None:
    saved(tmp_path / "classes.txt", "person")
    path = saved(tmp_path / "a.txt", line)
    with pytest.raises(MaskprepError, match=told) as caught:
        reading(path)
    assert str(caught.value).startswith(str(path))


def test_shares_outside_are_told(tmp_path: Path) -> None:
    saved(tmp_path / "classes.txt", "person")
    (image,) = reading(saved(tmp_path / "a.txt", "0 -0.1 0 0.5 0 0.5 0.5")).images
    assert "outside the picture" in image.shapes[0].remark
