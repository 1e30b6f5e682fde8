"""What the rules say of a training set, for commands that show it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from maskprep.checking.ledger import Ledger
    from maskprep.checking.project import Project
    from maskprep.model import TrainingSet
    from maskprep.model.report import Report


class Judge:
    """Finds out what the rules say of a training set, once."""

    def __init__(self, project: Project, ledger: Ledger | None) -> None:
        self.project = project
        self._ledger = ledger
        self._report: Report | None = None

    def __call__(
        self, training_set: TrainingSet, progress: Callable[[], None] = lambda: None
    ) -> Report:
        """Check it, or give what was found out before."""
        from maskprep.checking.choice import Ruleset
        from maskprep.checking.engine import check
        from maskprep.running.parallel import ThisMachine

        if self._report is None:
            rules, expectations = Ruleset(self.project.choice), self.project.expectations
            self._report = check(
                training_set, rules, expectations, progress, ThisMachine(), self._ledger
            )
        return self._report
