"""Pixels of plain PNGs: whatever decodes them, they are Pillow's, and so are the errors."""

from __future__ import annotations

import io
import random
import struct
import zlib
from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np
import pytest
from imagecodecs import spng_decode
from numpy.typing import NDArray
from PIL import Image, PngImagePlugin

from maskprep.errors import UnreadableImageError
from maskprep.raster import plain

#: What a broken file makes Pillow's decoders raise; anything else is our own defect.
_REFUSALS = (OSError, SyntaxError, ValueError, IndexError, EOFError, struct.error)
_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def _picture(channels: int) -> NDArray[np.uint8]:
    """Draw soft shapes and some noise, so that all filters of a PNG occur."""
    noise = np.random.default_rng(channels).integers(0, 256, (48, 61, channels), np.uint8)
    drawn = np.zeros_like(noise)
    drawn[9:30, 12:40] = 255
    drawn = np.asarray(cv2.GaussianBlur(drawn, (7, 7), 2), np.uint8).reshape(noise.shape)
    drawn[::5, ::3] = noise[::5, ::3]
    return drawn[..., 0] if channels == 1 else drawn


@pytest.fixture(params=["opencv", "spng"], autouse=True)
def decoder(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Have every file decoded by one of them, as if all were flat, or none."""
    by = str(request.param)
    monkeypatch.setattr(plain, "_FLAT", 0 if by == "opencv" else 10**9)
    monkeypatch.setattr(plain, "_spng", (lambda: spng_decode) if by == "spng" else lambda: None)
    return by


PICTURES = {"L": _picture(1), "RGB": _picture(3), "RGBA": _picture(4)}


def _png(mode: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(PICTURES[mode]).save(buffer, "PNG", **options)
    return buffer.getvalue()


def _chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    place = len(_SIGNATURE)
    while place < len(png):
        (length,) = struct.unpack(">I", png[place : place + 4])
        yield png[place + 4 : place + 8], png[place + 8 : place + 8 + length]
        place += 12 + length


def _of_chunks(chunks: list[tuple[bytes, bytes]]) -> bytes:
    """Put a PNG together, with checksums that fit."""
    return _SIGNATURE + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )


def _by_pillow(png: bytes) -> NDArray[np.uint8] | None:
    try:
        with Image.open(io.BytesIO(png)) as image:
            return np.asarray(image)
    except Exception:  # noqa: BLE001 - anything that a broken file makes it raise
        return None


def _by_us(png: bytes) -> NDArray[np.uint8] | None:
    try:
        image = Image.open(io.BytesIO(png))
    except (*_REFUSALS, Image.DecompressionBombError, Image.DecompressionBombWarning):
        return None
    with image:
        try:
            return plain.as_array("a.png", image)
        except UnreadableImageError:
            return None


def _assert_alike(png: bytes) -> bool:
    """Compare with Pillow; tell whether it is a picture at all."""
    ours, pillows = _by_us(png), _by_pillow(png)
    if pillows is None or ours is None:
        assert ours is None and pillows is None
        return False
    assert ours.dtype == pillows.dtype
    np.testing.assert_array_equal(ours, pillows)
    return True


@pytest.mark.parametrize("mode", PICTURES)
@pytest.mark.parametrize("level", [0, 1, 9])
def test_whole_files_are_decoded_by_what_is_there(
    mode: str, level: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Image.open(io.BytesIO(_png(mode, compress_level=level))) as image:
        loaded: list[bool] = []
        load = type(image).load

        def noticed(self: Any) -> Any:
            loaded.append(True)
            return load(self)

        monkeypatch.setattr(type(image), "load", noticed)
        np.testing.assert_array_equal(plain.as_array("a.png", image), PICTURES[mode])
        assert not loaded


@pytest.mark.parametrize("mode", PICTURES)
def test_what_lies_beside_the_pixels_changes_nothing(mode: str) -> None:
    text = PngImagePlugin.PngInfo()
    text.add_text("Comment", "a" * 500)
    for chunk in (b"gAMA\x00\x00\x00\x01", b"sRGB\x09", b"bKGD\x00\xff\x00\xff\x00\xff", b"vpAg!"):
        text.add(chunk[:4], chunk[4:])
    assert _assert_alike(_png(mode, pnginfo=text, dpi=(72, 72), icc_profile=b"no profile at all"))
    exif = Image.Exif()
    exif[0x0112] = 6
    assert _assert_alike(_png(mode, exif=exif))
    if mode != "RGBA":
        assert _assert_alike(_png(mode, transparency=0 if mode == "L" else (0, 0, 0)))


@pytest.mark.parametrize("mode", PICTURES)
@pytest.mark.parametrize("data", [b"", b"a\0b", b"a\0\1" + zlib.compress(b"b"), bytes(9)])
def test_what_pillow_minds_behind_the_pixels_is_minded(mode: str, data: bytes) -> None:
    *before, end = _chunks(_png(mode))
    kinds = (
        b"tEXt",
        b"zTXt",
        b"iTXt",
        b"tIME",
        b"pHYs",
        b"gAMA",
        b"sRGB",
        b"eXIf",
        b"vpAg",
        b"IDAT",
    )
    taken = {kind for kind in kinds if _assert_alike(_of_chunks([*before, (kind, data), end]))}
    assert b"tIME" in taken


def test_animations_show_their_first_picture() -> None:
    others = [Image.fromarray(255 - PICTURES["RGBA"])]
    assert _assert_alike(_png("RGBA", save_all=True, append_images=others))
    assert _assert_alike(_png("RGBA", save_all=True, append_images=others, default_image=True))


@pytest.mark.parametrize("mode", ["1", "P", "LA", "I;16"])
def test_other_kinds_are_pillows(mode: str) -> None:
    grey = Image.fromarray(PICTURES["L"])
    deep = Image.fromarray(PICTURES["L"].astype(np.uint16) * 200)
    buffer = io.BytesIO()
    (deep if mode == "I;16" else grey.convert(mode)).save(buffer, "PNG")
    assert _assert_alike(buffer.getvalue())


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_of_sixteen_bits_a_channel_pillow_drops_the_lower(mode: str) -> None:
    """OpenCV would keep them."""
    deep = PICTURES[mode].astype(np.uint16) * 257 - 3
    assert _assert_alike(cv2.imencode(".png", deep)[1].tobytes())


def test_a_decoded_image_is_not_decoded_again(monkeypatch: pytest.MonkeyPatch) -> None:
    with Image.open(io.BytesIO(_png("L"))) as image:
        image.load()
        monkeypatch.setattr(plain, "_by_opencv", lambda *_: pytest.fail("decodes"))
        monkeypatch.setattr(plain, "_by_spng", lambda *_: pytest.fail("decodes"))
        np.testing.assert_array_equal(plain.as_array("a.png", image), PICTURES["L"])


@pytest.mark.parametrize("mode", PICTURES)
def test_what_pillow_refuses_is_refused(mode: str, capfd: pytest.CaptureFixture[str]) -> None:
    """And what Pillow makes of a damaged file is made of it, without a word to the console."""
    png, chance = _png(mode), random.Random(5)
    for end in range(0, len(png), max(1, len(png) // 150)):
        _assert_alike(png[:end])
    for _ in range(400):
        damaged = bytearray(png)
        damaged[chance.randrange(len(png))] ^= 1 << chance.randrange(8)
        _assert_alike(bytes(damaged))
    for _ in range(100):
        start, length = chance.randrange(8, len(png)), chance.randrange(1, 40)
        _assert_alike(png[:start] + png[start + length :])
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("mode", PICTURES)
def test_what_the_checksums_do_not_tell_is_refused_too(mode: str, decoder: str) -> None:
    chunks, chance = list(_chunks(_png(mode))), random.Random(6)
    for turn in range(400):
        # Seldom the header: it makes pictures of any size.
        which = chance.randrange(1, len(chunks) - 1) if turn % 20 else 0
        kind, data = chunks[which][0], bytearray(chunks[which][1])
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        _assert_alike(_of_chunks([*chunks[:which], (kind, bytes(data)), *chunks[which + 1 :]]))
    header, pixels, end = chunks[0], b"".join(data for _, data in chunks[1:-1]), chunks[-1]
    for short in range(1, 40):
        ours = _by_us(cut := _of_chunks([header, (b"IDAT", pixels[:-short]), end]))
        if decoder == "spng" and ours is not None:
            # It does not ask for the end of what has given all pixels, which Pillow does.
            np.testing.assert_array_equal(ours, PICTURES[mode])
        else:
            _assert_alike(cut)
        _assert_alike(_of_chunks([header, (b"IDAT", pixels + bytes(short)), end]))
        halves = [(b"IDAT", pixels[:short]), (b"IDAT", pixels[short:])]
        _assert_alike(_of_chunks([header, *halves, end]))
        _assert_alike(_of_chunks([header, halves[0], (b"tEXt", b"a\0b"), halves[1], end]))


def test_flat_pictures_are_told_by_their_files_size(monkeypatch: pytest.MonkeyPatch) -> None:
    used: list[str] = []
    monkeypatch.undo()
    monkeypatch.setattr(plain, "_by_opencv", lambda *_: used.append("opencv"))
    monkeypatch.setattr(plain, "_by_spng", lambda *_: used.append("spng"))
    monkeypatch.setattr(plain, "_spng", lambda: spng_decode)
    noise = np.random.default_rng(0).integers(0, 256, (64, 64), np.uint8)
    for pixels in (noise, np.full_like(noise, 255)):
        buffer = io.BytesIO()
        Image.fromarray(pixels).save(buffer, "PNG")
        assert _assert_alike(buffer.getvalue())
    assert used == ["spng", "opencv"]


def test_a_package_without_libspng_is_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    def stub(png: bytes) -> None:
        raise ImportError("could not import name 'spng_decode' from 'imagecodecs'")

    monkeypatch.setattr(plain, "_FLAT", 10**9)
    monkeypatch.setattr(plain, "_spng", lambda: stub)
    assert _assert_alike(_png("RGB"))
