"""Run the rules over a training set."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from maskprep.model import Severity, Stage, Stop, TrainingSet
from maskprep.parallel import in_order
from maskprep.report import DatasetCount, Finding, Report, SampleRow
from maskprep.rules import rules_of
from maskprep.rules.base import RuleStage
from maskprep.sample import Sample, samples_of


def check(
    training_set: TrainingSet, progress: Callable[[], None] = lambda: None, workers: int = 0
) -> Report:
    """Find out what the trainer will do with every pair of a training set.

    Parameters
    ----------
    training_set : TrainingSet
        As discovered.
    progress : callable
        Called once after each pair.
    workers : int
        Threads; 0 for one a core.

    Returns
    -------
    Report
        Numbers and findings; no pixels.
    """
    findings = list(_findings(RuleStage.CONFIG, training_set, training_set.arguments))
    for dataset in training_set.datasets:
        for subset in dataset.subsets:
            findings += _findings(RuleStage.FOLDERS, subset, training_set.arguments)
    judge = partial(_judge, dataset=training_set.arguments)
    rows: list[SampleRow] = []
    stops = list(training_set.stops)
    for row, found, stopped in in_order(samples_of(training_set), judge, workers):
        rows.append(row)
        findings += found
        stops += stopped
        progress()
    return Report(
        training_set,
        tuple(rows),
        tuple(dict.fromkeys(findings)),  # two datasets may share their folders
        tuple(_count(training_set, rows)),
        tuple(dict.fromkeys(sorted(stops, key=lambda stop: stop.stage is not Stage.START_UP))),
    )


def _judge(sample: Sample, dataset: str) -> tuple[SampleRow, list[Finding], tuple[Stop, ...]]:
    stops = sample.stops
    findings: list[Finding] = []
    for stage in (RuleStage.FILES, RuleStage.ENCODING, RuleStage.LATENT):
        found = list(_findings(stage, sample, dataset))
        findings += found
        # What is broken once shall not be told again in other words.
        if any(finding.severity is Severity.ERROR for finding in found):
            break
    return sample.row(), findings, stops


def _findings(stage: RuleStage, subject: object, dataset: str) -> Iterator[Finding]:
    for rule in rules_of(stage):
        yield from rule.findings(subject, dataset)


def _count(training_set: TrainingSet, rows: list[SampleRow]) -> Iterator[DatasetCount]:
    for dataset in training_set.datasets:
        of_dataset = [row for row in rows if row.dataset == dataset.index]
        images = {row.image: row.trains for row in of_dataset}
        unseen = {path for subset in dataset.subsets for path in subset.unseen}
        yield DatasetCount(
            dataset.index,
            masked=sum(trains == "masked" for trains in images.values()),
            whole=sum(trains == "whole" for trains in images.values()),
            ignored=len(unseen - images.keys()),
        )
