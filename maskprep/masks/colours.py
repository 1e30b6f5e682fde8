"""What a coloured mask's colours are: a colour map's, flat ones of classes, a photograph's."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from maskprep.masks.values import Judgement, Kind, is_photograph, steps

Mask = NDArray[np.uint8]
Picture = NDArray[np.uint8]
#: A colour's number, shape (H, W): R x 65536 + G x 256 + B.
Codes = NDArray[np.int32]

#: Channels that differ by less are one grey, with JPEG's noise.
COLOUR_TOLERANCE = 16
#: Share of the pixels from which a difference counts.
NOTICEABLE = 1e-4
#: VOC's colour for "none of the classes", which frames every object.
VOID_COLOUR = 0xE0E0C0
#: More flat colours than these are no classes.
_MOST_CLASSES = 64
#: A colour of which so little lies inside of its own area is an edge's.
_SOLID = 0.2
#: Share of the border that the ground holds.
_MOST_OF_BORDER = 0.6
#: A ground holds at least this share of the picture.
_LEAST_GROUND = 0.01
#: Colours at three bits a channel above which it is a photograph, whatever its shapes are.
_MANY_COLOURS = 40
#: Pixels asked for their place in a colour map, how far they may lie from it, how many may.
_ASKED, _NEAR, _STRAYS = 4096, 12, 0.02
#: A map's ends, and the values between them from which it is no map of few labels.
_ENDS, _MANY_VALUES = 8, 32
#: OpenCV's tables are those of matplotlib (3.11), but for a step or two.
_MAPS = {
    name: getattr(cv2, f"COLORMAP_{name.upper()}")
    for name in ("viridis", "plasma", "inferno", "magma", "cividis", "jet", "turbo", "hot", "cool")
}


class Classes(NamedTuple):
    """Flat colours, and which of them is no class.

    Attributes
    ----------
    codes : ndarray of int32, shape (H, W)
        Each pixel's colour as a number.
    ground : int
        The colour around the figures.
    paints : tuple of int
        All others, without the void.
    has_void : bool
        Whether VOC's void is among them.
    """

    codes: Codes
    ground: int
    paints: tuple[int, ...]
    has_void: bool

    def mask(self) -> Mask:
        """Make all classes white, ground and void black."""
        ignored = [self.ground, *([VOID_COLOUR] if self.has_void else [])]
        return np.where(np.isin(self.codes, ignored), 0, 255).astype(np.uint8)


class Mapped(NamedTuple):
    """A picture that a colour map was laid over.

    Attributes
    ----------
    name : str
        The map's, as matplotlib calls it.
    values : ndarray of uint8, shape (H, W)
        What the colours stand for, 0 to 255.
    two_valued : bool
        Whether there are the two ends alone.
    """

    name: str
    values: Mask
    two_valued: bool


def is_coloured(rgb: Picture, tolerance: int = COLOUR_TOLERANCE, share: float = NOTICEABLE) -> bool:
    """Tell colours from greys with a JPEG's noise.

    Parameters
    ----------
    rgb : ndarray of uint8, shape (H, W, 3)
        The picture.
    tolerance : int
        Channels that differ by no more, of 255, are one grey.
    share : float
        Of the pixels, [0, 1], from which a difference counts.

    Returns
    -------
    bool
    """
    red, green, blue = cv2.split(np.ascontiguousarray(rgb))
    differs = cv2.max(cv2.absdiff(red, green), cv2.absdiff(red, blue)) > tolerance
    return float(np.mean(differs)) > share


def classes_of(rgb: Picture) -> Classes | None:
    """Find flat colours of classes.

    Parameters
    ----------
    rgb : ndarray of uint8, shape (H, W, 3)
        The picture.

    Returns
    -------
    Classes or None
        Black is the ground where there is enough of it, else the colour that most of the border
        has. None where colours are not flat, or no ground can be told.
    """
    codes = _codes(rgb)
    numbers, counts = np.unique(codes, return_counts=True)
    if len(numbers) > _MOST_CLASSES or len(numbers) < 2 or not _are_flat(rgb, codes, numbers):
        return None
    ground = _ground(codes, numbers, counts)
    if ground is None:
        return None
    paints = [int(number) for number in numbers if number not in (ground, VOID_COLOUR)]
    if not paints:  # the void's colour alone is paint
        return Classes(codes, ground, (VOID_COLOUR,), has_void=False)
    return Classes(codes, ground, tuple(paints), bool((numbers == VOID_COLOUR).any()))


def mapped(rgb: Picture) -> Mapped | None:
    """Take a colour map off a picture, as ``matplotlib.pyplot.imsave`` lays it over a mask.

    Parameters
    ----------
    rgb : ndarray of uint8, shape (H, W, 3)
        The picture.

    Returns
    -------
    Mapped or None
        None where the colours are those of no map, or not from its one end to the other, to
        which matplotlib stretches each file.
    """
    step = max(1, int(np.sqrt(rgb.shape[0] * rgb.shape[1] / _ASKED)))
    asked = rgb[::step, ::step].reshape(-1, 3)
    for name, number in _MAPS.items():
        table = _table(number)
        places, apart = _nearest(asked, table)
        held = places[apart <= _NEAR]
        if len(held) < (1 - _STRAYS) * len(places):
            continue
        if int(held.min()) > _ENDS or int(held.max()) < 255 - _ENDS:
            continue
        between = np.unique(held[(held > _ENDS) & (held < 255 - _ENDS)])
        two_valued = len(between) <= _ENDS and _in_ends(held) > 1 - _STRAYS
        if two_valued and name != "hot":
            return Mapped(name, _values(rgb, table, two_valued=True), True)
        if len(between) >= _MANY_VALUES:
            return Mapped(name, _values(rgb, table, two_valued=False), False)
    return None


def is_photograph_in_colours(rgb: Picture) -> bool:
    """Tell a photograph, sharp or blurred, from paint.

    Parameters
    ----------
    rgb : ndarray of uint8, shape (H, W, 3)
        The picture.

    Returns
    -------
    bool
    """
    if _coarse_colours(rgb) > _MANY_COLOURS:
        return True
    grey = np.asarray(cv2.cvtColor(np.ascontiguousarray(rgb), cv2.COLOR_RGB2GRAY), np.uint8)
    return is_photograph(grey)


def judge_colours(rgb: Picture) -> Judgement:
    """Judge a coloured picture as a mask.

    Parameters
    ----------
    rgb : ndarray of uint8, shape (H, W, 3)
        The picture.

    Returns
    -------
    Judgement
        One colour, a colour map, flat colours, a photograph, else paint.
    """
    if (rgb == rgb[0, 0]).all():
        colour = "#{:02x}{:02x}{:02x}".format(*rgb[0, 0])
        return Judgement(Kind.CONSTANT, f"is {colour} all over", int(rgb[0, 0, 0]))
    laid_over = mapped(rgb)
    if laid_over is not None:
        return Judgement(Kind.COLOUR_MAP, f"the colour map {laid_over.name} was laid over it")
    flat = classes_of(rgb)
    if flat is not None:
        several = f"{len(flat.paints)} flat colours" if len(flat.paints) > 1 else "one flat colour"
        return Judgement(Kind.CLASSES, f"{several} on {named(flat.ground)}")
    if is_photograph_in_colours(rgb):
        return Judgement(Kind.PHOTOGRAPH, "looks like a photograph, not like a mask")
    return Judgement(Kind.PAINT, "paint in colours")


def named(code: int) -> str:
    """Write a colour as ``#rrggbb``."""
    return f"#{code:06x}"


def _codes(rgb: Picture) -> Codes:
    red, green, blue = (rgb[..., place].astype(np.int32) for place in range(3))
    codes: Codes = red << 16 | green << 8 | blue
    return codes


def _are_flat(rgb: Picture, codes: Codes, numbers: NDArray[np.int32]) -> bool:
    inner = (steps(np.ascontiguousarray(rgb)) == 0).all(axis=2)
    inside, all_of = (
        np.bincount(np.searchsorted(numbers, part), minlength=len(numbers))
        for part in (codes[inner], codes.ravel())
    )
    return int(np.count_nonzero(inside > _SOLID * all_of)) * 3 >= 2 * len(numbers)


def _ground(codes: Codes, numbers: NDArray[np.int32], counts: NDArray[np.intp]) -> int | None:
    if numbers[0] == 0 and int(counts[0]) >= _LEAST_GROUND * codes.size:
        return 0
    border = np.concatenate([codes[0], codes[-1], codes[:, 0], codes[:, -1]])
    around, times = np.unique(border, return_counts=True)
    most = int(times.argmax())
    return int(around[most]) if int(times[most]) >= _MOST_OF_BORDER * len(border) else None


def _table(number: int) -> NDArray[np.int16]:
    ramp = np.arange(256, dtype=np.uint8)[:, None]
    return cv2.applyColorMap(ramp, number)[:, 0, ::-1].astype(np.int16)


def _nearest(
    colours: NDArray[np.uint8], table: NDArray[np.int16]
) -> tuple[NDArray[np.intp], NDArray[np.int16]]:
    """Find each colour's place in a table, and by how much of 255 it differs from it."""
    used, back = np.unique(colours, axis=0, return_inverse=True)
    apart = np.abs(used.astype(np.int16)[:, None] - table).max(axis=2)
    places = apart.argmin(axis=1)
    back = back.reshape(-1)  # NumPy 2.0 keeps the shape
    return places[back], apart.min(axis=1)[back]


def _in_ends(places: NDArray[np.intp]) -> float:
    return float(np.mean((places <= _ENDS) | (places >= 255 - _ENDS)))


def _values(rgb: Picture, table: NDArray[np.int16], *, two_valued: bool) -> Mask:
    codes, back = np.unique(_codes(rgb), return_inverse=True)
    used = np.stack([codes >> 16, codes >> 8 & 255, codes & 255], axis=1).astype(np.uint8)
    values = np.empty(len(used), np.uint8)
    for start in range(0, len(used), _ASKED):
        values[start : start + _ASKED] = _nearest(used[start : start + _ASKED], table)[0]
    if two_valued:
        values = np.where(values < 128, 0, 255).astype(np.uint8)
    spread: Mask = values[back.reshape(rgb.shape[:2])]
    return spread


def _coarse_colours(rgb: Picture) -> int:
    red, green, blue = (rgb[..., place].astype(np.int64) >> 5 for place in range(3))
    counts = np.bincount((red * 64 + green * 8 + blue).ravel())
    return int((counts > counts.sum() / 1000).sum())
