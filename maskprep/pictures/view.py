"""What a picture shows: plain values, worked out elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from maskprep.masks.details import HALF
from maskprep.model import Box, Size
from maskprep.model.report import Finding
from maskprep.running.once import once

Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class Lost:
    """One fine detail that hardly trains.

    Attributes
    ----------
    box : Box
        Around it, px of the bucket.
    at : tuple of float
        Column and row of a pixel in its middle, px of the bucket.
    """

    box: Box
    at: tuple[float, float]

    def moved(self, x: float, y: float) -> Lost:
        """Tell the same where the bucket's corner lies elsewhere."""
        left, top, right, bottom = self.box
        return Lost(Box(left + x, top + y, right + x, bottom + y), (self.at[0] + x, self.at[1] + y))


@dataclass(frozen=True)
class Spot:
    """One fine detail that is worth a look from near.

    Attributes
    ----------
    number : int
        Of the lost detail that it is; 0 for one that trains.
    caption : str
        Which it is, and what it weighs.
    box : Box
        Around it, px of the bucket.
    pixels : ndarray of float32, shape (rows, columns)
        How many of its pixels lie in each cell.
    """

    number: int
    caption: str
    box: Box
    pixels: NDArray[np.float32]


@dataclass(frozen=True)
class PairView:
    """One pair, as drawn and as the trainer sees it.

    Attributes
    ----------
    title : str
        The image's name; any characters.
    image : ndarray of uint8, shape (H, W, 3)
        RGB as stored.
    mask : ndarray of uint8, shape (Hm, Wm)
        255 trains; usually of the image's size.
    bucket : Size
        The bucket's, px.
    weights : ndarray of float32, shape (h // stride, w // stride)
        [0, 1].
    stride : int
        Pixels per latent cell, on each side.
    crop_box : tuple of float, or None
        Left, top, right, bottom of what survives the crop, in px of `image`; None: everything.
    facts : sequence of (str, str)
        Labels and numbers to be written beneath.
    lost : sequence of Lost
        The fine details that hardly train, numbered from 1 in this order; where the trainer puts
        them.
    spots : sequence of Spot
        What is worth a look from near.
    spots_are : str
        What these are: a heading.
    findings : sequence of Finding
        What the rules found of the pair, the most severe first.
    right_weights : ndarray of float32, or None
        What an unshifted mask would give, where the trainer shifts it.
    lost_as_drawn : sequence of Lost, or None
        The lost details where they belong, where the trainer shifts the mask.
    notes : sequence of str
        Warnings in words.
    trained_image : ndarray of uint8, shape (h, w, 3), or None
        RGB after the trainer's resize and crop, where that shows something else than `image`.
    """

    title: str
    image: Pixels
    mask: Pixels
    bucket: Size
    weights: NDArray[np.float32]
    stride: int
    crop_box: tuple[float, float, float, float] | None
    facts: Sequence[tuple[str, str]]
    lost: Sequence[Lost] = ()
    spots: Sequence[Spot] = ()
    spots_are: str = ""
    findings: Sequence[Finding] = ()
    right_weights: NDArray[np.float32] | None = None
    lost_as_drawn: Sequence[Lost] | None = None
    notes: Sequence[str] = ()
    trained_image: Pixels | None = None

    @property
    def drawn_details(self) -> Sequence[Lost]:
        """The lost details where the mask has them, px of the bucket."""
        return self.lost if self.lost_as_drawn is None else self.lost_as_drawn

    @property
    def visible_box(self) -> tuple[float, float, float, float]:
        """What survives the crop, in px of `image`; the whole image where nothing is cut off."""
        height, width = self.image.shape[:2]
        return self.crop_box or (0.0, 0.0, float(width), float(height))

    @once
    def pictures(self) -> Levels:
        """The image, at the sizes at which it is shown."""
        return Levels(self.image, scaled_picture)

    @once
    def supports(self) -> Levels:
        """Where the mask is at least one half, at the sizes at which it is shown."""
        support = cv2.threshold(self.mask, HALF - 1, 255, cv2.THRESH_BINARY)[1]
        return Levels(np.asarray(support, np.uint8), scaled)

    @once
    def visible_mask(self) -> Pixels:
        """The part of the mask that the crop leaves, at bucket size, shape (h, w)."""
        across = self.mask.shape[1] / self.image.shape[1]
        down = self.mask.shape[0] / self.image.shape[0]
        left, top, right, bottom = self.visible_box
        part = part_of(self.mask, (left * across, top * down, right * across, bottom * down))
        return scaled(part, self.bucket)

    def whole_at(self, scale: float) -> tuple[Size, Box]:
        """Tell how large the whole image is where the bucket is shown at a scale.

        Parameters
        ----------
        scale : float
            Px shown per px of the bucket.

        Returns
        -------
        size : Size
            Of the whole image, px.
        bucket : Box
            Where the bucket lies in it, px.
        """
        left, top, right, bottom = self.visible_box
        across = self.bucket.width * scale / (right - left)
        down = self.bucket.height * scale / (bottom - top)
        height, width = self.image.shape[:2]
        size = Size(max(1, round(width * across)), max(1, round(height * down)))
        return size, Box(left * across, top * down, right * across, bottom * down)

    def window(self, column: int, row: int, cells: int) -> PairView:
        """Cut out a square of cells.

        Parameters
        ----------
        column, row : int
            Its upper left cell.
        cells : int
            Its side, in cells.

        Returns
        -------
        PairView
            The same pair, and nothing beside the square.
        """
        left, top, right, bottom = self.visible_box
        across = (right - left) / self.bucket.width
        down = (bottom - top) / self.bucket.height
        x, y, side = column * self.stride, row * self.stride, cells * self.stride
        part = (
            left + x * across,
            top + y * down,
            left + (x + side) * across,
            top + (y + side) * down,
        )
        inside = np.s_[row : row + cells, column : column + cells]
        right_weights = self.right_weights
        if right_weights is not None:
            right_weights = right_weights[inside]
        trained = self.trained_image
        if trained is not None:
            trained = trained[y : y + side, x : x + side]
        return replace(
            self,
            image=part_of(self.image, part),
            mask=self.visible_mask[y : y + side, x : x + side],
            bucket=Size(side, side),
            weights=self.weights[inside],
            crop_box=None,
            lost=[each.moved(-x, -y) for each in self.lost],
            lost_as_drawn=[each.moved(-x, -y) for each in self.drawn_details],
            spots=(),
            right_weights=right_weights,
            trained_image=trained,
        )

    def pointing_at(self, number: int, at: tuple[float, float]) -> PairView:
        """Have a lost detail pointed at elsewhere than in its middle, px of the bucket."""
        lost, drawn = list(self.lost), list(self.drawn_details)
        before, belongs = lost[number - 1], drawn[number - 1]
        off = belongs.box.left - before.box.left, belongs.box.top - before.box.top
        lost[number - 1] = replace(before, at=at)
        drawn[number - 1] = replace(belongs, at=(at[0] + off[0], at[1] + off[1]))
        return replace(self, lost=lost, lost_as_drawn=drawn)


def scaled(pixels: Pixels, size: tuple[int, int]) -> Pixels:
    """Bring a mask or a picture to the size at which it is shown.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (H, W) or (H, W, 3)
        A mask or RGB.
    size : tuple of int
        Width and height, px.

    Returns
    -------
    ndarray of uint8
        Of that size.
    """
    shrinks = pixels.shape[1] >= size[0] and pixels.shape[0] >= size[1]
    kernel = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(pixels, size, interpolation=kernel), dtype=np.uint8)


def scaled_picture(pixels: Pixels, size: tuple[int, int]) -> Pixels:
    """Bring a picture to the size at which it is shown, several times as fast as `scaled`.

    Halved as long as it is twice as large, then between four pixels: of a mask, where a hair must
    not be lost, this is not good enough.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (H, W) or (H, W, 3)
        Any picture.
    size : tuple of int
        Width and height, px.

    Returns
    -------
    ndarray of uint8
        Of that size.
    """
    while pixels.shape[1] >= 2 * size[0] and pixels.shape[0] >= 2 * size[1]:
        half = pixels.shape[1] // 2, pixels.shape[0] // 2
        pixels = np.asarray(cv2.resize(pixels, half, interpolation=cv2.INTER_LINEAR), np.uint8)
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_LINEAR), np.uint8)


class Levels:
    """A picture at the sizes that were asked for, each made of the least that is larger.

    Parameters
    ----------
    pixels : ndarray of uint8
        At its own size.
    scale : callable
        From pixels and a size to pixels of that size.
    """

    def __init__(self, pixels: Pixels, scale: Callable[[Pixels, tuple[int, int]], Pixels]) -> None:
        self._levels = [pixels]
        self._scale = scale

    def at(self, size: tuple[int, int]) -> Pixels:
        """Give the picture at a size, px; not to be drawn on."""
        larger = [
            each for each in self._levels if each.shape[1] >= size[0] and each.shape[0] >= size[1]
        ]
        made = min(larger, key=lambda each: each.shape[0], default=self._levels[0])
        if made.shape[1::-1] != size:
            made = self._scale(made, size)
            self._levels.append(made)
        return made


def part_of(pixels: Pixels, box: tuple[float, float, float, float]) -> Pixels:
    """Cut a box out of a mask or a picture, to the nearest px; at least one is left."""
    left, top, right, bottom = (round(edge) for edge in box)
    return pixels[top : max(bottom, top + 1), left : max(right, left + 1)]


@dataclass(frozen=True)
class SheetTile:
    """One pair on the contact sheet.

    Attributes
    ----------
    title, caption : str
        Two lines beneath the picture.
    picture : PIL.Image.Image
        Small.
    findings : sequence of Finding
        What the rules found of it, the most severe first.
    """

    title: str
    picture: Image.Image
    caption: str
    findings: Sequence[Finding] = ()
