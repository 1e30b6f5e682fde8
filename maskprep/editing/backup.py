"""Where originals go before they are replaced: a folder beside, outside the data set."""

from __future__ import annotations

import contextlib
import os
import shutil
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from maskprep.errors import MaskprepError
from maskprep.files import storage
from maskprep.files.pathname import entry_of, is_within
from maskprep.files.write import write_whole


class Backup:
    """The originals of one run, in folders that are made when the first file comes."""

    def __init__(self) -> None:
        self._beside: dict[Path, Path] = {}
        #: Entries whose first state is kept, or that were not there when the run began.
        self._settled: set[Path] = set()
        self._lock = threading.Lock()
        self._time = time.strftime("%Y%m%d-%H%M%S")

    @property
    def folders(self) -> tuple[Path, ...]:
        """The folders that hold something."""
        return tuple(folder for folder in self._beside.values() if folder.is_dir())

    def keep(self, original: Path, data: Sequence[Path]) -> None:
        """Keep a file as it is now, but for one that was kept before, or made by this run.

        Parameters
        ----------
        original : Path
            About to be replaced or removed.
        data : sequence of Path
            Folders of the data set: no backup lies in one.

        Raises
        ------
        MaskprepError
            It cannot be kept: nothing may be written then.
        """
        whole = Path(os.path.abspath(original))
        if entry_of(whole) in self._settled:
            return
        kept = self._place_of(whole, data)
        try:
            if os.path.lexists(kept):
                return
            kept.parent.mkdir(parents=True, exist_ok=True)
            if not whole.is_symlink():
                try:
                    os.link(whole, kept)
                    return
                except OSError:
                    pass  # no hard links on this file system
            write_whole(kept, storage.read_bytes(str(whole)))
            shutil.copystat(whole, kept)
        except OSError as error:
            raise MaskprepError(f"{whole}: cannot be backed up ({error.strerror})") from error

    def made(self, target: Path) -> None:
        """Hear of a file that this run has written: what stands there now is no original."""
        with self._lock:
            self._settled.add(entry_of(Path(os.path.abspath(target))))

    def forget(self, original: Path, data: Sequence[Path]) -> None:
        """Take a file out again that was kept and then not replaced; folders left empty go, too.

        Parameters
        ----------
        original : Path
            Still in its place.
        data : sequence of Path
            As given to `keep`.
        """
        if entry_of(Path(os.path.abspath(original))) in self._settled:
            return  # what is kept of it is from before an earlier mend, which stays
        kept = self._place_of(Path(os.path.abspath(original)), data)
        with self._lock, contextlib.suppress(OSError):
            kept.unlink()
            for folder in kept.parents:
                folder.rmdir()  # fails where something is left in it
                if folder in self._beside.values():
                    break

    def _place_of(self, whole: Path, data: Sequence[Path]) -> Path:
        base = _base(whole, data)
        with self._lock:
            if base not in self._beside or not self._beside[base].is_dir():
                self._beside[base] = _made_beside(base, self._time)
            return self._beside[base] / (whole.relative_to(base) if base != whole else whole.name)


def _base(whole: Path, data: Sequence[Path]) -> Path:
    # Never inside a folder of the data set: beside the outermost one that holds it. What lies in
    # none, such as a configuration, has its backup beside itself.
    base = whole
    while base.parent != base and any(is_within(base.parent, each) for each in data):
        base = base.parent
    return base


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
