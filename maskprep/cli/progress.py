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
    from rich.console import Console

    console = Console(stderr=True)
    if not console.is_terminal or not total:
        yield lambda: None
        return
    from rich.progress import Progress

    with Progress(console=console, transient=True) as progress:
        task = progress.add_task(label, total=total)
        yield lambda: progress.advance(task)
