"""What a mask's values are: black and white, labels, faint paint, a photograph, and why."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.uint8]
Picture = NDArray[np.uint8]

#: What segmentation sets write for pixels that belong to no label.
VOID = 255
#: No cell can weigh one half below this value; paint below the second was hardly meant to be pale.
HALF, PALE = 128, 224
#: Share of the pixels up to which a value is a stray.
_STRAY = 2e-5
#: Ground from the first value on trains a little (weight 0.02); from the second on it is paint.
_GROUND, _HALF_A_PAINT = 6, 100
#: Nine tenths of a ground differ by no more; what rises steadily is a vignette.
_EVEN = 24
#: The ignored side is smaller than this share where it is an edge alone, and no ground.
_LEAST_GROUND = 0.02
#: One paint of at most this value is a label, above it is a dark grey.
_LARGEST_LONE_LABEL = 40
#: Labels beside a void of 255 are below this value.
_LARGEST_BESIDE_VOID = 64
#: More values than these are tones.
_MOST_LABELS = 64
#: From so many values on, those of labels jump from one area to the next, those of tones do not.
_JUMPING = 8
#: A value with more of its pixels inside of its own area than this is flat, and no soft edge.
_SOLID = 0.2
#: Values below the first and from the second on are black and white, with noise.
_DARK, _LIGHT = 16, 240
#: A photograph has more of its pixels between black and white than this, fewer in its two
#: commonest greys, and so many fields that are lighter, or darker, than all around them.
_BETWEEN, _COMMONEST, _BUMPS = 0.6, 0.85, 7
#: Fields on each side of the grid on which bumps are counted, and the least height of one.
_GRID, _BUMP = 24, 2
#: Pixels of a photograph's grain differ by this from a neighbour, those of a slope do not.
_GRAIN = 8
#: Half the width of what counts as one grey.
_ONE_GREY = 4
#: More deep numbers than these are tones; from the second on they reach white.
_MOST_DEEP_LABELS, _DEEP_WHITE = 255, 57000
#: White of 10, 12 and 14 bits, and of signed 16, a quarter of whose range is this; and 255 of 8
#: bits that were shifted to such a depth.
_WHITES, _QUARTER = (1023, 4095, 16383, 32767, 1020, 4080, 16320, 32640), 1 << 14
#: One row of so many is looked at first.
_FEW_ROWS = 16
#: Pixels from which a few rows are looked at first.
_LARGE = 1 << 18
#: Side of the square that a void's outline does not hold, px.
_THIN = 15


class Kind(Enum):
    """What a mask's values are."""

    BLACK_AND_WHITE = "black and white"
    TONES = "soft edges or greys"
    RAISED = "a ground that is not black"
    FAINT = "faint"
    LABELS = "labels"
    VOID = "labels, with a void of 255"
    CONSTANT = "constant"
    PHOTOGRAPH = "a photograph"
    COLOUR_MAP = "a colour map"
    CLASSES = "flat colours of classes"
    PAINT = "paint in colours"


class Judgement(NamedTuple):
    """What a mask's values are, and why.

    Attributes
    ----------
    kind : Kind
        What they are.
    why : str
        In words.
    top : int
        The largest value but for strays, 0 to 255.
    labels : tuple of int
        The labels, without 0 and the void; empty where they are none.
    levels : tuple of int, or None
        Black and white to which the values have to be stretched; None where that mends nothing.
    """

    kind: Kind
    why: str
    top: int = 255
    labels: tuple[int, ...] = ()
    levels: tuple[int, int] | None = None

    @property
    def trains_as_meant(self) -> bool:
        """Whether nothing speaks against the values."""
        return self.kind in (Kind.BLACK_AND_WHITE, Kind.TONES)


def judge(mask: Mask) -> Judgement:
    """Judge the values of one plane: a mask's greys, R alone, or an alpha.

    Parameters
    ----------
    mask : ndarray of uint8, shape (H, W)
        255 trains.

    Returns
    -------
    Judgement
        In this order: one value, labels beside a void, a photograph, labels, faint paint, a
        ground that trains, else black and white or tones.

    Examples
    --------
    >>> judge(np.array([[0, 0, 3, 3, 3], [0, 0, 3, 3, 3], [0, 0, 3, 3, 3]], np.uint8)).why
    'a label map (3): it weighs 0.012 at most'
    """
    if mask.size > _LARGE:
        # A few rows of a large mask say that it is as it should be; what they doubt is counted.
        quick = _judged(mask, _counts(mask[::_FEW_ROWS]))
        if quick.trains_as_meant:
            return quick
    return _judged(mask, _counts(mask))


def _judged(mask: Mask, counts: NDArray[np.float32]) -> Judgement:
    used = np.flatnonzero(counts > _STRAY * counts.sum())
    low, top = int(used[0]), int(used[-1])
    if low == top:
        return Judgement(Kind.CONSTANT, f"is {top} of 255 all over", top)
    beside_void = used[(used > 0) & (used < VOID)]
    if top == VOID and len(beside_void) == 0:
        return Judgement(Kind.BLACK_AND_WHITE, "black and white")
    if top == VOID and int(beside_void[-1]) < _LARGEST_BESIDE_VOID and _has_void(mask, used):
        return _labels(beside_void, Kind.VOID, low == 0)
    flat = len(used) <= _MOST_LABELS and _is_flat(mask, used, counts)
    if not flat and _is_photograph(mask, counts):
        return Judgement(Kind.PHOTOGRAPH, "looks like a photograph, not like a mask", top)
    paint = top if flat else _plateau(counts, top)
    if (top < PALE and paint is not None) or top < HALF:
        return _dim(used[used > 0], flat, low, top if paint is None else paint)
    return _with_ground(counts, low, top)


def judge_deep(numbers: NDArray[Any]) -> Judgement | None:
    """Find labels among numbers that 8 bits do not hold, such as ids of instances.

    Parameters
    ----------
    numbers : ndarray of any integer or float type, shape (H, W)
        As stored.

    Returns
    -------
    Judgement or None
        None where they are no labels: tones, two values, or nothing above 255.
    """
    if np.issubdtype(numbers.dtype, np.floating) or int(numbers.max()) <= VOID:
        return None
    used = np.unique(numbers[::_FEW_ROWS])
    if len(used) > _MOST_DEEP_LABELS:
        return None
    used = np.unique(numbers)
    paints = used[used > 0]
    if len(used) > _MOST_DEEP_LABELS or len(paints) < 2 or _is_full_range(used):
        return None
    places = np.searchsorted(used, numbers).astype(np.uint8)
    inner = steps(places) == 0
    solid = [each for each in range(len(used)) if _solid(places, inner, each)]
    if 3 * len(solid) < 2 * len(used):
        return None
    return _labels(paints, Kind.LABELS, int(used[0]) == 0)


def _is_full_range(used: NDArray[Any]) -> bool:
    """Tell whether numbers end where those of some depth do: white of 10, 12, 15, 16 bits."""
    least, most = int(used[0]), int(used[-1])
    fills_both_halves = least <= -_QUARTER and most >= _QUARTER
    return most >= _DEEP_WHITE or most in _WHITES or fills_both_halves


def ground_share(mask: Mask) -> float:
    """Tell which part of the loss the ignored side takes.

    Parameters
    ----------
    mask : ndarray of uint8, shape (H, W)
        255 trains.

    Returns
    -------
    float
        Sum of the values below one half by the sum of all, [0, 1].
    """
    weights = _counts(mask) * np.arange(256)
    return float(weights[:HALF].sum() / max(float(weights.sum()), 1.0))


def _counts(mask: Mask) -> NDArray[np.float32]:
    counts = cv2.calcHist([mask], [0], None, [256], [0, 256])
    return np.asarray(counts, np.float32).ravel()


def _labels(values: Sequence[int] | NDArray[np.intp], kind: Kind, has_zero: bool) -> Judgement:
    labels = tuple(int(value) for value in values)
    named = ", ".join(map(str, labels[:5])) + (", …" if len(labels) > 5 else "")
    told = f"a label map ({named}"
    if kind is Kind.VOID:
        told += " and 255 for none): the void trains in full, the labels"
        return Judgement(kind, f"{told} weigh {labels[-1] / 255:.3f} at most", VOID, labels)
    told += ")" if has_zero else ", no 0)"
    if labels[-1] > VOID:
        return Judgement(kind, f"{told}: its numbers are no weights", VOID, labels)
    return Judgement(kind, f"{told}: it weighs {labels[-1] / 255:.3f} at most", labels[-1], labels)


def _has_void(mask: Mask, used: NDArray[np.intp]) -> bool:
    """Tell labels and a void from a mask whose ground is not quite black."""
    labels = used[(used > 0) & (used < VOID)]
    inner = steps(mask) == 0
    solid = [label for label in labels if _solid(mask, inner, int(label))]
    if not solid or (used[0] != 0 and len(labels) < 3):
        return False
    if len(solid) >= 3 and 2 * len(solid) >= len(labels):
        return True
    void = (mask == VOID).view(np.uint8)
    thick = cv2.erode(void, np.ones((_THIN, _THIN), np.uint8))
    return int(np.count_nonzero(thick)) == 0 and 2 * len(solid) >= len(labels)


def _is_flat(mask: Mask, used: NDArray[np.intp], counts: NDArray[np.float32]) -> bool:
    """Tell areas of a few values from tones: most values have an inside of their own."""
    if len(used) <= 2:
        return True
    if float(counts[used].sum()) <= 0.999 * mask.size:
        return False
    apart = steps(mask)
    inner = apart == 0
    solid = [value for value in used if _solid(mask, inner, int(value))]
    edges = max(1, mask.size - int(np.count_nonzero(inner)))
    jumps = int(np.count_nonzero(apart > 1)) > edges / 4
    return 3 * len(solid) >= 2 * len(used) and (jumps or len(used) < _JUMPING)


def steps(mask: Mask) -> Mask:
    """Tell by how much each pixel and its eight neighbours differ at most.

    Parameters
    ----------
    mask : ndarray of uint8, shape (H, W) or (H, W, C)
        Each channel by itself.

    Returns
    -------
    ndarray of uint8, of the same shape
    """
    square = np.ones((3, 3), np.uint8)
    return np.asarray(cv2.subtract(cv2.dilate(mask, square), cv2.erode(mask, square)))


def _solid(mask: Mask, inner: NDArray[np.bool_], value: int) -> bool:
    own = mask == value
    return int(np.count_nonzero(own & inner)) > _SOLID * int(np.count_nonzero(own))


def is_photograph(mask: Mask) -> bool:
    """Tell a photograph, sharp or blurred, from a mask.

    Parameters
    ----------
    mask : ndarray of uint8, shape (H, W)
        Greys.

    Returns
    -------
    bool
        Whether it is neither black nor white in most places, of more than two greys, and lighter
        or darker than all around in many, or grainy.
    """
    return _is_photograph(mask, _counts(mask))


def _is_photograph(mask: Mask, counts: NDArray[np.float32]) -> bool:
    if float(counts[_DARK:_LIGHT].sum()) < _BETWEEN * mask.size:
        return False
    shares = counts / np.float32(mask.size)
    if _commonest(shares) > _COMMONEST:
        return False
    return _bumps(mask) >= _BUMPS or _has_grain(mask)


def _bumps(mask: Mask) -> int:
    """Count the fields that are lighter, or darker, than all eight around them."""
    grid = cv2.resize(mask, (_GRID, _GRID), interpolation=cv2.INTER_AREA)
    around = np.ones((3, 3), np.uint8)
    around[1, 1] = 0
    values = grid.astype(np.int16)
    above = values - cv2.dilate(grid, around).astype(np.int16)
    below = cv2.erode(grid, around).astype(np.int16) - values
    return int(np.count_nonzero((above >= _BUMP) | (below >= _BUMP)))


def _has_grain(mask: Mask) -> bool:
    between = (mask >= _DARK) & (mask < _LIGHT)
    rough = between & (steps(mask) >= _GRAIN)
    return int(np.count_nonzero(rough)) > int(np.count_nonzero(between)) / 2


def _commonest(shares: NDArray[np.float32]) -> float:
    """Add the shares of the two commonest greys, each with its noise."""
    window = np.ones(2 * _ONE_GREY + 1)
    sums = np.convolve(shares, window, "same")
    first = int(sums.argmax())
    rest = shares.copy()
    rest[max(0, first - _ONE_GREY) : first + _ONE_GREY + 1] = 0
    return float(sums[first] + np.convolve(rest, window, "same").max())


def _dim(paints: NDArray[np.intp], flat: bool, low: int, top: int) -> Judgement:
    lone = len(paints) == 1
    is_map = flat and (top <= _LARGEST_LONE_LABEL if lone else top < HALF or len(paints) > 3)
    if is_map:
        return _labels(paints, Kind.LABELS, low == 0)
    return faint(low, top)


def faint(low: int, top: int) -> Judgement:
    """Judge paint that does not reach white.

    Parameters
    ----------
    low, top : int
        Its smallest and largest value, 0 to 255.

    Returns
    -------
    Judgement
    """
    ground = 0 if low < _GROUND else low
    told = f"is faint: its largest value is {top} of 255"
    told += (
        ", no cell can reach one half" if top < HALF else f", nothing trains above {top / 255:.2f}"
    )
    return Judgement(Kind.FAINT, told, top, (), (ground, top))


def _plateau(counts: NDArray[np.float32], top: int) -> int | None:
    """Find even paint, above which a JPEG rings; noise and slopes have many values instead."""
    paint = counts[top // 2 : top + 1]
    level = int(paint.argmax())
    even = float(paint[max(0, level - _ONE_GREY) : level + _ONE_GREY + 1].sum())
    return top // 2 + level if even > float(paint.sum()) / 2 else None


def _with_ground(counts: NDArray[np.float32], low: int, top: int) -> Judgement:
    ignored = counts[:HALF]
    total = float(ignored.sum())
    if total < _LEAST_GROUND * float(counts.sum()):
        return Judgement(Kind.TONES, "soft edges or greys", top)
    reached = np.cumsum(ignored) / total
    tenth, middle, most = (int(np.searchsorted(reached, part)) for part in (0.1, 0.5, 0.8))
    if tenth < _GROUND - 2 or not _GROUND <= middle < _HALF_A_PAINT or most - tenth > _EVEN:
        return Judgement(Kind.TONES, "soft edges or greys", top)
    levels = (most, top)
    told = f"its ground is {middle} of 255, not black"
    return Judgement(Kind.RAISED, told, top, (), levels)
