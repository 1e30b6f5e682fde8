"""Grow masks so that fine details survive the latent grid."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from maskprep import raster
from maskprep.dataset.cropped import cut_off
from maskprep.dataset.folders import captions_of
from maskprep.dataset.growth import DetailGrower, GrownDetail, Side
from maskprep.dataset.sample import Sample
from maskprep.dataset.samples import samples_of
from maskprep.editing.picture import refuse_clipped
from maskprep.editing.plan import Carried, Destination, Made, Task, carry_out
from maskprep.errors import MaskprepError
from maskprep.masks import hidden
from maskprep.masks.hidden import Fill
from maskprep.masks.morphology import Shape, erode, feathered
from maskprep.masks.morphology import dilate as dilate_mask
from maskprep.masks.tones import coverage
from maskprep.model import MaskSource, TrainingSet
from maskprep.raster import Mask
from maskprep.running.parallel import Executor

#: Hidden colours that differ by no more, of 255, were filled in by an editor.
_FLAT = 4


@dataclass(frozen=True)
class Grown:
    """What growing one mask came to.

    Attributes
    ----------
    coverage_before, coverage_after : float
        Mean of the mask at full size, [0, 1].
    radius : float
        By which all of it was grown, px of the mask; 0 where only details were.
    details : tuple of GrownDetail or None
        From top to bottom, per image that uses the mask; None where nobody looked for details.
    cut_off : int
        How many details lie in what the trainer's crop cuts off.
    """

    coverage_before: float
    coverage_after: float
    radius: float
    details: tuple[GrownDetail, ...] | None
    cut_off: int = 0


@dataclass(frozen=True)
class _Way:
    """How to grow."""

    radius: float | None
    cells: float | None
    target: float | None
    details: bool
    shape: Shape
    side: Side
    feather: float
    fill: Fill

    @property
    def looks_for_details(self) -> bool:
        return self.details or self.target is not None

    def px(self, sample: Sample) -> float:
        """Tell the radius in px of the mask."""
        if self.radius is not None:
            return self.radius
        assert self.cells is not None, "checked by the caller"
        window, placement = sample.mask_window, sample.placement
        if window is None or placement is None:
            raise MaskprepError(_obstacle(sample))
        bucket = placement.bucket
        across, down = window.width / bucket.width, window.height / bucket.height
        return self.cells * sample.model.stride * math.sqrt(across * down)


def dilate(
    training_set: TrainingSet,
    destination: Destination,
    *,
    radius: float | None = None,
    cells: float | None = None,
    target: float | None = None,
    details: bool = False,
    shape: Shape = "disk",
    side: Side = "train",
    feather: float = 0,
    fill_hidden: Fill = "keep",
    progress: Callable[[], None] = lambda: None,
    executor: Executor | None = None,
) -> Carried[Grown]:
    """Grow every mask of a training set.

    Parameters
    ----------
    training_set : TrainingSet
        As discovered; masks from files or from alpha.
    destination : Destination
        Where the grown masks go: 8-bit grey PNG for mask files, RGBA PNG for alpha.
    radius : float or None
        px of the mask, above 0. Give this, `cells` or `target`.
    cells : float or None
        Latent cells, above 0, converted by each image's own bucket scale.
    target : float or None
        Weight, (0, 1]: each detail grows by the smallest radius that lifts it there, by the
        trainer's own numbers; what cannot be lifted stays as it is.
    details : bool
        With `radius` or `cells`: grow the details only, and leave the body alone.
    shape : {"disk", "square", "diamond"}
        Of the structuring element.
    side : {"train", "ignore"}
        Which side grows: what trains, or what is left out.
    feather : float
        Softening after the growth: a Gaussian's standard deviation, px of the mask.
    fill_hidden : {"keep", "edge", "blur", "mean"}
        Alpha only: what to put under fully transparent pixels before they become visible.
    progress : callable
        Called once after each mask.
    executor : Executor or None
        Where masks are grown; None for threads. Processes grow details on all cores at once.

    Returns
    -------
    Carried of Grown
        An outcome a mask. A mask that several images or datasets share grows for all of them.

    Raises
    ------
    ValueError
        Not exactly one of `radius`, `cells` and `target`, or one out of range.
    MaskprepError
        Before anything is written: as of `carry_out`, or there is no mask.
    """
    given = [value for value in (radius, cells, target) if value is not None]
    if len(given) != 1 or not (0 < given[0] < math.inf) or (target is not None and target > 1):
        raise ValueError("give a radius or cells above 0, or a target of at most 1")
    way = _Way(radius, cells, target, details, shape, side, feather, fill_hidden)
    tasks = list(_tasks(training_set, destination, way))
    if not tasks:
        raise MaskprepError(f"{training_set.name}: no image has a mask, or is to have one")
    return carry_out(tasks, training_set, destination, progress=progress, executor=executor)


def _tasks(training_set: TrainingSet, destination: Destination, way: _Way) -> Iterator[Task[Grown]]:
    users: dict[str, list[Sample]] = {}
    for sample in samples_of(training_set):
        path = sample.mask_path
        if path is not None:
            users.setdefault(path, []).append(sample)
        elif sample.pair.source is MaskSource.FILE:
            yield Task(sample.pair.image, None, partial(_make, [sample], way))
    targets = destination.targets(list(users), training_set.mask_ending)
    for (path, samples), target in zip(users.items(), targets, strict=True):
        by_alpha = samples[0].pair.source is MaskSource.ALPHA
        companions = captions_of(samples[0].pair) if by_alpha else ()
        reads = tuple({file: None for sample in samples for file in sample.files})
        yield Task(path, target, partial(_make, samples, way), companions, reads=reads)


def _make(samples: Sequence[Sample], way: _Way) -> Made[Grown]:
    fresh = [sample.seen_by(sample.trainer) for sample in samples]  # their pixels go with them
    first = fresh[0]
    mask, path = first.mask, first.mask_path
    if path is None:
        raise MaskprepError(f"{first.pair.image}: has no mask")
    if mask is None:
        raise first.broken[path]
    if not first.carries_mask:
        whole = Grown(1, 1, 0, None)
        return Made(None, whole, ("has no alpha channel: it trains whole",))
    if way.looks_for_details:
        grown, row = _grow_details(fresh, mask, way)
    else:
        radius = max(way.px(sample) for sample in fresh)
        operation = dilate_mask if way.side == "train" else erode
        grown = feathered(operation(mask, radius, way.shape), way.feather)
        row = Grown(coverage(mask), coverage(grown), radius, None)
    if first.pair.source is MaskSource.ALPHA:
        return _with_alpha(first, mask, grown, row, way)
    notes = tuple(filter(None, map(_misfit, fresh)))
    plain = first.mask_header is not None and first.mask_header.is_plain_mask
    if plain and np.array_equal(grown, mask):
        return Made(None, row, notes)
    return Made(raster.encode_mask(grown), row, notes)


def _grow_details(samples: Sequence[Sample], mask: Mask, way: _Way) -> tuple[Mask, Grown]:
    masks: list[Mask] = []
    details: list[GrownDetail] = []
    lost = 0
    for sample in samples:
        if sample.weights is None:
            raise MaskprepError(_obstacle(sample))
        grower = DetailGrower(sample, way.side, way.feather, way.shape)
        growth = (
            grower.grow_to(way.target) if way.target is not None else grower.grow_by(way.px(sample))
        )
        masks.append(growth.mask)
        details += growth.details
        lost += len(cut_off(sample))
    extreme = np.maximum if way.side == "train" else np.minimum
    grown: Mask = extreme.reduce(masks)
    return grown, Grown(coverage(mask), coverage(grown), 0, tuple(details), lost)


def _with_alpha(sample: Sample, alpha: Mask, grown: Mask, row: Grown, way: _Way) -> Made[Grown]:
    pixels = sample.mask_pixels
    assert pixels is not None and pixels.rgb is not None, "it has an alpha channel"
    rgb = pixels.rgb
    filled = hidden.fill_hidden(rgb, alpha, way.fill)
    notes = list(_hidden_notes(sample, rgb, alpha, grown, way))
    if np.array_equal(grown, alpha) and filled is rgb:
        return Made(None, row, tuple(notes))
    assert sample.image_header is not None, "it is decoded"
    refuse_clipped(sample.pair.image, sample.image_header)
    rgba = np.dstack([filled, grown])
    beside = raster.read_accompaniment(sample.pair.image)
    return Made(raster.encode_picture(rgba, beside), row, tuple(notes))


def _hidden_notes(
    sample: Sample,
    rgb: NDArray[np.uint8],
    alpha: Mask,
    grown: Mask,
    way: _Way,
) -> Iterator[str]:
    shown = (alpha == 0) & (grown > 0)
    if shown.any() and way.fill == "keep":
        yield _shown_note(rgb[shown], hidden.fill_hidden(rgb, alpha, "edge")[shown])
    header, placement = sample.image_header, sample.placement
    if header is None or placement is None or not (grown == 0).any():
        return
    if sample.trainer.blackens_hidden(header.size, placement, sample.subset):
        yield (
            f"{sample.trainer.title} enlarges it with Pillow, which turns what stays transparent"
            " black, whatever lies beneath"
        )


def _shown_note(colours: NDArray[np.uint8], nearest: NDArray[np.uint8]) -> str:
    told = f"{len(colours)} px that were transparent now train"
    if int(np.ptp(colours, axis=0).max()) <= _FLAT:
        flat = "#{:02x}{:02x}{:02x}".format(*(int(value) for value in colours[0]))
        return f"{told}, over flat {flat}: add --fill-hidden edge"
    apart = np.abs(colours.astype(np.int16) - nearest).max(axis=1).mean()
    return (
        f"{told}; their hidden colours are {apart:.0f} of 255 from the nearest visible ones"
        " (--fill-hidden edge takes those)"
    )


def _obstacle(sample: Sample) -> str:
    told = _misfit(sample) or sample.obstacle or "has no placement"
    return f"{sample.mask_path or sample.pair.image}: {told}"


def _misfit(sample: Sample) -> str:
    mask, image = sample.mask_header, sample.image_header
    if mask is None or image is None or mask.size == image.size:
        return ""
    return f"is {mask.size} px, its image {image.size} px: maskprep extract --resize first"
