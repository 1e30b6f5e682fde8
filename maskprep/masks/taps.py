"""What one pixel of a resized side is made of: kernels put to single pixels."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray


class Taps(NamedTuple):
    """Along one side: which pixels each pixel of the result is made of, and their shares.

    Attributes
    ----------
    places : ndarray of int64, shape (taps, pixels of the result)
        Of the pixels.
    shares : ndarray of float32 or int64, shape (taps, pixels of the result)
        As the kernel counts: 1, or 2^22ths.
    """

    places: NDArray[np.int64]
    shares: NDArray[Any]

    def at(self, pixels: NDArray[np.int64]) -> list[tuple[NDArray[np.int64], NDArray[Any]]]:
        """Give places and shares of some pixels of the result, tap by tap.

        Parameters
        ----------
        pixels : ndarray of int64
            Of any shape.

        Returns
        -------
        list of (ndarray, ndarray)
            Each of that shape.
        """
        return [
            (places.take(pixels), shares.take(pixels))
            for places, shares in zip(self.places, self.shares, strict=True)
        ]
