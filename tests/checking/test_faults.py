"""A defect of maskprep itself is told as such where it happens; everything else goes on."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import cv2
import pytest

from maskprep import raster
from maskprep.checking import engine as lint
from maskprep.dataset.sample import Sample
from maskprep.model.rule import RuleStage
from maskprep.pictures import preview
from maskprep.pictures.pair import draw_pair
from tests.commands import run
from tests.datasets import FIGURE, Folders

TOLD = r"maskprep failed \(TypeError: a slip of ours, \w+\.py:\d+\): a fault of maskprep, not of"


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    made = Folders(tmp_path).add("a.png").add("b.png").add("c.png", FIGURE.replace("+", "#"))
    (made.masks / "c.png").unlink()
    made.config()
    return made


@pytest.fixture
def slip(monkeypatch: pytest.MonkeyPatch) -> None:
    row = Sample.row

    def failing(sample: Sample) -> Any:
        if sample.pair.image.endswith("b.png"):
            raise TypeError("a slip of ours")
        return row(sample)

    monkeypatch.setattr(Sample, "row", failing)


@pytest.mark.usefixtures("slip")
def test_the_other_pairs_are_judged(folders: Folders) -> None:
    config = folders.root / "dataset.toml"
    for options in ((), ("--no-cache",)):  # what failed is not remembered
        result = run("check", config, "--format", "json", "--fail-on", "never", *options)
        assert result.exit_code == 2
        assert re.search(rf"images[/\\]b\.png: {TOLD}", result.stderr)
        report = json.loads(result.stdout)
        (fault,) = report["faults"]
        assert fault["path"].endswith("b.png")
        assert [finding["name"] for finding in report["findings"]] == ["mask-missing"]
        assert report["samples"][0]["weight_mean"] is not None
        assert report["samples"][1]["weight_mean"] is None


@pytest.mark.parametrize("shortage", [MemoryError(), cv2.error("Insufficient memory")])
def test_a_lack_of_memory_is_told_for_its_pair_and_is_no_fault(
    folders: Folders, monkeypatch: pytest.MonkeyPatch, shortage: Exception
) -> None:
    if isinstance(shortage, cv2.error):
        shortage.code = -4
    row = Sample.row

    def failing(sample: Sample) -> Any:
        if sample.pair.image.endswith("b.png"):
            raise shortage
        return row(sample)

    monkeypatch.setattr(Sample, "row", failing)
    result = run("check", folders.root / "dataset.toml", "--format", "json", "--no-cache")
    assert result.exit_code == 2
    assert re.search(r"b\.png: there is not enough memory for it: end other", result.stderr)
    assert "a fault of" not in result.stderr
    assert json.loads(result.stdout)["samples"][0]["weight_mean"] is not None


def test_one_pair_alone_is_told_with_what_failed(
    folders: Folders, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_: object) -> Any:
        raise TypeError("a slip of ours")

    monkeypatch.setattr(lint, "_judged", failing)
    pair = folders.images / "b.png", folders.masks / "b.png"
    result = run("info", *pair)
    assert result.exit_code == 2
    assert re.search(TOLD, result.stderr)
    assert "Nothing to mend" not in result.stdout
    told = run("info", *pair, "--format", "json")
    assert told.exit_code == 2
    (fault,) = json.loads(told.stdout)["faults"]
    assert re.search(TOLD, fault)


@pytest.mark.usefixtures("slip")
def test_no_verdict_is_given_that_nobody_knows(folders: Folders, tmp_path: Path) -> None:
    (folders.images / "c.png").unlink()
    result = run("check", folders.root / "dataset.toml")
    assert result.exit_code == 2
    assert "Whether the run gets through is not known" in result.stdout
    assert "cannot train" not in result.stdout
    sarif = json.loads(run("check", folders.root / "dataset.toml", "--format", "sarif").stdout)
    (invocation,) = sarif["runs"][0]["invocations"]
    assert invocation["executionSuccessful"] is False
    assert re.search(TOLD, invocation["toolExecutionNotifications"][0]["message"]["text"])


def test_a_rule_of_the_set_that_fails_leaves_the_pairs(
    folders: Folders, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = lint._told

    def failing(rules: Any, stage: Any, *subjects: Any) -> Any:
        if stage is RuleStage.DATASET:
            raise TypeError("a slip of ours")
        return told(rules, stage, *subjects)

    monkeypatch.setattr(lint, "_told", failing)
    result = run("check", folders.root / "dataset.toml")
    assert result.exit_code == 2
    assert re.search(rf"dataset\.toml: {TOLD}", result.stderr)
    assert "mask-missing" in result.stdout


def test_a_file_that_cannot_be_written_by_our_fault_leaves_the_others(
    folders: Folders, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folders.images / "c.png").unlink()
    encode, calls = raster.encode_mask, iter([0, 1])

    def failing(*words: Any) -> bytes:
        if next(calls):
            raise TypeError("a slip of ours")
        return encode(*words)

    monkeypatch.setattr(raster, "encode_mask", failing)
    config, out = folders.root / "dataset.toml", tmp_path / "out"
    result = run("dilate", config, "--radius", 2, "--output", out)
    assert result.exit_code == 2
    assert re.search(TOLD, result.stderr)
    assert len(list(out.iterdir())) == 1


def test_a_picture_that_cannot_be_drawn_leaves_the_others(
    folders: Folders, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folders.images / "c.png").unlink()

    def failing(view: Any) -> Any:
        if view.title == "b.png":
            raise TypeError("a slip of ours")
        return draw_pair(view)

    monkeypatch.setattr(preview, "draw_pair", failing)
    result = run("preview", folders.root / "dataset.toml", "--output", tmp_path / "out")
    assert result.exit_code == 2
    assert re.search(rf"b\.png: not drawn: {TOLD}", result.stderr)
    assert (tmp_path / "out" / "a.png").is_file()


def test_wherever_it_fails_it_is_one_line(
    folders: Folders, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_: Any, **__: Any) -> Any:
        raise TypeError("a slip of ours")

    monkeypatch.setattr("maskprep.checking.facts.facts_of", failing)
    words = ("info", folders.images / "a.png", folders.masks / "a.png")
    result = run(*words)
    assert result.exit_code == 2
    assert re.fullmatch(rf"maskprep: {TOLD}.*\n", result.stderr)
    monkeypatch.setenv("MASKPREP_TRACEBACK", "1")
    with pytest.raises(TypeError, match="a slip of ours"):
        run(*words)


class _Losing:
    """Work elsewhere, of which one file ends each process that looks at it."""

    def in_order(
        self, items: Iterable[Any], work: Callable[[Any], Any], lost: Callable[[Any], Any]
    ) -> Iterator[Any]:
        for item in items:
            yield lost(item) if item.files[0].endswith("b.png") else work(item)


@pytest.mark.parametrize("remembers", [False, True])
def test_a_pair_that_ends_its_process_is_named(
    remembers: bool, folders: Folders, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("maskprep.running.parallel.ThisMachine", lambda *_: _Losing())
    options = ("--cache-dir", tmp_path / "kept") if remembers else ("--no-cache",)
    for _ in range(2):  # it is not remembered
        result = run("check", folders.root / "dataset.toml", "--format", "json", *options)
        assert result.exit_code == 2
        assert "images/b.png: the process that looked at it was ended from outside" in result.stderr
        report = json.loads(result.stdout)
        (fault,) = report["faults"]
        assert fault["path"].endswith("b.png")
        assert report["samples"][0]["weight_mean"] is not None
        assert report["samples"][1]["weight_mean"] is None


def test_ctrl_c_is_no_finding(folders: Folders, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken_off(*_: Any, **__: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr("maskprep.checking.engine.check", broken_off)
    result = run("check", folders.root / "dataset.toml")
    assert result.exit_code == 130
    assert result.stderr == "maskprep: interrupted\n"
