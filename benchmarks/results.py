"""What was measured, as it is kept in JSON, and what it says of the goals."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.jobs import CORES, FLOOR, JOBS, Goal, Job
from benchmarks.measure import Cost, Spread, spread


@dataclass
class Measured:
    """What a command took.

    Attributes
    ----------
    pairs : int
        On how many it worked.
    costs : list of Cost
        One a round, from the first round on.
    written : float
        What it wrote, 10^6 bytes a pair.
    skipped : str
        Why it was not run.
    """

    pairs: int
    costs: list[Cost] = field(default_factory=list)
    written: float = 0.0
    skipped: str = ""

    def each(self, measure: str, per_file: bool) -> list[float]:
        """List a measure round by round: the peak, or seconds per run or per file."""
        divisor = self.pairs if per_file and measure != "peak" else 1
        return [getattr(cost, measure) / divisor for cost in self.costs]


@dataclass
class Results:
    """Everything that one run of the suite found.

    Attributes
    ----------
    machine : list of str
        Where, with which libraries.
    corpus : str
        On what.
    jobs : dict
        By the job's name and the command's label.
    """

    machine: list[str]
    corpus: str
    jobs: dict[str, dict[str, Measured]]

    def of(self, job: Job) -> dict[str, Measured]:
        """Give what was measured of a job, in the table's order."""
        found = self.jobs.get(job.name, {})
        return {each.label: found[each.label] for each in job.commands if each.label in found}

    def ratio(self, job: Job, label: str, over: str, measure: str) -> Spread | None:
        """Compare two commands file by file, round by round; None where one was not run."""
        found = self.of(job)
        if label not in found or over not in found:
            return None
        per_file = job.per_file
        ours, theirs = (found[each].each(measure, per_file) for each in (label, over))
        ratios = [one / other for one, other in zip(ours, theirs, strict=False) if other]
        return spread(ratios) if ratios else None

    def over(self, job: Job, goal: Goal, measure: str) -> str:
        """Name what a goal's command is compared with: who has all cores, with who has, too."""
        has_cores = goal.over == FLOOR and CORES in self.of(job)
        return CORES if measure == "wall" and has_cores else goal.over

    def value(self, job: Job, goal: Goal, measure: str) -> Spread | None:
        """Give what a goal is about; None where it was not measured."""
        if goal.over:
            over = self.over(job, goal, measure)
            return self.ratio(job, goal.command, over, measure)
        found = self.of(job).get(goal.command)
        values = found.each(measure, per_file=False) if found else []
        return spread(values) if values else None

    def write(self, path: Path) -> None:
        """Keep everything."""
        path.write_text(json.dumps(asdict(self), indent=1) + "\n", encoding="utf-8")


def read_results(path: Path) -> Results:
    """Read what was kept; jobs that are no longer in the table are left out."""
    told: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    known = {job.name for job in JOBS}
    jobs = {
        name: {
            label: Measured(**{**each, "costs": [Cost(**cost) for cost in each["costs"]]})
            for label, each in commands.items()
        }
        for name, commands in told["jobs"].items()
        if name in known
    }
    return Results(told["machine"], told["corpus"], jobs)


def holds(goal: Goal, value: Spread) -> bool | None:
    """Tell whether a median meets its goal; None where nothing is wanted."""
    if goal.at_most is None and goal.at_least is None:
        return None
    least = goal.at_least if goal.at_least is not None else float("-inf")
    most = goal.at_most if goal.at_most is not None else float("inf")
    return least <= value.median <= most
