"""Rules for masks stored with loss, and what of it reaches a latent cell (MP209)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import cv2
import numpy as np

from maskprep import raster
from maskprep.dataset.sample import Sample
from maskprep.masks.colours import is_coloured
from maskprep.masks.tones import harden
from maskprep.masks.values import HALF, Kind
from maskprep.model import MaskSource, Severity
from maskprep.model.rule import DATASET, Remark, RuleStage, rule
from maskprep.raster import Mask, MaskPixels

_ENCODING = RuleStage.ENCODING
_LOAD = "sd-scripts v0.10.1, library/train_util.py, load_image"

#: From this quality on, JPEG's noise along an edge is a few values of 255.
FINE_QUALITY = 90
#: Kinds whose files do not say whether they lost something.
_MOSTLY_LOSSY = {"AVIF": "an AVIF", "JXL": "a JPEG XL"}
#: Levels of alpha, up to which libwebp reduces it for an alpha_quality of 70 or less.
_COARSE = 16
#: Values between these are neither black nor white, with the noise of any quality that is usual.
_MIDDLE = (64, 192)
#: A mask of two tones has so few of them, to a pixel of its outline; smoothed outlines have more.
#: The second counts where colours are halved, or the quality is below the third.
_FEW, _FEW_IN_MUD, _MUDDY = 0.15, 0.5, 25
#: What may be of two tones; all else is told to be something else.
_MAY_BE_TWO_TONED = (Kind.BLACK_AND_WHITE, Kind.TONES, Kind.PAINT, Kind.CLASSES)
_SOFT = ", which cannot be told from soft greys"


class _Loss(NamedTuple):
    """By what the weights of cells differ from those of black and white."""

    worst: float
    mean: float


@rule(
    "MP209",
    "mask-jpeg",
    Severity.WARNING,
    _ENCODING,
    f"{_LOAD}; truth: cases of mode JPEG",
    mend="export it as PNG; what had two tones: maskprep extract DATASET --threshold 128 --output"
    " masks-hard",
    formats="jpeg-75",
)
def mask_jpeg(sample: Sample, *, fine_quality: int = FINE_QUALITY) -> Iterator[Remark]:
    """A mask stored with loss: ringing along its edges is trained.

    From JPEG's quality 90 on it is a few values of 255, and told as info. Of WebP the file says
    whether it lost something; AVIF and JPEG XL do not, and are told where there are greys.

    What counts is a cell's weight. Of a mask of two tones it is compared with that of its black
    and white: ringing cancels out in part, and a cell is off by 0.016 at JPEG's quality 75, by
    0.005 at WebP's 80. Paint in colours is hit harder: JPEG and WebP store colours at half the
    width and height (4:2:0), and R is one of them, up to 0.05 off. What soft edges were nobody can
    tell; of soft masks saved in grey to try it, at quality 10 and above, no cell was off by 0.025.

    The alpha of a WebP keeps few levels where it was saved with an ``alpha_quality`` below 100: a
    soft edge becomes steps. Where two levels are left, nobody can tell whether it ever was soft.
    """
    pixels, path = sample.mask_pixels, sample.mask_path or ""
    if pixels is None or not sample.carries_mask:
        return
    if sample.pair.source is MaskSource.ALPHA:
        yield from _reduced_alpha(pixels, path)
        return
    kind = _lossy_kind(pixels, path)
    if not kind:
        return
    quality = pixels.header.jpeg_quality
    level = Severity.INFO if quality is not None and quality >= fine_quality else None
    halved = pixels.rgb is not None and is_coloured(pixels.rgb) and raster.halves_colours(path)
    colours = ", R among colours stored at half the size (4:2:0)" if halved else ""
    loss = _loss(sample, pixels.mask, halved=halved)
    fix, command = "export it as PNG", ""
    if loss is None:
        told = "its edges carry noise" + _SOFT * (sample.weights is not None)
    elif loss.worst == 0:
        told, level = "no cell weighs otherwise than in black and white", Severity.INFO
    else:
        told = f"a cell weighs up to {loss.worst:.3f} otherwise than in black and white"
        told += f" ({loss.mean:.4f} on average)"
        fix += ", or make it hard"
        command = f"maskprep extract {DATASET} --threshold {HALF} --output masks-hard"
    yield Remark(path, f"is {kind}{colours}: {told}", fix, level, command)


def _lossy_kind(pixels: MaskPixels, path: str) -> str:
    """Name how a mask was stored; empty where nothing was lost."""
    kind, quality = pixels.header.format, pixels.header.jpeg_quality
    if quality is not None:
        return f"a JPEG of quality {quality}"
    if kind == "WEBP" and raster.webp_loss(path).colours:
        return "a WebP stored with loss"
    if kind in _MOSTLY_LOSSY and ((pixels.mask > 0) & (pixels.mask < 255)).any():
        return f"{_MOSTLY_LOSSY[kind]}, stored with loss unless that was switched off"
    return ""


def _loss(sample: Sample, mask: Mask, *, halved: bool) -> _Loss | None:
    """Compare the cells with those of black and white; None where it had more tones."""
    weights, values = sample.weights, sample.values
    if weights is None or values is None or values.kind not in _MAY_BE_TWO_TONED:
        return None
    hard = harden(mask, HALF)
    quality = sample.mask_header.jpeg_quality if sample.mask_header is not None else None
    in_mud = halved or (quality is not None and quality < _MUDDY)
    outline = cv2.morphologyEx(hard, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
    between = cv2.inRange(mask, _MIDDLE[0], _MIDDLE[1] - 1)
    few = _FEW_IN_MUD if in_mud else _FEW
    if cv2.countNonZero(between) > few * cv2.countNonZero(outline):
        return None
    apart = np.abs(sample.weigh(sample.at_bucket(hard)) - weights)
    return _Loss(float(apart.max()), float(apart.mean()))


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
