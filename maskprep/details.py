"""Fine details of a mask: what is narrower than about two latent cells, and its weight.

Everything here is at bucket scale, after the trainer's resize and crop.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from maskprep.model import Box
from maskprep.morphology import dilate, opened

Mask = NDArray[np.uint8]

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
        Its number in `Details.labels`, from 1.
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
class Details:
    """All fine parts of a mask.

    Attributes
    ----------
    found : tuple of Detail
        From top to bottom.
    labels : ndarray of int32, shape (h, w)
        The number of the detail that a pixel belongs to, 0 for none.
    """

    found: tuple[Detail, ...]
    labels: NDArray[np.int32]

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
        return _mean_weights(self.labels, weights, len(self.found))


def faint_parts(mask: Mask, window: Box, shape_hw: tuple[int, int]) -> Mask | None:
    """Bring a mask to bucket size so that nothing of it gets lost on the way.

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
    ndarray of uint8, shape `shape_hw`, or None
        Not 0 wherever a stored pixel of at least one half falls; None where the bucket is no
        smaller, so that no part can get fainter.
    """
    height, width = shape_hw
    if window.width <= width and window.height <= height:
        return None
    left, top, right, bottom = (round(edge) for edge in window)
    part = _support(mask[top : max(bottom, top + 1), left : max(right, left + 1)])
    shrunk = cv2.resize(part, (width, height), interpolation=cv2.INTER_AREA)
    return np.asarray(shrunk, np.uint8)


def find_details(mask: Mask, weights: NDArray[np.float32], faint: Mask | None = None) -> Details:
    """Find the fine details of a mask.

    Parameters
    ----------
    mask : ndarray of uint8, shape (h, w)
        The mask at bucket size.
    weights : ndarray of float32, shape (h // stride, w // stride)
        Of its latent cells, [0, 1].
    faint : ndarray of uint8, shape (h, w), or None
        As of `faint_parts`: the hairs of a picture much larger than its bucket, which the resize
        has made fainter than one half.

    Returns
    -------
    Details
        Parts into which a disk of one cell's radius does not fit: those of at least 6 px that
        stand alone, and those that reach further than one cell from the body. A ragged edge has
        none, nor has a closed shape.

    Examples
    --------
    >>> from maskprep.latent import area_weights
    >>> mask = np.zeros((64, 64), np.uint8)
    >>> mask[8:40, 8:40] = 255
    >>> mask[50:54, 8:40] = 255
    >>> [detail] = find_details(mask, area_weights(mask, 8)).found
    >>> tuple(detail.box), detail.pixels, detail.weight
    ((8, 50, 40, 54), 128, 0.5)
    """
    reach = _stride_of(mask, weights)
    support = _support(mask)
    if faint is not None:
        support = _with_faint(support, faint)
    body = opened(support, reach)
    thin = cv2.subtract(support, body)
    box = cv2.boundingRect(thin)
    labels = np.zeros(mask.shape, np.int32)
    if not box[2]:
        return Details((), labels)
    part = np.s_[box[1] : box[1] + box[3], box[0] : box[0] + box[2]]
    count, components, stats, _ = cv2.connectedComponentsWithStats(thin[part], connectivity=8)
    of_thin = np.asarray(components, np.int32)
    touching = _labels_where(of_thin, dilate(body, 1, "square")[part] != 0, count)
    far = _labels_where(of_thin, dilate(body, reach)[part] == 0, count)
    large = stats[:, cv2.CC_STAT_AREA] >= SMALLEST
    is_detail = np.where(touching, far, large)
    is_detail[0] = False
    order = [int(each) for each in np.flatnonzero(is_detail)]
    numbers = np.zeros(count, np.int32)
    numbers[order] = np.arange(1, len(order) + 1)
    labels[part] = numbers[of_thin]
    means = _mean_weights(labels, weights, len(order))
    found = []
    for label, each in enumerate(order, 1):
        left, top, width, height, pixels = (int(value) for value in stats[each])
        corner = Box(box[0] + left, box[1] + top, box[0] + left + width, box[1] + top + height)
        found.append(Detail(label, corner, pixels, means[label]))
    return Details(tuple(found), labels)


def _support(mask: Mask) -> Mask:
    return np.asarray(cv2.threshold(mask, HALF - 1, 255, cv2.THRESH_BINARY)[1], np.uint8)


def _stride_of(mask: Mask, weights: NDArray[np.float32]) -> int:
    return max(1, int(mask.shape[0] // weights.shape[0]))


def _with_faint(support: Mask, faint: Mask) -> Mask:
    # The rim of what is there anyhow is no faint part.
    beside = dilate(support, 1, "square")
    lost = np.where((faint != 0) & (beside == 0), np.uint8(255), np.uint8(0))
    if not lost.any():
        return support
    joined = (faint != 0) & (dilate(lost, 1, "square") != 0)
    return np.where(joined, np.uint8(255), support)


def _labels_where(
    labels: NDArray[np.int32], where: NDArray[np.bool_], count: int
) -> NDArray[np.bool_]:
    return np.bincount(labels[where], minlength=count) > 0


def _mean_weights(
    labels: NDArray[np.int32], weights: NDArray[np.float32], count: int
) -> dict[int, float]:
    rows, columns = np.nonzero(labels)
    own = labels[rows, columns]
    height, width = labels.shape
    cells = weights[rows * weights.shape[0] // height, columns * weights.shape[1] // width]
    sums = np.bincount(own, cells.astype(np.float64), minlength=count + 1)
    pixels = np.bincount(own, minlength=count + 1)
    return {label: float(sums[label] / pixels[label]) for label in range(1, count + 1)}
