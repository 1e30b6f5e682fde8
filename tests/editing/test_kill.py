"""Killed at a random moment, a command leaves every file old or new, and no original lost."""

from __future__ import annotations

import importlib.util
import os
import random
import shutil
import sys
import time
from pathlib import Path
from types import ModuleType

import pytest

from tests.places import ROOT

#: Of each command, how often.
KILLS = {
    "dilate --in-place": 4,
    "embed --in-place": 4,
    "check --fix": 4,
    "export-config --update": 3,
    "extract --output": 3,
    "adopt": 3,
    "preview": 3,
    "report": 2,
}


@pytest.fixture(scope="module")
def killing() -> ModuleType:
    spec = importlib.util.spec_from_file_location("kill", ROOT / "benchmarks" / "kill.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.skipif(sys.platform == "win32", reason="kills by signal")
@pytest.mark.parametrize("label", KILLS)
def test_no_file_is_lost_or_torn(
    killing: ModuleType, label: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]))
    words = killing.COMMANDS[label]
    fresh, root = tmp_path / "fresh", tmp_path / "set"
    killing.make_set(fresh, 12, root)
    old = killing.contents(fresh)
    shutil.copytree(fresh, root)
    assert killing.run_until_writing(root, words).wait() in (0, 1)
    new = killing.without_backups(killing.contents(root))
    assert new != old
    chance = random.Random(3)
    for _ in range(KILLS[label]):
        shutil.rmtree(root)
        shutil.copytree(fresh, root)
        process = killing.run_until_writing(root, words)
        time.sleep(chance.uniform(0, 0.05))
        process.kill()
        process.wait()
        killing.begin_another(root)
        assert killing.verdict(old, new, killing.contents(root)) == []
        assert killing.left(root) == []
        if "--in-place" in words:
            assert killing.undone(root) == old


def test_the_verdict_sees_what_is_torn_and_what_is_lost(killing: ModuleType) -> None:
    old, new = {"masks/a.png": b"old"}, {"masks/a.png": b"new"}
    assert killing.verdict(old, new, old) == []
    kept = {"masks.maskprep-backup-1/a.png": b"old"}
    assert killing.verdict(old, new, {**new, **kept}) == []
    assert killing.verdict(old, new, new) == ["lost: masks/a.png"]
    assert killing.verdict(old, new, {"masks/a.png": b"ne", **kept}) == ["torn: masks/a.png"]
    assert killing.verdict(old, new, kept) == ["lost: masks/a.png"]
