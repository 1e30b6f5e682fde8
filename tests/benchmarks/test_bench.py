"""The benchmark suite makes its corpus, measures, and writes its page."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from benchmarks import stages
from tests.commands import run
from tests.places import ROOT

PAIRS = 4

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="measures with os.wait4")


def suite(*words: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "benchmarks.suite", *map(str, words)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bench")
    words = ("--corpus", folder / "corpus", "--out", folder / "out")
    done = suite("--pairs", PAIRS, "--rounds", 2, "--only", "extract-alpha", *words)
    assert done.returncode == 0, done.stderr
    return folder


def pixels(path: Path) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    with Image.open(path) as picture:
        return np.asarray(picture)


def test_every_shape_of_the_corpus_holds_the_same_masks(measured: Path) -> None:
    corpus = measured / "corpus" / "all"
    images = [path for path in (corpus / "images").iterdir() if path.suffix != ".caption"]
    assert len(images) == PAIRS
    assert {path.suffix for path in images} == {".png", ".jpg", ".webp"}
    for image in images:
        name = f"{image.stem}.png"
        mask = pixels(corpus / "masks" / name)
        assert image.with_suffix(".caption").read_text(encoding="utf-8")
        assert pixels(image).shape == (*mask.shape, 3)
        assert len(np.unique(mask)) > 20
        assert np.count_nonzero(pixels(corpus / "masks-fine" / name) > mask) > 1000
        assert np.array_equal(pixels(corpus / "alpha" / name)[..., 3], mask)
        assert np.array_equal(pixels(corpus / "masks-coloured" / name)[..., 0], mask)
        assert np.array_equal(pixels(corpus / "masks-binary" / name) == 255, mask >= 128)


def test_the_corpus_trains(measured: Path) -> None:
    corpus = measured / "corpus" / "all"
    for words in ((corpus / "images", "--masks", corpus / "masks"), (corpus / "alpha", "--alpha")):
        result = run("check", *words)
        assert result.exit_code == 0
        assert f"{PAIRS} images train with a mask" in result.stdout


def test_goals_and_times_are_written(measured: Path) -> None:
    text = (measured / "out" / "performance.md").read_text(encoding="utf-8")
    assert "| extract from alpha | CPU | at most 1.3 | " in text
    assert "| extract from alpha | wall, all cores | at most 1.3 | " in text
    assert "\n| floor | 1 | " in text
    assert "ImageMagick" in text  # measured, or why not
    measurements = text.split("<!-- measured: begin -->")[1].split("<!-- measured: end -->")[0]
    assert "`preview`" not in measurements
    told = json.loads((measured / "out" / "performance.json").read_text(encoding="utf-8"))
    assert len(told["jobs"]["extract-alpha"]["maskprep"]["costs"]) == 2
    chart = (measured / "out" / "images" / "performance.svg").read_text(encoding="utf-8")
    assert "extract from alpha" in chart


def test_kept_results_are_drawn_again(measured: Path, tmp_path: Path) -> None:
    done = suite("--from", measured / "out" / "performance.json", "--out", tmp_path)
    assert done.returncode == 0, done.stderr
    assert "extract from alpha" in done.stdout
    for name in ("performance.md", "performance.json", "images/performance.svg"):
        assert (tmp_path / name).read_bytes() == (measured / "out" / name).read_bytes()


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "diary.txt").write_text("dear", encoding="utf-8")
    done = suite("--pairs", 1, "--corpus", tmp_path, "--out", tmp_path / "out")
    assert done.returncode == 1
    assert "is not empty, and no corpus" in done.stderr
    assert (tmp_path / "diary.txt").exists()


def test_what_is_clocked_is_there() -> None:
    for names in stages.STAGES.values():
        for name in names:
            module, _, path = name.partition(":")
            owner = importlib.import_module(f"maskprep.{module}")
            for each in path.split("."):
                owner = getattr(owner, each)
            assert callable(owner)
