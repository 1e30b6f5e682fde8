"""What a rule is, and how one is made: a function that yields remarks."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum
from typing import TypeVar

from maskprep.model.foretold import Severity


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
        What mends it, in words; empty where the command says it all.
    severity : Severity or None
        Only where it differs from the rule's own.
    command : str
        What does it: a whole command of ours, in which `DATASET` stands for what was checked;
        empty where none does, or where a fix of mending does.
    choice : bool
        Whether people must choose what was meant, so that no fix mends it by itself.
    outcome : str
        What sd-scripts makes of it; another trainer may say otherwise (`Verdict`). Told behind
        the message.
    """

    path: str
    message: str
    fix: str = ""
    severity: Severity | None = None
    command: str = ""
    choice: bool = False
    outcome: str = ""


@dataclass(frozen=True)
class Verdict:
    """What one trainer makes of a defect, where it is not what a rule says of sd-scripts.

    Attributes
    ----------
    severity : Severity or None
        How much it matters there; None where it is no defect at all.
    reason : str
        Why: what the trainer does, with file and function, and the recorded behaviour.
    outcome : str
        In the place of a remark's own outcome; empty where there is nothing to say.
    """

    severity: Severity | None
    reason: str
    outcome: str = ""


#: What a command writes for the data set that was checked, as typed on the command line.
DATASET = "DATASET"


class RuleStage(Enum):
    """What a rule looks at, in the order in which rules run."""

    CONFIG = "configuration"
    FOLDERS = "a subset's file names and captions"
    FILES = "a pair's files"
    ENCODING = "a decoded mask"
    LATENT = "a pair's latent weights"
    EXPECTATION = "a pair, by what the user expects"
    DATASET = "the numbers of all pairs"
    EXPECTATIONS = "what the user expects, by all pairs"


@dataclass(frozen=True)
class RuleOption:
    """One number or word by which a rule can be set.

    Attributes
    ----------
    name : str
        With hyphens.
    default : bool, int, float or str
        Used where nobody says it; its type is the option's.
    """

    name: str
    default: bool | int | float | str


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
    mend : str
        What mends it, a command where one does.
    check : callable
        From what the stage looks at to remarks; its keyword-only parameters are the options.
    needs : type or None
        The role that a trainer must play to have such a defect; None where every one can.
    formats : str
        The anchor in docs/formats.md of the files that it speaks of, read by every reader; empty
        where the kind of file does not matter.
    trains_whole : bool
        Whether what it finds trains as if there were no mask: all of a set like that is wrong.
    tells : tuple of str
        Names of other rules whose stops it tells in their place.
    """

    code: str
    name: str
    severity: Severity
    stage: RuleStage
    source: str
    mend: str
    check: Callable[..., Iterable[Remark]]
    needs: type | None = None
    formats: str = ""
    trains_whole: bool = False
    tells: tuple[str, ...] = ()

    @property
    def meaning(self) -> str:
        """What the rule means and why it matters: its function's docstring."""
        return inspect.getdoc(self.check) or ""

    @property
    def options(self) -> tuple[RuleOption, ...]:
        """By what it can be set: the function's keyword-only parameters."""
        parameters = inspect.signature(self.check).parameters.values()
        return tuple(
            RuleOption(each.name.replace("_", "-"), each.default)
            for each in parameters
            if each.kind is inspect.Parameter.KEYWORD_ONLY
        )


Check = TypeVar("Check", bound=Callable[..., Iterable[Remark]])


def rule(
    code: str,
    name: str,
    severity: Severity,
    stage: RuleStage,
    source: str,
    mend: str = "",
    needs: type | None = None,
    *,
    formats: str = "",
    trains_whole: bool = False,
    tells: tuple[str, ...] = (),
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
    mend : str
        What mends it, a command where one does.
    needs, trains_whole, tells
        As in `Rule`.
    formats : str
        As in `Rule`.

    Returns
    -------
    callable
        A decorator, which leaves the function as it is.
    """

    def mark(check: Check) -> Check:
        made = Rule(
            code, name, severity, stage, source, mend, check, needs, formats, trains_whole, tells
        )
        check.rule = made  # type: ignore[attr-defined]
        return check

    return mark
