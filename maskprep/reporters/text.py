"""A report for people: verdict and things to do, the details, and what leads on at the end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from maskprep.checking.verdict import Harm, Verdict, trainer_line, verdict_of
from maskprep.errors import printable
from maskprep.mending.remedies import Todo, next_step, todo_of, with_commands
from maskprep.model import Severity
from maskprep.model.report import Finding, Report

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

#: It begins with whether the run starts, and ends with where it stops.
HAS_VERDICT = True
#: Files shown of each rule, unless all are asked for.
SHOWN = 3
#: Things to do that are told on top.
TOLD = 5

_STYLES = {Severity.ERROR: "bold red", Severity.WARNING: "yellow", Severity.INFO: "cyan"}
# Readable on light and dark grounds.
_OF_HARM = {Harm.DOUBT: "black on yellow", Harm.NONE: "black on green"}
_BAD = "bold white on red"
_COMMAND = "green"


class _Row(NamedTuple):
    """A line, before anybody knows how wide it may be."""

    #: Words and their styles, as Rich names them.
    pieces: tuple[tuple[str, str], ...] = ()
    indent: int = 0
    #: By how much more than the first what is folded is indented.
    hanging: int = 0
    #: What is copied must stay one line: where it is too long, the terminal itself wraps it.
    is_whole: bool = False


def render(reports: Sequence[Report]) -> Iterator[str]:
    """Write reports as they are read in a file.

    Parameters
    ----------
    reports : sequence of Report
        One a data set.

    Yields
    ------
    str
        A report without colour; every finding of every rule.
    """
    for place, report in enumerate(reports):
        yield ("\n" if place else "") + as_plain(report, show_all=True)


def as_plain(report: Report, *, show_all: bool) -> str:
    """Write a report without colour, each row as one line, for grep.

    Parameters
    ----------
    report : Report
        Of a check.
    show_all : bool
        List every file instead of the first few of each rule.

    Returns
    -------
    str
        Lines with their ends. Only ASCII is added to what file names bring.
    """
    return "".join(
        f"{' ' * row.indent}{''.join(words for words, _ in row.pieces)}\n"
        for row in _rows(report, show_all)
    )


def print_report(report: Report, console: Console, *, show_all: bool) -> None:
    """Print a report, folded to a terminal's width.

    Parameters
    ----------
    report : Report
        Of a check.
    console : rich.console.Console
        Where to. Only ASCII is added to what file names bring.
    show_all : bool
        List every file instead of the first few of each rule.
    """
    for row in _rows(report, show_all):
        for line in _folded(row, console):
            console.print(line, soft_wrap=True)


def _folded(row: _Row, console: Console) -> Iterator[Text]:
    from rich.text import Text

    text = Text.assemble(*row.pieces)
    width = max(console.width - row.indent - row.hanging, 1)
    if not row.pieces or row.is_whole or not console.is_terminal:
        yield Text(" " * row.indent) + text
        return
    for place, line in enumerate(text.wrap(console, width, overflow="fold")):
        line.rstrip()
        yield Text(" " * (row.indent + row.hanging * bool(place))) + line


def _rows(report: Report, show_all: bool) -> Iterator[_Row]:
    report = with_commands(report)
    training_set, verdict = report.training_set, verdict_of(report)
    told = [", ".join(report.selected), training_set.part]
    by = " of ".join(filter(None, told))
    by = f" (by {by} alone)" if by else ""
    word = (verdict.harm.value.capitalize(), _OF_HARM.get(verdict.harm, _BAD))
    yield _Row((word, (by, ""), (printable(f": {training_set.name}"), "bold")))
    yield _Row(((trainer_line(training_set), "dim"),))
    todo = todo_of(report)
    if todo:
        yield _Row()
        yield from _of_todo(todo)
    shown_above = {each.command for each in todo[:TOLD]} | {""}
    ordered = sorted(report.findings, key=lambda each: (-each.severity.rank, each.code))
    for _, group in groupby(ordered, key=lambda each: (each.severity, each.code)):
        yield _Row()
        yield from _of_group(list(group), show_all, shown_above)
    yield _Row()
    yield from _of_verdict(verdict, report)


def _of_todo(todo: Sequence[Todo]) -> Iterator[_Row]:
    yield _Row((("To do, the worst first:" if len(todo) > 1 else "To do:", ""),))
    numbers: dict[str, int] = {}
    for number, each in enumerate(todo[:TOLD], 1):
        times = f", {each.count} times" if each.count > 1 else ""
        rest = f" ({each.code}{times}): {printable(each.text)}"
        yield _Row(((f"{number}. ", ""), (each.name, "bold"), (rest, "")), indent=2, hanging=3)
        done_by = numbers.get(each.command)
        if each.fix:
            others = f" and {each.count - 1} more" if each.count > 1 else ""
            told = printable(f"{others}: {each.fix}")
            yield _Row(((printable(each.path), "cyan"), (told, "")), indent=5)
        if done_by is not None:
            yield _Row(((f"the command of {done_by} does it, too", "dim"),), indent=5)
        elif each.command:
            numbers[each.command] = number
            yield _of_command(each.command, indent=5)
    if len(todo) > TOLD:
        yield _Row(((f"... and {len(todo) - TOLD} more, see below", "dim"),), indent=2)


def _of_group(findings: list[Finding], show_all: bool, shown_above: set[str]) -> Iterator[_Row]:
    first = findings[0]
    times = f"  {len(findings)} times" if len(findings) > 1 else ""
    name = f" {first.code} {first.name}"
    level = first.severity
    yield _Row(((level.value, _STYLES[level]), (name, "bold"), (times, "dim")))
    shown = findings if show_all else findings[:SHOWN]
    same = len({(finding.fix, finding.command) for finding in shown}) == 1
    for finding in shown:
        told = printable(f": {finding.message}")
        yield _Row(((printable(finding.path), "cyan"), (told, "")), indent=2, hanging=2)
        if not same:
            yield from _of_mend(finding, 4, shown_above)
    if len(shown) < len(findings):
        rest = len(findings) - len(shown)
        yield _Row(((f"... and {rest} more (--all lists each)", "dim"),), indent=2)
    if same:
        yield from _of_mend(first, 2, shown_above)


def _of_mend(finding: Finding, indent: int, shown_above: set[str]) -> Iterator[_Row]:
    if finding.fix:
        yield _Row(((printable(f"fix: {finding.fix}"), ""),), indent, hanging=5)
    if finding.command not in shown_above:
        yield _of_command(finding.command, indent, label="run: ")


def _of_verdict(verdict: Verdict, report: Report) -> Iterator[_Row]:
    for sentence in verdict.counts:
        yield _Row(((printable(sentence), "bold"),))
    for sentence in verdict.notes:
        yield _Row(((sentence, ""),))
    yield _Row(((printable(verdict.outcome), "bold green" if verdict.good else "bold red"),))
    errors, warnings = (
        sum(finding.severity is level for finding in report.findings)
        for level in (Severity.ERROR, Severity.WARNING)
    )
    yield _Row(((f"{_plural(errors, 'error')}, {_plural(warnings, 'warning')}", ""),))
    if step := next_step(report):
        words, colon, command = step.partition(": ")
        yield _of_command(command, label=words + colon)


def _of_command(command: str, indent: int = 0, label: str = "") -> _Row:
    return _Row(((label, ""), (printable(command), _COMMAND)), indent, is_whole=True)


def _plural(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
