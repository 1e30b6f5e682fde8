"""How a configuration is spelled: what the trainer's parser makes of it, and what mends that."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from maskprep.errors import MaskprepError
from maskprep.files import parsed, pathname, storage
from maskprep.model import Oddity, Severity
from maskprep.trainers.sd_scripts import escaped_paths, misread

_LINE_END = re.compile(r"(\r\n|\r|\n)")
#: By the rule that finds what they mend.
_MENDERS: Mapping[str, Callable[[str], str]] = {
    "toml-misread": misread.respelled,
    "path-escapes": escaped_paths.restored,
}


def foresee_spelling(path: str) -> Iterator[Oddity]:
    """Tell what the trainer's parser reads otherwise than was meant, without a word.

    Parameters
    ----------
    path : str
        A dataset TOML or JSON.

    Yields
    ------
    Oddity
        A key each; none where the file cannot be read, which is another rule's.
    """
    try:
        with storage.open_text(path) as stream:
            text = stream.read()
    except (OSError, UnicodeDecodeError):
        return
    if pathname.splitext(path)[1].lower() == ".json":
        yield from _escaped(None, _json(text))
        return
    yield from _escaped(text, misread.trainers_reading(text))
    for told in misread.told(text):
        hint = "write it so that the trainer reads it"
        yield Oddity("toml-misread", told, hint, Severity.ERROR)


def respell(text: str, rule: str, path: str) -> str:
    r"""Write a configuration so that the trainer reads what is meant.

    Parameters
    ----------
    text : str
        With its own ends of lines.
    rule : str
        The rule whose findings are mended: ``toml-misread`` or ``path-escapes``.
    path : str
        Where the text comes from, for messages.

    Returns
    -------
    str
        The same but for the lines concerned, as the trainer's parser and another one read them.

    Raises
    ------
    MaskprepError
        It cannot be mended.
    """
    if pathname.splitext(path)[1].lower() == ".json":
        raise MaskprepError(f"{path}: is JSON: write its paths with / by hand")
    contents_and_ends = [*_LINE_END.split(text), ""]
    old, ends = contents_and_ends[::2], contents_and_ends[1::2]
    try:
        new = _MENDERS[rule]("\n".join(old)).split("\n")
    except MaskprepError as error:
        raise MaskprepError(f"{path}: {error}") from error
    import difflib  # seldom needed

    usual = max(ends, key=ends.count)
    matched = difflib.SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks()
    kept = {b + i: ends[a + i] for a, b, size in matched for i in range(size)}
    last = len(new) - 1
    return "".join(
        line + ("" if place == last else kept.get(place) or usual or "\n")
        for place, line in enumerate(new)
    )


def _json(text: str) -> object:
    try:
        return parsed.from_json(text)
    except ValueError:
        return None


def _escaped(text: str | None, config: object) -> Iterator[Oddity]:
    for each in escaped_paths.escaped_paths(text, config):
        yield Oddity("path-escapes", each.told, each.hint, Severity.ERROR)
