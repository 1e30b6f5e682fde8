"""Time ``maskprep check`` beside a 20-line Pillow script that does the same reading.

Makes its corpus in a temporary folder (seeded): pairs of 1024 x 1024 PNG, soft-edged figures with
thin details. Whole processes, in turn, several rounds; prints medians, the spread, and ratios.

    python benchmarks/check.py --pairs 1000 --rounds 5
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import cv2
import numpy as np
from measure import Cost, run, spread

SIDE = 1024
PEER = Path(__file__).with_name("peer_pillow.py")


def draw_pair(task: tuple[Path, int]) -> None:
    """Draw one image and its mask from a seed."""
    folder, seed = task
    random = np.random.default_rng(seed)
    mask = np.zeros((SIDE, SIDE), np.uint8)
    centre = random.integers(SIDE // 3, 2 * SIDE // 3, 2).tolist()
    cv2.ellipse(mask, centre, random.integers(120, 300, 2).tolist(), 0, 0, 360, 255, -1)
    for _ in range(4):
        end = random.integers(40, SIDE - 40, 2).tolist()
        cv2.line(mask, centre, end, 255, int(random.integers(2, 9)), cv2.LINE_AA)
    mask = cv2.GaussianBlur(mask, (0, 0), 1.2)
    coarse = random.integers(0, 256, (32, 32, 3), np.uint8)
    image = cv2.resize(coarse, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)
    image = cv2.add(image, random.integers(0, 12, image.shape, np.uint8))
    cv2.imwrite(str(folder / "images" / f"{seed:05}.png"), image)
    cv2.imwrite(str(folder / "masks" / f"{seed:05}.png"), mask)
    (folder / "images" / f"{seed:05}.caption").write_text("a figure", encoding="utf-8")


def make_corpus(folder: Path, pairs: int) -> None:
    """Draw the whole corpus, on all cores."""
    for name in ("images", "masks"):
        (folder / name).mkdir()
    with ProcessPoolExecutor() as pool:
        list(pool.map(draw_pair, [(folder, seed) for seed in range(pairs)], chunksize=16))


def main() -> None:
    """Make the corpus, run the rounds, print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_corpus(folder, options.pairs)
        images, masks = str(folder / "images"), str(folder / "masks")
        commands = {
            "maskprep check": [sys.executable, "-m", "maskprep", "check", images, "--masks", masks],
            "Pillow script": [sys.executable, str(PEER), images, masks],
        }
        costs: dict[str, list[Cost]] = {label: [] for label in commands}
        for command in commands.values():
            run(command)  # fills the file cache for both
        for _ in range(options.rounds):
            for label, command in commands.items():
                costs[label].append(run(command))
    print(
        f"{options.pairs} pairs of {SIDE} x {SIDE}, {options.rounds} rounds, {os.cpu_count()} cores"
    )
    print(f"{'':16}{'wall s':>22}{'CPU s':>22}{'peak MiB':>10}")
    for label, found in costs.items():
        wall, cpu = [cost.wall for cost in found], [cost.cpu for cost in found]
        print(
            f"{label:16}{spread(wall):>22}{spread(cpu):>22}"
            f"{max(cost.peak for cost in found):>10.0f}"
        )
    ours, theirs = costs["maskprep check"], costs["Pillow script"]
    for what in ("wall", "cpu"):
        ratio = statistics.median(getattr(cost, what) for cost in ours) / statistics.median(
            getattr(cost, what) for cost in theirs
        )
        print(f"{what}: maskprep takes {ratio:.2f} of the Pillow script")


if __name__ == "__main__":
    main()
