"""The mask was painted an hour after its image was saved."""

import os
from pathlib import Path


def apply(root: Path) -> None:
    """Date the image an hour back."""
    mask = (root / "masks/cat.png").stat().st_mtime
    os.utime(root / "images/cat.png", (mask - 3600, mask - 3600))
