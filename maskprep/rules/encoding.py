"""Rules for how a mask is stored: what the trainer reads is not what was painted (MP2xx)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from maskprep import raster
from maskprep.dataset.sample import Sample
from maskprep.masks import hidden
from maskprep.masks.colours import COLOUR_TOLERANCE, NOTICEABLE, is_coloured
from maskprep.masks.values import HALF, Kind, ground_share
from maskprep.model import MaskSource, Severity
from maskprep.model.rule import DATASET, Remark, RuleStage, rule
from maskprep.raster import MaskPixels

Pixels = NDArray[np.uint8]

_ENCODING = RuleStage.ENCODING
_LOAD = "sd-scripts v0.10.1, library/train_util.py, load_image"

_LOSS = "library/custom_train_functions.py, apply_masked_loss"
_OWN_CHANNEL = "paint it black and white, or let maskprep extract --from auto find its shape"

#: From this quality on, JPEG's noise along an edge is a few values of 255.
FINE_QUALITY = 90
#: Kinds whose files do not say whether they lost something.
_MOSTLY_LOSSY = {"AVIF": "an AVIF", "JXL": "a JPEG XL"}
#: Levels of alpha, up to which libwebp reduces it for an alpha_quality of 70 or less.
_COARSE = 16
#: What counts of a coloured mask, by the channel that a trainer takes.
_COUNTS = {
    "luminance": "its brightness",
    "libpng": "its brightness",
    "max": "whatever is not black",
}


@rule(
    "MP201",
    "mask-16bit",
    Severity.ERROR,
    _ENCODING,
    f'{_LOAD}; truth: "16-bit grey mask, every pixel …"',
    mend="maskprep extract DATASET --output masks-8bit, or maskprep check DATASET --fix",
    formats="png-grey-16",
)
def mask_16bit(sample: Sample) -> Iterator[Remark]:
    """A mask of 16 or 32 bits: values above 255 are cut off, not scaled.

    Of 65535 steps all but the first 255 become full weight: soft edges and greys are lost, and
    dim backgrounds train. Where a trainer scales them instead, values that were meant as 8-bit ones
    are nearly black.
    """
    pixels = sample.mask_pixels
    if pixels is None or pixels.header.bits <= 8:
        return
    is_bright = pixels.largest_stored > 255
    if sample.trainer.mask_reading(sample.pair.source, sample.subset).deep == "scaled":
        if not is_bright and pixels.largest_stored > 0:
            told = (
                f"is {pixels.header.bits}-bit with values up to {pixels.largest_stored}: the"
                " trainer takes 65535 for white, and scales it to nearly black"
            )
            yield Remark(sample.mask_path or "", told, "export it as 8-bit grey")
        return
    if not is_bright:
        return
    share = float(np.mean(pixels.mask == 255))
    told = (
        f"is {pixels.header.bits}-bit with values up to {pixels.largest_stored}: every value above"
        f" 255 counts as full weight ({share:.0%} of the pixels)"
    )
    fix = "export it as 8-bit grey, or let maskprep extract scale it"
    if sample.values is not None and sample.values.labels:
        fix = "it looks like a label map: maskprep extract --label N trains one of its numbers"
    yield Remark(sample.mask_path or "", told, fix)


@rule(
    "MP202",
    "mask-label-map",
    Severity.ERROR,
    _ENCODING,
    f'{_LOAD}; truth: "label map mask, every pixel 1"',
    mend="maskprep extract DATASET --above 0 --output masks trains every label, --label N one",
    formats="png-labels",
)
def mask_label_map(sample: Sample) -> Iterator[Remark]:
    """Labels (0, 1, 2, …) instead of black and white: 1 weighs 0.004. In a file, or in alpha.

    Labels are a few values, each of them in areas of its own, none of which reaches one half.
    Where 255 stands for "no label", as in VOC's sets, the outlines train and the figures do not.
    """
    pixels, values = sample.mask_pixels, sample.values
    if pixels is None or values is None or not values.labels or pixels.largest_stored > 255:
        return
    named = " or ".join(map(str, values.labels[:3]))
    if values.kind is Kind.VOID:
        fix = f"maskprep extract --label {named} trains that label alone"
    elif ", no 0" in values.why:
        fix = f"--above 0 would train everything: maskprep extract --label {named} trains one"
    else:
        fix = "maskprep extract --above 0 trains every label, --label N one"
    yield Remark(_carrier(sample), f"{_in_alpha(sample)}is {values.why}", fix)


@rule(
    "MP211",
    "mask-faint",
    Severity.ERROR,
    _ENCODING,
    f"{_LOAD}; {_LOSS} (weights are values by 255; read)",
    mend="maskprep extract DATASET --levels 0,LARGEST --output masks",
)
def mask_faint(sample: Sample) -> Iterator[Remark]:
    """A figure painted at part opacity, or in a dark grey: it trains at that weight.

    Below 128 of 255 no cell can reach one half, and the rule is an error. Even paint from there
    to 224 is a warning: ignore the rule where that weight was meant.
    """
    values = sample.values
    if values is not None and values.kind is Kind.FAINT and values.levels is not None:
        black, white = values.levels
        fix = _stretching(black, white)
        level = None if white < HALF else Severity.WARNING
        yield Remark(_carrier(sample), _in_alpha(sample) + values.why, fix, level)


@rule(
    "MP212",
    "mask-constant",
    Severity.ERROR,
    _ENCODING,
    f"{_LOAD}; {_LOSS} (weights are values by 255; read)",
    "paint what shall train white, the rest black",
)
def mask_constant(sample: Sample) -> Iterator[Remark]:
    """One grey all over: the mask has no shape, and all of the image trains at one weight.

    All black is `nothing-trained`, all white `everything-trained`, or `alpha-flat`.
    """
    pixels, values = sample.mask_pixels, sample.values
    if pixels is None or values is None or values.kind is not Kind.CONSTANT:
        return
    in_alpha = sample.pair.source is MaskSource.FILE and _varies(pixels.alpha)
    if 0 < values.top < 255 and not in_alpha:
        told = f"{_in_alpha(sample)}{values.why}: it has no shape, all trains at"
        fix = "paint what shall train white, the rest black"
        if _in_alpha(sample):
            fix = "make what shall train opaque, the rest transparent"
        yield Remark(_carrier(sample), f"{told} {values.top / 255:.2f}", fix)


@rule(
    "MP213",
    "mask-photograph",
    Severity.ERROR,
    _ENCODING,
    f"{_LOAD} (R of whatever picture there is; read)",
    mend="put the mask in its place; if its brightness is the mask, ignore the rule",
)
def mask_photograph(sample: Sample) -> Iterator[Remark]:
    """A photograph, in colours or grey, sharp or blurred, where a mask should be.

    It is neither black nor white in most places, of more than two greys, and lighter or darker
    than all around in many; a vignette or a gradient is not. Often it is the image itself, under
    a mask's name.
    """
    values = sample.values
    if values is not None and values.kind is Kind.PHOTOGRAPH:
        fix = "put the mask in its place"
        yield Remark(_carrier(sample), _in_alpha(sample) + values.why, fix)


@rule(
    "MP214",
    "ground-trains",
    Severity.WARNING,
    _ENCODING,
    f"{_LOAD}; {_LOSS} (weights are values by 255; read)",
    mend="maskprep extract DATASET --levels BLACK,WHITE --output masks",
)
def ground_trains(sample: Sample) -> Iterator[Remark]:
    """A ground that is not black: all that should be ignored trains a little.

    Tools that stretch a mask to its own least and largest value leave such grounds, and pictures
    of colour maps read as greys. Large grounds take much of the loss at a small weight. Ignore
    the rule where that was meant (maskprep extract --floor).
    """
    pixels, values = sample.mask_pixels, sample.values
    if pixels is None or values is None or values.kind is not Kind.RAISED:
        return
    assert values.levels is not None, "a ground has its levels"
    black, white = values.levels
    whose = "its alpha's " if _in_alpha(sample) else "its "
    told = whose + values.why.removeprefix("its ")
    told += f": it takes {ground_share(pixels.mask):.0%} of the loss"
    yield Remark(_carrier(sample), told, _stretching(black, white))


@rule(
    "MP203",
    "mask-alpha-ignored",
    Severity.ERROR,
    _ENCODING,
    f'{_LOAD}; truth: "RGBA mask, white and fully transparent"',
    mend="maskprep extract DATASET --from auto --output masks",
    formats="png-rgba-white",
)
def mask_alpha_ignored(sample: Sample, *, share: float = NOTICEABLE) -> Iterator[Remark]:
    """The shape lives in a mask file's alpha, which the trainer drops: transparent pixels train.

    Or it lives in a channel that Pillow does not even decode: an extra sample of a TIFF that is not
    said to be alpha, a saved selection of a PSD.
    """
    pixels = sample.mask_pixels
    if pixels is None or sample.pair.source is not MaskSource.FILE:
        return
    if pixels.header.left and int(pixels.mask.min()) == int(pixels.mask.max()):
        told = f"R is {pixels.mask[0, 0]} all over, and Pillow leaves {pixels.header.left}"
        yield Remark(sample.mask_path or "", told, "export that channel as a PNG of its own")
        return
    if pixels.alpha is None:
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
    formats="images-whose-alpha-is-the-mask",
)
def alpha_absent(sample: Sample) -> Iterator[Remark]:
    """Alpha is to be the mask, and the image has none: it trains whole, silently."""
    if sample.pair.source is not MaskSource.ALPHA or sample.mask_header is None:
        return
    if not sample.mask_header.has_alpha:
        kind = f"{sample.mask_header.format} {sample.mask_header.mode}"
        if sample.mask_header.left:
            kind += f", and {sample.mask_header.left}"
        told = f"has no alpha channel ({kind}): it trains whole"
        yield Remark(sample.pair.image, told, "save it as PNG or WebP with alpha")


@rule(
    "MP205",
    "mask-coloured",
    Severity.WARNING,
    _ENCODING,
    f'{_LOAD}; truth: "mask painted pure red", "mask painted pure green"',
    mend="maskprep extract DATASET --from auto --output masks",
    formats="png-red",
)
def mask_coloured(
    sample: Sample, *, tolerance: int = COLOUR_TOLERANCE, share: float = NOTICEABLE
) -> Iterator[Remark]:
    """A coloured mask: the trainer takes R alone. Pure green and blue are left out.

    Channels that differ by less than the tolerance are one grey, with JPEG's noise. Where R is
    so dark that no cell can reach one half, the rule is an error.
    """
    if _is_no_mask(sample) or not _is_coloured(sample, tolerance, share) or _has_palette(sample):
        return
    assert sample.mask is not None, "its colours were seen"
    level = Severity.ERROR if 0 < int(sample.mask.max()) < HALF else None
    yield Remark(sample.mask_path or "", _red_alone(sample), _OWN_CHANNEL, level)


@rule(
    "MP206",
    "mask-palette",
    Severity.WARNING,
    _ENCODING,
    f"{_LOAD}; truth: cases of mode P",
    mend="maskprep extract DATASET --from auto --output masks, or maskprep check DATASET --fix "
    "--unsafe-fixes",
    formats="png-palette-voc",
)
def mask_palette(
    sample: Sample, *, tolerance: int = COLOUR_TOLERANCE, share: float = NOTICEABLE
) -> Iterator[Remark]:
    """A mask with a palette: the R of each colour counts, not its number."""
    if sample.pair.source is not MaskSource.FILE or not _has_palette(sample):
        return
    if _is_no_mask(sample):
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
    formats="alpha-png-trns-2",
)
def alpha_flat(sample: Sample) -> Iterator[Remark]:
    """Alpha is to be the mask, and it is opaque everywhere: the image trains whole."""
    pixels = sample.mask_pixels
    if sample.pair.source is not MaskSource.ALPHA or pixels is None or not sample.carries_mask:
        return
    if int(pixels.mask.min()) == 255:
        told = "its alpha is opaque everywhere: it trains whole"
        fix = "erase what shall be left out"
        if pixels.header.format == "PNG" and pixels.header.mode in ("1", "L", "RGB"):
            told += " (its transparent colour is none that Pillow finds: of 2, 4 or 16 bits?)"
            if pixels.header.mode != "RGB":
                fix = f"maskprep extract {DATASET} --output masks writes what it says"
        yield Remark(sample.pair.image, told, fix)


@rule(
    "MP208",
    "hidden-colour",
    Severity.WARNING,
    _ENCODING,
    "sd-scripts v0.10.1, library/train_util.py, BaseDataset.__getitem__ (alpha is dropped, not "
    "composited; read)",
    mend="maskprep embed with --fill-hidden edge, or maskprep check DATASET --fix --unsafe-fixes",
)
def hidden_colour(sample: Sample, *, distance: float = hidden.FRINGE) -> Iterator[Remark]:
    """One flat colour under the transparent pixels, unlike the picture's edge.

    The trainer drops alpha, so that the VAE sees that colour, and it bleeds into the cells at
    the edge that still train. Colours nearer to the edge's than the distance, of 255, show no
    fringe.
    """
    pixels = sample.mask_pixels
    if sample.pair.source is not MaskSource.ALPHA or pixels is None or pixels.rgb is None:
        return
    fringe = hidden.fringe_of(pixels.rgb, pixels.mask, distance)
    if fringe is not None:
        share, flat = fringe
        colour = "#{:02x}{:02x}{:02x}".format(*(int(value) for value in flat))
        told = f"{share:.0%} of it is transparent over flat {colour}, which the VAE will see"
        fix = "export it with the picture kept under the alpha, or spread its edge's colours:"
        fix += f" maskprep dilate {DATASET} --radius 1 --fill-hidden edge --output filled"
        yield Remark(sample.pair.image, told, fix)


@rule(
    "MP215",
    "alpha-multiplied",
    Severity.WARNING,
    _ENCODING,
    "sd-scripts v0.10.1, library/train_util.py, BaseDataset.__getitem__ (alpha is dropped, not "
    "undone; read)",
    mend="export the image with straight alpha, its colours not multiplied",
)
def alpha_multiplied(sample: Sample) -> Iterator[Remark]:
    """Colours along a soft edge that were multiplied by their alpha: the rim trains too dark.

    The trainer drops alpha and divides nothing. Some cut-out tools write colours like that
    (premultiplied, or laid on black) beside an alpha.
    """
    pixels = sample.mask_pixels
    if sample.pair.source is not MaskSource.ALPHA or pixels is None or pixels.rgb is None:
        return
    if hidden.is_multiplied(pixels.rgb, pixels.mask):
        told = "its colours were multiplied by its alpha: its soft edge trains too dark"
        yield Remark(sample.pair.image, told, "export it with straight alpha")


@rule(
    "MP209",
    "mask-jpeg",
    Severity.WARNING,
    _ENCODING,
    f"{_LOAD}; truth: cases of mode JPEG",
    mend="paint or export it as PNG; JPEG's noise stays in a conversion",
    formats="jpeg-75",
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


def _carrier(sample: Sample) -> str:
    return sample.mask_path or sample.pair.image


def _stretching(black: int, white: int) -> str:
    return (
        f"maskprep check {DATASET} --fix --unsafe-fixes stretches it; or all masks alike,"
        f" maskprep extract {DATASET} --levels {black},{white} --output masks-stretched"
    )


def _in_alpha(sample: Sample) -> str:
    return "its alpha " if sample.pair.source is MaskSource.ALPHA else ""


def _varies(alpha: Pixels | None) -> bool:
    return alpha is not None and int(alpha.min()) != int(alpha.max())


def _is_no_mask(sample: Sample) -> bool:
    """Tell whether it is told to be a photograph, or of one value."""
    values = sample.values
    if values is None:
        return False
    return values.kind is Kind.PHOTOGRAPH or (values.kind is Kind.CONSTANT and 0 < values.top < 255)


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
    values = sample.values
    told = values is not None and values.kind in (Kind.COLOUR_MAP, Kind.CLASSES)
    what = f"{values.why}: " if values is not None and told else ""
    channel = sample.trainer.mask_reading(sample.pair.source, sample.subset).channel
    if channel != "r":
        return f"{what}has colours, and {_COUNTS[channel]} counts: {sample.coverage:.1%} trains"
    return (
        f"{what}R differs from G and B, and R alone counts: {red:.1%} trains (G would be"
        f" {green:.1%}, B {blue:.1%})"
    )
