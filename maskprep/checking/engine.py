"""Run the rules over a training set."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from maskprep.checking.choice import Ruleset
from maskprep.checking.ledger import Ledger
from maskprep.checking.recheck import Recheck
from maskprep.dataset.expectation import Expectation
from maskprep.dataset.only import files_about
from maskprep.dataset.sample import Sample
from maskprep.dataset.samples import samples_of
from maskprep.errors import MaskprepError, own_fault
from maskprep.model import Pair, Size, Stage, Stop, Subset, TrainingSet
from maskprep.model.report import DatasetCount, Fault, Finding, Judgement, Report, SampleRow
from maskprep.model.rule import RuleStage
from maskprep.running.parallel import WAS_ENDED, Executor, Threads, one_at_a_time


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
    rules = (ruleset or Ruleset()).about(training_set.trainer)
    asked = training_set.arguments
    faults: list[Fault] = []

    def told_of_set(stage: RuleStage, *subjects: object) -> list[Finding]:
        try:
            return _told(rules, stage, asked, *subjects)
        except MaskprepError:
            raise
        except Exception as error:  # noqa: BLE001 - a defect of ours: the rest is told all the same
            faults.append(Fault(training_set.name, own_fault(error)))
            return []

    findings = told_of_set(RuleStage.CONFIG, training_set.entire)
    for dataset in training_set.datasets:
        for subset in dataset.subsets:
            findings += _of_chosen(subset, partial(told_of_set, RuleStage.FOLDERS))
    about_set = list(findings)
    rows: list[SampleRow] = []
    of_pairs: list[tuple[Finding, ...]] = []
    stops, skipped = list(training_set.stops), list[Stop]()
    judge = partial(_judge, rules=rules, asked=asked, expectations=expectations)
    where = executor or Threads()
    if ledger is None:
        judged: Iterator[Judgement] = where.in_order(samples_of(training_set), judge, _lost)
    else:
        recheck = Recheck(ledger, training_set, rules.choice, expectations)
        judged = recheck.in_order(judge, _lost, where)
    sizes: dict[Size | None, Size | None] = {}
    for pair, each in zip(training_set.pairs, judged, strict=True):
        rows.append(_sharing(each.row, pair, sizes))
        of_pairs.append(each.findings)
        findings += each.findings
        for stop in each.stops:
            (skipped if stop.stage is Stage.SKIPPED else stops).append(stop)
        faults += [] if each.fault is None else [each.fault]
        progress()
    if not any(row.trains for row in rows):
        # Nobody goes on without a file where there is no other.
        stops += (replace(stop, stage=Stage.BATCH) for stop in skipped)
    own = {pair.image for pair in training_set.pairs if pair.is_own_mask}
    with_masks = [row for row in rows if row.image not in own]
    of_rows = []
    if not training_set.only:  # what is said of all pairs is not to be said of some
        of_rows += told_of_set(RuleStage.DATASET, training_set, with_masks)
        of_rows += told_of_set(RuleStage.EXPECTATIONS, rows, expectations)
    findings += of_rows
    told = list(dict.fromkeys(findings))  # two datasets may share their folders
    ignorers = {finding: rules.ignorer(finding) for finding in told}
    used = set(ignorers.values())
    by_path: dict[str, list[Finding]] = defaultdict(list)
    for finding in (*about_set, *of_rows):
        by_path[finding.path].append(finding)
    return Report(
        training_set,
        tuple(rows),
        tuple(finding for finding in told if ignorers[finding] is None),
        tuple(_count(training_set, rows)),
        tuple(dict.fromkeys(sorted(stops, key=lambda stop: tuple(Stage).index(stop.stage)))),
        tuple(finding for finding in told if ignorers[finding] is not None),
        () if training_set.only else tuple(entry for entry in rules.ignores if entry not in used),
        tuple(faults),
        tuple(
            tuple(
                finding
                for finding in dict.fromkeys((*own, *_about(row, by_path)))
                if ignorers[finding] is None
            )
            for row, own in zip(rows, of_pairs, strict=True)
        ),
        selected=rules.choice.select,
    )


def _of_chosen(subset: Subset, told: Callable[[Subset], list[Finding]]) -> list[Finding]:
    """Look at a folder with all that is in it, and tell what is about the chosen pairs."""
    if subset.whole is None:
        return told(subset)
    if not subset.pairs:
        return []
    about = files_about(subset)
    return [finding for finding in told(subset.whole) if finding.path in about]


def _judge(
    sample: Sample, rules: Ruleset, asked: str, expectations: Sequence[Expectation]
) -> Judgement:
    try:
        with one_at_a_time(sample.pixels):
            return _judged(sample, rules, asked, expectations)
    except MaskprepError:
        raise
    except Exception as error:  # noqa: BLE001 - a defect of ours: the others are judged all the same
        return _unjudged(sample, own_fault(error))


def _lost(sample: Sample) -> Judgement:
    return _unjudged(sample, WAS_ENDED)


def _unjudged(sample: Sample, words: str) -> Judgement:
    pair = sample.pair
    row = SampleRow(pair.dataset, pair.subset, pair.image, pair.mask)
    return Judgement(row, (), (), Fault(pair.image, words))


def _judged(
    sample: Sample, rules: Ruleset, asked: str, expectations: Sequence[Expectation]
) -> Judgement:
    stops = sample.stops
    findings: list[Finding] = []
    stages = (RuleStage.FILES, RuleStage.ENCODING, RuleStage.LATENT)
    # An image that is its own mask is told with its folder; what it looks like is no news.
    for stage in stages[:1] if sample.pair.is_own_mask else stages:
        found = list(rules.findings(stage, asked, sample))
        findings += (each.finding for each in found)
        # What is broken once shall not be told again in other words; how much it matters to
        # somebody does not make it more or less broken.
        if any(each.broken and not rules.ignorer(each.finding) for each in found):
            break
    # What was promised is held to it, whatever else is wrong.
    findings += _told(rules, RuleStage.EXPECTATION, asked, sample, expectations)
    return Judgement(sample.row(), tuple(findings), stops)


def _sharing(row: SampleRow, pair: Pair, sizes: dict[Size | None, Size | None]) -> SampleRow:
    """Let a row from another process share what is here already: of 100,000 that is 50 MB."""
    mask = pair.mask if row.mask == pair.mask else row.mask
    same: dict[str, Any] = {"image": pair.image, "mask": mask}
    for name in ("size", "measured", "resized", "bucket"):
        size = getattr(row, name)
        same[name] = sizes.setdefault(size, size)
    is_so = all(getattr(row, name) is value for name, value in same.items())
    return row if is_so else replace(row, **same)


def _about(row: SampleRow, by_path: Mapping[str, list[Finding]]) -> Iterator[Finding]:
    for path in dict.fromkeys((row.image, row.mask)):
        if path is not None:
            yield from by_path.get(path, ())


def _told(rules: Ruleset, stage: RuleStage, asked: str, *subjects: object) -> list[Finding]:
    return [each.finding for each in rules.findings(stage, asked, *subjects)]


def _count(training_set: TrainingSet, rows: list[SampleRow]) -> Iterator[DatasetCount]:
    for dataset in training_set.datasets:
        of_dataset = [row for row in rows if row.dataset == dataset.index]
        images = {row.image: row.trains for row in of_dataset}
        unseen = {path for each in dataset.subsets if each.whole is None for path in each.unseen}
        yield DatasetCount(
            dataset.index,
            masked=sum(trains == "masked" for trains in images.values()),
            whole=sum(trains == "whole" for trains in images.values()),
            ignored=len(unseen - images.keys()),
        )
