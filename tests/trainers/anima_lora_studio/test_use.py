"""Every command works for AnimaLoraStudio: on folders, on its configurations."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from maskprep.trainers import find_trainer
from tests.commands import run
from tests.datasets import FIGURE, drawn

NAMED = ("--trainer", "anima-lora-studio")


@pytest.fixture
def images(tmp_path: Path) -> Path:
    folder = tmp_path / "images"
    folder.mkdir()
    for name in ("a", "b"):
        mask = Image.fromarray(drawn(FIGURE))
        Image.new("RGB", mask.size, (90, 120, 150)).save(folder / f"{name}.png")
        mask.save(folder / f"{name}.mask", "PNG")
        (folder / f"{name}.txt").write_text("a figure", encoding="utf-8")
    return folder


def checked(target: Path, *options: object) -> dict[str, Any]:
    result = run("check", target, "--no-cache", "--format", "json", *options)
    document: dict[str, Any] = json.loads(result.stdout)
    return document


def test_its_claims_are_marked_as_read() -> None:
    trainer = find_trainer("anima-lora-studio")
    assert trainer.evidence == "read"
    reasons = [each.reason for each in trainer.verdicts.values() if each.severity is not None]
    assert all("(read)" in each for each in reasons)


def test_a_folder_needs_no_masks_named(images: Path) -> None:
    report = checked(images, *NAMED, "--resolution", "256")
    assert report["starts"]
    assert [Path(row["mask"]).name for row in report["samples"]] == ["a.mask", "b.mask"]
    assert "reads no masks from the alpha" in run("check", images, "--alpha", *NAMED).stderr


def test_masks_of_another_size_are_told(images: Path) -> None:
    Image.new("L", (64, 64), 255).save(images / "a.mask", "PNG")
    found = checked(images, *NAMED)["findings"]
    (told,) = [each for each in found if each["code"] == "MP105"]
    assert told["severity"] == "error"
    assert told["message"].endswith("the whole image trains")


def test_folders_below_say_repeats_and_resolution(images: Path) -> None:
    below = images / "512px_3_more" / "deep"
    below.mkdir(parents=True)
    for ending in (".png", ".mask", ".txt"):
        (below / f"c{ending}").write_bytes((images / f"a{ending}").read_bytes())
    (below / "bare.png").write_bytes((images / "a.png").read_bytes())
    report = checked(images, *NAMED, "--resolution", "256")
    sides = {Path(row["image"]).name: row["bucket_wh"] for row in report["samples"]}
    assert sides == {"a.png": [256, 256], "b.png": [256, 256], "c.png": [512, 512]}
    assert any(each["code"] == "MP682" for each in report["findings"])


def test_what_is_drawn_and_grown_is_weighed_alike(images: Path, tmp_path: Path) -> None:
    mask = drawn(FIGURE)
    mask[20:21, 10:120] = 255
    Image.fromarray(mask).save(images / "a.mask", "PNG")
    words = (images, *NAMED, "--resolution", "512")
    result = run("preview", *words, "--output", tmp_path / "out", "--weights", tmp_path / "weights")
    assert result.exit_code == 0, result.stderr
    before = np.load(tmp_path / "weights" / "a.npy")
    grown = tmp_path / "grown"
    result = run("dilate", *words, "--target", "0.7", "--output", grown, "--all")
    assert result.exit_code == 0, result.stderr
    (images / "a.mask").write_bytes((grown / "a.mask").read_bytes())
    again = run("preview", *words, "--output", tmp_path / "o2", "--weights", tmp_path / "w2")
    assert again.exit_code == 0, again.stderr
    assert float(np.load(tmp_path / "w2" / "a.npy").sum()) > float(before.sum())


def test_one_image_is_told_with_its_mask(images: Path) -> None:
    assert "a.mask" in run("info", images / "a.png", *NAMED).stdout


def test_what_is_written_is_read_back(images: Path, tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    result = run("export-config", images, *NAMED, "-o", config)
    assert result.exit_code == 0, result.stderr
    assert f"--config {config}" in result.stdout
    report = checked(config)
    assert (report["trainer"], report["starts"]) == ("anima-lora-studio", True)
    assert len(report["samples"]) == 2


def test_a_configuration_keeps_what_else_it_says(images: Path, tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    config.write_text(
        "# mine\nmodel_family: anima\nlora_rank: 8  # small\ndata_dir: old\nmasked_loss: false\n",
        encoding="utf-8",
    )
    result = run("export-config", images, *NAMED, "--update", config)
    assert result.exit_code == 0, result.stderr
    assert "data_dir was old: AnimaLoraStudio takes one alone" in result.stdout + result.stderr
    lines = config.read_text(encoding="utf-8").splitlines()
    assert lines[:3] == ["# mine", "model_family: anima", "lora_rank: 8  # small"]
    assert f'data_dir: "{images}"' in lines and "masked_loss: true" in lines


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("masked_loss: true\n", "says no data_dir"),
        ("data_dir: x\nresolution: big\n", "of the wrong kind"),
        ("data_dir: x\nresolution: [8]\n", "resolution must be from 64"),
        ("data_dir: x\naspect_ratio_limit: 0\n", "aspect_ratio_limit from 1"),
    ],
)
def test_what_is_wrong_with_a_configuration_is_told(text: str, told: str, tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    config.write_text(text, encoding="utf-8")
    report = checked(config, *NAMED)
    assert not report["starts"]
    assert any(told in each["message"] for each in report["findings"])


def test_paths_with_backslashes_stay_as_they_are(images: Path, tmp_path: Path) -> None:
    odd = tmp_path / r"a\1b"
    images.rename(odd)
    config = tmp_path / "config.yaml"
    config.write_text("data_dir: old\nmasked_loss: false\n", encoding="utf-8")
    result = run("export-config", odd, *NAMED, "--update", config)
    assert result.exit_code == 0, result.stderr
    assert len(checked(config)["samples"]) == 2


def test_masks_are_grown_and_mended_under_their_own_names(images: Path) -> None:
    mask = drawn(FIGURE)
    mask[20:21, 10:120] = 255
    Image.fromarray(mask).save(images / "a.mask", "PNG")
    half = Image.fromarray(mask).resize((mask.shape[1] // 2, mask.shape[0] // 2))
    half.save(images / "b.mask", "PNG")
    result = run("dilate", images, *NAMED, "--target", "0.7", "--in-place")
    assert result.exit_code == 0, result.stderr
    result = run("check", images, *NAMED, "--no-cache", "--fix", "--unsafe-fixes")
    with Image.open(images / "b.mask") as mended:
        assert mended.size == mask.shape[::-1], result.stdout
    assert sorted(each.suffix for each in images.iterdir()) == sorted([".mask", ".png", ".txt"] * 2)
