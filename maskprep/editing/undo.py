"""The way back: a backup's originals put in their places again, and what was made removed."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from maskprep.editing.plan import Carried, InterruptedPlanError, Outcome, attempted
from maskprep.errors import InterruptedWorkError, MaskprepError
from maskprep.files import backup as backups
from maskprep.files import unfinished
from maskprep.files.backup import Backup, undo_command
from maskprep.files.lock import sole_writer
from maskprep.files.manifest import NAME, Change, Manifest, State, read_manifest, state_at
from maskprep.files.pathname import entry_of
from maskprep.files.write import Standing, refuse_changed, standing
from maskprep.running.parallel import Threads
from maskprep.running.progress import ProgressBar, no_bar

#: What is done to a file, in words; nothing where it is as it was.
PUT_BACK, REMOVED = "put back", "removed: it was made"


def undo(
    backup: str | Path,
    *,
    dry_run: bool = False,
    progress_bar: ProgressBar = no_bar,
    workers: int = 0,
) -> Carried[str]:
    """Put back what stood there before a run that worked in place.

    Parameters
    ----------
    backup : str or Path
        The folder that the run has told, ``<folder>.maskprep-backup-<time>``.
    dry_run : bool
        Look at everything, and change nothing.
    progress_bar : callable
        Shows how far it is.
    workers : int
        Threads; 0 for one a core.

    Returns
    -------
    Carried
        An outcome a file, with what is done to it in words: none where it stands there as it did.
        What was changed since is left alone, and is a problem. It is its own backup's folder that
        leads back to where this began.

    Raises
    ------
    MaskprepError
        The folder is no backup, or has no manifest that can be read. `InterruptedPlanError` where
        the user breaks it off; a second run goes on.

    Notes
    -----
    A path is put back if what stands there is, by its SHA-256, what the run has put there, and if
    the original still is what it was. Nothing outside of the folder that the backup lies beside is
    touched, whatever the manifest says, and no link on the way is followed.
    """
    folder = entry_of(Path(os.path.abspath(backup)))
    found = _manifest_of(folder)
    base = folder.parent / backups.base_of(folder)
    way = _Way(folder, base, Backup("undo", folder.name), dry_run)
    done: dict[str, Outcome[str]] = {}
    broken_off = threading.Event()

    def noted(change: Change) -> None:
        path = str(folder.parent / change.path)
        if broken_off.is_set():  # who was told what has been done is told all of it
            raise InterruptedWorkError("interrupted")
        done[path] = attempted(path, Path(path), lambda: way.go(change))

    changes = found.changes
    paths = [folder.parent / each.path for each in changes]
    # What was made goes first: where case does not count it may bear an original's name.
    made = [each for each in changes if each.before is None]
    stood = [each for each in changes if each.before is not None]
    try:
        with (
            sole_writer(() if dry_run else {base, *(path.parent for path in paths)}),
            progress_bar("putting files back", len(changes)) as advance,
        ):
            for part in (made, stood):
                with closing(Threads(workers).in_order(part, noted)) as carried:
                    for _ in carried:
                        advance()
    except KeyboardInterrupt:
        broken_off.set()
        through = Carried(tuple(done[each] for each in sorted(done)), way.own.folders)
        raise InterruptedPlanError(through, len(changes), ": run it again to go on") from None
    outcomes = [
        *(done[each] for each in sorted(done)),
        *(_passed_over(folder, told) for told in found.problems),
    ]
    if not dry_run:
        outcomes += way.remove_folders(found.folders)
    return Carried(tuple(outcomes), way.own.folders)


class Found(NamedTuple):
    """A backup that lies somewhere.

    Attributes
    ----------
    folder : Path
        The backup.
    manifest : Manifest or None
        None where there is none that can be read.
    leads_back : bool
        Whether something still stands there as its run has left it.
    """

    folder: Path
    manifest: Manifest | None
    leads_back: bool


def find_backups(place: str | Path) -> list[Found]:
    """Find the backups of a place.

    Parameters
    ----------
    place : str or Path
        What backups lie beside, such as a mask folder or a configuration; else a folder that holds
        them, or what lies in that.

    Returns
    -------
    list of Found
        The newest first.

    Raises
    ------
    MaskprepError
        There is none.
    """
    real = Path(os.path.realpath(place))
    inside = real if real.is_dir() else real.parent
    there = [each for each in _backups_in(real.parent) if backups.base_of(each) == real.name]
    if not there and not real.exists():
        raise MaskprepError(f"{place}: there is no such file or folder, nor a backup beside it")
    there = there or _backups_in(inside)
    if not there:
        raise MaskprepError(f"{place}: no backup of maskprep lies beside it, or in it")
    return list(map(_found, there))


def last_backups(place: str | Path) -> tuple[Path, ...]:
    """Find the backups of the last run in place of which something is left.

    Parameters
    ----------
    place : str or Path
        A backup, which is given back as it is; or see `find_backups`.

    Returns
    -------
    tuple of Path
        One for each folder that the run has changed, as far as they lie there.

    Raises
    ------
    MaskprepError
        There is none, or nothing is left to be undone.
    """
    whole = entry_of(Path(os.path.abspath(place)))
    if backups.base_of(whole):
        return (whole,)
    there = [each for each in find_backups(place) if each.leads_back or each.manifest is None]
    for folder, manifest, _ in there:
        if manifest is None:
            return (folder,)  # why, is told where it is to be put back
        if not manifest.undoes:
            run = (each for each in there if each.manifest and each.manifest.run == manifest.run)
            return tuple(each.folder for each in run)
    again = "; to do again what was undone last: " if there else ""
    command = undo_command([there[0].folder]) if there else ""
    told = "nothing is left to be undone: no file is as a run in place left it"
    raise MaskprepError(f"{place}: {told}{again}{command}")


def _backups_in(folder: Path) -> list[Path]:
    """List the backups in a folder, the newest first."""
    try:
        there = [each for each in folder.iterdir() if backups.base_of(each)]
    except OSError as error:
        raise MaskprepError(f"{folder}: cannot be listed ({error.strerror})") from error
    return sorted(there, key=lambda each: (backups.age_of(each), each.name), reverse=True)


def _found(folder: Path) -> Found:
    try:
        manifest = _manifest_of(folder)
    except MaskprepError:
        return Found(folder, None, False)
    return Found(folder, manifest, any(_is_left(folder, each) for each in manifest.changes))


def _is_left(folder: Path, change: Change) -> bool:
    """Tell whether a run's file still stands there; not read where it is the one that was kept."""
    path = folder.parent / change.path
    kept = backups.kept_at(folder, folder.parent / backups.base_of(folder), path)
    with contextlib.suppress(OSError):
        if os.path.samestat(os.lstat(path), os.lstat(kept)):
            return False
    with contextlib.suppress(MaskprepError):
        _refuse_astray(path)
        return state_at(path) in change.after - {change.before}
    return False


def _manifest_of(folder: Path) -> Manifest:
    base = backups.base_of(folder)
    if not base:
        raise MaskprepError(
            f"{folder}: is no backup: these are called <folder>.maskprep-backup-<time>"
        )
    if folder.is_file():
        raise MaskprepError(f"{folder}: was made by an earlier maskprep: copy it over {base}")
    try:
        if folder.is_symlink():
            raise MaskprepError(f"{folder}: is a link: name the backup itself")
        held = os.listdir(folder)
    except OSError as error:
        raise MaskprepError(f"{folder}: cannot be read ({error.strerror})") from error
    if not held:  # killed before it had changed anything
        return Manifest("", "", "", "", (), (), ())
    if NAME not in held:
        raise MaskprepError(
            f"{folder}: was made by an earlier maskprep, which wrote no {NAME}: copy its files over"
            f" those of {base}, and delete what had been made there under other names"
        )
    return read_manifest(folder, base)


def _passed_over(folder: Path, told: str) -> Outcome[str]:
    return Outcome(str(folder / NAME), None, problem=told)


@dataclass(frozen=True)
class _Way:
    """The way back by one backup.

    Attributes
    ----------
    folder : Path
        The backup; no link leads to it.
    base : Path
        What it is a backup of: nothing else is touched.
    own : Backup
        Keeps what stands there now.
    dry_run : bool
        Change nothing.
    """

    folder: Path
    base: Path
    own: Backup
    dry_run: bool

    def go(self, change: Change) -> Outcome[str]:
        path = self.folder.parent / change.path
        _refuse_astray(path)
        seen, now = standing(path), state_at(path)
        if now == change.before:
            return Outcome(str(path), path, row="")
        if now not in change.after:
            what = "is gone" if now is None else "has changed"
            raise MaskprepError(f"{what} since, and is left alone")
        kept = backups.kept_at(self.folder, self.base, path)
        if change.before is not None and not change.before.link:
            _refuse_other(kept, change.before)
        if seen is not None:
            refuse_changed(path, seen)
        if not self.dry_run:
            data = [self.base] if path != self.base else []
            self.own.keep(path, data, change.before)
            try:
                _put(change.before, kept, path, seen)
            except MaskprepError:
                self.own.forget(path, data)
                raise
        return Outcome(str(path), path, True, REMOVED if change.before is None else PUT_BACK)

    def remove_folders(self, made: Iterable[str]) -> list[Outcome[str]]:
        """Remove folders that were made and are empty, the innermost first."""
        removed = []
        for name in sorted(made, key=lambda each: each.count("/"), reverse=True):
            path = self.folder.parent / name
            with contextlib.suppress(OSError, MaskprepError):
                _refuse_astray(path)
                path.rmdir()  # of a link, and where something is left in it, this fails
                removed.append(Outcome(str(path), path, True, REMOVED))
        return removed


def _refuse_astray(path: Path) -> None:
    # The backup's own folder is spelled without links, so that only what is below can hold one.
    if os.path.normcase(os.path.realpath(path.parent)) != os.path.normcase(path.parent):
        raise MaskprepError("lies behind a link, and is left alone")


def _refuse_other(kept: Path, before: State) -> None:
    _refuse_astray(kept)
    state = state_at(kept)
    if state != before:
        what = "is not there" if state is None else "has been changed"
        raise MaskprepError(f"stays as it is: its original {kept} {what}")


def _put(before: State | None, kept: Path, path: Path, seen: Standing | None) -> None:
    """Let stand there what stood there before, if what stands there now is what was seen."""
    try:
        if before is None:
            assert seen is not None, "something stands there"
            refuse_changed(path, seen)
            path.unlink()
        elif seen is None:
            path.parent.mkdir(parents=True, exist_ok=True)
            _place(before, kept, path)
        else:
            with unfinished.beside(path) as beside:
                _place(before, kept, beside)
                refuse_changed(path, seen)
                os.replace(beside, path)
            with contextlib.suppress(OSError):
                os.replace(path, path)  # where case does not count, it may be spelled otherwise
    except FileExistsError:
        raise MaskprepError("has appeared in the meantime and stays: run it again") from None
    except OSError as error:
        raise MaskprepError(f"cannot be put back ({error.strerror})") from error


def _place(before: State, kept: Path, path: Path) -> None:
    if before.link:
        os.symlink(before.link, path)
        return
    try:
        os.link(kept, path)  # the very file again, with all that the system knows of it
    except FileExistsError:
        raise
    except OSError:  # no hard links on this file system
        backups.copy_alike(kept, path)
