"""Fine details of a mask: what is narrower than about two latent cells, and its weight.

Everything here is at bucket scale, after the trainer's resize and crop.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from maskprep.masks.plane import stable_order
from maskprep.model import WHOLE, At, Box

#: Value from which a pixel belongs to the shape: a soft edge shall not cut a thin line.
HALF = 128
#: Pixels below which a part that stands alone is a speck.
SMALLEST = 6
#: Weight under which a detail counts as lost; growth to the usual target leaves none below it.
LOST_BELOW = 0.4


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
    at : tuple of ndarray of int64, or of slice
        Rows and columns of their pixels in the bucket, one cell below the other, shapes
        (cells * stride, 1) and (cells * stride, stride); or of a part of the bucket, or of all.
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
        rows, columns = self._pixels_of(detail)
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
        down, across = _cells_of(*self._pixels_of(detail), grid, self.shape_hw)
        places = down * grid[1] + across
        first = int(places.min())
        counts = np.bincount(places - first)
        filled = np.flatnonzero(counts)
        pixels, (rows, columns) = counts[filled], np.divmod(filled + first, grid[1])
        shared = bool(height % grid[0] or width % grid[1])
        shared = shared or (stride is not None and height % stride + width % stride > 0)
        if stride is not None and not shared:
            at = _pixels_in(rows, columns, stride)
            return DetailCells(at, pixels[:, None].astype(np.float64))
        by_cell = np.zeros(grid, np.float64)
        by_cell[rows, columns] = pixels
        if shared:
            return DetailCells(WHOLE, by_cell)
        return _with_neighbours_of(by_cell, self.shape_hw)

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
        rows, columns = self._pixels_of(detail)
        drawn = np.zeros((bottom - top, right - left), bool)
        drawn[rows - top, columns - left] = True
        return drawn

    @cached_property
    def _by_label(self) -> NDArray[np.intp]:
        return stable_order(self.labels)

    @cached_property
    def _ends(self) -> list[int]:
        return [0, *np.cumsum([each.pixels for each in self.found]).tolist()]

    def _pixels_of(self, detail: Detail) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """List a detail's pixels, row by row."""
        own = self._by_label[self._ends[detail.label - 1] : self._ends[detail.label]]
        return self.rows[own], self.columns[own]


def _pixels_in(rows: NDArray[np.int64], columns: NDArray[np.int64], stride: int) -> At:
    """Give rows and columns of the pixels of cells, one cell below the other."""
    steps = np.arange(stride)
    across = np.repeat(columns * stride, stride)
    return ((rows * stride)[:, None] + steps).reshape(-1, 1), across[:, None] + steps


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
