"""``maskprep embed``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from maskprep.cli.options import TrainerCommand, data_options, one_request, writing_options

if TYPE_CHECKING:
    from maskprep.dataset.discover import Request
    from maskprep.editing.embed import Embedded
    from maskprep.editing.plan import Destination
    from maskprep.masks.hidden import Fill


@click.command(cls=TrainerCommand)
@data_options
@writing_options
@click.option(
    "--fill-hidden",
    type=click.Choice(["keep", "edge", "blur", "mean"]),
    default="keep",
    show_default=True,
    help="Colours under fully transparent pixels, which the VAE sees: the nearest colour that"
    " shows, the same softened, or the mean of all.",
)
def embed(requests: list[Request], destination: Destination, fill_hidden: Fill) -> None:
    """Put mask files into the alpha channel of their images.

    Copies of the images as RGBA PNG, colours and mask bit for bit, for alpha_mask. Captions, text,
    EXIF, resolution and colour profile come along. The way back is maskprep extract.

    \b
    maskprep embed dataset.toml --output with-alpha/
    maskprep embed images/ --masks masks/ --output with-alpha/

    Exit code: 0 all written, 1 some could not be, 2 could not do the job.
    """
    from maskprep.cli.outcomes import tell_outcomes
    from maskprep.cli.progress import progress_bar
    from maskprep.cli.steps import next_step
    from maskprep.dataset.discover import discover_pairs
    from maskprep.editing.embed import embed as embed_masks

    request = one_request(requests)
    training_set = discover_pairs(request)
    with progress_bar("embedding masks", training_set.pair_count) as advance:
        carried = embed_masks(training_set, destination, fill_hidden=fill_hidden, progress=advance)
    step = next_step(request, training_set, carried, destination, "alpha")
    code = tell_outcomes(carried, destination, _words, step)
    if len(carried.failed) < len(carried.outcomes):
        click.echo(training_set.trainer.words.use_embedded, err=True)
    raise SystemExit(code)


def _words(row: Embedded) -> list[str]:
    return [f"coverage {row.coverage:.2%}, {row.hidden:.0%} of it hidden"]
