"""The command line: exit codes, streams, odd consoles, odd names."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image

from maskprep.cli import maskprep
from tests.datasets import CELL, FIGURE, Folders
from tests.places import ROOT, long_paths, names_of_bytes, pipes, takes_pythonpath


def run(*arguments: object) -> Result:
    return CliRunner().invoke(maskprep, [str(argument) for argument in arguments])


def process(
    *arguments: object, environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[bytes]:
    source = str(ROOT)
    return subprocess.run(
        [sys.executable, "-m", "maskprep", *map(str, arguments)],
        capture_output=True,
        check=False,
        env={**os.environ, "PYTHONPATH": source, **(environment or {})},
    )


@pytest.mark.parametrize(
    "command",
    [
        ("preview",),
        ("compare",),
        ("dilate", "--radius", "1"),
        ("extract",),
        ("embed",),
        ("report",),
        ("convert", "--to", "onetrainer"),
    ],
    ids=lambda each: each[0],
)
def test_every_command_that_writes_to_a_place_knows_it_as_o(
    command: tuple[str, ...], tmp_path: Path
) -> None:
    place = tmp_path / "made"
    result = run(command[0], Folders(tmp_path / "set").add().config(), *command[1:], "-o", place)
    assert result.exit_code == 0, result.output
    assert place.exists()


def test_a_clean_set_exits_with_0(tmp_path: Path) -> None:
    result = run("check", Folders(tmp_path).add().config())
    assert result.exit_code == 0
    assert "1 image trains with a mask, 0 whole, 0 ignored" in result.output
    assert "The run starts and gets through its first epoch." in result.output
    assert "--masked_loss" in result.output
    assert "0 errors, 0 warnings" in result.output


@pytest.mark.parametrize(
    ("level", "code"), [("error", 0), ("warning", 1), ("info", 1), ("never", 0)]
)
def test_fail_on_sets_the_level(level: str, code: int, tmp_path: Path) -> None:
    folders = Folders(tmp_path).add(art="################\n" * 16)
    assert run("check", folders.config(), "--fail-on", level).exit_code == code


def test_errors_exit_with_1_and_say_where_the_run_stops(tmp_path: Path) -> None:
    folders = Folders(tmp_path).add("a.png").add("b.png")
    (folders.masks / "b.png").unlink()
    result = run("check", folders.config())
    assert result.exit_code == 1
    assert "The run will not start: AssertionError: missing conditioning data" in result.output


def test_what_cannot_be_done_exits_with_2_in_one_line(tmp_path: Path) -> None:
    for arguments in (
        ("check", tmp_path / "nothing.toml"),
        ("check", tmp_path),
        ("check", tmp_path, "--alpha", "--trainer", "sd-scripts@9"),
        ("check", tmp_path, "--alpha", "--model", "sd42"),
        ("check", __file__),
        ("preview", tmp_path, "--alpha", "--output", tmp_path / "out"),
    ):
        result = process(*arguments)
        assert result.stdout == b""
        assert result.stderr.count(b"\n") == 1
        assert result.returncode == 2
        assert b"Traceback" not in result.stderr


def test_long_lists_are_cut_short_unless_all_are_asked_for(tmp_path: Path) -> None:
    folders = Folders(tmp_path)
    for index in range(9):
        folders.add(f"{index}.png")
        (folders.masks / f"{index}.png").unlink()
    short, long = run("check", folders.config()), run("check", folders.config(), "--all")
    assert "mask-missing  9 times" in short.output
    assert "... and 6 more (--all lists each)" in short.output
    assert len(short.output.splitlines()) + 5 == len(long.output.splitlines())


def test_json_has_the_documented_keys_and_no_others(tmp_path: Path) -> None:
    folders = Folders(tmp_path).add("a.png").add("b.png")
    Image.new("L", (3, 3)).save(folders.masks / "b.png")
    result = run("check", folders.config(), "--format", "json")
    document = json.loads(result.output)
    assert set(document) == {
        "maskprep",
        "trainer",
        "trainer_version",
        "config",
        "verdict",
        "selected",
        "only",
        "todo",
        "mendable",
        "starts",
        "stops_in_first_epoch",
        "datasets",
        "samples",
        "findings",
        "libraries",
        "faults",
    }
    assert document["trainer"] == "sd-scripts"
    assert document["trainer_version"] == "current"
    assert document["config"] == {"accepted": True, "error": None}
    assert document["starts"] is True
    assert document["stops_in_first_epoch"] is True
    assert document["datasets"] == [{"index": 0, "masked": 1, "whole": 0, "ignored": 0}]
    first, second = document["samples"]
    side = 16 * CELL
    cells = FIGURE.split()
    mean = sum(row.count("#") for row in cells) / 16**2
    assert first == {
        "dataset": 0,
        "subset": 0,
        "image": str(folders.images / "a.png"),
        "mask": str(folders.masks / "a.png"),
        "size_wh": [side, side],
        "measured_wh": [side, side],
        "resized_wh": [side, side],
        "bucket_wh": [side, side],
        "coverage": pytest.approx(mean),
        "weight_mean": pytest.approx(mean),
        "weight_max": 1.0,
        "details": 2,
        "details_lost": 0,
        "detail_weight_min": 1.0,
        "library_differences": [],
    }
    assert second["weight_mean"] is None
    (finding,) = document["findings"]
    told = {"code", "name", "severity", "path", "message", "fix", "command", "formats"}
    assert set(finding) == told
    assert finding["code"] == "MP105"


def test_json_of_a_file_that_does_not_parse_is_the_same_form(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_text("a = ", encoding="utf-8")
    result = run("check", path, "--format", "json")
    document = json.loads(result.output)
    assert result.exit_code == 2
    assert document["config"]["accepted"] is False
    assert "line 1" in document["config"]["error"]
    assert document["starts"] is False
    assert document["datasets"] == document["samples"] == []


def test_json_carries_the_trainers_own_sentence(tmp_path: Path) -> None:
    config = Folders(tmp_path).add().config(subset="alpha_mask = true")
    result = run("check", config, "--format", "json")
    error = json.loads(result.output)["config"]["error"]
    path = "data['datasets'][0]['subsets'][0]['alpha_mask']"
    assert error == f"extra keys not allowed @ {path}"
    assert result.exit_code == 1


def test_several_data_sets_give_a_list_and_the_worst_code(tmp_path: Path) -> None:
    good = Folders(tmp_path / "a").add().config()
    bad = Folders(tmp_path / "b").add("b.png").config()
    (tmp_path / "b" / "masks" / "b.png").unlink()
    result = run("check", good, bad, "--format", "json")
    assert [document["starts"] for document in json.loads(result.output)] == [True, False]
    assert result.exit_code == 1


def test_no_masked_loss_is_told_with_the_flag_to_give(tmp_path: Path) -> None:
    result = run("check", Folders(tmp_path).add().config(), "--no-masked-loss")
    assert result.exit_code == 1
    assert "masked-loss-flag-needed" in result.output
    assert "start the trainer with --masked_loss" in result.output


@pytest.mark.parametrize("encoding", ["ascii", "cp932", "cp1252", "cp936", "utf-8"])
def test_no_console_encoding_breaks_the_output(encoding: str, tmp_path: Path) -> None:
    folders = Folders(tmp_path / "素材 [1]")
    for name in ("日本語.png", "é.png", "🦊.png", "a b.png"):
        folders.add(name)
        (folders.masks / name).unlink()
    result = process("check", folders.config(), environment={"PYTHONIOENCODING": encoding})
    assert result.returncode == 1
    assert result.stderr == b""
    assert "mask-missing" in result.stdout.decode(encoding)


def test_a_pipe_gets_no_colour_and_no_folded_lines(tmp_path: Path) -> None:
    folders = Folders(tmp_path / ("long" * 20)).add()
    (folders.masks / "a.png").unlink()
    result = process("check", folders.config(), environment={"COLUMNS": "60"})
    assert b"\x1b" not in result.stdout
    (line,) = [line for line in result.stdout.splitlines() if b"has no mask" in line]
    assert str(folders.images / "a.png").encode() in line


@pytest.mark.parametrize("colour", [True, False])
def test_sixty_columns_are_enough(colour: bool, tmp_path: Path) -> None:
    folders = Folders(tmp_path).add()
    (folders.masks / "a.png").unlink()
    environment = {"COLUMNS": "60", "FORCE_COLOR": "1"} | ({} if colour else {"NO_COLOR": "1"})
    result = process("check", folders.config(), environment=environment)
    text = result.stdout.decode()
    if os.name != "nt":  # Rich asks the console itself to colour what it writes
        assert ("\x1b[36m" in text) is colour
    plain = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", text)
    # Only a command is never folded.
    folded = [line for line in plain.splitlines() if "maskprep " not in line]
    assert max(len(line) for line in folded) <= 60


@long_paths
def test_odd_names_are_checked_like_any(tmp_path: Path) -> None:
    folders = Folders(tmp_path / "a b [c] 日本" / ("x" * 100) / ("y" * 100))
    for name in ("[br].png", "a b.png", "日本.png", "x" * 200 + ".png", "100%.png"):
        folders.add(name)
    result = run("check", folders.config(), "--format", "json")
    assert result.exit_code == 0, result.stderr
    assert json.loads(result.output)["datasets"][0]["masked"] == 5


@names_of_bytes
def test_names_that_are_not_utf8_do_not_break_anything(tmp_path: Path) -> None:
    folders = Folders(tmp_path).add()
    odd = os.fsencode(folders.masks) + b"/\xff\xfe.png"
    with open(odd, "wb") as stream:
        stream.write(b"")
    for form in ("text", "json"):
        result = process("check", folders.config(), "--format", form)
        assert result.returncode == 1
        assert b"Traceback" not in result.stderr
        if form == "json":
            assert "mask-extra" in {each["name"] for each in json.loads(result.stdout)["findings"]}


@pipes
def test_pipes_and_folders_named_like_images_are_told(tmp_path: Path) -> None:
    folders = Folders(tmp_path).add("a.png")
    (folders.images / "b.png").mkdir()
    os.mkfifo(folders.images / "c.png")
    for name in ("b.png", "c.png"):
        Image.new("L", (8, 8)).save(folders.masks / name)
    result = run("check", folders.config())
    assert "is a folder, not an image" in result.output
    assert "is no regular file" in result.output
    assert result.exit_code == 1


@takes_pythonpath
def test_a_missing_opencv_library_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "cv2.py").write_text(
        "raise ImportError('libGL.so.1: cannot open shared object file: No such file')",
        encoding="utf-8",
    )
    folders = Folders(tmp_path / "set").add()
    source = str(ROOT)
    result = subprocess.run(
        [sys.executable, "-m", "maskprep", "check", str(folders.config())],
        capture_output=True,
        check=False,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{source}"},
    )
    assert result.returncode == 2
    assert result.stderr.count(b"\n") == 1
    assert b"apt-get install libgl1 libglib2.0-0" in result.stderr
    assert b"opencv-python-headless" in result.stderr


def test_help_imports_no_heavy_library() -> None:
    code = (
        "import sys; from maskprep.cli import maskprep\n"
        "try: maskprep(['--help'])\n"
        "except SystemExit: pass\n"
        "assert not {'numpy', 'cv2', 'PIL', 'skimage', 'rich'} & set(sys.modules)"
    )
    source = str(ROOT)
    result = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        check=False,
        env={**os.environ, "PYTHONPATH": source},
    )
    assert result.returncode == 0, result.stderr.decode()


def test_previews_and_weights_are_written_once(tmp_path: Path) -> None:
    folders = Folders(tmp_path).add("a.png").add("b.png")
    out, weights = tmp_path / "out", tmp_path / "weights"
    config = folders.config()
    result = run("preview", config, "--output", out, "--weights", weights)
    assert result.exit_code == 0, result.output
    assert sorted(os.listdir(out)) == ["a.png", "b.png", "contact-sheet.png"]
    array = np.load(weights / "a.npy")
    assert array.dtype == np.float32
    wanted = [[float(each == "#") for each in line] for line in FIGURE.split()]
    np.testing.assert_array_equal(array, wanted)
    again = run("preview", config, "--output", out)
    assert again.exit_code == 2
    assert "add --overwrite" in again.output
    assert run("preview", config, "--output", out, "--overwrite").exit_code == 0


def test_weights_alone_draw_nothing(tmp_path: Path) -> None:
    folders = Folders(tmp_path).add("a.png")
    result = run("preview", folders.config(), "--weights", tmp_path / "w")
    assert result.exit_code == 0
    assert os.listdir(tmp_path / "w") == ["a.npy"]
    assert not list(tmp_path.glob("**/contact-sheet.png"))


def test_stems_that_collide_get_folders_of_their_subsets(tmp_path: Path) -> None:
    first = Folders(tmp_path / "one").add("a.png").add("b.png")
    second = Folders(tmp_path / "two").add("a.png")
    config = tmp_path / "dataset.toml"
    config.write_text(
        "[[datasets]]\nresolution = 128\n"
        + "".join(
            f"[[datasets.subsets]]\nimage_dir = '{each.images}'\n"
            f"conditioning_data_dir = '{each.masks}'\n"
            for each in (first, second)
        ),
        encoding="utf-8",
    )
    assert run("preview", config, "--weights", tmp_path / "w").exit_code == 0
    made = sorted(
        path.relative_to(tmp_path / "w").as_posix() for path in (tmp_path / "w").glob("**/*.npy")
    )
    assert made == ["b.npy", "dataset0-subset0/a.npy", "dataset0-subset1/a.npy"]


def test_a_pair_that_does_not_train_is_told_and_the_rest_drawn(tmp_path: Path) -> None:
    folders = Folders(tmp_path).add("a.png").add("b.png")
    (folders.masks / "b.png").write_bytes(b"")
    result = process("preview", folders.config(), "--weights", tmp_path / "w")
    assert result.returncode == 1
    assert b"b.png: not drawn: UnidentifiedImageError" in result.stderr
    assert os.listdir(tmp_path / "w") == ["a.npy"]


@pytest.mark.parametrize("folder", ["images", "masks", "images/previews"])
def test_previews_never_go_into_the_data_set(folder: str, tmp_path: Path) -> None:
    folders = Folders(tmp_path).add("a.png")
    before = (folders.images / "a.png").read_bytes()
    for option in ("--output", "--weights"):
        result = run("preview", folders.config(), option, tmp_path / folder, "--overwrite")
        assert result.exit_code == 2
        assert "lies in the data set" in result.output
    assert (folders.images / "a.png").read_bytes() == before


def test_one_bad_data_set_does_not_keep_the_others_from_being_checked(tmp_path: Path) -> None:
    good = Folders(tmp_path).add().config()
    result = process("check", tmp_path / "nothing.toml", good, "--format", "json")
    assert result.returncode == 2
    assert json.loads(result.stdout)["starts"] is True
    assert result.stderr.count(b"\n") == 1


@pytest.mark.parametrize("command", ["check", "preview", "extract", "embed"])
def test_help_shows_its_examples_line_by_line(command: str) -> None:
    text = run(command, "--help").output
    assert "\\b" not in text
    assert f"\n  maskprep {command} dataset.toml" in text


def test_the_verdict_counts_everything_and_keeps_its_sentences_whole(tmp_path: Path) -> None:
    folders = Folders(tmp_path).add("a.png").add("b.png").add("c.png")
    for name in ("b.png", "c.png"):
        (folders.masks / name).write_bytes(b"")
    result = run("check", folders.config())
    assert "1 image trains with a mask, 0 whole, 0 ignored, 2 cannot train" in result.output
    assert "and would at 1 more" in result.output
    windows = tmp_path / "windows.toml"
    windows.write_text('image_dir = "C:\\users\\me"', encoding="utf-8")
    assert "are escapes: write 'C:\\users\\me' [unparsable]" in run(
        "check", windows
    ).output.replace("\n", " ")


def test_a_generation_that_stretches_masks_is_told_once(tmp_path: Path) -> None:
    folders = Folders(tmp_path).add("a.png", FIGURE).add("b.png", FIGURE + ("." * 16 + "\n") * 3)
    config = folders.config()
    told = run("check", config, "--trainer", "sd-scripts@0.10").output
    assert told.count("out of place") == 1
    assert f"{folders.masks / 'b.png'}: is stretched to the bucket" in told
    assert "out of place" not in run("check", config).output
    out = tmp_path / "out"
    result = run("preview", config, "--trainer", "sd-scripts@0.10", "--output", out)
    assert result.exit_code == 0


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no full device")
@pytest.mark.parametrize("words", [["check", "{}"], ["rules"], ["check", "{}", "--format", "json"]])
def test_a_full_disk_is_told_in_one_line(words: list[str], tmp_path: Path) -> None:
    config = Folders(tmp_path).add("a.png").config()
    with open("/dev/full", "wb") as full:
        result = subprocess.run(
            [sys.executable, "-m", "maskprep", *(word.format(config) for word in words)],
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
    assert result.returncode == 2
    assert result.stderr.decode().splitlines() == [
        "maskprep: stdout cannot be written (No space left on device)"
    ]


@pytest.mark.skipif(os.name == "nt", reason="a shell's way to close it")
@pytest.mark.parametrize("form", ["text", "json"])
def test_without_a_stdout_it_works_and_says_nothing_of_itself(tmp_path: Path, form: str) -> None:
    config = Folders(tmp_path).add().config()
    command = f'"{sys.executable}" -m maskprep check "{config}" --format {form} >&-'
    done = subprocess.run(command, shell=True, capture_output=True, text=True)
    assert "Traceback" not in done.stderr
    assert done.returncode == 0


def test_a_report_does_not_go_over_its_own_baseline(tmp_path: Path) -> None:
    config, baseline = Folders(tmp_path).add().config(), tmp_path / "accepted.json"
    assert run("check", config, "--baseline", baseline).exit_code == 0
    before = baseline.read_bytes()
    result = run("check", config, "--baseline", baseline, "--output-file", baseline, "--overwrite")
    assert result.exit_code == 2
    assert "name one file" in result.output
    assert baseline.read_bytes() == before
