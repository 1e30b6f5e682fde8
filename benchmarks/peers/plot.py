"""A page with a picture a pair, as image pipelines report: ``plot.py IMAGES MASKS OUTPUT``.

Image, mask and latent cells side by side, by Pillow and matplotlib. The cells are means of the
mask over 8 x 8 px of a picture of the model's size: no trainer is asked, and nothing is found.
"""

import sys
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from part import files
from PIL import Image

images, masks, output = map(Path, sys.argv[1:])

for path in files(images):
    with Image.open(path) as image, Image.open(masks / f"{path.stem}.png") as mask:
        picture, weights = np.asarray(image.convert("RGB")), np.asarray(mask.convert("L")) / 255
        scale = (1024**2 / (image.width * image.height)) ** 0.5
        cells = tuple(round(side * scale / 8) for side in image.size)
        means = np.asarray(mask.convert("L").resize(cells, Image.Resampling.BOX)) / 255
    figure, (left, middle, right) = plt.subplots(1, 3, figsize=(16, 7), dpi=100)
    left.imshow(picture)
    middle.imshow(picture)
    middle.contour(weights, levels=[0.5], colors="red", linewidths=1)
    right.imshow(means, cmap="RdYlBu", vmin=0, vmax=1)
    for axes, title in ((left, path.name), (middle, "mask"), (right, f"mean {means.mean():.3f}")):
        axes.set_title(title)
        axes.axis("off")
    figure.savefig(output / f"{path.stem}.png", bbox_inches="tight")
    plt.close(figure)

page = "".join(f'<h2>{path.name}</h2><img src="{path.stem}.png">' for path in files(images))
(output / "index.html").write_text(page, encoding="utf-8")
