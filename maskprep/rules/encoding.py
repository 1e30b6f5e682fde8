"""Rules for how a mask is stored: what the trainer reads is not what was painted (MP2xx)."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from maskprep import raster
from maskprep.dataset.sample import Sample
from maskprep.masks.channels import COLOUR_TOLERANCE, LARGEST_LABEL, NOTICEABLE, is_coloured
from maskprep.model import MaskSource, Severity
from maskprep.model.rule import DATASET, Remark, RuleStage, rule
from maskprep.raster import MaskPixels

Pixels = NDArray[np.uint8]
Values = NDArray[np.float64]

_ENCODING = RuleStage.ENCODING
_LOAD = "sd-scripts v0.10.1, library/train_util.py, load_image"

_OWN_CHANNEL = "paint it black and white, or let maskprep extract --from auto find its shape"

#: Distance between two colours, of 255, from which people see a fringe.
FRINGE = 32.0
#: Values, of 255, by which pixels of one colour may differ.
_ONE_COLOUR = 4
#: One row of so many is looked at first.
_FEW_ROWS = 16
#: From this quality on, JPEG's noise along an edge is a few values of 255.
FINE_QUALITY = 90
#: Kinds whose files do not say whether they lost something.
_MOSTLY_LOSSY = {"AVIF": "an AVIF", "JXL": "a JPEG XL"}
#: Levels of alpha, up to which libwebp reduces it for an alpha_quality of 70 or less.
_COARSE = 16


@rule(
    "MP201",
    "mask-16bit",
    Severity.ERROR,
    _ENCODING,
    f'{_LOAD}; truth: "16-bit grey mask, every pixel …"',
    mend="maskprep extract DATASET --output masks-8bit, or maskprep check DATASET --fix",
)
def mask_16bit(sample: Sample) -> Iterator[Remark]:
    """A mask of 16 or 32 bits: values above 255 are cut off, not scaled.

    Of 65535 steps all but the first 255 become full weight: soft edges and greys are lost, and
    dim backgrounds train.
    """
    pixels = sample.mask_pixels
    if pixels is None or pixels.header.bits <= 8 or pixels.largest_stored <= 255:
        return
    share = float(np.mean(pixels.mask == 255))
    told = (
        f"is {pixels.header.bits}-bit with values up to {pixels.largest_stored}: every value above"
        f" 255 counts as full weight ({share:.0%} of the pixels)"
    )
    yield Remark(
        sample.mask_path or "", told, "export it as 8-bit grey, or let maskprep extract scale it"
    )


@rule(
    "MP202",
    "mask-label-map",
    Severity.ERROR,
    _ENCODING,
    f'{_LOAD}; truth: "label map mask, every pixel 1"',
    mend="maskprep extract DATASET --above 0 --output masks trains every label, --label N one",
)
def mask_label_map(sample: Sample, *, largest_label: int = LARGEST_LABEL) -> Iterator[Remark]:
    """A map of labels (0, 1, 2, …) instead of black and white: 1 weighs 0.004.

    A mask that was painted, however faintly, has larger values than a map has labels.
    """
    pixels = sample.mask_pixels
    if pixels is None or sample.pair.source is not MaskSource.FILE:
        return
    largest = int(pixels.mask.max())
    if 0 < largest <= largest_label:
        told = f"its largest value is {largest} of 255: it weighs {largest / 255:.3f} at most"
        yield Remark(
            sample.mask_path or "",
            told,
            "maskprep extract --above 0 trains every label, --label N one",
        )


@rule(
    "MP203",
    "mask-alpha-ignored",
    Severity.ERROR,
    _ENCODING,
    f'{_LOAD}; truth: "RGBA mask, white and fully transparent"',
    mend="maskprep extract DATASET --from auto --output masks",
)
def mask_alpha_ignored(sample: Sample, *, share: float = NOTICEABLE) -> Iterator[Remark]:
    """The shape lives in a mask file's alpha, which the trainer drops: transparent pixels train."""
    pixels = sample.mask_pixels
    if pixels is None or pixels.alpha is None or sample.pair.source is not MaskSource.FILE:
        return
    wrong = float(np.mean((pixels.alpha < 128) & (pixels.mask >= 128)))
    flat = int(pixels.mask.min()) == int(pixels.mask.max())
    if flat and int(pixels.alpha.min()) != int(pixels.alpha.max()):
        told = (
            f"its shape is in its alpha, which the trainer drops: R is {pixels.mask[0, 0]} all over"
        )
        yield Remark(
            sample.mask_path or "", told, "maskprep extract --from alpha takes it from there"
        )
    elif wrong > share:
        told = f"{wrong:.0%} of it is transparent and would train: the trainer drops a mask's alpha"
        yield Remark(
            sample.mask_path or "",
            told,
            "flatten it on black, as maskprep extract --from auto does",
        )


@rule(
    "MP204",
    "alpha-absent",
    Severity.ERROR,
    _ENCODING,
    f'{_LOAD}; truth: "alpha_mask, image has no alpha", "alpha_mask, JPEG image"',
    mend="save the image as PNG or WebP with alpha, or put a mask file into it: maskprep embed",
)
def alpha_absent(sample: Sample) -> Iterator[Remark]:
    """Alpha is to be the mask, and the image has none: it trains whole, silently."""
    if sample.pair.source is not MaskSource.ALPHA or sample.mask_header is None:
        return
    if not sample.mask_header.has_alpha:
        kind = f"{sample.mask_header.format} {sample.mask_header.mode}"
        told = f"has no alpha channel ({kind}): it trains whole"
        yield Remark(sample.pair.image, told, "save it as PNG or WebP with alpha")


@rule(
    "MP205",
    "mask-coloured",
    Severity.WARNING,
    _ENCODING,
    f'{_LOAD}; truth: "mask painted pure red", "mask painted pure green"',
    mend="maskprep extract DATASET --from auto --output masks",
)
def mask_coloured(
    sample: Sample, *, tolerance: int = COLOUR_TOLERANCE, share: float = NOTICEABLE
) -> Iterator[Remark]:
    """A coloured mask: the trainer takes R alone. Pure green and blue are left out.

    Channels that differ by less than the tolerance are one grey, with JPEG's noise.
    """
    if _is_coloured(sample, tolerance, share) and not _has_palette(sample):
        yield Remark(sample.mask_path or "", _red_alone(sample), _OWN_CHANNEL)


@rule(
    "MP206",
    "mask-palette",
    Severity.WARNING,
    _ENCODING,
    f"{_LOAD}; truth: cases of mode P",
    mend="maskprep extract DATASET --from auto --output masks, or maskprep check DATASET --fix",
)
def mask_palette(
    sample: Sample, *, tolerance: int = COLOUR_TOLERANCE, share: float = NOTICEABLE
) -> Iterator[Remark]:
    """A mask with a palette: the R of each colour counts, not its number."""
    if sample.pair.source is not MaskSource.FILE or not _has_palette(sample):
        return
    path = sample.mask_path or ""
    if _is_coloured(sample, tolerance, share):
        yield Remark(path, f"has a palette: {_red_alone(sample)}", _OWN_CHANNEL)
    else:
        told = "has a palette, of greys alone: read as painted"
        yield Remark(path, told, "", Severity.INFO)


@rule(
    "MP207",
    "alpha-flat",
    Severity.WARNING,
    _ENCODING,
    f"{_LOAD}; truth: cases with alpha",
    mend="erase what shall be left out, or take alpha_mask out",
)
def alpha_flat(sample: Sample) -> Iterator[Remark]:
    """Alpha is to be the mask, and it is opaque everywhere: the image trains whole."""
    pixels = sample.mask_pixels
    if sample.pair.source is not MaskSource.ALPHA or pixels is None or not sample.carries_mask:
        return
    if int(pixels.mask.min()) == 255:
        told = "its alpha is opaque everywhere: it trains whole"
        yield Remark(sample.pair.image, told, "erase what shall be left out")


@rule(
    "MP208",
    "hidden-colour",
    Severity.WARNING,
    _ENCODING,
    "sd-scripts v0.10.1, library/train_util.py, BaseDataset.__getitem__ (alpha is dropped, not "
    "composited; read)",
    mend="maskprep embed with --fill-hidden edge, or maskprep check DATASET --fix --unsafe-fixes",
)
def hidden_colour(sample: Sample, *, distance: float = FRINGE) -> Iterator[Remark]:
    """One flat colour under the transparent pixels, unlike the picture's edge.

    The trainer drops alpha, so that the VAE sees that colour, and it bleeds into the cells at
    the edge that still train. Colours nearer to the edge's than the distance, of 255, show no
    fringe.
    """
    pixels = sample.mask_pixels
    if sample.pair.source is not MaskSource.ALPHA or pixels is None or pixels.rgb is None:
        return
    hidden = pixels.mask == 0
    share = np.count_nonzero(hidden) / hidden.size
    if share <= NOTICEABLE:
        return
    flat = _flat_colour(pixels.rgb, hidden)
    if flat is None:
        return
    ring = cv2.dilate(hidden.astype(np.uint8), np.ones((7, 7), np.uint8)).astype(bool)
    edge = ring & (pixels.mask >= 128)
    if not edge.any():
        return
    apart = float(np.abs(pixels.rgb[edge].mean(axis=0) - flat).max())
    if apart > distance and not _is_backdrop(pixels.rgb, pixels.mask, flat):
        colour = "#{:02x}{:02x}{:02x}".format(*(int(value) for value in flat))
        told = f"{share:.0%} of it is transparent over flat {colour}, which the VAE will see"
        fix = "export it with the picture kept under the alpha, or spread its edge's colours:"
        fix += f" maskprep dilate {DATASET} --radius 1 --fill-hidden edge --output filled"
        yield Remark(sample.pair.image, told, fix)


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


def _is_backdrop(rgb: Pixels, alpha: Pixels, flat: Values) -> bool:
    """Tell a plain backdrop that was painted from a colour that an editor filled in.

    Along the soft edge a painted picture blends into its backdrop; an editor's cut-out keeps the
    figure's colour up to the last trace of alpha. Black and white are what editors fill in.
    """
    if (flat <= 2).all() or (flat >= 253).all():
        return False
    faint = (alpha > 0) & (alpha < 64)
    if not faint.any():
        return False
    return float(np.abs(rgb[faint].mean(axis=0) - flat).max()) < FRINGE


def _has_palette(sample: Sample) -> bool:
    header = sample.mask_header
    return header is not None and header.mode in ("P", "PA")


def _is_coloured(sample: Sample, tolerance: int, share: float) -> bool:
    pixels = sample.mask_pixels
    if pixels is None or pixels.rgb is None or sample.pair.source is not MaskSource.FILE:
        return False
    return is_coloured(pixels.rgb, tolerance, share)


def _red_alone(sample: Sample) -> str:
    pixels = sample.mask_pixels
    if pixels is None or pixels.rgb is None:
        return ""
    red, green, blue = (float(pixels.rgb[..., band].mean()) / 255 for band in range(3))
    return (
        f"R differs from G and B, and R alone counts: {red:.1%} trains (G would be {green:.1%},"
        f" B {blue:.1%})"
    )


def _flat_colour(rgb: Pixels, where: NDArray[np.bool_]) -> Values | None:
    """Give the one colour that some pixels have; None where they have several."""
    for step in (_FEW_ROWS, 1):  # a picture shows in few rows already
        low, high = _extremes(rgb[::step], where[::step])
        if float((high - low).max()) > _ONE_COLOUR:
            return None
    return low


def _extremes(rgb: Pixels, where: NDArray[np.bool_]) -> tuple[Values, Values]:
    mask = where.astype(np.uint8)
    pairs = [cv2.minMaxLoc(np.ascontiguousarray(rgb[..., band]), mask)[:2] for band in range(3)]
    return np.array([low for low, _ in pairs]), np.array([high for _, high in pairs])
