"""From the files that the user names to annotations, told by what is in them."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from itertools import chain
from pkgutil import iter_modules

from maskprep.annotations.document import Document
from maskprep.annotations.shapes import Annotated, Format
from maskprep.errors import MaskprepError, closest
from maskprep.files import pathname, storage

#: How deep folders are searched.
_DEPTH = 4
#: Characters of a name that are told.
_LONGEST = 120
#: Names told where there are many.
_TOLD = 12


@dataclass(frozen=True)
class Annotations:
    """What was read.

    Attributes
    ----------
    name : str
        The files or folders, as given.
    format : Format
        Of all of them.
    images : tuple of Annotated
        In the files' order.
    labels : tuple of str
        Names of classes or layers, used or declared, in their order.
    passed_over : int
        How many files of such endings hold no annotations, in the folders given.
    """

    name: str
    format: Format
    images: tuple[Annotated, ...]
    labels: tuple[str, ...]
    passed_over: int = 0

    @property
    def summary(self) -> str:
        """What was recognised, in one line."""
        counts = Counter(shape.label for each in self.images for shape in each.shapes)
        listed = shortened(f"{label} {counts[label]}" for label in self.labels)
        things = "layers" if self.format.has_layers else "shapes"
        told = f"{self.name}: {self.format.title}, {_count(len(self.images), 'image')}"
        told += f", {things}: {listed or 'none'}"
        if self.passed_over:
            told += f"; {_count(self.passed_over, 'other file')} passed over"
        return told

    def chosen(self, wanted: Sequence[str]) -> tuple[str, ...]:
        """Check the labels that the user wants.

        Parameters
        ----------
        wanted : sequence of str
            Names; empty for all.

        Returns
        -------
        tuple of str
            Names that there are.

        Raises
        ------
        MaskprepError
            There is none of that name, or layers are not chosen.
        """
        things = "layer" if self.format.has_layers else "class"
        there = shortened(self.labels) or "none"
        if not wanted and self.format.has_layers:
            raise MaskprepError(f"{self.name}: say which layers train: --label NAME, of {there}")
        for each in wanted:
            if each not in self.labels:
                near = _near(each, self.labels)
                hint = f"did you mean {near}? " if near else ""
                raise MaskprepError(
                    f"{self.name}: has no {things} {each!r}: {hint}there are {there}"
                )
        return tuple(wanted) or self.labels


def read_annotations(paths: Sequence[str]) -> Annotations:
    """Read annotations of any format.

    Parameters
    ----------
    paths : sequence of str
        Files, or folders of them, of one format; at least one.

    Returns
    -------
    Annotations
        Nothing is filled yet.

    Raises
    ------
    MaskprepError
        A file is broken or of no known kind, formats are mixed, or a library is missing.
    """
    name = ", ".join(paths)
    gathered = _Gathered()
    documents = gathered.recognised(paths)
    first = next(documents, None)
    if first is None or gathered.form is None:
        raise MaskprepError(f"{name}: holds no annotations; known are {_titles()}")
    form = gathered.form
    content = form.read(chain([first], documents))
    used = (shape.label for each in content.images for shape in each.shapes)
    labels = tuple(dict.fromkeys((*content.labels, *used)))
    return Annotations(name, form, tuple(content.images), labels, gathered.passed_over)


@dataclass
class _Gathered:
    """What was met on the way through the files."""

    form: Format | None = None
    passed_over: int = 0

    def recognised(self, paths: Sequence[str]) -> Iterator[Document]:
        """Give the documents of the one format that there is; its blank ones come last."""
        first = ""
        blank: list[Document] = []
        for document, alone in _documents(paths):
            form = _format_of(document, alone=alone)
            if form is None and not document.head.strip():
                blank.append(document)
            elif form is None:
                self.passed_over += 1
            elif self.form not in (None, form):
                assert self.form is not None, "the first one set it"
                told = f"{first} is {self.form.title}, {document.path} is {form.title}"
                raise MaskprepError(f"{told}: name one of them")
            else:
                first, self.form = first or document.path, form
                yield document
        if self.form is not None and self.form.blank_is_empty:
            yield from blank


def _documents(paths: Sequence[str]) -> Iterator[tuple[Document, bool]]:
    for path in paths:
        if storage.isdir(path):
            yield from ((each, False) for each in _inside(path))
        else:
            yield Document(path), True


def formats() -> list[Format]:
    """List the formats, by name."""
    return sorted(_formats(), key=lambda each: each.title.lower())


@cache
def _formats() -> tuple[Format, ...]:
    names = [each.name for each in iter_modules([os.path.dirname(__file__)])]
    modules = [import_module(f"{__package__}.{name}") for name in names]
    found = (getattr(module, "FORMAT", None) for module in modules)
    return tuple(each for each in found if isinstance(each, Format))


def shortened(names: Iterable[str], most: int = _TOLD) -> str:
    """List names, the first ones where they are many.

    Examples
    --------
    >>> shortened(["hat", "person"])
    'hat, person'
    """
    listed = [each if len(each) <= _LONGEST else f"{each[:_LONGEST]}…" for each in names]
    more = f" and {len(listed) - most} more" if len(listed) > most else ""
    return ", ".join(listed[:most]) + more


def _format_of(document: Document, *, alone: bool) -> Format | None:
    """Tell what a document is; None for another kind of file in a folder."""
    ending = pathname.splitext(document.path)[1].lower()
    possible = [each for each in formats() if ending in each.endings]
    if alone and not possible:
        if document.head[:2] == b"PK":
            raise MaskprepError(f"{document.path}: is an archive: unpack it")
        raise MaskprepError(f"{document.path}: holds no annotations; known are {_titles()}")
    for each in possible:
        if document.head.strip() and each.recognises(document):
            return each
    return None


def _inside(folder: str, depth: int = _DEPTH) -> Iterator[Document]:
    endings = {ending for each in formats() for ending in each.endings}
    try:
        names = storage.listdir(folder)
    except OSError as error:
        raise MaskprepError(f"{folder}: cannot be listed ({error.strerror})") from error
    for name in names:
        path = pathname.join(folder, name)
        if name.startswith("."):
            continue
        if pathname.splitext(name)[1].lower() in endings:
            document = Document(path)
            if document.is_regular:
                yield document
        elif depth and storage.isdir(path):
            yield from _inside(path, depth - 1)


def _titles() -> str:
    return ", ".join(f"{each.title} ({'/'.join(each.endings)})" for each in formats())


def _near(name: str, known: Sequence[str]) -> str:
    folded = {each.casefold(): each for each in reversed(known)}
    close = closest(name.casefold(), folded)
    return folded[close] if close else ""


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
