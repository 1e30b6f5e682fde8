"""Growing the fine details of a pair's mask until they train."""

from __future__ import annotations

import math
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from maskprep.dataset.sample import Sample
from maskprep.dataset.seeds import (
    EVERYWHERE,
    Seed,
    apart,
    cells_at,
    joined,
    padded,
    spread,
    with_margin,
)
from maskprep.masks.details import HALF, Detail, Details
from maskprep.masks.morphology import Shape, dilate, feathered, inverted
from maskprep.masks.scale import Placed, in_bytes, other_way_round
from maskprep.model import WHOLE, At, Box
from maskprep.raster import Mask
from maskprep.running.once import once

Side = Literal["train", "ignore"]

#: Weight that a detail is grown to, unless another is asked for.
TARGET = 0.7
#: Radii are tried up to this many latent cells.
FURTHEST_CELLS = 2
#: Cells by which a detail is grown, of drawn ones, for each 1 that its weight lacks.
_GUESS = 0.87
#: How much longer it takes to weigh a cell by itself than in a whole mask.
_SINGLY = 20


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
        self._tried = self._mask.copy()
        self._window = sample.mask_window
        self._grid = sample.weights.shape
        found = sample.details
        if self._flips:
            bucket_mask = self._at_bucket(self._mask)
            weights = self._sample.weigh(bucket_mask)
            found = sample.details_of(self._mask, in_bytes(bucket_mask), weights)
        assert found is not None, "there are mask and weights"
        self._details: Details = found
        self._seeds: dict[int, Seed] = {}
        self._near: dict[tuple[int, int], int] = {}

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
        return self._growth({each.label: radius for each in self._details.found})

    def grow_to(self, target: float = TARGET) -> Growth:
        """Grow each detail by the smallest radius that lifts its weight to a target.

        Parameters
        ----------
        target : float
            Weight, (0, 1].

        Returns
        -------
        Growth
            Details that are there already stay as they are, and so do those that no radius up to
            two latent cells gets there: soft ones whose peak is below the target, or parts that
            the crop has cut.

        Notes
        -----
        Each is grown as by `grow_alone`. Grown together they weigh at least as much.
        """
        found = self._details.found
        alone = self.grow_alone(found, target)
        radii = {each.label: grown.radius for each, grown in zip(found, alone, strict=True)}
        growth = self._growth(radii)
        for _ in range(self._furthest):
            # Lanczos rings: a neighbour's growth can take a trace of weight away.
            short = [
                label
                for label, each in zip(radii, growth.details, strict=True)
                if 0 < radii[label] < self._furthest and not each.reaches(target)
            ]
            if not short:
                break
            radii |= {label: radii[label] + 1 for label in short}
            growth = self._growth(radii)
        return growth

    def grow_alone(
        self, details: Sequence[Detail], target: float = TARGET
    ) -> tuple[GrownDetail, ...]:
        """Find the smallest radius that lifts each detail to a target, all others left as they are.

        Parameters
        ----------
        details : sequence of Detail
            Of those found.
        target : float
            Weight, (0, 1].

        Returns
        -------
        tuple of GrownDetail
            With the radius 0 where one is there already, and where none gets it there.

        Notes
        -----
        Radii are whole px of the mask, each tried with the trainer's own resize, crop and stride.
        Weights grow with the radius: from a guess on, by steps that double until the least radius
        lies between two that were tried, then by halves. Searches go side by side: what lies far
        apart is weighed at once.
        """
        searches = {each.label: self._search(each, target) for each in details}
        found: dict[int, GrownDetail] = {}
        weights: dict[int, float] | dict[int, None] = dict.fromkeys(searches)
        while weights:
            tried = {}
            for label, weight in weights.items():
                try:
                    tried[label] = searches[label].send(weight)
                except StopIteration as search:
                    found[label] = search.value
            weights = self._weights_alone(tried)
        return tuple(found[each.label] for each in details)

    def _search(self, detail: Detail, target: float) -> Generator[float, float | None, GrownDetail]:
        """Yield radii to be tried, take the weight of each, and return what is found."""
        box = self.box_of(detail)
        start = _told((yield 0)) if self._feather else detail.weight
        left_alone = GrownDetail(box, detail.weight, start, 0)
        if start >= target:
            return left_alone
        is_faint = int(self._seed(detail.label).pixels.max()) < 255 * target
        if is_faint and _told((yield self._furthest)) < target:
            return left_alone
        cell = self._sample.model.stride * self._scale
        tried = min(max(1, round(_GUESS * (target - start) * cell)), self._furthest)
        too_little, enough, after, step = 0, 0, start, 1
        while True:
            weight = _told((yield tried))
            if weight >= target:
                enough, after = tried, weight
            elif tried == self._furthest:
                return left_alone
            else:
                too_little = tried
            if enough - too_little == 1:
                return GrownDetail(box, detail.weight, after, enough)
            if not enough:
                tried = min(tried + step, self._furthest)
            else:
                tried = max(1, enough - step) if not too_little else (enough + too_little) // 2
            step *= 2

    @once
    def _scale(self) -> float:
        """Px of the mask to a px of the bucket."""
        height, width = self._details.shape_hw
        return math.sqrt(self._window.width / width * self._window.height / height)

    @once
    def _finest(self) -> float:
        """Px of the mask to a px of the bucket, along the side where they are fewest."""
        height, width = self._details.shape_hw
        return min(self._window.width / width, self._window.height / height)

    @once
    def _furthest(self) -> int:
        return math.ceil(FURTHEST_CELLS * self._sample.model.stride * self._scale)

    def _flipped(self, mask: Mask) -> Mask:
        return inverted(mask) if self._flips else mask

    def _at_bucket(self, side: Mask, at: At = WHOLE) -> Placed:
        placed = self._sample.at_bucket(self._flipped(side), at)
        return other_way_round(placed) if self._flips else placed

    def _growth(self, radii: Mapping[int, float]) -> Growth:
        mask = self._mask.copy()
        for label, radius in radii.items():
            if radius > 0:
                self._seed(label).grow_into(mask, radius, self._shape)
        mask = feathered(mask, self._feather)
        after = self._details.weights_in(self._weigh_details(mask))
        details = tuple(
            GrownDetail(self.box_of(each), each.weight, after[each.label], radii[each.label])
            for each in self._details.found
        )
        return Growth(self._flipped(mask), details)

    def _weigh_details(self, mask: Mask) -> NDArray[np.float32]:
        """Weigh the cells of a grown mask; where that is less work, none without details."""
        seeds = [self._seed(each.label) for each in self._details.found]
        weights = np.zeros(self._grid, np.float32)
        cells = sum(len(seed.cells.pixels) for seed in seeds)
        if not 0 < _SINGLY * cells < weights.size or not all(seed.is_apart for seed in seeds):
            return self._sample.weigh(self._at_bucket(mask))
        at = joined(seeds)
        rows, columns = cells_at(at, self._sample.model.stride)
        weights[rows, columns] = self._sample.weigh(self._at_bucket(mask, at))[:, 0]
        return weights

    def _weights_alone(self, radii: Mapping[int, float]) -> dict[int, float]:
        """Weigh details, each grown alone, looking only at the cells that they are weighed by."""
        weights = {}
        for labels in apart(radii, self._cells, lambda label: self._reached(label, radii[label])):
            seeds = [self._seed(label) for label in labels]
            for label, seed in zip(labels, seeds, strict=True):
                seed.grow_into(self._tried, radii[label], self._shape)
            soft = feathered(self._tried, self._feather)
            cells = self._sample.weigh(self._at_bucket(soft, joined(seeds)))
            start = 0
            for label, seed in zip(labels, seeds, strict=True):
                stop = start + len(seed.cells.pixels)
                weights[label] = seed.cells.weigh(cells[start:stop])
                start = stop
                place = seed.place(radii[label])
                self._tried[place] = self._mask[place]
        return weights

    def _cells(self, label: int, distance: int = 0) -> int:
        if (label, distance) not in self._near:
            self._near[label, distance] = (
                spread(self._cells(label), distance, self._grid[1])
                if distance
                else self._seed(label).own_cells(self._grid, self._sample.model.stride)
            )
        return self._near[label, distance]

    def _reached(self, label: int, radius: float) -> int:
        """Tell which cells a grown detail may change."""
        reach = self._sample.trainer.resize_reach
        if reach == math.inf:
            return EVERYWHERE
        # Besides the radius: the soft rim, the feathering, and what is cut to whole px.
        changed = (radius + 3 * self._feather + 3) / self._finest
        changed += reach * max(1, 1 / self._finest) + 1
        return self._cells(label, math.ceil(changed / self._sample.model.stride))

    def box_of(self, detail: Detail) -> Box:
        """Find the px of the mask that lie around a detail."""
        return self._boxes[detail.label]

    @once
    def _boxes(self) -> dict[int, Box]:
        rows, columns = self._bucket_px
        found = self._details.found
        edges = np.array([each.box for each in found]).reshape(-1, 4)
        left, right = np.searchsorted(columns, edges[:, ::2].T).tolist()
        top, bottom = np.searchsorted(rows, edges[:, 1::2].T).tolist()
        boxes = zip(left, top, right, bottom, strict=True)
        return {each.label: Box(*box) for each, box in zip(found, boxes, strict=True)}

    def seeds(self) -> Mask:
        """Draw what `grow_by` grows: the details' own pixels, and the soft rim around them.

        Returns
        -------
        ndarray of uint8, shape (H, W)
            The mask's values where they are a detail's, 0 elsewhere. The largest within a radius of
            these and of the mask is what `grow_by` makes, where it does not feather.
        """
        drawn = np.zeros_like(self._mask)
        for each in self._details.found:
            self._seed(each.label).grow_into(drawn, 0, self._shape)
        return drawn

    def _seed(self, label: int) -> Seed:
        if label not in self._seeds:
            self._seeds[label] = self._make_seed(self._details.found[label - 1])
        return self._seeds[label]

    def _make_seed(self, detail: Detail) -> Seed:
        rows, columns = self._bucket_px
        left, top, right, bottom = (int(edge) for edge in self.box_of(detail))
        down, across = rows[top:bottom] - int(detail.box.top), columns[left:right]
        drawn = self._details.pixels_of(detail)[down[:, None], across - int(detail.box.left)]
        own = padded(drawn.view(np.uint8), 1)
        # The soft rim around a drawn line belongs to it: without it the grown edge shows steps.
        rim = dilate(own, 1, "square")
        part = with_margin(self._mask, top, left, bottom, right)
        pixels = part * (own | rim & (part < HALF))
        # Where cells share pixels, all are worked out.
        stride = self._sample.model.stride if self._sample.trainer.cells_are_apart else None
        cells = self._details.cells_of(detail, self._grid, stride)
        return Seed(Box(left, top, right, bottom), pixels, cells)

    @once
    def _bucket_px(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        height, width = self._mask.shape
        bucket_height, bucket_width = self._details.shape_hw
        window = self._window
        return (
            _bucket_px(height, window.top, window.height, bucket_height),
            _bucket_px(width, window.left, window.width, bucket_width),
        )


def _told(weight: float | None) -> float:
    assert weight is not None, "a weight is asked for"
    return weight


def _bucket_px(length: int, start: float, extent: float, pixels: int) -> NDArray[np.int64]:
    """Tell for each px of the mask along one side which px of the bucket it falls into."""
    centres = (np.arange(length) + 0.5 - start) * (pixels / extent)
    return np.asarray(np.floor(centres), np.int64)
