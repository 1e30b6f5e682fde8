"""The same masks under several trainers: what trains, what is lost, whose gradient it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from maskprep.dataset.converted import as_seen_by
from maskprep.dataset.growth import DetailGrower
from maskprep.dataset.sample import Sample
from maskprep.dataset.samples import samples_of
from maskprep.errors import MaskprepError, own_fault
from maskprep.model import Box, ModelTraits, TrainingSet
from maskprep.running.parallel import Threads
from maskprep.trainers import find_model, find_trainer, known_trainers
from maskprep.trainers.base import Trainer


@dataclass(frozen=True)
class Seat:
    """A trainer that looks on, and what it is to train."""

    trainer: Trainer
    model: ModelTraits

    @property
    def title(self) -> str:
        """Its name, and its generation where it has several."""
        several = len(self.trainer.versions) > 1
        return self.trainer.title if several else self.trainer.name


def seats_of(names: Sequence[str], model: ModelTraits) -> list[Seat]:
    """Give trainers their seats.

    Parameters
    ----------
    names : sequence of str
        As given to ``--trainer``; none for every generation of every trainer.
    model : ModelTraits
        What is trained, by all that know it; the others train their own first one.

    Returns
    -------
    list of Seat
        In the order of the names.

    Raises
    ------
    MaskprepError
        There is no such trainer.
    """
    named = names or [
        f"{name}@{version}" for name, kind in known_trainers().items() for version in kind.versions
    ]
    seats = []
    for trainer in map(find_trainer, dict.fromkeys(named)):
        known = model.name if model.name in trainer.models else None
        seats.append(Seat(trainer, find_model(trainer, known)))
    return seats


@dataclass(frozen=True)
class WeakDetail:
    """A fine detail, and what it weighs.

    Attributes
    ----------
    weight : float
        [0, 1].
    box : Box
        Around it, px of the mask as that trainer reads it.
    """

    weight: float
    box: Box

    @property
    def words(self) -> str:
        """Its weight and its place, in a few words."""
        return f"{self.weight:.2f} at {self.box.left:.0f},{self.box.top:.0f}"


@dataclass(frozen=True)
class Seen:
    """One pair under one trainer.

    Attributes
    ----------
    trainer : str
        Its title.
    problem : str
        Why nothing can be foretold; empty where it can.
    mean, least, most : float
        Of the cells' weights.
    factor : float
        Mean of what the cells' losses are multiplied by; NaN where the loss is divided by 0.
    details : int
        How many there are.
    lost : tuple of WeakDetail
        Those that hardly train, the weakest first.
    weakest : WeakDetail or None
        Of all; None where there is none.
    share : float or None
        Of the whole set's gradient, [0, 1]; None where that is not known.
    """

    trainer: str
    problem: str = ""
    mean: float = 0.0
    least: float = 0.0
    most: float = 0.0
    factor: float = 0.0
    details: int = 0
    lost: tuple[WeakDetail, ...] = ()
    weakest: WeakDetail | None = None
    share: float | None = None


@dataclass(frozen=True)
class ComparedPair:
    """One pair under every trainer, in their order."""

    image: str
    seen: tuple[Seen, ...]

    @property
    def spread(self) -> float:
        """How far the trainers are apart: in what trains, in shares, in the weakest detail."""
        known = [each for each in self.seen if not each.problem]
        if len(known) < 2:
            return 0.0
        columns = (
            [each.mean for each in known],
            [each.share or 0.0 for each in known],
            [1.0 if each.weakest is None else each.weakest.weight for each in known],
        )
        return sum(max(column) - min(column) for column in columns)


def compare(
    training_set: TrainingSet,
    seats: Sequence[Seat],
    progress: Callable[[], None] = lambda: None,
) -> tuple[ComparedPair, ...]:
    """Weigh every pair as every trainer would, were the data set laid out for it.

    Parameters
    ----------
    training_set : TrainingSet
        As its own trainer finds it.
    seats : sequence of Seat
        Who looks on.
    progress : callable
        Called once after each pair.

    Returns
    -------
    tuple of ComparedPair
        In the training set's order. An image's share is that of one epoch, in batches of one.
    """
    samples = list(samples_of(training_set))
    repeats = [sample.subset.repeats for sample in samples]
    found = []
    for sample, seen in zip(
        samples, Threads().in_order(samples, partial(_looked, seats=seats)), strict=True
    ):
        found.append(ComparedPair(sample.pair.image, seen))
        progress()
    totals = [
        sum(pair.seen[place].factor * times for pair, times in zip(found, repeats, strict=True))
        for place in range(len(seats))
    ]
    return tuple(_with_shares(*each, totals) for each in zip(found, repeats, strict=True))


def look(origin: Sample, seat: Seat) -> tuple[Sample | None, Seen]:
    """Weigh one pair as one trainer would.

    Parameters
    ----------
    origin : Sample
        As its own trainer sees it.
    seat : Seat
        Who looks on.

    Returns
    -------
    Sample or None
        With weights; None where there are none.
    Seen
        The numbers, without a share.
    """
    try:
        if origin.stops:
            return None, Seen(seat.title, f"{origin.trainer.name} stops: {origin.obstacle}")
        sample = as_seen_by(origin, seat.trainer, seat.model)
        if sample.weights is None or sample.loss_factors is None:
            return None, Seen(seat.title, sample.obstacle)
    except MaskprepError as error:
        return None, Seen(seat.title, str(error).removeprefix(f"{origin.pair.image}: "))
    except Exception as error:  # noqa: BLE001 - a defect of ours: the others look on all the same
        return None, Seen(seat.title, own_fault(error))
    weights, details = sample.weights, sample.details
    weak: list[WeakDetail] = []
    lost = 0
    if details is not None and details.found:
        grower, lost = DetailGrower(sample), len(details.lost)
        weak = [WeakDetail(each.weight, grower.box_of(each)) for each in details.below(2)]
    return sample, Seen(
        seat.title,
        "",
        float(weights.mean(dtype=np.float64)),
        float(weights.min()),
        float(weights.max()),
        float(sample.loss_factors.mean(dtype=np.float64)),
        len(weak),
        tuple(weak[:lost]),
        weak[0] if weak else None,
    )


def as_values(pair: ComparedPair) -> dict[str, Any]:
    """Give a pair as plain values, for JSON."""
    return {"image": pair.image, "trainers": [_values(each) for each in pair.seen]}


def _values(seen: Seen) -> dict[str, Any]:
    known = not seen.problem
    finite = known and np.isfinite(seen.factor)
    return {
        "trainer": seen.trainer,
        "problem": seen.problem or None,
        "weight_mean": seen.mean if known else None,
        "weight_min": seen.least if known else None,
        "weight_max": seen.most if known else None,
        "loss_factor_mean": seen.factor if finite else None,
        "share": seen.share,
        "details": seen.details if known else None,
        "details_lost": [
            {"weight": each.weight, "box": [round(edge) for edge in each.box]} for each in seen.lost
        ],
        "detail_weight_min": None if seen.weakest is None else seen.weakest.weight,
    }


def _looked(sample: Sample, seats: Sequence[Seat]) -> tuple[Seen, ...]:
    fresh = sample.seen_by(sample.trainer)  # its pixels go with it: memory stays flat
    return tuple(look(fresh, seat)[1] for seat in seats)


def _with_shares(pair: ComparedPair, times: int, totals: Sequence[float]) -> ComparedPair:
    def shared(seen: Seen, total: float) -> Seen:
        is_known = not seen.problem and np.isfinite(total) and total > 0
        return replace(seen, share=seen.factor * times / total) if is_known else seen

    return replace(pair, seen=tuple(map(shared, pair.seen, totals)))
