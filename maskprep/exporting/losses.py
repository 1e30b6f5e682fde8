"""What another trainer cannot be told, or does otherwise: said before anything is written."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from maskprep.model import Dataset, ModelTraits, Size, TrainingSet
from maskprep.trainers.base import Trainer
from maskprep.trainers.facts import plain_dataset

#: Cells of a mask that is asked about: half trains.
_SIDE = 16


def resolution_of(training_set: TrainingSet) -> Size | None:
    """Tell the resolution of a whole set, the largest of several; None for the model's."""
    found = _resolutions(training_set)
    return max(found, key=lambda size: size.width * size.height, default=None)


def losses_of(training_set: TrainingSet, trainer: Trainer, model: ModelTraits) -> Iterator[str]:
    """Tell what becomes otherwise with another trainer.

    Parameters
    ----------
    training_set : TrainingSet
        As its own trainer finds it.
    trainer, model
        Who is to train what.

    Yields
    ------
    str
        A sentence each.
    """
    title = trainer.name
    found = _resolutions(training_set)
    if len(found) > 1:
        named = ", ".join(map(str, found))
        yield f"resolutions {named}: written with {resolution_of(training_set)} alone"
    subsets = [subset for each in training_set.datasets for subset in each.subsets]
    if any(each.is_regularisation for each in subsets) and not trainer.layout.regularisation:
        yield f"{title} has no regularisation images: they train like any others"
    shown = {each.repeats for each in subsets if each.pairs and not each.is_regularisation}
    if trainer.layout.one_folder and shown != {1}:
        times = ", ".join(map(str, sorted(shown)))
        yield f"{title} shows all images of its folder alike: repeats ({times}) are left out"
    if not training_set.datasets:
        return
    before = training_set.datasets[0]
    after = plain_dataset(trainer, model)
    least = _floor(training_set.trainer, training_set.model, before)
    there = _floor(trainer, model, after)
    if f"{least:g}" != f"{there:g}":
        yield f"what masks ignore trains with weight {there:g} in {title}, here with {least:g}"
    divides = _divides(training_set.trainer, training_set.model, before)
    if _divides(trainer, model, after) is not divides:
        how = "not divided" if divides else "divided"
        yield f"{title} has the loss {how} by the mask's mean: small masks learn " + (
            "less than here" if divides else "as much as large ones"
        )


def _resolutions(training_set: TrainingSet) -> list[Size]:
    trainer: Trainer = training_set.trainer
    told = (trainer.resolution_of(each) for each in training_set.datasets)
    return list(dict.fromkeys(each for each in told if each is not None))


def _floor(trainer: Trainer, model: ModelTraits, dataset: Dataset) -> float:
    side = _SIDE * model.stride
    black = np.zeros((side, side), np.uint8)
    return float(trainer.latent_weights(black, model, dataset, dataset.subsets[0]).min())


def _divides(trainer: Trainer, model: ModelTraits, dataset: Dataset) -> bool:
    weights = np.zeros((_SIDE, _SIDE), np.float32)
    weights[: _SIDE // 2] = 1
    return not np.array_equal(trainer.loss_factors(weights, model, dataset), weights)
