"""Rules explained, versions, and the hook."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from maskprep.checking.engine import check
from maskprep.dataset.discover import discover
from maskprep.mending import rulebook
from maskprep.mending.fixes import FIXES
from maskprep.rules import all_rules
from tests.commands import all_of, command_names, run
from tests.places import ROOT
from tests.rule_samples import RuleSample, request_of, rule_samples


def test_the_page_of_rules_is_what_the_command_prints() -> None:
    page = (ROOT / "docs" / "rules.md").read_text(encoding="utf-8")
    printed = run("rules", "--format", "markdown").stdout
    assert page == printed, "make it anew: maskprep rules --format markdown > docs/rules.md"


def test_every_rule_says_what_mends_it() -> None:
    for rule in all_rules():
        assert rule.mend.strip(), rule.code
        assert (ROOT / rulebook.sample_folder(rule) / "bad").is_dir()
    mended = {rule.name for rule in all_rules() if rulebook.fix_option(rule)}
    assert mended == {fix.rule for fix in FIXES}


def test_commands_that_mend_are_commands() -> None:
    known = command_names()
    for rule in all_rules():
        for command in re.findall(r"maskprep ([a-z-]+)", f"{rule.mend} {rule.meaning}"):
            assert command in known, (rule.code, command)


_BAD = [each for each in rule_samples() if each.half == "bad" and each.name != "unparsable"]


@pytest.mark.parametrize("sample", _BAD, ids=lambda sample: sample.code)
def test_a_rule_quotes_the_error_that_people_search_for(
    sample: RuleSample, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sample.copy_to(tmp_path)
    monkeypatch.chdir(tmp_path)
    rules = {rule.name: rule for rule in all_rules()}
    for stop in check(discover(request_of(sample))).stops:
        # What is the same for everybody: no numbers, no names, no exception's class.
        parts = re.split(r"\d+|'[^']*'|\"[^\"]*\"|\S*[/\\]\S*|data\[.*|: ", stop.headline)
        words = max(parts, key=len).strip(" :.")
        assert words in rulebook.paragraphs(rules[stop.rule]), stop


def test_the_list_names_every_rule_on_one_line_in_a_pipe() -> None:
    lines = run("rules").stdout.splitlines()
    assert len(lines) == len(all_rules())
    assert lines[0].startswith("MP001 error unparsable: ")


def on_a_terminal(columns: int, *arguments: str) -> list[str]:
    """Give the lines of a coloured console, without their colours."""
    environment = {"PYTHONPATH": str(ROOT), "COLUMNS": str(columns), "FORCE_COLOR": "1"}
    result = subprocess.run(
        [sys.executable, "-m", "maskprep", *arguments],
        check=True,
        capture_output=True,
        env={**os.environ, **environment, "PYTHONIOENCODING": "utf-8"},
    )
    plain = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", result.stdout.decode())
    return plain.splitlines()


@pytest.mark.parametrize("columns", [60, 120])
def test_the_list_fits_a_terminal_and_is_grouped(columns: int) -> None:
    lines = on_a_terminal(columns, "rules")
    assert max(len(line) for line in lines) <= columns
    assert set(rulebook.GROUPS.values()) <= set(lines)
    starts = [line[:5] for line in lines if line.startswith("MP")]
    assert starts == [rule.code for rule in all_rules()]
    beside = next(line for line in lines if line.startswith("MP302"))
    assert ("Every weight is 0" in beside) is (columns == 120)


@pytest.mark.parametrize("columns", [60, 120])
def test_every_explanation_fits_a_terminal(columns: int) -> None:
    lines = on_a_terminal(columns, "rules", "MP")
    assert max(len(line) for line in lines) <= columns
    heads = [line for line in lines if re.match(r"MP\d{3} ", line)]
    assert len(heads) == len(all_rules())


def test_what_mends_a_rule_is_said_once() -> None:
    told = run("rules", "mask-16bit").stdout
    assert told.count("maskprep check DATASET --fix") == 1
    assert "  or        maskprep check DATASET --fix --unsafe" in run("rules", "detail-lost").stdout


@pytest.mark.parametrize("selector", ["MP301", "mp301", "detail-lost"])
def test_one_rule_is_explained(selector: str) -> None:
    told = run("rules", selector).stdout
    assert told.startswith("MP301 detail-lost (warning)\n")
    for words in ("--set detail-lost.threshold=0.4", "--target 0.7", "apply_masked_loss", "MP301-"):
        assert words in told


def test_several_rules_and_beginnings() -> None:
    documents = json.loads(run("rules", "MP5", "detail-lost", "--format", "json").stdout)
    assert [each["code"] for each in documents] == ["MP501", "MP502", "MP301"]
    assert documents[-1]["options"] == {"threshold": 0.4, "target": 0.7}
    assert documents[-1]["fix"] == "--fix --unsafe-fixes"


def test_an_unknown_rule_is_told_with_the_nearest() -> None:
    result = run("rules", "detail-last")
    assert result.exit_code == 2
    assert "did you mean detail-lost?" in all_of(result)


def test_the_version_names_what_it_stands_on() -> None:
    lines = run("--version").stdout.splitlines()
    names = [line.split(" ")[0] for line in lines]
    assert names[:2] == ["maskprep", "python"]
    assert {"numpy", "pillow", "click", "rich", "scikit-image"} <= set(names)
    assert all(re.fullmatch(r"\S+ \d\S*", line) for line in lines)


@pytest.mark.parametrize("encoding", ["ascii", "cp932", "cp1252"])
@pytest.mark.parametrize("arguments", [["rules"], ["rules", "MP"], ["rules", "--help"]])
def test_no_console_encoding_breaks_the_rules(encoding: str, arguments: list[str]) -> None:
    environment = {"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": encoding, "COLUMNS": "60"}
    result = subprocess.run(
        [sys.executable, "-m", "maskprep", *arguments],
        check=True,
        capture_output=True,
        env={**os.environ, **environment},
    )
    assert result.stderr == b""
    assert "mask" in result.stdout.decode(encoding)


def test_the_hook_is_valid_and_stops_a_bad_set() -> None:
    text = (ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line]
    # Flat enough to be read without a parser: one hook, a key a line.
    assert all(re.fullmatch(r"[- ] \w+: .+", line) for line in lines)
    assert [line[0] for line in lines] == ["-"] + [" "] * (len(lines) - 1)
    keys = {key: value for key, _, value in (line[2:].partition(": ") for line in lines)}
    assert keys["id"] == "maskprep-check"
    assert keys["language"] == "python"
    assert keys["pass_filenames"] == "false"
    program, *entry = keys["entry"].split()
    assert program == "maskprep"
    sample = ROOT / "samples/rules/MP105-mask-size-mismatch"
    options = ("--masks", "masks", "--caption-extension", ".txt", "--bucket-no-upscale")
    for half, code in (("good", 0), ("bad", 1)):
        result = subprocess.run(
            [sys.executable, "-m", program, *entry, "images", *options],
            cwd=sample / half,
            check=False,
            capture_output=True,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        assert result.returncode == code, result.stdout.decode()
