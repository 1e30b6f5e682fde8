"""Rules at latent scale: what is left of a mask when the trainer applies it (MP3xx)."""

from __future__ import annotations

from collections.abc import Iterator

from maskprep.model import MaskSource, Severity
from maskprep.rules.base import Remark, RuleStage, rule
from maskprep.sample import Sample

_LATENT = RuleStage.LATENT
_LOSS = "sd-scripts v0.10.1, library/custom_train_functions.py, apply_masked_loss"


@rule(
    "MP302",
    "nothing-trained",
    Severity.ERROR,
    _LATENT,
    f'{_LOSS}; truth: "mask painted pure green"',
)
def nothing_trained(sample: Sample) -> Iterator[Remark]:
    """Every weight is 0: the step is paid for and teaches nothing."""
    weights = sample.weights
    if weights is not None and float(weights.max()) == 0:
        told = "all black at latent scale: every step on this image is wasted"
        if sample.coverage:
            told = f"trains nothing at latent scale ({sample.coverage:.2%} of it is not black)"
        yield Remark(sample.mask_path or sample.pair.image, told, "paint what shall train white")


@rule("MP303", "everything-trained", Severity.WARNING, _LATENT, f'{_LOSS}; truth: "same size"')
def everything_trained(sample: Sample) -> Iterator[Remark]:
    """Every weight is 1: the mask does nothing, the image trains whole."""
    if sample.pair.source is not MaskSource.FILE or sample.weights is None:
        return
    if float(sample.weights.min()) == 1:
        told = "all white at latent scale: the mask does nothing"
        yield Remark(sample.mask_path or "", told, "paint what shall be left out black")
