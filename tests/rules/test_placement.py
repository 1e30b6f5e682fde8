"""Rules for a mask's way to its bucket, against numbers worked out by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from maskprep.checking.choice import Choice, Ruleset
from maskprep.checking.engine import check
from maskprep.model import Severity
from maskprep.model.report import Finding
from tests.datasets import found
from tests.varied_masks import Mask


def findings(
    root: Path, mask: Mask, trainer: str = "sd-scripts", alpha: bool = False, **options: object
) -> tuple[Finding, ...]:
    """Check one pair in the only bucket, of 256 x 256 px."""
    height, width = mask.shape
    for folder in ("images", "masks"):
        (root / folder).mkdir()
    image = Image.new("RGB", (width, height), (90, 60, 30))
    (root / "images/a.txt").write_text("a figure", encoding="utf-8")
    keys = "alpha_mask = true" if alpha else f"conditioning_data_dir = '{root / 'masks'}'"
    if alpha:
        image.putalpha(Image.fromarray(mask))
    else:
        Image.fromarray(mask).save(root / "masks/a.png")
    image.save(root / "images/a.png")
    config = root / "dataset.toml"
    config.write_text(
        "[[datasets]]\nresolution = 256\nenable_bucket = true\n[[datasets.subsets]]\n"
        f"image_dir = '{root / 'images'}'\ncaption_extension = '.txt'\n{keys}\n",
        encoding="utf-8",
    )
    return check(found(config, trainer), Ruleset(Choice(**options))).findings  # type: ignore[arg-type]


def boxed(width: int, height: int, *boxes: tuple[int, int, int, int]) -> Mask:
    mask = np.zeros((height, width), np.uint8)
    for left, top, right, bottom in boxes:
        mask[top:bottom, left:right] = 255
    return mask


@pytest.mark.parametrize("alpha", [False, True])
@pytest.mark.parametrize(("left", "told"), [(64, ""), (39, ""), (19, "22.2%")])
def test_what_the_crop_cuts_off_is_weighed(
    left: int, told: str, alpha: bool, tmp_path: Path
) -> None:
    # The image is cropped by 64 px at either side.
    mask = boxed(384, 256, (left, 64, 222, 192))
    words = [each.message for each in findings(tmp_path, mask, alpha=alpha)]
    assert [told in word and "256 x 256 px" in word for word in words] == [True] * bool(told)


def test_the_share_that_may_be_cut_off_is_an_option(tmp_path: Path) -> None:
    mask = boxed(384, 256, (39, 64, 222, 192))
    (one,) = findings(tmp_path, mask, options={"crop-cuts-mask": {"share": 0.1}})
    assert "cuts off 13.7% of what trains" in one.message


@pytest.mark.parametrize("length", [12, 40])
def test_a_detail_in_the_cut_strip_is_told(length: int, tmp_path: Path) -> None:
    mask = boxed(384, 256, (96, 32, 288, 224), (20, 100, 20 + length, 106))
    found = findings(tmp_path, mask)
    told = "cuts off 0.6% of what trains, a detail wholly: at 20,100 (40 x 6 px)"
    assert [each.message.endswith(told) for each in found] == [True] * (length == 40)


def test_masks_that_the_crop_leaves_whole_are_not_told(tmp_path: Path) -> None:
    mask = boxed(256, 256, (0, 0, 256, 200))
    assert findings(tmp_path, mask) == ()


@pytest.mark.parametrize(
    ("trainer", "alpha", "fires"),
    [
        ("sd-scripts@0.10", False, True),
        ("sd-scripts@0.10", True, False),
        ("sd-scripts@0.9", False, False),
        ("sd-scripts", False, False),
    ],
)
def test_a_stretch_shifts_mask_files_of_one_generation(
    trainer: str, alpha: bool, fires: bool, tmp_path: Path
) -> None:
    # Columns 96 and 288 of 384 belong at 32 and 224 of 256, and are put at 64 and 192.
    mask = boxed(384, 256, (96, 0, 288, 256))
    found = findings(tmp_path, mask, trainer, alpha)
    assert [each.name for each in found] == ["stretch-shift"] * fires
    assert all("up to 32 px (4.0 latent cells) out of place" in each.message for each in found)


@pytest.mark.parametrize(("cells", "fires"), [(3.9, 1), (4.0, 0)])
def test_the_shift_that_matters_is_an_option(cells: float, fires: int, tmp_path: Path) -> None:
    mask = boxed(384, 256, (96, 0, 288, 256))
    options = {"stretch-shift": {"cells": cells}}
    assert len(findings(tmp_path, mask, "sd-scripts@0.10", options=options)) == fires


def test_edges_along_the_stretch_alone_are_in_place(tmp_path: Path) -> None:
    mask = boxed(384, 256, (0, 64, 384, 192))
    assert findings(tmp_path, mask, "sd-scripts@0.10") == ()


@pytest.mark.parametrize(
    ("side", "severity"),
    [(256, None), (240, None), (200, Severity.INFO), (128, Severity.WARNING)],
)
def test_enlarged_images_are_told_by_their_factor(
    side: int, severity: Severity | None, tmp_path: Path
) -> None:
    quarter = side // 4
    found = findings(tmp_path, boxed(side, side, (quarter, quarter, 3 * quarter, 3 * quarter)))
    assert [each.severity for each in found] == ([severity] if severity else [])
    assert [each.name for each in found] == (["upscaled"] if severity else [])


def test_an_enlarged_alpha_hides_black(tmp_path: Path) -> None:
    found = findings(tmp_path, boxed(128, 128, (32, 32, 96, 96)), alpha=True)
    (told,) = (each.message for each in found if each.name == "upscaled")
    assert told == (
        "is 128 x 128 px and enlarged 2.00 times, to 256 x 256 px: blurred, and what its alpha"
        " hides turns black"
    )


def test_the_factor_of_a_warning_is_an_option(tmp_path: Path) -> None:
    options = {"upscaled": {"warning-factor": 1.2, "factor": 1.0}}
    (one,) = findings(tmp_path, boxed(200, 200, (50, 50, 150, 150)), options=options)
    assert one.severity is Severity.WARNING
