r"""Windows paths in double quotes, where a backslash begins an escape: "D:\new" holds a line break.

*Source*: the package toml 0.10.2, decoder.py, _unescape: \b \f \n \r \t and \0 become control
characters without a word; TomlDecoder.load_value refuses the others ("Reserved escape sequence
used"), but for \u and \U.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from maskprep.errors import MaskprepError
from maskprep.files import parsed, storage
from maskprep.trainers.sd_scripts.misread import trainers_reading, written_place
from maskprep.trainers.sd_scripts.toml_layout import Place, UnclearLayoutError, assignments, strings

#: Keys of a subset that hold paths.
PATH_KEYS = ("image_dir", "conditioning_data_dir", "metadata_file")
_CONTROLS = {
    "\n": "a line break",
    "\t": "a tab",
    "\r": "a carriage return",
    "\b": "a backspace",
    "\f": "a form feed",
    "\0": "a zero byte",
}
_ESCAPE = re.compile(r"\\(.)")
_CODE = re.compile(r"\\u[0-9A-Fa-f]{4}|\\U[0-9A-Fa-f]{8}")
_DRIVE = re.compile(r"[A-Za-z]:[\\/]")
_QUOTED_PATH = re.compile(r'"((?:[A-Za-z]:\\|\\\\)[^"\n]*)"')
_KEYS = "|".join(PATH_KEYS)
_LINE = re.compile(
    rf"""^[ \t]*(["']?)(?P<key>{_KEYS})\1[ \t]*=[ \t]*(?P<raw>"[^"\n]*")[ \t]*(?:\#.*)?$""", re.M
)
_NEWER = re.compile(r"(?<!\\)(?:\\\\)*\\(e|x([0-9A-Fa-f]{2}))")


@dataclass(frozen=True)
class EscapedPath:
    """A path that the trainer reads otherwise than it was meant.

    Attributes
    ----------
    name : str
        Its key, with the place where that is known.
    line : int or None
        Of the key, from 1; None where it is not known.
    value : slice or None
        Its characters in the text, quotes included; None where it is not in double quotes on
        one line.
    written : str
        What stands there.
    holds : str
        What its escapes became, in words.
    """

    name: str
    line: int | None
    value: slice | None
    written: str
    holds: str

    @property
    def meant(self) -> str | None:
        """The path as it was meant; None where it could have been meant otherwise."""
        return None if self.value is None else meant(self.written[1:-1])

    @property
    def told(self) -> str:
        """What is the matter, in one line."""
        line = "" if self.line is None else f"line {self.line}: "
        return f"{line}{self.name} = {self.written} holds {self.holds}: {WHY}"

    @property
    def hint(self) -> str:
        """What mends it, in one line."""
        if self.meant is None:
            return "write the path with / instead, or in single quotes where it is TOML"
        return f"write {quoted(self.meant)}"


WHY = "backslashes in double quotes are escapes"


def escaped_paths(text: str | None, config: Any) -> list[EscapedPath]:
    """Find the paths whose backslashes became something else.

    Parameters
    ----------
    text : str or None
        The TOML as read in text mode; None of a JSON file.
    config : object
        What the trainer reads; None where its parser refuses the text.

    Returns
    -------
    list of EscapedPath
        In the order of the file.
    """
    if config is None:
        return [] if text is None else list(_refused_paths(text))
    found = list(_paths_with_controls(config))
    if not found:
        return []
    layout = {} if text is None else _layout(text)
    return [_at(place, value, text, layout) for place, value in found]


def restored(text: str) -> str:
    """Write the paths that were meant into a TOML text.

    Parameters
    ----------
    text : str
        As read in text mode.

    Returns
    -------
    str
        The same but for the paths, which both parsers read as they were meant.

    Raises
    ------
    MaskprepError
        A path could have been meant otherwise, or the text does not parse even so.
    """
    paths = escaped_paths(text, trainers_reading(text))
    changed = text
    for each in reversed(paths):
        if each.meant is None or each.value is None:
            raise MaskprepError(f"{each.told}; what is meant is not clear: write it by hand")
        changed = changed[: each.value.start] + quoted(each.meant) + changed[each.value.stop :]
    reads, says = trainers_reading(changed), _standard(changed)
    if reads is None or says is None:
        raise MaskprepError("does not parse for another reason, too: mend that first")
    wanted = [each.meant for each in paths]
    lines = [each.line for each in paths]
    at = {line: place for place, (line, _) in _layout(changed).items() if place[-1] in PATH_KEYS}
    for line, path in zip(lines, wanted, strict=True):
        place = at.get(line or 0, ())
        if not place or _value_at(reads, place) != path or _value_at(says, place) != path:
            raise MaskprepError(f"line {line}: is no key of its own: write the path by hand")
    return changed


def meant(inner: str) -> str | None:
    r"""Take a path as it stands between double quotes for what was meant.

    Parameters
    ----------
    inner : str
        Without the quotes.

    Returns
    -------
    str or None
        The same characters; None where some could have been meant as escapes.

    Examples
    --------
    >>> meant(r"D:\new\train")
    'D:\\new\\train'
    >>> meant(r"D:\\new\train") is None
    True
    """
    share = inner.startswith("\\\\") and inner[2:3] not in ("", "\\")
    rest = inner[2:] if share else inner
    if "\\\\" in rest or '"' in rest or _CODE.search(rest):
        return None  # some of it is escaped as it should be
    if any(not each.isprintable() for each in inner):
        return None
    whole = share or _DRIVE.match(inner) is not None
    if not whole and ("/" in inner or inner[-2:-1] == "\\"):
        return None  # a line break at its end, perhaps
    return inner


def quoted(path: str) -> str:
    """Write a path for TOML: in single quotes where it holds none.

    Parameters
    ----------
    path : str
        Printable.

    Returns
    -------
    str
        A TOML string.
    """
    if "'" not in path:
        return f"'{path}'"
    escaped = path.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def reason_in(line: str) -> str:
    r"""Say why the trainer's parser refuses a line, where its backslashes are the cause.

    Parameters
    ----------
    line : str
        Of a TOML file that is refused there.

    Returns
    -------
    str
        What to add to the parser's own words; empty where there is nothing to say.
    """
    path = _QUOTED_PATH.search(line)
    if path is not None and (whole := meant(path[1])) is not None:
        return f"; {WHY}: write {quoted(whole)}"
    quotations = (each[0] for each in strings(line, slice(0, len(line))) if each[0][0] == '"')
    newer = next(filter(None, map(_NEWER.search, quotations)), None)
    if newer is not None:
        code = "1b" if newer[1] == "e" else newer[2]
        return (
            f"; \\{newer[1]} is an escape of TOML 1.1, which the trainer's parser, toml 0.10.2,"
            f" does not know: write \\u00{code}"
        )
    return "; write Windows paths with / or in single quotes" if "\\" in line else ""


def _refused_paths(text: str) -> Iterator[EscapedPath]:
    for found in _LINE.finditer(text):
        raw, line = found["raw"], text.count("\n", 0, found.start()) + 1
        escapes = [each[1] for each in _ESCAPE.finditer(raw)]
        wrong = [each for each in escapes if each != "\\"]
        if wrong and meant(raw[1:-1]) is not None:
            holds = " and ".join(f"\\{each}" for each in dict.fromkeys(wrong))
            yield EscapedPath(found["key"], line, slice(*found.span("raw")), raw, holds)


def _paths_with_controls(config: Any) -> Iterator[tuple[Place, str]]:
    for key, value in _items(config):
        if key == "datasets":
            for dataset, block in _items(value):
                for subset, each in _items(block.get("subsets") if isinstance(block, dict) else ()):
                    for name, path in _items(each):
                        if name in PATH_KEYS and _is_spoilt(path):
                            yield (key, dataset, "subsets", subset, name), path


def _is_spoilt(path: Any) -> bool:
    return isinstance(path, str) and bool(controls_in(path)) and not storage.exists(path)


def _items(value: Any) -> Iterator[tuple[Any, Any]]:
    if isinstance(value, dict):
        yield from value.items()
    elif isinstance(value, (list, tuple)):
        yield from enumerate(value)


def controls_in(path: str) -> str:
    """Name the control characters of a path.

    Parameters
    ----------
    path : str
        As read.

    Returns
    -------
    str
        In words; empty where there are none.
    """
    return " and ".join(_CONTROLS[each] for each in dict.fromkeys(path) if each in _CONTROLS)


def _at(
    place: Place, value: str, text: str | None, layout: dict[Place, tuple[int, slice]]
) -> EscapedPath:
    name, holds = written_place(place), controls_in(value)
    line, span = layout.get(place, (None, None))
    raw = "" if text is None or span is None else text[span]
    if raw[:1] == '"' and raw[:3] != '"""':
        return EscapedPath(str(place[-1]), line, span, raw, holds)
    return EscapedPath(name, line, None, repr(value), holds)


def _layout(text: str) -> dict[Place, tuple[int, slice]]:
    try:
        return {each.place: (each.line, each.value) for each in assignments(text)}
    except UnclearLayoutError:
        return {}


def _standard(text: str) -> dict[str, Any] | None:
    try:
        return parsed.from_toml(text)
    except ValueError:
        return None


def _value_at(document: Any, place: Place) -> Any:
    try:
        for each in place:
            document = document[each]
    except (KeyError, IndexError, TypeError):
        return None
    return document
