"""The files to come: planned first, then shown or written, originals kept."""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from enum import Enum
from functools import partial
from pathlib import Path
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

from maskprep.dataset.outputs import Outputs, data_folders
from maskprep.errors import InterruptedWorkError, MaskprepError, UnreadableImageError, own_fault
from maskprep.files import pathname, storage
from maskprep.files.backup import Backup, undo_command
from maskprep.files.lock import sole_writer
from maskprep.files.manifest import State, state_of
from maskprep.files.pathname import entry_of
from maskprep.files.write import Standing, refuse_changed, standing, why_not, write_whole
from maskprep.model import TrainingSet
from maskprep.raster import read_header
from maskprep.running.parallel import WAS_ENDED, Executor, Threads, one_at_a_time

Row = TypeVar("Row")
Result = TypeVar("Result")


@dataclass(frozen=True)
class Made(Generic[Row]):
    """A file's new content, before it is written.

    Attributes
    ----------
    content : bytes or None
        All of it; None where the source stays as it is.
    row : object
        What to tell about it; no pixels.
    notes : tuple of str
        Warnings in words.
    """

    content: bytes | None
    row: Row
    notes: tuple[str, ...] = ()


class Effect(Enum):
    """What becomes of a task's source in place."""

    REPLACE = "the target takes its place"
    ADD = "it stays, the target is new"
    REMOVE = "it goes, whatever the content made"


@dataclass(frozen=True)
class Task(Generic[Row]):
    """One file to be made of another.

    Attributes
    ----------
    source : str
        What it is made of.
    target : Path or None
        Where it goes; None where nothing can be made.
    make : callable
        Works the content out; raises `MaskprepError` where it cannot.
    companions : tuple of str
        Files that are copied into the target's folder, such as captions; not in place.
    effect : Effect
        What becomes of the source in place.
    reads : tuple of str
        Files that `make` reads besides the source.
    """

    source: str
    target: Path | None
    make: Callable[[], Made[Row]]
    companions: tuple[str, ...] = ()
    effect: Effect = Effect.REPLACE
    reads: tuple[str, ...] = ()

    @property
    def files(self) -> tuple[str, ...]:
        """What has to be there wherever it is made: the source first."""
        return (self.source, *self.reads)


@dataclass(frozen=True)
class Outcome(Generic[Row]):
    """What became of one task.

    Attributes
    ----------
    source : str
        What it was made of.
    target : Path or None
        Where it went.
    changed : bool
        Whether the target differs from the source.
    row : object or None
        What to tell about it; None where it failed.
    notes : tuple of str
        Warnings in words.
    problem : str
        Why there is no such file; empty where there is.
    is_fault : bool
        Whether that is a defect of maskprep itself.
    left_link : str
        That the source was a link, and has given way to a file of its own; one of the notes.
    """

    source: str
    target: Path | None
    changed: bool = False
    row: Row | None = None
    notes: tuple[str, ...] = ()
    problem: str = ""
    is_fault: bool = False
    left_link: str = ""


@dataclass(frozen=True)
class Carried(Generic[Row]):
    """What became of a plan.

    Attributes
    ----------
    outcomes : tuple of Outcome
        One a task, in the plan's order.
    backups : tuple of Path
        Folders that `maskprep undo` goes back by: they hold the originals. Empty where nothing
        was changed in place.
    """

    outcomes: tuple[Outcome[Row], ...]
    backups: tuple[Path, ...] = ()

    @property
    def failed(self) -> tuple[Outcome[Row], ...]:
        """Outcomes with a problem."""
        return tuple(outcome for outcome in self.outcomes if outcome.problem)


class InterruptedPlanError(InterruptedWorkError):
    """The user has broken a plan off.

    Parameters
    ----------
    carried : Carried
        What became of the tasks that were through.
    total : int
        Tasks of the plan.
    then : str
        What to do now; how to go back, where that is not said.
    """

    def __init__(self, carried: Carried[Any], total: int, then: str = "") -> None:
        done = sum(not outcome.problem for outcome in carried.outcomes)
        then = then or way_back(carried.backups)
        super().__init__(f"interrupted after {done} of {total} files{then}")
        self.carried = carried


def way_back(backups: Sequence[Path]) -> str:
    """Say how to go back from what was changed before a job was broken off."""
    if not backups:
        return ""
    return (
        "; go back before a second run, which would work on changed files again:"
        f" {undo_command(backups)}"
    )


@dataclass(frozen=True)
class Destination:
    """Where a command writes.

    Attributes
    ----------
    output : Path or None
        A folder outside the data set; None writes in place, originals kept in a folder beside.
    overwrite : bool
        Replace files that are in `output` already.
    dry_run : bool
        Work everything out, and write nothing.
    witness : callable or None
        Shown each task with the content made for it, before that is written.
    backup : Backup or None
        Where originals go, shared by several jobs; None for one of each job's own.
    """

    output: Path | None
    overwrite: bool = False
    dry_run: bool = False
    witness: Callable[[Task[Any], Made[Any]], None] | None = None
    backup: Backup | None = None

    def targets(self, sources: Sequence[str], ending: str | None = ".png") -> list[Path]:
        """Name the file to be made of each source.

        Parameters
        ----------
        sources : sequence of str
            Files.
        ending : str or None
            Of the files to be made; None keeps each source's own.

        Returns
        -------
        list of Path
            In place: the source with its new ending. Else in `output`, in sub-folders as the
            sources' folders lie to each other where there are several.
        """
        if self.output is None:
            return [
                Path(source) if ending is None else Path(source).with_suffix(ending)
                for source in sources
            ]
        of_source = [pathname.dirname(pathname.absolute(source)) for source in sources]
        folders = _laid_out(set(of_source))
        return [
            self.output / folders[folder] / _renamed(source, ending)
            for source, folder in zip(sources, of_source, strict=True)
        ]


def _renamed(source: str, ending: str | None) -> str:
    return pathname.basename(source) if ending is None else f"{pathname.stem(source)}{ending}"


def _laid_out(folders: Iterable[str]) -> dict[str, str]:
    ordered = sorted(folders)
    anchors, inner = zip(*map(pathname.anchored, ordered), strict=True) if ordered else ((), ())
    try:
        shared = os.path.commonpath(inner) if len(set(anchors)) == 1 else None
    except ValueError:  # on several drives
        shared = None
    if shared is None:
        return {
            folder: f"{place}-{pathname.basename(folder)}" for place, folder in enumerate(ordered)
        }
    return {
        folder: os.path.relpath(path, shared) for folder, path in zip(ordered, inner, strict=True)
    }


def carry_out(
    tasks: Sequence[Task[Row]],
    training_set: TrainingSet,
    destination: Destination,
    *,
    progress: Callable[[], None] = lambda: None,
    executor: Executor | None = None,
) -> Carried[Row]:
    """Write every file of a plan, each whole or not at all, and go on after those that fail.

    Parameters
    ----------
    tasks : sequence of Task
        The plan.
    training_set : TrainingSet
        Whose files they are made of.
    destination : Destination
        Where they go.
    progress : callable
        Called once after each task.
    executor : Executor or None
        Where contents are made; None for threads. Whoever makes them, this process writes them.

    Returns
    -------
    Carried
        An outcome a task, in order, and where the originals are.

    Raises
    ------
    MaskprepError
        Before anything is written: the output lies in the data set, a file is there already,
        what is remote would be changed in place, of a dry run too; or another run writes there.
        `InterruptedPlanError` where the user breaks it off.

    Notes
    -----
    In place an original goes to ``<folder>.maskprep-backup-<time>`` before its successor is
    renamed over it: killed at any moment, every file is either the old one or the new one.
    """
    backup = destination.backup or Backup()
    writer: _Writer
    if destination.output is not None:
        outputs = Outputs(overwrite=destination.overwrite)
        paths = (path for task in tasks for path in _written(task))
        outputs.admit(paths, training_set, destination.output)
        writer = _Copies(outputs)
    else:
        for task in tasks:
            pathname.refuse_remote(task.source)
        writer = _InPlace(backup, data_folders(training_set))
    owners = _owners(tasks)
    leaders = _leaders(tasks) if destination.output is None else {}
    finished: dict[int, Outcome[Row]] = {}
    begun: deque[tuple[Task[Row], _Seen]] = deque()
    broken_off = threading.Event()

    def look(task: Task[Row]) -> _Seen:
        if task.target is not None and (owner := owners[_folded(task.target)]) is not task:
            raise MaskprepError(f"not written: {task.target} is made of {owner.source} already")
        return writer.look(task)

    def to_be_made() -> Iterator[Task[Row]]:
        for task in tasks:
            if id(task) in leaders:
                continue
            seen = attempted(task.source, task.target, partial(look, task))
            if isinstance(seen, Outcome):
                finished[id(task)] = seen
                progress()
            else:
                begun.append((task, seen))
                yield task

    def write(task: Task[Row], seen: _Seen, made: Made[Row]) -> Outcome[Row]:
        if destination.witness is not None and made.content is not None:
            destination.witness(task, made)
        if not destination.dry_run:
            if broken_off.is_set():  # who was told what has been done is told all of it
                raise InterruptedWorkError("interrupted")
            writer.write(task, made, seen)
        changed = made.content is not None
        left = _left_link(task, seen) if changed else ""
        notes = (*made.notes, left) if left else made.notes
        return Outcome(task.source, task.target, changed, made.row, notes, left_link=left)

    def finish(of_one: tuple[Task[Row], _Seen, Made[Row] | Outcome[Row]]) -> None:
        task, seen, made = of_one
        finished[id(task)] = (
            made
            if isinstance(made, Outcome)
            else attempted(task.source, task.target, lambda: write(task, seen, made))
        )

    try:
        # Closed, nothing is under way any more: what was, is through, or has not begun.
        with (
            sole_writer(() if destination.dry_run else _places(tasks, destination)),
            closing((executor or Threads()).in_order(to_be_made(), _make, _lost)) as made,
            closing(
                Threads().in_order(((*begun.popleft(), each) for each in made), finish)
            ) as done,
        ):
            for _ in done:
                progress()
        for task in tasks:
            if id(task) in leaders:
                led = finished[id(leaders[id(task)])]
                finished[id(task)] = replace(led, source=task.source, changed=False, notes=())
                progress()
    except KeyboardInterrupt:
        broken_off.set()
        through = tuple(finished[id(task)] for task in tasks if id(task) in finished)
        raise InterruptedPlanError(Carried(through, backup.folders), len(tasks)) from None
    except MaskprepError as error:  # of whoever makes the contents, such as a cluster that is gone
        if not backup.folders or isinstance(error, InterruptedWorkError):
            raise
        raise MaskprepError(f"{error}{way_back(backup.folders)}") from error
    outcomes = (finished[id(task)] for task in tasks)
    return Carried(tuple(outcomes), backup.folders)


def _make(task: Task[Row]) -> Made[Row] | Outcome[Row]:
    def make() -> Made[Row]:
        with one_at_a_time(_pixels(task.source)):
            return task.make()

    return attempted(task.source, task.target, make)


def _lost(task: Task[Row]) -> Outcome[Row]:
    return Outcome(task.source, task.target, problem=WAS_ENDED)


def _pixels(path: str) -> int:
    try:
        size = read_header(path).size
    except UnreadableImageError:  # whoever reads it says why
        return 0
    return size.width * size.height


def attempted(
    source: str, target: Path | None, work: Callable[[], Result]
) -> Result | Outcome[Any]:
    """Do a part of one task's work; where that fails, give an outcome that says why."""
    try:
        return work()
    except MaskprepError as error:
        return Outcome(source, target, problem=str(error).removeprefix(f"{source}: "))
    except Exception as error:  # noqa: BLE001 - a defect of ours: the others go on
        return Outcome(source, target, problem=own_fault(error), is_fault=True)


def _places(tasks: Iterable[Task[Any]], destination: Destination) -> set[Path]:
    """List the folders that are written to."""
    targets = [task.target for task in tasks if task.target is not None]
    if destination.output is not None:
        return {destination.output, *(each.parent for each in targets)}
    return {path.parent for path in (*targets, *(Path(task.source) for task in tasks))}


def _leaders(tasks: Sequence[Task[Row]]) -> dict[int, Task[Row]]:
    """Find tasks of files that another one changes already: under another name, or by a link.

    Parameters
    ----------
    tasks : sequence of Task
        The plan, in place.

    Returns
    -------
    dict of int to Task
        By the identity of the task that is not to be worked, the one that does its work.
    """
    by_entry: dict[Path, Task[Row]] = {}
    leaders = {}
    for task in tasks:
        entry = entry_of(Path(task.source))
        if by_entry.setdefault(entry, task) is not task:
            leaders[id(task)] = by_entry[entry]
    for entry, task in by_entry.items():
        if entry.is_symlink() and _keeps_its_name(task):
            goal = by_entry.get(Path(os.path.realpath(entry)))
            if goal is not None and _keeps_its_name(goal):
                leaders[id(task)] = goal
    return {each: _last(leaders, task) for each, task in leaders.items()}


def _last(leaders: Mapping[int, Task[Row]], task: Task[Row]) -> Task[Row]:
    while id(task) in leaders:
        task = leaders[id(task)]
    return task


def _keeps_its_name(task: Task[Any]) -> bool:
    return task.effect is Effect.REPLACE and task.target == Path(task.source)


def _owners(tasks: Sequence[Task[Row]]) -> dict[str, Task[Row]]:
    """Give each target to one task: to the file that has its name already, else to the first."""
    owners: dict[str, Task[Row]] = {}
    for task in sorted(tasks, key=lambda each: Path(each.source) != each.target):
        if task.target is not None:
            owners.setdefault(_folded(task.target), task)
    return owners


def _folded(path: Path) -> str:
    return str(path).casefold()  # file systems of Windows and macOS know one case only


def _written(task: Task[Row]) -> list[Path]:
    if task.target is None:
        return []
    beside = (task.target.parent / pathname.basename(each) for each in task.companions)
    return [task.target, *beside]


class _Seen(NamedTuple):
    """What stood at a task's two places before its content was worked out."""

    source: Standing | None
    target: Standing | None
    #: Where the source leads, if it is a link.
    link: str | None = None


class _Writer(Protocol):
    """Puts what was made to its place."""

    def look(self, task: Task[Any]) -> _Seen:
        """See what stands there, before anything is read."""

    def write(self, task: Task[Any], made: Made[Any], seen: _Seen) -> None:
        """Write it; `MaskprepError` where that cannot be done, or it is not as it was seen."""


@dataclass(frozen=True)
class _Copies:
    """Writes copies to where there is no data set."""

    outputs: Outputs

    def look(self, task: Task[Any]) -> _Seen:
        return _Seen(None, None)  # the door remembers what it saw

    def write(self, task: Task[Any], made: Made[Any], seen: _Seen) -> None:
        assert task.target is not None, "something was made"
        content = made.content if made.content is not None else _read(task.source)
        self.outputs.write(task.target, content)
        for companion in task.companions:
            beside = task.target.parent / pathname.basename(companion)
            self.outputs.write(beside, _read(companion))


@dataclass(frozen=True)
class _InPlace:
    """Writes where the sources are, and keeps these."""

    backup: Backup
    data: Sequence[Path]

    def look(self, task: Task[Any]) -> _Seen:
        source = standing(Path(task.source))
        link = os.path.realpath(task.source) if source is not None and source.is_link else None
        if task.target is None or task.target == Path(task.source):
            return _Seen(source, source, link)
        target = standing(task.target)
        taken = target is not None and not _is_same_entry(Path(task.source), task.target)
        if taken and task.effect is Effect.REPLACE:
            told = f"cannot become {task.target.name}: there is one already"
            raise MaskprepError(f"{task.source}: {told}")
        return _Seen(source, target, link)

    def write(self, task: Task[Any], made: Made[Any], seen: _Seen) -> None:
        assert task.target is not None, "something was made"
        if made.content is None:
            return
        source = Path(task.source)
        if task.effect is Effect.ADD:
            if seen.target is not None:
                raise MaskprepError(f"{task.target}: is there already")
            with self._kept({task.target: state_of(made.content)}):
                write_whole(task.target, made.content)
            return
        if seen.source is None:
            raise MaskprepError(f"{source}: there is no such file")
        refuse_changed(source, seen.source)
        if task.effect is Effect.REMOVE:
            with self._kept({source: None}):
                _remove(source)
            return
        after = state_of(made.content)
        moves = task.target != source and (seen.target is None or _is_spelled_so(task.target))
        with self._kept({source: None, task.target: after} if moves else {source: after}):
            write_whole(task.target, made.content, seen.target, like=seen.source)
        if moves and not _is_same_entry(source, task.target):
            refuse_changed(source, seen.source)
            _remove(source)

    @contextmanager
    def _kept(self, changes: Mapping[Path, State | None]) -> Iterator[None]:
        """Keep what is about to change, and forget that where it then does not."""
        kept = []
        try:
            for path, after in changes.items():
                self.backup.keep(path, self.data, after)
                kept.append(path)
            yield
        except MaskprepError:
            for path in kept:
                self.backup.forget(path, self.data)
            raise


def _left_link(task: Task[Any], seen: _Seen) -> str:
    if task.effect is not Effect.REPLACE or seen.link is None:
        return ""
    return f"was a link to {seen.link}, which stays as it is"


def _is_spelled_so(path: Path) -> bool:
    # Where case does not count, what stands there may be listed by another name only.
    return path.name in os.listdir(path.parent)


def _is_same_entry(source: Path, target: Path) -> bool:
    # Where case does not count, a.PNG is a.png and has just been replaced.
    try:
        return os.path.samestat(os.lstat(source), os.lstat(target))
    except OSError:
        return False


def _remove(path: Path) -> None:
    try:
        path.unlink()
    except OSError as error:
        raise MaskprepError(f"{path}: cannot be removed {why_not(error, path)}") from error


def _read(path: str) -> bytes:
    try:
        return storage.read_bytes(path)
    except OSError as error:
        raise MaskprepError(f"{path}: cannot be read ({error.strerror})") from error
