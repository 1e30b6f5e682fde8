"""What a trainer says of a data set and does with it, foretold; and how much a finding matters."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum


class Severity(Enum):
    """How much a finding matters: an error stops the run or trains the wrong thing."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"

    @property
    def rank(self) -> int:
        """Order of the levels, from 0 for info to 2 for error."""
        return list(Severity).index(self)

    def reaches(self, level: Severity) -> bool:
        """Whether this severity is at or above `level`."""
        return self.rank >= level.rank


class Stage(Enum):
    """When a trainer gives up; unknown where it may get through, which cannot be foretold.

    Skipped where it does not: it goes on without the file, which does not train.
    """

    START_UP = "start-up"
    BATCH = "batch"
    UNKNOWN = "unknown"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Stop:
    """One reason for which the trainer stops, foretold; or for which it may stop.

    Attributes
    ----------
    rule : str
        Name of the rule that reports it.
    stage : Stage
        Before the first step, in the batch that holds the file, or unknown.
    error : str
        The trainer's own error text, so that people can search for it; why nobody knows where the
        stage is unknown.
    path : str or None
        The file or folder it is about.
    hint : str
        What mends it in the trainer's words; empty where its rule knows that.
    """

    rule: str
    stage: Stage
    error: str
    path: str | None = None
    hint: str = ""

    @property
    def headline(self) -> str:
        """The error's first line, without its translation into another script."""
        return re.split(r" / (?=[^\x00-\x7f])", self.error)[0].partition("\n")[0]


@dataclass(frozen=True)
class ConfigIssue:
    """One sentence of the trainer's configuration check.

    Attributes
    ----------
    error : str
        The trainer's own sentence with the path to the key.
    rule : str
        Name of the rule that reports it.
    keys : tuple
        The path to the key: names and list indices.
    hint : str
        What mends it.
    """

    error: str
    rule: str
    keys: tuple[str | int, ...] = ()
    hint: str = ""


@dataclass(frozen=True)
class Oddity:
    """What a trainer takes without a word, though it is hardly meant.

    Attributes
    ----------
    rule : str
        Name of the rule that reports it.
    message : str
        What the trainer makes of it.
    hint : str
        What mends it.
    severity : Severity
        How much it matters.
    """

    rule: str
    message: str
    hint: str
    severity: Severity = Severity.WARNING


@dataclass(frozen=True)
class ConfigVerdict:
    """What the trainer says of a configuration file; accepted where it has no issue."""

    path: str
    issues: tuple[ConfigIssue, ...] = ()

    @property
    def accepted(self) -> bool:
        """Whether the trainer's schema takes the file."""
        return not self.issues

    @property
    def error(self) -> str | None:
        """The first issue in the trainer's own sentence, None where accepted."""
        return self.issues[0].error if self.issues else None
