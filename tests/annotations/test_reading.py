"""What a file is, told by its content; labels by name; what is told of files of no use."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from maskprep.annotations.reading import formats
from maskprep.errors import MaskprepError
from tests.annotations.drawing import coco, polygon, reading, saved, square
from tests.annotations.test_cvat import document as cvat
from tests.annotations.test_labelme import document as labelme
from tests.annotations.test_labelme import shape

PERSON = coco(polygon(7, square(0, 0, 4)), polygon(3, square(9, 9, 4)))


def test_every_format_is_found_by_its_module() -> None:
    assert [each.title for each in formats()] == [
        "COCO",
        "CVAT",
        "Datumaro",
        "Label Studio",
        "labelme",
        "OpenRaster",
        "Photoshop",
        "YOLO",
    ]


def test_what_was_recognised_is_told_in_one_line(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.json", PERSON)
    told = reading(path).summary
    assert told == f"{path}: COCO, 1 image, shapes: person 1, hat 1, dog 0"


def test_labels_are_chosen_by_name_and_the_nearest_is_named(tmp_path: Path) -> None:
    annotations = reading(saved(tmp_path / "a.json", PERSON))
    assert annotations.chosen(["hat"]) == ("hat",)
    assert annotations.chosen([]) == ("person", "hat", "dog")
    with pytest.raises(MaskprepError, match="no class 'Persn': did you mean person"):
        annotations.chosen(["Persn"])
    with pytest.raises(MaskprepError, match="no class '7': there are person, hat, dog"):
        annotations.chosen(["7"])


def test_several_files_are_read_as_one(tmp_path: Path) -> None:
    first = saved(tmp_path / "a.json", coco(polygon(7, square(0, 0, 4))))
    second = saved(tmp_path / "b.json", coco(polygon(3, square(9, 9, 4))))
    assert len(reading(first, second).images) == 2


def test_formats_are_not_mixed(tmp_path: Path) -> None:
    saved(tmp_path / "a.json", PERSON)
    saved(tmp_path / "b.json", labelme(shape("point", [[3, 3]])))
    with pytest.raises(MaskprepError, match=r"a\.json is COCO, .*b\.json is labelme: name one"):
        reading(tmp_path)


def test_other_files_in_a_folder_are_passed_over(tmp_path: Path) -> None:
    saved(tmp_path / "annotations.xml", cvat())
    saved(tmp_path / "settings.json", {"a": 1})
    saved(tmp_path / "readme.txt", "hello")
    saved(tmp_path / ".hidden.xml", "<broken")
    annotations = reading(tmp_path)
    assert annotations.format.title == "CVAT"
    assert annotations.summary.endswith("shapes: person 0, hat 0; 2 other files passed over")


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("a.json", "{", "is no JSON"),
        ("a.json", "[" * 100_000, "is no JSON .nested deeper than 100 levels"),
        ("a.json", "\udcff", "is no JSON"),
        ("a.json", "{}", "holds no annotations; known are COCO"),
        ("a.json", "", "holds no annotations"),
        ("a.csv", "a,b", "holds no annotations"),
        ("a.txt", "hello", "holds no annotations"),
        ("a.zip", "PK\x03\x04", "is an archive: unpack it"),
        ("a.ora", "hello", "holds no annotations"),
    ],
)
def test_files_of_no_use_are_told_in_one_line(
    name: str, text: str, told: str, tmp_path: Path
) -> None:
    path = tmp_path / name
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(MaskprepError, match=told) as caught:
        reading(path)
    assert str(caught.value).startswith(str(path))


def test_what_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(MaskprepError, match="cannot be read"):
        reading(tmp_path / "a.json")


@pytest.mark.parametrize("library", ["pycocotools", "yaml", "psd_tools"])
def test_a_missing_library_is_named_with_its_command(
    library: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    (tmp_path / "a.psd").write_bytes(b"8BPS")
    saved(tmp_path / "yolo" / "data.yaml", "names: [person]")
    saved(tmp_path / "yolo" / "a.txt", "0 .1 .1 .5 .1 .5 .5")
    path = {"psd_tools": "a.psd", "yaml": "yolo", "pycocotools": "a.json"}[library]
    saved(tmp_path / "a.json", PERSON)
    with pytest.raises(MaskprepError, match=r'pip install "maskprep\[annotations\]"') as caught:
        reading(tmp_path / path)
    assert str(caught.value).startswith(str(tmp_path / path))
