"""Which pair is worse than which: by what the rules found of it, then by what is lost."""

from __future__ import annotations

from dataclasses import dataclass

from maskprep.dataset.sample import Sample
from maskprep.dataset.samples import samples_of
from maskprep.model import Severity, TrainingSet
from maskprep.model.report import Finding, Report, SampleRow


@dataclass(frozen=True)
class Ranked:
    """A pair, its place in the training set, and what was found of it.

    Attributes
    ----------
    place : int
        In the training set's order, from 0.
    sample : Sample
        Nothing of it is read yet.
    findings : tuple of Finding
        About this pair, the most severe first.
    """

    place: int
    sample: Sample
    findings: tuple[Finding, ...] = ()


def worst_first(training_set: TrainingSet, report: Report) -> list[Ranked]:
    """Order the pairs of a training set.

    Parameters
    ----------
    training_set : TrainingSet
        As discovered.
    report : Report
        Of a check of it.

    Returns
    -------
    list of Ranked
        By the number of errors, of warnings, by the weight that lost details lack, by the number
        of infos, and by how little trains; the most first.
    """
    ranked = []
    pairs = zip(samples_of(training_set), report.rows, report.of_pairs, strict=True)
    for place, (sample, row, found) in enumerate(pairs):
        findings = tuple(sorted(found, key=lambda each: -each.severity.rank))
        ranked.append((_harm(row, findings), Ranked(place, sample, findings)))
    ranked.sort(key=lambda each: each[0], reverse=True)
    return [each for _, each in ranked]


def _harm(row: SampleRow, findings: tuple[Finding, ...]) -> tuple[float, ...]:
    errors, warnings, infos = (
        sum(each.severity is severity for each in findings)
        for severity in (Severity.ERROR, Severity.WARNING, Severity.INFO)
    )
    # A picture that cannot be weighed trains nothing, as far as anybody knows.
    untrained = 1.0 if row.weight_mean is None else 1 - row.weight_mean
    lacking = (row.details_lost or 0) * (1 - (row.detail_weight_min or 0))
    return errors, warnings, lacking, infos, untrained
