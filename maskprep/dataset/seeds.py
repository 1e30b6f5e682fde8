"""Details' own pixels and cells, and which details are too far apart to change each other."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from maskprep.masks.details import DetailCells
from maskprep.masks.morphology import Shape, dilate
from maskprep.model import At, Box
from maskprep.raster import Mask

#: Cells from which on weighing more at once is no faster: what is between outgrows the caches.
_ENOUGH = 64
#: Cells in which everything lies: what shares all of them is alone.
EVERYWHERE = -1


@dataclass(frozen=True)
class Seed:
    """A detail's own pixels, at the mask's size, and the cells that it is weighed by.

    Attributes
    ----------
    box : Box
        Around the pixels, px of the mask.
    pixels : ndarray of uint8, shape (box.height + 2, box.width + 2)
        What grows, with one px around the box.
    cells : DetailCells
        Of the bucket.
    """

    box: Box
    pixels: Mask
    cells: DetailCells

    @property
    def is_apart(self) -> bool:
        """Whether its cells are asked for one by one."""
        return not isinstance(self.cells.at[0], slice)

    def place(self, radius: float) -> tuple[slice, slice]:
        """Tell where in the mask it reaches to when grown."""
        left, top, right, bottom = (int(edge) for edge in self.box)
        reach = int(radius) + 1
        return np.s_[max(0, top - reach) : bottom + reach, max(0, left - reach) : right + reach]

    def grow_into(self, mask: Mask, radius: float, shape: Shape) -> None:
        """Draw it into a mask, grown by a radius in px of the mask."""
        reach = int(radius) + 1
        part = mask[self.place(radius)]
        grown = dilate(padded(self.pixels, reach - 1), radius, shape)
        above, before = (max(0, reach - int(edge)) for edge in (self.box.top, self.box.left))
        inside = grown[above : above + part.shape[0], before : before + part.shape[1]]
        np.maximum(part, inside, out=part)

    def own_cells(self, grid: tuple[int, ...], stride: int) -> int:
        """Tell which latent cells are its own, a bit each, row by row.

        Parameters
        ----------
        grid : tuple of int
            Rows and columns of the latent cells.
        stride : int
            Px of the bucket to a cell.

        Returns
        -------
        int
            `EVERYWHERE` where it is not apart.
        """
        if not self.is_apart:
            return EVERYWHERE
        own = np.zeros(grid, np.uint8)
        own[cells_at(self.cells.at, stride)] = 1
        return int.from_bytes(np.packbits(own).tobytes(), "big")


def spread(cells: int, distance: int, columns: int) -> int:
    """Add the cells that lie so near, along both sides.

    Parameters
    ----------
    cells : int
        A bit each, row by row.
    distance : int
        Cells.
    columns : int
        Cells in a row.

    Returns
    -------
    int
        Beside a row's end also those of the next: too many, never too few.
    """
    for step in (1, columns):
        for _ in range(distance):
            cells |= cells << step | cells >> step
    return cells


def joined(seeds: Sequence[Seed]) -> At:
    """Tell where the pixels of several details' cells are, those of one after the other's."""
    if len(seeds) == 1:
        return seeds[0].cells.at
    rows, columns = zip(*(seed.cells.at for seed in seeds), strict=True)
    return np.concatenate(rows), np.concatenate(columns)


def cells_at(at: At, stride: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Tell rows and columns of the cells whose pixels are asked for, one below the other."""
    rows, columns = at
    assert not isinstance(rows, slice) and not isinstance(columns, slice), "they are apart"
    return rows[::stride, 0] // stride, columns[::stride, 0] // stride


def padded(mask: Mask, margin: int) -> Mask:
    """Put px around a mask that do not train."""
    return np.asarray(cv2.copyMakeBorder(mask, *4 * (margin,), cv2.BORDER_CONSTANT, value=0))


def with_margin(mask: Mask, top: int, left: int, bottom: int, right: int) -> Mask:
    """Cut a box out of a mask, with one px around it; beyond the mask nothing trains."""
    cut = np.zeros((bottom - top + 2, right - left + 2), np.uint8)
    above, before = int(top == 0), int(left == 0)
    part = mask[top - 1 + above : bottom + 1, left - 1 + before : right + 1]
    cut[above : above + part.shape[0], before : before + part.shape[1]] = part
    return cut


def apart(
    labels: Collection[int], own: Callable[[int], int], reached: Callable[[int], int]
) -> list[list[int]]:
    """Put details together none of which reaches another's cells.

    Parameters
    ----------
    labels : collection of int
        Of the details.
    own, reached : callable
        Give a detail's cells by its label, a bit each: those that it is weighed by, and those that
        it may change.

    Returns
    -------
    list of list of int
        Labels, each in the first group that it fits in.
    """
    if len(labels) == 1:
        return [list(labels)]
    groups: list[tuple[list[int], int, int]] = []
    for label in labels:
        weighed, changed = own(label), reached(label)
        for place, (others, their_weighed, their_changed) in enumerate(groups):
            is_full = their_weighed.bit_count() >= _ENOUGH
            if not (is_full or weighed & their_changed or changed & their_weighed):
                groups[place] = [*others, label], their_weighed | weighed, their_changed | changed
                break
        else:
            groups.append(([label], weighed, changed))
    return [each for each, _, _ in groups]
