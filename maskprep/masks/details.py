"""Fine details of a mask: what is narrower than about two latent cells, and its weight.

Everything here is at bucket scale, after the trainer's resize and crop.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from maskprep.masks.packed import Packed
from maskprep.masks.plane import AnyMask, as_mask, nonzero
from maskprep.model import WHOLE, At, Box

Mask = NDArray[np.uint8]

#: Value from which a pixel belongs to the shape: a soft edge shall not cut a thin line.
HALF = 128
#: Pixels below which a part that stands alone is a speck.
SMALLEST = 6
#: Px of the file that a part which stands alone is long, or covers: an ear-ring, and no dust.
_LENGTH, _AREA = 6, 14
#: Px of the file up to which a part is short, and told from noise by what lies around it.
_SHORT = 16
#: By how much a short detail is brighter than what lies so many px of the file around it.
_BRIGHTER, _AROUND = 120, 4
#: Among more scraps than this, in nine fields of so many px of the file, short parts are noise.
_SCRAPS, _FIELD = 12, 24
#: Weight under which a detail counts as lost; growth to the usual target leaves none below it.
LOST_BELOW = 0.4
_NEIGHBOURS = np.ones((3, 3), np.uint8)


@dataclass(frozen=True)
class Detail:
    """One fine part of a mask.

    Attributes
    ----------
    label : int
        Its number, from 1.
    box : Box
        Around it, px of the bucket.
    pixels : int
        How many it has.
    weight : float
        Mean weight of the latent cells that its pixels lie in, [0, 1].
    """

    label: int
    box: Box
    pixels: int
    weight: float


@dataclass(frozen=True)
class DetailCells:
    """The latent cells that one detail is weighed by.

    Attributes
    ----------
    at : tuple of ndarray of int64, shape (cells * stride, stride), or of slice
        Rows and columns of their pixels in the bucket, one cell below the other; or of a part of
        the bucket, or of all.
    pixels : ndarray of float64, shape (cells, 1), or of the cells of the part
        How many of the detail's pixels lie in each cell.
    """

    at: At
    pixels: NDArray[np.float64]

    def weigh(self, weights: NDArray[np.float32]) -> float:
        """Give the detail's weight, [0, 1], by those of the cells."""
        return float((self.pixels * weights).sum() / self.pixels.sum())


@dataclass(frozen=True)
class Details:
    """All fine parts of a mask, with their pixels.

    Attributes
    ----------
    found : tuple of Detail
        From top to bottom.
    rows, columns : ndarray of int64, shape (n,)
        Where their pixels are in the bucket.
    labels : ndarray of int64, shape (n,)
        Which detail each pixel belongs to.
    shape_hw : tuple of int
        The bucket's height and width, px.
    """

    found: tuple[Detail, ...]
    rows: NDArray[np.int64]
    columns: NDArray[np.int64]
    labels: NDArray[np.int64]
    shape_hw: tuple[int, int]

    def weights_in(self, weights: NDArray[np.float32]) -> dict[int, float]:
        """Weigh the details by other cells than those they were found with.

        Parameters
        ----------
        weights : ndarray of float32, shape (rows, columns)
            Of the latent cells, [0, 1].

        Returns
        -------
        dict of int to float
            Detail weight by label.
        """
        cells = weights_at(self.rows, self.columns, weights, self.shape_hw)
        sums = np.bincount(self.labels, cells)
        return {each.label: float(sums[each.label] / each.pixels) for each in self.found}

    @property
    def lost(self) -> tuple[Detail, ...]:
        """Those that weigh too little to be learnt."""
        return tuple(each for each in self.found if each.weight < LOST_BELOW)

    def below(self, threshold: float) -> list[Detail]:
        """List those that weigh less than a threshold, the weakest first."""
        weak = (each for each in self.found if each.weight < threshold)
        return sorted(weak, key=lambda each: each.weight)

    def pixels_in(
        self, weights: NDArray[np.float32], details: Sequence[Detail]
    ) -> NDArray[np.float32]:
        """Count details' pixels in each latent cell.

        Parameters
        ----------
        weights : ndarray of float32, shape (rows, columns)
            Of the latent cells.
        details : sequence of Detail
            Of `found`: those that count.

        Returns
        -------
        ndarray of float32, shape (rows, columns)
            Pixels, at least 0.
        """
        counts = np.zeros(weights.shape, np.float32)
        own = np.isin(self.labels, [each.label for each in details])
        cells = _cells_of(self.rows[own], self.columns[own], weights.shape, self.shape_hw)
        np.add.at(counts, cells, 1)
        return counts

    def counts_by_cell(self, grid: tuple[int, int]) -> dict[int, list[tuple[int, int]]]:
        """Count each detail's pixels in each latent cell.

        Parameters
        ----------
        grid : tuple of int
            Rows and columns of the latent cells.

        Returns
        -------
        dict of int to list of (int, int)
            By label: the place of a cell, row by row from 0, and how many pixels lie in it.
        """
        rows, columns = _cells_of(self.rows, self.columns, grid, self.shape_hw)
        keys, counts = np.unique(
            self.labels * grid[0] * grid[1] + rows * grid[1] + columns, return_counts=True
        )
        by_label: dict[int, list[tuple[int, int]]] = {each.label: [] for each in self.found}
        for key, count in zip(keys.tolist(), counts.tolist(), strict=True):
            label, cell = divmod(key, grid[0] * grid[1])
            if label in by_label:
                by_label[label].append((cell, count))
        return by_label

    def middle_of(self, detail: Detail) -> tuple[int, int]:
        """Find the pixel of a detail that lies nearest to its centre of mass.

        Parameters
        ----------
        detail : Detail
            One of `found`.

        Returns
        -------
        tuple of int
            Column and row, px of the bucket.
        """
        own = self.labels == detail.label
        rows, columns = self.rows[own], self.columns[own]
        off = (rows - rows.mean()) ** 2 + (columns - columns.mean()) ** 2
        nearest = int(off.argmin())
        return int(columns[nearest]), int(rows[nearest])

    def cells_of(self, detail: Detail, grid: tuple[int, ...], stride: int | None) -> DetailCells:
        """Find the cells that a detail is weighed by.

        Parameters
        ----------
        detail : Detail
            One of `found`.
        grid : tuple of int
            Rows and columns of the latent cells.
        stride : int or None
            Px per latent cell; None where the trainer makes a cell of its neighbours' pixels, too.

        Returns
        -------
        DetailCells
            With two cells around them where the stride is None. All of the bucket where its sides
            are no multiples of the cells: there neighbouring cells share pixels.
        """
        height, width = self.shape_hw
        own = self.labels == detail.label
        counts = np.zeros(grid, np.float64)
        np.add.at(counts, _cells_of(self.rows[own], self.columns[own], grid, self.shape_hw), 1)
        if height % grid[0] or width % grid[1] or (stride and height % stride + width % stride):
            return DetailCells(WHOLE, counts)
        if stride is None:
            return _with_neighbours_of(counts, self.shape_hw)
        rows, columns = nonzero(counts)
        steps = np.arange(stride)
        down, across = ((each * stride)[:, None, None] for each in (rows, columns))
        at = np.broadcast_arrays(down + steps[:, None], across + steps)
        return DetailCells(
            (at[0].reshape(-1, stride), at[1].reshape(-1, stride)), counts[rows, columns][:, None]
        )

    def pixels_of(self, detail: Detail) -> NDArray[np.bool_]:
        """Draw one detail.

        Parameters
        ----------
        detail : Detail
            One of `found`.

        Returns
        -------
        ndarray of bool, shape (detail.box.height, detail.box.width)
            Where it has pixels in its box.
        """
        left, top, right, bottom = (int(edge) for edge in detail.box)
        own = self.labels == detail.label
        drawn = np.zeros((bottom - top, right - left), bool)
        drawn[self.rows[own] - top, self.columns[own] - left] = True
        return drawn


def faint_parts(
    mask: Mask, window: Box, shape_hw: tuple[int, int]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Find what the resize to bucket size may lose of a mask.

    Parameters
    ----------
    mask : ndarray of uint8, shape (H, W)
        As stored.
    window : Box
        The part of it that fills the bucket, px of the mask.
    shape_hw : tuple of int
        The bucket's height and width, px.

    Returns
    -------
    rows, columns : ndarray of int64, shape (n,)
        Pixels of the bucket into which stored ones of at least one half fall that belong to parts
        so narrow that the resize could lose them, some more than once; none where the bucket is no
        smaller.
    """
    height, width = shape_hw
    if window.width <= width and window.height <= height:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    # Wider than this a part keeps a pixel of at least one half, however it falls.
    side = math.ceil(max(window.width / width, window.height / height)) + 1
    top, left, shape = _trimmed(mask >= HALF)
    support = Packed.of(shape, side)
    rows, columns = support.without(support.opened_by_square(side)).pixels()
    rows, columns = rows + top, columns + left
    down = np.floor((rows + 0.5 - window.top) * (height / window.height)).astype(np.int64)
    across = np.floor((columns + 0.5 - window.left) * (width / window.width)).astype(np.int64)
    inside = (down >= 0) & (down < height) & (across >= 0) & (across < width)
    return down[inside], across[inside]


def scale_of(window: Box, shape_hw: tuple[int, int]) -> float:
    """Tell how large a pixel of a mask becomes in the bucket.

    Parameters
    ----------
    window : Box
        The part of the mask that fills the bucket, px of the mask.
    shape_hw : tuple of int
        The bucket's height and width, px.

    Returns
    -------
    float
        Px of the bucket, the geometric mean of both directions; more than 1 where it is enlarged.
    """
    height, width = shape_hw
    return math.sqrt(height / window.height * (width / window.width))


def _with_neighbours_of(counts: NDArray[np.float64], shape_hw: tuple[int, int]) -> DetailCells:
    """Take cells that count with two around them, as a part of the bucket."""
    at, within = [], []
    for axis, length in enumerate(shape_hw):
        places = np.flatnonzero(counts.any(axis=1 - axis))
        start, stop = max(0, int(places[0]) - 2), min(counts.shape[axis], int(places[-1]) + 3)
        px = length // counts.shape[axis]
        at.append(slice(start * px, stop * px))
        within.append(slice(start, stop))
    return DetailCells((at[0], at[1]), counts[within[0], within[1]])


def find_details(
    mask: AnyMask,
    weights: NDArray[np.float32],
    faint: tuple[NDArray[np.int64], NDArray[np.int64]] | None = None,
    scale: float = 1,
) -> Details:
    """Find the fine details of a mask.

    Parameters
    ----------
    mask : ndarray of uint8 or bool, shape (h, w)
        The mask at bucket size.
    weights : ndarray of float32, shape (h // stride, w // stride)
        Of its latent cells, [0, 1].
    faint : tuple of ndarray of int64, or None
        Rows and columns, as of `faint_parts`: the hairs of a picture much larger than its bucket,
        which the resize has made fainter than one half.
    scale : float
        Px of the bucket to one of the file, as of `scale_of`.

    Returns
    -------
    Details
        Parts into which a disk of one cell's radius does not fit, and that show in the file's own
        pixels: those that stand alone and are 6 px long, and those that reach further than one
        cell from the body and are as long as one. Short ones stand clear of haze, and of dust. A
        ragged edge has none, nor has a closed shape.

    Examples
    --------
    >>> from maskprep.masks.latent import area_weights
    >>> mask = np.zeros((64, 64), np.uint8)
    >>> mask[8:40, 8:40] = 255
    >>> mask[50:54, 8:40] = 255
    >>> [detail] = find_details(mask, area_weights(mask, 8)).found
    >>> tuple(detail.box), detail.pixels, detail.weight
    ((8, 50, 40, 54), 128, 0.5)
    """
    mask = as_mask(mask)
    reach = _stride_of(mask, weights)
    shape = mask >= HALF
    if faint is not None:
        _put_in(shape, *faint)
    top, left, shape = _trimmed(shape)
    support = Packed.of(shape, reach)
    body = support.opened(reach)
    rows, columns = support.without(body).pixels()
    parts = _Parts(rows + top, columns + left, _components(rows, columns))
    touching = parts.any_of(body.dilated(1, "square").at(rows, columns))
    far = parts.any_of(~body.dilated(reach).at(rows, columns))
    kept = ~touching | far
    parts, touching = parts.only(kept), touching[kept]
    parts = parts.only(_there_in_file(parts, touching, reach, scale))
    parts = parts.only(_clear_of_haze(parts, mask, scale))
    found = tuple(_described(parts, weights, mask.shape))
    return Details(found, parts.rows, parts.columns, parts.labels + 1, mask.shape)


@dataclass(frozen=True)
class _Parts:
    """Parts of a mask, by their pixels in the bucket; `labels` tells whose each is, from 0."""

    rows: NDArray[np.int64]
    columns: NDArray[np.int64]
    labels: NDArray[np.int64]

    def __len__(self) -> int:
        return int(self.labels.max()) + 1 if len(self.labels) else 0

    def sums(self, of_each: NDArray[Any] | None = None) -> NDArray[Any]:
        """Add up over each part's pixels: how many they are, or values of theirs."""
        return np.bincount(self.labels, of_each, minlength=len(self))

    def any_of(self, of_each: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Tell of which parts some pixel is meant."""
        return np.asarray(np.bincount(self.labels[of_each], minlength=len(self)) > 0)

    def only(self, kept: NDArray[np.bool_]) -> _Parts:
        """Leave parts out, and number the rest anew."""
        own = kept[self.labels]
        numbers = np.cumsum(kept) - 1
        return _Parts(self.rows[own], self.columns[own], numbers[self.labels[own]])

    def boxes(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Give first and last column and row of each, the latter exclusive; shape (parts, 2)."""
        # Numbers of 16 bits are sorted by their digits, in a fraction of the time.
        few = len(self) <= np.iinfo(np.uint16).max
        order = np.argsort(self.labels.astype(np.uint16) if few else self.labels, kind="stable")
        starts = np.searchsorted(self.labels[order], np.arange(len(self)))
        places = np.stack([self.columns, self.rows], axis=1)[order]
        return np.minimum.reduceat(places, starts), np.maximum.reduceat(places, starts) + 1


def _there_in_file(
    parts: _Parts, touching: NDArray[np.bool_], reach: int, scale: float
) -> NDArray[np.bool_]:
    """Tell which parts are more than dust, a ragged edge or dithering in the file's own pixels."""
    if not len(parts):
        return np.zeros(0, bool)
    least, most = parts.boxes()
    pixels, lengths = parts.sums(), (most - least).max(axis=1)
    px = max(1, scale)
    large = (lengths >= _LENGTH * px) | (pixels >= _AREA * px**2)
    there = np.where(touching, lengths >= reach * px, large & (pixels >= SMALLEST))
    scraps = ~touching & ~large
    if np.count_nonzero(scraps) > _SCRAPS:
        fields = ((least + most) / (2 * _FIELD * px)).astype(np.int64)
        dust = np.zeros(fields.max(axis=0) + 1, np.float32)
        np.add.at(dust, tuple(fields[scraps].T), 1)
        around = cv2.boxFilter(dust, -1, (3, 3), normalize=False, borderType=cv2.BORDER_CONSTANT)
        there &= (lengths > _SHORT * scale) | (np.asarray(around)[tuple(fields.T)] <= _SCRAPS)
    return np.asarray(there, bool)


def _clear_of_haze(parts: _Parts, mask: Mask, scale: float) -> NDArray[np.bool_]:
    """Tell which parts are long, or stand out from what lies around them."""
    if not len(parts):
        return np.zeros(0, bool)
    least, most = parts.boxes()
    clear = np.asarray((most - least).max(axis=1) > _SHORT * scale)
    short = parts.only(~clear)
    height, width = mask.shape
    distance = round(_AROUND * max(1, scale))
    around, dark = np.zeros(len(short)), np.zeros(len(short))
    for down, across in ((distance, 0), (-distance, 0), (0, distance), (0, -distance)):
        rows = np.clip(short.rows + down, 0, height - 1)
        values = mask[rows, np.clip(short.columns + across, 0, width - 1)]
        is_dark = values < HALF
        around += short.sums(values * is_dark)
        dark += short.sums(is_dark)
    own = mask[short.rows, short.columns]
    # What only the resize has made faint is bright in the file.
    bright = short.sums(np.where(own < HALF, np.uint8(255), own)) / short.sums()
    clear[~clear] = bright - around / np.maximum(dark, 1) >= _BRIGHTER
    return clear


def _trimmed(shape: NDArray[np.bool_]) -> tuple[int, int, NDArray[np.bool_]]:
    """Cut off what is empty around a shape, but for one px: the border of the rest is still empty.

    First row and column of what is left, and that.
    """
    left, top, width, height = cv2.boundingRect(shape.view(np.uint8))
    bottom, right = top + height + 1, left + width + 1
    top, left = max(0, top - 1), max(0, left - 1)
    return top, left, shape[top:bottom, left:right]


def _components(rows: NDArray[np.int64], columns: NDArray[np.int64]) -> NDArray[np.int64]:
    """Find 8-connected parts of pixels: each pixel's, from 0."""
    if not len(rows):
        return rows
    # Labels of two bytes where they suffice: writing them out is half the work. OpenCV's own
    # statistics would take ten times as long as the labels.
    kind = cv2.CV_16U if len(rows) < np.iinfo(np.uint16).max else cv2.CV_32S
    rows, columns = rows - rows.min(), columns - columns.min()
    thin = np.zeros((int(rows.max()) + 1, int(columns.max()) + 1), np.uint8)
    thin[rows, columns] = 1
    _, labels = cv2.connectedComponents(thin, connectivity=8, ltype=kind)
    return np.asarray(labels)[rows, columns].astype(np.int64) - 1


def _described(
    parts: _Parts, weights: NDArray[np.float32], shape_hw: tuple[int, int]
) -> Iterator[Detail]:
    if not len(parts):
        return
    pixels = parts.sums()
    means = parts.sums(weights_at(parts.rows, parts.columns, weights, shape_hw)) / pixels
    least, most = parts.boxes()
    for place, (first, last) in enumerate(zip(least.tolist(), most.tolist(), strict=True)):
        yield Detail(place + 1, Box(*first, *last), int(pixels[place]), float(means[place]))


def _stride_of(mask: Mask, weights: NDArray[np.float32]) -> int:
    return max(1, int(mask.shape[0] // weights.shape[0]))


def _put_in(shape: NDArray[np.bool_], rows: NDArray[np.int64], columns: NDArray[np.int64]) -> None:
    """Add what is faint to a shape, but for the rim of what is there anyhow."""
    lost = ~_with_neighbours(shape)[rows, columns]
    if not lost.any():
        return
    apart = np.zeros_like(shape)
    apart[rows[lost], columns[lost]] = True
    beside = _with_neighbours(apart)[rows, columns]
    shape[rows[beside], columns[beside]] = True


def _with_neighbours(shape: NDArray[np.bool_]) -> NDArray[np.bool_]:
    return np.asarray(cv2.dilate(shape.view(np.uint8), _NEIGHBOURS), np.uint8).view(bool)


def weights_at(
    rows: NDArray[np.int64],
    columns: NDArray[np.int64],
    weights: NDArray[np.float32],
    shape_hw: tuple[int, int],
) -> NDArray[np.float64]:
    """Give the weight of the latent cell that each pixel lies in.

    Parameters
    ----------
    rows, columns : ndarray of int64, shape (n,)
        Pixels of the bucket.
    weights : ndarray of float32, shape (cell rows, cell columns)
        Of the latent cells, [0, 1].
    shape_hw : tuple of int
        The bucket's height and width, px.

    Returns
    -------
    ndarray of float64, shape (n,)
        [0, 1].
    """
    return np.asarray(weights[_cells_of(rows, columns, weights.shape, shape_hw)], np.float64)


def _cells_of(
    rows: NDArray[np.int64],
    columns: NDArray[np.int64],
    grid: tuple[int, ...],
    shape_hw: tuple[int, int],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    height, width = shape_hw
    return rows * grid[0] // height, columns * grid[1] // width
