"""Time ``maskprep dilate`` beside ImageMagick, Pillow's MaxFilter, and scikit-image.

Makes masks of 1024 x 1024 in a temporary folder (seeded, soft edges). Whole processes, in turn,
several rounds; prints milliseconds a mask, medians with their spread. Peers whose cost grows with
the square of the radius get fewer masks, so that the run ends.

    python benchmarks/dilate.py --masks 200 --rounds 3
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import cv2
from check import SIDE, draw_pair
from measure import run, spread

RADII = (2, 8, 32)
#: Masks for the slow peers, by radius.
FEWER = {2: 50, 8: 20, 32: 4}
HERE = Path(__file__).parent

Command = Callable[[Path, int], Sequence[object]]


def maskprep(folder: Path, radius: int) -> Sequence[object]:
    """Call ``maskprep dilate``."""
    words = ("--masks", folder / "masks", "--radius", radius, "--output", folder / "out")
    return (sys.executable, "-m", "maskprep", "dilate", folder / "images", *words, "--overwrite")


def opencv(folder: Path, radius: int) -> Sequence[object]:
    """Loop over OpenCV's general structuring element."""
    return (sys.executable, HERE / "peer_dilate.py", "opencv", folder / "masks", radius)


def scikit_image(folder: Path, radius: int) -> Sequence[object]:
    """Loop over scikit-image's dilation."""
    return (sys.executable, HERE / "peer_dilate.py", "skimage", folder / "masks", radius)


def pillow(folder: Path, radius: int) -> Sequence[object]:
    """Loop over Pillow's MaxFilter: a square, the only shape it has."""
    return (sys.executable, HERE / "peer_dilate.py", "pillow", folder / "masks", radius)


def magick(folder: Path, radius: int) -> Sequence[object]:
    """Call ImageMagick's mogrify."""
    masks = sorted((folder / "masks").glob("*.png"))
    words = ("-path", folder / "out", "-morphology", "Dilate", f"Disk:{radius}")
    return ("mogrify", *words, *masks)


PEERS: dict[str, tuple[Command, bool]] = {
    "maskprep": (maskprep, False),
    "OpenCV loop": (opencv, False),
    "scikit-image": (scikit_image, True),
    "Pillow MaxFilter": (pillow, True),
    "ImageMagick": (magick, True),
}


def make_set(folder: Path, masks: int) -> Path:
    """Draw the masks, with images that lend them their names."""
    for name in ("images", "masks", "out"):
        (folder / name).mkdir(parents=True)
    with ProcessPoolExecutor() as pool:
        list(pool.map(draw_pair, [(folder, seed) for seed in range(masks)], chunksize=8))
    return folder


def main() -> None:
    """Make the masks, run the rounds, print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--masks", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--radii", type=int, nargs="+", default=RADII, choices=RADII)
    options = parser.parse_args()
    print(f"OpenCV {cv2.__version__}, masks of {SIDE} x {SIDE}, {os.cpu_count()} cores")
    print(f"{'radius':>6}  {'':18}{'masks':>6}{'wall ms a mask':>34}{'CPU ms a mask':>34}")
    with tempfile.TemporaryDirectory() as name:
        whole = make_set(Path(name) / "whole", options.masks)
        for radius in options.radii:
            count = min(FEWER[radius], options.masks)
            part = make_set(Path(name) / f"part-{radius}", count)
            costs: dict[str, list[tuple[float, float]]] = {}
            for _ in range(options.rounds):
                for label, (command, slow) in PEERS.items():
                    if label == "ImageMagick" and shutil.which("mogrify") is None:
                        continue
                    folder, masks = (part, count) if slow else (whole, options.masks)
                    cost = run([str(word) for word in command(folder, radius)])
                    each = (cost.wall / masks * 1e3, cost.cpu / masks * 1e3)
                    costs.setdefault(label, []).append(each)
            for label, found in costs.items():
                wall, cpu = (spread(list(values)) for values in zip(*found, strict=True))
                masks = count if PEERS[label][1] else options.masks
                print(f"{radius:>6}  {label:18}{masks:>6}{wall:>34}{cpu:>34}")


if __name__ == "__main__":
    main()
