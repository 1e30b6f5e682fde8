"""PNG files: without loss, by whichever library deflates, and with all that lies beside."""

from __future__ import annotations

import io
import zlib

import cv2
import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from maskprep.raster import deflate
from maskprep.raster.png import beside_pixels, png_of


@pytest.fixture(params=["zlib-ng", "zlib"], autouse=True)
def library(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Deflate by one and the other."""
    if request.param == "zlib":
        monkeypatch.setattr(deflate, "_by_zlib_ng", None)
    elif deflate._by_zlib_ng is None:
        pytest.skip("there is no zlib-ng for this system")


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA"])
@pytest.mark.parametrize("size", [(1, 1), (7, 300), (300, 7), (64, 31), (64, 32), (64, 33)])
def test_pixels_are_stored_without_loss(mode: str, size: tuple[int, int]) -> None:
    random, channels = np.random.default_rng(3), () if mode == "L" else (len(mode),)
    pixels = random.integers(0, 256, (size[1], size[0], *channels), np.uint8)
    pixels[size[1] // 2 :] = 250
    content = png_of(pixels)
    with Image.open(io.BytesIO(content)) as stored:
        assert (stored.format, stored.mode) == ("PNG", mode)
        np.testing.assert_array_equal(np.asarray(stored), pixels)
    by_opencv = np.asarray(cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_UNCHANGED))
    swapped = by_opencv[..., [2, 1, 0, 3][: len(mode)]] if channels else by_opencv
    np.testing.assert_array_equal(swapped, pixels)


def test_any_part_of_an_array_is_stored_as_it_is() -> None:
    pixels = np.arange(40 * 50 * 4, dtype=np.uint32).astype(np.uint8).reshape(40, 50, 4)
    part = pixels[3::2, ::-1, :3]
    with Image.open(io.BytesIO(png_of(part))) as stored:
        np.testing.assert_array_equal(np.asarray(stored), part)


def test_what_is_flat_takes_little() -> None:
    mask = np.zeros((1024, 1024), np.uint8)
    cv2.ellipse(mask, (500, 600), (300, 250), 0, 0, 360, 255, -1, cv2.LINE_AA)
    by_opencv = cv2.imencode(".png", mask)[1]
    assert len(png_of(mask)) < 1.3 * len(by_opencv)


def test_chunks_beside_the_pixels_keep_their_places() -> None:
    info = PngImagePlugin.PngInfo()
    info.add_text("before", "them")
    info.add(b"teSt", b"behind them", after_idat=True)
    stored = io.BytesIO()
    Image.new("RGB", (1, 1)).save(stored, "PNG", pnginfo=info, dpi=(72, 72))
    before, after = beside_pixels(stored.getvalue())
    assert b"before\0them" in before
    assert b"pHYs" in before
    assert after == b"\0\0\0\x0bteStbehind them" + zlib.crc32(b"teStbehind them").to_bytes(4, "big")
    content = png_of(np.zeros((5, 5, 3), np.uint8), (before, after))
    assert beside_pixels(content) == (before, after)
    with Image.open(io.BytesIO(content)) as opened:
        opened.load()
        assert (opened.size, opened.info["before"]) == ((5, 5), "them")
