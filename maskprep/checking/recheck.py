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
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from functools import cache, partial
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeVar

import cv2
import numpy
import PIL

from maskprep import raster
from maskprep.checking.choice import Choice
from maskprep.checking.ledger import Known, Ledger
from maskprep.dataset.expectation import Expectation
from maskprep.dataset.sample import Sample
from maskprep.errors import UnreadableImageError
from maskprep.files import parsed, pathname, storage
from maskprep.files.storage import Signature
from maskprep.model import MaskSource, Severity, Size, Stage, Stop, TrainingSet
from maskprep.model.report import Finding, Judgement, SampleRow
from maskprep.rules import all_rules
from maskprep.running.parallel import Executor
from maskprep.trainers.base import Trainer

#: Nanoseconds for which a file has to be left alone before its times are trusted: file systems
#: tick as slowly as that, and two versions within one tick look the same.
_SETTLED = 2 * 10**9
#: Modules of decoders that are no part of Pillow.
_PLUGINS = ("pillow_avif", "pillow_jxl", "jxlpy", "imagecodecs")


_Kind = Literal["content", "structure", "listing"]


class _Source(NamedTuple):
    """A file that a result depends on, and what of it."""

    path: str
    #: Every byte; the header, and that it is intact; or, of what is far away, what its folder says.
    kind: _Kind
    #: Who looks at it.
    trainer: Trainer

    @property
    def known_as(self) -> str:
        """The kind in the ledger: trainers measure sizes each in their own way."""
        return f"structure, {self.trainer.title}" if self.kind == "structure" else self.kind


@dataclass(frozen=True)
class _Case:
    """A pair to be looked at, as its files are, and what is known of their content."""

    sample: Sample
    sources: tuple[_Source, ...]
    signatures: tuple[Signature | None, ...]
    known: tuple[str, ...] | None = None
    remembered: Judgement | None = None

    @property
    def files(self) -> tuple[str, ...]:
        """Of the pair, the image first."""
        return self.sample.files


class _Examined(NamedTuple):
    """What became of a case: None for a judgement that still holds, or for untold evidence."""

    case: _Case
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
        self._expectations = expectations
        self._basis = repr(
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
        ).encode("utf-8", "surrogatepass")

    def in_order(
        self,
        samples: Iterable[Sample],
        judge: Callable[[Sample], Judgement],
        lost: Callable[[Sample], Judgement],
        executor: Executor,
    ) -> Iterator[Judgement]:
        """Judge what has changed, and recall the rest.

        Parameters
        ----------
        samples : iterable of Sample
            Made one by one, as needed.
        judge : callable
            Applied where nothing is remembered.
        lost : callable
            Gives the judgement of a sample that took its process down.
        executor : Executor
            Where that is done.

        Yields
        ------
        Judgement
            One a sample, in order.
        """
        waiting: deque[Judgement | None] = deque()

        def changed() -> Iterator[_Case]:
            for sample in samples:
                case = self._case_of(sample)
                if isinstance(case, Judgement):
                    waiting.append(case)
                else:
                    waiting.append(None)
                    yield case

        try:
            work, gone = partial(_examine, judge=judge), partial(_unexamined, lost=lost)
            for examined in executor.in_order(changed(), work, gone):
                while (recalled := waiting.popleft()) is not None:
                    yield recalled
                yield self._kept(examined)
            yield from (each for each in waiting if each is not None)
        finally:
            self._ledger.flush()

    def _case_of(self, sample: Sample) -> Judgement | _Case:
        sources = tuple(_sources_of(sample, self._expectations))
        signatures = tuple(storage.signature(each.path) for each in sources)
        known = [self._ledger.file(pathname.absolute(each.path), each.known_as) for each in sources]
        if None in signatures or None in known:
            return _Case(sample, sources, signatures)
        evidence = tuple(each.evidence for each in known if each is not None)
        text = self._ledger.result(self._key(sample, evidence))
        remembered = None if text is None else _from_json(text)
        if remembered is None or remembered.row.image != sample.pair.image:
            return _Case(sample, sources, signatures)
        if [str(each) for each in signatures] == [each.signature for each in known if each]:
            return remembered
        return _Case(sample, sources, signatures, evidence, remembered)

    def _kept(self, examined: _Examined) -> Judgement:
        case, judgement, evidence = examined
        if evidence is None:
            assert judgement is not None, "what is without evidence was judged"
            return judgement
        for each, signature, seen in zip(case.sources, case.signatures, evidence, strict=True):
            settled = signature is not None and signature.newest < time.time_ns() - _SETTLED
            known = Known(str(signature) if settled else "", seen)
            self._ledger.keep_file(pathname.absolute(each.path), each.known_as, known)
        if judgement is None:
            assert case.remembered is not None, "its evidence was known"
            return case.remembered
        self._ledger.keep_result(self._key(case.sample, evidence), _to_json(judgement))
        return judgement

    def _key(self, sample: Sample, evidence: tuple[str, ...]) -> bytes:
        depends = repr((sample.dataset.settings, sample.dataset.unchecked, sample.subset, evidence))
        return sha256(self._basis + depends.encode("utf-8", "surrogatepass")).digest()


def _unexamined(case: _Case, lost: Callable[[Sample], Judgement]) -> _Examined:
    return _Examined(case, lost(case.sample), None)


def _examine(case: _Case, judge: Callable[[Sample], Judgement]) -> _Examined:
    if case.known is not None and _evidence_of(case.sources) == case.known:
        return _Examined(case, None, case.known)
    judgement = judge(case.sample)
    unsure = case.sample.broken or judgement.fault is not None
    evidence = None if unsure else _evidence_of(case.sources, are_whole=True)
    # What was written to in the meantime was perhaps judged in another state.
    if tuple(storage.signature(each.path) for each in case.sources) != case.signatures:
        evidence = None
    # The pixels have done their work.
    return _Examined(
        replace(case, sample=case.sample.seen_by(case.sample.trainer)), judgement, evidence
    )


def _sources_of(sample: Sample, expectations: Sequence[Expectation]) -> Iterator[_Source]:
    pair = sample.pair
    if pair.source is not MaskSource.ALPHA:
        # Of an image with a mask file the pixels are read by nobody, unless that was asked for.
        read: _Kind = "content" if sample.decode_image else "structure"
        kind = read if _is_near(pair.image) else "listing"
        yield _Source(pair.image, kind, sample.trainer)
    whole = [pair.image if pair.source is MaskSource.ALPHA else pair.mask, *sample.subset.caches]
    for path in (*whole, *(each.region_of(pair.image) for each in expectations)):
        if path is not None:
            yield _Source(path, "content" if _is_near(path) else "listing", sample.trainer)


def _is_near(path: str) -> bool:
    return pathname.local_path(path) is not None


def _evidence_of(sources: Sequence[_Source], *, are_whole: bool = False) -> tuple[str, ...] | None:
    """Look at files; whether images are whole need not be asked again right after a judgement."""
    try:
        for each in () if are_whole else sources:
            if each.kind == "structure":
                raster.verify_pixels(each.path)
        return tuple(_EVIDENCE[each.kind](each) for each in sources)
    except (OSError, UnreadableImageError):
        return None


def _structure(source: _Source) -> str:
    header = raster.read_header(source.path)
    return repr((header, source.trainer.measured_size(source.path, header)))


def _content(source: _Source) -> str:
    return sha256(storage.read_bytes(source.path)).hexdigest()


def _listing(source: _Source) -> str:
    return str(storage.signature(source.path))


_EVIDENCE = {"structure": _structure, "content": _content, "listing": _listing}


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
    findings = [{**_plain(each), "severity": each.severity.value} for each in judgement.findings]
    stops = [{**_plain(each), "stage": each.stage.value} for each in judgement.stops]
    return json.dumps([_plain(judgement.row), findings, stops], separators=(",", ":"))


def _plain(value: SampleRow | Finding | Stop) -> dict[str, Any]:
    return {field.name: getattr(value, field.name) for field in fields(value)}


def _from_json(text: str) -> Judgement | None:
    """Read a judgement as it was kept; None of what no check has written."""
    try:
        row, findings, stops = parsed.from_json(text)
        told = Judgement(
            _made(SampleRow, row),
            tuple(_made(Finding, each) for each in findings),
            tuple(_made(Stop, each) for each in stops),
        )
    except (ValueError, TypeError, AttributeError, LookupError):
        return None
    known = {(each.code, each.name) for each in all_rules()}
    return told if known.issuperset((each.code, each.name) for each in told.findings) else None


Kind = TypeVar("Kind", SampleRow, Finding, Stop)


def _made(kind: type[Kind], values: dict[str, Any]) -> Kind:
    """Make one of the report's records of values by name, each of the type that it declares."""
    types = {field.name: str(field.type) for field in fields(kind)}
    return kind(**{name: _OF_TYPE[types[name]](value) for name, value in values.items()})


def _typed(*kinds: type) -> Callable[[Any], Any]:
    def same(value: Any) -> Any:
        if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
            raise TypeError(f"{value!r} is none of {kinds}")
        return value

    return same


def _size(value: Any) -> Size | None:
    return None if value is None else Size(*map(_typed(int), value))


_NONE = type(None)
_OF_TYPE: dict[str, Callable[[Any], Any]] = {
    "str": _typed(str),
    "str | None": _typed(str, _NONE),
    "bool": _typed(bool),
    "int": _typed(int),
    "int | None": _typed(int, _NONE),
    "float | None": _typed(float, int, _NONE),
    "Size | None": _size,
    "tuple[str, ...]": lambda value: tuple(map(_typed(str), _typed(list)(value))),
    "Severity": Severity,
    "Stage": Stage,
}
