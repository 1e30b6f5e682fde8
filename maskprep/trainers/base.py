"""A trainer: the roles that every one plays, its models, generations and words.

One sub-package each, found by its type. A trainer that reads configurations, keeps caches or writes
configurations also inherits from `ReadsConfigurations`, `KeepsCaches` or `WritesConfigurations`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from importlib import import_module
from typing import ClassVar, Protocol, TypeVar, cast

from maskprep.errors import MaskprepError
from maskprep.model import Dataset, ModelTraits
from maskprep.model.rule import Verdict
from maskprep.trainers.draft import Composed, ConfigDraft
from maskprep.trainers.facts import Fact
from maskprep.trainers.flags import Flag
from maskprep.trainers.layout import Layout
from maskprep.trainers.roles import (
    FindsPairs,
    Foresees,
    KeepsCaches,
    Places,
    ReadsConfigurations,
    StandsOnLibraries,
    Weighs,
    WritesConfigurations,
)
from maskprep.trainers.words import Words

Role = TypeVar("Role", ReadsConfigurations, KeepsCaches, WritesConfigurations)


class Trainer(FindsPairs, Foresees, Places, Weighs, StandsOnLibraries):
    """One generation of one trainer."""

    #: The trainer's name, as given to ``--trainer``.
    name: ClassVar[str]
    #: Model families, by the name given to ``--model``; the first is the default.
    models: ClassVar[Mapping[str, ModelTraits]]
    #: Generations, newest first; the first is the default.
    versions: ClassVar[Sequence[str]]
    #: Its own flags that may be given beside a data set, in the order of its help.
    flags: ClassVar[Sequence[Flag]] = ()
    #: Where its claims come from: "recorded" runs of its own code, or its source, "read" alone.
    evidence: ClassVar[str] = "recorded"
    #: What it calls things.
    words: ClassVar[Words]
    #: What it makes of defects otherwise than sd-scripts, by a rule's code.
    verdicts: ClassVar[Mapping[str, Verdict]] = {}
    #: What its code does not answer of `maskprep.trainers.facts.SUBJECTS`, and sources of the rest.
    facts: ClassVar[Mapping[str, Fact]] = {}
    #: How files lie so that it finds masks.
    layout: ClassVar[Layout] = Layout()

    def __init__(self, version: str) -> None:
        self.version = version

    @property
    def title(self) -> str:
        """Name and generation, as given to ``--trainer``."""
        return f"{self.name}@{self.version}"


class _Composer(Protocol):
    """The functions of a trainer's module `compose`."""

    def compose(self, draft: ConfigDraft, path: str) -> Composed: ...

    def amend(self, text: str, draft: ConfigDraft, path: str) -> Composed: ...

    def differences(
        self, draft: ConfigDraft, datasets: Sequence[Dataset], amended: bool
    ) -> Iterable[str]: ...

    def start_flags(self, path: str) -> str: ...


class ComposesInFolder(WritesConfigurations):
    """Writes configurations by the module `compose` of its folder, loaded when one is written.

    For trainers whose folders' names say no repeats, and whose flags do not depend on the loss.
    """

    #: Nobody can say how captions end.
    caption_flag: ClassVar[str] = ""

    def named_repeats(self, folder: str) -> None:
        """Tell nothing: no name says repeats; see `WritesConfigurations.named_repeats`."""

    def compose(self, draft: ConfigDraft, path: str) -> Composed:
        """Write a configuration; see `WritesConfigurations.compose`."""
        return self._composer().compose(draft, path)

    def amend(self, text: str, draft: ConfigDraft, path: str) -> Composed:
        """Bring folders into one; see `WritesConfigurations.amend`."""
        return self._composer().amend(text, draft, path)

    def differences(
        self, draft: ConfigDraft, datasets: Sequence[Dataset], *, amended: bool
    ) -> tuple[str, ...]:
        """Compare with what was wanted; see `WritesConfigurations.differences`."""
        return tuple(self._composer().differences(draft, datasets, amended))

    def start_flags(self, path: str, masked_loss: bool) -> str:
        """Name the configuration; see `WritesConfigurations.start_flags`."""
        return self._composer().start_flags(path)

    def _composer(self) -> _Composer:
        return cast(_Composer, import_module(f"{type(self).__module__}.compose"))


def in_role(trainer: Trainer, role: type[Role]) -> Role:
    """Ask a trainer for a role that not every one plays.

    Parameters
    ----------
    trainer : Trainer
        Who is asked.
    role : type
        One of the three optional roles.

    Returns
    -------
    Trainer
        The same, known to play it.

    Raises
    ------
    MaskprepError
        It does not, told in the role's words.
    """
    if not isinstance(trainer, role):
        raise MaskprepError(f"{trainer.title}: {role.lacking}")
    return trainer
