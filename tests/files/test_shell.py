"""Words are quoted for the shell that people use."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys

import pytest

from maskprep.files.shell import for_posix, for_windows, typed

NAMES = [
    "a.toml",
    "my set/a.toml",
    "it's",
    "$HOME",
    "100%",
    "a;b",
    "(x)",
    "見",
    "a&b",
    "-o",
    "~",
    "",
]


def test_posix_shells_read_what_was_meant() -> None:
    assert shlex.split(for_posix(NAMES)) == NAMES


@pytest.mark.skipif(shutil.which("sh") is None, reason="needs a shell")
def test_a_shell_gives_the_words_back() -> None:
    script = f'printf "%s\\n" {for_posix(NAMES)}'
    done = subprocess.run(["sh", "-c", script], capture_output=True, check=True)
    assert done.stdout.decode().split("\n")[:-1] == NAMES


@pytest.mark.parametrize(
    ("word", "told"),
    [
        ("D:\\sets\\a.toml", "D:\\sets\\a.toml"),
        ("D:\\my sets\\a.toml", '"D:\\my sets\\a.toml"'),
        ("my masks\\", '"my masks\\\\"'),
        ("R&D", '"R&D"'),
        ("it's", '"it\'s"'),
        ("a,b", '"a,b"'),
        ("~a", '"~a"'),
        ("PROGRA~1", "PROGRA~1"),
        ("日本", "日本"),
        ("", '""'),
    ],
)
def test_windows_has_double_quotes(word: str, told: str) -> None:
    assert for_windows([word]) == told


def test_windows_programs_read_what_was_meant() -> None:
    # How they take a line apart is what list2cmdline puts together.
    words = ["check", "my masks\\", "a b"]
    assert for_windows(words) == subprocess.list2cmdline(words)


def test_the_shell_is_that_of_the_system(monkeypatch: pytest.MonkeyPatch) -> None:
    assert typed(["a b"]) == ('"a b"' if sys.platform == "win32" else "'a b'")
    monkeypatch.setattr(os, "name", "nt")
    assert typed(["a b"]) == '"a b"'
