"""Commands that are broken off: in order, told, with nothing half written, and the right code."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.commands import run
from tests.datasets import Folders
from tests.places import ROOT

pytestmark = pytest.mark.skipif(os.name == "nt", reason="ends commands by signal")

MANY = 60
CODES = {"SIGINT": 130, "SIGTERM": 143, "SIGHUP": 129}
#: Runs a command of which each file takes a moment to make, here or on the disk; or a minute.
_SLOWLY = """
import os, sys, time
from maskprep import raster
from maskprep.files import write

encode, rights, slow = raster.encode_mask, write._make_alike, {slow!r}

def slowly(*words):
    time.sleep(0.05)
    if slow == "make":
        time.sleep(60)
    return encode(*words)

def stuck(temporary, model):
    os.write(2, b"writing\\n")
    time.sleep(60)

def set_rights_slowly(*words):
    time.sleep(0.05)
    return rights(*words)

raster.encode_mask = slowly
if slow == "write":
    write._make_alike = stuck  # when all is written but the name
if slow == "disk":
    write._make_alike = set_rights_slowly
sys.argv = ["maskprep", *{words!r}]
from maskprep.__main__ import main
main()
"""


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    made = Folders(tmp_path / "set")
    for number in range(MANY):
        made.add(f"{number:02}.png")
    return made


def begun(*words: object, slow: str = "") -> subprocess.Popen[str]:
    """Start a command."""
    program = _SLOWLY.format(slow=slow, words=list(map(str, words)))
    return subprocess.Popen(
        [sys.executable, "-c", program],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        # As a terminal's job: whoever runs the tests may ignore these.
        preexec_fn=lambda: [signal.signal(getattr(signal, each), signal.SIG_DFL) for each in CODES],
    )


def wait_for_some(folder: Path, pattern: str, process: subprocess.Popen[str]) -> None:
    """Wait until some files are there."""
    while len(list(folder.glob(pattern))) < 5:
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)


def unfinished(root: Path) -> list[Path]:
    return list(root.rglob(".maskprep-*"))


@pytest.mark.parametrize("sent", CODES)
@pytest.mark.parametrize("grown", [("--radius", 9), ("--radius", 9, "--executor", "processes")])
def test_in_place_what_was_done_is_told(
    grown: tuple[object, ...], sent: str, folders: Folders, tmp_path: Path
) -> None:
    before = {path.name: path.read_bytes() for path in folders.masks.iterdir()}
    words = ("dilate", folders.images, "--masks", folders.masks, "--in-place", *grown)
    process = begun(*words, slow="disk" if "processes" in grown else "")
    wait_for_some(folders.root, "masks.maskprep-backup-*/*.png", process)
    process.send_signal(signal.Signals[sent])
    errors = process.communicate(timeout=30)[1]
    assert process.returncode == CODES[sent]
    after = {path.name: path.read_bytes() for path in folders.masks.iterdir()}
    changed = [name for name, content in after.items() if content != before[name]]
    assert 0 < len(changed) < MANY
    assert after.keys() == before.keys()
    (told,) = errors.splitlines()
    assert told.startswith(f"maskprep: interrupted after {len(changed)} of {MANY} files; ")
    assert unfinished(tmp_path) == []


@pytest.mark.parametrize("command", ["dilate", "extract", "embed", "preview", "adopt", "check"])
def test_each_command_that_writes_ends_with_130(
    command: str, folders: Folders, tmp_path: Path
) -> None:
    data, out = (folders.images, "--masks", folders.masks), tmp_path / "out"
    for path in folders.images.glob("*.png"):
        path.with_suffix(".txt").write_bytes(b"\xef\xbb\xbfa figure")
    words: dict[str, tuple[object, ...]] = {
        "dilate": (*data, "--radius", 9, "--output", out),
        "extract": (*data, "--invert", "--output", out),
        "embed": (*data, "--output", out),
        "preview": (*data, "--output", out, "--no-cache"),
        "adopt": (folders.root, "--copy", "--output", out),
        "check": (*data, "--fix", "--no-cache"),
    }
    process = begun(command, *words[command])
    where = folders.root if command == "check" else out
    wait_for_some(where, "*.maskprep-backup-*/*" if command == "check" else "**/*.png", process)
    process.send_signal(signal.SIGINT)
    errors = process.communicate(timeout=30)[1]
    assert process.returncode == 130, errors
    assert "Traceback" not in errors
    told = errors.splitlines()[-1]
    assert re.match(rf"maskprep: ({re.escape(str(out))}: )?interrupted", told), errors
    assert unfinished(tmp_path) == []


def test_nobody_waits_for_a_large_file_that_is_worked_out(folders: Folders, tmp_path: Path) -> None:
    before = {path.name: path.read_bytes() for path in folders.masks.iterdir()}
    words = ("dilate", folders.images, "--masks", folders.masks, "--radius", 9, "--in-place")
    process = begun(*words, slow="make")
    time.sleep(2)
    process.send_signal(signal.SIGINT)
    errors = process.communicate(timeout=30)[1]  # half of what one file takes
    assert (process.returncode, errors.count("\n")) == (130, 1)
    assert {path.name: path.read_bytes() for path in folders.masks.iterdir()} == before


def test_a_second_ctrl_c_ends_at_once_what_hangs(folders: Folders, tmp_path: Path) -> None:
    words = ("dilate", folders.images, "--masks", folders.masks, "--radius", 9, "--in-place")
    process = begun(*words, slow="write")
    assert process.stderr is not None
    assert process.stderr.readline() == "writing\n"
    assert unfinished(tmp_path)
    process.send_signal(signal.SIGINT)
    time.sleep(0.2)
    process.send_signal(signal.SIGINT)  # while it ends in order: nothing changes
    time.sleep(1.3)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)
    assert process.returncode == 130
    assert unfinished(tmp_path) == []


# --- another run


def test_a_run_beside_another_is_refused_and_the_first_gets_through(folders: Folders) -> None:
    before = {path.name: path.read_bytes() for path in folders.masks.iterdir()}
    words = ("dilate", folders.images, "--masks", folders.masks, "--radius", 9, "--in-place")
    first = begun(*words)
    wait_for_some(folders.root, "masks.maskprep-backup-*/*.png", first)
    second = run(*words)
    assert first.poll() is None
    assert second.exit_code == 2
    assert f"{folders.masks}: " in second.stderr
    assert f"(process {first.pid}, since " in second.stderr
    assert first.communicate(timeout=60)[1] == ""
    assert first.returncode == 0
    (backup,) = folders.root.glob("masks.maskprep-backup-*")
    assert {name: (backup / name).read_bytes() for name in before} == before


def test_what_a_killed_run_left_is_told_and_removed_by_the_next(folders: Folders) -> None:
    words = ("dilate", folders.images, "--masks", folders.masks, "--radius", 9, "--in-place")
    first = begun(*words, slow="write")
    assert first.stderr is not None
    assert first.stderr.readline() == "writing\n"
    first.kill()
    first.communicate()
    assert unfinished(folders.root)
    second = begun(*words)
    errors = second.communicate(timeout=60)[1]
    assert second.returncode == 0
    assert f"(process {first.pid}, since " in errors
    assert re.search(r" was ended while it wrote there; \d+ unfinished files? removed\n$", errors)
    assert unfinished(folders.root) == []
