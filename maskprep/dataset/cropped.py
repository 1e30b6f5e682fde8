"""Details that the trainer's crop cuts off."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from maskprep.dataset.sample import Sample
from maskprep.masks.details import HALF
from maskprep.masks.finding import find_details, scale_of
from maskprep.masks.latent import area_weights
from maskprep.masks.resample import resize
from maskprep.model import Box, Size
from maskprep.raster import Mask


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
    resized = placement.resized
    left, top = placement.crop_xy
    kept = Box(left, top, left + placement.bucket.width, top + placement.bucket.height)
    across, down = width / resized.width, height / resized.height
    boxes = (
        Box(box.left * across, box.top * down, box.right * across, box.bottom * down)
        for box in dict.fromkeys(_details_beyond(mask, resized, kept, sample.model.stride))
    )
    return tuple(box for box in boxes if not _nearer(box, window, 0))


def _details_beyond(mask: Mask, resized: Size, kept: Box, stride: int) -> Iterator[Box]:
    # A pixel's being thin depends on what is nearer than three cells: the rest is not looked at.
    width, height = resized
    left, top, right, bottom = (int(edge) for edge in kept)
    beyond = {
        (0, 0, width, top): (0, 0, width, _cells_up(top, stride)),
        (0, bottom, width, height): (0, height - _cells_up(height - bottom, stride), width, height),
        (0, 0, left, height): (0, 0, _cells_up(left, stride), height),
        (right, 0, width, height): (width - _cells_up(width - right, stride), 0, width, height),
    }
    for (x, y, x_end, y_end), (left, top, right, bottom) in beyond.items():
        if (
            min(x_end - x, y_end - y) <= 0
            or _stored(mask, resized, x, y, x_end, y_end).max() < HALF
        ):
            continue
        left, top, right, bottom = max(left, 0), max(top, 0), min(right, width), min(bottom, height)
        if min(right - left, bottom - top) < stride:
            continue
        stored = _stored(mask, resized, left, top, right, bottom)
        band = resize(stored, Size(right - left, bottom - top), "area")
        scale = scale_of(Box(0, 0, mask.shape[1], mask.shape[0]), (height, width))
        for detail in find_details(band, area_weights(band, stride), scale=scale).found:
            box = detail.box
            yield Box(box.left + left, box.top + top, box.right + left, box.bottom + top)


def _stored(mask: Mask, resized: Size, left: int, top: int, right: int, bottom: int) -> Mask:
    """Cut out what becomes a part of the resized mask, to the nearest pixel around it."""
    height, width = mask.shape
    across, down = width / resized.width, height / resized.height
    rows = slice(math.floor(top * down), math.ceil(bottom * down))
    columns = slice(math.floor(left * across), math.ceil(right * across))
    return np.ascontiguousarray(mask[rows, columns])


def _cells_up(length: int, stride: int) -> int:
    return (-(length // -stride) + 3) * stride


def _nearer(one: Box, other: Box, distance: float) -> bool:
    return (
        one.left - distance < other.right
        and other.left - distance < one.right
        and one.top - distance < other.bottom
        and other.top - distance < one.bottom
    )
