"""Masks under other names, or elsewhere: found, told once, renamed or written to one folder."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.commands import all_of, run
from tests.datasets import FIGURE, Folders, drawn, image_folder, mask_folder

STEMS = ("img_0007", "img_0012", "img_0103")


@pytest.fixture(autouse=True)
def in_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def laid(masks: Iterable[str], stems: Iterable[str] = STEMS) -> None:
    """Make images, and masks of any names; a mask's pixels tell its place."""
    image_folder(Path("images"), [f"{stem}.jpg" for stem in stems])
    for place, name in enumerate(masks):
        path = Path("masks", name)
        path.parent.mkdir(parents=True, exist_ok=True)
        mask = drawn(FIGURE)
        mask[place] = 255
        Image.fromarray(mask).save(path)


def checked(*options: str, masks: str = "masks") -> dict[str, Any]:
    words = ("check", "images", "--masks", masks, "--caption-extension", ".txt", "--no-cache")
    document: dict[str, Any] = json.loads(run(*words, "--format", "json", *options).stdout)
    return document


def found(document: dict[str, Any]) -> list[dict[str, Any]]:
    """List the findings that are about names."""
    return [each for each in document["findings"] if each["code"].startswith("MP1")]


def _posix(text: str) -> str:
    return text.replace("\\", "/")


def files(folder: str) -> dict[str, bytes]:
    root = Path(folder)
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


def test_a_set_is_told_once_and_renamed() -> None:
    names = [f"{stem}.jpg.png" for stem in STEMS]
    laid(names)
    before = files("masks")
    (finding,) = found(checked())
    assert finding["name"] == "near-miss-name"
    assert finding["path"] == "masks"
    assert finding["message"].startswith(
        "3 masks are named <image>.jpg.png (img_0007.jpg.png for img_0007.jpg): the trainer refuses"
    )
    assert finding["command"].startswith("maskprep check images --masks masks ")
    assert finding["command"].endswith(" --fix")
    shown = run("check", "images", "--masks", "masks", "--no-cache", "--diff")
    for stem in STEMS:
        name = str(Path("masks", stem))
        assert f"{name}.jpg.png -> {name}.png: would be renamed" in shown.stderr
    assert files("masks") == before
    document = checked("--fix")
    assert found(document) == []
    assert document["starts"]
    assert files("masks") == {
        f"{stem}.png": before[name] for stem, name in zip(STEMS, names, strict=True)
    }


@pytest.mark.parametrize("count", [2, 3])
def test_no_white_mask_is_made_where_about_as_many_have_other_names(count: int) -> None:
    laid(["one.png", "two.png", "three.png"][:count])
    before = files("masks")
    findings = found(checked())
    assert [each["name"] for each in findings] == ["mask-missing"] * 3 + ["mask-extra"] * count
    assert not any("paint" in each["fix"] for each in findings)
    assert all(each["fix"].startswith("rename it") for each in findings[3:])
    result = run("check", "images", "--masks", "masks", "--no-cache", "--fix", "missing=white")
    assert result.exit_code == 1
    assert (
        f"no white mask is made, {count} masks of no image lie in the mask folder" in result.stderr
    )
    assert files("masks") == before


def test_white_masks_are_made_for_those_that_a_renamed_set_lacks() -> None:
    laid([f"{stem}_mask_1.png" for stem in STEMS], (*STEMS, "img_0200"))
    result = run("check", "images", "--masks", "masks", "--no-cache", "--fix", "missing=white")
    assert result.exit_code == 0, all_of(result)
    assert list(files("masks")) == [f"{stem}.png" for stem in (*STEMS, "img_0200")]
    with Image.open("masks/img_0200.png") as white:
        assert white.getextrema() == (255, 255)


def test_no_mask_is_renamed_over_another() -> None:
    laid(["A.png", "a_mask.png"], ["a"])
    before = files("masks")
    assert [each["name"] for each in found(checked())] == ["mask-missing"] + ["mask-extra"] * 2
    run("check", "images", "--masks", "masks", "--no-cache", "--fix")
    assert files("masks") == before


def test_a_file_that_has_come_in_between_is_not_replaced() -> None:
    laid([f"{stem}_m.png" for stem in STEMS])
    Path("masks", "img_0007.png").mkdir()
    run("check", "images", "--masks", "masks", "--no-cache", "--fix")
    assert Path("masks", "img_0007.png").is_dir()
    assert Path("masks", "img_0007_m.png").is_file()


def test_masks_of_an_unseen_kind_are_renamed_and_saved_again() -> None:
    laid([f"{stem}_label.tif" for stem in STEMS])
    document = checked("--fix")
    assert document["starts"]
    assert list(files("masks")) == [f"{stem}.png" for stem in STEMS]


def test_several_masks_of_one_image_are_joined() -> None:
    parts = [f"{stem}-{part}-0.png" for stem in STEMS for part in ("head", "body")]
    laid(parts)
    before = files("masks")
    (finding,) = found(checked())
    assert finding["message"].startswith("6 masks are parts of those of 3 images")
    assert "maskprep extract images --masks masks" in finding["fix"]
    refused = run("check", "images", "--masks", "masks", "--no-cache", "--fix", "missing=white")
    assert "several masks of one image are not renamed" in refused.stderr
    assert files("masks") == before
    result = run("extract", "images", "--masks", "masks", "--output", "whole")
    assert result.exit_code == 0, all_of(result)
    assert "masks/img_0007-body-0.png: joined with img_0007-head-0.png" in _posix(all_of(result))
    assert list(files("whole")) == [f"{stem}.png" for stem in STEMS]
    for stem in STEMS:
        read = [np.asarray(Image.open(f"masks/{stem}-{part}-0.png")) for part in ("head", "body")]
        np.testing.assert_array_equal(
            np.asarray(Image.open(f"whole/{stem}.png")), np.maximum(*read)
        )
    assert found(checked(masks="whole")) == []
    in_place = run("extract", "images", "--masks", "masks", "--in-place")
    assert in_place.exit_code == 2
    assert "write them to a folder, --output DIR" in in_place.stderr
    assert files("masks") == before


def test_parts_of_another_size_are_refused() -> None:
    laid([f"{stem}-{part}.png" for stem in STEMS for part in ("a", "b")])
    Image.new("L", (64, 64)).save(f"masks/{STEMS[0]}-b.png")
    result = run("extract", "images", "--masks", "masks", "--output", "whole")
    assert result.exit_code == 1
    assert "is of another size than" in all_of(result)
    assert list(files("whole")) == [f"{stem}.png" for stem in STEMS[1:]]


def test_parts_in_folders_of_numbers_are_joined() -> None:
    laid([f"{stem}/{part}.png" for stem in STEMS for part in (0, 1)])
    (finding,) = found(checked())
    assert finding["message"].startswith("6 masks are parts of those of 3 images")
    run("extract", "images", "--masks", "masks", "--output", "whole")
    assert list(files("whole")) == [f"{stem}.png" for stem in STEMS]


@pytest.mark.parametrize(
    ("called", "words"),
    [
        ("SegmentationClass/{}.png", "SegmentationClass/<image>.png"),
        ("{}_json/label.png", "<image>_json/label.png"),
        ("export/masks/{}_mask.png", "export/masks/<image>_mask.png"),
    ],
)
def test_masks_in_sub_folders_are_told_and_laid_out(called: str, words: str) -> None:
    laid([called.format(stem) for stem in STEMS])
    before = files("masks")
    (finding,) = found(checked())
    assert finding["message"].startswith(f"3 masks in sub-folders are named {words} (")
    assert "maskprep extract images --masks masks" in finding["fix"]
    refused = run("check", "images", "--masks", "masks", "--no-cache", "--fix", "missing=white")
    assert "masks in sub-folders are not renamed" in refused.stderr
    result = run("extract", "images", "--masks", "masks", "--output", "laid")
    assert result.exit_code == 0, all_of(result)
    assert list(files("laid")) == [f"{stem}.png" for stem in STEMS]
    assert files("masks") == before
    for stem in STEMS:
        np.testing.assert_array_equal(
            np.asarray(Image.open(f"laid/{stem}.png")),
            np.asarray(Image.open(Path("masks", called.format(stem)))),
        )


@pytest.mark.parametrize(
    ("mask", "beside"),
    [
        ("{}_json/label.png", ("{}_json/img.png", "{}_json/label_viz.png")),
        ("{}_gtFine_labelIds.png", ("{}_gtFine_color.png", "{}_gtFine_instanceIds.png")),
        ("SegmentationClass/{}.png", ("SegmentationObject/{}.png",)),
    ],
)
def test_what_tools_write_beside_their_masks_is_no_part(mask: str, beside: tuple[str, ...]) -> None:
    laid([name.format(stem) for stem in STEMS for name in (mask, *beside)])
    finding = next(each for each in found(checked()) if each["name"] == "near-miss-name")
    assert finding["message"].startswith("3 masks")
    result = run("extract", "images", "--masks", "masks", "--output", "laid")
    assert result.exit_code == 0, all_of(result)
    for stem in STEMS:
        np.testing.assert_array_equal(
            np.asarray(Image.open(f"laid/{stem}.png")),
            np.asarray(Image.open(Path("masks", mask.format(stem)))),
        )


@pytest.mark.parametrize("mark", ["_mask", "-masklabel", ".mask"])
def test_masks_beside_their_images_are_found(mark: str) -> None:
    laid(())
    for stem in STEMS:
        mask_folder(Path("images"), [f"{stem}{mark}.png"])
    before = files("images")
    told = next(each for each in found(checked(masks="images")) if each["code"] == "MP112")
    assert f"3 are named <image>{mark}.png" in told["message"]
    assert told["command"].startswith("maskprep adopt images -o adopted")
    Path("none").mkdir()
    names = {each["name"]: each for each in found(checked(masks="none"))}
    assert "mask-missing" not in names
    assert names["masks-among-images"]["severity"] == "error"
    run("check", "images", "--masks", "none", "--no-cache", "--fix", "missing=white")
    assert files("none") == {}
    in_place = run("extract", "images", "--masks", "images", "--in-place")
    assert in_place.exit_code == 2
    assert files("images") == before
    result = run("extract", "images", "--masks", "images", "--output", "laid")
    assert result.exit_code == 0, all_of(result)
    assert list(files("laid")) == [f"{stem}.png" for stem in STEMS]
    for stem in STEMS:
        np.testing.assert_array_equal(np.asarray(Image.open(f"laid/{stem}.png")), drawn(FIGURE))


def test_images_that_are_their_own_masks_are_not_extracted() -> None:
    laid(())
    result = run("extract", "images", "--masks", "images", "--output", "laid")
    assert result.exit_code == 2
    assert "is image folder and mask folder at once" in result.stderr
    assert not Path("laid").exists()


def test_numbered_images_are_not_called_masks_of_others(tmp_path: Path) -> None:
    folders = Folders(tmp_path / "set")
    for name in ("cat.png", "cat_2.png", "dog.png", "dog_2.png"):
        folders.add(name)
    report = json.loads(run("check", folders.config(), "--format", "json", "--no-cache").stdout)
    assert found(report) == []


def test_extract_writes_renamed_masks_under_their_images_names() -> None:
    laid([f"{stem}_bgrem.png" for stem in STEMS])
    result = run("extract", "images", "--masks", "masks", "--output", "laid")
    assert result.exit_code == 0, all_of(result)
    assert list(files("laid")) == [f"{stem}.png" for stem in STEMS]
    assert run("extract", "images", "--masks", "masks", "--in-place").exit_code == 0
    assert list(files("masks")) == [f"{stem}.png" for stem in STEMS]


@pytest.mark.parametrize("masks", ["masks", "images", "images/masks"])
def test_folders_of_image_folders_are_extracted_with_their_masks(masks: str) -> None:
    mark = "_mask" if masks == "images" else ""
    for folder in ("cats", "dogs/small"):
        image_folder(Path("images", folder), ["a.jpg", "b.jpg"])
        mask_folder(Path(masks, folder), [f"a{mark}.png", f"b{mark}.png"])
    result = run("extract", "images", "--masks", masks, "--output", "laid")
    assert result.exit_code == 0, all_of(result)
    assert list(files("laid")) == [
        "cats/a.png",
        "cats/b.png",
        "dogs/small/a.png",
        "dogs/small/b.png",
    ]


def test_folders_of_image_folders_may_share_one_mask_folder() -> None:
    for folder in ("cats", "dogs"):
        image_folder(Path("images", folder), [f"{folder}.jpg"])
    mask_folder(Path("masks"), ["cats.png", "dogs.png"])
    result = run("extract", "images", "--masks", "masks", "--output", "laid")
    assert result.exit_code == 0, all_of(result)
    assert list(files("laid")) == ["cats.png", "dogs.png"]


def test_folders_without_any_image_are_told() -> None:
    Path("images", "empty").mkdir(parents=True)
    mask_folder(Path("masks"))
    result = run("extract", "images", "--masks", "masks", "--output", "laid")
    assert result.exit_code == 2
    assert "there is no image that the trainer sees" in result.stderr


def floats(mask: np.ndarray[Any, Any]) -> bytes:
    """Write a PFM: floats from 0 to 1, the lowest row first."""
    height, width = mask.shape
    rows = (mask[::-1] / 255).astype("<f4")
    return f"Pf\n{width} {height}\n-1.0\n".encode() + rows.tobytes()


@pytest.mark.parametrize("name", ["masks/{}.{}", "images/{}.{}", "images/{}_mask.{}"])
@pytest.mark.parametrize("ending", ["pgm", "pbm", "pfm", "jp2", "j2c", "tif"])
def test_a_mask_of_a_kind_that_is_not_looked_for_is_named_and_made(name: str, ending: str) -> None:
    image_folder(Path("images"), [f"{STEMS[0]}.jpg"])
    path, mask = Path(name.format(STEMS[0], ending)), drawn(FIGURE)
    mask[:16] = 255  # it has an upper side
    Path("masks").mkdir(exist_ok=True)
    if ending == "pfm":
        path.write_bytes(floats(mask))
    else:
        kind = {"pbm": "1"}.get(ending, "L")
        form = {"jp2": "JPEG2000", "j2c": "JPEG2000"}.get(ending)
        Image.fromarray(mask).convert(kind).save(path, form)
    missing = next(each for each in checked()["findings"] if each["name"] == "mask-missing")
    if path.match("images/*.tif") and "_mask" not in name:
        assert str(path) not in missing["fix"]  # may be a photograph
        return
    assert f"make {STEMS[0]}.png of {path}: maskprep extract" in missing["fix"]
    words = ("extract", "images", "--masks", "masks", "--from", "auto", "--output", "made")
    result = run(*words)
    if ending == "pfm" and "which this Pillow does not open" in all_of(result):
        return
    assert result.exit_code == 0
    made = Image.open(f"made/{STEMS[0]}.png")
    np.testing.assert_array_equal(np.asarray(made), mask)


@pytest.mark.parametrize(
    ("ending", "head"), [("pam", b"P7\n"), ("npy", b"\x93NUMPY\1\0"), ("exr", b"\x76\x2f\x31\x01")]
)
def test_a_mask_that_maskprep_does_not_open_is_named(ending: str, head: bytes) -> None:
    image_folder(Path("images"), [f"{STEMS[0]}.jpg"])
    Path("masks").mkdir()
    Path("masks", f"{STEMS[0]}.{ending}").write_bytes(head)
    told = {each["name"]: each["fix"] for each in checked()["findings"]}
    assert f"save {Path('masks', STEMS[0])}.{ending} as" in told["mask-missing"]
    assert "extract" not in "".join(told.values())


@pytest.mark.parametrize("name", ["masks/{}.psd", "images/{}_mask.pgm", "images/{}.pfm"])
def test_no_white_mask_is_made_where_one_lies(name: str) -> None:
    image_folder(Path("images"), [f"{stem}.jpg" for stem in STEMS])
    mask_folder(Path("masks"), [f"{stem}.png" for stem in STEMS[1:]])
    path = Path(name.format(STEMS[0]))
    path.write_bytes(b"8BPS, cut short")
    words = ("images", "--masks", "masks", "--caption-extension", ".txt", "--no-cache")
    before = files("images")
    told = all_of(run("check", *words, "--fix", "missing=white"))
    assert f"no white mask is made, {path} may be its mask" in told
    assert not Path("masks", f"{STEMS[0]}.png").exists()
    assert files("images") == before


def test_a_mask_beside_an_image_is_made_no_image() -> None:
    image_folder(Path("images"), [f"{stem}.jpg" for stem in STEMS])
    mask_folder(Path("masks"), [f"{stem}.png" for stem in STEMS])
    Image.fromarray(drawn(FIGURE)).save(f"images/{STEMS[0]}_mask.pgm")
    (told,) = found(checked("--fix"))
    assert (told["severity"], told["fix"]) == ("info", "")
    assert f"looks like the mask of {STEMS[0]}" in told["message"]
    assert not Path(f"images/{STEMS[0]}_mask.png").exists()
