"""Sizes as the trainer measures them, held against the package that it asks."""

from __future__ import annotations

import io
import os
import random
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import imagesize
import numpy as np
import pytest
from PIL import Image, ImageCms

from maskprep.checking.engine import check
from maskprep.checking.ledger import Ledger
from maskprep.dataset.sample import Sample
from maskprep.dataset.samples import samples_of
from maskprep.files import storage
from maskprep.model import Size, Stage, Stop
from maskprep.raster import read_header
from maskprep.trainers import find_trainer
from maskprep.trainers.sd_scripts.generations import GENERATIONS
from maskprep.trainers.sd_scripts.measure import measured_by_imagesize, measured_size
from tests.commands import run
from tests.datasets import FIGURE, Folders, checked, drawn, found, image_folder, names
from tests.shelf import Shelf

SIZES = ((1, 1), (2, 3), (16, 16), (33, 64), (255, 129), (512, 301))
VERSIONS = tuple(GENERATIONS)
NEWER, OLDER = GENERATIONS["0.10"], GENERATIONS["0.9"]
Answer = tuple[Any, ...]


def answer(measure: Any, content: bytes) -> Answer:
    """Give a size, or an error by name and words."""
    try:
        return tuple(measure(io.BytesIO(content)))
    except UnboundLocalError as error:
        return (type(error),)  # its words are Python's, and change
    except Exception as error:  # noqa: BLE001 - whatever it raises, both raise
        return type(error), str(error)


def same(content: bytes) -> Answer:
    """Hold the replay against the package."""
    wanted, got = answer(imagesize.get, content), answer(measured_by_imagesize, content)
    assert got == wanted, content[:64]
    return got


def picture(size: tuple[int, int], mode: str = "RGB") -> Image.Image:
    noise = np.random.default_rng(sum(size)).integers(0, 256, (size[1], size[0], 4), np.uint8)
    return Image.fromarray(noise).convert(mode)


def saved(image: Image.Image, form: str, **options: Any) -> bytes:
    stream = io.BytesIO()
    image.save(stream, form, **options)
    return stream.getvalue()


def writable() -> Iterator[tuple[str, str]]:
    """Give the formats that Pillow writes here, each in a mode that it takes."""
    Image.init()
    for form in sorted(Image.SAVE):
        for mode in ("RGB", "RGBA", "L", "1", "F"):
            try:
                saved(picture((24, 18), mode), form)
            except Exception:  # noqa: BLE001 - no encoder, not this mode, wants more
                continue
            yield form, mode
            break


def icc() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def exif(orientation: int = 6, thumbnail: bool = False) -> bytes:
    tags = Image.Exif()
    tags[0x0112] = orientation
    content = tags.tobytes()
    # A viewer's small JPEG in it, with frame markers of its own.
    return content + saved(picture((16, 12)), "JPEG") if thumbnail else content


@pytest.mark.parametrize(("form", "mode"), list(writable()))
@pytest.mark.parametrize("size", SIZES)
def test_every_format_that_pillow_writes(form: str, mode: str, size: tuple[int, int]) -> None:
    try:
        content = saved(picture(size, mode), form)
    except Exception:  # noqa: BLE001
        pytest.skip(f"{form} does not come in {size}")
    same(content)
    for cut in (*range(48), *range(48, min(len(content), 400), 7)):
        same(content[:cut])


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_turns_nothing(size: tuple[int, int], orientation: int) -> None:
    for form in ("JPEG", "PNG", "WEBP"):
        content = saved(picture(size), form, exif=exif(orientation))
        told = same(content)
        assert told == (tuple(side - 1 for side in size) if form == "WEBP" else size)


def segment(marker: int, payload: bytes) -> bytes:
    return bytes([0xFF, marker]) + struct.pack(">H", len(payload) + 2) + payload


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"quality": 95, "subsampling": 0}])
@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
@pytest.mark.parametrize("size", SIZES)
def test_jpegs(options: dict[str, Any], mode: str, size: tuple[int, int]) -> None:
    if mode == "CMYK":
        options = {key: value for key, value in options.items() if key != "subsampling"}
    content = saved(picture(size, mode), "JPEG", **options)
    assert same(content) == size
    thumbnail = saved(picture(size, mode), "JPEG", exif=exif(thumbnail=True), **options)
    assert same(thumbnail) == size
    big = segment(0xE2, bytes(65533)) * 3 + segment(0xFE, b"\xff\xc0" * 9) + b"\xff" * 5
    assert same(content[:2] + big + content[2:]) == size


@pytest.mark.parametrize("marker", range(256))
def test_jpeg_markers(marker: int) -> None:
    content = saved(picture((40, 30)), "JPEG", optimize=True)
    for payload in (b"", b"\0", b"\x08\0\x07\0\x09\x03", bytes(300)):
        for length in (None, 0, 1, 2, 3, 0xFFFF):
            added = segment(marker, payload)
            if length is not None:
                added = added[:2] + struct.pack(">H", length) + added[4:]
            same(content[:2] + added + content[2:])
            same(content[:20] + added + content[20:])
    same(content[:2] + bytes([0xFF, marker]) + content[2:])
    same(content[:2] + bytes([marker]) + content[2:])
    same(content.replace(b"\xff\xc0", bytes([0xFF, marker])))


def test_restarts_between_the_pixels_count_for_nothing() -> None:
    content = saved(picture((64, 48)), "JPEG", restart_marker_blocks=2)
    assert same(content) == (64, 48)


WEBP: dict[str, dict[str, Any]] = {
    "VP8 ": {"quality": 50},
    "VP8L": {"lossless": True},
    "VP8X": {"quality": 50, "icc_profile": icc()},
}


@pytest.mark.parametrize("kind", WEBP)
@pytest.mark.parametrize("size", [*SIZES, (1024, 1024), (7, 16383)])
def test_webp(kind: str, size: tuple[int, int]) -> None:
    content = saved(picture((1, 1)).resize(size), "WEBP", method=0, **WEBP[kind])
    assert content[12:16] == kind.encode()
    short = 1 if kind == "VP8X" else 0
    assert same(content) == (size[0] - short, size[1] - short)


def test_webp_that_moves_or_lets_shine_through() -> None:
    frames = [picture((41, 30)), picture((41, 30), "L").convert("RGB")]
    moving = saved(frames[0], "WEBP", save_all=True, append_images=frames[1:])
    assert same(moving) == (40, 29)
    assert same(saved(picture((41, 30), "RGBA"), "WEBP", quality=50)) == (40, 29)
    assert same(saved(picture((41, 30), "RGBA"), "WEBP", lossless=True)) == (41, 30)


@pytest.mark.parametrize("version", [b"GIF87a", b"GIF89a"])
@pytest.mark.parametrize("size", [*SIZES, (32767, 1), (32768, 1), (65535, 65535)])
def test_gif(version: bytes, size: tuple[int, int]) -> None:
    same(version + struct.pack("<HH", *size) + bytes(30))


@pytest.mark.parametrize("size", [*SIZES, (70000, 3)])
@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("big", [False, True])
def test_tiff(size: tuple[int, int], order: str, big: bool) -> None:
    mark = {"<": b"II", ">": b"MM"}[order] + struct.pack(f"{order}H", 43 if big else 42)
    for kinds in ((3, 3), (4, 4), (3, 4), (1, 4), (4, 2), (16, 16)):
        for tags in ((256, 257), (257, 256), (256, 256, 257), (254, 256, 259, 257), (256,), ()):
            entries = b""
            for tag in tags:
                kind, value = kinds[tag == 257], size[tag == 257]
                wide = kind != 3 or value > 0xFFFF
                field = struct.pack(f"{order}{'L' if wide else 'H'}", value & 0xFFFFFFFF)
                field = field.ljust(8 if big else 4, b"\0")
                entries += struct.pack(f"{order}HH{'Q' if big else 'L'}", tag, kind, 1) + field
            for claimed in (len(tags), len(tags) + 1, 0):
                for offset in (8, 16, 24, 4000):
                    if big:
                        head = mark + struct.pack(f"{order}HHQ", 8, 0, offset)
                        body = struct.pack(f"{order}Q", claimed)
                    else:
                        head = mark + struct.pack(f"{order}L", offset)
                        body = struct.pack(f"{order}H", claimed)
                    content = head.ljust(min(offset, 24), b"\0") + body + entries
                    same(content)
                    same(content[:-3])
    same(mark + struct.pack(f"{order}L", 99) + bytes(40))
    same(mark + struct.pack(f"{order}L", 8) + b"\xff" * 8)


@pytest.mark.parametrize("compression", ["raw", "tiff_lzw", "tiff_deflate", "jpeg", "packbits"])
def test_tiff_that_pillow_writes(compression: str) -> None:
    for size in SIZES:
        assert same(saved(picture(size), "TIFF", compression=compression)) == size


@pytest.mark.parametrize(
    "text",
    [
        *("P5 12 34 255 ", "P6\n# a\n 7\t9\n255\n", "P1", "P", "P2 12", "P3 1x2", "P4 12#\n 3 "),
        *("P7\nWIDTH 3", "P6 a", "P6 #", "P5\n12\n#no end", "P5 007 08\n", "Px", "P6 9 9"),
        *('<svg width="10" height="20">', '<svg width="10px" height="2.5pt">', "<svg", "<svg>"),
        *('<?xml?><svg width="3cm" height="4mm">', '<svg width="" height="3">', "<?xm"),
        *('<svg width="1" height="7furlong">', '<svg width="100%" height="7">'),
        *('<svg stroke-width="5" width="1" height="2">', '<svg width="1\n" height="2">'),
        *('<svg width="px" height="2">', '<svg width="1in\n" height="2pc">', '<svg\xff width="1"'),
        *("", "B", "BM", "II", "II*\0", "MM\0*", "II+\0", "\x89PNG", "GIF89a", "RIFF", "\xff"),
    ],
)
def test_texts_and_beginnings(text: str) -> None:
    for content in (text.encode("latin-1"), text.encode("latin-1") + b" " * 2000):
        wanted, got = answer(imagesize.get, content), answer(measured_by_imagesize, content)
        if got and isinstance(got[0], float):
            assert got == pytest.approx(wanted)
        else:
            assert got == wanted


def test_damaged_headers_in_thousands() -> None:
    dice = random.Random(11)
    whole = [saved(picture((40, 30), mode), form) for form, mode in writable()]
    whole += [saved(picture((40, 30)), "WEBP", **options) for options in WEBP.values()]
    whole += [saved(picture((40, 30)), "JPEG", exif=exif(thumbnail=True), progressive=True)]
    answers = set()
    for _ in range(12_000):
        content = bytearray(dice.choice(whole))
        reach = min(len(content), dice.choice((16, 40, 700)))
        for _ in range(dice.choice((1, 1, 2, 5))):
            at = dice.randrange(reach)
            what = dice.random()
            if what < 0.6:
                content[at] = dice.choice((0, 1, 0xFF, 0xC0, dice.randrange(256)))
            elif what < 0.8:
                del content[at : at + dice.randrange(1, 9)]
            else:
                content[at:at] = dice.randbytes(dice.randrange(1, 9))
            reach = min(reach, len(content))
        answers.add(same(bytes(content[: dice.choice((None, None, 40, 26, 15))])))
    assert len(answers) > 100


def test_png_is_measured_by_its_first_chunk() -> None:
    content = saved(picture((40, 30)), "PNG")
    assert same(content) == (40, 30)
    text = b"CgBI" + bytes(4)
    chunk = struct.pack(">I", 4) + text + struct.pack(">I", zlib.crc32(text))
    assert same(content[:8] + chunk + content[8:]) == (4, int.from_bytes(b"CgBI", "big"))


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
@pytest.mark.parametrize("size", SIZES)
def test_png_need_not_be_read_again(
    mode: str, size: tuple[int, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(saved(Image.new(mode, size), "PNG", exif=exif()))
    header = read_header(str(path))
    wanted = Size(*imagesize.get(str(path)))
    monkeypatch.setattr(storage, "open_binary", None)
    for generation in GENERATIONS.values():
        assert measured_size(str(path), header, generation) == wanted == size


def test_files_are_measured_as_memory_is(tmp_path: Path) -> None:
    for form, mode in writable():
        content = saved(picture((40, 30), mode), form)
        for cut in (None, 30, 20, 5):
            path = tmp_path / "a"
            path.write_bytes(content[:cut])
            wanted = answer(lambda _, path=path: imagesize.get(str(path)), b"")
            with open(path, "rb") as stream:
                got = answer(lambda _, stream=stream: measured_by_imagesize(stream), b"")
            assert got == wanted


@pytest.fixture
def shelf(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Shelf]]:
    import fsspec

    fsspec.register_implementation("shelf", Shelf, clobber=True)
    Shelf.clear()
    yield Shelf
    Shelf.clear()


def test_what_is_far_away_is_measured_alike_by_little(shelf: type[Shelf], tmp_path: Path) -> None:
    forms = [*writable(), ("JPEG", "CMYK")]
    for number, (form, mode) in enumerate(forms):
        content = saved(picture((640, 480), mode), form)
        for cut in (None, 30, 7):
            local = tmp_path / f"{number}-{cut}.png"
            local.write_bytes(content[:cut])
            shelf.files[f"set/{local.name}"] = content[:cut]
    storage.listdir("shelf://set")
    for name in list(shelf.files):
        name = name.removeprefix("set/")
        shelf.fetched = 0
        far = measured_size(f"shelf://set/{name}", None, OLDER)
        near = measured_size(str(tmp_path / name), None, OLDER)
        if isinstance(near, Stop) and isinstance(far, Stop):
            assert (far.stage, far.error) == (near.stage, near.error)
        else:
            assert far == near
        assert shelf.fetched <= 200_000


# What becomes of the sizes.


def webps(folder: Path, size: int = 1024) -> Folders:
    """An image of each kind of WebP, with its mask."""
    folders = Folders(folder)
    mask = Image.fromarray(drawn(FIGURE)).resize((size, size))
    for kind, options in WEBP.items():
        name = kind.strip()
        picture((8, 8)).resize((size, size)).save(folders.images / f"{name}.webp", **options)
        (folders.images / f"{name}.txt").write_text("a figure", encoding="utf-8")
        mask.save(folders.masks / f"{name}.png")
    return folders


def large(folders: Folders, extra: str = "") -> Path:
    path = folders.config(extra)
    text = path.read_text(encoding="utf-8").replace("resolution = 128", "resolution = 1024")
    path.write_text(text.replace("max_bucket_reso = 256", ""), encoding="utf-8")
    return path


@pytest.mark.parametrize("version", VERSIONS)
def test_extended_webp_is_one_px_short_without_upscale(version: str, tmp_path: Path) -> None:
    folders = webps(tmp_path)
    report = checked(large(folders, "bucket_no_upscale = true"), f"sd-scripts@{version}")
    told = {Path(row.image).stem: (row.size, row.measured, row.bucket) for row in report.rows}
    whole, short = Size(1024, 1024), Size(1023, 1023)
    assert told == {
        "VP8": (whole, whole, whole),
        "VP8L": (whole, whole, whole),
        "VP8X": (whole, short, Size(960, 960)),
    }
    assert {row.bucket for row in checked(large(folders)).rows} == {whole}
    assert report.starts
    assert not report.stops_in_first_epoch


def test_the_steps_of_sdxl_scripts_give_992(tmp_path: Path) -> None:
    extra = "bucket_no_upscale = true\nbucket_reso_steps = 32"
    report = checked(large(webps(tmp_path), extra))
    buckets = {Path(row.image).stem: row.bucket for row in report.rows}
    assert buckets["VP8X"] == Size(992, 992)
    assert buckets["VP8"] == Size(1024, 1024)


def test_info_tells_the_size_that_is_believed(tmp_path: Path) -> None:
    folders = webps(tmp_path, 256)
    for kind in ("VP8X", "VP8"):
        told = run("info", folders.images / f"{kind}.webp", folders.masks / f"{kind}.png").stdout
        assert ("believed to be 255 x 255 px by the trainer" in told) == (kind == "VP8X")


def cached_set(root: Path) -> tuple[Path, Path]:
    folder = image_folder(root / "images", ("a.webp",), alpha=True)
    image = Image.open(folder / "a.webp")
    image.save(folder / "a.webp", quality=90)
    assert (folder / "a.webp").read_bytes()[12:16] == b"VP8X"
    config = root / "dataset.toml"
    config.write_text(
        "[[datasets]]\nresolution = 128\nenable_bucket = true\nmin_bucket_reso = 64\n"
        f"[[datasets.subsets]]\nimage_dir = '{folder}'\ncaption_extension = '.txt'\n"
        "alpha_mask = true\n",
        encoding="utf-8",
    )
    return folder, config


def cache(path: Path, value: float) -> None:
    np.savez(
        path,
        latents=np.zeros((4, 16, 16), np.float32),
        alpha_mask=np.full((128, 128), value, np.float32),
    )


def test_caches_are_named_by_what_is_measured(tmp_path: Path) -> None:
    folder, config = cached_set(tmp_path)
    before = names(checked(config))
    cache(folder / "a_0127x0127_sdxl.npz", 1)
    (finding,) = (each for each in checked(config).findings if each.name not in before)
    assert finding.name == "latents-cache-stale"
    assert finding.path.endswith("a_0127x0127_sdxl.npz")


def test_caches_of_any_other_size_are_told(tmp_path: Path) -> None:
    folder, config = cached_set(tmp_path)
    before = names(checked(config))
    cache(folder / "a_0126x0126_sdxl.npz", 1)
    assert names(checked(config)) - before == {"cache-other-size"}


def test_sizes_in_the_trainers_own_list_are_its_measures(tmp_path: Path) -> None:
    folders = webps(tmp_path, 128)
    (folders.images / "metadata_cache.json").write_text(
        '{"VP8X.webp": {"caption": "a figure", "resolution": [127, 127]}}', encoding="utf-8"
    )
    config = folders.config(subset="cache_info = true")
    told = [each.message for each in checked(config).findings if each.name == "cache-info-stale"]
    assert not any("px" in each for each in told)


def refused_by_pillow(path: Path) -> None:
    """Put a long compressed text before the pixels."""
    content = path.read_bytes()
    text = b"zTXtworkflow\0\0" + zlib.compress(b"x" * (2 << 20))
    chunk = struct.pack(">I", len(text) - 4) + text + struct.pack(">I", zlib.crc32(text))
    path.write_bytes(content[:33] + chunk + content[33:])


@pytest.mark.parametrize("version", VERSIONS)
def test_what_pillow_refuses_is_measured_all_the_same(version: str, tmp_path: Path) -> None:
    folders = Folders(tmp_path).add("a.png").add("b.png")
    refused_by_pillow(folders.images / "a.png")
    report = checked(folders.config(), f"sd-scripts@{version}")
    (stop,) = report.stops
    assert (stop.rule, stop.stage) == ("unreadable", Stage.BATCH)
    # Pillow 9 writes it with capitals.
    assert stop.error.lower().startswith("valueerror: decompressed data too large")
    assert report.stops_in_first_epoch
    assert "stops in this batch" in report.findings[0].message


@pytest.mark.parametrize("version", VERSIONS)
def test_a_jpeg_cut_in_its_header_stops_every_start(version: str, tmp_path: Path) -> None:
    folders = Folders(tmp_path).add("a.jpg")
    path = folders.images / "a.jpg"
    path.write_bytes(path.read_bytes()[:100])
    report = checked(folders.config(), f"sd-scripts@{version}")
    (stop,) = report.stops
    assert (stop.stage, stop.error) == (Stage.START_UP, "ValueError: Invalid JPEG file")
    assert names(report) == {"unreadable"}


@pytest.mark.parametrize("version", VERSIONS)
def test_a_picture_that_opens_and_is_not_measured_is_told(version: str, tmp_path: Path) -> None:
    folders = Folders(tmp_path).add("a.jpg")
    confuse(folders.images / "a.jpg")
    report = checked(folders.config(), f"sd-scripts@{version}")
    (stop,), (finding,) = report.stops, report.findings
    assert (stop.stage, stop.error) == (Stage.START_UP, "ValueError: Invalid JPEG file")
    assert finding.name == "unreadable"
    assert "cannot tell its size and stops before the first step (ValueError" in finding.message
    assert report.rows[0].size == Size(128, 128)
    assert report.rows[0].bucket is None


def confuse(path: Path) -> None:
    """Put a marker without a length where imagesize reads one, and decoders do not."""
    content = path.read_bytes()
    path.write_bytes(content[:2] + b"\xff\xd0" + content[2:])
    Image.open(path).load()


@pytest.mark.parametrize("version", VERSIONS)
def test_what_is_no_image_stops_where_the_generation_stops(version: str, tmp_path: Path) -> None:
    folders = Folders(tmp_path).add("a.png")
    (folders.images / "a.png").write_bytes(b"words")
    (stop,) = checked(folders.config(), f"sd-scripts@{version}").stops
    if version == "0.9":
        assert stop.stage is Stage.BATCH
        assert stop.error.startswith("UnidentifiedImageError")
    else:
        assert (stop.stage, stop.error) == (Stage.START_UP, "ZeroDivisionError: division by zero")


@pytest.mark.parametrize("generation", GENERATIONS.values())
def test_what_may_not_be_opened_stops_the_start(
    generation: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.png"
    picture((8, 8)).save(path)

    def refuse(path: str) -> io.BytesIO:
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr(storage, "open_binary", refuse)
    for asked, error in ((path, "PermissionError"), (tmp_path / "b.png", "FileNotFoundError")):
        stop = measured_size(str(asked), None, generation)
        assert isinstance(stop, Stop)
        assert stop.stage is Stage.START_UP
        assert stop.error.startswith(error)
    stop = measured_size(str(tmp_path), None, generation)
    assert isinstance(stop, Stop)
    assert stop.error.startswith("IsADirectoryError")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes by name")
def test_pipes_are_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.png")
    stop = measured_size(str(tmp_path / "a.png"), None, NEWER)
    assert isinstance(stop, Stop)
    assert "waits for ever" in stop.error


@pytest.mark.parametrize("form", ["BMP", "DIB", "TGA", "AVIF"])
def test_unknown_formats_are_asked_of_pillow_since_0_10(form: str, tmp_path: Path) -> None:
    path = tmp_path / "a.bmp"
    try:
        path.write_bytes(saved(picture((40, 30)), form))
    except (KeyError, OSError):
        pytest.skip(f"no {form} here")
    if form == "DIB":
        pytest.importorskip("PIL.BmpImagePlugin")
    header = read_header(str(path))
    assert measured_size(str(path), header, NEWER) == Size(40, 30)
    assert measured_size(str(path), header, OLDER) == Size(-1, -1)


def test_a_drawings_fractions_are_no_zero(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(b'<svg width="0.4" height="2.5">')
    assert measured_size(str(path), None, NEWER) == Size(1, 3)


def test_a_width_of_nothing_is_asked_of_pillow_too(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(b"GIF89a" + struct.pack("<HH", 0, 9) + bytes(30))
    stop = measured_size(str(path), None, NEWER)
    assert isinstance(stop, Stop)
    assert (stop.stage, stop.error) == (Stage.START_UP, "ZeroDivisionError: division by zero")
    assert measured_size(str(path), None, OLDER) == Size(0, 9)


def only(config: Path, trainer: str = "sd-scripts") -> Sample:
    (sample,) = samples_of(found(config, trainer))
    return sample


def test_sizes_from_the_list_are_not_measured(tmp_path: Path) -> None:
    folders = Folders(tmp_path).add("a.png")
    (folders.images / "metadata_cache.json").write_text(
        '{"a.png": {"caption": "a figure", "resolution": [128, 128]}}', encoding="utf-8"
    )
    (folders.images / "a.png").write_bytes(b"words")
    sample = only(folders.config(subset="cache_info = true"))
    assert sample.believed_size == Size(128, 128)
    assert isinstance(sample.measured, Stop)
    (stop,) = sample.stops
    assert stop.stage is Stage.BATCH


def test_a_remembered_result_falls_with_the_measure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders = Folders(tmp_path / "set").add("a.jpg")
    config = folders.config()

    def stops() -> tuple[Stop, ...]:
        ledger = Ledger(tmp_path / "cache")
        report = check(found(config), ledger=ledger)
        ledger.close()
        return report.stops

    assert stops() == stops() == ()
    path = str(folders.images / "a.jpg")
    before = read_header(path)
    confuse(Path(path))
    assert read_header(path) == before
    (stop,) = stops()
    assert stop.stage is Stage.START_UP
    assert stops() == (stop,)


def test_generations_measure_alone_in_one_ledger(tmp_path: Path) -> None:
    folders = Folders(tmp_path / "set").add("a.bmp")
    config = folders.config()
    for _ in range(2):
        for version in find_trainer("sd-scripts").versions:
            ledger = Ledger(tmp_path / "cache")
            report = check(found(config, f"sd-scripts@{version}"), ledger=ledger)
            ledger.close()
            wanted = Size(-1, -1) if version == "0.9" else Size(128, 128)
            assert [row.measured for row in report.rows] == [wanted]
