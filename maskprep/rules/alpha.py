"""Rules for alpha: an image's, which is its mask, and a mask file's, which is dropped (MP2xx)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from maskprep.dataset.sample import Sample
from maskprep.masks import hidden
from maskprep.masks.colours import NOTICEABLE
from maskprep.masks.fringe import FRINGE, fringe_of
from maskprep.model import MaskSource, Severity
from maskprep.model.rule import DATASET, Remark, RuleStage, rule

_ENCODING = RuleStage.ENCODING
_LOAD = "sd-scripts v0.10.1, library/train_util.py, load_image"
_FOUND = f"maskprep extract {DATASET} --from auto --output masks-found"


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
        yield Remark(sample.mask_path or "", told, "take it from the alpha", command=_FOUND)
    elif wrong > share:
        told = f"{wrong:.0%} of it is transparent and would train: the trainer drops a mask's alpha"
        yield Remark(sample.mask_path or "", told, "flatten it on black", command=_FOUND)


@rule(
    "MP204",
    "alpha-absent",
    Severity.ERROR,
    _ENCODING,
    f'{_LOAD}; truth: "alpha_mask, image has no alpha", "alpha_mask, JPEG image"',
    mend="save the image as PNG or WebP with alpha, or put a mask file into it: maskprep embed",
    formats="images-whose-alpha-is-the-mask",
    trains_whole=True,
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
    "MP207",
    "alpha-flat",
    Severity.WARNING,
    _ENCODING,
    f"{_LOAD}; truth: cases with alpha",
    mend="erase what shall be left out, or take alpha_mask out",
    trains_whole=True,
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
    """Colours under the transparent pixels that are no picture's, unlike its edge.

    The trainer drops alpha, so that the VAE sees them, and they bleed into the cells at the edge
    that still train. Most are one flat colour, an editor's. A lossless WebP that was saved without
    ``exact`` has black and smears; others have squares or a gradient. The ground that was there
    when the picture was taken or painted is none of them. Colours nearer to the edge's than the
    distance, of 255, show no fringe.
    """
    pixels = sample.mask_pixels
    if sample.pair.source is not MaskSource.ALPHA or pixels is None or pixels.rgb is None:
        return
    fringe = fringe_of(pixels.rgb, pixels.mask, distance)
    if fringe is None:
        return
    if fringe.colour is not None:
        what = "flat #{:02x}{:02x}{:02x}".format(*(int(value) for value in fringe.colour))
    else:
        what = f"made-up colours, at its edge up to {fringe.apart:.0f} of 255 off"
    told = f"{fringe.share:.0%} of it is transparent over {what}, which the VAE will see"
    kept = " (WebP: exact)" if pixels.header.format == "WEBP" else ""
    fix = f"export it with the picture kept under the alpha{kept}, or spread its edge's colours"
    command = f"maskprep dilate {DATASET} --radius 1 --fill-hidden edge --output filled"
    yield Remark(sample.pair.image, told, fix, command=command)


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
    "MP217",
    "alpha-key-misread",
    Severity.ERROR,
    RuleStage.FILES,
    f"{_LOAD}; Pillow 13.0.0, PngImagePlugin.py, PngStream.chunk_tRNS (takes the key unscaled; run"
    " from 9.3 on)",
    mend="save it with an alpha channel, 8-bit; the mask as it was meant: maskprep extract DATASET"
    " --output masks",
    formats="alpha-png-trns-2",
)
def alpha_key_misread(sample: Sample) -> Iterator[Remark]:
    """A PNG whose transparency is a key, which the trainer's Pillow reads otherwise.

    Of 2 and 4 bits it compares the key with greys that it has scaled, so that nothing is
    transparent; so of 1 bit before Pillow 12.1. Of 16 bits it compares the key's lower byte with
    greys that it has cut off at 255, or with the upper bytes of colours: a key of 256 makes black
    transparent. Viewers and editors show what the file means.
    """
    pixels = sample.mask_pixels
    if sample.pair.source is not MaskSource.ALPHA or pixels is None or pixels.alpha is None:
        return
    meant, read = (float(np.mean(alpha == 0)) for alpha in (pixels.alpha, pixels.mask))
    told = (
        f"its transparency is one colour: {meant:.0%} of it everywhere else, {read:.0%} for the"
        " trainer, whose Pillow misreads the key"
    )
    yield Remark(sample.pair.image, told, "save it as 8-bit PNG with an alpha channel")
