"""``maskprep check``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from maskprep.cli.options import data_options

if TYPE_CHECKING:
    from maskprep.discover import Request
    from maskprep.report import Report


@click.command()
@data_options
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="For people, or for programs.",
)
@click.option(
    "--all", "show_all", is_flag=True, help="List every file, not the first few of a rule."
)
@click.option(
    "--fail-on",
    type=click.Choice(["error", "warning", "info", "never"]),
    default="error",
    show_default=True,
    help="Exit with 1 from this severity on.",
)
def check(requests: list[Request], form: str, show_all: bool, fail_on: str) -> None:
    """Say what the trainer will do with every mask, and what it would trip over.

    DATASET is a dataset TOML or JSON, or an image folder with --masks DIR or --alpha.

    \b
    maskprep check dataset.toml
    maskprep check images/ --masks masks/ --model flux

    Exit code: 0 clean, 1 findings at or above --fail-on or a run that stops, 2 could not do the
    job.
    """  # noqa: D301 - Click wants the control character itself
    from maskprep.errors import MaskprepError, printable

    reports, code = [], 0
    for request in requests:
        try:
            reports.append(_checked(request))
        except MaskprepError as error:
            click.echo(f"maskprep: {printable(str(error))}", err=True)
            code = 2
    if form == "json" and reports:
        from maskprep.reporters.json import as_json

        click.echo(as_json(reports))
    elif reports:
        _print(reports, show_all)
    raise SystemExit(max([code, *(_exit_code(report, fail_on) for report in reports)]))


def _checked(request: Request) -> Report:
    from maskprep.cli.progress import progress_bar
    from maskprep.discover import discover
    from maskprep.lint import check as run_rules

    training_set = discover(request)
    with progress_bar("checking masks", training_set.pair_count) as advance:
        return run_rules(training_set, progress=advance)


def _print(reports: list[Report], show_all: bool) -> None:
    from rich.console import Console

    from maskprep.reporters.text import print_report

    console = Console(highlight=False, emoji=False, markup=False)
    for place, report in enumerate(reports):
        if place:
            console.print()
        print_report(report, console, show_all=show_all)


def _exit_code(report: Report, fail_on: str) -> int:
    from maskprep.model import Severity

    if any(finding.name == "unparsable" for finding in report.findings):
        return 2
    if fail_on == "never":
        return 0
    if report.stops:
        return 1  # a run that stops is never clean, whatever its rules' severities
    level = Severity(fail_on)
    return int(any(finding.severity.reaches(level) for finding in report.findings))
