"""The list of known differences says of the library that is installed what that really does."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import PIL
import pytest
from PIL import Image

from maskprep import raster
from maskprep.masks.resample import resize
from maskprep.masks.versions import KNOWN, LIBRARIES, Use, differences_at, known
from maskprep.model import Kernel, Resize, Size
from maskprep.trainers import known_trainers

ALL = tuple(LIBRARIES)


def in_two_steps(mask: Image.Image, target: Size, kernel: Kernel, first: str) -> Image.Image:
    """Resize one side, then the other."""
    by = Image.Resampling.BOX if kernel == "pillow-box" else Image.Resampling.LANCZOS
    between = (target.width, mask.height) if first == "width" else (mask.width, target.height)
    return mask.resize(between, by).resize(target, by)


@pytest.mark.parametrize("kernel", ["pillow-lanczos", "pillow-box"])
def test_pillows_order_is_that_of_its_version(kernel: Kernel) -> None:
    generator = np.random.default_rng(3)
    height_first = known(kernel).era(PIL.__version__) == 1
    concerned = 0
    for width, height, across, down in generator.integers(9, 90, (400, 4)).tolist():
        source, target = Size(width, height), Size(across, down)
        mask = generator.integers(0, 2, (height, width)).astype(np.uint8) * np.uint8(255)
        use = Use([], resize=Resize(kernel, source, target))
        concerns = kernel in differences_at(use, ALL)
        first = "height" if concerns and height_first else "width"
        wanted = np.asarray(in_two_steps(Image.fromarray(mask), target, kernel, first))
        assert np.array_equal(resize(mask, target, kernel), wanted), (source, target)
        concerned += concerns
    assert concerned > 15


def test_opencvs_nearest_differs_where_it_is_said_to() -> None:
    ramp = np.arange(200, dtype=np.uint8)[None]
    is_newer = known("opencv-nearest").era(cv2.__version__) == 1
    concerned = differing = 0
    for length in range(1, 200, 3):
        for target in range(1, 120, 7):
            row = np.ascontiguousarray(ramp[:, :length])
            theirs = cv2.resize(row, (target, 1), interpolation=cv2.INTER_NEAREST_EXACT)
            ours = resize(row, Size(target, 1), "nearest")
            use = Use([], resize=Resize("nearest", Size(length, 1), Size(target, 1)))
            concerns = "opencv-nearest" in differences_at(use, ALL)
            differs = not np.array_equal(ours, theirs)
            assert concerns or not differs, (length, target)
            concerned += concerns
            differing += differs
    # Where two pixels are equally near, OpenCV 5 may take the one of OpenCV 4, too.
    assert concerned * 0.5 < differing if is_newer else not differing, (concerned, differing)


def test_a_clear_colour_of_one_bit_is_read_as_the_list_says(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    Image.new("1", (4, 4), 1).save(path, transparency=1)
    pixels = raster.read_mask(str(path), "alpha")
    use = Use([], [pixels.header], is_alpha=True)
    assert differences_at(use, ALL) == ("pillow-clear-bit",)
    assert (pixels.mask.max() == 0) == (known("pillow-clear-bit").era(PIL.__version__) == 1)


def chunk(kind_and_data: tuple[bytes, bytes]) -> bytes:
    """Make a chunk of a PNG."""
    kind, data = kind_and_data
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def test_numbers_beyond_a_palette_are_seen(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    for colours, wanted in ((10, ()), (3, ("pillow-short-palette",))):
        head = struct.pack(">IIBBBBB", 4, 1, 8, 3, 0, 0, 0)
        pixels_of_row = zlib.compress(bytes([0, 0, 1, 2, 9]))
        chunks = ((b"IHDR", head), (b"PLTE", bytes(3 * colours)), (b"IDAT", pixels_of_row))
        path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(map(chunk, (*chunks, (b"IEND", b"")))))
        pixels = raster.read_mask(str(path), "r")
        use = Use([], [pixels.header], beyond_palette=pixels.beyond_palette)
        assert differences_at(use, ALL) == wanted


def test_only_what_a_trainer_stands_on_counts() -> None:
    use = Use(["a.avif"], resize=Resize("pillow-lanczos", Size(50, 90), Size(60, 40)))
    assert differences_at(use, ALL) == ("pillow-lanczos", "avif-plug-in")
    assert differences_at(use, ("OpenCV", "imagesize")) == ()


def test_every_difference_is_of_a_library_that_is_looked_for_and_tells_its_source() -> None:
    for each in KNOWN.values():
        assert each.library in LIBRARIES
        assert each.source
        assert each.size
    for kind in known_trainers().values():
        assert set(kind.libraries) <= set(LIBRARIES)
