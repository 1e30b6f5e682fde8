"""In what the generations of sd-scripts differ, where masks are concerned."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class MaskResize(Enum):
    """How a mask file gets to bucket size while buckets are on."""

    AREA_THEN_CROP = "area"
    STRETCH = "stretch"
    AS_IMAGE = "as image"


@dataclass(frozen=True)
class Generation:
    """One generation.

    Attributes
    ----------
    version : str
        As given after ``@``.
    mask_resize : MaskResize
        *Source*: library/train_util.py, ControlNetDataset.__getitem__.
    newer_keys : bool
        Whether the schema knows ``resize_interpolation``, ``custom_attributes`` and the
        ``validation_`` keys. *Source*: library/config_util.py, ConfigSanitizer.
    pillow_sizes : bool
        Whether a size that the imagesize package cannot tell is asked of Pillow, and an
        unreadable image has size 0. *Source*: library/train_util.py, get_image_size.
    newer_caches : bool
        Whether caches of latents are named by model and size, and an image's size is taken from
        such names. *Source*: library/strategy_base.py, library/train_util.py, DreamBoothDataset.
    zero_bucket_error : str
        What a bucket of zero width ends in; truth: "zero bucket width (50x300, no_upscale)".
    """

    version: str
    mask_resize: MaskResize
    newer_keys: bool
    pillow_sizes: bool
    newer_caches: bool
    zero_bucket_error: str


_OPENCV_REFUSES = "error: OpenCV: (-215:Assertion failed) inv_scale_x > 0 in function 'resize'"
_TORCH_REFUSES = (
    "RuntimeError: adaptive_avg_pool2d(): Expected input to have non-zero size for "
    "non-batch dimensions"
)

#: Newest first. `current` is v0.10.1 with pull request 2368.
GENERATIONS = {
    generation.version: generation
    for generation in (
        Generation("current", MaskResize.AS_IMAGE, True, True, True, _OPENCV_REFUSES),
        Generation("0.10", MaskResize.STRETCH, True, True, True, _OPENCV_REFUSES),
        Generation("0.9", MaskResize.AREA_THEN_CROP, False, False, False, _TORCH_REFUSES),
    )
}
