"""Results as Markdown, between two marks of a page whose other words stay."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from benchmarks.jobs import CORES, FLOOR, JOBS, Goal, Job
from benchmarks.measure import spread
from benchmarks.results import Measured, Results, holds

BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"
_NAMES = {"cpu": "CPU", "wall": "wall", "peak": "peak"}
_ANSWERS = {True: "met", False: "**missed**", None: ""}


def page(template: str, results: Results) -> str:
    """Put the results between the marks.

    Parameters
    ----------
    template : str
        The page as it is.
    results : Results
        What was measured.

    Returns
    -------
    str
        The page as it is now to be.
    """
    before, _, rest = template.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{markdown(results)}\n{END}{after}"


def markdown(results: Results) -> str:
    """Write machine, goals and everything measured."""
    parts = ["\n".join(f"- {line}" for line in (*results.machine, results.corpus))]
    parts.append("## Goals\n\n" + goals_table(results))
    for job in JOBS:
        if results.of(job):
            parts.append(f"## {job.title}\n\n" + "\n".join(_job_lines(job, results)))
    return "\n\n".join(parts) + "\n"


def goals_table(results: Results) -> str:
    """Hold what was measured against what is wanted."""
    lines = ["| goal | measured as | wanted | median (min-max) | |", "|---|---|---|---|---|"]
    lines += (
        line
        for job in JOBS
        if results.of(job)
        for goal in job.goals
        for line in _goal_lines(job, goal, results)
    )
    return "\n".join(lines)


def _goal_lines(job: Job, goal: Goal, results: Results) -> Iterator[str]:
    for measure in goal.measures:
        value = results.value(job, goal, measure)
        told = "not measured" if value is None else str(value)
        answer = "" if value is None else _ANSWERS[holds(goal, value)]
        name = _NAMES[measure]
        name += ", all cores" if results.over(job, goal, measure) == CORES else ""
        yield f"| {goal.text} | {name} | {_wanted(goal)} | {told} | {answer} |"


def _wanted(goal: Goal) -> str:
    if goal.at_most is not None:
        return f"at most {goal.at_most:g}"
    return f"at least {goal.at_least:g}" if goal.at_least is not None else "reported"


def _job_lines(job: Job, results: Results) -> Iterator[str]:
    found = results.of(job)
    unit = "ms a file" if job.per_file else "ms"
    head = ["", "pairs", f"CPU, {unit}", f"wall, {unit}", "peak, MB"]
    head += ["CPU / floor", "wall / floor"] if job.floor else []
    head += ["wall / floor, all cores"] if CORES in found else []
    head += ["kB a file"] if job.writes else []
    if job.floor:
        yield f"Floor: {job.floor}.\n"
    yield f"| {' | '.join(head)} |"
    yield "|---|" + "--:|" * (len(head) - 1)
    for label, measured in found.items():
        if measured.costs:
            yield f"| {' | '.join(_cells(job, label, measured, results))} |"
    skipped = {label: each.skipped for label, each in found.items() if each.skipped}
    for reason in dict.fromkeys(skipped.values()):
        labels = [label for label, why in skipped.items() if why == reason]
        yield f"\nNot run ({reason}): {'; '.join(labels)}."


def _cells(job: Job, label: str, measured: Measured, results: Results) -> Iterator[str]:
    yield label
    yield str(measured.pairs or "")
    for measure in ("cpu", "wall"):
        yield str(spread([each * 1e3 for each in measured.each(measure, job.per_file)]))
    yield f"{max(cost.peak for cost in measured.costs):.0f}"
    if job.floor:
        yield str(results.ratio(job, label, FLOOR, "cpu"))
        yield str(results.ratio(job, label, FLOOR, "wall"))
    if CORES in results.of(job):
        yield str(results.ratio(job, label, CORES, "wall"))
    if job.writes:
        yield f"{measured.written * 1e3:.0f}"


def write_page(path: Path, template: Path, results: Results) -> None:
    """Bring a page up to date; where there is none yet, a copy of the template."""
    text = (path if path.exists() else template).read_text(encoding="utf-8")
    path.write_text(page(text, results), encoding="utf-8")
