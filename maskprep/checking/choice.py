"""Which rules are to be run, how much each matters, and by what it is set."""

from __future__ import annotations

import copy
import fnmatch
import math
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from maskprep.errors import MaskprepError, closest
from maskprep.files import pathname
from maskprep.model import Severity
from maskprep.model.report import Finding
from maskprep.model.rule import DATASET, Rule, RuleStage, Verdict
from maskprep.rules import all_rules
from maskprep.trainers.base import Trainer

Option = bool | int | float | str


@dataclass(frozen=True)
class Choice:
    """What the user wants of the rules; everything, by default.

    Attributes
    ----------
    select, ignore : tuple of str
        Codes, beginnings of codes (``MP3``), or names. Nothing selected means all; what is ignored
        does not run.
    severities : mapping of str to Severity
        By code, beginning, or name; the last that fits counts.
    options : mapping of str to mapping
        By rule: option names to values.
    ignore_in : tuple of (str, tuple of str)
        Patterns of paths, and what to ignore there.
    """

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    severities: Mapping[str, Severity] = field(default_factory=dict)
    options: Mapping[str, Mapping[str, Option]] = field(default_factory=dict)
    ignore_in: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def over(self, other: Choice) -> Choice:
        """Put this choice over another, which counts where this one is silent.

        Parameters
        ----------
        other : Choice
            Of the configuration file, say, beneath the command line's.

        Returns
        -------
        Choice
            Ignores add up; a selection replaces the other.
        """
        options = {name: dict(values) for name, values in other.options.items()}
        for name, values in self.options.items():
            options.setdefault(name, {}).update(values)
        return Choice(
            self.select or other.select,
            (*other.ignore, *self.ignore),
            {**other.severities, **self.severities},
            options,
            (*other.ignore_in, *self.ignore_in),
        )


def matching(selector: str) -> tuple[Rule, ...]:
    """Find the rules that a code, the beginning of one, or a name means.

    Parameters
    ----------
    selector : str
        ``"MP301"``, ``"MP3"`` or ``"detail-lost"``.

    Returns
    -------
    tuple of Rule
        At least one.

    Raises
    ------
    MaskprepError
        None is meant; the nearest is named.
    """
    rules = all_rules()
    wanted = selector.strip()
    if wanted.upper().startswith("MP"):
        found = tuple(each for each in rules if each.code.startswith(wanted.upper()))
    else:
        found = tuple(each for each in rules if each.name == wanted.lower())
    if not found:
        known = [word for each in rules for word in (each.name, each.code)]
        close = closest(wanted, known, cutoff=0.5)
        hint = f": did you mean {close}?" if close else ": see maskprep rules"
        raise MaskprepError(f"there is no rule {selector!r}{hint}")
    return found


class Found(NamedTuple):
    """A finding, as the user weighs it, and whether the rule by itself takes it for an error."""

    finding: Finding
    broken: bool


class Ruleset:
    """The rules that run, each as it is set.

    Parameters
    ----------
    choice : Choice
        What the user wants.

    Raises
    ------
    MaskprepError
        A rule or an option is unknown, or a value is of another type.

    Notes
    -----
    What is ignored everywhere does not run, and costs nothing. What is ignored in some files has to
    run for the others; there an entry without a use can be told.
    """

    def __init__(self, choice: Choice = Choice()) -> None:
        #: As given.
        self.choice = choice
        rules = all_rules()
        chosen = _codes(choice.select) if choice.select else {each.code for each in rules}
        running = chosen - _codes(choice.ignore)
        self._rules = [each for each in rules if each.code in running]
        self._by_stage: dict[RuleStage, tuple[Rule, ...]] = {}
        self._ignored_in = [
            (pattern, {selector: _codes([selector]) for selector in selectors})
            for pattern, selectors in choice.ignore_in
        ]
        self._verdicts: Mapping[str, Verdict] = {}
        self._severities: dict[str, Severity] = {}
        for selector, severity in choice.severities.items():
            self._severities |= dict.fromkeys(_codes([selector]), severity)
        self._options: dict[str, dict[str, Option]] = {}
        for selector, values in choice.options.items():
            for each in matching(selector):
                self._options.setdefault(each.code, {}).update(_checked(each, values))

    def about(self, trainer: Trainer) -> Ruleset:
        """Leave out the rules that are none for a trainer, and judge by its verdicts."""
        about = copy.copy(self)
        about._verdicts = trainer.verdicts
        about._rules = [each for each in self._rules if _concerns(each, trainer)]
        about._by_stage = {}
        return about

    def setting(self, name: str, option: str) -> Option:
        """Tell what a rule is set to, or its default."""
        (rule,) = matching(name)
        default = next(each.default for each in rule.options if each.name == option)
        return self._options.get(rule.code, {}).get(option.replace("-", "_"), default)

    def pointless(self, trainer: Trainer) -> list[str]:
        """Tell which rules were asked for by name, and why they have nothing to look at."""
        asked = _codes(self.choice.select)
        return [
            f"{each.name} looks at nothing: {trainer.title} {_why_not(each, trainer)}"
            for each in self._rules
            if each.code in asked and not _concerns(each, trainer)
        ]

    def findings(self, stage: RuleStage, dataset: str, *subjects: object) -> Iterator[Found]:
        """Run the rules of a stage, and stamp what they remark.

        Parameters
        ----------
        stage : RuleStage
            Which.
        dataset : str
            What was checked, as typed on the command line.
        *subjects : object
            What the stage looks at.

        Yields
        ------
        Found
            By rule, each in its own order; also what is ignored in some files, see `ignorer`.
        """
        for each in self._of(stage):
            for remark in each.check(*subjects, **self._options.get(each.code, {})):
                own, outcome = remark.severity or each.severity, remark.outcome
                verdict = self._verdicts.get(each.code)
                if verdict is not None:
                    own, outcome = verdict.severity or own, verdict.outcome
                told = Finding(
                    each.code,
                    each.name,
                    self._severities.get(each.code, own),
                    remark.path,
                    f"{remark.message}: {outcome}" if outcome else remark.message,
                    remark.fix.replace(DATASET, dataset),
                    remark.command.replace(DATASET, dataset),
                    remark.choice,
                )
                yield Found(told, own is Severity.ERROR)

    def _of(self, stage: RuleStage) -> tuple[Rule, ...]:
        """List the rules of a stage: once, for it is asked for each pair."""
        if stage not in self._by_stage:
            self._by_stage[stage] = tuple(each for each in self._rules if each.stage is stage)
        return self._by_stage[stage]

    def ignorer(self, finding: Finding) -> str | None:
        """Tell by which entry, ``pattern: selector``, a finding is ignored; None where by none."""
        for pattern, selectors in self._ignored_in:
            if not _fits(finding.path, pattern):
                continue
            for selector, codes in selectors.items():
                if finding.code in codes:
                    return f"{pattern}: {selector}"
        return None

    @property
    def ignores(self) -> list[str]:
        """List the entries by which something that runs can be ignored, as `ignorer` names them."""
        running = {each.code for each in self._rules}
        return [
            f"{pattern}: {selector}"
            for pattern, selectors in self._ignored_in
            for selector, codes in selectors.items()
            if codes & running
        ]


def _concerns(rule: Rule, trainer: Trainer) -> bool:
    verdict = trainer.verdicts.get(rule.code)
    if verdict is not None and verdict.severity is None:
        return False
    return rule.needs is None or isinstance(trainer, rule.needs)


def _why_not(rule: Rule, trainer: Trainer) -> str:
    verdict = trainer.verdicts.get(rule.code)
    if verdict is not None and verdict.severity is None:
        return verdict.reason
    return str(getattr(rule.needs, "lacking", ""))


def _codes(selectors: Iterable[str]) -> set[str]:
    return {each.code for selector in selectors for each in matching(selector)}


def _checked(rule: Rule, values: Mapping[str, Option]) -> dict[str, Option]:
    known = {option.name: option for option in rule.options}
    checked: dict[str, Option] = {}
    for name, value in values.items():
        option = known.get(name)
        if option is None:
            listed = ", ".join(known) or "it has none"
            raise MaskprepError(f"{rule.name} has no option {name!r}: {listed}")
        kind = type(option.default)
        if kind is float and isinstance(value, int) and not isinstance(value, bool):
            value = float(value)
        if isinstance(value, float) and not (math.isfinite(value) and value >= 0):
            raise MaskprepError(f"{rule.name}.{name} wants a number from 0 on: {value!r}")
        if type(value) is not kind:
            raise MaskprepError(
                f"{rule.name}.{name} wants a {_KINDS[kind]}, as in {option.default!r}: {value!r}"
            )
        checked[name.replace("-", "_")] = value
    return checked


_KINDS = {bool: "true or false", int: "whole number", float: "number", str: "word"}


def _fits(path: str, pattern: str) -> bool:
    # Relative patterns fit anywhere in the path, from a folder's beginning on.
    whole = pathname.parted(path)[0].replace(os.sep, "/")
    return fnmatch.fnmatch(whole, pattern) or fnmatch.fnmatch(whole, f"*/{pattern}")
