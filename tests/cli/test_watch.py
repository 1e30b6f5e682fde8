"""``maskprep watch``, as people run it, beside programs that save in their own ways."""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.commands import run
from tests.datasets import Folders
from tests.places import ROOT, on_wine

if on_wine():
    pytest.skip("watchfiles does not load on Wine", allow_module_level=True)
pytest.importorskip("watchfiles")
#: Seconds after which something that should be told is not going to be.
_LONGEST = 60


class Watching:
    """A running command and its lines."""

    def __init__(self, *words: object) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "maskprep", "watch", *map(str, words), "--no-cache"],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
        )
        self._lines: queue.Queue[str] = queue.Queue()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(line)

    def until(self, words: str) -> list[str]:
        """Wait for a line that holds words, and give all up to it."""
        told: list[str] = []
        try:
            while not told or words not in told[-1]:
                told.append(self._lines.get(timeout=_LONGEST))
        except queue.Empty:
            pytest.fail(f"{words!r} was not told: {told}")
        return told

    def close(self) -> None:
        """Leave nothing behind."""
        self.process.kill()
        self.process.wait()
        self._reader.join()
        assert self.process.stdout is not None
        self.process.stdout.close()

    def end(self) -> int:
        """Press Ctrl-C, and give the exit code."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(_LONGEST)


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    folders = Folders(tmp_path)
    for name in ("a.png", "b.png"):
        folders.add(name)
    folders.config()
    return folders


@pytest.fixture
def watching(folders: Folders) -> Iterator[Watching]:
    started = Watching(folders.root / "dataset.toml", "--term")
    started.until("watching 2 pairs; Ctrl-C ends it")
    yield started
    started.close()


def in_place(path: Path, data: bytes) -> None:
    path.write_bytes(data)


def in_pieces(path: Path, data: bytes) -> None:
    with path.open("wb") as stream:
        for start in range(0, len(data), 100):
            stream.write(data[start : start + 100])
            stream.flush()


def by_renaming(path: Path, data: bytes) -> None:
    beside = path.with_name(path.name + ".XXk3Za")
    beside.write_bytes(data)
    os.replace(beside, path)


def made_anew(path: Path, data: bytes) -> None:
    path.unlink()
    path.write_bytes(data)


def with_a_backup(path: Path, data: bytes) -> None:
    path.rename(path.with_name(path.name + "~"))
    path.with_name(f".{path.name}.lock").write_bytes(b"")
    path.write_bytes(data)
    path.with_name(f".{path.name}.lock").unlink()


WAYS = (in_place, in_pieces, by_renaming, made_anew, with_a_backup)


@pytest.mark.parametrize("save", WAYS, ids=lambda each: each.__name__)
def test_what_is_saved_is_told(
    save: Callable[[Path, bytes], None], watching: Watching, folders: Folders
) -> None:
    path = folders.masks / "b.png"
    with Image.open(path) as mask:
        pixels = np.array(mask)
    pixels[4:6, 4:120] = 255
    Image.fromarray(pixels).save(folders.root / "painted.png")
    save(path, (folders.root / "painted.png").read_bytes())
    told = watching.until("a number: a lost detail")
    assert f"{path}\n" in told[0]
    assert "lost details 0 of 2 -> 1 of 3" in told[1]
    assert any("new warning MP301 detail-lost: loses 1 of 3" in line for line in told)
    assert not any("MP104" in line or "MP102" in line for line in told)


@pytest.mark.skipif(os.name == "nt", reason="a console's Ctrl-C reaches its whole group")
def test_ctrl_c_ends_it(watching: Watching) -> None:
    assert watching.end() == 0
    watching.until("no longer watching")


def test_what_is_remote_is_refused(tmp_path: Path) -> None:
    pytest.importorskip("fsspec")
    import fsspec

    fsspec.filesystem("memory").pipe("/watched/a.png", b"")
    result = run("watch", "memory://watched", "--alpha")
    assert result.exit_code == 2
    assert "memory://watched: is remote: only folders on disk are watched" in result.stderr
