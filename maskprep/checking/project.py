"""What a data set's own ``maskprep.toml`` says: which rules, how they are set, what must hold."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import voluptuous as vol

from maskprep.checking.choice import Choice, matching
from maskprep.dataset.expectation import MEASURES, Expectation
from maskprep.errors import MaskprepError, closest
from maskprep.files import parsed, pathname, storage
from maskprep.model import Severity

if TYPE_CHECKING:
    from tomlkit.exceptions import ParseError

FILE_NAME = "maskprep.toml"
_PYPROJECT = "pyproject.toml"

_CLOSING = {"[": "]", "{": "}"}
_QUOTES = ('"""', "'''", '"', "'")
#: Texts and comments whole, brackets, ends of lines, and quotation marks that begin no whole text.
_TOML_MARKS = re.compile(
    r'"""(?:\\.|[^\\])*?"""|"(?!"")(?:\\.|[^"\\\n])*"|'
    r"'''.*?'''|'(?!'')[^'\n]*'|#[^\n]*|[\[\]{}\n]|\"\"\"|'''|[\"']",
    re.DOTALL,
)

_WORDS = vol.Any([str], msg="wants a list of words")
_LEVEL = vol.In([each.value for each in Severity], msg="wants error, warning or info")
_NUMBER = vol.All(vol.Any(float, int), vol.Range(0, 1), msg="wants a number from 0 to 1")
_SCHEMA = vol.Schema(
    {
        "select": _WORDS,
        "ignore": _WORDS,
        "ignore-in": {str: _WORDS},
        "severity": {str: _LEVEL},
        "set": {str: vol.Any(dict, msg="wants option = value")},
        "expect": [
            {
                vol.Required("measure"): vol.In(
                    MEASURES, msg=f"wants one of {', '.join(MEASURES)}"
                ),
                "files": str,
                "under": str,
                "min": _NUMBER,
                "max": _NUMBER,
            }
        ],
    }
)


@dataclass(frozen=True)
class Project:
    """A data set's own settings.

    Attributes
    ----------
    path : str or None
        Where they stand; None where there are none.
    choice : Choice
        Of rules.
    expectations : tuple of Expectation
        What must hold.
    is_above : bool
        Whether they were found in a folder above the data set's own: nobody may think of them.
    """

    path: str | None = None
    choice: Choice = field(default_factory=Choice)
    expectations: tuple[Expectation, ...] = ()
    is_above: bool = False

    @property
    def notice(self) -> str:
        """What settings from above say, counted, for people.

        Empty of the data set's own, and where they say nothing.

        Raises
        ------
        MaskprepError
            A rule is unknown.
        """
        if not self.is_above:
            return ""
        choice = self.choice
        counts = (
            (_rules_in(choice.select), "rule", " selected"),
            (_rules_in(choice.ignore), "rule", " ignored"),
            (
                _rules_in(each for _, some in choice.ignore_in for each in some),
                "rule",
                " ignored in some files",
            ),
            (_rules_in(choice.severities), "rule", " weighed"),
            (sum(map(len, choice.options.values())), "option", " set"),
            (len(self.expectations), "expectation", ""),
        )
        return ", ".join(
            f"{count} {noun}{'' if count == 1 else 's'}{done}"
            for count, noun, done in counts
            if count
        )

    @property
    def files(self) -> tuple[str, ...]:
        """What it consists of: its own file, and the regions in which something must hold."""
        own = () if self.path is None else (self.path,)
        return (
            *own,
            *(path for each in self.expectations for path in (each.regions or {}).values()),
        )


def find_project(target: str) -> Project:
    """Find the settings nearest to a data set.

    Parameters
    ----------
    target : str
        A configuration, or an image folder.

    Returns
    -------
    Project
        Of the nearest ``maskprep.toml``, or ``pyproject.toml`` with ``[tool.maskprep]``, in its
        folder or one above; an empty one where there is none.

    Raises
    ------
    MaskprepError
        The nearest one cannot be read.
    """
    for height, folder in enumerate(_folders_of(target)):
        own, shared = pathname.join(folder, FILE_NAME), pathname.join(folder, _PYPROJECT)
        try:
            if storage.isfile(own):
                return replace(read_project(own), is_above=height > 0)
            if storage.isfile(shared) and _table_of(shared) is not None:
                return replace(read_project(shared), is_above=height > 0)
        except storage.ForbiddenError:
            break  # whoever may read a data set may not read all that lies above it
    return Project()


def _rules_in(selectors: Iterable[str]) -> int:
    return len({rule.code for selector in selectors for rule in matching(selector)})


def _folders_of(target: str) -> list[str]:
    whole = pathname.absolute(target)
    return pathname.upward(whole if storage.isdir(whole) else pathname.dirname(whole))


def read_project(path: str) -> Project:
    """Read settings.

    Parameters
    ----------
    path : str
        A ``maskprep.toml``, or a ``pyproject.toml`` with ``[tool.maskprep]``.

    Returns
    -------
    Project
        With patterns of files taken from its folder.

    Raises
    ------
    MaskprepError
        It cannot be read, does not parse, or says something unknown.
    """
    table = _table_of(path)
    if table is None:
        raise MaskprepError(f"{path}: has no [tool.maskprep]")
    try:
        said = _SCHEMA(table)
    except vol.MultipleInvalid as refused:
        raise MaskprepError(f"{path}: {_explained(refused.errors[0])}") from refused
    choice = Choice(
        tuple(said.get("select", ())),
        tuple(said.get("ignore", ())),
        {name: Severity(level) for name, level in said.get("severity", {}).items()},
        said.get("set", {}),
        tuple((pattern, tuple(each)) for pattern, each in said.get("ignore-in", {}).items()),
    )
    folder = pathname.dirname(pathname.absolute(path))
    expectations = tuple(_expectation(each, folder, path) for each in said.get("expect", ()))
    return Project(path, choice, expectations)


def _expectation(said: Mapping[str, Any], folder: str, path: str) -> Expectation:
    if "min" not in said and "max" not in said:
        raise MaskprepError(f"{path}: an [[expect]] of {said['measure']} has neither min nor max")
    if said.get("min", 0) > said.get("max", 1):
        raise MaskprepError(f"{path}: an [[expect]] of {said['measure']} has min above max")
    return Expectation(
        said["measure"],
        said.get("files", "*"),
        _regions(said["under"], folder, path) if "under" in said else None,
        float(said.get("min", 0.0)),
        float(said.get("max", 1.0)),
        path,
    )


def _regions(pattern: str, folder: str, path: str) -> dict[str, str]:
    try:
        found = {pathname.stem(each): each for each in storage.glob(folder, pattern)}
    except ValueError:
        told = f"under wants a pattern of files from this folder: {pattern[:80]!r}"
        raise MaskprepError(f"{path}: {told}") from None
    if not found:
        raise MaskprepError(f"{path}: under = {pattern!r} fits no file: nothing is held to it")
    return found


def _table_of(path: str) -> dict[str, Any] | None:
    try:
        text = storage.read_bytes(path).decode("utf-8-sig")
        whole = parsed.from_toml(text)
    except OSError as error:
        raise MaskprepError(f"{path}: cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise MaskprepError(f"{path}: is not UTF-8: save it as UTF-8") from error
    except ValueError as error:
        raise MaskprepError(f"{path}: {_refusal(text, error)}") from error
    if pathname.basename(path) != _PYPROJECT:
        return whole
    tools = whole.get("tool", {})
    found = tools.get("maskprep") if isinstance(tools, dict) else None
    return found if isinstance(found, dict) else None


def _refusal(text: str, refused: ValueError) -> str:
    from tomlkit.exceptions import ParseError  # slow to import, and seldom needed

    try:
        parsed.toml_document(text)
    except ParseError as error:  # it counts lines and columns
        return _parse_error(text, error)
    except ValueError:
        pass
    return f"does not parse: {refused}"


def _parse_error(text: str, error: ParseError) -> str:
    """Say where TOML does not parse: where a bracket or a quotation mark opens that stays open."""
    from tomlkit.exceptions import UnexpectedEofError

    lines = text.splitlines(keepends=True)
    at_end = isinstance(error, UnexpectedEofError) or "\\x00" in str(error)
    before = lines if at_end else [*lines[: error.line - 1], lines[error.line - 1][: error.col]]
    opened = _left_open("".join(before))
    if opened is not None:
        mark, line = opened
        if mark not in _CLOSING:
            return f"line {line}: the text that begins with {mark} has no {mark} at its end"
        end = "at its end" if at_end or error.line == line else f"before line {error.line}"
        return f"line {line}: {mark} is not closed: {_CLOSING[mark]} is missing {end}"
    words = str(error).partition(" at line")[0].rstrip(".")
    if words.endswith((repr("\n"), repr("\r"))):
        words = "something is missing at the end of the line"
    return f"line {error.line}: {words}"


def _left_open(text: str) -> tuple[str, int] | None:
    """Find the last bracket or quotation mark that is not closed, and its line."""
    stack: list[tuple[str, int]] = []
    line = 1
    for found in _TOML_MARKS.finditer(text):
        token = found[0]
        if token in _CLOSING:
            stack.append((token, line))
        elif token in _CLOSING.values() and stack:
            stack.pop()
        elif token in _QUOTES:
            return token, line
        line += token.count("\n")
    return stack[-1] if stack else None


def _explained(error: Any) -> str:
    place = ".".join(str(key) for key in error.path)
    if error.msg == "extra keys not allowed":
        name = str(error.path[-1])
        known = [str(key) for key in (*_SCHEMA.schema, *_SCHEMA.schema["expect"][0])]
        close = closest(name, known)
        return f"{place}: is unknown" + (f": did you mean {close}?" if close else "")
    if error.msg == "required key not provided":
        return f"{place}: is missing"
    return f"{place}: {error.msg}"
