"""Every file below some folders, each folder once, whatever links lead to it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from maskprep.errors import MaskprepError
from maskprep.files import pathname, storage
from maskprep.files.backup import base_of

#: Folders that systems and programs keep for themselves; what begins with a dot is theirs, too.
_OWN = frozenset({"__macosx", "@eadir", "$recycle.bin", "system volume information"})
_SYSTEM_FILES = frozenset({"thumbs.db", "desktop.ini"})


@dataclass(frozen=True)
class Tree:
    """What lies below some folders.

    Attributes
    ----------
    roots : tuple of str
        The folders.
    files : mapping of str to str
        The path of each file, by its name from the root, with ``/``; where there are several
        roots, the name begins with the root's own.
    left : mapping of str to tuple of str
        Paths that are not looked at, by why.
    """

    roots: tuple[str, ...]
    files: dict[str, str]
    left: dict[str, tuple[str, ...]]


def read_tree(roots: Sequence[str]) -> Tree:
    """List all files below folders on disk.

    Parameters
    ----------
    roots : sequence of str
        Folders.

    Returns
    -------
    Tree
        Sorted. Links to folders are followed, each folder is entered once.

    Raises
    ------
    MaskprepError
        A root is remote, no folder, given twice, or cannot be read.
    """
    for root in roots:
        _refuse(root)
    left: dict[str, list[str]] = {}
    files: dict[str, str] = {}
    entered: set[str] = set()
    for root, name in zip(roots, _names(roots), strict=True):
        if os.path.realpath(root) in entered:
            raise MaskprepError(f"{root}: is given twice, or lies in another folder that is given")
        for inner, path in _below(root, name, entered, left):
            files[inner] = path
    return Tree(tuple(roots), files, {why: tuple(paths) for why, paths in left.items()})


def _refuse(root: str) -> None:
    pathname.refuse_remote(root)
    if not storage.exists(root):
        raise MaskprepError(f"{root or repr('')}: there is no such folder")
    if not storage.isdir(root):
        raise MaskprepError(f"{root}: is a file, a folder is wanted")
    try:
        storage.entries(root)
    except OSError as error:
        raise MaskprepError(f"{root}: cannot be read ({error.strerror})") from error


def _names(roots: Sequence[str]) -> list[str]:
    """Name roots so that they stay apart; a single one needs no name."""
    if len(roots) == 1:
        return [""]
    names: list[str] = []
    for root in roots:
        name = os.path.basename(os.path.abspath(root)) or "root"
        names.append(name if name not in names else f"{name}-{len(names) + 1}")
    return names


def _below(
    root: str, name: str, entered: set[str], left: dict[str, list[str]]
) -> Iterator[tuple[str, str]]:
    waiting = [(name, root)]
    while waiting:
        inner, folder = waiting.pop()
        real = os.path.realpath(folder)
        if real in entered:
            left.setdefault("a link to a folder that is looked at anyway", []).append(folder)
            continue
        entered.add(real)
        try:
            found = storage.entries(folder)
        except OSError as error:
            why = f"a folder that cannot be read ({error.strerror})"
            left.setdefault(why, []).append(folder)
            continue
        prefix = f"{inner}/" if inner else ""
        for each in found.files:
            path = os.path.join(folder, each)
            if each.startswith(".") or each.lower() in _SYSTEM_FILES:
                left.setdefault("hidden, or the system's", []).append(path)
            else:
                yield prefix + each, path
        for each in found.others:
            left.setdefault("no regular file", []).append(os.path.join(folder, each))
        for each in reversed(found.folders):
            path = os.path.join(folder, each)
            if base_of(Path(path)):
                left.setdefault("a backup of maskprep", []).append(path)
            elif each.startswith(".") or each.lower() in _OWN:
                left.setdefault("hidden, or the system's", []).append(path)
            else:
                waiting.append((prefix + each, path))
