"""What Windows does otherwise with names and files, and what becomes of it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from maskprep.errors import MaskprepError
from maskprep.files import pathname, storage, write
from maskprep.files.pathname import kept_by_windows
from tests.commands import all_of, run
from tests.datasets import Folders
from tests.places import long_paths

on_windows = pytest.mark.skipif(sys.platform != "win32", reason="only Windows does so")


@pytest.mark.parametrize("name", ["con.png", "NUL", "aux.tar.gz", "com1 .png", "LPT².png"])
def test_devices_are_known_by_any_spelling(name: str) -> None:
    assert "is a device of Windows" in kept_by_windows(name)


@pytest.mark.parametrize("name", ["a.", "a ", "a. .", "a:b.png", "a?.png", "a\n.png", "|"])
def test_names_that_windows_does_not_keep_are_known(name: str) -> None:
    assert kept_by_windows(name)


@pytest.mark.parametrize("name", ["icon.png", "con_.png", "com10.png", ".a", "a.b", "a [1].png"])
def test_other_names_are_taken(name: str) -> None:
    assert kept_by_windows(name) == ""


@on_windows
@pytest.mark.parametrize("name", ["con.png", "nul", "a.", "b "])
def test_nothing_is_written_to_where_it_would_be_lost(name: str, tmp_path: Path) -> None:
    with pytest.raises(MaskprepError, match="choose another name"):
        write.write_whole(tmp_path / name, b"content")
    assert os.listdir(tmp_path) == []


@on_windows
def test_an_output_named_like_a_device_is_refused_in_one_line(tmp_path: Path) -> None:
    config = Folders(tmp_path).add().config()
    output = tmp_path / "nul.json"
    result = run("check", config, "--format", "json", "--output-file", output)
    assert result.exit_code == 2
    assert "NUL is a device of Windows" in result.stderr


@on_windows
def test_a_mask_that_another_program_has_open_is_told_and_the_others_go_on(
    tmp_path: Path,
) -> None:
    folders = Folders(tmp_path).add("a.png").add("b.png").add("c.png")
    before = (folders.masks / "b.png").read_bytes()
    words = ("dilate", folders.config(), "--radius", "3", "--in-place")
    with open(folders.masks / "b.png", "rb"):
        result = run(*words)
    assert result.exit_code == 1
    (line,) = [each for each in all_of(result).splitlines() if "close the programs" in each]
    assert "b.png: cannot be written" in line
    assert (folders.masks / "b.png").read_bytes() == before
    assert (folders.masks / "a.png").read_bytes() != before
    assert (folders.masks / "c.png").read_bytes() != before
    assert not list(folders.masks.glob(".maskprep-*"))


@on_windows
def test_a_mask_that_nobody_else_may_read_is_told_and_the_others_go_on(tmp_path: Path) -> None:
    import ctypes

    folders = Folders(tmp_path).add("a.png").add("b.png")
    shared_with_nobody, existing, read = 0, 3, 0x80000000
    kernel = ctypes.WinDLL("kernel32")  # type: ignore[attr-defined, unused-ignore]
    kernel.CreateFileW.restype = ctypes.c_void_p
    path = str(folders.masks / "b.png")
    handle = kernel.CreateFileW(path, read, shared_with_nobody, None, existing, 0, None)
    try:
        result = run("dilate", folders.config(), "--radius", "3", "--output", tmp_path / "out")
    finally:
        kernel.CloseHandle(ctypes.c_void_p(handle))
    assert result.exit_code == 1
    assert sum("b.png" in line for line in result.stderr.splitlines()) == 1
    assert os.listdir(tmp_path / "out") == ["a.png"]


@on_windows
@pytest.mark.parametrize("written", ["{drive}{name}", "{folder}/{name}", "{folder}\\{name}"])
def test_folders_are_read_however_they_are_written(
    written: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders = Folders(tmp_path).add()
    (folders.masks / "a.png").unlink()
    monkeypatch.chdir(tmp_path)  # which is what follows a drive's letter without a slash
    images, masks = (
        written.format(drive=tmp_path.drive, folder=tmp_path, name=name)
        for name in ("images", "masks")
    )
    result = run("check", images, "--masks", masks, "--caption-extension", ".txt", "--no-cache")
    assert "1 image" in result.output
    assert pathname.join(images, "a.png") in result.output


@on_windows
def test_a_share_is_a_place_like_any() -> None:
    for share in (r"\\server\share\set", "//server/share/set"):
        assert not pathname.is_remote(share)
        assert pathname.isabs(share)
        assert pathname.dirname(pathname.join(share, "a.png")) == share
        assert pathname.absolute(pathname.join(share, "a.png")).endswith("a.png")
        assert not storage.exists(share)


@long_paths
@on_windows
def test_paths_of_any_length_are_worked_on_or_told(tmp_path: Path) -> None:
    deep = tmp_path.joinpath(*["x" * 60] * 5)
    try:
        folders = Folders(deep).add()
    except OSError:
        pytest.skip("this Windows takes no long paths")
    result = run("dilate", folders.config(), "--radius", "3", "--output", deep / "out")
    assert result.exit_code == 0, all_of(result)
    assert (deep / "out" / "a.png").is_file()


def test_a_path_that_is_too_long_is_told_by_its_length(tmp_path: Path) -> None:
    error = FileNotFoundError(2, "The system cannot find the path specified")
    told = write.why_not(error, tmp_path / ("x" * 300), windows=True)
    length = len(str(tmp_path)) + 301
    assert told.endswith(f": its path has {length} characters, and Windows takes 259")
    assert write.why_not(error, tmp_path / "a", windows=True) == f"({error.strerror})"
