"""Where a mask file's shape is: in red, another channel, the alpha, the numbers of labels."""

from __future__ import annotations

from typing import Literal, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from maskprep.masks.depth import to_eight_bits
from maskprep.raster import Mask, StoredPixels

#: A channel of a mask file. The last three only `decide` names: the greys laid on black by their
#: alpha, colour as against grey, and every number above 0.
Reading = Literal["r", "g", "b", "max", "luminance", "alpha", "flattened", "chroma", "labels"]

Picture = NDArray[np.uint8]

#: A mask whose largest value is at most this was meant as a map of labels.
LARGEST_LABEL = 16
#: What segmentation sets write for pixels that belong to no label.
VOID = 255
#: Channels that differ by less are one grey, with JPEG's noise.
COLOUR_TOLERANCE = 16
#: Share of the pixels from which a difference counts.
NOTICEABLE = 1e-4
_PHOTOGRAPH = "looks like a photograph of many colours"
#: Share of the pixels below which a colour is an edge or a slip, and no ground.
_STRAY = 0.01
#: Values below are dark.
_DARK = 64
#: Colours, at three bits a channel, above which it is a photograph rather than paint: soft paint
#: of two colours has up to 18, the sample photograph 69.
_MANY_COLOURS = 40
#: Labels that a palette may hold, and shades of one paint that are still labels.
_MOST_LABELS, _MOST_SHADES = 32, 3

_PAINTED = {"r": "red", "g": "green", "b": "blue"}


class Choice(NamedTuple):
    """Where a file's shape is, and why, in a few words."""

    reading: Reading
    why: str

    @property
    def is_mask(self) -> bool:
        """Whether the file looks like a mask at all."""
        return self.why != _PHOTOGRAPH


def read(pixels: StoredPixels, reading: Reading) -> tuple[Mask, str]:
    """Take a mask out of a file's pixels.

    Parameters
    ----------
    pixels : StoredPixels
        As decoded.
    reading : str
        Where the shape is. Greys are the same in every channel.

    Returns
    -------
    mask : ndarray of uint8, shape (H, W)
        255 trains, 0 is left out.
    note : str
        What was done to bring deeper greys to 8 bits, in words; empty for 8-bit files.

    Raises
    ------
    ValueError
        `reading` needs an alpha that is not stored.
    """
    if reading == "labels":
        counted = pixels.numbers if pixels.numbers is not None else _grey(pixels)[0]
        trains = counted > 0
        if trains.any() and (counted[trains] != VOID).any():
            trains &= counted != VOID
        return _mask(np.where(trains, 255, 0)), ""
    if reading in ("alpha", "flattened") and pixels.alpha is None:
        raise ValueError("there is no alpha")
    if reading == "alpha":
        assert pixels.alpha is not None, "seen above"
        return pixels.alpha, ""
    if reading == "flattened":
        grey, note = _grey(pixels)
        assert pixels.alpha is not None, "seen above"
        return _mask((grey.astype(np.uint16) * pixels.alpha + 127) // 255), note
    if pixels.rgb is None:
        return _grey(pixels)
    return _of_colours(pixels.rgb, reading), ""


def decide(pixels: StoredPixels) -> Choice:
    """Find out where a mask file's shape is.

    Parameters
    ----------
    pixels : StoredPixels
        As decoded.

    Returns
    -------
    Choice
        In this order: an alpha that varies wins over flat colours, and hides what lies beneath;
        greys are read as they are, tiny ones as labels; of colours on black the first channel
        that holds all the paint, else the largest; on white or grey, what is coloured.
    """
    if pixels.alpha is not None and _share(
        pixels.alpha < int(pixels.alpha.max()) - COLOUR_TOLERANCE
    ):
        return _with_alpha(pixels, pixels.alpha)
    if pixels.rgb is not None and is_coloured(pixels.rgb):
        return _among_colours(pixels, pixels.rgb)
    return _among_greys(pixels)


def largest_label(pixels: StoredPixels, mask: Mask) -> int:
    """Tell the largest number of what looks like a map of labels: 0, 1, 2, ….

    Parameters
    ----------
    pixels : StoredPixels
        As decoded.
    mask : ndarray of uint8, shape (H, W)
        What was read of them.

    Returns
    -------
    int
        1 to `LARGEST_LABEL`; 0 where it is none, or nothing trains.
    """
    largest = float(mask.max())
    if pixels.rgb is None and pixels.numbers is not None and pixels.numbers.dtype != np.uint8:
        # Before they are scaled: the greys of a camera's 12 bits are no labels.
        labels = np.nan_to_num(pixels.numbers)
        largest = float(labels[labels != VOID].max(initial=0))
        if largest <= 1 and np.issubdtype(pixels.numbers.dtype, np.floating):
            return 0
    return int(largest) if 0 < largest <= LARGEST_LABEL else 0


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


def _with_alpha(pixels: StoredPixels, alpha: Mask) -> Choice:
    colours = pixels.rgb if pixels.rgb is not None else cv2.merge([_grey(pixels)[0]] * 3)
    # Soft edges may hold any colour: only what shows in full is asked.
    shown = colours[alpha >= int(alpha.max()) - COLOUR_TOLERANCE].astype(np.int16)
    strays = np.abs(shown - np.median(shown, axis=0)).max(axis=1) > COLOUR_TOLERANCE
    if float(strays.mean()) < _STRAY:
        return Choice("alpha", "its colours are flat where it shows, its alpha is not")
    if is_coloured(shown.astype(np.uint8)[None]):
        return Choice("alpha", "a coloured picture, cut out by its alpha")
    if _share((alpha < 128) & (colours[..., 0] >= 128)):
        return Choice("flattened", "white lies under its transparency: laid on black")
    return _among_greys(pixels)


def _among_greys(pixels: StoredPixels) -> Choice:
    largest = largest_label(pixels, _grey(pixels)[0])
    if largest:
        return Choice("labels", f"a label map, largest value {largest}: all above 0")
    bits = pixels.header.bits
    return Choice("r", "grey" if bits <= 8 else f"grey of {bits} bits")


def _among_colours(pixels: StoredPixels, rgb: Picture) -> Choice:
    if pixels.numbers is not None and _is_label_palette(pixels.numbers, rgb):
        void = " and 255, for none" if (pixels.numbers == VOID).any() else ""
        return Choice("labels", f"a palette of labels: all but number 0{void}")
    if _coarse_colours(rgb) > _MANY_COLOURS:
        return Choice("luminance", _PHOTOGRAPH)
    largest = rgb.max(axis=2)
    if float(np.mean(largest < _DARK)) < _STRAY:
        return _without_black(rgb, largest)
    painted = largest >= int(largest.max()) / 2
    for place, (channel, name) in enumerate(_PAINTED.items()):
        lacking = painted & (rgb[..., place] < largest / 2)
        if int(lacking.sum()) <= _STRAY * int(painted.sum()):
            return Choice(channel, f"all its paint shows in {name}")  # type: ignore[arg-type]
    return Choice("max", "paint of several colours, each counts")


def _without_black(rgb: Picture, largest: Mask) -> Choice:
    if float(np.mean(largest - rgb.min(axis=2) <= 2 * COLOUR_TOLERANCE)) >= _STRAY:
        return Choice("chroma", "paint on white or grey: what is coloured")
    if int(rgb[..., 0].max()) - int(rgb[..., 0].min()) >= 128:
        return Choice("r", "two colours, neither black: told apart by red")
    return Choice("r", "no telling paint from ground: name a channel")


def _is_label_palette(numbers: Mask, rgb: Picture) -> bool:
    used, first = np.unique(numbers, return_index=True)
    colours = rgb.reshape(-1, 3)[first].astype(np.float64)
    if used[0] != 0 or colours[0].max() > COLOUR_TOLERANCE or len(used) > _MOST_LABELS:
        return False
    paints = colours[1:][colours[1:].max(axis=1) > 0]
    hues = paints / np.linalg.norm(paints, axis=1, keepdims=True)
    # An edge smoothed against black gives many shades of one paint; labels do not.
    return int((hues @ hues.T > 0.999).sum(axis=1).max(initial=0)) <= _MOST_SHADES


def _coarse_colours(rgb: Picture) -> int:
    red, green, blue = (rgb[..., place].astype(np.int64) >> 5 for place in range(3))
    counts = np.bincount((red * 64 + green * 8 + blue).ravel())
    return int((counts > counts.sum() / 1000).sum())


def _of_colours(rgb: Picture, reading: Reading) -> Mask:
    if reading in _PAINTED:
        return np.ascontiguousarray(rgb[..., list(_PAINTED).index(reading)])
    if reading == "max":
        return _mask(rgb.max(axis=2))
    if reading == "chroma":
        chroma = rgb.max(axis=2) - rgb.min(axis=2)
        return _mask(np.where(chroma > COLOUR_TOLERANCE, chroma, 0))
    return np.asarray(Image.fromarray(rgb).convert("L"))


def _grey(pixels: StoredPixels) -> tuple[Mask, str]:
    if pixels.rgb is not None:
        return np.ascontiguousarray(pixels.rgb[..., 0]), ""
    assert pixels.numbers is not None, "a file holds colours or greys"
    if pixels.header.mode == "1":
        return _mask(pixels.numbers * np.uint8(255)), ""
    return to_eight_bits(pixels.numbers, pixels.header.bits)


def _share(marked: NDArray[np.bool_]) -> bool:
    return float(np.mean(marked)) > NOTICEABLE


def _mask(values: NDArray[np.generic]) -> Mask:
    return values.astype(np.uint8, copy=False)
