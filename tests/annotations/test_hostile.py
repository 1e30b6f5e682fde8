"""Files that nobody's tool writes: one line that says so, whatever their numbers and names are."""

from __future__ import annotations

import json
import os
import zipfile
from pathlib import Path
from typing import Any

import pytest

from maskprep.annotations.document import MOST_PIXELS, Malformed, size_of, xml_of
from maskprep.annotations.runs import by_rows
from maskprep.errors import MaskprepError
from maskprep.model import Size
from tests.annotations.drawing import SIZE, coco, extracting, pictures, polygon, reading, saved
from tests.annotations.drawing import square as corners
from tests.annotations.test_label_studio import SIDES, task
from tests.annotations.test_labelme import document as labelme
from tests.annotations.test_labelme import shape
from tests.annotations.test_layers import STACK
from tests.annotations.test_yolo import SQUARE
from tests.commands import all_of

HAT = coco(polygon(3, corners(1, 1, 9)))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
def test_json_of_any_encoding_is_read(encoding: str, tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(json.dumps(HAT).encode(encoding))
    assert reading(path).labels == ("person", "hat", "dog")


def test_texts_of_powershell_are_read(tmp_path: Path) -> None:
    for name, text in (("a.txt", f"0 {SQUARE}\r\n"), ("classes.txt", "hat\r\n")):
        (tmp_path / name).write_bytes(text.encode("utf-16"))
    assert reading(tmp_path).labels == ("hat",)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_xml_with_an_entity_is_refused_in_any_encoding(encoding: str) -> None:
    text = f'<?xml version="1.0" encoding="{encoding}"?><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'
    with pytest.raises(Malformed, match="declares a document type"):
        xml_of(text.encode(encoding))
    assert xml_of(f'<?xml version="1.0" encoding="{encoding}"?><a/>'.encode(encoding)).tag == "a"


@pytest.mark.parametrize("sides", [(13378, 13378), (1 << 17, 1 << 11), (-4, -4), (1e400, 5)])
def test_sizes_that_nobody_decodes_are_refused(sides: tuple[Any, Any]) -> None:
    with pytest.raises(Malformed, match="an image of"):
        size_of(*sides)
    assert size_of(13377, 13377) == Size(13377, 13377)


def test_a_picture_of_another_size_is_told_before_it_is_filled(tmp_path: Path) -> None:
    told = HAT | {"images": [HAT["images"][0] | {"width": 13000, "height": 13000}]}
    path = saved(tmp_path / "a.json", told)
    result, made = extracting(pictures(tmp_path, "a.png"), path)
    assert "annotated as 13000 x 13000 px, is 40 x 30 px: take the image" in all_of(result)
    assert not made


@pytest.mark.parametrize("counts", [[10**4299] * 11, [10**300], [MOST_PIXELS, 1]])
def test_runs_beyond_any_picture_are_told_in_a_line(counts: list[int]) -> None:
    with pytest.raises(MaskprepError, match="an RLE of more px than any picture has for 2 x 2 px"):
        by_rows(counts, [0, 0, 2, 2], SIZE)


def test_a_circle_beyond_what_pillow_draws_is_told(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.json", labelme(shape("circle", [[5, 5], [200_005, 5]])))
    with pytest.raises(MaskprepError, match="a circle of more than 100000 px"):
        reading(path).images[0].shapes[0].draw(SIZE)


def test_a_long_way_inside_the_picture_is_told_as_that(tmp_path: Path) -> None:
    way = [[0.0, 0.0], [39.0, 29.0]] * 60_000
    path = saved(tmp_path / "a.json", coco(polygon(3, way)))
    with pytest.raises(MaskprepError, match="an outline is longer than 4000000 px"):
        reading(path).images[0].shapes[0].draw(SIZE)


@pytest.mark.parametrize("labels", [None, 5, "hat", {"hat": 1}])
def test_labels_that_are_no_list_are_no_labels(labels: Any, tmp_path: Path) -> None:
    value = {"points": [[0, 0], [9, 0], [9, 9]], "labels": labels}
    drawn = {"type": "labels", "value": value, **SIDES}
    assert not reading(saved(tmp_path / "a.json", [task(drawn)])).labels


def test_why_an_image_has_no_shape_is_told(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.json", coco({"category_id": 3, "segmentation": []}))
    result, _ = extracting(pictures(tmp_path, "a.png"), path)
    assert "is annotated without any shape (an annotation without an outline" in all_of(result)


def test_names_without_end_are_cut(tmp_path: Path) -> None:
    named = HAT | {"categories": [{"id": 3, "name": "h" * 100_000}]}
    assert len(reading(saved(tmp_path / "a.json", named)).summary) < 500


@pytest.mark.parametrize(
    ("names", "told"),
    [
        ("names: &a [*a]", "has references"),
        ("a: &a [hat]\nnames: *a", "has references"),
        ("names: [[hat, head]]", "names of classes that are no text"),
        ("names: {0: {a: b}}", "names of classes that are no text"),
        ("names: [hat]\nmore: " + "x" * (1 << 18), "is too large to name classes"),
        ("names: " + "[" * 40, "a depth that classes need not"),
        ("names: [hat", "is no YAML"),
    ],
)
def test_names_of_classes_are_words(names: str, told: str, tmp_path: Path) -> None:
    saved(tmp_path / "data.yaml", names)
    saved(tmp_path / "labels" / "a.txt", f"0 {SQUARE}\n")
    with pytest.raises(MaskprepError, match=told) as caught:
        reading(tmp_path / "labels")
    assert "data.yaml" in str(caught.value)


def test_yaml_of_something_else_is_passed_over(tmp_path: Path) -> None:
    saved(tmp_path / "cloud.yaml", "Bucket: !Ref Name\n")
    saved(tmp_path / "data.yaml", "names: [hat]\n")
    saved(tmp_path / "labels" / "a.txt", f"0 {SQUARE}\n")
    assert reading(tmp_path / "labels").labels == ("hat",)


def test_a_number_without_end_is_no_class(tmp_path: Path) -> None:
    path = saved(tmp_path / "labels" / "a.txt", f"{'9' * 400} {SQUARE}\n")
    saved(tmp_path / "labels" / "classes.txt", "hat\n")
    with pytest.raises(MaskprepError, match="holds no annotations"):
        reading(path)


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_damaged_archive_is_told_whatever_it_is_packed_by(method: int, tmp_path: Path) -> None:
    path = tmp_path / "a.ora"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "image/openraster")
        archive.writestr("stack.xml", STACK, method)
        start = archive.getinfo("stack.xml").header_offset + 30 + len("stack.xml")
    content = bytearray(path.read_bytes())
    content[start + 9 : start + 60] = b"\xff" * 51
    path.write_bytes(content)
    with pytest.raises(MaskprepError, match=r"stack\.xml in it cannot be read"):
        reading(path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes have names on POSIX only")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "b.json")
    with pytest.raises(MaskprepError, match="is no regular file"):
        reading(tmp_path / "b.json")
    saved(tmp_path / "a.json", HAT)
    assert len(reading(tmp_path).images) == 1
