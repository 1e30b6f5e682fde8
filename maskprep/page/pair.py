"""From a sample to its card: the numbers, the pictures, and what the page's script works with."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maskprep.checking.compared import Seen
from maskprep.dataset.growth import FURTHEST_CELLS, TARGET, DetailGrower
from maskprep.dataset.sample import Sample
from maskprep.errors import UnreadableImageError
from maskprep.files import pathname, shell
from maskprep.masks.details import LOST_BELOW, Detail
from maskprep.masks.latent import area_weights
from maskprep.masks.morphology import inverted
from maskprep.model import Box, Size
from maskprep.model.report import Finding, SampleRow
from maskprep.page.compare import Change, compared
from maskprep.page.packing import packed_bits, packed_mask, packed_weights, picture_uri
from maskprep.page.thumbnail import part_in, photo_of, thumbnail_size, with_cells
from maskprep.pictures.order import Ranked
from maskprep.pictures.view import scaled

#: Bytes of WebP at most: of the card's picture, and of the one that is enlarged.
_TILE, _PHOTO = 4_700, 5_500
#: Lost details for which the radius that mends them is sought, the weakest first.
_MOST_MENDED = 12


@dataclass(frozen=True)
class Card:
    """What the page shows of one pair.

    Attributes
    ----------
    name, path : str
        The image; any characters.
    row : SampleRow
        Its numbers.
    share : float or None
        Of the whole set's gradient, [0, 1].
    shift : int
        By how many px of the bucket the trainer puts its mask out of place, at most.
    findings : tuple of Finding
        About it, the most severe first.
    problem : str
        Why nothing can be foretold; empty where it can.
    is_fault : bool
        Whether that is a defect of maskprep itself.
    tile : str
        A small picture as a data URI; empty where there is none.
    lost : tuple of (Box, float, int or None)
        Details that hardly train: where, px of the mask; the weight; the radius that mends it.
    leaks : tuple of (Box, float)
        Ignored parts that train all the same: where, px of the bucket, and how much of it trains.
    change : Change or None
        What another set of masks makes of it.
    data : mapping or None
        What the script draws and grows.
    coarse : callable or None
        Gives the same with a small mask, which can be looked at and not be grown: made only for
        pages that have no room for whole ones.
    elsewhere : tuple of Seen
        What other trainers see.
    """

    name: str
    path: str
    row: SampleRow
    share: float | None
    shift: int
    findings: tuple[Finding, ...]
    problem: str = ""
    is_fault: bool = False
    tile: str = ""
    lost: tuple[tuple[Box, float, int | None], ...] = ()
    leaks: tuple[tuple[Box, float], ...] = ()
    change: Change | None = None
    data: Mapping[str, Any] | None = None
    coarse: Callable[[], Mapping[str, Any]] | None = None
    elsewhere: tuple[Seen, ...] = ()

    @property
    def weighs(self) -> int:
        """How many characters its whole mask adds to a page."""
        if self.data is None or self.data["replay"] is None:
            return 0
        return len(self.data["mask"]["data"]) + len(self.data["seeds"] or "")

    def settled(self) -> Card:
        """Make what is else made when asked for: a card that is kept shall hold no pixels."""
        if self.coarse is None:
            return self
        made = self.coarse()
        return replace(self, coarse=lambda: made)

    @property
    def severity(self) -> str:
        """The worst that was found of it: a severity, or ``none``."""
        return self.findings[0].severity.value if self.findings else "none"


def card_of(
    ranked: Ranked,
    row: SampleRow,
    share: float | None,
    arguments: str,
    lost_below: float = LOST_BELOW,
    other_masks: Mapping[str, str] | None = None,
    *,
    whole: bool = True,
) -> Card:
    """Gather what the page shows of a pair.

    Parameters
    ----------
    ranked : Ranked
        The pair, and what was found of it.
    row : SampleRow
        Its numbers.
    share : float or None
        Of the gradient, [0, 1].
    arguments : str
        What to type after a command to name the data set again.
    lost_below : float
        Weight under which a detail counts as lost.
    other_masks : mapping of str to str, or None
        Masks to be compared, by their stems.
    whole : bool
        Whether there may be room for its whole mask.

    Returns
    -------
    Card
        With pictures, where the image can be decoded.
    """
    sample = ranked.sample.seen_by(ranked.sample.trainer)  # its pixels go with it
    path, found = sample.pair.image, ranked.findings
    name = pathname.basename(path)
    try:
        photo = photo_of(sample)
    except UnreadableImageError as error:
        return Card(name, path, row, share, 0, found, str(error))
    weights, placement = sample.weights, sample.placement
    if photo is None or weights is None or placement is None:
        tile = "" if photo is None else picture_uri(photo, _TILE)
        return Card(name, path, row, share, 0, found, sample.obstacle, tile=tile)
    details = sample.details
    lost = [] if details is None else details.below(lost_below)
    leaks = _leaks(sample, lost_below)
    grower = DetailGrower(sample) if details is not None and details.found else None
    radii = dict(_radii(grower, lost))
    drawn = with_cells(photo, weights, placement, [each.box for each in lost], leaks_boxes(leaks))
    change = compared(sample, other_masks)
    data = _for_script(sample, weights, grower, lost, leaks, radii, whole=whole)
    data |= {
        "photo": picture_uri(photo, _PHOTO),
        "command": f"maskprep dilate {arguments} --only {shell.typed([name])}",
        "other": None if change is None else packed_weights(change.weights),
    }
    coarse = None if data["replay"] is None else partial(_coarse, sample, weights, data)
    if coarse is not None and not whole:
        data, coarse = coarse(), None
    return Card(
        name,
        path,
        row,
        share,
        _shift(sample, weights),
        found,
        tile=picture_uri(drawn, _TILE),
        lost=tuple(
            (_mask_box(grower, each), each.weight, radii.get(each.label))
            for each in lost
            if grower is not None
        ),
        leaks=leaks,
        change=change,
        data=data,
        coarse=coarse,
    )


def leaks_boxes(leaks: tuple[tuple[Box, float], ...]) -> list[Box]:
    """Give the places alone."""
    return [box for box, _ in leaks]


def _mask_box(grower: DetailGrower, detail: Detail) -> Box:
    return grower.box_of(detail)


def _radii(grower: DetailGrower | None, lost: list[Detail]) -> Iterator[tuple[int, int | None]]:
    """Find for the weakest details the least radius that mends each."""
    if grower is None:
        return
    told = lost[:_MOST_MENDED]
    for each, grown in zip(told, grower.grow_alone(told), strict=True):
        yield each.label, int(grown.radius) if grown.reaches(TARGET) else None


def _shift(sample: Sample, weights: NDArray[np.float32]) -> int:
    right = sample.trainer.unshifted()
    placement = sample.placement
    if right is None or placement is None or sample.pair.mask is None:
        return 0
    other = sample.seen_by(right).weights
    moved = other is not None and not np.array_equal(other, weights)
    return max(placement.crop_xy or (0, 0)) if moved else 0


def _leaks(sample: Sample, lost_below: float) -> tuple[tuple[Box, float], ...]:
    """Find what is too thin to be ignored: the details of the other side that hardly count."""
    mask, at_bucket, weights = sample.mask, sample.bucket_mask, sample.weights
    if mask is None or at_bucket is None or weights is None or not sample.carries_mask:
        return ()
    if at_bucket.min() == 255:
        return ()
    found = sample.details_of(inverted(mask), inverted(at_bucket), 1 - weights)
    if found is None:
        return ()
    return tuple((each.box, 1 - each.weight) for each in found.below(lost_below))


def _for_script(
    sample: Sample,
    weights: NDArray[np.float32],
    grower: DetailGrower | None,
    lost: list[Detail],
    leaks: tuple[tuple[Box, float], ...],
    radii: Mapping[int, int | None],
    *,
    whole: bool,
) -> dict[str, Any]:
    placement, details = sample.placement, sample.details
    assert placement is not None, "the caller has seen it"
    rows, columns = weights.shape
    cells = {} if details is None else details.counts_by_cell((rows, columns))
    found = () if details is None else details.found
    labels = {each.label for each in lost}
    data: dict[str, Any] = {
        "bucket": placement.bucket,
        "stride": sample.model.stride,
        "cells": (columns, rows),
        "weights": packed_weights(weights),
        "details": [
            {
                "box": [round(edge) for edge in each.box],
                "weight": round(each.weight, 5),
                "lost": each.label in labels,
                "radius": radii.get(each.label),
                "cells": cells[each.label],
            }
            for each in found
        ],
        "leaks": [{"box": [round(e) for e in box], "weight": round(w, 3)} for box, w in leaks],
        "mask": None,
        "replay": None,
        "seeds": None,
    }
    mask = sample.mask
    if mask is None or not sample.carries_mask:
        return data
    size = Size(mask.shape[1], mask.shape[0])
    data["replay"] = _replay(sample, weights, size)
    if data["replay"] is None:
        data["mask"] = _small_mask(sample)
        return data
    data["most"] = min(64, math.ceil(_reach(sample)))
    if whole:
        data["mask"] = {
            "size": size,
            "window": placement.window_in(size),
            "data": packed_mask(mask),
        }
        data["weights"] = None  # the script makes them of the mask
        data["seeds"] = None if grower is None else packed_bits(grower.seeds())
    return data


def _coarse(
    sample: Sample, weights: NDArray[np.float32], data: Mapping[str, Any]
) -> dict[str, Any]:
    """Leave out what a growth needs."""
    details = [{**each, "cells": []} for each in data["details"] if each["lost"]]
    return {
        **data,
        "details": details,
        "mask": _small_mask(sample),
        "replay": None,
        "seeds": None,
        "weights": packed_weights(weights),
        "not_carried": True,
    }


def _small_mask(sample: Sample) -> dict[str, Any]:
    """Show where a mask lies in the picture: small, and wholly in its window."""
    placement, mask = sample.placement, sample.mask
    assert placement is not None and mask is not None, "the caller has seen them"
    window = placement.window_in(Size(mask.shape[1], mask.shape[0]))
    size = thumbnail_size(placement.bucket)
    return {
        "size": size,
        "window": (0, 0, *size),
        "data": packed_mask(scaled(part_in(mask, window), size)),
    }


def _reach(sample: Sample) -> float:
    """Tell how far growing helps, px of the mask."""
    window, placement = sample.mask_window, sample.placement
    assert window is not None and placement is not None, "the caller has seen weights"
    across, down = window.width / placement.bucket.width, window.height / placement.bucket.height
    return FURTHEST_CELLS * sample.model.stride * math.sqrt(across * down)


def _replay(sample: Sample, weights: NDArray[np.float32], size: Size) -> dict[str, Any] | None:
    """Say how the script goes from a mask to its cells; None where it cannot."""
    placement, pixels, bucket_mask = sample.placement, sample.mask_pixels, sample.bucket_mask
    if placement is None or placement.crop_xy is None or pixels is None or bucket_mask is None:
        return None
    as_averages = area_weights(bucket_mask, sample.model.stride)
    if pixels.deep is not None or not np.array_equal(weights, as_averages):
        return None
    resize = sample.trainer.mask_resize(size, placement, sample.pair, sample.dataset, sample.subset)
    kernel, target = ("same", size) if resize is None else (resize.kernel, resize.target)
    if target == size:
        kernel = "same"
    if kernel == "area" and (target.width > size.width or target.height > size.height):
        return None
    if kernel not in ("same", "area", "pillow-lanczos"):
        return None
    if target not in (placement.resized, placement.bucket):
        return None
    offset = placement.crop_xy if target == placement.resized else (0, 0)
    return {"kernel": kernel, "target": target, "offset": offset}
