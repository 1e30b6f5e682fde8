"""Makes what git cannot hold: a mask that is newer than the cached latents."""

import os
from pathlib import Path


def apply(root: Path) -> None:
    """Change the times of image and mask."""
    made = (root / "images/cache/flux/latents.txt").stat().st_mtime
    for name in ("images/cat.png", "masks/cat.png"):
        os.utime(root / name, (made + 3600, made + 3600))
