"""The door for pixels: what is decoded how, and what cannot be decoded at all."""

from __future__ import annotations

import io
import os
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import PIL
import pytest
from PIL import Image, ImageCms, PngImagePlugin

from maskprep import raster
from maskprep.errors import UnreadableImageError
from maskprep.model import Size
from tests.places import links, pipes

GREY = np.arange(256, dtype=np.uint8).reshape(16, 16)
PILLOW = tuple(map(int, PIL.__version__.split(".")[:2]))
REDUCES_ALPHA = pytest.mark.skipif(PILLOW < (9, 4), reason="Pillow drops options of WebP's alpha")
FILM: dict[str, Any] = {"save_all": True, "append_images": [Image.new("RGBA", (9, 9))]}


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


@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_jpeg_quality_is_told_to_the_digit(mode: str, tmp_path: Path) -> None:
    """At both ends, too, where most steps are as large, or as small, as a file can hold."""
    image = Image.fromarray(GREY).convert(mode)
    for quality in range(1, 101):
        path = saved(tmp_path / "a.jpg", image, quality=quality)
        assert raster.read_header(path).jpeg_quality == quality


def test_jpeg_tables_of_other_programs_have_the_quality_of_the_nearest(tmp_path: Path) -> None:
    image, steps = Image.fromarray(GREY), range(3, 67)
    path = saved(tmp_path / "a.jpg", image, qtables=[list(steps)])
    found = raster.read_header(path).jpeg_quality
    assert found is not None and 65 <= found <= 75


@pytest.mark.parametrize(
    ("options", "loss"),
    [
        ({"quality": 80}, (True, False)),
        ({"lossless": True}, (False, False)),
        pytest.param({"alpha_quality": 99}, (True, True), marks=REDUCES_ALPHA),
        ({"quality": 80, "exif": b"Exif\0\0MM\0*\0\0\0\b\0\0\0\0\0\0"}, (True, False)),
        (
            {"lossless": True, "save_all": True, "append_images": [Image.new("L", (9, 9))]},
            (False, False),
        ),
        (
            {"quality": 80, "save_all": True, "append_images": [Image.new("L", (9, 9))]},
            (True, False),
        ),
    ],
)
def test_what_a_webp_lost_is_told(
    options: dict[str, Any], loss: tuple[bool, bool], tmp_path: Path
) -> None:
    image = Image.fromarray(np.random.default_rng(1).integers(0, 256, (9, 9, 4), np.uint8))
    path = saved(tmp_path / "a.webp", image, **options)
    assert raster.webp_loss(path) == loss


def test_a_webp_that_is_cut_short_lost_nothing_that_can_be_told(tmp_path: Path) -> None:
    path = Path(saved(tmp_path / "a.webp", Image.fromarray(GREY)))
    content = path.read_bytes()
    for length in range(20):
        path.write_bytes(content[:length])
        assert raster.webp_loss(str(path)) == (False, False)


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
        pytest.param(lambda path: os.mkfifo(path), "no regular file", marks=pipes),
        pytest.param(lambda path: path.symlink_to(path), "cannot be decoded", marks=links),
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


NOISE = np.random.default_rng(4).integers(0, 256, (20, 30, 4), np.uint8)
RGB_PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def opened_again(content: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(content))
    image.load()
    return image


def test_a_mask_is_encoded_as_8_bit_grey() -> None:
    image = opened_again(raster.encode_mask(GREY))
    assert (image.format, image.mode) == ("PNG", "L")
    np.testing.assert_array_equal(np.asarray(image), GREY)


@pytest.mark.parametrize("channels", [3, 4])
def test_a_picture_is_encoded_with_all_its_channels(channels: int) -> None:
    image = opened_again(raster.encode_picture(NOISE[..., :channels]))
    assert (image.format, image.mode) == ("PNG", "RGBA"[:channels])
    np.testing.assert_array_equal(np.asarray(image), NOISE[..., :channels])
    assert not image.info


def test_everything_beside_the_pixels_comes_along(tmp_path: Path) -> None:
    info = PngImagePlugin.PngInfo()
    info.add_text("parameters", "a figure, Steps: 20")
    info.add_text("long", "word " * 999, zip=True)
    info.add_itxt("Title", "\u7d20\u6750", "ja", "\u984c")
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "a camera"
    image = Image.fromarray(NOISE[..., :3])
    path = saved(
        tmp_path / "a.png", image, pnginfo=info, dpi=(300, 150), exif=exif, icc_profile=RGB_PROFILE
    )
    beside = raster.read_accompaniment(path)
    again = opened_again(raster.encode_picture(NOISE, beside))
    with Image.open(path) as before:
        before.load()
        assert again.text == before.text  # type: ignore[attr-defined]
        assert again.info["exif"] == before.info["exif"]
    assert again.text["Title"].lang == "ja"  # type: ignore[attr-defined]
    assert again.info["dpi"] == pytest.approx((300, 150), rel=1e-3)
    assert again.info["icc_profile"] == RGB_PROFILE
    assert again.getexif()[0x0112] == 6
    assert beside.left_out == ()


def test_a_jpegs_comment_becomes_text(tmp_path: Path) -> None:
    for comment, wanted in ((b"steps: 20", "steps: 20"), (b"\xe9t\xe9", "\xe9t\xe9")):
        path = tmp_path / "a.jpg"
        path.write_bytes(_commented(NOISE[..., :3], comment))
        beside = raster.read_accompaniment(str(path))
        again = opened_again(raster.encode_picture(NOISE, beside))
        assert again.text == {"Comment": wanted}  # type: ignore[attr-defined]


def _commented(pixels: np.ndarray[tuple[int, ...], np.dtype[np.uint8]], comment: bytes) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", dpi=(72, 72))
    whole = buffer.getvalue()
    segment = b"\xff\xfe" + struct.pack(">H", len(comment) + 2) + comment
    return whole[:2] + segment + whole[2:]


@pytest.mark.parametrize(
    ("profile", "words"),
    [
        (b"\0" * 16 + b"CMYK" + b"\0" * 200, "of CMYK, not RGB"),
        (b"\0" * 16 + b"GRAY" + b"\0" * 200, "of GRAY, not RGB"),
        (b"short", "is broken"),
    ],
)
def test_a_profile_that_does_not_fit_is_left_out(
    profile: bytes, words: str, tmp_path: Path
) -> None:
    path = saved(tmp_path / "a.jpg", Image.fromarray(NOISE[..., :3]), icc_profile=profile)
    beside = raster.read_accompaniment(path)
    assert beside.icc_profile is None
    assert words in beside.left_out[0]


def test_broken_exif_comes_along_as_it_is_and_goes_when_turned(tmp_path: Path) -> None:
    broken = b"Exif\0\0II*\0\xff\xff\xff\x7f rubbish"
    path = tmp_path / "a.png"
    path.write_bytes(
        raster.encode_picture(NOISE, raster.Accompaniment(exif=broken, text={"a": "b"}))
    )
    beside = raster.read_accompaniment(str(path))
    assert beside.exif == broken
    upright = beside.upright()
    assert upright.text == {"a": "b"}
    if upright.exif is None:
        assert "its EXIF is broken" in upright.left_out[0]


def test_upright_takes_the_orientation_out_and_keeps_the_rest() -> None:
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 8, "a camera"
    xmp = '<rdf:Description tiff:Orientation="8" dc:format="image/png"/>'
    beside = raster.Accompaniment(
        exif=exif.tobytes(), text={"XML:com.adobe.xmp": xmp, "Raw profile type exif": "\nexif"}
    )
    again = opened_again(raster.encode_picture(NOISE, beside.upright()))
    assert 0x0112 not in again.getexif()
    assert again.getexif()[0x010F] == "a camera"
    (text,) = again.text.values()  # type: ignore[attr-defined]
    assert "Orientation" not in text
    assert "image/png" in text


def test_stored_numbers_are_not_cut_off(tmp_path: Path) -> None:
    deep = np.array([[0, 256, 65535]], np.uint16)
    pixels = raster.read_stored(saved(tmp_path / "a.png", Image.fromarray(deep)))
    np.testing.assert_array_equal(pixels.numbers, deep)
    wide = np.array([[0, 70000, 2**32 - 1]], np.uint32)
    image = Image.frombytes("I", (3, 1), wide.tobytes())
    tiff = saved(tmp_path / "a.tif", image)
    signed = raster.read_stored(tiff).numbers
    assert signed is not None
    assert int(signed[0, 2]) == -1
    content = Path(tiff).read_bytes()
    tag = struct.pack("<HHIH", 339, 3, 1, 2)  # SampleFormat: signed integers
    assert content.count(tag) == 1
    Path(tiff).write_bytes(content.replace(tag, struct.pack("<HHIH", 339, 3, 1, 1)))
    np.testing.assert_array_equal(raster.read_stored(tiff).numbers, wide)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK"])
def test_stored_colours_and_alpha_are_pillows(mode: str, tmp_path: Path) -> None:
    image = Image.fromarray(NOISE)
    image = image.quantize(16) if mode == "P" else image.convert(mode)
    path = saved(tmp_path / f"a{'.tif' if mode == 'CMYK' else '.png'}", image)
    pixels = raster.read_stored(path)
    with Image.open(path) as opened:
        rgba = np.asarray(opened.convert("RGBA"))
        raw = np.asarray(opened)
    assert (pixels.numbers is None) == (mode in ("RGB", "RGBA", "CMYK"))
    assert (pixels.rgb is None) == (mode in ("1", "L", "LA"))
    if pixels.numbers is not None:
        np.testing.assert_array_equal(pixels.numbers, raw[..., 0] if mode == "LA" else raw)
    if pixels.rgb is not None:
        np.testing.assert_array_equal(pixels.rgb, rgba[..., :3])
    assert (pixels.alpha is not None) == (mode in ("LA", "P", "RGBA"))
    if pixels.alpha is not None:
        np.testing.assert_array_equal(pixels.alpha, rgba[..., 3])
