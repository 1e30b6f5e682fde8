"""CVAT: its XML for images, filled as its own mask export fills it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from maskprep.annotations import painting, runs
from maskprep.errors import MaskprepError
from tests.annotations.drawing import SIZE, filled, reading, saved, truth, unpacked

HEAD = """<?xml version="1.0" encoding="utf-8"?>
<annotations><version>1.1</version>
<meta><task><labels><label><name>person</name></label><label><name>hat</name></label></labels>
</task></meta>"""


def document(*shapes: str) -> str:
    image = '<image id="0" name="sub/a.png" width="40" height="30">'
    return f"{HEAD}{image}{''.join(shapes)}</image></annotations>"


def test_ellipses_and_masks_are_filled_as_cvat_fills_them() -> None:
    for case in truth("cvat"):
        if "counts" in case:
            made = runs.by_rows(case["counts"], case["box"], SIZE)
        else:
            made = painting.opencv_ellipse(case["centre"], case["radii"], case["turn"], SIZE)
        assert np.array_equal(made, unpacked(case["rows"])), case


def test_every_kind_with_an_area_is_read(tmp_path: Path) -> None:
    shapes = (
        '<box label="hat" xtl="2" ytl="3" xbr="6" ybr="8" occluded="0"/>',
        '<polygon label="person" points="10,3;14,3;14,7;10,7" z_order="0"/>',
        '<mask label="person" rle="1,2,1,2" left="20" top="5" width="3" height="2"/>',
        '<ellipse label="hat" cx="30" cy="15" rx="4" ry="3" rotation="30"/>',
        '<polyline label="hat" points="0,0;30,20"/>',
        '<points label="hat" points="1,1"/>',
        '<tag label="hat"/>',
    )
    annotations = reading(saved(tmp_path / "annotations.xml", document(*shapes)))
    assert annotations.format.title == "CVAT"
    assert annotations.labels == ("person", "hat")
    (image,) = annotations.images
    assert image.size == SIZE
    areas = [np.count_nonzero(shape.draw(SIZE)) for shape in image.shapes]
    assert areas[:3] == [20, 16, 4]
    assert areas[3] > 30
    assert len(image.notes) == 2
    made = filled(annotations)
    assert (made[5, 20], made[5, 21], made[6, 20], made[6, 21]) == (0, 255, 0, 255)


def test_a_box_turned_by_a_quarter_has_its_sides_swapped(tmp_path: Path) -> None:
    box = '<box label="hat" xtl="10" ytl="10" xbr="18" ybr="14" rotation="90"/>'
    made = filled(reading(saved(tmp_path / "a.xml", document(box))))
    rows, columns = np.nonzero(made)
    assert (rows.min(), rows.max() + 1, columns.min(), columns.max() + 1) == (8, 16, 12, 16)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (document('<box xtl="2"/>'), "without 'label'"),
        (document('<box label="hat" xtl="2"/>'), "without 'ytl'"),
        (document('<box label="hat" xtl="2" ytl="x" xbr="1" ybr="1"/>'), "no numbers"),
        (document('<polygon label="hat" points="1,2;3"/>'), "odd count"),
        (document('<mask label="hat" rle="1,a" left="1" top="1" width="1" height="1"/>'), "number"),
        (document('<mask label="hat" rle="1" left="1" top="1" width="0" height="1"/>'), "no box"),
        (document("<box"), "is no XML"),
        ("<?xml version='1.0' encoding='utf-9'?><annotations/>", "is no XML"),
        ("<annotations><meta/><track/></annotations>", "CVAT for video"),
        ("<!DOCTYPE a>" + document(), "declares a document type"),
    ],
)
def test_broken_files_are_told_in_one_line(text: str, told: str, tmp_path: Path) -> None:
    path = saved(tmp_path / "a.xml", text)
    with pytest.raises(MaskprepError, match=told) as caught:
        reading(path)
    assert str(caught.value).startswith(str(path))


def test_xml_of_other_kinds_is_not_taken(tmp_path: Path) -> None:
    with pytest.raises(MaskprepError, match="holds no annotations; known are COCO"):
        reading(saved(tmp_path / "a.xml", "<annotation><object/></annotation>"))
