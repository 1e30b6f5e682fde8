"""From the outlines of annotation tools to the masks that trainers read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np

from maskprep import raster
from maskprep.annotations.matching import matched
from maskprep.annotations.reading import Annotations, shortened
from maskprep.annotations.shapes import Annotated, Shape
from maskprep.editing.plan import Carried, Destination, Made, Task, carry_out
from maskprep.errors import MaskprepError
from maskprep.files import pathname
from maskprep.masks.resample import fitted
from maskprep.masks.tones import Tones, coverage
from maskprep.model import PaintedOn, Size, TrainingSet
from maskprep.raster import Header, Mask
from maskprep.raster.orientation import fit_to_stored
from maskprep.running.parallel import Threads

#: What becomes of an image without a chosen shape; None tells it as a problem.
Missing = Literal["white", "black", "skip"]
_ANNOTATED = "take the image that was annotated"


@dataclass(frozen=True)
class Outlined:
    """What was made of the shapes of one image.

    Attributes
    ----------
    counts : dict of str to int
        How many shapes of each label were filled; empty where the image has none.
    coverage : float
        Mean of the mask, [0, 1].
    """

    counts: dict[str, int]
    coverage: float


@dataclass(frozen=True)
class Outlines:
    """What became of annotations.

    Attributes
    ----------
    carried : Carried of Outlined
        An outcome an image, in the training set's order.
    skipped : tuple of str
        Images without a chosen shape, for which nothing was made.
    without : tuple of str
        Names of annotated images that are not in the data set.
    """

    carried: Carried[Outlined]
    skipped: tuple[str, ...]
    without: tuple[str, ...]


@dataclass(frozen=True)
class _Wishes:
    """How masks are to be made."""

    labels: tuple[str, ...]
    are_all: bool
    missing: Missing | None
    painted_on: PaintedOn
    drawn_on: PaintedOn  # the tool's own habit
    resize: bool
    tones: Tones


def outline(
    training_set: TrainingSet,
    annotations: Annotations,
    destination: Destination,
    *,
    labels: Sequence[str] = (),
    missing: Missing | None = None,
    levels: tuple[int, int] | None = None,
    threshold: int | None = None,
    invert: bool = False,
    floor: float | None = None,
    painted_on: PaintedOn = "auto",
    resize: bool = False,
    progress: Callable[[], None] = lambda: None,
    workers: int = 0,
) -> Outlines:
    """Write a mask for every image: the shapes of the chosen labels, joined, white.

    Parameters
    ----------
    training_set : TrainingSet
        As discovered; what masks its images have already does not matter.
    annotations : Annotations
        As read (`maskprep.annotations.reading.read_annotations`).
    destination : Destination
        Where to; not in place.
    labels : sequence of str
        Names of classes, or of layers; empty for all classes.
    missing : {"white", "black", "skip"} or None
        What becomes of images without such a shape: a mask that trains them whole, or not at
        all, or none. None makes each a problem.
    levels, threshold, invert, floor
        What is done to the values then, see `maskprep.masks.tones.Tones`; a mask of no shape
        stays as it is.
    painted_on : {"auto", "stored", "viewed"}
        See `maskprep.raster.orientation.fit_to_stored`; ``auto`` takes what the tool shows.
    resize : bool
        Bring masks to their image's size where that is another than the annotations say and the
        aspect ratios agree; else that is a problem.
    progress : callable
        Called once after each file.
    workers : int
        Threads; 0 for one a core.

    Returns
    -------
    Outlines
        An outcome an image, what was skipped, and annotated images that are not there.

    Raises
    ------
    MaskprepError
        Before anything is written: a label is unknown, no image is annotated, a file is there
        already, or the output lies in the data set.
    """
    if destination.output is None:
        raise MaskprepError(f"{annotations.name}: makes new masks: name a folder, --output DIR")
    chosen = annotations.chosen(labels)
    tones = Tones(levels, threshold, invert, floor)
    drawn_on = annotations.format.painted_on
    wishes = _Wishes(chosen, not labels, missing, painted_on, drawn_on, resize, tones)
    images = _images(training_set)
    match = matched(annotations.images, images)
    if not match.of_image and not match.doubtful:
        raise MaskprepError(
            f"{annotations.name}: names no image of {training_set.name}: it has"
            f" {shortened(match.without) or 'none'}"
        )
    tasks: list[Task[Outlined]] = []
    skipped: list[str] = []
    for image, target in zip(images, destination.targets(images), strict=True):
        found = match.of_image.get(image, [])
        doubt = match.doubtful.get(image, "")
        if missing == "skip" and not doubt and not _chosen(found, wishes):
            skipped.append(image)
            progress()
        else:
            tasks.append(Task(image, target, partial(_made, image, found, doubt, wishes)))
    carried = carry_out(
        tasks, training_set, destination, progress=progress, executor=Threads(workers)
    )
    return Outlines(carried, tuple(skipped), match.without)


def _images(training_set: TrainingSet) -> list[str]:
    found: dict[str, str] = {}
    for dataset in training_set.datasets:
        for subset in dataset.subsets:
            for pair in subset.pairs:
                found.setdefault(pathname.absolute(pair.image), pair.image)
    return list(found.values())


def _chosen(found: Sequence[Annotated], wishes: _Wishes) -> list[Shape]:
    return [shape for each in found for shape in each.shapes if shape.label in wishes.labels]


def _made(image: str, found: Sequence[Annotated], doubt: str, wishes: _Wishes) -> Made[Outlined]:
    if doubt:
        raise MaskprepError(f"{image}: {doubt}: rename one")
    header = raster.read_header(image)
    notes = dict.fromkeys(note for each in found for note in each.notes)
    chosen = _chosen(found, wishes)
    if not chosen:
        mask = _without_shape(image, found, header.size, wishes)
        told = f"{_lack(found, wishes)}: its mask is {wishes.missing}"
        return Made(raster.encode_mask(mask), Outlined({}, coverage(mask)), (*notes, told))
    mask = np.zeros((header.size.height, header.size.width), np.uint8)
    for each in found:
        shapes = [shape for shape in each.shapes if shape.label in wishes.labels]
        if shapes:
            part, told_of_part = _part(image, header, each.size, shapes, wishes)
            mask = np.maximum(mask, part)
            notes |= dict.fromkeys(told_of_part)
    mask = wishes.tones.apply(mask)
    if not mask.any():
        notes["nothing of it trains"] = None
    elif mask.min() == 255:
        notes["all of it trains"] = None
    counts = dict(Counter(shape.label for shape in chosen))
    return Made(raster.encode_mask(mask), Outlined(counts, coverage(mask)), tuple(notes))


def _part(
    image: str, header: Header, told: Size | None, shapes: Sequence[Shape], wishes: _Wishes
) -> tuple[Mask, list[str]]:
    """Fill the shapes that one file has of an image, and bring them to its stored pixels."""
    size = told or _shown_size(header, wishes)
    misfit = f"{image}: annotated as {size} px, is {header.size} px"
    if not wishes.resize and sorted(size) != sorted(header.size):
        raise MaskprepError(f"{misfit}: {_ANNOTATED}, or add --resize")
    mask, notes = np.zeros((size.height, size.width), np.uint8), []
    for shape in shapes:
        try:
            drawn = shape.draw(size)
        except MaskprepError as error:
            raise MaskprepError(f"{image}: {shape.label}: {error}") from error
        notes.append(shape.remark if drawn.any() else f"{shape.label}: a shape covers no pixel")
        mask = np.maximum(mask, drawn)
    painted_on = wishes.painted_on if wishes.painted_on != "auto" else wishes.drawn_on
    mask, turned = fit_to_stored(mask, 1, header.size, header.orientation, painted_on)
    notes.append(turned)
    if (size := Size(mask.shape[1], mask.shape[0])) != header.size:
        mask = _resized(mask, header.size, misfit, wishes)
        notes.append("brought to its image's size")
    return mask, list(filter(None, notes))


def _shown_size(header: Header, wishes: _Wishes) -> Size:
    viewed = "viewed" in (wishes.painted_on, wishes.drawn_on) and wishes.painted_on != "stored"
    return Size(header.size.height, header.size.width) if viewed and header.turned else header.size


def _resized(mask: Mask, size: Size, told: str, wishes: _Wishes) -> Mask:
    if not wishes.resize:
        raise MaskprepError(f"{told}: {_ANNOTATED}, or add --resize")
    resized = fitted(mask, size)
    if resized is None:
        raise MaskprepError(f"{told}, of another shape: {_ANNOTATED}")
    return resized


def _lack(found: Sequence[Annotated], wishes: _Wishes) -> str:
    if not found:
        return "is not annotated"
    if wishes.are_all:
        notes = "; ".join(dict.fromkeys(note for each in found for note in each.notes))
        return f"is annotated without any shape{f' ({notes})' if notes else ''}"
    return f"is annotated without {' or '.join(wishes.labels)}"


def _without_shape(image: str, found: Sequence[Annotated], size: Size, wishes: _Wishes) -> Mask:
    if wishes.missing is None:
        raise MaskprepError(
            f"{image}: {_lack(found, wishes)}: --missing white trains such images whole, black not"
            " at all, skip makes no mask"
        )
    return np.full((size.height, size.width), 255 if wishes.missing == "white" else 0, np.uint8)
