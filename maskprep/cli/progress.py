"""A progress bar on the terminal, and nowhere else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def progress_bar(label: str, total: int) -> Iterator[Callable[[], None]]:
    """Show a bar on stderr while a job goes on, if stderr is a terminal.

    Parameters
    ----------
    label : str
        What goes on.
    total : int
        Steps to come.

    Yields
    ------
    callable
        To be called after each step.
    """
    import sys

    from maskprep.cli.screen import is_plain

    if not total or is_plain(sys.stderr):
        yield lambda: None
        return
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    if not console.is_terminal:  # Rich is told so by TTY_COMPATIBLE
        yield lambda: None
        return
    with Progress(console=console, transient=True) as progress:
        task = progress.add_task(label, total=total)
        yield lambda: progress.advance(task)
