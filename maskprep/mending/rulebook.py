"""What each rule means and what mends it: for the terminal, for pages, for programs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import groupby
from typing import Any

from maskprep.mending.fixes import FIXES, Fix
from maskprep.model.rule import Rule, Verdict

#: By the digit of a code.
GROUPS = {
    "0": "Configuration",
    "1": "Files and pairing",
    "2": "Encoding",
    "3": "At latent scale",
    "4": "The whole set",
    "5": "Expectations",
    "6": "One trainer alone",
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


def formats_row(rule: Rule) -> str:
    """Name the place where files of its kind are told with what every reader makes of them.

    Parameters
    ----------
    rule : Rule
        Any.

    Returns
    -------
    str
        Empty where the kind of file does not matter.
    """
    return f"docs/formats.md#{rule.formats}" if rule.formats else ""


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
        "The sample of a rule is a small data set in which it fires, and its mended twin.",
        "",
        "| code | name | severity | mended by `check` with | options | sample |",
        "|---|---|---|---|---|---|",
    ]
    for rule in rules:
        fix = f"`{fix_option(rule)}`" if fix_option(rule) else ""
        options = ", ".join(f"`{option.name}` = {option.default}" for option in rule.options)
        link = f"[{rule.name}](#{rule.code.lower()}-{rule.name})"
        sample = f"[{rule.code}](../{sample_folder(rule)})"
        cells = (rule.code, link, rule.severity.value, fix, options, sample)
        lines.append(f"| {' | '.join(cells)} |")
    for digit, group in groupby(rules, key=lambda rule: rule.code[2]):
        lines += ["", f"## {GROUPS[digit]}"]
        for rule in group:
            lines += ["", f"### {rule.code} {rule.name}", "", paragraphs(rule).replace("``", "`")]
            lines += ["", f"**Severity**: {rule.severity.value}. **To mend it**: {rule.mend}."]
            lines += ["", f"*Source*: {rule.source}."]
            if rule.formats:
                link = formats_row(rule).removeprefix("docs/")
                lines += ["", f"*Files*: [{rule.formats}]({link}), as every reader reads them."]
    return "\n".join(lines) + "\n"


def _judged(verdict: Verdict) -> str:
    if verdict.severity is None:
        return f"no defect: it {verdict.reason}"
    told = verdict.severity.value
    return (
        f"{told}: {verdict.outcome} ({verdict.reason})"
        if verdict.outcome
        else f"{told}: {verdict.reason}"
    )


def rows_of(rule: Rule, verdict: Verdict | None = None) -> list[tuple[str, str]]:
    """Tell what else there is to a rule: what mends it, its options, where it comes from.

    Parameters
    ----------
    rule : Rule
        Any.
    verdict : Verdict or None
        That of a trainer who is asked, too.

    Returns
    -------
    list of (str, str)
        Labels, and words for them.
    """
    rows = [("mend", rule.mend)]
    if verdict is not None:
        rows.insert(0, ("there", _judged(verdict)))
    command = f"maskprep check DATASET {fix_option(rule)}"
    if fix_option(rule) and command not in rule.mend:
        rows.append(("or", command))
    for option in rule.options:
        rows.append(("set", f"--set {rule.name}.{option.name}={option.default} (the default)"))
    return [
        *rows,
        ("looks at", rule.stage.value),
        ("source", rule.source),
        ("sample", sample_folder(rule)),
        *([("formats", formats_row(rule))] if rule.formats else []),
    ]


def paragraphs(rule: Rule) -> str:
    """Give what a rule means and why it matters, each paragraph on one line.

    Parameters
    ----------
    rule : Rule
        Any.

    Returns
    -------
    str
        The first paragraph names the defect.
    """
    parts = rule.meaning.split("\n\n")
    return "\n\n".join(" ".join(part.split()) for part in parts)


def _document(rule: Rule) -> dict[str, Any]:
    return {
        "code": rule.code,
        "name": rule.name,
        "severity": rule.severity.value,
        "looks_at": rule.stage.value,
        "meaning": paragraphs(rule),
        "mend": rule.mend,
        "fix": fix_option(rule),
        "options": {option.name: option.default for option in rule.options},
        "source": rule.source,
        "sample": sample_folder(rule),
        "formats": formats_row(rule),
    }
