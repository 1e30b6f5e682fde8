"""Sizes, boxes, and how an image is brought to its bucket; in pixels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, NamedTuple


class Size(NamedTuple):
    """Width and height in pixels, in that order everywhere."""

    width: int
    height: int

    def __str__(self) -> str:
        """Write it as people do: ``832 x 1216``."""
        return f"{self.width} x {self.height}"


class Box(NamedTuple):
    """A rectangle in px; right and bottom are the first beyond it."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        """How wide it is."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """How high it is."""
        return self.bottom - self.top


#: Rows and columns of an array: slices for a part, arrays that numpy broadcasts for single pixels.
At = tuple[Any, Any]
WHOLE: At = (slice(None), slice(None))
#: Which way up a mask lies, where the image's EXIF says that it is shown turned.
PaintedOn = Literal["auto", "stored", "viewed"]


@dataclass(frozen=True)
class Placement:
    """How a trainer brings an image to its bucket: resize first, then crop.

    Attributes
    ----------
    resized : Size
        Size after the resize, in pixels.
    bucket : Size
        Size after the crop, in pixels.
    crop_xy : tuple of int, or None
        Offset of the crop in the resized picture; None where it is drawn at random.
    """

    resized: Size
    bucket: Size
    crop_xy: tuple[int, int] | None

    def window_in(self, size: Size) -> Box:
        """Tell what survives the crop.

        Parameters
        ----------
        size : Size
            Of the picture before the resize, px.

        Returns
        -------
        Box
            In px of that picture; a crop drawn at random is taken at the centre.
        """
        left, top = self.crop_xy or (
            (self.resized.width - self.bucket.width) // 2,
            (self.resized.height - self.bucket.height) // 2,
        )
        across = size.width / self.resized.width
        down = size.height / self.resized.height
        return Box(
            left * across,
            top * down,
            (left + self.bucket.width) * across,
            (top + self.bucket.height) * down,
        )
