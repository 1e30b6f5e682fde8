"""Datumaro: its own export, filled as it fills it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from maskprep.errors import MaskprepError
from tests.annotations.drawing import RECORDED, SIZE, filled, reading, saved, truth, unpacked


def test_its_export_is_filled_as_datumaro_fills_it() -> None:
    annotations = reading(RECORDED / "datumaro.json")
    assert annotations.format.title == "Datumaro"
    assert annotations.labels == ("person", "hat")
    cases = truth("datumaro")
    assert len(cases) == len(annotations.images)
    names = [each.names[-1] for each in annotations.images]
    for case in cases:
        made = filled(annotations, names.index(case["id"]))
        assert np.array_equal(made, unpacked(case["rows"])), case["id"]


def document(*annotations: Any) -> dict[str, Any]:
    labels = {"label": {"labels": [{"name": "person"}]}}
    image = {"path": "a.png", "size": [SIZE.height, SIZE.width]}
    item = {"id": "a", "annotations": list(annotations), "image": image}
    return {"categories": labels, "items": [item]}


def entry(kind: str, **more: Any) -> dict[str, Any]:
    return {"type": kind, "label_id": 0} | more


def test_what_has_no_area_is_left_out_and_told(tmp_path: Path) -> None:
    given = document(entry("caption"), entry("polygon", points=[0, 0, 4, 4]))
    (image,) = reading(saved(tmp_path / "a.json", given)).images
    assert image.shapes == ()
    assert len(image.notes) == 2


@pytest.mark.parametrize(
    ("broken", "told"),
    [
        (entry("polygon", label_id=4, points=[]), "label 4, which is not listed"),
        (entry("polygon"), "no 'points'"),
        (entry("bbox", bbox=[1, 2]), "other than four"),
        (entry("mask", rle={"size": []}), "not height and width"),
        (entry("mask", rle={"size": [3, 4], "counts": [1]}), "'counts' is no text"),
        ({}, "no 'type'"),
    ],
)
def test_broken_entries_are_told_in_one_line(broken: Any, told: str, tmp_path: Path) -> None:
    path = saved(tmp_path / "a.json", document(broken))
    with pytest.raises(MaskprepError, match=told) as caught:
        reading(path)
    assert str(caught.value).startswith(str(path))
