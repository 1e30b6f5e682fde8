"""Files that no data set holds on purpose: never decoded, and told in plain words."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fsspec
import numpy as np
import pytest
from PIL import EpsImagePlugin, Image

from maskprep import raster
from maskprep.errors import UnreadableImageError
from maskprep.raster.kinds import FORMATS
from tests.commands import all_of, run
from tests.datasets import Folders, checked

POSTSCRIPT = (
    b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 128 128\n%%EndComments\nshowpage\n%%EOF\n"
)
#: First bytes, a few words of the message, and whether the installed Pillow has a plug-in for it.
KINDS: dict[str, tuple[bytes, str, bool]] = {
    "eps": (
        POSTSCRIPT,
        "is PostScript (EPS), no picture that data sets hold: save it as PNG",
        True,
    ),
    "dos-eps": (b"\xc5\xd0\xd3\xc6" + bytes(40), "is PostScript (EPS)", True),
    "pdf": (b"%PDF-1.7\n", "is a PDF document", False),
    "dds": (b"DDS \x7c" + bytes(200), "is a DDS texture", True),
    "blp": (b"BLP2" + bytes(200), "is a BLP texture", True),
    "pam": (b"P7\nWIDTH 1\n", "is PAM (Netpbm)", False),
    "heic": (b"\0\0\0\x18ftypheic" + bytes(40), "is HEIC (HEIF)", False),
    "icns": (b"icns" + bytes(40), "is an icon of macOS (ICNS)", True),
    "pcx": (b"\x0a\5\1\x08" + bytes(200), "is PCX", True),
    "exr": (b"\x76\x2f\x31\x01" + bytes(40), "is OpenEXR", False),
    "xcf": (b"gimp xcf v011\0" + bytes(40), "is a project of GIMP (XCF)", False),
    "svg": (b'<?xml version="1.0"?>\n<svg width="9">', "is a drawing (SVG)", False),
    "bare-svg": (b"<svg>", "is a drawing (SVG)", False),
    "xml": (b'<?xml version="1.0"?>\n<a>', "is XML", False),
    "html": (
        b"\n<!DOCTYPE html><html>403",
        "is a web page, no picture that data sets hold: d",
        False,
    ),
    "zip": (b"PK\3\4" + bytes(40), "is a ZIP archive (also ORA, KRA, NPZ)", False),
    "gzip": (b"\x1f\x8b\x08" + bytes(40), "hold: unpack it", False),
    "npy": (b"\x93NUMPY\1\0" + bytes(40), "is an array of NumPy (NPY)", False),
    "lfs": (b"version https://git-lfs.github.com/spec/v1\noid sha256:", "run git lfs pull", False),
    "mp4": (b"\0\0\0\x20ftypisom" + bytes(40), "is a video (MP4)", False),
    "hdf5": (b"\x89HDF\r\n\x1a\n" + bytes(40), "is HDF5", True),
    "fits": (b"SIMPLE  =                    T", "is FITS", True),
    "json": (b'{"error": "not found"}', "is text (JSON)", False),
    "list": (b"[1, 2]", "is text (JSON)", False),
    "sgi": (b"\x01\xda\0\1" + bytes(600), "is SGI by its first bytes", True),
    "sun": (b"\x59\xa6\x6a\x95" + bytes(40), "is SUN by its first bytes", True),
    "tiff": (
        b"II*\0" + bytes(40),
        "is a TIFF that Pillow cannot read: damaged, or of floats",
        False,
    ),
    "psd": (b"8BPS\0\1" + bytes(40), "is a Photoshop file that Pillow cannot read", False),
    "text": (b"hello", "is not an image that Pillow can read", False),
    "noise": (bytes(range(7, 99)), "is not an image that Pillow can read", False),
}
READERS = (
    raster.read_header,
    raster.read_stored,
    raster.read_accompaniment,
    lambda path: raster.read_mask(path, "r"),
    lambda path: raster.read_mask(path, "alpha"),
    lambda path: raster.read_picture(path, "RGB"),
    lambda path: raster.read_accompanied(path, "RGBA"),
)


@pytest.mark.parametrize("kind", KINDS)
def test_every_other_kind_is_told_in_plain_words(kind: str, tmp_path: Path) -> None:
    content, words, pillow_may = KINDS[kind]
    path = tmp_path / "x.png"
    path.write_bytes(content)
    fsspec.filesystem("memory").pipe_file("/set/x.png", content)
    for place in (str(path), "memory://set/x.png"):
        for read in READERS:
            with pytest.raises(UnreadableImageError) as refused:
                read(place)
            error = refused.value
            assert str(error).startswith(f"{place}: ")
            assert words in str(error)
            assert error.in_header
            assert error.foretold is not pillow_may
            assert error.error.startswith("UnidentifiedImageError: ") is not pillow_may


SAVED: dict[str, dict[str, Any]] = {
    **{kind: {} for kind in FORMATS if kind not in ("AVIF", "JXL", "PSD")},  # not always written
    "MPO": {"save_all": True, "append_images": [Image.new("RGB", (40, 30))]},
}


@pytest.mark.parametrize("kind", SAVED)
@pytest.mark.parametrize("name", ["x.png", "x.webp", "x"])
def test_kinds_that_data_sets_hold_are_opened_whatever_their_name(
    kind: str, name: str, tmp_path: Path
) -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (40, 30), (255, 0, 0)).save(buffer, kind, **SAVED[kind])
    (tmp_path / name).write_bytes(buffer.getvalue())
    header = raster.read_header(str(tmp_path / name))
    assert header.format == kind
    assert kind in (*FORMATS, "MPO")
    pixels = raster.read_picture(str(tmp_path / name), "RGB")
    assert pixels.shape[1::-1] == tuple(header.size)
    assert int(pixels[0, 0, 0]) > 250 > int(pixels[0, 0, 1])


def test_photoshops_files_are_opened(tmp_path: Path) -> None:
    path = tmp_path / "x.psd"
    path.write_bytes(photoshop(np.full((3, 4), 9, np.uint8)))
    assert raster.read_header(str(path)).format == "PSD"
    np.testing.assert_array_equal(raster.read_mask(str(path), "r").mask, np.full((3, 4), 9))


def photoshop(grey: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> bytes:
    """Make a flat file of Photoshop's: nothing but its header and one channel."""
    height, width = grey.shape
    sides = height.to_bytes(4, "big") + width.to_bytes(4, "big")
    header = b"8BPS\0\1" + bytes(6) + b"\0\1" + sides + b"\0\x08\0\1"
    return header + bytes(12) + b"\0\0" + grey.tobytes()


@pytest.fixture
def started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A stand-in for Ghostscript, first on PATH; the file that it writes when it is started."""
    if os.name == "nt":
        pytest.skip("the stand-in is a shell script")
    told, program = tmp_path / "started", tmp_path / "bin" / "gs"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\necho started >> '{told}'\n", encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent), prepend=os.pathsep)
    monkeypatch.setattr(EpsImagePlugin, "gs_binary", None, raising=False)
    yield told
    monkeypatch.setattr(EpsImagePlugin, "gs_binary", None, raising=False)


def test_the_stand_in_is_what_pillow_would_start(started: Path) -> None:
    with Image.open(io.BytesIO(POSTSCRIPT)) as image, pytest.raises(Exception):  # noqa: B017
        image.load()
    assert started.exists()


@pytest.mark.parametrize("which", ["images", "masks"])
@pytest.mark.parametrize("source", ["files", "alpha"])
def test_no_command_starts_ghostscript(
    which: str, source: str, started: Path, tmp_path: Path
) -> None:
    folders = Folders(tmp_path / "set").add().add("b.png")
    (folders.root / which / "a.png").write_bytes(POSTSCRIPT)
    config, output = folders.config(), tmp_path / "out"
    if source == "alpha":
        text = config.read_text(encoding="utf-8")
        config.write_text(
            text.replace(f"conditioning_data_dir = '{folders.masks}'", "alpha_mask = true"),
            encoding="utf-8",
        )
    commands: list[list[object]] = [
        ["check", config, "--no-cache"],
        ["check", config, "--format", "json"],
        ["info", folders.images / "a.png"],
        ["info", folders.masks / "a.png"],
        ["preview", config, "--output", output / "preview"],
        ["extract", config, "--output", output / "extract"],
        ["extract", config, "--from", "auto", "--output", output / "auto"],
        ["extract", config, "--apply-exif", "--output", output / "upright"],
        ["embed", config, "--output", output / "embed"],
        ["dilate", config, "--radius", "2", "--output", output / "dilate"],
    ]
    told = "".join(all_of(run(*words)) for words in commands)
    assert "PostScript" in told or (which, source) == ("masks", "alpha")
    assert not started.exists()


@pytest.mark.parametrize("which", ["images", "masks"])
def test_what_pillow_may_open_is_an_error_and_not_foretold(which: str, tmp_path: Path) -> None:
    folders = Folders(tmp_path).add()
    path = folders.root / which / "a.png"
    path.write_bytes(POSTSCRIPT)
    report = checked(folders.config())
    (finding,) = (each for each in report.findings if each.name == "unreadable")
    assert finding.path == str(path)
    assert finding.severity.value == "error"
    assert "maskprep does not open it, the trainer's Pillow may" in finding.message
    assert "the trainer stops" not in finding.message
    assert report.rows[0].trains is None
    assert report.starts
    assert not report.stops_in_first_epoch
    result = run("check", folders.config())
    assert result.exit_code == 1
    assert f"Whether the run gets past {path} is not foretold: maskprep" in result.stdout


def test_what_is_foretold_comes_before_what_is_not(tmp_path: Path) -> None:
    folders = Folders(tmp_path).add().add("b.png")
    (folders.masks / "a.png").write_bytes(POSTSCRIPT)
    (folders.masks / "b.png").write_bytes(b"%PDF-1.7\n")
    result = run("check", folders.config(), "--format", "json")
    assert json.loads(result.stdout)["stops_in_first_epoch"] is True
    assert (
        f"stops in its first epoch at {folders.masks / 'b.png'}"
        in run("check", folders.config()).stdout
    )
