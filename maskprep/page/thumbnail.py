"""Small pictures of a pair: what the VAE sees of the image, and the cells over it."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from maskprep import raster
from maskprep.dataset.sample import Sample
from maskprep.model import Box, MaskSource, Placement, Size
from maskprep.pictures.palette import LOST, RIGHT_PLACE, WHITE, Colour, weight_colours
from maskprep.pictures.view import scaled_picture

Pixels = NDArray[np.uint8]

#: Longer side of a small picture, px.
LONGEST = 320
#: How much of a cell is its colour: the picture stays readable.
_TINT = 0.5
#: Rings in a small picture: more would hide it.
_MOST_RINGS = 5


def thumbnail_size(size: Size) -> Size:
    """Fit a size into `LONGEST` px."""
    shrink = min(1.0, LONGEST / max(size))
    return Size(max(1, round(size.width * shrink)), max(1, round(size.height * shrink)))


def photo_of(sample: Sample) -> Pixels | None:
    """Show what the trainer's VAE sees of an image, small.

    Parameters
    ----------
    sample : Sample
        Any pair.

    Returns
    -------
    ndarray of uint8, shape (h, w, 3), or None
        RGB, with the colours under alpha as they are trained; the bucket's part of the image,
        or all of it where nobody knows that. None where the image has no size.

    Raises
    ------
    UnreadableImageError
        The image cannot be decoded.
    """
    header, placement = sample.image_header, sample.placement
    if header is None:
        return None
    if sample.pair.source is MaskSource.ALPHA:
        at_bucket = sample.image_at_bucket()
        if at_bucket is not None:
            return scaled_picture(at_bucket, thumbnail_size(_size_of(at_bucket)))
    window = Box(0, 0, *header.size) if placement is None else placement.window_in(header.size)
    wanted = thumbnail_size(header.size if placement is None else placement.bucket)
    needed = Size(
        round(wanted.width * header.size.width / window.width),
        round(wanted.height * header.size.height / window.height),
    )
    turned = sample.trainer.turns_images
    pixels = raster.read_small(sample.pair.image, needed, upright=turned)
    sample.image_decodes = True
    across, down = pixels.shape[1] / header.size.width, pixels.shape[0] / header.size.height
    small = Box(
        window.left * across, window.top * down, window.right * across, window.bottom * down
    )
    return scaled_picture(part_in(pixels, small), wanted)


def with_cells(
    photo: Pixels,
    weights: NDArray[np.float32],
    placement: Placement,
    lost: list[Box],
    leaks: list[Box],
) -> Pixels:
    """Lay the latent cells over a small picture, and ring what is worth a look.

    Parameters
    ----------
    photo : ndarray of uint8, shape (h, w, 3)
        Of `photo_of`.
    weights : ndarray of float32, shape (rows, columns)
        Of the cells, [0, 1].
    placement : Placement
        Of the pair.
    lost, leaks : list of Box
        Details that hardly train, and what should not train and does, px of the bucket.

    Returns
    -------
    ndarray of uint8, shape (h, w, 3)
        RGB: blue trains, orange is ignored.
    """
    size = photo.shape[1::-1]
    cells = cv2.resize(weight_colours(weights), size, interpolation=cv2.INTER_NEAREST)
    grey = cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY)[..., None].astype(np.float32)
    shown = np.asarray(grey * (1 - _TINT) + cells * _TINT, np.uint8)
    scale = photo.shape[1] / placement.bucket.width
    for boxes, colour, width in ((leaks, RIGHT_PLACE, 1), (lost, LOST, 3)):
        for box in boxes[:_MOST_RINGS]:
            _ring(shown, box, scale, colour, width)
    return shown


def _ring(picture: Pixels, box: Box, scale: float, colour: Colour, width: int) -> None:
    centre = round((box.left + box.right) / 2 * scale), round((box.top + box.bottom) / 2 * scale)
    radius = max(9, min(40, round(max(box.width, box.height) * scale / 2) + 5))
    for shade, thickness in ((WHITE, width + 2), (colour, width)):
        cv2.circle(picture, centre, radius, shade, thickness, cv2.LINE_AA)


def part_in(pixels: Pixels, window: Box) -> Pixels:
    """Cut a window out of a mask or a picture, to the nearest px; at least one is left."""
    left, top, right, bottom = (round(edge) for edge in window)
    return np.ascontiguousarray(pixels[top : max(bottom, top + 1), left : max(right, left + 1)])


def _size_of(pixels: Pixels) -> Size:
    return Size(pixels.shape[1], pixels.shape[0])
