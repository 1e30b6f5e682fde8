"""The only door from texts that others wrote to values: JSON, TOML and YAML, and what they hold.

A text may be anything: nested without end, of numbers with thousands of digits, of half
characters, of references that unfold to more than fits into memory. What comes through here is
plain values that may be walked, counted and printed; all else is a `ValueError` in a few words.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Collection
from typing import Any

from maskprep.errors import HARMFUL

if sys.version_info >= (3, 11):
    import tomllib  # novm: the same parser under Python's name
else:
    import tomli as tomllib

#: Levels of lists and tables. No settings and no annotations nest as deep, and Python's own limit,
#: 1000 calls, holds for whoever walks them.
DEEPEST = 100
#: Values that references may unfold to: as written out they would be megabytes.
_MOST_VALUES = 1_000_000
#: TOML says 64 bits: "if an integer cannot be represented losslessly, an error must be thrown".
#: Source: https://toml.io/en/v1.0.0, Integer.
LARGEST = 2**63 - 1
_HOLDERS = (dict, list, tuple, set)
#: What tomlkit and PyYAML raise of some broken texts, beside their own errors.
_SLIPS = (RecursionError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError)


def from_json(text: str | bytes) -> Any:
    """Parse JSON.

    Raises
    ------
    ValueError
        It is none, or nested more than `DEEPEST` levels.
    """
    try:
        return refuse_deep(json.loads(text))
    except RecursionError:
        raise ValueError(f"nested deeper than {DEEPEST} levels") from None


def json_text(value: Any, indent: int | None = None) -> str:
    r"""Write JSON for people: letters of all scripts as they are, what is no sign as an escape.

    Examples
    --------
    >>> print(json_text(["a\x9b\u202e"]))
    ["a\u009b\u202e"]
    """
    separators = (",", ":") if indent is None else None
    text = json.dumps(value, indent=indent, separators=separators, ensure_ascii=False)
    lines = (
        HARMFUL.sub(lambda found: f"\\u{ord(found[0]):04x}", each) for each in text.split("\n")
    )
    return "\n".join(lines)


def from_toml(text: str) -> dict[str, Any]:
    """Parse TOML, as the standard says it.

    Raises
    ------
    ValueError
        It is none, or nested more than `DEEPEST` levels.
    """
    try:
        document = tomllib.loads(text)
        refuse_deep(document)
    except RecursionError:
        raise ValueError(f"nested deeper than {DEEPEST} levels") from None
    return document


def toml_document(text: str) -> Any:
    """Parse TOML into a document of tomlkit's, which keeps how it is written; ten times as slow.

    Raises
    ------
    ValueError
        As `from_toml`; tomlkit's `ParseError`, with line and column, where it is no TOML.
    """
    import tomlkit
    from tomlkit.exceptions import ParseError, TOMLKitError

    try:
        document = tomlkit.parse(text)
        refuse_deep(document.unwrap())
    except ParseError:
        raise
    except RecursionError:
        raise ValueError(f"nested deeper than {DEEPEST} levels") from None
    except (TOMLKitError, *_SLIPS) as error:
        raise ValueError(_words(error)) from error
    return document


def from_yaml(text: str) -> Any:
    """Parse YAML to plain values; of a stream of documents there may be one.

    Raises
    ------
    ValueError
        It is none, nested more than `DEEPEST` levels, or holds itself or a million values by its
        references.
    ImportError
        PyYAML is not installed.
    """
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # where libyaml is: ten times as fast
    depth, has_references = 0, False
    try:
        # As events a text is read level by level; to make values of it is slow where it is deep.
        for event in yaml.parse(text, loader):
            depth += isinstance(event, yaml.CollectionStartEvent)
            depth -= isinstance(event, yaml.CollectionEndEvent)
            has_references |= isinstance(event, yaml.AliasEvent)
            if depth > DEEPEST:
                raise ValueError(f"nested deeper than {DEEPEST} levels")
        value = yaml.load(text, loader)  # noqa: S506 - both are safe
    except (yaml.YAMLError, *_SLIPS) as error:
        raise ValueError(_words(error)) from error
    return refuse_deep(value) if has_references else value


def refuse_deep(value: Any) -> Any:
    """Give back a value that may be walked from end to end.

    Raises
    ------
    ValueError
        Lists and tables in there are nested more than `DEEPEST` levels, or are more than a
        million values, those counted anew that are referred to.
    """
    level, count, most = [value], 1, _MOST_VALUES
    for _ in range(DEEPEST + 1):
        below = []
        for each in level:
            inside = _inside(each)
            count += len(inside)
            below += [one for one in inside if isinstance(one, _HOLDERS)]
            if count > most:
                if _has_references(value):
                    raise ValueError("unfolds to more than a million values by its references")
                most = sys.maxsize  # all of it was written out
        level = below
        if not level:
            return value
    raise ValueError(f"nested deeper than {DEEPEST} levels")


def refuse_huge(value: Any) -> Any:
    """Give back a value without whole numbers of more than 64 bits.

    Raises
    ------
    ValueError
        One is in there.
    """
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, int) and abs(each) > LARGEST:
            raise ValueError("holds a whole number of more than 64 bits")
        waiting += _inside(each)
    return value


def whole_number(value: Any, least: int, most: int) -> int | None:
    """Give a whole number in a range; None for anything else.

    Examples
    --------
    >>> [whole_number(each, 1, 9) for each in (4, 4.0, True, "4", 10, None)]
    [4, None, None, None, None, None]
    """
    fits = isinstance(value, int) and not isinstance(value, bool) and least <= value <= most
    return value if fits else None


def plain_text(value: Any) -> str | None:
    r"""Give a text of whole characters; None for anything else.

    Examples
    --------
    >>> [plain_text(each) for each in ("a", "\ud800", "a\0", 1)]
    ['a', None, None, None]
    """
    if not isinstance(value, str) or "\0" in value:
        return None
    try:
        value.encode()
    except UnicodeEncodeError:
        return None
    return value


def _inside(value: Any) -> Collection[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, _HOLDERS) else ()


def _has_references(value: Any) -> bool:
    """Tell whether a list or table stands in more than one place."""
    seen: set[int] = set()
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, _HOLDERS):
            if id(each) in seen:
                return True
            seen.add(id(each))
            waiting += _inside(each)
    return False


def _words(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__
