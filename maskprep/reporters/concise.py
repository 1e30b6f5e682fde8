"""One finding a line: ``path: CODE message``, for editors and grep."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from maskprep.errors import printable
from maskprep.model.report import Report


def render(reports: Sequence[Report]) -> Iterator[str]:
    """Write a line a finding.

    Parameters
    ----------
    reports : sequence of Report
        One a data set.

    Yields
    ------
    str
        Lines; none where nothing was found.
    """
    for report in reports:
        for finding in report.findings:
            yield printable(f"{finding.path}: {finding.code} {finding.message}") + "\n"
