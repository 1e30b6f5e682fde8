"""Rules for masks stored with loss, and what of it reaches a cell (MP209)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from maskprep import raster
from maskprep.dataset.sample import Sample
from maskprep.model import MaskSource, Severity
from maskprep.model.rule import Remark, RuleStage, rule
from maskprep.raster import MaskPixels

_ENCODING = RuleStage.ENCODING
_LOAD = "sd-scripts v0.10.1, library/train_util.py, load_image"

#: From this quality on, JPEG's noise along an edge is a few values of 255.
FINE_QUALITY = 90
#: Kinds whose files do not say whether they lost something.
_MOSTLY_LOSSY = {"AVIF": "an AVIF", "JXL": "a JPEG XL"}
#: Levels of alpha, up to which libwebp reduces it for an alpha_quality of 70 or less.
_COARSE = 16


@rule(
    "MP209",
    "mask-jpeg",
    Severity.WARNING,
    _ENCODING,
    f"{_LOAD}; truth: cases of mode JPEG",
    mend="paint or export it as PNG; JPEG's noise stays in a conversion",
)
def mask_jpeg(sample: Sample, *, fine_quality: int = FINE_QUALITY) -> Iterator[Remark]:
    """A mask stored with loss: ringing along its edges is trained.

    From JPEG's quality 90 on it is a few values of 255, and told as info. Of WebP the file says
    whether it lost something; AVIF and JPEG XL do not, and are told where there are greys. The
    alpha of a WebP keeps few levels where it was saved with an ``alpha_quality`` below 100: a soft
    edge becomes steps. Where two levels are left, nobody can tell whether it ever was soft.
    """
    pixels, path = sample.mask_pixels, sample.mask_path or ""
    if pixels is None or not sample.carries_mask:
        return
    if sample.pair.source is MaskSource.ALPHA:
        yield from _reduced_alpha(pixels, path)
        return
    kind, quality = pixels.header.format, pixels.header.jpeg_quality
    told, level = "", None
    if quality is not None:
        told = f"is a JPEG of quality {quality}: its edges carry noise"
        level = Severity.INFO if quality >= fine_quality else None
    elif kind == "WEBP" and raster.webp_loss(path).colours:
        told = "is a WebP stored with loss: its edges carry noise"
    elif kind in _MOSTLY_LOSSY and ((pixels.mask > 0) & (pixels.mask < 255)).any():
        told = f"is {_MOSTLY_LOSSY[kind]}, stored with loss unless that was switched off: its edges"
        told += " may carry noise"
    if told:
        yield Remark(path, told, "export it as PNG", level)


def _reduced_alpha(pixels: MaskPixels, path: str) -> Iterator[Remark]:
    if pixels.header.format != "WEBP" or not raster.webp_loss(path).alpha:
        return
    levels = np.count_nonzero(np.bincount(pixels.mask.ravel(), minlength=256))
    told = f"its alpha was stored with loss: {levels} levels of 256 are left"
    if levels <= 2:
        told += ", and any soft edge is hard now"
    coarse = 2 < levels <= _COARSE
    level = None if coarse else Severity.INFO
    yield Remark(path, told, "save it as PNG, or as WebP with alpha_quality 100", level)
