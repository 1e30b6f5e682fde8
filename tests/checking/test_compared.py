"""The same masks under several trainers: numbers as each one's own data set would have them."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from maskprep.checking.compared import Seat, compare, look
from maskprep.dataset.discover import Request, discover_pairs, trainer_of
from maskprep.dataset.samples import samples_of
from maskprep.model import TrainingSet
from maskprep.trainers import find_model, find_trainer, known_trainers
from tests.commands import all_of, run
from tests.datasets import Folders
from tests.messy import photo, save
from tests.trainers.toy import Toy

TRAINERS = tuple(known_trainers())


def found(config: Path) -> TrainingSet:
    trainer = trainer_of(str(config))
    return discover_pairs(Request(str(config), trainer, find_model(trainer, None)))


def two_pairs(root: Path) -> Path:
    folders = Folders(root).add("a.png").add("b.png")
    save(photo(1, (192, 128)), folders.images / "a.png")
    mask = np.zeros((128, 192), np.uint8)
    mask[16:70, 31:] = np.arange(161, dtype=np.uint8)
    save(mask, folders.masks / "a.png")
    config = folders.config()
    config.write_text(config.read_text().replace("resolution = 128", "resolution = 256"))
    return config


def seat(name: str) -> Seat:
    trainer = find_trainer(name)
    return Seat(trainer, find_model(trainer, None))


@pytest.mark.parametrize("pair", list(itertools.permutations(TRAINERS, 2)), ids="-".join)
def test_each_sees_what_it_sees_of_the_converted_set(pair: tuple[str, str], tmp_path: Path) -> None:
    first, other = pair
    config = two_pairs(tmp_path / "set")
    for step, name in enumerate((first, other)):
        result = run("convert", config, "--to", name, "-o", tmp_path / f"{step}")
        assert result.exit_code == 0, all_of(result)
        (written,) = (tmp_path / f"{step}").glob("dataset.*")
        if step == 0:
            origins = list(samples_of(found(written)))
    for origin, there in zip(origins, samples_of(found(written)), strict=True):
        sample, seen = look(origin, seat(other))
        assert sample is not None, seen.problem
        assert there.weights is not None and sample.weights is not None
        assert np.array_equal(sample.weights, there.weights)


def test_generations_are_compared_with_the_sets_own_settings(tmp_path: Path) -> None:
    config = two_pairs(tmp_path / "set")
    (one, _) = compare(found(config), [seat("sd-scripts"), seat("sd-scripts@0.10")])
    (own, _) = (sample.weights for sample in samples_of(found(config)))
    assert own is not None and one.seen[0].mean == float(own.mean(dtype=np.float64))
    assert [each.trainer for each in one.seen] == ["sd-scripts@current", "sd-scripts@0.10"]


def test_shares_are_of_the_whole_set_and_follow_repeats(tmp_path: Path) -> None:
    config = Folders(tmp_path / "set").add("a.png").add("b.png").config()
    pairs = compare(found(config), [seat("sd-scripts"), seat("onetrainer")])
    assert [each.share for pair in pairs for each in pair.seen] == pytest.approx([0.5] * 4)


def test_a_toy_may_look_on(tmp_path: Path) -> None:
    config = Folders(tmp_path / "set").add("a.png").config()
    (pair,) = compare(found(config), [Seat(Toy("1"), Toy.models["tiny"])])
    assert not pair.seen[0].problem and 0 < pair.seen[0].mean < 1


def test_turned_images_are_compared_as_they_would_be_converted(tmp_path: Path) -> None:
    folders = Folders(tmp_path / "set").add("a.png")
    exif = Image.Exif()
    exif[0x0112] = 6
    photo(1, (128, 64)).save(folders.images / "a.png", exif=exif)
    mask = np.zeros((64, 128), np.uint8)
    mask[:, :32] = 255
    save(mask, folders.masks / "a.png")
    (origin,) = samples_of(found(folders.config()))
    sample, _ = look(origin, seat("onetrainer"))
    assert sample is not None and sample.weights is not None
    rows, columns = sample.weights.shape
    assert rows > columns and sample.weights[0].min() > sample.weights[-1].max()


def test_what_cannot_be_weighed_is_told_and_the_rest_compared(tmp_path: Path) -> None:
    folders = Folders(tmp_path / "set").add("a.png").add("b.png")
    save(np.zeros((8, 8), np.uint8), folders.masks / "b.png")
    result = run("compare", folders.config(), "--output", tmp_path / "out")
    assert result.exit_code == 1, all_of(result)
    assert "sd-scripts stops" in result.stdout and "b.png: not drawn" in result.stderr
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["a.png"]


def test_the_command_prints_a_table_or_json(tmp_path: Path) -> None:
    config = Folders(tmp_path / "set").add("a.png").config()
    asked = ("--trainer", "sd-scripts@0.9", "--trainer", "onetrainer")
    text = run("compare", config, *asked)
    assert text.exit_code == 0, all_of(text)
    assert "sd-scripts@0.9" in text.stdout and "onetrainer" in text.stdout
    assert "sd-scripts@current" not in text.stdout
    said = json.loads(run("compare", config, *asked, "--format", "json").stdout)
    (pair,) = said["pairs"]
    assert [each["trainer"] for each in pair["trainers"]] == ["sd-scripts@0.9", "onetrainer"]
    assert pair["trainers"][0]["share"] == 1 and said["models"]["onetrainer"] == "sdxl"


def test_all_of_many_pairs_are_printed_where_asked(tmp_path: Path) -> None:
    folders = Folders(tmp_path / "set")
    for name in "abcdefg":
        folders.add(f"{name}.png")
    config = folders.config()
    few = run("compare", config, "--trainer", "sd-scripts").stdout
    assert few.count(".png") == 5 and "5 of 7 pairs" in few
    assert run("compare", config, "--trainer", "sd-scripts", "--all").stdout.count(".png") == 7


def test_shares_are_of_the_whole_set_where_some_pairs_are_asked_for(tmp_path: Path) -> None:
    config = Folders(tmp_path / "set").add("a.png").add("b.png").config()
    asked = ("--trainer", "sd-scripts", "--only", "b.png", "--format", "json")
    (pair,) = json.loads(run("compare", config, *asked).stdout)["pairs"]
    assert pair["image"].endswith("b.png") and pair["trainers"][0]["share"] == 0.5


def test_a_page_names_generations_that_see_the_same_together(tmp_path: Path) -> None:
    config = Folders(tmp_path / "set").add("a.png").config()
    result = run("compare", config, "--output", tmp_path / "out")
    assert result.exit_code == 0, all_of(result)
    with Image.open(tmp_path / "out" / "a.png") as page:
        assert page.width == 1600
    again = run("compare", config, "--output", tmp_path / "out")
    assert again.exit_code == 2 and "--overwrite" in again.stderr
    inside = run("compare", config, "--output", tmp_path / "set" / "images")
    assert inside.exit_code == 2


def test_a_picture_too_narrow_for_a_trainer_is_told_of_that_one(tmp_path: Path) -> None:
    folders = Folders(tmp_path / "set").add("a.png")
    Image.new("RGB", (1, 600)).save(folders.images / "a.png")
    Image.new("L", (1, 600), 255).save(folders.masks / "a.png")
    told = json.loads(run("compare", folders.config(), "--format", "json").stdout)
    problems = {each["trainer"]: each["problem"] for each in told["pairs"][0]["trainers"]}
    assert problems["simpletuner"].startswith("ZeroDivisionError")
    assert problems["sd-scripts@current"] is None


def test_a_fault_under_one_trainer_leaves_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_: object) -> None:
        raise TypeError("a slip of ours")

    monkeypatch.setattr(find_trainer("onetrainer").__class__, "place", failing)
    config = Folders(tmp_path / "set").add("a.png").config()
    told = json.loads(run("compare", config, "--format", "json").stdout)
    problems = {each["trainer"]: each["problem"] for each in told["pairs"][0]["trainers"]}
    assert "a fault of maskprep" in problems.pop("onetrainer")
    assert set(problems.values()) == {None}
