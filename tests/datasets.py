"""Small data sets on disk for tests, drawn as text: ``#`` trains, ``.`` is left out."""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from maskprep.checking.engine import check
from maskprep.dataset.discover import Request, discover
from maskprep.model import TrainingSet
from maskprep.model.report import Report
from maskprep.trainers import find_model, find_trainer
from tools.formats.writers import png

WEIGHTS = {"#": 255, "+": 128, ".": 0}
#: One character is one latent cell of this many pixels.
CELL = 8


def drawn(art: str) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """Turn text into a mask, one character a latent cell."""
    rows = [[WEIGHTS[character] for character in line] for line in art.split()]
    cells = np.array(rows, np.uint8)
    return np.kron(cells, np.ones((CELL, CELL), np.uint8))


FIGURE = """
    ................
    ................
    .......##.......
    ......####......
    ......####......
    .......##.......
    .....######.....
    ....########....
    ....########....
    ....########....
    ....########....
    .....######.....
    .....##..##.....
    .....##..##.....
    .....##..##.....
    ................
"""


def _colour(name: str) -> tuple[int, int, int]:
    # No two pictures of a set are the same.
    number = zlib.crc32(os.fsencode(name))
    return 120 + number % 64, 90 + number // 64 % 64, 60 + number // 4096 % 64


class Folders:
    """An image folder and a mask folder, filled pair by pair."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.images = root / "images"
        self.masks = root / "masks"
        for folder in (self.images, self.masks):
            folder.mkdir(parents=True)

    def add(self, name: str = "a.png", art: str = FIGURE) -> Folders:
        """Add an image with its mask and caption."""
        mask = drawn(art)
        height, width = mask.shape
        Image.new("RGB", (width, height), _colour(name)).save(self.images / name)
        (self.images / name).with_suffix(".txt").write_text("a figure", encoding="utf-8")
        Image.fromarray(mask).save((self.masks / name).with_suffix(".png"))
        return self

    def config(self, extra: str = "", subset: str = "", name: str = "dataset.toml") -> Path:
        """Write a configuration of both folders, buckets of 128 px."""
        path = self.root / name
        path.write_text(
            "[[datasets]]\nresolution = 128\nenable_bucket = true\nmin_bucket_reso = 64\n"
            f"max_bucket_reso = 256\n{extra}\n[[datasets.subsets]]\n"
            f"image_dir = '{self.images}'\nconditioning_data_dir = '{self.masks}'\n"
            f"caption_extension = '.txt'\n{subset}\n",
            encoding="utf-8",
        )
        return path


def image_folder(
    folder: Path,
    names: Sequence[str] = ("a.png",),
    *,
    art: str = FIGURE,
    alpha: bool = False,
    captions: str | None = ".txt",
) -> Path:
    """Make a folder of images, the mask in their alpha or without any."""
    folder.mkdir(parents=True, exist_ok=True)
    mask = Image.fromarray(drawn(art))
    for name in names:
        image = Image.new("RGB", mask.size, _colour(f"{folder.name}/{name}"))
        if alpha:
            image.putalpha(mask)
        image.save(folder / name)
        if captions is not None:
            (folder / name).with_suffix(captions).write_text("a figure", encoding="utf-8")
    return folder


def mask_folder(folder: Path, names: Sequence[str] = ("a.png",), *, art: str = FIGURE) -> Path:
    """Make a folder of mask files."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        Image.fromarray(drawn(art)).save(folder / name)
    return folder


def found(target: Path | str, trainer: str = "sd-scripts", model: str = "sdxl") -> TrainingSet:
    """Discover what a trainer would load."""
    asked = find_trainer(trainer)
    return discover(Request(str(target), asked, find_model(asked, model)))


def checked(target: Path | str, trainer: str = "sd-scripts", model: str = "sdxl") -> Report:
    """Check a configuration."""
    return check(found(target, trainer, model))


def names(report: Report) -> set[str]:
    """Tell which rules found something."""
    return {finding.name for finding in report.findings}


def keyed_png(numbers: np.ndarray[Any, Any], depth: int, key: int) -> bytes:
    """Write a grey PNG of any depth, in which one grey is called transparent.

    Parameters
    ----------
    numbers : ndarray of any integer type, shape (H, W)
        Greys, 0 to 2**depth - 1.
    depth : int
        Bits a pixel: 1, 2, 4, 8 or 16.
    key : int
        The transparent grey.
    """
    return png(numbers, depth, before=[(b"tRNS", struct.pack(">H", key))])
