"""A file system for tests: in memory, its requests counted, and failing at will."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import fsspec
from fsspec.spec import AbstractBufferedFile, AbstractFileSystem


class _Lent(AbstractBufferedFile):  # type: ignore[misc]
    """An open file, fetched by ranges."""

    def _fetch_range(self, start: int, end: int) -> bytes:
        content: bytes = self.fs.take("range", self.path)[start:end]
        Shelf.fetched += len(content)
        return content


class Shelf(AbstractFileSystem):  # type: ignore[misc]
    """Files by their paths; `requests` are what a server would be asked."""

    protocol = "shelf"
    cachable = False
    files: ClassVar[dict[str, bytes]] = {}
    requests: ClassVar[list[tuple[str, str]]] = []
    fetched: ClassVar[int] = 0
    #: What a kind of request ends with.
    failures: ClassVar[dict[str, Exception]] = {}

    @classmethod
    def clear(cls) -> None:
        for each in (cls.files, cls.requests, cls.failures):
            each.clear()
        cls.fetched = 0

    @classmethod
    def put_tree(cls, root: Path, name: str) -> None:
        """Copy a folder with all that is in it."""
        for path in root.rglob("*"):
            if path.is_file():
                cls.files[f"{name}/{path.relative_to(root).as_posix()}"] = path.read_bytes()

    @classmethod
    def count(cls, kind: str) -> int:
        return sum(each == kind for each, _ in cls.requests)

    def take(self, kind: str, path: str) -> bytes:
        self.requests.append((kind, path))
        if kind in self.failures:
            raise self.failures[kind]
        try:
            return self.files[path]
        except KeyError:
            raise FileNotFoundError(path) from None

    def _known(self, path: str) -> dict[str, Any] | None:
        if path in self.files:
            return {"name": path, "size": len(self.files[path]), "type": "file"}
        if any(each.startswith(f"{path}/") for each in self.files):
            return {"name": path, "size": 0, "type": "directory"}
        return None

    def info(self, path: str, **_: Any) -> dict[str, Any]:
        path = self._strip_protocol(path)
        self.requests.append(("info", path))
        if "info" in self.failures:
            raise self.failures["info"]
        if (known := self._known(path)) is None:
            raise FileNotFoundError(path)
        return known

    def ls(self, path: str, detail: bool = True, **_: Any) -> list[Any]:
        path = self._strip_protocol(path)
        self.requests.append(("ls", path))
        if "ls" in self.failures:
            raise self.failures["ls"]
        start = f"{path}/"
        names = {
            start + each[len(start) :].partition("/")[0]
            for each in self.files
            if each.startswith(start)
        }
        if not names:
            raise FileNotFoundError(path)
        return [self._known(each) if detail else each for each in sorted(names)]

    def cat_file(self, path: str, *_: Any, **__: Any) -> bytes:
        return self.take("cat", self._strip_protocol(path))

    def _open(self, path: str, mode: str = "rb", **options: Any) -> _Lent:
        size = len(self.take("open", path))
        return _Lent(self, path, mode, size=size, cache_type=options["cache_type"])


def register() -> None:
    """Make ``shelf://`` known."""
    fsspec.register_implementation("shelf", Shelf, clobber=True)
