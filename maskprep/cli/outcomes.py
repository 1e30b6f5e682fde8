"""Tell what became of a plan: a line a file, what comes next, problems on stderr, the exit code."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

import click

if TYPE_CHECKING:
    from maskprep.editing.plan import Carried, Destination

Row = TypeVar("Row")


def tell_outcomes(
    carried: Carried[Row],
    destination: Destination,
    describe: Callable[[Row], list[str]],
    step: str,
) -> int:
    """Print what was written, and what was not.

    Parameters
    ----------
    carried : Carried
        What became of the plan.
    destination : Destination
        Where it was to go.
    describe : callable
        From an outcome's row to lines: the first beside the file's name, others beneath.
    step : str
        What comes next, told where anything was written; see `maskprep.cli.steps`.

    Returns
    -------
    int
        The exit code: 0 where all was done, 1 where some files could not be, 2 where maskprep
        itself failed at one.
    """
    from pathlib import Path

    from maskprep.errors import printable

    noted: dict[str, list[str]] = {}
    for outcome in carried.outcomes:
        if outcome.problem or outcome.row is None:
            click.echo(printable(f"{outcome.source}: {outcome.problem}"), err=True)
            continue
        in_place = outcome.target == Path(outcome.source)
        goal = "" if in_place else f" -> {outcome.target}"
        told, *beneath = describe(outcome.row)
        told += "" if outcome.changed else ", stays as it is"
        click.echo(printable(f"{outcome.source}{goal}: {told}"))
        for line in beneath:
            click.echo(printable(f"    {line}"))
        for note in outcome.notes:
            noted.setdefault(note, []).append(outcome.source)
    for note, sources in noted.items():
        others = len(sources) - 1
        more = f" (and {others} more {'files' if others > 1 else 'file'})" if others else ""
        click.echo(printable(f"{sources[0]}{more}: {note}"), err=True)
    click.echo(printable(_summary(carried, destination)))
    if not destination.dry_run and len(carried.failed) < len(carried.outcomes):
        click.echo(printable(f"next: {step}"))
    if any(outcome.is_fault for outcome in carried.failed):
        return 2
    return 1 if carried.failed else 0


def _summary(carried: Carried[Row], destination: Destination) -> str:
    from maskprep.files.backup import undo_command

    whole = [outcome for outcome in carried.outcomes if not outcome.problem]
    changed = sum(outcome.changed for outcome in whole)
    would = "would be " if destination.dry_run else ""
    if destination.output is not None:
        count = f"{len(whole)} of {len(carried.outcomes)} files {would}written"
        return f"{destination.output}: {count}, {changed} of them changed"
    told = f"{changed} of {len(carried.outcomes)} files {would}changed in place"
    if carried.backups:
        told += f"; to go back: {undo_command(carried.backups)}"
    return told
