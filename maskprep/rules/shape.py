"""Rules for a mask's shape: which side trains, and crumbs of either side (MP3xx)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from maskprep.dataset.sample import Sample
from maskprep.masks.details import HALF, SMALLEST
from maskprep.masks.plane import nonzero
from maskprep.model import MaskSource, Severity
from maskprep.model.rule import Remark, RuleStage, rule
from maskprep.raster import Mask

_LATENT = RuleStage.LATENT
_LOSS = "sd-scripts v0.10.1, library/custom_train_functions.py, apply_masked_loss"

#: Shares of left and right border that train, and of the centre left out, in an inverted mask.
BORDER, CENTRE = 0.8, 0.5
#: What is left out on purpose (a watermark, a face) is smaller than this share of the picture.
LEFT_OUT = 0.1
#: Share of the top border that has to train: a head may touch it.
_TOP = 0.5
#: Fields on each side of the grid on which polarity is judged; divisible by three.
_GRID = 24

#: Value from which a pixel is no background: haze and JPEG's noise are fainter.
_TRACE = 32
#: Pixels no further apart than this belong together.
_APART = 9
#: Side of the blocks in which pixels are counted: as many as a word has bytes.
_BLOCK = 4
#: Rows that are counted at once.
_BAND = 128
_EACH_BYTE = np.uint32(0x01010101)
#: Blocks beyond which looking at each takes longer than labelling all.
_MANY = 256
#: More dots than this so near, in px, are dithering or noise, and no crumbs.
_DOTS, _NEAR = 8, 64


@rule(
    "MP304",
    "polarity-suspect",
    Severity.WARNING,
    _LATENT,
    f"{_LOSS}; truth: all weight cases",
    "invert the mask: white trains, black is ignored",
)
def polarity_suspect(
    sample: Sample, *, border: float = BORDER, centre: float = CENTRE, left_out: float = LEFT_OUT
) -> Iterator[Remark]:
    """The border trains and the centre is ignored: was the mask meant the other way round?

    Some programs paint black what they select. Then the background is taught and the figure is
    not, at full cost and without a word.

    Told where the left and the right border train, but for a fifth, down to two thirds of the
    height (below, shoulders may reach them), and half of the top, while half of the middle ninth
    of the picture is ignored. A figure to be trained fills the middle; land below a sky, or a
    figure at a side, has a side that does not train. A watermark or a small face left out is less
    than a tenth of the picture. What is meant cannot be seen in a mask: a background trained on
    purpose, a frame, letters such as U and i that leave the middle free, all look like a mistake.
    Ignore the rule there.
    """
    mask = sample.mask
    if mask is None or not sample.carries_mask:
        return
    # Eight pixels a field, down and across, tell which side prevails there.
    down, across = (max(1, side // (8 * _GRID)) for side in mask.shape)
    sampled = np.ascontiguousarray(mask[::down, ::across])
    trains = cv2.resize(sampled, (_GRID, _GRID), interpolation=cv2.INTER_AREA) >= HALF
    third = _GRID // 3
    top, *sides = (trains[0, :], trains[: 2 * third, 0], trains[: 2 * third, -1])
    ignored = 1 - float(trains[third:-third, third:-third].mean())
    if float(top.mean()) < _TOP or min(float(side.mean()) for side in sides) < border:
        return
    if ignored < centre or 1 - float(trains.mean()) < left_out:
        return
    around = float(np.concatenate([top, *sides]).mean())
    told = f"{around:.0%} of its border trains, {ignored:.0%} of its centre is ignored:"
    if sample.pair.source is MaskSource.ALPHA:
        inverted = "invert its alpha: what is opaque trains, what is transparent is ignored"
    else:
        inverted = "invert the mask: white trains, black is ignored"
    fix = f"if the figure is to be trained, {inverted}"
    yield Remark(sample.mask_path or sample.pair.image, f"{told} is it inverted?", fix)


@rule(
    "MP307",
    "specks",
    Severity.WARNING,
    _LATENT,
    f"{_LOSS}; truth: all weight cases",
    "paint them black",
)
def specks(sample: Sample, *, largest: int = SMALLEST - 1) -> Iterator[Remark]:
    """Crumbs of a few pixels that train by mistake, far from everything else that does.

    They are left by automatic masks and by stray dabs of a brush. A crumb teaches next to
    nothing, but growing the mask makes a blot of it. Counted at the mask's own size; what is
    larger than the limit, in px of the bucket, is none. What lies near other pixels that train is
    no crumb, so that dithering, noise and frayed edges are not told.
    """
    mask = sample.mask
    if mask is None or not sample.carries_mask:
        return
    found = _crumbs(mask, largest * _px_a_bucket_px(sample), holes=False)
    if found:
        told = f"trains {_counted(found, 'speck')}"
        yield Remark(sample.mask_path or sample.pair.image, told, "paint them black")


@rule(
    "MP308",
    "pinholes",
    Severity.WARNING,
    _LATENT,
    f"{_LOSS}; truth: all weight cases",
    "paint them white",
)
def pinholes(sample: Sample, *, largest: int = SMALLEST - 1) -> Iterator[Remark]:
    """Holes of a few pixels in what trains, far from everything else that is ignored.

    They are left by automatic masks and by brushes with gaps between their dabs. A pinhole
    weakens its cell a little; softening or growing the ignored side makes a hole of it. The limit
    is in px of the bucket; holes near other ignored pixels, as in letters, are not told.
    """
    mask = sample.mask
    if mask is None or not sample.carries_mask:
        return
    found = _crumbs(mask, largest * _px_a_bucket_px(sample), holes=True)
    if found:
        told = f"has {_counted(found, 'pinhole')}"
        yield Remark(sample.mask_path or sample.pair.image, told, "paint them white")


class _Crumb(NamedTuple):
    """A small group of pixels: how many, and where."""

    pixels: int
    x: int
    y: int


def _counted(crumbs: list[_Crumb], noun: str) -> str:
    most = max(crumbs)
    if len(crumbs) == 1:
        return f"a {noun} of {most.pixels} px at {most.x},{most.y}"
    return f"{len(crumbs)} {noun}s, the largest of {most.pixels} px at {most.x},{most.y}"


def _px_a_bucket_px(sample: Sample) -> float:
    """Tell how many px of the mask one px of the bucket is made of, at least 1."""
    window, placement = sample.mask_window, sample.placement
    if window is None or placement is None:
        return 1.0
    bucket = placement.bucket
    return max(1.0, window.width * window.height / (bucket.width * bucket.height))


def _crumbs(mask: Mask, largest: float, *, holes: bool) -> list[_Crumb]:
    """Find groups of at most `largest` px, at least one of them half, apart from all others."""
    filled = _filled(mask, holes)
    # Whatever pixel of a block is looked from, the blocks around it are no further than `_APART`.
    near = cv2.boxFilter(filled, -1, (3, 3), normalize=False, borderType=cv2.BORDER_CONSTANT)
    tops, lefts = (each * _BLOCK for each in nonzero((filled > 0) & (near <= int(largest))))
    if len(tops) <= _MANY and not _any_apart(mask, tops, lefts, largest, holes):
        return []
    element = np.ones((_APART, _APART), np.uint8)
    joined = np.asarray(cv2.dilate(_traces(mask, holes).view(np.uint8), element), np.uint8)
    found = []
    # A group of n px, grown by the element, has at most n times the element's area.
    for outline in _outlines(joined, largest * _APART**2):
        x, y, width, height = cv2.boundingRect(outline)
        column, row = outline[0, 0] - (x, y)
        part = np.s_[y : y + height, x : x + width]
        _, labels = cv2.connectedComponents(joined[part], connectivity=8)
        own = (labels == labels[row, column]) & _traces(mask[part], holes)
        pixels = int(np.count_nonzero(own))
        if pixels <= largest and _strongest(mask[part][own], holes) >= HALF:
            rows, columns = nonzero(own)
            found.append(_Crumb(pixels, x + int(columns[0]), y + int(rows[0])))
    return _apart_from_dots(found, mask, largest, holes) if found else found


def _outlines(groups: Mask, largest: float) -> Iterator[NDArray[np.int32]]:
    """Give the outlines of 8-connected groups, but for most that have more than so many px.

    Labels of a whole mask would take four bytes a pixel, outlines take next to nothing.
    """
    outlines, ranks = cv2.findContours(groups, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    for place, outline in enumerate(outlines):
        _, _, hole, around = ranks[0, place]
        if around >= 0:  # itself of a hole
            continue
        area = cv2.contourArea(outline)  # through the centres of its pixels: their number at most
        while hole >= 0:
            area -= cv2.contourArea(outlines[hole])
            hole = ranks[0, hole, 0]
        if area <= largest:
            yield np.asarray(outline, np.int32)


def _strongest(values: Mask, holes: bool) -> int:
    return 255 - int(values.min(initial=255)) if holes else int(values.max(initial=0))


def _filled(mask: Mask, holes: bool) -> NDArray[np.uint8]:
    """Count the traces, of what trains or of what does not, in blocks of the mask."""
    height, width = (-(side // -_BLOCK) for side in mask.shape)
    filled = np.empty((height, width), np.uint8)
    # A band at a time: memory that was used a moment ago is at hand, more of it is not.
    band = np.zeros((_BAND, width * _BLOCK), np.uint8)
    words = band.view(np.uint32).reshape(_BAND // _BLOCK, _BLOCK, -1)
    for top in range(0, mask.shape[0], _BAND):
        part = mask[top : top + _BAND]
        traces = band[: len(part), : mask.shape[1]].view(bool)
        band[len(part) :] = 0
        if holes:
            np.less_equal(part, 255 - _TRACE, out=traces)
        else:
            np.greater_equal(part, _TRACE, out=traces)
        # The product's highest byte is the sum of the bytes, each of them 4 at most.
        counts = words.sum(axis=1, dtype=np.uint32) * _EACH_BYTE >> np.uint32(24)
        rows = filled[top // _BLOCK :][: len(counts)]
        rows[:] = counts[: len(rows)]
    return filled


def _any_apart(
    mask: Mask,
    tops: NDArray[np.int64],
    lefts: NDArray[np.int64],
    largest: float,
    holes: bool,
) -> bool:
    """Tell whether any pixel of some blocks has few enough others around it to be of a crumb.

    Most masks have no crumbs, and labelling them costs more than their decoding.
    """
    for top, left in zip(tops.tolist(), lefts.tolist(), strict=True):
        rows, columns = nonzero(_traces(mask[top : top + _BLOCK, left : left + _BLOCK], holes))
        for row, column in zip((rows + top).tolist(), (columns + left).tolist(), strict=True):
            around = mask[
                max(0, row - _APART) : row + _APART + 1,
                max(0, column - _APART) : column + _APART + 1,
            ]
            if np.count_nonzero(_traces(around, holes)) <= largest:
                return True
    return False


def _traces(mask: Mask, holes: bool) -> NDArray[np.bool_]:
    return mask <= 255 - _TRACE if holes else mask >= _TRACE


def _apart_from_dots(crumbs: list[_Crumb], mask: Mask, largest: float, holes: bool) -> list[_Crumb]:
    """Leave out crumbs that are a part of dithering or noise: dots upon dots around them."""
    # What is larger than a dot and cut off here has no centre as near as that.
    reach = _NEAR + int(largest) + 1
    columns, rows = [each.x for each in crumbs], [each.y for each in crumbs]
    left, top = max(0, min(columns) - reach), max(0, min(rows) - reach)
    right, bottom = max(columns) + reach + 1, max(rows) + reach + 1
    traces = _traces(mask[top:bottom, left:right], holes).view(np.uint8)
    _, _, stats, centres = cv2.connectedComponentsWithStats(traces, connectivity=8)
    dots = np.asarray(centres)[1:][np.asarray(stats)[1:, cv2.CC_STAT_AREA] <= largest]
    return [
        each
        for each in crumbs
        if (np.abs(dots - (each.x - left, each.y - top)).max(axis=1) <= _NEAR).sum() <= _DOTS
    ]
