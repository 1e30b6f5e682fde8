"""``maskprep report``."""

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


@click.command(cls=TrainerCommand)
@data_options
@click.option(
    "-o",
    "--output",
    type=LocalPath(dir_okay=False),
    required=True,
    metavar="FILE",
    help="The page: one HTML file, or of more than 300 pairs FILE, FILE-2 and so on.",
)
@click.option(
    "--compare",
    type=LocalPath(file_okay=False),
    metavar="DIR",
    help="Other masks of the same names, to be laid against those that train.",
)
@click.option(
    "--lang",
    type=click.Choice(["en", "ja", "zh"]),
    help="The page's first language.  [default: the browser's]",
)
@click.option(
    "--also",
    multiple=True,
    metavar="NAME[@VERSION]",
    help="Also show what this trainer would see; may be repeated; all for every one.",
)
@click.option("--overwrite", is_flag=True, help="Replace files that are there.")
@environment_option
@choice_options
@ledger_options
def report(
    requests: list[Request],
    output: str,
    compare: str | None,
    lang: str | None,
    also: tuple[str, ...],
    overwrite: bool,
    project_of: Callable[[str], Project],
    ledger: Ledger | None,
    environment: Environment | None,
) -> None:
    """Write a page that shows what will train, and lets you try the mend.

    One HTML file for any browser, without a network: the verdict and what to do, every mask as the
    trainer sees it, the worst first, and a slider that grows a mask and tells what comes of it.

    \b
    maskprep report dataset.toml -o report.html
    maskprep report dataset.toml -o report.html --compare masks-before/
    maskprep report dataset.toml -o report.html --also onetrainer --also ai-toolkit

    Exit code: 0 written, 1 some pairs could not be shown, 2 could not do the job.
    """
    from dataclasses import replace
    from pathlib import Path

    from maskprep.checking.choice import Ruleset
    from maskprep.checking.compared import seats_of
    from maskprep.cli.judging import Judge
    from maskprep.cli.progress import progress_bar
    from maskprep.dataset.discover import discover_pairs
    from maskprep.errors import printable
    from maskprep.page.report import Wanted, write_report

    request = replace(one_request(requests), environment=environment)
    training_set = discover_pairs(request)
    seats = seats_of(() if "all" in also else also, training_set.model) if also else ()
    judge = Judge(project_of(request.target), ledger)
    lost_below = float(Ruleset(judge.project.choice).setting("detail-lost", "threshold"))
    with progress_bar("looking at masks", 2 * training_set.pair_count) as advance:
        written = write_report(
            training_set,
            Path(output),
            Wanted(lang, lost_below, compare, seats),
            judge=lambda found: judge(found, advance),
            overwrite=overwrite,
            progress=advance,
        )
    if ledger is not None:
        ledger.close()
    for path, problem in written.problems:
        click.echo(printable(f"{path}: not shown: {problem}"), err=True)
    pairs = "1 pair" if training_set.pair_count == 1 else f"{training_set.pair_count} pairs"
    more = f" to {written.pages[-1].name}" if len(written.pages) > 1 else ""
    click.echo(printable(f"{output}{more}: {pairs}; open it in a browser"))
    raise SystemExit(2 if written.faults else int(bool(written.problems)))
