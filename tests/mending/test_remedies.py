"""What to do about a report: whole commands, in order of harm, that go together."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from maskprep.checking.engine import check
from maskprep.dataset.discover import discover
from maskprep.mending.remedies import next_step, todo_of, with_commands
from tests.commands import command_names, run, words_of
from tests.datasets import FIGURE, Folders, drawn
from tests.rule_samples import RuleSample, request_of, rule_samples

#: Height in px of a thread, which fills a quarter of its cells.
_HAIR = 2


def painted(folders: Folders, name: str, colour: tuple[int, int, int]) -> None:
    mask = drawn(FIGURE)[..., None] // 255 * np.array(colour, np.uint8)
    Image.fromarray(mask).save(folders.masks / name)


def with_hair(folders: Folders, name: str) -> None:
    mask = drawn(FIGURE)
    mask[4 : 4 + _HAIR, 8:120] = 255
    Image.fromarray(mask).save(folders.masks / name)


def turned(folders: Folders, name: str, colour: tuple[int, int, int]) -> None:
    """Add a pair whose image EXIF turns, its mask painted on the view."""
    figure = drawn(FIGURE)[:96]  # 128 x 96 px as viewers show it
    mask = figure[..., None] // 255 * np.array(colour, np.uint8)
    image = Image.new("RGB", (96, 128), (120, 90, 60))
    exif = image.getexif()
    exif[0x0112] = 6
    image.save((folders.images / name).with_suffix(".jpg"), exif=exif)
    (folders.images / name).with_suffix(".txt").write_text("a figure", encoding="utf-8")
    Image.fromarray(mask).save(folders.masks / name)


def document_of(config: Path, *options: object) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(
        run("check", config, "--no-cache", "--format", "json", *options).stdout
    )
    return told


def typed(command: str) -> list[str]:
    program, *words = words_of(command)
    assert program == "maskprep"
    return words


@pytest.mark.parametrize(
    "sample", [each for each in rule_samples() if each.half == "bad"], ids=lambda each: each.code
)
def test_every_command_is_whole(
    sample: RuleSample, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sample.copy_to(tmp_path)
    monkeypatch.chdir(tmp_path)
    report = with_commands(check(discover(request_of(sample))))
    for finding in report.findings:
        assert "maskprep check" not in finding.fix
        assert "DATASET" not in finding.mend
    for command in {finding.command for finding in report.findings} - {""}:
        assert run(*typed(command), "--help").exit_code == 0
        assert run(*typed(command)).exit_code in (0, 1)


def test_the_worst_comes_first_and_then_what_there_is_most_of(tmp_path: Path) -> None:
    folders = Folders(tmp_path)
    for name in ("a.png", "b.png", "c.png", "d.png", "e.png"):
        folders.add(name)
    for name in ("a", "b"):
        (folders.images / f"{name}.txt").unlink()
    with_hair(folders, "c.png")
    Image.fromarray(drawn(FIGURE).astype(np.uint16) * 257).save(folders.masks / "d.png")
    Image.new("L", (8, 8)).save(folders.masks / "e.png")
    told = document_of(folders.config())["todo"]
    assert [(each["code"], each["count"]) for each in told] == [
        ("MP105", 1),
        ("MP201", 1),
        ("MP113", 2),
        ("MP301", 1),
    ]
    assert [Path(each["path"]).name for each in told] == ["e.png", "d.png", "a.png", "c.png"]
    harms = ["stops in its first epoch", "trains wrongly", *2 * ["ready with doubts"]]
    assert [each["harm"] for each in told] == harms


def test_no_white_mask_is_proposed_for_what_is_a_mask_itself(tmp_path: Path) -> None:
    folders = Folders(tmp_path).add("a.png").add("b.png")
    (folders.masks / "b.png").unlink()
    config = folders.config()
    assert document_of(config)["todo"][0]["command"].endswith(" --fix missing=white")
    (folders.images / "b.png").rename(folders.images / "a_mask.png")
    told = [each for each in document_of(config)["todo"] if each["name"] == "mask-missing"]
    assert [each["command"] for each in told] == [""]


def test_a_turned_green_mask_has_one_command_that_does_it_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    folders = Folders(tmp_path).add("plain.png")
    turned(folders, "a.png", (0, 255, 0))
    folders.add("green.png")
    painted(folders, "green.png", (0, 255, 0))
    document = document_of(folders.config())
    commands = {each["command"] for each in document["todo"] if each["command"]}
    assert len(commands) == 1
    (command,) = commands
    assert run(*typed(command)).exit_code == 0
    after = document_of(
        Path("upright", "images"), "--masks", "upright/masks", "--caption-extension", ".txt",
        "--resolution", "128",
    )  # fmt: skip
    told = {each["name"] for each in after["findings"] if each["severity"] != "info"}
    assert not told & {"mask-size-mismatch", "exif-orientation", "mask-coloured", "nothing-trained"}


def test_fixes_do_both_at_a_turned_green_mask(tmp_path: Path) -> None:
    folders = Folders(tmp_path).add("plain.png")
    turned(folders, "a.png", (0, 255, 0))
    config = folders.config()
    assert run("check", config, "--no-cache", "--fix", "--unsafe-fixes").exit_code == 0
    document = document_of(config)
    wrong = {each["name"] for each in document["findings"] if each["severity"] == "error"}
    assert document["verdict"] == "ready with doubts", wrong
    assert np.asarray(Image.open(folders.masks / "a.png")).max() == 255


def test_extractions_are_joined(tmp_path: Path) -> None:
    folders = Folders(tmp_path).add("a.png").add("b.png").add("c.png")
    Image.fromarray(drawn(FIGURE).astype(np.uint16) * 257).save(folders.masks / "a.png")
    painted(folders, "b.png", (0, 255, 0))
    commands = {each["command"] for each in document_of(folders.config())["findings"]} - {""}
    (command,) = commands
    assert typed(command)[-4:] == ["--from", "auto", "--output", "masks-mended"]


def test_where_two_would_copy_the_same_masks_all_work_in_place(tmp_path: Path) -> None:
    folders = Folders(tmp_path).add("a.png").add("b.png")
    painted(folders, "a.png", (0, 255, 0))
    with_hair(folders, "b.png")
    config = folders.config()
    todo = document_of(config)["todo"]
    assert {each["name"] for each in todo} >= {"mask-coloured", "detail-lost"}
    for each in todo:
        if each["command"]:
            assert run(*typed(each["command"])).exit_code == 0
    assert document_of(config)["findings"] == []


def test_no_copy_is_made_of_what_is_mended_in_place(tmp_path: Path) -> None:
    folders = Folders(tmp_path).add("a.png").add("b.png")
    Image.fromarray(255 - drawn(FIGURE)).save(folders.masks / "a.png")
    with_hair(folders, "b.png")
    config = folders.config()
    todo = document_of(config)["todo"]
    assert {each["name"] for each in todo} == {"polarity-suspect", "detail-lost"}
    for each in todo:
        assert run(*typed(each["command"])).exit_code == 0
    assert document_of(config)["verdict"] == "ready"


def test_one_copying_command_stays_one(tmp_path: Path) -> None:
    folders = Folders(tmp_path).add("b.png")
    with_hair(folders, "b.png")
    (todo,) = document_of(folders.config())["todo"]
    assert typed(todo["command"])[0] == "dilate"


def test_the_last_line_counts_what_fixes_mend(tmp_path: Path) -> None:
    folders = Folders(tmp_path).add("a.png").add("b.png").add("c.png")
    (folders.images / "a.txt").write_text("\nafigure", encoding="utf-8")
    with_hair(folders, "b.png")
    (folders.images / "c.txt").unlink()  # nobody can write this caption
    config = folders.config()
    last = run("check", config).stdout.splitlines()[-1]
    assert last == (
        f"--fix mends 1 finding, and 1 more with --unsafe-fixes: maskprep check {config} --fix"
    )
    assert document_of(config)["mendable"] == {"fix": 1, "unsafe_fixes": 1}
    last = run("check", config, "--fix").stdout.splitlines()[-1]
    assert last == (
        f"--fix --unsafe-fixes mends 1 finding: maskprep check {config} --fix --unsafe-fixes"
    )
    after = run("check", config, "--fix", "--unsafe-fixes")
    assert "maskprep check" not in after.stdout
    assert "maskprep check" not in run("check", config, "--fix").stdout


def test_what_a_fix_has_refused_is_not_promised_again(tmp_path: Path) -> None:
    folders = Folders(tmp_path).add("a.png")
    two = np.where(drawn(FIGURE) > 0, np.uint8(1), np.uint8(0))
    two[64:] *= 2
    Image.fromarray(two).save(folders.masks / "a.png")
    config = folders.config()
    result = run("check", config)
    assert "--fix" not in result.stdout
    (todo,) = document_of(config)["todo"]
    assert typed(todo["command"])[-4:] == ["--above", "0", "--output", "masks-white"]


@pytest.mark.parametrize("options", [("--fix",), ("--fix", "--unsafe-fixes")])
def test_a_diff_counts_what_the_run_mends(options: tuple[str, ...], tmp_path: Path) -> None:
    folders = Folders(tmp_path).add("a.png").add("b.png")
    # Renamed, scaled and grown: one file, of which a diff sees the first step only.
    with_hair(folders, "a.png")
    mask = np.asarray(Image.open(folders.masks / "a.png")).astype(np.uint16) * 257
    Image.fromarray(mask).save(folders.masks / "a_mask.png")
    (folders.masks / "a.png").unlink()
    config = folders.config()
    shown = run("check", config, *options, "--diff").stderr.splitlines()[-1]
    done = run("check", config, *options).stderr.splitlines()[-1]
    assert shown == "1 file would be mended"
    assert done.startswith("1 file mended; to go back: maskprep undo ")


def test_a_remote_set_is_told_no_fix() -> None:
    fsspec = pytest.importorskip("fsspec")
    memory = fsspec.filesystem("memory")
    memory.pipe("/remedies/images/a.txt", b"\nx")
    report = check(discover(_remote_request(memory)))
    assert report.findings
    assert next_step(report) == ""
    assert not any("--fix" in each.command for each in todo_of(with_commands(report)))
    memory.rm("/remedies", recursive=True)


def _remote_request(memory: Any) -> Any:
    import io

    from maskprep.dataset.discover import request

    for folder, mode in (("images", "RGB"), ("masks", "L")):
        stream = io.BytesIO()
        Image.new(mode, (128, 128), 255 if mode == "L" else (9, 9, 9)).save(stream, "PNG")
        memory.pipe(f"/remedies/{folder}/a.png", stream.getvalue())
    return request(
        "memory://remedies/images", masks="memory://remedies/masks", caption_extension=".txt"
    )


def test_every_command_is_one_of_ours() -> None:
    assert {"check", "extract", "dilate", "preview"} <= command_names()
