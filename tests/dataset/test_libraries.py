"""Where the trainer's libraries make other numbers, told by check, preview and info."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import PIL
import pytest
from PIL import Image

from maskprep.masks.versions import known
from maskprep.trainers.sd_scripts import SdScripts
from tests.commands import all_of, run
from tests.datasets import Folders
from tests.environments import environment
from tests.places import ROOT

IS_13 = known("pillow-lanczos").era(PIL.__version__) == 1
OTHER, SAME = ("10.4.0", "13.0.0") if IS_13 else ("13.0.0", "10.4.0")
SMALL = ("--resolution", "128", "--min-bucket-reso", "64", "--max-bucket-reso", "256")
LANCZOS = ("--resize-interpolation", "lanczos", *SMALL)


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    """Give one pair whose height shrinks by more than its width, and one where neither does."""
    made = Folders(tmp_path / "set").add("plain.png")
    for folder, mode in ((made.images, "RGB"), (made.masks, "L")):
        picture = Image.new(mode, (146, 410))
        picture.paste("white", (40, 60, 110, 340))
        picture.save(folder / "tall.png")
    (made.images / "tall.txt").write_text("a tower", encoding="utf-8")
    return made


def trainers(folder: Path, **versions: str) -> Path:
    """Make a trainer's environment with a given Pillow."""
    own = {"pillow": SAME, "opencv_python": "4.10.0.84", "imagesize": "1.4.1", **versions}
    return environment(folder / "venv", own)


def check(folders: Folders, *options: object) -> str:
    """Tell what check prints."""
    return all_of(run("check", folders.images, "--masks", folders.masks, "--no-cache", *options))


def test_versions_are_named_where_they_matter_and_only_there(folders: Folders) -> None:
    told = check(folders, *LANCZOS)
    tall = folders.images / "tall.png"
    line = f"{tall}: numbers as with Pillow {PIL.__version__}; other versions make others:"
    assert f"{line} --trainer-env PATH compares the trainer's." in told
    assert "plain.png: numbers" not in told
    assert "Pillow" not in check(folders, "--resize-interpolation", "area", *SMALL)


def test_another_pillow_is_told_with_pair_kernel_and_size(folders: Folders, tmp_path: Path) -> None:
    there = trainers(tmp_path, pillow=OTHER)
    told = check(folders, *LANCZOS, "--trainer-env", there)
    assert f"{there} has Pillow {OTHER}, OpenCV 4.10.0.84, imagesize 1.4.1." in told
    line = f"tall.png: Pillow ({OTHER} there, {PIL.__version__} here) resizes by Lanczos"
    assert line in told
    assert "up to 0.02 of a cell's weight" in told


def test_the_same_numbers_are_told_as_such(folders: Folders, tmp_path: Path) -> None:
    told = check(folders, *LANCZOS, "--trainer-env", trainers(tmp_path))
    assert "imagesize 1.4.1: the numbers are the same there." in told


def test_what_is_replayed_is_compared_with_what_is_replayed(
    folders: Folders, tmp_path: Path
) -> None:
    for folder, mode in ((folders.images, "RGB"), (folders.masks, "L")):
        Image.new(mode, (700, 1500)).save(folder / "large.png")
    there = trainers(tmp_path, opencv_python="5.0.0.93")
    told = check(folders, "--resize-interpolation", "nearest", "--trainer-env", there)
    (line,) = (each for each in told.splitlines() if "takes other pixels by nearest" in each)
    assert "large.png" in line
    assert ": OpenCV (5.0.0.93 there, 4.10.0 here) takes" in line


def test_a_remembered_check_tells_the_same(folders: Folders, tmp_path: Path) -> None:
    there = trainers(tmp_path, pillow=OTHER)
    ask = ("check", folders.images, "--masks", folders.masks, "--cache-dir", tmp_path / "cache")
    first = run(*ask, *LANCZOS)
    assert "numbers as with" in first.stdout
    assert "Lanczos" in run(*ask, *LANCZOS, "--trainer-env", there).stdout
    assert run(*ask, *LANCZOS).stdout == first.stdout


def test_lacking_and_uncompared_libraries_are_told(folders: Folders, tmp_path: Path) -> None:
    there = environment(tmp_path / "venv", {"pillow": "99.0", "opencv_python": "4.10.0.84"})
    told = check(folders, "--trainer-env", there)
    assert f"{there} has no imagesize: the trainer needs it." in told
    assert "Pillow 99.0 was not compared: only 9.3 to 13.0 were." in told
    assert "the same" not in told


def test_of_a_trainer_that_declares_none_nothing_is_claimed(
    folders: Folders, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SdScripts, "libraries", ())
    there = trainers(tmp_path, pillow=OTHER)
    told = check(folders, *LANCZOS, "--trainer-env", there)
    assert f"{there}: by which libraries sd-scripts@current works is not known." in told
    assert "numbers as with" not in check(folders, *LANCZOS)


def test_measured_sizes_are_compared(folders: Folders, tmp_path: Path) -> None:
    picture = Image.new("RGBA", (130, 130), (200, 10, 10, 255))
    picture.putpixel((0, 0), (0, 0, 0, 0))
    picture.save(folders.images / "extended.webp")
    there = trainers(tmp_path, imagesize="2.0.1")
    told = check(folders, "--trainer-env", there)
    assert "extended.webp: imagesize (2.0.1 there, 1.4.1 here) measures WebP" in told
    assert "extended.webp: numbers as with imagesize 1.4.1 (replayed)" in check(folders)


@pytest.mark.parametrize("path", ["", "nothing"])
def test_what_is_no_environment_ends_with_one_line(
    folders: Folders, tmp_path: Path, path: str
) -> None:
    given = tmp_path / path
    result = run("check", folders.images, "--masks", folders.masks, "--trainer-env", given)
    assert result.exit_code == 2
    assert result.stderr.startswith(f"maskprep: {given}: ")
    assert result.stderr.count("\n") == 1


def test_an_environment_of_something_else(folders: Folders, tmp_path: Path) -> None:
    there = environment(tmp_path / "venv", {"requests": "2.0"})
    assert f"{there}: has neither Pillow nor OpenCV" in check(folders, "--trainer-env", there)


def test_json_and_sarif_carry_it(folders: Folders, tmp_path: Path) -> None:
    there = trainers(tmp_path, pillow=OTHER)
    ask = ("check", folders.images, "--masks", folders.masks, *LANCZOS, "--trainer-env", there)
    document = json.loads(run(*ask, "--format", "json").stdout)
    tall = str(folders.images / "tall.png")
    libraries = document["libraries"]
    assert libraries["here"]["Pillow"] == PIL.__version__
    assert libraries["trainer_env"]["versions"]["Pillow"] == OTHER
    (found,) = libraries["differences"]
    assert (found["name"], found["there"], found["images"]) == ("pillow-lanczos", OTHER, [tall])
    by_image = {each["image"]: each["library_differences"] for each in document["samples"]}
    assert by_image == {tall: ["pillow-lanczos"], str(folders.images / "plain.png"): []}
    sarif = json.loads(run(*ask, "--format", "sarif").stdout)
    schema = (ROOT / "tests/data/sarif-schema-2.1.0.json").read_text(encoding="utf-8")
    jsonschema.validate(sarif, json.loads(schema))
    (told,) = sarif["runs"][0]["invocations"][0]["toolExecutionNotifications"]
    assert told["level"] == "note"
    assert told["message"]["text"].startswith("Pillow resizes by Lanczos height first")
    assert sarif["runs"][0]["properties"]["libraries"] == [libraries]
    assert ",pillow-lanczos\n" in run(*ask, "--format", "csv").stdout


def test_preview_and_info_tell_it(folders: Folders, tmp_path: Path) -> None:
    there = trainers(tmp_path, pillow=OTHER)
    ask = (*LANCZOS, "--trainer-env", there)
    drawn = run(
        "preview", folders.images, "--masks", folders.masks, "--weights", tmp_path / "w", *ask
    )
    assert f"tall.png: Pillow ({OTHER} there" in drawn.stdout
    pair = (folders.images / "tall.png", folders.masks / "tall.png")
    assert f"tall.png: Pillow ({OTHER} there" in run("info", *pair, *ask).stdout
    facts = json.loads(run("info", *pair, *ask, "--format", "json").stdout)
    assert facts["libraries"]["differences"][0]["name"] == "pillow-lanczos"
