"""A file that may hold annotations, read once; and values taken out of it with care."""

from __future__ import annotations

import codecs
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar
from xml.etree import ElementTree
from xml.parsers import expat

import numpy as np
from numpy.typing import NDArray

from maskprep.errors import MaskprepError
from maskprep.files import parsed, storage
from maskprep.model import Size

Corners = NDArray[np.float64]
#: The same, in shares of a picture's sides of which single precision is kept.
Shares = NDArray[np.float32]
Kind = TypeVar("Kind")

_CALLED: dict[type, str] = {dict: "object", list: "list", str: "text", int: "whole number"}
#: Enough of a file to tell whether it holds anything, and which archive it is.
_HEAD = 1024
#: No coordinate is larger, in whatever unit.
_LARGEST_NUMBER = 1e9
#: More px than any picture that is decoded.
#: Source: Pillow 13.0.0, Image.py, _decompression_bomb_check, which refuses twice MAX_IMAGE_PIXELS.
MOST_PIXELS = 178_956_970
#: More px a side than such a picture has.
_LONGEST_SIDE = 1 << 17
#: What PowerShell writes.
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class Malformed(MaskprepError):  # noqa: N818 - named after what the file is
    """What is wrong in a document, in words that go behind its name."""


@dataclass(frozen=True)
class Document:
    """One file.

    Attributes
    ----------
    path : str
        On disk, or a URL.
    """

    path: str

    @cached_property
    def is_regular(self) -> bool:
        """Whether it is a file: opening a pipe would wait for ever."""
        return not storage.exists(self.path) or storage.is_regular(self.path)

    @cached_property
    def head(self) -> bytes:
        """Its first bytes; `MaskprepError` where it cannot be read."""
        if not self.is_regular:
            raise MaskprepError(f"{self.path}: is no regular file (a pipe or a device)")
        try:
            with storage.open_binary(self.path) as stream:
                return stream.read(_HEAD)
        except OSError as error:
            raise MaskprepError(f"{self.path}: cannot be read ({error.strerror})") from error

    @cached_property
    def content(self) -> bytes:
        """All of it; `MaskprepError` where it cannot be read."""
        if len(self.head) < _HEAD:  # which refuses what is no file
            return self.head
        try:
            return storage.read_bytes(self.path)
        except OSError as error:
            raise MaskprepError(f"{self.path}: cannot be read ({error.strerror})") from error

    @cached_property
    def text(self) -> str:
        """Its content as text; empty where it is none."""
        try:
            return self.content.decode("utf-16" if self.content[:2] in _UTF_16 else "utf-8-sig")
        except UnicodeDecodeError:
            return ""

    @cached_property
    def data(self) -> Any:
        """Its content as JSON; `MaskprepError` where it is none."""
        try:
            return parsed.from_json(self.content)  # of UTF-8, UTF-16 and UTF-32
        except ValueError as error:  # of the text's encoding, too
            raise MaskprepError(f"{self.path}: is no JSON ({error})") from error

    @cached_property
    def xml(self) -> ElementTree.Element:
        """The root of its content as XML; `MaskprepError` where it is none."""
        with blaming(self):
            return xml_of(self.content)


@contextmanager
def blaming(document: Document) -> Iterator[None]:
    """Turn what is `Malformed` in the block into a `MaskprepError` that names the document."""
    try:
        yield
    except Malformed as error:
        raise MaskprepError(f"{document.path}: {error}") from error


def xml_of(content: bytes) -> ElementTree.Element:
    """Parse XML that declares no entities, in whatever encoding.

    Raises
    ------
    Malformed
        It is no XML, or has a document type, in which entities are declared.
    """
    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = _refuse_declarations
    try:
        parser.Parse(content, True)
        return ElementTree.fromstring(content)  # noqa: S314 - without entities
    except (expat.ExpatError, ElementTree.ParseError, ValueError, LookupError) as error:
        raise Malformed(f"is no XML ({error})") from error


def _refuse_declarations(*_: object) -> None:
    raise Malformed("declares a document type, which no annotation tool writes")


def taken(of: Any, key: str, kind: type[Kind]) -> Kind:
    """Take a value of a wanted kind out of a JSON object.

    Raises
    ------
    Malformed
        `of` is no object, has no such key, or something else under it.

    Examples
    --------
    >>> taken({"label": "hat"}, "label", str)
    'hat'
    """
    if not isinstance(of, dict) or key not in of:
        raise Malformed(f"an entry has no {key!r}")
    value = of[key]
    if not isinstance(value, kind):
        raise Malformed(f"{key!r} is no {_CALLED.get(kind, kind.__name__)}")
    return value


def size_of(width: Any, height: Any) -> Size | None:
    """Make a size of two values of a document.

    Returns
    -------
    Size or None
        None where one is missing, or 0.

    Raises
    ------
    Malformed
        They are no sides of a picture, or of one that nobody decodes.

    Examples
    --------
    >>> size_of("8", 6.0)
    Size(width=8, height=6)
    """
    if not width or not height:
        return None
    try:
        sides = int(width), int(height)
    except (TypeError, ValueError, OverflowError):
        sides = 0, 0
    if not all(0 < side <= _LONGEST_SIDE for side in sides) or math.prod(sides) > MOST_PIXELS:
        raise Malformed(f"an image of {str(width)[:20]} x {str(height)[:20]} px")
    return Size(*sides)


def numbers(values: Any) -> NDArray[np.float64]:
    """Make an array of a document's numbers, flat or in pairs.

    Raises
    ------
    Malformed
        Something in there is no number, or none of a picture; or pairs are not of one length.
    """
    try:
        array = np.array(values, np.float64)
    except (TypeError, ValueError, OverflowError):
        raise Malformed("coordinates that are no numbers") from None
    if not (np.abs(array) <= _LARGEST_NUMBER).all():
        raise Malformed("coordinates that are no finite numbers, or beyond any picture")
    return array


def height_and_width(values: Any) -> Size | None:
    """Make a size of a document's height and width, in this order; None where it has none.

    Raises
    ------
    Malformed
        They are something else.
    """
    if values is None:
        return None
    if not isinstance(values, list) or len(values) != 2:
        raise Malformed("a size that is not height and width")
    return size_of(values[1], values[0])


def corners(values: Sequence[Any]) -> Corners:
    """Make corners of x and y in turn, or of pairs.

    Returns
    -------
    ndarray of float64, shape (N, 2)
        In the values' own unit.

    Raises
    ------
    Malformed
        They are no pairs of finite numbers.

    Examples
    --------
    >>> corners([0, 0, 4, 1]).tolist()
    [[0.0, 0.0], [4.0, 1.0]]
    """
    flat = numbers(values).reshape(-1)
    if flat.size % 2:
        raise Malformed("an outline with an odd count of coordinates")
    return flat.reshape(-1, 2)
