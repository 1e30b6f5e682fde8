"""Folders as people have them, made small: ``python -m tests.messy DIR`` makes the messiest."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[np.uint8]
#: EXIF's tag of the orientation.
_ORIENTATION = 0x0112


def figure() -> Pixels:
    """Give a mask of 256 x 320 px: head and shoulders, down to the lower border."""
    down, across = np.mgrid[:320, :256]
    head = ((across - 128) / 52) ** 2 + ((down - 110) / 66) ** 2 < 1
    shoulders = ((across - 128) / 100) ** 2 + ((down - 320) / 150) ** 2 < 1
    return np.where(head | shoulders, 255, 0).astype(np.uint8)


def photo(number: int, size: tuple[int, int] = (256, 320)) -> Image.Image:
    """Make a picture that is unlike all others, with tones as photographs have."""
    rng = np.random.default_rng(number)
    small = Image.fromarray(rng.integers(0, 255, (8, 8, 3), np.uint8))
    return small.resize(size, Image.Resampling.BICUBIC)


def save(picture: Image.Image | Pixels, path: Path, **options: object) -> Path:
    """Save a picture in a folder that is made; the kind goes by the ending, in any case."""
    path.parent.mkdir(parents=True, exist_ok=True)
    image = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
    Image.init()
    kind = Image.EXTENSION[path.suffix.lower()]
    image.save(path, kind, **options)
    return path


def psd(picture: Image.Image, path: Path) -> Path:
    """Save a picture as Photoshop does without layers: raw planes behind an empty header."""
    width, height = picture.size
    head = b"8BPS\0\1" + bytes(6) + (3).to_bytes(2, "big")
    head += height.to_bytes(4, "big") + width.to_bytes(4, "big") + b"\0\x08\0\x03"
    planes = np.asarray(picture.convert("RGB")).transpose(2, 0, 1).tobytes()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(head + bytes(12) + b"\0\0" + planes)
    return path


def messy(root: Path) -> Path:
    """Make an artist's folder.

    A sub-folder, .JPG and .jpeg, Japanese names, masks beside their images, a .psd, captions that
    are missing, a turned photograph, and masks that are inverted, green, of 0 and 1, and broken.
    """
    mask, white = figure(), Image.fromarray(figure())
    pictures = {
        "portrait.JPG": mask,
        "street.jpeg": mask,
        "着物の女性.png": mask,
        "inverted.jpg": 255 - mask,
        "ones.png": mask // 255,
        "nested/beach.jpg": mask,
        "nested/old/garden.png": mask,
    }
    for number, (name, painted) in enumerate(pictures.items()):
        path = save(photo(number), root / name)
        save(painted, path.with_name(f"{path.stem}_mask.png"))
        if name != "street.jpeg":
            path.with_suffix(".txt").write_text(f"figure {number}", encoding="utf-8")
    green = np.zeros((320, 256, 3), np.uint8)
    green[..., 1] = mask
    save(photo(20), root / "green.png")
    save(green, root / "green_mask.png")
    save(photo(21), root / "broken.png")
    whole = save(mask, root / "broken_mask.png").read_bytes()
    (root / "broken_mask.png").write_bytes(whole[: len(whole) // 2])
    exif = Image.Exif()
    exif[_ORIENTATION] = 6
    turned = photo(22).transpose(Image.Transpose.ROTATE_90)
    save(turned, root / "turned.jpg", exif=exif, quality=95)
    save(white, root / "turned_mask.png")
    psd(photo(0), root / "portrait.psd")
    save(photo(23), root / "sky.jpg")
    (root / "notes.docx").write_bytes(b"PK")
    return root


if __name__ == "__main__":
    messy(Path(sys.argv[1]))
