"""The files to come: planned first, then shown or written, originals kept."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import partial
from pathlib import Path
from typing import Any, Generic, TypeVar

from maskprep import storage
from maskprep.backup import Backup, is_within
from maskprep.errors import MaskprepError
from maskprep.model import TrainingSet
from maskprep.parallel import Threads
from maskprep.write import refuse_existing, write_whole

Row = TypeVar("Row")


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
    """

    source: str
    target: Path | None
    make: Callable[[], Made[Row]]
    companions: tuple[str, ...] = ()
    effect: Effect = Effect.REPLACE


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
    """

    source: str
    target: Path | None
    changed: bool = False
    row: Row | None = None
    notes: tuple[str, ...] = ()
    problem: str = ""


@dataclass(frozen=True)
class Carried(Generic[Row]):
    """What became of a plan.

    Attributes
    ----------
    outcomes : tuple of Outcome
        One a task, in the plan's order.
    backups : tuple of Path
        Folders that hold the originals; empty where nothing was replaced.
    """

    outcomes: tuple[Outcome[Row], ...]
    backups: tuple[Path, ...] = ()

    @property
    def failed(self) -> tuple[Outcome[Row], ...]:
        """Outcomes with a problem."""
        return tuple(outcome for outcome in self.outcomes if outcome.problem)


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

    def targets(self, sources: Sequence[str], ending: str = ".png") -> list[Path]:
        """Name the file to be made of each source.

        Parameters
        ----------
        sources : sequence of str
            Files.
        ending : str
            Of the files to be made.

        Returns
        -------
        list of Path
            In place: the source with its new ending. Else in `output`, in sub-folders as the
            sources' folders lie to each other where there are several.
        """
        if self.output is None:
            return [Path(source).with_suffix(ending) for source in sources]
        of_source = [storage.dirname(storage.absolute(source)) for source in sources]
        folders = _laid_out(set(of_source))
        return [
            self.output / folders[folder] / f"{storage.stem(source)}{ending}"
            for source, folder in zip(sources, of_source, strict=True)
        ]


def _laid_out(folders: Iterable[str]) -> dict[str, str]:
    ordered = sorted(folders)
    anchors, inner = zip(*map(storage.anchored, ordered), strict=True) if ordered else ((), ())
    try:
        shared = os.path.commonpath(inner) if len(set(anchors)) == 1 else None
    except ValueError:  # on several drives
        shared = None
    if shared is None:
        return {
            folder: f"{place}-{storage.basename(folder)}" for place, folder in enumerate(ordered)
        }
    return {
        folder: os.path.relpath(path, shared) for folder, path in zip(ordered, inner, strict=True)
    }


def data_folders(training_set: TrainingSet) -> list[Path]:
    """List the folders that hold a training set.

    Parameters
    ----------
    training_set : TrainingSet
        As discovered.

    Returns
    -------
    list of Path
        Image and mask folders on disk, absolute, without repeats.
    """
    subsets = [subset for dataset in training_set.datasets for subset in dataset.subsets]
    paths = [
        folder.path
        for subset in subsets
        for folder in (subset.images, subset.masks)
        if folder is not None
    ]
    listed = (pair for subset in subsets if subset.metadata is not None for pair in subset.pairs)
    paths += dict.fromkeys(storage.dirname(pair.image) for pair in listed)
    local = (storage.local_path(path) for path in paths)
    return list(dict.fromkeys(Path(os.path.abspath(path)) for path in local if path is not None))


def refuse_data_folders(training_set: TrainingSet, outputs: Iterable[Path]) -> None:
    """Refuse to write into a data set: a file named like an image would replace it.

    Parameters
    ----------
    training_set : TrainingSet
        As discovered.
    outputs : iterable of Path
        Folders to be written to.

    Raises
    ------
    MaskprepError
        One of them is a folder of the data set, or lies in one.
    """
    folders = data_folders(training_set)
    for output in outputs:
        if any(is_within(output, folder) for folder in folders):
            raise MaskprepError(f"{output}: lies in the data set; write to another folder")


def carry_out(
    tasks: Sequence[Task[Row]],
    training_set: TrainingSet,
    destination: Destination,
    *,
    progress: Callable[[], None] = lambda: None,
    workers: int = 0,
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
    workers : int
        Threads; 0 for one a core.

    Returns
    -------
    Carried
        An outcome a task, in order, and where the originals are.

    Raises
    ------
    MaskprepError
        Before anything is written: the output lies in the data set, a file is there already, or
        what is remote would be changed in place; of a dry run too.

    Notes
    -----
    In place an original goes to ``<folder>.maskprep-backup-<time>`` before its successor is
    renamed over it: killed at any moment, every file is either the old one or the new one.
    """
    if destination.output is not None:
        # With folders of its own an output that holds the data set could write into it.
        paths = list(dict.fromkeys(path for task in tasks for path in _written(task)))
        folders = dict.fromkeys(path.parent for path in paths)
        refuse_data_folders(training_set, [destination.output, *folders])
        if not destination.overwrite:
            refuse_existing(paths)
    else:
        for task in tasks:
            storage.refuse_remote(task.source)
    backup, data = destination.backup or Backup(), data_folders(training_set)
    keep, forget = partial(backup.keep, data=data), partial(backup.forget, data=data)
    owners = _owners(tasks)

    def work(task: Task[Row]) -> Outcome[Row]:
        if task.target is not None and (owner := owners[_folded(task.target)]) is not task:
            told = f"not written: {task.target} is made of {owner.source} already"
            return Outcome(task.source, task.target, problem=told)
        try:
            made = task.make()
            if destination.witness is not None and made.content is not None:
                destination.witness(task, made)
            if not destination.dry_run:
                _write(task, made, destination, keep, forget)
        except MaskprepError as error:
            told = str(error).removeprefix(f"{task.source}: ")
            return Outcome(task.source, task.target, problem=told)
        changed = made.content is not None
        return Outcome(task.source, task.target, changed, made.row, made.notes)

    outcomes: list[Outcome[Row]] = []
    try:
        for outcome in Threads(workers).in_order(tasks, work):
            outcomes.append(outcome)
            progress()
    except KeyboardInterrupt:
        raise MaskprepError(_interrupted(outcomes, len(tasks), backup)) from None
    return Carried(tuple(outcomes), backup.folders)


def _interrupted(outcomes: Sequence[Outcome[Row]], total: int, backup: Backup) -> str:
    done = sum(not outcome.problem for outcome in outcomes)
    told = f"interrupted after {done} of {total} files"
    if backup.folders:
        kept = ", ".join(map(str, backup.folders))
        told += f"; originals in {kept}: put them back before a second run, which would work on"
        told += " changed files again"
    return told


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
    beside = (task.target.parent / storage.basename(each) for each in task.companions)
    return [task.target, *beside]


def _write(
    task: Task[Row],
    made: Made[Row],
    destination: Destination,
    keep: Callable[[Path], None],
    forget: Callable[[Path], None],
) -> None:
    assert task.target is not None, "something was made"
    if destination.output is not None:
        content = made.content if made.content is not None else _read(task.source)
        write_whole(task.target, content)
        for companion in task.companions:
            write_whole(task.target.parent / storage.basename(companion), _read(companion))
        return
    if made.content is None:
        return
    source = Path(task.source)
    if task.effect is Effect.ADD:
        refuse_existing([task.target])
        write_whole(task.target, made.content)
        return
    keep(source)
    if task.effect is Effect.REMOVE:
        _remove(source)
        return
    moves = task.target != source
    if moves and task.target.exists():
        keep(task.target)
    try:
        write_whole(task.target, made.content)
    except MaskprepError:
        forget(source)
        raise
    if moves and not _is_same_entry(source, task.target):
        _remove(source)


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
        raise MaskprepError(f"{path}: cannot be removed ({error.strerror})") from error


def _read(path: str) -> bytes:
    try:
        return storage.read_bytes(path)
    except OSError as error:
        raise MaskprepError(f"{path}: cannot be read ({error.strerror})") from error
