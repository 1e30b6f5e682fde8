"""Rows on a terminal: a label's style is the label's alone."""

from __future__ import annotations

import io

import pytest
from rich.console import Console
from rich.text import Text

from maskprep.cli.screen import print_row

DIM, RED, PLAIN = "\x1b[2m", "\x1b[31m", "\x1b[0m"


def printed(words: str | Text, label: str | Text, width: int) -> list[str]:
    """Print a row on a terminal."""
    stream = io.StringIO()
    console = Console(file=stream, force_terminal=True, color_system="standard", width=width)
    print_row(console, words, label, hanging=6)
    return stream.getvalue().splitlines()


@pytest.mark.parametrize("width", [40, 12])
def test_words_behind_a_label_keep_their_own_style(width: int) -> None:
    first, *rest = printed("some words", "mend", width)
    assert first == f"{DIM}mend  {PLAIN}some words" if width == 40 else f"{DIM}mend  {PLAIN}some"
    assert not any("\x1b" in line for line in rest)


def test_a_label_with_a_style_of_its_own() -> None:
    words = Text("good").append(" bad", style="red")
    (line,) = printed(words, Text("error ", style="dim"), 40)
    assert line == f"{DIM}error {PLAIN}good{RED} bad{PLAIN}"
