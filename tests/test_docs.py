"""The examples in the documentation run."""

from __future__ import annotations

import doctest
import re
import subprocess
import sys
from pathlib import Path

import pytest

import maskprep
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


def test_the_docs_use_the_face_and_nothing_else() -> None:
    text = (ROOT / "docs" / "library.md").read_text(encoding="utf-8")
    code = "\n".join(re.findall(r"```python\n(.*?)```", text, re.DOTALL))
    used = set(re.findall(r"\bmaskprep\.(\w+)", code.replace("maskprep.errors.MaskprepError", "")))
    told = set(re.findall(r"`(?:maskprep\.)?(\w+)`", text))
    assert "from maskprep" not in code
    assert used <= set(maskprep.__all__)
    # Types that nobody makes are told by what gives them.
    silent = {"__version__", "Report", "Request", "Sample"}
    assert set(maskprep.__all__) - used - told - silent == set()


def test_the_face_is_what_it_says() -> None:
    assert sorted(maskprep._HOMES) == sorted(set(maskprep.__all__) - {"__version__"})
    for name in maskprep.__all__:
        assert getattr(maskprep, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nobody'"):
        getattr(maskprep, "nobody")  # noqa: B009 - type checkers know better
    assert set(maskprep.__all__) <= set(dir(maskprep))


def test_type_checkers_see_the_face(tmp_path: Path) -> None:
    module = tmp_path / "uses.py"
    lines = ["import maskprep"]
    lines += [f"reveal_type(maskprep.{name})" for name in sorted(maskprep.__all__)]
    lines += ["maskprep.open_dataset(1)", "maskprep.nobody"]
    module.write_text("\n".join(lines), encoding="utf-8")
    api = pytest.importorskip("mypy.api")
    told, _, _ = api.run(["--strict", "--config-file=", f"--cache-dir={tmp_path}", str(module)])
    assert 'Revealed type is "Any"' not in told
    assert told.count("Revealed type is") == len(maskprep.__all__)
    assert 'has no attribute "nobody"' in told
    assert 'incompatible type "int"' in told


def test_the_face_loads_nothing_by_itself() -> None:
    script = "import sys, maskprep; print(*(n for n in sys.modules if n.startswith('maskprep')))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT)
    assert sorted(done.stdout.split()) == ["maskprep", "maskprep.version"]


def test_each_promise_names_tests_that_exist() -> None:
    rows = (ROOT / "docs" / "guarantees.md").read_text(encoding="utf-8").splitlines()
    promises = [row for row in rows if row.startswith("| ") and "held by" not in row]
    assert len(promises) > 20
    for row in promises:
        file = ""
        for told in re.findall(r"`((?:tests/[\w/]+\.py)?(?:::\w+)?)`", row.rpartition(" | ")[2]):
            named, _, function = told.partition("::")
            file = named or file
            source = (ROOT / file).read_text(encoding="utf-8")
            assert not function or f"def {function}(" in source, told
        assert file, row
