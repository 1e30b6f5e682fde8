"""Findings as SARIF 2.1.0, for code scanning and review tools."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from maskprep import __version__
from maskprep.model import Severity
from maskprep.report import Finding, Report
from maskprep.rules import all_rules
from maskprep.rules.base import Rule

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"

_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}


def render(reports: Sequence[Report]) -> str:
    """Write one run with all findings.

    Parameters
    ----------
    reports : sequence of Report
        One a data set.

    Returns
    -------
    str
        JSON in ASCII. Paths below the working directory are relative to it, as ``%SRCROOT%``.
    """
    findings = [finding for report in reports for finding in report.findings]
    found = {finding.code for finding in findings}
    rules = [rule for rule in all_rules() if rule.code in found]
    places = {rule.code: place for place, rule in enumerate(rules)}
    driver = {
        "name": "maskprep",
        "version": __version__,
        "rules": [_rule(rule) for rule in rules],
    }
    run = {
        "tool": {"driver": driver},
        "originalUriBaseIds": {"%SRCROOT%": {"uri": f"{Path.cwd().as_uri()}/"}},
        "results": [_result(finding, places[finding.code]) for finding in findings],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _rule(rule: Rule) -> dict[str, Any]:
    first, _, rest = rule.meaning.partition("\n")
    described: dict[str, Any] = {
        "id": rule.code,
        "name": rule.name,
        "shortDescription": {"text": first},
        "fullDescription": {"text": rest.strip() or first},
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
    }
    if rule.mend:
        described["help"] = {"text": rule.mend}
    return described


def _result(finding: Finding, place: int) -> dict[str, Any]:
    text = f"{finding.message}; to mend it: {finding.fix}" if finding.fix else finding.message
    return {
        "ruleId": finding.code,
        "ruleIndex": place,
        "level": _LEVELS[finding.severity],
        "message": {"text": text},
        "locations": [{"physicalLocation": {"artifactLocation": _location(finding.path)}}],
    }


def _location(path: str) -> dict[str, str]:
    whole = os.path.abspath(path)
    within = os.path.relpath(whole) if _on_this_drive(whole) else ".."
    if within.split(os.sep)[0] == "..":
        return {"uri": f"file://{quote(_bytes_of(whole))}"}
    return {"uri": quote(_bytes_of(within)), "uriBaseId": "%SRCROOT%"}


def _on_this_drive(path: str) -> bool:
    return os.path.splitdrive(path)[0] == os.path.splitdrive(os.getcwd())[0]


def _bytes_of(path: str) -> bytes:
    return os.fsencode(path.replace(os.sep, "/"))
