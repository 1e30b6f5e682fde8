"""What a check found out of a pair before, and whether it still holds.

A result is kept by all that it depends on: what was seen of the files' content, the pair's
settings and caption, the rules and how they are set, the trainer and the model, maskprep's own
code and the libraries that it stands on. A file is looked at again where its size, times or inode
have changed; where its content has not, the result still holds.
"""

from __future__ import annotations

import json
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from enum import Enum
from functools import cache, lru_cache, partial
from hashlib import sha256
from importlib.util import find_spec
from itertools import chain, islice
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeVar

import cv2
import numpy
import PIL

from maskprep.checking.choice import Choice
from maskprep.checking.ledger import File, Known, Ledger
from maskprep.dataset.expectation import Expectation
from maskprep.dataset.sample import Sample
from maskprep.dataset.samples import Prospect, prospects_of
from maskprep.errors import UnreadableImageError
from maskprep.files import parsed, pathname, storage
from maskprep.files.storage import Signature
from maskprep.model import MaskSource, Pair, Severity, Size, Stage, Stop, TrainingSet
from maskprep.model.report import Finding, Judgement, SampleRow
from maskprep.rules import all_rules
from maskprep.running.parallel import Executor

#: Nanoseconds for which a file has to be left alone before its times are trusted: file systems
#: tick as slowly as that, and two versions within one tick look the same.
_SETTLED = 2 * 10**9
#: Pairs that the ledger is asked about at once.
_AT_ONCE = 128
#: Modules of decoders that are no part of Pillow.
_PLUGINS = ("pillow_avif", "pillow_jxl", "jxlpy", "imagecodecs")


_Kind = Literal["content", "structure", "listing"]


class _Source(NamedTuple):
    """A file that a result depends on, and what of it."""

    path: str
    #: Every byte; the header, and that it is intact; or, of what is far away, what its folder says.
    kind: _Kind


class _Case(NamedTuple):
    """A pair to be looked at, as its files are, and what is known of their content."""

    prospect: Prospect
    sources: tuple[_Source, ...]
    signatures: tuple[Signature | None, ...]
    known: tuple[str, ...] | None = None
    remembered: Judgement | None = None


@dataclass(frozen=True)
class _Inquiry:
    """What is to be known to look at a case; nothing of it comes back."""

    sample: Sample
    sources: tuple[_Source, ...]
    signatures: tuple[Signature | None, ...]
    known: tuple[str, ...] | None

    @property
    def files(self) -> tuple[str, ...]:
        """Of the pair, the image first."""
        return self.sample.files


class _Examined(NamedTuple):
    """What became of a case: None for a judgement that still holds, or for untold evidence."""

    judgement: Judgement | None
    evidence: tuple[str, ...] | None


class Recheck:
    """Judges pairs, but for those of which nothing has changed since the last time.

    Parameters
    ----------
    ledger : Ledger
        Of earlier checks.
    training_set : TrainingSet
        Whose pairs are judged.
    choice : Choice
        Which rules run, and how.
    expectations : sequence of Expectation
        What must hold.
    """

    def __init__(
        self,
        ledger: Ledger,
        training_set: TrainingSet,
        choice: Choice,
        expectations: Sequence[Expectation],
    ) -> None:
        trainer = training_set.trainer
        self._ledger = ledger
        self._training_set = training_set
        self._expectations = expectations
        # Trainers measure sizes each in their own way.
        self._kinds: dict[_Kind, str] = {
            "content": "content",
            "structure": f"structure, {trainer.title}",
            "listing": "listing",
        }
        basis = repr(
            (
                _this_program(),
                type(trainer).__qualname__,
                trainer.title,
                training_set.model,
                training_set.arguments,
                training_set.decode_images,
                choice,
                tuple(expectations),
            )
        )
        self._basis = sha256(basis.encode("utf-8", "surrogatepass")).digest()

    def in_order(
        self,
        judge: Callable[[Sample], Judgement],
        lost: Callable[[Sample], Judgement],
        executor: Executor,
    ) -> Iterator[Judgement]:
        """Judge what has changed, and recall the rest.

        Parameters
        ----------
        judge : callable
            Applied where nothing is remembered.
        lost : callable
            Gives the judgement of a sample that took its process down.
        executor : Executor
            Where that is done.

        Yields
        ------
        Judgement
            One a pair, in order.
        """
        waiting: deque[Judgement | _Case] = deque()

        def changed() -> Iterator[_Inquiry]:
            prospects = prospects_of(self._training_set)
            while some := list(islice(prospects, _AT_ONCE)):
                for each in self._looked_up(some):
                    waiting.append(each)
                    if isinstance(each, _Case):
                        sample = each.prospect.sample()
                        yield _Inquiry(sample, each.sources, each.signatures, each.known)

        try:
            work, gone = partial(_examine, judge=judge), partial(_unexamined, lost=lost)
            for examined in executor.in_order(changed(), work, gone):
                yield from _recalled(waiting)
                case = waiting.popleft()
                assert isinstance(case, _Case), "it was examined"
                yield self._kept(case, examined)
            yield from _recalled(waiting)
        finally:
            self._ledger.flush()

    def _looked_up(self, prospects: Sequence[Prospect]) -> Iterator[Judgement | _Case]:
        """Recall judgements; give a case where there is none, or a file is not as it was."""
        of_each = [tuple(_sources_of(each, self._expectations)) for each in prospects]
        files = [[self._file(each) for each in sources] for sources in of_each]
        known = self._ledger.files(set(chain.from_iterable(files)))
        seen = [[known[each] for each in asked if each in known] for asked in files]
        keys = [
            self._key(prospect, tuple(each.evidence for each in of_files))
            for prospect, of_files in zip(prospects, seen, strict=True)
        ]
        kept = self._ledger.results(set(keys))
        for prospect, sources, of_files, key in zip(prospects, of_each, seen, keys, strict=True):
            signatures = tuple(storage.signature(each.path) for each in sources)
            remembered = None
            if None not in signatures and len(of_files) == len(sources) and key in kept:
                remembered = _from_json(kept[key], prospect.pair)
            if remembered is None:
                yield _Case(prospect, sources, signatures)
            elif [str(each) for each in signatures] == [each.signature for each in of_files]:
                yield remembered
            else:
                evidence = tuple(each.evidence for each in of_files)
                yield _Case(prospect, sources, signatures, evidence, remembered)

    def _kept(self, case: _Case, examined: _Examined) -> Judgement:
        judgement, evidence = examined
        if evidence is None:
            assert judgement is not None, "what is without evidence was judged"
            return judgement
        for each, signature, seen in zip(case.sources, case.signatures, evidence, strict=True):
            settled = signature is not None and signature.newest < time.time_ns() - _SETTLED
            known = Known(str(signature) if settled else "", seen)
            self._ledger.keep_file(self._file(each), known)
        if judgement is None:
            assert case.remembered is not None, "its evidence was known"
            return case.remembered
        self._ledger.keep_result(self._key(case.prospect, evidence), _to_json(judgement))
        return judgement

    def _file(self, source: _Source) -> File:
        return File(pathname.absolute(source.path), self._kinds[source.kind])

    def _key(self, prospect: Prospect, evidence: tuple[str, ...]) -> bytes:
        pair, caches, uncached, frame = prospect
        depends = repr((pair, caches, uncached, evidence)).encode("utf-8", "surrogatepass")
        return sha256(self._basis + frame.fingerprint + depends).digest()


def _recalled(waiting: deque[Judgement | _Case]) -> Iterator[Judgement]:
    """Hand on what waits for nothing, up to the next case."""
    while waiting and isinstance(first := waiting[0], Judgement):
        waiting.popleft()
        yield first


def _unexamined(inquiry: _Inquiry, lost: Callable[[Sample], Judgement]) -> _Examined:
    return _Examined(lost(inquiry.sample), None)


def _examine(inquiry: _Inquiry, judge: Callable[[Sample], Judgement]) -> _Examined:
    sample, sources = inquiry.sample, inquiry.sources
    if inquiry.known is not None and _evidence_of(sources, sample) == inquiry.known:
        return _Examined(None, inquiry.known)
    judgement = judge(sample)
    unsure = sample.broken or judgement.fault is not None
    evidence = None if unsure else _evidence_of(sources, sample)
    # What was written to in the meantime was perhaps judged in another state.
    if tuple(storage.signature(each.path) for each in sources) != inquiry.signatures:
        evidence = None
    return _Examined(judgement, evidence)


def _sources_of(prospect: Prospect, expectations: Sequence[Expectation]) -> Iterator[_Source]:
    pair = prospect.pair
    if pair.source is not MaskSource.ALPHA:
        # Of an image with a mask file the pixels are read by nobody, unless that was asked for.
        decoded = prospect.frame.training_set.decode_images
        read: _Kind = "content" if decoded else "structure"
        kind = read if _is_near(pair.image) else "listing"
        yield _Source(pair.image, kind)
    whole = [pair.image if pair.source is MaskSource.ALPHA else pair.mask, *prospect.caches]
    for path in (*whole, *(each.region_of(pair.image) for each in expectations)):
        if path is not None:
            yield _Source(path, "content" if _is_near(path) else "listing")


def _is_near(path: str) -> bool:
    return pathname.local_path(path) is not None


def _evidence_of(sources: Sequence[_Source], sample: Sample) -> tuple[str, ...] | None:
    try:
        return tuple(_EVIDENCE[each.kind](each.path, sample) for each in sources)
    except (OSError, UnreadableImageError):
        return None


def _structure(image: str, sample: Sample) -> str:
    """Tell what the judgement has asked already, or will: the file is gone through once."""
    if not sample.image_is_whole:
        raise sample.broken[image]
    return repr((sample.image_header, sample.measured))


def _content(path: str, _: Sample) -> str:
    return sha256(storage.read_bytes(path)).hexdigest()


def _listing(path: str, _: Sample) -> str:
    return str(storage.signature(path))


_EVIDENCE: dict[_Kind, Callable[[str, Sample], str]] = {
    "structure": _structure,
    "content": _content,
    "listing": _listing,
}


@cache
def _this_program() -> str:
    """Name all code that a result can depend on: maskprep's own, Python's and the libraries'."""
    parts = [sys.version, numpy.__version__, cv2.__version__, PIL.__version__]
    plugins = [spec.origin for name in _PLUGINS if (spec := find_spec(name)) and spec.origin]
    code = sorted(Path(__file__).parents[1].rglob("*.py"))
    # By size and time of change, as anything else: to read them all takes longer than many a check.
    for path in (*map(Path, plugins), *code):
        found = path.stat()
        parts.append(f"{path} {found.st_size} {found.st_mtime_ns}")
    return sha256("; ".join(parts).encode()).hexdigest()


def _to_json(judgement: Judgement) -> str:
    findings, stops = map(_values, judgement.findings), map(_values, judgement.stops)
    told = [_values(judgement.row), list(findings), list(stops)]
    return json.dumps(told, separators=(",", ":"))


def _values(record: SampleRow | Finding | Stop) -> list[Any]:
    values = (getattr(record, field.name) for field in fields(record))
    return [each.value if isinstance(each, Enum) else each for each in values]


def _from_json(text: str, pair: Pair) -> Judgement | None:
    """Read a judgement of a pair as it was kept; None of what no check has written."""
    names = {each: each for each in (pair.image, pair.mask) if each is not None}
    try:
        row, findings, stops = parsed.from_json(text)
        told = Judgement(
            _made(SampleRow, row, names),
            tuple(_made(Finding, each, names) for each in findings),
            tuple(_made(Stop, each, names) for each in stops),
        )
    except (ValueError, TypeError, AttributeError, LookupError):
        return None
    if told.row.image != pair.image:
        return None
    return told if _rules().issuperset((each.code, each.name) for each in told.findings) else None


@cache
def _rules() -> frozenset[tuple[str, str]]:
    return frozenset((each.code, each.name) for each in all_rules())


Kind = TypeVar("Kind", SampleRow, Finding, Stop)


def _made(kind: type[Kind], values: Any, names: Mapping[str, str]) -> Kind:
    """Make one of the report's records of its values, each of the type that it declares.

    Names of files that are here already are not kept twice.
    """
    together = zip(_MAKERS[kind], _list(values), strict=True)
    return kind(
        *(make(names.get(each, each) if type(each) is str else each) for make, each in together)
    )


def _typed(*kinds: type) -> Callable[[Any], Any]:
    exactly = frozenset(kinds)  # True is an int to everybody else

    def same(value: Any) -> Any:
        if type(value) not in exactly:
            raise TypeError(f"{value!r} is none of {kinds}")
        return value

    return same


_whole, _list = _typed(int), _typed(list)


def _size(value: Any) -> Size | None:
    if value is None:
        return None
    width, height = map(_whole, value)
    return _one_size(width, height)


@lru_cache(4096)
def _one_size(width: int, height: int) -> Size:
    """Make equal sizes one: of 100,000 rows that is tens of MB."""
    return Size(width, height)


_NONE = type(None)
_OF_TYPE: dict[str, Callable[[Any], Any]] = {
    "str": _typed(str),
    "str | None": _typed(str, _NONE),
    "bool": _typed(bool),
    "int": _typed(int),
    "int | None": _typed(int, _NONE),
    "float | None": _typed(float, int, _NONE),
    "Size | None": _size,
    "tuple[str, ...]": lambda value: tuple(map(_typed(str), _list(value))),
    "Severity": Severity,
    "Stage": Stage,
}
_MAKERS: dict[type[Any], list[Callable[[Any], Any]]] = {
    kind: [_OF_TYPE[str(field.type)] for field in fields(kind)]
    for kind in (SampleRow, Finding, Stop)
}
