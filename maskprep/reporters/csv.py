"""One pair a row with all its numbers, for spreadsheets and statistics."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import fields

from maskprep.errors import harmless
from maskprep.model import Size
from maskprep.model.report import Report, SampleRow

#: What a size is written as, in two columns.
_SIDES = ("width", "height")


def render(reports: Sequence[Report]) -> Iterator[str]:
    """Write a row a pair, with a header.

    Parameters
    ----------
    reports : sequence of Report
        One a data set; its name is the first column.

    Yields
    ------
    str
        Rows as Python's csv module writes them; what cannot be foretold is empty, and what would do
        something to a terminal stands as an escape.
    """
    writer = csv.writer(_Line(), lineterminator="\n")
    yield writer.writerow(["target", *_columns()])  # what its stream answers
    for report in reports:
        for row in report.rows:
            cells = (report.training_set.name, *_values(row))
            yield writer.writerow([harmless(c) if isinstance(c, str) else c for c in cells])


class _Line:
    """A stream that hands back what is written to it."""

    def write(self, text: str) -> str:
        return text


def _columns() -> Iterator[str]:
    for field in fields(SampleRow):
        if "Size" in str(field.type):
            yield from (f"{field.name}_{side}" for side in _SIDES)
        else:
            yield field.name


def _values(row: SampleRow) -> Iterator[object]:
    for field in fields(SampleRow):
        value = getattr(row, field.name)
        if "Size" in str(field.type):
            yield from value if isinstance(value, Size) else ("", "")
        elif isinstance(value, tuple):
            yield " ".join(value)
        else:
            yield "" if value is None else value
