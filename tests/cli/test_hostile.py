"""What others wrote, or put under a name that is opened: one clear line, at once, and no more."""

from __future__ import annotations

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from click.testing import Result

from maskprep.checking import ledger
from maskprep.model.report import SampleRow
from tests.commands import all_of, run
from tests.datasets import Folders
from tests.places import ROOT

POSIX = pytest.mark.skipif(os.name != "posix", reason="pipes have names in POSIX only")
#: Seconds after which something waits for ever.
PATIENCE = 30
DEEP = "[" * 100_000


@contextmanager
def _impatient() -> Iterator[None]:
    def stop(number: int, frame: FrameType | None) -> None:
        raise AssertionError("it waits for ever")

    if os.name != "posix":
        yield
        return
    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(PATIENCE)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def told(*arguments: object) -> Result:
    """Run a command that must end in words of our own."""
    with _impatient():
        result = run(*arguments)
    words = all_of(result)
    assert result.exit_code in (0, 1, 2), words
    assert "fault of maskprep" not in words, words
    return result


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folders:
    """Two pairs, in the working folder."""
    monkeypatch.chdir(tmp_path)
    return Folders(tmp_path).add("a.png").add("b.png")


def _pipe(path: Path) -> None:
    os.mkfifo(path)


def _socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(os.path.relpath(path))


def _device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def _folder(path: Path) -> None:
    path.mkdir()


def _loop(path: Path) -> None:
    path.symlink_to(path.name)


STRANGERS = [_pipe, _socket, _device, _folder, _loop]
OPENED: dict[str, tuple[str, tuple[str, ...]]] = {
    "configuration": ("d.toml", ("check", "d.toml")),
    "image": ("images/a.png", ("check", "dataset.toml")),
    "mask": ("masks/a.png", ("check", "dataset.toml")),
    "caption": ("images/a.txt", ("check", "dataset.toml")),
    "settings": ("maskprep.toml", ("check", "dataset.toml")),
    "named settings": ("s.toml", ("check", "dataset.toml", "--config", "s.toml")),
    "baseline": ("b.json", ("check", "dataset.toml", "--baseline", "b.json")),
    "list of names": ("l.txt", ("check", "dataset.toml", "--only", "l.txt")),
    "metadata cache": ("images/metadata_cache.json", ("check", "cached.toml")),
    "metadata": ("meta.json", ("check", "tuning.toml")),
    "latents": ("images/a.npz", ("check", "alpha.toml", "--model", "sd15")),
    "annotations": ("n.json", ("extract", "images", "--annotations", "n.json", "--output", "o")),
    "updated": ("u.toml", ("export-config", "images", "--masks", "masks", "--update", "u.toml")),
    "listing": ("l.jsonl", ("convert", "l.jsonl", "--to", "sd-scripts", "-o", "o")),
    "ledger": ("c/checks-1.sqlite3", ("check", "dataset.toml", "--cache-dir", "c")),
    "folder": ("f", ("check", "images", "--masks", "f")),
    "environment": ("e", ("check", "dataset.toml", "--trainer-env", "e")),
    "output": ("o", ("extract", "dataset.toml", "--output", "o/p/q")),
    "region": ("regions/a.png", ("check", "dataset.toml", "--config", "regions.toml")),
}


def _configurations(folders: Folders) -> None:
    folders.config()
    folders.config(subset="cache_info = true", name="cached.toml")
    block = "[[datasets]]\nresolution = 128\n[[datasets.subsets]]\nimage_dir = 'images'\n"
    block += "alpha_mask = true\n"
    (folders.root / "alpha.toml").write_text(block)
    (folders.root / "tuning.toml").write_text(f"{block}metadata_file = 'meta.json'\n")
    expected = "[[expect]]\nmeasure = 'weight'\nmin = 0.5\nunder = 'regions/*'\n"
    (folders.root / "regions.toml").write_text(expected)


@POSIX
@pytest.mark.parametrize("put", STRANGERS, ids=lambda put: put.__name__)
@pytest.mark.parametrize("name", OPENED)
def test_what_is_no_file_is_told_and_not_waited_for(
    folders: Folders, name: str, put: Callable[[Path], None]
) -> None:
    _configurations(folders)
    place, command = OPENED[name]
    path = folders.root / place
    path.parent.mkdir(exist_ok=True)
    path.unlink(missing_ok=True)
    put(path)
    told(*command)


SIDE_FILES = [
    "",
    "null",
    "1",
    '"x"',
    "[]",
    "[null, 1]",
    "\0",
    DEEP,
    '{"a": ' * 500 + "1" + "}" * 500,
    '{"IMAGE": null}',
    '{"IMAGE": {"resolution": null}}',
    '{"IMAGE": {"resolution": ["x", "y"]}}',
    '{"IMAGE": {"resolution": [-1, 0]}}',
    '{"IMAGE": {"resolution": [1e400, NaN]}}',
    '{"IMAGE": {"resolution": [true, false]}}',
    f'{{"IMAGE": {{"resolution": [1{"0" * 400}, 1]}}}}',
    f'{{"IMAGE": {{"resolution": [1{"0" * 5000}, 1]}}}}',
    '{"IMAGE": {"resolution": [[1], {}], "caption": 7}}',
    r'{"IMAGE": {"resolution": [128, 128], "caption": "\u001b[31m\ud800\u0000"}}',
    r'{"\u0000": {"resolution": [128, 128]}, "\ud800": {"resolution": [1, 1]}}',
]


@pytest.mark.parametrize("said", SIDE_FILES, ids=range(len(SIDE_FILES)))
@pytest.mark.parametrize("place", ["images/metadata_cache.json", "meta.json"])
def test_metadata_is_taken_for_what_it_says_and_no_more(
    folders: Folders, place: str, said: str
) -> None:
    _configurations(folders)
    image = json.dumps(str(folders.images / "a.png"))[1:-1]
    (folders.root / place).write_text(said.replace("IMAGE", image))
    config = "tuning.toml" if place == "meta.json" else "cached.toml"
    told("check", config, "--format", "json")


def test_a_size_in_the_metadata_cache_that_is_one_still_wins(folders: Folders) -> None:
    _configurations(folders)
    entry = {str(folders.images / "a.png"): {"resolution": [256, 64], "caption": "a figure"}}
    (folders.images / "metadata_cache.json").write_text(json.dumps(entry))
    assert "is 256 x 64 px" in all_of(told("check", "cached.toml"))


BASELINES = [
    "",
    "null",
    "[]",
    '{"findings": null}',
    '{"findings": [1]}',
    '{"findings": [{"rule": 1, "path": 2, "count": 3}]}',
    '{"findings": [{"rule": [], "path": {}, "count": 3}]}',
    '{"findings": [{"rule": "MP101", "path": "a", "count": true}]}',
    '{"findings": [{"rule": "MP101", "path": "a", "count": -5}]}',
    '{"findings": [{"rule": "MP101", "path": "a", "count": 1.5}]}',
    f'{{"findings": [{{"rule": "MP101", "path": "a", "count": 1{"0" * 400}}}]}}',
    DEEP,
    "\0",
]


@pytest.mark.parametrize("said", BASELINES, ids=range(len(BASELINES)))
def test_a_baseline_that_is_none_is_told(folders: Folders, said: str) -> None:
    config = folders.config()
    (folders.root / "b.json").write_text(said)
    result = told("check", config, "--baseline", "b.json")
    assert result.exit_code == 2
    assert "b.json: is no baseline" in result.stderr


def _forged(value: Any, change: Callable[[Any], Any]) -> str:
    return json.dumps(change(value))


def _with_other(said: Any, **values: object) -> list[Any]:
    """Change values of the row, which are kept in the order of its fields."""
    names = [field.name for field in fields(SampleRow)]
    return [list((dict(zip(names, said[0], strict=True)) | values).values()), [], []]


ROWS: dict[str, Callable[[Any], Any]] = {
    "null": lambda said: None,
    "number": lambda said: 1,
    "too few": lambda said: [],
    "texts": lambda said: ["x", "y", "z"],
    "nulls": lambda said: [None, None, None],
    "another row": lambda said: [{}, [], []],
    "an empty row": lambda said: [[], [], []],
    "deep": lambda said: eval("[" * 90 + "]" * 90),
    "sizes": lambda said: _with_other(said, size=[10**400, None]),
    "a size of text": lambda said: _with_other(said, bucket="xx"),
    "all texts": lambda said: [["\x1b[31m"] * len(said[0]), [], []],
    "all null": lambda said: [[None] * len(said[0]), [], []],
    "a key more": lambda said: [[*said[0], 1], [], []],
    "another image": lambda said: _with_other(said, image="\ud800\0"),
    "a huge share": lambda said: _with_other(said, coverage="1"),
    "unknown rule": lambda said: [
        said[0],
        [["MP999", "x", "error", "", "", "", "", False]],
        [],
    ],
    "unknown severity": lambda said: [
        said[0],
        [["MP104", "unreadable", "x", "", "", "", "", False]],
        [],
    ],
    "unknown stage": lambda said: [said[0], [], [["x", "x", "", None, ""]]],
}


@pytest.mark.parametrize("change", ROWS.values(), ids=ROWS)
def test_a_remembered_result_that_is_none_is_not_known(
    folders: Folders, change: Callable[[Any], Any]
) -> None:
    command = ("check", folders.config(), "--cache-dir", "c", "--format", "json")
    right = told(*command).stdout
    connection = sqlite3.connect(folders.root / "c" / "checks-1.sqlite3")
    rows = connection.execute("select key, result from results").fetchall()
    assert rows
    for key, result in rows:
        text = _forged(json.loads(result), change)
        seal = ledger._seal(key, text.encode())
        connection.execute(
            "update results set result = ?, seal = ? where key = ?", (text, seal, key)
        )
    connection.commit()
    connection.close()
    assert told(*command).stdout == right


LISTS = ["", "\0\n", "a\0b\n", "[!\n", "\x1b[31mx\n", "/" * 100_000, "x" * 100_000, "\ufeffa\n"]


@pytest.mark.parametrize("said", LISTS, ids=range(len(LISTS)))
def test_a_list_of_names_may_hold_anything(folders: Folders, said: str) -> None:
    config = folders.config()
    (folders.root / "l.txt").write_text(said, encoding="utf-8", errors="surrogatepass")
    assert "\x1b" not in all_of(told("check", config, "--only", "l.txt"))


BILLION, STEP = 10**9, "bucket_reso_steps = 1"
HUGE = "1" + "0" * 400
BOUNDS = {
    "billions": f"min_bucket_reso = -{BILLION}\nmax_bucket_reso = {BILLION}\n{STEP}",
    "one to a billion": f"min_bucket_reso = 1\nmax_bucket_reso = {BILLION}\n{STEP}",
    "downward": "min_bucket_reso = -64\nbucket_reso_steps = -64",
    "downward through zero": "bucket_reso_steps = -64",
    "from below zero": "min_bucket_reso = -64",
    "no step": "bucket_reso_steps = 0",
    "a step of 400 digits": f"bucket_reso_steps = {HUGE}",
    "a side of 400 digits": f"max_bucket_reso = {HUGE}",
}


@pytest.mark.parametrize("bounds", BOUNDS.values(), ids=BOUNDS)
def test_bounds_of_buckets_without_end_stop_the_run_and_not_the_check(
    folders: Folders, bounds: str
) -> None:
    text = f"[general]\nresolution = 128\nenable_bucket = true\n{bounds}\n[[datasets]]\n"
    text += "[[datasets.subsets]]\nimage_dir = 'images'\nconditioning_data_dir = 'masks'\n"
    (folders.root / "d.toml").write_text(text)
    for command in ("check", "preview", "compare", "convert"):
        more = {"preview": ("--output", "o"), "convert": ("--to", "onetrainer", "-o", "c")}
        result = told(command, "d.toml", *more.get(command, ()))
        assert command != "check" or "will not start" in result.stdout


def test_the_words_for_bounds_without_end_say_why(folders: Folders) -> None:
    text = f"[[datasets]]\nresolution = 128\nenable_bucket = true\n{BOUNDS['one to a billion']}\n"
    text += "[[datasets.subsets]]\nimage_dir = 'images'\nconditioning_data_dir = 'masks'\n"
    (folders.root / "d.toml").write_text(text)
    assert "more than 1,000,000 widths to try" in told("check", "d.toml").stdout


@pytest.mark.parametrize("side", ["100000", "2147483647"])
@pytest.mark.parametrize("trainer", ["sd-scripts", "diffusion-pipe", "simpletuner"])
def test_pictures_beyond_any_memory_are_not_made(folders: Folders, trainer: str, side: str) -> None:
    command = ("check", "images", "--masks", "masks", "--trainer", trainer)
    told(*command, "--resolution", side)
    assert told(*command, "--resolution", HUGE).exit_code == 2


@pytest.mark.parametrize("said", ["/a/*", ".", "..", "", r"\u0000", "a/" * 3000, "**", "***"])
def test_patterns_of_regions_are_patterns_or_told(folders: Folders, said: str) -> None:
    config = folders.config()
    expected = f'[[expect]]\nmeasure = "weight"\nmin = 0.5\nunder = "{said}"\n'
    (folders.root / "maskprep.toml").write_text(expected)
    told("check", config)


PATHS = [r"\u0000", r"x\ud800y", r"\u001b[31m", "a/" * 5000, "x" * 5000, "../" * 3000]


@pytest.mark.parametrize("path", PATHS, ids=range(len(PATHS)))
@pytest.mark.parametrize("form", ["text", "json", "sarif", "csv", "github"])
def test_paths_that_no_file_has_are_told(folders: Folders, path: str, form: str) -> None:
    subset = f'{{"image_dir": "{path}", "conditioning_data_dir": "{path}"}}'
    text = f'{{"datasets": [{{"resolution": 128, "subsets": [{subset}]}}]}}'
    (folders.root / "d.json").write_text(text)
    assert "\x1b" not in all_of(told("check", "d.json", "--format", form))


CONTROLS = ["a\x1b[31m", "a\x07", "a\x9b31m", "a\u202e", "a\x7f", "a\u2028b", "\udcff"]


@POSIX
@pytest.mark.parametrize("name", CONTROLS, ids=ascii)
@pytest.mark.parametrize("form", ["text", "concise", "csv", "github", "json", "sarif"])
def test_no_name_reaches_a_terminal_as_it_is(folders: Folders, name: str, form: str) -> None:
    folders.add(f"{name}.png")
    (folders.masks / f"{name}.png").write_bytes(b"no picture")
    words = all_of(told("check", folders.config(), "--all", "--format", form))
    assert not {"\x1b", "\x07", "\x9b", "\u202e", "\x7f", "\u2028"} & set(words)


@POSIX
@pytest.mark.parametrize("trainer", ["sd-scripts", "onetrainer", "ai-toolkit", "diffusion-pipe"])
@pytest.mark.parametrize("name", CONTROLS, ids=ascii)
def test_no_folder_reaches_a_terminal_as_it_is(folders: Folders, name: str, trainer: str) -> None:
    folders.images.rename(folders.root / name)
    words = all_of(
        told("export-config", name, "--masks", "masks", "--trainer", trainer, "--relative")
    )
    assert not {"\x1b", "\x07", "\x9b", "\u202e", "\x7f", "\u2028"} & set(words)


@POSIX
def test_a_page_holds_no_control_characters(folders: Folders) -> None:
    for name in CONTROLS:
        folders.add(f"{name}.png")
    told("report", folders.config(), "-o", "r.html")
    page = (folders.root / "r.html").read_text(encoding="utf-8")
    assert not {"\x1b", "\x07", "\x9b", "\u202e", "\x7f", "\u2028"} & set(page)


UPDATED = {
    "onetrainer": (
        "u.json",
        ['{"concepts": [1]}', '{"concepts": [{"path": "P", "image": 1}]}', "1"],
    ),
    "simpletuner": ("u.json", ['[{"id": 1}]', '[{"id": "a", "type": []}, null]', "[[]]", "{}"]),
    "diffusion-pipe": ("u.toml", ["directory = [1]", "[[directory]]\npath = []", "a = 1"]),
    "sd-scripts": ("u.toml", ["datasets = 1", "[[datasets]]\nsubsets = [1]", "general = 1"]),
}


@pytest.mark.parametrize("mark", ["", "\ufeff"], ids=["plain", "with a mark"])
@pytest.mark.parametrize("trainer", UPDATED)
def test_what_is_updated_may_hold_anything(folders: Folders, trainer: str, mark: str) -> None:
    name, texts = UPDATED[trainer]
    images = json.dumps(str(folders.images))[1:-1]
    for text in texts:
        content = f"{mark}{text}".replace("P", images).encode()
        (folders.root / name).write_bytes(content)
        command = ("export-config", "images", "--masks", "masks", "--trainer", trainer)
        if told(*command, "--update", name).exit_code == 2:
            assert (folders.root / name).read_bytes() == content


LONG = ["x" * 300, "/".join(["y" * 200] * 30)]
WRITERS = [
    ("preview", "--output"),
    ("extract", "--output"),
    ("embed", "--output"),
    ("report", "-o"),
    ("compare", "--output"),
    ("check", "--output-file"),
    ("check", "--cache-dir"),
    ("check", "--baseline"),
    ("check", "--config"),
    ("check", "--trainer-env"),
]


@pytest.mark.parametrize("place", LONG, ids=["a name", "a path"])
@pytest.mark.parametrize("command", WRITERS, ids=" ".join)
def test_names_that_are_too_long_are_told(
    folders: Folders, command: tuple[str, str], place: str
) -> None:
    name, option = command
    told(name, folders.config(), option, place)


@POSIX
def test_a_working_folder_that_is_gone_is_told(folders: Folders) -> None:
    gone = folders.root / "gone"
    gone.mkdir()
    os.chdir(gone)
    gone.rmdir()
    try:
        result = told("check", folders.config())
    finally:
        os.chdir(folders.root)
    assert result.exit_code == 2
    assert "the working folder is gone" in result.stderr


def _in_shell(command: str) -> subprocess.CompletedProcess[bytes]:
    own = {**os.environ, "PYTHONPATH": str(ROOT)}
    words = ["sh", "-c", command]
    return subprocess.run(words, capture_output=True, timeout=300, check=False, env=own)


@POSIX
@pytest.mark.parametrize("before", [">&-", "| true", ">&- 2>&-", "<&-"])
def test_nobody_need_listen(folders: Folders, before: str) -> None:
    command = f"'{sys.executable}' -m maskprep check '{folders.config()}' {before}"
    done = _in_shell(command)
    assert b"Traceback" not in done.stderr
    assert b"fault of maskprep" not in done.stderr
    assert b"Exception ignored" not in done.stderr


@POSIX
@pytest.mark.parametrize("how", ["threads", "processes"])
def test_few_open_files_are_told_or_enough(folders: Folders, how: str) -> None:
    command = f"ulimit -n 12; '{sys.executable}' -m maskprep check '{folders.config()}'"
    command += f" --executor {how} --workers 4"
    done = _in_shell(command)
    assert b"Traceback" not in done.stderr
    assert b"fault of maskprep" not in done.stderr
