"""What people type: words quoted for the shell that they use."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterable

#: What neither cmd nor PowerShell takes for anything else; `~` is a folder in front only.
_PLAIN = re.compile(r"[\w\-./\\:=+][\w\-./\\:=+~]*")


def typed(words: Iterable[str]) -> str:
    r"""Write words as they are typed: in quotes where a shell would take them for something else.

    Parameters
    ----------
    words : iterable of str
        Of one command.

    Returns
    -------
    str
        For a POSIX shell; on Windows for cmd and PowerShell, which both know double quotes.

    Examples
    --------
    >>> for_posix(["check", "my set/a.toml"]), for_windows(["check", "D:\\my set\\a.toml"])
    ("check 'my set/a.toml'", 'check "D:\\my set\\a.toml"')
    """
    return for_windows(words) if os.name == "nt" else for_posix(words)


def for_posix(words: Iterable[str]) -> str:
    """Write words for sh, bash, zsh and the like.

    Parameters
    ----------
    words : iterable of str
        Of one command.

    Returns
    -------
    str
        One line where no word holds a line break.
    """
    return shlex.join(words)


def for_windows(words: Iterable[str]) -> str:
    r"""Write words for cmd and PowerShell.

    Parameters
    ----------
    words : iterable of str
        Of one command. No file name of Windows holds a double quote.

    Returns
    -------
    str
        A backslash in front of the closing quote would keep it from closing, and is doubled.

    Examples
    --------
    >>> print(for_windows(["a.toml", "R&D", "my masks\\"]))
    a.toml "R&D" "my masks\\"
    """
    return " ".join(map(_in_double_quotes, words))


def _in_double_quotes(word: str) -> str:
    if _PLAIN.fullmatch(word):
        return word
    word = word.replace('"', '\\"')
    return f'"{word}\\"' if word.endswith("\\") else f'"{word}"'
