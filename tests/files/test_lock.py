"""One writer a folder, and a dead one hinders nobody."""

from __future__ import annotations

import logging
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from maskprep.errors import MaskprepError
from maskprep.files import lock, unfinished, write
from maskprep.files.lock import sole_writer
from tests.commands import run
from tests.datasets import Folders
from tests.places import ROOT, links

_HOLDING = """
import sys
from pathlib import Path
sys.argv = ["/somewhere/maskprep", "dilate", "my set"]
from maskprep.files.lock import sole_writer
with sole_writer([Path(each) for each in {places!r}]):
    print("held", flush=True)
    sys.stdin.readline()
"""


@contextmanager
def held(*places: Path) -> Iterator[subprocess.Popen[str]]:
    """Let another process hold locks."""
    holder = subprocess.Popen(
        [sys.executable, "-c", _HOLDING.format(places=list(map(str, places)))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        yield holder
    finally:
        holder.kill()
        holder.communicate()


def locks() -> list[Path]:
    folder = lock._folder()
    return list(folder.iterdir()) if folder.is_dir() else []


def test_another_process_is_refused_at_once_and_told_who_holds_it(tmp_path: Path) -> None:
    with held(tmp_path / "masks") as holder:
        with pytest.raises(MaskprepError) as refused, sole_writer([tmp_path / "masks"]):
            pass
        told = (
            rf"{re.escape(str(tmp_path / 'masks'))}: `maskprep dilate ['\"]my set['\"]`"
            rf" \(process {holder.pid}, since \d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d\) writes there"
            " already: wait until it has ended, or end it"
        )
        assert re.fullmatch(told, str(refused.value))
        with sole_writer([tmp_path / "images"]):
            pass
        assert holder.stdin is not None
        holder.stdin.write("\n")
        holder.stdin.flush()
        assert holder.wait(30) == 0
        with sole_writer([tmp_path / "masks"]):
            pass


def test_of_several_none_is_kept_where_one_is_refused(tmp_path: Path) -> None:
    with held(tmp_path / "b"):
        for _ in range(2):
            with (
                pytest.raises(MaskprepError, match=r"b: .* writes there"),
                sole_writer([tmp_path / "b", tmp_path / "a"]),
            ):
                pass
        with sole_writer([tmp_path / "a"]):
            pass


@links
def test_links_and_relative_names_are_one_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "masks").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "masks")
    monkeypatch.chdir(tmp_path)
    with held(tmp_path / "masks"):
        for name in ("link", "masks", "masks/../masks"):
            with pytest.raises(MaskprepError, match="writes there"), sole_writer([Path(name)]):
                pass


def test_a_dead_holder_is_told_and_hinders_nobody(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    masks = tmp_path / "masks"
    kept = tmp_path / "masks.maskprep-backup-20260101-120000" / "sub"
    with held(masks) as holder:
        for folder in (masks, kept):
            folder.mkdir(parents=True)
            (folder / ".maskprep-0123456789abcdef").write_bytes(b"hal")
    with caplog.at_level(logging.WARNING), sole_writer([masks]):
        assert list(masks.iterdir()) == []
        assert list(kept.iterdir()) == []
    (told,) = caplog.messages
    assert told.startswith(f"{masks}: `maskprep dilate ")
    assert f"(process {holder.pid}, since " in told
    assert told.endswith(" was ended while it wrote there; 2 unfinished files removed")
    caplog.clear()
    with sole_writer([masks]):
        pass
    assert caplog.messages == []


def test_nothing_is_left_of_a_lock(tmp_path: Path) -> None:
    before = locks()
    with sole_writer([tmp_path]):
        assert len(locks()) == len(before) + 1
    assert locks() == before


def test_a_thread_holds_it_once_and_another_one_is_refused(tmp_path: Path) -> None:
    refused: list[str] = []

    def other() -> None:
        try:
            with sole_writer([tmp_path]):
                pass
        except MaskprepError as error:
            refused.append(str(error))

    with sole_writer([tmp_path]), sole_writer([tmp_path, tmp_path / "sub"]):
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
    assert len(refused) == 1
    other()
    assert len(refused) == 1


def test_where_no_lock_can_be_that_is_told_and_work_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "state").write_bytes(b"no folder")
    monkeypatch.setattr(lock, "_folder", lambda: tmp_path / "state" / "locks")
    with caplog.at_level(logging.WARNING), sole_writer([tmp_path / "masks"]):
        pass
    (told,) = caplog.messages
    assert re.fullmatch(r".*masks: is not locked \(.+\): let no other maskprep write there", told)


@pytest.mark.parametrize(
    "words",
    [
        ("dilate", "--radius", 1, "--in-place"),
        ("extract", "--in-place"),
        ("embed", "--in-place"),
        ("check", "--fix", "--unsafe-fixes"),
    ],
    ids=lambda words: words[0],
)
def test_two_runs_in_one_data_set(words: tuple[object, ...], tmp_path: Path) -> None:
    folders = Folders(tmp_path).add("a.png")
    (folders.images / "a.txt").write_bytes(b"\xef\xbb\xbfa figure")
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    data = (folders.images, "--masks", folders.masks)
    with held(folders.images, folders.masks):
        result = run(words[0], *data, *words[1:])
        assert result.exit_code == 2
        assert "writes there already: wait until it has ended, or end it" in result.stderr
        assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before
        assert run("check", *data, "--no-cache").exit_code == 0  # who only reads does not wait
    assert run(words[0], *data, *words[1:]).exit_code == 0


@pytest.mark.parametrize(
    "words",
    [
        ("dilate", "{data}", "--radius", 1, "--output", "{out}"),
        ("extract", "{data}", "--output", "{out}"),
        ("embed", "{data}", "--output", "{out}"),
        ("preview", "{data}", "--output", "{out}"),
        ("compare", "{data}", "--output", "{out}"),
        ("report", "{data}", "--output", "{out}"),
        ("export-config", "{data}", "--output", "{out}"),
        ("convert", "{data}", "--to", "onetrainer", "--output", "{out}"),
        ("adopt", "{folders}", "--output", "{out}"),
    ],
    ids=lambda words: words[0],
)
def test_two_runs_to_one_output(words: tuple[object, ...], tmp_path: Path) -> None:
    folders = Folders(tmp_path / "set").add("a.png")
    name = {"report": "page.html", "export-config": "set.toml"}.get(str(words[0]), "out")
    told: list[object] = []
    for each in words:
        if each == "{data}":
            told += [folders.images, "--masks", folders.masks]
        else:
            told += [tmp_path / name if each == "{out}" else each]
    told = [folders.root if each == "{folders}" else each for each in told]
    with held(tmp_path / name):
        result = run(*told)
        assert result.exit_code == 2
        assert f"{tmp_path / name}: `maskprep dilate" in result.stderr
        assert "writes there already" in result.stderr
        assert not (tmp_path / name).exists()
    assert run(*told).exit_code == 0


# --- what a killed run leaves


def test_what_the_living_write_stays(tmp_path: Path) -> None:
    with unfinished.beside(tmp_path / "a.png") as mine:
        mine.write_bytes(b"hal")
        assert unfinished.remove_left(tmp_path) == 0
        assert mine.exists()
    assert not mine.exists()


@pytest.mark.skipif(os.name == "nt", reason="there nobody can remove what is open")
def test_what_another_living_process_writes_stays(tmp_path: Path) -> None:
    with held(tmp_path / "elsewhere") as holder:
        theirs = tmp_path / f".maskprep-0123456789abcdef-{holder.pid:x}-00000000"
        theirs.write_bytes(b"hal")
        assert unfinished.remove_left(tmp_path) == 0
    assert unfinished.remove_left(tmp_path) == 1
    assert list(tmp_path.iterdir()) == []


def test_only_names_of_ours_are_removed(tmp_path: Path) -> None:
    others = (".maskprep-0123", ".maskprep-0123456789abcdef.png", "maskprep-0123456789abcdef")
    for name in others:
        (tmp_path / name).write_bytes(b"mine")
    (tmp_path / ".maskprep-0123456789abcdef").write_bytes(b"hal")
    assert unfinished.remove_left(tmp_path) == 1
    assert sorted(each.name for each in tmp_path.iterdir()) == sorted(others)
    assert unfinished.remove_left(tmp_path / "nowhere") == 0


_KILLED_WHERE_THERE_ARE_NO_LINKS = """
import os, signal
from pathlib import Path
from maskprep.files import write

def refused(*_):
    raise PermissionError(1, "Operation not permitted")

os.link = refused
os.replace = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
write.write_whole(Path({path!r}), b"new")
"""


@pytest.mark.skipif(os.name == "nt", reason="kills by signal")
def test_a_name_taken_by_a_killed_run_is_free_again(tmp_path: Path) -> None:
    (tmp_path / "empty.txt").touch()  # a caption may be
    program = _KILLED_WHERE_THERE_ARE_NO_LINKS.format(path=str(tmp_path / "a.png"))
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False)
    assert done.returncode == -signal.SIGKILL
    assert (tmp_path / "a.png").read_bytes() == b""
    with sole_writer([tmp_path]):
        write.write_whole(tmp_path / "a.png", b"new")
    assert sorted(each.name for each in tmp_path.iterdir()) == ["a.png", "empty.txt"]
    assert (tmp_path / "a.png").read_bytes() == b"new"


def test_leftovers_are_no_images_and_no_masks(tmp_path: Path) -> None:
    folders = Folders(tmp_path).add("a.png")
    words = ("check", folders.config(), "--no-cache", "--format", "json")
    before = run(*words)
    for folder in (folders.images, folders.masks):
        (folder / ".maskprep-0123456789abcdef-ffffff-00000000").write_bytes(b"hal")
    after = run(*words)
    assert (after.exit_code, after.stdout) == (before.exit_code, before.stdout) == (0, after.stdout)
