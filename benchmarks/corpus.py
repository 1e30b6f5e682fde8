"""A training set as people have them, drawn from seeds: photographs, figures, fine details.

The same pairs in every shape that a command reads: mask files (soft, binary, coloured) and alpha.
"""

from __future__ import annotations

import json
import os
import shutil
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from benchmarks.drawing import Mask, Point, curve, ellipse
from benchmarks.fine import with_fine_details

Floats = NDArray[np.float32]

#: Of the way in which pairs are drawn; a corpus of another version is not mixed with this one.
VERSION = 2
#: Width and height, px. In this order the first one, five and ten are as large on average as all.
SIZES = (
    (1536, 1024),
    (1280, 1920),
    (832, 1216),
    (1024, 1536),
    (1024, 1024),
    (1152, 1536),
    (1920, 1280),
    (1216, 832),
    (1216, 1216),
    (896, 1152),
)
#: One image in ten each; all others are PNG.
ENDINGS = {0: "jpg", 1: "webp"}
PHOTOGRAPHS = ("astronaut", "chelsea", "coffee", "rocket", "brick", "grass", "gravel", "camera")
_MANIFEST = "corpus.json"


@dataclass(frozen=True)
class Corpus:
    """Pairs on disk.

    Attributes
    ----------
    folder : Path
        Holds ``images`` and ``alpha``, with captions, and ``masks``, ``masks-fine``,
        ``masks-binary``, ``masks-coloured``.
    pairs : int
        How many.
    """

    folder: Path
    pairs: int

    @property
    def images(self) -> Path:
        """PNG, JPEG and WebP, with captions."""
        return self.folder / "images"

    @property
    def masks(self) -> Path:
        """Grey PNG of 8 bits, soft edges."""
        return self.folder / "masks"

    @property
    def fine(self) -> Path:
        """The same, with hair, chains, lace or text as well: mostly 20 to 140 details."""
        return self.folder / "masks-fine"

    @property
    def binary(self) -> Path:
        """The same, 0 and 255 only."""
        return self.folder / "masks-binary"

    @property
    def coloured(self) -> Path:
        """RGB PNG, painted in orange: R is the soft mask."""
        return self.folder / "masks-coloured"

    @property
    def alpha(self) -> Path:
        """RGBA PNG whose alpha is the soft mask, with captions."""
        return self.folder / "alpha"

    @property
    def folders(self) -> tuple[Path, ...]:
        """All of them."""
        return (self.images, self.masks, self.fine, self.binary, self.coloured, self.alpha)

    def first(self, pairs: int) -> Corpus:
        """Give the first pairs alone, in folders of their own: hard links, made once."""
        if pairs >= self.pairs:
            return self
        part = Corpus(self.folder.with_name(f"first-{pairs}"), pairs)
        stems = {f"{seed:05}" for seed in range(pairs)}
        for whole, own in zip(self.folders, part.folders, strict=True):
            own.mkdir(parents=True, exist_ok=True)
            for path in whole.iterdir():
                if path.stem in stems and not (own / path.name).exists():
                    os.link(path, own / path.name)
        return part

    def megapixels(self) -> float:
        """Tell the mean size of an image, millions of px."""
        total = 0
        for path in self.masks.iterdir():
            with Image.open(path) as mask:
                total += mask.width * mask.height
        return total / self.pairs / 1e6

    def megabytes(self, folder: Path) -> float:
        """Tell the mean size of a picture's file, 10^6 bytes."""
        sizes = [path.stat().st_size for path in folder.iterdir() if path.suffix != ".caption"]
        return sum(sizes) / self.pairs / 1e6


def make_corpus(folder: Path, pairs: int) -> Corpus:
    """Draw what is not there yet, on all cores.

    Parameters
    ----------
    folder : Path
        New, empty, or with a corpus from before.
    pairs : int
        How many are wanted.

    Returns
    -------
    Corpus
        Of exactly so many pairs.

    Raises
    ------
    SystemExit
        The folder holds something else, or a corpus that was drawn in another way.
    """
    manifest = folder / _MANIFEST
    there = 0
    if manifest.exists():
        told = json.loads(manifest.read_text(encoding="utf-8"))
        if told["version"] != VERSION:
            raise SystemExit(f"{folder}: holds a corpus drawn in another way: remove it")
        there = int(told["pairs"])
    elif folder.exists() and any(folder.iterdir()):
        raise SystemExit(f"{folder}: is not empty, and no corpus: name another folder")
    corpus = Corpus(folder / "all", max(there, pairs))
    if pairs > there:
        for each in corpus.folders:
            each.mkdir(parents=True, exist_ok=True)
        _write_manifest(manifest, there)  # what is broken off is drawn again
        tasks = [(corpus, seed) for seed in range(there, pairs)]
        with ProcessPoolExecutor(initializer=cv2.setNumThreads, initargs=(1,)) as pool:
            for _ in pool.map(_draw_pair, tasks, chunksize=2):
                pass
        _write_manifest(manifest, pairs)
    return corpus.first(pairs)


def _write_manifest(path: Path, pairs: int) -> None:
    path.write_text(json.dumps({"version": VERSION, "pairs": pairs}) + "\n", encoding="utf-8")


def empty(folder: Path) -> None:
    """Make a folder that holds nothing."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()


def _draw_pair(task: tuple[Corpus, int]) -> None:
    """Draw one pair from its seed, and write it in every shape."""
    corpus, seed = task
    random = np.random.default_rng(seed)
    size = _size(random, seed)
    mask = _figure(random, size)
    picture = _picture(random, size, mask)
    name = f"{seed:05}"
    # Spread over all sizes.
    ending = ENDINGS.get((7 * seed + seed // len(SIZES)) % 10, "png")
    quality = {} if ending == "png" else {"quality": 92}
    Image.fromarray(picture).save(corpus.images / f"{name}.{ending}", **quality)
    Image.fromarray(mask).save(corpus.masks / f"{name}.png")
    Image.fromarray(with_fine_details(mask, seed)).save(corpus.fine / f"{name}.png")
    binary = np.where(mask >= 128, 255, 0).astype(np.uint8)
    Image.fromarray(binary).save(corpus.binary / f"{name}.png")
    coloured = np.dstack([mask, mask // 2, mask // 8])
    Image.fromarray(coloured).save(corpus.coloured / f"{name}.png")
    Image.fromarray(np.dstack([picture, mask])).save(corpus.alpha / f"{name}.png")
    for folder in (corpus.images, corpus.alpha):
        text = f"a figure before a wall, picture {seed}\n"
        (folder / f"{name}.caption").write_text(text, encoding="utf-8")


def _size(random: np.random.Generator, seed: int) -> tuple[int, int]:
    """Choose a size: every other ten are cropped by hand, and fit no bucket exactly."""
    width, height = SIZES[seed % len(SIZES)]
    if seed // len(SIZES) % 2:
        width, height = (side - int(random.integers(0, 40)) for side in (width, height))
    return width, height


def _figure(random: np.random.Generator, size: tuple[int, int]) -> Mask:
    """Draw the mask of a bust or a standing figure, its edges soft, with fine details around it."""
    width, height = size
    body = np.zeros((height, width), np.uint8)
    across = min(width, height) * random.uniform(0.11, 0.17)
    x, y = width * random.uniform(0.38, 0.62), height * random.uniform(0.26, 0.36)
    ellipse(body, (x, y), (across, 1.3 * across))
    ellipse(body, (x, y - 0.25 * across), (1.25 * across, 1.35 * across))  # the hair's mass
    curve(body, [(x, y), (x, y + across), (x, y + 2 * across)], (across, across))
    shoulders = (x, y + 3.6 * across)
    ellipse(body, shoulders, (2.2 * across, 2 * across))
    ellipse(body, (x, height * 1.02), (2.4 * across, height - shoulders[1]))
    hand = (x + random.uniform(2.4, 3.4) * across, y + random.uniform(0.5, 4) * across)
    elbow = (x + 3 * across, y + 5 * across)
    curve(body, [(x + 1.6 * across, shoulders[1]), elbow, hand], (0.7 * across, 0.4 * across))
    body = cv2.GaussianBlur(body, (0, 0), random.uniform(0.8, 2.5))
    details = _details(random, body.shape, (x, y), across)
    return np.maximum(body, cv2.GaussianBlur(details, (0, 0), 0.6))


def _details(
    random: np.random.Generator, shape: tuple[int, ...], head: Point, across: float
) -> Mask:
    """Draw locks of hair, ear-rings and straps, 1 to 8 px wide."""
    details = np.zeros(shape, np.uint8)
    x, y = head
    for _ in range(random.integers(6, 14)):
        angle = random.uniform(-0.2, np.pi + 0.2)
        start = (x + 1.2 * across * np.cos(angle), y + across * np.sin(angle) * 0.6)
        way = np.sign(np.cos(angle)) * random.uniform(0.2, 1.1) * across
        middle = (start[0] + way, start[1] + random.uniform(0.2, 1) * across)
        end = (start[0] + way * random.uniform(0.4, 1.8), start[1] + random.uniform(1, 3) * across)
        curve(details, [start, middle, end], (random.uniform(3, 8), random.uniform(1, 2)))
    radius = random.uniform(8, 22)
    for side in (-1, 1) if random.random() < 0.7 else ():
        centre = (x + side * 1.3 * across, y + 0.7 * across + radius)
        ellipse(details, centre, (radius, radius), int(random.integers(2, 5)))
    for _ in range(random.integers(0, 3)):
        start = (x - random.uniform(1, 2) * across, y + 3 * across)
        middle = (x - random.uniform(2, 4) * across, y + random.uniform(3, 6) * across)
        width = random.uniform(3, 8)
        curve(details, [start, middle, (start[0], y + 7 * across)], (width, width))
    return details


def _picture(random: np.random.Generator, size: tuple[int, int], mask: Mask) -> NDArray[np.uint8]:
    """Paint a picture: two textures, parted by the mask, in one light, with a sensor's grain."""
    share = (mask.astype(np.float32) / 255)[..., None]
    picture = _texture(random, size) * (1 - share) + _texture(random, size) * share
    picture *= 0.75 + 0.5 * _gradient(random, size)[..., None]
    grain = random.standard_normal((size[1], size[0], 1), np.float32) * random.uniform(2, 5)
    colour = random.standard_normal(picture.shape, np.float32) * random.uniform(1, 2.5)
    return np.clip(np.rint(picture + grain + colour), 0, 255).astype(np.uint8)


def _texture(random: np.random.Generator, size: tuple[int, int]) -> Floats:
    """Enlarge a part of a photograph, tint it, and lay noise of many octaves over it."""
    width, height = size
    photograph = _photograph(PHOTOGRAPHS[random.integers(len(PHOTOGRAPHS))])
    scale = random.uniform(0.6, 1) * min(photograph.shape[0] / height, photograph.shape[1] / width)
    rows, columns = int(height * scale), int(width * scale)
    top = int(random.integers(photograph.shape[0] - rows + 1))
    left = int(random.integers(photograph.shape[1] - columns + 1))
    part = photograph[top : top + rows, left : left + columns][:, :: random.choice([-1, 1])]
    texture = cv2.resize(part, size, interpolation=cv2.INTER_CUBIC).astype(np.float32)
    for octave in range(3, 10):
        cells = (2**octave * width // max(size) + 2, 2**octave * height // max(size) + 2)
        noise = random.standard_normal((cells[1], cells[0], 1), np.float32) * 60 / octave**1.5
        texture += cv2.resize(noise, size, interpolation=cv2.INTER_LINEAR)[..., None]
    return texture * random.uniform(0.8, 1.1, 3).astype(np.float32)


@cache
def _photograph(name: str) -> NDArray[np.uint8]:
    from skimage import data

    picture: NDArray[Any] = getattr(data, name)()
    return picture if picture.ndim == 3 else np.dstack([picture] * 3)


def _gradient(random: np.random.Generator, size: tuple[int, int]) -> Floats:
    """Light from one side, 0 to 1."""
    width, height = size
    angle = random.uniform(0, 2 * np.pi)
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    light = (columns / width - 0.5) * np.cos(angle) + (rows / height - 0.5) * np.sin(angle)
    return (light / (2 * np.abs(light).max()) + 0.5).astype(np.float32)
