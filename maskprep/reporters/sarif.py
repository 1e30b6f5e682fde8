"""Findings as SARIF 2.1.0, for code scanning and review tools."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote_from_bytes

from maskprep.checking.verdict import divergences_of, harm_of, libraries_of
from maskprep.files import pathname
from maskprep.mending.remedies import todo_of
from maskprep.mending.rulebook import fix_option, formats_row, paragraphs
from maskprep.model import Severity
from maskprep.model.report import Fault, Finding, Report
from maskprep.model.rule import Rule
from maskprep.reporters.json import todo_as_json, written
from maskprep.rules import all_rules
from maskprep.version import __version__

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"

_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}


def render(reports: Sequence[Report]) -> Iterator[str]:
    """Write one run with all findings.

    Parameters
    ----------
    reports : sequence of Report
        One a data set.

    Yields
    ------
    str
        JSON in ASCII. Paths below the working directory are relative to it, as ``%SRCROOT%``.
    """
    findings = [finding for report in reports for finding in report.findings]
    faults = [fault for report in reports for fault in report.faults]
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
        "invocations": [
            {
                "executionSuccessful": not faults,
                "toolExecutionNotifications": [
                    *map(_notification, faults),
                    *(
                        _note(each.words, each.images)
                        for report in reports
                        for each in divergences_of(report)
                    ),
                ],
            }
        ],
        "results": (_result(finding, places[finding.code]) for finding in findings),
        "properties": {
            "targets": [_target(report) for report in reports],
            "libraries": [libraries_of(report) for report in reports],
        },
    }
    yield from written({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]})
    yield "\n"


def _target(report: Report) -> dict[str, Any]:
    return {
        "target": report.training_set.name,
        "verdict": harm_of(report).value,
        "todo": [todo_as_json(each) for each in todo_of(report)],
    }


def _rule(rule: Rule) -> dict[str, Any]:
    whole = paragraphs(rule)
    plain = whole.replace("``", "")
    help_text = f"{plain}\n\nTo mend it: {rule.mend}."
    help_markdown = f"{whole.replace('``', '`')}\n\n**To mend it**: {rule.mend}."
    if fix_option(rule):
        help_text += f"\n\nOr: maskprep check DATASET {fix_option(rule)}"
        help_markdown += f"\n\nOr: `maskprep check DATASET {fix_option(rule)}`"
    if rule.formats:
        readers = f"Files of its kind, as every reader reads them: {formats_row(rule)}"
        help_text += f"\n\n{readers}"
        help_markdown += f"\n\n{readers}"
    return {
        "id": rule.code,
        "name": rule.name,
        "shortDescription": {"text": plain.partition("\n")[0]},
        "fullDescription": {"text": plain},
        "help": {"text": help_text, "markdown": help_markdown},
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
        "properties": {"formats": formats_row(rule)},
    }


def _result(finding: Finding, place: int) -> dict[str, Any]:
    return {
        "ruleId": finding.code,
        "ruleIndex": place,
        "level": _LEVELS[finding.severity],
        "message": {"text": finding.sentence},
        "locations": [{"physicalLocation": {"artifactLocation": _location(finding.path)}}],
    }


def _notification(fault: Fault) -> dict[str, Any]:
    place = {"physicalLocation": {"artifactLocation": _location(fault.path)}}
    return {"level": "error", "message": {"text": fault.words}, "locations": [place]}


def _note(words: str, images: Sequence[str]) -> dict[str, Any]:
    places = [{"physicalLocation": {"artifactLocation": _location(image)}} for image in images]
    return {"level": "note", "message": {"text": words}, "locations": places}


def _location(path: str) -> dict[str, str]:
    if pathname.is_remote(path):
        return {"uri": quote_from_bytes(_bytes(path), safe="/:")}
    whole = os.path.abspath(path)
    try:
        within = os.path.relpath(whole)
    except ValueError:  # another drive of Windows
        within = os.pardir
    if within.split(os.sep)[0] == os.pardir:
        return {"uri": _file_uri(whole)}
    # A name may hold bytes that are no text, and a colon that would look like a scheme.
    uri = quote_from_bytes(_bytes(within.replace(os.sep, "/")))
    return {"uri": uri, "uriBaseId": "%SRCROOT%"}


def _file_uri(whole: str) -> str:
    try:
        return Path(whole).as_uri()
    except UnicodeEncodeError:
        return f"file://{quote_from_bytes(_bytes(whole.replace(os.sep, '/')))}"


def _bytes(path: str) -> bytes:
    """Give a path as the system has it; of half a character, which no file has, what is there."""
    try:
        return os.fsencode(path)
    except UnicodeEncodeError:
        return path.encode("utf-8", "surrogatepass")
