"""``maskprep info``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from maskprep.cli.options import TrainerCommand, environment_option, flag_options

if TYPE_CHECKING:
    from maskprep.model import Environment, ModelTraits
    from maskprep.trainers.base import Trainer

_STYLES = {"error": "bold red", "warning": "yellow", "info": "cyan"}
_TRAINS = {"masked": "with its mask", "whole": "whole, without a mask", None: "not at all"}
#: What viewers do with a picture by its EXIF orientation.
_TURNS = {
    1: "upright",
    2: "EXIF 2, viewers mirror it",
    3: "EXIF 3, viewers turn it by 180 degrees",
    4: "EXIF 4, viewers flip it",
    5: "EXIF 5, viewers flip it and turn it by 90 degrees",
    6: "EXIF 6, viewers turn it by 90 degrees",
    7: "EXIF 7, viewers flip it and turn it by 270 degrees",
    8: "EXIF 8, viewers turn it by 270 degrees",
}
#: Where the mask is when it is no file, by its source and whether there is one.
_OTHER_MASKS = {
    ("alpha", True): "the image's alpha",
    ("alpha", False): "none: the image has no alpha",
    ("file", False): "none: the trainer finds no mask of it",
    ("none", False): "none: its subset has no masks",
}
#: Columns of the labels.
_LABELS = 12


@click.command(cls=TrainerCommand)
@click.argument("image", type=click.Path())
@click.argument("mask", type=click.Path(), required=False)
@click.option(
    "--config",
    type=click.Path(),
    metavar="FILE",
    help="The dataset configuration by which the image trains: the numbers are those of check.",
)
@flag_options
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="For people, or for programs.",
)
@environment_option
def info(
    image: str,
    mask: str | None,
    config: str | None,
    trainer: Trainer,
    model: ModelTraits,
    flags: dict[str, Any],
    form: str,
    environment: Environment | None,
) -> None:
    """Tell what the trainer makes of one IMAGE with its MASK; without MASK its alpha counts.

    MASK may have any name, in any folder, or be the mask folder. Give the trainer's configuration,
    or the same resolution and buckets as to the trainer.

    \b
    maskprep info images/a.png masks/a.png
    maskprep info images/a.png --config dataset.toml
    maskprep info cut-out.png --resolution 768 --format json

    Exit code: 0 told, 2 could not do the job, or maskprep itself failed at a part of it.
    """
    from maskprep.checking.facts import facts_of
    from maskprep.errors import printable

    facts = facts_of(image, mask, trainer, model, flags, environment, config)
    if form == "json":
        import json

        click.echo(json.dumps(facts, indent=2))
    else:
        _print(facts)
    for words in facts["faults"]:
        click.echo(f"maskprep: {printable(words)}", err=True)
    if facts["faults"]:
        raise SystemExit(2)


def _print(facts: dict[str, Any]) -> None:
    from rich.text import Text

    from maskprep.cli.screen import plain_console, print_row
    from maskprep.errors import printable

    console = plain_console()
    for label, words in _rows(facts):
        print_row(console, printable(words), label, _LABELS)
    for label, words in _troubles(facts):
        style = _STYLES.get(label, "bold red")
        head = Text(label.ljust(_LABELS), style=style)
        print_row(console, printable(words), head, _LABELS)


def _rows(facts: dict[str, Any]) -> Iterator[tuple[str, str]]:
    yield "image", facts["image"]
    yield "", _stored(facts, "")
    if facts["size_wh"] is not None and facts["measured_wh"] not in (None, facts["size_wh"]):
        yield "", f"believed to be {_size(facts['measured_wh'])} px by the trainer"
    if facts["mask"] not in (None, facts["image"]):
        yield "mask", facts["mask"]
        yield "", _stored(facts, "mask_")
    else:
        yield "mask", _OTHER_MASKS[facts["source"], facts["mask"] is not None]
    if facts["config"] is not None:
        more = "".join(f", also in datasets[{each}]" for each in facts["datasets"][1:])
        yield "config", f"{facts['config']}, datasets[{facts['datasets'][0]}]{more}"
    yield "trainer", f"{facts['trainer']}, model {facts['model']}"
    if facts["bucket_wh"] is not None:
        cells = facts["cells_wh"]
        latent = "" if cells is None else f", {_size(cells)} latent cells"
        yield "resized to", f"{_size(facts['resized_wh'])} px"
        yield "cropped", _crop(facts)
        yield "bucket", f"{_size(facts['bucket_wh'])} px{latent}"
    yield "trains", _TRAINS[facts["trains"]]
    if facts["values"] is not None:
        yield "values", facts["values"]
    if facts["coverage"] is not None:
        yield "coverage", f"{facts['coverage']:.2%} of the stored mask"
    if facts["weight_mean"] is not None:
        mean, low, high = (facts[f"weight_{each}"] for each in ("mean", "min", "max"))
        yield "weight", f"mean {mean:.3f}, from {low:.3f} to {high:.3f}"
    if facts["details"] is not None:
        yield from _details(facts)
    for place, line in enumerate(facts["libraries"]["notes"]):
        yield "" if place else "libraries", line


def _stored(facts: dict[str, Any], prefix: str) -> str:
    size = facts[f"{prefix}size_wh"]
    if size is None:
        return "cannot be read"
    turn = _TURNS[facts[f"{prefix}orientation"]]
    told = f"{_size(size)} px, {facts[f'{prefix}format']}, {turn}"
    further = facts[f"{prefix}further_channels"]
    more = "channel" if further == 1 else "channels"
    return f"{told}; Pillow leaves {further} further {more}" if further else told


def _crop(facts: dict[str, Any]) -> str:
    if facts["crop_xy"] is None:
        return "at random"
    if facts["resized_wh"] == facts["bucket_wh"]:
        return "nowhere"
    left, top = facts["crop_xy"]
    across, down = (
        whole - kept for whole, kept in zip(facts["resized_wh"], facts["bucket_wh"], strict=True)
    )
    return f"left {left}, right {across - left}, top {top}, bottom {down - top} px"


def _details(facts: dict[str, Any]) -> Iterator[tuple[str, str]]:
    from maskprep.dataset.growth import TARGET

    details = sorted(facts["details"], key=lambda each: each["weight"])
    told = f"{len(details)}, the weakest first" if details else "none"
    if facts["details_cut_off"]:
        told += f"; {facts['details_cut_off']} more in what the crop cuts off"
    yield "details", told
    for each in details:
        radius = each[f"radius_to_{TARGET:g}"]
        mend = "too faint" if radius is None else f"grow by {radius:g} px" if radius else ""
        left, top = each["at"]
        yield "", f"{each['weight']:.2f}  {mend:13}  {_size(each['size'])} px at {left},{top}"


def _troubles(facts: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for each in facts["stops"]:
        yield "stops", each
    named = (facts["image"], facts["mask"])
    for each in sorted(facts["findings"], key=lambda each: list(_STYLES).index(each["severity"])):
        path = "" if each["path"] in named else f"{each['path']}: "
        yield each["severity"], f"{each['code']} {each['name']}: {path}{each['message']}"
    if not (facts["stops"] or facts["findings"] or facts["faults"]):
        yield "", "Nothing to mend."


def _size(size_wh: tuple[int, int]) -> str:
    return " x ".join(map(str, size_wh))
