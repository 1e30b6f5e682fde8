"""``maskprep compare``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from maskprep.cli.options import LocalPath, TrainerCommand, data_options, one_request

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from maskprep.checking.compared import ComparedPair, Seat, Seen
    from maskprep.dataset.discover import Request

#: Pairs that are printed, unless all are asked for: those of which trainers differ most.
_SHOWN = 5


class _Comparing(TrainerCommand):
    """Takes ``--trainer`` several times, for who looks on: whose layout it is has another name."""

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """Give the parameters of all trainers' commands, but for that one."""
        whose = click.Option(
            ["--laid-out-for", "trainer"],
            metavar="NAME",
            help="Whose layout DATASET has.  [default: whose configuration it is, else sd-scripts]",
        )
        return [whose if each.name == "trainer" else each for each in super().get_params(ctx)]


@click.command(cls=_Comparing)
@data_options
@click.option(
    "--trainer",
    "others",
    multiple=True,
    metavar="NAME[@VERSION]",
    help="Who looks on; may be repeated.  [default: all, each generation]",
)
@click.option(
    "-o",
    "--output",
    type=LocalPath(file_okay=False),
    metavar="DIR",
    help="A picture a pair.",
)
@click.option("--all", "show_all", is_flag=True, help="Print every pair, in the data set's order.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="For people, or for programs.",
)
@click.option("--overwrite", is_flag=True, help="Replace pictures that are there.")
def compare(
    requests: list[Request],
    others: tuple[str, ...],
    output: str | None,
    show_all: bool,
    form: str,
    overwrite: bool,
) -> None:
    """Compare what trainers make of the same masks.

    Each sees the masks as if DATASET had been laid out for it by convert; nothing is written but
    the pictures.

    \b
    maskprep compare dataset.toml
    maskprep compare dataset.toml --trainer sd-scripts --trainer onetrainer --output compared/
    maskprep compare dataset.toml --format json

    Exit code: 0 compared, 1 some pairs could not be drawn, 2 could not do the job.
    """
    import json
    from pathlib import Path

    from maskprep.checking.compared import as_values, seats_of
    from maskprep.checking.compared import compare as compared
    from maskprep.cli.progress import progress_bar
    from maskprep.dataset.discover import discover_pairs
    from maskprep.errors import printable
    from maskprep.pictures.comparing import draw_comparisons

    kept = discover_pairs(one_request(requests))
    found = kept.entire
    seats = seats_of(others, found.model)
    steps = found.pair_count + (0 if output is None else kept.pair_count)
    problems: list[str] = []
    with progress_bar("weighing masks", steps) as advance:
        pairs = compared(found, seats, advance)  # all of them: shares are of the whole set
        if kept.only:
            wanted = {
                pair.image for each in kept.datasets for s in each.subsets for pair in s.pairs
            }
            pairs = tuple(pair for pair in pairs if pair.image in wanted)
        if output is not None:
            problems = draw_comparisons(
                kept, pairs, seats, Path(output), overwrite=overwrite, progress=advance
            )
    if form == "json":
        models = {seat.title: seat.model.name for seat in seats}
        values = {"models": models, "pairs": [as_values(each) for each in pairs]}
        click.echo(json.dumps(values, indent=2))
    else:
        _print(pairs, seats, show_all)
        if output is not None:
            count = len(pairs) - len(problems)
            told = f"{output}: {count} {'picture' if count == 1 else 'pictures'}"
            click.echo(printable(told))
    for line in problems:
        click.echo(printable(line), err=True)
    raise SystemExit(int(bool(problems)))


def _print(pairs: Sequence[ComparedPair], seats: Sequence[Seat], show_all: bool) -> None:
    from maskprep.cli.screen import plain_console, print_row
    from maskprep.errors import printable

    console = plain_console()
    width = max(len("trainer"), *(len(seat.title) for seat in seats))
    head = f"  {'trainer':{width}}   mean   share   lost  weakest detail"
    shown = pairs
    if not show_all and len(pairs) > _SHOWN:
        shown = sorted(pairs, key=lambda pair: -pair.spread)[:_SHOWN]
    for place, pair in enumerate(shown):
        if place:
            console.print()
        print_row(console, printable(pair.image))
        print_row(console, head)
        for seen in pair.seen:
            print_row(console, printable(f"  {seen.trainer:{width}}  {_numbers(seen)}"))
    if len(shown) < len(pairs):
        console.print()
        told = f"{len(shown)} of {len(pairs)} pairs, those of which trainers differ most: --all"
        print_row(console, told)
    for line in _models(seats):
        print_row(console, line)


def _numbers(seen: Seen) -> str:
    if seen.problem:
        return seen.problem
    share = "    –" if seen.share is None else f"{seen.share:6.1%}"
    lost = f"{len(seen.lost)}/{seen.details}"
    weakest = "" if seen.weakest is None else f"  {seen.weakest.words}"
    return f"{seen.mean:5.3f}  {share:>6}  {lost:>5}{weakest}"


def _models(seats: Sequence[Seat]) -> Iterator[str]:
    """Say what is trained, where that is not the same for all."""
    names: dict[str, list[str]] = {}
    for seat in seats:
        names.setdefault(seat.model.name, []).append(seat.title)
    if len(names) > 1:
        told = "; ".join(f"{model}: {', '.join(titles)}" for model, titles in names.items())
        yield f"models {told}"
