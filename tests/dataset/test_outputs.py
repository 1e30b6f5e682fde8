"""Results go to new files outside the data set, or where the user says so; nothing is lost."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from maskprep.checking import engine as lint
from maskprep.dataset.outputs import Outputs
from maskprep.errors import MaskprepError
from tests.backups import originals
from tests.commands import all_of, run
from tests.datasets import FIGURE, Folders
from tests.places import links
from tests.rule_samples import SAMPLES

INVERTED = FIGURE.translate(str.maketrans("#.", ".#"))

unix = pytest.mark.skipif(os.name == "nt", reason="there are no such files")


def tree(folder: Path) -> dict[str, bytes]:
    return {
        each.relative_to(folder).as_posix(): each.read_bytes()
        for each in sorted(folder.rglob("*"))
        if each.is_file()
    }


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    made = Folders(tmp_path / "set").add("a.png", INVERTED).add("b.png")
    made.config()
    return made


def check(folders: Folders, *options: object) -> Result:
    words = ("--masks", folders.masks, "--caption-extension", ".txt", *options)
    return run("check", folders.images, *words)


def output_of(option: str, place: Path, folders: Folders) -> Result:
    """Let an option write into a folder of the data set."""
    pairs = (folders.images, "--masks", folders.masks)
    if option == "--diff-images":
        return check(folders, "--diff", "--unsafe-fixes", option, place, "--overwrite")
    if option == "--output-file":
        return check(folders, "--format", "json", option, place / "a.png", "--overwrite")
    if option == "--baseline":
        return check(folders, option, place / "new.json")
    if option in ("--output", "--weights"):
        return run("preview", *pairs, option, place, "--overwrite")
    return run("export-config", *pairs, "-o", place / "new.toml", "--overwrite")


@pytest.mark.parametrize(
    "option", ["--diff-images", "--output-file", "--baseline", "--output", "--weights", "-o"]
)
@pytest.mark.parametrize("place", ["images", "masks", pytest.param("link", marks=links)])
def test_nothing_is_written_into_a_data_set(option: str, place: str, folders: Folders) -> None:
    if place == "link":
        (folders.root / "link").symlink_to(folders.masks)
    before = tree(folders.root)
    result = output_of(option, folders.root / place, folders)
    assert result.exit_code == 2, result.stderr
    assert "lies in the data set" in result.stderr
    assert tree(folders.root) == before


def test_a_mode_that_changes_nothing_keeps_originals(folders: Folders) -> None:
    before = tree(folders.root)
    options = ("--diff", "--unsafe-fixes", "--diff-images", folders.masks)
    assert check(folders, *options).exit_code == 2
    assert tree(folders.root) == before


def test_files_of_the_data_set_that_lie_elsewhere_stay(folders: Folders, tmp_path: Path) -> None:
    settings = folders.root / "maskprep.toml"
    settings.write_text('ignore = ["MP3"]', encoding="utf-8")
    for own in (folders.root / "dataset.toml", settings):
        before = own.read_bytes()
        words = ("check", folders.root / "dataset.toml", "--format", "json")
        result = run(*words, "--output-file", own, "--overwrite")
        assert result.exit_code == 2
        assert f"{own}: is a file of the data set" in result.stderr
        assert own.read_bytes() == before


def test_one_of_several_data_sets_refuses_for_all(folders: Folders, tmp_path: Path) -> None:
    other = Folders(tmp_path / "other").add("c.png").config()
    target = folders.images / "report.json"
    words = ("check", other, folders.root / "dataset.toml", "--format", "json")
    assert run(*words, "--output-file", target).exit_code == 2
    assert not target.exists()


def test_pictures_of_changes_go_to_a_new_folder(folders: Folders, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "a.png").write_bytes(b"a picture of somebody's")
    options = ("--diff", "--unsafe-fixes", "--diff-images", out)
    refused = check(folders, *options)
    assert refused.exit_code == 2
    assert f"{out}: is not empty: name a new folder, or add --overwrite" in refused.stderr
    assert tree(out) == {"a.png": b"a picture of somebody's"}
    check(folders, *options, "--overwrite")
    assert tree(out)["a.png"].startswith(b"\x89PNG")


def test_what_appears_while_a_command_runs_stays(
    folders: Folders, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "report.json"
    judge = lint._judge

    def meanwhile(*words: Any, **more: Any) -> Any:
        target.write_text("somebody else's", encoding="utf-8")
        return judge(*words, **more)

    monkeypatch.setattr(lint, "_judge", meanwhile)
    for options in ((), ("--overwrite",)):
        target.unlink(missing_ok=True)
        words = ("--no-cache", "--format", "json", "--output-file", target, *options)
        result = check(folders, *words)
        assert result.exit_code == 2
        assert f"{target}: has appeared in the meantime" in result.stderr
        assert target.read_text(encoding="utf-8") == "somebody else's"


def test_with_overwrite_only_what_was_seen_is_replaced(
    folders: Folders, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "report.json"
    target.write_text("old", encoding="utf-8")
    judge = lint._judge

    def meanwhile(*words: Any, **more: Any) -> Any:
        target.write_text("somebody else's", encoding="utf-8")
        return judge(*words, **more)

    monkeypatch.setattr(lint, "_judge", meanwhile)
    words = ("--no-cache", "--format", "json", "--output-file", target, "--overwrite")
    result = check(folders, *words)
    assert result.exit_code == 2
    assert f"{target}: has changed in the meantime" in result.stderr
    assert target.read_text(encoding="utf-8") == "somebody else's"


@unix
def test_pipes_are_written_to(folders: Folders, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read: list[bytes] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()))
    reader.start()
    check(folders, "--format", "json", "--output-file", pipe)
    reader.join(30)
    assert read[0].startswith(b"{")
    assert stat.S_ISFIFO(pipe.stat().st_mode)


@unix
@pytest.mark.parametrize("to_file", [False, True])
def test_stdout_by_its_name_is_written_to(to_file: bool, folders: Folders, tmp_path: Path) -> None:
    before = os.lstat("/dev/stdout").st_ino
    words = ["check", str(folders.root / "dataset.toml"), "--format", "json"]
    command = [sys.executable, "-m", "maskprep", *words, "--output-file", "/dev/stdout"]
    with open(tmp_path / "out", "wb") as stream:
        stdout = stream if to_file else subprocess.PIPE
        done = subprocess.run(command, stdout=stdout, stderr=subprocess.PIPE)
    printed = (tmp_path / "out").read_bytes() if to_file else done.stdout
    assert printed.startswith(b"{"), done.stderr
    assert os.lstat("/dev/stdout").st_ino == before


@unix
def test_links_give_way_and_what_they_lead_to_stays(folders: Folders, tmp_path: Path) -> None:
    goal, link = tmp_path / "goal.json", tmp_path / "link.json"
    goal.write_text("old", encoding="utf-8")
    link.symlink_to(goal)
    words = ("--format", "json", "--output-file", link)
    assert check(folders, *words).exit_code == 2
    assert goal.read_text(encoding="utf-8") == "old"
    check(folders, *words, "--overwrite")
    assert not link.is_symlink()
    assert link.read_text(encoding="utf-8").startswith("{")
    assert goal.read_text(encoding="utf-8") == "old"


@unix
@pytest.mark.parametrize(
    "words",
    [
        ("dilate", "--radius", 1),
        ("extract",),
        ("embed",),
        ("preview",),
    ],
    ids=lambda words: words[0],
)
def test_nothing_is_written_outside_the_output_by_way_of_links(
    words: tuple[object, ...], folders: Folders, tmp_path: Path
) -> None:
    precious, out = tmp_path / "precious.png", tmp_path / "out"
    precious.write_bytes(b"precious")
    out.mkdir()
    for name in ("a.png", "b.png", "nowhere.png"):
        (out / name).symlink_to(precious if name != "nowhere.png" else tmp_path / "gone")
    data = (folders.images, "--masks", folders.masks)
    result = run(*words[:1], *data, *words[1:], "--output", out, "--overwrite")
    assert result.exit_code == 0, all_of(result)
    assert precious.read_bytes() == b"precious"
    assert not (out / "a.png").is_symlink()
    assert not (tmp_path / "gone").exists()


@unix
def test_a_folder_that_leads_out_of_the_output_is_refused(tmp_path: Path) -> None:
    for place in ("one", "two"):
        Folders(tmp_path / "set" / place).add("a.png")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "out" / "one").mkdir(parents=True)
    (tmp_path / "out" / "one" / "masks").symlink_to(tmp_path / "elsewhere")
    parts = [
        f'[[datasets.subsets]]\nimage_dir = "{tmp_path}/set/{each}/images"\n'
        f'conditioning_data_dir = "{tmp_path}/set/{each}/masks"\n'
        for each in ("one", "two")
    ]
    config = tmp_path / "dataset.toml"
    config.write_text("[[datasets]]\nresolution = 128\n" + "".join(parts), encoding="utf-8")
    result = run("dilate", config, "--radius", 1, "--output", tmp_path / "out", "--overwrite")
    assert result.exit_code == 2
    assert f"out/one/masks: leads out of {tmp_path}/out: take that link away" in result.stderr
    assert list((tmp_path / "elsewhere").iterdir()) == []


@unix
def test_an_update_goes_to_what_a_link_leads_to(update: Any, tmp_path: Path) -> None:
    goal = tmp_path / "kept" / "set.toml"
    goal.parent.mkdir()
    update.config.rename(goal)
    update.config.symlink_to(goal)
    before = goal.read_bytes()
    assert update().exit_code == 0
    assert update.config.is_symlink()
    assert goal.read_bytes() != before


@unix
def test_links_into_the_data_set_are_refused(folders: Folders, tmp_path: Path) -> None:
    link = tmp_path / "link.png"
    link.symlink_to(folders.masks / "a.png")
    before = tree(folders.root)
    result = check(folders, "--format", "json", "--output-file", link, "--overwrite")
    assert result.exit_code == 2
    assert tree(folders.root) == before


def test_what_is_no_file_is_refused(folders: Folders, tmp_path: Path) -> None:
    (tmp_path / "out" / "a.png").mkdir(parents=True)
    words = ("preview", folders.images, "--masks", folders.masks, "--output", tmp_path / "out")
    result = run(*words, "--overwrite")
    assert result.exit_code == 2
    assert "is no regular file" in result.stderr


def test_a_baseline_is_replaced_by_a_baseline_only(folders: Folders, tmp_path: Path) -> None:
    notes = tmp_path / "notes.json"
    notes.write_text('{"mine": 1}', encoding="utf-8")
    for options in ((), ("--update-baseline",)):
        result = check(folders, "--baseline", notes, *options)
        assert result.exit_code == 2
        assert "is no baseline" in result.stderr
        assert notes.read_text(encoding="utf-8") == '{"mine": 1}'


def test_existing_files_are_named_with_their_number(tmp_path: Path) -> None:
    there = [tmp_path / "a.png", tmp_path / "b.png"]
    for path in there:
        path.touch()
    with pytest.raises(MaskprepError, match=r"a\.png and 1 more files are there already"):
        Outputs().admit([*there, tmp_path / "c.png"])
    Outputs().admit([tmp_path / "c.png"])


# --- an update of somebody's configuration


@pytest.fixture
def update(tmp_path: Path) -> Callable[..., Result]:
    shutil.copytree("samples/photo", tmp_path / "photo")
    more = Folders(tmp_path / "more").add("a.png")
    config = tmp_path / "photo" / "set.toml"
    photo = (tmp_path / "photo" / "images", "--masks", tmp_path / "photo" / "masks")
    assert run("export-config", *photo, "-o", config).exit_code == 0

    def carry_out() -> Result:
        return run("export-config", more.images, "--masks", more.masks, "--update", config)

    carry_out.config = config  # type: ignore[attr-defined]
    return carry_out


def test_an_edit_made_meanwhile_survives_an_update(
    update: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    judge, edited = lint._judge, "# mine\n"

    def meanwhile(*words: Any, **more: Any) -> Any:
        update.config.write_text(edited, encoding="utf-8")
        return judge(*words, **more)

    monkeypatch.setattr(lint, "_judge", meanwhile)
    result = update()
    assert result.exit_code == 2
    assert f"{update.config}: has changed in the meantime and stays so" in result.stderr
    assert update.config.read_text(encoding="utf-8") == edited
    assert not list(update.config.parent.glob("*.maskprep-backup-*"))


@unix
def test_an_update_keeps_rights(update: Any) -> None:
    update.config.chmod(0o600)
    assert update().exit_code == 0
    (backup,) = update.config.parent.glob("*.maskprep-backup-*")
    for path in (update.config, backup / update.config.name):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


@unix
def test_an_update_leaves_read_only_files(update: Any) -> None:
    before = update.config.read_bytes()
    update.config.chmod(0o444)
    result = update()
    assert result.exit_code == 2
    assert "is read-only and stays so: make it writable first" in result.stderr
    assert update.config.read_bytes() == before
    assert not list(update.config.parent.glob("*.maskprep-backup-*"))


# --- masks in place


@unix
@pytest.mark.parametrize("command", ["dilate", "extract", "check"])
def test_masks_in_place_keep_their_rights(command: str, folders: Folders) -> None:
    words: dict[str, tuple[object, ...]] = {
        "dilate": ("--radius", 2, "--in-place"),
        "extract": ("--invert", "--in-place"),
        "check": ("--fix", "--unsafe-fixes", "--select", "polarity-suspect"),
    }
    mask = folders.masks / "a.png"
    before = mask.read_bytes()
    mask.chmod(0o600)
    run(command, folders.images, "--masks", folders.masks, *words[command])
    assert mask.read_bytes() != before
    assert stat.S_IMODE(mask.stat().st_mode) == 0o600


@unix
def test_read_only_masks_stay_and_are_told(folders: Folders) -> None:
    mask = folders.masks / "a.png"
    before = mask.read_bytes()
    mask.chmod(0o444)
    result = run("dilate", folders.root / "dataset.toml", "--radius", 2, "--in-place")
    assert result.exit_code == 1
    assert f"{mask}: is read-only and stays so" in result.stderr
    assert mask.read_bytes() == before
    (backup,) = folders.root.glob("*.maskprep-backup-*")
    assert list(originals(backup)) == ["b.png"]


def test_a_mask_painted_on_meanwhile_stays(
    folders: Folders, monkeypatch: pytest.MonkeyPatch
) -> None:
    from maskprep import raster

    mask, encode = folders.masks / "a.png", raster.encode_mask
    painted = (SAMPLES / "MP201-mask-16bit" / "good" / "masks").glob("*.png")
    content = next(painted).read_bytes()

    def meanwhile(*words: Any) -> bytes:
        mask.write_bytes(content)
        return encode(*words)

    monkeypatch.setattr(raster, "encode_mask", meanwhile)
    words = ("dilate", folders.root / "dataset.toml", "--only", "a.png", "--radius", 2)
    result = run(*words, "--in-place")
    assert result.exit_code == 1
    assert f"{mask}: has changed in the meantime and stays so" in result.stderr
    assert mask.read_bytes() == content


# --- fixes that fail, or are broken off


@unix
def test_fixes_that_fail_are_no_success(folders: Folders) -> None:
    (folders.masks / "a.png").chmod(0o444)
    words = ("--fix", "--unsafe-fixes", "--select", "polarity-suspect")
    result = check(folders, *words)
    assert result.exit_code == 1
    assert "a.png: not mended [polarity-suspect]: is read-only and stays so" in result.stderr
    assert "0 files mended, 1 not" in result.stderr
    assert check(folders, *words, "--fail-on", "never").exit_code == 2


def test_mending_that_is_broken_off_says_what_was_done(
    folders: Folders, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folders.images / "b.txt").write_bytes(b"\xef\xbb\xbfa figure")
    from maskprep.mending import mend

    checks = iter([lint.check, None])

    def twice(*words: Any) -> Any:
        each = next(checks)
        if each is None:
            raise KeyboardInterrupt
        return each(*words)

    monkeypatch.setattr(mend, "check", twice)
    result = check(folders, "--fix")
    assert result.exit_code == 130
    assert "b.txt: its byte order mark taken off [caption-bom]" in result.stderr
    assert "1 file mended; to go back: maskprep undo " in result.stderr
    assert "maskprep: interrupted; go back before a second run" in result.stderr
    assert "Aborted" not in result.stderr


@pytest.mark.parametrize("place", ["images", "masks", "masks/inner/cache"])
def test_nothing_is_remembered_in_the_data_set(place: str, folders: Folders) -> None:
    before = tree(folders.root)
    result = check(folders, "--cache-dir", folders.root / place)
    assert result.exit_code == 2
    told = f"maskprep: {folders.root / place}: lies in the data set, where nothing is remembered"
    assert result.stderr.startswith(told)
    assert tree(folders.root) == before
    assert check(folders, "--cache-dir", folders.root / "cache").exit_code == 0


@unix
def test_nothing_is_remembered_in_it_by_way_of_a_link(tmp_path: Path, folders: Folders) -> None:
    (tmp_path / "linked").symlink_to(folders.masks)
    result = check(folders, "--fix", "--cache-dir", tmp_path / "linked" / "cache")
    assert result.exit_code == 2
    assert "lies in the data set" in result.stderr
