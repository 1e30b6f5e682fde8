"""A trainer is one folder: a toy of sixty lines is checked, drawn and grown for like any other."""

from __future__ import annotations

import inspect
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from maskprep import trainers
from maskprep.model import Severity
from maskprep.model.rule import Verdict
from maskprep.trainers import roles
from maskprep.trainers.flags import Flag
from maskprep.trainers.roles import ReadsConfigurations
from tests.commands import run
from tests.datasets import drawn
from tests.places import ROOT
from tests.trainers.toy import Toy

#: A body, and a line of two cells' height that a nearest kernel meets or misses as a whole.
ART = """
    ................
    ................
    ..########......
    ..########......
    ..########......
    ..########......
    ..########......
    ..########......
    ................
    ................
    ................
    ................
    ................
    ................
    ................
    ................
"""


@pytest.fixture
def images(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    known = {**trainers.known_trainers(), "toy": Toy}
    monkeypatch.setattr(trainers, "known_trainers", lambda: known)
    folder = tmp_path / "set"
    folder.mkdir()
    for place, name in enumerate(("a", "b")):
        mask = drawn(ART)
        # From a pixel that the kernel takes to the next one on; or between two of them.
        mask[97 + place : 98 + place, 16:80] = 255
        Image.fromarray(mask).save(folder / f"{name}-m.png")
        Image.new("RGB", (128, 128), (9, 9, 40 + place)).save(folder / f"{name}.png")
    return folder


def test_it_is_sixty_lines() -> None:
    assert len((ROOT / "tests/trainers/toy.py").read_text().splitlines()) <= 60


def test_no_role_asks_more_than_seven_questions() -> None:
    for _, role in inspect.getmembers(roles, inspect.isclass):
        if role.__module__ == roles.__name__:
            asked = [each for each in vars(role) if not each.startswith("_") and each != "lacking"]
            assert len([each for each in asked if callable(getattr(role, each))]) <= 7


def checked(images: Path, *options: str) -> dict[str, Any]:
    words = ("check", images, "--masks", images, "--trainer", "toy", "--format", "json", *options)
    document: dict[str, Any] = json.loads(run(*words).stdout)
    return document


def test_check_sees_what_it_sees(images: Path) -> None:
    report = checked(images)
    assert (report["trainer"], report["trainer_version"]) == ("toy", "1")
    assert report["starts"]
    assert [Path(row["image"]).name for row in report["samples"]] == ["a.png", "b.png"]
    assert {tuple(row["bucket_wh"]) for row in report["samples"]} == {(64, 64)}
    assert {each["name"] for each in report["findings"]} <= {"masks-among-images", "detail-lost"}


def test_preview_draws_and_weighs_as_it_does(images: Path, tmp_path: Path) -> None:
    words = ("preview", images, "--masks", images, "--trainer", "toy")
    result = run(*words, "--output", tmp_path / "out", "--weights", tmp_path / "weights")
    assert result.exit_code == 0, result.stderr
    weights = np.load(tmp_path / "weights" / "a.npy")
    mask = np.asarray(Image.open(images / "a-m.png"))
    assert np.array_equal(weights, mask[::16, ::16] / np.float32(255))


def test_dilate_meets_a_target_under_its_kernel(images: Path, tmp_path: Path) -> None:
    out = tmp_path / "grown"
    words = ("dilate", images, "--masks", images, "--trainer", "toy", "--target", "0.7")
    result = run(*words, "--output", out, "--all")
    assert result.exit_code == 0, result.stderr
    for name in ("a-m.png", "b-m.png"):
        before = np.asarray(Image.open(images / name))
        after = np.asarray(Image.open(out / name))
        assert np.all(after >= before)
        # The kernel takes every sixteenth row: the line has to reach row 96 or 112.
        assert not before[::16, ::16][6].any()
        assert after[96].any() or after[112].any()


def test_what_it_lacks_is_told_in_words(images: Path, tmp_path: Path) -> None:
    config = tmp_path / "dataset.toml"
    config.write_text("", encoding="utf-8")
    result = run("check", config, "--trainer", "toy")
    assert result.exit_code == 2
    assert "toy@1: reads no configuration: give it an image folder" in result.stderr
    words = ("export-config", images, "--masks", images, "--trainer", "toy")
    assert "toy@1: has no configuration that could be written" in run(*words).stderr
    result = run("check", *words[1:], "--select", "MP404")
    told = "latents-cache-stale looks at nothing: toy@1 keeps no masks in caches of latents"
    assert told in result.stderr


def test_flags_of_another_trainer_are_refused(images: Path) -> None:
    words = ("check", images, "--masks", images, "--trainer", "toy", "--bucket-reso-steps", "64")
    result = run(*words)
    assert result.exit_code == 2
    assert "toy has no --bucket-reso-steps" in result.stderr


def test_its_own_flags_stand_under_its_name(images: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Toy, "flags", (Flag("toy_size", "count", "How large."),))
    told = run("check", "--help").stdout
    assert told.index("Options of sd-scripts:") < told.index("Options of toy:")
    assert "--toy-size N" in told[told.index("Options of toy:") :]
    assert "--resolution" in told[: told.index("Options of toy:")]


def test_flags_of_one_name_are_of_one_kind() -> None:
    kinds: dict[str, str] = {}
    for kind in trainers.known_trainers().values():
        for flag in kind.flags:
            assert kinds.setdefault(flag.name, flag.kind) == flag.kind
            assert bool(flag.off) is (flag.kind == "switch")


@pytest.mark.parametrize(
    ("model", "step", "starts"),
    [
        ("sd3@full", 8, True),
        ("sd3", 8, False),
        ("flux@full", 16, True),
        ("flux", 16, False),
        ("flux@full", 8, False),
    ],
)
def test_full_training_takes_smaller_steps(
    model: str, step: int, starts: bool, tmp_path: Path
) -> None:
    Image.new("RGBA", (256, 256), (9, 9, 9, 200)).save(tmp_path / "a.png")
    (tmp_path / "a.txt").write_text("a figure", encoding="utf-8")
    words = ("check", tmp_path, "--alpha", "--caption-extension", ".txt", "--model", model)
    result = run(*words, "--bucket-reso-steps", step, "--format", "json")
    assert json.loads(result.stdout)["starts"] is starts


def test_a_trainers_verdict_wins_over_the_rules(
    images: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Image.new("L", (64, 64), 255).save(images / "a-m.png")
    told = {each["code"]: each for each in checked(images, "--no-cache")["findings"]}["MP105"]
    assert told["severity"] == "warning"
    assert told["message"].endswith("px: the trainer stretches it")
    verdict = Verdict(Severity.INFO, "toy 1, read: nobody minds", "nobody minds")
    monkeypatch.setattr(Toy, "verdicts", {"MP105": verdict})
    told = {each["code"]: each for each in checked(images, "--no-cache")["findings"]}["MP105"]
    assert told["severity"] == "info"
    assert told["message"].endswith("px: nobody minds")
    monkeypatch.setattr(Toy, "verdicts", {"MP105": Verdict(None, "takes masks of any size")})
    assert "MP105" not in {each["code"] for each in checked(images, "--no-cache")["findings"]}
    words = ("check", images, "--masks", images, "--trainer", "toy", "--select", "MP105")
    assert (
        "mask-size-mismatch looks at nothing: toy@1 takes masks of any size" in run(*words).stderr
    )


def test_a_severity_of_the_users_wins_over_the_trainers(
    images: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Image.new("L", (64, 64), 255).save(images / "a-m.png")
    monkeypatch.setattr(Toy, "verdicts", {"MP105": Verdict(Severity.INFO, "nobody minds")})
    found = checked(images, "--no-cache", "--severity", "MP105=error")["findings"]
    assert {each["code"]: each["severity"] for each in found}["MP105"] == "error"


def test_whose_configuration_it_is_is_told(images: Path) -> None:
    concepts = images.parent / "concepts.json"
    concepts.write_text(json.dumps([{"path": str(images), "image": {}}]), encoding="utf-8")
    result = run("check", concepts, "--format", "json")
    assert f"{concepts}: is a configuration of onetrainer" in result.stderr
    assert json.loads(result.stdout)["trainer"] == "onetrainer"
    result = run("check", concepts, "--trainer", "sd-scripts", "--format", "json")
    assert json.loads(result.stdout)["trainer"] == "sd-scripts"


def test_nobody_recognises_what_is_nobodys() -> None:
    kinds = trainers.known_trainers().values()
    nobodys: tuple[object, ...] = ({}, [], None, "text", 3, {"datasets": []}, [{"path": 1}])
    for document in (*nobodys, {"model_type": 1}):
        for kind in kinds:
            if issubclass(kind, ReadsConfigurations):
                assert not kind.recognises(document)
