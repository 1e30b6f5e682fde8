"""Every command that writes names the next step: a command that runs as it stands."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import Result
from PIL import Image

from tests.commands import run, words_of
from tests.datasets import FIGURE, Folders, drawn


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def step_of(result: Result) -> list[str]:
    last = result.stdout.splitlines()[-1]
    assert last.startswith("next: maskprep ")
    return words_of(last.removeprefix("next: maskprep "))


def follow(result: Result) -> None:
    """Do what is said until a check is, and that finds nothing."""
    for _ in range(3):
        assert result.exit_code == 0, result.stdout + result.stderr
        words = step_of(result)
        result = run(*words)
        if words[0] == "check":
            assert result.exit_code == 0
            assert result.stdout.startswith("Ready: ")
            return
    raise AssertionError("no check at the end")


def figures(names: tuple[str, ...] = ("a.png", "b.png")) -> Path:
    folders = Folders(Path("my set"))
    for name in names:
        folders.add(name)
        # Large enough for the buckets of the default model.
        for path in (folders.images / name, folders.masks / name):
            with Image.open(path) as small:
                small.resize((1024, 1024), Image.Resampling.NEAREST).save(path)
    return folders.config()


def alpha_images() -> None:
    Path("cut").mkdir()
    mask = Image.fromarray(drawn(FIGURE)).resize((1024, 1024), Image.Resampling.NEAREST)
    for number, name in enumerate(("a", "b")):
        image = Image.new("RGB", mask.size, (120 + number, 90, 60))
        image.putalpha(mask)
        image.save(f"cut/{name}.png")
        Path(f"cut/{name}.txt").write_text("a figure", encoding="utf-8")


@pytest.mark.parametrize(
    "command",
    [
        ("extract", "--output", "out"),
        ("extract", "--apply-exif", "--output", "out put"),
        ("dilate", "--radius", "1", "--output", "out"),
        ("dilate", "--radius", "1", "--in-place"),
        ("embed", "--output", "out"),
    ],
    ids=lambda each: "-".join(each[:2]),
)
def test_masks_of_files_lead_to_a_check(command: tuple[str, ...]) -> None:
    config = figures()
    result = run(command[0], config, *command[1:])
    if "--in-place" in command:
        assert step_of(result) == ["check", str(config)]
    else:
        follow(result)


@pytest.mark.parametrize("command", [("extract",), ("dilate", "--radius", "1")])
def test_masks_in_the_alpha_lead_to_a_check(command: tuple[str, ...]) -> None:
    alpha_images()
    follow(run(*command, "cut", "--alpha", "--caption-extension", ".txt", "--output", "out"))


def test_masks_put_into_their_images_are_checked_there() -> None:
    figures()
    result = run(
        "embed", "my set/images", "--masks", "my set/masks", "--caption-extension", ".txt",
        "--in-place",
    )  # fmt: skip
    words = ["check", "my set/images", "--alpha", "--caption-extension", ".txt"]
    assert step_of(result) == words
    assert run(*words).exit_code == 0


def test_several_folders_are_all_named() -> None:
    figures()
    Folders(Path("other")).add("c.png")
    config = Path("two.toml")
    config.write_text(
        "".join(
            f"[[datasets]]\nresolution = 128\n[[datasets.subsets]]\nimage_dir = '{name}/images'\n"
            f"conditioning_data_dir = '{name}/masks'\ncaption_extension = '.txt'\n"
            for name in ("my set", "other")
        ),
        encoding="utf-8",
    )
    words = step_of(run("extract", config, "--output", "out"))
    assert words[1:3] == ["my set/images", "other/images"]
    masks = (str(Path("out", name, "masks")) for name in ("my set", "other"))
    assert words[3:7] == [word for each in masks for word in ("--masks", each)]
    assert Path("out/other/masks/c.png").exists()


def test_the_trainer_and_the_model_are_named_again() -> None:
    config = figures()
    result = run(
        "dilate", config, "--radius", "1", "--output", "out", "--model", "sd15",
        "--trainer", "sd-scripts@0.10",
    )  # fmt: skip
    words = step_of(result)
    assert words[-6:] == ["--trainer", "sd-scripts@0.10", "--model", "sd15", "-o", "out.toml"]
    assert step_of(run(*words))[2:] == ["--trainer", "sd-scripts@0.10", "--model", "sd15"]


def test_nothing_comes_after_a_dry_run_or_a_failure() -> None:
    config = figures()
    assert "next:" not in run("extract", config, "--output", "out", "--dry-run").stdout
    for name in ("a.png", "b.png"):
        Path("my set/masks", name).write_bytes(b"")
    result = run("extract", config, "--output", "out")
    assert result.exit_code == 1
    assert "next:" not in result.stdout
