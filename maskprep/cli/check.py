"""``maskprep check``."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import click

from maskprep.cli.choosing import choice_options
from maskprep.cli.mending import FixCommand, Mending, mending_options
from maskprep.cli.options import (
    LocalPath,
    data_options,
    environment_option,
    executor_options,
    ledger_options,
)
from maskprep.reporters import formats

if TYPE_CHECKING:
    from pathlib import Path

    from maskprep.checking.ledger import Ledger
    from maskprep.checking.project import Project
    from maskprep.dataset.discover import Request
    from maskprep.dataset.outputs import Outputs
    from maskprep.model import Environment, TrainingSet
    from maskprep.model.report import Report
    from maskprep.running.parallel import Executor


@click.command(cls=FixCommand)
@data_options
@click.option(
    "--format",
    "form",
    type=click.Choice(formats()),
    default="text",
    show_default=True,
    help="For people, or for programs.",
)
@click.option(
    "--output-file",
    type=LocalPath(dir_okay=False),
    metavar="FILE",
    help="Write there instead of to stdout.",
)
@click.option(
    "--all", "show_all", is_flag=True, help="List every file, not the first few of a rule."
)
@click.option("--overwrite", is_flag=True, help="Replace files of --output-file, --diff-images.")
@click.option(
    "--fail-on",
    type=click.Choice(["error", "warning", "info", "never"]),
    default="error",
    show_default=True,
    help="Exit with 1 from this severity on.",
)
@click.option(
    "--decode-images",
    is_flag=True,
    help="Decode images beside mask files, too: finds damage in WebP, and takes up to three times "
    "as long.",
)
@environment_option
@choice_options
@mending_options
@click.option(
    "--baseline",
    type=LocalPath(dir_okay=False),
    metavar="FILE",
    help="Accept the findings in FILE, written where it is not there yet; tell new ones only.",
)
@click.option("--update-baseline", is_flag=True, help="Accept all findings of today.")
@executor_options
@ledger_options
@click.option("-v", "--verbose", is_flag=True, help="Say where settings come from.")
def check(
    requests: list[Request],
    form: str,
    output_file: str | None,
    show_all: bool,
    overwrite: bool,
    fail_on: str,
    decode_images: bool,
    environment: Environment | None,
    project_of: Callable[[str], Project],
    mending: Mending | None,
    baseline: str | None,
    update_baseline: bool,
    executor: Executor,
    ledger: Ledger | None,
    verbose: bool,
) -> None:
    """Say what the trainer will do with every mask, and what it would trip over.

    DATASET is a dataset TOML or JSON, or an image folder with --masks DIR or --alpha.

    \b
    maskprep check dataset.toml
    maskprep check images/ --masks masks/ --model flux
    maskprep check dataset.toml --fix

    Exit code: 0 clean, 1 findings at or above --fail-on or a run that stops, 2 could not do the
    job.
    """
    if update_baseline and baseline is None:
        raise click.UsageError("--update-baseline needs --baseline FILE")
    from dataclasses import replace

    from maskprep.checking.choice import Ruleset
    from maskprep.dataset.outputs import RefusedOutputError
    from maskprep.errors import InterruptedWorkError, MaskprepError

    doors = _doors(output_file, mending, baseline, overwrite, update_baseline, ledger)
    if doors.accepting is not None and any(request.only for request in requests):
        raise click.UsageError("a baseline is of all pairs: write it without --only")
    reports, code = [], 0
    for asked in requests:
        request = replace(asked, decode_images=decode_images, environment=environment)
        try:
            project = project_of(request.target)
            if verbose:
                _tell(f"{request.target}: settings: {project.path or 'none of its own'}")
            for line in Ruleset(project.choice).pointless(request.trainer):
                _tell(f"maskprep: {request.target}: {line}")
            keep_out = partial(doors.keep_out_of, beside=project.files)
            if mending is not None:
                report, whole = mending.carry_out(
                    request, project, doors.results, keep_out, executor, ledger
                )
                code = max(code, 0 if whole else _unmended(fail_on))
            else:
                report = _checked(request, project, keep_out, executor, ledger)
            reports.append(report)
        except (RefusedOutputError, InterruptedWorkError):
            raise  # the others' results would go there, too; or nobody wants them
        except MaskprepError as error:
            _tell(f"maskprep: {error}")
            code = 2
    if ledger is not None:
        ledger.close()
        if verbose and ledger.trouble:
            _tell(f"nothing is remembered: {ledger.trouble}")
    _tell_of(reports)
    if baseline is not None and reports:
        reports = _accepted(reports, baseline, doors.accepting)
    if reports:
        _put_out(reports, form, output_file, doors.results, show_all)
    raise SystemExit(max([code, *(_exit_code(report, fail_on) for report in reports)]))


class _Doors(NamedTuple):
    """Where results go, and today's findings, where they are to be accepted."""

    results: Outputs
    accepting: Outputs | None
    cache: Path | None

    def keep_out_of(self, found: TrainingSet, beside: Iterable[str]) -> None:
        for each in (self.results, self.accepting):
            if each is not None:
                each.keep_out_of(found, beside)
        if self.cache is not None:
            from maskprep.dataset.outputs import refuse_cache_in

            refuse_cache_in(found, self.cache)


def _doors(
    output_file: str | None,
    mending: Mending | None,
    baseline: str | None,
    overwrite: bool,
    update_baseline: bool,
    ledger: Ledger | None,
) -> _Doors:
    import os
    from pathlib import Path

    from maskprep.checking.baseline import admit_baseline
    from maskprep.dataset.outputs import Outputs

    if output_file and baseline and os.path.realpath(output_file) == os.path.realpath(baseline):
        raise click.UsageError("--output-file and --baseline name one file")
    results = Outputs(overwrite=overwrite)
    if output_file is not None:
        results.admit_named(Path(output_file))
    if mending is not None and mending.pictures is not None:
        results.admit_folder(Path(mending.pictures))
    accepting = None if baseline is None else admit_baseline(baseline, update=update_baseline)
    return _Doors(results, accepting, None if ledger is None else ledger.folder)


def _tell_of(reports: list[Report]) -> None:
    for report in reports:
        for fault in report.faults:
            _tell(f"maskprep: {fault.path}: {fault.words}")
        for entry in report.unused_ignores:
            _tell(f"{report.training_set.name}: nothing is ignored by {entry!r}: take it out")


def _unmended(fail_on: str) -> int:
    return 2 if fail_on == "never" else 1


def _tell(message: str) -> None:
    from maskprep.errors import printable

    click.echo(printable(message), err=True)


def _accepted(reports: list[Report], path: str, accepting: Outputs | None) -> list[Report]:
    from maskprep.checking.baseline import read_baseline, without_accepted, write_baseline

    if accepting is not None:
        count = write_baseline(path, reports, accepting)
        _tell(f"{path}: {count} findings accepted from now on")
    accepted = read_baseline(path)
    return [without_accepted(report, accepted, path) for report in reports]


def _checked(
    request: Request,
    project: Project,
    keep_out: Callable[[TrainingSet], None],
    executor: Executor,
    ledger: Ledger | None,
) -> Report:
    from maskprep.checking.choice import Ruleset
    from maskprep.checking.engine import check as run_rules
    from maskprep.cli.progress import progress_bar
    from maskprep.dataset.discover import discover

    training_set, rules = discover(request), Ruleset(project.choice)
    keep_out(training_set)
    with progress_bar("checking masks", training_set.pair_count) as advance:
        return run_rules(training_set, rules, project.expectations, advance, executor, ledger)


def _put_out(
    reports: list[Report], form: str, output_file: str | None, outputs: Outputs, show_all: bool
) -> None:
    from maskprep.checking.verdict import verdict_of
    from maskprep.reporters import has_verdict, render

    if output_file is not None:
        from pathlib import Path

        parts = render(form, reports)
        content = (part.encode("utf-8", "backslashreplace") for part in parts)
        outputs.write(Path(output_file), content)
        _tell(f"{output_file}: written")
    elif sys.stdout is None:
        pass  # nobody reads it, and Click before 8.1 would fail
    elif form == "text":
        _print(reports, show_all)
    else:
        for part in render(form, reports):
            click.echo(part, nl=False)
    for report in reports:
        if report.stops and not has_verdict(form):
            _tell(f"{report.training_set.name}: {verdict_of(report).outcome}")


def _print(reports: list[Report], show_all: bool) -> None:
    from maskprep.cli.screen import is_plain, plain_console
    from maskprep.reporters.text import as_plain, print_report

    for place, report in enumerate(reports):
        # Click would write UTF-8 where ASCII is asked for, but to a file that it is given.
        if place:
            click.echo(file=sys.stdout)
        if is_plain(sys.stdout):
            click.echo(as_plain(report, show_all=show_all), file=sys.stdout, nl=False)
        else:
            print_report(report, plain_console(), show_all=show_all)


def _exit_code(report: Report, fail_on: str) -> int:
    from maskprep.model import Severity

    if report.faults or any(finding.name == "unparsable" for finding in report.findings):
        return 2
    if fail_on == "never":
        return 0
    if report.stops:
        return 1  # a run that stops is never clean, whatever its rules' severities
    level = Severity(fail_on)
    return int(any(finding.severity.reaches(level) for finding in report.findings))
