"""The image was saved again a day after its mask."""

import os
from pathlib import Path


def apply(root: Path) -> None:
    """Date the mask a day back."""
    image = (root / "images/cat.png").stat().st_mtime
    os.utime(root / "masks/cat.png", (image - 86400, image - 86400))
