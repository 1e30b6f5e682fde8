"""Put masks into the alpha of their images: ``embed.py HOW IMAGES MASKS OUTPUT``.

`floor` writes by what is fastest, `pillow` at Pillow's default.
"""

import subprocess
import sys
from pathlib import Path

from part import files

how, images, masks, output = sys.argv[1], *(Path(word) for word in sys.argv[2:])

for path in files(images):
    mask_path, made = masks / f"{path.stem}.png", output / f"{path.stem}.png"
    if how == "imagemagick":
        words = ("-alpha", "off", "-compose", "CopyOpacity", "-composite")
        subprocess.run(["convert", path, mask_path, *words, made], check=True)
        continue

    from PIL import Image

    with Image.open(path) as image, Image.open(mask_path) as mask:
        picture = image.convert("RGB")
        picture.putalpha(mask.convert("L"))
        if how == "floor":
            import numpy as np
            from stored import write_png

            write_png(made, np.asarray(picture))
        else:
            picture.save(made)
