"""``maskprep trainers``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from maskprep.trainers.base import Trainer

#: Columns of the subjects.
_LABELS = 26


def _complete(ctx: click.Context, param: click.Parameter, word: str) -> list[str]:
    from maskprep.trainers import known_trainers

    return [each for each in known_trainers() if each.startswith(word)]


@click.command()
@click.argument("names", metavar="[NAME]...", nargs=-1, shell_complete=_complete)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "markdown", "json"]),
    default="text",
    show_default=True,
    help="For the terminal, a page, or programs.",
)
def trainers(names: tuple[str, ...], form: str) -> None:
    """Tell what each trainer does with masks, and where that is known from.

    \b
    maskprep trainers
    maskprep trainers onetrainer simpletuner
    maskprep trainers --format markdown
    """
    from maskprep.trainers import find_trainer, handbook, known_trainers

    wanted = [find_trainer(name) for name in names or known_trainers()]
    if form == "json":
        click.echo(handbook.as_json(wanted), nl=False)
    elif form == "markdown":
        click.echo(handbook.as_markdown(wanted), nl=False)
    else:
        _print(wanted, with_sources=bool(names))


def _print(wanted: list[Trainer], *, with_sources: bool) -> None:
    from rich.text import Text

    from maskprep.cli.screen import plain_console, print_row
    from maskprep.trainers.facts import SUBJECTS, facts_of

    console = plain_console()
    for place, trainer in enumerate(wanted):
        if place:
            console.print()
        versions = ", ".join(trainer.versions)
        print_row(console, Text.assemble((trainer.name, "bold"), f" ({versions})"))
        for subject, fact in facts_of(trainer):
            print_row(console, fact.told, f"  {SUBJECTS[subject]}", _LABELS)
            if with_sources:
                told = Text(f"{fact.evidence}: {fact.source}", style="dim")
                print_row(console, told, " " * _LABELS, _LABELS)
    if not with_sources:
        console.print()
        print_row(console, "maskprep trainers NAME tells where that is known from.")
