"""Rules for encodings: colours under transparent pixels."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from maskprep.checking.engine import check
from maskprep.dataset.discover import open_dataset
from maskprep.model import Size
from tests.datasets import image_folder, names


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
