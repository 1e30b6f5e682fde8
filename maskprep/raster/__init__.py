"""The only door for pixels on disk: headers, masks and pictures, read and written.

Imports files and what is below. No trainer, and nothing is judged.
"""

from maskprep.raster.accompany import Accompaniment, read_accompanied, read_accompaniment
from maskprep.raster.decode import (
    Mask,
    MaskPixels,
    StoredPixels,
    read_mask,
    read_picture,
    read_small,
    read_stored,
)
from maskprep.raster.encode import encode_mask, encode_picture
from maskprep.raster.header import Header, read_header
from maskprep.raster.loss import Loss, halves_colours, webp_loss
from maskprep.raster.reading import Channel, Reading
from maskprep.raster.whole import verify_pixels

__all__ = [
    "Accompaniment",
    "Channel",
    "Header",
    "Loss",
    "Mask",
    "MaskPixels",
    "Reading",
    "StoredPixels",
    "encode_mask",
    "encode_picture",
    "halves_colours",
    "read_accompanied",
    "read_accompaniment",
    "read_header",
    "read_mask",
    "read_picture",
    "read_small",
    "read_stored",
    "verify_pixels",
    "webp_loss",
]
