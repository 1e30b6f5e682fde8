"""One pair, told in full."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from maskprep.checking.engine import check
from maskprep.dataset.discover import open_dataset
from tests.commands import all_of, run
from tests.datasets import FIGURE, Folders, drawn, image_folder
from tests.places import ROOT


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path]:
    """An image, a mask of another name with a thread in it, and broken files around them."""
    image, mask = tmp_path / "images" / "a.png", tmp_path / "masks" / "other.png"
    for path in (image, mask):
        path.parent.mkdir()
        path.with_name("b.png").write_bytes(b"")
    Image.new("RGB", (128, 128)).save(image)
    image.with_suffix(".caption").write_text("a figure", encoding="utf-8")
    thin = drawn(FIGURE)
    thin[20:22, 8:60] = 255
    Image.fromarray(thin).save(mask)
    return image, mask


def facts(*arguments: object) -> dict[str, Any]:
    result = run("info", *arguments, "--format", "json")
    assert result.exit_code == 0, all_of(result)
    document: dict[str, Any] = json.loads(result.stdout)
    return document


def lines(*arguments: object) -> dict[str, str]:
    """Give what is printed, by label."""
    printed = run("info", *arguments).stdout.splitlines()
    return {line[:12].strip(): line[12:] for line in printed if line[:12].strip()}


def test_all_of_a_pair_is_told(pair: tuple[Path, Path]) -> None:
    image, mask = pair
    found = facts(*pair, "--resolution", 256)
    assert found["image"] == str(image)
    assert found["mask"] == str(mask)
    assert found["size_wh"] == [128, 128]
    assert found["format"] == "PNG RGB"
    assert found["resized_wh"] == found["bucket_wh"] == [256, 256]
    assert found["cells_wh"] == [32, 32]
    assert found["trains"] == "masked"
    assert found["stops"] == []
    assert any(each["weight"] < 0.7 and each["radius_to_0.7"] >= 1 for each in found["details"])
    told = lines(*pair, "--resolution", 256)
    assert told["bucket"] == "256 x 256 px, 32 x 32 latent cells"
    assert told["cropped"] == "nowhere"
    assert told["trains"] == "with its mask"
    assert told["details"] == f"{len(found['details'])}, the weakest first"


def test_findings_are_those_of_the_pair_alone(pair: tuple[Path, Path]) -> None:
    found = facts(*pair, "--resolution", 256)
    assert [each["name"] for each in found["findings"]] == ["upscaled"]
    assert found["findings"][0]["path"] == str(pair[0])
    told = lines(*pair, "--resolution", 256)
    assert told["warning"].startswith("MP309 upscaled: is 128 x 128 px")
    pair[0].with_suffix(".caption").write_bytes(b"")
    (stop,) = facts(*pair, "--resolution", 256)["stops"]
    assert stop.endswith("caption file is empty")


def test_the_numbers_are_those_of_a_check(tmp_path: Path) -> None:
    art = FIGURE + ("." * 16 + "\n") * 5
    folders = Folders(tmp_path).add("a.png", art)
    (row,) = check(open_dataset(str(folders.config("bucket_reso_steps = 64")))).rows
    pair = (folders.images / "a.png", folders.masks / "a.png")
    bounds = ("--min-bucket-reso", 64, "--max-bucket-reso", 256)
    options = ("--resolution", 128, *bounds, "--bucket-reso-steps", 64)
    found = facts(*pair, *options)
    assert found["bucket_wh"] == list(row.bucket or ())
    assert found["resized_wh"] != found["bucket_wh"]
    assert found["weight_mean"] == row.weight_mean
    assert found["coverage"] == row.coverage
    assert len(found["details"]) == row.details
    (left, top), whole, kept = (found[key] for key in ("crop_xy", "resized_wh", "bucket_wh"))
    right, bottom = whole[0] - kept[0] - left, whole[1] - kept[1] - top
    told = lines(*pair, *options)["cropped"]
    assert told == f"left {left}, right {right}, top {top}, bottom {bottom} px"


def test_settings_of_buckets_count(pair: tuple[Path, Path]) -> None:
    assert facts(*pair, "--resolution", 256, "--bucket-no-upscale")["bucket_wh"] == [128, 128]
    (stop,) = facts(*pair, "--resolution", 256, "--no-enable-bucket")["stops"]
    assert "image size is small" in stop


def test_alpha_counts_where_no_mask_is_named(tmp_path: Path) -> None:
    image = image_folder(tmp_path / "cut", alpha=True) / "a.png"
    found = facts(image, "--caption-extension", ".txt", "--resolution", 256)
    assert found["mask"] == str(image)
    assert found["trains"] == "masked"
    assert found["coverage"] == pytest.approx(float((drawn(FIGURE) > 0).mean()))
    assert lines(image)["mask"] == "the image's alpha"


def test_an_image_without_alpha_trains_whole(pair: tuple[Path, Path]) -> None:
    found = facts(pair[0])
    assert found["mask"] is None
    assert found["weight_min"] == 1
    assert "alpha-absent" in {each["name"] for each in found["findings"]}
    told = lines(pair[0])
    assert told["mask"] == "none: the image has no alpha"
    assert told["trains"] == "whole, without a mask"


def test_what_stops_is_told(pair: tuple[Path, Path]) -> None:
    image, mask = pair
    Image.new("L", (50, 50)).save(mask)
    found = facts(image, mask)
    assert "size of conditioning image is not match" in found["stops"][0]
    assert found["weight_mean"] is None
    assert found["details"] is None
    told = lines(image, mask)
    assert told["trains"] == "not at all"
    assert told["error"].startswith("MP105 mask-size-mismatch: is 50 x 50 px")


def test_a_broken_mask_is_told_and_not_raised(pair: tuple[Path, Path]) -> None:
    pair[1].write_bytes(b"no image")
    assert facts(*pair)["mask_size_wh"] is None
    printed = run("info", *pair).stdout
    assert f"{pair[1]}\n            cannot be read" in printed
    assert "MP104 unreadable: is not an image" in printed


def test_a_turn_by_exif_is_told(pair: tuple[Path, Path]) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (128, 128)).save(pair[0], exif=exif)
    assert facts(*pair)["orientation"] == 6
    assert "EXIF 6, viewers turn it by 90 degrees" in run("info", *pair).stdout


def test_a_clean_pair_says_so(tmp_path: Path) -> None:
    folders = Folders(tmp_path).add("a.png")
    options = ("--caption-extension", ".txt", "--resolution", 256, "--bucket-no-upscale")
    printed = run("info", folders.images / "a.png", folders.masks / "a.png", *options).stdout
    assert printed.endswith("\n            Nothing to mend.\n")


def test_files_of_one_stem_are_kept_apart(tmp_path: Path) -> None:
    first = image_folder(tmp_path, ["a.png"], alpha=True) / "a.png"
    Image.fromarray(np.full((64, 64, 3), 90, np.uint8)).save(tmp_path / "a.jpg")
    mask = tmp_path / "mask-of-it.png"
    Image.new("L", (64, 64), 255).save(mask)
    assert facts(first)["size_wh"] == [128, 128]
    assert facts(tmp_path / "a.jpg", mask)["size_wh"] == [64, 64]


def test_a_relative_name_is_enough(
    pair: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(pair[0].parent)
    found = facts("a.png", "../masks/other.png")
    assert (found["image"], found["mask"]) == ("a.png", "../masks/other.png")


def test_missing_files_are_told(pair: tuple[Path, Path], tmp_path: Path) -> None:
    for missing in ((tmp_path / "no.png",), (pair[0], tmp_path / "no.png")):
        result = run("info", *missing)
        assert result.exit_code == 2
        assert "no.png: there is no such file" in all_of(result)


def test_a_name_that_the_trainer_does_not_see_is_told(tmp_path: Path) -> None:
    Image.new("RGB", (64, 64)).save(tmp_path / "a.gif")
    result = run("info", tmp_path / "a.gif")
    assert result.exit_code == 2
    assert "a.gif: the trainer does not see a file of this name" in all_of(result)


@pytest.mark.parametrize("encoding", ["cp932", "cp1252"])
def test_sixty_columns_of_any_encoding_are_enough(
    encoding: str, pair: tuple[Path, Path], tmp_path: Path
) -> None:
    pair[0].rename(tmp_path / "素材 é🦊.png")
    environment = {"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": encoding, "COLUMNS": "60"}
    result = subprocess.run(
        [sys.executable, "-m", "maskprep", "info", "素材 é🦊.png", "masks/other.png"],
        capture_output=True,
        check=True,
        cwd=tmp_path,
        env={**os.environ, **environment, "FORCE_COLOR": "1"},
    )
    plain = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", result.stdout.decode(encoding))
    assert result.stderr == b""
    assert "details     " in plain
    # Escapes of what the encoding lacks come after the folding.
    assert max(len(line) for line in plain.splitlines() if "\\" not in line) <= 60


@pytest.mark.parametrize("name", ["mask.tif", "mask.Png", "mask.gif", "mask.png", "mask.BMP"])
def test_a_mask_that_the_trainer_would_not_see_is_told(pair: tuple[Path, Path], name: str) -> None:
    image, drawn_mask = pair
    mask = drawn_mask.with_name(name)
    with Image.open(drawn_mask) as opened:
        opened.save(mask)
    document = facts(image, mask)
    told = [each for each in document["findings"] if each["name"] == "extension-ignored"]
    unseen = name in ("mask.tif", "mask.Png", "mask.gif")
    assert [each["path"] for each in told] == [str(mask)] * unseen
    assert all("the trainer does not see" in each["message"] for each in told)
    assert document["weight_mean"] is not None


def test_by_a_configuration_the_numbers_are_those_of_check(tmp_path: Path) -> None:
    folders = Folders(tmp_path).add("a.png").add("b.png")
    thin = drawn(FIGURE)
    thin[20:22, 8:60] = 255
    Image.fromarray(thin).save(folders.masks / "b.png")
    config = folders.config("bucket_reso_steps = 32")
    document = json.loads(run("check", config, "--no-cache", "--format", "json").stdout)
    (row,) = (each for each in document["samples"] if each["image"].endswith("b.png"))
    found = facts(folders.images / "b.png", "--config", config)
    for key in ("mask", "size_wh", "resized_wh", "bucket_wh", "coverage", "weight_mean"):
        assert found[key] == row[key], key
    assert len(found["details"]) == row["details"]
    assert (found["config"], found["datasets"], found["source"]) == (str(config), [0], "file")
    told = lines(folders.images / "b.png", "--config", config)
    assert told["mask"] == str(folders.masks / "b.png")
    assert told["config"] == f"{config}, datasets[0]"


def test_an_image_of_a_later_dataset_and_of_two(tmp_path: Path) -> None:
    first, second = Folders(tmp_path / "1").add("a.png"), Folders(tmp_path / "2").add("b.png")
    (second.images / "b_0128x0128_sdxl.npz").write_bytes(b"")
    text = first.config().read_text(encoding="utf-8")
    other = second.config().read_text(encoding="utf-8").replace("128", "192")
    config = tmp_path / "both.toml"
    config.write_text(f"{text}\n{other}", encoding="utf-8")
    found = facts(second.images / "b.png", "--config", config)
    assert found["datasets"] == [1]
    assert not found["stops"]
    assert found["bucket_wh"] == [192, 192]
    again = text.replace("128", "192")
    config.write_text(f"{text}\n{again}", encoding="utf-8")
    told = lines(first.images / "a.png", "--config", config)
    assert told["config"] == f"{config}, datasets[0], also in datasets[1]"


def test_an_image_that_is_not_in_the_configuration(tmp_path: Path) -> None:
    folders = Folders(tmp_path).add("a.png")
    stray = image_folder(tmp_path / "else") / "a.png"
    result = run("info", stray, "--config", folders.config())
    assert result.exit_code == 2
    assert result.stderr.startswith(f"maskprep: {stray}: is no image that the trainer sees by")


def test_a_folder_as_mask_means_the_mask_in_it(tmp_path: Path) -> None:
    folders = Folders(tmp_path).add("a.jpg")
    found = facts(folders.images / "a.jpg", folders.masks)
    assert found["mask"] == str(folders.masks / "a.png")
    assert found == facts(folders.images / "a.jpg", folders.masks / "a.png")


def test_a_folder_without_the_mask_names_what_is_nearest(tmp_path: Path) -> None:
    folders = Folders(tmp_path).add("a.png")
    (folders.masks / "a.png").rename(folders.masks / "a_m.png")
    result = run("info", folders.images / "a.png", folders.masks)
    assert result.exit_code == 2
    told = f"{folders.masks}: the trainer finds no mask of a.png there: is it a_m.png?"
    assert told in result.stderr
