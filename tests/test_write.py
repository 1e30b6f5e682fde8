"""Files are there whole, or as they were."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from maskprep import write
from maskprep.errors import MaskprepError


def test_a_file_is_written_with_its_folders(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "c.npy"
    write.write_whole(path, b"content")
    assert path.read_bytes() == b"content"
    assert os.listdir(path.parent) == ["c.npy"]


def test_a_failure_leaves_the_old_file_and_no_litter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(b"old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(MaskprepError, match="No space left"):
        write.write_whole(path, b"new")
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["a.png"]


def test_existing_files_are_named_and_refused(tmp_path: Path) -> None:
    there = [tmp_path / "a.png", tmp_path / "b.png"]
    for path in there:
        path.touch()
    with pytest.raises(MaskprepError, match=r"a\.png and 1 more files are there already"):
        write.refuse_existing([*there, tmp_path / "c.png"])
    write.refuse_existing([tmp_path / "c.png"])


def test_threads_leave_the_umask_alone_and_files_follow_it(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        with ThreadPoolExecutor(8) as pool:
            paths = [tmp_path / f"{index}" for index in range(200)]
            list(pool.map(lambda path: write.write_whole(path, b""), paths))
        assert {path.stat().st_mode & 0o777 for path in paths} == {0o640}
    finally:
        assert os.umask(before) == 0o027
