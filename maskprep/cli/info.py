"""``maskprep info``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from maskprep.cli.options import Resolution, trainer_options

if TYPE_CHECKING:
    from maskprep.model import ModelTraits
    from maskprep.trainers.base import Trainer


@click.command()
@click.argument("image", type=click.Path())
@click.argument("mask", type=click.Path(), required=False)
@trainer_options
@click.option("--resolution", type=Resolution(), help="[default: the model's]")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="For people, or for programs.",
)
def info(
    image: str,
    mask: str | None,
    trainer: Trainer,
    model: ModelTraits,
    resolution: tuple[int, int] | None,
    form: str,
) -> None:
    """Tell what the trainer makes of one IMAGE with its MASK; without MASK its alpha counts.

    \b
    maskprep info images/a.png masks/a.png
    maskprep info cut-out.png --format json
    """
    import json

    from maskprep.errors import printable
    from maskprep.facts import facts_of
    from maskprep.model import Size

    size = Size(*resolution) if resolution is not None else None
    facts = facts_of(image, mask, trainer, model, size)
    if form == "json":
        click.echo(json.dumps(facts, indent=2))
        return
    for name, value in facts.items():
        label = name.replace("_wh", "").replace("_", " ")
        if isinstance(value, list) and value and isinstance(value[0], dict):
            click.echo(f"{label:16}{len(value)}")
            for each in value:
                click.echo(printable(f"{'':16}{_line(each)}"))
        else:
            click.echo(printable(f"{label:16}{_words(value)}"))


def _line(entry: dict[str, Any]) -> str:
    return ", ".join(f"{name.replace('_', ' ')} {_words(value)}" for name, value in entry.items())


def _words(value: Any) -> str:
    if value is None or value == []:
        return "-"
    if isinstance(value, float):
        return f"{value:.3f}"
    if isinstance(value, (list, tuple)):
        return " x ".join(map(str, value)) if len(value) == 2 else ",".join(map(str, value))
    return str(value)
