"""The obvious check: sizes that differ, and the mean of each mask: ``check.py IMAGES [MASKS]``.

Without MASKS the images' alpha is the mask.
"""

import sys
from pathlib import Path

import numpy as np
from PIL import Image

images = Path(sys.argv[1])
for path in sorted(images.iterdir()):
    if path.suffix == ".caption":
        continue
    with Image.open(path) as image:
        size = image.size
        if len(sys.argv) == 2:
            mask = np.asarray(image.convert("RGBA"))[..., 3]
    if len(sys.argv) > 2:
        with Image.open(Path(sys.argv[2]) / f"{path.stem}.png") as picture:
            mask = np.asarray(picture.convert("RGB"))[..., 0]
    if mask.shape[::-1] != size:
        print(f"{path}: size differs")
    print(f"{path}: {mask.mean() / 255:.2%}")
