"""Findings as annotations of a GitHub workflow run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from maskprep.errors import harmless
from maskprep.model import Severity
from maskprep.model.report import Finding, Report

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}


def render(reports: Sequence[Report]) -> Iterator[str]:
    """Write a workflow command a finding.

    Parameters
    ----------
    reports : sequence of Report
        One a data set.

    Yields
    ------
    str
        Lines that a workflow's log turns into annotations.
    """
    for report in reports:
        for finding in report.findings:
            yield f"{_command(finding)}\n"


def _command(finding: Finding) -> str:
    title = f"{finding.code} {finding.name}"
    place = f"file={_property(finding.path)},title={_property(title)}"
    return f"::{_COMMANDS[finding.severity]} {place}::{_data(finding.sentence)}"


def _data(text: str) -> str:
    # What else would do something to a terminal has no way of writing there, and is an escape.
    lines = map(harmless, text.replace("%", "%25").replace("\r", "%0D").split("\n"))
    return "%0A".join(lines)


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
