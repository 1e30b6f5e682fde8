"""The nearest kernel, which is OpenCV 4's whatever is installed: 5.0 takes other pixels."""

from __future__ import annotations

import random
import zlib

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from maskprep.masks.resample import resize
from maskprep.model import Size

#: By OpenCV 4.10.0: length, target, pixels taken.
TAKEN = [
    (16, 3, [2, 7, 13]),
    (2, 5, [0, 0, 0, 1, 1]),
    (10, 4, [1, 3, 6, 8]),
    (5, 2, [1, 3]),
    (6, 4, [0, 2, 3, 5]),
    (3, 12, [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2]),
    (7, 1, [3]),
    (1, 3, [0, 0, 0]),
]
#: The same of longer sides, as the CRC-32 of the places in little-endian int32.
CHECKSUMS = [
    (1024, 768, 0x48587FA4),
    (1536, 1024, 0xB59EB2D5),
    (2048, 768, 0xF34719C3),
    (1920, 832, 0x6E28925D),
    (1080, 512, 0xCA7936A0),
    (1000, 640, 0xC7E0E159),
    (750, 1024, 0xEDAEBDEA),
    (512, 1024, 0x11BC0DCF),
    (513, 1024, 0x41C2312F),
    (768, 1216, 0xB68E07ED),
    (832, 1216, 0x82343148),
    (896, 1152, 0xB7DE8C9E),
    (1216, 832, 0xBB38ECD4),
    (3000, 1024, 0x86E025BB),
    (4032, 1344, 0x53843796),
    (3024, 1008, 0xA99B7956),
    (4000, 960, 0x66C49855),
    (5000, 1024, 0x7D528A3C),
    (6000, 64, 0xEBF64B61),
    (600, 200, 0x00EB9C9C),
    (599, 200, 0xF97E1A5F),
    (37, 200, 0x36806CEE),
    (64, 2048, 0x72F7CB35),
    (333, 1000, 0x4B48F693),
    (1, 64, 0x0D968558),
    (2, 21, 0x31268815),
    (2, 4095, 0xB5B9BEBF),
    (4999, 4998, 0x38B7A5CC),
    (4998, 4999, 0xAD5B81A0),
    (8192, 1536, 0x629DA665),
    (32767, 2048, 0x7B2D1CA1),
    (30000, 5000, 0x0CEBB80A),
]


def ramp(length: int) -> NDArray[np.uint8]:
    """Draw a picture of two lines, each pixel of which tells its column."""
    column = np.arange(length)
    line = np.stack([column & 255, column >> 8, column & 0], axis=-1).astype(np.uint8)
    return np.repeat(line[None], 2, axis=0)


def told(line: NDArray[np.uint8]) -> list[int]:
    return [int(low) + 256 * int(high) for low, high, _ in line]


def across(length: int, target: int) -> list[int]:
    return told(resize(ramp(length), Size(target, 2), "nearest")[0])


def down(length: int, target: int) -> list[int]:
    upright = ramp(length).transpose(1, 0, 2)
    return told(resize(upright, Size(2, target), "nearest")[:, 0])


@pytest.mark.parametrize(("length", "target", "wanted"), TAKEN)
def test_the_pixels_are_those_of_opencv_4(length: int, target: int, wanted: list[int]) -> None:
    assert across(length, target) == wanted
    assert down(length, target) == wanted


@pytest.mark.parametrize(("length", "target", "wanted"), CHECKSUMS)
def test_of_longer_sides_too(length: int, target: int, wanted: int) -> None:
    for places in (across(length, target), down(length, target)):
        assert zlib.crc32(np.array(places, "<i4").tobytes()) == wanted


@pytest.mark.parametrize("channels", [(), (3,), (4,)])
@pytest.mark.parametrize("at", [np.s_[:, :], np.s_[2:4, 1:], (np.array([4, 0]), np.array([2, 1]))])
def test_masks_and_pictures_of_any_channels(
    channels: tuple[int, ...], at: tuple[slice, slice]
) -> None:
    pixels = np.random.default_rng(3).integers(0, 256, (10, 16, *channels), dtype=np.uint8)
    whole = pixels[np.ix_([1, 3, 5, 7, 9], [2, 7, 13])]
    resized = resize(pixels, Size(3, 5), "nearest", at)
    np.testing.assert_array_equal(resized, whole[at])
    assert resized.flags.c_contiguous


@pytest.mark.skipif(int(cv2.__version__.split(".")[0]) >= 5, reason="OpenCV 5 takes other pixels")
@pytest.mark.parametrize("seed", range(4))
def test_an_installed_opencv_4_takes_the_same(seed: int) -> None:
    chosen = random.Random(seed)
    pairs = [(chosen.randint(1, 600), chosen.randint(1, 200)) for _ in range(200)]
    pairs += [(chosen.randint(1, 5000), chosen.randint(1, 5000)) for _ in range(200)]
    for length, target in pairs:
        picture, size = ramp(length), (target, 2)
        wanted = cv2.resize(picture, size, interpolation=cv2.INTER_NEAREST_EXACT)[0]
        assert across(length, target) == told(np.asarray(wanted, np.uint8)), (length, target)
