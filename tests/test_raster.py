"""The door for pixels: what is decoded how, and what cannot be decoded at all."""

from __future__ import annotations

import os
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from maskprep import raster
from maskprep.errors import UnreadableImageError
from maskprep.model import Size

GREY = np.arange(256, dtype=np.uint8).reshape(16, 16)


def saved(path: Path, image: Image.Image, **options: object) -> str:
    image.save(path, **options)  # type: ignore[arg-type]
    return str(path)


def test_a_grey_mask_is_read_as_it_is(tmp_path: Path) -> None:
    pixels = raster.read_mask(saved(tmp_path / "a.png", Image.fromarray(GREY)), "r")
    np.testing.assert_array_equal(pixels.mask, GREY)
    assert pixels.rgb is None
    assert pixels.alpha is None


@pytest.mark.filterwarnings("ignore:Palette images with Transparency")
@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16"])
def test_the_mask_is_r_of_what_pillow_converts(mode: str, tmp_path: Path) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (24, 20, 4), np.uint8)
    if mode == "I;16":
        image = Image.fromarray(noise[..., 0].astype(np.uint16) * 200)
    else:
        image = Image.fromarray(noise).convert(mode)
    ending = ".jpg" if mode == "CMYK" else ".png"
    path = saved(tmp_path / f"a{ending}", image)
    with Image.open(path) as opened:
        wanted = np.asarray(opened.convert("RGB"))[..., 0]
    mask = raster.read_mask(path, "r").mask
    np.testing.assert_array_equal(mask, wanted)
    assert mask.dtype == np.uint8


@pytest.mark.parametrize("mode", ["LA", "P", "RGBA"])
def test_alpha_is_a_of_what_pillow_converts(mode: str, tmp_path: Path) -> None:
    noise = np.random.default_rng(2).integers(0, 256, (24, 20, 4), np.uint8)
    image = Image.fromarray(noise)
    image = image.quantize(16) if mode == "P" else image.convert(mode)
    path = saved(tmp_path / "a.png", image)
    with Image.open(path) as opened:
        wanted = np.asarray(opened.convert("RGBA"))[..., 3]
    pixels = raster.read_mask(path, "alpha")
    assert pixels.header.has_alpha
    np.testing.assert_array_equal(pixels.mask, wanted)


def test_an_image_without_alpha_is_opaque(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.jpg", Image.new("RGB", (30, 20)))
    pixels = raster.read_mask(path, "alpha")
    assert not pixels.header.has_alpha
    assert pixels.mask.shape == (20, 30)
    assert int(pixels.mask.min()) == 255


def test_sixteen_bits_are_told_and_cut_off(tmp_path: Path) -> None:
    deep = np.array([[0, 128, 255], [256, 32768, 65535]], np.uint16)
    pixels = raster.read_mask(saved(tmp_path / "a.png", Image.fromarray(deep)), "r")
    assert pixels.header.bits == 16
    assert pixels.largest_stored == 65535
    np.testing.assert_array_equal(pixels.mask, [[0, 128, 255], [255, 255, 255]])


def test_exif_orientation_is_told_and_not_applied(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    for name in ("a.jpg", "a.png", "a.webp"):
        header = raster.read_header(saved(tmp_path / name, Image.new("RGB", (30, 20)), exif=exif))
        assert header.size == Size(30, 20)
        assert header.orientation == 6
        assert header.turned


@pytest.mark.parametrize("quality", [35, 50, 75, 90, 95])
def test_jpeg_quality_is_estimated(quality: int, tmp_path: Path) -> None:
    image = Image.fromarray(GREY)
    path = saved(tmp_path / "a.jpg", image, quality=quality)
    found = raster.read_header(path).jpeg_quality
    assert found is not None
    assert abs(found - quality) <= 2


def noisy(folder: Path, ending: str) -> str:
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    return saved(folder / f"a{ending}", Image.fromarray(noise))


@pytest.mark.parametrize("ending", [".png", ".jpg", ".webp", ".bmp"])
def test_whole_files_pass_and_files_cut_anywhere_do_not(ending: str, tmp_path: Path) -> None:
    path = noisy(tmp_path, ending)
    raster.verify_pixels(path)
    whole = Path(path).read_bytes()
    for share in (0.3, 0.6, 0.9):
        Path(path).write_bytes(whole[: int(len(whole) * share)])
        with pytest.raises(UnreadableImageError):
            raster.read_header(path)  # where even the header went, that is enough
            raster.verify_pixels(path)


@pytest.mark.parametrize("ending", [".png", ".jpg", ".webp", ".bmp"])
def test_bytes_after_the_end_do_no_harm(ending: str, tmp_path: Path) -> None:
    path = noisy(tmp_path, ending)
    with open(path, "ab") as stream:
        stream.write(b"appended by a web server" * 9)
    raster.verify_pixels(path)


def test_a_bomb_is_never_decoded(tmp_path: Path) -> None:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    header = struct.pack(">IIBBBBB", 60000, 60000, 8, 0, 0, 0, 0)
    path = tmp_path / "a.png"
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")
    )
    with pytest.raises(UnreadableImageError) as refused:
        raster.read_mask(str(path), "r")
    assert refused.value.too_large


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda path: None, "there is no such file"),
        (lambda path: path.mkdir(), "is a folder, not an image"),
        (lambda path: path.write_bytes(b""), "is empty (0 bytes)"),
        (lambda path: path.write_text("hello"), "is not an image"),
        (lambda path: os.mkfifo(path), "no regular file"),
        (lambda path: path.symlink_to(path), "cannot be decoded"),
    ],
)
def test_what_is_no_image_is_told_in_plain_words(make: object, words: str, tmp_path: Path) -> None:
    path = tmp_path / "x.png"
    make(path)  # type: ignore[operator]
    with pytest.raises(UnreadableImageError) as refused:
        raster.read_header(str(path))
    assert str(refused.value).startswith(f"{path}: ")
    assert words in str(refused.value)
    assert refused.value.in_header
