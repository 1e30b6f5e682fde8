"""Where something is in a plane."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def nonzero(plane: NDArray[Any]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Find what is not 0, as `numpy.nonzero` does: of a plane that takes ten times as long.

    Parameters
    ----------
    plane : ndarray, shape (H, W)
        Of any type.

    Returns
    -------
    rows, columns : ndarray of int64, shape (n,)
        Row by row.

    Examples
    --------
    >>> [each.tolist() for each in nonzero(np.array([[0, 7], [7, 0]]))]
    [[0, 1], [1, 0]]
    """
    rows, columns = np.divmod(np.flatnonzero(plane), plane.shape[1])
    return rows, columns
