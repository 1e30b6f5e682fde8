"""Run the rules over a training set."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

from maskprep.choice import Ruleset
from maskprep.expectation import Expectation
from maskprep.ledger import Ledger
from maskprep.model import Stage, TrainingSet
from maskprep.parallel import Executor, Threads
from maskprep.recheck import Recheck
from maskprep.report import DatasetCount, Finding, Judgement, Report, SampleRow
from maskprep.rules.base import RuleStage
from maskprep.sample import Sample, samples_of


def check(
    training_set: TrainingSet,
    ruleset: Ruleset | None = None,
    expectations: Sequence[Expectation] = (),
    progress: Callable[[], None] = lambda: None,
    executor: Executor | None = None,
    ledger: Ledger | None = None,
) -> Report:
    """Find out what the trainer will do with every pair of a training set.

    Parameters
    ----------
    training_set : TrainingSet
        As discovered.
    ruleset : Ruleset or None
        Which rules to run, and how; None for all, as they come.
    expectations : sequence of Expectation
        What must hold of every pair.
    progress : callable
        Called once after each pair.
    executor : Executor or None
        Where pairs are judged; None for a thread a core.
    ledger : Ledger or None
        What is kept of earlier checks: of pairs that have not changed since then nothing is read.
        None: everything is.

    Returns
    -------
    Report
        Numbers and findings; no pixels.
    """
    rules = ruleset or Ruleset()
    asked = training_set.arguments
    findings = _told(rules, RuleStage.CONFIG, asked, training_set)
    for dataset in training_set.datasets:
        for subset in dataset.subsets:
            findings += _told(rules, RuleStage.FOLDERS, asked, subset)
    rows: list[SampleRow] = []
    stops = list(training_set.stops)
    judge = partial(_judge, rules=rules, asked=asked, expectations=expectations)
    samples, where = samples_of(training_set), executor or Threads()
    if ledger is None:
        judged = where.in_order(samples, judge)
    else:
        recheck = Recheck(ledger, training_set, rules.choice, expectations)
        judged = recheck.in_order(samples, judge, where)
    for each in judged:
        rows.append(each.row)
        findings += each.findings
        stops += each.stops
        progress()
    findings += _told(rules, RuleStage.DATASET, asked, training_set, rows)
    findings += _told(rules, RuleStage.EXPECTATIONS, asked, rows, expectations)
    told = list(dict.fromkeys(findings))  # two datasets may share their folders
    ignorers = {finding: rules.ignorer(finding) for finding in told}
    used = set(ignorers.values())
    return Report(
        training_set,
        tuple(rows),
        tuple(finding for finding in told if ignorers[finding] is None),
        tuple(_count(training_set, rows)),
        tuple(dict.fromkeys(sorted(stops, key=lambda stop: tuple(Stage).index(stop.stage)))),
        tuple(finding for finding in told if ignorers[finding] is not None),
        tuple(entry for entry in rules.ignores if entry not in used),
    )


def _judge(
    sample: Sample, rules: Ruleset, asked: str, expectations: Sequence[Expectation]
) -> Judgement:
    stops = sample.stops
    findings: list[Finding] = []
    for stage in (RuleStage.FILES, RuleStage.ENCODING, RuleStage.LATENT):
        found = list(rules.findings(stage, asked, sample))
        findings += (each.finding for each in found)
        # What is broken once shall not be told again in other words; how much it matters to
        # somebody does not make it more or less broken.
        if any(each.broken and not rules.ignorer(each.finding) for each in found):
            break
    # What was promised is held to it, whatever else is wrong.
    findings += _told(rules, RuleStage.EXPECTATION, asked, sample, expectations)
    return Judgement(sample.row(), tuple(findings), stops)


def _told(rules: Ruleset, stage: RuleStage, asked: str, *subjects: object) -> list[Finding]:
    return [each.finding for each in rules.findings(stage, asked, *subjects)]


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
