"""Mask files into alpha: bit for bit, with all that travels beside the pixels."""

from __future__ import annotations

import os
import struct
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms, PngImagePlugin

from maskprep import raster
from maskprep.editing.embed import Embedded, embed
from maskprep.editing.extract import extract
from maskprep.editing.plan import Carried, Destination
from maskprep.errors import MaskprepError
from tests.backups import originals
from tests.cli.test_cli import process, run
from tests.datasets import FIGURE, Folders, drawn, found

RGB_PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def noise(*shape: int, seed: int = 0) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)


def embedded(folders: Folders, output: Path | None, **options: object) -> Carried[Embedded]:
    return embed(found(folders.config()), Destination(output), **options)  # type: ignore[arg-type]


def with_files(root: Path, image: Image.Image, mask: Image.Image, name: str = "a.png") -> Folders:
    folders = Folders(root)
    image.save(folders.images / name)
    mask.save((folders.masks / name).with_suffix(".png"))
    return folders


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "LA", "P", "1"])
def test_what_went_in_comes_out_bit_for_bit(seed: int, mode: str, tmp_path: Path) -> None:
    shape = (1 + seed * 3, 40 - seed)
    picture = Image.fromarray(noise(*shape, 4, seed=seed)).convert("RGBA")
    image = picture.quantize(16) if mode == "P" else picture.convert(mode)
    sparse = noise(*shape, seed=seed + 50) * (noise(*shape, seed=seed + 99) > 128)
    folders = with_files(tmp_path, image, Image.fromarray(sparse))
    wanted = raster.read_picture(str(folders.images / "a.png"), "RGB")
    assert not embedded(folders, tmp_path / "out").failed
    rgba = raster.read_picture(str(tmp_path / "out" / "a.png"), "RGBA")
    np.testing.assert_array_equal(rgba[..., :3], wanted)  # under alpha 0 too
    np.testing.assert_array_equal(rgba[..., 3], sparse)
    config = tmp_path / "alpha.toml"
    config.write_text(
        f"[[datasets]]\nresolution = 512\n[[datasets.subsets]]\nimage_dir = '{tmp_path / 'out'}'\n"
        "alpha_mask = true\n",
        encoding="utf-8",
    )
    assert not extract(found(config), Destination(tmp_path / "back")).failed
    content = (tmp_path / "back" / "a.png").read_bytes()
    assert content == raster.encode_mask(sparse)


def test_the_mask_is_what_the_trainer_reads(tmp_path: Path) -> None:
    colours = noise(20, 30, 3)
    folders = with_files(tmp_path, Image.new("RGB", (30, 20)), Image.fromarray(colours))
    embedded(folders, tmp_path / "out")
    alpha = raster.read_picture(str(tmp_path / "out" / "a.png"), "RGBA")[..., 3]
    np.testing.assert_array_equal(alpha, colours[..., 0])


def test_all_that_lies_beside_the_pixels_comes_along(tmp_path: Path) -> None:
    info = PngImagePlugin.PngInfo()
    info.add_text("parameters", "a figure, Steps: 20")
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "a camera"
    folders = Folders(tmp_path).add("a.png")
    Image.fromarray(noise(128, 128, 3)).save(
        folders.images / "a.png", pnginfo=info, exif=exif, dpi=(300, 300), icc_profile=RGB_PROFILE
    )
    embedded(folders, tmp_path / "out")
    with Image.open(tmp_path / "out" / "a.png") as made:
        made.load()
        assert made.info["parameters"] == "a figure, Steps: 20"
        assert made.info["icc_profile"] == RGB_PROFILE
        assert made.info["dpi"] == pytest.approx((300, 300), rel=1e-3)
        assert made.getexif()[0x0112] == 6
        assert made.size == (128, 128)  # not turned
    assert (tmp_path / "out" / "a.txt").read_text(encoding="utf-8") == "a figure"


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
@pytest.mark.parametrize("exif", [b"Exif\0\0rubbish", b"Exif\0\0II*\0\xff\xff\xff\xff", b"x"])
def test_broken_exif_stops_nothing(exif: bytes, tmp_path: Path) -> None:
    folders = Folders(tmp_path).add("a.jpg")
    Image.fromarray(noise(128, 128, 3)).save(folders.images / "a.jpg", exif=exif)
    assert not embedded(folders, tmp_path / "out").failed
    with Image.open(tmp_path / "out" / "a.png") as made:
        made.load()
        assert made.mode == "RGBA"


def test_what_cannot_come_along_is_told(tmp_path: Path) -> None:
    folders = Folders(tmp_path).add("a.jpg").add("b.png")
    cmyk = b"\0" * 16 + b"CMYK" + b"\0" * 200
    Image.new("CMYK", (128, 128)).save(folders.images / "a.jpg", icc_profile=cmyk)
    Image.fromarray(noise(128, 128, 4)).save(folders.images / "b.png")
    first, second = embedded(folders, tmp_path / "out").outcomes
    assert first.notes == ("its colour profile is of CMYK, not RGB, and was left out",)
    assert "its own alpha was replaced" in second.notes[0]


def test_an_opaque_alpha_of_its_own_is_nothing_to_tell(tmp_path: Path) -> None:
    folders = Folders(tmp_path).add("a.png")
    Image.new("RGBA", (128, 128), (9, 9, 9, 255)).save(folders.images / "a.png")
    assert embedded(folders, tmp_path / "out").outcomes[0].notes == ()


def test_in_place_pictures_become_png_and_captions_stay(tmp_path: Path) -> None:
    folders = Folders(tmp_path).add("a.jpg").add("b.png")
    Image.fromarray(noise(128, 128, 3)).save(folders.images / "b.png")
    original = (folders.images / "a.jpg").read_bytes()
    done = embedded(folders, None)
    assert sorted(os.listdir(folders.images)) == ["a.png", "a.txt", "b.png", "b.txt"]
    (backup,) = done.backups
    assert originals(backup)["a.jpg"] == original
    assert sorted(originals(backup)) == ["a.jpg", "b.png"]
    again = embedded(folders, None)
    assert [outcome.changed for outcome in again.outcomes] == [False, False]
    assert again.backups == ()
    filled = embedded(folders, None, fill_hidden="blur")
    assert filled.outcomes[1].changed
    assert filled.outcomes[1].notes == ()


def test_two_images_of_one_stem_never_replace_each_other(tmp_path: Path) -> None:
    folders = Folders(tmp_path).add("a.png").add("a.jpg")
    before = (folders.images / "a.jpg").read_bytes()
    done = embedded(folders, None)
    (problem,) = done.failed
    assert problem.source.endswith("a.jpg")
    assert (folders.images / "a.jpg").read_bytes() == before
    with Image.open(folders.images / "a.png") as made:
        assert made.mode == "RGBA"


def test_bad_pairs_are_told_and_the_others_go_on(tmp_path: Path) -> None:
    folders = Folders(tmp_path)
    for name in ("a.png", "b.png", "c.png", "d.png", "e.png", "f.png"):
        folders.add(name)
    (folders.images / "b.png").write_bytes(b"")
    (folders.masks / "c.png").write_bytes((folders.masks / "c.png").read_bytes()[:60])
    Image.new("L", (64, 128)).save(folders.masks / "d.png")
    (folders.masks / "e.png").unlink()
    (folders.masks / "f.png").rename(folders.masks / "f.tif")
    result = run("embed", folders.config(), "--output", tmp_path / "out")
    assert result.exit_code == 1
    for words in (
        "b.png: is empty (0 bytes)",
        "c.png: ",
        "d.png: is 128 x 128 px, its mask 64 x 128 px",
        "e.png: has no mask",
        f"f.png: the trainer does not see its mask {folders.masks / 'f.tif'}: run maskprep extract",
        "1 of 6 files written",
    ):
        assert words in result.output
    assert sorted(os.listdir(tmp_path / "out")) == ["a.png", "a.txt"]


def test_hidden_colours_are_filled_and_the_figure_is_not(tmp_path: Path) -> None:
    folders = Folders(tmp_path).add("a.png")
    mask, rgb = drawn(FIGURE), noise(128, 128, 3)
    Image.fromarray(rgb).save(folders.images / "a.png")
    result = run("embed", folders.config(), "--output", tmp_path / "out", "--fill-hidden", "mean")
    assert result.exit_code == 0
    made = raster.read_picture(str(tmp_path / "out" / "a.png"), "RGBA")
    np.testing.assert_array_equal(made[mask > 0, :3], rgb[mask > 0])
    mean = np.floor(rgb[mask > 0].mean(axis=0) + 0.5)
    assert (made[mask == 0, :3] == mean).all()


def test_what_is_no_mask_file_is_refused(tmp_path: Path) -> None:
    Image.new("RGBA", (64, 64)).save(tmp_path / "a.png")
    config = tmp_path / "dataset.toml"
    config.write_text(
        f"[[datasets]]\nresolution = 512\n[[datasets.subsets]]\nimage_dir = '{tmp_path}'\n"
        "alpha_mask = true\n",
        encoding="utf-8",
    )
    with pytest.raises(MaskprepError, match="has no mask files to embed"):
        embed(found(config), Destination(tmp_path / "out"))
    assert run("embed", config, "--in-place").exit_code == 2


def test_the_end_says_how_to_train_with_them(tmp_path: Path) -> None:
    folders = Folders(tmp_path).add("a.png")
    result = run("embed", folders.config(), "--output", tmp_path / "out")
    assert result.exit_code == 0
    assert "alpha_mask = true" in result.output
    assert "no --masked_loss" in result.output


def test_captions_of_any_ending_come_along(tmp_path: Path) -> None:
    folders = Folders(tmp_path).add("a.png")
    (folders.images / "a.caption").write_text("another", encoding="utf-8")
    (folders.images / "b.txt").write_text("of no image", encoding="utf-8")
    result = run("embed", folders.images, "--masks", folders.masks, "--output", tmp_path / "out")
    assert result.exit_code == 0
    assert sorted(os.listdir(tmp_path / "out")) == ["a.caption", "a.png", "a.txt"]


def test_a_comment_of_a_jpeg_comes_along(tmp_path: Path) -> None:
    folders = Folders(tmp_path).add("a.jpg")
    whole = (folders.images / "a.jpg").read_bytes()
    comment = b"Steps: 20"
    segment = b"\xff\xfe" + struct.pack(">H", len(comment) + 2) + comment
    (folders.images / "a.jpg").write_bytes(whole[:2] + segment + whole[2:])
    embedded(folders, tmp_path / "out")
    with Image.open(tmp_path / "out" / "a.png") as made:
        made.load()
        assert made.info["Comment"] == "Steps: 20"


def test_broken_exif_prints_no_warning(tmp_path: Path) -> None:
    folders = Folders(tmp_path).add("a.jpg")
    exif = b"Exif\0\0II*\0\xff\xff\xff\xff"
    Image.new("RGB", (128, 128)).save(folders.images / "a.jpg", exif=exif)
    result = process("embed", folders.config(), "--output", tmp_path / "out")
    assert result.returncode == 0
    assert b"Warning" not in result.stderr


def test_an_image_with_two_masks_is_refused_not_given_one(tmp_path: Path) -> None:
    folders = Folders(tmp_path).add("a.png").add("b.png")
    other = tmp_path / "other"
    other.mkdir()
    for name in ("a.png", "b.png"):
        Image.new("L", (128, 128), 255).save(other / name)
    config = folders.config()
    text = config.read_text(encoding="utf-8")
    config.write_text(text + text.replace(str(folders.masks), str(other)), encoding="utf-8")
    result = run("embed", config, "--output", tmp_path / "out")
    assert result.exit_code == 1
    assert "has several masks" in result.output
    assert not list((tmp_path / "out").glob("*.png"))
