"""Rules at latent scale: what is left of a mask when the trainer applies it (MP3xx)."""

from __future__ import annotations

from collections.abc import Iterator

from maskprep.model import MaskSource, Severity
from maskprep.raster import MaskPixels
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
        told, fix = "is all black", "paint what shall train white"
        if sample.coverage:
            told = f"trains nothing at latent scale ({sample.coverage:.2%} of it is not black)"
        elif sample.pair.source is MaskSource.FILE and _has_colours(sample.mask_pixels):
            told, fix = "has colours, but R is 0 all over", "paint it white instead of coloured"
        told += ": every step on this image is wasted"
        yield Remark(sample.mask_path or sample.pair.image, told, fix)


def _has_colours(pixels: MaskPixels | None) -> bool:
    return pixels is not None and pixels.rgb is not None and int(pixels.rgb.max()) > 0


@rule("MP303", "everything-trained", Severity.WARNING, _LATENT, f'{_LOSS}; truth: "same size"')
def everything_trained(sample: Sample) -> Iterator[Remark]:
    """Every weight is 1: the mask does nothing, the image trains whole."""
    if sample.pair.source is not MaskSource.FILE or sample.weights is None:
        return
    if float(sample.weights.min()) == 1:
        told = "all white at latent scale: the mask does nothing"
        yield Remark(sample.mask_path or "", told, "paint what shall be left out black")
