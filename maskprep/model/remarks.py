"""What a trainer foretells, as remarks: refusals of a configuration, stops, oddities."""

from __future__ import annotations

from collections.abc import Iterator

from maskprep.model.found import TrainingSet
from maskprep.model.rule import Remark


def refused(training_set: TrainingSet, name: str) -> Iterator[Remark]:
    """Remark each issue of the configuration that is told by a rule of that name."""
    config = training_set.config
    for issue in config.issues if config is not None else ():
        if issue.rule == name:
            path = config.path if config is not None else training_set.name
            yield Remark(path, issue.error, issue.hint)


def stopped(training_set: TrainingSet, name: str, fix: str) -> Iterator[Remark]:
    """Remark each stop that is told by a rule of that name."""
    for stop in training_set.stops:
        if stop.rule == name:
            yield Remark(stop.path or training_set.name, stop.headline, fix)


def odd(training_set: TrainingSet, name: str) -> Iterator[Remark]:
    """Remark each oddity that is told by a rule of that name."""
    for oddity in training_set.oddities:
        if oddity.rule == name:
            yield Remark(training_set.name, oddity.message, oddity.hint, oddity.severity)
