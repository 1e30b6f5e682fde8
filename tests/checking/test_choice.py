"""Rules chosen, weighed and set; findings accepted; expectations that must hold."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from click.testing import Result
from PIL import Image

from maskprep.checking import choice
from maskprep.checking.choice import Choice, Ruleset, matching
from maskprep.checking.project import find_project, read_project
from maskprep.dataset import sample
from maskprep.errors import MaskprepError
from maskprep.masks.details import Details
from maskprep.masks.finding import find_details
from maskprep.model import Severity
from maskprep.model.rule import Remark, Rule
from maskprep.rules import all_rules
from tests.commands import all_of, run
from tests.datasets import FIGURE, Folders, drawn


def found_names(result: Result) -> list[str]:
    return [each["name"] for each in json.loads(result.stdout)["findings"]]


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A set with a 16-bit mask (an error) and a mask that is all white (a warning)."""
    folders = Folders(tmp_path).add("a.png").add("b.png").add("c.png")
    wide = drawn(FIGURE).astype(np.uint16) * 257
    cv2.imwrite(str(folders.masks / "a.png"), wide)
    Image.new("L", (128, 128), 255).save(folders.masks / "b.png")
    return folders.config()


def check(config: Path, *options: object) -> Result:
    return run("check", config, "--format", "json", *options)


def test_everything_is_told_unless_something_is_chosen(config: Path) -> None:
    assert set(found_names(check(config))) == {"mask-16bit", "everything-trained"}


@pytest.mark.parametrize(
    ("options", "names", "code"),
    [
        (["--select", "mask-16bit"], {"mask-16bit"}, 1),
        (["--select", "MP3"], {"everything-trained"}, 0),
        (["--select", "MP3,mp201"], {"everything-trained", "mask-16bit"}, 1),
        (["--ignore", "MP2"], {"everything-trained"}, 0),
        (["--ignore", "mask-16bit", "--ignore", "MP303"], set(), 0),
        (["--severity", "mask-16bit=info"], {"mask-16bit", "everything-trained"}, 0),
        (["--severity", "MP303=error", "--ignore", "MP2"], {"everything-trained"}, 1),
    ],
)
def test_the_choice_decides_what_is_told_and_the_exit_code(
    config: Path, options: list[str], names: set[str], code: int
) -> None:
    result = check(config, *options)
    assert set(found_names(result)) == names
    assert result.exit_code == code


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--select", "mask-16bits"], "there is no rule 'mask-16bits': did you mean mask-16bit?"),
        (["--ignore", "MP9"], "there is no rule 'MP9'"),
        (["--set", "detail-lost.treshold=1"], "has no option 'treshold': threshold, target"),
        (["--set", "detail-lost.threshold=much"], "wants a number, as in 0.4: 'much'"),
        (["--set", "detail-lost.threshold=-1"], "wants a number from 0 on: -1"),
        (["--set", "detail-lost.threshold=nan"], "wants a number from 0 on: nan"),
        (["--set", "threshold=1"], "write RULE.OPTION=VALUE"),
        (["--severity", "MP303=loud"], "write RULE=LEVEL"),
    ],
)
def test_what_is_unknown_is_refused_with_the_nearest(
    config: Path, options: list[str], told: str
) -> None:
    result = check(config, *options)
    assert result.exit_code == 2
    assert told in all_of(result)


def test_a_rule_is_set_by_its_options(tmp_path: Path) -> None:
    folders = Folders(tmp_path).add("a.png")
    mask = drawn(FIGURE)
    cv2.line(mask, (70, 20), (110, 4), 255, 4)
    Image.fromarray(mask).save(folders.masks / "a.png")
    config = folders.config()
    assert found_names(check(config)) == []
    assert found_names(check(config, "--set", "detail-lost.threshold=0.9")) == ["detail-lost"]
    assert found_names(check(config, "--set", "MP301.threshold=1")) == ["detail-lost"]


def test_the_nearest_file_wins_and_is_told(config: Path) -> None:
    (config.parent / "pyproject.toml").write_text(
        '[tool.maskprep]\nignore = ["MP2"]\n', encoding="utf-8"
    )
    result = run("check", config, "-v")
    assert "pyproject.toml" in all_of(result)
    assert "mask-16bit" not in all_of(result)
    (config.parent / "maskprep.toml").write_text('ignore = ["MP3"]\n', encoding="utf-8")
    result = run("check", config, "-v")
    assert "maskprep.toml" in all_of(result)
    assert "mask-16bit" in all_of(result)
    assert "everything-trained" not in all_of(result)


def test_the_command_line_goes_over_the_file(config: Path) -> None:
    own = config.parent / "maskprep.toml"
    own.write_text(
        'select = ["MP2"]\n[severity]\nmask-16bit = "info"\n[set]\ndetail-lost.threshold = 0.5\n',
        encoding="utf-8",
    )
    assert found_names(check(config)) == ["mask-16bit"]
    assert check(config).exit_code == 0
    assert found_names(check(config, "--select", "MP3")) == ["everything-trained"]
    assert check(config, "--severity", "mask-16bit=error").exit_code == 1


def test_ignores_for_some_files_only(config: Path) -> None:
    own = config.parent / "maskprep.toml"
    own.write_text('[ignore-in]\n"masks/a.*" = ["MP2"]\n', encoding="utf-8")
    assert found_names(check(config)) == ["everything-trained"]
    own.write_text('[ignore-in]\n"masks/c.*" = ["MP2"]\n', encoding="utf-8")
    result = run("check", config)
    assert "mask-16bit" in all_of(result)
    assert "nothing is ignored by 'masks/c.*: MP2'" in all_of(result)


def test_an_ignored_error_does_not_hide_what_comes_after(config: Path) -> None:
    folders_mask = config.parent / "masks" / "a.png"
    cv2.imwrite(str(folders_mask), np.full((128, 128), 65535, np.uint16))
    assert set(found_names(check(config))) == {"mask-16bit", "everything-trained"}
    names = found_names(check(config, "--ignore", "mask-16bit"))
    assert names == ["everything-trained"] * 2


def test_ignoring_the_rule_does_not_make_the_run_start(tmp_path: Path) -> None:
    folders = Folders(tmp_path).add("a.png").add("b.png")
    (folders.masks / "b.png").unlink()
    result = check(folders.config(), "--ignore", "mask-missing")
    assert "mask-missing" not in found_names(result)
    assert result.exit_code == 1


ABOVE = "count here"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("ignore = ['mask-16bit', 'MP303']", "2 rules ignored"),
        ("ignore = ['MP303', 'everything-trained']", "1 rule ignored"),
        ("select = ['MP201']", "1 rule selected"),
        (
            "[ignore-in]\n'a/*' = ['MP201', 'MP303']\n'b/*' = ['MP201']",
            "2 rules ignored in some files",
        ),
        ("[severity]\nMP303 = 'error'", "1 rule weighed"),
        ("[set]\ndetail-lost.threshold = 0.5\ndetail-lost.target = 0.8", "2 options set"),
        ("[[expect]]\nmeasure = 'weight'\nmax = 1", "1 expectation"),
        (
            "ignore = ['MP201']\n[[expect]]\nmeasure = 'weight'\nmax = 1\n"
            "[[expect]]\nmeasure = 'coverage'\nmax = 1",
            "1 rule ignored, 2 expectations",
        ),
    ],
)
@pytest.mark.parametrize("name", ["maskprep.toml", "pyproject.toml"])
def test_settings_from_further_up_are_told(
    tmp_path: Path, content: str, told: str, name: str
) -> None:
    config = Folders(tmp_path / "sets" / "one").add("a.png").config()
    if name == "pyproject.toml":
        content = content.replace("[[expect", "[[tool.maskprep.expect")
        for table in ("ignore-in", "severity", "set"):
            content = content.replace(f"[{table}]", f"[tool.maskprep.{table}]")
        content = f"[tool.maskprep]\n{content}"
    (tmp_path / name).write_text(content, encoding="utf-8")
    line = f"maskprep: {config}: settings of {tmp_path / name} count here ({told})\n"
    assert run("check", config).stderr.startswith(line)
    assert line in run("check", config, "-v").stderr
    assert line in run("check", config, "--diff").stderr
    assert ABOVE not in run("check", config, "--config", tmp_path / name).stderr
    if name == "maskprep.toml":
        (config.parent / name).write_text(content, encoding="utf-8")
        assert ABOVE not in run("check", config).stderr


@pytest.mark.parametrize("content", ["", "ignore = []", "[set]", "expect = []"])
def test_settings_from_further_up_that_say_nothing_are_not_told(
    tmp_path: Path, content: str
) -> None:
    config = Folders(tmp_path / "set").add("a.png").config()
    (tmp_path / "maskprep.toml").write_text(content, encoding="utf-8")
    assert run("check", config).stderr == ""


def test_of_an_image_folder_its_own_settings_are_those_in_it(tmp_path: Path) -> None:
    folders = Folders(tmp_path).add("a.png")
    words = ("check", folders.images, "--masks", folders.masks)
    (tmp_path / "maskprep.toml").write_text("ignore = ['MP201']", encoding="utf-8")
    told = run(*words, "--ignore", "MP303").stderr
    assert f"{folders.images}: settings of {tmp_path / 'maskprep.toml'} count here (1 rule" in told
    (folders.images / "maskprep.toml").write_text("ignore = ['MP201']", encoding="utf-8")
    assert ABOVE not in run(*words).stderr


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("ignores = []", "ignores: is unknown: did you mean ignore?"),
        ("ignore = 'MP2'", "ignore: wants a list of words"),
        ("[severity]\nMP2 = 'loud'", "severity.MP2: wants error, warning or info"),
        ("[[expect]]\nmin = 1", "expect.0.measure: is missing"),
        ("[[expect]]\nmeasure = 'beauty'\nmin = 1", "wants one of coverage, weight"),
        ("[[expect]]\nmeasure = 'weight'\nmin = 40", "min: wants a number from 0 to 1"),
        ("[[expect]]\nmeasure = 'weight'\nmin = 0.9\nmax = 0.1", "has min above max"),
        ("[[expect]]\nmeasure = 'weight'", "has neither min nor max"),
        ("[[expect]]\nmeasure = 'weight'\nmin = 1\nunder = 'no/*.png'", "fits no file"),
        ("ignore = [", "line 1: [ is not closed: ] is missing at its end"),
        ('select = ["MP1"\nignore = []\n', "line 1: [ is not closed: ] is missing before line 2"),
        ("# a [\n[severity\nx = 1\n", "line 2: [ is not closed: ] is missing"),
        ('x = "]"\ny = { a = 1\n\n[set]\n', "line 2: { is not closed: } is missing"),
        ('select = "MP1]\n', 'line 1: the text that begins with " has no " at its end'),
        ("a =\n", "line 1: something is missing at the end of the line"),
        ("a =\r\n", "line 1: something is missing at the end of the line"),
        ("a = 1\na = 2\n", 'line 2: Key "a" already exists'),
        ("ignore = ['MP99']", "there is no rule 'MP99'"),
    ],
)
def test_a_broken_file_is_told_with_its_place(config: Path, content: str, told: str) -> None:
    (config.parent / "maskprep.toml").write_bytes(content.encode())
    result = run("check", config)
    assert result.exit_code == 2
    assert told in all_of(result)


def test_a_file_can_be_named(config: Path, tmp_path: Path) -> None:
    other = tmp_path / "strict.toml"
    other.write_text('ignore = ["MP2", "MP3"]', encoding="utf-8")
    assert found_names(check(config, "--config", other)) == []
    result = check(config, "--config", tmp_path / "none.toml")
    assert result.exit_code == 2
    assert "none.toml: cannot be read" in all_of(result)


def test_a_folder_without_settings_has_none(tmp_path: Path) -> None:
    project = find_project(str(tmp_path / "a.toml"))
    assert project.choice == Choice()
    with pytest.raises(MaskprepError, match=r"has no \[tool\.maskprep\]"):
        (tmp_path / "pyproject.toml").write_text("[project]\nname = 'x'\n", encoding="utf-8")
        read_project(str(tmp_path / "pyproject.toml"))


def test_a_baseline_accepts_today_and_tells_tomorrow(config: Path, tmp_path: Path) -> None:
    baseline = tmp_path / "accepted.json"
    first = run("check", config, "--baseline", baseline)
    assert first.exit_code == 0
    assert "2 findings accepted from now on" in all_of(first)
    assert "0 errors, 0 warnings" in all_of(first)
    folders_mask = config.parent / "masks" / "c.png"
    Image.new("L", (128, 128), 255).save(folders_mask)
    second = check(config, "--baseline", baseline)
    assert [each["path"] for each in json.loads(second.stdout)["findings"]] == [str(folders_mask)]
    assert run("check", config, "--baseline", baseline, "--update-baseline").exit_code == 0
    assert found_names(check(config, "--baseline", baseline)) == []


def test_a_baseline_survives_a_move_of_the_whole_set(config: Path, tmp_path: Path) -> None:
    baseline = config.parent / "accepted.json"
    run("check", config, "--baseline", baseline)
    text = baseline.read_text(encoding="utf-8")
    assert str(tmp_path) not in text
    assert "masks/a.png" in text


@pytest.mark.parametrize("content", ["", "[]", '{"findings": [{"rule": 1}]}', "\xff"])
def test_what_is_no_baseline_is_refused(config: Path, tmp_path: Path, content: str) -> None:
    baseline = tmp_path / "accepted.json"
    baseline.write_text(content, encoding="latin-1")
    result = run("check", config, "--baseline", baseline)
    assert result.exit_code == 2
    assert "is no baseline" in all_of(result)
    assert baseline.read_text(encoding="latin-1") == content


def with_expectation(folders: Folders, text: str) -> Result:
    (folders.root / "maskprep.toml").write_text(f"[[expect]]\n{text}\n", encoding="utf-8")
    return check(folders.config())


@pytest.mark.parametrize(
    ("expected", "holds"),
    [
        ("measure = 'coverage'\nmin = 0.05\nmax = 0.6", True),
        ("measure = 'coverage'\nmin = 0.6", False),
        ("measure = 'weight'\nmax = 0.1", False),
        ("measure = 'weight'\nmax = 0.3\nfiles = 'a*'", True),
        ("measure = 'detail-weight'\nmin = 0.9", False),
        ("measure = 'detail-weight'\nmin = 0.2", True),
        ("measure = 'weight'\nmax = 0.05\nunder = 'marks/*.png'", True),
        ("measure = 'weight'\nmin = 0.05\nunder = 'marks/*.png'", False),
        ("measure = 'coverage'\nmax = 0\nunder = 'marks/*.png'", True),
        ("measure = 'detail-weight'\nmin = 0.3\nunder = 'rings/*.png'", True),
        ("measure = 'detail-weight'\nmin = 0.7\nunder = 'rings/*.png'", False),
    ],
)
def test_what_must_hold_is_held(tmp_path: Path, expected: str, holds: bool) -> None:
    folders = Folders(tmp_path).add("a.png")
    mask = drawn(FIGURE)
    ring = np.zeros_like(mask)
    ring[58:64, 20:30] = 255
    Image.fromarray(mask | ring).save(folders.masks / "a.png")
    mark = np.zeros_like(mask)
    mark[100:120, 4:20] = 255
    for name, region in (("marks", mark), ("rings", ring)):
        (tmp_path / name).mkdir()
        Image.fromarray(region).save(tmp_path / name / "a.png")
    result = with_expectation(folders, expected)
    names = found_names(result)
    assert ("expectation-broken" in names) is not holds
    assert result.exit_code == (0 if holds else 1)


def test_an_expectation_is_held_whatever_else_is_wrong(config: Path, tmp_path: Path) -> None:
    own = config.parent / "maskprep.toml"
    own.write_text("[[expect]]\nmeasure = 'coverage'\nmin = 0.99\n", encoding="utf-8")
    baseline = tmp_path / "accepted.json"
    told = found_names(check(config))
    assert told.count("expectation-broken") == 2
    assert "mask-16bit" in told
    own.unlink()
    run("check", config, "--baseline", baseline)
    own.write_text("[[expect]]\nmeasure = 'coverage'\nmin = 0.99\n", encoding="utf-8")
    result = check(config, "--baseline", baseline)
    assert found_names(result) == ["expectation-broken"] * 2
    assert result.exit_code == 1


def test_a_severity_of_ones_own_does_not_end_a_pairs_way(config: Path) -> None:
    (config.parent / "masks" / "a.png").unlink()
    Image.new("P", (128, 128)).save(config.parent / "masks" / "a.png")
    names = {"mask-palette", "nothing-trained", "everything-trained"}
    assert set(found_names(check(config))) == names
    assert set(found_names(check(config, "--severity", "mask-palette=error"))) == names


@pytest.mark.parametrize(
    ("expected", "told"),
    [
        ("measure = 'weight'\nmax = 0.1\nfiles = 'nomatch*'", "files = 'nomatch*' fits none"),
        ("measure = 'weight'\nmax = 1\nunder = 'marks/*.png'", "marks a region of no image"),
    ],
)
def test_an_expectation_that_holds_nothing_fails(tmp_path: Path, expected: str, told: str) -> None:
    folders = Folders(tmp_path).add("a.png")
    (tmp_path / "marks").mkdir()
    for name in ("a.png", "stranger.png"):
        Image.new("L", (128, 128), 255).save(tmp_path / "marks" / name)
    result = with_expectation(folders, expected)
    assert result.exit_code == 1
    assert "expectation-unused" in found_names(result)
    assert told in result.stdout


def test_an_ignore_of_what_does_not_run_is_no_unused_one(config: Path) -> None:
    own = config.parent / "maskprep.toml"
    own.write_text('[ignore-in]\n"masks/c.*" = ["MP2"]\n', encoding="utf-8")
    assert "nothing is ignored by" in all_of(run("check", config))
    for options in (["--select", "MP3"], ["--ignore", "MP2"]):
        assert "nothing is ignored" not in all_of(run("check", config, *options))


def test_of_what_never_runs_no_use_is_known(config: Path) -> None:
    (config.parent / "maskprep.toml").write_text('ignore = ["mask-jpeg"]\n', encoding="utf-8")
    assert "nothing is ignored" not in all_of(run("check", config, "--ignore", "MP4"))


@pytest.fixture
def called(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """List which rules are run."""
    names: list[str] = []

    def noting(each: Rule) -> Rule:
        def check(*subjects: object, **options: object) -> Iterable[Remark]:
            names.append(each.name)
            return each.check(*subjects, **options)

        return replace(each, check=check)

    noted = tuple(map(noting, all_rules()))
    monkeypatch.setattr(choice, "all_rules", lambda: noted)
    return names


@pytest.mark.parametrize("place", ["command line", "file"])
def test_what_is_ignored_is_not_run(config: Path, called: list[str], place: str) -> None:
    check(config, "--no-cache")
    others = [name for name in called if name not in ("mask-16bit", "duplicate-images")]
    assert len(others) < len(called)
    called.clear()
    if place == "file":
        own = config.parent / "maskprep.toml"
        own.write_text('ignore = ["mask-16bit", "duplicate-images"]\n', encoding="utf-8")
        check(config, "--no-cache", "--executor", "threads")
    else:
        check(config, "--no-cache", "--ignore", "mask-16bit,MP403")
    assert set(called) == set(others)


def test_what_is_ignored_in_some_files_is_run(config: Path, called: list[str]) -> None:
    own = config.parent / "maskprep.toml"
    own.write_text('[ignore-in]\n"masks/*" = ["mask-16bit"]\n', encoding="utf-8")
    assert found_names(check(config, "--no-cache")) == ["everything-trained"]
    assert "mask-16bit" in called


def test_details_are_looked_for_only_where_something_asks_for_them(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[object] = []

    def noting(*given: Any) -> Details:
        looked.append(given)
        return find_details(*given)

    monkeypatch.setattr(sample, "find_details", noting)

    def details(*options: str) -> list[int | None]:
        looked.clear()
        told = json.loads(check(config, "--no-cache", *options).stdout)
        return [each["details"] for each in told["samples"]]

    # The first mask's way ends at its 16 bits.
    assert details() == [None, 0, 2]
    assert len(looked) == 2
    assert details("--ignore", "detail-lost") == [None, None, None]
    assert looked == []
    own = config.parent / "maskprep.toml"
    own.write_text("[[expect]]\nmeasure = 'detail-weight'\nmin = 0.1\n", encoding="utf-8")
    assert details("--ignore", "MP3") == [2, 0, 2]
    assert len(looked) == 3


def test_a_region_of_another_size_is_told(tmp_path: Path) -> None:
    folders = Folders(tmp_path).add("a.png")
    (tmp_path / "marks").mkdir()
    Image.new("L", (50, 50), 255).save(tmp_path / "marks" / "a.png")
    result = with_expectation(folders, "measure = 'weight'\nmax = 1\nunder = 'marks/*.png'")
    assert "is 50 x 50, its image 128 x 128" in all_of(result)


def test_rules_are_found_by_code_beginning_and_name() -> None:
    assert [each.name for each in matching("MP301")] == ["detail-lost"]
    assert [each.code for each in matching("detail-lost")] == ["MP301"]
    assert {each.code[:3] for each in matching("mp3")} == {"MP3"}
    assert len(matching("MP")) == len(all_rules())


def test_options_have_the_types_of_their_defaults() -> None:
    for each in all_rules():
        for option in each.options:
            assert isinstance(option.default, (bool, int, float, str)), (each.name, option)
    with pytest.raises(MaskprepError, match="wants a number"):
        Ruleset(Choice(options={"detail-lost": {"threshold": True}}))


def test_a_severity_of_one_rule_leaves_the_others() -> None:
    rules = Ruleset(Choice(severities={"MP3": Severity.INFO, "detail-lost": Severity.ERROR}))
    assert rules._severities["MP301"] is Severity.ERROR
    assert rules._severities["MP303"] is Severity.INFO
