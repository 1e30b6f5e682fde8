"""Every command works for SimpleTuner: on folders, on its data sets, on what it was given."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from maskprep.dataset.discover import Request, discover
from maskprep.dataset.samples import samples_of
from maskprep.model import Size
from maskprep.trainers import find_model, find_trainer
from maskprep.trainers.simpletuner.placement import Crop, Resolution, place
from tests.commands import run
from tests.datasets import FIGURE, drawn

TRAINER = find_trainer("simpletuner")


@pytest.fixture
def images(tmp_path: Path) -> Path:
    folder, masks = tmp_path / "images", tmp_path / "masks"
    folder.mkdir()
    masks.mkdir()
    for name in ("a", "b"):
        Image.new("RGB", (256, 256), (90, 120, 150)).save(folder / f"{name}.png")
        Image.fromarray(drawn(FIGURE)).save(masks / f"{name}.png")
        (folder / f"{name}.txt").write_text("a figure", encoding="utf-8")
    return folder


@pytest.fixture
def masks(images: Path) -> Path:
    return images.parent / "masks"


def checked(target: Path, *options: object) -> dict[str, Any]:
    result = run("check", target, "--no-cache", "--format", "json", *options)
    document: dict[str, Any] = json.loads(result.stdout)
    return document


def test_a_folder_is_checked_with_its_masks(images: Path, masks: Path) -> None:
    words = ("--masks", masks, "--trainer", "simpletuner", "--resolution", "256")
    report = checked(images, *words)
    assert report["starts"]
    assert [Path(row["mask"]).name for row in report["samples"]] == ["a.png", "b.png"]
    told = run("check", images, "--alpha", "--trainer", "simpletuner").stderr
    assert "SimpleTuner reads no masks from the alpha" in told


@pytest.mark.parametrize("model", TRAINER.models)
def test_every_model_is_placed_and_weighed(model: str, images: Path, masks: Path) -> None:
    traits = find_model(TRAINER, model)
    for sample in samples_of(discover(Request(str(images), TRAINER, traits, masks=str(masks)))):
        weights, placement = sample.weights, sample.placement
        assert weights is not None and placement is not None
        assert weights.shape[0] == placement.bucket.height // traits.stride
        assert sample.details is not None


def test_what_is_drawn_and_grown_is_weighed_alike(
    images: Path, masks: Path, tmp_path: Path
) -> None:
    mask = drawn(FIGURE)
    mask[20:21, 10:120] = 255
    Image.fromarray(mask).save(masks / "a.png")
    words = (images, "--masks", masks, "--trainer", "simpletuner", "--resolution", "512")
    result = run("preview", *words, "--output", tmp_path / "out", "--weights", tmp_path / "weights")
    assert result.exit_code == 0, result.stderr
    before = np.load(tmp_path / "weights" / "a.npy")
    grown = tmp_path / "grown"
    result = run("dilate", *words, "--target", "0.7", "--output", grown, "--all")
    assert result.exit_code == 0, result.stderr
    (masks / "a.png").write_bytes((grown / "a.png").read_bytes())
    again = run("preview", *words, "--output", tmp_path / "o2", "--weights", tmp_path / "w2")
    assert again.exit_code == 0, again.stderr
    assert float(np.load(tmp_path / "w2" / "a.npy").sum()) > float(before.sum())


def test_one_image_is_told_with_its_mask(images: Path, masks: Path) -> None:
    told = run("info", images / "a.png", masks / "a.png", "--trainer", "simpletuner").stdout
    assert "masks/a.png" in told.replace("\n", "").replace(" ", "")


def test_masks_are_extracted(images: Path, masks: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    words = ("--masks", masks, "--from", "r", "--output", out, "--trainer", "simpletuner")
    result = run("extract", images, *words)
    assert result.exit_code == 0, result.stderr
    assert np.array_equal(np.asarray(Image.open(out / "a.png")), drawn(FIGURE))


def test_what_is_written_is_read_back(images: Path, masks: Path, tmp_path: Path) -> None:
    config = tmp_path / "backends.json"
    words = ("export-config", images, "--masks", masks, "--trainer", "simpletuner")
    result = run(*words, "--repeats", "3", "-o", config)
    assert result.exit_code == 0, result.stderr
    assert f"--data_backend_config {config}" in result.stdout
    ours, theirs, captions = json.loads(config.read_text(encoding="utf-8"))
    assert (ours["conditioning_data"], ours["repeats"]) == (theirs["id"], 2)
    assert (ours["crop_style"], theirs["crop_style"]) == ("center", "center")
    assert captions["dataset_type"] == "text_embeds"
    report = checked(config)
    assert (report["trainer"], report["starts"]) == ("simpletuner", True)
    assert len(report["samples"]) == 2
    assert not [each for each in report["findings"] if each["code"].startswith("MP66")]


def test_folders_are_brought_into_data_sets(images: Path, masks: Path, tmp_path: Path) -> None:
    config = tmp_path / "backends.json"
    old = {
        "id": "mine",
        "type": "local",
        "instance_data_dir": str(images),
        "resolution": 512,
        "resolution_type": "pixel_area",
        "minimum_image_size": 64,
    }
    config.write_text(json.dumps([old]), encoding="utf-8")
    words = ("export-config", images, "--masks", masks, "--trainer", "simpletuner")
    result = run(*words, "--update", config)
    assert result.exit_code == 0, result.stderr
    ours, theirs = json.loads(config.read_text(encoding="utf-8"))
    assert (ours["id"], ours["minimum_image_size"]) == ("mine", 64)
    assert ours["conditioning_data"] == theirs["id"] == "mine-masks"
    assert (theirs["resolution"], theirs["crop_style"]) == (512, "center")


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"instance_data_dir": None}, "has no instance_data_dir"),
        ({"conditioning_data": "gone"}, "names gone, which is no data set's id"),
        ({"resolution_type": "edge"}, "resolution_type 'edge' is none of"),
        ({"resolution": -1}, "resolution -1 is no size"),
        ({"resolution": [1]}, "must be a string or a real number"),
        ({"disabled": True}, "holds no data set of images"),
    ],
)
def test_what_is_wrong_with_data_sets_is_told(
    said: dict[str, Any], told: str, images: Path, tmp_path: Path
) -> None:
    config = tmp_path / "backends.json"
    data_set = {"id": "x", "type": "local", "instance_data_dir": str(images), **said}
    config.write_text(json.dumps([data_set]), encoding="utf-8")
    report = checked(config)
    assert not report["starts"]
    assert any(told in each["message"] for each in report["findings"])


@pytest.mark.parametrize(
    ("size", "wanted", "crop", "target"),
    [
        (Size(1000, 1000), Resolution(1.0, is_area=True), Crop(), Size(1024, 1024)),
        (Size(1200, 800), Resolution(0.5, is_area=True), Crop(True), Size(768, 768)),
        (Size(1003, 1000), Resolution(1000, is_area=False), Crop(), Size(1000, 1000)),
    ],
)
def test_squares_have_sides_of_their_own(
    size: Size, wanted: Resolution, crop: Crop, target: Size
) -> None:
    placed = place(size, wanted, crop)
    assert placed.bucket == target
    assert placed.resized.width >= target.width and placed.resized.height >= target.height


def test_links_that_lead_in_circles_are_followed_once(images: Path, masks: Path) -> None:
    (images / "again").symlink_to(images, target_is_directory=True)
    found = discover(Request(str(images), TRAINER, find_model(TRAINER, None), masks=str(masks)))
    assert len(list(samples_of(found))) == 2


def test_masks_keep_the_ending_by_which_they_are_found(images: Path, masks: Path) -> None:
    mask = drawn(FIGURE)
    mask[20:21, 10:120] = 255
    (images / "a.png").rename(images / "a.jpg")
    (masks / "a.png").unlink()
    Image.fromarray(mask).save(masks / "a.jpg", quality=100)
    words = ("--masks", masks, "--trainer", "simpletuner", "--target", "0.7", "--in-place", "--all")
    result = run("dilate", images, *words)
    assert result.exit_code == 0, result.stderr
    assert sorted(each.name for each in masks.iterdir()) == ["a.jpg", "b.png"]
    with Image.open(masks / "a.jpg") as made:
        assert made.format == "PNG"
