"""The only door for the names and bytes of a data set: on disk, or behind an fsspec URL.

Functions are named as in `os` and `os.path`. What is no URL goes to them as it is.
"""

from __future__ import annotations

import contextlib
import errno
import io
import os
import re
import stat
from collections.abc import Iterator
from datetime import datetime
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, TextIO, cast

from maskprep.errors import MaskprepError

# One letter is a drive of Windows; simplecache:: and the like go before the path.
_URL = re.compile(r"(?:\w+::)*([A-Za-z][A-Za-z0-9+.-]+)://")
_DISK = re.compile(r"(?:file|local)://")
_DRIVE = re.compile(r"/[A-Za-z]:")
#: What is to be installed beside fsspec; these are known where fsspec itself is missing.
_PACKAGES = {
    **dict.fromkeys(("file", "local", "memory", "zip", "tar", "ftp"), ""),
    **dict.fromkeys(("s3", "s3a"), "s3fs"),
    **dict.fromkeys(("gs", "gcs"), "gcsfs"),
    **dict.fromkeys(("az", "abfs", "abfss"), "adlfs"),
    **dict.fromkeys(("http", "https"), "aiohttp"),
    **dict.fromkeys(("sftp", "ssh"), "paramiko"),
    **dict.fromkeys(("webdav", "webdavs"), "webdav4"),
    "hf": "huggingface_hub",
    "oci": "ocifs",
    "oss": "ossfs",
    "smb": "smbprotocol",
}
#: Where listings say when a file was last changed.
_TIMES = ("mtime", "LastModified", "last_modified", "updated", "modified")
#: Bytes fetched at once of a file that is not read whole.
_BLOCK = 1 << 16
#: Folders whose listings are kept.
_MOST_LISTINGS = 4096


class ForbiddenError(MaskprepError):
    """What lies behind a URL may not be looked at."""


class _Entry(NamedTuple):
    kind: str  # "file", "directory", or anything else
    size: int | None
    modified: float | None


#: What folders held when they were last listed, by folder and name.
_LISTINGS: dict[str, dict[str, _Entry]] = {}


def is_remote(path: str) -> bool:
    """Tell whether a path is a URL, and so is only read.

    Examples
    --------
    >>> [is_remote(path) for path in ("s3://a/b", "memory://a", "zip://a::file:///b.zip")]
    [True, True, True]
    >>> [is_remote(path) for path in ("a/b.png", "C:/a", "C://a", "no-protocol://a")]
    [False, False, False, False]
    """
    if "://" not in path:
        return False
    found = _URL.match(path)
    return found is not None and _is_known(found[1])


@cache
def _is_known(protocol: str) -> bool:
    if protocol in _PACKAGES:
        return True
    try:
        from fsspec.registry import known_implementations, registry
    except ImportError:
        return False
    return protocol in known_implementations or protocol in registry


def local_path(path: str) -> str | None:
    """Give the path on disk: a local path as it is, that of a ``file://`` URL; else None.

    Examples
    --------
    >>> local_path("a/b.png"), local_path("file:///a/b.png"), local_path("s3://a/b.png")
    ('a/b.png', '/a/b.png', None)
    """
    if not is_remote(path):
        return path
    found = _DISK.match(path)
    if found is None:
        return None
    rest = path[found.end() :]
    return rest[1:] if os.name == "nt" and _DRIVE.match(rest) else rest


def refuse_remote(path: str) -> None:
    """Refuse to write to a URL, or to what lies behind one.

    Parameters
    ----------
    path : str
        What is to be written, or replaced.

    Raises
    ------
    MaskprepError
        It is a URL.
    """
    if is_remote(path):
        raise MaskprepError(f"{path}: is remote and is only read; name a local --output")


def parted(path: str) -> tuple[str, str]:
    """Part a chained URL into the path inside its outermost file system, and the rest.

    Examples
    --------
    >>> parted("zip://images/a.png::s3://bucket/set.zip")
    ('zip://images/a.png', '::s3://bucket/set.zip')
    >>> parted("images/a.png")
    ('images/a.png', '')
    """
    if not is_remote(path):
        return path, ""
    end = path.find("::", path.index("://"))
    return (path, "") if end < 0 else (path[:end], path[end:])


def anchored(path: str) -> tuple[str, str]:
    """Part a URL into what names its file system, and an absolute path in there.

    Examples
    --------
    >>> anchored("zip://images/a.png::s3://bucket/set.zip")
    ('zip://::s3://bucket/set.zip', '/images/a.png')
    >>> anchored("/images/a.png")
    ('', '/images/a.png')
    """
    if not is_remote(path):
        return "", path
    whole, chain = parted(path)
    start = whole.index("://") + 3
    return whole[:start] + chain, "/" + whole[start:].lstrip("/")


def join(folder: str, name: str) -> str:
    """Join a folder and a path in it; one that is absolute, or a URL, stays as it is.

    Examples
    --------
    >>> join("s3://bucket/set", "../a.png"), join("zip://images::s3://b/set.zip", "a.png")
    ('s3://bucket/a.png', 'zip://images/a.png::s3://b/set.zip')
    """
    if is_remote(name) or (is_remote(folder) and os.path.isabs(name)):
        return name
    if not is_remote(folder):
        return os.path.join(folder, name)
    whole, chain = parted(folder)
    start = whole.index("://") + 3
    parts = whole[start:].rstrip("/").split("/") if whole[start:] else []
    for part in name.split("/"):
        if part == "..":
            parts = parts[:-1]
        elif part != ".":
            parts.append(part)
    return whole[:start] + "/".join(parts) + chain


def basename(path: str) -> str:
    """Give a path's last part.

    Examples
    --------
    >>> basename("zip://images/a.png::s3://bucket/set.zip")
    'a.png'
    """
    whole = parted(path)[0]
    return os.path.basename(whole.rstrip("/") if is_remote(path) else whole)


def stem(path: str) -> str:
    """Give a path's last part without its ending.

    Examples
    --------
    >>> stem("images/a.b.png")
    'a.b'
    """
    return os.path.splitext(basename(path))[0]


def splitext(path: str) -> tuple[str, str]:
    """Part a path before its ending; what follows in a chained URL is left out.

    Examples
    --------
    >>> splitext("zip://images/a.png::s3://bucket/set.zip")
    ('zip://images/a', '.png')
    """
    return os.path.splitext(parted(path)[0])


def dirname(path: str) -> str:
    """Give the folder that a path lies in.

    Examples
    --------
    >>> dirname("s3://bucket/a.png"), dirname("zip://a.png::s3://bucket/set.zip")
    ('s3://bucket', 'zip://::s3://bucket/set.zip')
    """
    if not is_remote(path):
        return os.path.dirname(path)
    whole, chain = parted(path)
    start = whole.index("://") + 3
    above = whole[start:].rstrip("/").rpartition("/")[0]
    if not above and whole.startswith("/", start):
        above = "/"
    return whole[:start] + above + chain


def upward(folder: str) -> list[str]:
    """List a folder and those above it, the nearest first; a URL's end with the bucket's.

    Examples
    --------
    >>> upward("s3://bucket/a/b")
    ['s3://bucket/a/b', 's3://bucket/a', 's3://bucket']
    """
    if not is_remote(folder):
        whole = Path(os.path.abspath(folder))
        return [str(each) for each in (whole, *whole.parents)]
    has_buckets = not parted(folder)[1] and local_path(folder) is None
    found = [folder]
    while (above := dirname(found[-1])) != found[-1]:
        if has_buckets and anchored(above)[1] == "/":
            break
        found.append(above)
    return found


def isabs(path: str) -> bool:
    """Tell whether a path does not depend on the working directory."""
    return is_remote(path) or os.path.isabs(path)


def absolute(path: str) -> str:
    """Make a local path absolute; a URL stays as it is."""
    return path if is_remote(path) else os.path.abspath(path)


def realpath(path: str) -> str:
    """Follow a local path's links; a URL only loses its last slash."""
    local = local_path(path)
    if local is not None:
        return os.path.realpath(local)
    whole, chain = parted(path)
    return whole.rstrip("/") + chain


def exists(path: str) -> bool:
    """Tell whether anything is there."""
    local = local_path(path)
    return os.path.exists(local) if local is not None else _entry(path) is not None


def isfile(path: str) -> bool:
    """Tell whether a regular file is there."""
    local = local_path(path)
    return os.path.isfile(local) if local is not None else _kind(path) == "file"


def isdir(path: str) -> bool:
    """Tell whether a folder is there."""
    local = local_path(path)
    return os.path.isdir(local) if local is not None else _kind(path) == "directory"


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
        kind = _found(path).kind
    if kind == "directory":
        raise _error(IsADirectoryError, errno.EISDIR, local or path)
    return kind == "file"


def getsize(path: str) -> int:
    """Tell how many bytes a file has.

    Raises
    ------
    OSError
        It is not there, or nobody knows.
    """
    local = local_path(path)
    if local is not None:
        return os.path.getsize(local)
    size = _found(path).size
    if size is None:
        with _telling(path):
            filesystem, inner = _reached(path)
            size = filesystem.info(inner).get("size")
    if size is None:
        raise OSError(f"size unknown: {path!r}")
    return size


def getmtime(path: str) -> float:
    """Tell when a file was last changed, in seconds since 1970.

    Raises
    ------
    OSError
        It is not there, or nobody knows.
    """
    local = local_path(path)
    if local is not None:
        return os.path.getmtime(local)
    modified = _found(path).modified
    if modified is None:
        filesystem, inner = _reached(path)
        with _telling(path), contextlib.suppress(NotImplementedError, KeyError):
            modified = _seconds(filesystem.modified(inner))
    if modified is None:
        raise OSError(f"time of change unknown: {path!r}")
    return modified


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
        except OSError:
            return None
        if not stat.S_ISREG(found.st_mode):
            return None
        # Windows has the time of creation in its place.
        changed = 0 if os.name == "nt" else found.st_ctime_ns
        return Signature(found.st_mtime_ns, changed, found.st_size, found.st_ino)
    entry = _entry(path)
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
    if local is not None:
        return sorted(os.listdir(local))
    _archive.cache_clear()
    with _telling(path):
        filesystem, inner = _reached(path)
        filesystem.invalidate_cache(inner)
        listed = filesystem.ls(inner, detail=True)
        if not listed and not filesystem.exists(inner):
            raise FileNotFoundError(path)
    own = inner.strip("/")
    entries = {}
    for each in listed:
        whole = each["name"].strip("/")
        if whole != own:
            entries[whole.rpartition("/")[2]] = _entry_of(each)
        elif len(listed) == 1 and each["type"] == "file" and not each["name"].endswith("/"):
            raise _error(NotADirectoryError, errno.ENOTDIR, path)
    if len(_LISTINGS) >= _MOST_LISTINGS:
        _LISTINGS.pop(next(iter(_LISTINGS)), None)
    _LISTINGS[_listing_key(path)] = entries
    return sorted(entries)


def glob(folder: str, pattern: str) -> list[str]:
    """List the files of a folder that fit a pattern, sorted.

    Raises
    ------
    NotImplementedError, ValueError
        It is no pattern from that folder.
    """
    local = local_path(folder)
    if local is not None:
        found = sorted(Path(local).glob(pattern))
        if not is_remote(folder):
            return [str(each) for each in found]
        return [join(folder, each.relative_to(local).as_posix()) for each in found]
    if pattern.startswith("/"):
        raise NotImplementedError("Non-relative patterns are unsupported")
    with _telling(folder):
        filesystem, inner = _reached(folder)
        within = filesystem.glob(f"{inner.rstrip('/')}/{pattern}".lstrip("/"))
    start = len(inner.strip("/"))
    return sorted(join(folder, each.strip("/")[start:].strip("/")) for each in within)


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
        There is no such file.
    MaskprepError
        What lies behind a URL cannot be reached; of reading, too.
    """
    local = local_path(path)
    if local is not None:
        return open(local, "rb")
    if whole:
        return _Whole(read_bytes(path), path)
    with _telling(path):
        filesystem, inner = _reached(path)
        stream = filesystem.open(inner, "rb", cache_type="none")
    if not stream.seekable():
        with stream, _telling(path):
            return _Whole(stream.read(), path)
    return cast(BinaryIO, _Blocks(_Fetched(stream, path, filesystem), path))


def open_text(path: str) -> TextIO:
    """Open a UTF-8 file as Python opens it, with any ends of lines.

    Raises
    ------
    OSError
        There is no such file.
    MaskprepError
        What lies behind a URL cannot be reached.
    """
    local = local_path(path)
    if local is not None:
        return open(local, encoding="utf-8")
    return io.TextIOWrapper(io.BytesIO(read_bytes(path)), encoding="utf-8")


def read_bytes(path: str) -> bytes:
    """Read all of a file.

    Raises
    ------
    OSError
        There is no such file.
    MaskprepError
        What lies behind a URL cannot be reached.
    """
    local = local_path(path)
    if local is not None:
        return Path(local).read_bytes()
    with _telling(path):
        filesystem, inner = _reached(path)
        return bytes(filesystem.cat_file(inner))


class _Whole(io.BytesIO):
    """A file that was fetched whole."""

    def __init__(self, content: bytes, path: str) -> None:
        super().__init__(content)
        self._path = path

    def __repr__(self) -> str:
        return repr(self._path)


class _Blocks(io.BufferedReader):
    """A file that is fetched block by block."""

    def __init__(self, raw: io.RawIOBase, path: str) -> None:
        super().__init__(raw, _BLOCK)
        self._path = path

    def __repr__(self) -> str:
        return repr(self._path)


class _Fetched(io.RawIOBase):
    """A stream of fsspec's whose failures are told in one line."""

    def __init__(self, stream: Any, path: str, filesystem: Any) -> None:
        self._stream = stream
        self._path = path
        self._filesystem = filesystem  # an archive that nobody holds is closed

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        place: int = self._stream.seek(offset, whence)
        return place

    def tell(self) -> int:
        place: int = self._stream.tell()
        return place

    def readinto(self, buffer: Any) -> int:
        content = self._taken(len(buffer))
        buffer[: len(content)] = content
        return len(content)

    def readall(self) -> bytes:
        return self._taken(-1)

    def _taken(self, length: int) -> bytes:
        with _telling(self._path):
            place = self._stream.tell()
            try:
                return bytes(self._stream.read(length))
            except ValueError:  # of a web server that gives files whole only
                self._stream.close()
                self._stream = io.BytesIO(read_bytes(self._path))
                self._stream.seek(place)
                return bytes(self._stream.read(length))

    def close(self) -> None:
        if not self.closed:
            self._stream.close()
        super().close()


def _reached(path: str) -> tuple[Any, str]:
    with _telling(path):
        from fsspec.core import url_to_fs

        whole, chain = parted(path)
        if chain:
            archive = _archive(anchored(path)[0])
            return archive, archive._strip_protocol(whole)
        filesystem, inner = url_to_fs(path)
        return filesystem, inner


@lru_cache(maxsize=8)
def _archive(anchor: str) -> Any:
    # fsspec keeps none of these: each would open and list its file anew.
    from fsspec.core import url_to_fs

    return url_to_fs(anchor)[0]


@contextlib.contextmanager
def _telling(path: str) -> Iterator[None]:
    try:
        yield
    except MaskprepError:
        raise
    except FileNotFoundError as error:
        raise _error(FileNotFoundError, errno.ENOENT, path) from error
    except NotADirectoryError as error:
        raise _error(NotADirectoryError, errno.ENOTDIR, path) from error
    except IsADirectoryError as error:
        raise _error(IsADirectoryError, errno.EISDIR, path) from error
    except PermissionError as error:
        raise ForbiddenError(f"{path}: may not be read (permissions)") from error
    except ImportError as error:
        raise MaskprepError(f"{path}: {_missing(path, error)}") from error
    except Exception as error:  # each protocol raises what its own package knows
        raise MaskprepError(f"{path}: cannot be read ({_words(error)})") from error


def _error(kind: type[OSError], number: int, path: str) -> OSError:
    return kind(number, os.strerror(number), path)


def _missing(path: str, error: ImportError) -> str:
    found = _URL.match(path)
    assert found is not None, "it is a URL"
    # fsspec tells its own advice; what is missing is named by what it stumbled over.
    cause = error.__cause__
    named = cause.name if isinstance(cause, ImportError) else error.name
    name = (named or "").partition(".")[0]
    package = _PACKAGES.get(found[1]) or ("" if name == "fsspec" else name)
    command = f'pip install "maskprep[remote]" {package}'.rstrip()
    return f"reading it needs {package or 'fsspec'}: {command}"


def _words(error: Exception) -> str:
    kind = type(error).__name__
    lines = str(error).splitlines()
    return lines[0] if lines else "timed out" if "Timeout" in kind else kind


def _kind(path: str) -> str | None:
    if _listing_key(path) in _LISTINGS:
        return "directory"
    entry = _entry(path)
    return None if entry is None else entry.kind


def _found(path: str) -> _Entry:
    entry = _entry(path) or _asked(path)  # it may have come since its folder was listed
    if entry is None:
        raise _error(FileNotFoundError, errno.ENOENT, path)
    return entry


def _entry(path: str) -> _Entry | None:
    listing = _LISTINGS.get(_listing_key(dirname(path)))
    if listing is not None:
        return listing.get(basename(path))
    return _asked(path)


def _asked(path: str) -> _Entry | None:
    try:
        with _telling(path):
            filesystem, inner = _reached(path)
            entry = _entry_of(filesystem.info(inner))
    except (FileNotFoundError, NotADirectoryError):
        return None
    # The web has no folders: what has no ending is taken for one.
    is_page = path.startswith(("http:", "https:")) and not splitext(path)[1]
    return entry._replace(kind="directory") if is_page else entry


def _listing_key(path: str) -> str:
    whole, chain = parted(path)
    return whole.rstrip("/") + chain


def _entry_of(told: dict[str, Any]) -> _Entry:
    times = (_seconds(told[key]) for key in _TIMES if key in told)
    modified = next((each for each in times if each is not None), None)
    return _Entry(told["type"], told.get("size"), modified)


def _seconds(moment: object) -> float | None:
    if isinstance(moment, datetime):
        return moment.timestamp()
    return float(moment) if isinstance(moment, (int, float)) else None
