"""Grow every mask of a folder: ``dilate.py HOW MASKS OUTPUT [RADIUS]``.

`floor` decodes and encodes, and grows nothing.
"""

import sys
from pathlib import Path

from part import files

how, masks, output = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
radius = int(sys.argv[4]) if len(sys.argv) > 4 else 0

if how == "floor":
    import numpy as np
    from PIL import Image
    from stored import write_png

    for path in files(masks):
        with Image.open(path) as mask:
            write_png(output / path.name, np.asarray(mask))

elif how == "opencv":
    import cv2
    import numpy as np

    rows, columns = np.mgrid[-radius : radius + 1, -radius : radius + 1]
    disk = (rows**2 + columns**2 <= radius**2).astype(np.uint8)
    for path in files(masks):
        mask = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
        cv2.imwrite(str(output / path.name), cv2.dilate(mask, disk))

elif how == "distance":
    import cv2
    import numpy as np

    for path in files(masks):
        mask = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
        away = cv2.distanceTransform(255 - mask, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
        cv2.imwrite(str(output / path.name), np.where(away <= radius, 255, 0).astype(np.uint8))

elif how == "scikit-image":
    from skimage import io, morphology

    disk = morphology.disk(radius)
    for path in files(masks):
        grown = morphology.dilation(io.imread(path), disk)
        io.imsave(output / path.name, grown, check_contrast=False)

elif how == "pillow":  # a square, the only shape that it has
    from PIL import Image, ImageFilter

    for path in files(masks):
        with Image.open(path) as mask:
            mask.filter(ImageFilter.MaxFilter(2 * radius + 1)).save(output / path.name)
