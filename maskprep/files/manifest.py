"""What a run changes in place, written down before each change: a line of JSON each.

The first line says who made the backup. Each other one says of a file what stood there and what is
to stand there, or names a folder that is made. Paths begin at the folder that the backup lies in,
with ``/``: so a data set may be moved with its backups. A manifest is a file of the data set like
any other, and nothing in it is trusted.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import stat
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from maskprep.errors import MaskprepError

NAME = "maskprep-manifest.jsonl"
#: What the first line tells of the run.
_TOLD = ("command", "time", "run", "undoes")
#: Of the lines; a reader refuses a later one.
FORMAT = 1
#: Bytes of a line; the longest path of any system takes less.
_LONGEST_LINE = 1 << 16
#: Bytes of a manifest: 300 a file, of more than a million files.
_LONGEST = 1 << 29
#: Characters of a path.
_LONGEST_PATH = 4096
#: Lines that are told as passed over; what has more is no manifest.
_MOST_PROBLEMS = 100
#: Bytes that are hashed at a time.
_CHUNK = 1 << 20
_SHA256 = re.compile(r"[0-9a-f]{64}")
#: Windows finds the end and writes there in two steps.
_APPENDING = threading.Lock()
_READ = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)


class State(NamedTuple):
    """What stands at a path: a file with these bytes, or a symbolic link that leads there."""

    size: int = 0
    sha256: str = ""
    link: str = ""


class Change(NamedTuple):
    """One file that a run has changed, or was about to.

    Attributes
    ----------
    path : str
        From the folder that the backup lies in.
    before : State or None
        What stood there when the run began; None where nothing did.
    after : frozenset of (State or None)
        What the run has put there, each in its time; None where it has removed it.
    """

    path: str
    before: State | None
    after: frozenset[State | None]


@dataclass(frozen=True)
class Manifest:
    """What a backup is the way back from.

    Attributes
    ----------
    command : str
        What made it, such as ``dilate``; empty where a script did.
    time : str
        When, in words.
    run : str
        The same in all backups of one run.
    undoes : str
        The name of the backup that was put back, where that is what was done.
    changes : tuple of Change
        One a file, in their order.
    folders : tuple of str
        Folders that were made.
    problems : tuple of str
        Lines that cannot be understood.
    """

    command: str
    time: str
    run: str
    undoes: str
    changes: tuple[Change, ...]
    folders: tuple[str, ...]
    problems: tuple[str, ...]


def state_of(content: bytes) -> State:
    """Tell the state of a file with this content."""
    return State(len(content), hashlib.sha256(content).hexdigest())


def state_at(path: Path) -> State | None:
    """Look at what stands at a path; a link is not followed.

    Returns
    -------
    State or None
        None where nothing stands there.

    Raises
    ------
    MaskprepError
        It is neither a file nor a link, or cannot be read.
    """
    try:
        found = os.lstat(path)
        if stat.S_ISLNK(found.st_mode):
            return State(link=os.readlink(path))
        if not stat.S_ISREG(found.st_mode):
            raise MaskprepError(f"{path}: is no file")
        digest, size = hashlib.sha256(), 0
        with os.fdopen(os.open(path, _READ), "rb") as stream:
            while chunk := stream.read(_CHUNK):
                digest.update(chunk)
                size += len(chunk)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise MaskprepError(f"{path}: cannot be read ({error.strerror})") from error
    return State(size, digest.hexdigest())


def append(folder: Path, entry: Mapping[str, Any]) -> None:
    """Write a line of a backup's manifest, so that it is on disk before anything else happens.

    Parameters
    ----------
    folder : Path
        The backup.
    entry : mapping
        Plain values.

    Raises
    ------
    OSError
        It cannot be written.
    """
    line = json.dumps(entry).encode("ascii") + b"\n"
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0)
    handle = os.open(folder / NAME, flags, 0o666)
    try:
        with _APPENDING:
            size = os.fstat(handle).st_size
            if os.write(handle, line) < len(line):
                os.ftruncate(handle, size)  # else the next line would begin in the middle
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        os.fsync(handle)
    finally:
        os.close(handle)


def as_entry(path: str, before: State | None, after: State | None) -> dict[str, Any]:
    """Give the line of one change as plain values."""
    return {"path": path, "before": _plain(before), "after": _plain(after)}


def _plain(state: State | None) -> dict[str, Any] | None:
    if state is None:
        return None
    return {"link": state.link} if state.link else {"size": state.size, "sha256": state.sha256}


def read_manifest(folder: Path, base: str) -> Manifest:
    """Read a backup's manifest; of a run that was killed, too.

    Parameters
    ----------
    folder : Path
        The backup.
    base : str
        The name of what it is a backup of: every path in it begins with that.

    Returns
    -------
    Manifest
        Without the lines that are damaged, or lead elsewhere; these are told.

    Raises
    ------
    MaskprepError
        There is none, or it is none of ours.
    """
    path = folder / NAME
    lines = _lines(path)
    head = next(lines, None)
    if head is None:  # killed before it had changed anything
        return Manifest("", "", "", "", (), (), ())
    if not isinstance(head, dict) or not isinstance(head.get("maskprep"), str):
        raise MaskprepError(f"{path}: is no manifest of maskprep: its first line does not say so")
    if head.get("format") != FORMAT:
        raise MaskprepError(f"{path}: is a later maskprep's: undo with {head['maskprep']:.40}")
    changes: dict[str, Change] = {}
    folders: dict[str, None] = {}
    problems: list[str] = []
    for number, line in enumerate(lines, 2):
        try:
            if isinstance(line, str):
                raise ValueError(line)
            if "folder" in line:
                folders[_path(line["folder"], base)] = None
            else:
                name = _path(line.get("path"), base)
                before, after = _state(line.get("before", "")), _state(line.get("after", ""))
                known = changes.get(name) or Change(name, before, frozenset())
                changes[name] = known._replace(after=known.after | {after})
        except ValueError as error:
            problems.append(f"{path}: line {number} is passed over: {error}")
            if len(problems) > _MOST_PROBLEMS:
                raise MaskprepError(f"{path}: is no manifest: too many lines are damaged") from None
    torn = {parent for name in changes for parent in _parents(name)} & changes.keys()
    problems += (f"{path}: {name!r} is passed over: is a file and a folder" for name in torn)
    whole = (change for name, change in changes.items() if torn.isdisjoint((name, *_parents(name))))
    command, time, run, undoes = (_words(head.get(each)) for each in _TOLD)
    return Manifest(command, time, run, undoes, tuple(whole), tuple(folders), tuple(problems))


def _lines(path: Path) -> Iterator[dict[str, Any] | str]:
    """Read lines as plain values; of one that is damaged, say how. A torn last one is none."""
    try:
        found = os.lstat(path)
        if not stat.S_ISREG(found.st_mode):
            raise MaskprepError(f"{path}: is no file")
        if found.st_size > _LONGEST:
            raise MaskprepError(f"{path}: has {found.st_size:,} bytes: that is no manifest")
        with os.fdopen(os.open(path, _READ), "rb") as stream:
            while line := stream.readline(_LONGEST_LINE):
                if line.endswith(b"\n"):
                    yield _parsed(line)
                elif len(line) == _LONGEST_LINE:
                    yield "is too long"
                    while (rest := stream.readline(_LONGEST_LINE)) and not rest.endswith(b"\n"):
                        pass
    except OSError as error:
        raise MaskprepError(f"{path}: cannot be read ({error.strerror})") from error


def _parsed(line: bytes) -> dict[str, Any] | str:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return "is damaged"
    return found if isinstance(found, dict) else "is damaged"


def _path(found: object, base: str) -> str:
    if not isinstance(found, str) or not 0 < len(found) <= _LONGEST_PATH:
        raise ValueError("names no path")
    parts = found.split("/")
    if not _is_spelled_here(found) or (os.name == "nt" and not all(map(_is_plain, parts))):
        raise ValueError("names no path of this system")
    if parts[0] != base or any(part in ("", ".", "..") for part in parts):
        raise ValueError(f"{found[:80]!r} lies outside of {base}")
    return found


def _is_plain(name: str) -> bool:
    # On Windows these are folders, drives and streams; dots and spaces at the end are left out.
    return not any(each in name for each in "\\:") and name == name.rstrip(" .")


def _is_spelled_here(path: str) -> bool:
    try:
        return b"\0" not in os.fsencode(path)
    except ValueError:  # what no file name decodes to
        return False


def _parents(path: str) -> Iterator[str]:
    parts = path.split("/")
    return ("/".join(parts[:depth]) for depth in range(1, len(parts)))


def _state(found: object) -> State | None:
    if found is None:
        return None
    if isinstance(found, dict):
        link, size, digest = (found.get(key) for key in ("link", "size", "sha256"))
        if isinstance(link, str) and link and _is_spelled_here(link):
            return State(link=link)
        if (
            type(size) is int
            and size >= 0
            and isinstance(digest, str)
            and _SHA256.fullmatch(digest)
        ):
            return State(size, digest)
    raise ValueError("does not say what stood there, and what came")


def _words(found: object) -> str:
    return found[:200] if isinstance(found, str) else ""
