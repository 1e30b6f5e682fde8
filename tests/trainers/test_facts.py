"""What is told of every trainer: all of it, with sources, and as its code does it."""

from __future__ import annotations

import json

import numpy as np
import pytest

from maskprep.trainers import find_trainer, handbook, known_trainers
from maskprep.trainers.facts import SUBJECTS, facts_of, plain_dataset
from tests.commands import all_of, run
from tests.places import ROOT

TRAINERS = tuple(known_trainers())


def test_the_page_is_what_the_trainers_say() -> None:
    page = (ROOT / "docs" / "trainers.md").read_text(encoding="utf-8")
    made, end, _ = page.partition(handbook.END)
    wanted = handbook.as_markdown([find_trainer(name) for name in TRAINERS])
    assert made + end == wanted, "maskprep trainers --format markdown makes it"


@pytest.mark.parametrize("name", TRAINERS)
def test_every_fact_is_told_with_its_source(name: str) -> None:
    facts = dict(facts_of(find_trainer(name)))
    assert list(facts) == list(SUBJECTS)
    assert all(fact.told and fact.source for fact in facts.values())


@pytest.mark.parametrize("name", TRAINERS)
def test_who_is_read_alone_has_no_recorded_fact(name: str) -> None:
    trainer = find_trainer(name)
    recorded = any(fact.recorded for _, fact in facts_of(trainer))
    assert recorded is (trainer.evidence == "recorded")


@pytest.mark.parametrize("name", TRAINERS)
def test_truths_that_are_named_are_there(name: str) -> None:
    path = ROOT / "tests" / "data" / "trainers" / name / "behaviour.json"
    if not path.is_file():
        pytest.skip("its recordings are of another form, or none")
    said = json.loads(path.read_text(encoding="utf-8"))
    known = set(said) if isinstance(said, dict) else {each["name"] for each in said}
    for subject, fact in facts_of(find_trainer(name)):
        _, _, named = fact.source.partition("truth: ")
        wanted = {each.strip(' "') for each in named.split(",") if each.strip()}
        assert wanted <= known, subject


@pytest.mark.parametrize("name", TRAINERS)
def test_floors_and_losses_are_as_told(name: str) -> None:
    trainer = find_trainer(name)
    model = next(iter(trainer.models.values()))
    dataset, facts = plain_dataset(trainer, model), dict(facts_of(trainer))
    side = 16 * model.stride
    black = np.zeros((side, side), np.uint8)
    weights = trainer.latent_weights(black, model, dataset, dataset.subsets[0])
    assert (float(weights.min()) > 0) is ("0.1" in facts["floor"].told)
    half = np.zeros((16, 16), np.float32)
    half[:8] = 1
    is_divided = not np.array_equal(trainer.loss_factors(half, model, dataset), half)
    said = facts["loss"].told
    assert is_divided is ("not divided" not in said and "; divided" not in said)


def test_the_command_tells_all_or_some_with_sources() -> None:
    every = run("trainers")
    assert every.exit_code == 0 and all(name in every.stdout for name in TRAINERS)
    one = run("trainers", "onetrainer")
    assert "recorded: " in one.stdout and "sd-scripts (" not in one.stdout
    said = json.loads(run("trainers", "--format", "json").stdout)
    assert set(said) == set(TRAINERS)
    assert said["onetrainer"]["facts"]["floor"]["known"] == "recorded"
    wrong = run("trainers", "onetrainr")
    assert wrong.exit_code == 2 and "onetrainer" in all_of(wrong)
