"""The facts on all trainers as a page and as plain values."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from maskprep.trainers.base import Trainer
from maskprep.trainers.facts import SUBJECTS, Fact, facts_of

_HEAD = """# Trainers

`--trainer NAME` says whose masks they are; without it sd-scripts is meant, or the trainer whose
configuration the file is: then `check` says so in one line. Polarity is the same everywhere: white
or opaque trains. `maskprep convert` lays a data set of one trainer out for another, `maskprep
compare` shows the same masks under all.

The tables are made by `maskprep trainers --format markdown`, of what the trainers' own modules
say. *Recorded* facts were seen in runs of the trainer's own code, which the tests replay; *read*
ones stand in its source.

"""
#: What follows the tables is written by hand.
END = "<!-- From here on by hand. -->\n"


def as_markdown(trainers: Sequence[Trainer]) -> str:
    """Write the page: one table of all, then each fact with its source."""
    facts = {trainer.name: dict(facts_of(trainer)) for trainer in trainers}
    names = [trainer.name for trainer in trainers]
    lines = [_row("", *names), _row("---", *("---" for _ in names))]
    titles = ("<br>".join(f"`{title}`" for title in _titles(each)) for each in trainers)
    lines.append(_row("`--trainer`", *titles))
    for subject, label in SUBJECTS.items():
        lines.append(_row(label, *(_marked(facts[name][subject]) for name in names)))
    lines += ["", "† read, not recorded.", "", "## Where it is known from", ""]
    for name in names:
        lines += [f"### {name}, by source", "", _row("", "", "known", "source")]
        lines.append(_row("---", "---", "---", "---"))
        lines += [
            _row(SUBJECTS[subject], fact.told, fact.evidence, fact.source)
            for subject, fact in facts[name].items()
        ]
        lines.append("")
    return _HEAD + "\n".join(lines) + "\n" + END


def as_json(trainers: Sequence[Trainer]) -> str:
    """Write the facts for programs."""
    said = {
        trainer.name: {
            "versions": list(trainer.versions),
            "facts": {
                subject: {"told": fact.told, "known": fact.evidence, "source": fact.source}
                for subject, fact in facts_of(trainer)
            },
        }
        for trainer in trainers
    }
    return json.dumps(said, indent=2, ensure_ascii=False) + "\n"


def _titles(trainer: Trainer) -> list[str]:
    older = trainer.versions[1:]
    return [trainer.name, *(f"{trainer.name}@{version}" for version in older)]


def _marked(fact: Fact) -> str:
    return fact.told if fact.recorded else f"{fact.told} †"


def _row(first: str, *cells: str) -> str:
    escaped = (re.sub(r"(?<!\\)\|", r"\\|", cell) for cell in (first, *cells))
    return f"| {' | '.join(escaped)} |".replace("|  |", "| |")
