"""To which size SimpleTuner brings an image, and what it crops off.

*Source*: SimpleTuner bc8e6ab, helpers/image_manipulation/training_sample.py
(calculate_target_size, correct_intermediary_square_size) and cropping.py, helpers/multiaspect/
image.py. Truth: the weight cases of SimpleTuner.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from maskprep.model import Placement, Size

#: Megapixels that people write for squares of these sides; a twentieth beside counts, too.
_SQUARES = {0.25: 512, 0.5: 768, 1.0: 1024, 2.0: 1536, 4.0: 2048}
_TOLERANCE = 0.05
#: Styles of crops whose place is known.
FIXED = ("center", "centre", "corner")


class Crop(NamedTuple):
    """How a data set crops; the defaults are the trainer's.

    Attributes
    ----------
    enabled : bool
        ``crop``; what sticks out of the target is cropped without it, too.
    style, aspect : str
        ``crop_style`` and ``crop_aspect``.
    """

    enabled: bool = False
    style: str = "random"
    aspect: str = "square"

    @property
    def is_square(self) -> bool:
        """Whether every image becomes a square."""
        return self.enabled and self.aspect == "square"

    def corner(self, resized: Size, target: Size) -> tuple[int, int] | None:
        """Tell where the crop begins; None where that is drawn at random."""
        if resized == target or self.style == "corner":
            return (0, 0)
        if self.style in FIXED:
            return (
                max(0, (resized.width - target.width) // 2),
                max(0, (resized.height - target.height) // 2),
            )
        return None


class Resolution(NamedTuple):
    """What a data set's ``resolution`` means.

    Attributes
    ----------
    value : float
        Pixels of the shorter side, or megapixels.
    is_area : bool
        Whether it is megapixels.
    alignment, rounding : int
        ``aspect_bucket_alignment`` and ``aspect_bucket_rounding``.
    """

    value: float
    is_area: bool
    alignment: int = 64
    rounding: int = 2

    @property
    def square(self) -> int:
        """The side of squares, px."""
        if not self.is_area:
            return int(self.value)
        near = (side for key, side in _SQUARES.items() if abs(self.value - key) < _TOLERANCE)
        return self.aligned(next(near, math.sqrt(self.value * 1e6)))

    def aspect(self, size: Size) -> float:
        """Tell width by height, as the trainer rounds it."""
        return round(size.width / size.height, self.rounding)

    def aligned(self, side: float) -> int:
        """Round a side."""
        return max(int(round(side / self.alignment) * self.alignment), self.alignment)


def place(size: Size, wanted: Resolution, crop: Crop) -> Placement:
    """Bring an image of a size to its target.

    Parameters
    ----------
    size : Size
        Of the image, px.
    wanted : Resolution
        Of its data set.
    crop : Crop
        Of its data set.

    Returns
    -------
    Placement
        What the trainer calls intermediary and target.
    """
    aspect = 1.0 if crop.is_square else wanted.aspect(size)
    by_aspect = _by_area if wanted.is_area else _by_edge
    target, resized = by_aspect(size, wanted, aspect)
    if crop.is_square or wanted.aspect(target) == 1.0:
        target = Size(wanted.square, wanted.square)
        if min(resized) < wanted.square:
            resized = _covering(size, target)
    return Placement(resized, target, crop.corner(resized, target))


def _by_edge(size: Size, wanted: Resolution, aspect: float) -> tuple[Size, Size]:
    short = int(wanted.value)
    if size.width < size.height:
        sides = (short, int(short / aspect))
    else:
        sides = (int(short * aspect), short)
    target = Size(*map(wanted.aligned, sides))
    return target, _covering(size, Size(max(target.width, short), max(target.height, short)))


def _by_area(size: Size, wanted: Resolution, aspect: float) -> tuple[Size, Size]:
    edge = wanted.aligned(int(math.sqrt(wanted.value * 1e6)))
    root = math.sqrt(aspect)
    target = Size(wanted.aligned(edge * root), wanted.aligned(edge / root))
    own = size.width / size.height
    if target.width < target.height:
        resized = Size(target.width, int(target.width / own))
    else:
        resized = Size(int(target.height * own), target.height)
    lacking = Size(target.width - resized.width, target.height - resized.height)
    if lacking.width > 0:
        more = Size(lacking.width, int(lacking.width / own))
    elif lacking.height > 0:
        more = Size(int(lacking.height * own), lacking.height)
    else:
        return target, resized
    return target, Size(resized.width + more.width, resized.height + more.height)


def _covering(size: Size, target: Size) -> Size:
    """Give the least size of an image's own aspect that covers a target."""
    if target.width * size.height >= target.height * size.width:
        return Size(target.width, size.height * target.width // size.width)
    return Size(size.width * target.height // size.height, target.height)
