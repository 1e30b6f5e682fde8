"""Today's findings, accepted: only what is new is told."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from maskprep.dataset.outputs import Outputs
from maskprep.errors import MaskprepError
from maskprep.files import parsed, pathname, storage
from maskprep.model.report import Finding, Report
from maskprep.version import __version__

Accepted = Counter[tuple[str, str]]


def read_baseline(path: str) -> Accepted:
    """Read which findings are accepted.

    Parameters
    ----------
    path : str
        As written by `write_baseline`.

    Returns
    -------
    Counter
        How many findings by rule and path are accepted; paths as in the file.

    Raises
    ------
    MaskprepError
        It cannot be read, or is no baseline.
    """
    try:
        said = parsed.from_json(storage.read_bytes(path).decode())
        accepted = Counter(dict(map(_accepted, said["findings"])))
    except OSError as error:
        raise MaskprepError(f"{path}: cannot be read ({error.strerror})") from error
    except (ValueError, KeyError, TypeError) as error:
        raise MaskprepError(
            f"{path}: is no baseline: take it away to have a new one written"
        ) from error
    return accepted


def admit_baseline(path: str, *, update: bool) -> Outputs | None:
    """Look whether findings are to be accepted, before they are looked for.

    Parameters
    ----------
    path : str
        The baseline's.
    update : bool
        Whether one that is there is to be replaced.

    Returns
    -------
    Outputs or None
        Has admitted the file; None where a baseline stands there, and stays.

    Raises
    ------
    MaskprepError
        What is to be replaced, or read, is no baseline.
    """
    if os.path.lexists(path):
        read_baseline(path)
        if not update:
            return None
    outputs = Outputs(overwrite=update)
    outputs.admit([Path(path)])
    return outputs


def write_baseline(path: str, reports: Iterable[Report], outputs: Outputs) -> int:
    """Accept all findings of reports.

    Parameters
    ----------
    path : str
        Where to.
    reports : iterable of Report
        Of a check.
    outputs : Outputs
        Has admitted it.

    Returns
    -------
    int
        How many findings are accepted.

    Raises
    ------
    MaskprepError
        It cannot be written.
    """
    accepted = Counter(_key(each, path) for report in reports for each in report.findings)
    entries = [
        {"rule": rule, "path": place, "count": count}
        for (rule, place), count in sorted(accepted.items())
    ]
    content = json.dumps({"maskprep": __version__, "findings": entries}, indent=1)
    outputs.write(Path(path), f"{content}\n".encode())
    return sum(accepted.values())


def without_accepted(report: Report, accepted: Accepted, path: str) -> Report:
    """Take accepted findings out of a report.

    Parameters
    ----------
    report : Report
        Of a check.
    accepted : Counter
        As read from `path`.
    path : str
        Paths in it are relative to its folder.

    Returns
    -------
    Report
        With the accepted findings among the ignored; why the run stops stays as it is.
    """
    left = accepted.copy()
    new: list[Finding] = []
    known: list[Finding] = []
    for finding in report.findings:
        key = _key(finding, path)
        (known if left[key] > 0 else new).append(finding)
        left[key] -= 1
    return replace(report, findings=tuple(new), ignored=(*report.ignored, *known))


def _accepted(entry: Any) -> tuple[tuple[str, str], int]:
    rule, place = entry["rule"], entry["path"]
    count = parsed.whole_number(entry["count"], 0, parsed.LARGEST)
    # A name that is no Unicode is kept as half characters.
    if not isinstance(rule, str) or not isinstance(place, str) or count is None:
        raise TypeError("no rule, path and count")
    return (rule, place), count


def _key(finding: Finding, path: str) -> tuple[str, str]:
    if pathname.is_remote(finding.path):
        return finding.code, finding.path
    folder = os.path.dirname(os.path.abspath(path))
    try:
        place = os.path.relpath(finding.path, folder)
    except ValueError:  # on another drive
        place = os.path.abspath(finding.path)
    return finding.code, place.replace(os.sep, "/")
