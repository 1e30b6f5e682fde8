"""Compare files on disk with what the recipe makes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

# Rasterisers differ a little in how they count the coverage of an edge pixel.
SMALL_DIFFERENCE = 8
SHARE_OF_LARGER_DIFFERENCES = 0.0005


def text_problem(path: Path, expected: str) -> str | None:
    """None if the file has exactly this text (line endings aside)."""
    found = path.read_text(encoding="utf-8")
    return None if found == expected else "text differs"


def picture_problem(path: Path, expected: Image.Image) -> str | None:
    """None if mode and size are equal and the pixels are all but equal."""
    with Image.open(path) as found:
        if found.mode != expected.mode:
            return f"mode is {found.mode}, expected {expected.mode}"
        if found.size != expected.size:
            return f"size is {found.size}, expected {expected.size}"
        difference = np.abs(
            np.asarray(found, dtype=np.int16) - np.asarray(expected, dtype=np.int16)
        )
    share = float((difference > SMALL_DIFFERENCE).mean())
    if share > SHARE_OF_LARGER_DIFFERENCES:
        return f"{share:.3%} of the pixel values differ"
    return None
