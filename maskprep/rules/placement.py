"""Rules for a mask's way to its bucket: what is cut off, shifted or enlarged (MP3xx)."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from maskprep.dataset.cropped import cut_off
from maskprep.dataset.sample import Sample
from maskprep.model import Box, MaskSource, Severity
from maskprep.model.rule import Remark, RuleStage, rule
from maskprep.raster import Mask

_LATENT = RuleStage.LATENT
_UTIL = "sd-scripts v0.10.1, library/train_util.py"

#: Share of what trains that a crop may cut off: of an image between two buckets goes an eighth.
CUT_SHARE = 0.15
#: Latent cells by which a mask may be out of place: from one half on, a neighbour's mask prevails.
SHIFTED_CELLS = 0.5
#: Enlargement from which it is told, and from which it is a warning.
ENLARGED, BLURRED = 1.1, 2.0
#: Latent cells from whose length on a detail that is cut off is told.
_CELLS_LONG = 2
#: Details named in one message.
_BOXES_TOLD = 3


@rule(
    "MP305",
    "crop-cuts-mask",
    Severity.WARNING,
    _LATENT,
    f"{_UTIL}, trim_and_resize_if_required; truth: all weight cases",
    "crop or pad image and mask to the bucket's aspect ratio",
)
def crop_cuts_mask(sample: Sample, *, share: float = CUT_SHARE) -> Iterator[Remark]:
    """The bucket's crop cuts off a part of what trains, or a whole detail.

    An image is enlarged or shrunk to cover its bucket, and what stands out is cut off on both
    sides; none of it is ever trained. Buckets of 512 px lie so far apart that an image between
    two of them loses an eighth, of 1024 px a sixteenth: above 15 % of the mask it is told. A
    detail longer than two latent cells (a hand, a tail, a line of text) that lies in the cut strip
    altogether is told always.
    """
    mask, window, placement = sample.mask, sample.mask_window, sample.placement
    if mask is None or window is None or placement is None or sample.weights is None:
        return
    if not sample.carries_mask:
        return
    lost = _share_beyond(mask, window)
    length = _CELLS_LONG * sample.model.stride * window.width / placement.bucket.width
    beyond = cut_off(sample) if lost else ()
    details = [box for box in beyond if max(box.width, box.height) > length]
    if lost <= share and not details:
        return
    told = f"the crop to {placement.bucket} px cuts off {lost:.1%} of what trains"
    if details:
        places = ", ".join(
            f"{box.left:.0f},{box.top:.0f} ({box.width:.0f} x {box.height:.0f} px)"
            for box in details[:_BOXES_TOLD]
        )
        more = len(details) - _BOXES_TOLD
        whole = "a detail wholly" if len(details) == 1 else f"{len(details)} details wholly"
        told += f", {whole}: at {places}" + (f" and {more} more" if more > 0 else "")
    fix = f"crop or pad image and mask to the aspect ratio of {placement.bucket} px"
    yield Remark(sample.mask_path or sample.pair.image, told, fix)


def _share_beyond(mask: Mask, window: Box) -> float:
    """Tell which share of what trains lies beyond a window."""
    left, top, right, bottom = (round(edge) for edge in window)
    height, width = mask.shape
    if (right - left, bottom - top) == (width, height):
        return 0.0
    total, kept = (cv2.sumElems(part)[0] for part in (mask, mask[top:bottom, left:right]))
    return float((total - kept) / total) if total else 0.0


@rule(
    "MP306",
    "stretch-shift",
    Severity.WARNING,
    _LATENT,
    "sd-scripts v0.10.0 and v0.10.1, library/train_util.py, ControlNetDataset.__getitem__ (mended "
    "by pull request 2368); truth: all weight cases of 0.10",
    "train with a newer release, or crop image and mask to the bucket's aspect ratio",
)
def stretch_shift(sample: Sample, *, cells: float = SHIFTED_CELLS) -> Iterator[Remark]:
    """A mask file that the trainer stretches to the bucket, where it crops the image.

    The two do not fit any longer: nothing at the centre, most at the border, usually up to four
    latent cells. What is told is the largest shift of an edge of this mask; a mask without edges
    cannot be out of place. Under half a cell, every cell still has most of its own mask.
    """
    shift = _largest_shift(sample)
    stride = sample.model.stride
    if shift <= cells * stride or sample.placement is None:
        return
    told = f"is stretched to the bucket where its image is cropped: up to {shift:.0f} px"
    told += f" ({shift / stride:.1f} latent cells) out of place"
    fix = "train with a newer release, or crop image and mask to the aspect ratio of"
    yield Remark(sample.pair.mask or "", told, f"{fix} {sample.placement.bucket} px")


def _largest_shift(sample: Sample) -> float:
    right_trainer, placement = sample.trainer.unshifted(), sample.placement
    own, weights = sample.mask_window, sample.weights
    if right_trainer is None or sample.pair.source is not MaskSource.FILE or placement is None:
        return 0.0
    if own is None or weights is None or sample.mask_header is None:
        return 0.0
    size = sample.mask_header.size
    right = right_trainer.mask_window(size, placement, sample.pair, sample.dataset)
    rows, columns = np.diff(weights, axis=0), np.diff(weights, axis=1)
    stride = sample.model.stride
    across = _shifts(_edges(columns, 0) * stride, placement.bucket.width, own[::2], right[::2])
    down = _shifts(_edges(rows, 1) * stride, placement.bucket.height, own[1::2], right[1::2])
    return max(across, down)


def _edges(steps: NDArray[np.float32], axis: int) -> NDArray[np.int64]:
    """Tell before which cells a mask changes along one side."""
    return np.flatnonzero((steps != 0).any(axis=axis)) + 1


def _shifts(
    places: NDArray[np.int64], length: int, own: tuple[float, ...], right: tuple[float, ...]
) -> float:
    """Tell by how many px places of a bucket are off at most, along one side.

    `own` and `right` are the parts of the stored mask that fill the bucket and that should.
    """
    stored = own[0] + places * (own[1] - own[0]) / length
    wanted = (stored - right[0]) * length / (right[1] - right[0])
    return float(np.abs(places - wanted).max(initial=0.0))


@rule(
    "MP309",
    "upscaled",
    Severity.WARNING,
    _LATENT,
    f"{_UTIL}, BucketManager.select_bucket and trim_and_resize_if_required; truth: all weight "
    "cases whose image is smaller than its bucket",
    "set bucket_no_upscale = true, or a lower resolution",
)
def upscaled(
    sample: Sample, *, factor: float = ENLARGED, warning_factor: float = BLURRED
) -> Iterator[Remark]:
    """An image smaller than its bucket: it is enlarged, and its mask with it.

    Both are blurred: the model learns the blur, and soft edges widen over more cells. A tenth
    shows nowhere, from there on it is told as info; at twice the size three of four pixels are
    made up, and it is a warning. Pillow, which enlarges, premultiplies alpha, so that the colours
    under transparent pixels turn black and bleed into the cells at the edge that still train.
    """
    header, placement = sample.image_header, sample.placement
    if header is None or placement is None or not sample.carries_mask:
        return
    size, resized = header.size, placement.resized
    enlarged = min(resized.width / size.width, resized.height / size.height)
    if enlarged < factor:
        return
    told = f"is {size} px and enlarged {enlarged:.2f} times, to {resized} px: blurred"
    if _turns_black(sample):
        told += ", and what its alpha hides turns black"
    severity = None if enlarged >= warning_factor else Severity.INFO
    fix = f"use a larger original, {sample.trainer.words.enlarge_less}"
    yield Remark(sample.pair.image, told, fix, severity)


def _turns_black(sample: Sample) -> bool:
    if sample.pair.source is not MaskSource.ALPHA or sample.mask is None:
        return False
    if sample.image_header is None or sample.placement is None or int(sample.mask.min()) > 0:
        return False
    size = sample.image_header.size
    return sample.trainer.blackens_hidden(size, sample.placement, sample.subset)
