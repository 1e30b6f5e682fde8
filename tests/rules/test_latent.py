"""What the rules at latent scale tell."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from maskprep.dataset.samples import samples_of
from maskprep.rules.latent import detail_lost
from tests.commands import run
from tests.datasets import Folders, found


@pytest.mark.parametrize(
    ("value", "told"), [(200, "weight 0.39 at"), (202, "weight 0.396 (under 0.4) at")]
)
def test_a_weight_is_told_so_that_it_shows_to_be_under_the_threshold(
    tmp_path: Path, value: int, told: str
) -> None:
    folders = Folders(tmp_path)
    mask = np.zeros((128, 128), np.uint8)
    cv2.rectangle(mask, (16, 64), (111, 111), 255, -1)
    mask[26:30, 16:112] = value  # fills half of its cells
    Image.new("RGB", (128, 128)).save(folders.images / "a.png")
    Image.fromarray(mask).save(folders.masks / "a.png")
    (sample,) = samples_of(found(folders.config()))
    (remark,) = detail_lost(sample, threshold=0.4)
    assert told in remark.message


def test_an_alpha_that_hides_all_is_not_to_be_painted(tmp_path: Path) -> None:
    Image.new("RGBA", (128, 128), (90, 60, 30, 0)).save(tmp_path / "a.png")
    (tmp_path / "a.txt").write_text("a figure", encoding="utf-8")
    words = ("check", tmp_path, "--alpha", "--caption-extension", ".txt", "--select", "MP302")
    told = run(*words).stdout
    assert "is transparent all over" in told
    assert "make what shall train opaque" in told
    assert "white" not in told
