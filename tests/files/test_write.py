"""Files are there whole, or as they were."""

from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from maskprep.errors import MaskprepError
from maskprep.files import write


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


def test_what_has_come_in_the_meantime_stays(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(b"mine")
    with pytest.raises(MaskprepError, match="has appeared in the meantime"):
        write.write_whole(path, b"new")
    assert path.read_bytes() == b"mine"
    assert os.listdir(tmp_path) == ["a.png"]


def test_without_hard_links_what_has_come_stays_as_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refused)  # which Windows does not ask for, here
    write.write_whole(tmp_path / "b.png", b"new")
    assert (tmp_path / "b.png").read_bytes() == b"new"
    with pytest.raises(MaskprepError, match=r"cannot be written|has appeared"):
        write.write_whole(tmp_path / "b.png", b"newer")
    assert (tmp_path / "b.png").read_bytes() == b"new"
    assert os.listdir(tmp_path) == ["b.png"]


@pytest.mark.parametrize("how", ["edited", "replaced", "gone"])
def test_only_what_was_seen_is_replaced(how: str, tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(b"old")
    seen = write.standing(path)
    if how == "edited":
        path.write_bytes(b"edited")
    elif how == "replaced":
        (tmp_path / "other").write_bytes(b"old")
        (tmp_path / "other").replace(path)
    else:
        path.unlink()
    before = {each.name: each.read_bytes() for each in tmp_path.iterdir()}
    with pytest.raises(MaskprepError, match="has changed in the meantime"):
        write.write_whole(path, b"new", seen)
    assert {each.name: each.read_bytes() for each in tmp_path.iterdir()} == before


@pytest.mark.parametrize("age", [0, 1])
def test_an_edit_within_one_tick_of_the_clock_is_seen(age: int, tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(b"old")
    moment = time.time_ns() - age * 10**9
    os.utime(path, ns=(moment, moment))
    seen = write.standing(path)
    path.write_bytes(b"odd")
    os.utime(path, ns=(moment, moment))
    with pytest.raises(MaskprepError, match="has changed in the meantime"):
        write.write_whole(path, b"new", seen)
    assert path.read_bytes() == b"odd"


def test_a_link_made_for_a_backup_is_no_change(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(b"old")
    seen = write.standing(path)
    os.link(path, tmp_path / "backup.png")
    write.write_whole(path, b"new", seen)
    assert path.read_bytes() == b"new"
    assert (tmp_path / "backup.png").read_bytes() == b"old"


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such rights")
@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664])
def test_rights_and_owner_stay(mode: int, tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(b"old")
    path.chmod(mode)
    if os.geteuid() == 0:
        os.chown(path, 1234, 2345)
    before = path.stat()
    write.write_whole(path, b"new", write.standing(path))
    after = path.stat()
    assert path.read_bytes() == b"new"
    assert (after.st_mode, after.st_uid, after.st_gid) == (
        before.st_mode,
        before.st_uid,
        before.st_gid,
    )


def test_read_only_files_stay(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(b"old")
    path.chmod(0o444)
    with pytest.raises(MaskprepError, match="is read-only and stays so"):
        write.write_whole(path, b"new", write.standing(path))
    assert path.read_bytes() == b"old"
    path.chmod(0o644)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no umask")
def test_threads_leave_the_umask_alone_and_files_follow_it(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        with ThreadPoolExecutor(8) as pool:
            paths = [tmp_path / f"{index}" for index in range(200)]
            list(pool.map(lambda path: write.write_whole(path, b""), paths))
        assert {path.stat().st_mode & 0o777 for path in paths} == {0o640}
    finally:
        assert os.umask(before) == 0o027
