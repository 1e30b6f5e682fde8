"""Take one channel of every picture: ``extract.py HOW r|alpha PICTURES OUTPUT``.

`floor` decodes with Pillow, as trainers do, and encodes by what is fastest.
"""

import sys
from pathlib import Path

from part import files

how, channel, pictures, output = sys.argv[1], sys.argv[2], Path(sys.argv[3]), Path(sys.argv[4])

if how == "floor":
    import numpy as np
    from PIL import Image
    from stored import write_png

    place = {"r": 0, "alpha": 3}[channel]
    for path in files(pictures):
        with Image.open(path) as picture:
            write_png(output / path.name, np.asarray(picture)[..., place])

elif how == "opencv":
    import cv2

    place = {"r": 2, "alpha": 3}[channel]  # its order is B, G, R, alpha
    for path in files(pictures):
        picture = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
        cv2.imwrite(str(output / path.name), picture[..., place])
