"""The obvious script: open each image for its size, decode each mask, take the mean of R."""

import sys
from pathlib import Path

import numpy as np
from PIL import Image

images, masks = Path(sys.argv[1]), Path(sys.argv[2])
total = 0.0
for path in sorted(images.glob("*.png")):
    with Image.open(path) as image:
        size = image.size
    with Image.open(masks / path.name) as mask:
        red = np.asarray(mask.convert("RGB"))[..., 0]
    if red.shape[::-1] != size:
        print(f"{path}: size differs")
    total += float(red.mean()) / 255
print(total)
