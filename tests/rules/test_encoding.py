"""Rules for encodings: what values are, and colours under transparent pixels."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from maskprep.checking.engine import check
from maskprep.dataset.discover import open_dataset
from maskprep.model import Size
from maskprep.model.report import Finding
from tests.datasets import FIGURE, Folders, drawn, found, image_folder, names


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
