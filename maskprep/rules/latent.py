"""Rules at latent scale: what is left of a mask when the trainer applies it (MP3xx)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from maskprep.dataset.growth import TARGET, DetailGrower, GrownDetail
from maskprep.dataset.sample import Sample
from maskprep.masks import latent
from maskprep.masks.details import LOST_BELOW
from maskprep.model import MaskSource, Severity
from maskprep.model.rule import DATASET, Remark, RuleStage, rule
from maskprep.raster import MaskPixels

_LATENT = RuleStage.LATENT
#: Details named in one message.
DETAILS_TOLD = 3
_LOSS = "sd-scripts v0.10.1, library/custom_train_functions.py, apply_masked_loss"


@rule(
    "MP302",
    "nothing-trained",
    Severity.ERROR,
    _LATENT,
    f'{_LOSS}; truth: "mask painted pure green"',
    mend="paint what shall train white, or take the image out",
)
def nothing_trained(sample: Sample) -> Iterator[Remark]:
    """Every weight is 0: the step is paid for and teaches nothing."""
    weights = sample.weights
    if weights is not None and float(weights.max()) == 0:
        told, fix = "is all black", "paint what shall train white"
        if sample.pair.source is MaskSource.ALPHA:
            told, fix = "is transparent all over", "make what shall train opaque"
        if sample.coverage:
            told = f"trains nothing at latent scale ({sample.coverage:.2%} of it is not black)"
        elif sample.pair.source is MaskSource.FILE and _has_colours(sample.mask_pixels):
            told, fix = (
                "has colours, but R is 0 all over",
                "let its shape be found, or paint it white",
            )
        told += ": every step on this image is wasted"
        yield Remark(sample.mask_path or sample.pair.image, told, fix)
    elif weights is not None and sample.mask is not None and not sample.mask.any():
        least = float(weights.max())
        told = f"is all black: the image trains at the least weight, {least:.2g}, all over"
        yield Remark(sample.mask_path or "", told, "paint what shall train white")


@rule(
    "MP310",
    "loss-not-a-number",
    Severity.ERROR,
    _LATENT,
    'OneTrainer 23df383, modules/util/loss/masked_loss.py; truth: "all_black_uw0_normalise", '
    '"missing_mask_normalise_prior"',
    mend="paint what shall train white, or do not let the trainer divide by the mask's mean",
)
def loss_not_a_number(sample: Sample) -> Iterator[Remark]:
    """A loss divided by the mean of a mask that is 0: it is NaN, and may spoil the model.

    Only of trainers that divide. Where what does not train is held to a prior, that is divided by
    the mean of the rest, which is 0 where all trains.
    """
    weights, factors = sample.weights, sample.loss_factors
    if weights is None or factors is None or not bool(np.isnan(factors).any()):
        return
    if not bool(np.isfinite(weights).all()):
        told = "holds values that are no numbers once they are in the trainer's dtype"
    elif not float(weights.max()):
        told = "trains nothing, and the loss is divided by the mean of the weights, 0"
    elif float(weights.min()) > 0:
        told = "trains all over, and the prior's loss is divided by the mean of the rest, 0"
    else:
        told = "has columns in which nothing trains, and each is divided by its mean, 0"
    fix = "mend the mask, or switch the division off"
    yield Remark(sample.mask_path or sample.pair.image, f"{told}: the loss is NaN", fix)


@rule(
    "MP301",
    "detail-lost",
    Severity.WARNING,
    _LATENT,
    f"{_LOSS}; truth: all weight cases",
    mend="maskprep dilate DATASET --target 0.7 --output grown",
)
def detail_lost(
    sample: Sample, *, threshold: float = LOST_BELOW, target: float = TARGET
) -> Iterator[Remark]:
    """Fine details that hardly train: a hair, an ear-ring, a thread.

    The mask is applied at the latents' size, where every cell gets the mean of the mask in it. A
    detail narrower than a cell weighs as little as it fills of its cells; one that weighs under
    0.4 is taught less than half as well as the rest of the figure. Growing it a few pixels fills
    its cells: at a weight of 0.7 no detail of a grown mask falls below 0.4 again.

    Only what shows in the file's own pixels is a detail: dust, a ragged or dithered edge, and haze
    are none, however far the trainer enlarges them.
    """
    details = sample.details
    lost = [] if details is None else details.below(threshold)
    if details is None or not lost:
        return
    grower = DetailGrower(sample)
    weakest = grower.grow_alone(lost[:DETAILS_TOLD], target)
    told = ", ".join(_weighed(each, threshold) for each in weakest)
    if len(lost) > DETAILS_TOLD:
        told += f" and {len(lost) - DETAILS_TOLD} more"
    total = len(details.found)
    count = f"{len(lost)} of {total} details" if total > 1 else "its only detail"
    fix, command = "", f"maskprep dilate {DATASET} --target {target:g} --output grown"
    if not (_any_grows(weakest) or _any_grows(grower.grow_alone(lost[DETAILS_TOLD:], target))):
        fix, command = "no growth mends it: paint it stronger, or larger", ""
    path = sample.mask_path or sample.pair.image
    yield Remark(path, f"loses {count}: {told}", fix, command=command, choice=not command)


def _any_grows(details: Sequence[GrownDetail]) -> bool:
    return any(each.radius for each in details)


def _weighed(detail: GrownDetail, threshold: float) -> str:
    box = detail.box
    place = f"{_under(detail.before, threshold)} at {box.left:.0f},{box.top:.0f}"
    size = f"{box.width:.0f} x {box.height:.0f} px"
    mend = f"grow by {detail.radius:.0f} px" if detail.radius else "too faint to grow"
    return f"{place} ({size}, {mend})"


def _under(weight: float, threshold: float) -> str:
    """Write a weight with as many digits as show that it is under the threshold."""
    number = latent.told(weight, threshold)
    near = f" (under {threshold:g})" if number != f"{weight:.2f}" else ""
    return f"weight {number}{near}"


def _has_colours(pixels: MaskPixels | None) -> bool:
    return pixels is not None and pixels.rgb is not None and int(pixels.rgb.max()) > 0


@rule(
    "MP303",
    "everything-trained",
    Severity.WARNING,
    _LATENT,
    f'{_LOSS}; truth: "same size"',
    mend=(
        "paint what shall be left out black, or take the mask away and the image to a block without"
    ),
    trains_whole=True,
)
def everything_trained(sample: Sample) -> Iterator[Remark]:
    """Every weight is 1: the mask does nothing, the image trains whole."""
    if sample.pair.source is not MaskSource.FILE or sample.weights is None:
        return
    # Shares of a kernel may add up to a little less.
    if float(sample.weights.min()) > 1 - 1e-6:
        told = "all white at latent scale: the mask does nothing"
        yield Remark(sample.mask_path or "", told, "paint what shall be left out black")
