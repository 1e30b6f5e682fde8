"""The mask that every file holds: a white, a grey and a black band, the grey darker below."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[Any]

WIDTH, HEIGHT, BAND = 48, 32, 16
#: Where white, grey and black are looked at, and the darker half of the grey band (row, column).
SPOTS = ((8, 8), (8, 24), (8, 40), (24, 24))


class Values(NamedTuple):
    """What stands at the spots."""

    white: float
    grey: float
    black: float
    dark: float


TONES = Values(255, 128, 0, 64)
#: As files of one bit keep it.
HARD = Values(255, 255, 0, 0)


def painted(values: Values = TONES, kind: type[np.generic] = np.uint8) -> Pixels:
    """Paint the bands.

    Parameters
    ----------
    values : Values
        What each is painted with.
    kind : type
        Of NumPy's numbers.

    Returns
    -------
    ndarray, shape (32, 48)
        The mask.
    """
    mask = np.zeros((HEIGHT, WIDTH), kind)
    mask[:, :BAND] = values.white
    mask[:BAND, BAND : 2 * BAND] = values.grey
    mask[BAND:, BAND : 2 * BAND] = values.dark
    mask[:, 2 * BAND :] = values.black
    return mask


def in_colour(colour: tuple[int, int, int], values: Values = TONES) -> Pixels:
    """Paint in one colour on black, shape (32, 48, 3)."""
    shares = painted(values).astype(np.uint32)[..., None]
    return (shares * np.array(colour, np.uint32) // 255).astype(np.uint8)


def read_back(pixels: Pixels) -> Values:
    """Look at the spots of a picture of one channel."""
    return Values(*(pixels[spot].item() for spot in SPOTS))
