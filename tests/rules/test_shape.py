"""Rules for shapes on masks as people make them: which fire, and that no other does."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from maskprep.checking.choice import Choice, Ruleset
from maskprep.checking.engine import check
from maskprep.model.report import Report
from maskprep.rules import shape
from maskprep.trainers import find_trainer
from tests import varied_masks as varied
from tests.datasets import Folders, found, names
from tests.varied_masks import Mask, inverted

POLARITY = {"polarity-suspect"}
QUIET = [
    varied.bust,
    varied.close_up,
    varied.standing,
    varied.at_the_left,
    varied.at_three_sides,
    varied.landscape,
    varied.sky,
    varied.panorama,
    varied.two_people,
    varied.group,
    varied.ring,
    varied.text,
    varied.stripes,
    varied.vignette,
    varied.without_watermark,
    varied.without_central_watermark,
    varied.without_face,
    varied.hands,
    varied.half,
    varied.lower_half,
    varied.jpeg,
    varied.hairy,
]
#: What is known to look alike on both sides, or not to stand in the middle: not told.
UNDECIDED = [
    varied.at_the_left,
    varied.at_three_sides,
    varied.landscape,
    varied.sky,
    varied.panorama,
    varied.two_people,
    varied.ring,
    varied.stripes,
    varied.hands,
    varied.half,
    varied.lower_half,
    varied.noisy_grey,
]
FIGURES = [
    varied.bust,
    varied.close_up,
    varied.standing,
    varied.group,
    varied.vignette,
    varied.jpeg,
]


def report_of(mask: Mask, root: Path, trainer: str = "sd-scripts", **options: object) -> Report:
    """Check one pair whose bucket is as large as the mask."""
    height, width = mask.shape
    for folder in ("images", "masks"):
        (root / folder).mkdir()
    Image.new("RGB", (width, height), (90, 60, 30)).save(root / "images/a.png")
    (root / "images/a.txt").write_text("a figure", encoding="utf-8")
    Image.fromarray(mask).save(root / "masks/a.png")
    config = root / "dataset.toml"
    config.write_text(
        f"[[datasets]]\nresolution = [{width}, {height}]\nenable_bucket = true\n"
        f"[[datasets.subsets]]\nimage_dir = '{root / 'images'}'\ncaption_extension = '.txt'\n"
        f"conditioning_data_dir = '{root / 'masks'}'\n",
        encoding="utf-8",
    )
    report = check(found(config, trainer), Ruleset(Choice(**options)))  # type: ignore[arg-type]
    assert report.rows[0].bucket == (width, height)
    return report


@pytest.mark.parametrize("draw", QUIET, ids=lambda draw: draw.__name__)
def test_masks_as_meant_are_clean(draw: Callable[[], Mask], tmp_path: Path) -> None:
    assert report_of(draw(), tmp_path).findings == ()


@pytest.mark.parametrize("version", find_trainer("sd-scripts").versions)
@pytest.mark.parametrize("draw", FIGURES, ids=lambda draw: draw.__name__)
def test_inverted_figures_are_told(draw: Callable[[], Mask], version: str, tmp_path: Path) -> None:
    report = report_of(inverted(draw), tmp_path, f"sd-scripts@{version}")
    assert names(report) == POLARITY


@pytest.mark.parametrize("draw", UNDECIDED, ids=lambda draw: draw.__name__)
def test_what_could_be_meant_is_not_told(draw: Callable[[], Mask], tmp_path: Path) -> None:
    assert report_of(inverted(draw), tmp_path).findings == ()


@pytest.mark.parametrize(
    ("draw", "fires", "fires_inverted"),
    [
        (varied.dithered, {"detail-lost"}, {"detail-lost", "polarity-suspect"}),
        (varied.noisy_grey, set(), set()),
        (varied.text, set(), {"detail-lost"}),
        (varied.without_watermark, set(), {"effective-loss-low"}),
        (varied.without_central_watermark, set(), {"effective-loss-low"}),
        (varied.without_face, set(), {"effective-loss-low"}),
        (varied.hairy, set(), {"detail-lost", "polarity-suspect"}),
        (varied.speckled, {"specks"}, {"pinholes", "polarity-suspect"}),
        (varied.pierced, {"pinholes"}, {"specks", "polarity-suspect"}),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_noise_and_crumbs_fire_what_they_should(
    draw: Callable[[], Mask], fires: set[str], fires_inverted: set[str], tmp_path: Path
) -> None:
    for folder, mask, expected in (
        ("own", draw(), fires),
        ("other", inverted(draw), fires_inverted),
    ):
        (tmp_path / folder).mkdir()
        assert names(report_of(mask, tmp_path / folder)) == expected


def test_crumbs_are_counted_and_the_largest_is_shown(tmp_path: Path) -> None:
    (finding,) = report_of(varied.speckled(), tmp_path).findings
    assert finding.message == "trains 3 specks, the largest of 4 px at 30,40"


def test_one_crumb_is_told_as_one(tmp_path: Path) -> None:
    mask = varied.bust()
    mask[300, 190] = 0
    (finding,) = report_of(mask, tmp_path).findings
    assert finding.message == "has a pinhole of 1 px at 190,300"


@pytest.mark.parametrize(("largest", "fires"), [(3, 2), (0, 0), (5, 3)])
def test_the_size_of_crumbs_is_an_option(largest: int, fires: int, tmp_path: Path) -> None:
    options = {"specks": {"largest": largest}}
    found = report_of(varied.speckled(), tmp_path, options=options).findings
    assert [each.message.startswith(f"trains {fires}") for each in found] == [True] * bool(fires)


@pytest.mark.parametrize("pixels", [5, 6])
def test_what_is_no_speck_is_a_detail(pixels: int, tmp_path: Path) -> None:
    mask = varied.bust()
    mask[40, 30 : 30 + pixels] = 255
    assert names(report_of(mask, tmp_path)) == ({"specks"} if pixels < 6 else {"detail-lost"})


@pytest.mark.parametrize("beside", [3, 40])
def test_what_lies_near_the_figure_is_no_crumb(beside: int, tmp_path: Path) -> None:
    mask = varied.standing()
    edge = int(np.flatnonzero(mask[200])[-1])
    mask[200, edge + beside] = 255
    assert names(report_of(mask, tmp_path)) == ({"specks"} if beside == 40 else set())


def test_faint_haze_and_antialiasing_are_no_crumbs(tmp_path: Path) -> None:
    mask = varied.bust()
    mask[mask == 0] = 5
    cv2.circle(mask, (30, 40), 1, 100, -1)
    assert report_of(mask, tmp_path).findings == ()


@pytest.mark.parametrize(("left_out", "fires"), [(0.1, POLARITY), (0.5, set())])
def test_what_is_left_out_on_purpose_is_an_option(
    left_out: float, fires: set[str], tmp_path: Path
) -> None:
    options = {"polarity-suspect": {"left-out": left_out}}
    assert names(report_of(inverted(varied.standing), tmp_path, options=options)) == fires


def test_figures_as_meant_are_never_taken_for_inverted(tmp_path: Path) -> None:
    folders, random = Folders(tmp_path), np.random.default_rng(0)
    for index in range(60):
        width, height = ((192, 288), (288, 192), (256, 256))[random.integers(3)]
        mask = np.zeros((height, width), np.uint8)
        for _ in range(random.integers(1, 5)):
            head = random.uniform(0.05, 0.25) * min(width, height)
            x, y = random.uniform(0.15, 0.85) * width, random.uniform(0.15, 0.5) * height
            down = head * random.uniform(1, 3)
            body = (int(head * random.uniform(1.2, 2.4)), int(down))
            cv2.ellipse(mask, (int(x), int(y)), (int(0.8 * head), int(head)), 0, 0, 360, 255, -1)
            cv2.ellipse(mask, (int(x), int(y + head + down)), body, 0, 0, 360, 255, -1)
        folders.add(f"{index:02}.png")
        Image.new("RGB", (width, height)).save(folders.images / f"{index:02}.png")
        Image.fromarray(mask).save(folders.masks / f"{index:02}.png")
    report = check(found(folders.config()), Ruleset(Choice(select=("polarity-suspect",))))
    assert report.findings == ()


@pytest.mark.parametrize("largest", [1, 5, 23.5])
@pytest.mark.parametrize("dots", [0, 1, 3, 40, 2000])
@pytest.mark.parametrize("height, width", [(3, 5), (64, 64), (131, 97), (40, 258)])
def test_no_crumb_is_passed_over_unlabelled(
    height: int, width: int, dots: int, largest: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    random = np.random.default_rng(dots + height)
    mask = np.zeros((height, width), np.uint8)
    cv2.circle(mask, (width // 2, height // 2), height // 5, 255, -1, cv2.LINE_AA)
    rows, columns = random.integers(0, height, dots), random.integers(0, width, dots)
    mask[rows, columns] = random.integers(20, 256, dots)
    looked_for = shape._crumbs(mask, largest, holes=False)
    monkeypatch.setattr(shape, "_any_apart", lambda *_: True)
    assert looked_for == shape._crumbs(mask, largest, holes=False)
