"""What lies behind a URL, through fsspec: asked for, listed, read."""

from __future__ import annotations

import contextlib
import errno
import io
import os
from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache
from typing import Any, BinaryIO, NamedTuple, cast

from maskprep.errors import MaskprepError
from maskprep.files.pathname import (
    anchored,
    basename,
    dirname,
    join,
    package_of,
    parted,
    splitext,
)

#: Where listings say when a file was last changed.
_TIMES = ("mtime", "LastModified", "last_modified", "updated", "modified")
#: Bytes fetched at once of a file that is not read whole.
_BLOCK = 1 << 16
#: Folders whose listings are kept.
_MOST_LISTINGS = 4096


class ForbiddenError(MaskprepError):
    """What lies behind a URL may not be looked at."""


class Entry(NamedTuple):
    """What a folder's listing says of a file."""

    kind: str  # "file", "directory", or anything else
    size: int | None
    modified: float | None


#: What folders held when they were last listed, by folder and name.
_LISTINGS: dict[str, dict[str, Entry]] = {}


def entry(path: str) -> Entry | None:
    """Tell what its folder's listing says of a file, or its file system; None where it is not."""
    listing = _LISTINGS.get(_listing_key(dirname(path)))
    if listing is not None:
        return listing.get(basename(path))
    return _asked(path)


def kind(path: str) -> str | None:
    """Tell what is there: ``"file"``, ``"directory"``, anything else, or None for nothing."""
    if _listing_key(path) in _LISTINGS:
        return "directory"
    found = entry(path)
    return None if found is None else found.kind


def existing(path: str) -> Entry:
    """Tell what is said of a file; FileNotFoundError where it is not there."""
    found = entry(path) or _asked(path)  # it may have come since its folder was listed
    if found is None:
        raise _error(FileNotFoundError, errno.ENOENT, path)
    return found


def size(path: str) -> int:
    """Tell how many bytes a file has; OSError where it is not there, or nobody knows."""
    told = existing(path).size
    if told is None:
        with _telling(path):
            filesystem, inner = _reached(path)
            told = filesystem.info(inner).get("size")
    if told is None:
        raise OSError(f"size unknown: {path!r}")
    return told


def modified(path: str) -> float:
    """Tell when a file was changed, seconds since 1970; OSError where nobody knows."""
    told = existing(path).modified
    if told is None:
        filesystem, inner = _reached(path)
        with _telling(path), contextlib.suppress(NotImplementedError, KeyError):
            told = _seconds(filesystem.modified(inner))
    if told is None:
        raise OSError(f"time of change unknown: {path!r}")
    return told


def listing(path: str) -> list[str]:
    """List a folder anew, by one request; what it says of the files is kept."""
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


def matches(folder: str, pattern: str) -> list[str]:
    """List the files of a folder that fit a pattern, sorted; ValueError where it is none."""
    if pattern.startswith("/"):
        raise NotImplementedError("Non-relative patterns are unsupported")
    with _telling(folder):
        filesystem, inner = _reached(folder)
        within = filesystem.glob(f"{inner.rstrip('/')}/{pattern}".lstrip("/"))
    start = len(inner.strip("/"))
    return sorted(join(folder, each.strip("/")[start:].strip("/")) for each in within)


def stream(path: str, *, whole: bool) -> BinaryIO:
    """Open a file; `whole` fetches all of it at once, and not block by block."""
    if whole:
        return _Whole(content(path), path)
    with _telling(path):
        filesystem, inner = _reached(path)
        opened = filesystem.open(inner, "rb", cache_type="none")
    if not opened.seekable():
        with opened, _telling(path):
            return _Whole(opened.read(), path)
    return cast(BinaryIO, _Blocks(_Fetched(opened, path, filesystem), path))


def content(path: str) -> bytes:
    """Fetch all of a file."""
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
                self._stream = io.BytesIO(content(self._path))
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
    # fsspec tells its own advice; what is missing is named by what it stumbled over.
    cause = error.__cause__
    named = cause.name if isinstance(cause, ImportError) else error.name
    name = (named or "").partition(".")[0]
    package = package_of(path) or ("" if name == "fsspec" else name)
    command = f'pip install "maskprep[remote]" {package}'.rstrip()
    return f"reading it needs {package or 'fsspec'}: {command}"


def _words(error: Exception) -> str:
    kind = type(error).__name__
    lines = str(error).splitlines()
    return lines[0] if lines else "timed out" if "Timeout" in kind else kind


def _asked(path: str) -> Entry | None:
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


def _entry_of(told: dict[str, Any]) -> Entry:
    times = (_seconds(told[key]) for key in _TIMES if key in told)
    modified = next((each for each in times if each is not None), None)
    return Entry(told["type"], told.get("size"), modified)


def _seconds(moment: object) -> float | None:
    if isinstance(moment, datetime):
        return moment.timestamp()
    return float(moment) if isinstance(moment, (int, float)) else None
