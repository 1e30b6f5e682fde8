"""A file in which what was found out is kept until the next time; losing it costs time only."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

_NAME = "checks-1.sqlite3"
_SIGNATURE = """Signature: 8a477f597d28d172789f06886806bc55
# Made by maskprep, and taken away by maskprep clean. See https://bford.info/cachedir
"""
#: Backups and git leave such a folder out.
_BESIDE = {"CACHEDIR.TAG": _SIGNATURE, ".gitignore": "*\n"}
_TABLES = """
create table if not exists files (
    path blob, kind text, signature text, evidence text, primary key (path, kind)
) without rowid;
create table if not exists results (key blob primary key, result text, used integer) without rowid;
"""
#: Results are written in bundles of this many, so that a run that is broken off keeps most.
_BUNDLE = 256
#: Days after which what nobody asked for is forgotten.
_FORGOTTEN_AFTER = 90
#: Seconds to wait for another process that writes.
_PATIENCE = 5


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
    Where the folder or the file cannot be used, nothing is known and nothing is kept; `trouble`
    tells why. A damaged file is made anew. Several processes may use one folder at once.
    """

    def __init__(self, folder: Path) -> None:
        #: Why nothing is kept; empty where it is.
        self.trouble = ""
        self._today = date.today().toordinal()
        self._files: list[tuple[bytes, str, str, str]] = []
        self._results: list[tuple[bytes, str, int]] = []
        self._used: list[tuple[int, bytes, int]] = []
        self._connection = self._opened(folder)

    def file(self, path: str, kind: str) -> Known | None:
        """Tell what is known of a file.

        Parameters
        ----------
        path : str
            Absolute.
        kind : str
            Which evidence.

        Returns
        -------
        Known or None
        """
        query = "select signature, evidence from files where path = ? and kind = ?"
        row = self._asked(query, (_encoded(path), kind))
        return None if row is None else Known(*row)

    def result(self, key: bytes) -> str | None:
        """Give what was kept under a key, None where nothing was."""
        row = self._asked("select result, used from results where key = ?", (key,))
        if row is None:
            return None
        if row[1] != self._today:
            self._used.append((self._today, key, self._today))
        return str(row[0])

    def keep_file(self, path: str, kind: str, known: Known) -> None:
        """Keep what is known of a file."""
        self._files.append((_encoded(path), kind, *known))

    def keep_result(self, key: bytes, result: str) -> None:
        """Keep a result."""
        self._results.append((key, result, self._today))
        if len(self._results) >= _BUNDLE:
            self.flush()

    def flush(self) -> None:
        """Write what is not written yet."""
        with self._forgiven() as connection:
            if connection is not None and (self._files or self._results or self._used):
                with connection:
                    connection.executemany("replace into files values (?, ?, ?, ?)", self._files)
                    connection.executemany("replace into results values (?, ?, ?)", self._results)
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

    def _opened(self, folder: Path) -> sqlite3.Connection | None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for name, text in _BESIDE.items():
                if not (folder / name).exists():
                    (folder / name).write_text(text, encoding="utf-8")
            try:
                return _connected(folder / _NAME)
            except sqlite3.DatabaseError as error:
                if isinstance(error, sqlite3.OperationalError):
                    raise
                (folder / _NAME).unlink()
                return _connected(folder / _NAME)
        except (OSError, sqlite3.Error) as error:
            self.trouble = f"{folder}: {error}"
            return None

    def _asked(self, query: str, values: tuple[object, ...]) -> tuple[Any, ...] | None:
        found: tuple[Any, ...] | None = None
        with self._forgiven() as connection:
            if connection is not None:
                found = connection.execute(query, values).fetchone()
        return found

    @contextmanager
    def _forgiven(self) -> Iterator[sqlite3.Connection | None]:
        try:
            yield self._connection
        except sqlite3.Error as error:
            self.trouble = f"{_NAME}: {error}"
            with suppress(sqlite3.Error):
                if self._connection is not None:
                    self._connection.close()
            self._connection = None


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
    own = [
        *folder.glob("checks-*.sqlite3*"),
        *(folder / name for name, text in _BESIDE.items() if _holds(folder / name, text)),
    ]
    freed = 0
    for path in own:
        freed += path.stat().st_size
        path.unlink()
    with suppress(OSError):
        os.rmdir(folder)
    return freed


def _encoded(path: str) -> bytes:
    # Names need not be Unicode.
    return path.encode("utf-8", "surrogatepass")


def _holds(path: Path, text: str) -> bool:
    return path.is_file() and path.read_bytes() == text.encode()


def _connected(path: Path) -> sqlite3.Connection:
    # Threads take turns: the caller asks and writes from one at a time.
    connection = sqlite3.connect(path, timeout=_PATIENCE, check_same_thread=False)
    try:
        connection.executescript(_TABLES)
        connection.execute("pragma synchronous = normal")
    except sqlite3.Error:
        connection.close()
        raise
    return connection
