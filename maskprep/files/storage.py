"""The only door for the bytes of a data set, and for what is asked about its files.

Functions are named as in `os` and `os.path`; a local path goes to the system as it is, a URL to
fsspec (`remote`). Nothing but regular files is opened: a pipe would be waited for, for ever, and
a device is without end. What is wrong with a file or its name is always an `OSError`.
"""

from __future__ import annotations

import errno
import io
import os
import stat
from pathlib import Path
from typing import BinaryIO, NamedTuple, TextIO

from maskprep.files import remote
from maskprep.files.pathname import is_remote, join, local_path
from maskprep.files.remote import ForbiddenError

__all__ = [
    "Entries",
    "ForbiddenError",
    "Signature",
    "entries",
    "exists",
    "getmtime",
    "getsize",
    "glob",
    "is_regular",
    "isdir",
    "isfile",
    "listdir",
    "open_binary",
    "open_text",
    "read_bytes",
    "signature",
]


def exists(path: str) -> bool:
    """Tell whether anything is there."""
    local = local_path(path)
    return os.path.exists(local) if local is not None else remote.entry(path) is not None


def isfile(path: str) -> bool:
    """Tell whether a regular file is there."""
    local = local_path(path)
    return os.path.isfile(local) if local is not None else remote.kind(path) == "file"


def isdir(path: str) -> bool:
    """Tell whether a folder is there."""
    local = local_path(path)
    return os.path.isdir(local) if local is not None else remote.kind(path) == "directory"


def is_regular(path: str) -> bool:
    """Tell whether a file may be opened without waiting for data for ever.

    Raises
    ------
    OSError
        There is nothing, or a folder.
    """
    local = local_path(path)
    if local is not None:
        mode = os.stat(local).st_mode
        kind = "directory" if stat.S_ISDIR(mode) else "file" if stat.S_ISREG(mode) else ""
    else:
        kind = remote.existing(path).kind
    if kind == "directory":
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), local or path)
    return kind == "file"


def getsize(path: str) -> int:
    """Tell how many bytes a file has.

    Raises
    ------
    OSError
        It is not there, or nobody knows.
    """
    local = local_path(path)
    return os.path.getsize(local) if local is not None else remote.size(path)


def getmtime(path: str) -> float:
    """Tell when a file was last changed, in seconds since 1970.

    Raises
    ------
    OSError
        It is not there, or nobody knows.
    """
    local = local_path(path)
    return os.path.getmtime(local) if local is not None else remote.modified(path)


class Signature(NamedTuple):
    """What is told of a file without opening it; another one means another content, perhaps."""

    #: Nanoseconds since 1970.
    modified: int
    #: Of the content, the name or the rights; no program can set it. 0 where nobody tells.
    changed: int
    size: int
    inode: int

    @property
    def newest(self) -> int:
        """When it was last touched."""
        return max(self.modified, self.changed)

    def __str__(self) -> str:
        """Write it as one word."""
        return ":".join(map(str, self))


def signature(path: str) -> Signature | None:
    """Tell a file's signature: by its folder's listing, where that is remote.

    Returns
    -------
    Signature or None
        None where there is no regular file, or nobody knows when it was changed.
    """
    local = local_path(path)
    if local is not None:
        try:
            found = os.stat(local)
        except (OSError, ValueError):
            return None
        if not stat.S_ISREG(found.st_mode):
            return None
        # Windows has the time of creation in its place.
        changed = 0 if os.name == "nt" else found.st_ctime_ns
        return Signature(found.st_mtime_ns, changed, found.st_size, found.st_ino)
    entry = remote.entry(path)
    if entry is None or entry.kind != "file" or entry.modified is None or entry.size is None:
        return None
    return Signature(int(entry.modified * 1e9), 0, entry.size, 0)


def listdir(path: str) -> list[str]:
    """List the names in a folder, sorted.

    Raises
    ------
    OSError
        There is no such folder.
    MaskprepError
        What lies behind a URL cannot be reached.

    Notes
    -----
    A URL's folder is listed by one request, which is kept: questions about the files in it are
    answered by that until it is listed again, as each discovery does.
    """
    local = local_path(path)
    return sorted(os.listdir(local)) if local is not None else remote.listing(path)


class Entries(NamedTuple):
    """The names in a folder on disk, by what they are; links are followed."""

    folders: tuple[str, ...]
    files: tuple[str, ...]
    #: Pipes, devices, links that lead nowhere.
    others: tuple[str, ...]


def entries(folder: str) -> Entries:
    """List a folder on disk by kinds, each sorted, with no question about each file.

    Raises
    ------
    OSError
        There is no such folder, or it may not be read.
    """
    kinds: tuple[list[str], list[str], list[str]] = ([], [], [])
    with os.scandir(folder) as found:
        for each in found:
            try:
                kind = 0 if each.is_dir() else 1 if each.is_file() else 2
            except OSError:  # a link that leads to itself
                kind = 2
            kinds[kind].append(each.name)
    return Entries(*(tuple(sorted(names)) for names in kinds))


def glob(folder: str, pattern: str) -> list[str]:
    """List the files of a folder that fit a pattern, sorted.

    Raises
    ------
    ValueError
        It is no pattern of files from that folder.
    """
    local = local_path(folder)
    if local is None:
        return remote.matches(folder, pattern)
    try:
        # Of "." pathlib says IndexError, of what is absolute NotImplementedError.
        found = sorted(each for each in Path(local).glob(pattern) if not each.is_dir())
    except (LookupError, NotImplementedError, RecursionError, OSError) as error:
        raise ValueError(f"no pattern from a folder: {pattern}") from error
    if not is_remote(folder):
        return [str(each) for each in found]
    return [join(folder, each.relative_to(local).as_posix()) for each in found]


def open_binary(path: str, *, whole: bool = False) -> BinaryIO:
    """Open a file for reading; its stream can be wound.

    Parameters
    ----------
    path : str
        On disk, or a URL.
    whole : bool
        Whether all of it will be read: it is fetched at once, and not block by block.

    Returns
    -------
    BinaryIO
        To be closed, as by a with block. In a decoder's error it appears by its path.

    Raises
    ------
    OSError
        There is no such file, or it is no regular one.
    MaskprepError
        What lies behind a URL cannot be reached; of reading, too.
    """
    local = local_path(path)
    return _open(local) if local is not None else remote.stream(path, whole=whole)


def open_text(path: str) -> TextIO:
    """Open a UTF-8 file as Python opens it, with any ends of lines.

    Raises
    ------
    OSError
        There is no such file, or it is no regular one.
    MaskprepError
        What lies behind a URL cannot be reached.
    """
    local = local_path(path)
    stream = _open(local) if local is not None else io.BytesIO(remote.content(path))
    return io.TextIOWrapper(stream, encoding="utf-8")


def read_bytes(path: str) -> bytes:
    """Read all of a file.

    Raises
    ------
    OSError
        There is no such file, or it is no regular one.
    MaskprepError
        What lies behind a URL cannot be reached.
    """
    local = local_path(path)
    if local is None:
        return remote.content(path)
    with _open(local) as stream:
        return stream.read()


def _open(local: str) -> BinaryIO:
    try:
        return open(local, "rb", opener=_regular)
    except ValueError as error:  # it holds a zero byte, or half a character
        raise OSError(errno.EINVAL, "no file can have such a name", local) from error


def _regular(path: str, flags: int) -> int:
    """Open a file at once, or refuse it; for the `opener` of ``open``."""
    # Without waiting for whoever writes to a pipe; of a regular file it changes nothing.
    handle = os.open(path, flags | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0))
    mode = os.fstat(handle).st_mode
    if stat.S_ISREG(mode) or stat.S_ISDIR(mode):  # of folders Python tells in its own words
        return handle
    os.close(handle)
    raise OSError(errno.EINVAL, "is a pipe, a device or a socket, and no regular file", path)
