"""How sd-scripts brings masks and pictures to bucket size.

*Source*: kohya-ss/sd-scripts, library/train_util.py, trim_and_resize_if_required and
ControlNetDataset.__getitem__ (v0.9.1, v0.10.1, pull request 2368); library/utils.py,
resize_image and get_cv2_interpolation (v0.10.1): "nearest" is INTER_NEAREST_EXACT, for datasets
and subsets alike; v0.9.1 has no such key. Truth: all weight cases.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from maskprep.masks.resample import resize
from maskprep.model import WHOLE, At, Kernel, Placement, Resize, Size
from maskprep.trainers.sd_scripts.generations import Generation, MaskResize

Pixels = NDArray[np.uint8]

_KERNELS: dict[str, Kernel] = {
    "lanczos": "pillow-lanczos",
    "lanczos4": "pillow-lanczos",
    "box": "pillow-box",
    "nearest": "nearest",
    "bilinear": "linear",
    "linear": "linear",
    "bicubic": "cubic",
    "cubic": "cubic",
    "area": "area",
}


def with_image(
    pixels: Pixels,
    placement: Placement,
    generation: Generation,
    interpolation: str | None,
    at: At = WHOLE,
) -> Pixels:
    """Resize and crop as the training image: alpha masks, and pictures themselves.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (H, W), (H, W, 3) or (H, W, 4)
        As stored.
    placement : Placement
        Where it goes; a random crop is taken at the centre.
    generation : Generation
        Of the trainer.
    interpolation : str or None
        ``resize_interpolation`` in force for the subset.
    at : tuple of slice, or of ndarray of int64
        Rows and columns of the bucket that are wanted.

    Returns
    -------
    ndarray of uint8, at bucket size, indexed by `at`
    """
    height, width = pixels.shape[:2]
    source, resized = Size(width, height), placement.resized
    at = _in_resized(at, resized, placement)
    if source == resized:
        return pixels[at]
    return resize(pixels, resized, image_kernel(source, resized, generation, interpolation), at)


def image_kernel(
    source: Size, target: Size, generation: Generation, interpolation: str | None
) -> Kernel:
    """Choose the kernel by which an image is resized.

    Parameters
    ----------
    source, target : Size
        Before and after, px.
    generation : Generation
        Of the trainer.
    interpolation : str or None
        ``resize_interpolation`` in force for the subset.

    Returns
    -------
    str
        As `maskprep.masks.resample.resize` takes it.
    """
    if generation.newer_keys:
        return _kernel(interpolation, source, target)
    shrinks = source.width > target.width and source.height > target.height
    return "area" if shrinks else "pillow-lanczos"


def from_mask_file(
    mask: Pixels,
    placement: Placement,
    generation: Generation,
    dataset: Any,
    interpolation: str | None,
    at: At = WHOLE,
) -> Pixels:
    """Resize, and crop or stretch, a mask file's mask.

    Parameters
    ----------
    mask : ndarray of uint8, shape (H, W)
        As stored.
    placement : Placement
        Of its image.
    generation : Generation
        Of the trainer.
    dataset : DatasetSettings
        Of the pair.
    interpolation : str or None
        ``resize_interpolation`` in force for the subset.
    at : tuple of slice, or of ndarray of int64
        Rows and columns of the bucket that are wanted.

    Returns
    -------
    ndarray of uint8, at bucket size, indexed by `at`
    """
    size = Size(mask.shape[1], mask.shape[0])
    kernel, _, target = mask_file_resize(size, placement, generation, dataset, interpolation)
    stretches = generation.mask_resize is MaskResize.STRETCH
    if dataset.enable_bucket and not stretches:
        at = _in_resized(at, target, placement)
    return resize(mask, target, kernel, at)


def mask_file_resize(
    size: Size,
    placement: Placement,
    generation: Generation,
    dataset: Any,
    interpolation: str | None,
) -> Resize:
    """Tell by which kernel a mask file's mask is resized, and to which size.

    Parameters
    ----------
    size : Size
        The mask's, as stored, px.
    placement, generation, dataset, interpolation
        As `from_mask_file` takes them.

    Returns
    -------
    Resize
        Before the crop, where there is one.
    """
    bucket, resized = placement.bucket, placement.resized
    if generation.mask_resize is MaskResize.AREA_THEN_CROP:
        if dataset.enable_bucket:
            return Resize("area", size, resized)
        return Resize("pillow-lanczos", size, bucket)
    # Without buckets height is held against the target's width and width against its height: a
    # slip of the trainer's, which decides the kernel of a mask that is not square.
    compared = size if dataset.enable_bucket else Size(size.height, size.width)
    if generation.mask_resize is MaskResize.STRETCH:
        return Resize(_kernel(dataset.resize_interpolation, compared, bucket), size, bucket)
    target = resized if dataset.enable_bucket else bucket
    return Resize(_kernel(interpolation, compared, target), size, target)


def _kernel(interpolation: str | None, source: Size, target: Size) -> Kernel:
    if interpolation is not None:
        # A subset's unknown name reaches OpenCV as "none given", which is its linear default.
        return _KERNELS.get(interpolation, "linear")
    shrinks = source.width >= target.width and source.height >= target.height
    return "area" if shrinks else "pillow-lanczos"


def _in_resized(at: At, resized: Size, placement: Placement) -> At:
    """Tell where something of the bucket is in the resized picture."""
    bucket = placement.bucket
    left, top = placement.crop_xy or (
        max(0, resized.width - bucket.width) // 2,
        max(0, resized.height - bucket.height) // 2,
    )
    rows, columns = at
    return _moved(rows, top, bucket.height), _moved(columns, left, bucket.width)


def _moved(places: Any, offset: int, length: int) -> Any:
    if isinstance(places, slice):
        start, stop, _ = places.indices(length)
        return slice(start + offset, stop + offset)
    return places + offset
