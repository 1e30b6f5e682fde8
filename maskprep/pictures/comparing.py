"""From pairs to pictures that compare trainers."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

from maskprep.checking.compared import ComparedPair, Seat, Seen, look
from maskprep.dataset.outputs import Outputs
from maskprep.dataset.sample import Sample
from maskprep.dataset.samples import samples_of
from maskprep.errors import UnreadableImageError
from maskprep.files import pathname
from maskprep.model import Box, TrainingSet
from maskprep.pictures.compared import Tile, draw_comparison
from maskprep.pictures.gather import view_of
from maskprep.running.parallel import Threads


def draw_comparisons(
    training_set: TrainingSet,
    pairs: Sequence[ComparedPair],
    seats: Sequence[Seat],
    output: Path,
    *,
    overwrite: bool = False,
    progress: Callable[[], None] = lambda: None,
) -> list[str]:
    """Draw a page a pair.

    Parameters
    ----------
    training_set : TrainingSet
        As discovered.
    pairs : sequence of ComparedPair
        Of `maskprep.checking.compared.compare`, in its order.
    seats : sequence of Seat
        Who looks on.
    output : Path
        A folder, for ``<image>.png`` each.
    overwrite : bool
        Replace files that are there.
    progress : callable
        Called once after each pair.

    Returns
    -------
    list of str
        A line for each pair that could not be drawn.

    Raises
    ------
    MaskprepError
        A file is there already, another run writes there, or it cannot be written.
    """
    names = page_names([pair.image for pair in pairs])
    targets = [output / f"{name}.png" for name in names]
    outputs = Outputs(overwrite=overwrite)
    outputs.admit(targets, training_set)
    works = list(zip(samples_of(training_set), pairs, targets, strict=True))
    draw = partial(_drawn, seats=seats, outputs=outputs)
    problems = []
    with outputs.kept_by(output):
        for problem in Threads().in_order(works, draw):
            progress()
            if problem:
                problems.append(problem)
    return problems


def page_names(images: Sequence[str]) -> list[str]:
    """Name pages by their images: by stems, by names where two have one, by numbers at last."""
    stems = [pathname.stem(each) for each in images]
    uses = Counter(each.casefold() for each in stems)
    names = [
        stem if uses[stem.casefold()] == 1 else pathname.basename(image)
        for stem, image in zip(stems, images, strict=True)
    ]
    uses = Counter(each.casefold() for each in names)
    return [
        name if uses[name.casefold()] == 1 else f"{name}-{place}"
        for place, name in enumerate(names, 1)
    ]


def _drawn(work: tuple[Sample, ComparedPair, Path], seats: Sequence[Seat], outputs: Outputs) -> str:
    sample, pair, target = work
    origin = sample.seen_by(sample.trainer)
    tiles: list[tuple[Tile, Sample | None]] = []
    for seat, numbers in zip(seats, pair.seen, strict=True):
        seen, _ = look(origin, seat)
        try:
            tile = _tile(seen, numbers)
        except UnreadableImageError as error:
            return f"{error}"
        twin = next((k for k, (_, other) in enumerate(tiles) if _alike(seen, other)), None)
        if twin is None:
            tiles.append((tile, seen))
        else:
            first, other = tiles[twin]
            tiles[twin] = replace(first, titles=(*first.titles, *_short(tile, first))), other
    if all(tile.view is None for tile, _ in tiles):
        return f"{pair.image}: not drawn: {pair.seen[0].problem}"
    coverage = origin.coverage
    covers = "trains whole" if coverage is None else f"covers {coverage:.1%}"
    page = draw_comparison([tile for tile, _ in tiles], _worst(pair), covers)
    outputs.write(target, _png(page))
    return ""


def _short(tile: Tile, first: Tile) -> tuple[str, ...]:
    """Name generations by themselves behind one of the same trainer."""
    name = first.titles[0].partition("@")[0]
    return tuple(each.removeprefix(name) or each for each in tile.titles)


def _alike(one: Sample | None, other: Sample | None) -> bool:
    if one is None or other is None or one.trainer.name != other.trainer.name:
        return False
    return np.array_equal(one.weights, other.weights)  # type: ignore[arg-type]


def _tile(sample: Sample | None, seen: Seen) -> Tile:
    if sample is None:
        return Tile((seen.trainer,), None, ((seen.problem, False),))
    lines = [(f"mean weight {seen.mean:.3f}", False)]
    if seen.least > 0 and seen.most > seen.least:
        lines.append((f"never below {seen.least:.2f}", False))
    if seen.share is not None and seen.share < 1:
        lines.append((f"{seen.share:.1%} of gradient", False))
    if not np.isfinite(seen.factor):
        lines.append(("the loss is no number", True))
    if seen.lost:
        lines.append((f"{len(seen.lost)} of {seen.details} details lost", True))
    elif seen.details:
        lines.append((f"all of {seen.details} details train", False))
    if seen.weakest is not None:
        lines.append((f"weakest {seen.weakest.weight:.2f}", False))
    return Tile((seen.trainer,), view_of(sample), tuple(lines), sample.mask_window)


def _worst(pair: ComparedPair) -> Box | None:
    weak = [each.weakest for each in pair.seen if each.weakest is not None]
    return min(weak, key=lambda each: each.weight).box if weak else None


def _png(page: Image.Image) -> bytes:
    buffer = io.BytesIO()
    page.save(buffer, "PNG", compress_level=3)
    return buffer.getvalue()
