"""Damage inside image files: told exactly where Pillow, and so the trainer, refuses the file."""

from __future__ import annotations

import io
import random
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from maskprep import raster
from maskprep.errors import UnreadableImageError
from maskprep.raster import whole

RANDOM = np.random.default_rng(3)
SLOPE = np.linspace(20, 230, 40)[:, None, None]
PIXELS = np.clip(SLOPE + RANDOM.normal(0, 12, (40, 56, 4)), 0, 255).astype(np.uint8)


def _saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def _as(mode: str) -> Image.Image:
    if mode == "I;16":
        return Image.fromarray(PIXELS[..., 0].astype(np.uint16) * 257)
    image = Image.fromarray(PIXELS)
    return image.quantize(32) if mode == "P" else image.convert(mode)


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _interlaced(rgb: NDArray[np.uint8]) -> bytes:
    """Write a PNG in the seven passes of Adam7, which Pillow only reads."""
    passes = ((0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2))
    rows = b"".join(
        b"\0" + row.tobytes()
        for top, left, down, across in (*passes, (1, 0, 2, 1))
        for row in rgb[top::down, left::across]
    )
    header = struct.pack(">IIBBBBB", rgb.shape[1], rgb.shape[0], 8, 2, 0, 0, 1)
    packed = zlib.compress(rows)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + b"".join(chunk(b"IDAT", packed[at : at + 2000]) for at in range(0, len(packed), 2000))
        + chunk(b"IEND", b"")
    )


FRAMES: dict[str, Any] = {
    "save_all": True,
    "append_images": [Image.fromarray(np.roll(PIXELS[..., :3], 9, axis=0))],
    "duration": 40,
}
#: Of these every refusal of Pillow's is foreseen without decoding.
TOLD = {
    **{f"{mode}.png": _saved(_as(mode), "PNG") for mode in ("1", "L", "P", "RGB", "RGBA", "I;16")},
    "interlaced.png": _interlaced(PIXELS[..., :3]),
    "moving.png": _saved(_as("RGB"), "PNG", **FRAMES),
    "trailed.png": _saved(_as("L"), "PNG") + b"appended by a web server",
    "baseline.jpg": _saved(_as("RGB"), "JPEG"),
    "full.jpg": _saved(_as("RGB"), "JPEG", quality=95, subsampling=0, optimize=True),
    "grey.jpg": _saved(_as("L"), "JPEG"),
    "cmyk.jpg": _saved(_as("CMYK"), "JPEG"),
    "progressive.jpg": _saved(_as("RGB"), "JPEG", progressive=True),
    "restarts.jpg": _saved(_as("RGB"), "JPEG", restart_marker_blocks=2),
    "noted.jpg": _saved(_as("RGB"), "JPEG", comment=b"\xff\xd9", icc_profile=b"\xff\xd8" * 40),
    "two.jpg": _saved(_as("RGB"), "MPO", **FRAMES),
    "trailed.jpg": _saved(_as("RGB"), "JPEG") + b"appended by a web server" * 9,
}
#: Of these only what is wrong with the file's parts.
SEEN_BY_DECODING = {
    "lossy.webp": _saved(_as("RGB"), "WEBP"),
    "lossless.webp": _saved(_as("RGB"), "WEBP", lossless=True),
    "alpha.webp": _saved(_as("RGBA"), "WEBP"),
    "moving.webp": _saved(_as("RGB"), "WEBP", **FRAMES),
}


def _flipped(content: bytes, chance: random.Random) -> bytes:
    place = chance.randrange(len(content))
    return (
        content[:place] + bytes([content[place] ^ 1 << chance.randrange(8)]) + content[place + 1 :]
    )


def _torn(content: bytes, chance: random.Random) -> bytes:
    """Overwrite, leave out or repeat a part, or put a marker's first byte somewhere."""
    place, length = chance.randrange(len(content)), chance.randrange(1, 300)
    before, part, after = (
        content[:place],
        content[place : place + length],
        content[place + length :],
    )
    put = (chance.randbytes(len(part)), bytes(len(part)), b"", part + part, b"\xff" + part[1:])
    return before + chance.choice(put) + after


def _pillow_refuses(path: Path) -> bool:
    try:
        with Image.open(path) as image:
            image.load()
    except Exception:  # noqa: BLE001 - whatever a decoder raises ends the run
        return True
    return False


def _told(path: Path, *, decode: bool = False) -> bool:
    try:
        raster.read_header(str(path))
        raster.verify_pixels(str(path), decode=decode)
    except UnreadableImageError:
        return True
    return False


@pytest.fixture(autouse=True)
def small_pictures_only(monkeypatch: pytest.MonkeyPatch) -> None:
    # A flipped bit makes a side 60000 px, and decoding slow.
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10**6)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("damage", [_flipped, _torn])
@pytest.mark.parametrize("name", TOLD)
def test_what_pillow_refuses_is_told_and_nothing_else(
    name: str, damage: Any, tmp_path: Path
) -> None:
    path, chance = tmp_path / f"x.{name}", random.Random(name)
    path.write_bytes(TOLD[name])
    assert not _pillow_refuses(path)
    assert not _told(path)
    refused = 0
    for _ in range(80):
        path.write_bytes(damage(TOLD[name], chance))
        refuses = _pillow_refuses(path)
        assert _told(path) is refuses
        refused += refuses
    assert refused


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("damage", [_flipped, _torn])
@pytest.mark.parametrize("name", SEEN_BY_DECODING)
def test_what_structure_does_not_show_is_told_by_decoding(
    name: str, damage: Any, tmp_path: Path
) -> None:
    path, chance, refused = tmp_path / f"x.{name}", random.Random(name), 0
    for _ in range(80):
        path.write_bytes(damage(SEEN_BY_DECODING[name], chance))
        refuses = _pillow_refuses(path)
        assert _told(path, decode=True) is refuses
        assert refuses or not _told(path)
        refused += refuses
    assert refused


@pytest.mark.parametrize("name", [*TOLD, *SEEN_BY_DECODING])
def test_a_whole_file_is_decoded_only_when_asked(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / f"x.{name}"
    path.write_bytes((TOLD | SEEN_BY_DECODING)[name])
    decoded: list[str] = []

    def opened(path: str) -> Any:
        decoded.append(path)
        return raster.header.opened(path)

    monkeypatch.setattr(whole, "opened", opened)
    raster.verify_pixels(str(path))
    assert decoded == []
    raster.verify_pixels(str(path), decode=True)
    assert decoded == [str(path)]


def _with_wrong_checksum(content: bytes, kind: bytes) -> bytes:
    start = content.index(kind) - 4
    end = start + 12 + int.from_bytes(content[start : start + 4], "big")
    return content[: end - 1] + bytes([content[end - 1] ^ 1]) + content[end:]


@pytest.mark.parametrize(
    ("kind", "refuses"),
    # Pillow compares the checksums of what stands before the pixels; zlib has its own of these.
    [(b"IHDR", True), (b"gAMA", True), (b"IDAT", False), (b"tEXt", False), (b"IEND", False)],
)
def test_a_wrong_checksum_is_told_where_pillow_looks_at_it(
    kind: bytes, refuses: bool, tmp_path: Path
) -> None:
    content = _saved(_as("RGB"), "PNG")
    gamma, words = chunk(b"gAMA", struct.pack(">I", 45455)), chunk(b"tEXt", b"Comment\0steps")
    content = content[:33] + gamma + content[33:-12] + words + content[-12:]
    path = tmp_path / "a.png"
    path.write_bytes(content)
    assert not _told(path)
    path.write_bytes(_with_wrong_checksum(content, kind))
    assert _pillow_refuses(path) is refuses
    assert _told(path) is refuses
