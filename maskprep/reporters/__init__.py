"""A report as text: a module a format.

Imports checking and what is below, and mending for what a fix is called. No rule, no file of a
data set.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from importlib import import_module
from pkgutil import iter_modules

from maskprep.model.report import Report

#: Characters that are written at once, at least.
_PART = 1 << 16


def formats() -> list[str]:
    """List the formats; the one for people comes first.

    Returns
    -------
    list of str
        As given to ``--format``.
    """
    names = sorted(module.name for module in iter_modules(__path__))
    return sorted(names, key=lambda name: name != "text")


def has_verdict(form: str) -> bool:
    """Tell whether a format says why a run would stop, whatever rules were chosen.

    Parameters
    ----------
    form : str
        One of `formats`.

    Returns
    -------
    bool
        Where not, the verdict is to be told beside the document.
    """
    return bool(getattr(import_module(f"{__name__}.{form}"), "HAS_VERDICT", False))


def render(form: str, reports: Sequence[Report]) -> Iterator[str]:
    """Write reports in one format, part by part: of many pairs the whole is large.

    Parameters
    ----------
    form : str
        One of `formats`.
    reports : sequence of Report
        At least one.

    Yields
    ------
    str
        Parts of one document, with a newline at its end unless it is empty.
    """
    from maskprep.mending.remedies import with_commands  # heavy, and options name formats only

    told = [with_commands(report) for report in reports]
    pieces, part = import_module(f"{__name__}.{form}").render(told), io.StringIO()
    for piece in pieces:
        part.write(piece)
        if part.tell() >= _PART:
            yield part.getvalue()
            part = io.StringIO()
    yield part.getvalue()
