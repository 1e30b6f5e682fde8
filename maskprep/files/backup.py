"""Where originals go before they are replaced: a folder beside, outside the data set.

With them lies a manifest of all that is changed, which `maskprep undo` goes back by.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import shutil
import threading
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from maskprep.errors import MaskprepError
from maskprep.files import manifest, shell, storage
from maskprep.files.manifest import State, state_at
from maskprep.files.pathname import entry_of, is_within
from maskprep.files.write import standing, write_whole
from maskprep.version import __version__

_OURS = re.compile(r"(.+)\.maskprep-backup-(\d{8}-\d{6})(?:-(\d{1,3}))?", re.DOTALL)


class Backup:
    """The originals of one run, in folders that are made when the first file comes.

    Parameters
    ----------
    command : str
        What is run, for whoever finds the folder later.
    undoes : str
        The name of the backup that is put back by this run.
    """

    def __init__(self, command: str = "", undoes: str = "") -> None:
        self._beside: dict[Path, Path] = {}
        #: How often each entry was about to change, by the backup that has its first state.
        self._noted: dict[Path, Counter[Path]] = {}
        self._lock = threading.Lock()
        self._moment = time.localtime()
        self._head = {
            "maskprep": __version__,
            "format": manifest.FORMAT,
            "command": command,
            "time": time.strftime("%Y-%m-%d %H:%M:%S", self._moment),
            "run": secrets.token_hex(8),
            "undoes": undoes,
        }

    @property
    def folders(self) -> tuple[Path, ...]:
        """The folders that hold something."""
        return tuple(folder for folder in self._beside.values() if folder.is_dir())

    def keep(self, path: Path, data: Sequence[Path], after: State | None = None) -> None:
        """Keep what stands at a path, if it is from before this run, and note what comes there.

        Parameters
        ----------
        path : Path
            About to be made, replaced or removed.
        data : sequence of Path
            Folders of the data set: no backup lies in one.
        after : State or None
            What is to stand there; None where it is to be removed.

        Raises
        ------
        MaskprepError
            It cannot be kept: nothing may be written then.
        """
        entry = entry_of(Path(os.path.abspath(path)))
        if entry.name == manifest.NAME:
            raise MaskprepError(f"{path}: cannot be backed up: backups have a file of this name")
        base = _base(entry, data)
        with self._lock:
            folder = self._opened(base)
            self._noted[folder][entry] += 1
            is_first = self._noted[folder][entry] == 1
        try:
            before = _stored(entry, kept_at(folder, base, entry)) if is_first else state_at(entry)
            for made in _missing_above(entry, base):
                manifest.append(folder, {"folder": _spelled(made, base)})
            manifest.append(folder, manifest.as_entry(_spelled(entry, base), before, after))
        except (MaskprepError, OSError) as error:
            self.forget(path, data)
            told = error.strerror if isinstance(error, OSError) else error
            raise MaskprepError(f"{path}: cannot be backed up ({told})") from error

    def forget(self, path: Path, data: Sequence[Path]) -> None:
        """Take back the last `keep` of what then stayed as it was; folders left empty go, too.

        Parameters
        ----------
        path : Path
            Still as it was.
        data : sequence of Path
            As given to `keep`.
        """
        entry = entry_of(Path(os.path.abspath(path)))
        base = _base(entry, data)
        with self._lock, contextlib.suppress(OSError):
            folder = self._beside[base]
            noted = self._noted[folder]
            noted[entry] -= 1
            if noted[entry]:
                return  # what is kept of it is from before an earlier change, which stays
            del noted[entry]
            kept = kept_at(folder, base, entry)
            kept.unlink(missing_ok=True)
            if not noted:
                (folder / manifest.NAME).unlink()
            for parent in kept.parents:
                parent.rmdir()  # fails where something is left in it
                if parent == folder:
                    break

    def _opened(self, base: Path) -> Path:
        if base not in self._beside or not self._beside[base].is_dir():
            moment = time.strftime("%Y%m%d-%H%M%S", self._moment)
            folder = self._beside[base] = _made_beside(base, moment)
            self._noted[folder] = Counter()
            try:
                manifest.append(folder, self._head)
            except OSError as error:
                with contextlib.suppress(OSError):  # else the next file's line would have no head
                    (folder / manifest.NAME).unlink(missing_ok=True)
                    folder.rmdir()
                raise MaskprepError(f"{folder}: cannot be written ({error.strerror})") from error
        return self._beside[base]


def undo_command(folders: Iterable[Path]) -> str:
    """Give the command that goes back by these backups, as it is typed."""
    return shell.typed(["maskprep", "undo", *map(str, folders)])


def base_of(folder: Path) -> str:
    """Name what a folder is the backup of; empty where it is called like none."""
    found = _OURS.fullmatch(folder.name)
    return found[1] if found and found[1] not in (".", "..") else ""


def age_of(folder: Path) -> tuple[str, int]:
    """Give what sorts backups of one folder by their time, by their names."""
    found = _OURS.fullmatch(folder.name)
    assert found is not None, "it is a backup"
    return found[2], int(found[3] or 1)


def kept_at(folder: Path, base: Path, entry: Path) -> Path:
    """Tell where a backup keeps a file.

    Parameters
    ----------
    folder : Path
        The backup.
    base : Path
        What it is a backup of.
    entry : Path
        The file, in it or itself.
    """
    return folder / (entry.relative_to(base) if base != entry else entry.name)


def copy_alike(kept: Path, path: Path) -> None:
    """Copy a file with its rights, times, attributes and, where allowed, its owner.

    Parameters
    ----------
    kept : Path
        The file; a link is followed.
    path : Path
        There is nothing yet.

    Raises
    ------
    MaskprepError
        It cannot be written.
    OSError
        It cannot be read.
    """
    write_whole(path, storage.read_bytes(str(kept)), like=standing(kept))
    shutil.copystat(kept, path)


def _stored(entry: Path, kept: Path) -> State | None:
    """Keep what stands there, if anything does, and tell what was kept."""
    if not os.path.lexists(entry):
        return None
    if entry.is_symlink():
        # The manifest has the link itself; what it leads to is kept for people.
        if entry.is_file():
            copy_alike(entry, kept)
        return state_at(entry)
    kept.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(entry, kept)
    except FileExistsError:
        raise MaskprepError(f"{kept} is there already") from None
    except OSError:  # no hard links on this file system
        copy_alike(entry, kept)
    return state_at(kept)


def _base(entry: Path, data: Sequence[Path]) -> Path:
    # Never inside a folder of the data set: beside the outermost one that holds it. What lies in
    # none, such as a configuration, has its backup beside itself; what is in a folder that is
    # still to be made, beside the first of these.
    base = entry
    while base.parent != base and any(is_within(base.parent, each) for each in data):
        base = base.parent
    while base.parent != base and not base.parent.exists():
        base = base.parent
    return base


def _spelled(path: Path, base: Path) -> str:
    return path.relative_to(base.parent).as_posix()


def _missing_above(entry: Path, base: Path) -> list[Path]:
    """List the folders that are to be made for a file, the outermost first."""
    if entry == base:
        return []
    between = [each for each in entry.parents if each == base or base in each.parents]
    return [each for each in reversed(between) if not each.exists()]


def _made_beside(base: Path, moment: str) -> Path:
    for again in range(1, 1000):
        name = f"{base.name}.maskprep-backup-{moment}" + (f"-{again}" if again > 1 else "")
        try:
            base.with_name(name).mkdir()
        except FileExistsError:
            continue
        except (OSError, ValueError) as error:
            told = error.strerror if isinstance(error, OSError) else str(error)
            raise MaskprepError(
                f"{base}: no backup folder can be made beside it ({told}): use --output"
            ) from error
        return base.with_name(name)
    raise MaskprepError(f"{base}: no backup folder can be made beside it: there are too many")
