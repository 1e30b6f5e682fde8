"""From a sample to what its picture shows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from maskprep.dataset.growth import DetailGrower
from maskprep.dataset.sample import Sample
from maskprep.files import pathname
from maskprep.masks.details import LOST_BELOW, Detail
from maskprep.model import Box, MaskSource, Placement, Size
from maskprep.model.report import Finding
from maskprep.pictures.view import Lost, PairView, Spot

#: Details that are shown from near: as many as `maskprep check` tells of a mask.
_SPOTS = 3


def view_of(
    sample: Sample, findings: Sequence[Finding] = (), lost_below: float = LOST_BELOW
) -> PairView | None:
    """Gather what the picture of a pair shows.

    Parameters
    ----------
    sample : Sample
        The pair as the trainer sees it.
    findings : sequence of Finding
        What the rules found of it, the most severe first.
    lost_below : float
        Weight under which a detail counts as lost.

    Returns
    -------
    PairView or None
        None where the weights cannot be foretold.

    Raises
    ------
    UnreadableImageError
        The image cannot be decoded.
    """
    weights, placement, header = sample.weights, sample.placement, sample.image_header
    if weights is None or placement is None or header is None:
        return None
    image, mask = np.ascontiguousarray(sample.picture[..., :3]), sample.mask
    is_alpha = sample.pair.source is MaskSource.ALPHA
    blackens = is_alpha and sample.trainer.blackens_hidden(header.size, placement, sample.subset)
    right = sample.trainer.unshifted() if sample.pair.source is MaskSource.FILE else None
    right_weights = sample.seen_by(right).weights if right is not None else None
    notes = list(_clipping(sample))
    if right_weights is not None and np.array_equal(right_weights, weights):
        right_weights = None
    if right_weights is not None:
        moved = max(placement.crop_xy or (0, 0))
        notes.append(
            f"{sample.trainer.title} stretches the mask to the bucket instead of cropping it:"
            f" it lies up to {moved} px out of place. Newer releases do not."
        )
    details = sample.details
    lost = [] if details is None else details.below(lost_below)
    spots_are, spots = _spots(sample, lost, lost_below)
    shown = [Lost(each.box, details.middle_of(each)) for each in lost] if details else []
    return PairView(
        title=pathname.basename(sample.pair.image),
        image=image,
        mask=np.full(image.shape[:2], 255, np.uint8) if mask is None else mask,
        bucket=placement.bucket,
        weights=weights,
        stride=sample.model.stride,
        crop_box=_crop_box(placement, header.size),
        facts=_facts(sample, placement, len(lost)),
        lost=shown,
        lost_as_drawn=None if right_weights is None else _as_drawn(sample, placement, shown),
        spots=spots,
        spots_are=spots_are,
        findings=findings,
        right_weights=right_weights,
        notes=notes,
        trained_image=sample.image_at_bucket() if blackens else None,
    )


def caption_of(sample: Sample, lost: int) -> str:
    """Tell a pair's numbers in one short line.

    Parameters
    ----------
    sample : Sample
        With weights.
    lost : int
        How many of its details are.

    Returns
    -------
    str
        What trains of it, and what is lost.
    """
    weights = sample.weights
    assert weights is not None, "the caller has seen them"
    if float(weights.max()) == 0:
        return "trains nothing"
    mean = f"mean weight {float(weights.mean(dtype=np.float64)):.3f}"
    if float(weights.min()) == 1:
        return f"{mean}, trains whole"
    found = sample.details.found if sample.details is not None else ()
    return f"{mean}, {_lost_of(lost, len(found))}" if found else f"{mean}, no fine details"


def _lost_of(lost: int, found: int) -> str:
    return f"{lost} of {found} {'detail' if found == 1 else 'details'} lost"


def _spots(sample: Sample, lost: list[Detail], lost_below: float) -> tuple[str, list[Spot]]:
    """Choose what to look at from near: what check tells, else what trains least."""
    details, weights = sample.details, sample.weights
    if details is None or weights is None or not details.found:
        return "", []
    shown = lost[:_SPOTS] or details.below(2)[:1]
    total = len(lost or details.found)
    if lost:
        heading = "The lost detail" if total == 1 else f"The {total} lost details"
        if len(shown) < total:
            heading = f"{len(shown)} of {total} lost details, the weakest"
    else:
        heading = "The only detail, which trains"
        if total > 1:
            heading = f"The weakest of {total} details; none is lost"
    grower = DetailGrower(sample)
    spots = []
    for number, detail in enumerate(shown, 1):
        box = grower.box_of(detail)
        digits = 2
        while lost and round(detail.weight, digits) >= lost_below:  # as check tells it
            digits += 1
        told = f"weight {detail.weight:.{digits}f} at {box.left:.0f},{box.top:.0f}"
        told += f" ({box.width:.0f} x {box.height:.0f} px)"
        pixels = details.pixels_in(weights, [detail])
        caption = f"{number}: {told}" if lost else told
        spots.append(Spot(number if lost else 0, caption, detail.box, pixels))
    return heading, spots


def _as_drawn(sample: Sample, placement: Placement, lost: list[Lost]) -> list[Lost]:
    """Bring details of a shifted mask to where they belong, px of the bucket."""
    window, header = sample.mask_window, sample.mask_header
    assert window is not None, "the caller has seen weights"
    assert header is not None, "it is a mask file"
    kept, bucket = placement.window_in(header.size), placement.bucket

    def across(x: float) -> float:
        return (x * window.width / bucket.width + window.left - kept.left) * (
            bucket.width / kept.width
        )

    def down(y: float) -> float:
        return (y * window.height / bucket.height + window.top - kept.top) * (
            bucket.height / kept.height
        )

    return [
        Lost(
            Box(across(box.left), down(box.top), across(box.right), down(box.bottom)),
            (across(at[0]), down(at[1])),
        )
        for box, at in ((each.box, each.at) for each in lost)
    ]


def _clipping(sample: Sample) -> Iterator[str]:
    header = sample.image_header
    if header is not None and header.is_clipped:
        yield (
            f"It is {header.bits}-bit grey, which the trainer cuts off at 255: this is what it"
            " sees. maskprep check --fix scales it."
        )


def _facts(sample: Sample, placement: Placement, lost: int) -> Sequence[tuple[str, str]]:
    weights, header = sample.weights, sample.image_header
    assert weights is not None, "the caller has seen them"
    assert header is not None, "the caller has seen it"
    rows, columns = weights.shape
    coverage = sample.coverage
    return [
        ("trainer", sample.trainer.title),
        ("model", sample.model.name),
        ("image", str(header.size)),
        ("resized to", str(placement.resized)),
        ("bucket", str(placement.bucket)),
        ("latent cells", f"{Size(columns, rows)} of {sample.model.stride} px"),
        ("coverage", "–" if coverage is None else f"{coverage:.1%}"),
        ("mean weight", f"{float(weights.mean(dtype=np.float64)):.3f}"),
        ("largest weight", f"{float(weights.max()):.3f}"),
        ("fine details", _weakest(sample, lost)),
    ]


def _weakest(sample: Sample, lost: int) -> str:
    if sample.details is None or not sample.details.found:
        return "none"
    found = sample.details.found
    least = min(each.weight for each in found)
    return f"{_lost_of(lost, len(found))}, weakest {least:.2f}"


def _crop_box(placement: Placement, size: Size) -> Box | None:
    if placement.crop_xy is None or placement.resized == placement.bucket:
        return None
    return placement.window_in(size)
