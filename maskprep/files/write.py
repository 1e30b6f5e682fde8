"""Write files whole or not at all, and only over what was seen before."""

from __future__ import annotations

import contextlib
import os
import stat
import time
from collections.abc import Iterable
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple

from maskprep.errors import MaskprepError
from maskprep.files import storage, unfinished
from maskprep.files.pathname import kept_by_windows

#: Characters of a path that Windows takes, unless it has been told to take longer ones.
_LONGEST = 259
_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
#: Nanoseconds for which a file has to be left alone before its time of change is trusted: file
#: systems tick as slowly as that, and two versions within one tick look the same.
_SETTLED = 2 * 10**9


class Standing(NamedTuple):
    """What stands at a path: another one means that somebody has been there.

    Backing a file up by a hard link changes none of it.
    """

    device: int
    inode: int
    size: int
    #: Nanoseconds since 1970.
    modified: int
    mode: int
    owner: int
    group: int
    #: Of the content, of a file changed so lately that its times do not tell a second change.
    digest: bytes = b""

    @property
    def is_link(self) -> bool:
        """Whether it is a symbolic link."""
        return stat.S_ISLNK(self.mode)


def standing(path: Path) -> Standing | None:
    """Look at what stands at a path; a link is not followed.

    Returns
    -------
    Standing or None
        None where nothing stands there.

    Raises
    ------
    MaskprepError
        It may not be looked at.
    """
    try:
        found = os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise MaskprepError(f"{path}: cannot be looked at ({error.strerror})") from error
    is_fresh = stat.S_ISREG(found.st_mode) and found.st_mtime_ns > time.time_ns() - _SETTLED
    return Standing(
        found.st_dev,
        found.st_ino,
        found.st_size,
        found.st_mtime_ns,
        found.st_mode,
        found.st_uid,
        found.st_gid,
        _digest(path) if is_fresh else b"",
    )


def _digest(path: Path) -> bytes:
    try:
        return blake2b(storage.read_bytes(str(path)), digest_size=16).digest()
    except OSError:
        return b""  # whoever is to read it is told so


def write_whole(
    path: Path,
    content: bytes | Iterable[bytes],
    over: Standing | None = None,
    like: Standing | None = None,
) -> None:
    """Write a file so that it is there with all its bytes, or as it was before.

    Parameters
    ----------
    path : Path
        Where to; its folders are made.
    content : bytes or iterable of bytes
        All of it, or its parts, made while it is written.
    over : Standing or None
        What is to be replaced, as it was seen; None where the file is new.
    like : Standing or None
        Whose rights and owner the file gets; None for those of `over`, or of any new file.

    Raises
    ------
    MaskprepError
        The file cannot be written, is read-only, or is not as it was seen; Windows has other uses
        for its name.
    """
    refuse_kept(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with unfinished.beside(path) as temporary:
            # The system applies the umask itself: reading it sets it, for all threads at once.
            handle = os.open(temporary, _NEW_FILE, 0o666)
            with os.fdopen(handle, "wb") as stream:
                stream.writelines(parts_of(content))
                stream.flush()
                os.fsync(stream.fileno())
            _make_alike(temporary, like or over)
            if over is None:
                _appear(temporary, path)
            else:
                refuse_changed(path, over)
                os.replace(temporary, path)
    except OSError as error:
        raise MaskprepError(f"{path}: cannot be written {why_not(error, path)}") from error


def refuse_kept(path: Path) -> None:
    """Refuse a name for which Windows would write no file, or one of another name.

    Raises
    ------
    MaskprepError
        This is Windows, and such a name.
    """
    if os.name == "nt" and (taken := kept_by_windows(path.name)):
        raise MaskprepError(f"{path}: cannot be written: {taken}: choose another name")


def why_not(error: OSError, path: Path, windows: bool = os.name == "nt") -> str:
    """Say why a system refused to write, replace or remove a file, and what helps.

    Parameters
    ----------
    error : OSError
        The refusal.
    path : Path
        The file.
    windows : bool
        Whether Windows said so: it tells neither what is open elsewhere, nor what is too long.

    Examples
    --------
    >>> print(why_not(PermissionError(13, "Access is denied"), Path("a.png"), True))
    (Access is denied): close the programs that have it open, and run it again
    >>> print(why_not(PermissionError(13, "Permission denied"), Path("a.png"), False))
    (Permission denied)
    """
    told = f"({error.strerror})"
    if windows and isinstance(error, PermissionError):
        return f"{told}: close the programs that have it open, and run it again"
    if windows and len(whole := os.path.abspath(path)) > _LONGEST:
        return f"{told}: its path has {len(whole)} characters, and Windows takes {_LONGEST}"
    return told


def parts_of(content: bytes | Iterable[bytes]) -> Iterable[bytes]:
    """Give what is to be written part by part; bytes are one part."""
    return (content,) if isinstance(content, bytes) else content


def link_or_copy(source: Path, path: Path) -> bool:
    """Give a file a second name, or a copy where the file system has no hard links.

    A read-only file is copied, too: its second name could not be made writable alone.

    Parameters
    ----------
    source : Path
        The file; links are followed.
    path : Path
        The new name; its folders are made.

    Returns
    -------
    bool
        Whether it is a link.

    Raises
    ------
    MaskprepError
        There is something of that name, or it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not os.stat(source).st_mode & 0o222:
            copy_whole(source, path)
            return False
        os.link(os.path.realpath(source), path)
        return True
    except FileExistsError:
        raise MaskprepError(
            f"{path}: has appeared in the meantime and stays: run it again"
        ) from None
    except OSError:  # no hard links there, or none across disks
        copy_whole(source, path)
        return False


def copy_whole(source: Path, path: Path) -> None:
    """Copy a file with its time of change, whole or not at all.

    Raises
    ------
    MaskprepError
        It cannot be read, or not be written.
    """
    try:
        content = storage.read_bytes(str(source))
    except OSError as error:
        raise MaskprepError(f"{source}: cannot be read ({error.strerror})") from error
    write_whole(path, content)
    dated_like(source, path)


def dated_like(source: Path, path: Path) -> None:
    """Give a file the time of change of what it was made of, as far as the disk keeps it."""
    with contextlib.suppress(OSError):
        found = os.stat(source)
        os.utime(path, ns=(found.st_atime_ns, found.st_mtime_ns))


def refuse_changed(path: Path, seen: Standing) -> None:
    """Refuse to replace or remove what is read-only, or not as it was seen.

    Parameters
    ----------
    path : Path
        About to be replaced or removed.
    seen : Standing
        As it was when it was read.

    Raises
    ------
    MaskprepError
        It has changed, is gone, or is read-only.
    """
    now = standing(path)
    is_other = now is None or now._replace(digest=b"") != seen._replace(digest=b"")
    if is_other or (seen.digest and _digest(path) != seen.digest):
        raise MaskprepError(f"{path}: has changed in the meantime and stays so: run it again")
    # Of a link that gives way, the goal stays as it is.
    if not seen.is_link and not (seen.mode & 0o222 and os.access(path, os.W_OK)):
        raise MaskprepError(f"{path}: is read-only and stays so: make it writable first")


def _make_alike(path: Path, model: Standing | None) -> None:
    if model is None or model.is_link:
        return
    if hasattr(os, "chown"):
        with contextlib.suppress(OSError):  # only root may give files away
            os.chown(path, model.owner, model.group)
    os.chmod(path, stat.S_IMODE(model.mode))


def _appear(temporary: Path, path: Path) -> None:
    """Give a file its name, unless something has that by now."""
    try:
        if os.name == "nt":
            os.rename(temporary, path)  # refuses what is there
            return
        os.link(temporary, path)
    except FileExistsError:
        raise MaskprepError(
            f"{path}: has appeared in the meantime and stays: run it again"
        ) from None
    except OSError:  # no hard links on this file system: the name is taken first
        if os.name == "nt":
            raise
        os.close(os.open(path, _NEW_FILE))
        os.replace(temporary, path)
