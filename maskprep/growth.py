"""Growing the fine details of a pair's mask until they train."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from maskprep.details import HALF, Detail, Details, find_details
from maskprep.latent import area_weights
from maskprep.model import Box
from maskprep.morphology import Shape, dilate, feathered, inverted
from maskprep.raster import Mask
from maskprep.resample import resize
from maskprep.sample import Sample

Side = Literal["train", "ignore"]

#: Weight that a detail is grown to, unless another is asked for.
TARGET = 0.7
#: Radii are tried up to this many latent cells.
FURTHEST_CELLS = 2


@dataclass(frozen=True)
class GrownDetail:
    """What became of one detail.

    Attributes
    ----------
    box : Box
        Around it before it grew, px of the mask.
    before, after : float
        Mean weight of its original pixels' latent cells, [0, 1]; of the ignored side, 1 less the
        trainer's weight.
    radius : float
        By which it was grown, px of the mask; 0 where it was left alone.
    """

    box: Box
    before: float
    after: float
    radius: float

    def reaches(self, target: float) -> bool:
        """Whether its weight is at least `target`."""
        return self.after >= target


@dataclass(frozen=True)
class Growth:
    """A mask with its details grown.

    Attributes
    ----------
    mask : ndarray of uint8, shape (H, W)
        255 trains.
    details : tuple of GrownDetail
        All that were found, from top to bottom.
    """

    mask: Mask
    details: tuple[GrownDetail, ...]


def cut_off(sample: Sample) -> tuple[Box, ...]:
    """Find the details that the trainer's crop cuts off: no growth brings them back.

    Parameters
    ----------
    sample : Sample
        With weights.

    Returns
    -------
    tuple of Box
        Around each detail of which no pixel is left, px of the mask.
    """
    mask, placement, window = sample.mask, sample.placement, sample.mask_window
    if mask is None or placement is None or window is None or placement.crop_xy is None:
        return ()
    height, width = mask.shape
    if (window.width, window.height) == (width, height):
        return ()
    resized = resize(mask, placement.resized, "area")
    left, top = placement.crop_xy
    kept = Box(left, top, left + placement.bucket.width, top + placement.bucket.height)
    across, down = width / resized.shape[1], height / resized.shape[0]
    boxes = (
        Box(box.left * across, box.top * down, box.right * across, box.bottom * down)
        for box in dict.fromkeys(_details_beyond(resized, kept, sample.model.stride))
    )
    return tuple(box for box in boxes if not _nearer(box, window, 0))


def _details_beyond(resized: Mask, kept: Box, stride: int) -> Iterator[Box]:
    # A pixel's being thin depends on what is nearer than three cells: the rest is not looked at.
    height, width = resized.shape
    left, top, right, bottom = (int(edge) for edge in kept)
    beyond = {
        (0, 0, width, top): (0, 0, width, _cells_up(top, stride)),
        (0, bottom, width, height): (0, height - _cells_up(height - bottom, stride), width, height),
        (0, 0, left, height): (0, 0, _cells_up(left, stride), height),
        (right, 0, width, height): (width - _cells_up(width - right, stride), 0, width, height),
    }
    for (x, y, x_end, y_end), (left, top, right, bottom) in beyond.items():
        if not (resized[y:y_end, x:x_end] >= HALF).any():
            continue
        left, top = max(left, 0), max(top, 0)
        band = np.ascontiguousarray(resized[top:bottom, left:right])
        if min(band.shape) < stride:
            continue
        for detail in find_details(band, area_weights(band, stride)).found:
            box = detail.box
            yield Box(box.left + left, box.top + top, box.right + left, box.bottom + top)


def _cells_up(length: int, stride: int) -> int:
    return (-(length // -stride) + 3) * stride


class DetailGrower:
    """Grows the details of one pair's mask, on one of its sides, and weighs them.

    Parameters
    ----------
    sample : Sample
        With weights.
    side : {"train", "ignore"}
        Whose details grow.
    feather : float
        Softening after the growth, px of the mask.
    shape : {"disk", "square", "diamond"}
        Of the structuring element.

    Raises
    ------
    ValueError
        The sample has no weights, or no mask.
    """

    def __init__(
        self, sample: Sample, side: Side = "train", feather: float = 0, shape: Shape = "disk"
    ) -> None:
        if sample.mask is None or sample.weights is None or sample.mask_window is None:
            raise ValueError(f"{sample.pair.image}: its weights cannot be foretold")
        self._sample = sample
        self._flips = side == "ignore"
        self._feather = feather
        self._shape: Shape = shape
        self._mask = self._flipped(sample.mask)
        found = sample.details
        if self._flips:
            found = sample.details_of(self._mask, *self._at_bucket(self._mask))
        assert found is not None, "there are mask and weights"
        self._details: Details = found
        self._scale = _px_a_bucket_px(sample.mask_window, found.shape_hw)
        self._seeds = {each.label: self._seed_of(each, sample.mask_window) for each in found.found}

    def grow_by(self, radius: float) -> Growth:
        """Grow every detail by the same radius, and leave the body alone.

        Parameters
        ----------
        radius : float
            px of the mask.

        Returns
        -------
        Growth
            With the weights that the trainer would give.
        """
        return self._growth(dict.fromkeys(self._seeds, radius))

    def grow_to(self, target: float = TARGET, below: float | None = None) -> Growth:
        """Grow each detail by the smallest radius that lifts its weight to a target.

        Parameters
        ----------
        target : float
            Weight, (0, 1].
        below : float or None
            Grow only details that weigh less; None for all below the target.

        Returns
        -------
        Growth
            Details that are there already stay as they are, and so do those that no radius up to
            two latent cells gets there: soft ones whose peak is below the target, or parts that
            the crop has cut.

        Notes
        -----
        Radii are whole px of the mask. Each is tried with the trainer's own resize, crop and
        stride, with the detail grown alone: details that could touch each other's cells are
        tried in turn. Weights grow with the radius, so that halving the interval finds the
        smallest one. Grown together they weigh at least as much.
        """
        furthest = math.ceil(FURTHEST_CELLS * self._stride * self._scale)
        radii = dict.fromkeys(self._seeds, 0)
        for group in self._apart(self._needy(target, below), furthest):
            radii |= self._smallest(group, target, furthest)
        growth = self._growth(radii)
        for _ in range(furthest):
            # Lanczos rings: a neighbour's growth can take a trace of weight away.
            short = [
                label
                for label, each in zip(self._seeds, growth.details, strict=True)
                if 0 < radii[label] < furthest and not each.reaches(target)
            ]
            if not short:
                break
            radii |= {label: radii[label] + 1 for label in short}
            growth = self._growth(radii)
        return growth

    @property
    def _stride(self) -> int:
        return self._sample.model.stride

    def _flipped(self, mask: Mask) -> Mask:
        return inverted(mask) if self._flips else mask

    def _at_bucket(self, side: Mask) -> tuple[Mask, NDArray[np.float32]]:
        bucket_mask = self._flipped(self._sample.at_bucket(self._flipped(side)))
        return bucket_mask, self._sample.trainer.latent_weights(bucket_mask, self._sample.model)

    def _needy(self, target: float, below: float | None) -> list[int]:
        start = {each.label: each.weight for each in self._details.found}
        if self._feather:
            start = self._weights({})
        limit = target if below is None else min(below, target)
        return [label for label in self._seeds if start[label] < limit]

    def _smallest(self, group: Sequence[int], target: float, furthest: int) -> dict[int, int]:
        best = self._weights(dict.fromkeys(group, furthest))
        enough = {label: furthest for label in group if best[label] >= target}
        too_little = dict.fromkeys(enough, 0)
        while True:
            tried = {
                label: (enough[label] + too_little[label]) // 2
                for label in enough
                if enough[label] - too_little[label] > 1
            }
            if not tried:
                return enough
            weights = self._weights(tried)
            for label, radius in tried.items():
                (enough if weights[label] >= target else too_little)[label] = radius

    def _apart(self, labels: Sequence[int], furthest: int) -> list[list[int]]:
        # What one grows must not lie in a cell that another is weighed by, nor in the reach of a
        # resize kernel from there: Lanczos takes three px of the smaller picture.
        margin = furthest + (self._stride + 3) * max(1.0, self._scale) + 4 * self._feather
        groups: list[list[int]] = []
        for label in labels:
            box = self._seeds[label].box
            for group in groups:
                if not any(_nearer(box, self._seeds[other].box, margin) for other in group):
                    group.append(label)
                    break
            else:
                groups.append([label])
        return groups

    def _growth(self, radii: Mapping[int, float]) -> Growth:
        mask = self._grown(radii)
        after = self._weights_of(mask)
        details = tuple(
            GrownDetail(
                self._seeds[each.label].box, each.weight, after[each.label], radii[each.label]
            )
            for each in self._details.found
        )
        return Growth(self._flipped(mask), details)

    def _weights(self, radii: Mapping[int, float]) -> dict[int, float]:
        return self._weights_of(self._grown(radii))

    def _weights_of(self, mask: Mask) -> dict[int, float]:
        return self._details.weights_in(self._at_bucket(mask)[1])

    def _grown(self, radii: Mapping[int, float]) -> Mask:
        mask = self._mask.copy()
        for label, radius in radii.items():
            self._seeds[label].grow_into(mask, radius, self._shape)
        return feathered(mask, self._feather)

    def _seed_of(self, detail: Detail, window: Box) -> _Seed:
        height, width = self._mask.shape
        bucket_height, bucket_width = self._details.shape_hw
        rows = _bucket_px(height, window.top, window.height, bucket_height)
        columns = _bucket_px(width, window.left, window.width, bucket_width)
        top, bottom = (int(each) for each in np.searchsorted(rows, detail.box[1::2]))
        left, right = (int(each) for each in np.searchsorted(columns, detail.box[::2]))
        inside = rows[top:bottom] - int(detail.box.top), columns[left:right] - int(detail.box.left)
        own = np.pad(self._details.pixels_of(detail)[np.ix_(*inside)].astype(np.uint8), 1)
        # The soft rim around a drawn line belongs to it: without it the grown edge shows steps.
        rim = dilate(own, 1, "square")
        part = np.pad(self._mask, 1)[top : bottom + 2, left : right + 2]
        pixels = np.where((own > 0) | ((rim > 0) & (part < HALF)), part, np.uint8(0))
        return _Seed(Box(left, top, right, bottom), pixels)


@dataclass(frozen=True)
class _Seed:
    """A detail's own pixels, at the mask's size, with one px around its box."""

    box: Box
    pixels: Mask

    def grow_into(self, mask: Mask, radius: float, shape: Shape) -> None:
        left, top, right, bottom = (int(edge) for edge in self.box)
        reach = int(radius) + 1
        grown = dilate(np.pad(self.pixels, reach - 1), radius, shape)
        y, x = max(0, top - reach), max(0, left - reach)
        part = mask[y : bottom + reach, x : right + reach]
        inside = grown[y - top + reach :, x - left + reach :][: part.shape[0], : part.shape[1]]
        np.maximum(part, inside, out=part)


def _bucket_px(length: int, start: float, extent: float, pixels: int) -> NDArray[np.int64]:
    """Tell for each px of the mask along one side which px of the bucket it falls into."""
    centres = (np.arange(length) + 0.5 - start) * (pixels / extent)
    return np.asarray(np.floor(centres), np.int64)


def _px_a_bucket_px(window: Box, shape_hw: tuple[int, int]) -> float:
    height, width = shape_hw
    return math.sqrt(window.width / width * window.height / height)


def _nearer(one: Box, other: Box, distance: float) -> bool:
    return (
        one.left - distance < other.right
        and other.left - distance < one.right
        and one.top - distance < other.bottom
        and other.top - distance < one.bottom
    )
