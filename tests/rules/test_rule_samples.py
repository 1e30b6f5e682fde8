"""Every rule fires on its bad sample and rests on its good one; the samples are found on disk."""

from __future__ import annotations

import inspect
import json
import os
import re
from collections import Counter
from pathlib import Path

import pytest
from click.testing import Result

from maskprep.checking.engine import check
from maskprep.checking.project import find_project
from maskprep.dataset.discover import discover
from maskprep.model import Severity
from maskprep.model.report import Finding
from maskprep.model.rule import Rule
from maskprep.rules import all_rules
from tests.commands import run
from tests.rule_samples import HALVES, SAMPLES, RuleSample, request_of, rule_samples

_RULES = {rule.code: rule for rule in all_rules()}
_EVERY_RULE = pytest.mark.parametrize("rule", _RULES.values(), ids=lambda rule: rule.code)
_FOUND = rule_samples()
_MOST_BYTES = 600_000


def _half(half: str) -> pytest.MarkDecorator:
    chosen = [sample for sample in _FOUND if sample.half == half]
    return pytest.mark.parametrize("sample", chosen, ids=lambda sample: sample.folder.parent.name)


@pytest.fixture
def copied(sample: RuleSample, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RuleSample:
    sample.copy_to(tmp_path)
    monkeypatch.chdir(tmp_path)
    return sample


def _checked(sample: RuleSample) -> tuple[Finding, ...]:
    request = request_of(sample)
    project = find_project(request.target)
    return check(discover(request), None, project.expectations).findings


def _run(sample: RuleSample) -> Result:
    return run("check", "--format", "json", *sample.arguments)


@_half("bad")
def test_the_bad_half_fires_its_rule(copied: RuleSample) -> None:
    findings = _checked(copied)
    own = [finding for finding in findings if finding.code == copied.code]
    assert _RULES[copied.code].severity in {finding.severity for finding in own}
    assert {finding.name for finding in findings} - {copied.name} == copied.also


@_half("bad")
def test_what_is_found_has_words_and_a_place(copied: RuleSample) -> None:
    for finding in _checked(copied):
        assert finding.message.strip(), finding
        assert finding.message == finding.message.strip(), finding
        exists = os.path.lexists(finding.path)
        assert exists != (finding.path in copied.absent), finding


@_half("good")
def test_the_good_half_is_clean(copied: RuleSample) -> None:
    loud = [each for each in _checked(copied) if each.severity.reaches(Severity.WARNING)]
    assert loud == []


@_half("bad")
def test_check_tells_the_bad_half_by_its_exit_code(copied: RuleSample) -> None:
    result = _run(copied)
    document = json.loads(result.stdout)
    found = {finding["code"]: finding["severity"] for finding in document["findings"]}
    assert copied.code in found
    if copied.name == "unparsable":
        assert result.exit_code == 2
    else:
        stops = not document["starts"] or document["stops_in_first_epoch"]
        assert result.exit_code == int(stops or "error" in found.values())
    if _RULES[copied.code].severity is Severity.ERROR:
        assert result.exit_code > 0


@_half("good")
def test_check_passes_the_good_half(copied: RuleSample) -> None:
    result = _run(copied)
    document = json.loads(result.stdout)
    assert result.exit_code == 0
    assert document["starts"] and not document["stops_in_first_epoch"]


@_EVERY_RULE
def test_every_rule_has_both_halves(rule: Rule) -> None:
    halves = {each.half for each in _FOUND if (each.code, each.name) == (rule.code, rule.name)}
    assert halves == set(HALVES)


@pytest.mark.parametrize("sample", _FOUND, ids=lambda sample: f"{sample.code}-{sample.half}")
def test_every_sample_is_of_a_rule(sample: RuleSample) -> None:
    assert sample.code in _RULES
    assert _RULES[sample.code].name == sample.name
    assert sample.also <= {rule.name for rule in _RULES.values()}
    if sample.half == "good":
        assert not sample.also and not sample.absent


@_EVERY_RULE
def test_every_rule_says_what_it_is_and_where_it_comes_from(rule: Rule) -> None:
    assert re.fullmatch(r"MP\d{3}", rule.code)
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", rule.name)
    assert (inspect.getdoc(rule.check) or "").strip()
    assert rule.meaning.strip()
    assert rule.source.strip()


def test_codes_and_names_are_given_once() -> None:
    for given in ((rule.code for rule in all_rules()), (rule.name for rule in all_rules())):
        assert [value for value, count in Counter(given).items() if count > 1] == []


def test_the_samples_stay_small() -> None:
    files = [path for path in SAMPLES.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) <= _MOST_BYTES
