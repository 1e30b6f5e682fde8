"""The verdict in the trainer's terms: what trains, whether the run starts, where it stops."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any

from maskprep.dataset import libraries
from maskprep.files import pathname
from maskprep.model import MaskSource, Severity, Stage, Stop, TrainingSet
from maskprep.model.report import Finding, Report
from maskprep.rules import by_code


class Harm(Enum):
    """What a finding does to a run, and what becomes of a run by all of them; the worst first."""

    NO_START = "will not start"
    STOP = "stops in its first epoch"
    UNKNOWN = "not foretold"
    WRONG = "trains wrongly"
    DOUBT = "ready with doubts"
    NONE = "ready"

    @property
    def rank(self) -> int:
        """Order of the harms, from 0 for the worst."""
        return list(Harm).index(self)


_OF_STAGE = {Stage.START_UP: Harm.NO_START, Stage.BATCH: Harm.STOP, Stage.UNKNOWN: Harm.UNKNOWN}
_OF_SEVERITY = {Severity.ERROR: Harm.WRONG, Severity.WARNING: Harm.DOUBT, Severity.INFO: Harm.NONE}


@dataclass(frozen=True)
class Verdict:
    """What to tell people at the end.

    Attributes
    ----------
    harm : Harm
        The verdict in a word, or a few: its value.
    counts : tuple of str
        A sentence a dataset: how many images train with a mask, whole, or not at all.
    outcome : str
        Whether the run starts, and where it stops.
    notes : tuple of str
        What else to know before the run.
    """

    harm: Harm
    counts: tuple[str, ...]
    outcome: str
    notes: tuple[str, ...]

    @property
    def good(self) -> bool:
        """Whether the run gets through its first epoch, and trains what was meant."""
        return self.harm in (Harm.DOUBT, Harm.NONE)


def verdict_of(report: Report) -> Verdict:
    """Put a report's verdict into sentences.

    Parameters
    ----------
    report : Report
        Of a check.

    Returns
    -------
    Verdict
        Plain text, ASCII but for file names.
    """
    return Verdict(
        harm_of(report),
        tuple(_counts(report)),
        _as_far_as_seen(report, _outcome(report)),
        (*_notes(report.training_set), *libraries.notes_of(report.training_set, report.rows)),
    )


def divergences_of(report: Report) -> tuple[libraries.Divergence, ...]:
    """Tell where the trainer's libraries make other numbers; see `libraries.divergences`."""
    return libraries.divergences(report.training_set, report.rows)


def libraries_of(report: Report) -> dict[str, Any]:
    """Put versions and what differs into plain values; see `libraries.as_document`."""
    return libraries.as_document(report.training_set, report.rows)


def harm_of(report: Report) -> Harm:
    """Tell what becomes of the run: the worst of its stops, of what it finds, and of no masks.

    Parameters
    ----------
    report : Report
        Of a check.

    Returns
    -------
    Harm
        What is known of a stop goes before all else, whichever rules were chosen.
    """
    harms = {harm_of_stop(stop) for stop in report.stops}
    harms |= {harm for _, harm in harms_of(report)}
    if report.faults:
        harms.add(Harm.UNKNOWN)
    if trains_whole(report):
        harms.add(Harm.WRONG)
    return min(harms, key=lambda each: each.rank, default=Harm.NONE)


def harm_of_stop(stop: Stop) -> Harm:
    """Tell what becomes of a run by one stop."""
    return _OF_STAGE[stop.stage]


def harms_of(report: Report) -> Iterator[tuple[Finding, Harm]]:
    """Tell what each finding does to the run.

    Parameters
    ----------
    report : Report
        Of a check.

    Yields
    ------
    (Finding, Harm)
        In the report's order. A finding stops the run where the trainer stops for its reason, at
        its file; else its severity decides, and whether the whole set trains without masks by it.
    """
    told = {finding.path for finding in report.findings}
    stages: dict[tuple[str, str | None], Harm] = {}
    for stop in report.stops:
        place = (stop.rule, stop.path if stop.path in told else None)
        harms = (stages.get(place, Harm.NONE), harm_of_stop(stop))
        stages[place] = min(harms, key=lambda each: each.rank)
    whole = trains_whole(report)
    for finding in report.findings:
        stopping = [
            stages[name, path]
            for name in reasons(finding)
            for path in (finding.path, None)
            if (name, path) in stages
        ]
        of_all = whole or finding.path == report.training_set.name
        if stopping:
            yield finding, min(stopping, key=lambda each: each.rank)
        elif (
            by_code()[finding.code].trains_whole
            and of_all
            and finding.severity is not Severity.INFO
        ):
            yield finding, Harm.WRONG
        else:
            yield finding, _OF_SEVERITY[finding.severity]


def reasons(finding: Finding) -> tuple[str, ...]:
    """Name the stops that a finding tells: its rule's own, and those told in others' place.

    Parameters
    ----------
    finding : Finding
        Only an error tells a stop in another rule's place.

    Returns
    -------
    tuple of str
        Names of rules, as stops have them.
    """
    others = by_code()[finding.code].tells if finding.severity is Severity.ERROR else ()
    return (finding.name, *others)


def trains_whole(report: Report) -> bool:
    """Tell whether no mask is in use at all: every image that trains does so as a whole."""
    training = [row for row in report.rows if row.trains is not None]
    if report.training_set.only:
        return False  # some do; of the others nothing is known
    return bool(training) and all(row.trains == "whole" or row.weight_mean == 1 for row in training)


def trainer_line(training_set: TrainingSet) -> str:
    """Name the trainer, the model and what they fix.

    Parameters
    ----------
    training_set : TrainingSet
        As discovered.

    Returns
    -------
    str
        One line.
    """
    model = training_set.model
    line = (
        f"{training_set.trainer.title}, model {model.name}:"
        f" {model.stride} px a latent cell, bucket step {model.bucket_step}"
    )
    if training_set.config is None and training_set.datasets:
        line += f", {training_set.trainer.describe(training_set.datasets[0])}"
    return line


def _counts(report: Report) -> list[str]:
    sentences = []
    for count in report.counts:
        if report.training_set.only and not any(row.dataset == count.index for row in report.rows):
            continue
        means = [
            row.weight_mean
            for row in report.rows
            if row.dataset == count.index and row.weight_mean is not None and row.trains
        ]
        sentence = (
            f"datasets[{count.index}]: {_images(count.masked)} with a mask,"
            f" {count.whole} whole, {count.ignored} ignored"
        )
        of_dataset = {row.image: row.trains for row in report.rows if row.dataset == count.index}
        failed = {fault.path for fault in report.faults}
        stopping = sum(
            trains is None and image not in failed for image, trains in of_dataset.items()
        )
        if stopping:
            sentence += f", {stopping} cannot train"
        if means:
            mean = sum(means) / len(means)
            sentence += f"; mean weight {mean:.3f}"
            if len(means) > 1:
                sentence += f" ({min(means):.3f} to {max(means):.3f})"
        unchecked = report.training_set.datasets[count.index].unchecked
        sentences.append(f"{sentence}; {unchecked}" if unchecked else sentence)
    return sentences


def _images(count: int) -> str:
    return "1 image trains" if count == 1 else f"{count} images train"


def _as_far_as_seen(report: Report, outcome: str) -> str:
    """Say of which part a sentence is, but where the run does not start: that is known."""
    part = report.training_set.part
    if not part or not report.starts:
        return outcome
    return f"By {part} alone: {outcome[0].lower()}{outcome[1:]}"


def _outcome(report: Report) -> str:
    wrong = _wrongly_trained(report)
    if not report.stops and report.faults:
        return "Whether the run gets through is not known: maskprep itself failed, see above."
    if not report.stops and wrong:
        files = "1 file" if wrong == 1 else f"{wrong} files"
        return f"The run gets through its first epoch, but {files} will train wrongly: see above."
    if not report.stops and harm_of(report) is Harm.WRONG:
        return "The run gets through its first epoch, but every image trains whole: no mask counts."
    if not report.stops:
        return "The run starts and gets through its first epoch."
    stop = report.stops[0]
    others = sum(each.stage is stop.stage for each in report.stops) - 1
    if stop.stage is Stage.START_UP:
        here = " from here" if stop.rule == "relative-path" else ""
        more = f", and {others} more would stop it after that" if others else ""
        return f"The run will not start{here}: {stop.headline} [{stop.rule}]{more}"
    if stop.stage is Stage.UNKNOWN:
        more = f", and of {others} more" if others else ""
        return f"Whether the run gets past {stop.path} is not foretold{more}: {stop.headline}"
    more = f", and would at {others} more" if others else ""
    return (
        f"The run starts, and stops in its first epoch at {stop.path}: {stop.headline}"
        f" [{stop.rule}]{more}"
    )


def _wrongly_trained(report: Report) -> int:
    return len({each.path for each in report.findings if each.severity is Severity.ERROR})


def _notes(training_set: TrainingSet) -> list[str]:
    notes = []
    sources = {subset.source for each in training_set.datasets for subset in each.subsets}
    if MaskSource.FILE in sources:
        notes.append(training_set.trainer.words.use_files)
    elif MaskSource.ALPHA in sources:
        notes.append(training_set.trainer.words.use_alpha)
    elif training_set.datasets:
        notes.append("No masks are in use: every image trains whole.")
    if any(map(pathname.is_remote, training_set.places)):
        notes.append("The trainer reads local files only: bring the data set to its disk first.")
    return notes
