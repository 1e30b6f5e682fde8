"""Commands, run as people run them."""

from __future__ import annotations

import inspect
import os
import shlex

import click
from click.testing import CliRunner, Result

from maskprep.cli import maskprep

# Click before 8.2 mixes both streams unless told otherwise, and later ones cannot be told.
_APART = {"mix_stderr": False} if "mix_stderr" in inspect.signature(CliRunner).parameters else {}


def run(*arguments: object) -> Result:
    """Run a command; stdout and stderr are kept apart."""
    runner = CliRunner(**_APART)  # type: ignore[arg-type, unused-ignore]
    words = [str(each) for each in arguments]
    return runner.invoke(maskprep, words, catch_exceptions=False)


def words_of(command: str) -> list[str]:
    """Part a command into its words, as the shell does for which maskprep wrote it."""
    if os.name != "nt":
        return shlex.split(command)
    return [each.strip('"') for each in shlex.split(command, posix=False)]


def all_of(result: Result) -> str:
    """Give what was printed, on either stream."""
    return result.stdout + result.stderr


def command_names() -> set[str]:
    """Give the names of all commands."""
    return set(maskprep.list_commands(click.Context(maskprep)))
