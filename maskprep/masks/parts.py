"""Connected parts of a mask, by their pixels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from maskprep.masks.plane import stable_order

Numbers = NDArray[np.int64]


@dataclass(frozen=True)
class Parts:
    """Parts of a mask.

    Attributes
    ----------
    rows, columns : ndarray of int64, shape (n,)
        Their pixels, row by row.
    labels : ndarray of int64, shape (n,)
        Whose each pixel is, from 0.
    pixels : ndarray of int64, shape (parts,)
        How many each has.
    """

    rows: Numbers
    columns: Numbers
    labels: Numbers
    pixels: Numbers

    @classmethod
    def of(cls, rows: Numbers, columns: Numbers) -> Parts:
        """Find 8-connected parts of pixels that are listed row by row."""
        labels = _components(rows, columns)
        return cls(rows, columns, labels, np.bincount(labels))

    def __len__(self) -> int:
        return len(self.pixels)

    def means(self, of_each: NDArray[Any]) -> NDArray[np.float64]:
        """Average values of each part's pixels."""
        return self.sums(of_each) / self.pixels

    def sums(self, of_each: NDArray[Any]) -> NDArray[np.float64]:
        """Add up values of each part's pixels."""
        return np.bincount(self.labels, of_each, minlength=len(self)).astype(np.float64)

    def any_of(self, of_each: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Tell of which parts some pixel is meant."""
        meant = np.zeros(len(self), bool)
        meant[self.labels[of_each]] = True
        return meant

    def only(self, kept: NDArray[np.bool_]) -> Parts:
        """Leave parts out, and number the rest anew."""
        if kept.all():
            return self
        own = np.flatnonzero(kept[self.labels])
        numbers = np.cumsum(kept) - 1
        labels = numbers[self.labels[own]]
        return Parts(self.rows[own], self.columns[own], labels, self.pixels[kept])

    def boxes(self) -> Numbers:
        """Give left, top, right and bottom of each, the latter two exclusive; shape (parts, 4)."""
        boxes = np.empty((len(self), 4), np.int64)
        # Of what is assigned to one place, the last stays: the pixels come row by row.
        boxes[self.labels[::-1], 1] = self.rows[::-1]
        boxes[self.labels, 3] = self.rows + 1
        order = stable_order(self.columns)
        labels, columns = self.labels[order], self.columns[order]
        boxes[labels[::-1], 0] = columns[::-1]
        boxes[labels, 2] = columns + 1
        return boxes


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
