"""Data sets laid out anew: the same masks there and back, for every pair of trainers."""

from __future__ import annotations

import itertools
import json
import os
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from maskprep.dataset.converted import weighed
from maskprep.dataset.discover import Request, discover_pairs, trainer_of
from maskprep.dataset.samples import samples_of
from maskprep.exporting.convert import plan_conversion
from maskprep.exporting.moves import carry_out
from maskprep.model import MaskSource
from maskprep.trainers import find_model, find_trainer, known_trainers
from maskprep.trainers.base import Trainer
from tests.commands import all_of, run
from tests.datasets import FIGURE, Folders, drawn, image_folder
from tests.messy import Pixels, save
from tests.messy import photo as photo_of
from tests.trainers.toy import Toy

TRAINERS = tuple(known_trainers())


def figure() -> Pixels:
    return drawn(FIGURE)


def photo(number: int, height: int = 128) -> Image.Image:
    return photo_of(number, (128, height))


def laid_out(root: Path, trainer: str) -> Path:
    """Lay three pairs out for a trainer; give its configuration."""
    source = root / "source"
    folders = Folders(source)
    for place, name in enumerate(("a.png", "b.jpg", "c.png")):
        folders.add(name)
        save(soft(place), folders.masks / f"{name[0]}.png")
        save(photo(place), folders.images / name)
    config = folders.config()
    return converted(config, trainer, root / "first")


def soft(seed: int) -> Pixels:
    mask: Pixels = figure().copy()
    mask[: 8 + seed, :40] = np.arange(40, dtype=np.uint8) * 6
    return mask


def converted(config: Path, trainer: str, output: Path, *options: str) -> Path:
    before = contents(config.parent)
    result = run("convert", config, "--to", trainer, "-o", output, *options)
    assert result.exit_code == 0, all_of(result)
    assert contents(config.parent) == before
    (written,) = output.glob("dataset.*")
    return written


def contents(root: Path) -> dict[str, bytes]:
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and "first" not in path.parts
    }


def masks_of(config: Path) -> Mapping[str, Pixels]:
    """Give every mask as its trainer weighs it, by its image's name."""
    trainer = trainer_of(str(config))
    found = discover_pairs(Request(str(config), trainer, find_model(trainer, None)))
    samples = list(samples_of(found))
    assert all(each.trains == "masked" for each in samples), [each.obstacle for each in samples]
    return {Path(each.pair.image).stem: weighed(each) for each in samples}


def same(one: Mapping[str, Pixels], other: Mapping[str, Pixels]) -> bool:
    return one.keys() == other.keys() and all(
        np.array_equal(mask, other[name]) for name, mask in one.items()
    )


@pytest.mark.parametrize(("one", "other"), list(itertools.permutations(TRAINERS, 2)))
def test_there_and_back_gives_the_same_masks(one: str, other: str, tmp_path: Path) -> None:
    first = laid_out(tmp_path, one)
    there = converted(first, other, tmp_path / "there")
    back = converted(there, one, tmp_path / "back")
    wanted = {name: soft(place) for place, name in enumerate("abc")}
    assert same(masks_of(first), wanted)
    assert same(masks_of(there), wanted)
    assert same(masks_of(back), wanted)
    captions = {path.read_text() for path in (tmp_path / "back").rglob("*.txt")}
    assert captions == {"a figure"}


@pytest.mark.parametrize("target", TRAINERS)
def test_the_result_passes_the_targets_check(target: str, tmp_path: Path) -> None:
    config = laid_out(tmp_path, target)
    result = run("check", config, "--no-cache")
    assert result.exit_code == 0, all_of(result)


def test_a_trainer_without_configurations_gets_its_layout(tmp_path: Path) -> None:
    config = laid_out(tmp_path, "sd-scripts")
    trainer = find_trainer("sd-scripts")
    found = discover_pairs(Request(str(config), trainer, find_model(trainer, None)))
    toy = Toy("1")
    model = Toy.models["tiny"]
    written = carry_out(plan_conversion(found, tmp_path / "toy", toy, model), toy, model)
    assert not written.obstacles and written.flags == ""
    names = {path.name for path in (tmp_path / "toy" / "masks").iterdir()}
    assert names == {"a-m.png", "b-m.png", "c-m.png"}
    assert [row.trains for report in written.reports for row in report.rows] == ["masked"] * 3


def turned(root: Path) -> Path:
    """Make a pair whose image EXIF turns, its mask drawn on the stored pixels."""
    folders = Folders(root)
    folders.add("a.png")
    exif = Image.Exif()
    exif[0x0112] = 6
    photo(1, 96).save(folders.images / "a.png", exif=exif)
    save(figure()[:96], folders.masks / "a.png")
    return folders.config()


def test_masks_on_stored_pixels_lie_on_upright_images_elsewhere(tmp_path: Path) -> None:
    there = converted(turned(tmp_path / "set"), "onetrainer", tmp_path / "there")
    assert same(masks_of(there), {"a": np.rot90(figure()[:96], -1)})
    with Image.open(tmp_path / "there" / "images" / "a.png") as image:
        assert image.getexif().get(0x0112, 1) == 1
        assert np.array_equal(
            np.asarray(image.convert("RGB")), np.rot90(np.asarray(photo(1, 96)), -1)
        )
    back = converted(there, "sd-scripts", tmp_path / "back")
    assert same(masks_of(back), masks_of(there))


def test_a_missing_mask_is_white_where_one_is_needed(tmp_path: Path) -> None:
    images = tmp_path / "set"
    image_folder(images, ("a.png", "b.png"))
    save(figure(), images / "a-masklabel.png")
    result = run(
        *("convert", images, "--trainer", "onetrainer", "--to", "sd-scripts"),
        *("-o", tmp_path / "out"),
    )
    assert result.exit_code == 0 and "1 mask written white" in result.stdout, all_of(result)
    with Image.open(tmp_path / "out" / "masks" / "b.png") as mask:
        assert mask.getextrema() == (255, 255)


def test_a_mask_that_the_trainer_wants_and_lacks_is_no_white_one(tmp_path: Path) -> None:
    folders = Folders(tmp_path / "set").add("a.png").add("b.png")
    (folders.masks / "b.png").unlink()
    config = folders.config()
    result = run("convert", config, "--to", "onetrainer", "-o", tmp_path / "out")
    assert "without a mask (1)" in result.stdout
    assert not (tmp_path / "out" / "images" / "b.png").exists()
    result = run("convert", config, "--to", "onetrainer", "-o", tmp_path / "all", "--whole")
    assert (tmp_path / "all" / "images" / "b.png").exists(), all_of(result)


def test_masks_go_into_the_alpha_and_out_of_it(tmp_path: Path) -> None:
    config = Folders(tmp_path / "set").add("a.png").config()
    inside = converted(config, "sd-scripts", tmp_path / "alpha", "--into-alpha")
    with Image.open(tmp_path / "alpha" / "images" / "a.png") as image:
        assert image.mode == "RGBA"
    assert not (tmp_path / "alpha" / "masks").exists()
    outside = converted(inside, "onetrainer", tmp_path / "out")
    with Image.open(tmp_path / "out" / "images" / "a.png") as image:
        assert image.mode == "RGB"
    assert same(masks_of(inside), masks_of(config)) and same(masks_of(outside), masks_of(config))


def test_who_reads_no_alpha_gets_none(tmp_path: Path) -> None:
    config = Folders(tmp_path / "set").add("a.png").config()
    result = run("convert", config, "--to", "onetrainer", "-o", tmp_path / "out", "--into-alpha")
    assert result.exit_code == 2 and "reads no masks from the alpha" in all_of(result)
    assert not (tmp_path / "out").exists()


def test_channels_are_those_that_the_source_weighs(tmp_path: Path) -> None:
    folders = Folders(tmp_path / "set").add("a.png")
    green = np.zeros((*figure().shape, 3), np.uint8)
    green[..., 1] = figure()
    green[..., 0] = 255 - figure()
    Image.fromarray(green).save(folders.masks / "a.png")
    there = converted(folders.config(), "onetrainer", tmp_path / "there")
    assert same(masks_of(there), {"a": 255 - figure()})


def test_what_cannot_be_told_is_said_and_a_dry_run_writes_nothing(tmp_path: Path) -> None:
    folders = Folders(tmp_path / "set").add("a.png")
    config = folders.config()
    text = config.read_text()
    config.write_text(text + text.replace("resolution = 128", "resolution = 256"))
    result = run("convert", config, "--to", "onetrainer", "-o", tmp_path / "out", "--dry-run")
    assert result.exit_code == 0 and not (tmp_path / "out").exists()
    assert "1 image of several datasets: each is taken once" in result.stdout
    assert "written with 256x256 alone" in result.stdout.replace(" x ", "x")
    assert "trains with weight 0.1 in onetrainer" in result.stdout


def test_repeats_and_regularisation_go_along_as_far_as_they_can(tmp_path: Path) -> None:
    folders = Folders(tmp_path / "set").add("a.png")
    plain = image_folder(tmp_path / "set" / "plain", ("p.png",))
    others = image_folder(tmp_path / "set" / "others", ("r.png",))
    config = folders.config(subset="num_repeats = 3")
    config.write_text(
        config.read_text()
        + f"[[datasets]]\nresolution = 128\n[[datasets.subsets]]\nimage_dir = '{plain}'\n"
        f"caption_extension = '.txt'\n[[datasets.subsets]]\nimage_dir = '{others}'\n"
        "is_reg = true\ncaption_extension = '.txt'\n"
    )
    result = run("convert", config, "--to", "onetrainer", "-o", tmp_path / "out")
    assert "has no regularisation images" in result.stdout, all_of(result)
    said = json.loads((tmp_path / "out" / "dataset.json").read_text())
    assert [each["balancing"] for each in said["concepts"]] == [3.0, 1.0, 1.0]


@pytest.mark.parametrize("name", ["mask/{}.png", "{}.mask", "{}.png.mask", "{}_mask.png"])
def test_forks_layouts_are_read(name: str, tmp_path: Path) -> None:
    root = tmp_path / "set"
    image_folder(root, ("a.png", "b.png"))
    for stem in "ab":
        save(figure(), tmp_path / "mask.png")
        path = root / name.format(stem)
        path.parent.mkdir(exist_ok=True)
        os.replace(tmp_path / "mask.png", path)
    result = run("convert", root, "--to", "onetrainer", "-o", tmp_path / "out")
    assert result.exit_code == 0, all_of(result)
    assert same(masks_of(tmp_path / "out" / "dataset.json"), dict.fromkeys("ab", figure()))


def test_json_lines_are_read(tmp_path: Path) -> None:
    root = tmp_path / "set"
    image_folder(root / "pics", ("a.png", "b.png"), captions=None)
    save(figure(), root / "m" / "other.png")
    rows = [
        {"image": "pics/a.png", "text": "a cat", "mask": "m/other.png"},
        {"image": "pics/b.png", "text": "whole"},
        {"image": "pics/gone.png", "text": "gone", "mask": "m/other.png"},
    ]
    (root / "data.jsonl").write_text("\n".join(map(json.dumps, rows)))
    result = run("convert", root / "data.jsonl", "--to", "sd-scripts", "-o", tmp_path / "out")
    assert result.exit_code == 0, all_of(result)
    assert "named, and not there (1)" in result.stdout
    assert same(masks_of(tmp_path / "out" / "dataset.toml"), {"a": figure()})
    assert (tmp_path / "out" / "images" / "a.txt").read_text() == "a cat"


@pytest.mark.parametrize("line", ["{", "[]", '{"text": "x"}'])
def test_broken_json_lines_are_told(line: str, tmp_path: Path) -> None:
    path = tmp_path / "data.jsonl"
    path.write_text(line)
    result = run("convert", path, "--to", "sd-scripts", "-o", tmp_path / "out")
    assert result.exit_code == 2 and f"{path}: line 1" in all_of(result)


def test_files_that_stay_as_they_are_are_links(tmp_path: Path) -> None:
    config = Folders(tmp_path / "set").add("a.png").config()
    converted(config, "onetrainer", tmp_path / "out")
    images, masks = tmp_path / "set" / "images", tmp_path / "set" / "masks"
    assert (tmp_path / "out" / "images" / "a.png").samefile(images / "a.png")
    assert (tmp_path / "out" / "images" / "a-masklabel.png").samefile(masks / "a.png")
    converted(config, "onetrainer", tmp_path / "copies", "--copy")
    assert not (tmp_path / "copies" / "images" / "a.png").samefile(images / "a.png")


def test_nothing_goes_into_the_data_set(tmp_path: Path) -> None:
    config = Folders(tmp_path / "set").add("a.png").config()
    target = tmp_path / "set" / "images" / "out"
    result = run("convert", config, "--to", "onetrainer", "-o", target)
    assert result.exit_code == 2 and not target.exists()


@pytest.mark.parametrize("target", TRAINERS)
def test_adopt_lays_out_for_every_trainer(target: str, tmp_path: Path) -> None:
    root = tmp_path / "set"
    for place, folder in enumerate(("cats", "dogs")):
        save(photo(place), root / folder / "a.jpg")
        (root / folder / "a.txt").write_text("a figure", encoding="utf-8")
        save(figure(), root / folder / "a_mask.png")
    result = run("adopt", root, "-o", tmp_path / "out", "--trainer", target)
    assert result.exit_code == 0, all_of(result)
    (config,) = (tmp_path / "out").glob("dataset.*")
    masks = masks_of(config)
    assert all(np.array_equal(mask, figure()) for mask in masks.values())
    assert len(list((tmp_path / "out").rglob("*.txt"))) == 2


def test_who_takes_one_folder_gets_one(tmp_path: Path) -> None:
    folders = Folders(tmp_path / "set").add("a.png")
    other = Folders(tmp_path / "set" / "more").add("a.png").config()
    config = folders.config(subset="num_repeats = 3")
    config.write_text(config.read_text() + other.read_text())
    result = run("convert", config, "--to", "anima-lora-studio", "-o", tmp_path / "out")
    assert result.exit_code == 0, all_of(result)
    assert "2 folders of images become one" in result.stdout
    assert "repeats (1, 3) are left out" in result.stdout
    assert len(masks_of(tmp_path / "out" / "dataset.yaml")) == 2


def test_captions_that_are_wanted_and_not_there_are_told_first(tmp_path: Path) -> None:
    folders = Folders(tmp_path / "set").add("a.png").add("b.png")
    (folders.images / "b.txt").unlink()
    asked = ("-o", tmp_path / "out", "--dry-run")
    result = run("convert", folders.config(), "--to", "anima-lora-studio", *asked)
    assert "1 image without a caption: anima-lora-studio" in result.stdout, all_of(result)


def test_a_mask_that_the_source_passes_over_is_a_white_one(tmp_path: Path) -> None:
    first = laid_out(tmp_path, "simpletuner")
    mask = tmp_path / "first" / "masks" / "a.png"
    mask.unlink()
    mask.write_bytes(b"no picture")
    result = run("convert", first, "--to", "sd-scripts", "-o", tmp_path / "out")
    assert result.exit_code == 0, all_of(result)
    with Image.open(tmp_path / "out" / "masks" / "a.png") as white:
        assert white.getextrema() == (255, 255)


def test_a_mask_of_another_size_is_left_out_where_the_source_does(tmp_path: Path) -> None:
    first = laid_out(tmp_path, "anima-lora-studio")
    save(np.zeros((8, 8), np.uint8), tmp_path / "small.png")
    os.replace(tmp_path / "small.png", tmp_path / "first" / "images" / "a.mask")
    result = run("convert", first, "--to", "sd-scripts", "-o", tmp_path / "out")
    assert result.exit_code == 0, all_of(result)
    with Image.open(tmp_path / "out" / "masks" / "a.png") as white:
        assert white.getextrema() == (255, 255) and white.size == (128, 128)


def test_inverted_masks_are_turned_round(tmp_path: Path) -> None:
    first = laid_out(tmp_path, "ai-toolkit")
    text = first.read_text(encoding="utf-8")
    lines = [
        f"{line}\n{line[: len(line) - len(line.lstrip())]}invert_mask: true"
        if line.lstrip().startswith("mask_path:")
        else line
        for line in text.splitlines()
    ]
    first.write_text("\n".join(lines), encoding="utf-8")
    wanted = {name: 255 - soft(place) for place, name in enumerate("abc")}
    assert same(masks_of(first), wanted)
    assert same(masks_of(converted(first, "sd-scripts", tmp_path / "there")), wanted)


def test_images_that_cannot_be_read_are_left_out(tmp_path: Path) -> None:
    folders = Folders(tmp_path / "set").add("a.png").add("b.png")
    (folders.images / "b.png").write_bytes(b"no picture")
    config = folders.config()
    result = run("convert", config, "--to", "onetrainer", "-o", tmp_path / "out")
    assert result.exit_code == 0, all_of(result)
    assert "at which the trainer stops" in result.stdout
    names = {path.name for path in (tmp_path / "out" / "images").glob("*.png")}
    assert names == {"a.png", "a-masklabel.png"}


def test_every_trainer_says_how_its_files_lie() -> None:
    for name in TRAINERS:
        trainer: Trainer = find_trainer(name)
        assert "layout" in type(trainer).__dict__, name
        assert MaskSource.FILE.value and trainer.layout.mask_of("a.png").startswith("a")
