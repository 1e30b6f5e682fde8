"""Rules at latent scale: what is left of a mask when the trainer applies it (MP3xx)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from maskprep.dataset.growth import TARGET, DetailGrower, GrownDetail
from maskprep.dataset.sample import Sample
from maskprep.masks import latent
from maskprep.masks.details import LOST_BELOW
from maskprep.model import MaskSource, Severity
from maskprep.model.rule import DATASET, Remark, RuleStage, rule
from maskprep.raster import MaskPixels

_LATENT = RuleStage.LATENT
#: Details named in one message.
_DETAILS_TOLD = 3
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
    if details is None or all(each.weight >= threshold for each in details.found):
        return
    lost = sorted(
        (each for each in details.found if each.weight < threshold), key=lambda each: each.weight
    )
    grower = DetailGrower(sample)
    weakest = [grower.grow_alone(each, target) for each in lost[:_DETAILS_TOLD]]
    told = ", ".join(_weighed(each, threshold) for each in weakest)
    if len(lost) > _DETAILS_TOLD:
        told += f" and {len(lost) - _DETAILS_TOLD} more"
    total = len(details.found)
    count = f"{len(lost)} of {total} details" if total > 1 else "its only detail"
    fix, command = "", f"maskprep dilate {DATASET} --target {target:g} --output grown"
    others = (grower.grow_alone(each, target) for each in lost[_DETAILS_TOLD:])
    if not any(each.radius for each in chain(weakest, others)):
        fix, command = "no growth mends it: paint it stronger, or larger", ""
    path = sample.mask_path or sample.pair.image
    yield Remark(path, f"loses {count}: {told}", fix, command=command, choice=not command)


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
    if float(sample.weights.min()) == 1:
        told = "all white at latent scale: the mask does nothing"
        yield Remark(sample.mask_path or "", told, "paint what shall be left out black")
