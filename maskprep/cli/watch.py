"""``maskprep watch``."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from maskprep.cli.choosing import choice_options
from maskprep.cli.options import (
    LocalPath,
    TrainerCommand,
    data_options,
    ledger_options,
    one_request,
)

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

    from maskprep.checking.ledger import Ledger
    from maskprep.checking.project import Project
    from maskprep.checking.watch import Saved, Standing, Watch
    from maskprep.dataset.discover import Request
    from maskprep.model.report import Finding

_STYLES = {"error": "bold red", "warning": "yellow", "info": "cyan"}
_TRAINS = {"masked": "with its mask", "whole": "whole", None: "not at all: the run stops at it"}
#: Pairs drawn of those that were saved together.
_DRAWN = 3
#: Columns of what stands before a finding.
_LABELS = 9


@click.command(cls=TrainerCommand)
@data_options
@click.option("--term", is_flag=True, help="Also draw the cells of what was saved.")
@click.option(
    "--page",
    type=LocalPath(dir_okay=False),
    metavar="FILE",
    help="Also keep the page of maskprep report up to date; an open one follows.",
)
@click.option("--overwrite", is_flag=True, help="Replace a page that is there.")
@choice_options
@ledger_options
def watch(
    requests: list[Request],
    term: bool,
    page: str | None,
    overwrite: bool,
    project_of: Callable[[str], Project],
    ledger: Ledger | None,
) -> None:
    """Judge each mask again as it is saved, while somebody paints.

    Per saved mask a few lines: what it was, and what it is. Needs watchfiles: pip install
    "maskprep[watch]". Ctrl-C ends it.

    \b
    maskprep watch dataset.toml
    maskprep watch dataset.toml --page report.html
    maskprep watch dataset.toml --term --only 'cat-*'
    maskprep watch images/ --masks masks/ --select detail-lost

    Exit code: 0 broken off, 2 could not do the job.
    """
    from pathlib import Path

    from maskprep.checking.choice import Ruleset
    from maskprep.checking.watch import Watch
    from maskprep.cli.progress import progress_bar
    from maskprep.dataset.discover import discover
    from maskprep.errors import printable
    from maskprep.files.watching import refuse_unwatchable
    from maskprep.page.live import LivePage
    from maskprep.page.report import Wanted

    request = one_request(requests)
    refuse_unwatchable(discover(request).places)
    project = project_of(request.target)
    lost_below = float(Ruleset(project.choice).setting("detail-lost", "threshold"))
    live = (
        None
        if page is None
        else LivePage(Path(page), Wanted(None, lost_below), overwrite=overwrite)
    )
    told = None if live is None else live.show
    try:
        watched = Watch(request, project, ledger, told, progress_bar=progress_bar)
        if live is not None:
            click.echo(printable(f"maskprep: {page}: open it in a browser, it follows"), err=True)
        _follow(watched, request.target, lost_below if term else None)
    except KeyboardInterrupt:
        click.echo("maskprep: no longer watching", err=True)
    finally:
        if live is not None:
            live.end()
        if ledger is not None:
            ledger.close()


def _follow(watched: Watch, name: str, lost_below: float | None) -> None:
    """Tell what is saved until the user breaks it off; draw it where it is said what is lost."""
    from maskprep.errors import printable
    from maskprep.files.watching import changes_in

    pairs = "1 pair" if watched.pair_count == 1 else f"{watched.pair_count} pairs"
    told = printable(f"maskprep: {name}: watching {pairs}; Ctrl-C ends it")
    folders: tuple[str, ...] = ()
    while folders != watched.folders:  # other folders may come to hold files of pairs
        folders = watched.folders
        for touched in changes_in(folders):
            if told:
                click.echo(told, err=True)  # not before: what is saved from now on is seen
                told = ""
            if touched:
                _tell(watched, touched, lost_below)
            if folders != watched.folders:
                break


def _tell(watched: Watch, touched: frozenset[str], lost_below: float | None) -> None:
    from maskprep.cli.cells import print_cells
    from maskprep.cli.screen import plain_console
    from maskprep.errors import MaskprepError, printable

    saved = None
    try:
        for saved in watched.saved(touched):
            _print(plain_console(), saved)
    except MaskprepError as error:  # it may come again
        click.echo(printable(f"maskprep: {error}"), err=True)
    if saved is not None and lost_below is not None:
        print_cells(saved.part, saved.report, _DRAWN, lost_below)


def _print(console: Console, saved: Saved) -> None:
    from datetime import datetime

    from rich.text import Text

    from maskprep.cli.screen import print_row
    from maskprep.errors import printable

    clock = datetime.now().strftime("%H:%M:%S")
    row = (saved.after or saved.before).row  # type: ignore[union-attr] # one of both is there
    head = Text(printable(row.mask or row.image), style="bold")
    print_row(console, head, f"{clock} ", len(clock) + 1)
    print_row(console, _words(saved), "", _LABELS)
    for label, findings in (("gone", saved.gone), ("new", saved.new), ("still", saved.left)):
        for each in findings:
            print_row(console, _told(each, label), label.rjust(_LABELS - 1) + " ", _LABELS)


def _words(saved: Saved) -> str:
    """Say what it was, and what it is."""
    if saved.after is None:
        return "is no longer there"
    now = _measures(saved.after)
    then = now if saved.before is None else _measures(saved.before)
    told = [
        f"{label} {then[label]} -> {new}" if then.get(label, new) != new else f"{label} {new}"
        for label, new in now.items()
    ]
    words = ", ".join(told)
    return f"is new: {words}" if saved.before is None else words


def _measures(standing: Standing) -> dict[str, str]:
    """Put a pair's numbers into words, by their labels; what is not known is left out."""
    row = standing.row
    measures = {"trains": _TRAINS[row.trains]}
    if row.coverage is not None:
        measures["coverage"] = f"{row.coverage:.2%}"
    if row.weight_mean is not None:
        measures["mean weight"] = f"{row.weight_mean:.3f}"
    if row.details is not None:
        measures["lost details"] = f"{row.details_lost} of {row.details}"
    if row.detail_weight_min is not None:
        measures["weakest"] = f"{row.detail_weight_min:.2f}"
    return measures


def _told(finding: Finding, label: str) -> Text:
    from rich.text import Text

    from maskprep.errors import printable

    line = Text().append(finding.severity.value, _STYLES[finding.severity.value])
    line.append(f" {finding.code} {finding.name}", style="bold")
    return line if label == "gone" else line.append(printable(f": {finding.message}"))
