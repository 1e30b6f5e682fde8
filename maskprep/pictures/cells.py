"""The latent cells in characters, for terminals: half blocks in colour, shades, or ASCII."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from maskprep.pictures.palette import Colour, weight_colours

Weights = NDArray[np.float32]

HALF_BLOCK = "▀"
#: From ignored to trained, for terminals without colour.
SHADES = " ░▒▓█"
ASCII = " .:-=+*#%@"


class Block(NamedTuple):
    """One character of a terminal: two cells, one over the other, each with its colour."""

    upper: Colour
    lower: Colour


def fitted(weights: Weights, columns: int, lines: int) -> Weights:
    """Bring cells to the size of a terminal: two to a character, one over the other.

    Parameters
    ----------
    weights : ndarray of float32, shape (rows, columns)
        Of the latent cells, [0, 1].
    columns, lines : int
        Characters that there are room for, at least 1.

    Returns
    -------
    ndarray of float32, shape (even, columns or fewer)
        Means of the cells; a cell is never larger than a half block.
    """
    rows, wide = weights.shape
    shrink = min(1.0, columns / wide, 2 * lines / rows)
    size = max(1, round(wide * shrink)), max(2, 2 * round(rows * shrink / 2))
    return np.asarray(cv2.resize(weights, size, interpolation=cv2.INTER_AREA), np.float32)


def half_blocks(weights: Weights) -> list[list[Block]]:
    """Colour cells as all pictures do, blue trains and orange is ignored.

    Parameters
    ----------
    weights : ndarray of float32, shape (even, columns)
        Of `fitted`.

    Returns
    -------
    list of list of Block
        Line by line.
    """
    colours = weight_colours(weights).round().astype(int)
    pairs = zip(colours[::2].tolist(), colours[1::2].tolist(), strict=True)
    return [
        [Block(tuple(upper), tuple(lower)) for upper, lower in zip(*lines, strict=True)]
        for lines in pairs
    ]


def shaded(weights: Weights, signs: str) -> list[str]:
    """Write cells as characters that are the denser the more they train.

    Parameters
    ----------
    weights : ndarray of float32, shape (even, columns)
        Of `fitted`.
    signs : str
        `SHADES` or `ASCII`.

    Returns
    -------
    list of str
        Line by line, two cells a character.
    """
    means = (weights[::2] + weights[1::2]) / 2
    # A hair between ignored cells shall leave a trace.
    places = np.ceil(np.clip(means, 0, 1) * (len(signs) - 1) - 0.05).astype(int)
    return ["".join(signs[place] for place in line) for line in places.tolist()]
