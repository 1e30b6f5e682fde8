"""What a reader made of a file, in as few words as a table's cell holds."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from tools.formats.painted import HEIGHT, WIDTH, Pixels, Values, read_back

REFUSES, NO_ALPHA = "refuses", "no alpha"
#: Up to here two greys are the same to a trainer, and to an eye.
_SAME, _NEAR = 2, 12
_TURNS: dict[str, Callable[[Pixels], Pixels]] = {
    "": lambda pixels: pixels,
    "half turned": lambda pixels: pixels[::-1, ::-1],
    "upside-down": lambda pixels: pixels[::-1],
    "mirrored": lambda pixels: pixels[:, ::-1],
    "quarter turned": lambda pixels: np.rot90(pixels, 1),
    "quarter turned back": lambda pixels: np.rot90(pixels, -1),
    "sides swapped": lambda pixels: pixels.T,
    "sides swapped the other way": lambda pixels: np.rot90(pixels.T, 2),
}


def cell(pixels: Pixels, meant: Values) -> str:
    """Tell what came out.

    Parameters
    ----------
    pixels : ndarray of shape (H, W)
        Of any type.
    meant : Values
        What was to come out, of 255.

    Returns
    -------
    str
        ``as is``, ``inverted``, ``saturates``, ``all 255``, or the values of white, grey and black.
    """
    if pixels.shape not in ((HEIGHT, WIDTH), (WIDTH, HEIGHT)):
        return f"{pixels.shape[1]} x {pixels.shape[0]} px"
    for turn, undo in _TURNS.items():
        upright = undo(pixels)
        if upright.shape == (HEIGHT, WIDTH):
            word = _word(read_back(upright), meant, pixels.dtype)
            if word and (not turn or word.startswith("as is")):
                return f"{word}, {turn}" if turn else word
    values = read_back(pixels)
    return " ".join(f"{value:.5g}" for value in (values if _is_odd(values, meant) else values[:3]))


def _is_odd(values: Values, meant: Values) -> bool:
    """Tell whether the darker grey is what is wrong."""
    return max(abs(a - b) for a, b in zip(values[:3], meant[:3], strict=True)) <= _NEAR


def _word(values: Values, meant: Values, kind: np.dtype[np.generic]) -> str:
    if len(set(values)) == 1:
        return f"all {values.white:.5g}"
    for scale, note in _scales(kind):
        scaled = [value * scale for value in values]
        away = max(abs(a - b) for a, b in zip(scaled, meant, strict=True))
        if away <= _NEAR:
            return _about("as is", away) + note
        away = max(abs(255 - a - b) for a, b in zip(scaled, meant, strict=True))
        if away <= _NEAR:
            return _about("inverted", away) + note
    if all(value == (255 if wanted else 0) for value, wanted in zip(values, meant, strict=True)):
        return "saturates"
    return ""


def _about(word: str, away: float) -> str:
    return word if away <= _SAME else f"{word} ±{away:.0f}"


def _scales(kind: np.dtype[np.generic]) -> Iterator[tuple[float, str]]:
    yield 1, ""
    if np.issubdtype(kind, np.bool_):
        yield 255, ""
    elif kind.kind == "f":
        yield 255, ", 0..1"
    elif kind.kind == "u" and kind.itemsize > 1:
        yield 255 / np.iinfo(f"u{kind.itemsize}").max, f", {8 * kind.itemsize} bits"
