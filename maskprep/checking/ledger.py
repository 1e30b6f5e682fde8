"""A file in which what was found out is kept until the next time; losing it costs time only."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import date
from hashlib import blake2b
from itertools import chain, islice
from pathlib import Path
from typing import Any, NamedTuple

from maskprep.files import storage

_NAME = "checks-1.sqlite3"
_SIGNATURE = """Signature: 8a477f597d28d172789f06886806bc55
# Made by maskprep, and taken away by maskprep clean. See https://bford.info/cachedir
"""
#: Backups and git leave such a folder out.
_BESIDE = {"CACHEDIR.TAG": _SIGNATURE, ".gitignore": "*\n"}
#: What SQLite may put beside a database, by what it adds to the name.
_COMPANIONS = ("-journal", "-wal", "-shm")
#: Of a table's rows, `seal` tells whether the rest is as it was written.
_TABLES = (
    """files (
    path blob, kind text, signature text, evidence text, seal blob, primary key (path, kind)
) without rowid""",
    "results (key blob primary key, result text, seal blob, used integer) without rowid",
)
#: How these lie in the file. The older ones without seals began with the same words.
_OWN_WORDS = b"CREATE TABLE files (\n    path blob, kind text, signature text, evidence text,"
#: Where SQLite has the number by which a program knows its own files, and ours: "mskp".
_ID_AT, _ID = 68, 0x6D736B70
#: What stands in the head of every ledger, by its place: SQLite's name, no write-ahead log, our
#: number. See https://sqlite.org/fileformat.html, 1.3.
_HEAD = {0: b"SQLite format 3\0", 18: b"\1\1", _ID_AT: _ID.to_bytes(4, "big")}
#: Where SQLite has the format of the schema, and the last one there is.
_FORMAT = slice(44, 48)
_LAST_FORMAT = b"\0\0\0\4"
#: Bytes of a file in which all this stands: SQLite's first page.
_PAGE = 4096
#: What goes wrong with a database; of words that are damaged SQLite's own message is no UTF-8.
_FAILURES = (sqlite3.Error, UnicodeDecodeError)
#: Of many rows, for one question costs less than many. Asked for by `in`, pairs of values are
#: looked up by the first alone, and many times as slowly.
_FILES = (
    "with asked (path, kind) as (values {})"
    " select files.path, files.kind, signature, evidence, seal from asked cross join files"
    " on files.path = asked.path and files.kind = asked.kind"
)
_RESULTS = "select key, result, seal, used from results where key in (values {})"
#: Rows that one question is about: older versions of SQLite take 999 values.
_AT_ONCE = 400
#: Results are written in bundles of this many, so that a run that is broken off keeps most.
_BUNDLE = 256
#: Days after which what nobody asked for is forgotten.
_FORGOTTEN_AFTER = 90
#: Seconds to wait for another process that writes.
_PATIENCE = 5


class File(NamedTuple):
    """What may be known of a file."""

    #: Absolute.
    path: str
    #: Which evidence.
    kind: str


class Known(NamedTuple):
    """What is known of a file: its signature then, and what was seen of its content."""

    signature: str
    evidence: str


class Ledger:
    """What is kept of earlier checks, in one SQLite file.

    Parameters
    ----------
    folder : Path
        Made where it is not there.

    Notes
    -----
    Nothing is touched before the first question. Where the folder or the file cannot be used,
    nothing is known and nothing is kept; `trouble` tells why. A damaged row is not known. A file
    that turns out to be damaged is taken away, and the next ledger makes it anew; one that was not
    made by a ledger is left as it is. Several processes may use one folder at once.
    """

    def __init__(self, folder: Path) -> None:
        #: Why nothing is kept; empty where it is, or nothing was asked yet.
        self.trouble = ""
        #: Where it is kept.
        self.folder = folder
        self._is_new = True
        self._today = date.today().toordinal()
        self._files: list[tuple[bytes, str, str, str, bytes]] = []
        self._results: list[tuple[bytes, str, bytes, int]] = []
        self._used: list[tuple[int, bytes, int]] = []
        self._path = folder / _NAME
        self._connection: sqlite3.Connection | None = None

    def files(self, asked: Collection[File]) -> dict[File, Known]:
        """Tell what is known of files.

        Parameters
        ----------
        asked : collection of File
            Each once.

        Returns
        -------
        dict of File to Known
            Without those of which nothing is known.
        """
        of_row = {(_encoded(each.path), each.kind): each for each in asked}
        known = {}
        for path, kind, *seen, seal in self._asked(_FILES, of_row):
            if seal == _seal(path, kind, *seen):
                known[of_row[path, kind.decode()]] = Known(*(each.decode() for each in seen))
        return known

    def results(self, keys: Collection[bytes]) -> dict[bytes, str]:
        """Give what was kept under keys, without those under which nothing was."""
        found = {}
        for key, result, seal, used in self._asked(_RESULTS, [(key,) for key in keys]):
            if seal == _seal(key, result):
                found[key] = result.decode()
                if used != self._today:
                    self._used.append((self._today, key, self._today))
        return found

    def keep_file(self, file: File, known: Known) -> None:
        """Keep what is known of a file."""
        path = _encoded(file.path)
        seal = _seal(path, file.kind.encode(), *(each.encode() for each in known))
        self._files.append((path, file.kind, *known, seal))

    def keep_result(self, key: bytes, result: str) -> None:
        """Keep a result."""
        self._results.append((key, result, _seal(key, result.encode()), self._today))
        if len(self._results) >= _BUNDLE:
            self.flush()

    def flush(self) -> None:
        """Write what is not written yet."""
        if not (self._files or self._results or self._used):
            return
        with self._forgiven() as connection:
            if connection is not None:
                with connection:
                    connection.executemany("replace into files values (?, ?, ?, ?, ?)", self._files)
                    connection.executemany(
                        "replace into results values (?, ?, ?, ?)", self._results
                    )
                    again = "update results set used = ? where key = ? and used <> ?"
                    connection.executemany(again, self._used)
        self._files, self._results, self._used = [], [], []

    def close(self) -> None:
        """Write what is not written yet, and forget what was not asked for in a long time."""
        self.flush()
        with self._forgiven() as connection:
            if connection is not None:
                with connection:
                    oldest = (self._today - _FORGOTTEN_AFTER,)
                    connection.execute("delete from results where used < ?", oldest)
                connection.close()
        self._connection = None

    def _opened(self) -> sqlite3.Connection | None:
        folder = self._path.parent
        try:
            head = _head_of(self._path)
            if not _is_own(head):
                self.trouble = (
                    f"{self._path}: was not made by maskprep, or is damaged beyond recognition:"
                    " move it away, or name another folder with --cache-dir"
                )
                return None
            folder.mkdir(parents=True, exist_ok=True)
            # A folder that others use, too, stays what it is for git and backups.
            if not any(folder.iterdir()):
                for name, text in _BESIDE.items():
                    (folder / name).write_bytes(text.encode())
            if head and not _is_sound(head):
                _take_away(self._path)
            try:
                return _connected(self._path)
            except _FAILURES as error:
                if not _tells_damage(error):
                    raise
                _take_away(self._path)
                return _connected(self._path)
        except (OSError, *_FAILURES) as error:
            self.trouble = f"{folder}: {error}"
            return None

    def _asked(
        self, query: str, of_rows: Iterable[tuple[bytes | str, ...]]
    ) -> list[tuple[Any, ...]]:
        waiting, found = iter(of_rows), list[tuple[Any, ...]]()
        with self._forgiven() as connection:
            while connection is not None and (some := list(islice(waiting, _AT_ONCE))):
                one = f"({', '.join('?' * len(some[0]))})"
                values = ", ".join([one] * len(some))
                found += connection.execute(query.format(values), list(chain(*some)))
        return found

    @contextmanager
    def _forgiven(self) -> Iterator[sqlite3.Connection | None]:
        if self._is_new:
            self._is_new, self._connection = False, self._opened()
        try:
            yield self._connection
        except _FAILURES as error:
            self.trouble = f"{_NAME}: {error}"
            with suppress(*_FAILURES):
                if self._connection is not None:
                    self._connection.close()
            self._connection = None
            if _tells_damage(error):
                self.trouble += "; the next check makes it anew"
                with suppress(OSError):
                    _take_away(self._path)


def clean(folder: Path) -> int:
    """Remove what a `Ledger` has made in a folder, and nothing else.

    Parameters
    ----------
    folder : Path
        The ledger's.

    Returns
    -------
    int
        Bytes freed.

    Raises
    ------
    OSError
        A file cannot be removed.
    """
    path = folder / _NAME
    own = _present(path) if _is_own(_head_of(path)) else []
    own += [folder / name for name, text in _BESIDE.items() if _holds(folder / name, text)]
    freed = 0
    for each in own:
        freed += each.stat().st_size
        each.unlink()
    with suppress(OSError):
        os.rmdir(folder)
    return freed


def _encoded(path: str) -> bytes:
    # Names need not be Unicode.
    return path.encode("utf-8", "surrogatepass")


def _holds(path: Path, text: str) -> bool:
    return path.is_file() and storage.read_bytes(str(path)) == text.encode()


def _seal(*parts: bytes) -> bytes:
    # Of whatever a damaged row holds.
    return blake2b(repr(parts).encode(), digest_size=16).digest()


def _head_of(path: Path) -> bytes | None:
    """Read a file's first page; nothing where there is no file, None of what is no file."""
    if not os.path.lexists(path):
        return b""
    if not path.is_file():
        return None
    with storage.open_binary(str(path)) as file:
        return file.read(_PAGE)


def _is_own(head: bytes | None) -> bool:
    # Damage to one of the two marks leaves the other.
    if head is None:
        return False
    return not head or _OWN_WORDS in head or _has(head, _ID_AT)


def _is_sound(head: bytes) -> bool:
    # SQLite tells of these as of a file that may not be written, or not be read.
    return all(_has(head, place) for place in _HEAD) and head[_FORMAT] <= _LAST_FORMAT


def _has(head: bytes, place: int) -> bool:
    return head.startswith(_HEAD[place], place)


def _present(path: Path) -> list[Path]:
    """List what there is of a database, with SQLite's own files beside it."""
    beside = (path.with_name(path.name + ending) for ending in _COMPANIONS)
    return [each for each in (*beside, path) if each.is_file()]


def _take_away(path: Path) -> None:
    for each in _present(path):
        each.unlink(missing_ok=True)


def _tells_damage(error: Exception) -> bool:
    # A file that is locked, or a disk that is full, says nothing of what is in there.
    return not isinstance(error, sqlite3.OperationalError)


def _connected(path: Path) -> sqlite3.Connection:
    # Threads take turns: the caller asks and writes from one at a time.
    connection = sqlite3.connect(path, timeout=_PATIENCE, check_same_thread=False)
    try:
        # Damaged text need not be UTF-8.
        connection.text_factory = bytes
        if connection.execute("pragma application_id").fetchone() != (_ID,):
            making = (f"create table if not exists {each};" for each in _TABLES)
            mark = f"pragma application_id = {_ID};"
            connection.executescript(f"begin immediate; {mark} {' '.join(making)} commit;")
        found = {words for (words,) in connection.execute("select sql from sqlite_master")}
        if found != {f"CREATE TABLE {each}".encode() for each in _TABLES}:
            raise sqlite3.DatabaseError("other tables")
        connection.execute("pragma synchronous = normal")
    except _FAILURES:
        connection.close()
        raise
    return connection
