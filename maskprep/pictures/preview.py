"""From samples to pictures and weight files: what the trainer sees."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from maskprep.checking.engine import check
from maskprep.checking.verdict import trainer_line
from maskprep.dataset.outputs import Outputs
from maskprep.dataset.sample import Sample
from maskprep.dataset.samples import samples_of
from maskprep.errors import MaskprepError, UnreadableImageError, own_fault
from maskprep.files import pathname
from maskprep.masks.details import LOST_BELOW
from maskprep.model import Severity, TrainingSet
from maskprep.model.report import Report
from maskprep.pictures.gather import caption_of, view_of
from maskprep.pictures.order import Ranked, worst_first
from maskprep.pictures.pair import draw_pair
from maskprep.pictures.sheet import MOST, Sheet, blank_tile, draw_tile
from maskprep.pictures.view import SheetTile
from maskprep.raster.png import png_of
from maskprep.running.parallel import Threads, one_at_a_time

SHEET = "contact-sheet"


@dataclass(frozen=True)
class Drawing:
    """What is drawn, and how it is stored.

    Attributes
    ----------
    worst : int or None
        How many pairs, the worst ones; None for all.
    pages : bool
        Whether each pair gets a picture of its own, beside its place on a contact sheet.
    jpeg : bool
        Whether pictures are JPEG instead of PNG.
    lost_below : float
        Weight under which a fine detail counts as lost.
    """

    worst: int | None = None
    pages: bool = True
    jpeg: bool = False
    lost_below: float = LOST_BELOW

    @property
    def ending(self) -> str:
        """Of pictures' names."""
        return ".jpg" if self.jpeg else ".png"


@dataclass(frozen=True)
class Outcome:
    """What became of one pair.

    Attributes
    ----------
    image : str
        Its image.
    problem : str
        Why there is no picture of it; empty where there is one.
    is_fault : bool
        Whether that is a defect of maskprep itself.
    library_differences : tuple of str
        In what versions of the trainer's libraries differ at it.
    """

    image: str
    problem: str = ""
    is_fault: bool = False
    library_differences: tuple[str, ...] = ()


@dataclass(frozen=True)
class Previews:
    """What was drawn.

    Attributes
    ----------
    outcomes : tuple of Outcome
        One a pair, in the training set's order.
    sheets : tuple of Path
        The contact sheets, the worst pairs on the first.
    """

    outcomes: tuple[Outcome, ...]
    sheets: tuple[Path, ...] = ()


@dataclass(frozen=True)
class _Work:
    """One pair, the files to be made of it, and the door they go through."""

    ranked: Ranked
    drawing: Drawing | None
    picture: Path | None
    weights: Path | None
    outputs: Outputs


def preview(
    training_set: TrainingSet,
    output: Path | None,
    weights: Path | None = None,
    drawing: Drawing = Drawing(),
    *,
    judge: Callable[[TrainingSet], Report] = check,
    overwrite: bool = False,
    progress: Callable[[], None] = lambda: None,
    workers: int = 0,
) -> Previews:
    """Draw every pair and contact sheets, and write every pair's weights.

    Parameters
    ----------
    training_set : TrainingSet
        As discovered.
    output : Path or None
        Folder for ``<stem>.png`` of each pair and ``contact-sheet.png``, or, of more than 60 pairs,
        ``contact-sheet-1.png`` and so on; None draws nothing.
    weights : Path or None
        Folder for ``<stem>.npy``: float32, shape (H // stride, W // stride), [0, 1].
    drawing : Drawing
        What is drawn.
    judge : callable
        Finds out what the rules say of the training set: that orders the pairs. Not asked where
        nothing is drawn and all pairs are wanted.
    overwrite : bool
        Replace files that are there.
    progress : callable
        Called once after each pair.
    workers : int
        Threads; 0 for one a core.

    Returns
    -------
    Previews
        What became of each pair.

    Raises
    ------
    MaskprepError
        A file is there already and `overwrite` is not given, a folder is one of the data set's
        own, another run writes there, or a file cannot be written.
    """
    samples = list(samples_of(training_set))  # nothing read yet: names only
    count = min(len(samples), drawing.worst or len(samples))
    sheets = _sheet_names(output, count, drawing.ending)
    reserved = {path.stem for path in sheets}
    pages = _names(samples, output if drawing.pages else None, drawing.ending, reserved)
    arrays = _names(samples, weights, ".npy")
    outputs = Outputs(overwrite=overwrite)
    outputs.admit((each for each in (*pages, *arrays, *sheets) if each is not None), training_set)
    if output is None and drawing.worst is None:
        ranked = [Ranked(place, sample) for place, sample in enumerate(samples)]
    else:
        ranked = worst_first(training_set, judge(training_set))
    chosen = ranked[:count]
    drawn = None if output is None else drawing
    works = [_Work(each, drawn, pages[each.place], arrays[each.place], outputs) for each in chosen]
    outcomes: dict[int, Outcome] = {}
    done = Threads(workers).in_order(works, _carry_out)
    parts = [chosen[first : first + MOST] for first in range(0, count, MOST)]
    with outputs.kept_by(*(each for each in (output, weights) if each is not None)):
        for number, part in enumerate(parts):
            sheet = _begun(number, parts, training_set, len(samples)) if sheets else None
            for each, (outcome, tile) in zip(part, done, strict=False):
                outcomes[each.place] = outcome
                if sheet is not None and tile is not None:
                    sheet.add(tile)
                progress()
            if sheet is not None:
                outputs.write(sheets[number], _encoded(sheet.page, drawing))
    return Previews(tuple(outcomes[place] for place in sorted(outcomes)), tuple(sheets))


def _begun(number: int, parts: list[list[Ranked]], training_set: TrainingSet, total: int) -> Sheet:
    count = sum(map(len, parts))
    told = counted(total, "pair")
    if count < total:
        told = f"the {count} worst of {told}" if count > 1 else f"the worst of {told}"
    elif count > 1:
        told += ", worst first"
    if len(parts) > 1:
        first = number * MOST
        told += f": {first + 1} to {first + len(parts[number])}, sheet {number + 1} of {len(parts)}"
    heading = f"{training_set.name}: {told}"
    whole = [each for part in parts for each in part]
    summary = list(_summary(whole))
    return Sheet(len(parts[number]), heading, trainer_line(training_set), summary)


def counted(count: int, noun: str) -> str:
    """Write a number of things: "1 pair", "2 pairs"."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _summary(pairs: list[Ranked]) -> Iterator[tuple[Severity, str]]:
    """Count the pairs by the worst that was found of each."""
    worst = Counter(each.findings[0].severity for each in pairs if each.findings)
    for severity in (Severity.ERROR, Severity.WARNING, Severity.INFO):
        if worst[severity]:
            words = "an error" if severity is Severity.ERROR else f"a {severity.value}"
            words = "an info" if severity is Severity.INFO else words
            yield severity, f"{counted(worst[severity], 'pair')} with {words}"


def _carry_out(work: _Work) -> tuple[Outcome, SheetTile | None]:
    image, found = work.ranked.sample.pair.image, work.ranked.findings
    try:
        with one_at_a_time(work.ranked.sample.pixels):
            outcome, tile = _drawn(work)
    except MaskprepError:
        raise
    except Exception as error:  # noqa: BLE001 - a defect of ours: the others are drawn all the same
        outcome, tile = Outcome(image, own_fault(error), is_fault=True), None
    if tile is None and work.drawing is not None:
        tile = blank_tile(pathname.basename(image), outcome.problem, found)
    return outcome, tile


def _drawn(work: _Work) -> tuple[Outcome, SheetTile | None]:
    sample = work.ranked.sample
    fresh = sample.seen_by(sample.trainer)  # its pixels go with it: memory stays flat
    if work.drawing is not None:
        # First of all: what decodes need not be looked through for damage. What does not is told
        # by who asks for it.
        with suppress(UnreadableImageError):
            _ = fresh.picture
    if fresh.weights is None:
        return Outcome(sample.pair.image, fresh.obstacle), None
    if work.weights is not None:
        buffer = io.BytesIO()
        np.save(buffer, fresh.weights)
        work.outputs.write(work.weights, buffer.getvalue())
    drawn = Outcome(sample.pair.image, library_differences=fresh.library_differences)
    if work.drawing is None:
        return drawn, None
    try:
        view = view_of(fresh, work.ranked.findings, work.drawing.lost_below)
    except UnreadableImageError as error:
        return Outcome(sample.pair.image, str(error)), None
    if view is None:
        return Outcome(sample.pair.image, fresh.obstacle), None
    if work.picture is not None:
        work.outputs.write(work.picture, _encoded(draw_pair(view), work.drawing))
    return drawn, draw_tile(view, caption_of(fresh, len(view.lost)))


def _sheet_names(folder: Path | None, pairs: int, ending: str) -> list[Path]:
    if folder is None:
        return []
    count = -(pairs // -MOST)
    if count == 1:
        return [folder / f"{SHEET}{ending}"]
    digits = len(str(count))
    return [folder / f"{SHEET}-{number:0{digits}}{ending}" for number in range(1, count + 1)]


def _names(
    samples: Iterable[Sample], folder: Path | None, ending: str, reserved: Iterable[str] = ()
) -> list[Path | None]:
    """Name a file for each sample: by stem; in folders of its subset only where stems collide."""
    pairs = [sample.pair for sample in samples]
    if folder is None:
        return [None] * len(pairs)
    stems = Counter(pathname.stem(pair.image).casefold() for pair in pairs)
    stems.update(reserved)
    inside = Counter(
        (pair.dataset, pair.subset, pathname.stem(pair.image).casefold()) for pair in pairs
    )
    paths: list[Path | None] = []
    for pair in pairs:
        stem = pathname.stem(pair.image)
        if stems[stem.casefold()] < 2:
            paths.append(folder / f"{stem}{ending}")
            continue
        # Two images of one stem in one subset share a mask, yet each has its own size.
        shared = inside[pair.dataset, pair.subset, stem.casefold()] > 1
        name = pathname.basename(pair.image) if shared else stem
        paths.append(folder / f"dataset{pair.dataset}-subset{pair.subset}" / f"{name}{ending}")
    return paths


def _encoded(picture: Image.Image, drawing: Drawing) -> bytes:
    if not drawing.jpeg:
        return png_of(np.asarray(picture))
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=88, subsampling=0)  # colours tell the weights
    return buffer.getvalue()
