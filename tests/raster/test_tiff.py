"""TIFF and PGM: what Pillow turns and scrambles, and greys that are not of 8 or 16 bits."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import numpy as np
import PIL
import pytest
from PIL import Image

from maskprep import raster
from maskprep.errors import UnreadableImageError
from maskprep.masks.channels import read
from maskprep.masks.depth import to_eight_bits
from maskprep.masks.values import judge_deep
from maskprep.raster.orientation import as_viewed
from tests.commands import all_of, run
from tests.datasets import FIGURE, Folders, drawn
from tools.formats.writers import png, psd

ORIENTATIONS = range(1, 9)
NOISE = np.random.default_rng(9).integers(0, 256, (12, 20), np.uint8)
SIGNED = 2


def tiff(
    samples: bytes, width: int, bits: int, *, white_least: bool = False, kind: int = 1
) -> bytes:
    """Write one row of greys as an uncompressed TIFF."""
    form = {256: width, 257: 1, 258: bits, 259: 1, 262: 0 if white_least else 1}
    entries = form | {273: 0, 277: 1, 278: 1, 279: len(samples), 339: kind}
    entries[273] = 8 + 2 + 12 * len(entries) + 4
    head = struct.pack("<2sHIH", b"II", 42, 8, len(entries))
    tags = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in entries.items())
    return head + tags + bytes(4) + samples


def with_extra(mode: str, kinds: tuple[int, ...]) -> bytes:
    """Write a TIFF of 4 x 1 white pixels with extra samples of the kinds given, all 0 and 255."""
    colours = 3 if mode == "RGB" else 1
    samples = bytes((*[255] * colours, *[0] * len(kinds))) * 2
    samples += bytes((*[255] * colours, *[255] * len(kinds))) * 2
    count = colours + len(kinds)
    lists = {258: [8] * count, 338: list(kinds)}
    form = {256: 4, 257: 1, 259: 1, 262: 2 if mode == "RGB" else 1, 277: count, 278: 1}
    form |= {273: 8, 279: len(samples)}
    body, tags = bytearray(samples), b""
    for tag in sorted((*form, *lists)):
        shorts = lists.get(tag)
        if shorts is None:
            tags += struct.pack("<HHII", tag, 4, 1, form[tag])
        elif len(shorts) <= 2:
            tags += struct.pack(
                "<HHI4s", tag, 3, len(shorts), struct.pack(f"<{len(shorts)}H", *shorts)
            )
        else:
            tags += struct.pack("<HHII", tag, 3, len(shorts), 8 + len(body))
            body += struct.pack(f"<{len(shorts)}H", *shorts)
    head = struct.pack("<2sHI", b"II", 42, 8 + len(body))
    return head + bytes(body) + struct.pack("<H", len(form) + len(lists)) + tags + bytes(4)


def packed(values: list[int]) -> bytes:
    """Put greys of 12 bits one after the other, without a gap."""
    joined = int("".join(f"{value:03x}" for value in values), 16)
    return joined.to_bytes(len(values) * 12 // 8, "big")


def turned(path: Path, orientation: int, mode: str, compression: str | None) -> Image.Image:
    deep = Image.fromarray(NOISE.astype(np.uint16) * 257)
    image = deep if mode == "I;16" else Image.fromarray(NOISE).convert(mode)
    image.save(path, "TIFF", compression=compression, tiffinfo={0x0112: orientation})
    return image


@pytest.mark.parametrize("compression", [None, "tiff_lzw"])
@pytest.mark.parametrize("mode", ["L", "I;16", "RGB", "RGBA"])
@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_a_tiff_is_upright_when_it_is_read(
    orientation: int, mode: str, compression: str | None, tmp_path: Path
) -> None:
    path = tmp_path / "a.tif"
    wanted = as_viewed(np.asarray(turned(path, orientation, mode, compression)), orientation)
    pixels = raster.read_stored(str(path))
    assert pixels.header.orientation == 1
    assert (pixels.header.size.height, pixels.header.size.width) == wanted.shape[:2]
    assert raster.read_header(str(path)) == pixels.header
    if mode in ("L", "I;16"):
        np.testing.assert_array_equal(pixels.numbers, wanted)
    else:
        np.testing.assert_array_equal(pixels.rgb, wanted[..., :3])


@pytest.mark.parametrize("compression", [None, "tiff_lzw"])
@pytest.mark.parametrize("mode", ["L", "I;16", "RGB", "RGBA", "P", "1", "LA", "CMYK"])
@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_what_pillow_scrambles_by_its_path_is_told(
    orientation: int, mode: str, compression: str | None, tmp_path: Path
) -> None:
    path = tmp_path / "a.tif"
    wanted = as_viewed(np.asarray(turned(path, orientation, mode, compression)), orientation)
    with Image.open(path) as image:
        image.load()
        seen = np.asarray(image)
    assert raster.read_header(str(path)).is_scrambled == (not np.array_equal(seen, wanted))


@pytest.mark.parametrize(
    ("content", "bits", "wanted"),
    [
        (tiff(packed([0, 2048, 4095, 16]), 4, 12), 12, [0, 128, 255, 1]),
        (tiff(struct.pack("<3H", 0, 257, 65535), 3, 16, white_least=True), 16, [255, 254, 0]),
        (tiff(struct.pack("<3h", -32768, 0, 32767), 3, 16, kind=SIGNED), 16, [0, 128, 255]),
        (tiff(struct.pack("<3h", 0, 16384, 32767), 3, 16, kind=SIGNED), 16, [0, 128, 255]),
        (tiff(struct.pack("<3h", -9999, 0, 255), 3, 16, kind=SIGNED), 16, [0, 0, 255]),
        (tiff(struct.pack("<3i", -(2**31), 0, 2**31 - 1), 3, 32, kind=SIGNED), 32, [0, 128, 255]),
        (tiff(struct.pack("<3I", 0, 2**31, 2**32 - 1), 3, 32), 32, [0, 128, 255]),
        (b"P5\n3 1\n65535\n" + struct.pack(">3H", 0, 32768, 65535), 16, [0, 128, 255]),
        (b"P5\n3 1\n1000\n" + struct.pack(">3H", 0, 500, 1000), 16, [0, 128, 255]),
    ],
)
def test_greys_are_scaled_by_the_depth_that_their_file_tells(
    content: bytes, bits: int, wanted: list[int], tmp_path: Path
) -> None:
    path = tmp_path / "a.tif"
    path.write_bytes(content)
    pixels = raster.read_stored(str(path))
    assert pixels.header.bits == bits
    mask, note = read(pixels, "r")
    assert mask.tolist() == [wanted]
    assert "levels" not in note


def test_signed_greys_of_8_bits_are_counted_from_their_least(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    path.write_bytes(tiff(struct.pack("<3b", -128, 0, 127), 3, 8, kind=SIGNED))
    try:
        pixels = raster.read_stored(str(path))
    except UnreadableImageError:
        pytest.skip("this Pillow does not open them")
    assert read(pixels, "r")[0].tolist() == [[0, 128, 255]]


def test_the_largest_of_32_bits_does_not_wrap(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(tiff(struct.pack("<2I", 0, 2**32 - 1), 2, 32))
    assert raster.read_mask(str(path), "r").largest_stored == 2**32 - 1


def late(png: bytes) -> bytes:
    """Move a PNG's EXIF behind its pixels, as ImageMagick writes it."""
    start = png.index(b"eXIf") - 4
    end = start + 12 + int.from_bytes(png[start : start + 4], "big")
    return png[:start] + png[end:-12] + png[start:end] + png[-12:]


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_exif_behind_a_pngs_pixels_counts(orientation: int, tmp_path: Path) -> None:
    path, exif = tmp_path / "a.png", Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(NOISE).save(path, exif=exif)
    early = raster.read_header(str(path))
    path.write_bytes(late(path.read_bytes()))
    assert raster.read_header(str(path)) == early
    assert early.orientation == orientation
    np.testing.assert_array_equal(raster.read_mask(str(path), "r").mask, NOISE)


@pytest.mark.parametrize("cut", [1, 13, 40])
def test_a_png_that_is_cut_short_has_no_late_exif(cut: int, tmp_path: Path) -> None:
    path, exif = tmp_path / "a.png", Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(NOISE).save(path, exif=exif)
    whole = late(path.read_bytes())
    path.write_bytes(whole[: whole.index(b"eXIf") + 4 - cut])
    assert raster.read_header(str(path)).orientation == 1


@pytest.mark.parametrize(
    ("mode", "kinds", "further", "has_alpha"),
    [
        ("RGB", (0,), 1, False),
        ("RGB", (0, 0), 2, False),
        ("RGB", (2,), 0, True),
        ("RGB", (2, 0), 1, True),
        ("L", (2,), 0, True),
        ("L", (0,), 1, False),
    ],
)
def test_samples_of_no_kind_are_counted(
    mode: str, kinds: tuple[int, ...], further: int, has_alpha: bool, tmp_path: Path
) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(with_extra(mode, kinds))
    try:
        header = raster.read_header(str(path))
    except UnreadableImageError:
        assert (mode, kinds) == ("L", (0,))
        pytest.skip("this Pillow does not open it")
    assert (header.further, header.has_alpha) == (further, has_alpha)
    assert bool(header.left) == bool(further)
    assert raster.read_stored(str(path)).rgb is None or mode == "RGB"


def test_what_pillow_leaves_is_told(tmp_path: Path) -> None:
    folders = Folders(tmp_path).add()
    mask, image = folders.masks / "a.png", folders.images / "a.png"
    content = with_extra("RGB", (0,))
    mask.write_bytes(content)
    Image.new("RGB", (4, 1)).save(image)
    told = all_of(run("check", folders.config(), "--no-cache"))
    assert "R is 255 all over, and Pillow leaves 1 further channel" in told
    told = all_of(run("extract", folders.config(), "--output", tmp_path / "out"))
    assert "RGB was read, and 1 further channel of no stated kind left" in told
    told = run("info", image, mask).stdout
    assert "Pillow leaves 1 further channel" in told
    image.write_bytes(content)
    told = run("info", image).stdout
    assert "has no alpha channel (TIFF RGB" in told.replace("RGBX", "RGB")
    assert "1 further channel of no stated kind" in " ".join(told.split())


@pytest.mark.parametrize(("channels", "further"), [(3, 0), (4, 0), (5, 2)])
def test_a_psds_saved_selection_costs_its_alpha(
    channels: int, further: int, tmp_path: Path
) -> None:
    sides = (2).to_bytes(4, "big") + (4).to_bytes(4, "big")
    head = b"8BPS\0\1" + bytes(6) + channels.to_bytes(2, "big") + sides + b"\0\x08\0\3"
    path = tmp_path / "a.png"
    path.write_bytes(head + bytes(12) + b"\0\0" + bytes(range(8 * channels)))
    header = raster.read_header(str(path))
    assert (header.further, header.has_alpha) == (further, channels == 4)
    np.testing.assert_array_equal(
        raster.read_picture(str(path), "RGB")[..., 0], np.arange(8).reshape(2, 4)
    )


@pytest.mark.parametrize(
    ("content", "wanted"),
    [
        (tiff(packed([0, 1028, 2056, 4095] * 8), 32, 12), [0, 64, 128, 255] * 8),
        (tiff(struct.pack("<4h", 0, 8224, 16448, 32767) * 8, 32, 16), [0, 64, 128, 255] * 8),
        (
            tiff(struct.pack("<4h", -32768, -16320, 128, 32767) * 8, 32, 16, kind=SIGNED),
            [0, 64, 128, 255] * 8,
        ),
    ],
)
def test_a_few_greys_that_reach_white_are_no_labels(
    content: bytes, wanted: list[int], tmp_path: Path
) -> None:
    path = tmp_path / "a.tif"
    path.write_bytes(content)
    pixels = raster.read_stored(str(path))
    assert pixels.numbers is not None
    areas = np.sort(np.repeat(np.repeat(pixels.numbers, 16, 0), 16, 1))
    assert judge_deep(areas) is None
    assert judge_deep(np.maximum(areas, 0) // 9) is not None
    if pixels.header.bits == 12 or pixels.numbers.min() < 0:
        assert read(pixels, "r")[0].tolist() == [wanted]


def test_a_transparent_white_of_1_bit_is_found(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(png(np.array([[0, 1] * 8], np.uint8), 1, before=[(b"tRNS", b"\0\1")]))
    alpha = raster.read_stored(str(path)).alpha
    assert alpha is not None
    assert alpha.tolist() == [[255, 0] * 8]


@pytest.mark.parametrize(("bits", "scale"), [(2, 85), (4, 17)])
def test_a_transparent_grey_of_few_bits_is_found(bits: int, scale: int, tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(png(np.array([[0, 1, 2, 3] * 4], np.uint8), bits, before=[(b"tRNS", b"\0\2")]))
    pixels = raster.read_stored(str(path))
    assert pixels.numbers is not None
    assert pixels.numbers.tolist() == [[0, scale, 2 * scale, 3 * scale] * 4]
    assert pixels.alpha is not None
    assert pixels.alpha.tolist() == [[255, 255, 0, 255] * 4]
    assert raster.read_mask(str(path), "alpha").mask.min() == 255  # the trainer finds none


@pytest.mark.parametrize(("kind", "is_told"), [(bool, True), (np.uint8, False)])
def test_arrays_of_bool_written_by_tifffile_are_doubted(
    kind: type, is_told: bool, tmp_path: Path
) -> None:
    tifffile = pytest.importorskip("tifffile")
    folders = Folders(tmp_path).add()
    (folders.masks / "a.png").unlink()
    tifffile.imwrite(folders.masks / "a.tif", drawn(FIGURE).astype(kind))
    told = all_of(run("extract", folders.config(), "--output", tmp_path / "out"))
    assert ("as tifffile and imageio write arrays of bool" in told) == is_told


def test_1_is_black_in_a_psd_of_1_bit(tmp_path: Path) -> None:
    path = tmp_path / "a.psd"
    path.write_bytes(psd([np.array([[0, 1] * 8], np.uint8)], 1, mode=0))
    assert read(raster.read_stored(str(path)), "r")[0].tolist() == [[255, 0] * 8]


@pytest.mark.parametrize("compression", [None, "tiff_lzw"])
@pytest.mark.parametrize("orientation", [5, 6, 7, 8])
@pytest.mark.parametrize("turns", [False, True])
def test_a_turned_mask_stops_the_run_by_the_sides_that_the_trainer_gets(
    turns: bool, orientation: int, compression: str | None, tmp_path: Path
) -> None:
    folders = Folders(tmp_path)
    mask = folders.masks / "a.png"
    turned(mask, orientation, "L", compression)
    with Image.open(mask) as image:
        image.load()
        trained = image.size
    height, width = NOISE.shape[::-1] if turns else NOISE.shape
    folders.images.mkdir(exist_ok=True)
    Image.new("RGB", (width, height), (9, 200, 9)).save(folders.images / "a.png")
    config = folders.config()
    report = json.loads(run("check", config, "--format", "json", "--no-cache").stdout)
    sizes = [each for each in report["findings"] if each["name"] == "mask-size-mismatch"]
    assert report["stops_in_first_epoch"] == (trained != (width, height)) == bool(sizes)
    scrambled = raster.read_header(str(mask)).is_scrambled
    known = report["samples"][0]["weight_mean"] is not None
    assert known == (not sizes and not scrambled)


def test_signed_bytes_are_told_as_what_the_trainer_reads(tmp_path: Path) -> None:
    if PIL.__version__.startswith("9."):
        pytest.skip("Pillow opens such files from 10 on")
    folders = Folders(tmp_path).add("a.png")
    meant = np.where(drawn(FIGURE) > 0, 127, -128).astype(np.int8)
    height, width = meant.shape
    Image.new("RGB", (width, height), (9, 200, 9)).save(folders.images / "a.png")
    rows = tiff(meant.tobytes(), width, 8, kind=SIGNED)
    stored = rows.replace(
        struct.pack("<HHII", 257, 4, 1, 1), struct.pack("<HHII", 257, 4, 1, height)
    )
    stored = stored.replace(
        struct.pack("<HHII", 278, 4, 1, 1), struct.pack("<HHII", 278, 4, 1, height)
    )
    (folders.masks / "a.png").write_bytes(stored)
    config = folders.config()
    report = json.loads(run("check", config, "--format", "json", "--select", "MP2").stdout)
    (finding,) = report["findings"]
    assert finding["name"] == "mask-16bit"
    assert finding["message"].startswith("is signed 8-bit: -128 to -1 are read as 128 to 255")
    assert run("check", config, "--fix", "--select", "MP2").exit_code == 0
    with Image.open(folders.masks / "a.png") as image:
        np.testing.assert_array_equal(np.asarray(image), np.where(meant > 0, 255, 0))


@pytest.mark.parametrize("bits", [10, 12, 14, 15])
def test_white_of_8_bits_that_was_shifted_is_no_label(bits: int) -> None:
    shifted = np.repeat(np.array([0, 128, 255], np.uint16) << (bits - 8), 64).reshape(12, 16)
    assert judge_deep(shifted) is None


def test_floats_below_0_are_told() -> None:
    floats = np.array([[-1, 0, 0.5, 1]], np.float32)
    mask, note = to_eight_bits(floats)
    assert mask.tolist() == [[0, 0, 128, 255]]
    assert note.endswith("scaled to 0 to 255, what is below (down to -1) is cut off")
