"""What lies below the folders that the trainer reads, and folders that are their own masks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.commands import all_of, run
from tests.datasets import Folders, image_folder, mask_folder
from tests.messy import photo, save


@pytest.fixture(autouse=True)
def in_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def findings(*options: object) -> list[dict[str, Any]]:
    result = run("check", *options, "--format", "json", "--no-cache")
    found: list[dict[str, Any]] = json.loads(result.stdout)["findings"]
    return found


def of(rule: str, found: list[dict[str, Any]]) -> list[tuple[str, str, str]]:
    return [
        (each["severity"], each["path"], each["message"]) for each in found if each["name"] == rule
    ]


def test_pictures_below_are_told_with_their_number() -> None:
    image_folder(Path("images"), ["a.png"])
    image_folder(Path("images", "sub"), ["b.png", "c.png"])
    image_folder(Path("images", "sub", "more"), ["d.png"])
    mask_folder(Path("masks"), ["a.png"])
    mask_folder(Path("masks", "sub"), ["b.png", "c.png"])
    found = findings("images", "--masks", "masks")
    told = "pictures lie in its sub-folders"
    never = "and the trainer never opens what lies there"
    assert of("sub-folder-unread", found) == [
        ("warning", "images", f"3 {told} (sub, sub/more), {never}"),
        ("info", "masks", f"2 {told} (sub), {never}"),
    ]
    assert {each["fix"] for each in found if each["code"] == "MP123"} == {
        "take it in: maskprep adopt images masks -o adopted"
    }


def test_folders_that_are_somebody_elses_are_not_told() -> None:
    folders = Folders(Path("set").absolute()).add("a.png")
    image_folder(folders.images / "sub", ["b.png"])
    mask_folder(folders.masks / "sub", ["b.png"])
    more = f"""
    [[datasets.subsets]]
    image_dir = '{folders.images / "sub"}'
    conditioning_data_dir = '{folders.masks / "sub"}'
    """
    assert of("sub-folder-unread", findings(folders.config(subset=more))) == []


def test_what_holds_no_picture_is_not_told() -> None:
    image_folder(Path("images"), ["a.png"])
    mask_folder(Path("images", "masks"), ["a.png"])
    for name in ("notes", ".hidden", "v1.0", "images.maskprep-backup-20260101-000000"):
        Path("images", name).mkdir()
    save(photo(1), Path("images", ".hidden", "a.png"))
    save(photo(1), Path("images", "images.maskprep-backup-20260101-000000", "a.png"))
    Path("images", "again").symlink_to(Path("images").absolute(), target_is_directory=True)
    assert of("sub-folder-unread", findings("images", "--masks", "images/masks")) == []


def test_masks_that_are_told_by_their_names_are_not_told_twice() -> None:
    image_folder(Path("images"), ["a.png", "b.png"])
    mask_folder(Path("masks", "x"), ["a.png", "b.png"])
    found = findings("images", "--masks", "masks")
    assert of("near-miss-name", found) and not of("sub-folder-unread", found)


@pytest.mark.parametrize("options", [("--masks", "mask"), ("--alpha",)])
def test_a_parent_of_named_repeats_is_refused_with_the_command(options: tuple[str, ...]) -> None:
    for name in ("10_cat", "2_dog"):
        image_folder(Path("img", name), ["a.png"], alpha=True)
        mask_folder(Path("mask", name), ["a.png"])
    command = " ".join(("maskprep export-config img", *options, "-o dataset.toml"))
    told = f"2 pictures lie in its sub-folders (10_cat, 2_dog): {command}"
    found = findings("img", *options)
    assert told in [each["fix"] for each in found] and not of("sub-folder-unread", found)
    for job in (("preview", "--output", "out"), ("dilate", "--target", "0.7", "--output", "out")):
        result = run(job[0], "img", *options, *job[1:])
        assert result.exit_code == 2 and told in result.stderr
    result = run(*command.split()[1:])
    assert result.exit_code == 0, all_of(result)


def test_any_other_parent_is_refused_with_adopt() -> None:
    image_folder(Path("images", "sub"), ["a.png"])
    mask_folder(Path("masks", "sub"), ["a.png"])
    command = "maskprep adopt images masks -o adopted"
    assert any(each["fix"].endswith(command) for each in findings("images", "--masks", "masks"))
    result = run(*command.split()[1:])
    assert result.exit_code == 0, all_of(result)
    assert run("check", "adopted/dataset.toml", "--no-cache").exit_code == 0


def test_an_empty_folder_is_refused_as_before() -> None:
    Path("images", "sub").mkdir(parents=True)
    result = run("preview", "images", "--alpha", "--output", "out")
    assert result.stderr == "maskprep: images: there is no image that the trainer sees\n"


def test_images_that_are_their_own_masks_are_told_once() -> None:
    for number in range(12):
        save(photo(number), Path("images", f"{number}.png"))
        Path("images", f"{number}.txt").write_text("a cat", encoding="utf-8")
    found = findings("images", "--masks", "images", "--ignore", "upscaled")
    assert [(each["name"], each["severity"], each["path"]) for each in found] == [
        ("masks-among-images", "error", "images")
    ]
    assert "every image is its own mask" in found[0]["message"]


# What is said of folders without a configuration


@pytest.mark.parametrize(
    ("captions", "told"),
    [
        ({"a.txt": 0, "b.txt": 0}, ".txt"),
        ({"a.caption": 0, "b.caption": 0, "a.txt": 0}, ".caption"),
        ({"a.tags": 0}, ".tags"),
        ({"a.txt": 0, "b.caption": 0}, ".txt"),
        ({"z.txt": 0}, ".caption"),
        ({}, ".caption"),
    ],
)
def test_the_ending_of_captions_in_use_is_found_and_said(
    captions: dict[str, int], told: str
) -> None:
    image_folder(Path("images"), ["a.png", "b.png"], captions=None)
    mask_folder(Path("masks"), ["a.png", "b.png"])
    for name in captions:
        Path("images", name).write_text("a cat", encoding="utf-8")
    result = run("check", "images", "--masks", "masks", "--no-cache")
    assert f", captions {told}" in result.stdout.splitlines()[1]
    missing = 2 - sum(name.endswith(told) and name[0] != "z" for name in captions)
    assert len(of("caption-missing", findings("images", "--masks", "masks"))) == missing


def test_the_ending_that_is_given_counts() -> None:
    image_folder(Path("images"), ["a.png"])
    mask_folder(Path("masks"), ["a.png"])
    options = ("images", "--masks", "masks", "--caption-extension", ".caption")
    assert of("caption-missing", findings(*options))


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (
            (),
            "resolution 1024 x 1024, sides up to 1024 px"
            " (2:3 trains at 704 x 1024; --max-bucket-reso 2048: at 832 x 1216), captions",
        ),
        (("--max-bucket-reso", "2048"), "1024 x 1024, sides up to 2048 px, captions"),
        (("--resolution", "512"), "resolution 512 x 512, sides up to 1024 px, captions"),
        (("--no-enable-bucket",), "1024 x 1024, no buckets, captions"),
        (("--bucket-no-upscale",), "1024 x 1024, nothing is enlarged, captions"),
    ],
)
def test_what_becomes_of_tall_pictures_is_said(options: tuple[str, ...], told: str) -> None:
    image_folder(Path("images"), ["a.png"])
    mask_folder(Path("masks"), ["a.png"])
    result = run("check", "images", "--masks", "masks", "--no-cache", *options)
    assert told in result.stdout.splitlines()[1]
