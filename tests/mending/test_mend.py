"""Findings mended: after a fix the same check is clean, and nothing is lost."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import Result
from PIL import Image

from maskprep.mending.fixes import FIXES, Fix
from maskprep.rules import all_rules
from tests.commands import all_of, run
from tests.datasets import FIGURE, Folders, drawn
from tests.rule_samples import RuleSample, rule_samples

BAD = {sample.name: sample for sample in rule_samples() if sample.half == "bad"}


def contents(root: Path) -> dict[str, bytes]:
    files = (path for path in sorted(root.rglob("*")) if path.is_file())
    return {str(path.relative_to(root)): path.read_bytes() for path in files}


def found_names(result: Result) -> set[str]:
    return {each["name"] for each in json.loads(result.stdout)["findings"]}


def options_of(fix: Fix) -> list[str]:
    if fix.asked:
        return ["--fix", fix.asked]
    return ["--fix"] if fix.safe else ["--fix", "--unsafe-fixes"]


@pytest.mark.parametrize("fix", FIXES, ids=lambda each: each.rule)
def test_after_a_fix_its_rule_is_silent(
    fix: Fix, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sample: RuleSample = BAD[fix.rule]
    root = tmp_path / "set"
    root.mkdir()
    sample.copy_to(root)
    monkeypatch.chdir(root)
    before = contents(root)
    words = ("check", *sample.arguments, "--format", "json")
    assert fix.rule in found_names(run(*words))
    fixed = run(*words, *options_of(fix))
    assert fix.words in fixed.stderr
    assert fix.rule not in found_names(fixed)
    again = run(*words)
    assert fix.rule not in found_names(again)
    assert found_names(again) - {"everything-trained"} <= found_names(run(*words))
    after = set(contents(tmp_path).values())
    assert [name for name, content in before.items() if content not in after] == []


@pytest.mark.parametrize("fix", FIXES, ids=lambda each: each.rule)
def test_a_diff_tells_it_and_changes_nothing(
    fix: Fix, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sample = BAD[fix.rule]
    sample.copy_to(tmp_path)
    monkeypatch.chdir(tmp_path)
    before = contents(tmp_path)
    told = run("check", *sample.arguments, "--diff", *options_of(fix))
    assert f"would be {fix.words} [{fix.rule}]" in told.stderr
    assert fix.rule in told.stdout
    assert contents(tmp_path) == before


def test_every_fix_is_of_a_rule() -> None:
    known = {each.name for each in all_rules()}
    assert [fix.rule for fix in FIXES if fix.rule not in known] == []
    assert len({fix.rule for fix in FIXES}) == len(FIXES)


def test_what_could_lose_something_is_not_done_unasked(tmp_path: Path) -> None:
    folders = Folders(tmp_path).add("a.png").add("b.png")
    Image.fromarray(drawn(FIGURE)).resize((64, 64)).save(folders.masks / "a.png")
    (folders.masks / "b.png").unlink()
    before = contents(tmp_path)
    result = run("check", folders.config(), "--fix")
    assert result.exit_code == 1
    assert "0 files mended" in result.stderr
    assert {name: content for name, content in contents(tmp_path).items() if name in before} == (
        before
    )
    assert run("check", folders.config(), "--fix", "--unsafe-fixes").exit_code == 1
    assert run("check", folders.config(), "--fix", "missing=white").exit_code == 0


def test_one_file_with_several_defects_is_mended_step_by_step(tmp_path: Path) -> None:
    folders = Folders(tmp_path).add("a.png")
    wide = drawn(FIGURE).astype(np.uint16) * 257
    (folders.masks / "a.png").unlink()
    cv2.imwrite(str(folders.masks / "A_mask.png"), wide)
    original = (folders.masks / "A_mask.png").read_bytes()
    result = run("check", folders.config(), "--fix")
    assert result.exit_code == 0, all_of(result)
    assert "0 errors, 0 warnings" in result.stdout
    with Image.open(folders.masks / "a.png") as image:
        np.testing.assert_array_equal(np.asarray(image), drawn(FIGURE))
    (backup,) = tmp_path.glob("masks.maskprep-backup-*")
    assert (backup / "A_mask.png").read_bytes() == original


def test_a_name_that_is_taken_is_told(tmp_path: Path) -> None:
    folders = Folders(tmp_path).add("a.png")
    for name in ("b.png", "b.Png"):
        Image.new("RGB", (128, 128)).save(folders.images / name)
    Image.fromarray(drawn(FIGURE)).save(folders.masks / "b.png")
    result = run("check", folders.config(), "--fix")
    assert "b.Png: not mended [extension-ignored]: cannot become b.png" in result.stderr


def test_several_labels_are_left_to_the_owner(tmp_path: Path) -> None:
    folders = Folders(tmp_path).add("a.png")
    labels = np.minimum(drawn(FIGURE), 1)
    labels[:8] = 2
    Image.fromarray(labels).save(folders.masks / "a.png")
    result = run("check", folders.config(), "--fix")
    assert result.exit_code == 1
    assert "holds the labels 1, 2: say which train" in result.stderr


def test_ignored_rules_are_not_mended(tmp_path: Path) -> None:
    folders = Folders(tmp_path).add("a.png")
    cv2.imwrite(str(folders.masks / "a.png"), drawn(FIGURE).astype(np.uint16) * 257)
    before = (folders.masks / "a.png").read_bytes()
    run("check", folders.config(), "--fix", "--ignore", "mask-16bit")
    assert (folders.masks / "a.png").read_bytes() == before


def test_pictures_show_what_would_change(tmp_path: Path) -> None:
    folders = Folders(tmp_path).add("a.png").add("b.png")
    cv2.imwrite(str(folders.masks / "a.png"), drawn(FIGURE).astype(np.uint16) * 257 // 2)
    (folders.images / "b.txt").write_text("\ufeffa caption", encoding="utf-8")
    pictures = tmp_path / "pictures"
    result = run("check", folders.config(), "--diff", "--diff-images", pictures)
    assert [path.name for path in pictures.iterdir()] == ["a.png"]
    assert "-<BOM>a caption" in result.stderr
    assert "+a caption" in result.stderr


@pytest.mark.parametrize("options", [["--unsafe-fixes"], ["--diff-images", "x"]])
def test_options_without_a_fix_are_usage_errors(tmp_path: Path, options: list[str]) -> None:
    config = Folders(tmp_path).add().config()
    assert run("check", config, *options).exit_code == 2


def test_a_dataset_after_fix_is_a_dataset(tmp_path: Path) -> None:
    config = Folders(tmp_path).add().config()
    assert run("check", "--fix", config).exit_code == 0
    assert run("check", "--fix", "missing=white", config).exit_code == 0
