"""The examples in the documentation run."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

import pytest

from maskprep.checking.choice import Ruleset
from maskprep.checking.project import read_project
from tests.places import ROOT


@pytest.mark.parametrize("page", ["docs/library.md"])
def test_examples_run(page: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    result = doctest.testfile(str(ROOT / page), module_relative=False, encoding="utf-8")
    assert result.attempted > 15
    assert result.failed == 0


def test_the_settings_shown_are_settings(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
    assert len(blocks) == 2
    for name in ("ear-rings", "watermarks"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.png").touch()
    for block in blocks:
        path = tmp_path / "maskprep.toml"
        path.write_text(block, encoding="utf-8")
        project = read_project(str(path))
        Ruleset(project.choice)
    assert len(project.expectations) == 4
