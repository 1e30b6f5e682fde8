"""Nothing of the package opens a file but through `maskprep.files.storage`."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "maskprep"
#: Functions that open what they are given a path of, and attributes of any path that do.
OPENERS = {"open", "io.open", "os.open", "codecs.open", "Image.open", "PIL.Image.open"}
OPENERS |= {"cv2.imread", "np.load", "np.fromfile", "np.memmap", "np.loadtxt", "np.genfromtxt"}
METHODS = {"read_text", "read_bytes"}
#: What opens by itself, by file and function, and why it may.
ALLOWED = {
    ("files/storage.py", "_open"): "the door",
    ("files/storage.py", "_regular"): "the door",
    ("files/write.py", "write_whole"): "a new file, under a name of ours",
    ("files/write.py", "_appear"): "a new file",
    ("files/lock.py", "_opened"): "a lock of ours, in the user's state folder",
    ("files/manifest.py", "_lines"): "a regular file, as was seen, and no link",
    ("files/manifest.py", "append"): "a manifest of ours",
    ("files/manifest.py", "state_at"): "a regular file, as was seen, and no link",
    ("dataset/outputs.py", "write"): "a pipe or a device that the user names for the result",
    ("cli/__init__.py", "main"): "the null device",
    ("page/report.py", "_asset"): "a file of the package",
    ("raster/kinds.py", "_opened"): "asked by raster.header after `storage.is_regular`",
    ("raster/header.py", "_late_exif"): "a PNG that is open already, without a buffer",
    ("trainers/sd_scripts/caches.py", "cached_alpha"): "a stream of the door's",
    ("mending/changes.py", "mask_in"): "bytes of our own",
}


def _dotted(node: ast.expr) -> str:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value)}.{node.attr}"
    return "?"


def _openings(tree: ast.AST, function: str = "") -> Iterator[tuple[str, int]]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield from _openings(node, node.name)
            continue
        if isinstance(node, ast.Call):
            called = _dotted(node.func)
            of_path = called.rpartition(".")[2] in METHODS and not called.startswith("storage.")
            if called in OPENERS or of_path or called == "path.open":
                yield function, node.lineno
        yield from _openings(node, function)


def _all() -> Iterator[tuple[str, str, int]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for function, line in _openings(tree):
            yield path.relative_to(PACKAGE).as_posix(), function, line


def test_whatever_is_opened_comes_through_the_door() -> None:
    strangers = [f"{file}:{line}" for file, name, line in _all() if (file, name) not in ALLOWED]
    assert strangers == []


def test_no_exception_outlives_its_reason() -> None:
    assert {(file, name) for file, name, _ in _all()} == set(ALLOWED)


@pytest.mark.parametrize(
    "code", ["open(p)", "Path(p).read_bytes()", "np.load(p)", "Image.open(p)", "os.open(p, 0)"]
)
def test_the_search_finds_what_it_looks_for(code: str) -> None:
    assert len(list(_openings(ast.parse(code)))) == 1
