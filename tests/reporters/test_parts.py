"""Documents are written part by part, and are none the worse for it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from maskprep.reporters import formats, render
from maskprep.reporters.json import written
from tests.datasets import Folders, checked

DOCUMENTS: list[Any] = [
    {},
    [],
    None,
    "two\nlines",
    [1, [2, []], {}],
    {"a": {"b": [{"c": (1, None)}, {}], "é": "\x1b\n"}, "": 0.1, "d": float("nan")},
    {"rows": [{"size": (1, 2), "text": "a\nb"}, {"size": None, "text": "[{"}], "none": []},
]


@pytest.mark.parametrize("document", DOCUMENTS)
def test_parts_are_what_json_writes(document: Any) -> None:
    assert "".join(written(document)) == json.dumps(document, indent=2)


@pytest.mark.parametrize("rows", [[], [1], [{"a": [1, 2]}, {"b": "x\ny"}, []]])
def test_iterators_are_written_as_lists(rows: list[Any]) -> None:
    told = "".join(written({"rows": iter(rows), "more": {"rows": iter(rows)}}))
    assert told == json.dumps({"rows": rows, "more": {"rows": rows}}, indent=2)


@pytest.mark.parametrize("form", sorted({*formats()} - {"text"}))
def test_a_long_report_comes_in_parts(tmp_path: Path, form: str) -> None:
    folders = Folders(tmp_path)
    for place in range(3):
        name = f"{'long' * 40}{place}"
        folders.add(f"{name}.png")
        (folders.images / f"{name}.txt").unlink()  # a finding each
    report = checked(folders.config())
    many = [report] * 200
    parts = list(render(form, many))
    assert len(parts) > 1
    assert max(map(len, parts)) < sum(map(len, parts)) / 2
