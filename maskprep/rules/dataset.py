"""Rules for the numbers of all pairs together (MP4xx)."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress

import numpy as np

from maskprep import raster
from maskprep.errors import UnreadableImageError
from maskprep.files import pathname, storage
from maskprep.model import Severity, Subset, TrainingSet
from maskprep.model.report import SampleRow
from maskprep.model.rule import Remark, RuleStage, rule

_DATASET = RuleStage.DATASET
_LOSS = (
    "sd-scripts v0.10.1, library/custom_train_functions.py, apply_masked_loss (the loss is "
    "averaged over the image, not over what trains)"
)

#: Images from which a set has a middle and a spread worth the names.
FEWEST_IMAGES = 8
#: Factor between an image's share and the middle one; close-ups and whole figures differ by three.
FACTOR = 4.0
#: Robust standard deviations from the middle.
SPREAD = 3.5
#: From the median absolute deviation of normal numbers to their standard deviation.
_MAD_TO_SIGMA = 1.4826
#: Mean weight of a set under which its loss is a tenth of the usual one.
LOW_WEIGHT = 0.1
#: Weight that a mask reaches somewhere, unless it is stored wrongly or has thin lines alone.
HALF = 0.5
#: Bytes that are read at once, and that are looked at first.
_BLOCK, _FIRST = 1 << 20, 1 << 12


@rule(
    "MP401",
    "coverage-outlier",
    Severity.WARNING,
    _DATASET,
    f"{_LOSS}; truth: all weight cases",
    "crop the image closer to what trains, or change num_repeats",
)
def coverage_outlier(
    training_set: TrainingSet,
    rows: Sequence[SampleRow],
    *,
    images: int = FEWEST_IMAGES,
    factor: float = FACTOR,
    spread: float = SPREAD,
) -> Iterator[Remark]:
    """An image whose share of the gradient is far from the others'.

    The loss is not divided by the mask's area: an image with a quarter of another's mean weight
    teaches a quarter as much, and num_repeats multiply it. Shares (repeats x mean weight) are
    compared by their logarithms, with the median and the median absolute deviation, which a few
    outliers cannot move: told is what is both 4 times away from the middle and 3.5 standard
    deviations. In a set of fewer than 8 images there is no usual share.
    """
    # A share that is no number is told elsewhere.
    learnt = [each for each in _learnt(training_set, rows) if (each[0].share or 0) > 0]
    if len(learnt) < images:
        return
    shares = np.array([(row.share or 0) * subset.repeats for row, subset in learnt])
    from statistics import median  # numpy's own would import all of its masked arrays

    logs = np.log(shares)
    away = logs - median(logs)
    furthest = max(np.log(factor), spread * _MAD_TO_SIGMA * float(median(np.abs(away))))
    for place in np.flatnonzero(np.abs(away) >= furthest):
        row, subset = learnt[place]
        more = away[place] > 0
        times = f"{np.exp(abs(away[place])):.1f} times {'more' if more else 'less'} than usual here"
        told = f"has {shares[place] / shares.sum():.2%} of the gradient, {times}"
        repeats = f"{training_set.trainer.words.repeats} {subset.repeats}"
        told += f" (mean weight {row.weight_mean:.3f}, {repeats})"
        fix = "crop the image closer to what trains, or move it to a subset with more repeats"
        if more:
            fix = "move it to a subset with fewer repeats, or take some of the mask away"
        yield Remark(row.mask or row.image, told, fix)


@rule(
    "MP402",
    "effective-loss-low",
    Severity.WARNING,
    _DATASET,
    f"{_LOSS}; truth: weight cases",
    "crop the images closer to what trains",
)
def effective_loss_low(
    training_set: TrainingSet, rows: Sequence[SampleRow], *, weight: float = LOW_WEIGHT
) -> Iterator[Remark]:
    """Masks so small that the whole set's loss is a fraction of the usual one.

    The gradient shrinks with the mean weight. Optimisers that divide by the gradient's own size
    (Adam, Prodigy) make up for it, except for weight decay and what max_grad_norm no longer clips;
    others learn slower by that factor. Crops around what trains mend it without any setting.
    """
    learnt = [
        (row.share, subset.repeats)
        for row, subset in _learnt(training_set, rows)
        if row.share is not None
        and not math.isnan(row.share)
        and row.trains == "masked"
        # Where no cell weighs half, not the mask's size is at fault: other rules tell it.
        and (row.weight_max or 0) >= HALF
    ]
    if not learnt:
        return
    mean = sum(value * times for value, times in learnt) / sum(times for _, times in learnt)
    if 0 < mean < weight:
        told = f"the mean weight of its masks is {mean:.3f}: the gradient is {1 / mean:.0f} times"
        told += " smaller than of whole images"
        fix = "crop the images closer to what trains, grow the masks, or (without Adam and the"
        yield Remark(training_set.name, told, f"{fix} like) raise the learning rate")


@rule(
    "MP403",
    "duplicate-images",
    Severity.WARNING,
    _DATASET,
    "sd-scripts v0.10.1, library/train_util.py, DreamBoothDataset.__init__ (images are known by "
    "their paths; read)",
    "keep the one whose mask is right",
)
def duplicate_images(training_set: TrainingSet, rows: Sequence[SampleRow]) -> Iterator[Remark]:
    """The same picture under two names, with different masks.

    What one of them trains the other ignores, and which mask is the newer one nobody knows. With
    equal masks the picture merely counts twice, which is told as info. Files are compared byte by
    byte, and only those of equal size and beginning are read.
    """
    subsets = {row.image: subset for row, subset in _learnt(training_set, rows)}
    by_path = {row.image: row for row in rows if row.image in subsets}
    for first, *others in _same_files(by_path):
        for other in others:
            one, two = by_path[first], by_path[other]
            if _same_masks(training_set, one, two, (subsets[first], subsets[other])):
                told = f"is the same picture as {first}, with the same mask: it counts twice"
                fix = f"take one of them out, or use {training_set.trainer.words.repeats}"
                yield Remark(other, told, fix, Severity.INFO)
            else:
                told = f"is the same picture as {first}, with another mask"
                yield Remark(other, told, "keep the one whose mask is right")


def _learnt(
    training_set: TrainingSet, rows: Iterable[SampleRow]
) -> Iterator[tuple[SampleRow, Subset]]:
    """Give what trains, without regularisation images, each with its subset."""
    for row in rows:
        subset = training_set.datasets[row.dataset].subsets[row.subset]
        if row.trains is not None and not subset.is_regularisation:
            yield row, subset


def _same_files(paths: Iterable[str]) -> Iterator[list[str]]:
    """Group files of equal bytes, in order; two spellings of one path are one file."""
    by_size: dict[int, dict[str, str]] = {}
    for path in paths:
        try:
            size = storage.getsize(path) if storage.isfile(path) else None
        except OSError:
            continue
        if size is not None:
            by_size.setdefault(size, {}).setdefault(pathname.absolute(path), path)
    for alike in by_size.values():
        # Files of one size mostly differ from their first bytes on.
        for same in _grouped(alike.values(), _start) if len(alike) > 1 else ():
            yield from _grouped(same, _digest)


def _grouped(paths: Iterable[str], key: Callable[[str], bytes]) -> Iterator[list[str]]:
    """Group files of the same key, and leave out those that are alone, or cannot be read."""
    groups: dict[bytes, list[str]] = {}
    for path in paths:
        with suppress(OSError):
            groups.setdefault(key(path), []).append(path)
    yield from (same for same in groups.values() if len(same) > 1)


def _start(path: str) -> bytes:
    with storage.open_binary(path) as stream:
        return stream.read(_FIRST)


def _digest(path: str) -> bytes:
    digest = hashlib.sha256()
    with storage.open_binary(path, whole=True) as stream:
        while block := stream.read(_BLOCK):
            digest.update(block)
    return digest.digest()


def _same_masks(
    training_set: TrainingSet,
    one: SampleRow,
    two: SampleRow,
    subsets: tuple[Subset, Subset],
) -> bool:
    if one.mask is None or two.mask is None:
        return one.mask is two.mask
    if one.mask == two.mask:
        return True
    trainer = training_set.trainer
    try:
        first, second = (
            raster.read_mask(row.mask or "", *trainer.mask_reading(subset.source, subset)).mask
            for row, subset in zip((one, two), subsets, strict=True)
        )
    except UnreadableImageError:
        return True
    return np.array_equal(first, second)
