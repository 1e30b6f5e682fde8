"""``maskprep preview``."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from maskprep.cli.choosing import choice_options
from maskprep.cli.options import (
    LocalPath,
    TrainerCommand,
    data_options,
    environment_option,
    ledger_options,
    one_request,
)

if TYPE_CHECKING:
    from maskprep.checking.ledger import Ledger
    from maskprep.checking.project import Project
    from maskprep.dataset.discover import Request
    from maskprep.model import Environment
    from maskprep.pictures.preview import Outcome, Previews


@click.command(cls=TrainerCommand)
@data_options
@click.option(
    "-o", "--output", type=LocalPath(file_okay=False), help="Folder for the pictures, one a pair."
)
@click.option(
    "--weights", type=LocalPath(file_okay=False), help="Folder for the weights, one .npy a pair."
)
@click.option("--term", is_flag=True, help="Draw the cells in the terminal: the worst pair's.")
@click.option(
    "--worst", type=click.IntRange(min=1), metavar="N", help="Only the N worst of the pairs."
)
@click.option("--sheet-only", is_flag=True, help="Contact sheets, and no picture a pair.")
@click.option("--jpeg", is_flag=True, help="JPEG instead of PNG: less than half as large.")
@click.option("--overwrite", is_flag=True, help="Replace files that are there.")
@environment_option
@choice_options
@ledger_options
def preview(
    requests: list[Request],
    output: str | None,
    weights: str | None,
    term: bool,
    worst: int | None,
    sheet_only: bool,
    jpeg: bool,
    overwrite: bool,
    project_of: Callable[[str], Project],
    ledger: Ledger | None,
    environment: Environment | None,
) -> None:
    """Draw what the trainer will see of every mask.

    Per pair one picture: your mask over the image, and the latent cells as the trainer weighs
    them, blue trains, orange is ignored. And a contact sheet of the whole set, worst first: by
    what check finds, then by what is lost.

    \b
    maskprep preview dataset.toml --output previews/
    maskprep preview dataset.toml --output worst/ --worst 20 --jpeg
    maskprep preview dataset.toml --term --only cat.png
    maskprep preview dataset.toml --weights weights/

    Exit code: 0 all drawn, 1 some could not be, 2 could not do the job.
    """
    if output is None and weights is None and not term:
        raise click.UsageError("say where to draw: --output DIR, --weights DIR, or --term")
    if output is None and (sheet_only or jpeg):
        raise click.UsageError("--sheet-only and --jpeg go with --output DIR")
    from dataclasses import replace
    from functools import partial
    from pathlib import Path

    from maskprep.checking.choice import Ruleset
    from maskprep.cli.judging import Judge
    from maskprep.cli.progress import progress_bar
    from maskprep.dataset.discover import discover_pairs
    from maskprep.dataset.libraries import notes_of
    from maskprep.errors import printable
    from maskprep.pictures.preview import Drawing
    from maskprep.pictures.preview import preview as draw

    request = replace(one_request(requests), environment=environment)
    training_set = discover_pairs(request)
    judge = Judge(project_of(request.target), ledger)
    lost_below = float(Ruleset(judge.project.choice).setting("detail-lost", "threshold"))
    code = 0
    if output is not None or weights is not None:
        drawing = Drawing(worst, not sheet_only, jpeg, lost_below)
        pairs = training_set.pair_count
        judged = 0 if output is None and worst is None else pairs
        with progress_bar("drawing masks", judged + min(pairs, worst or pairs)) as advance:
            previews = draw(
                training_set,
                Path(output) if output is not None else None,
                Path(weights) if weights is not None else None,
                drawing,
                judge=partial(judge, progress=advance),
                overwrite=overwrite,
                progress=advance,
            )
        code = _tell(previews, output, weights, pages=not sheet_only)
        for line in notes_of(training_set, previews.outcomes):
            click.echo(printable(line))
    if term:
        from maskprep.cli.cells import print_cells

        shown = worst or (None if request.only else 1)
        code = max(code, print_cells(training_set, judge(training_set), shown, lost_below))
    if ledger is not None:
        ledger.close()
    raise SystemExit(code)


def _tell(previews: Previews, output: str | None, weights: str | None, *, pages: bool) -> int:
    """Print what was written and what was not, and give the exit code."""
    from maskprep.errors import printable

    failed = [outcome for outcome in previews.outcomes if outcome.problem]
    for outcome in failed:
        click.echo(printable(f"{outcome.image}: not drawn: {outcome.problem}"), err=True)
    told = _counted(previews.outcomes)
    if output is not None:
        names = [path.name for path in previews.sheets]
        sheets = names[0] if len(names) == 1 else f"{names[0]} to {names[-1]}"
        drawn = f"{told} drawn, and {sheets}" if pages else f"{sheets} with {told}"
        click.echo(printable(f"{output}: {drawn}"))
    if weights is not None and len(failed) < len(previews.outcomes):
        click.echo(printable(f"{weights}: the weights of {told}"))
    if any(outcome.is_fault for outcome in failed):
        return 2
    return int(bool(failed))


def _counted(outcomes: tuple[Outcome, ...]) -> str:
    made, total = sum(not each.problem for each in outcomes), len(outcomes)
    pairs = "1 pair" if total == 1 else f"{total} pairs"
    return pairs if made == total else f"{made} of {pairs}"
