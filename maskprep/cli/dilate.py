"""``maskprep dilate``."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import click

from maskprep.cli.options import (
    Finite,
    TrainerCommand,
    data_options,
    executor_options,
    one_request,
    writing_options,
)

if TYPE_CHECKING:
    from maskprep.dataset.discover import Request
    from maskprep.dataset.growth import Side
    from maskprep.editing.dilate import Grown
    from maskprep.editing.plan import Destination
    from maskprep.masks.hidden import Fill
    from maskprep.masks.morphology import Shape
    from maskprep.running.parallel import Executor

#: More px, or cells, than any picture has: beyond it nothing more is grown.
_MOST = 1e6
_ABOVE_ZERO = Finite(min=0, min_open=True, max=_MOST)
#: A softer edge than this, in px, is none.
_MOST_FEATHER = 200
#: Masks whose details grow from which processes are worth their start: threads wait for each other.
_MANY = 40
#: Details listed of one mask; the weakest first.
_SHOWN = 3


@click.command(cls=TrainerCommand)
@data_options
@writing_options
@partial(executor_options, many=_MANY)
@click.option("--radius", type=_ABOVE_ZERO, metavar="PX", help="Grow by this many px of the mask.")
@click.option("--cells", type=_ABOVE_ZERO, metavar="N", help="Grow by this many latent cells.")
@click.option(
    "--target",
    type=Finite(0, 1, min_open=True),
    metavar="W",
    help="Grow each fine detail by the smallest radius that lifts its weight to W, say 0.7.",
)
@click.option(
    "--details", is_flag=True, help="With --radius or --cells: grow fine details, not the body."
)
@click.option(
    "--shape",
    type=click.Choice(["disk", "square", "diamond"]),
    default="disk",
    show_default=True,
    help="What it grows by.",
)
@click.option(
    "--side",
    type=click.Choice(["train", "ignore"]),
    default="train",
    show_default=True,
    help="Grow what trains, or what is left out: watermarks, faces.",
)
@click.option(
    "--feather",
    type=Finite(min=0, max=_MOST_FEATHER),
    default=0,
    metavar="PX",
    help="Then soften edges: a Gaussian's standard deviation.",
)
@click.option(
    "--fill-hidden",
    type=click.Choice(["keep", "edge", "blur", "mean"]),
    default="keep",
    show_default=True,
    help="Alpha: colours to put under transparent pixels before they train.",
)
@click.option("--all", "show_all", is_flag=True, help="List every detail, not the weakest few.")
def dilate(
    requests: list[Request],
    destination: Destination,
    radius: float | None,
    cells: float | None,
    target: float | None,
    details: bool,
    shape: Shape,
    side: Side,
    feather: float,
    fill_hidden: Fill,
    show_all: bool,
    executor: Executor,
) -> None:
    """Grow masks, so that fine details survive the latent grid.

    Hair, ear-rings and threads fill a latent cell in part, and train in part. --target grows each
    of them just enough, computed by what the trainer does, and leaves the rest of the mask alone.

    \b
    maskprep dilate dataset.toml --target 0.7 --output grown/
    maskprep dilate images/ --masks masks/ --radius 4 --in-place
    maskprep dilate dataset.toml --cells 0.5 --details --output grown/

    To shrink what trains, grow the other side: --side ignore.

    Exit code: 0 done, 1 some files could not be grown, 2 could not do the job. A detail that no
    growth lifts to the target is left as it is, and told.
    """
    if sum(value is not None for value in (radius, cells, target)) != 1:
        raise click.UsageError("say how far: one of --radius PX, --cells N and --target W")
    from maskprep.cli.outcomes import tell_outcomes
    from maskprep.cli.progress import progress_bar
    from maskprep.cli.steps import Made, next_step
    from maskprep.dataset.discover import discover_pairs
    from maskprep.editing.dilate import dilate as grow
    from maskprep.model import MaskSource
    from maskprep.running.parallel import ThisMachine, Threads

    if target is None and not details and isinstance(executor, ThisMachine):
        executor = Threads(executor.workers)  # which leave each other free, then
    request = one_request(requests)
    training_set = discover_pairs(request)
    with progress_bar("growing masks", training_set.pair_count) as advance:
        carried = grow(
            training_set,
            destination,
            radius=radius,
            cells=cells,
            target=target,
            details=details,
            shape=shape,
            side=side,
            feather=feather,
            fill_hidden=fill_hidden,
            progress=advance,
            executor=executor,
        )

    def describe(grown: Grown) -> list[str]:
        return _lines(grown, target, None if show_all else _SHOWN)

    sources = {each.source for dataset in training_set.datasets for each in dataset.subsets}
    made: Made = "both" if MaskSource.FILE in sources else "alpha"
    if MaskSource.ALPHA not in sources:
        made = "masks"
    step = next_step(request, training_set, carried, destination, made)
    raise SystemExit(tell_outcomes(carried, destination, describe, step))


def _lines(grown: Grown, target: float | None, shown: int | None) -> list[str]:
    coverage = f"coverage {grown.coverage_before:.2%} -> {grown.coverage_after:.2%}"
    if grown.details is None:
        return [coverage if not grown.radius else f"grown by {grown.radius:g} px, {coverage}"]
    moved = [each for each in grown.details if each.radius]
    short = [each for each in grown.details if target is not None and not each.reaches(target)]
    words = [_count(len(grown.details), "detail"), f"{len(moved)} grown"]
    if short:
        words.append(f"{len(short)} left under {target:g}: no radius lifts them")
    if grown.cut_off:
        words.append(f"{grown.cut_off} more in what the crop cuts off: no growth mends that")
    lines = [", ".join([*words, coverage])]
    telling = sorted((*moved, *short), key=lambda each: each.before)
    for each in telling[:shown]:
        box = each.box
        place = f"at {box.left:.0f},{box.top:.0f} ({box.width:.0f} x {box.height:.0f} px)"
        change = f"weight {_number(each.before, target)} -> {_number(each.after, target)}"
        lines.append(f"{change}, grown by {each.radius:g} px, {place}")
    if len(telling) > len(lines) - 1:
        lines.append(f"... and {len(telling) - len(lines) + 1} more (--all lists each)")
    return lines


def _number(weight: float, target: float | None) -> str:
    from maskprep.masks.latent import told

    return told(weight, target if target is not None else 1)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
