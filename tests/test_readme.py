"""The README's walk runs as it stands, from top to bottom, on a copy of the samples."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.places import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")


def commands() -> list[str]:
    blocks = re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines()]
    return [line for line in lines if line.startswith(("maskprep ", "cd "))]


@pytest.mark.skipif(shutil.which("bash") is None, reason="the walk is written for a shell")
def test_the_walk_runs(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "samples", tmp_path / "samples")
    walk = commands()
    assert len(walk) > 12
    script = ['maskprep() { "$PYTHON" -m maskprep "$@"; }']
    for line in walk:
        script += [line, 'echo "exit code $?" >&2']
    result = subprocess.run(
        ["bash", "-c", "\n".join(script)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHON": sys.executable, "PYTHONPATH": str(ROOT)},
    )
    codes = [int(code) for code in re.findall(r"^exit code (\d+)$", result.stderr, re.MULTILINE)]
    failed = dict(zip(walk, codes, strict=True))
    inside_a_broken_sample = "maskprep check dataset.toml"
    assert failed.pop(inside_a_broken_sample) == 1
    assert {line: code for line, code in failed.items() if code} == {}, result.stderr
    last = result.stdout.rpartition("character.toml")[2]
    assert "0 errors, 0 warnings" in last


def test_what_the_readme_shows_is_what_is_printed() -> None:
    result = subprocess.run(
        [sys.executable, "-m", "maskprep", "check", "samples/character/dataset.toml"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    printed = result.stdout.splitlines()
    block = re.findall(r"```text\n(samples/character/dataset.toml.*?)```", README, re.DOTALL)[0]
    for line in (each for each in block.splitlines() if "…" not in each):
        assert line in printed
