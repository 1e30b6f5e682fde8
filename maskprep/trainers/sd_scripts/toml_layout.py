"""Where the keys of a TOML text are: places, lines, and the characters of their values."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from maskprep.files import parsed

#: Keys and indices that lead from the document to a value.
Place = tuple[str | int, ...]

_BASIC = r'"(?:[^"\\\n]|\\.)*"'
_LITERAL = r"'[^'\n]*'"
_PART = rf"(?:[A-Za-z0-9_-]+|{_BASIC}|{_LITERAL})"
_KEY = re.compile(rf"{_PART}(?:[ \t]*\.[ \t]*{_PART})*")
_KEY_PART = re.compile(_PART)
_HEADER = re.compile(rf"(\[\[?)[ \t]*({_KEY.pattern})[ \t]*\]\]?")
_BETWEEN = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_EQUALS = re.compile(r"[ \t]*=[ \t]*")
_STRING = re.compile(
    r'"""(?:[^\\]|\\[\s\S])*?"{3,5}(?!")'
    r"|'''[\s\S]*?'{3,5}(?!')"
    rf"|{_BASIC}|{_LITERAL}"
)
_SCALAR = re.compile(r"\d{4}-\d\d-\d\d \d\d:[^\s,\]}#]*|[^\s,\]}#]+")
_COMMENT = re.compile(r"#[^\n]*")


class UnclearLayoutError(ValueError):
    """The text is not laid out as TOML."""


@dataclass(frozen=True)
class Assignment:
    """One key with its value, in a line of its own or inside an inline table.

    Attributes
    ----------
    place : tuple of str or int
        From the document to the value.
    line : int
        Of the key, from 1.
    key, value : slice
        Their characters in the text.
    nested : bool
        Whether it stands inside another assignment's value.
    """

    place: Place
    line: int
    key: slice
    value: slice
    nested: bool


def assignments(text: str) -> Iterator[Assignment]:
    r"""Find the assignments of a TOML text.

    Parameters
    ----------
    text : str
        TOML with ``\n`` at the ends of lines; what its strings hold is not judged.

    Yields
    ------
    Assignment
        In the order of the text, those inside a value after the one whose value it is.

    Raises
    ------
    UnclearLayoutError
        The text is not laid out as TOML.
    """
    tables: dict[Place, int] = {}
    header: Place = ()
    position = _after(_BETWEEN, text, 0)
    while position < len(text):
        found = _HEADER.match(text, position)
        if found is not None:
            header = _table(tables, key_parts(found[2]), is_list=found[1] == "[[")
            position = found.end()
        else:
            inside = list(_assigned(text, position, header, nested=False))
            yield from inside
            position = inside[0].value.stop
        position = _after(_BETWEEN, text, position)


def strings(text: str, value: slice) -> Iterator[re.Match[str]]:
    """Find the strings and the comments of a value.

    Parameters
    ----------
    text : str
        As given to `assignments`.
    value : slice
        Of an assignment.

    Yields
    ------
    re.Match
        Beginning with a quote or a ``#``, in the order of the text.
    """
    position = value.start
    while position < value.stop:
        found = _STRING.match(text, position) or _COMMENT.match(text, position)
        if found is not None:
            yield found
        position = position + 1 if found is None else found.end()


def key_parts(key: str) -> tuple[str, ...]:
    """Split a key as it is written into the names that it holds.

    Parameters
    ----------
    key : str
        Bare, quoted or dotted.

    Returns
    -------
    tuple of str
        The names, without quotes.
    """
    return tuple(_unquoted(part) for part in _KEY_PART.findall(key))


def _unquoted(part: str) -> str:
    if part[0] not in "\"'":
        return part
    if part[0] == "'" or "\\" not in part:
        return part[1:-1]
    try:
        return next(iter(parsed.from_toml(f"{part} = 0")))
    except ValueError as error:
        raise UnclearLayoutError(f"{part} is no key") from error


def _table(tables: dict[Place, int], parts: tuple[str, ...], *, is_list: bool) -> Place:
    # A name of a list of tables means its last one.
    place: Place = ()
    for depth, part in enumerate(parts, 1):
        place = (*place, part)
        if is_list and depth == len(parts):
            tables[place] = tables.get(place, -1) + 1
        if place in tables:
            place = (*place, tables[place])
    return place


def _assigned(text: str, start: int, table: Place, *, nested: bool) -> Iterator[Assignment]:
    key_end = _after(_KEY, text, start, wanted="a key")
    value = _after(_EQUALS, text, key_end, wanted="=")
    place = (*table, *key_parts(text[start:key_end]))
    inside: list[Assignment] = []
    end = _value(text, value, place, inside)
    line = text.count("\n", 0, start) + 1
    yield Assignment(place, line, slice(start, key_end), slice(value, end), nested)
    yield from inside


def _value(text: str, start: int, place: Place, inside: list[Assignment]) -> int:
    """Find a value's end, and the assignments in it."""
    opening = text[start : start + 1]
    if opening in ('"', "'"):
        return _after(_STRING, text, start, wanted="a string")
    if opening not in ("[", "{"):
        return _after(_SCALAR, text, start, wanted="a value")
    closing, index = {"[": "]", "{": "}"}[opening], 0
    position = _after(_BETWEEN, text, start + 1)
    while text[position : position + 1] != closing:
        if opening == "[":
            position = _value(text, position, (*place, index), inside)
            index += 1
        else:
            found = list(_assigned(text, position, place, nested=True))
            inside += found
            position = found[0].value.stop
        position = _after(_BETWEEN, text, position)
        if text[position : position + 1] == ",":
            position = _after(_BETWEEN, text, position + 1)
        elif text[position : position + 1] != closing:
            raise UnclearLayoutError(f"{closing} was expected at {position}")
    return position + 1


def _after(pattern: re.Pattern[str], text: str, start: int, wanted: str = "") -> int:
    found = pattern.match(text, start)
    if found is None:
        raise UnclearLayoutError(f"{wanted} was expected at {start}")
    return found.end()
