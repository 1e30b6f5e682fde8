"""Finding the fine details of a mask: which thin parts are some, and which are dust or haze."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from maskprep.masks.details import HALF, SMALLEST, Detail, Details, weights_at
from maskprep.masks.packed import Packed
from maskprep.masks.parts import Parts
from maskprep.masks.plane import AnyMask, as_mask
from maskprep.model import Box

Mask = NDArray[np.uint8]

#: Px of the file that a part which stands alone is long, or covers: an ear-ring, and no dust.
_LENGTH, _AREA = 6, 14
#: Px of the file up to which a part is short, and told from noise by what lies around it.
_SHORT = 16
#: By how much a short detail is brighter than what lies so many px of the file around it.
_BRIGHTER, _AROUND = 120, 4
#: Among more scraps than this, in nine fields of so many px of the file, short parts are noise.
_SCRAPS, _FIELD = 12, 24
_NEIGHBOURS = np.ones((3, 3), np.uint8)


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
    parts = Parts.of(*support.without(body).pixels())
    touching = parts.any_of(body.dilated(1, "square").at(parts.rows, parts.columns))
    # No part has a longer box than it has pixels: a ragged edge's teeth need no further look.
    kept = ~touching | (parts.pixels >= reach * max(1, scale))
    parts, touching = parts.only(kept), touching[kept]
    if touching.any():
        far = parts.any_of(~body.dilated(reach).at(parts.rows, parts.columns))
        kept = ~touching | far
        parts, touching = parts.only(kept), touching[kept]
    parts = replace(parts, rows=parts.rows + top, columns=parts.columns + left)
    boxes = parts.boxes()
    kept = _there_in_file(parts, boxes, touching, reach, scale)
    parts, boxes = parts.only(kept), boxes[kept]
    kept = _clear_of_haze(parts, boxes, mask, scale)
    parts, boxes = parts.only(kept), boxes[kept]
    found = tuple(_described(parts, boxes, weights, mask.shape))
    return Details(found, parts.rows, parts.columns, parts.labels + 1, mask.shape)


def _there_in_file(
    parts: Parts,
    boxes: NDArray[np.int64],
    touching: NDArray[np.bool_],
    reach: int,
    scale: float,
) -> NDArray[np.bool_]:
    """Tell which parts are more than dust, a ragged edge or dithering in the file's own pixels."""
    if not len(parts):
        return np.zeros(0, bool)
    lengths, px = _lengths(boxes), max(1, scale)
    large = (lengths >= _LENGTH * px) | (parts.pixels >= _AREA * px**2)
    there = np.where(touching, lengths >= reach * px, large & (parts.pixels >= SMALLEST))
    scraps = ~touching & ~large
    if np.count_nonzero(scraps) > _SCRAPS:
        fields = ((boxes[:, :2] + boxes[:, 2:]) / (2 * _FIELD * px)).astype(np.int64)
        dust = np.zeros(fields.max(axis=0) + 1, np.float32)
        np.add.at(dust, tuple(fields[scraps].T), 1)
        around = cv2.boxFilter(dust, -1, (3, 3), normalize=False, borderType=cv2.BORDER_CONSTANT)
        there &= (lengths > _SHORT * scale) | (np.asarray(around)[tuple(fields.T)] <= _SCRAPS)
    return np.asarray(there, bool)


def _lengths(boxes: NDArray[np.int64]) -> NDArray[np.int64]:
    lengths: NDArray[np.int64] = (boxes[:, 2:] - boxes[:, :2]).max(axis=1)
    return lengths


def _clear_of_haze(
    parts: Parts, boxes: NDArray[np.int64], mask: Mask, scale: float
) -> NDArray[np.bool_]:
    """Tell which parts are long, or stand out from what lies around them."""
    if not len(parts):
        return np.zeros(0, bool)
    clear = np.asarray(_lengths(boxes) > _SHORT * scale)
    if clear.all():
        return clear
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
    bright = short.means(np.where(own < HALF, np.uint8(255), own))
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


def _described(
    parts: Parts,
    boxes: NDArray[np.int64],
    weights: NDArray[np.float32],
    shape_hw: tuple[int, int],
) -> Iterator[Detail]:
    means = parts.means(weights_at(parts.rows, parts.columns, weights, shape_hw)).tolist()
    described = zip(boxes.tolist(), parts.pixels.tolist(), means, strict=True)
    for label, (box, pixels, mean) in enumerate(described, 1):
        yield Detail(label, Box(*box), pixels, mean)


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
