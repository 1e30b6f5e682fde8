"""Pictures that are written again with all that lies beside their pixels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from maskprep import raster
from maskprep.errors import MaskprepError
from maskprep.raster import Accompaniment, Header


def read_to_rewrite(path: str, header: Header) -> tuple[NDArray[np.uint8], Accompaniment]:
    """Decode a picture of which a copy is to be made.

    Parameters
    ----------
    path : str
        The image file.
    header : Header
        What it says of itself.

    Returns
    -------
    ndarray of uint8, shape (H, W, 3) or (H, W, 4)
        Its colours, and its alpha where it stores one.
    Accompaniment
        What lies beside them.

    Raises
    ------
    MaskprepError
        It cannot be decoded, or 8 bits would cut its greys off.
    """
    refuse_clipped(path, header)
    return raster.read_accompanied(path, "RGBA" if header.has_alpha else "RGB")


def refuse_clipped(path: str, header: Header) -> None:
    """Raise `MaskprepError` for greys that Pillow cuts off at 8 bits: a copy would lose them."""
    if header.is_clipped:
        raise MaskprepError(
            f"{path}: is {header.bits}-bit grey, which a copy of 8 bits would cut off:"
            " maskprep check --fix scales it"
        )
