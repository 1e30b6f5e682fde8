"""Which pixels train, by their numbers or their colours: labels chosen by whoever has a map."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.uint8]
Colour = tuple[int, int, int]

#: Values named in one message.
_NAMED = 5


class Chosen(NamedTuple):
    """What trains of a label map, and nothing else.

    Attributes
    ----------
    labels : tuple of float
        Stored values that train.
    above : float or None
        Stored values above it train.
    colours : tuple of (int, int, int)
        Colours that train, R, G and B, 0 to 255.
    """

    labels: tuple[float, ...] = ()
    above: float | None = None
    colours: tuple[Colour, ...] = ()

    @property
    def by_number(self) -> bool:
        """Whether numbers choose."""
        return bool(self.labels) or self.above is not None

    @property
    def is_made(self) -> bool:
        """Whether anything was chosen."""
        return self.by_number or bool(self.colours)

    def of_numbers(self, numbers: NDArray[Any]) -> tuple[Mask, str]:
        """Make what was chosen white.

        Parameters
        ----------
        numbers : ndarray of any integer or float type, shape (H, W)
            As stored.

        Returns
        -------
        mask : ndarray of uint8, shape (H, W)
            255 trains, 0 is left out.
        note : str
            That the file holds none of the labels, in words; empty where it holds any.

        Raises
        ------
        ValueError
            No file of that type can hold one of the labels.

        Examples
        --------
        >>> Chosen(labels=(2, 7)).of_numbers(np.array([[0, 1, 2]], np.uint8))
        (array([[  0,   0, 255]], dtype=uint8), '')
        """
        if self.above is not None:
            return _white(numbers > self.above), ""
        _refuse_impossible(numbers.dtype, self.labels)
        white = _white(np.isin(numbers, self.labels))
        wanted = " and no ".join(f"{label:g}" for label in self.labels)
        return white, "" if white.any() else f"holds no {wanted}: {_values(numbers)}"

    def of_colours(self, rgb: NDArray[np.uint8]) -> tuple[Mask, str]:
        """Make what was chosen white.

        Parameters
        ----------
        rgb : ndarray of uint8, shape (H, W, 3)
            The picture.

        Returns
        -------
        mask : ndarray of uint8, shape (H, W)
            255 trains, 0 is left out.
        note : str
            That it holds none of the colours, in words; empty where it holds any.
        """
        held = [(rgb == np.array(colour, np.uint8)).all(axis=2) for colour in self.colours]
        white = _white(np.logical_or.reduce(held))
        wanted = " and no ".join("#{:02x}{:02x}{:02x}".format(*each) for each in self.colours)
        return white, "" if white.any() else f"holds no {wanted}"


def _refuse_impossible(kind: np.dtype[Any], labels: Sequence[float]) -> None:
    if np.issubdtype(kind, np.floating):
        return
    least, most = np.iinfo(kind).min, np.iinfo(kind).max
    for label in labels:
        if label % 1 or not least <= label <= most:
            raise ValueError(f"cannot hold {label:g}: its values are whole, {least} to {most}")


def _values(numbers: NDArray[Any]) -> str:
    used = np.unique(numbers)
    if len(used) > _NAMED:
        return f"its values are {used[0]:g} to {used[-1]:g}"
    return f"its values are {', '.join(f'{value:g}' for value in used)}"


def _white(trains: NDArray[np.bool_]) -> Mask:
    return np.where(trains, 255, 0).astype(np.uint8)
