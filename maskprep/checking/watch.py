"""A data set judged again while somebody paints: pair by pair, as its files are saved."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from maskprep import raster
from maskprep.checking.choice import Ruleset
from maskprep.checking.engine import check
from maskprep.checking.ledger import Ledger
from maskprep.checking.project import Project
from maskprep.dataset.discover import Request, discover_pairs
from maskprep.dataset.only import choosing
from maskprep.errors import UnreadableImageError
from maskprep.files import pathname, storage
from maskprep.files.storage import Signature
from maskprep.model import Pair, TrainingSet
from maskprep.model.report import Finding, Report, SampleRow
from maskprep.model.rule import RuleStage
from maskprep.rules import by_code
from maskprep.running.progress import ProgressBar, no_bar
from maskprep.trainers import documents

#: Seconds for which a file may be half-written, or gone, before that is what is told of it.
PATIENCE = 1.5
#: Seconds between two looks at a file that is being written.
_PAUSE = 0.05
_OF_ALL = (RuleStage.DATASET, RuleStage.EXPECTATIONS)
#: A pair, by its places in the configuration and its image.
_Key = tuple[int, int, str]
_Signatures = tuple[Signature | None, ...]


@dataclass(frozen=True)
class Standing:
    """What was found out of a pair as its files were.

    Attributes
    ----------
    row : SampleRow
        Its numbers.
    findings : tuple of Finding
        About it, the most severe first; without those that are made of all pairs together.
    files : tuple of str
        Absolute paths of image, mask and caption.
    pictures : tuple of str
        Those of them that are decoded.
    signatures : tuple of Signature or None
        Of the files.
    """

    row: SampleRow
    findings: tuple[Finding, ...]
    files: tuple[str, ...]
    pictures: tuple[str, ...]
    signatures: _Signatures


@dataclass(frozen=True)
class Saved:
    """What became of one pair by what was saved.

    Attributes
    ----------
    image : str
        Which pair.
    before, after : Standing or None
        None where there was, or is, no such pair.
    part : TrainingSet
        The set with the pairs that were judged again.
    report : Report
        Of a check of it.
    """

    image: str
    before: Standing | None
    after: Standing | None
    part: TrainingSet
    report: Report

    @property
    def is_as_before(self) -> bool:
        """Whether nothing is told of it that was not told before."""
        before, after = self.before, self.after
        if before is None or after is None:
            return False
        return (before.row, before.findings) == (after.row, after.findings)

    @property
    def gone(self) -> tuple[Finding, ...]:
        """What was found before, and is no more."""
        return _without(self.before, self.after)

    @property
    def new(self) -> tuple[Finding, ...]:
        """What was not found before."""
        return _without(self.after, self.before)

    @property
    def left(self) -> tuple[Finding, ...]:
        """What was found before, and is still; in the words of now."""
        new = self.new
        return tuple(each for each in _findings(self.after) if each not in new)


def _without(these: Standing | None, those: Standing | None) -> tuple[Finding, ...]:
    # By rule and file: its words hold numbers, which change with each stroke.
    known = {(each.code, each.path) for each in _findings(those)}
    return tuple(each for each in _findings(these) if (each.code, each.path) not in known)


def _findings(standing: Standing | None) -> tuple[Finding, ...]:
    return () if standing is None else standing.findings


class Watch:
    """Knows how each pair of a data set stood, and judges again those that were saved.

    Parameters
    ----------
    request : Request
        What to look at.
    project : Project
        Which rules run, and what must hold.
    ledger : Ledger or None
        What is kept of earlier checks: makes those of all pairs quick.
    told : callable or None
        Gets the report of all pairs at first, and after each change; None where nobody wants it:
        it is not made again.
    patience : float
        Seconds for which a file may be half-written, or gone.
    progress_bar : callable
        Shows how far the first check is.

    Raises
    ------
    MaskprepError
        There is no pair to look at.
    """

    def __init__(
        self,
        request: Request,
        project: Project,
        ledger: Ledger | None = None,
        told: Callable[[Report], None] | None = None,
        *,
        patience: float = PATIENCE,
        progress_bar: ProgressBar = no_bar,
    ) -> None:
        self._request = request
        self._project = project
        self._ledger = ledger
        self._told = told
        self._patience = patience
        found = discover_pairs(request)
        signatures = _signatures_of(found)
        with progress_bar("checking masks", found.pair_count) as advance:
            report = self._check(found, advance, ledger)
        self._standings = dict(_standings(report, signatures))
        self._places = _places_of(found)
        if told is not None:
            told(report)

    @property
    def pair_count(self) -> int:
        """How many pairs there are."""
        return len(self._standings)

    @property
    def folders(self) -> tuple[str, ...]:
        """The folders to be watched, absolute: all that hold a file of a pair, or the settings."""
        files = [path for each in self._standings.values() for path in each.files]
        places = {each if storage.isdir(each) else pathname.dirname(each) for each in self._places}
        folders = places.union(map(pathname.dirname, files))
        return tuple(sorted(filter(storage.isdir, folders)))

    def saved(self, touched: Iterable[str]) -> Iterator[Saved]:
        """Judge again what was saved.

        Parameters
        ----------
        touched : iterable of str
            Absolute paths of what was written, made, renamed or removed. What belongs to no pair
            (a program's side files) is passed over.

        Yields
        ------
        Saved
            One a pair, in the set's order; nothing for pairs whose files are as they were. What is
            still half-written is waited for, and judged as it is when `patience` is at its end.

        Raises
        ------
        MaskprepError
            There is no data set any more; it may come again.
        """
        paths, target = set(map(_spelt, touched)), _spelt(self._request.target)
        until = time.monotonic() + self._patience
        known = {path for each in self._standings.values() for path in each.pictures}
        _wait_for(paths & {*known, target}, until)
        found = discover_pairs(self._request)
        pairs = {_key(pair): pair for pair in found.pairs}
        changed = {
            key
            for key, pair in pairs.items()
            if target in paths or self._is_other(key, pair, paths)
        }
        new = {path for key in changed for path in _pictures_of(pairs[key])}
        _wait_for(new - known, until)
        part = choosing(found, lambda pair: _key(pair) in changed, ("what was saved",))
        signatures = _signatures_of(part)
        report = self._check(part)
        now = dict(_standings(report, signatures))
        lost = [key for key in self._standings if key not in pairs]
        self._places = _places_of(found)
        for key in (*now, *lost):
            before = self._standings.pop(key, None)
            if key in now:
                self._standings[key] = now[key]
            saved = Saved(key[2], before, now.get(key), part, report)
            if target not in paths or not saved.is_as_before:
                yield saved
        if self._told is not None and (now or lost):
            self._told(self._check(found, ledger=self._ledger))

    def _check(
        self,
        training_set: TrainingSet,
        progress: Callable[[], None] = lambda: None,
        ledger: Ledger | None = None,
    ) -> Report:
        rules, expectations = Ruleset(self._project.choice), self._project.expectations
        return check(training_set, rules, expectations, progress, ledger=ledger)

    def _is_other(self, key: _Key, pair: Pair, touched: set[str]) -> bool:
        known, files = self._standings.get(key), _files_of(pair)
        if known is None or known.files != files:
            return True
        return not touched.isdisjoint(files) and known.signatures != _signatures(files)


def _standings(
    report: Report, signatures: Mapping[_Key, _Signatures]
) -> Iterator[tuple[_Key, Standing]]:
    pairs = report.training_set.pairs
    for pair, row, found in zip(pairs, report.rows, report.of_pairs, strict=True):
        findings = (each for each in found if by_code()[each.code].stage not in _OF_ALL)
        worst_first = tuple(sorted(findings, key=lambda each: -each.severity.rank))
        key, files, pictures = _key(pair), _files_of(pair), _pictures_of(pair)
        yield key, Standing(row, worst_first, files, pictures, signatures[key])


def _signatures_of(found: TrainingSet) -> dict[_Key, _Signatures]:
    """Take all pairs' signatures: before they are judged, so that nothing later is missed."""
    return {_key(pair): _signatures(_files_of(pair)) for pair in found.pairs}


def _signatures(files: Iterable[str]) -> _Signatures:
    return tuple(storage.signature(path) for path in files)


def _key(pair: Pair) -> _Key:
    return pair.dataset, pair.subset, pair.image


def _files_of(pair: Pair) -> tuple[str, ...]:
    paths = (pair.image, pair.mask, pair.caption.path)
    return tuple(_spelt(path) for path in paths if path is not None)


def _pictures_of(pair: Pair) -> tuple[str, ...]:
    return tuple(_spelt(path) for path in (pair.image, pair.mask) if path is not None)


def _places_of(found: TrainingSet) -> tuple[str, ...]:
    return tuple(map(_spelt, found.places))


def _spelt(path: str) -> str:
    """Spell a path as the system does that tells of changes: without links to its folder."""
    folder, name = os.path.split(pathname.absolute(path))
    return os.path.join(_real(folder), name)


@cache
def _real(folder: str) -> str:
    return pathname.realpath(folder)


def _wait_for(waiting: set[str], until: float) -> None:
    """Wait until files are whole and left alone, but not for ever."""
    seen: dict[str, Signature | None] = {}
    while waiting and time.monotonic() < until:
        now = {path: storage.signature(path) for path in waiting}
        waiting = {
            path
            for path, signature in now.items()
            if signature is None or seen.get(path) != signature or not _is_whole(path)
        }
        seen = now
        if waiting:
            time.sleep(_PAUSE)


def _is_whole(path: str) -> bool:
    if documents.may_hold_one(path):
        return True
    try:
        raster.read_header(path)
        raster.verify_pixels(path, decode=True)
    except (OSError, UnreadableImageError):
        return False
    return True
