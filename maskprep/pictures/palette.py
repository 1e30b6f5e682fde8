"""The colours of all pictures, and how a weight becomes one."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Colour = tuple[int, int, int]

#: Okabe and Ito's blue and orange: apart for every kind of colour vision.
TRAIN: Colour = (0, 114, 178)
IGNORE: Colour = (230, 159, 0)
BETWEEN: Colour = (238, 238, 238)

PAGE: Colour = (250, 249, 247)
INK: Colour = (34, 38, 46)
FAINT: Colour = (106, 112, 122)
RULE: Colour = (222, 220, 215)
WHITE: Colour = (255, 255, 255)
NOTE: Colour = (255, 243, 214)
RIGHT_PLACE: Colour = (204, 0, 122)
LOST: Colour = (190, 20, 40)

#: How much of a cell is its colour; the rest is the picture, in grey.
OPACITY = 0.68


def weight_colours(weights: NDArray[np.float32]) -> NDArray[np.float32]:
    """Turn weights into colours: orange at 0, pale grey at one half, blue at 1.

    Parameters
    ----------
    weights : ndarray of float32, any shape
        Weights, [0, 1].

    Returns
    -------
    ndarray of float32, shape weights.shape + (3,)
        RGB, [0, 255].
    """
    stops = np.array([IGNORE, BETWEEN, TRAIN], np.float32)
    bands = [np.interp(weights, (0.0, 0.5, 1.0), stops[:, band]) for band in range(3)]
    return np.stack(bands, axis=-1).astype(np.float32)
