"""What a user can cause and mend: every other exception is a defect of maskprep itself."""

from __future__ import annotations

import copyreg
import errno
import os
import re
import traceback
import warnings
from collections.abc import Iterable
from typing import Any

#: What does something to a terminal, turns the direction of writing, or is half a character.
HARMFUL = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff]"
)


def printable(text: str) -> str:
    r"""Make a text safe for a terminal: what would move the cursor becomes an escape.

    Parameters
    ----------
    text : str
        May hold file names, and they may hold anything.

    Returns
    -------
    str
        One line.

    Examples
    --------
    >>> printable("a\x1b]0;b\n.png")
    'a\\x1b]0;b\\n.png'
    """
    return "".join(
        each if each.isprintable() else each.encode("unicode_escape").decode("ascii")
        for each in text
    )


def closest(word: str, known: Iterable[str], cutoff: float = 0.6) -> str | None:
    """Find what somebody may have meant.

    Parameters
    ----------
    word : str
        As it was written.
    known : iterable of str
        What there is.
    cutoff : float
        How alike they must be, from 0 to 1.

    Returns
    -------
    str or None
        The most alike; None where none is alike enough.

    Examples
    --------
    >>> closest("resoltion", ["resolution", "repeats"])
    'resolution'
    """
    import difflib  # seldom needed: nobody waits for it

    return next(iter(difflib.get_close_matches(word, list(known), n=1, cutoff=cutoff)), None)


def harmless(text: str) -> str:
    r"""Make a text safe for a terminal, and keep all that names are written with, for programs.

    Parameters
    ----------
    text : str
        May hold file names, and they may hold anything.

    Returns
    -------
    str
        One line: control characters, signs that turn the direction of writing, and half characters
        become escapes; spaces and signs of all scripts stay.

    Examples
    --------
    >>> harmless("a\x9b\u202e\u3000b")
    'a\\x9b\\u202e\u3000b'
    """
    return HARMFUL.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), text)


def silence_decoders() -> None:
    """Keep Pillow's warnings off the console.

    Of huge pictures a rule of our own tells, in its place; broken EXIF no trainer reads.
    """
    warnings.filterwarnings("ignore", module=r"PIL\.")


#: Where the system is at its limits: open files, processes, memory.
_NO_MORE = (errno.EMFILE, errno.ENFILE, errno.EAGAIN, errno.ENOMEM)
#: Of cv2.error. Source: OpenCV 4.x, core/base.hpp, cv::Error::StsNoMem.
_CV2_NO_MEMORY = -4


def own_fault(error: Exception) -> str:
    """Tell a defect of maskprep itself, so that it can be reported.

    Parameters
    ----------
    error : Exception
        As it was caught.

    Returns
    -------
    str
        One line: what happened, where, and what to do. Where the system is at its limits, that.
    """
    if isinstance(error, OSError) and error.errno in _NO_MORE:
        told = "raise its limits (ulimit -n, -u, -v), or take fewer --workers"
        return f"the system gives no more ({error.strerror}): {told}"
    if isinstance(error, MemoryError) or getattr(error, "code", None) == _CV2_NO_MEMORY:
        return "there is not enough memory for it: end other programs, or take fewer --workers"
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{os.path.basename(frames[-1].filename)}:{frames[-1].lineno}" if frames else "?"
    what = traceback.format_exception_only(type(error), error)[-1].strip()
    return (
        f"maskprep failed ({what}, {place}): a fault of maskprep, not of your files; please report"
        " this line with maskprep --version"
    )


class MaskprepError(Exception):
    """A problem in the user's data or request, told in one line.

    Parameters
    ----------
    message : str
        What is wrong and what was wanted. Names the file first, where there is one.

    Notes
    -----
    The command line prints the message and exits with 2; no traceback is shown.
    """

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle it without a new call of its class, which may want more than the message."""
        return copyreg.__newobj__, (type(self), *self.args), self.__dict__  # type: ignore[attr-defined]


class InterruptedWorkError(MaskprepError):
    """A job was broken off by the user, or by the system.

    Parameters
    ----------
    message : str
        What was done by then.

    Notes
    -----
    The command line exits with 130 (Ctrl-C), 143 (SIGTERM) or 129 (SIGHUP).
    """


class ConfigError(MaskprepError):
    """A dataset configuration that cannot be read as TOML or JSON.

    Parameters
    ----------
    message : str
        What is wrong, beginning with the file's name.
    reason : str
        The parser's own sentence, with line and column where it gives them.
    """

    def __init__(self, message: str, reason: str) -> None:
        super().__init__(message)
        self.reason = reason


class UnreadableImageError(MaskprepError):
    """A file that cannot be decoded as an image.

    Parameters
    ----------
    message : str
        What is wrong, in plain words, beginning with the file's name.
    error : str
        The decoder's own error, as the trainer would show it: ``"OSError: ..."``; in plain words
        what is not known, where it is not `foretold`.
    in_header : bool
        True where not even the size can be read, False where only the pixels are broken.
    too_large : bool
        True where the file declares more pixels than are safe to decode.
    foretold : bool
        False where maskprep does not open such a file, and the trainer may.
    """

    def __init__(
        self,
        message: str,
        error: str,
        *,
        in_header: bool,
        too_large: bool = False,
        foretold: bool = True,
    ) -> None:
        super().__init__(message)
        self.error = error
        self.in_header = in_header
        self.too_large = too_large
        self.foretold = foretold
