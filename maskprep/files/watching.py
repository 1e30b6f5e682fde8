"""What changes in folders, told as it happens: watchfiles is imported here only."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from maskprep.errors import MaskprepError
from maskprep.files import pathname

#: Milliseconds of quiet after which a burst of changes is over, and after which it is told anyway.
_QUIET, _LONGEST = 60, 300
#: Milliseconds after which a quiet wait looks up, so that the user can break it off on Windows.
_LOOK_UP = 250


def refuse_unwatchable(folders: Iterable[str]) -> None:
    """Make sure that folders can be watched.

    Parameters
    ----------
    folders : iterable of str
        Paths or URLs.

    Raises
    ------
    MaskprepError
        One is behind a URL, or watchfiles is not installed.
    """
    for path in folders:
        if pathname.local_path(path) is None:
            raise MaskprepError(f"{path}: is remote: only folders on disk are watched")
    try:
        import watchfiles  # noqa: F401
    except ImportError:
        raise MaskprepError(
            'what changes is told by watchfiles: pip install "maskprep[watch]"'
        ) from None


def changes_in(folders: Iterable[str]) -> Iterator[frozenset[str]]:
    """Tell what changes in folders, burst by burst.

    Parameters
    ----------
    folders : iterable of str
        Paths on disk of folders that are there; what lies in folders below them is not told.

    Yields
    ------
    frozenset of str
        Absolute paths of what was written, made, renamed or removed, side files of programs
        included; empty where nothing was, which comes first, once the folders are watched, and
        a few times a second.
    """
    from watchfiles import watch

    for changes in watch(
        *folders,
        watch_filter=None,
        debounce=_LONGEST,
        step=_QUIET,
        rust_timeout=_LOOK_UP,
        yield_on_timeout=True,
        raise_interrupt=True,
        recursive=False,
    ):
        yield frozenset(path for _, path in changes)
