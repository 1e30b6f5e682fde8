"""``maskprep adopt``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from maskprep.cli.options import LocalPath, TrainerCommand, trainer_options

if TYPE_CHECKING:
    from collections.abc import Iterator

    from maskprep.exporting.moves import NewSet, Written
    from maskprep.model import ModelTraits
    from maskprep.trainers.base import Trainer

#: Columns of the labels.
_LABELS = 8
#: Files named of each reason to leave some out.
_SHOWN = 3


@click.command(cls=TrainerCommand)
@click.argument("folders", metavar="FOLDER...", nargs=-1, required=True)
@click.option(
    "-o",
    "--output",
    type=LocalPath(file_okay=False),
    required=True,
    metavar="DIR",
    help="Make the data set there: a new folder, in none of the others.",
)
@click.option("--whole", is_flag=True, help="Images without a mask train whole.  [default: out]")
@click.option("--copy", is_flag=True, help="Copy files.  [default: hard links where they can be]")
@click.option("--dry-run", is_flag=True, help="Say what would be done, write nothing.")
@click.option("--all", "show_all", is_flag=True, help="List every file that is left out.")
@trainer_options
def adopt(
    folders: tuple[str, ...],
    output: str,
    whole: bool,
    copy: bool,
    dry_run: bool,
    show_all: bool,
    trainer: Trainer,
    model: ModelTraits,
) -> None:
    """Make a data set of whatever folders you have.

    Masks may lie beside their images under other names, or in folders of their own; images in
    sub-folders, captions beside them or elsewhere. What is taken for what is told, and what is left
    out. FOLDER stays as it is.

    \b
    maskprep adopt photos/ -o set --dry-run
    maskprep adopt photos/ -o set
    maskprep check set/dataset.toml --fix --unsafe-fixes

    Exit code: 0 done, 2 could not do the job.
    """
    from pathlib import Path

    from maskprep.cli.progress import progress_bar
    from maskprep.exporting.adopt import plan_adoption
    from maskprep.exporting.moves import carry_out

    plan = plan_adoption(folders, Path(output), trainer, whole=whole, progress_bar=progress_bar)
    tell_plan(plan, show_all)
    if dry_run:
        click.echo("Nothing is written: run it again without --dry-run.")
        return
    tell_end(carry_out(plan, trainer, model, copy=copy, progress_bar=progress_bar))


def tell_plan(plan: NewSet, show_all: bool) -> None:
    """Print what is going to be made of what, and what is not."""
    from maskprep.cli.screen import plain_console, print_row
    from maskprep.errors import printable

    console = plain_console()
    parts = {
        "found": plan.told,
        "makes": tuple(_made(plan)),
        "leaves": tuple(_left(plan, show_all)),
        "differs": plan.lost,
    }
    for label, lines in parts.items():
        for place, line in enumerate(lines):
            print_row(console, printable(line), "" if place else label, hanging=_LABELS)


def _made(plan: NewSet) -> Iterator[str]:
    from pathlib import Path

    from maskprep.model import MaskSource

    for folder in plan.folders:
        inside = Path(folder.images)
        images = {
            move.source
            for move in plan.moves
            if move.target.parent == inside and not move.is_caption and not move.is_mask
        }
        told = f"{folder.images}: {len(images)} {'image' if len(images) == 1 else 'images'}"
        beside = ", masks beside them" if folder.masks is None else f", masks in {folder.masks}"
        yield (
            told
            + {
                MaskSource.FILE: beside,
                MaskSource.ALPHA: ", masks in their alpha",
                MaskSource.NONE: ", without masks: they train whole",
            }[folder.source]
        )


def _left(plan: NewSet, show_all: bool) -> Iterator[str]:
    for why, paths in plan.left.items():
        shown = paths if show_all else paths[:_SHOWN]
        more = f", … ({len(paths) - len(shown)} more: --all)" if len(shown) < len(paths) else ""
        yield f"{why} ({len(paths)}): {', '.join(shown)}{more}"


def tell_end(written: Written) -> None:
    """Print what was written, and what is to be typed next."""
    from maskprep.errors import printable
    from maskprep.files.shell import typed
    from maskprep.mending.fixes import FIXES

    for line in (*written.remarks, *written.obstacles):
        click.echo(printable(line), err=True)
    mendable = {fix.rule for fix in FIXES}
    findings = written.findings
    command = ["maskprep", "check", written.path]
    if any(finding.name in mendable for finding in findings):
        command += ["--fix", "--unsafe-fixes"]
    told = f"; next: {typed(command)}" if findings else ", and nothing is to be mended"
    click.echo(printable(f"{written.path}: written{told}"))
    if written.flags:
        click.echo(printable(f"Start the trainer with: {written.flags}"))
