"""Write files whole or not at all."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from maskprep.errors import MaskprepError

_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that it is there with all its bytes, or as it was before.

    Parameters
    ----------
    path : Path
        Where to; its folders are made. What stands there is replaced.
    content : bytes
        All of it.

    Raises
    ------
    MaskprepError
        The file cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.parent / f".maskprep-{secrets.token_hex(8)}"
        # The system applies the umask itself: reading it sets it, for all threads at once.
        handle = os.open(temporary, _NEW_FILE, 0o666)
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
            os.replace(temporary, path)
        except BaseException:
            os.unlink(temporary)
            raise
    except OSError as error:
        raise MaskprepError(f"{path}: cannot be written ({error.strerror})") from error


def refuse_existing(paths: list[Path]) -> None:
    """Refuse to overwrite anything.

    Parameters
    ----------
    paths : list of Path
        All files that are about to be written.

    Raises
    ------
    MaskprepError
        One of them is there.
    """
    there = [path for path in paths if path.exists()]
    if there:
        more = f" and {len(there) - 1} more files are" if len(there) > 1 else " is"
        raise MaskprepError(f"{there[0]}{more} there already: add --overwrite to replace")
