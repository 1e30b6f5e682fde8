"""Some pairs of a set, by their names."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from maskprep.checking.engine import check
from maskprep.dataset.discover import discover, request
from maskprep.dataset.only import keep_only
from maskprep.errors import MaskprepError
from maskprep.files import pathname
from maskprep.model import TrainingSet
from maskprep.model.report import Report
from maskprep.model.rule import RuleStage
from maskprep.rules import all_rules
from tests.commands import all_of, run
from tests.datasets import Folders
from tests.rule_samples import RuleSample, request_of, rule_samples

#: Codes of what is told of all pairs together.
OF_ALL = {
    each.code for each in all_rules() if each.stage in (RuleStage.DATASET, RuleStage.EXPECTATIONS)
}
NAMES = ("cat-1.png", "cat-2.png", "dog [1].png", "犬が.png")


@pytest.fixture
def found(tmp_path: Path) -> TrainingSet:
    folders = Folders(tmp_path)
    for name in NAMES:
        folders.add(name)
    return discover(request(str(folders.config())))


def kept(found: TrainingSet, *wanted: str) -> list[str]:
    part = keep_only(found, wanted)
    return [
        pathname.basename(pair.image)
        for dataset in part.datasets
        for subset in dataset.subsets
        for pair in subset.pairs
    ]


def test_names_stems_patterns_and_paths(found: TrainingSet, tmp_path: Path) -> None:
    assert kept(found) == list(NAMES)
    assert kept(found, "cat-2.png") == ["cat-2.png"]
    assert kept(found, "cat-2") == ["cat-2.png"]
    assert kept(found, "cat-*", "dog [1]") == list(NAMES[:3])
    assert kept(found, "dog [1].png") == ["dog [1].png"]
    assert kept(found, str(tmp_path / "masks" / "cat-1.png")) == ["cat-1.png"]
    assert kept(found, str(tmp_path / "images" / "*2*")) == ["cat-2.png"]
    assert kept(found, "犬か\u3099") == ["犬が.png"]


def test_lists(found: TrainingSet, tmp_path: Path) -> None:
    path = tmp_path / "list.txt"
    path.write_bytes("\ufeffcat-1.png\r\n\r\n  犬*\r\n".encode())
    assert kept(found, str(path)) == ["cat-1.png", "犬が.png"]
    assert kept(found, str(path), "cat-2") == ["cat-1.png", "cat-2.png", "犬が.png"]
    path.write_bytes(b"cat-1\ncow\n")
    with pytest.raises(MaskprepError, match=r"list\.txt: line 2: no image or mask is called 'cow'"):
        kept(found, str(path))
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(MaskprepError, match="is no list of names: it is not UTF-8"):
        kept(found, str(path))


@pytest.mark.parametrize("word", ["cow", "", "*.jpg", "images"])
def test_what_means_nothing_is_refused(word: str, found: TrainingSet) -> None:
    with pytest.raises(MaskprepError, match="--only: no image or mask is called"):
        kept(found, word)


def test_the_whole_stays_known(found: TrainingSet) -> None:
    part = keep_only(found, ["cat-1"])
    (subset,) = part.datasets[0].subsets
    assert subset.entire == found.datasets[0].subsets[0]
    assert subset.images == subset.entire.images
    assert (part.pair_count, part.part, found.part) == (1, "1 of 4 pairs", "")


def test_a_set_without_pairs_is_left_to_the_check(tmp_path: Path) -> None:
    folders = Folders(tmp_path)
    empty = discover(request(str(folders.config())))
    assert keep_only(empty, ["cat"]) is empty
    folders.masks.rmdir()
    assert "MP101" in all_of(run("check", folders.root / "dataset.toml", "--only", "cat"))


def findings(report: Report) -> set[tuple[str, str, str]]:
    return {(each.code, each.path, each.message) for each in report.findings}


@pytest.mark.parametrize("sample", rule_samples(), ids=lambda each: f"{each.code}-{each.half}")
def test_a_part_is_judged_as_in_the_whole(
    sample: RuleSample, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sample.copy_to(tmp_path)
    monkeypatch.chdir(tmp_path)
    whole = discover(request_of(sample))
    told = findings(check(whole))
    pairs = [pair for each in whole.datasets for subset in each.subsets for pair in subset.pairs]
    for pair in pairs[:4]:
        of_part = findings(check(keep_only(whole, [pair.image])))
        own = (pair.image, pair.mask, pair.caption.path)
        of_pair = {each for each in told if each[1] in own and each[0] not in OF_ALL}
        assert of_pair <= of_part <= told


def test_the_verdict_says_which_part(found: TrainingSet, tmp_path: Path) -> None:
    Image.new("L", (40, 40)).save(tmp_path / "masks" / "cat-2.png")
    config = tmp_path / "dataset.toml"
    lines = run("check", config, "--only", "cat-1", "--only", "dog*").stdout.splitlines()
    assert lines[0].startswith("Ready (by 2 of 4 pairs alone): ")
    assert "By 2 of 4 pairs alone: the run starts and gets through its first epoch." in lines
    result = run("check", config, "--only", "cat-2", "--select", "MP2,MP3")
    assert "(by MP2, MP3 of 1 of 4 pairs alone): " in result.stdout.splitlines()[0]
    assert result.exit_code == 1
    document = json.loads(run("check", config, "--only", "cat-1", "--format", "json").stdout)
    assert (document["only"], len(document["samples"])) == (["cat-1"], 1)


def test_what_mends_in_place_leaves_others_alone(found: TrainingSet, tmp_path: Path) -> None:
    config = tmp_path / "dataset.toml"
    for name in ("cat-1.png", "cat-2.png"):
        path = tmp_path / "masks" / name
        with Image.open(path) as mask:
            deep = np.asarray(mask, np.uint16) * 257
        Image.fromarray(deep).save(path)
    before = (tmp_path / "masks" / "cat-2.png").read_bytes()
    told = run("check", config, "--only", "cat-1").stdout
    assert f"--fix mends 1 finding: maskprep check {config} --only cat-1 --fix" in told
    run("check", config, "--only", "cat-1", "--fix")
    with Image.open(tmp_path / "masks" / "cat-1.png") as mended:
        assert mended.mode == "L"
    assert (tmp_path / "masks" / "cat-2.png").read_bytes() == before


def test_labels_are_those_of_the_whole_set(found: TrainingSet, tmp_path: Path) -> None:
    masks = tmp_path / "masks"
    for number, path in enumerate(sorted(masks.glob("cat*")), 1):
        with Image.open(path) as mask:
            label = np.where(np.asarray(mask) > 0, np.uint8(number), np.uint8(0))
        Image.fromarray(label).save(path)
    result = run("check", tmp_path / "dataset.toml", "--only", "cat-1", "--fix")
    assert "its set holds the labels 1, 2: say which train" in result.stderr


@pytest.mark.parametrize("command", [("dilate", "--radius", 2), ("extract",), ("embed",)])
def test_commands_write_some(
    command: tuple[object, ...], found: TrainingSet, tmp_path: Path
) -> None:
    made = tmp_path / "made"
    name, *words = command
    only = ("--only", "cat-*", "--output", made)
    result = run(name, tmp_path / "dataset.toml", *words, *only)
    assert result.exit_code == 0
    assert sorted(path.name for path in made.glob("*.png")) == ["cat-1.png", "cat-2.png"]


def test_masks_of_other_names_are_told_apart_by_all(tmp_path: Path) -> None:
    folders = Folders(tmp_path)
    for name in ("a-1.png", "a-2.png"):
        folders.add(name)
        (folders.masks / name).rename(folders.masks / f"{name[:-4]}_mask.png")
    made = tmp_path / "made"
    words = ("extract", folders.config(), "--output", made)
    assert run(*words, "--only", "a-2").exit_code == 0
    assert [path.name for path in made.iterdir()] == ["a-2.png"]


def test_a_baseline_is_of_all_pairs(found: TrainingSet, tmp_path: Path) -> None:
    words = ("check", tmp_path / "dataset.toml", "--baseline", tmp_path / "accepted.json")
    result = run(*words, "--only", "cat-1")
    assert result.exit_code == 2
    assert "a baseline is of all pairs: write it without --only" in result.stderr
    assert run(*words).exit_code == 0
    assert run(*words, "--only", "cat-1").exit_code == 0
