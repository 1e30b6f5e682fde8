"""Every command works for ai-toolkit: on folders, on its jobs, on what it was given."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from PIL import Image, ImageFilter

from maskprep.dataset.discover import Request, discover
from maskprep.dataset.samples import samples_of
from maskprep.model import Size
from maskprep.trainers import find_model, find_trainer
from maskprep.trainers.ai_toolkit import placement
from maskprep.trainers.documents import read_document
from tests.commands import run
from tests.datasets import FIGURE, drawn

TRAINER = find_trainer("ai-toolkit")
NAMED = ("--trainer", "ai-toolkit")


@pytest.fixture
def images(tmp_path: Path) -> Path:
    folder = tmp_path / "images"
    (tmp_path / "masks").mkdir()
    folder.mkdir()
    for place, name in enumerate(("a", "b")):
        Image.new("RGB", (128, 128), (90, 120, 150 + place)).save(folder / f"{name}.png")
        Image.fromarray(drawn(FIGURE)).save(tmp_path / "masks" / f"{name}.png")
        (folder / f"{name}.txt").write_text("a figure", encoding="utf-8")
    return folder


def with_masks(images: Path) -> tuple[object, ...]:
    return (images, "--masks", images.parent / "masks", *NAMED)


def checked(target: Path, *options: object) -> dict[str, Any]:
    result = run("check", target, "--no-cache", "--format", "json", *options)
    document: dict[str, Any] = json.loads(result.stdout)
    return document


def job(tmp_path: Path, process: str) -> Path:
    path = tmp_path / "job.yaml"
    lines = "".join(f"      {line}\n" for line in process.splitlines())
    text = f"job: extension\nconfig:\n  name: x\n  process:\n    - type: sd_trainer\n{lines}"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("model", TRAINER.models)
def test_every_model_is_placed_and_weighed(model: str, images: Path) -> None:
    traits = find_model(TRAINER, model)
    found = discover(Request(str(images), TRAINER, traits, str(images.parent / "masks")))
    for sample in samples_of(found):
        weights, factors, placed = sample.weights, sample.loss_factors, sample.placement
        assert weights is not None and factors is not None and placed is not None
        # Never enlarged.
        assert placed.bucket == (128, 128)
        assert float(factors.mean()) == pytest.approx(1)


def test_what_is_drawn_and_grown_is_weighed_alike(images: Path, tmp_path: Path) -> None:
    mask = drawn(FIGURE)
    mask[21:23, 10:120] = 255
    masks = tmp_path / "masks"
    Image.fromarray(np.kron(mask, np.ones((2, 2), np.uint8))).save(masks / "a.png")
    Image.new("RGB", (256, 256)).save(images / "a.png")
    words = (*with_masks(images), "--model", "sdxl")
    result = run("preview", *words, "--output", tmp_path / "out", "--weights", tmp_path / "w")
    assert result.exit_code == 0, result.stderr
    before = np.load(tmp_path / "w" / "a.npy")
    result = run("dilate", *words, "--target", "0.7", "--output", tmp_path / "grown", "--all")
    assert result.exit_code == 0, result.stderr
    (masks / "a.png").write_bytes((tmp_path / "grown" / "a.png").read_bytes())
    again = run("preview", *words, "--output", tmp_path / "o2", "--weights", tmp_path / "w2")
    assert again.exit_code == 0, again.stderr
    after = np.load(tmp_path / "w2" / "a.npy")
    assert float(after.sum()) > float(before.sum())


def test_a_target_is_met_under_its_kernel(tmp_path: Path) -> None:
    for name in ("i", "m"):
        (tmp_path / name).mkdir()
    mask = drawn(FIGURE).repeat(4, 0).repeat(4, 1)
    mask[83:86, 40:400] = 255
    mask[300:460, 33:35] = 255
    Image.fromarray(mask).save(tmp_path / "m" / "a.png")
    Image.new("RGB", (512, 512)).save(tmp_path / "i" / "a.png")
    options = (*NAMED, "--model", "flux", "--resolution", "512")
    words = (tmp_path / "i", "--masks", tmp_path / "m", *options)
    (before,) = checked(tmp_path / "i", *words[1:])["samples"]
    assert before["detail_weight_min"] == 0
    result = run("dilate", *words, "--target", "0.7", "--output", tmp_path / "g", "--all")
    assert result.exit_code == 0, result.stderr
    (after,) = checked(tmp_path / "i", "--masks", tmp_path / "g", *options)["samples"]
    assert after["detail_weight_min"] >= 0.7


def test_masks_go_into_the_alpha_and_out_of_it(images: Path, tmp_path: Path) -> None:
    result = run("embed", *with_masks(images), "--output", tmp_path / "both")
    assert result.exit_code == 0, result.stderr
    for name in ("a", "b"):
        (tmp_path / "both" / f"{name}.txt").write_text("a figure", encoding="utf-8")
    report = checked(tmp_path / "both", "--alpha", *NAMED)
    assert report["starts"] and not report["stops_in_first_epoch"]
    assert [each["masked"] for each in report["datasets"]] == [2]
    result = run("extract", tmp_path / "both", "--alpha", *NAMED, "--output", tmp_path / "out")
    assert result.exit_code == 0, result.stderr
    found = np.asarray(Image.open(tmp_path / "out" / "a.png"))
    assert np.array_equal(found, drawn(FIGURE))


def test_one_image_is_told_with_any_mask(images: Path, tmp_path: Path) -> None:
    told = run("info", images / "a.png", tmp_path / "masks" / "a.png", *NAMED).stdout
    assert "a.png" in told and "mean" in told


def test_what_is_written_is_read_back(images: Path, tmp_path: Path) -> None:
    config = tmp_path / "job.yaml"
    words = ("export-config", *with_masks(images), "--repeats", "3", "--model", "qwen_image")
    result = run(*words, "-o", config)
    assert result.exit_code == 0, result.stderr
    (entry,) = yaml.safe_load(config.read_text())["config"]["process"][0]["datasets"]
    assert entry["mask_path"] == str(tmp_path / "masks")
    assert (entry["mask_min_value"], entry["num_repeats"]) == (0.0, 3)
    report = checked(config)
    assert report["trainer"] == "ai-toolkit"
    assert report["starts"] and len(report["samples"]) == 2
    assert "comments of YAML would be lost" in run(*words, "--update", config).stderr


def test_an_alpha_is_written_and_read_back(images: Path, tmp_path: Path) -> None:
    for name in ("a", "b"):
        picture = Image.new("RGBA", (128, 128), (9, 9, 9, 255))
        picture.putalpha(Image.fromarray(drawn(FIGURE)))
        picture.save(images / f"{name}.png")
    config = tmp_path / "job.yaml"
    result = run("export-config", images, "--alpha", *NAMED, "-o", config)
    assert result.exit_code == 0, result.stderr
    assert [each["masked"] for each in checked(config)["datasets"]] == [2]


def test_each_resolution_is_a_data_set(images: Path, tmp_path: Path) -> None:
    process = f"datasets:\n  - folder_path: {images}\n    resolution: [64, 96]\n    mask_path: "
    report = checked(job(tmp_path, process + str(tmp_path / "masks")))
    sizes = [tuple(row["bucket_wh"]) for row in report["samples"]]
    assert sizes == [(64, 64), (64, 64), (96, 96), (96, 96)]


def test_the_walk_looks_into_every_folder_but_its_own(images: Path, tmp_path: Path) -> None:
    for below in ("more/deep", "_controls", ".hidden"):
        (images / below).mkdir(parents=True)
        Image.new("RGB", (64, 64)).save(images / below / "c.png")
    process = f"datasets:\n  - folder_path: {images}\n    mask_path: {tmp_path / 'masks'}"
    names = [row["image"] for row in checked(job(tmp_path, process))["samples"]]
    found = [str(Path(name).relative_to(images)) for name in names]
    assert found == [".hidden/c.png", "a.png", "b.png", "more/deep/c.png"]


def test_what_does_not_load_is_replaced(images: Path, tmp_path: Path) -> None:
    Image.new("RGB", (128, 128)).save(images / "c.png")
    (images / "a.png").write_bytes(b"this is no picture")
    whole = (tmp_path / "masks" / "b.png").read_bytes()
    (tmp_path / "masks" / "b.png").write_bytes(whole[: len(whole) // 2])
    report = checked(*with_masks(images))  # type: ignore[arg-type]
    assert report["starts"] and not report["stops_in_first_epoch"]
    told = [each["message"] for each in report["findings"] if each["name"] == "unreadable"]
    assert any("Error processing image" in each for each in told)
    assert any("truncated" in each for each in told)
    assert all("the trainer goes on without it" in each for each in told)


def test_the_strongest_blur_is_pillows(images: Path, tmp_path: Path) -> None:
    Image.new("RGB", (256, 256)).save(images / "a.png")
    colours = np.zeros((256, 256, 3), np.uint8)
    colours[:, :97] = (250, 3, 90)
    Image.fromarray(colours).save(tmp_path / "masks" / "a.png")
    trainer, model = TRAINER, find_model(TRAINER, "sdxl")
    flags = {"mask_blur": 1.0, "train_dtype": "fp32"}
    found = discover(Request(str(images), trainer, model, str(tmp_path / "masks"), flags=flags))
    sample = next(iter(samples_of(found)))
    blurred = Image.fromarray(colours).filter(ImageFilter.GaussianBlur(1)).convert("L")
    wanted = np.asarray(blurred)[::8, ::8] / 255
    assert sample.weights is not None
    assert np.allclose(sample.weights, wanted, atol=5e-4)
    sharp = np.asarray(Image.fromarray(colours).convert("L"))[::8, ::8] / 255
    assert not np.allclose(sample.weights, sharp, atol=5e-4)


@pytest.mark.parametrize(
    ("process", "told"),
    [
        ("datasets:\n  - mask_path: m", "has neither folder_path nor dataset_path"),
        ("datasets:\n  - folder_path: f\n    resolution: big", "of the wrong kind"),
        ("datasets:\n  - 3", "of the wrong kind"),
        ("datasets:\n  - folder_path: f\n    scale: 0", "scale 0"),
        ("datasets:\n  - folder_path: f\n    resolution: 0", "resolution 0"),
        ("datasets:\n  - folder_path: f\n    mask_min_value: .nan", "mask_min_value nan"),
        ("datasets:\n  - folder_path: f\n    num_repeats: .inf", "of the wrong kind"),
        ("datasets: []", "names no data set"),
    ],
)
def test_what_is_wrong_with_a_job_is_told(process: str, told: str, tmp_path: Path) -> None:
    report = checked(job(tmp_path, process))
    assert not report["starts"]
    assert any(told in each["message"] for each in report["findings"]), report["findings"]


def test_a_job_is_recognised(tmp_path: Path) -> None:
    assert TRAINER.recognises(read_document(str(job(tmp_path, "datasets: []"))))  # type: ignore[attr-defined]


@pytest.mark.parametrize("size", [Size(4000, 30), Size(30, 4000), Size(17, 17), Size(3001, 1999)])
def test_no_bucket_is_larger_than_the_resolution(size: Size) -> None:
    bucket = placement.bucket_for(size, 512, 32)
    assert bucket.width * bucket.height <= 512 * 512
