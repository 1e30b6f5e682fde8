"""The rule for what a data set's owner expects of its masks (MP5xx)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from maskprep.dataset.expectation import Expectation
from maskprep.dataset.sample import Sample
from maskprep.model import Severity
from maskprep.model.report import SampleRow
from maskprep.model.rule import Remark, RuleStage, rule


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


@rule(
    "MP502",
    "expectation-unused",
    Severity.ERROR,
    RuleStage.EXPECTATIONS,
    "an [[expect]] of the data set's own maskprep.toml",
    "mend the pattern in files or under, or take the [[expect]] out",
)
def expectation_unused(
    rows: Sequence[SampleRow], expectations: Sequence[Expectation]
) -> Iterator[Remark]:
    """An expectation that concerns no image: a slip of the pen, and a gate that never closes.

    A pattern that fits no file, or pictures of regions whose names are no image's, hold nothing.
    """
    images = [row.image for row in rows]
    for expectation in expectations if images else ():
        if not any(expectation.concerns(image) for image in images):
            what = f"files = {expectation.files!r}"
            what += " and under" if expectation.regions is not None else ""
            told = (
                f"expects {expectation.measure} {expectation.words} of no image: {what} fits none"
            )
            yield Remark(expectation.path, told)
            continue
        for region in expectation.strangers(images):
            yield Remark(region, "marks a region of no image: it is named like none")
