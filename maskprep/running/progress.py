"""How a long job shows how far it is, without knowing where."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

#: From a label and a number of steps to something that is called once after each step.
ProgressBar = Callable[[str, int], AbstractContextManager[Callable[[], None]]]


def no_bar(label: str, total: int) -> AbstractContextManager[Callable[[], None]]:
    """Show nothing.

    Parameters
    ----------
    label : str
        What goes on.
    total : int
        Steps to come.

    Returns
    -------
    context manager
        Of a callable without effect.
    """
    return nullcontext(lambda: None)
