"""A report for people: grouped by rule, the first few files of each, the verdict at the end."""

from __future__ import annotations

import io
from collections.abc import Sequence
from itertools import groupby

from rich.console import Console
from rich.text import Text

from maskprep.checking.verdict import trainer_line, verdict_of
from maskprep.errors import printable
from maskprep.model import Severity
from maskprep.model.report import Finding, Report

#: It ends with whether the run starts, and where it stops.
HAS_VERDICT = True
#: Files shown of each rule, unless all are asked for.
SHOWN = 3

_STYLES = {Severity.ERROR: "bold red", Severity.WARNING: "yellow", Severity.INFO: "cyan"}


def render(reports: Sequence[Report]) -> str:
    """Write reports as they are read in a file.

    Parameters
    ----------
    reports : sequence of Report
        One a data set.

    Returns
    -------
    str
        Without colour; every finding of every rule.
    """
    stream = io.StringIO()
    console = Console(file=stream, highlight=False, emoji=False, markup=False, no_color=True)
    for place, report in enumerate(reports):
        if place:
            console.print()
        print_report(report, console, show_all=True)
    return stream.getvalue()


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
    training_set = report.training_set
    _print(console, Text(printable(training_set.name), style="bold"))
    _print(console, Text(trainer_line(training_set)))
    ordered = sorted(report.findings, key=lambda each: (-each.severity.rank, each.code))
    for _, group in groupby(ordered, key=lambda each: (each.severity, each.code)):
        console.print()
        _print_group(list(group), console, show_all)
    console.print()
    _print_verdict(report, console)


def _print_group(findings: list[Finding], console: Console, show_all: bool) -> None:
    first = findings[0]
    head = Text().append(first.severity.value, style=_STYLES[first.severity])
    head.append(f" {first.code} {first.name}", style="bold")
    if len(findings) > 1:
        head.append(f"  {len(findings)} times", style="dim")
    _print(console, head)
    shown = findings if show_all else findings[:SHOWN]
    same_fix = len({finding.fix for finding in shown}) == 1
    for finding in shown:
        line = Text().append(printable(finding.path), style="cyan")
        line.append(printable(f": {finding.message}"))
        _print(console, line, indent=2)
        if finding.fix and not same_fix:
            _print(console, Text(printable(f"fix: {finding.fix}"), style="green"), indent=4)
    if len(shown) < len(findings):
        rest = len(findings) - len(shown)
        _print(console, Text(f"... and {rest} more (--all lists each)", style="dim"), indent=2)
    if first.fix and same_fix:
        _print(console, Text(printable(f"fix: {first.fix}"), style="green"), indent=2)


def _print_verdict(report: Report, console: Console) -> None:
    verdict = verdict_of(report)
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


def _print(console: Console, text: Text, indent: int = 0) -> None:
    # Lines are folded to a terminal's width; in a pipe each stays one line, for grep.
    if console.is_terminal:
        for line in text.wrap(console, console.width - indent, overflow="fold"):
            line.rstrip()
            console.print(Text(" " * indent) + line, soft_wrap=True)
    else:
        console.print(Text(" " * indent) + text, soft_wrap=True)


def _plural(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
