"""Trees as people have them: what is taken for what, and what the trainer then finds."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from maskprep.dataset.outputs import Outputs
from tests.backups import backups_in
from tests.commands import all_of, run
from tests.datasets import Folders, checked
from tests.messy import Pixels, figure, messy, photo, psd, save
from tests.places import links, pipes

MASK = figure()


def made(root: Path, *names: str) -> Path:
    """Make a tree: texts hold their own path, what follows ``=`` is a mask, all else a picture."""
    for number, name in enumerate(names):
        path = root / name.removeprefix("=")
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix in (".txt", ".caption", ".json"):
            path.write_text(name, encoding="utf-8")
        elif name.startswith("="):
            save(marked(number), path)
        else:
            save(photo(number), path)
    return root


def marked(number: int) -> Pixels:
    """Give a mask that no other is like."""
    mask: Pixels = MASK.copy()
    mask[0, number] = 255
    return mask


def adopted(root: Path, *options: str) -> dict[str, str]:
    """Adopt a tree; tell the source of each picture of the data set, both from their folders."""
    before = contents(root)
    out = root.parent / "set"
    result = run("adopt", root, "-o", out, *options)
    assert result.exit_code == 0, all_of(result)
    assert contents(root) == before
    sources = {content: name for name, content in before.items()}
    return {
        name: sources.get(content, "new")
        for name, content in contents(out).items()
        if name != "dataset.toml"
    }


def contents(root: Path) -> dict[str, bytes]:
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


def starts(root: Path) -> bool:
    report = checked(root / "set" / "dataset.toml")
    return not report.stops and all(row.trains == "masked" for row in report.rows)


# The messiest folder


def test_an_artists_folder_is_a_run_that_starts_in_four_commands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = contents(messy(tmp_path / "photos"))
    monkeypatch.chdir(tmp_path)
    looked = run("adopt", "photos", "-o", "set", "--dry-run")
    assert looked.exit_code == 0 and not Path("set").exists()
    result = run("adopt", "photos", "-o", "set")
    assert result.exit_code == 0, all_of(result)
    assert f"maskprep check {Path('set/dataset.toml')} --fix --unsafe-fixes" in result.stdout
    for part in ("notes.docx", "portrait.psd", "sky.jpg", "broken.png"):
        assert part in result.stdout
    mended = run("check", "set/dataset.toml", "--fix", "--unsafe-fixes", "--no-cache")
    assert mended.exit_code == 0, all_of(mended)
    last = run("check", "set/dataset.toml", "--no-cache")
    assert last.exit_code == 0 and "0 errors" in last.stdout
    assert "9 images train with a mask, 0 whole, 0 ignored" in last.stdout
    assert "The run starts and gets through its first epoch." in last.stdout
    masks = [path for path in Path("set/masks").rglob("*.png") if "backup" not in path.parent.name]
    assert len(masks) == 9
    for path in masks:
        with Image.open(path) as mask:
            assert mask.mode == "L"
            assert np.array_equal(np.asarray(mask), MASK), path
    assert contents(tmp_path / "photos") == source
    with Image.open("set/images/photos/turned.png") as upright:
        assert upright.size == (256, 320) and upright.getexif().get(0x0112, 1) == 1


# What is taken for what

TREES: Mapping[str, tuple[tuple[str, ...], dict[str, str]]] = {
    "folders side by side": (
        ("images/a.jpg", "images/b.png", "=masks/a.png", "=masks/b.png"),
        {"images/a.jpg": "images/a.jpg", "masks/b.png": "masks/b.png"},
    ),
    "parallel sub-folders": (
        ("images/x/a.jpg", "images/y/a.jpg", "=masks/x/a.png", "=masks/y/a.png"),
        {"images/x/a.jpg": "images/x/a.jpg", "masks/y/a.png": "masks/y/a.png"},
    ),
    "kohya's folders": (
        ("img/10_cat/a.png", "img/2_dog/a.png", "=mask/10_cat/a.png", "=mask/2_dog/a.png"),
        {"images/10_cat/a.png": "img/10_cat/a.png", "masks/2_dog/a.png": "mask/2_dog/a.png"},
    ),
    "kohya's folders, masks without repeats": (
        ("img/10_cat/a.png", "img/10_cat/b.png", "=mask/cat/a.png", "=mask/cat/b.png"),
        {"images/10_cat/a.png": "img/10_cat/a.png", "masks/10_cat/b.png": "mask/cat/b.png"},
    ),
    "one of kohya's folders": (
        ("3_cat/a.png", "3_cat/b.png", "=3_cat/a_mask.png", "=3_cat/b_mask.png"),
        {"images/3_cat/a.png": "3_cat/a.png", "masks/3_cat/b.png": "3_cat/b_mask.png"},
    ),
    "masks below their images": (
        ("x/a.jpg", "x/b.jpg", "=x/masks/a.png", "=x/masks/b.png", "y/a.jpg", "=y/masks/a.png"),
        {"images/x/a.jpg": "x/a.jpg", "masks/y/a.png": "y/masks/a.png"},
    ),
    "folders named after their images'": (
        ("cats/a.jpg", "dogs/a.jpg", "=cats_masks/a.png", "=dogsMask/a.png"),
        {"masks/cats/a.png": "cats_masks/a.png", "masks/dogs/a.png": "dogsMask/a.png"},
    ),
    "one folder of masks for all": (
        ("x/a.jpg", "y/b.jpg", "=masks/a.png", "=masks/b.png"),
        {"masks/x/a.png": "masks/a.png", "masks/y/b.png": "masks/b.png"},
    ),
    "an affix in a folder of masks": (
        ("images/a.jpg", "images/b.jpg", "=masks/a_mask_1.png", "=masks/b_mask_1.png"),
        {"masks/a.png": "masks/a_mask_1.png", "masks/b.png": "masks/b_mask_1.png"},
    ),
    "OneTrainer's names": (
        ("a.jpg", "b.jpg", "=a-masklabel.png", "=b-masklabel.png"),
        {"images/a.jpg": "a.jpg", "masks/b.png": "b-masklabel.png"},
    ),
    "a dot": (
        ("a.jpg", "b.jpg", "=a.mask.png", "=b.mask.png"),
        {"images/a.jpg": "a.jpg", "masks/b.png": "b.mask.png"},
    ),
    "the whole name": (
        ("a.png", "b.png", "=a.png.mask.png", "=b.png.mask.png"),
        {"images/a.png": "a.png", "masks/b.png": "b.png.mask.png"},
    ),
    "the whole name, of several kinds": (
        ("a.png", "b.jpg", "=a.png.mask.png", "=b.jpg.mask.png"),
        {"images/a.png": "a.png", "masks/b.png": "b.jpg.mask.png"},
    ),
    "before the name": (
        ("a.jpg", "b.jpg", "=mask_a.png", "=mask_b.png"),
        {"images/a.jpg": "a.jpg", "masks/b.png": "mask_b.png"},
    ),
    "CamelCase": (
        ("cat.jpg", "dog.jpg", "=catMask.png", "=dogMask.png"),
        {"images/cat.jpg": "cat.jpg", "masks/dog.png": "dogMask.png"},
    ),
    "a single pair": (
        ("cat.jpg", "=cat_mask.png"),
        {"images/cat.jpg": "cat.jpg", "masks/cat.png": "cat_mask.png"},
    ),
    "a single CamelCase": (
        ("cat.jpg", "=catMask.png"),
        {"images/cat.jpg": "cat.jpg", "masks/cat.png": "catMask.png"},
    ),
    "Japanese": (
        ("猫.jpg", "犬.jpg", "=猫マスク.png", "=犬マスク.png"),
        {"images/猫.jpg": "猫.jpg", "masks/犬.png": "犬マスク.png"},
    ),
    "a word that says nothing": (
        ("a.jpg", "b.jpg", "c.jpg", "=a_2.png", "=b_2.png", "=c_2.png"),
        {"images/a.jpg": "a.jpg", "masks/b.png": "b_2.png"},
    ),
    "the ending alone": (
        ("a.jpg", "b.jpg", "=a.png", "=b.png"),
        {"images/a.jpg": "a.jpg", "masks/b.png": "b.png"},
    ),
    "folders that say nothing": (
        ("one/a.jpg", "one/b.jpg", "=two/a.png", "=two/b.png"),
        {"images/a.jpg": "one/a.jpg", "masks/b.png": "two/b.png"},
    ),
    "endings that are not seen": (
        ("a.Jpg", "b.jfif", "=a_mask.Png", "=b_mask.png"),
        {"images/a.jpg": "a.Jpg", "images/b.jpg": "b.jfif", "masks/a.png": "a_mask.Png"},
    ),
    "captions of two kinds": (
        ("a.jpg", "b.jpg", "=a_mask.png", "=b_mask.png", "a.txt", "b.txt", "a.caption"),
        {"images/a.txt": "a.txt", "images/b.txt": "b.txt"},
    ),
    "captions of another kind": (
        ("a.jpg", "b.jpg", "=a_mask.png", "=b_mask.png", "a.caption", "b.caption"),
        {"images/a.txt": "a.caption", "images/b.txt": "b.caption"},
    ),
    "captions in a folder": (
        tuple(
            name.format(folder)
            for folder in "xy"
            for name in ("images/{}/a.jpg", "=masks/{}/a.png", "captions/{}/a.txt")
        ),
        {"images/x/a.txt": "captions/x/a.txt", "images/y/a.txt": "captions/y/a.txt"},
    ),
    "captions of the whole name": (
        ("a.jpg", "b.jpg", "=a_mask.png", "=b_mask.png", "a.jpg.txt", "b.jpg.txt"),
        {"images/a.txt": "a.jpg.txt", "images/b.txt": "b.jpg.txt"},
    ),
    "brackets and blanks": (
        ("my [best] set/a (1).jpg", "=my [best] set/a (1)_mask.png"),
        {"images/a (1).jpg": "my [best] set/a (1).jpg"},
    ),
    "COLMAP's names": (
        ("images/a.jpg", "images/b.jpg", "=masks/a.jpg.png", "=masks/b.jpg.png"),
        {"masks/a.png": "masks/a.jpg.png", "masks/b.png": "masks/b.jpg.png"},
    ),
    "a split": (
        ("train/images/a.jpg", "=train/masks/a.png", "val/images/a.jpg", "=val/masks/a.png"),
        {"masks/train-images/a.png": "train/masks/a.png", "masks/val/a.png": "val/masks/a.png"},
    ),
    "numbers alone": (
        ("clip/f_01.png", "clip/f_02.png", "=clip_masks/01.png", "=clip_masks/02.png"),
        {"images/f_01.png": "clip/f_01.png", "masks/f_02.png": "clip_masks/02.png"},
    ),
    "masks beside and in a folder": (
        ("images/a.jpg", "images/b.jpg", "=images/b_mask.png", "=masks/a.png"),
        {"masks/a.png": "masks/a.png", "masks/b.png": "images/b_mask.png"},
    ),
    "capitals": (
        ("a.JPG", "b.JPEG", "=a_MASK.PNG", "=b_MASK.PNG"),
        {"images/a.jpg": "a.JPG", "images/b.jpeg": "b.JPEG", "masks/b.png": "b_MASK.PNG"},
    ),
    "images for regularisation": (
        ("img/2_cat/a.jpg", "=mask/2_cat/a.png", "reg/1_animal/z.jpg"),
        {"regularisation/1_animal/z.jpg": "reg/1_animal/z.jpg"},
    ),
}


@pytest.mark.parametrize("kind", TREES)
def test_trees_of_every_kind(kind: str, tmp_path: Path) -> None:
    names, wanted = TREES[kind]
    found = adopted(made(tmp_path / "source", *names))
    assert {name: found.get(name, "") for name in wanted} == wanted
    assert sum(name.startswith("masks/") for name in found) == sum(
        each.startswith("=") for each in names
    )
    assert not checked(tmp_path / "set" / "dataset.toml").stops


def test_masks_in_the_alpha_are_taken_where_there_are_no_others(tmp_path: Path) -> None:
    for name in ("a.png", "b.png"):
        picture = photo(1)
        picture.putalpha(Image.fromarray(MASK))
        save(picture, tmp_path / "source" / name)
    assert list(adopted(tmp_path / "source")) == ["images/a.png", "images/b.png"]
    assert "alpha_mask = true" in (tmp_path / "set" / "dataset.toml").read_text(encoding="utf-8")
    assert starts(tmp_path)


def test_a_folder_that_only_sounds_like_masks_holds_images(tmp_path: Path) -> None:
    source = tmp_path / "source"
    picture = photo(9)
    picture.putalpha(Image.fromarray(MASK))
    save(picture, source / "cats-alpha" / "z.png")
    made(source, "dogs/a.jpg", "=dogs/a_mask.png", "masked set/b.jpg", "=masked set/b_mask.png")
    made(source, "my-mask-project/images/c.jpg", "=my-mask-project/masks/c.png")
    found = adopted(source)
    assert sorted(name for name in found if name.startswith("images/")) == [
        "images/cats-alpha/z.png",
        "images/dogs/a.jpg",
        "images/masked set/b.jpg",
        "images/my-mask-project/c.jpg",
    ]
    assert starts(tmp_path)


def test_names_of_two_unicode_forms_are_one(tmp_path: Path) -> None:
    name = unicodedata.normalize("NFC", "ガ")
    other = unicodedata.normalize("NFD", "ガ")
    if os.path.exists(made(tmp_path / "source", f"images/{name}.jpg") / f"images/{other}.jpg"):
        pytest.skip("the file system knows one form only")
    made(tmp_path / "source", f"=masks/{other}.png")
    assert f"masks/{name}.png" in adopted(tmp_path / "source")
    assert starts(tmp_path)


def test_several_folders_are_one_data_set(tmp_path: Path) -> None:
    made(tmp_path / "pictures", "a.jpg", "b.jpg")
    made(tmp_path / "masks", "=a.png", "=b.png")
    result = run("adopt", tmp_path / "pictures", tmp_path / "masks", "-o", tmp_path / "set")
    assert result.exit_code == 0, all_of(result)
    assert starts(tmp_path)
    assert sorted(contents(tmp_path / "set" / "masks")) == ["a.png", "b.png"]


# Names that clash


def test_images_of_one_name_but_for_the_ending_are_both_kept(tmp_path: Path) -> None:
    found = adopted(made(tmp_path / "source", "images/a.jpg", "images/a.png", "=masks/a.png"))
    assert found["images/a.jpg"] == "images/a.jpg"
    assert found["images/a_png.png"] == "images/a.png"
    assert found["masks/a.png"] == found["masks/a_png.png"] == "masks/a.png"
    assert starts(tmp_path)


def test_sub_folders_of_one_name_stay_apart(tmp_path: Path) -> None:
    source = made(
        tmp_path / "source", "x/cat/a.jpg", "=x/cat/a_mask.png", "y/cat/a.jpg", "=y/cat/a_mask.png"
    )
    found = adopted(source)
    assert found["images/x-cat/a.jpg"] == "x/cat/a.jpg"
    assert found["masks/y-cat/a.png"] == "y/cat/a_mask.png"


def test_many_folders_become_one_whose_names_begin_with_theirs(tmp_path: Path) -> None:
    names = [name for n in range(20) for name in (f"{n:02}/a.jpg", f"=masks/{n:02}/a.png")]
    result = adopted(made(tmp_path / "source", *names))
    assert result["images/07_a.jpg"] == "07/a.jpg"
    assert result["masks/07_a.png"] == "masks/07/a.png"
    assert starts(tmp_path)


def test_a_mask_that_images_of_two_folders_could_have_is_given_to_none(tmp_path: Path) -> None:
    made(tmp_path / "source", "x/a.jpg", "y/a.jpg", "y/b.jpg", "=masks/a.png", "=masks/b.png")
    result = run("adopt", tmp_path / "source", "-o", tmp_path / "set")
    assert result.exit_code == 0, all_of(result)
    assert "a mask whose name is that of images in several folders (1)" in result.stdout
    assert "without a mask (2)" in result.stdout
    assert sorted(contents(tmp_path / "set" / "masks")) == ["y/b.png"]


# Kinds of files


def test_what_the_trainer_does_not_read_becomes_png(tmp_path: Path) -> None:
    source = tmp_path / "source"
    for name in ("a.tif", "b.gif", "d.tga"):
        save(photo(3), source / name)
    psd(photo(4), source / "c.psd")
    palette = Image.fromarray(MASK // 255).convert("P")
    palette.putpalette([0, 0, 0, 255, 255, 255])
    for name in ("a_mask.png", "b_mask.tif", "c_mask.png", "d_mask.bmp"):
        save(MASK, source / name)
    save(palette, source / "e_mask.gif")
    save(photo(5), source / "e.webp", lossless=True)
    found = adopted(source)
    assert {name for name in found if name.startswith("images/")} == {
        "images/a.png", "images/b.png", "images/c.png", "images/d.png", "images/e.webp"
    }  # fmt: skip
    with Image.open(tmp_path / "set/images/c.png") as picture:
        assert np.array_equal(np.asarray(picture), np.asarray(photo(4)))
    with Image.open(tmp_path / "set/masks/e.png") as mask:
        assert np.array_equal(np.asarray(mask.convert("L")), MASK)
    with Image.open(tmp_path / "set/masks/b.png") as mask:
        assert np.array_equal(np.asarray(mask), MASK)


def test_what_cannot_be_made_png_is_told(tmp_path: Path) -> None:
    source = made(tmp_path / "source", "a.jpg", "=a_mask.png", "=b_mask.png", "=c_mask.png")
    save(photo(1), source / "b.tif", save_all=True, append_images=[photo(2)])
    (source / "c.heic").write_bytes(bytes(4) + b"ftypheic" + bytes(64))
    result = run("adopt", source, "-o", tmp_path / "set")
    assert result.exit_code == 0, all_of(result)
    assert "has 2 pages, frames or layers: save the picture as PNG by hand (1)" in result.stdout
    assert "HEIC" in result.stdout
    assert sorted(contents(tmp_path / "set" / "images")) == ["a.jpg"]


ORIENTATIONS = [(each, way) for each in range(2, 9) for way in ("shown", "stored", "tagged")]


@pytest.mark.parametrize(("orientation", "way"), ORIENTATIONS)
def test_a_turned_photograph_is_brought_upright_with_its_mask(
    orientation: int, way: str, tmp_path: Path
) -> None:
    from maskprep.raster.orientation import as_stored

    if way == "shown" and orientation < 5:
        pytest.skip("its size does not tell")
    exif = Image.Exif()
    exif[0x0112] = orientation
    shown = np.asarray(photo(1))
    source = tmp_path / "source"
    save(as_stored(shown, orientation), source / "a.png", exif=exif)
    mask = MASK if way == "shown" else as_stored(MASK, orientation)
    tag = {"exif": exif} if way == "tagged" else {}
    save(mask, source / "a_mask.png", **tag)
    adopted(source)
    with Image.open(tmp_path / "set/images/a.png") as picture:
        assert np.array_equal(np.asarray(picture), shown)
        assert picture.getexif().get(0x0112, 1) == 1
    with Image.open(tmp_path / "set/masks/a.png") as picture:
        assert np.array_equal(np.asarray(picture), MASK)
        assert picture.getexif().get(0x0112, 1) == 1
    assert not {"exif-orientation", "mask-size-mismatch"} & {
        each.name for each in checked(tmp_path / "set" / "dataset.toml").findings
    }


def test_what_is_no_image_is_not_called_one(tmp_path: Path) -> None:
    source = made(tmp_path / "source", "a.png", "=a_mask.png", "b.png", "=b_mask.png")
    (source / "b.png").write_bytes(b"hello")
    result = run("adopt", source, "-o", tmp_path / "set")
    assert "a file that is not an image that Pillow can read (1): " in result.stdout


def test_captions_are_written_as_the_trainer_reads_them(tmp_path: Path) -> None:
    names = [name for each in "abcd" for name in (f"{each}.jpg", f"={each}_mask.png")]
    source = made(tmp_path / "source", *names)
    (source / "a.txt").write_bytes("\ufeffa cat".encode())
    (source / "b.txt").write_bytes("猫".encode("utf-16"))
    (source / "c.txt").write_bytes("猫".encode("cp932"))
    (source / "d.txt").write_bytes(b"")
    result = run("adopt", source, "-o", tmp_path / "set")
    images = tmp_path / "set" / "images"
    assert (images / "a.txt").read_bytes() == b"a cat"
    assert (images / "b.txt").read_text(encoding="utf-8") == "猫"
    assert not (images / "c.txt").exists() and not (images / "d.txt").exists()
    assert "a caption that is not UTF-8: save it as UTF-8 (1)" in result.stdout
    assert "an empty caption (1)" in result.stdout
    assert starts(tmp_path)


# Where it writes, and how


def test_files_are_linked_and_captions_are_not(tmp_path: Path) -> None:
    source = made(tmp_path / "source", "a.jpg", "a.txt", "=a_mask.png")
    adopted(source)
    out = tmp_path / "set"
    assert (out / "images/a.jpg").samefile(source / "a.jpg")
    assert (out / "masks/a.png").samefile(source / "a_mask.png")
    assert not (out / "images/a.txt").samefile(source / "a.txt")


def test_copies_keep_the_time_of_change(tmp_path: Path) -> None:
    source = made(tmp_path / "source", "a.jpg", "=a_mask.png")
    os.utime(source / "a.jpg", (10**9, 10**9))
    adopted(source, "--copy")
    copy = tmp_path / "set/images/a.jpg"
    assert not copy.samefile(source / "a.jpg") and copy.stat().st_mtime == 10**9


def test_where_there_are_no_links_files_are_copied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = made(tmp_path / "source", "a.jpg", "=a_mask.png")

    def refused(*_: object, **__: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "link", refused)
    result = run("adopt", source, "-o", tmp_path / "set")
    assert not (tmp_path / "set/images/a.jpg").samefile(source / "a.jpg")
    assert f"{tmp_path / 'set'}: 2 files copied, not linked" in result.stderr


def test_a_mend_of_the_set_leaves_the_source_alone(tmp_path: Path) -> None:
    source = made(tmp_path / "source", "a.jpg", "b.jpg", "=a_mask.png")
    save(MASK // 255, source / "b_mask.png")
    adopted(source)
    before = contents(source)
    mended = run("check", tmp_path / "set/dataset.toml", "--fix", "--unsafe-fixes", "--no-cache")
    assert "1 file mended" in all_of(mended)
    assert contents(source) == before
    with Image.open(tmp_path / "set/masks/b.png") as mask:
        assert np.array_equal(np.asarray(mask), MASK)


@pytest.mark.parametrize("inside", ["", "set", "x/set"])
def test_nothing_is_written_into_the_source(inside: str, tmp_path: Path) -> None:
    source = made(tmp_path / "source", "x/a.jpg", "=x/a_mask.png")
    before = contents(source)
    result = run("adopt", source, "-o", source / inside)
    assert result.exit_code == 2 and "Error" not in all_of(result)
    assert contents(source) == before and not (source / inside / "dataset.toml").exists()


def test_a_folder_that_holds_something_is_not_written_to(tmp_path: Path) -> None:
    source = made(tmp_path / "source", "a.jpg", "=a_mask.png")
    made(tmp_path / "set", "images/z.jpg")
    result = run("adopt", source, "-o", tmp_path / "set")
    assert result.exit_code == 2
    assert "is not empty: name a new folder" in result.stderr and "--overwrite" not in result.stderr
    assert list(contents(tmp_path / "set")) == ["images/z.jpg"]


def test_images_without_masks_train_whole_where_that_is_said(tmp_path: Path) -> None:
    source = made(tmp_path / "source", "a.jpg", "=a_mask.png", "b.jpg")
    found = adopted(source, "--whole")
    assert found["whole/b.jpg"] == "b.jpg"
    report = checked(tmp_path / "set" / "dataset.toml")
    assert sorted(row.trains or "" for row in report.rows) == ["masked", "whole"]


def test_a_run_that_would_stop_still_is_told_with_what_mends_it(tmp_path: Path) -> None:
    source = made(tmp_path / "source", "a.jpg")
    small = np.asarray(Image.fromarray(MASK).resize((128, 160)))
    save(small, source / "a_mask.png")
    result = run("adopt", source, "-o", tmp_path / "set")
    assert result.exit_code == 0
    assert "mask-size-mismatch" in result.stderr and "--fix --unsafe-fixes" in result.stdout
    assert (tmp_path / "set" / "dataset.toml").exists()


def test_several_masks_of_one_image_are_told_with_what_joins_them(tmp_path: Path) -> None:
    names = [f"=masks/{each}-{part}.png" for each in "ab" for part in ("head", "body")]
    source = made(tmp_path / "source", "images/a.jpg", "images/b.jpg", *names)
    result = run("adopt", source, "-o", tmp_path / "set")
    assert result.exit_code == 2 and not (tmp_path / "set").exists()
    assert "one of several masks of an image: maskprep extract" in result.stderr


def test_numbered_masks_beside_an_image_are_parts_and_no_pictures(tmp_path: Path) -> None:
    names = [f"={each}_mask_{part}.png" for each in "abc" for part in (1, 2)]
    source = made(tmp_path / "source", "a.jpg", "b.jpg", "c.jpg", *names)
    result = run("adopt", source, "-o", tmp_path / "set", "--whole")
    assert result.exit_code == 0, all_of(result)
    assert "found   3 images" in result.stdout
    assert "one of several masks of an image" in result.stdout
    assert "a_mask_2.png" in result.stdout
    assert not (tmp_path / "set" / "whole").exists()


def test_an_alpha_beside_mask_files_is_told(tmp_path: Path) -> None:
    source = made(tmp_path / "source", "a.jpg", "=a_mask.png")
    picture = photo(1)
    picture.putalpha(Image.fromarray(MASK))
    save(picture, source / "b.png")
    result = run("adopt", source, "-o", tmp_path / "set")
    assert result.exit_code == 0, all_of(result)
    assert "without a mask file, but with an alpha" in result.stdout


@pytest.mark.skipif(os.name == "nt", reason="rights are others there")
def test_read_only_files_are_copied_so_that_they_can_be_mended(tmp_path: Path) -> None:
    source = made(tmp_path / "source", "a.jpg")
    save(MASK // 255, source / "a_mask.png").chmod(0o444)
    adopted(source)
    run("check", tmp_path / "set/dataset.toml", "--fix", "--unsafe-fixes", "--no-cache")
    with Image.open(tmp_path / "set/masks/a.png") as mask:
        assert np.array_equal(np.asarray(mask), MASK)
    assert (source / "a_mask.png").stat().st_mode & 0o777 == 0o444


def test_a_mask_beside_others_of_its_image_is_told_as_left(tmp_path: Path) -> None:
    source = made(tmp_path / "source", "a.jpg", "=a_mask.png", "=a_mask_2.png", "b.jpg")
    save(MASK, source / "b_mask.png")
    result = run("adopt", source, "-o", tmp_path / "set")
    assert result.exit_code == 0, all_of(result)
    assert "a_mask_2.png" in result.stdout


def test_deep_greys_are_neither_turned_nor_cut_off(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    source = tmp_path / "source"
    deep = Image.fromarray(np.arange(320 * 256, dtype=np.uint16).reshape(320, 256))
    save(deep, source / "a.png", exif=exif)
    save(MASK, source / "a_mask.png")
    found = adopted(source)
    assert found == {"images/a.png": "a.png", "masks/a.png": "a_mask.png"}


def test_broken_off_it_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken_off(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    source = made(tmp_path / "source", "a.jpg", "=a_mask.png")
    monkeypatch.setattr(Outputs, "bring", broken_off)
    result = run("adopt", source, "-o", tmp_path / "set")
    assert result.exit_code == 130
    assert "interrupted: remove it, and run it again" in result.stderr
    assert not (tmp_path / "set" / "dataset.toml").exists()


def test_a_disk_that_is_full_is_told_in_a_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    source = made(tmp_path / "source", "a.jpg", "=a_mask.png", "a.txt")
    monkeypatch.setattr(os, "fsync", full)
    result = run("adopt", source, "-o", tmp_path / "set")
    assert result.exit_code == 2
    assert "cannot be written (No space left on device)" in result.stderr


# What is no data set


@pytest.mark.parametrize(
    ("names", "told"),
    [
        ((), "there is no picture in it"),
        (("notes.txt",), "there is no picture in it"),
        (("a.jpg", "b.jpg"), "no mask was found for its 2 images"),
    ],
)
def test_nothing_to_train_is_told(names: tuple[str, ...], told: str, tmp_path: Path) -> None:
    source = made(tmp_path / "source", *names)
    source.mkdir(exist_ok=True)
    result = run("adopt", source, "-o", tmp_path / "set")
    assert result.exit_code == 2 and told in result.stderr and "()" not in result.stderr
    assert not (tmp_path / "set").exists()


def test_folders_that_are_none_are_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    made(tmp_path / "source", "a.jpg", "=a_mask.png")
    for folders, told in (
        (["nowhere"], "there is no such folder"),
        (["file"], "is a file, a folder is wanted"),
        (["source", "source"], "is given twice"),
    ):
        paths = [tmp_path / each for each in folders]
        result = run("adopt", *paths, "-o", tmp_path / "set")
        assert result.exit_code == 2 and told in result.stderr
    assert "is remote" in run("adopt", "s3://bucket/a", "-o", tmp_path / "set").stderr


# Hostile trees


@links
def test_links_in_a_loop_are_entered_once(tmp_path: Path) -> None:
    source = made(tmp_path / "source", "x/a.jpg", "=x/a_mask.png")
    (source / "x" / "again").symlink_to(source, target_is_directory=True)
    (source / "itself").symlink_to("itself")
    (source / "nowhere.png").symlink_to("gone.png")
    result = run("adopt", source, "-o", tmp_path / "set")
    assert result.exit_code == 0, all_of(result)
    assert "a link to a folder that is looked at anyway (1)" in result.stdout
    assert "no regular file (2)" in result.stdout
    assert sorted(contents(tmp_path / "set" / "images")) == ["a.jpg"]


@links
def test_a_linked_file_is_linked_itself(tmp_path: Path) -> None:
    made(tmp_path / "store", "a.jpg", "=a_mask.png")
    (tmp_path / "source").mkdir()
    for name in ("a.jpg", "a_mask.png"):
        (tmp_path / "source" / name).symlink_to(tmp_path / "store" / name)
    adopted(tmp_path / "source")
    assert not (tmp_path / "set/images/a.jpg").is_symlink()
    assert (tmp_path / "set/images/a.jpg").samefile(tmp_path / "store/a.jpg")


@pipes
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    source = made(tmp_path / "source", "a.jpg", "=a_mask.png")
    os.mkfifo(source / "pipe.png")
    result = run("adopt", source, "-o", tmp_path / "set")
    assert result.exit_code == 0 and "no regular file (1)" in result.stdout


def test_an_unreadable_folder_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from maskprep.files import storage

    source = made(tmp_path / "source", "a.jpg", "=a_mask.png", "shut/b.jpg")
    listed = storage.entries

    def refused(folder: str) -> storage.Entries:
        if folder.endswith("shut"):
            raise PermissionError(13, "Permission denied")
        return listed(folder)

    monkeypatch.setattr(storage, "entries", refused)
    result = run("adopt", source, "-o", tmp_path / "set")
    assert result.exit_code == 0, all_of(result)
    assert "a folder that cannot be read (Permission denied) (1)" in result.stdout


@pytest.mark.skipif(os.name == "nt", reason="Windows refuses such names")
def test_names_that_other_systems_refuse_are_written_otherwise(tmp_path: Path) -> None:
    names = ("a\nb.jpg", "=a\nb_mask.png", 'q"?.jpg', '=q"?_mask.png', "x: y\t/c.jpg")
    source = made(tmp_path / "source", *names, "=x: y\t/c_mask.png")
    found = adopted(source)
    assert found["images/source/a_b.jpg"] == "a\nb.jpg"
    assert found["masks/source/q__.png"] == 'q"?_mask.png'
    assert found["images/x_ y_/c.jpg"] == "x: y\t/c.jpg"
    assert starts(tmp_path)


@pytest.mark.skipif(os.name == "nt", reason="Windows refuses such names")
def test_names_of_devices_and_names_without_end_are_written_otherwise(tmp_path: Path) -> None:
    long = "x" * 236
    names = ("con.png", "=con_mask.png", f"{long}.png", f"={long}_mask.png", f"{long}y.png")
    source = made(
        tmp_path / "source", *names, f"={long}y_mask.png", "com1/a.png", "=com1/a_mask.png"
    )
    deep = "/".join(f"{each}{'z' * 120}" for each in "abc")
    made(source, f"{deep}/c.png", f"={deep}/c_mask.png")
    found = adopted(source)
    assert found["images/source/con_.png"] == "con.png"
    assert found["masks/com1_/a.png"] == "com1/a_mask.png"
    cut = [each for each in found if each.startswith("images/source/xxx")]
    assert {found[each] for each in cut} == {f"{long}.png", f"{long}y.png"}
    assert sum(each.endswith("/c.png") for each in found) == 2
    # Latents that the trainer keeps are called so, with their size and model behind.
    assert all(len(part.encode()) + 20 <= 255 for each in found for part in each.split("/"))
    assert starts(tmp_path)


@links
def test_a_link_to_nothing_is_no_place_to_write_to(tmp_path: Path) -> None:
    source = made(tmp_path / "source", "a.jpg", "=a_mask.png")
    (tmp_path / "set").symlink_to("nowhere")
    result = run("adopt", source, "-o", tmp_path / "set")
    assert result.exit_code == 2
    assert "is a link to nothing: name a folder" in result.stderr
    assert not (tmp_path / "nowhere").exists()


def test_thousands_of_files_are_told_in_a_few_lines(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    picture = save(photo(1, (64, 64)), tmp_path / "p.jpg").read_bytes()
    mask = save(MASK[::5, ::5], tmp_path / "m.png").read_bytes()
    for number in range(1500):
        (source / f"{number:04}.jpg").write_bytes(picture)
        if number % 3:
            (source / f"{number:04}_mask.png").write_bytes(mask)
    result = run("adopt", source, "-o", tmp_path / "set", "--dry-run")
    assert result.exit_code == 0, all_of(result)
    assert "without a mask (500)" in result.stdout
    assert len(result.stdout.splitlines()) < 10


def test_hidden_files_are_left(tmp_path: Path) -> None:
    source = made(tmp_path / "source", "a.jpg", "=a_mask.png", ".b.jpg", "__MACOSX/._a.jpg")
    (source / "Thumbs.db").write_bytes(b"")
    found = adopted(source)
    assert sorted(found) == ["images/a.jpg", "masks/a.png"]


def test_a_backup_is_left_out_as_what_it_is(tmp_path: Path) -> None:
    folders = Folders(tmp_path / "set").add("a.png")
    config = folders.config()
    assert run("dilate", config, "--radius", 2, "--in-place").exit_code == 0
    (backup,) = backups_in(tmp_path)
    plan = run("adopt", tmp_path / "set", "-o", tmp_path / "new", "--dry-run")
    assert f"a backup of maskprep (1): {backup}" in " ".join(all_of(plan).split())
    assert "a mask of no image" not in all_of(plan)
