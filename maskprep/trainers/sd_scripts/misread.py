"""What the trainer's TOML parser reads otherwise than a file says, and how to write it instead.

*Source*: the package toml 0.10.2, decoder.py. `loads` ends a string of several lines only where a
line ends with its quotes (else what follows belongs to it), strips the line on which it begins,
and takes a line break behind two quotes for a third; `TomlDecoder.load_array` splits at commas and
brackets, in strings as well; `TomlDecoder.load_value` takes two quotes at a string's start, escaped
ones too, for those of a string of several lines, and a time's fraction for microseconds;
`TomlDecoder.load_line` keeps blanks and quotes in dotted keys.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from maskprep.errors import MaskprepError
from maskprep.files import parsed
from maskprep.trainers.sd_scripts.toml_layout import (
    Assignment,
    Place,
    UnclearLayoutError,
    assignments,
    key_parts,
    strings,
)

#: Stands for the value of a key that is not there.
NOTHING: Final = object()

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_LONGEST_SHOWN = 60
#: What toml 0.10.2 takes for structure even in strings; written as escapes it is not seen.
_STRUCTURE = re.compile(r"""["'\\,=#\[\]{}\x00-\x1f\x7f]""")
_TIME = re.compile(r"\b\d\d:\d\d:\d\d\.\d{1,5}(?!\d)")
_CONTROL = re.compile(r'["\\\x00-\x1f\x7f]')


@dataclass(frozen=True)
class Misread:
    """One value that the trainer reads otherwise than the file says.

    Attributes
    ----------
    place : tuple of str or int
        From the document to the value.
    says : object
        What the file says; `NOTHING` where it has no such key.
    reads : object
        What the trainer reads; `NOTHING` where it loses the key.
    """

    place: Place
    says: Any
    reads: Any


def misreads(text: str) -> list[Misread]:
    r"""Compare the trainer's reading of a TOML text with what it says.

    Parameters
    ----------
    text : str
        As read in text mode: the ends of its lines are ``\n``.

    Returns
    -------
    list of Misread
        In the order of the document; empty where one of the parsers refuses the text.
    """
    reads = trainers_reading(text)
    if reads is None:
        return []
    try:
        says = parsed.from_toml(text)
    except ValueError:
        return []
    return list(_differences((), says, reads))


def trainers_reading(text: str) -> dict[str, Any] | None:
    """Read a TOML text as the trainer does.

    Parameters
    ----------
    text : str
        As read in text mode.

    Returns
    -------
    dict or None
        None where its parser refuses the text, or crashes.
    """
    import toml

    try:
        return toml.loads(text)
    except (IndexError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None


def told(text: str) -> Iterator[str]:
    """Put into words what the trainer reads otherwise.

    Parameters
    ----------
    text : str
        As given to `misreads`.

    Yields
    ------
    str
        A line each, in the order of the text.
    """
    found = misreads(text)
    if not found:
        return
    known = {each.place: each.line for each in _laid_out(text)}
    lines = [_line_of(each.place, known) for each in found]
    for line, each in sorted(zip(lines, found, strict=True), key=lambda both: both[0]):
        says, reads = _shown(each.says, each.reads)
        name = written_place(each.place)
        yield f"line {line}: {name}: the file says {says}, the trainer reads {reads}"


def respelled(text: str) -> str:
    """Write values that the trainer misreads so that it reads what the file says.

    Parameters
    ----------
    text : str
        As given to `misreads`.

    Returns
    -------
    str
        The same but for the keys concerned: both parsers read alike what the text says now.

    Raises
    ------
    MaskprepError
        There is no such spelling of one of them.
    """
    says = parsed.from_toml(text)
    mended: set[Place] = set()
    while found := misreads(text):
        culprit = _first_statement(_laid_out(text), found)
        if culprit is None or culprit.place in mended:
            raise MaskprepError(f"{next(told(text))}, however it is written")
        mended.add(culprit.place)
        text = _mended(text, culprit, says)
    return text


def _mended(text: str, culprit: Assignment, says: Any) -> str:
    name, size = written_place(culprit.place), len(culprit.place)
    refusal = ""
    for changed in _spellings(text, culprit):
        try:
            alike = not any(_differences((), says, parsed.from_toml(changed)))
        except ValueError:
            continue
        if not alike:
            continue
        if trainers_reading(changed) is None:
            refusal = refusal or _refusal(changed, changed.count("\n") - text.count("\n"))
        elif all(each.place[:size] != culprit.place for each in misreads(changed)):
            return changed
    if refusal:
        told = f"read as the file says, the trainer's parser refuses it: {refusal}"
    else:
        told = "the trainer reads none of its spellings as the file says"
    raise MaskprepError(f"line {culprit.line}: {name}: {told}")


def _refusal(text: str, added: int) -> str:
    import toml

    try:
        toml.loads(text)
    except toml.TomlDecodeError as error:
        return f"line {error.lineno - added}: {error.msg}"
    except (IndexError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        return f"{type(error).__name__}: {error}"
    return ""


def _spellings(text: str, statement: Assignment) -> Iterator[str]:
    """Write a statement in other ways, those first that change least."""
    start = text.rfind("\n", 0, statement.key.start) + 1
    end = text.find("\n", statement.value.stop)
    end = len(text) if end < 0 else end
    indent, key = text[start : statement.key.start], text[statement.key]
    equals = text[statement.key.stop : statement.value.start]
    value, tail = text[statement.value], text[statement.value.stop : end]
    inner = [each[0] for each in strings(text, statement.value) if each[0][0] == "#"]
    outer = [tail.strip()] if tail.strip() else []
    lines = [_one_line(text, statement.value, spell) for spell in (str, _literal, _basic, _escaped)]
    for name in dict.fromkeys([key, _plain_key(key)]):
        for comments, written, behind in (
            ([], value, tail),
            (outer, value, ""),
            *((inner, each, tail) for each in lines),
            *(([*inner, *outer], each, "") for each in lines),
        ):
            above = "".join(f"{indent}{each}\n" for each in comments)
            yield f"{text[:start]}{above}{indent}{name}{equals}{written}{behind}{text[end:]}"


def _one_line(text: str, value: slice, spell: Callable[[str], str]) -> str:
    """Write a value on one line, its comments left out and its strings spelled anew."""
    parts, position = [], value.start
    for each in strings(text, value):
        parts.append(_between(text[position : each.start()]))
        parts.append("" if each[0][0] == "#" else spell(each[0]))
        position = each.end()
    return "".join([*parts, _between(text[position : value.stop])])


def _between(raw: str) -> str:
    # A fraction of six digits is the same number in seconds and in microseconds.
    return _TIME.sub(lambda found: f"{found[0]:0<15}", re.sub(r"\s+", " ", raw))


def _literal(raw: str) -> str:
    content = _content(raw)
    clear = "'" not in content and not re.search(r"[\x00-\x08\x0a-\x1f\x7f]", content)
    return f"'{content}'" if clear else _basic(raw)


def _basic(raw: str) -> str:
    return f'"{_CONTROL.sub(_escape, _content(raw))}"'


def _escaped(raw: str) -> str:
    return f'"{_STRUCTURE.sub(_code, _content(raw))}"'


def _content(raw: str) -> str:
    return str(parsed.from_toml(f"value = {raw}\n")["value"])


def _escape(found: re.Match[str]) -> str:
    short = {"\n": "\\n", "\t": "\\t", "\r": "\\r", "\b": "\\b", "\f": "\\f"}
    return short.get(found[0]) or (f"\\{found[0]}" if found[0] in '"\\' else _code(found))


def _code(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"


def _plain_key(key: str) -> str:
    parts = key_parts(key)
    return ".".join(each if _BARE.fullmatch(each) else f'"{each}"' for each in parts)


def _first_statement(layout: list[Assignment], found: list[Misread]) -> Assignment | None:
    """Find the first line that is misread: what comes behind it may only be its victim."""
    statements = (each for each in layout if not each.nested)
    places = [each.place for each in found]
    return next(
        (each for each in statements if any(_meet(each.place, one) for one in places)), None
    )


def _meet(one: Place, other: Place) -> bool:
    shorter = min(len(one), len(other))
    return one[:shorter] == other[:shorter]


def _laid_out(text: str) -> list[Assignment]:
    try:
        return list(assignments(text))
    except UnclearLayoutError:
        return []  # nothing that is TOML, but a line less in a message is no crash


def _line_of(place: Place, known: dict[Place, int]) -> int:
    for size in range(len(place), 0, -1):
        lines = [line for each, line in known.items() if each[:size] == place[:size]]
        if lines:
            return min(lines)
    return 1


def _differences(place: Place, says: Any, reads: Any) -> Iterator[Misread]:
    if isinstance(says, dict) and isinstance(reads, dict):
        for key in dict.fromkeys([*says, *reads]):
            yield from _differences((*place, key), says.get(key, NOTHING), reads.get(key, NOTHING))
    elif _are_tables(says) and _are_tables(reads):
        for index in range(max(len(says), len(reads))):
            pair = (each[index] if index < len(each) else NOTHING for each in (says, reads))
            yield from _differences((*place, index), *pair)
    elif reads is NOTHING and ((says and isinstance(says, dict)) or _are_tables(says)):
        # What is lost is named key by key.
        inner = says.items() if isinstance(says, dict) else enumerate(says)
        for key, value in inner:
            yield from _differences((*place, key), value, NOTHING)
    elif not _same(says, reads):
        yield Misread(place, says, reads)


def _are_tables(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(each, dict) for each in value)


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, float) and isinstance(other, float):
        return one == other or (math.isnan(one) and math.isnan(other))
    # 1 and 1.0 are equal, and two things to the trainer.
    return isinstance(one, float) == isinstance(other, float) and bool(one == other)


def written_place(place: Place) -> str:
    """Write a place as people do.

    Parameters
    ----------
    place : tuple of str or int
        From the document to a value.

    Returns
    -------
    str
        Such as ``datasets[0].subsets[1].image_dir``.

    Examples
    --------
    >>> written_place(("datasets", 0, "a b"))
    'datasets[0]."a b"'
    """
    parts = []
    for each in place:
        if isinstance(each, int):
            parts.append(f"[{each}]")
        else:
            parts.append(("." if parts else "") + (each if _BARE.fullmatch(each) else _json(each)))
    return "".join(parts)


def _shown(says: Any, reads: Any) -> tuple[str, str]:
    """Write two values so that their difference is seen, however long they are."""
    both = [_written(says), _written(reads)]
    if max(map(len, both)) <= _LONGEST_SHOWN:
        return both[0], both[1]
    alike = next((at for at, pair in enumerate(zip(*both, strict=False)) if len({*pair}) > 1), 0)
    skipped = max(0, alike - _LONGEST_SHOWN // 3)
    return _cut(both[0], skipped), _cut(both[1], skipped)


def _cut(value: str, skipped: int) -> str:
    rest = value[skipped:]
    end = "…" if len(rest) > _LONGEST_SHOWN else ""
    return ("…" if skipped else "") + rest[:_LONGEST_SHOWN] + end


def _written(value: Any) -> str:
    if value is NOTHING:
        return "nothing"
    if isinstance(value, dict):
        inner = ", ".join(f"{_json(key)} = {_written(each)}" for key, each in value.items())
        return f"{{{inner}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(_written, value))}]"
    return _json(value) if isinstance(value, (str, bool)) else str(value)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
