"""Where a mask file's shape is: in red, another channel, the alpha, the numbers of labels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from maskprep.masks.colours import (
    COLOUR_TOLERANCE,
    NOTICEABLE,
    VOID_COLOUR,
    classes_of,
    is_coloured,
    is_photograph_in_colours,
    mapped,
    named,
)
from maskprep.masks.depth import to_eight_bits
from maskprep.masks.values import VOID, Judgement, Kind, faint, judge, judge_deep
from maskprep.raster import Mask, StoredPixels

#: A channel of a mask file. Only `decide` names the others: the greys laid on black by their
#: alpha, colour as against grey, every number above 0, every flat colour but the ground's, and
#: what a colour map was laid over.
Reading = Literal[
    "r", "g", "b", "max", "luminance", "alpha", "flattened", "chroma", "labels", "classes", "map"
]

Picture = NDArray[np.uint8]

#: Share of the pixels below which a colour is an edge or a slip, and no ground.
_STRAY = 0.01
#: Values below are dark.
_DARK = 64
#: Paint of one colour that is darker than this is made white by its being there.
_FULL = 224
#: Labels that a palette may hold, and shades of one paint that are still labels.
_MOST_LABELS, _MOST_SHADES = 32, 3

_PAINTED = {"r": "red", "g": "green", "b": "blue"}
_NAME_ONE = "name a channel, --from luminance, say"


_PAINTS = (*_PAINTED, "max", "classes")


class Choice(NamedTuple):
    """Where a file's shape is, and why, in a few words.

    Attributes
    ----------
    reading : str
        Where it is.
    why : str
        Why there.
    refused : str
        What has to be said by whoever wants a mask of it nevertheless; empty where the choice
        is as good as any.
    """

    reading: Reading
    why: str
    refused: str = ""

    @property
    def is_paint(self) -> bool:
        """Whether the shape is paint in colours on black, of which others may be in its set."""
        return self.reading in _PAINTS and not self.why.startswith("grey")


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


def judge_stored(pixels: StoredPixels, mask: Mask) -> Judgement:
    """Judge values before they are scaled, where they are deeper than 8 bits.

    Parameters
    ----------
    pixels : StoredPixels
        As decoded.
    mask : ndarray of uint8, shape (H, W)
        What was read of them.

    Returns
    -------
    Judgement
        A few flat numbers are labels, however large; the greys of a camera's 12 bits are none,
        however small they become.
    """
    numbers = pixels.numbers
    if pixels.rgb is not None or numbers is None or numbers.dtype == np.uint8:
        return judge(mask)
    deep = judge_deep(numbers)
    if deep is not None:
        return deep
    judged = judge(mask)
    unscaled = float(np.nan_to_num(numbers).max())
    if judged.kind is Kind.LABELS and not 1 < unscaled <= VOID:
        return faint(0, judged.top)
    return judged


def settled(own: Choice, of_set: Sequence[Choice], pixels: StoredPixels) -> tuple[Choice, str]:
    """Read a file as the others of its set are read.

    Parameters
    ----------
    own : Choice
        What `decide` says of it.
    of_set : sequence of Choice
        What it says of each file of the set.
    pixels : StoredPixels
        The file.

    Returns
    -------
    choice : Choice
        Paint of several colours in a set counts whatever its colour, in every file alike.
    exception : str
        How it differs from most of its set, in words; empty where it does not.
    """
    shared = _shared_paint(of_set)
    if shared and own.is_paint and own.reading != shared and _can_be(shared, pixels):
        return Choice(shared, "paint of several colours in its set, each counts"), ""
    if not of_set:
        return own, ""
    most = Counter(each.reading for each in of_set).most_common(1)[0][0]
    family = {each.reading for each in of_set if each.is_paint} if own.is_paint else {own.reading}
    if most in family or most == own.reading:
        return own, ""
    return own, f"is read from {own.reading}, unlike most of its set, which is from {most}"


def _can_be(paint: Reading, pixels: StoredPixels) -> bool:
    return paint == "max" or (pixels.rgb is not None and classes_of(pixels.rgb) is not None)


def _shared_paint(of_set: Sequence[Choice]) -> Reading | None:
    readings = {each.reading for each in of_set if each.is_paint}
    if len(readings) < 2:
        return None
    return "classes" if "classes" in readings else "max"


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
        greys are read as they are, labels (and numbers of one colour) as what is above 0; a
        colour map is taken off; of colours on black the first channel that holds all the paint
        in full, else flat colours count as classes, soft ones by their largest channel; on white
        or grey, what is coloured.
    """
    if pixels.alpha is not None and _share(
        pixels.alpha < int(pixels.alpha.max()) - COLOUR_TOLERANCE
    ):
        return _with_alpha(pixels, pixels.alpha)
    if pixels.rgb is not None and pixels.numbers is not None and _is_blank(pixels.rgb):
        return _among_numbers(pixels.numbers)
    if pixels.rgb is not None and is_coloured(pixels.rgb):
        return _among_colours(pixels, pixels.rgb)
    return _among_greys(pixels)


def _is_blank(rgb: Picture) -> bool:
    return bool((rgb == rgb[0, 0]).all())


def _among_numbers(numbers: NDArray[Any]) -> Choice:
    """Find the shape in a palette's numbers, all of which have one colour."""
    least = int(numbers.min())
    if least == int(numbers.max()):
        return Choice("r", "is one colour all over", "there is no shape in it")
    if least > 0:
        return Choice("labels", "numbers of one colour, no 0", "name those that train, --label N")
    return Choice("labels", "its palette gives its numbers one colour: all above 0")


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
    judged = judge_stored(pixels, _grey(pixels)[0])
    if judged.kind is Kind.PHOTOGRAPH:
        return Choice("r", "looks like a photograph, not like a mask", _NAME_ONE)
    if judged.kind is Kind.CONSTANT and 0 < judged.top < 255:
        return Choice("r", judged.why, "there is no shape in it")
    if judged.labels:
        named = judged.why.split(":")[0]
        if ", no 0" in named:
            return Choice("labels", named, "name the labels that train, --label N")
        void = " but 255" if judged.kind is Kind.VOID else ""
        return Choice("labels", f"{named}: all above 0{void}")
    bits = pixels.header.bits
    return Choice("r", "grey" if bits <= 8 else f"grey of {bits} bits")


def _among_colours(pixels: StoredPixels, rgb: Picture) -> Choice:
    if pixels.numbers is not None and _is_label_palette(pixels.numbers, rgb):
        void = " and 255, for none" if (pixels.numbers == VOID).any() else ""
        return Choice("labels", f"a palette of labels: all but number 0{void}")
    laid_over = mapped(rgb)
    if laid_over is not None:
        kept = (
            "its dark end is black, its bright end white" if laid_over.two_valued else "taken off"
        )
        return Choice("map", f"the colour map {laid_over.name}: {kept}")
    flat = classes_of(rgb)
    if flat is None and is_photograph_in_colours(rgb):
        return Choice("luminance", "looks like a photograph, not like a mask", _NAME_ONE)
    largest = rgb.max(axis=2)
    if flat is not None and flat.ground != 0 and not _has_grey_ground(rgb, largest):
        return Choice("classes", f"flat colours: all but {named(flat.ground)}, most of its border")
    if float(np.mean(largest < _DARK)) < _STRAY:
        return _without_black(rgb, largest)
    painted = largest >= int(largest.max()) / 2
    for place, (channel, name) in enumerate(_PAINTED.items()):
        lacking = painted & (rgb[..., place] < largest / 2)
        alone = int(lacking.sum()) <= _STRAY * int(painted.sum())
        if alone and (flat is None or _shows_in_full(rgb[..., place])):
            return Choice(channel, f"all its paint shows in {name}")  # type: ignore[arg-type]
    if flat is not None:
        void = f" and {named(VOID_COLOUR)}, for none" if flat.has_void else ""
        return Choice("classes", f"flat colours: all but black{void}")
    return Choice("max", "paint of several colours, each counts")


def _shows_in_full(plane: Mask) -> bool:
    return int(plane[plane > 0].min(initial=255)) >= _FULL


def _has_grey_ground(rgb: Picture, largest: Mask) -> bool:
    return float(np.mean(largest - rgb.min(axis=2) <= 2 * COLOUR_TOLERANCE)) >= _STRAY


def _without_black(rgb: Picture, largest: Mask) -> Choice:
    if _has_grey_ground(rgb, largest):
        return Choice("chroma", "paint on white or grey: what is coloured")
    if (rgb == rgb[0, 0]).all():
        colour = "#{:02x}{:02x}{:02x}".format(*rgb[0, 0])
        return Choice("r", f"is one colour all over ({colour})", "there is no shape in it")
    if int(rgb[..., 0].max()) - int(rgb[..., 0].min()) >= 128:
        return Choice("r", "two colours, neither black: told apart by red")
    return Choice("r", "no telling paint from ground", _NAME_ONE)


def _is_label_palette(numbers: Mask, rgb: Picture) -> bool:
    used, first = np.unique(numbers, return_index=True)
    colours = rgb.reshape(-1, 3)[first].astype(np.float64)
    if used[0] != 0 or colours[0].max() > COLOUR_TOLERANCE or len(used) > _MOST_LABELS:
        return False
    paints = colours[1:][colours[1:].max(axis=1) > 0]
    hues = paints / np.linalg.norm(paints, axis=1, keepdims=True)
    # An edge smoothed against black gives many shades of one paint; labels do not.
    return int((hues @ hues.T > 0.999).sum(axis=1).max(initial=0)) <= _MOST_SHADES


def _of_colours(rgb: Picture, reading: Reading) -> Mask:
    if reading in _PAINTED:
        return np.ascontiguousarray(rgb[..., list(_PAINTED).index(reading)])
    if reading == "max":
        return _mask(rgb.max(axis=2))
    if reading == "chroma":
        chroma = rgb.max(axis=2) - rgb.min(axis=2)
        return _mask(np.where(chroma > COLOUR_TOLERANCE, chroma, 0))
    if reading == "classes" and (flat := classes_of(rgb)) is not None:
        return flat.mask()
    if reading == "map" and (laid_over := mapped(rgb)) is not None:
        return laid_over.values
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
