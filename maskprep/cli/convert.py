"""``maskprep convert``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from maskprep.cli.adopt import tell_end, tell_plan
from maskprep.cli.options import LocalPath, TrainerCommand, data_options, one_request

if TYPE_CHECKING:
    from pathlib import Path

    from maskprep.dataset.discover import Request
    from maskprep.exporting.moves import NewSet
    from maskprep.model import ModelTraits
    from maskprep.trainers.base import Trainer


@click.command(cls=TrainerCommand)
@data_options
@click.option("--to", required=True, metavar="NAME[@VERSION]", help="Who is to train it.")
@click.option(
    "-o",
    "--output",
    type=LocalPath(file_okay=False),
    required=True,
    metavar="DIR",
    help="Make the data set there: a new folder, outside of DATASET.",
)
@click.option(
    "--to-model",
    metavar="NAME",
    help="What is to be trained.  [default: the same, or its trainer's own default]",
)
@click.option("--into-alpha", is_flag=True, help="Masks become the images' alpha, and no files.")
@click.option("--whole", is_flag=True, help="Images that lack their mask train whole.")
@click.option("--copy", is_flag=True, help="Copy files.  [default: hard links where they can be]")
@click.option("--dry-run", is_flag=True, help="Say what would be done, write nothing.")
@click.option("--all", "show_all", is_flag=True, help="List every file that is left out.")
def convert(
    requests: list[Request],
    to: str,
    output: str,
    to_model: str | None,
    into_alpha: bool,
    whole: bool,
    copy: bool,
    dry_run: bool,
    show_all: bool,
) -> None:
    """Lay a data set of one trainer out for another one.

    Masks become 8-bit grey PNG files as the one weighs them, where the other looks for them;
    images are linked, captions carried along. What the other cannot be told is said first.
    DATASET is a configuration of any trainer, a folder with --masks or --alpha, JSON lines with
    image, text and mask, or any tree: that is sorted as by adopt. It stays as it is.

    \b
    maskprep convert dataset.toml --to onetrainer -o for-onetrainer --dry-run
    maskprep convert dataset.toml --to onetrainer -o for-onetrainer
    maskprep convert images/ --trainer onetrainer --to sd-scripts -o back

    Exit code: 0 done, 1 written, and the run would stop, 2 could not do the job.
    """
    from pathlib import Path

    from maskprep.cli.progress import progress_bar
    from maskprep.exporting.moves import carry_out
    from maskprep.trainers import find_trainer

    request, trainer = one_request(requests), find_trainer(to)
    plan, model = _plan(request, trainer, to_model, Path(output), into_alpha, whole)
    tell_plan(plan, show_all)
    if dry_run:
        click.echo("Nothing is written: run it again without --dry-run.")
        return
    written = carry_out(plan, trainer, model, copy=copy, progress_bar=progress_bar)
    tell_end(written)
    raise SystemExit(int(bool(written.obstacles)))


def _plan(
    request: Request,
    trainer: Trainer,
    to_model: str | None,
    output: Path,
    into_alpha: bool,
    whole: bool,
) -> tuple[NewSet, ModelTraits]:
    from maskprep.cli.progress import progress_bar
    from maskprep.dataset.discover import discover_pairs
    from maskprep.dataset.listed import ENDING
    from maskprep.exporting.adopt import plan_adoption
    from maskprep.exporting.convert import plan_conversion, plan_listed
    from maskprep.files import storage
    from maskprep.trainers import find_model

    target = request.target
    is_listing = target.endswith(ENDING)
    is_told = request.masks is not None or request.alpha or request.trainer.masks_beside
    if not is_listing and (is_told or not storage.isdir(target)):
        found = discover_pairs(request)
        same = found.model.name if found.model.name in trainer.models else None
        model = find_model(trainer, to_model or same)
        plan = plan_conversion(
            found,
            output,
            trainer,
            model,
            whole=whole,
            into_alpha=into_alpha,
            progress_bar=progress_bar,
        )
        return plan, model
    if into_alpha:
        raise click.UsageError("--into-alpha goes with a data set that a trainer reads")
    model = find_model(trainer, to_model)
    if is_listing:
        plan = plan_listed(target, output, trainer, whole=whole, progress_bar=progress_bar)
    else:
        plan = plan_adoption([target], output, trainer, whole=whole, progress_bar=progress_bar)
    return plan, model
