"""The READMEs' walks run as they stand, from top to bottom, on a copy of the samples."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from maskprep.checking.verdict import Harm
from tests.places import ROOT

#: The page that tells it all, and short ones in other languages.
WHOLE = ROOT / "README.md"
SHORT = (ROOT / "docs" / "README.ja.md", ROOT / "docs" / "README.zh.md")
PAGES = (WHOLE, *SHORT)


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def blocks(page: Path, kind: str) -> list[list[str]]:
    found = re.findall(rf"^ *```{kind}\n(.*?)^ *```$", text_of(page), re.DOTALL | re.MULTILINE)
    return [[line.strip() if kind == "sh" else line for line in b.splitlines()] for b in found]


def walk(page: Path) -> list[str]:
    lines = [line for block in blocks(page, "sh") for line in block]
    return [line for line in lines if line.startswith(("maskprep ", "cd "))]


def run(words: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "maskprep", *words],
        cwd=folder,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"},
    )


@pytest.mark.parametrize("page", PAGES, ids=lambda each: each.name)
def test_the_walk_runs(page: Path, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "samples", tmp_path / "samples")
    folder = tmp_path
    done: dict[str, subprocess.CompletedProcess[str]] = {}
    for line in walk(page):
        program, *words = shlex.split(line)
        if program == "cd":
            folder = folder / words[0]
        else:
            done[line] = run(words, folder)
    assert len(done) > 6
    failed = {line: each.returncode for line, each in done.items() if each.returncode}
    inside_a_broken_sample = {"maskprep check dataset.toml": 1}
    assert failed == (inside_a_broken_sample if page is WHOLE else {})
    assert done["maskprep check character.toml"].stdout.startswith("Ready: character.toml\n")


#: Each command whose output is shown, and that output.
SHOWN = {
    block[0].removeprefix("$ maskprep "): "\n".join(block[1:])
    for block in blocks(WHOLE, "text")
    if block[0].startswith("$ maskprep ")
}


@pytest.mark.parametrize("command", SHOWN, ids=lambda each: each.partition(" ")[0])
def test_what_is_shown_is_what_is_printed(command: str, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "samples", tmp_path / "samples")
    printed = run(shlex.split(command), tmp_path).stdout
    # An ellipsis stands for what is left out: of a line, or whole lines.
    pattern = "\n".join(
        r"(?:.*\n)*?.*" if line == "…" else re.escape(line).replace("…", ".*")
        for line in SHOWN[command].splitlines()
    )
    assert re.fullmatch(f"{pattern}\n", printed), printed


def test_outputs_of_three_commands_are_shown() -> None:
    assert [each.partition(" ")[0] for each in SHOWN] == ["check", "dilate", "extract"]


@pytest.mark.parametrize("page", SHORT, ids=lambda each: each.name)
def test_short_pages_walk_the_same_way(page: Path) -> None:
    whole = walk(WHOLE)
    assert set(walk(page)) <= set(whole)
    assert walk(page) == walk(SHORT[0])
    assert blocks(page, "sh")[0] == blocks(WHOLE, "sh")[0]


@pytest.mark.parametrize("page", PAGES, ids=lambda each: each.name)
def test_every_verdict_is_explained_the_worst_first(page: Path) -> None:
    told = re.findall(r"^ *\| `([a-z ]+)` \| .+ \|$", text_of(page), re.MULTILINE)
    assert told == [harm.value for harm in Harm]


@pytest.mark.parametrize("page", PAGES, ids=lambda each: each.name)
def test_pages_lead_to_files_that_are_there(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)", text_of(page))
    assert links
    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda each: each.name)
def test_commands_run_in_every_shell_one_a_line(page: Path) -> None:
    lines = [line for block in blocks(page, "sh") for line in block]
    assert lines
    # PowerShell 5 knows neither && nor ||, and a backslash joins no lines there.
    assert [line for line in lines if "&&" in line or "||" in line or line.endswith("\\")] == []
