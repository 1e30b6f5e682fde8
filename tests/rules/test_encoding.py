"""Rules for encodings: colours under transparent pixels, and what was stored with loss."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from maskprep.checking.engine import check
from maskprep.dataset.discover import open_dataset
from maskprep.model import Severity, Size
from tests.datasets import FIGURE, Folders, checked, drawn, image_folder, names
from tests.raster.test_raster import REDUCES_ALPHA


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
def test_a_second_colour_anywhere_does_not_fire(row: int, tmp_path: Path) -> None:
    hidden = np.zeros((128, 128), bool)
    hidden[64:] = True
    rgba = _cut_out(hidden)
    rgba[row, :, :3] = 90
    assert not _fires(rgba, tmp_path)


Image.init()
SOFT = np.asarray(Image.fromarray(drawn(FIGURE)).filter(ImageFilter.GaussianBlur(6)))


def _told(folders: Folders, path: Path) -> list[tuple[Severity, str]]:
    findings = checked(folders.config()).findings
    found = [each for each in findings if each.name == "mask-jpeg"]
    assert {each.path for each in found} <= {str(path)}
    return [(each.severity, each.message) for each in found]


@pytest.mark.parametrize("quality", [1, 10, 50, 95])
def test_a_jpeg_masks_quality_is_the_one_it_was_saved_with(quality: int, tmp_path: Path) -> None:
    folders = Folders(tmp_path).add("a.png")
    (folders.masks / "a.png").unlink()
    Image.fromarray(drawn(FIGURE)).save(folders.masks / "a.jpg", quality=quality)
    ((severity, message),) = _told(folders, folders.masks / "a.jpg")
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
    told = _told(folders, folders.masks / "a.webp")
    wanted = (Severity.WARNING, "is a WebP stored with loss: its edges carry noise")
    assert told == ([] if quality is None else [wanted])


@pytest.mark.skipif("AVIF" not in Image.SAVE, reason="Pillow without AVIF")
@pytest.mark.parametrize("mask", [drawn(FIGURE), SOFT], ids=["hard", "soft"])
def test_an_avif_mask_is_told_where_it_has_greys(mask: NDArray[np.uint8], tmp_path: Path) -> None:
    """Under a name that the trainer sees: AVIF is told by content."""
    folders = Folders(tmp_path).add("a.png")
    Image.fromarray(mask).save(folders.masks / "a.png", "AVIF", quality=100)
    greys = np.asarray(Image.open(folders.masks / "a.png").convert("L"))
    told = _told(folders, folders.masks / "a.png")
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
def test_alpha_that_a_webp_reduced_is_told(
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
