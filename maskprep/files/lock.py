"""One writer a folder: a lock of the system, which goes with whoever holds it."""

from __future__ import annotations

import json
import logging
import os
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from contextvars import ContextVar
from hashlib import sha256
from pathlib import Path

from maskprep.errors import MaskprepError, printable
from maskprep.files import parsed, storage, unfinished
from maskprep.files.shell import typed

_log = logging.getLogger(__name__)
#: Kept from others by this thread.
_kept: ContextVar[frozenset[Path]] = ContextVar("kept", default=frozenset())
#: Characters of a command that are told.
_SHOWN = 120
#: Where Windows locks one byte: who reads the words in front is not kept from them.
_FAR = 1 << 20


@contextmanager
def sole_writer(places: Iterable[Path]) -> Iterator[None]:
    """Keep other runs of maskprep from writing where this one does.

    What a killed run has left half written there is removed, and that is told.

    Parameters
    ----------
    places : iterable of Path
        Folders and files, there already or not. What this thread holds already it need not hold
        twice.

    Raises
    ------
    MaskprepError
        Another run holds one of them. Nobody waits.

    Notes
    -----
    The locks lie in the user's state folder, not in the data: they are seen by runs of one user
    on one machine, or on all that share the user's home. Where there can be none, that is told,
    and the work goes on.
    """
    wanted = sorted({Path(os.path.realpath(place)) for place in places} - _kept.get())
    with ExitStack() as held:
        for place in wanted:  # in one order everywhere: nobody takes half of what another needs
            dead = held.enter_context(_locked(place))
            _tidy(place, dead)
        before = _kept.set(_kept.get() | set(wanted))
        try:
            yield
        finally:
            _kept.reset(before)


@contextmanager
def _locked(place: Path) -> Iterator[str]:
    """Lock a place, and give the words of a holder who has died."""
    path = _folder() / sha256(os.fsencode(os.path.normcase(place))).hexdigest()[:32]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = _opened(path)
    except BlockingIOError:
        holder = _words_of(path) or "another run"
        raise MaskprepError(
            f"{place}: {holder} writes there already: wait until it has ended, or end it"
        ) from None
    except OSError as error:
        told = f"{place}: is not locked ({error.strerror}): let no other maskprep write there"
        _log.warning("%s", printable(told))
        yield ""
        return
    try:
        dead = _words_of(path)
        _sign(handle)
        yield dead
    finally:
        with suppress(OSError):
            os.ftruncate(handle, 0)
        with suppress(OSError):  # while it is held: who opens it now looks whether it is there
            os.unlink(path)
        os.close(handle)
        if os.name == "nt":  # where nothing is removed that is open
            with suppress(OSError):
                os.unlink(path)


def _folder() -> Path:
    from platformdirs import user_state_dir

    return Path(user_state_dir("maskprep", appauthor=False)) / "locks"


def _opened(path: Path) -> int:
    while True:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            _lock(handle)
            if os.path.samestat(os.fstat(handle), os.stat(path)):
                return handle
        except FileNotFoundError:
            pass
        except BaseException:
            os.close(handle)
            raise
        os.close(handle)  # whoever held it has removed it since


def _lock(handle: int) -> None:
    if sys.platform == "win32":
        import msvcrt

        os.lseek(handle, _FAR, os.SEEK_SET)
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError as error:
            raise BlockingIOError(*error.args) from None
        finally:
            os.lseek(handle, 0, os.SEEK_SET)
    else:
        import fcntl

        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _sign(handle: int) -> None:
    """Say who holds it; on a full disk nobody does."""
    name = Path(sys.argv[0]).name
    called = "maskprep" if name == "__main__.py" else name
    words = {
        "command": typed([called, *sys.argv[1:]])[:_SHOWN],
        "process": os.getpid(),
        "host": _host(),
        "since": time.strftime("%Y-%m-%d %H:%M:%S"),
    }
    with suppress(OSError):
        os.ftruncate(handle, 0)
        os.write(handle, json.dumps(words).encode())


def _words_of(path: Path) -> str:
    """Tell who holds a lock, or held it when it died; empty where nobody has signed."""
    try:
        said = parsed.from_json(storage.read_bytes(str(path)))
        command, process, host, since = (
            said[key] for key in ("command", "process", "host", "since")
        )
    except (OSError, ValueError, TypeError, KeyError):
        return ""
    where = "" if host == _host() else f" on {host}"
    return f"`{command}` (process {process}{where}, since {since})"


def _tidy(place: Path, dead: str) -> None:
    """Remove what was left half written at a place, and tell of it."""
    folder = place if place.is_dir() else place.parent
    removed = unfinished.remove_left(folder)
    if dead:
        for backup in place.parent.glob(f"{_literal(place.name)}.maskprep-backup-*/"):
            removed += sum(unfinished.remove_left(Path(each)) for each, _, _ in os.walk(backup))
    if not dead and not removed:
        return
    files = "1 unfinished file" if removed == 1 else f"{removed} unfinished files"
    gone = f"{files} removed" if removed else "it left no unfinished file"
    who = dead or "an earlier run"
    _log.warning("%s", printable(f"{place}: {who} was ended while it wrote there; {gone}"))


def _host() -> str:
    from socket import gethostname  # takes its time to import

    return gethostname()


def _literal(name: str) -> str:
    from glob import escape

    return escape(name)
