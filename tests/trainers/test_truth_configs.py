"""Replay of the trainer's verdicts on 328 dataset configurations, in its own words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from maskprep.trainers import find_model, find_trainer
from maskprep.trainers.base import in_role
from maskprep.trainers.roles import ReadsConfigurations
from tests.truth import recorded

SDXL = find_model(find_trainer("sd-scripts"), None)
CASES = [(version, case) for version in ("0.9", "0.10") for case in recorded(f"configs-{version}")]


def test_all_recorded_verdicts_are_replayed() -> None:
    assert len(CASES) == 328


@pytest.mark.parametrize(("version", "case"), CASES)
def test_verdict_is_the_trainers(version: str, case: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "dataset.toml"
    path.write_text(case["toml"], encoding="utf-8")
    trainer = find_trainer(f"sd-scripts@{version}")
    verdict = (
        in_role(trainer, ReadsConfigurations)
        .read_config(str(path), SDXL, {"masked_loss": case["masked_loss"]})
        .verdict
    )
    assert verdict is not None
    assert verdict.accepted is (case["outcome"] == "ok")
    if verdict.error is not None:
        assert f"MultipleInvalid: {verdict.error}" == case["error"]


@pytest.mark.parametrize("case", [case for version, case in CASES if version == "0.10"])
def test_current_judges_as_0_10(case: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "dataset.toml"
    path.write_text(case["toml"], encoding="utf-8")
    verdict = in_role(find_trainer("sd-scripts"), ReadsConfigurations).read_config(
        str(path), SDXL, {"masked_loss": case["masked_loss"]}
    )
    assert verdict.verdict is not None
    assert verdict.verdict.accepted is (case["outcome"] == "ok")
