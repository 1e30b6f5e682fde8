"""``maskprep preview --term``: the cells as characters, for terminals far away."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

    from maskprep.dataset.sample import Sample
    from maskprep.masks.details import Detail
    from maskprep.model import TrainingSet
    from maskprep.model.report import Report
    from maskprep.pictures.cells import Weights
    from maskprep.pictures.order import Ranked

#: Lines of one pair, at most: more than a screen is looked at piece by piece.
_MOST_LINES = 40


def print_cells(
    training_set: TrainingSet, report: Report, worst: int | None, lost_below: float
) -> int:
    """Draw the worst pairs' cells on stdout.

    Parameters
    ----------
    training_set : TrainingSet
        As discovered.
    report : Report
        Of a check of it.
    worst : int or None
        How many pairs; None for all.
    lost_below : float
        Weight under which a fine detail counts as lost.

    Returns
    -------
    int
        The exit code: 1 where some could not be drawn.
    """
    from maskprep.cli.screen import plain_console, print_row
    from maskprep.errors import printable
    from maskprep.files import pathname
    from maskprep.pictures.gather import caption_of
    from maskprep.pictures.order import worst_first

    console, code = plain_console(), 0
    for place, ranked in enumerate(worst_first(training_set, report)[:worst]):
        sample = ranked.sample.seen_by(ranked.sample.trainer)
        if sample.weights is None:
            problem = f"{sample.pair.image}: not drawn: {sample.obstacle}"
            click.echo(printable(problem), err=True)
            code = 1
            continue
        if place:
            console.print()
        lost = [] if sample.details is None else sample.details.below(lost_below)
        for line in _drawn(console, sample.weights, _numbers(sample, lost)):
            console.print(line, soft_wrap=True)
        name = printable(pathname.basename(sample.pair.image))
        print_row(console, f"{name}: {caption_of(sample, len(lost))}")
        for words in _told(ranked):
            print_row(console, printable(words))
    print_row(console, _key(console))
    return code


def _told(ranked: Ranked) -> list[str]:
    return [
        f"{each.severity.value} {each.code} {each.name}: {each.message}" for each in ranked.findings
    ]


def _numbers(sample: Sample, lost: list[Detail]) -> list[tuple[float, float, str]]:
    """Tell where lost details lie, as shares of the bucket's sides, and their numbers."""
    if sample.details is None:
        return []
    height, width = sample.details.shape_hw
    middles = map(sample.details.middle_of, lost)
    return [
        (column / width, row / height, str(number))
        for number, (column, row) in enumerate(middles, 1)
        if number < 10  # a character has no room for more
    ]


def _drawn(
    console: Console, weights: Weights, numbers: list[tuple[float, float, str]]
) -> list[Text]:
    from rich.text import Text

    from maskprep.pictures.cells import ASCII, HALF_BLOCK, SHADES, fitted, half_blocks, shaded

    room = min(_MOST_LINES, console.height - 6) if console.is_terminal else _MOST_LINES
    cells = fitted(weights, console.width, max(room, 8))
    rows, columns = cells.shape
    if _has_blocks(console) and _has_colours(console):
        lines = [Text() for _ in range(rows // 2)]
        for line, blocks in zip(lines, half_blocks(cells), strict=True):
            for each in blocks:
                line.append(HALF_BLOCK, _style(each.upper, each.lower))
    else:
        lines = [Text(line) for line in shaded(cells, SHADES if _has_blocks(console) else ASCII)]
    for across, down, number in numbers:
        line = lines[min(int(down * rows / 2), len(lines) - 1)]
        at = min(int(across * columns), columns - 1)
        style = "bold white on rgb(190,20,40)" if _has_colours(console) else "bold"
        line.plain = line.plain[:at] + number + line.plain[at + 1 :]
        line.stylize(style, at, at + 1)
    return lines


def _style(upper: tuple[int, ...], lower: tuple[int, ...]) -> str:
    above, below = (",".join(map(str, each)) for each in (upper, lower))
    return f"rgb({above}) on rgb({below})"


def _key(console: Console) -> str:
    if _has_blocks(console) and _has_colours(console):
        return "blue trains, orange is ignored, pale is in between; a number: a lost detail"
    return "dense trains, empty is ignored; a number: a lost detail"


def _has_colours(console: Console) -> bool:
    return console.color_system is not None and not console.no_color


def _has_blocks(console: Console) -> bool:
    try:
        "▀░▒▓█".encode(console.encoding)
    except (UnicodeEncodeError, LookupError):
        return False
    return True
