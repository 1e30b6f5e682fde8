"""``maskprep preview``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from maskprep.cli.options import (
    LocalPath,
    TrainerCommand,
    data_options,
    environment_option,
    one_request,
)

if TYPE_CHECKING:
    from maskprep.dataset.discover import Request
    from maskprep.model import Environment


@click.command(cls=TrainerCommand)
@data_options
@click.option(
    "--output", type=LocalPath(file_okay=False), help="Folder for the pictures, one a pair."
)
@click.option(
    "--weights", type=LocalPath(file_okay=False), help="Folder for the weights, one .npy a pair."
)
@click.option("--overwrite", is_flag=True, help="Replace files that are there.")
@environment_option
def preview(
    requests: list[Request],
    output: str | None,
    weights: str | None,
    overwrite: bool,
    environment: Environment | None,
) -> None:
    """Draw what the trainer will see of every mask.

    Per pair one picture: your mask over the image, and the latent cells as the trainer weighs
    them, blue trains, orange is ignored. And a contact sheet of the whole set, worst first.

    \b
    maskprep preview dataset.toml --output previews/
    maskprep preview dataset.toml --weights weights/

    Exit code: 0 all drawn, 1 some could not be, 2 could not do the job.
    """
    if output is None and weights is None:
        raise click.UsageError("say where to write: --output DIR, --weights DIR, or both")
    from dataclasses import replace
    from pathlib import Path

    from maskprep.cli.progress import progress_bar
    from maskprep.dataset.discover import discover_pairs
    from maskprep.dataset.libraries import notes_of
    from maskprep.errors import printable
    from maskprep.pictures.preview import preview as draw

    training_set = discover_pairs(replace(one_request(requests), environment=environment))
    with progress_bar("drawing masks", training_set.pair_count) as advance:
        outcomes = draw(
            training_set,
            Path(output) if output is not None else None,
            Path(weights) if weights is not None else None,
            overwrite=overwrite,
            progress=advance,
        )
    failed = [outcome for outcome in outcomes if outcome.problem]
    for outcome in failed:
        click.echo(printable(f"{outcome.image}: not drawn: {outcome.problem}"), err=True)
    made = len(outcomes) - len(failed)
    if output is not None and made:
        click.echo(f"{output}: {made} of {len(outcomes)} pairs drawn, and contact-sheet.png")
    if weights is not None and made:
        click.echo(f"{weights}: the weights of {made} of {len(outcomes)} pairs")
    for line in notes_of(training_set, outcomes):
        click.echo(printable(line))
    if any(outcome.is_fault for outcome in failed):
        raise SystemExit(2)
    raise SystemExit(1 if failed else 0)
