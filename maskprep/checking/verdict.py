"""The verdict in the trainer's terms: what trains, whether the run starts, where it stops."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from maskprep.dataset import libraries
from maskprep.files import pathname
from maskprep.model import MaskSource, Severity, Stage, TrainingSet
from maskprep.model.report import Report


@dataclass(frozen=True)
class Verdict:
    """What to tell people at the end.

    Attributes
    ----------
    counts : tuple of str
        A sentence a dataset: how many images train with a mask, whole, or not at all.
    outcome : str
        Whether the run starts, and where it stops.
    good : bool
        Whether it gets through its first epoch, and trains what was meant.
    notes : tuple of str
        What else to know before the run.
    """

    counts: tuple[str, ...]
    outcome: str
    good: bool
    notes: tuple[str, ...]


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
    good = not (report.stops or report.faults or _wrongly_trained(report))
    return Verdict(
        tuple(_counts(report)),
        _outcome(report),
        good,
        (*_notes(report.training_set), *libraries.notes_of(report.training_set, report.rows)),
    )


def divergences_of(report: Report) -> tuple[libraries.Divergence, ...]:
    """Tell where the trainer's libraries make other numbers; see `libraries.divergences`."""
    return libraries.divergences(report.training_set, report.rows)


def libraries_of(report: Report) -> dict[str, Any]:
    """Put versions and what differs into plain values; see `libraries.as_document`."""
    return libraries.as_document(report.training_set, report.rows)


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


def _outcome(report: Report) -> str:
    wrong = _wrongly_trained(report)
    if not report.stops and report.faults:
        return "Whether the run gets through is not known: maskprep itself failed, see above."
    if not report.stops and wrong:
        files = "1 file" if wrong == 1 else f"{wrong} files"
        return f"The run gets through its first epoch, but {files} will train wrongly: see above."
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
