"""Every command works for OneTrainer: on folders, on its configurations, on what it was given."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from maskprep.dataset.discover import Request, discover
from maskprep.dataset.growth import DetailGrower
from maskprep.dataset.samples import samples_of
from maskprep.model import Size
from maskprep.trainers import find_model, find_trainer
from tests.commands import run
from tests.datasets import FIGURE, drawn

TRAINER = find_trainer("onetrainer")


@pytest.fixture
def images(tmp_path: Path) -> Path:
    folder = tmp_path / "images"
    folder.mkdir()
    for name in ("a", "b"):
        Image.new("RGB", (256, 256), (90, 120, 150)).save(folder / f"{name}.png")
        Image.fromarray(drawn(FIGURE)).save(folder / f"{name}-masklabel.png")
        (folder / f"{name}.txt").write_text("a figure", encoding="utf-8")
    return folder


def checked(target: Path, *options: object) -> dict[str, Any]:
    result = run("check", target, "--no-cache", "--format", "json", *options)
    document: dict[str, Any] = json.loads(result.stdout)
    return document


def test_a_folder_needs_no_masks_named(images: Path) -> None:
    report = checked(images, "--trainer", "onetrainer", "--resolution", "256")
    assert report["starts"]
    assert [Path(row["mask"]).name for row in report["samples"]] == [
        "a-masklabel.png",
        "b-masklabel.png",
    ]


def test_masks_from_elsewhere_are_refused(images: Path, tmp_path: Path) -> None:
    (tmp_path / "masks").mkdir()
    words = ("check", images, "--trainer", "onetrainer")
    assert (
        "OneTrainer looks for masks beside the images alone"
        in run(*words, "--masks", tmp_path / "masks").stderr
    )
    assert "OneTrainer reads no masks from the alpha" in run(*words, "--alpha").stderr
    assert checked(images, "--trainer", "onetrainer", "--masks", images)["starts"]


@pytest.mark.parametrize("model", TRAINER.models)
def test_every_model_is_placed_and_weighed(model: str, images: Path) -> None:
    traits = find_model(TRAINER, model)
    found = discover(Request(str(images), TRAINER, traits))
    for sample in samples_of(found):
        weights, placement = sample.weights, sample.placement
        assert weights is not None and placement is not None
        assert placement.bucket.width % traits.bucket_step == 0
        assert 0.1 <= float(weights.min()) <= float(weights.max()) <= 1
        assert sample.details is not None


@pytest.mark.parametrize("model", ["sdxl", "sana", "wuerstchen"])
def test_what_is_drawn_and_grown_is_weighed_alike(model: str, images: Path, tmp_path: Path) -> None:
    mask = drawn(FIGURE)
    mask[20:21, 10:120] = 255
    Image.fromarray(mask).save(images / "a-masklabel.png")
    words = (images, "--trainer", "onetrainer", "--model", model, "--resolution", "512")
    result = run("preview", *words, "--output", tmp_path / "out", "--weights", tmp_path / "weights")
    assert result.exit_code == 0, result.stderr
    before = np.load(tmp_path / "weights" / "a.npy")
    grown = tmp_path / "grown"
    result = run("dilate", *words, "--target", "0.7", "--output", grown, "--all")
    assert result.exit_code == 0, result.stderr
    (images / "a-masklabel.png").write_bytes((grown / "a-masklabel.png").read_bytes())
    again = run("preview", *words, "--output", tmp_path / "o2", "--weights", tmp_path / "w2")
    assert again.exit_code == 0, again.stderr
    after = np.load(tmp_path / "w2" / "a.npy")
    assert float(after.sum()) > float(before.sum())


def test_one_image_is_told_with_the_mask_beside_it(images: Path) -> None:
    told = run("info", images / "a.png", "--trainer", "onetrainer").stdout
    assert "a-masklabel.png" in told
    other = images.parent / "other.png"
    Image.new("L", (256, 256), 255).save(other)
    told = run("info", images / "a.png", other, "--trainer", "onetrainer").stdout
    assert "mean 1.000" in told


def test_what_is_written_is_read_back(images: Path, tmp_path: Path) -> None:
    config = tmp_path / "config.json"
    result = run("export-config", images, "--trainer", "onetrainer", "-o", config)
    assert result.exit_code == 0, result.stderr
    assert f"--config-path {config}" in result.stdout
    said = json.loads(config.read_text(encoding="utf-8"))
    assert said["masked_training"] is True
    assert said["concepts"][0]["image"] == {"enable_crop_jitter": False}
    report = checked(config)
    assert (report["trainer"], report["starts"]) == ("onetrainer", True)
    assert len(report["samples"]) == 2


def test_folders_are_brought_into_a_configuration(images: Path, tmp_path: Path) -> None:
    config = tmp_path / "config.json"
    kept = {"learning_rate": 0.0003, "model_type": "FLUX_DEV_1", "concepts": []}
    config.write_text(json.dumps(kept), encoding="utf-8")
    words = ("export-config", images, "--trainer", "onetrainer", "--repeats", "3")
    result = run(*words, "--update", config)
    assert result.exit_code == 0, result.stderr
    said = json.loads(config.read_text(encoding="utf-8"))
    assert (said["learning_rate"], said["model_type"]) == (0.0003, "FLUX_DEV_1")
    assert said["masked_training"] is True
    assert [each["balancing"] for each in said["concepts"]] == [3]
    apart = tmp_path / "apart.json"
    apart.write_text(json.dumps({"model_type": "SANA", "concept_file_name": "c.json"}))
    assert "its concepts stand in c.json" in run(*words, "--update", apart).stderr


def test_concepts_in_their_own_file_are_found(images: Path, tmp_path: Path) -> None:
    (tmp_path / "training_concepts").mkdir()
    concepts = [{"path": str(images), "image": {"enable_crop_jitter": False}, "enabled": True}]
    own = tmp_path / "training_concepts" / "concepts.json"
    own.write_text(json.dumps(concepts), encoding="utf-8")
    (tmp_path / "configs").mkdir()
    config = tmp_path / "configs" / "config.json"
    said = {
        "model_type": "QWEN",
        "masked_training": True,
        "concept_file_name": "training_concepts/concepts.json",
    }
    config.write_text(json.dumps(said), encoding="utf-8")
    report = checked(config)
    assert len(report["samples"]) == 2
    own.unlink()
    report = checked(config)
    assert not report["starts"]
    assert any("there is no such file" in each["message"] for each in report["findings"])


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"model_type": "NEW_1", "concepts": []}, "is none that OneTrainer knows"),
        ({"model_type": "SANA", "concepts": 3}, "holds no list of concepts"),
        ({"model_type": "SANA", "concepts": [{}]}, "concepts[0] has no path"),
        ({"model_type": "SANA", "resolution": "big", "concepts": []}, "of the wrong kind"),
        ({"model_type": "SANA", "unmasked_weight": "x", "concepts": []}, "of the wrong kind"),
    ],
)
def test_what_is_wrong_with_a_configuration_is_told(
    said: dict[str, Any], told: str, tmp_path: Path
) -> None:
    config = tmp_path / "config.json"
    config.write_text(json.dumps(said), encoding="utf-8")
    report = checked(config)
    assert not report["starts"]
    assert any(told in each["message"] for each in report["findings"])


def test_a_rule_tells_what_it_is_there(images: Path) -> None:
    told = " ".join(run("rules", "MP102", "--trainer", "onetrainer").stdout.split())
    assert "there warning: the whole image trains, without a word" in told
    told = " ".join(run("rules", "MP119", "--trainer", "onetrainer").stdout.split())
    assert "there no defect: it turns images and masks by EXIF" in told


def test_a_white_mask_is_made_beside_its_image(images: Path) -> None:
    (images / "b-masklabel.png").unlink()
    words = ("--trainer", "onetrainer", "--fix", "missing=white", "--select", "MP102")
    report = checked(images, *words)
    assert report["findings"] == []
    with Image.open(images / "b-masklabel.png") as made:
        assert (made.size, made.getextrema()) == ((256, 256), (255, 255))


def test_shares_of_the_gradient_are_those_of_the_divided_loss(images: Path, tmp_path: Path) -> None:
    corner = np.zeros((256, 256), np.uint8)
    corner[:40, :40] = 255
    for place in range(8):
        Image.new("RGB", (256, 256), (9, 9, place)).save(images / f"c{place}.png")
        Image.fromarray(corner).save(images / f"c{place}-masklabel.png")
    Image.new("L", (256, 256), 255).save(images / "a-masklabel.png")
    Image.new("L", (256, 256), 0).save(images / "b-masklabel.png")
    concept = {"path": str(images), "image": {"enable_crop_jitter": False}}
    said = {
        "model_type": "STABLE_DIFFUSION_XL_10_BASE",
        "resolution": "256",
        "masked_training": True,
        "unmasked_weight": 0.0,
        "concepts": [concept],
    }
    config = tmp_path / "config.json"
    config.write_text(json.dumps(said), encoding="utf-8")
    told = {each["name"] for each in checked(config)["findings"]}
    assert {"coverage-outlier", "nothing-trained"} <= told
    assert "loss-not-a-number" not in told
    config.write_text(json.dumps({**said, "normalize_masked_area_loss": True}), encoding="utf-8")
    told = {each["name"] for each in checked(config)["findings"]}
    assert {"loss-not-a-number", "nothing-trained"} <= told
    assert "coverage-outlier" not in told


@pytest.mark.parametrize("model", ["sdxl", "sana", "wuerstchen"])
@pytest.mark.parametrize("size", [(256, 256), (300, 220)])
def test_a_detail_grown_alone_is_weighed_as_the_whole_mask_is(
    model: str, size: tuple[int, int], tmp_path: Path
) -> None:
    mask = np.zeros(size[::-1], np.uint8)
    mask[40:180, 60:140] = 255
    mask[20:22, 5:200] = 255
    mask[5:215, 212:213] = 200
    Image.fromarray(mask).save(tmp_path / "a-masklabel.png")
    Image.new("RGB", size).save(tmp_path / "a.png")
    flags = {"resolution": Size(256, 256), "train_dtype": "FLOAT_32"}
    request = Request(str(tmp_path), TRAINER, find_model(TRAINER, model), flags=flags)
    (sample,) = samples_of(discover(request))
    assert sample.details is not None and sample.details.found
    grower = DetailGrower(sample)
    for detail in sample.details.found:
        (weight,) = grower._weights_alone({detail.label: 0}).values()
        assert weight == pytest.approx(detail.weight, abs=1e-6)
