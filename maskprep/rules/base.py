"""What a rule is, and how one is made: a function that yields remarks."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any, TypeVar

from maskprep.model import Severity
from maskprep.report import Finding


@dataclass(frozen=True)
class Remark:
    """Where a defect is, and words for it; the engine adds code and severity.

    Attributes
    ----------
    path : str
        The file, folder or configuration it is about.
    message : str
        What is, and what was wanted; without the path.
    fix : str
        What mends it; where it is a command, `DATASET` stands for what was checked.
    severity : Severity or None
        Only where it differs from the rule's own.
    """

    path: str
    message: str
    fix: str = ""
    severity: Severity | None = None


class RuleStage(Enum):
    """What a rule looks at, in the order in which rules run."""

    CONFIG = "configuration"
    FOLDERS = "a subset's file names and captions"
    FILES = "a pair's files"
    ENCODING = "a decoded mask"
    LATENT = "a pair's latent weights"


@dataclass(frozen=True)
class Rule:
    """One thing that maskprep looks for.

    Attributes
    ----------
    code : str
        ``MP`` and three digits; never given twice.
    name : str
        The defect, in words joined by hyphens.
    severity : Severity
        For sd-scripts `current`.
    stage : RuleStage
        What it looks at.
    source : str
        File and function of the trainer, and the recorded case.
    check : callable
        From what the stage looks at to remarks.
    """

    code: str
    name: str
    severity: Severity
    stage: RuleStage
    source: str
    check: Callable[[Any], Iterable[Remark]]

    @property
    def meaning(self) -> str:
        """What the rule means and why it matters: its function's docstring."""
        return inspect.getdoc(self.check) or ""

    def findings(self, subject: Any, dataset: str) -> Iterator[Finding]:
        """Run the rule and stamp what it remarks.

        Parameters
        ----------
        subject : TrainingSet, Subset or Sample
            What the stage looks at.
        dataset : str
            What was checked, as typed on the command line.

        Yields
        ------
        Finding
            In the rule's own order.
        """
        for remark in self.check(subject):
            yield Finding(
                self.code,
                self.name,
                remark.severity or self.severity,
                remark.path,
                remark.message,
                remark.fix.replace(DATASET, dataset),
            )


#: What a fix writes for the data set that was checked, as typed on the command line.
DATASET = "DATASET"

Check = TypeVar("Check", bound=Callable[..., Iterable[Remark]])


def rule(
    code: str, name: str, severity: Severity, stage: RuleStage, source: str
) -> Callable[[Check], Check]:
    """Make a rule of a function; its docstring says what it means and why it matters.

    Parameters
    ----------
    code, name : str
        As in `Rule`.
    severity : Severity
        For sd-scripts `current`.
    stage : RuleStage
        What the function is given.
    source : str
        File and function of the trainer, and the recorded case.

    Returns
    -------
    callable
        A decorator, which leaves the function as it is.
    """

    def mark(check: Check) -> Check:
        check.rule = Rule(code, name, severity, stage, source, check)  # type: ignore[attr-defined]
        return check

    return mark
