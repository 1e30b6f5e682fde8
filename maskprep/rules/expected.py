"""The rule for what a data set's owner expects of its masks (MP5xx)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from maskprep.expectation import Expectation
from maskprep.model import Severity
from maskprep.rules.base import Remark, RuleStage, rule
from maskprep.sample import Sample


@rule(
    "MP501",
    "expectation-broken",
    Severity.ERROR,
    RuleStage.EXPECTATION,
    "an [[expect]] of the data set's own maskprep.toml",
    "repaint the mask, maskprep dilate it, or change what is expected",
)
def expectation_broken(sample: Sample, expectations: Sequence[Expectation]) -> Iterator[Remark]:
    """What the data set's own maskprep.toml expects does not hold.

    Coverage, weights and details that must hold are written down once, in ``[[expect]]`` tables;
    a check fails where they do not, so that no later edit of a mask breaks them unseen.
    """
    for expectation in expectations:
        told = expectation.broken_by(sample)
        if told is not None:
            yield Remark(sample.mask_path or sample.pair.image, told)
