"""A report as JSON: a stable form, described in docs/json.md."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from maskprep.checking.verdict import harm_of, libraries_of
from maskprep.mending.remedies import Todo, mendable, todo_of
from maskprep.mending.rulebook import formats_row
from maskprep.model.report import Report, SampleRow
from maskprep.rules import all_rules
from maskprep.version import __version__

#: Whether a run starts, and stops in its first epoch, is in it.
HAS_VERDICT = True


def render(reports: Sequence[Report]) -> Iterator[str]:
    """Write reports as JSON.

    Parameters
    ----------
    reports : sequence of Report
        One a data set.

    Yields
    ------
    str
        One object for one report, a list of objects for several; ASCII, so that no console and
        no odd file name can break it.
    """
    documents = [_document(report) for report in reports]
    yield from written(documents[0] if len(documents) == 1 else documents)
    yield "\n"


def written(value: Any, margin: str = "\n") -> Iterator[str]:
    """Write JSON piece by piece, as ``json.dumps`` with an indent of 2 does all at once.

    Parameters
    ----------
    value : object
        Of dicts, lists and plain values; an iterator in it is written as a list, and never held as
        one.
    margin : str
        What begins its lines.

    Yields
    ------
    str
        Pieces; each element of an iterator is one.

    Examples
    --------
    >>> print("".join(written({"few": [1], "many": iter([2, 3])})))
    {
      "few": [
        1
      ],
      "many": [
        2,
        3
      ]
    }
    """
    inner, opened = f"{margin}  ", False
    if isinstance(value, dict) and value:
        for key, each in value.items():
            yield f"{',' if opened else '{'}{inner}{json.dumps(key)}: "
            yield from written(each, inner)
            opened = True
        yield f"{margin}}}"
    elif isinstance(value, list) and value:
        for each in value:
            yield f"{',' if opened else '['}{inner}"
            yield from written(each, inner)
            opened = True
        yield f"{margin}]"
    elif isinstance(value, Iterator):
        for each in value:
            text = json.dumps(each, indent=2).replace("\n", inner)  # none is left within a string
            yield f"{',' if opened else '['}{inner}{text}"
            opened = True
        yield f"{margin}]" if opened else "[]"
    else:
        yield json.dumps(value, indent=2).replace("\n", margin)


def _document(report: Report) -> dict[str, Any]:
    training_set = report.training_set
    config = training_set.config
    rows = {rule.code: formats_row(rule) for rule in all_rules()}
    return {
        "maskprep": __version__,
        "trainer": training_set.trainer.name,
        "trainer_version": training_set.trainer.version,
        "config": (
            {"accepted": config.accepted, "error": config.error} if config is not None else None
        ),
        "verdict": harm_of(report).value,
        "selected": list(report.selected),
        "only": list(training_set.only),
        "todo": [todo_as_json(each) for each in todo_of(report)],
        "mendable": dict(zip(("fix", "unsafe_fixes"), mendable(report), strict=True)),
        "starts": report.starts,
        "stops_in_first_epoch": report.stops_in_first_epoch,
        "datasets": [
            {
                "index": count.index,
                "masked": count.masked,
                "whole": count.whole,
                "ignored": count.ignored,
            }
            for count in report.counts
        ],
        "samples": map(_sample, report.rows),
        "findings": (
            {
                "code": finding.code,
                "name": finding.name,
                "severity": finding.severity.value,
                "path": finding.path,
                "message": finding.message,
                "fix": finding.mend,
                "command": finding.command,
                "formats": rows[finding.code],
            }
            for finding in report.findings
        ),
        "faults": [{"path": fault.path, "error": fault.words} for fault in report.faults],
        "libraries": libraries_of(report),
    }


def todo_as_json(todo: Todo) -> dict[str, Any]:
    """Give one thing to do as plain values.

    Parameters
    ----------
    todo : Todo
        As listed.

    Returns
    -------
    dict of str to object
        Its harm by the words of the verdict.
    """
    return {
        "code": todo.code,
        "name": todo.name,
        "harm": todo.harm.value,
        "count": todo.count,
        "path": todo.path,
        "text": todo.text,
        "fix": todo.fix,
        "command": todo.command,
    }


def _sample(row: SampleRow) -> dict[str, Any]:
    return {
        "dataset": row.dataset,
        "subset": row.subset,
        "image": row.image,
        "mask": row.mask,
        "size_wh": row.size,
        "measured_wh": row.measured,
        "resized_wh": row.resized,
        "bucket_wh": row.bucket,
        "coverage": row.coverage,
        "weight_mean": row.weight_mean,
        "weight_max": row.weight_max,
        "details": row.details,
        "details_lost": row.details_lost,
        "detail_weight_min": row.detail_weight_min,
        "library_differences": row.library_differences,
    }
