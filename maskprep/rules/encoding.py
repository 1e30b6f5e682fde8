"""Rules for how a mask is stored: what the trainer reads is not what was painted (MP2xx)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from maskprep.dataset.sample import Sample
from maskprep.masks.colours import COLOUR_TOLERANCE, NOTICEABLE, is_coloured
from maskprep.masks.values import HALF, Kind, ground_share
from maskprep.model import MaskSource, Severity
from maskprep.model.rule import DATASET, Remark, RuleStage, rule

Pixels = NDArray[np.uint8]

_ENCODING = RuleStage.ENCODING
_LOAD = "sd-scripts v0.10.1, library/train_util.py, load_image"

_LOSS = "library/custom_train_functions.py, apply_masked_loss"
_OWN_CHANNEL = "paint it black and white, or let its shape be found"
_FOUND = f"maskprep extract {DATASET} --from auto --output masks-found"

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
    are nearly black. Signed numbers of 8 bits are read as if they were not: black is grey.
    """
    pixels = sample.mask_pixels
    command = f"maskprep extract {DATASET} --output masks-8bit"
    if pixels is not None and pixels.wraps:
        told = "is signed 8-bit: -128 to -1 are read as 128 to 255, 0 to 127 as they are"
        yield Remark(sample.mask_path or "", told, "export it as 8-bit grey", command=command)
        return
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
    path, values = sample.mask_path or "", sample.values
    if values is not None and values.labels:
        told += "; it looks like a label map"
        fix, command = _choosing(values.labels, ", no 0" not in values.why)
        yield Remark(path, told, fix, command=command, choice=True)
        return
    yield Remark(path, told, "scale it, or export it as 8-bit grey", command=command)


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
    every = values.kind is not Kind.VOID and ", no 0" not in values.why
    fix, command = _choosing(values.labels, every)
    choice = not every or len(values.labels) > 1
    told = f"{_in_alpha(sample)}is {values.why}"
    yield Remark(_carrier(sample), told, fix, command=command, choice=choice)


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
    if pixels.numbers is not None:
        return  # told by `mask_palette_blank`
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
    yield Remark(sample.mask_path or "", _red_alone(sample), _OWN_CHANNEL, level, _FOUND)


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
    if sample.mask_pixels is None or sample.mask_pixels.numbers is not None:
        return
    if _is_no_mask(sample):
        return
    path = sample.mask_path or ""
    if _is_coloured(sample, tolerance, share):
        yield Remark(path, f"has a palette: {_red_alone(sample)}", _OWN_CHANNEL, command=_FOUND)
    else:
        told = "has a palette, of greys alone: read as painted"
        yield Remark(path, told, "", Severity.INFO)


@rule(
    "MP216",
    "mask-palette-blank",
    Severity.ERROR,
    _ENCODING,
    f"{_LOAD}; Pillow 13.0.0, Image.py, Image.convert (a palette that was never given is"
    " black in newer versions, a ramp of greys in 9.3; run)",
    mend="maskprep extract DATASET --above 0 --output masks trains every number, --label N one",
    formats="png-palette-blank",
)
def mask_palette_blank(sample: Sample) -> Iterator[Remark]:
    """A palette that gives all its numbers one colour: the shape is in the numbers alone.

    Pillow writes label maps of mode ``P`` like that where nobody gave them a palette.
    """
    pixels = sample.mask_pixels
    if pixels is None or pixels.numbers is None:
        return
    used = np.unique(pixels.numbers)
    named = ", ".join(map(str, used[:5])) + (", …" if len(used) > 5 else "")
    colour = f"R is {pixels.mask[0, 0]} all over"
    told = f"its palette gives its numbers ({named}) one colour: {colour}"
    fix, option = "train every number (--label N trains one)", "--above 0"
    if used[0] > 0:
        fix, option = f"train {used[-1]}, or another label", f"--label {used[-1]}"
    command = f"maskprep extract {DATASET} {option} --output masks-found"
    yield Remark(sample.mask_path or "", told, fix, command=command, choice=bool(used[0] > 0))


@rule(
    "MP218",
    "mask-not-finite",
    Severity.ERROR,
    _ENCODING,
    f"{_LOAD}; Pillow 13.0.0, src/libImaging/Convert.c, f2l (casts what is no number; read)",
    mend="maskprep extract DATASET --output masks trains what is infinite, and no NaN",
)
def mask_not_finite(sample: Sample) -> Iterator[Remark]:
    """NaN or infinity in a mask of floats: infinity trains in full, NaN as the processor likes."""
    pixels = sample.mask_pixels
    if pixels is None or pixels.not_finite == 0:
        return
    told = f"is NaN or infinite in {pixels.not_finite:.2%} of its pixels, which is no weight"
    fix = "save it as 8-bit PNG, NaN black and +infinity white"
    command = f"maskprep extract {DATASET} --output masks-8bit"
    yield Remark(sample.mask_path or "", told, fix, command=command)


def _carrier(sample: Sample) -> str:
    return sample.mask_path or sample.pair.image


def _stretching(black: int, white: int) -> str:
    return f"stretch it, or all masks alike with --levels {black},{white} of maskprep extract"


def _choosing(labels: Sequence[float], every: bool) -> tuple[str, str]:
    """Tell what to do with labels, and the command: all of them train, or the first alone."""
    named = " or ".join(f"{label:g}" for label in labels[:3])
    if every:
        one = f"; --label {named} in place of --above 0 trains one" if len(labels) > 1 else ""
        fix, option, folder = f"train every label{one}", "--above 0", "masks-white"
    else:
        fix = f"train one label: --label {named} (--above 0 would train everything)"
        option, folder = f"--label {labels[0]:g}", f"masks-label-{labels[0]:g}"
    return fix, f"maskprep extract {DATASET} {option} --output {folder}"


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
