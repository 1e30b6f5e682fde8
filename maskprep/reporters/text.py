"""A report for people: verdict and things to do, the details, and what leads on at the end."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from itertools import groupby

from rich.console import Console
from rich.text import Text

from maskprep.checking.verdict import Harm, Verdict, trainer_line, verdict_of
from maskprep.errors import printable
from maskprep.mending.remedies import Todo, next_step, todo_of, with_commands
from maskprep.model import Severity
from maskprep.model.report import Finding, Report

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
        stream = io.StringIO()
        console = Console(file=stream, highlight=False, emoji=False, markup=False, no_color=True)
        if place:
            console.print()
        print_report(report, console, show_all=True)
        yield stream.getvalue()


def print_report(report: Report, console: Console, *, show_all: bool) -> None:
    """Print a report.

    Parameters
    ----------
    report : Report
        Of a check.
    console : rich.console.Console
        Where to. Only ASCII is added to what file names bring.
    show_all : bool
        List every file instead of the first few of each rule.
    """
    report = with_commands(report)
    training_set, verdict = report.training_set, verdict_of(report)
    word = (verdict.harm.value.capitalize(), _OF_HARM.get(verdict.harm, _BAD))
    told = [", ".join(report.selected), training_set.part]
    by = " of ".join(filter(None, told))
    by = f" (by {by} alone)" if by else ""
    _print(console, Text.assemble(word, by, (printable(f": {training_set.name}"), "bold")))
    _print(console, Text(trainer_line(training_set), style="dim"))
    todo = todo_of(report)
    if todo:
        console.print()
        _print_todo(todo, console)
    shown_above = {each.command for each in todo[:TOLD]} | {""}
    ordered = sorted(report.findings, key=lambda each: (-each.severity.rank, each.code))
    for _, group in groupby(ordered, key=lambda each: (each.severity, each.code)):
        console.print()
        _print_group(list(group), console, show_all, shown_above)
    console.print()
    _print_verdict(verdict, report, console)


def _print_todo(todo: Sequence[Todo], console: Console) -> None:
    _print(console, Text("To do, the worst first:" if len(todo) > 1 else "To do:"))
    numbers: dict[str, int] = {}
    for number, each in enumerate(todo[:TOLD], 1):
        times = f", {each.count} times" if each.count > 1 else ""
        head = Text(f"{number}. ").append(each.name, style="bold")
        head.append(f" ({each.code}{times}): ").append(printable(each.text))
        _print(console, head, indent=2, hanging=3)
        done_by = numbers.get(each.command)
        if each.fix:
            others = f" and {each.count - 1} more" if each.count > 1 else ""
            line = Text().append(printable(each.path), style="cyan")
            _print(console, line.append(printable(f"{others}: {each.fix}")), indent=5)
        if done_by is not None:
            _print(console, Text(f"the command of {done_by} does it, too", style="dim"), indent=5)
        elif each.command:
            numbers[each.command] = number
            _print_command(console, each.command, indent=5)
    if len(todo) > TOLD:
        _print(console, Text(f"... and {len(todo) - TOLD} more, see below", style="dim"), indent=2)


def _print_group(
    findings: list[Finding], console: Console, show_all: bool, shown_above: set[str]
) -> None:
    first = findings[0]
    head = Text().append(first.severity.value, style=_STYLES[first.severity])
    head.append(f" {first.code} {first.name}", style="bold")
    if len(findings) > 1:
        head.append(f"  {len(findings)} times", style="dim")
    _print(console, head)
    shown = findings if show_all else findings[:SHOWN]
    same = len({(finding.fix, finding.command) for finding in shown}) == 1
    for finding in shown:
        line = Text().append(printable(finding.path), style="cyan")
        line.append(printable(f": {finding.message}"))
        _print(console, line, indent=2, hanging=2)
        if not same:
            _print_mend(finding, console, 4, shown_above)
    if len(shown) < len(findings):
        rest = len(findings) - len(shown)
        _print(console, Text(f"... and {rest} more (--all lists each)", style="dim"), indent=2)
    if same:
        _print_mend(first, console, 2, shown_above)


def _print_mend(finding: Finding, console: Console, indent: int, shown_above: set[str]) -> None:
    if finding.fix:
        _print(console, Text(printable(f"fix: {finding.fix}")), indent, hanging=5)
    if finding.command not in shown_above:
        _print_command(console, finding.command, indent, label="run: ")


def _print_verdict(verdict: Verdict, report: Report, console: Console) -> None:
    for sentence in verdict.counts:
        _print(console, Text(printable(sentence), style="bold"))
    for sentence in verdict.notes:
        _print(console, Text(sentence))
    _print(
        console,
        Text(printable(verdict.outcome), style="bold green" if verdict.good else "bold red"),
    )
    errors, warnings = (
        sum(finding.severity is level for finding in report.findings)
        for level in (Severity.ERROR, Severity.WARNING)
    )
    _print(console, Text(f"{_plural(errors, 'error')}, {_plural(warnings, 'warning')}"))
    if step := next_step(report):
        words, colon, command = step.partition(": ")
        _print_command(console, command, label=words + colon)


def _print(console: Console, text: Text, indent: int = 0, hanging: int = 0) -> None:
    # Lines are folded to a terminal's width; in a pipe each stays one line, for grep.
    if not console.is_terminal:
        console.print(Text(" " * indent) + text, soft_wrap=True)
        return
    width = max(console.width - indent - hanging, 1)
    for place, line in enumerate(text.wrap(console, width, overflow="fold")):
        line.rstrip()
        console.print(Text(" " * (indent + hanging * bool(place))) + line, soft_wrap=True)


def _print_command(console: Console, command: str, indent: int = 0, label: str = "") -> None:
    # What is copied must stay one line: where it is too long, the terminal itself wraps it.
    line = Text(" " * indent + label).append(printable(command), style=_COMMAND)
    console.print(line, soft_wrap=True)


def _plural(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
