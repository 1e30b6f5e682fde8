"""Every command works for diffusion-pipe: on folders, on its files, on what it was given."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tomlkit
from PIL import Image, ImageOps

from maskprep.dataset.discover import Request, discover
from maskprep.dataset.samples import samples_of
from maskprep.model import Size
from maskprep.trainers import find_model, find_trainer
from maskprep.trainers.diffusion_pipe import placement
from tests.commands import run
from tests.datasets import FIGURE, drawn

TRAINER = find_trainer("diffusion-pipe")
NAMED = ("--trainer", "diffusion-pipe")


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


def written(path: Path, **said: Any) -> Path:
    path.write_text(tomlkit.dumps(said), encoding="utf-8")
    return path


def of(images: Path, **more: Any) -> dict[str, Any]:
    return {"path": str(images), "mask_path": str(images.parent / "masks"), **more}


@pytest.mark.parametrize("model", TRAINER.models)
def test_every_model_is_placed_and_weighed(model: str, images: Path) -> None:
    traits = find_model(TRAINER, model)
    found = discover(Request(str(images), TRAINER, traits, str(images.parent / "masks")))
    for sample in samples_of(found):
        weights, placed = sample.weights, sample.placement
        assert weights is not None and placed is not None
        assert placed.bucket.width % traits.bucket_step == 0
        side = placed.bucket.width // traits.stride
        assert weights.shape == (side, side)


def test_what_is_drawn_and_grown_is_weighed_alike(images: Path, tmp_path: Path) -> None:
    mask = drawn(FIGURE)
    mask[21:22, 10:120] = 255
    masks = tmp_path / "masks"
    Image.fromarray(mask).save(masks / "a.png")
    words = (*with_masks(images), "--resolution", "256")
    result = run("preview", *words, "--output", tmp_path / "out", "--weights", tmp_path / "w")
    assert result.exit_code == 0, result.stderr
    before = np.load(tmp_path / "w" / "a.npy")
    fitted = np.asarray(ImageOps.fit(Image.fromarray(mask), (256, 256)))[4::8, 4::8]
    assert np.allclose(before, fitted / 255, atol=5e-4)
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


def test_masks_in_the_alpha_are_refused(images: Path) -> None:
    told = run("check", images, "--alpha", *NAMED).stderr
    assert "diffusion-pipe reads no masks from the alpha" in told


def test_masks_are_extracted(images: Path, tmp_path: Path) -> None:
    colours = np.zeros((128, 128, 3), np.uint8)
    colours[40:90, 40:90] = (255, 0, 0)
    Image.fromarray(colours).save(tmp_path / "masks" / "a.png")
    result = run("extract", *with_masks(images), "--output", tmp_path / "out")
    assert result.exit_code == 0, result.stderr
    assert np.array_equal(np.asarray(Image.open(tmp_path / "out" / "a.png")), colours[..., 0])


def test_one_image_is_told_with_any_mask(images: Path, tmp_path: Path) -> None:
    told = run("info", images / "a.png", tmp_path / "masks" / "b.png", *NAMED).stdout
    assert "b.png" in told and "mean" in told


def test_what_is_written_is_read_back(images: Path, tmp_path: Path) -> None:
    config = tmp_path / "dataset.toml"
    result = run("export-config", *with_masks(images), "--repeats", "3", "-o", config)
    assert result.exit_code == 0, result.stderr
    assert "--regenerate_cache" in result.stdout
    text = config.read_text(encoding="utf-8")
    assert text.startswith("# A data set for diffusion-pipe")
    (entry,) = tomlkit.parse(text).unwrap()["directory"]
    assert (entry["mask_path"], entry["num_repeats"]) == (str(tmp_path / "masks"), 3)
    report = checked(config)
    assert report["trainer"] == "diffusion-pipe"
    assert report["starts"] and [each["masked"] for each in report["datasets"]] == [2]


def test_directories_are_brought_into_a_data_set(images: Path, tmp_path: Path) -> None:
    config = tmp_path / "dataset.toml"
    other = tmp_path / "other"
    other.mkdir()
    Image.new("RGB", (128, 128)).save(other / "c.png")
    config.write_text(
        f'# kept\nresolutions = [512]\n[[directory]]\npath = "{other}"\nnum_repeats = 5\n',
        encoding="utf-8",
    )
    result = run("export-config", *with_masks(images), "--update", config)
    assert result.exit_code == 0, result.stderr
    text = config.read_text(encoding="utf-8")
    assert "# kept" in text
    first, second = tomlkit.parse(text).unwrap()["directory"]
    assert first == {"path": str(other), "num_repeats": 5}
    assert second["mask_path"] == str(tmp_path / "masks")
    main = written(tmp_path / "run.toml", dataset="dataset.toml", model={"type": "flux"})
    told = run("export-config", *with_masks(images), "--update", main).stderr
    assert "its directories stand in dataset.toml" in told


def test_a_run_names_its_data_set_and_its_model(images: Path, tmp_path: Path) -> None:
    written(tmp_path / "set.toml", resolutions=[256], directory=[of(images)])
    (tmp_path / "runs").mkdir()
    main = tmp_path / "runs" / "run.toml"
    model = {"type": "hunyuan_image"}
    written(main, dataset="set.toml", model=model, micro_batch_size_per_gpu=4)
    report = checked(main)
    assert report["starts"]
    assert {tuple(row["bucket_wh"]) for row in report["samples"]} == {(256, 256)}
    assert "bucket-dropped" in {each["name"] for each in report["findings"]}
    written(main, dataset="gone.toml", model=model)
    assert any("there is no such file" in each["message"] for each in checked(main)["findings"])


def test_each_resolution_is_a_data_set(images: Path, tmp_path: Path) -> None:
    config = written(tmp_path / "set.toml", resolutions=[128, 256], directory=[of(images)])
    sizes = [tuple(row["bucket_wh"]) for row in checked(config)["samples"]]
    assert sizes == [(128, 128), (128, 128), (256, 256), (256, 256)]


def test_what_a_directory_says_wins(images: Path, tmp_path: Path) -> None:
    directory = of(images, ar_buckets=[[3, 4], [2, 1]], enable_ar_bucket=True)
    config = written(tmp_path / "set.toml", resolutions=[256], directory=[directory])
    (bucket,) = {tuple(row["bucket_wh"]) for row in checked(config)["samples"]}
    assert bucket == (224, 288)


def test_a_caption_is_what_lets_an_image_train(images: Path, tmp_path: Path) -> None:
    (images / "a.txt").unlink()
    config = written(tmp_path / "set.toml", resolutions=[256], directory=[of(images)])
    (found,) = (each for each in checked(config)["findings"] if each["code"] == "MP113")
    assert found["severity"] == "error"
    assert found["message"].endswith("the trainer skips the image, with a warning")
    lenient = of(images, skip_empty_caption=False)
    written(config, resolutions=[256], directory=[lenient])
    assert "MP113" not in {each["code"] for each in checked(config)["findings"]}


def test_what_does_not_open_is_skipped(images: Path, tmp_path: Path) -> None:
    (images / "a.png").write_bytes(b"this is no picture")
    (images / "notes.md").write_text("nothing", encoding="utf-8")
    report = checked(images, *with_masks(images)[1:])
    assert report["starts"]
    (found,) = (each for each in report["findings"] if each["name"] == "unreadable")
    assert "could not be opened. Skipping." in found["message"]
    whole = (images / "b.png").read_bytes()
    (images / "b.png").write_bytes(whole[: len(whole) // 2])
    assert not checked(images, *with_masks(images)[1:])["starts"]


def test_a_mask_changed_after_its_cache_is_told(images: Path, tmp_path: Path) -> None:
    cache = images / "cache" / "flux"
    cache.mkdir(parents=True)
    config = written(tmp_path / "set.toml", resolutions=[128], directory=[of(images)])
    names = [each["name"] for each in checked(config)["findings"]]
    assert "mask-cache-outdated" not in names
    later = cache.stat().st_mtime + 3600
    os.utime(tmp_path / "masks" / "b.png", (later, later))
    (found,) = (
        each for each in checked(config)["findings"] if each["name"] == "mask-cache-outdated"
    )
    assert "1 of 2 masks were changed since" in found["message"]


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"directory": [{"path": "x"}]}, "KeyError: 'resolutions'"),
        (
            {"resolutions": [512], "enable_ar_bucket": True, "directory": [{"path": "x"}]},
            "KeyError: 'min_ar'",
        ),
        ({"resolutions": [0], "directory": [{"path": "x"}]}, "0 is not above 0"),
        (
            {
                "resolutions": [512],
                "enable_ar_bucket": True,
                "ar_buckets": [-1.5],
                "directory": [{"path": "x"}],
            },
            "-1.5 is not above 0",
        ),
        ({"resolutions": [], "directory": [{"path": "x"}]}, "may be empty"),
        ({"resolutions": [64], "directory": [{"path": "x", "mask_path": 3}]}, "no path"),
        ({"resolutions": ["big"], "directory": [{"path": "x"}]}, "of the wrong kind"),
        ({"size_buckets": [[1, 2]], "directory": [{"path": "x"}]}, "of the wrong kind"),
        ({"resolutions": [512], "directory": [{"path": "gone"}]}, "there is no such folder"),
        ({"dataset": "x.toml", "model": {"type": "new"}}, "is none that is known here"),
    ],
)
def test_what_is_wrong_with_a_file_is_told(said: dict[str, Any], told: str, tmp_path: Path) -> None:
    report = checked(written(tmp_path / "set.toml", **said))
    assert not report["starts"]
    assert any(told in each["message"] for each in report["findings"]), report["findings"]


def test_rows_are_misread_unless_sorted() -> None:
    rows = ((256, 256, 1), (384, 256, 1), (256, 384, 1))
    assert not placement.are_in_order(rows)
    assert placement.bucket_of_rows(Size(300, 450), rows) == (256, 256)
    ordered = sorted(rows, key=lambda row: row[0] / row[1])
    assert placement.are_in_order(ordered)
    assert placement.bucket_of_rows(Size(300, 450), ordered) == (256, 384)
    assert placement.bucket_of_rows(Size(300, 450), ((512, 512, 33),)) is None
