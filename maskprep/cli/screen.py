"""Rows for people: folded to a terminal's width beside their labels, whole in a pipe, for grep."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

#: What makes Rich take anything for a terminal, or not.
_SAID = ("FORCE_COLOR", "TTY_COMPATIBLE")


def is_plain(stream: TextIO | None) -> bool:
    """Tell where Rich would neither fold nor colour: there nobody waits for its import."""
    return stream is None or not (stream.isatty() or any(name in os.environ for name in _SAID))


def plain_console() -> Console:
    """Open stdout for text that is printed as it is: no markup, no emoji, no guessed colours."""
    from rich.console import Console

    return Console(highlight=False, emoji=False, markup=False)


def print_row(
    console: Console, words: str | Text, label: str | Text = "", hanging: int = 0
) -> None:
    """Print words beside a label; what is folded hangs under the words.

    Parameters
    ----------
    console : rich.console.Console
        Where to.
    words : str or rich.text.Text
        One line, printable.
    label : str or rich.text.Text
        In front of them.
    hanging : int
        Columns that the label takes.
    """
    from rich.text import Text

    text = Text(words) if isinstance(words, str) else words
    # A style of the whole text would go over to the words.
    head = Text().append(label.ljust(hanging), "dim") if isinstance(label, str) else label
    if not console.is_terminal:
        console.print(Text.assemble(head, text), soft_wrap=True)
        return
    for line in text.wrap(console, max(console.width - hanging, 1), overflow="fold") or [text]:
        line.rstrip()
        # Not `head + line`, which would take the label's style for all of it.
        console.print(Text.assemble(head, line), soft_wrap=True)
        head = Text(" " * hanging)
