"""Which image an annotation is about, whatever the tool made of its name."""

from __future__ import annotations

import pytest

from maskprep.annotations.matching import matched
from maskprep.annotations.shapes import Annotated


def about(*names: str, path: str = "all.json") -> Annotated:
    return Annotated(path, names, None, ())


@pytest.mark.parametrize(
    ("names", "image"),
    [
        (("a.jpg",), "set/a.jpg"),
        (("train/2017/a.jpg",), "set/a.jpg"),
        (("C:\\Users\\x\\a.jpg",), "set/a.jpg"),
        (("..\\images\\a.jpg",), "set/a.jpg"),
        (("A.JPG",), "set/a.jpg"),
        (("a.png",), "set/a.jpg"),
        (("labels/a.txt",), "set/a.jpg"),
        (("0123abcd-a.jpg", "a.jpg"), "set/a.jpg"),
    ],
)
def test_names_are_found_with_folders_endings_and_prefixes(
    names: tuple[str, ...], image: str
) -> None:
    match = matched([about(*names)], ["set/a.jpg", "set/b.jpg"])
    assert list(match.of_image) == [image]
    assert not match.doubtful
    assert not match.without


def test_the_whole_name_goes_before_the_name_without_its_ending() -> None:
    images = ["set/a.jpg", "set/a.png"]
    assert list(matched([about("a.png")], images).of_image) == ["set/a.png"]
    assert list(matched([about("a.txt")], images).of_image) == images


def test_folders_decide_between_images_of_one_name() -> None:
    images = ["set/x/a.jpg", "set/y/a.jpg"]
    match = matched([about("y/a.jpg"), about("x/a.jpg")], images)
    assert {image: found[0].names for image, found in match.of_image.items()} == {
        "set/y/a.jpg": ("y/a.jpg",),
        "set/x/a.jpg": ("x/a.jpg",),
    }


def test_what_nobody_can_know_is_doubtful() -> None:
    match = matched([about("a.jpg")], ["set/x/a.jpg", "set/y/a.jpg"])
    assert not match.of_image
    assert list(match.doubtful) == ["set/x/a.jpg", "set/y/a.jpg"]
    match = matched([about("x/a.jpg"), about("y/a.jpg")], ["set/a.jpg"])
    assert match.doubtful == {
        "set/a.jpg": "2 annotated images may be it: x/a.jpg or y/a.jpg",
    }


def test_several_files_may_speak_of_one_image() -> None:
    match = matched([about("x/a.jpg"), about("y/a.jpg", path="more.json")], ["set/a.jpg"])
    assert len(match.of_image["set/a.jpg"]) == 2
    assert not match.doubtful


def test_images_that_are_not_there_are_named() -> None:
    assert matched([about("train/z.jpg")], ["set/a.jpg"]).without == ("z.jpg",)
