"""Rules for the numbers of all pairs: what is far from usual, too little, or there twice."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from maskprep.checking.choice import Choice, Ruleset
from maskprep.checking.engine import check
from maskprep.model import Severity
from maskprep.model.report import Finding
from maskprep.rules import dataset
from tests.datasets import Folders, checked, found, image_folder, names


def square(side: int) -> str:
    """A square of so many cells near the middle of 16 x 16."""
    start = (16 - side) // 2
    rows = ["." * start + "#" * side + "." * (16 - side - start)] * side
    return "\n".join(["." * 16] * start + rows + ["." * 16] * (16 - side - start))


def of_sides(root: Path, sides: list[int], subset: str = "") -> Path:
    folders = Folders(root)
    for index, side in enumerate(sides):
        folders.add(f"{index:02}.png", square(side))
    return folders.config(subset=subset)


def outliers(config: Path, **options: object) -> list[Finding]:
    choice = Choice(select=("coverage-outlier",), **options)  # type: ignore[arg-type]
    return list(check(found(config), Ruleset(choice)).findings)


@pytest.mark.parametrize(
    ("sides", "told"),
    [
        ([6] * 7, []),
        ([6] * 8, []),
        ([6] * 7 + [2], [7]),  # a ninth of the others' area
        ([6] * 7 + [4], []),
        ([2] * 7 + [8], [7]),
        ([6] * 6 + [2], []),  # too few for a usual share
        ([3, 4, 5, 6, 7, 8, 9, 10, 12], []),  # close-ups and whole figures
        ([2, 2, 2, 2, 12, 12, 12, 12], []),  # two kinds of images, no outlier
        ([5, 6, 7, 6, 5, 6, 7, 6, 1, 16], [8, 9]),
    ],
)
def test_shares_far_from_the_others_are_told(
    sides: list[int], told: list[int], tmp_path: Path
) -> None:
    findings = outliers(of_sides(tmp_path, sides))
    assert [int(Path(each.path).stem) for each in findings] == told


def test_a_share_is_put_into_numbers(tmp_path: Path) -> None:
    (one,) = outliers(of_sides(tmp_path, [6] * 7 + [2], "num_repeats = 3"))
    assert one.message == (
        "has 1.56% of the gradient, 9.0 times less than usual here (mean weight 0.016,"
        " num_repeats 3)"
    )


def test_repeats_count_in_a_share(tmp_path: Path) -> None:
    often = Folders(tmp_path / "often")
    often.add("seldom.png", square(6))
    config = of_sides(tmp_path, [6] * 8)
    block = often.config(subset="num_repeats = 10").read_text(encoding="utf-8")
    with config.open("a", encoding="utf-8") as stream:
        stream.write(block)
    (one,) = outliers(config)
    assert one.path == str(often.masks / "seldom.png")
    assert "10.0 times more than usual here" in one.message
    assert outliers(config, options={"coverage-outlier": {"factor": 11}}) == []
    assert outliers(config, options={"coverage-outlier": {"images": 10}}) == []


@pytest.mark.parametrize(("sides", "fires"), [([5], True), ([6], False), ([5, 8], False)])
def test_a_low_loss_is_told_with_its_factor(sides: list[int], fires: bool, tmp_path: Path) -> None:
    report = checked(of_sides(tmp_path, sides))
    assert names(report) == ({"effective-loss-low"} if fires else set())
    assert all("is 0.098: the gradient is 10 times" in each.message for each in report.findings)


def test_masks_that_are_stored_wrongly_are_not_small(tmp_path: Path) -> None:
    folders = Folders(tmp_path).add()
    Image.fromarray(np.full((128, 128), 3, np.uint8)).save(folders.masks / "a.png")
    assert names(checked(folders.config())) == {"mask-constant"}


@pytest.fixture
def twice(tmp_path: Path) -> Folders:
    folders = Folders(tmp_path).add("a.png").add("b.png").add("c.png")
    shutil.copyfile(folders.images / "a.png", folders.images / "c.png")
    return folders


def test_the_same_picture_and_mask_count_twice(twice: Folders) -> None:
    (one,) = checked(twice.config()).findings
    assert (one.name, one.severity) == ("duplicate-images", Severity.INFO)
    assert one.path == str(twice.images / "c.png")
    assert str(twice.images / "a.png") in one.message


def test_masks_are_compared_by_what_they_say(twice: Folders) -> None:
    mask = Image.open(twice.masks / "c.png")
    mask.save(twice.masks / "c.png", compress_level=0)
    (one,) = checked(twice.config()).findings
    assert one.severity is Severity.INFO


def test_the_same_picture_with_another_mask_is_a_warning(twice: Folders) -> None:
    Image.fromarray(255 - np.asarray(Image.open(twice.masks / "c.png"))).save(twice.masks / "c.png")
    report = checked(twice.config())
    (one,) = (each for each in report.findings if each.name == "duplicate-images")
    assert one.severity is Severity.WARNING


def test_one_folder_at_two_resolutions_is_no_duplicate(tmp_path: Path) -> None:
    config = Folders(tmp_path).add().config()
    text = config.read_text(encoding="utf-8")
    config.write_text(text + text.replace("resolution = 128", "resolution = 64"), encoding="utf-8")
    assert checked(config).findings == ()


def test_only_files_of_equal_size_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = image_folder(tmp_path / "images", ("a.png", "b.png"), alpha=True)
    with (folder / "b.png").open("ab") as stream:
        stream.write(b"more")

    def refuse(path: str) -> bytes:
        raise AssertionError(path)

    monkeypatch.setattr("maskprep.rules.dataset._digest", refuse)
    config = tmp_path / "alpha.toml"
    config.write_text(
        "[[datasets]]\nresolution = 128\n[[datasets.subsets]]\nalpha_mask = true\n"
        f"image_dir = '{folder}'\ncaption_extension = '.txt'\n",
        encoding="utf-8",
    )
    assert os.path.getsize(folder / "a.png") != os.path.getsize(folder / "b.png")
    assert "duplicate-images" not in names(checked(config))


def test_pictures_of_one_size_are_read_whole_where_they_begin_alike(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders = Folders(tmp_path)
    random = np.random.default_rng(0)
    pixels = random.integers(0, 256, (128, 128, 3), np.uint8)
    for name, changed in (("a.bmp", None), ("b.bmp", -1), ("c.bmp", 0), ("d.bmp", None)):
        folders.add(name)
        picture = pixels.copy()
        if changed is not None:
            picture[changed] = 7  # a BMP begins with its last row
        Image.fromarray(picture).save(folders.images / name)
    read: list[str] = []
    digest = dataset._digest

    def noticed(path: str) -> bytes:
        read.append(Path(path).name)
        return digest(path)

    monkeypatch.setattr(dataset, "_digest", noticed)
    doubles = [each for each in checked(folders.config()).findings if "same picture" in str(each)]
    assert [Path(each.path).name for each in doubles] == ["d.bmp"]
    assert sorted(read) == ["a.bmp", "c.bmp", "d.bmp"]
