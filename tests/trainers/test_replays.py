"""Replay of the recorded weights of every other trainer, each by its own adapter."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import PIL
import pytest

from maskprep.trainers import DEFAULT, known_trainers
from tests import replay
from tests.places import ROOT

RECORDINGS = ROOT / "tests" / "data" / "trainers"
#: Weight cases of each recording, so that none is lost.
CASES = {"ai-toolkit": 46, "diffusion-pipe": 42, "onetrainer": 49, "simpletuner": 44}
#: What Pillow before 13 resizes in another order of its two passes, and so rounds otherwise.
OLDER_PASSES = frozenset(
    [f"at-{number:03}" for number in (0, 1, 4, 8, 32, 45)]
    + [f"dp-{number:03}" for number in (7, 10, 13, 17, 18, 27, 31, 34, 35, 37)]
)
IS_OLDER = int(PIL.__version__.split(".")[0]) < 13


def cases() -> Iterator[Any]:
    for trainer in CASES:
        recorded = json.loads((RECORDINGS / trainer / "cases.json").read_text(encoding="utf-8"))
        assert len(recorded) == CASES[trainer]
        for case in recorded:
            yield pytest.param(trainer, case, id=case["name"])


@pytest.mark.parametrize(("trainer", "case"), list(cases()))
def test_weights_are_the_trainers(trainer: str, case: dict[str, Any]) -> None:
    if IS_OLDER and case["name"] in OLDER_PASSES:
        pytest.skip("Pillow before 13 resizes in another order of its two passes")
    folder = RECORDINGS / trainer
    with np.load(folder / "weights.npz") as recorded:
        wanted = {name: recorded[name] for name in recorded.files if name.startswith(case["name"])}
    outcome = replay.replay(trainer, case, folder, wanted, replay.adapter(trainer))
    assert outcome.trouble == ""


def test_every_other_trainer_has_recordings_or_says_that_it_has_none() -> None:
    others = {name: kind for name, kind in known_trainers().items() if name != DEFAULT}
    recorded = {name for name, kind in others.items() if kind.evidence == "recorded"}
    assert recorded == CASES.keys()
    assert {kind.evidence for kind in others.values()} <= {"recorded", "read"}


def test_what_differs_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = RECORDINGS / "onetrainer"
    (case, *_) = json.loads((folder / "cases.json").read_text(encoding="utf-8"))
    with np.load(folder / "weights.npz") as recorded:
        wanted = {name: recorded[name] for name in recorded.files}
    lay_out = replay.adapter("onetrainer")
    off = {**wanted, case["name"]: wanted[case["name"]] + np.float32(0.1)}
    outcome = replay.replay("onetrainer", case, folder, off, lay_out)
    assert "differ by up to 0.1" in outcome.trouble
    elsewhere = {**case, "bucket": [64, 64]}
    outcome = replay.replay("onetrainer", elsewhere, folder, wanted, lay_out)
    assert "bucket is" in outcome.trouble
    refused = {**case, "outcome": "error", "error": "ValueError: no"}
    outcome = replay.replay("onetrainer", refused, folder, wanted, lay_out)
    assert "was refused (ValueError: no)" in outcome.trouble
