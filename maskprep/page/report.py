"""From a training set to its page: one HTML file, or several where there are many pairs."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from maskprep.checking.compared import Seat, Seen
from maskprep.checking.compared import compare as compared
from maskprep.checking.engine import check
from maskprep.checking.verdict import trainer_line, verdict_of
from maskprep.dataset.outputs import Outputs
from maskprep.errors import MaskprepError, harmless, own_fault
from maskprep.files import parsed, pathname
from maskprep.masks.details import LOST_BELOW
from maskprep.mending.remedies import todo_of, with_commands
from maskprep.model import TrainingSet
from maskprep.model.report import Report, SampleRow
from maskprep.page import charts
from maskprep.page.compare import masks_in
from maskprep.page.pair import Card, card_of
from maskprep.page.words import LANGUAGES, words_in
from maskprep.pictures.order import Ranked, worst_first
from maskprep.running.parallel import Threads, one_at_a_time
from maskprep.version import __version__

TEMPLATES = Path(__file__).with_name("templates")
#: Pairs of one file: 10 MB of it are open in a second.
MOST = 300
#: Characters of one file for whole masks, of the worst pairs; what remains are 25 KB a pair.
_MASKS = 600_000
#: Things to do that are told on top.
_TOLD = 5
_SCRIPTS = ("replay.js", "drawing.js", "viewer.js", "page.js")


class Revision(NamedTuple):
    """How often a page that follows its data set was written, and the picture that tells it.

    Attributes
    ----------
    number : int
        From 1; as wide in px is the picture.
    mark : str
        The picture's file name, beside the page.
    """

    number: int
    mark: str


@dataclass(frozen=True)
class Draft:
    """What a card is made of; see `card_of`."""

    ranked: Ranked
    row: SampleRow
    share: float | None
    arguments: str
    lost_below: float
    others: Mapping[str, str] | None
    whole: bool

    def card(self) -> Card:
        """Draw it."""
        return card_of(
            self.ranked,
            self.row,
            self.share,
            self.arguments,
            self.lost_below,
            self.others,
            whole=self.whole,
        )


@dataclass(frozen=True)
class Wanted:
    """How the page is to be.

    Attributes
    ----------
    language : str or None
        One of `maskprep.page.words.LANGUAGES`; None for the browser's.
    lost_below : float
        Weight under which a fine detail counts as lost.
    compare : str or None
        Folder of other masks, to be compared by their stems.
    seats : sequence of Seat
        Other trainers, to be shown what they see.
    revision : Revision or None
        Where the page, while it is open, sees that it was written anew; None where it never is.
    """

    language: str | None = None
    lost_below: float = LOST_BELOW
    compare: str | None = None
    seats: Sequence[Seat] = ()
    revision: Revision | None = None


@dataclass(frozen=True)
class Written:
    """What was written.

    Attributes
    ----------
    pages : tuple of Path
        The worst pairs on the first.
    problems : tuple of (str, str)
        Images of which there is no picture, and why.
    faults : int
        How many of these are defects of maskprep itself.
    """

    pages: tuple[Path, ...]
    problems: tuple[tuple[str, str], ...]
    faults: int


def write_report(
    training_set: TrainingSet,
    output: Path,
    wanted: Wanted = Wanted(),
    *,
    judge: Callable[[TrainingSet], Report] = check,
    overwrite: bool = False,
    progress: Callable[[], None] = lambda: None,
    workers: int = 0,
) -> Written:
    """Write the page of a training set.

    Parameters
    ----------
    training_set : TrainingSet
        As discovered.
    output : Path
        The HTML file. Of more than 300 pairs the rest goes to ``<stem>-2.html`` and so on.
    wanted : Wanted
        How it is to be.
    judge : callable
        Finds out what the rules say of the training set.
    overwrite : bool
        Replace files that are there.
    progress : callable
        Called once after each pair.
    workers : int
        Threads; 0 for one a core.

    Returns
    -------
    Written
        The files, and of which pairs there is no picture.

    Raises
    ------
    MaskprepError
        A file is there already and `overwrite` is not given, it lies in the data set, there is no
        folder to compare, another run writes it, or a file cannot be written.
    """
    pages = pages_of(output, training_set.pair_count)
    outputs = Outputs(overwrite=overwrite)
    outputs.admit(pages, training_set)
    report = judge(training_set)
    with outputs.kept_by(*pages):
        return lay_out(report, pages, outputs, wanted, progress=progress, workers=workers)


def lay_out(
    report: Report,
    pages: Sequence[Path],
    outputs: Outputs,
    wanted: Wanted,
    *,
    draw: Callable[[Draft], Card] | None = None,
    progress: Callable[[], None] = lambda: None,
    workers: int = 0,
) -> Written:
    """Draw every pair of a report, and write the pages.

    Parameters
    ----------
    report : Report
        Of a check.
    pages : sequence of Path
        As `pages_of` names them.
    outputs : Outputs
        The door; it has admitted them.
    wanted : Wanted
        How they are to be.
    draw : callable or None
        Makes a pair's card, by `Draft.card` or of what it knows; None for the former.
    progress, workers
        As in `write_report`.

    Returns
    -------
    Written
        The files, and of which pairs there is no picture.

    Raises
    ------
    MaskprepError
        A file cannot be written, or there is no folder to compare.
    """
    training_set = report.training_set
    others = None if wanted.compare is None else masks_in(wanted.compare)
    report = with_commands(report)
    ranked = worst_first(training_set, report)
    shares = charts.shares_of(training_set, report.rows)
    elsewhere = _elsewhere(training_set, wanted.seats)
    full: set[int] = set()  # pages on which a whole mask found no room: they carry no further ones

    def made(item: tuple[int, Ranked]) -> Card:
        order, each = item
        row, share = report.rows[each.place], shares[each.place]
        whole = order // MOST not in full
        draft = Draft(each, row, share, training_set.arguments, wanted.lost_below, others, whole)
        try:
            with one_at_a_time(each.sample.pixels):
                return draft.card() if draw is None else draw(draft)
        except MaskprepError:
            raise
        except Exception as error:  # noqa: BLE001 - a defect of ours: the others are shown
            return _faulty(each, row, share, own_fault(error))

    render = _Renderer(report, shares, pages, wanted, elsewhere.values())
    problems: list[tuple[str, str]] = []
    faults = 0
    cards = Threads(workers).in_order(enumerate(ranked), made)
    for number, path in enumerate(pages):
        part: list[Card] = []
        room = _MASKS
        for _ in ranked[number * MOST : (number + 1) * MOST]:
            card = next(cards)
            if card.weighs > room:
                full.add(number)
            if card.weighs and card.coarse is not None and number in full:
                card = replace(card, data=card.coarse())
            room -= card.weighs
            part.append(replace(card, coarse=None, elsewhere=elsewhere.get(card.path, ())))
            progress()
            faults += card.is_fault
            if card.problem and not card.tile:
                problems.append((card.path, card.problem))
        outputs.write(path, render(number, part).encode("utf-8", "backslashreplace"))
    return Written(tuple(pages), tuple(problems), faults)


def _elsewhere(training_set: TrainingSet, seats: Sequence[Seat]) -> dict[str, tuple[Seen, ...]]:
    """Weigh every pair as other trainers would, by image; of the whole set, for shares are."""
    if not seats:
        return {}
    return {each.image: each.seen for each in compared(training_set.entire, seats)}


def _faulty(ranked: Ranked, row: SampleRow, share: float | None, told: str) -> Card:
    path = ranked.sample.pair.image
    return Card(pathname.basename(path), path, row, share, 0, ranked.findings, told, is_fault=True)


def pages_of(output: Path, pairs: int) -> list[Path]:
    """Name the files of so many pairs."""
    count = max(1, -(pairs // -MOST))
    more = [
        output.with_name(f"{output.stem}-{number}{output.suffix}") for number in range(2, count + 1)
    ]
    return [output, *more]


class _Renderer:
    """Fills the template, page by page."""

    def __init__(
        self,
        report: Report,
        shares: Sequence[float | None],
        pages: Sequence[Path],
        wanted: Wanted,
        elsewhere: Iterable[Sequence[Seen]],
    ) -> None:
        environment = Environment(
            loader=FileSystemLoader(TEMPLATES),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            finalize=_shown,
        )
        environment.filters["json"] = _as_json
        self._template = environment.get_template("report.html")
        self._style = _asset("page.css")
        self._script = "\n".join(map(_asset, _SCRIPTS))
        self._pages = [path.name for path in pages]
        self._wanted = wanted
        verdict, todo = verdict_of(report), todo_of(report)
        self._of_set: dict[str, Any] = {
            "training_set": report.training_set,
            "trainer": trainer_line(report.training_set),
            "verdict": verdict,
            "todo": todo[:_TOLD],
            "more_todo": max(0, len(todo) - _TOLD),
            "histogram": charts.histogram(report.rows),
            "shares": charts.largest_shares(report.rows, shares),
            "buckets": charts.buckets(report.rows),
            "trainers": charts.trainers(elsewhere),
            "version": __version__,
            "lost_below": wanted.lost_below,
        }

    def __call__(self, number: int, cards: Sequence[Card]) -> str:
        language = self._wanted.language or "en"
        rules: dict[str, list[Any]] = {}
        for card in cards:
            for each in {found.code: found for found in card.findings}.values():
                rules.setdefault(each.code, [each.name, each.severity, 0])[2] += 1
        beside = "" if self._wanted.revision is None else " file:"
        order = sorted(rules.items(), key=lambda each: (-each[1][1].rank, -each[1][2], each[0]))
        return self._template.render(
            self._of_set,
            policy=(
                f"default-src 'none'; img-src data:{beside}; base-uri 'none'; form-action 'none';"
                f" script-src '{_hashed(self._script)}'; style-src '{_hashed(self._style)}'"
            ),
            style=Markup(self._style),  # noqa: S704 - our own file
            script=Markup(self._script),  # noqa: S704 - our own files
            language=language,
            by_browser=self._wanted.language is None,
            languages=LANGUAGES,
            words=words_in(language),
            all_words={each: words_in(each) for each in LANGUAGES},
            rules=order,
            cards=cards,
            clean=sum(not card.findings for card in cards),
            compares=self._wanted.compare is not None,
            revision=self._wanted.revision,
            pages=self._pages,
            number=number,
            first=number * MOST,
        )


def _asset(name: str) -> str:
    return (TEMPLATES / name).read_text(encoding="utf-8")


def _hashed(text: str) -> str:
    return "sha256-" + b64encode(sha256(text.encode("utf-8")).digest()).decode("ascii")


def _shown(value: Any) -> Any:
    """Show control characters of names as escapes: a page is also read by other programs."""
    if not isinstance(value, str) or isinstance(value, Markup):
        return value
    return "\n".join(map(harmless, value.split("\n")))


def _as_json(value: Any) -> Markup:
    """Write values as JSON that cannot end the element that it stands in."""
    text = parsed.json_text(value)
    safe = text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")
    return Markup(safe)  # noqa: S704 - nothing in it is markup
