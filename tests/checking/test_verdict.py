"""The verdict: what becomes of a run, by the harm that findings do."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from maskprep.checking.engine import check
from maskprep.checking.verdict import Harm, harm_of, harms_of, trains_whole
from maskprep.dataset.discover import discover
from maskprep.model import Severity, Stage
from tests.commands import run
from tests.datasets import FIGURE, Folders, checked, drawn
from tests.rule_samples import RuleSample, request_of, rule_samples

_STAGES = {Stage.START_UP: Harm.NO_START, Stage.BATCH: Harm.STOP, Stage.UNKNOWN: Harm.UNKNOWN}


@pytest.mark.parametrize("sample", rule_samples(), ids=lambda each: f"{each.code}-{each.half}")
def test_every_sample_has_the_verdict_of_its_worst_finding(
    sample: RuleSample, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sample.copy_to(tmp_path)
    monkeypatch.chdir(tmp_path)
    report = check(discover(request_of(sample)))
    harm = harm_of(report)
    if report.stops:
        assert harm is _STAGES[report.stops[0].stage]
        # What stops the run is told by a finding, and none is told to be less.
        assert harm in {each for _, each in harms_of(report)}
    elif any(each.severity is Severity.ERROR for each in report.findings):
        assert harm is Harm.WRONG
    elif not report.findings or all(each.severity is Severity.INFO for each in report.findings):
        assert harm is (Harm.WRONG if trains_whole(report) else Harm.NONE)
    else:
        assert harm in (Harm.DOUBT, Harm.WRONG)


def verdict_and_first_line(config: Path, *options: object) -> tuple[str, str]:
    document = json.loads(run("check", config, "--format", "json", *options).stdout)
    first = run("check", config, *options).stdout.splitlines()[0]
    return document["verdict"], first


def test_each_word_stands_on_top(tmp_path: Path) -> None:
    def told(name: str) -> tuple[str, str]:
        verdict, first = verdict_and_first_line(tmp_path / name / "dataset.toml")
        assert first == f"{verdict.capitalize()}: {tmp_path / name / 'dataset.toml'}"
        return verdict, first

    Folders(tmp_path / "fine").add().config()
    assert told("fine")[0] == "ready"
    doubtful = Folders(tmp_path / "doubtful").add().add("b.png")
    doubtful.config()
    (doubtful.images / "b.txt").unlink()
    assert told("doubtful")[0] == "ready with doubts"
    wrong = Folders(tmp_path / "wrong").add()
    wrong.config()
    Image.fromarray(drawn(FIGURE).astype(np.uint16) * 257).save(wrong.masks / "a.png")
    assert told("wrong")[0] == "trains wrongly"
    small = Folders(tmp_path / "small").add()
    small.config()
    Image.new("L", (8, 8)).save(small.masks / "a.png")
    assert told("small")[0] == "stops in its first epoch"
    missing = Folders(tmp_path / "missing").add()
    missing.config()
    (missing.masks / "a.png").unlink()
    assert told("missing")[0] == "will not start"


def test_masks_of_which_none_is_in_use_train_wrongly(tmp_path: Path) -> None:
    folders = Folders(tmp_path).add().add("b.png")
    plain = tmp_path / "plain.toml"
    plain.write_text(
        f"[[datasets]]\nresolution = 128\n[[datasets.subsets]]\nimage_dir = '{folders.images}'\n"
        "caption_extension = '.txt'\n",
        encoding="utf-8",
    )
    document = json.loads(run("check", plain, "--format", "json").stdout)
    assert document["verdict"] == "trains wrongly"
    (todo,) = document["todo"]
    assert (todo["code"], todo["count"], todo["harm"]) == ("MP017", 2, "trains wrongly")
    assert run("check", plain).exit_code == 0
    for name in ("a.png", "b.png"):
        Image.new("L", (128, 128), 255).save(folders.masks / name)
    assert harm_of(checked(folders.config())) is Harm.WRONG
    Image.fromarray(drawn(FIGURE)).save(folders.masks / "b.png")
    assert harm_of(checked(folders.config())) is Harm.DOUBT


def test_a_script_that_applies_no_mask_trains_wrongly(tmp_path: Path) -> None:
    config = Folders(tmp_path).add().config()
    result = run("check", config, "--script", "fine_tune.py", "--format", "json")
    document = json.loads(result.stdout)
    assert (result.exit_code, document["verdict"]) == (0, "trains wrongly")
    assert document["todo"][0]["code"] == "MP016"


def test_a_verdict_by_a_few_rules_says_so(tmp_path: Path) -> None:
    folders = Folders(tmp_path).add()
    (folders.images / "a.txt").unlink()
    config = folders.config()
    first = run("check", config, "--select", "MP2", "--select", "detail-lost").stdout
    assert first.startswith(f"Ready (by MP2, detail-lost alone): {config}\n")
    document = json.loads(run("check", config, "--select", "MP2", "--format", "json").stdout)
    assert (document["verdict"], document["selected"]) == ("ready", ["MP2"])


def test_no_choice_of_rules_hides_a_stop(tmp_path: Path) -> None:
    folders = Folders(tmp_path).add().add("b.png")
    (folders.masks / "a.png").unlink()
    document = json.loads(
        run("check", folders.config(), "--select", "MP3", "--format", "json").stdout
    )
    assert document["verdict"] == "will not start"
    (todo,) = document["todo"]
    assert (todo["code"], todo["name"]) == ("MP102", "mask-missing")
    assert "missing conditioning data" in todo["text"]
