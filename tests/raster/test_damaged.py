"""Damaged files of all kinds, and decoders that raise anything: told in one line, no traceback."""

from __future__ import annotations

import io
import random
import struct
import tracemalloc
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageFile

from maskprep import raster
from maskprep.errors import MaskprepError, UnreadableImageError
from tests.datasets import Folders, checked
from tests.raster.test_kinds import photoshop

NOISE = np.random.default_rng(8).integers(0, 256, (24, 32, 4), np.uint8)
READERS: dict[str, Callable[[str], object]] = {
    "header": raster.read_header,
    "mask": lambda path: raster.read_mask(path, "r"),
    "alpha": lambda path: raster.read_mask(path, "alpha"),
    "stored": raster.read_stored,
    "picture": lambda path: raster.read_picture(path, "RGB"),
    "accompanied": lambda path: raster.read_accompanied(path, "RGBA"),
    "whole": raster.verify_pixels,
}


def _saved(mode: str, kind: str, **options: Any) -> bytes:
    image = Image.fromarray(NOISE)
    if mode == "I;16":
        image = Image.fromarray(NOISE[..., 0].astype(np.uint16) * 99)
    elif mode == "F":
        image = Image.fromarray(NOISE[..., 0].astype(np.float32))
    else:
        image = image.quantize(16) if mode == "P" else image.convert(mode)
    exif = Image.Exif()
    exif[0x0112] = 6
    buffer = io.BytesIO()
    image.save(buffer, kind, exif=exif, **options)
    return buffer.getvalue()


Image.init()
WHOLE: dict[str, bytes] = {
    **{f"{mode}.png": _saved(mode, "PNG") for mode in ("1", "L", "LA", "P", "RGB", "RGBA", "I;16")},
    "gif": _saved("P", "GIF", transparency=3, comment=b"steps"),
    "jpg": _saved("RGB", "JPEG", comment=b"steps", dpi=(72, 72)),
    "progressive.jpg": _saved("L", "JPEG", progressive=True),
    "cmyk.jpg": _saved("CMYK", "JPEG"),
    "mpo.jpg": _saved("RGB", "MPO", save_all=True, append_images=[Image.new("RGB", (32, 24))]),
    "webp": _saved("RGBA", "WEBP", lossless=True),
    "lossy.webp": _saved("RGB", "WEBP"),
    "bmp": _saved("RGB", "BMP"),
    "P.bmp": _saved("P", "BMP"),
    "dib": _saved("L", "DIB"),
    **{
        f"{mode}.{packed}.tif": _saved(mode, "TIFF", compression=packed)
        for mode in ("L", "RGBA", "I;16", "F")
        for packed in ("raw", "tiff_lzw")
    },
    "tga": _saved("RGBA", "TGA"),
    "packed.tga": _saved("RGB", "TGA", compression="tga_rle"),
    "ico": _saved("RGBA", "ICO", sizes=[(16, 16)]),
    "bitmap.ico": _saved("RGBA", "ICO", sizes=[(16, 16)], bitmap_format="bmp"),
    "ppm": _saved("RGB", "PPM"),
    "plain.pgm": b"P2 3 2 255\n1 2 3\n4 5 6\n",
    "psd": photoshop(NOISE[..., 0]),
    **({"avif": _saved("RGBA", "AVIF")} if "AVIF" in Image.SAVE else {}),
}


def _damaged(whole: bytes) -> list[bytes]:
    """Cut a file, flip its bits, and overwrite, leave out or repeat some bytes."""
    chance, made = random.Random(len(whole)), [whole[:30], whole[: len(whole) // 2]]
    for turn in range(40):
        # What a file says of itself is in its first bytes, or in its last.
        near = chance.choice((40, 200, len(whole)))
        place = chance.randrange(4, max(5, min(near, len(whole))))
        place = len(whole) - place if turn % 8 == 7 else place
        damaged = bytearray(whole)
        if turn % 4 == 0:
            damaged[place : place + 1] = bytes([chance.choice((0, 1, 0x7F, 0x80, 0xFF))])
        elif turn % 4 == 1:
            del damaged[place : place + chance.randrange(1, 9)]
        elif turn % 4 == 2:
            damaged[place : place + 4] = chance.randbytes(4)
        else:
            damaged[place : place + 1] = bytes([whole[place] ^ 1 << chance.randrange(8)])
        made.append(bytes(damaged))
    return made


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", WHOLE)
def test_damaged_files_are_read_or_told_of(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10**6)  # that none is slow
    path = tmp_path / f"x.{name}"
    path.write_bytes(WHOLE[name])
    for read in READERS.values():
        read(str(path))
    told = 0
    for content in _damaged(WHOLE[name]):
        path.write_bytes(content)
        for read in READERS.values():
            try:
                read(str(path))
            except UnreadableImageError as error:
                told += 1
                assert str(error).startswith(f"{path}: ")
                assert "\n" not in str(error)
    assert told


class Panic(BaseException):
    """As plug-ins in Rust raise it."""


RAISED = (
    RuntimeError("decoder failed"),
    NotImplementedError("no such thing"),
    KeyError("compression"),
    ZeroDivisionError("division by zero"),
    Panic("called `Option::unwrap()` on a `None` value"),
)


def _failing(
    monkeypatch: pytest.MonkeyPatch, place: object, name: str, error: BaseException
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(place, name, fail)


@pytest.mark.parametrize("error", RAISED, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("where", ["load", "convert", "open"])
def test_whatever_a_decoder_raises_is_an_unreadable_file(
    where: str, error: BaseException, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders = Folders(tmp_path)
    folders.add()
    path = str(folders.masks / "a.png")
    Image.fromarray(NOISE).quantize(16).save(path)  # Pillow's alone to decode, and to convert
    place = {"load": ImageFile.ImageFile, "convert": Image.Image, "open": Image}[where]
    _failing(monkeypatch, place, where, error)
    for read in (READERS["mask"], READERS["stored"], READERS["picture"], READERS["accompanied"]):
        with pytest.raises(UnreadableImageError) as refused:
            read(path)
        assert str(refused.value) == f"{path}: cannot be decoded ({error})"
        assert refused.value.error == f"{type(error).__name__}: {error}"
        assert refused.value.in_header is (where == "open")
        assert refused.value.foretold
    assert "unreadable" in {each.name for each in checked(folders.config()).findings}


@pytest.mark.parametrize("error", RAISED, ids=lambda error: type(error).__name__)
def test_exif_that_cannot_be_read_turns_nothing(
    error: BaseException, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(WHOLE["jpg"])
    assert raster.read_header(str(path)).orientation == 6
    _failing(monkeypatch, Image.Image, "getexif", error)
    assert raster.read_header(str(path)).orientation == 1


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(1), MaskprepError("a: gone")])
def test_who_stops_the_work_and_who_has_told_already_is_heard(
    error: BaseException, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.gif"
    path.write_bytes(WHOLE["gif"])
    _failing(monkeypatch, ImageFile.ImageFile, "load", error)
    with pytest.raises(type(error)) as raised:
        raster.read_mask(str(path), "r")
    assert raised.value is error


def test_a_fault_of_our_own_is_not_a_broken_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(WHOLE["RGBA.png"])
    _failing(monkeypatch, np, "ascontiguousarray", ValueError("ours"))
    with pytest.raises(ValueError, match="ours"):
        raster.read_mask(str(path), "alpha")


@pytest.mark.parametrize("length", range(2, 54))
def test_a_bitmap_may_end_anywhere(length: int, tmp_path: Path) -> None:
    path = tmp_path / "a.bmp"
    path.write_bytes(WHOLE["bmp"][:length])
    with pytest.raises(UnreadableImageError):
        raster.verify_pixels(str(path))


@pytest.mark.parametrize("side", [100_000, 2**31 - 1])
@pytest.mark.parametrize("reader", sorted(READERS.keys() - {"header", "whole"}))
def test_a_header_alone_is_enough_to_refuse_what_is_far_too_large(
    side: int, reader: str, tmp_path: Path
) -> None:
    colours = 6 if reader in ("alpha", "accompanied") else 2
    head = struct.pack(">IIBBBBB", side, side, 8, colours, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(bytes(100))), (b"IEND", b""))
    chunks = (
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in parts
    )
    path = tmp_path / "a.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(chunks))
    tracemalloc.start()
    try:
        with pytest.raises(UnreadableImageError):
            READERS[reader](str(path))
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
    finally:
        tracemalloc.stop()
