"""One finding a line: ``path: CODE message``, for editors and grep."""

from __future__ import annotations

from collections.abc import Sequence

from maskprep.errors import printable
from maskprep.model.report import Report


def render(reports: Sequence[Report]) -> str:
    """Write a line a finding.

    Parameters
    ----------
    reports : sequence of Report
        One a data set.

    Returns
    -------
    str
        Empty where nothing was found.
    """
    lines = [
        f"{finding.path}: {finding.code} {finding.message}"
        for report in reports
        for finding in report.findings
    ]
    return "".join(f"{printable(line)}\n" for line in lines)
