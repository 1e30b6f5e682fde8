"""Rules of a pair's files: training images that the trainer's Pillow cuts off."""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from maskprep.dataset.samples import samples_of
from maskprep.pictures.gather import view_of
from tests.commands import all_of, run
from tests.datasets import FIGURE, Folders, checked, drawn, found, image_folder

GREYS = np.tile(np.arange(0, 256, 2, dtype=np.uint8), (128, 1))
WIDE = GREYS.astype(np.uint16) * 257


def write(path: Path, pixels: NDArray[Any]) -> None:
    """Write greys of any depth under a name that the trainer sees."""
    if pixels.dtype in (np.uint8, np.uint16):
        cv2.imwrite(str(path), pixels)
    else:
        Image.fromarray(pixels).save(path, "TIFF")


def write_clear(path: Path, pixels: NDArray[np.uint16], clear: int) -> None:
    """Write greys of 16 bits, of which one is transparent."""
    content = cv2.imencode(".png", pixels)[1].tobytes()
    chunk = b"tRNS" + clear.to_bytes(2, "big")
    end = content.index(b"IDAT") - 4
    check = zlib.crc32(chunk).to_bytes(4, "big")
    path.write_bytes(content[:end] + b"\0\0\0\2" + chunk + check + content[end:])


def as_trained(path: Path) -> NDArray[np.uint8]:
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))


def errors(folders: Folders) -> list[str]:
    return [each.message for each in checked(folders.config()).findings if each.code == "MP122"]


@pytest.mark.parametrize(
    ("pixels", "told"),
    [
        (WIDE, "is 16-bit grey (I"),
        (WIDE.astype(np.int32), "is 32-bit grey (I)"),
        (GREYS / np.float32(255), "of values from 0 to 1 it trains a black picture"),
    ],
    ids=["16 bits", "32 bits", "floats"],
)
def test_an_image_that_is_cut_off_is_told_and_scaled(
    pixels: NDArray[Any], told: str, tmp_path: Path
) -> None:
    folders = Folders(tmp_path).add("a.png")
    image = folders.images / "a.png"
    write(image, pixels)
    original = image.read_bytes()
    (message,) = errors(folders)
    assert told in message
    mended = run("check", folders.config(), "--fix")
    assert mended.exit_code == 0, all_of(mended)
    np.testing.assert_array_equal(as_trained(image), np.dstack([GREYS] * 3))
    (backup,) = tmp_path.glob("images.maskprep-backup-*")
    assert (backup / "a.png").read_bytes() == original


@pytest.mark.parametrize("kind", ["16-bit RGB", "16-bit RGBA", "1 bit", "8-bit grey"])
def test_what_the_trainer_reads_right_is_not_told(kind: str, tmp_path: Path) -> None:
    folders = Folders(tmp_path).add("a.png")
    path = folders.images / "a.png"
    if kind.startswith("16"):
        write(path, np.dstack([WIDE] * (4 if kind.endswith("A") else 3)))
    else:
        Image.fromarray(GREYS).convert("1" if kind == "1 bit" else "L").save(path)
    assert errors(folders) == []


def test_a_scale_that_nobody_knows_is_not_guessed(tmp_path: Path) -> None:
    folders = Folders(tmp_path).add("a.png")
    write(folders.images / "a.png", WIDE.astype(np.int32) * 3)
    result = run("check", folders.config(), "--fix")
    assert result.exit_code == 1
    assert "holds values from 0 to 195834, and does not say which is white" in result.stderr


def test_what_lies_beside_the_pixels_stays(tmp_path: Path) -> None:
    folders = Folders(tmp_path).add("a.png")
    Image.fromarray(WIDE).save(folders.images / "a.png", dpi=(300, 300))
    run("check", folders.config(), "--fix")
    with Image.open(folders.images / "a.png") as image:
        assert image.mode == "RGB"
        assert [round(each) for each in image.info["dpi"]] == [300, 300]


def test_alpha_that_is_a_colour_survives(tmp_path: Path) -> None:
    images = image_folder(tmp_path / "images", alpha=True)
    write_clear(images / "a.png", WIDE, 0)
    words = ("check", images, "--alpha", "--caption-extension", ".txt", "--fix")
    assert "scaled to 8 bits" in run(*words).stderr
    with Image.open(images / "a.png") as image:
        rgba = np.asarray(image)
    np.testing.assert_array_equal(rgba[..., 0], GREYS)
    np.testing.assert_array_equal(rgba[..., 3], np.where(WIDE == 0, 0, 255))


@pytest.mark.parametrize("command", ["embed", "extract"])
def test_copies_are_refused_and_not_cut_off(command: str, tmp_path: Path) -> None:
    folders = Folders(tmp_path).add("a.png")
    exif = Image.Exif()
    exif[0x0112] = 3
    Image.fromarray(WIDE).save(folders.images / "a.png", exif=exif)
    turned = ["--apply-exif"] if command == "extract" else []
    result = run(command, folders.config(), "--output", tmp_path / "made", *turned)
    assert "is 16-bit grey, which a copy of 8 bits would cut off" in result.stderr, all_of(result)
    assert "maskprep check --fix scales it" in result.stderr
    assert not (tmp_path / "made" / ("images" if turned else "") / "a.png").exists()


def test_grown_alpha_does_not_cut_the_image_off(tmp_path: Path) -> None:
    images = image_folder(tmp_path / "images", alpha=True)
    write_clear(images / "a.png", WIDE, 0)
    made = tmp_path / "made"
    result = run("dilate", images, "--alpha", "--radius", 2, "--output", made)
    assert "is 16-bit grey, which a copy of 8 bits would cut off" in all_of(result)
    assert not (made / "a.png").exists()


def test_the_preview_says_why_it_is_white(tmp_path: Path) -> None:
    folders = Folders(tmp_path).add("a.png")
    write(folders.images / "a.png", WIDE)
    (sample,) = samples_of(found(folders.config()))
    view = view_of(sample)
    assert view is not None
    assert "It is 16-bit grey, which the trainer cuts off at 255" in view.notes[0]
    assert view.right_weights is None
    Image.fromarray(np.dstack([drawn(FIGURE)] * 3)).save(folders.images / "a.png")
    (whole,) = samples_of(found(folders.config()))
    plain = view_of(whole)
    assert plain is not None and not plain.notes
