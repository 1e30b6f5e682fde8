"""Files that are being written, under names by which a later run knows what a killed one left."""

from __future__ import annotations

import os
import re
import secrets
import stat
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from zlib import crc32

from maskprep.errors import InterruptedWorkError

#: Random, then the writer's process and of which name it is to be; earlier releases had neither.
#: There is no ending: whoever lists pictures passes over it.
_NAME = re.compile(r"\.maskprep-[0-9a-f]{16}(?:-(?P<process>[0-9a-f]+)-(?P<goal>[0-9a-f]{8}))?")
#: Seconds that files which are being written have to get through, when all is to end.
_PATIENCE = 5.0


class _UnderWay:
    """What this process is writing."""

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self.files: set[Path] = set()
        self.is_over = False


_under_way = _UnderWay()


@contextmanager
def beside(path: Path) -> Iterator[Path]:
    """Give a new file a name to be written under, and take away what is left of it.

    Parameters
    ----------
    path : Path
        What it is to be called.

    Yields
    ------
    Path
        In the same folder; nothing is there yet.

    Raises
    ------
    InterruptedWorkError
        This process is ending, see `end_all`.
    """
    name = f".maskprep-{secrets.token_hex(8)}-{os.getpid():x}-{_mark(path.name)}"
    temporary = path.with_name(name)
    with _under_way.changed:
        if _under_way.is_over:
            raise InterruptedWorkError(f"{path}: not written: interrupted")
        _under_way.files.add(temporary)
    try:
        yield temporary
    finally:
        with suppress(OSError):  # it has its name, or was never made
            if os.name == "nt":
                os.chmod(temporary, stat.S_IWRITE)  # where nothing is removed that is read-only
            os.unlink(temporary)
        with _under_way.changed:
            _under_way.files.discard(temporary)
            _under_way.changed.notify_all()


def end_all(patience: float = _PATIENCE) -> None:
    """Let what this process is writing get through, begin nothing more, and leave nothing half.

    Parameters
    ----------
    patience : float
        How long to wait, s.
    """
    _under_way.is_over = True
    end = time.monotonic() + patience
    while _under_way.files and time.monotonic() < end:
        time.sleep(0.01)
    for each in list(_under_way.files):
        with suppress(OSError):
            os.unlink(each)


def remove_left(folder: Path) -> int:
    """Remove what runs that are dead have left half written in a folder.

    Parameters
    ----------
    folder : Path
        Not its sub-folders. Nothing is done where it is not there, or cannot be listed.

    Returns
    -------
    int
        How many files.

    Notes
    -----
    Where there are no hard links a new file's name is taken by an empty file first, and that is
    left as well: it goes where the mark of its name stands in the name of what is left beside it.
    """
    try:
        names = os.listdir(folder)
    except OSError:
        return 0
    found = [match for match in map(_NAME.fullmatch, names) if match is not None]
    dead = [each for each in found if not _is_written(folder / each[0], each["process"])]
    goals = {each["goal"] for each in dead} - {None}
    taken = [each for each in names if goals and _mark(each) in goals]
    left = [folder / each for each in taken if _is_empty(folder / each)]
    return sum(map(_is_removed, [*left, *(folder / each[0] for each in dead)]))


def _mark(name: str) -> str:
    return f"{crc32(os.fsencode(name)):08x}"


def _is_written(path: Path, process: str | None) -> bool:
    """Tell whether somebody is at it still; on Windows nobody can remove it then."""
    if process is not None and int(process, 16) == os.getpid():
        return path in _under_way.files
    if process is None or os.name == "nt":
        return False
    try:
        os.kill(int(process, 16), 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:  # another user's
        return True
    return True


def _is_empty(path: Path) -> bool:
    with suppress(OSError):
        return path.is_file() and not path.is_symlink() and not path.stat().st_size
    return False


def _is_removed(path: Path) -> bool:
    try:
        path.unlink()
    except OSError:
        return False
    return True
