"""What comes between a plan and its files: full disks, lost rights, editors."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from maskprep import raster
from tests.commands import all_of, run
from tests.datasets import FIGURE, Folders
from tests.places import ROOT

NAMES = ("a.png", "b.png", "c.png")
#: Commands that change each mask or image in place, and what they change.
IN_PLACE = {
    "dilate": ("masks", ("--radius", 2, "--in-place")),
    "extract": ("masks", ("--invert", "--in-place")),
    "embed": ("images", ("--in-place",)),
    "check": ("masks", ("--fix", "--unsafe-fixes", "--select", "polarity-suspect", "--no-cache")),
}


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    made = Folders(tmp_path / "set")
    for name in NAMES:
        made.add(name)
    return made


def inverted(folders: Folders) -> None:
    """Let masks train the ground, so that ``check --fix`` has something to mend."""
    swapped = FIGURE.translate(str.maketrans("#.", ".#"))
    for name in NAMES:
        folders.add(name, swapped)


def carried_out(command: str, folders: Folders) -> Result:
    _, words = IN_PLACE[command]
    return run(command, folders.images, "--masks", folders.masks, *words)


def tree(root: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file() and ".maskprep-backup-" not in str(path)
    }


def originals(root: Path) -> set[bytes]:
    return {path.read_bytes() for path in root.glob("*.maskprep-backup-*/**/*") if path.is_file()}


# --- an editor


@pytest.mark.parametrize("command", IN_PLACE)
@pytest.mark.parametrize("how", ["saved", "within a tick", "renamed", "gone"])
def test_what_an_editor_changed_stays_and_the_others_go_on(
    how: str, command: str, folders: Folders, monkeypatch: pytest.MonkeyPatch
) -> None:
    if command == "check":
        inverted(folders)
    edited = folders.root / IN_PLACE[command][0] / "b.png"
    before, content = tree(folders.root), edited.read_bytes()
    painted = content[:-1] + bytes([content[-1] ^ 1])
    name = "encode_picture" if command == "embed" else "encode_mask"
    encode, calls = getattr(raster, name), []

    def meanwhile(*words: Any) -> bytes:
        calls.append(words)
        if len(calls) == 2:  # one after the other: it is that of b.png
            found = edited.stat()
            if how == "renamed":
                (folders.root / "other").write_bytes(painted)
                os.replace(folders.root / "other", edited)
            elif how == "gone":
                edited.unlink()
            else:
                edited.write_bytes(painted)
            if how == "within a tick":
                os.utime(edited, ns=(found.st_atime_ns, found.st_mtime_ns))
        return encode(*words)  # type: ignore[no-any-return]

    monkeypatch.setattr(raster, name, meanwhile)
    monkeypatch.setattr("maskprep.running.parallel.cores", lambda: 1)
    result = carried_out(command, folders)
    monkeypatch.undo()
    assert result.exit_code == 1, all_of(result)
    assert "b.png" in result.stderr
    assert "has changed in the meantime and stays so: run it again" in result.stderr
    place = edited.relative_to(folders.root)
    after = tree(folders.root)
    if how == "gone":
        assert not edited.exists()
    else:
        assert after[str(place)] == painted
    changed = {Path(each).name for each, data in after.items() if data != before[each]}
    assert changed - {"b.png"} == {"a.png", "c.png"}
    assert list(folders.root.glob("*.maskprep-backup-*/**/b.png")) == []


# --- a full disk


def _is_mounted(folder: Path, size: str) -> bool:
    words = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    try:
        return subprocess.run(words, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    if not sys.platform.startswith("linux") or not _is_mounted(folder, "256k"):
        pytest.skip("no small disk can be mounted by this user")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.parametrize("command", IN_PLACE)
def test_on_a_full_disk_each_file_is_old_or_new(
    command: str, small_disk: Path, tmp_path: Path
) -> None:
    folders = Folders(small_disk / "set")
    for name in NAMES:
        folders.add(name)
    if command == "check":
        inverted(folders)
    shutil.copytree(small_disk, tmp_path / "roomy")
    roomy = Folders.__new__(Folders)
    roomy.root = tmp_path / "roomy" / "set"
    roomy.images, roomy.masks = roomy.root / "images", roomy.root / "masks"
    before = tree(folders.root)
    assert carried_out(command, roomy).exit_code == 0
    new = tree(roomy.root)
    with (small_disk / "ballast").open("wb", buffering=0) as ballast, suppress(OSError):
        while True:
            ballast.write(bytes(4096))
    result = carried_out(command, folders)
    assert result.exit_code == 1, all_of(result)
    assert "No space left on device" in result.stderr
    assert "Traceback" not in result.stderr
    after = tree(folders.root)
    assert after.keys() == before.keys()
    assert all(data in (before[each], new[each]) for each, data in after.items())
    assert all(data in {*after.values(), *originals(folders.root)} for data in before.values())
    assert list(small_disk.rglob(".maskprep-*")) == []
    (small_disk / "ballast").unlink()
    assert carried_out(command, folders).exit_code == 0
    assert tree(folders.root) == new


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such limit")
@pytest.mark.parametrize("command", ["dilate", "embed", "preview", "adopt", "report"])
def test_a_file_that_may_not_grow_so_large_is_not_begun(
    command: str, folders: Folders, tmp_path: Path
) -> None:
    data, out = (folders.images, "--masks", folders.masks), tmp_path / "out"
    words: dict[str, tuple[object, ...]] = {
        "dilate": (*data, "--radius", 2, "--output", out),
        "embed": (*data, "--output", out),
        "preview": (*data, "--output", out, "--no-cache"),
        "adopt": (folders.root, "--copy", "--output", out),
        "report": (*data, "--output", out / "page.html", "--no-cache"),
    }
    limited = "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (64, 64));"
    program = f"{limited} from maskprep.__main__ import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", program, command, *map(str, words[command])],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert done.returncode in (1, 2), done.stderr
    assert "cannot be written (File too large)" in done.stderr
    assert "Traceback" not in done.stderr
    assert [each for each in tmp_path.rglob(".maskprep-*") if each.is_file()] == []
    assert all(each.stat().st_size for each in out.rglob("*") if each.is_file())


# --- rights that are lost on the way


@pytest.mark.parametrize("command", IN_PLACE)
def test_a_right_that_is_lost_half_way_loses_no_file(
    command: str, folders: Folders, monkeypatch: pytest.MonkeyPatch
) -> None:
    if command == "check":
        inverted(folders)
    place = IN_PLACE[command][0]
    before = tree(folders.root)
    opened, count = os.open, iter(range(1000))

    def refused(path: Any, *words: Any, **more: Any) -> int:
        ours = Path(str(path)).parent == folders.root / place and ".maskprep-" in str(path)
        if ours and next(count) > 0:
            raise PermissionError(13, "Permission denied")
        return opened(path, *words, **more)

    monkeypatch.setattr(os, "open", refused)
    result = carried_out(command, folders)
    monkeypatch.undo()
    assert result.exit_code == 1, all_of(result)
    assert result.stderr.count("cannot be written (Permission denied)") == 2
    after = tree(folders.root)
    changed = {each for each, data in after.items() if data != before[each]}
    assert len(changed) == 1
    assert {before[each] for each in changed} == originals(folders.root) & set(before.values())
    assert list(folders.root.rglob(".maskprep-[0-9a-f]*")) == []


@pytest.mark.parametrize("command", IN_PLACE)
def test_in_a_folder_that_may_only_be_read_nothing_changes(
    command: str, folders: Folders, tmp_path: Path
) -> None:
    if command == "check":
        inverted(folders)
    bound = folders.root
    words = ["mount", "--bind", "-o", "ro", str(bound), str(bound)]
    if not sys.platform.startswith("linux") or shutil.which("mount") is None:
        pytest.skip("no folder can be mounted here")
    if subprocess.run(words, capture_output=True, check=False).returncode:
        pytest.skip("no folder can be mounted for reading by this user")
    try:
        before = tree(tmp_path)
        result = carried_out(command, folders)
        assert result.exit_code == 1, all_of(result)
        assert result.stderr.count("is read-only and stays so: make it writable first") == 3
        assert tree(tmp_path) == before
        assert run("check", folders.images, "--masks", folders.masks).exit_code == 0
    finally:
        subprocess.run(["umount", str(bound)], check=True)
