"""Annotations made masks: chosen by label, of the image's size, with every door of extract."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from maskprep.model import Size
from tests.annotations.drawing import (
    SIZE,
    coco,
    extracting,
    pictures,
    polygon,
    reading,
    saved,
    square,
)
from tests.annotations.test_label_studio import region, task
from tests.annotations.test_labelme import document, shape
from tests.commands import all_of, run
from tests.datasets import CELL, Folders

PERSON, HAT = polygon(7, square(2, 2, 10)), polygon(3, square(10, 10, 6))


def test_shapes_of_chosen_labels_are_joined_and_white(tmp_path: Path) -> None:
    images = pictures(tmp_path, "a.png")
    annotations = saved(tmp_path / "all.json", coco(PERSON, HAT))
    told, made = extracting(images, annotations, "--label", "person", "--label", "hat")
    assert told.exit_code == 0
    assert np.count_nonzero(made["a.png"]) == 100 + 36 - 4
    assert set(np.unique(made["a.png"])) == {0, 255}
    assert "person 1, hat 1, coverage 11.00%" in told.stdout
    assert f"{annotations}: COCO, 1 image, shapes: person 1, hat 1, dog 0" in told.stderr
    told, made = extracting(images, annotations, "--label", "hat", "--overwrite")
    assert np.count_nonzero(made["a.png"]) == 36


def test_without_a_label_all_shapes_train(tmp_path: Path) -> None:
    annotations = saved(tmp_path / "all.json", coco(PERSON, HAT))
    _, made = extracting(pictures(tmp_path, "a.png"), annotations)
    assert np.count_nonzero(made["a.png"]) == 132


def test_the_doors_of_extract_hold(tmp_path: Path) -> None:
    images = pictures(tmp_path, "a.png")
    annotations = saved(tmp_path / "all.json", coco(PERSON))
    told, made = extracting(images, annotations, "--dry-run")
    assert told.exit_code == 0
    assert "1 of 1 files would be written" in told.stdout
    assert not made
    extracting(images, annotations)
    told, _ = extracting(images, annotations)
    assert told.exit_code == 2
    assert "add --overwrite" in told.stderr
    told = run("extract", images, "--annotations", annotations, "--output", images)
    assert "lies in the data set" in told.stderr
    told = run("extract", images, "--annotations", annotations, "--in-place")
    assert told.exit_code == 2
    assert "--output DIR" in told.stderr


def test_tones_go_on_top(tmp_path: Path) -> None:
    annotations = saved(tmp_path / "all.json", coco(PERSON))
    _, made = extracting(pictures(tmp_path, "a.png"), annotations, "--invert", "--floor", "0.2")
    assert made["a.png"][5, 5] == 51
    assert made["a.png"][20, 20] == 255


@pytest.mark.parametrize(
    ("missing", "value"),
    [(None, None), ("white", 255), ("black", 0), ("skip", None)],
)
def test_images_without_the_label_are_told_or_made_as_wished(
    missing: str | None, value: int | None, tmp_path: Path
) -> None:
    images = pictures(tmp_path, "a.png", "b.png", "c.png")
    data = coco(PERSON, HAT | {"image_id": 1}, names=("a.png", "b.png"))
    words = () if missing is None else ("--missing", missing)
    told, made = extracting(images, saved(tmp_path / "all.json", data), "--label", "person", *words)
    assert told.exit_code == (1 if missing is None else 0)
    if missing is None:
        assert "b.png: is annotated without person: --missing white" in told.stderr
        assert "c.png: is not annotated: --missing white" in told.stderr
    if missing == "skip":
        assert "no mask for 2 images without such a shape" in told.stderr
    if value is None:
        assert sorted(made) == ["a.png"]
    else:
        assert (made["b.png"] == value).all()
        assert (made["c.png"] == value).all()


def test_an_image_of_another_size_is_told_and_may_be_resized(tmp_path: Path) -> None:
    images = pictures(tmp_path, "a.png", size=Size(80, 60))
    annotations = saved(tmp_path / "all.json", coco(PERSON))
    told, _ = extracting(images, annotations)
    assert told.exit_code == 1
    assert (
        "annotated as 40 x 30 px, is 80 x 60 px: take the image that was annotated" in told.stderr
    )
    told, made = extracting(images, annotations, "--resize")
    assert told.exit_code == 0
    assert made["a.png"].shape == (60, 80)
    odd = pictures(tmp_path / "odd", "a.png", size=Size(80, 50))
    told, _ = extracting(odd, annotations, "--resize")
    assert "of another shape" in told.stderr


def turned(folder: Path, orientation: int) -> Path:
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = Size(SIZE.height, SIZE.width) if orientation >= 5 else SIZE
    folder.mkdir(parents=True)
    Image.new("RGB", stored, (90, 120, 60)).save(folder / "a.jpg", exif=exif)
    return folder


@pytest.mark.parametrize("orientation", [3, 6])
def test_what_was_drawn_on_the_turned_view_is_turned_back(orientation: int, tmp_path: Path) -> None:
    images = turned(tmp_path / "images", orientation)
    drawn = document(shape("rectangle", [[0, 0], [9, 4]]), image="a.jpg")
    _, made = extracting(images, saved(tmp_path / "labels" / "a.json", drawn))
    mask = made["a.png"]
    view = np.rot90(mask, 2) if orientation == 3 else np.rot90(mask, -1)
    assert view.shape == (SIZE.height, SIZE.width)
    assert (view[:5, :10] == 255).all()
    assert np.count_nonzero(view) == 50


def test_a_yolo_outline_is_in_shares_of_the_view(tmp_path: Path) -> None:
    images = turned(tmp_path / "images", 6)
    saved(tmp_path / "labels" / "classes.txt", "person")
    saved(tmp_path / "labels" / "a.txt", "0 0 0 .5 0 .5 .1 0 .1")
    _, made = extracting(images, tmp_path / "labels", "--label", "person")
    view = np.rot90(made["a.png"], -1)
    assert (view[:4, :21] == 255).all()
    assert np.count_nonzero(view) == 4 * 21


def test_uploads_of_label_studio_find_their_images(tmp_path: Path) -> None:
    images = pictures(tmp_path, "a.png")
    given = [task(region("rectanglelabels", x=10, y=10, width=50, height=50))]
    told, made = extracting(images, saved(tmp_path / "a.json", given), "--label", "person")
    assert told.exit_code == 0
    assert np.count_nonzero(made["a.png"]) == 20 * 15


def test_images_of_one_stem_are_told(tmp_path: Path) -> None:
    images = pictures(tmp_path, "a.png", "a.jpg")
    drawn = saved(tmp_path / "labels" / "a.json", document(shape("point", [[9, 9]]), image="a.bmp"))
    told, made = extracting(images, drawn)
    assert told.exit_code == 1
    assert "is made of" in told.stderr
    assert len(made) == 1


def test_sub_folders_are_kept_apart(tmp_path: Path) -> None:
    images = pictures(tmp_path, "x/a.png", "y/a.png")
    data = coco(PERSON, HAT | {"image_id": 1}, names=("x/a.png", "y/a.png"))
    _, made = extracting(images, saved(tmp_path / "all.json", data))
    assert {name: np.count_nonzero(mask) for name, mask in made.items()} == {
        "x/a.png": 100,
        "y/a.png": 36,
    }
    doubtful = saved(tmp_path / "some.json", coco(PERSON, names=("a.png",)))
    told, _ = extracting(images, doubtful, "--overwrite")
    assert told.exit_code == 1
    assert "may be" in told.stderr


def test_the_images_may_be_those_of_a_configuration(tmp_path: Path) -> None:
    folders = Folders(tmp_path / "set").add("a.png")
    width = height = 16 * CELL
    data = coco(PERSON)
    data["images"][0] |= {"width": width, "height": height}
    output = tmp_path / "made"
    annotations = saved(tmp_path / "all.json", data)
    told = run("extract", folders.config(), "--annotations", annotations, "--output", output)
    assert told.exit_code == 0
    with Image.open(output / "a.png") as made:
        assert np.count_nonzero(np.asarray(made)) == 100


def test_what_is_not_there_is_told(tmp_path: Path) -> None:
    images = pictures(tmp_path, "a.png")
    data = coco(PERSON, names=("a.png", "z.png"))
    told, _ = extracting(images, saved(tmp_path / "all.json", data))
    assert "1 annotated images are not there: z.png" in told.stderr
    told, _ = extracting(images, saved(tmp_path / "other.json", coco(PERSON, names=("z.png",))))
    assert told.exit_code == 2
    assert "names no image of" in told.stderr


def test_a_shape_that_covers_nothing_and_remarks_are_told(tmp_path: Path) -> None:
    images = pictures(tmp_path, "a.png")
    line = polygon(7, [[1, 1], [9, 1], [5, 1]])
    outside = polygon(7, square(-9, 0, 12))
    told, _ = extracting(images, saved(tmp_path / "all.json", coco(line, outside)))
    assert "person: a shape covers no pixel" in told.stderr
    assert "outside the picture" in told.stderr


def test_a_run_of_another_picture_is_this_image_s_problem_alone(tmp_path: Path) -> None:
    images = pictures(tmp_path, "a.png", "b.png")
    rle = {"category_id": 7, "segmentation": {"counts": [6], "size": [2, 3]}, "image_id": 1}
    data = coco(PERSON, rle, names=("a.png", "b.png"))
    told, made = extracting(images, saved(tmp_path / "all.json", data))
    assert told.exit_code == 1
    assert "b.png: person: an RLE of 3 x 2 px on a picture of 40 x 30 px" in told.stderr
    assert sorted(made) == ["a.png"]


@pytest.mark.parametrize(
    "words",
    [["--masks", "x"], ["--alpha"], ["--from", "r"], ["--above", "1"], ["--apply-exif"]],
)
def test_what_speaks_of_mask_files_does_not_go_with_annotations(
    words: list[str], tmp_path: Path
) -> None:
    annotations = saved(tmp_path / "all.json", coco(PERSON))
    told, _ = extracting(pictures(tmp_path, "a.png"), annotations, *words)
    assert told.exit_code == 2
    assert f"--annotations and {words[0]} exclude each other" in told.stderr


def test_words_of_annotations_are_explained_without_them(tmp_path: Path) -> None:
    images = pictures(tmp_path, "a.png")
    told = run(
        "extract", images, "--masks", images, "--label", "person", "--output", tmp_path / "o"
    )
    assert told.exit_code == 2
    assert "--label person: a mask's labels are numbers" in all_of(told)
    annotations = saved(tmp_path / "all.json", coco(PERSON))
    told = run("extract", images, "--masks", annotations, "--output", tmp_path / "o")
    assert told.exit_code == 2
    assert f"annotations are read by --annotations {annotations}" in all_of(told)
    told = run("extract", images, "--missing", "white", "--output", tmp_path / "o")
    assert "--missing goes with --annotations" in all_of(told)


def test_the_sources_stay_as_they_are(tmp_path: Path) -> None:
    annotations = saved(tmp_path / "all.json", coco(PERSON))
    before: Any = annotations.read_bytes()
    extracting(pictures(tmp_path, "a.png"), annotations)
    assert annotations.read_bytes() == before
    assert len(reading(annotations).images) == 1
