"""What the page counts over the whole set: coverage, shares of the gradient, buckets."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from maskprep.checking.compared import Seen
from maskprep.files import pathname
from maskprep.model import Size, TrainingSet
from maskprep.model.report import SampleRow

_BINS = 10
#: Bars of the shares.
_MOST_BARS = 10


@dataclass(frozen=True)
class Bar:
    """One bar: what it is of, and how long it is against the longest, [0, 1]."""

    label: str
    value: float
    length: float


@dataclass(frozen=True)
class Bucket:
    """Images of one bucket, and how much the crop cuts off of them on the mean, [0, 1]."""

    size: Size
    count: int
    crop_loss: float


@dataclass(frozen=True)
class OtherTrainer:
    """What a trainer makes of the images that it can be foretold for: mean weight, lost details."""

    title: str
    count: int
    mean: float
    lost: int
    details: int


def shares_of(training_set: TrainingSet, rows: Sequence[SampleRow]) -> list[float | None]:
    """Tell which share of the set's gradient each image has.

    Parameters
    ----------
    training_set : TrainingSet
        As discovered.
    rows : sequence of SampleRow
        Its numbers.

    Returns
    -------
    list of float or None
        [0, 1], with the repeats; None where it cannot be foretold.
    """
    repeats = {
        (subset.dataset, subset.index): subset.repeats
        for dataset in training_set.datasets
        for subset in dataset.subsets
    }
    pulls = [
        None
        if row.share is None or not math.isfinite(row.share)
        else row.share * repeats.get((row.dataset, row.subset), 1)
        for row in rows
    ]
    total = sum(pull for pull in pulls if pull is not None)
    return [None if pull is None or not total else pull / total for pull in pulls]


def histogram(rows: Sequence[SampleRow]) -> list[Bar]:
    """Count images by how much of them trains, in tenths."""
    counts = [0] * _BINS
    for row in rows:
        if row.weight_mean is not None:
            counts[min(int(row.weight_mean * _BINS), _BINS - 1)] += 1
    most = max(counts) or 1
    return [
        Bar(f"{place * 10}-{place * 10 + 10} %", count, count / most)
        for place, count in enumerate(counts)
    ]


def largest_shares(rows: Sequence[SampleRow], shares: Sequence[float | None]) -> list[Bar]:
    """List the images that pull most."""
    named = [
        (share, pathname.basename(row.image))
        for share, row in zip(shares, rows, strict=True)
        if share is not None
    ]
    named.sort(key=lambda each: -each[0])
    most = (named[0][0] if named else 0) or 1
    return [Bar(name, share, share / most) for share, name in named[:_MOST_BARS]]


def buckets(rows: Sequence[SampleRow]) -> list[Bucket]:
    """List the buckets, the fullest first."""
    losses: dict[Size, list[float]] = defaultdict(list)
    for row in rows:
        if row.bucket is not None and row.resized is not None:
            kept = row.bucket.width * row.bucket.height
            losses[row.bucket].append(1 - kept / (row.resized.width * row.resized.height))
    found = [Bucket(size, len(each), sum(each) / len(each)) for size, each in losses.items()]
    return sorted(found, key=lambda each: (-each.count, each.size))


def trainers(elsewhere: Iterable[Sequence[Seen]]) -> list[OtherTrainer]:
    """Sum up what other trainers make of a set, each for itself."""
    found: dict[str, list[Seen]] = defaultdict(list)
    for pair in elsewhere:
        for each in pair:
            found[each.trainer] += [] if each.problem else [each]
    return [
        OtherTrainer(
            title,
            len(seen),
            sum(each.mean for each in seen) / max(1, len(seen)),
            sum(len(each.lost) for each in seen),
            sum(each.details for each in seen),
        )
        for title, seen in found.items()
    ]
