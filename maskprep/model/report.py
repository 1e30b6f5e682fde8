"""What a check finds out: findings, numbers and counts; no pixels."""

from __future__ import annotations

from dataclasses import dataclass

from maskprep.model.foretold import Severity, Stage, Stop
from maskprep.model.found import TrainingSet
from maskprep.model.geometry import Size


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a rule found.

    Attributes
    ----------
    code, name : str
        The rule's.
    severity : Severity
        As the rule has it.
    path : str
        The file, folder or configuration it is about.
    message : str
        What is, and what was wanted; for people.
    fix : str
        What mends it, in words; empty where there is nothing, or the command says it all.
    command : str
        What does it: one whole command of ours; empty where none does.
    choice : bool
        Whether people must choose what was meant, so that no fix mends it by itself.
    """

    code: str
    name: str
    severity: Severity
    path: str
    message: str
    fix: str = ""
    command: str = ""
    choice: bool = False

    @property
    def mend(self) -> str:
        """What mends it: the words, and the command behind them."""
        return ": ".join(filter(None, (self.fix, self.command)))

    @property
    def sentence(self) -> str:
        """What is, and what mends it."""
        return f"{self.message}; to mend it: {self.mend}" if self.mend else self.message


@dataclass(frozen=True, slots=True)
class SampleRow:
    """The numbers of one pair; what outlives its pixels.

    Every number is None where it could not be worked out.

    Attributes
    ----------
    dataset, subset : int
        Places in the configuration, from 0.
    image : str
        Path of the image.
    mask : str or None
        The file that carries the mask: the mask file, the image itself for alpha, None where
        the image trains whole or its mask is missing.
    size, measured, resized, bucket : Size or None
        Stored size, the size that the trainer believes it to be, size after the trainer's resize,
        size after its crop; pixels.
    coverage : float or None
        Mean of the mask at full size, [0, 1].
    weight_mean, weight_max : float or None
        Over the latent cells, [0, 1].
    share : float or None
        What the image's loss is multiplied by, on the mean of its cells: the mean weight, or where
        the trainer divides by that, another number; NaN where it divides by 0.
    trains : {"masked", "whole", None}
        How the image trains; None where the run stops at it.
    details, details_lost : int or None
        Fine details of the mask, and those that weigh too little to be learnt; None also where
        no rule asked for details.
    detail_weight_min : float or None
        Of the weakest detail, [0, 1]; None where there is none.
    library_differences : tuple of str
        In what versions of the trainer's libraries differ here, by
        `maskprep.masks.versions.KNOWN`.
    """

    dataset: int
    subset: int
    image: str
    mask: str | None
    size: Size | None = None
    measured: Size | None = None
    resized: Size | None = None
    bucket: Size | None = None
    coverage: float | None = None
    weight_mean: float | None = None
    weight_max: float | None = None
    share: float | None = None
    trains: str | None = None
    details: int | None = None
    details_lost: int | None = None
    detail_weight_min: float | None = None
    library_differences: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Fault:
    """Nothing is known of a file: a defect of maskprep itself, or its process was ended.

    Attributes
    ----------
    path : str
        The image, or the data set.
    words : str
        What happened, where, and how to report it.
    """

    path: str
    words: str


@dataclass(frozen=True, slots=True)
class Judgement:
    """What is found out about one pair.

    Attributes
    ----------
    row : SampleRow
        Its numbers.
    findings : tuple of Finding
        In the order of the stages; also what is ignored in some files.
    stops : tuple of Stop
        Why a run stops at it.
    fault : Fault or None
        Why it could not be judged.
    """

    row: SampleRow
    findings: tuple[Finding, ...]
    stops: tuple[Stop, ...]
    fault: Fault | None = None


@dataclass(frozen=True)
class DatasetCount:
    """How many image files of a dataset train, and how; without repeats."""

    index: int
    masked: int
    whole: int
    ignored: int


@dataclass(frozen=True)
class Report:
    """What a check found out about one training set.

    Attributes
    ----------
    training_set : TrainingSet
        What was checked.
    rows : tuple of SampleRow
        One an image, in the trainer's order.
    findings : tuple of Finding
        In the order of the stages, then of the files.
    counts : tuple of DatasetCount
        One a dataset.
    stops : tuple of Stop
        Start-up first, then batches.
    ignored : tuple of Finding
        What the user does not want to hear of in some files, or has accepted.
    unused_ignores : tuple of str
        Entries for some files by which nothing was ignored.
    faults : tuple of Fault
        What could not be judged, by a defect of maskprep itself.
    of_pairs : tuple of tuple of Finding
        For each row, those of `findings` that are about its pair.
    left : frozenset of (str, str)
        Rules' names and paths that fixes were just tried on, in vain.
    selected : tuple of str
        What rules were chosen, as the user named them; empty for all.
    """

    training_set: TrainingSet
    rows: tuple[SampleRow, ...]
    findings: tuple[Finding, ...]
    counts: tuple[DatasetCount, ...]
    stops: tuple[Stop, ...] = ()
    ignored: tuple[Finding, ...] = ()
    unused_ignores: tuple[str, ...] = ()
    faults: tuple[Fault, ...] = ()
    of_pairs: tuple[tuple[Finding, ...], ...] = ()
    left: frozenset[tuple[str, str]] = frozenset()
    selected: tuple[str, ...] = ()

    @property
    def starts(self) -> bool:
        """Whether the run gets to its first step."""
        return not any(stop.stage is Stage.START_UP for stop in self.stops)

    @property
    def stops_in_first_epoch(self) -> bool:
        """Whether a run that starts dies in a batch."""
        return self.starts and any(stop.stage is Stage.BATCH for stop in self.stops)
