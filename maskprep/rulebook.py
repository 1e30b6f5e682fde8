"""What each rule means and what mends it: for the terminal, for pages, for programs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import groupby
from typing import Any

from maskprep.fixes import FIXES, Fix
from maskprep.rules.base import Rule

#: By the digit of a code.
GROUPS = {
    "0": "Configuration",
    "1": "Files and pairing",
    "2": "Encoding",
    "3": "At latent scale",
    "4": "The whole set",
    "5": "Expectations",
}
_FIXES = {each.rule: each for each in FIXES}


def fix_option(rule: Rule) -> str:
    """Name the option of ``maskprep check`` that mends what a rule finds.

    Parameters
    ----------
    rule : Rule
        Any.

    Returns
    -------
    str
        Empty where none does.
    """
    fix: Fix | None = _FIXES.get(rule.name)
    if fix is None:
        return ""
    if fix.asked:
        return f"--fix {fix.asked}"
    return "--fix" if fix.safe else "--fix --unsafe-fixes"


def sample_folder(rule: Rule) -> str:
    """Name the folder with a data set in which a rule fires, and its mended twin."""
    return f"samples/rules/{rule.code}-{rule.name}"


def as_text(rules: Sequence[Rule]) -> str:
    """Explain rules in full.

    Parameters
    ----------
    rules : sequence of Rule
        To be explained.

    Returns
    -------
    str
        Paragraphs on single lines, for a terminal to wrap.
    """
    return "\n".join(_explained(rule) for rule in rules)


def as_json(rules: Sequence[Rule]) -> str:
    """Write rules as JSON.

    Parameters
    ----------
    rules : sequence of Rule
        In the order wanted.

    Returns
    -------
    str
        A list of objects, ASCII.
    """
    return json.dumps([_document(rule) for rule in rules], indent=2) + "\n"


def as_markdown(rules: Sequence[Rule]) -> str:
    """Write rules as a page.

    Parameters
    ----------
    rules : sequence of Rule
        Sorted by code.

    Returns
    -------
    str
        A table, then a section a rule.
    """
    lines = [
        "# Rules",
        "",
        "What `maskprep check` looks for. `maskprep rules NAME` explains one in the terminal.",
        "Options are set with `--set NAME.OPTION=VALUE` or in [maskprep.toml](settings.md).",
        "Each rule has a sample in [samples/rules](../samples/rules): a small data set in which",
        "it fires, and its mended twin.",
        "",
        "| code | name | severity | mended by `check` with | options |",
        "|---|---|---|---|---|",
    ]
    for rule in rules:
        fix = f"`{fix_option(rule)}`" if fix_option(rule) else ""
        options = ", ".join(f"`{option.name}` = {option.default}" for option in rule.options)
        link = f"[{rule.name}](#{rule.code.lower()}-{rule.name})"
        lines.append(f"| {rule.code} | {link} | {rule.severity.value} | {fix} | {options} |")
    for digit, group in groupby(rules, key=lambda rule: rule.code[2]):
        lines += ["", f"## {GROUPS[digit]}"]
        for rule in group:
            lines += ["", f"### {rule.code} {rule.name}", "", _paragraphs(rule).replace("``", "`")]
            lines += ["", f"**Severity**: {rule.severity.value}. **To mend it**: {rule.mend}."]
            lines += ["", f"*Source*: {rule.source}."]
    return "\n".join(lines) + "\n"


def _explained(rule: Rule) -> str:
    lines = [f"{rule.code} {rule.name} ({rule.severity.value})", "", _paragraphs(rule), ""]
    told = [("mend", rule.mend), ("or", f"maskprep check DATASET {fix_option(rule)}")]
    if not fix_option(rule):
        told.pop()
    for option in rule.options:
        told.append(("set", f"--set {rule.name}.{option.name}={option.default}"))
    told += [("source", rule.source), ("sample", sample_folder(rule))]
    lines += [f"  {label:8}{words}" for label, words in told]
    return "\n".join(lines) + "\n"


def _paragraphs(rule: Rule) -> str:
    parts = rule.meaning.split("\n\n")
    return "\n\n".join(" ".join(part.split()) for part in parts)


def _document(rule: Rule) -> dict[str, Any]:
    return {
        "code": rule.code,
        "name": rule.name,
        "severity": rule.severity.value,
        "looks_at": rule.stage.value,
        "meaning": _paragraphs(rule),
        "mend": rule.mend,
        "fix": fix_option(rule),
        "options": {option.name: option.default for option in rule.options},
        "source": rule.source,
        "sample": sample_folder(rule),
    }
