"""The command that docs/settings.md gives for going back, run as it stands there."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from maskprep.editing.backup import Backup
from maskprep.files.write import standing, write_whole

_PAGE = Path(__file__).parents[2] / "docs" / "settings.md"


@pytest.mark.skipif(sys.platform != "linux", reason="the command is that of GNU's cp")
def test_the_documented_command_goes_past_what_a_killed_run_kept_and_did_not_replace(
    tmp_path: Path,
) -> None:
    masks = tmp_path / "masks"
    masks.mkdir()
    backup = Backup()
    for name in ("a.png", "b.png"):
        (masks / name).write_bytes(b"old")
        backup.keep(masks / name, [masks])
    write_whole(masks / "b.png", b"new", standing(masks / "b.png"))  # killed before a.png

    (command,) = re.findall(r"^cp .*$", _PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    (kept,) = backup.folders
    command = command.replace("masks.maskprep-backup-20260101-120000", kept.name)
    subprocess.run(command.split(), cwd=tmp_path, check=True)

    assert {each.name: each.read_bytes() for each in masks.iterdir()} == {
        "a.png": b"old",
        "b.png": b"old",
    }
