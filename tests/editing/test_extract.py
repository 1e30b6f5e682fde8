"""Masks from whatever people have: every mode, kind, turn and wish, in place and elsewhere."""

from __future__ import annotations

import os
import shutil
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from click.testing import Result
from numpy.typing import NDArray
from PIL import Image, ImageOps

from maskprep import raster
from maskprep.editing.extract import Extracted, extract
from maskprep.editing.plan import Carried, Destination, Outcome
from maskprep.errors import MaskprepError
from maskprep.model import TrainingSet
from tests.backups import originals
from tests.cli.test_cli import run
from tests.datasets import CELL, FIGURE, Folders, drawn, found, keyed_png
from tests.places import ROOT, SAMPLES, links, names_by_case, pipes

SHAPE = drawn(FIGURE)
SIDE = 16 * CELL
NOISE = np.random.default_rng(7).integers(0, 256, (SIDE, SIDE, 4), np.uint8)

Pixels = NDArray[np.uint8]


def with_mask(root: Path, mask: Image.Image | NDArray[Any], name: str, **options: Any) -> Folders:
    """Make one pair whose mask is a file of any kind."""
    folders = Folders(root).add("a.png")
    (folders.masks / "a.png").unlink()
    image = mask if isinstance(mask, Image.Image) else Image.fromarray(mask)
    image.save(folders.masks / name, **options)
    return folders


def extracted(
    folders: Folders, output: Path | None, **options: Any
) -> tuple[Carried[Extracted], TrainingSet]:
    training_set = found(folders.config())
    return extract(training_set, Destination(output), **options), training_set


def only(folders: Folders, **options: Any) -> tuple[Pixels, Outcome[Extracted]]:
    """Extract the only mask and read it again."""
    out = folders.root / "out"
    (outcome,) = extracted(folders, out, **options)[0].outcomes
    assert outcome.problem == ""
    with Image.open(out / "a.png") as made:
        assert (made.format, made.mode) == ("PNG", "L")
        assert not made.info
        return np.asarray(made), outcome


def in_mode(mode: str) -> Image.Image:
    if mode in ("I;16", "I", "F"):
        kind = {"I;16": np.uint16, "I": np.int32, "F": np.float32}[mode]
        return Image.fromarray(NOISE[..., 0].astype(kind))  # 8-bit data in a deeper file
    image = Image.fromarray(NOISE)
    return image.quantize(32) if mode == "P" else image.convert(mode)


@pytest.mark.parametrize(
    ("mode", "name"),
    [
        *((mode, "a.png") for mode in ("1", "L", "LA", "P", "RGB", "RGBA", "I;16")),
        *((mode, "a.jpg") for mode in ("L", "RGB", "CMYK")),
        *((mode, "a.webp") for mode in ("RGB", "RGBA")),
        *((mode, "a.bmp") for mode in ("1", "L", "P", "RGB")),
    ],
)
def test_r_is_exactly_what_the_trainer_reads(mode: str, name: str, tmp_path: Path) -> None:
    folders = with_mask(tmp_path, in_mode(mode), name)
    wanted = raster.read_mask(str(folders.masks / name), "r").mask
    mask, outcome = only(folders)
    np.testing.assert_array_equal(mask, wanted)
    assert outcome.row is not None
    assert outcome.row.before == outcome.row.after == pytest.approx(wanted.mean() / 255)


@pytest.mark.parametrize(
    ("ending", "mode"),
    [
        *((".tif", mode) for mode in ("1", "L", "P", "RGB", "RGBA", "I;16", "I", "F", "CMYK")),
        (".TIFF", "L"),
        *((".gif", mode) for mode in ("1", "L", "P")),
        *((".Png", mode) for mode in ("1", "L", "LA", "P", "RGB", "I;16")),
    ],
)
def test_kinds_that_the_trainer_does_not_see_become_png(
    ending: str, mode: str, tmp_path: Path
) -> None:
    folders = with_mask(tmp_path, in_mode(mode), f"a{ending}")
    with Image.open(folders.masks / f"a{ending}") as image:
        deep = mode in ("I;16", "I", "F")
        wanted = NOISE[..., 0] if deep else np.asarray(image.convert("RGBA"))[..., 0]
    mask, outcome = only(folders)
    np.testing.assert_array_equal(mask, wanted)
    assert outcome.row is not None
    assert outcome.row.before is None


def test_the_channels(tmp_path: Path) -> None:
    rgb = NOISE[..., :3]
    wanted = {
        "r": rgb[..., 0],
        "g": rgb[..., 1],
        "b": rgb[..., 2],
        "max": rgb.max(axis=2),
        "luminance": np.asarray(Image.fromarray(rgb).convert("L")),
        "alpha": NOISE[..., 3],
    }
    for channel, values in wanted.items():
        folders = with_mask(tmp_path / channel, NOISE, "a.png")
        mask, outcome = only(folders, channel=channel)
        np.testing.assert_array_equal(mask, values)
        assert outcome.row is not None
        assert (outcome.row.reading, outcome.row.why) == (channel, "")


def test_deep_masks_are_scaled_and_told(tmp_path: Path) -> None:
    deep = (NOISE[..., 0].astype(np.uint16) << 8) | NOISE[..., 1]
    wanted = (deep.astype(int) * 255 + 32767) // 65535
    mask, outcome = only(with_mask(tmp_path, deep, "a.png"))
    np.testing.assert_array_equal(mask, wanted)
    assert outcome.notes == ("is 16-bit: scaled to 8 bits",)
    assert outcome.row is not None
    assert outcome.row.before is not None and outcome.row.after is not None
    assert outcome.row.before > 0.9 > 0.6 > outcome.row.after


@pytest.mark.parametrize("kind", [np.int32, np.float32])
def test_wide_masks_of_tiff(kind: type, tmp_path: Path) -> None:
    wide: NDArray[Any] = (SHAPE.astype(kind) / 255 * (1 if kind is np.float32 else 100000)).astype(
        kind
    )
    mask, outcome = only(with_mask(tmp_path, wide, "a.tif"))
    np.testing.assert_array_equal(mask, SHAPE)
    assert "scaled" in outcome.notes[0]


def test_labels_by_number(tmp_path: Path) -> None:
    numbers = np.kron(np.arange(4, dtype=np.uint8), np.ones((SIDE, SIDE // 4), np.uint8))
    palette = Image.fromarray(numbers)
    palette.putpalette([0, 0, 0, 255, 0, 0, 0, 255, 0, 255, 0, 0])  # 1 and 3 look the same
    files: dict[str, tuple[Any, str]] = {
        "palette": (palette, "a.png"),
        "grey": (numbers, "a.png"),
        "16": (numbers.astype(np.uint16), "a.png"),
        "32": (numbers.astype(np.int32), "a.tif"),
        "float": (numbers.astype(np.float32), "a.tif"),
        "rgb": (np.dstack([numbers] * 3), "a.png"),
    }
    wishes: list[tuple[dict[str, Any], list[int]]] = [
        ({"labels": [1]}, [1]),
        ({"labels": [1, 3]}, [1, 3]),
        ({"above": 0}, [1, 2, 3]),
        ({"above": 1.5}, [2, 3]),
        ({"labels": [2], "channel": "auto"}, [2]),
    ]
    for kind, (file, name) in files.items():
        for place, (options, trains) in enumerate(wishes):
            folders = with_mask(tmp_path / f"{kind}{place}", file, name)
            mask, outcome = only(folders, **options)
            np.testing.assert_array_equal(mask, np.where(np.isin(numbers, trains), 255, 0))
            assert outcome.notes == ()


def test_one_bit_files_hold_0_and_1(tmp_path: Path) -> None:
    mask, _ = only(with_mask(tmp_path, Image.fromarray(SHAPE).convert("1"), "a.png"), labels=[1])
    np.testing.assert_array_equal(mask, SHAPE)


def test_a_label_that_is_not_there_is_told(tmp_path: Path) -> None:
    mask, outcome = only(with_mask(tmp_path, SHAPE, "a.png"), labels=[7])
    assert not mask.any()
    assert outcome.notes == ("holds no 7: its values are 0, 255",)


@pytest.mark.parametrize("label", [300, -1, 1.5])
def test_a_label_that_no_such_file_can_hold_is_refused(label: float, tmp_path: Path) -> None:
    folders = with_mask(tmp_path, SHAPE, "a.png")
    (outcome,) = extracted(folders, tmp_path / "out", labels=[label])[0].outcomes
    assert outcome.problem == f"cannot hold {label:g}: its values are whole, 0 to 255"
    assert not (tmp_path / "out" / "a.png").exists()


def test_one_label_of_several_may_be_in_other_files(tmp_path: Path) -> None:
    mask, outcome = only(with_mask(tmp_path, SHAPE, "a.png"), labels=[7, 255])
    np.testing.assert_array_equal(mask, SHAPE)
    assert outcome.notes == ()


def test_classes_by_their_colours(tmp_path: Path) -> None:
    colours = [(0, 0, 0), (192, 128, 64), (192, 128, 65), (0, 0, 255)]
    picture = np.repeat(np.array(colours, np.uint8)[None].repeat(SIDE, 0), SIDE // 4, axis=1)
    wanted = np.repeat(np.array([[0, 255, 0, 255]], np.uint8).repeat(SIDE, 0), SIDE // 4, axis=1)
    mask, outcome = only(
        with_mask(tmp_path / "a", picture, "a.png"), colours=[(192, 128, 64), (0, 0, 255)]
    )
    np.testing.assert_array_equal(mask, wanted)
    assert (outcome.row and outcome.row.reading, outcome.notes) == ("colours", ())
    config = with_mask(tmp_path / "b", picture, "a.png").config()
    words = ("--colour", "#C08040", "--colour", "0000ff")
    assert run("extract", config, "--output", tmp_path / "out", *words).exit_code == 0
    np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "out" / "a.png")), wanted)
    _, without = only(with_mask(tmp_path / "c", picture, "a.png"), colours=[(9, 9, 9)])
    assert without.notes == ("holds no #090909",)


@pytest.mark.parametrize("channel", [None, "auto"])
@pytest.mark.parametrize("ending", ["png", "tif", "gif"])
def test_numbers_without_colours_are_a_shape(
    ending: str, channel: str | None, tmp_path: Path
) -> None:
    """As Pillow writes mode P to which nobody gave a palette."""
    numbers = (SHAPE > 0).astype(np.uint8)
    blank = Image.fromarray(numbers)
    blank.putpalette([0] * 6)
    wish = {"above": 0} if channel is None else {"channel": channel}
    mask, _ = only(with_mask(tmp_path, blank, f"a.{ending}"), **wish)
    np.testing.assert_array_equal(mask, np.where(numbers, 255, 0))


@pytest.mark.parametrize("depth", [1, 2, 4, 8, 16])
def test_a_grey_called_transparent_is_it(depth: int, tmp_path: Path) -> None:
    """Whatever the installed Pillow makes of the key."""
    white = (1 << depth) - 1
    folders = Folders(tmp_path).add("a.png")
    numbers = np.where(drawn(FIGURE) > 0, 0, white)
    (folders.masks / "a.png").write_bytes(keyed_png(numbers, depth, key=white))
    mask, outcome = only(folders, channel="auto")
    np.testing.assert_array_equal(mask, drawn(FIGURE))
    assert outcome.row is not None and outcome.row.reading == "alpha"


@pytest.mark.parametrize("white", [1.0, 255.0])
def test_what_is_no_number_is_told(white: float, tmp_path: Path) -> None:
    floats = np.where(SHAPE > 0, np.float32(white), np.float32(0))
    floats[0, :3] = np.nan, np.inf, -np.inf
    wanted = SHAPE.copy()
    wanted[0, :3] = 0, 255, 0
    mask, outcome = only(with_mask(tmp_path, floats, "a.tif"))
    np.testing.assert_array_equal(mask, wanted)
    assert "NaN became 0, infinity an end (" in outcome.notes[0]


def test_label_maps_are_kept_and_told(tmp_path: Path) -> None:
    labels = (SHAPE > 0).astype(np.uint8) * 2
    mask, outcome = only(with_mask(tmp_path, labels, "a.png"))
    np.testing.assert_array_equal(mask, labels)
    assert "a label map (2)" in outcome.notes[0]
    assert "--above 0" in outcome.notes[0]


def test_paint_that_red_does_not_hold_is_told_and_auto_finds_it(tmp_path: Path) -> None:
    green = np.dstack([SHAPE * 0, SHAPE, SHAPE * 0])
    mask, outcome = only(with_mask(tmp_path / "r", green, "a.png"))
    assert not mask.any()
    assert "--from auto" in outcome.notes[0]
    mask, outcome = only(with_mask(tmp_path / "auto", green, "a.png"), channel="auto")
    np.testing.assert_array_equal(mask, SHAPE)
    assert outcome.row is not None
    assert (outcome.row.reading, outcome.row.why) == ("g", "all its paint shows in green")
    assert outcome.row.before == 0


def test_pale_paint_is_made_white_where_it_is_flat_and_told_where_it_is_soft(
    tmp_path: Path,
) -> None:
    pale = np.dstack([SHAPE * 0, SHAPE // 2, SHAPE * 0])
    white, outcome = only(with_mask(tmp_path / "flat", pale, "a.png"), channel="auto")
    np.testing.assert_array_equal(white, SHAPE)
    assert outcome.notes == ()
    pale[..., 1] = cv2.GaussianBlur(pale[..., 1], (0, 0), 2)
    tmp_path = tmp_path / "soft"
    _, outcome = only(with_mask(tmp_path, pale, "a.png"), channel="auto")
    assert outcome.notes == (
        "its largest value is 127 of 255; to train it in full, add --levels 0,127",
    )


def test_a_black_mask_is_told_without_a_way_out(tmp_path: Path) -> None:
    _, outcome = only(with_mask(tmp_path, SHAPE * 0, "a.png"))
    assert outcome.notes == ("nothing of it trains",)


def test_tones_come_after_the_channel(tmp_path: Path) -> None:
    options = {"levels": (64, 192), "threshold": 128, "invert": True, "floor": 0.2}
    mask, _ = only(with_mask(tmp_path, NOISE, "a.png"), channel="g", **options)
    np.testing.assert_array_equal(mask, np.where(NOISE[..., 1] >= 128, 51, 255))


# Alpha sets


def alpha_config(root: Path, *folders: Path, subset: str = "alpha_mask = true") -> Path:
    path = root / "alpha.toml"
    path.write_text(
        "[[datasets]]\nresolution = 512\n"
        + "".join(f"[[datasets.subsets]]\nimage_dir = '{each}'\n{subset}\n" for each in folders),
        encoding="utf-8",
    )
    return path


def pictures(folder: Path, **images: Image.Image) -> Path:
    folder.mkdir(parents=True)
    for stem, image in images.items():
        image.save(folder / f"{stem}.png")
    return folder


def test_alpha_sets_give_their_alpha(tmp_path: Path) -> None:
    folder = pictures(tmp_path / "set", a=Image.fromarray(NOISE), b=Image.new("RGB", (8, 8)))
    for place, arguments in enumerate(
        [(alpha_config(tmp_path, folder),), (folder, "--alpha"), (folder, "--from", "alpha")]
    ):
        out = tmp_path / f"out{place}"
        result = run("extract", *arguments, "--output", out)
        assert result.exit_code == 1
        assert "b.png: stores no alpha" in result.output
        assert os.listdir(out) == ["a.png"]
        np.testing.assert_array_equal(np.asarray(Image.open(out / "a.png")), NOISE[..., 3])


def test_subsets_without_masks_are_read_on_demand(tmp_path: Path) -> None:
    folder = pictures(tmp_path / "set", a=Image.fromarray(NOISE))
    config = alpha_config(tmp_path, folder, subset="")
    refused = run("extract", config, "--output", tmp_path / "out")
    assert refused.exit_code == 2
    assert "add --from alpha" in refused.output
    assert run("extract", config, "--output", tmp_path / "out", "--from", "alpha").exit_code == 0
    assert os.listdir(tmp_path / "out") == ["a.png"]


def test_regularisation_images_train_whole(tmp_path: Path) -> None:
    config = alpha_config(tmp_path, pictures(tmp_path / "set", a=Image.fromarray(NOISE)))
    regular = pictures(tmp_path / "regular", b=Image.new("RGB", (8, 8)))
    with config.open("a", encoding="utf-8") as stream:
        stream.write(f"[[datasets.subsets]]\nimage_dir = '{regular}'\nis_reg = true\n")
    out = tmp_path / "out"
    result = run("extract", config, "--output", out, "--from", "alpha")
    assert result.exit_code == 0, result.output
    assert os.listdir(out) == ["a.png"]


def test_alpha_is_never_extracted_in_place(tmp_path: Path) -> None:
    folder = pictures(tmp_path / "set", a=Image.fromarray(NOISE))
    before = (folder / "a.png").read_bytes()
    for option in ("--in-place", "--dry-run"):
        result = run("extract", folder, "--alpha", option)
        assert result.exit_code == 2
        assert "--output DIR" in result.output
    assert (folder / "a.png").read_bytes() == before


def test_colours_of_an_alpha_sets_images_are_no_mask(tmp_path: Path) -> None:
    folder = pictures(tmp_path / "set", a=Image.fromarray(NOISE))
    with pytest.raises(MaskprepError, match="--from g reads mask files"):
        extract(found(alpha_config(tmp_path, folder)), Destination(tmp_path / "o"), channel="g")


# Where it goes


def test_several_folders_stay_apart(tmp_path: Path) -> None:
    one = pictures(tmp_path / "one", a=Image.fromarray(NOISE))
    two = pictures(tmp_path / "two", a=Image.fromarray(NOISE[::-1].copy()))
    run("extract", alpha_config(tmp_path, one, two), "--output", tmp_path / "out")
    for name, alpha in (("one", NOISE[..., 3]), ("two", NOISE[::-1, :, 3])):
        made = np.asarray(Image.open(tmp_path / "out" / name / "a.png"))
        np.testing.assert_array_equal(made, alpha)


def test_a_mask_that_several_subsets_share_is_made_once(tmp_path: Path) -> None:
    folders = Folders(tmp_path).add("a.png")
    config = folders.config()
    text = config.read_text(encoding="utf-8")
    config.write_text(text + text, encoding="utf-8")  # the same folders at two resolutions
    done = extract(found(config), Destination(None), invert=True)
    assert len(done.outcomes) == 1
    mask = np.asarray(Image.open(folders.masks / "a.png"))
    np.testing.assert_array_equal(mask, 255 - SHAPE)


def test_in_place_only_what_differs_is_replaced(tmp_path: Path) -> None:
    folders = Folders(tmp_path).add("a.png").add("b.png").add("c.png").add("d.png")
    (folders.masks / "b.png").unlink()
    (folders.masks / "c.png").unlink()
    Image.fromarray(SHAPE).save(folders.masks / "b.jpg", quality=95)
    Image.fromarray(SHAPE).save(folders.masks / "c.tif")
    Image.fromarray(SHAPE).convert("1").save(folders.masks / "d.png")
    before = (folders.masks / "a.png").stat().st_mtime_ns
    done, _ = extracted(folders, None)
    assert sorted(os.listdir(folders.masks)) == ["a.png", "b.png", "c.png", "d.png"]
    assert (folders.masks / "a.png").stat().st_mtime_ns == before
    assert [outcome.changed for outcome in done.outcomes] == [False, True, True, True]
    (backup,) = done.backups
    assert sorted(originals(backup)) == ["b.jpg", "c.tif", "d.png"]
    again, training_set = extracted(folders, None)
    assert not any(outcome.changed for outcome in again.outcomes)
    assert again.backups == ()
    assert all(pair.mask for pair in training_set.datasets[0].subsets[0].pairs)


@names_by_case
def test_in_place_a_name_that_the_trainer_does_not_see_is_mended(tmp_path: Path) -> None:
    folders = with_mask(tmp_path, SHAPE, "a.Png", format="PNG")
    extracted(folders, None)
    assert os.listdir(folders.masks) == ["a.png"]
    assert found(folders.config()).datasets[0].subsets[0].pairs[0].mask is not None


def test_a_plain_mask_is_copied_byte_for_byte(tmp_path: Path) -> None:
    folders = Folders(tmp_path).add("a.png")
    extracted(folders, tmp_path / "out")
    assert (tmp_path / "out" / "a.png").read_bytes() == (folders.masks / "a.png").read_bytes()


def test_a_dry_run_tells_all_and_writes_nothing(tmp_path: Path) -> None:
    folders = with_mask(tmp_path, NOISE, "a.png")
    before = sorted(str(path) for path in tmp_path.glob("**/*"))
    config = folders.config()
    result = run("extract", config, "--from", "g", "--dry-run")
    assert result.exit_code == 0
    assert "1 of 1 files would be changed in place" in result.output
    assert sorted(str(path) for path in tmp_path.glob("**/*")) == sorted([*before, str(config)])


def pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def bomb(path: Path) -> None:
    header = struct.pack(">IIBBBBB", 60000, 60000, 8, 0, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", b""), (b"IEND", b"")]
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + b"".join(
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
            for kind, body in chunks
        )
    )


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda path: path.write_bytes(b""), "is empty (0 bytes)"),
        (lambda path: path.write_bytes(path.read_bytes()[:70]), "cut short"),
        (lambda path: path.write_text("no image"), "is not an image"),
        (bomb, "declares more pixels"),
        (lambda path: (path.unlink(), path.mkdir()), "is a folder"),
        pytest.param(pipe, "is no regular file", marks=pipes),
        pytest.param(
            lambda path: (path.unlink(), path.symlink_to("nowhere")),
            "there is no such file",
            marks=links,
        ),
        (lambda path: path.unlink(), "has no mask"),
    ],
)
def test_a_bad_file_is_told_in_one_line_and_the_others_go_on(
    spoil: Callable[[Path], object], words: str, tmp_path: Path
) -> None:
    folders = Folders(tmp_path).add("a.png").add("b.png").add("c.png")
    spoil(folders.masks / "b.png")
    result = run("extract", folders.config(), "--output", tmp_path / "out")
    assert result.exit_code == 1
    (line,) = [line for line in result.output.splitlines() if "b.png: " in line]
    assert words in line
    assert sorted(os.listdir(tmp_path / "out")) == ["a.png", "c.png"]
    assert "2 of 3 files written" in result.output


def test_a_missing_mask_folder_is_every_images_problem(tmp_path: Path) -> None:
    folders = Folders(tmp_path).add("a.png")
    config = folders.config()
    (folders.masks / "a.png").unlink()
    folders.masks.rmdir()
    result = run("extract", config, "--output", tmp_path / "out")
    assert result.exit_code == 1
    assert "a.png: has no mask" in result.output


@pytest.mark.parametrize(
    ("arguments", "options"),
    [
        (("--from", "b"), {"channel": "b"}),
        (("--label", "7", "--label", "9"), {"labels": [7, 9]}),
        (("--above", "99"), {"above": 99}),
        (("--levels", "50,200"), {"levels": (50, 200)}),
        (("--threshold", "77"), {"threshold": 77}),
        (("--invert",), {"invert": True}),
        (("--floor", "0.3"), {"floor": 0.3}),
    ],
)
def test_every_option_reaches_the_mask(
    arguments: tuple[str, ...], options: dict[str, Any], tmp_path: Path
) -> None:
    folders = with_mask(tmp_path, NOISE, "a.png")
    wanted, _ = only(folders, **options)
    assert not np.array_equal(wanted, NOISE[..., 0])
    result = run("extract", folders.config(), "--output", tmp_path / "cli", *arguments)
    assert result.exit_code == 0
    np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "cli" / "a.png")), wanted)


@pytest.mark.parametrize(
    "arguments",
    [
        ("--levels", "9"),
        ("--levels", "200,100"),
        ("--threshold", "256"),
        ("--floor", "20"),
        ("--label", "1", "--above", "0"),
        ("--label", "1", "--colour", "ff0000"),
        ("--colour", "ff00"),
        ("--colour", "ff0000", "--from", "r"),
        ("--from", "red"),
        ("--in-place",),
    ],
)
def test_wishes_out_of_range_are_refused(arguments: tuple[str, ...], tmp_path: Path) -> None:
    config = Folders(tmp_path).add("a.png").config()
    result = run("extract", config, "--output", tmp_path / "out", *arguments)
    assert result.exit_code == 2
    assert not (tmp_path / "out").exists()


# EXIF

LYING = drawn("#+..\n...#\n..#.")
SQUARE = drawn("#+.\n...\n..#")


def turned_pair(root: Path, stored: Pixels, orientation: int, mask: Pixels, name: str) -> Folders:
    """Make an image that viewers turn, and the mask of it as given."""
    folders = Folders(root)
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = orientation, "a camera"
    Image.fromarray(np.dstack([stored] * 3)).save(folders.images / name, exif=exif)
    (folders.images / name).with_suffix(".txt").write_text("a figure", encoding="utf-8")
    Image.fromarray(mask).save(folders.masks / "a.png")
    return folders


def all_words(result: Result) -> str:
    """Join what was printed, however wide the lines are."""
    return " ".join(result.output.split())


def shown(stored: Pixels, orientation: int) -> Pixels:
    image = Image.fromarray(stored)
    image.getexif()[0x0112] = orientation
    return np.asarray(ImageOps.exif_transpose(image))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_tiff_mask_is_turned_once(orientation: int, tmp_path: Path) -> None:
    folders = Folders(tmp_path)
    Image.fromarray(np.dstack([LYING] * 3)).save(folders.images / "a.png")
    turn_back = {6: 8, 8: 6}.get(orientation, orientation)
    stored = shown(LYING, turn_back)
    Image.fromarray(stored).save(folders.masks / "a.tif", tiffinfo={0x0112: orientation})
    made, outcome = only(folders)
    np.testing.assert_array_equal(made, LYING)
    assert outcome.notes == ()


def test_an_orientation_behind_the_pixels_is_told_as_one_before_them(tmp_path: Path) -> None:
    folders = turned_pair(tmp_path, SQUARE, 3, shown(SQUARE, 3), "a.png")
    path = folders.images / "a.png"
    png = path.read_bytes()
    start = png.index(b"eXIf") - 4
    end = start + 12 + int.from_bytes(png[start : start + 4], "big")
    path.write_bytes(png[:start] + png[end:-12] + png[start:end] + png[-12:])
    _, outcome = only(folders)
    assert "viewers turn its image (EXIF orientation 3)" in outcome.notes[0]
    result = run("check", folders.config(), "--select", "exif-orientation")
    assert "viewers turn it (EXIF orientation 3), the trainer does not" in all_words(result)
    upright = tmp_path / "upright"
    made = run(
        *("extract", folders.config(), "--apply-exif", "--output", upright),
        *("--painted-on", "viewed"),
    )
    assert made.exit_code == 0
    with (
        Image.open(upright / "images" / "a.png") as image,
        Image.open(upright / "masks" / "a.png") as mask,
    ):
        np.testing.assert_array_equal(np.asarray(image)[..., 0], shown(SQUARE, 3))
        np.testing.assert_array_equal(np.asarray(mask), shown(SQUARE, 3))
        assert 0x0112 not in image.getexif()


@pytest.mark.parametrize("orientation", [1, 3, 6])
def test_a_turned_tiff_called_png_is_told_where_pillow_scrambles_it(
    orientation: int, tmp_path: Path
) -> None:
    folders = Folders(tmp_path)
    mask = folders.masks / "a.png"
    Image.fromarray(LYING).save(mask, "TIFF", tiffinfo={0x0112: orientation})
    picture = shown(LYING, orientation)
    Image.fromarray(np.dstack([picture] * 3)).save(folders.images / "a.png")
    with Image.open(mask) as image:
        image.load()
        is_right = np.array_equal(np.asarray(image), picture)
    result = run("check", folders.config(), "--select", "exif-orientation")
    assert ("(11.0 to 13.0) scrambles it" in all_words(result)) == (not is_right)
    assert "viewers turn it" not in all_words(result)
    made, _ = only(folders)
    np.testing.assert_array_equal(made, picture)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_turned_tiff_is_squeezed_where_its_sides_swap(orientation: int, tmp_path: Path) -> None:
    folders = Folders(tmp_path)
    picture = Image.fromarray(np.dstack([LYING] * 3))
    picture.save(folders.images / "a.png", "TIFF", tiffinfo={0x0112: orientation})
    Image.fromarray(shown(LYING, orientation)).save(folders.masks / "a.png")
    told = all_words(run("check", folders.config(), "--select", "exif-orientation"))
    assert ("it is squeezed into a bucket for" in told) == (orientation >= 5)


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.webp"])
@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("painted_on", ["stored", "viewed"])
def test_masks_fit_the_stored_pixels(
    painted_on: str, orientation: int, name: str, tmp_path: Path
) -> None:
    for form, stored in (("lying", LYING), ("square", SQUARE)):
        mask = shown(stored, orientation) if painted_on == "viewed" else stored
        folders = turned_pair(tmp_path / form, stored, orientation, mask, name)
        made, _ = only(folders, painted_on=painted_on)
        np.testing.assert_array_equal(made, stored)


@pytest.mark.parametrize("orientation", range(2, 9))
def test_without_a_word_sizes_decide_and_doubt_is_told(orientation: int, tmp_path: Path) -> None:
    mask = shown(LYING, orientation)
    made, outcome = only(turned_pair(tmp_path, LYING, orientation, mask, "a.jpg"))
    if orientation >= 5:
        np.testing.assert_array_equal(made, LYING)
        assert "turned back" in outcome.notes[0]
    else:
        np.testing.assert_array_equal(made, mask)
        assert "--painted-on viewed" in outcome.notes[0]


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("own", range(2, 9))
def test_a_masks_own_orientation_counts(own: int, orientation: int, tmp_path: Path) -> None:
    # What the painter saw, saved by a program that turns it back and says so.
    undo = {6: 8, 8: 6}.get(own, own)
    mask = shown(shown(LYING, orientation), undo)
    folders = turned_pair(tmp_path, LYING, orientation, mask, "a.jpg")
    exif = Image.Exif()
    exif[0x0112] = own
    Image.fromarray(mask).save(folders.masks / "a.png", exif=exif)
    made, _ = only(folders)
    np.testing.assert_array_equal(made, LYING)


def test_what_was_painted_on_can_be_said(tmp_path: Path) -> None:
    folders = turned_pair(tmp_path, LYING, 3, shown(LYING, 3), "a.jpg")
    out = tmp_path / "out"
    result = run("extract", folders.config(), "--painted-on", "viewed", "--output", out)
    assert result.exit_code == 0
    np.testing.assert_array_equal(np.asarray(Image.open(out / "a.png")), LYING)


def test_a_size_that_does_not_fit_is_told_and_kept(tmp_path: Path) -> None:
    made, outcome = only(with_mask(tmp_path, SHAPE[:64], "a.png"))
    np.testing.assert_array_equal(made, SHAPE[:64])
    assert "is 128 x 64 px, its image 128 x 128 px: the trainer stops" in outcome.notes[0]


@pytest.mark.parametrize("orientation", range(1, 9))
def test_applied_exif_makes_a_complete_upright_set(orientation: int, tmp_path: Path) -> None:
    folders = turned_pair(tmp_path, LYING, orientation, LYING, "a.png")
    original = (folders.images / "a.png").read_bytes()
    out = tmp_path / "out"
    result = run(
        "extract", folders.config(), "--apply-exif", "--output", out, "--painted-on", "stored"
    )
    assert result.exit_code == 0, result.output
    assert sorted(os.listdir(out / "images")) == ["a.png", "a.txt"]
    wanted = shown(LYING, orientation)
    with Image.open(out / "images" / "a.png") as image:
        np.testing.assert_array_equal(np.asarray(image)[..., 0], wanted)
        exif = image.getexif()
        assert exif.get(0x0112, 1) == 1
        assert exif[0x010F] == "a camera"
    np.testing.assert_array_equal(np.asarray(Image.open(out / "masks" / "a.png")), wanted)
    assert ((out / "images" / "a.png").read_bytes() == original) == (orientation == 1)
    assert "no captions" not in result.output


def test_applied_exif_keeps_alpha_and_the_names_of_upright_images(tmp_path: Path) -> None:
    folder = tmp_path / "set"
    folder.mkdir()
    pixels = np.maximum(NOISE, 1)  # old WebP writers clear what alpha 0 hides
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(pixels[:40]).save(folder / "turned.webp", exif=exif, lossless=True, exact=True)
    Image.fromarray(pixels).save(folder / "upright.webp", lossless=True, exact=True)
    out = tmp_path / "out"
    result = run("extract", folder, "--alpha", "--apply-exif", "--output", out)
    assert result.exit_code == 0, result.output
    assert sorted(os.listdir(out / "images")) == ["turned.png", "upright.webp"]
    assert sorted(os.listdir(out / "masks")) == ["turned.png", "upright.png"]
    assert (out / "images" / "upright.webp").read_bytes() == (folder / "upright.webp").read_bytes()
    wanted = np.rot90(pixels[:40], -1)  # type: ignore[no-untyped-call,unused-ignore]
    np.testing.assert_array_equal(np.asarray(Image.open(out / "images" / "turned.png")), wanted)
    mask = np.asarray(Image.open(out / "masks" / "turned.png"))
    np.testing.assert_array_equal(mask, wanted[..., 3])


def test_applied_exif_needs_a_folder(tmp_path: Path) -> None:
    config = Folders(tmp_path).add("a.png").config()
    result = run("extract", config, "--apply-exif", "--in-place")
    assert result.exit_code == 2
    assert "--output DIR" in result.output


RULES = SAMPLES / "rules"


@pytest.mark.parametrize(
    "name", ["mask-16bit", "mask-label-map", "mask-alpha-ignored", "mask-coloured", "mask-palette"]
)
def test_what_the_rules_find_auto_mends(name: str, tmp_path: Path) -> None:
    (sample,) = RULES.glob(f"*-{name}")
    shutil.copytree(sample / "bad", tmp_path / "set")
    config = tmp_path / "set" / "dataset.toml"
    assert name in run("check", config, "--all").output
    assert run("extract", config, "--from", "auto", "--in-place").exit_code == 0
    report = run("check", config, "--all").output
    assert name not in report
    assert "0 errors" in report
    mended = np.asarray(Image.open(tmp_path / "set" / "masks" / "cat.png"))
    good = raster.read_mask(str(sample / "good" / "masks" / "cat.png"), "r").mask
    assert np.abs(mended.astype(int) - good).mean() < 1


def test_flatness_is_judged_of_what_was_made(tmp_path: Path) -> None:
    labels = np.where(SHAPE > 0, 1, 0).astype(np.uint8)
    folders = with_mask(tmp_path, labels, "a.png")
    _, outcome = only(folders, labels=(9,), invert=True)
    assert any("all of it trains" in note for note in outcome.notes)
    assert not any("nothing" in note for note in outcome.notes)


def test_a_white_mask_with_its_shape_in_alpha_is_pointed_there(tmp_path: Path) -> None:
    white = np.full((SIDE, SIDE, 4), 255, np.uint8)
    white[..., 3] = SHAPE
    _, outcome = only(with_mask(tmp_path, white, "a.png"))
    assert any("all of it trains in r: --from auto" in note for note in outcome.notes)


def test_masks_are_brought_to_their_images_size(tmp_path: Path) -> None:
    small = Image.fromarray(SHAPE).resize((64, 64), Image.Resampling.BOX)
    folders = with_mask(tmp_path, small, "a.png")
    plain = extracted(folders, tmp_path / "plain")[0].outcomes[0]
    assert any("--resize brings it to that size" in note for note in plain.notes)
    made, outcome = only(folders, resize=True)
    assert made.shape == (SIDE, SIDE)
    assert float(np.abs(made.astype(int) - SHAPE).mean()) < 12
    assert any("is 64 x 64 px, its image 128 x 128 px: resized" in note for note in outcome.notes)
    small.resize((64, 40)).save(folders.masks / "a.png")
    (failed,) = extracted(folders, tmp_path / "other", resize=True)[0].outcomes
    assert "of another shape, export it again" in failed.problem


def test_a_photograph_is_no_mask(tmp_path: Path) -> None:
    photo = ROOT / "samples/photo/images/astronaut.png"
    folders = Folders(tmp_path).add("a.png")
    with Image.open(photo) as image:
        image.convert("RGB").resize((SIDE, SIDE)).save(folders.masks / "a.png")
    (failed,) = extracted(folders, tmp_path / "out", channel="auto")[0].outcomes
    assert "looks like a photograph" in failed.problem
    (named,) = extracted(folders, tmp_path / "out", channel="luminance")[0].outcomes
    assert not named.problem


def test_void_pixels_of_label_maps_do_not_train(tmp_path: Path) -> None:
    deep = np.zeros((SIDE, SIDE), np.uint16)
    deep[10:40, 10:40], deep[60:90, 60:90], deep[:4] = 1, 2, 255
    folders = with_mask(tmp_path, deep, "a.png")
    _, told = only(folders)
    assert any("looks like a label map (1, 2 and 255 for none)" in note for note in told.notes)
    assert not any("--above" in note for note in told.notes)
    (auto,) = extracted(folders, tmp_path / "auto", channel="auto")[0].outcomes
    assert auto.row is not None
    assert auto.row.reading == "labels"
    with Image.open(tmp_path / "auto" / "a.png") as made:
        np.testing.assert_array_equal(np.asarray(made) > 0, (deep > 0) & (deep < 255))


def test_numbers_of_a_palette_are_called_labels(tmp_path: Path) -> None:
    image = Image.fromarray((SHAPE > 0).astype(np.uint8), "L").convert("P")
    image.putpalette([0, 0, 0, 200, 30, 40])
    made, outcome = only(with_mask(tmp_path, image, "a.png"), labels=(1,))
    assert outcome.row is not None
    assert outcome.row.reading == "labels"
    np.testing.assert_array_equal(made, SHAPE)


@pytest.mark.parametrize("floor", ["nan", "inf"])
def test_a_floor_that_is_no_number_is_a_usage_error(floor: str, tmp_path: Path) -> None:
    config = Folders(tmp_path).add().config()
    result = run("extract", config, "--floor", floor, "--output", tmp_path / "out")
    assert result.exit_code == 2
    assert not (tmp_path / "out").exists()


RED, GREEN, BLACK = (255, 0, 0), (0, 200, 0), (0, 0, 0)


def colours(*bands: tuple[int, int, int]) -> NDArray[np.uint8]:
    """Paint each band of the figure, from above, in a flat colour."""
    height = len(SHAPE) // len(bands)
    painted = np.zeros((*SHAPE.shape, 3), np.uint8)
    for place, colour in enumerate(bands):
        rows = slice(place * height, (place + 1) * height)
        painted[rows][SHAPE[rows] > 0] = colour
    return painted


def test_a_set_of_class_colours_is_read_in_one_way(tmp_path: Path) -> None:
    folders = Folders(tmp_path).add("a.png").add("b.png")
    Image.fromarray(colours(RED, GREEN)).save(folders.masks / "a.png")
    Image.fromarray(colours(RED)).save(folders.masks / "b.png")
    carried, _ = extracted(folders, tmp_path / "out", channel="auto")
    assert [each.row and each.row.reading for each in carried.outcomes] == ["classes", "classes"]
    for name in ("a.png", "b.png"):
        with Image.open(tmp_path / "out" / name) as made:
            np.testing.assert_array_equal(np.asarray(made), SHAPE)


def test_what_differs_from_its_set_is_told(tmp_path: Path) -> None:
    folders = Folders(tmp_path).add("a.png").add("b.png").add("c.png")
    in_alpha = np.dstack([np.full((*SHAPE.shape, 3), 255, np.uint8), SHAPE])
    Image.fromarray(in_alpha).save(folders.masks / "c.png")
    carried, _ = extracted(folders, tmp_path / "out", channel="auto")
    notes = [each.notes for each in carried.outcomes]
    told = "is read from alpha, unlike most of its set, which is from r"
    assert notes == [(), (), (told,)]


@pytest.mark.parametrize(
    ("values", "told"),
    [
        (np.where(SHAPE > 0, 1, 2), "name the labels that train, --label N"),
        (np.full_like(SHAPE, 112), "is 112 of 255 all over: there is no shape in it"),
    ],
)
def test_auto_writes_nothing_where_it_cannot_know(
    values: NDArray[np.uint8], told: str, tmp_path: Path
) -> None:
    folders = with_mask(tmp_path, values.astype(np.uint8), "a.png")
    (outcome,) = extracted(folders, tmp_path / "out", channel="auto")[0].outcomes
    assert told in outcome.problem
