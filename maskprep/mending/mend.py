"""Mend what a check finds, and check again until nothing is left that can be mended."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from maskprep.checking.choice import Ruleset
from maskprep.checking.engine import check
from maskprep.checking.ledger import Ledger
from maskprep.dataset.discover import Request, discover
from maskprep.dataset.expectation import Expectation
from maskprep.dataset.outputs import data_folders
from maskprep.editing.plan import Carried, Destination, InterruptedPlanError, way_back
from maskprep.errors import InterruptedWorkError, MaskprepError
from maskprep.files import pathname
from maskprep.files.backup import Backup
from maskprep.files.lock import sole_writer
from maskprep.mending.fixes import FIXES, Fix
from maskprep.mending.judged import judging
from maskprep.model import TrainingSet
from maskprep.model.report import Report
from maskprep.running.parallel import Executor
from maskprep.running.progress import ProgressBar, no_bar


@dataclass(frozen=True)
class MendedFile:
    """What became of one file.

    Attributes
    ----------
    source : str
        The file.
    target : Path or None
        Where it is now.
    rule : str
        The rule that found it.
    words : str
        What was done.
    problem : str
        Why nothing was; empty where something was.
    """

    source: str
    target: Path | None
    rule: str
    words: str
    problem: str = ""


@dataclass(frozen=True)
class Mended:
    """What became of a data set.

    Attributes
    ----------
    files : tuple of MendedFile
        In the order in which they were mended.
    backups : tuple of Path
        Folders that hold the originals.
    report : Report
        Of the check afterwards; of a dry run, of today's.
    """

    files: tuple[MendedFile, ...]
    backups: tuple[Path, ...]
    report: Report


def count_files(files: Iterable[MendedFile]) -> tuple[int, int]:
    """Count files, each once: one that is renamed and then scaled is one file.

    Parameters
    ----------
    files : iterable of MendedFile
        In the order in which they were mended.

    Returns
    -------
    tuple of (int, int)
        Files that were mended, and those of which something was not.
    """
    first: dict[str, str] = {}
    done: set[str] = set()
    failed: set[str] = set()
    for each in files:
        origin = first.get(each.source, each.source)
        (failed if each.problem else done).add(origin)
        if each.target is not None:
            first[str(each.target)] = origin
    return len(done), len(failed)


class BrokenOffError(MaskprepError):
    """Mending could not be ended: the user broke it off, or something went wrong.

    Parameters
    ----------
    reason : str
        In words.
    files : tuple of MendedFile
        What became of those that were through.
    backups : tuple of Path
        Folders that hold the originals.
    """

    def __init__(
        self, reason: str, files: tuple[MendedFile, ...], backups: tuple[Path, ...]
    ) -> None:
        super().__init__(reason + way_back(backups))
        self.files = files
        self.backups = backups


class InterruptedMendError(BrokenOffError, InterruptedWorkError):
    """The user has broken mending off."""


def mend(
    request: Request,
    destination: Destination,
    *,
    ruleset: Ruleset | None = None,
    expectations: Iterable[Expectation] = (),
    unsafe: bool = False,
    asked: Iterable[str] = (),
    found_out: Callable[[TrainingSet], None] = lambda found: None,
    progress_bar: ProgressBar = no_bar,
    executor: Executor | None = None,
    ledger: Ledger | None = None,
) -> Mended:
    """Mend what rules find in a data set.

    Parameters
    ----------
    request : Request
        What to look at.
    destination : Destination
        In place; all fixes share one backup.
    ruleset : Ruleset or None
        Whose findings are mended; None for all rules.
    expectations : iterable of Expectation
        Looked at by the check afterwards.
    unsafe : bool
        Also do what could lose what was meant.
    asked : iterable of str
        Fixes asked for by name, such as ``missing=white``.
    found_out : callable
        Shown the data set each time that it has been read, before anything in it is changed.
    progress_bar : callable
        Shows how far a check is.
    executor : Executor or None
        Where pairs are judged; None for a thread a core.
    ledger : Ledger or None
        What is kept of earlier checks.

    Returns
    -------
    Mended
        A fix is tried once on a file; what it cannot mend stays in the report.

    Raises
    ------
    MaskprepError
        The data set cannot be read, some of it is remote, or another run writes there.
        `BrokenOffError` where files have
        been mended by then, or the user breaks it off.
    """
    chosen = [
        each for each in FIXES if (each.asked in asked if each.asked else each.safe or unsafe)
    ]
    must_hold = tuple(expectations)
    backup = destination.backup or Backup()
    destination = replace(destination, backup=backup)
    files: list[MendedFile] = []
    tried: set[tuple[str, str]] = set()
    found, report = None, None
    held = ExitStack()
    try:
        while True:
            if found is None or report is None:
                found = discover(request)
                _refuse_remote(found)
                found_out(found)
                if not destination.dry_run:
                    held.enter_context(sole_writer(data_folders(found)))
                with progress_bar("checking masks", found.pair_count) as advance:
                    report = check(found, ruleset, must_hold, advance, executor, ledger)
            each, paths = _next(chosen, report, tried)
            if each is None:
                left = _refused(files) if destination.dry_run else frozenset(tried)
                return Mended(tuple(files), backup.folders, replace(report, left=left))
            tried |= {(each.rule, path) for path in paths}
            try:
                judged = replace(destination, witness=judging(each, destination.witness))
                carried = each.apply(found, paths, judged)
            except InterruptedPlanError as error:
                files += _mended(each, error.carried)
                raise KeyboardInterrupt from error
            except MaskprepError as error:  # refused as a whole; others may still be done
                told = [str(error).removeprefix(f"{path}: ") for path in paths]
                files += [
                    MendedFile(path, None, each.rule, each.words, problem)
                    for path, problem in zip(paths, told, strict=True)
                ]
                continue
            files += _mended(each, carried)
            if not destination.dry_run and any(outcome.changed for outcome in carried.outcomes):
                found = None  # a name that is mended can bring other defects to light
    except KeyboardInterrupt:
        raise InterruptedMendError("interrupted", tuple(files), backup.folders) from None
    except MaskprepError as error:
        if not files:
            raise
        raise BrokenOffError(str(error), tuple(files), backup.folders) from error
    finally:
        held.close()


def _refused(files: Iterable[MendedFile]) -> frozenset[tuple[str, str]]:
    return frozenset((each.rule, each.source) for each in files if each.problem)


def _mended(fix: Fix, carried: Carried[Any]) -> list[MendedFile]:
    return [
        MendedFile(
            outcome.source,
            outcome.target,
            fix.rule,
            f"{fix.words}; {outcome.left_link}" if outcome.left_link else fix.words,
            outcome.problem,
        )
        for outcome in carried.outcomes
        if outcome.changed or outcome.problem
    ]


def _refuse_remote(found: TrainingSet) -> None:
    for path in found.places:
        if pathname.is_remote(path):
            raise MaskprepError(f"{path}: is remote and is only read; mend a local copy")


def _next(
    chosen: Iterable[Fix], report: Report, tried: set[tuple[str, str]]
) -> tuple[Fix | None, list[str]]:
    for each in chosen:
        paths = [
            finding.path
            for finding in report.findings
            if finding.name == each.rule and (each.rule, finding.path) not in tried
        ]
        if paths:
            return each, list(dict.fromkeys(paths))
    return None, []
