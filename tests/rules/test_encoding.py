"""Rules for encodings: what values are, hidden colours, and what was stored with loss."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from maskprep.checking.engine import check
from maskprep.dataset.discover import open_dataset
from maskprep.masks.latent import area_weights
from maskprep.model import Severity, Size
from maskprep.model.report import Finding
from tests.commands import run
from tests.datasets import (
    FIGURE,
    Folders,
    checked,
    drawn,
    found,
    image_folder,
    keyed_png,
    names,
)
from tests.raster.test_raster import REDUCES_ALPHA
from tools.formats.writers import png


def _cut_out(hidden: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Draw a red picture, black where it is hidden."""
    rgba = np.full((*hidden.shape, 4), (200, 40, 40, 255), np.uint8)
    rgba[hidden] = 0
    return rgba


def _fires(rgba: NDArray[np.uint8], folder: Path) -> bool:
    images = image_folder(folder / "images", alpha=True)
    Image.fromarray(rgba).save(images / "a.png")
    found = open_dataset(str(images), alpha=True, resolution=Size(128, 128), min_bucket_reso=64)
    return "hidden-colour" in names(check(found))


@pytest.mark.parametrize("rows", [slice(64, 128), slice(65, 66)])
def test_one_colour_fires_wherever_it_is(rows: slice, tmp_path: Path) -> None:
    """Also where no row that is looked at first has any."""
    hidden = np.zeros((128, 128), bool)
    hidden[rows] = True
    assert _fires(_cut_out(hidden), tmp_path)


@pytest.mark.parametrize("row", [65, 80, 127])
def test_a_second_colour_anywhere_makes_no_ground_of_a_fill(row: int, tmp_path: Path) -> None:
    hidden = np.zeros((128, 128), bool)
    hidden[64:] = True
    rgba = _cut_out(hidden)
    rgba[row, :, :3] = 90
    assert _fires(rgba, tmp_path)


Image.init()
DISC = np.where(np.hypot(*(np.ogrid[-60.0:68, -66.0:62])) < 45, 255, 0).astype(np.uint8)
SOFT = np.asarray(Image.fromarray(drawn(FIGURE)).filter(ImageFilter.GaussianBlur(6)))


def _lossy(folders: Folders, path: Path) -> list[tuple[Severity, str]]:
    findings = checked(folders.config()).findings
    found = [each for each in findings if each.name == "mask-jpeg"]
    assert {each.path for each in found} <= {str(path)}
    return [(each.severity, each.message) for each in found]


@pytest.mark.parametrize("quality", [1, 10, 50, 95])
def test_a_jpeg_masks_quality_is_the_one_it_was_saved_with(quality: int, tmp_path: Path) -> None:
    folders = Folders(tmp_path).add("a.png")
    (folders.masks / "a.png").unlink()
    Image.fromarray(DISC).save(folders.masks / "a.jpg", quality=quality)
    ((severity, message),) = _lossy(folders, folders.masks / "a.jpg")
    assert f"is a JPEG of quality {quality}:" in message
    assert severity is (Severity.INFO if quality >= 90 else Severity.WARNING)


@pytest.mark.parametrize("quality", [10, 80, None])
def test_a_webp_mask_counts_as_jpeg_where_it_lost_something(
    quality: int | None, tmp_path: Path
) -> None:
    folders = Folders(tmp_path).add("a.png")
    (folders.masks / "a.png").unlink()
    options: dict[str, Any] = {"lossless": True} if quality is None else {"quality": quality}
    Image.fromarray(SOFT).convert("RGB").save(folders.masks / "a.webp", **options)
    told = _lossy(folders, folders.masks / "a.webp")
    wanted = (
        "is a WebP stored with loss: its edges carry noise, which cannot be told from soft greys"
    )
    assert told == ([] if quality is None else [(Severity.WARNING, wanted)])


@pytest.mark.parametrize("red", [False, True], ids=["grey", "red"])
@pytest.mark.parametrize(
    ("ending", "options", "halved"),
    [
        ("jpg", {"quality": 75, "subsampling": 2}, True),
        ("jpg", {"quality": 75, "subsampling": 0}, False),
        ("jpg", {"quality": 50, "subsampling": 2}, True),
        ("webp", {"quality": 80}, True),
        ("webp", {"quality": 60}, True),
    ],
)
def test_what_a_lossy_mask_costs_its_cells_is_told(
    ending: str, options: dict[str, Any], halved: bool, red: bool, tmp_path: Path
) -> None:
    """The mask that was saved is known here, and not to the rule."""
    folders = Folders(tmp_path).add("a.png")
    (folders.masks / "a.png").unlink()
    grey, black = Image.fromarray(DISC), Image.new("L", DISC.shape)
    painted = Image.merge("RGB", [grey, black, black] if red else [grey] * 3)
    path = folders.masks / f"a.{ending}"
    painted.save(path, **options)
    stored = np.ascontiguousarray(np.asarray(Image.open(path).convert("RGB"))[..., 0])
    off = np.abs(area_weights(stored, 8) - area_weights(DISC, 8))
    ((_, message),) = _lossy(folders, path)
    worst = re.search(r"a cell weighs up to ([\d.]+) otherwise .* \(([\d.]+) on average\)", message)
    assert worst is not None
    # Of halved colours a pixel of the outline may fall to the other side.
    assert float(worst[1]) == pytest.approx(off.max(), abs=0.008 if red and halved else 0.001)
    assert float(worst[2]) == pytest.approx(off.mean(), abs=0.0004)
    assert ("R among colours stored at half the size (4:2:0)" in message) == (red and halved)


def test_a_shape_that_a_jpegs_blocks_hold_loses_nothing(tmp_path: Path) -> None:
    folders = Folders(tmp_path).add("a.png")
    (folders.masks / "a.png").unlink()
    Image.fromarray(drawn(FIGURE)).save(folders.masks / "a.jpg", quality=75)
    ((severity, message),) = _lossy(folders, folders.masks / "a.jpg")
    assert severity is Severity.INFO
    assert message.endswith("no cell weighs otherwise than in black and white")


@pytest.mark.skipif("AVIF" not in Image.SAVE, reason="Pillow without AVIF")
@pytest.mark.parametrize("subsampling", ["4:2:0", "4:2:2", "4:4:4"])
def test_an_avif_says_whether_its_colours_are_halved(subsampling: str, tmp_path: Path) -> None:
    folders = Folders(tmp_path).add("a.png")
    black = Image.new("L", DISC.shape)
    painted = Image.merge("RGB", [Image.fromarray(DISC), black, black])
    painted.save(folders.masks / "a.png", "AVIF", quality=75, subsampling=subsampling)
    ((_, message),) = _lossy(folders, folders.masks / "a.png")
    assert ("R among colours stored at half" in message) == (subsampling != "4:4:4")


@pytest.mark.skipif("AVIF" not in Image.SAVE, reason="Pillow without AVIF")
@pytest.mark.parametrize("mask", [drawn(FIGURE), SOFT], ids=["hard", "soft"])
def test_an_avif_mask_is_told_where_it_has_greys(mask: NDArray[np.uint8], tmp_path: Path) -> None:
    """Under a name that the trainer sees: AVIF is told by content."""
    folders = Folders(tmp_path).add("a.png")
    Image.fromarray(mask).save(folders.masks / "a.png", "AVIF", quality=100)
    greys = np.asarray(Image.open(folders.masks / "a.png").convert("L"))
    told = _lossy(folders, folders.masks / "a.png")
    assert bool(told) == bool(((greys > 0) & (greys < 255)).any())
    assert all("is an AVIF, stored with loss unless" in message for _, message in told)


@REDUCES_ALPHA
@pytest.mark.parametrize(
    ("alpha", "quality", "wanted"),
    [
        (SOFT, 10, (Severity.WARNING, "4 levels of 256 are left")),
        (SOFT, 70, (Severity.WARNING, "16 levels of 256 are left")),
        (SOFT, 90, (Severity.INFO, "levels of 256 are left")),
        (SOFT, 0, (Severity.INFO, "2 levels of 256 are left, and any soft edge is hard now")),
        (drawn(FIGURE), 80, (Severity.INFO, "2 levels of 256 are left")),
        (SOFT, 100, None),
    ],
)
def test_alpha_that_a_webp_reduced_is_lossy(
    alpha: NDArray[np.uint8],
    quality: int,
    wanted: tuple[Severity, str] | None,
    tmp_path: Path,
) -> None:
    images = image_folder(tmp_path / "images", ["a.webp"])
    picture = Image.new("RGB", alpha.shape[::-1], (90, 60, 30))
    picture.putalpha(Image.fromarray(alpha))
    picture.save(images / "a.webp", quality=80, alpha_quality=quality)
    opened = open_dataset(str(images), alpha=True, resolution=Size(128, 128), min_bucket_reso=64)
    told = [each for each in check(opened).findings if each.name == "mask-jpeg"]
    assert [each.severity for each in told] == ([] if wanted is None else [wanted[0]])
    assert wanted is None or wanted[1] in told[0].message


def _told(values: NDArray[np.uint8], root: Path) -> Finding:
    """Check one mask, and give its only finding."""
    folders = Folders(root).add()
    Image.fromarray(values).save(folders.masks / "a.png")
    (finding,) = check(found(folders.config())).findings
    return finding


def _painted(value: int, ground: int = 0) -> NDArray[np.uint8]:
    return np.where(drawn(FIGURE) > 0, value, ground).astype(np.uint8)


@pytest.mark.parametrize(
    ("value", "ground", "rule", "severity"),
    [
        (18, 0, "mask-label-map", "error"),
        (60, 0, "mask-faint", "error"),
        (112, 0, "mask-faint", "error"),
        (153, 0, "mask-faint", "warning"),
        (112, 112, "mask-constant", "error"),
        (1, 2, "mask-label-map", "error"),
        (255, 24, "ground-trains", "warning"),
    ],
)
def test_values_that_do_not_train_as_meant_are_told(
    value: int, ground: int, rule: str, severity: str, tmp_path: Path
) -> None:
    finding = _told(_painted(value, ground), tmp_path)
    assert (finding.name, finding.severity.value) == (rule, severity)


def test_what_mends_values_is_named(tmp_path: Path) -> None:
    assert "--levels 0,60" in str(_told(_painted(60), tmp_path / "faint").fix)
    assert "--levels 24,255" in str(_told(_painted(255, 24), tmp_path / "ground").fix)
    without_zero = str(_told(_painted(1, 2), tmp_path / "labels").fix)
    assert "--above 0 would train everything" in without_zero


def test_a_void_is_told_with_its_label(tmp_path: Path) -> None:
    labels = _painted(15)
    edge = np.asarray(cv2.morphologyEx(labels, cv2.MORPH_GRADIENT, np.ones((5, 5), np.uint8)))
    labels[edge > 0] = 255
    folders = Folders(tmp_path).add()
    Image.fromarray(labels).save(folders.masks / "a.png")
    told = {each.name: each for each in check(found(folders.config())).findings}
    assert "--label 15" in str(told["mask-label-map"].fix)
    assert "255 for none" in told["mask-label-map"].message


@pytest.mark.parametrize(
    ("value", "rule"), [(1, "mask-label-map"), (51, "mask-faint"), (102, "mask-faint")]
)
def test_alpha_is_judged_like_a_mask_file(value: int, rule: str, tmp_path: Path) -> None:
    images = image_folder(tmp_path / "images", alpha=True)
    picture = np.dstack([np.full((128, 128, 3), 90, np.uint8), _painted(value)])
    Image.fromarray(picture).save(images / "a.png")
    asked = open_dataset(str(images), alpha=True, resolution=Size(128, 128), min_bucket_reso=64)
    assert rule in names(check(asked))


def test_dark_colours_are_an_error(tmp_path: Path) -> None:
    """CVAT's class colour 48, 112, 32: R alone counts."""
    green = np.where(drawn(FIGURE)[..., None] > 0, (48, 112, 32), 0).astype(np.uint8)
    finding = _told(green, tmp_path)
    assert (finding.name, finding.severity.value) == ("mask-coloured", "error")
    assert "one flat colour on #000000" in finding.message


@pytest.mark.parametrize("depth", [2, 4])
def test_a_key_that_pillow_misreads_is_told(depth: int, tmp_path: Path) -> None:
    white = (1 << depth) - 1
    images = image_folder(tmp_path / "images", alpha=True)
    numbers = np.where(drawn(FIGURE) > 0, 1, white)
    (images / "a.png").write_bytes(keyed_png(numbers, depth, key=white))
    (told,) = _alone("alpha-key-misread", images)
    share = float(np.mean(numbers == white))
    assert f"{share:.0%} of it everywhere else, 0% for the trainer" in told.message


def test_a_deep_key_of_256_makes_black_transparent(tmp_path: Path) -> None:
    images = image_folder(tmp_path / "images", alpha=True)
    numbers = np.where(drawn(FIGURE) > 0, 0, 200)
    (images / "a.png").write_bytes(keyed_png(numbers, 16, key=256))
    (told,) = _alone("alpha-key-misread", images)
    assert f"0% of it everywhere else, {np.mean(numbers == 0):.0%} for the trainer" in told.message


def test_a_deep_colour_that_pillow_misreads_is_told_and_extracted(tmp_path: Path) -> None:
    images = image_folder(tmp_path / "images", alpha=True)
    greys = np.where(drawn(FIGURE) > 0, 257, 256).astype(np.uint16)
    key = [(b"tRNS", b"\1\0" * 3)]
    (images / "a.png").write_bytes(png(np.dstack([greys] * 3), 16, before=key))
    (told,) = _alone("alpha-key-misread", images)
    assert f"{np.mean(greys == 256):.0%} of it everywhere else, 0% for the trainer" in told.message
    run("extract", images, "--alpha", "--output", tmp_path / "made")
    with Image.open(tmp_path / "made" / "a.png") as made:
        np.testing.assert_array_equal(np.asarray(made), drawn(FIGURE))


@pytest.mark.parametrize("key", [0, 1])
def test_a_key_of_1_bit_is_told_where_pillow_misreads_it(key: int, tmp_path: Path) -> None:
    images = image_folder(tmp_path / "images", alpha=True)
    numbers = np.where(drawn(FIGURE) > 0, 1 - key, key)
    (images / "a.png").write_bytes(keyed_png(numbers, 1, key))
    with Image.open(images / "a.png") as image:
        is_read = np.array_equal(np.asarray(image.convert("RGBA"))[..., 3], drawn(FIGURE))
    assert is_read == (not _alone("alpha-key-misread", images))
    run("extract", images, "--alpha", "--output", tmp_path / "made")
    with Image.open(tmp_path / "made" / "a.png") as made:
        np.testing.assert_array_equal(np.asarray(made), drawn(FIGURE))


@pytest.mark.parametrize(("depth", "key"), [(2, 0), (4, 0), (8, 255), (16, 0)])
def test_a_key_that_pillow_reads_is_not(depth: int, key: int, tmp_path: Path) -> None:
    images = image_folder(tmp_path / "images", alpha=True)
    numbers = np.where(drawn(FIGURE) > 0, 3, key)
    (images / "a.png").write_bytes(keyed_png(numbers, depth, key))
    assert not _alone("alpha-key-misread", images)


def test_a_masks_white_key_is_told_as_transparency_that_trains(tmp_path: Path) -> None:
    folders = Folders(tmp_path).add("a.png")
    numbers = np.where(drawn(FIGURE) > 0, 0, 15)
    (folders.masks / "a.png").write_bytes(keyed_png(numbers, 4, key=15))
    (told,) = [
        each for each in checked(folders.config()).findings if each.name == "mask-alpha-ignored"
    ]
    assert f"{np.mean(numbers == 15):.0%} of it is transparent and would train" in told.message


def _alone(name: str, images: Path) -> list[Finding]:
    found = open_dataset(str(images), alpha=True, resolution=Size(128, 128), min_bucket_reso=64)
    return [each for each in check(found).findings if each.name == name]


@pytest.mark.parametrize("kind", ["PNG", "GIF", "TIFF"])
def test_an_empty_palette_is_told_wherever_it_is(kind: str, tmp_path: Path) -> None:
    folders = Folders(tmp_path).add("a.png")
    blank = Image.fromarray((drawn(FIGURE) > 0).astype(np.uint8))
    blank.putpalette([20] * 12)
    blank.save(folders.masks / "a.png", kind)
    told = {each.name: each.message for each in checked(folders.config()).findings}
    assert set(told) == {"mask-palette-blank"}
    assert "gives its numbers (0, 1) one colour: R is 20 all over" in told["mask-palette-blank"]


def test_floats_that_are_no_numbers_are_told(tmp_path: Path) -> None:
    folders = Folders(tmp_path).add("a.png")
    floats = drawn(FIGURE).astype(np.float32)
    floats[:2] = np.nan
    floats[2:4] = np.inf
    Image.fromarray(floats).save(folders.masks / "a.png", "TIFF")
    told = [each for each in checked(folders.config()).findings if each.name == "mask-not-finite"]
    assert [each.message for each in told] == [
        f"is NaN or infinite in {4 / 128:.2%} of its pixels, which is no weight"
    ]
