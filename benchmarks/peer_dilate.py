"""What one would write to dilate a folder of masks: ``peer_dilate.py LIBRARY FOLDER RADIUS``."""

from __future__ import annotations

import sys
from pathlib import Path

library, folder, radius = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
out = folder.parent / "out"

for path in sorted(folder.glob("*.png")):
    if library == "opencv":
        import cv2
        import numpy as np

        rows, columns = np.mgrid[-radius : radius + 1, -radius : radius + 1]
        disk = (rows**2 + columns**2 <= radius**2).astype(np.uint8)
        mask = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
        cv2.imwrite(str(out / path.name), cv2.dilate(mask, disk))
    elif library == "skimage":
        from skimage import io, morphology

        mask = io.imread(path)
        grown = morphology.dilation(mask, morphology.disk(radius))
        io.imsave(out / path.name, grown, check_contrast=False)
    else:
        from PIL import Image, ImageFilter

        with Image.open(path) as image:
            image.filter(ImageFilter.MaxFilter(2 * radius + 1)).save(out / path.name)
