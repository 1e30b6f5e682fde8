"""The way back: byte for byte, itself undone, past kills, and never over what was changed since."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from maskprep.editing import plan
from maskprep.editing import undo as way
from maskprep.editing.plan import Destination, Made, Task, carry_out
from maskprep.editing.undo import find_backups, last_backups, undo
from maskprep.errors import MaskprepError
from maskprep.files.backup import Backup
from maskprep.files.manifest import NAME, state_of
from maskprep.files.write import standing
from maskprep.mending.fixes import FIXES
from tests.backups import backups_in, originals, state_of_tree
from tests.commands import all_of, run
from tests.datasets import FIGURE, Folders, drawn, found
from tests.rule_samples import RuleSample, rule_samples

BAD = {sample.name: sample for sample in rule_samples() if sample.half == "bad"}
unix = pytest.mark.skipif(os.name == "nt", reason="links and rights of Unix")


def small(root: Path, count: int = 3) -> Folders:
    folders = Folders(root)
    for place in range(count):
        folders.add(f"{place}.png")
    folders.config()
    return folders


def grown(folders: Folders) -> Path:
    """Grow all masks in place, and name the backup."""
    result = run("dilate", folders.root / "dataset.toml", "--radius", 2, "--in-place")
    assert result.exit_code == 0, all_of(result)
    (backup,) = backups_in(folders.root)
    assert f"; to go back: maskprep undo {backup}\n" in result.stdout
    return backup


def undone_all(root: Path) -> list[Path]:
    """Undo every backup below a folder, the newest first; give those that this has made."""
    there = backups_in(root)
    for backup in sorted(there, key=lambda each: each.name, reverse=True):
        result = run("undo", backup)
        assert result.exit_code == 0, all_of(result)
    return [each for each in backups_in(root) if each not in there]


def assert_there_and_back(root: Path, work: Callable[[], object]) -> None:
    """See that an undo gives back what was there before, and its undo what was made."""
    before = state_of_tree(root)
    work()
    after = state_of_tree(root)
    assert after != before
    own = undone_all(root)
    assert state_of_tree(root) == before
    for backup in own:
        assert run("undo", backup).exit_code == 0
    assert state_of_tree(root) == after


# --- every command that works in place


@pytest.mark.parametrize("name", sorted({each.rule for each in FIXES}))
def test_every_fix_is_undone(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sample: RuleSample = BAD[name]
    sample.copy_to(tmp_path)
    monkeypatch.chdir(tmp_path)
    asked = [
        word for each in FIXES if each.rule == name and each.asked for word in ("--fix", each.asked)
    ]
    words = ["--fix", "--unsafe-fixes", *asked, "--no-cache"]
    assert_there_and_back(tmp_path, lambda: run("check", *sample.arguments, *words))


@pytest.mark.parametrize(
    "words",
    [
        ("dilate", "--radius", 3),
        ("extract", "--invert"),
        ("embed",),
        ("check", "--fix", "--unsafe-fixes"),
    ],
)
def test_every_command_is_undone(words: tuple[object, ...], tmp_path: Path) -> None:
    folders = small(tmp_path)
    Image.open(folders.images / "1.png").save(folders.images / "1.jpg")
    (folders.images / "1.png").unlink()
    mask = Image.open(folders.masks / "2.png")
    mask.convert("RGB").save(folders.masks / "2_mask.bmp")
    mask.close()
    (folders.masks / "2.png").unlink()
    place = () if words[0] == "check" else ("--in-place",)
    assert_there_and_back(tmp_path, lambda: run(*words, folders.root / "dataset.toml", *place))


def test_an_update_of_a_configuration_is_undone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders = small(tmp_path)
    monkeypatch.chdir(tmp_path)
    shutil.copytree(folders.images, tmp_path / "more")
    words = ("export-config", "--plain", "more", "--update", "dataset.toml")
    assert_there_and_back(tmp_path, lambda: run(*words))


@unix
def test_an_update_over_a_link_is_undone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folders = small(tmp_path / "far")
    (tmp_path / "dataset.toml").symlink_to(folders.root / "dataset.toml")
    monkeypatch.chdir(tmp_path)
    shutil.copytree(folders.images, tmp_path / "more")
    before = state_of_tree(tmp_path)
    run("export-config", "--plain", "more", "--update", "dataset.toml")
    assert state_of_tree(tmp_path) != before
    assert run("undo", "dataset.toml").exit_code == 0
    assert state_of_tree(tmp_path) == before


def test_a_folder_that_was_made_goes_too(tmp_path: Path) -> None:
    data = [tmp_path / "masks"]
    (tmp_path / "images").mkdir()
    backup, target = Backup(), tmp_path / "masks" / "sub" / "a.png"
    backup.keep(target, data, state_of(b"new"))
    target.parent.mkdir(parents=True)
    target.write_bytes(b"new")
    (folder,) = backup.folders
    done = undo(folder)
    assert sorted(os.listdir(tmp_path)) == sorted([folder.name, done.backups[0].name, "images"])
    undo(done.backups[0])
    assert target.read_bytes() == b"new"


# --- what is told


def test_a_dry_run_tells_it_and_touches_nothing(tmp_path: Path) -> None:
    folders = small(tmp_path)
    backup = grown(folders)
    before, there = state_of_tree(tmp_path), sorted(tmp_path.rglob("*"))
    result = run("undo", folders.masks, "--dry-run")
    assert result.exit_code == 0
    assert f"{folders.masks / '0.png'}: would be put back\n" in result.stdout
    assert f"{backup}: 3 would be put back\n" in result.stdout
    assert state_of_tree(tmp_path) == before
    assert sorted(tmp_path.rglob("*")) == there


def test_the_last_run_that_left_something_is_taken(tmp_path: Path) -> None:
    folders = small(tmp_path)
    states = [state_of_tree(tmp_path)]
    for radius in (1, 2):
        run("dilate", folders.root / "dataset.toml", "--radius", radius, "--in-place")
        states.append(state_of_tree(tmp_path))
    for place in (folders.masks, folders.root / "dataset.toml"):
        assert run("undo", place).exit_code == 0
        states.pop()
        assert state_of_tree(tmp_path) == states[-1]
    result = run("undo", folders.masks)
    assert result.exit_code == 2
    again = re.search(
        r"as a run in place left it; to do again what was undone last: maskprep undo (\S+)",
        result.stderr,
    )
    assert again is not None
    assert run("undo", again[1]).exit_code == 0
    assert state_of_tree(tmp_path) != states[-1]
    assert run("undo", folders.root).exit_code == 0  # what was done again is the last run anew
    assert state_of_tree(tmp_path) == states[-1]


def test_all_folders_of_one_run_are_undone_together(tmp_path: Path) -> None:
    folders = small(tmp_path)
    (folders.images / "0.txt").write_bytes(b"\xef\xbb\xbfa figure")
    Image.fromarray(drawn(FIGURE).astype(np.uint16) * 257).save(folders.masks / "0.png")
    before = state_of_tree(tmp_path)
    result = run("check", folders.root / "dataset.toml", "--fix", "--no-cache")
    assert len(backups_in(tmp_path)) == 2
    told = re.search(r"2 files mended; to go back: maskprep undo (\S+) (\S+)\n", result.stderr)
    assert told is not None
    assert {Path(each) for each in told.groups()} == set(backups_in(tmp_path))
    assert run("undo", folders.root).exit_code == 0
    assert state_of_tree(tmp_path) == before


def test_backups_are_listed(tmp_path: Path) -> None:
    folders = small(tmp_path)
    backup = grown(folders)
    (own,) = undo(backup).backups
    old = tmp_path / "masks.maskprep-backup-20200101-000000"
    old.mkdir()
    (old / "a.png").write_bytes(b"old")
    newest, older, oldest = run("undo", "--list", folders.masks).stdout.splitlines()
    assert re.fullmatch(rf"{re.escape(str(own))}: 3 files, [-\d: ]+ by maskprep undo", newest)
    assert older.startswith(f"{backup}: 3 files, ")
    assert older.endswith(" by maskprep dilate, nothing left to be undone")
    assert oldest == f"{old}: no manifest"


def test_what_is_no_backup_or_has_no_way_back_is_told(tmp_path: Path) -> None:
    name = "masks.maskprep-backup-20200101-000000"
    for path, told in (
        (
            tmp_path / "gone.maskprep-backup-20200101-000000",
            "cannot be read (No such file or directory)",
        ),
        (tmp_path, "no backup of maskprep lies beside it, or in it"),
        (tmp_path / "dataset.toml", "there is no such file or folder, nor a backup beside it"),
    ):
        result = run("undo", path)
        assert result.exit_code == 2
        assert f"{path}: {told}" in result.stderr
    (tmp_path / name).mkdir()
    (tmp_path / name / "a.png").write_bytes(b"old")
    told = f"{tmp_path / name}: was made by an earlier maskprep, which wrote no {NAME}: copy its"
    assert told in run("undo", tmp_path / "masks").stderr
    (tmp_path / "set.toml.maskprep-backup-20200101-000000").write_bytes(b"old")
    told = "was made by an earlier maskprep: copy it over set.toml"
    assert told in run("undo", tmp_path / "set.toml").stderr
    with pytest.raises(MaskprepError, match="is no backup: these are called"):
        undo(tmp_path / "masks")


# --- what was changed since


@pytest.mark.parametrize("how", ["edited", "gone", "a folder", "read-only"])
def test_what_was_changed_since_is_left_alone_and_others_go_on(how: str, tmp_path: Path) -> None:
    if how == "read-only" and (os.name == "nt" or os.geteuid() == 0):
        pytest.skip("nothing is read-only for root")
    folders = small(tmp_path)
    before = state_of_tree(tmp_path)
    backup = grown(folders)
    path = folders.masks / "1.png"
    if how == "read-only":
        path.chmod(0o444)
    else:
        path.unlink()
    if how == "edited":
        path.write_bytes(b"mine")
    elif how == "a folder":
        path.mkdir()
    theirs = state_of_tree(tmp_path)["masks/1.png"] if how != "gone" else None
    result = run("undo", backup)
    assert result.exit_code == 1
    told = {
        "edited": "has changed since, and is left alone",
        "gone": "is gone since, and is left alone",
        "a folder": "is no file",
        "read-only": "is read-only and stays so",
    }
    assert f"{path}: {told[how]}" in result.stderr
    assert f"{backup}: 2 put back, 1 left alone\n" in result.stdout
    now = state_of_tree(tmp_path)
    assert now.pop("masks/1.png", None) == theirs
    before.pop("masks/1.png")
    assert now == before


def test_where_all_was_changed_since_nothing_is_left(tmp_path: Path) -> None:
    folders = small(tmp_path, 1)
    grown(folders)
    (folders.masks / "0.png").write_bytes(b"mine")
    result = run("undo", folders.masks)
    assert result.exit_code == 2
    told = "nothing is left to be undone: no file is as a run in place left it"
    assert result.stderr == f"maskprep: {folders.masks}: {told}\n"


def test_what_is_as_before_is_counted_only(tmp_path: Path) -> None:
    folders = small(tmp_path)
    backup = grown(folders)
    (folders.masks / "1.png").write_bytes((backup / "1.png").read_bytes())
    result = run("undo", backup)
    assert result.exit_code == 0
    assert "1.png" not in all_of(result)
    assert f"{backup}: 2 put back, 1 as before\n" in result.stdout


@unix
@pytest.mark.parametrize("how", ["written through", "removed", "a link"])
def test_an_original_that_is_not_what_it_was_is_not_put_back(how: str, tmp_path: Path) -> None:
    folders = small(tmp_path)
    os.link(folders.masks / "1.png", tmp_path / "other-name.png")
    backup = grown(folders)
    after = (folders.masks / "1.png").read_bytes()
    if how == "written through":
        (tmp_path / "other-name.png").write_bytes(b"edited in place")
    else:
        (backup / "1.png").unlink()
    if how == "a link":
        (backup / "1.png").symlink_to(tmp_path / "other-name.png")
    result = run("undo", backup)
    assert result.exit_code == 1
    what = "is not there" if how == "removed" else "has been changed"
    told = f"1.png: stays as it is: its original {backup / '1.png'} {what}"
    assert told in result.stderr
    assert (folders.masks / "1.png").read_bytes() == after


def test_what_appears_or_changes_meanwhile_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders = small(tmp_path, 1)
    backup = grown(folders)
    mask, place = folders.masks / "0.png", way._place

    def meanwhile(before: object, kept: Path, path: Path) -> None:
        mask.write_bytes(b"mine")
        place(before, kept, path)  # type: ignore[arg-type]

    monkeypatch.setattr(way, "_place", meanwhile)
    (outcome,) = undo(backup).outcomes
    assert outcome.problem == "has changed in the meantime and stays so: run it again"
    assert mask.read_bytes() == b"mine"
    assert os.listdir(folders.masks) == ["0.png"]
    assert backups_in(tmp_path) == [backup]


# --- links, rights, times


@unix
def test_rights_times_and_other_names_come_back(tmp_path: Path) -> None:
    folders = small(tmp_path, 1)
    mask = folders.masks / "0.png"
    mask.chmod(0o640)
    os.utime(mask, ns=(10**18, 10**18 + 7))
    os.link(mask, tmp_path / "other-name.png")
    undo(grown(folders))
    found = mask.stat()
    assert (found.st_mode & 0o777, found.st_mtime_ns) == (0o640, 10**18 + 7)
    assert mask.samefile(tmp_path / "other-name.png")


@unix
def test_without_hard_links_rights_times_and_attributes_come_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders = small(tmp_path)
    mask = folders.masks / "0.png"
    mask.chmod(0o640)
    marked = hasattr(os, "setxattr")
    try:
        os.setxattr(mask, "user.note", b"mine")
    except (AttributeError, OSError):
        marked = False
    before = state_of_tree(tmp_path)

    def refused(*_: object, **__: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refused)
    backup = grown(folders)
    if marked:
        assert os.getxattr(backup / "0.png", "user.note") == b"mine"
    undo(backup)
    assert state_of_tree(tmp_path) == before
    if marked:
        assert os.getxattr(mask, "user.note") == b"mine"


@unix
@pytest.mark.parametrize("goal", ["../store.png", "{}/store.png"])
def test_a_link_that_gave_way_is_one_again(goal: str, tmp_path: Path) -> None:
    folders = small(tmp_path / "set", 2)
    mask = folders.masks / "0.png"
    store = (tmp_path if goal.startswith("{") else folders.root) / "store.png"
    mask.rename(store)
    mask.symlink_to(goal.format(tmp_path))
    words = ("dilate", folders.root / "dataset.toml", "--radius", 2, "--in-place")
    assert_there_and_back(tmp_path, lambda: run(*words))


@unix
def test_a_linked_folder_has_its_backup_beside_what_it_leads_to(tmp_path: Path) -> None:
    folders = small(tmp_path / "set", 2)
    folders.masks.rename(tmp_path / "far")
    folders.masks.symlink_to(tmp_path / "far")
    before = state_of_tree(tmp_path)
    run("dilate", folders.root / "dataset.toml", "--radius", 2, "--in-place")
    assert [each.parent for each in backups_in(tmp_path)] == [tmp_path]
    assert run("undo", folders.masks).exit_code == 0
    assert state_of_tree(tmp_path) == before


@unix
def test_a_hard_link_that_has_the_new_name_already_comes_back(tmp_path: Path) -> None:
    folders = small(tmp_path, 1)
    source, target = folders.masks / "0.bmp", folders.masks / "0.png"
    os.link(target, source)
    training_set = found(folders.root / "dataset.toml")
    task = Task(str(source), target, lambda: Made(b"new", ""))
    before = state_of_tree(tmp_path)
    done = carry_out([task], training_set, Destination(None))
    assert os.listdir(folders.masks) == ["0.png"]
    assert not done.failed
    undo(done.backups[0])
    assert state_of_tree(tmp_path) == before


def test_names_of_one_entry_are_one_change(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where case does not count: the new name is found before it is listed."""
    folders = small(tmp_path, 1)
    source, target = folders.masks / "0.Png", folders.masks / "0.png"
    training_set = found(folders.root / "dataset.toml")
    target.rename(source)
    before = source.read_bytes()

    def where_case_does_not_count(path: Path) -> object:
        return standing(source if path == target and not target.exists() else path)

    monkeypatch.setattr(plan, "standing", where_case_does_not_count)
    monkeypatch.setattr(plan, "_is_same_entry", lambda *_: True)

    def onto_the_entry(path: Path, content: bytes, *_: object, **__: object) -> None:
        assert path == target
        source.unlink()
        source.write_bytes(content)

    monkeypatch.setattr(plan, "write_whole", onto_the_entry)
    task = Task(str(source), target, lambda: Made(b"new", ""))
    done = carry_out([task], training_set, Destination(None))
    assert not done.failed
    undo(done.backups[0])
    assert source.read_bytes() == before


def test_a_set_that_was_moved_is_undone_where_it_is(tmp_path: Path) -> None:
    folders = small(tmp_path / "old")
    before = state_of_tree(folders.root)
    grown(folders)
    folders.root.rename(tmp_path / "new")
    assert run("undo", tmp_path / "new" / "masks").exit_code == 0
    assert state_of_tree(tmp_path / "new") == before


def test_names_that_differ_in_case_alone_are_undone(tmp_path: Path) -> None:
    folders = small(tmp_path, 1)
    (folders.masks / "0.png").rename(folders.masks / "0.Png")
    before = state_of_tree(tmp_path)
    run("extract", folders.root / "dataset.toml", "--invert", "--in-place")
    assert os.listdir(folders.masks) == ["0.png"]
    undone_all(tmp_path)
    assert state_of_tree(tmp_path) == before


# --- broken off


@pytest.mark.skipif(sys.platform == "win32", reason="names of Unix")
def test_odd_names_come_back(tmp_path: Path) -> None:
    folders = small(tmp_path, 1)
    odd = [os.fsdecode(b"caf\xe9"), "a\nb", "back\\slash", "-x", "ギ"]
    for name in odd:
        folders.add(f"{name}.png")
    words = ("dilate", folders.root / "dataset.toml", "--radius", 2, "--in-place")
    assert_there_and_back(tmp_path, lambda: run(*words))


@pytest.mark.parametrize("stage", ["keep", "line", "write", "remove"])
def test_a_run_that_ends_at_any_point_is_undone(
    stage: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a kill leaves between any two steps, made by an error that nobody catches there."""
    folders = small(tmp_path)
    Image.open(folders.masks / "1.png").save(folders.masks / "1.bmp")
    (folders.masks / "1.png").unlink()
    before = state_of_tree(tmp_path)
    from maskprep.files import backup, manifest

    class Killed(BaseException):
        pass

    def kill(*_: object, **__: object) -> None:
        raise Killed

    modules = {
        "keep": (backup, "_stored"),
        "line": (manifest, "as_entry"),
        "write": (plan, "write_whole"),
        "remove": (plan, "_remove"),
    }
    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(*modules[stage], kill)
        run("extract", folders.root / "dataset.toml", "--invert", "--in-place")
    for each in backups_in(tmp_path):
        with (each / NAME).open("ab") as stream:
            stream.write(b'{"path": "masks/2.p')  # the line that was being written
        assert run("undo", each).exit_code == 0
    assert state_of_tree(tmp_path) == before


def test_an_undo_that_is_broken_off_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders = small(tmp_path, 8)
    before = state_of_tree(tmp_path)
    backup = grown(folders)
    put, times = way._put, iter(range(100))

    def once(*words: object) -> None:
        if next(times) == 3:
            raise KeyboardInterrupt
        put(*words)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(way, "_put", once)
        result = run("undo", folders.masks)
    assert result.exit_code != 0
    assert re.search(r"interrupted after \d of 8 files: run it again to go on", result.stderr)
    assert state_of_tree(tmp_path) != before
    assert last_backups(folders.masks) == (backup,)
    assert run("undo", folders.masks).exit_code == 0
    assert state_of_tree(tmp_path) == before
    assert not find_backups(folders.masks)[-1].leads_back


@pytest.mark.parametrize("manifest", [None, b"", b'{"maskprep": "0.'])
def test_a_run_that_was_killed_before_its_first_change_is_passed_by(
    manifest: bytes | None, tmp_path: Path
) -> None:
    folders = small(tmp_path)
    backup = grown(folders)
    killed = tmp_path / "masks.maskprep-backup-99990101-000000"
    killed.mkdir()
    if manifest is not None:
        (killed / NAME).write_bytes(manifest)
    result = run("undo", killed)
    assert result.exit_code == 0
    assert result.stdout == f"{killed}: nothing was changed\n"
    assert last_backups(folders.masks) == (backup,)


def test_of_several_backups_the_newest_is_undone_first(tmp_path: Path) -> None:
    folders = small(tmp_path)
    before = state_of_tree(tmp_path)
    for radius in (1, 2):
        run("dilate", folders.root / "dataset.toml", "--radius", radius, "--in-place")
    result = run("undo", *backups_in(tmp_path))
    assert result.exit_code == 0, all_of(result)
    assert state_of_tree(tmp_path) == before


def test_a_file_that_many_fixes_changed_is_what_it_was_first(tmp_path: Path) -> None:
    path = tmp_path / "masks" / "a.png"
    path.parent.mkdir()
    path.write_bytes(b"first")
    backup, data = Backup(), [path.parent]
    for content in (b"second", b"third"):
        backup.keep(path, data, state_of(content))
        path.unlink()
        path.write_bytes(content)
    backup.keep(path, data, state_of(b"never written"))
    (folder,) = backup.folders
    assert originals(folder) == {"a.png": b"first"}
    undo(folder)
    assert path.read_bytes() == b"first"


def test_a_manifest_is_written_before_anything_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders = small(tmp_path)
    before = state_of_tree(tmp_path)
    from maskprep.files import manifest

    def full(folder: Path, entry: dict[str, object]) -> None:
        if "path" in entry:
            raise OSError(28, "No space left on device")
        append(folder, entry)

    append = manifest.append
    monkeypatch.setattr(manifest, "append", full)
    result = run("dilate", folders.root / "dataset.toml", "--radius", 2, "--in-place")
    assert result.exit_code == 1
    assert "0.png: cannot be backed up (No space left on device)" in result.stderr
    assert state_of_tree(tmp_path) == before
    assert backups_in(tmp_path) == []


def test_a_disk_that_is_full_for_the_first_line_leaves_no_backup_without_a_head(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "masks" / "a.png"
    path.parent.mkdir()
    path.write_bytes(b"old")
    backup, whole = Backup(), os.write
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", lambda handle, line: whole(handle, line[:9]))
        with pytest.raises(MaskprepError, match="No space left on device"):
            backup.keep(path, [path.parent], state_of(b"new"))
    assert not backup.folders
    assert backups_in(tmp_path) == []
    backup.keep(path, [path.parent], state_of(b"new"))
    path.unlink()
    path.write_bytes(b"new")
    (folder,) = backup.folders
    undo(folder)
    assert path.read_bytes() == b"old"


def test_a_disk_that_is_full_for_a_moment_tears_no_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = [tmp_path / "masks" / f"{number}.png" for number in range(3)]
    paths[0].parent.mkdir()
    backup, whole = Backup(), os.write
    for path in paths:
        path.write_bytes(b"old")
        with monkeypatch.context() as patch:
            if path is paths[1]:
                patch.setattr(os, "write", lambda handle, line: whole(handle, line[:9]))
                with pytest.raises(MaskprepError, match="cannot be backed up"):
                    backup.keep(path, [path.parent], state_of(b"new"))
                continue
        backup.keep(path, [path.parent], state_of(b"new"))
        path.unlink()
        path.write_bytes(b"new")
    done = undo(backup.folders[0])
    assert [each.problem for each in done.outcomes] == ["", ""]
    assert {each.read_bytes() for each in paths} == {b"old"}


# --- manifests that nobody of ours wrote


def forged(root: Path, *lines: object, base: str = "masks") -> Path:
    """Make a backup whose manifest says this."""
    folder = root / f"{base}.maskprep-backup-20260101-000000"
    folder.mkdir()
    head = {"maskprep": "0.1.0", "format": 1}
    texts = [each if isinstance(each, str) else json.dumps(each) for each in (head, *lines)]
    (folder / NAME).write_text("".join(f"{each}\n" for each in texts), encoding="utf-8")
    return folder


def replaced(path: object) -> dict[str, object]:
    after = state_of(b"after")
    before = state_of(b"before")
    return {
        "path": path,
        "before": {"size": before.size, "sha256": before.sha256},
        "after": {"size": after.size, "sha256": after.sha256},
    }


@pytest.mark.parametrize(
    "path",
    [
        "../outside.txt",
        "masks/../../outside.txt",
        "masks/../outside.txt",
        "/etc/outside.txt",
        "{root}/outside.txt",
        "outside.txt",
        "./masks/a.txt",
        "masks//a.txt",
        "masks/",
        "",
        "masks/a\0b",
        "masks/\udfff",
        "masks/" + "a" * 5000,
        "masks/linked/outside.txt",
        None,
        7,
        ["masks/a.txt"],
    ],
)
def test_nothing_outside_is_touched(path: object, tmp_path: Path) -> None:
    root = tmp_path / "set"
    (root / "masks").mkdir(parents=True)
    outside = [tmp_path / "outside.txt", root / "outside.txt"]
    for each in outside:
        each.write_bytes(b"after")
    if os.name != "nt":
        (root / "masks" / "linked").symlink_to(tmp_path)
    path = path.format(root=tmp_path) if isinstance(path, str) else path
    folder = forged(root, replaced(path))
    for name in ("outside.txt", "a.txt", "linked/outside.txt"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(b"before")
    before = state_of_tree(tmp_path)
    result = run("undo", folder)
    assert result.exit_code == 1
    assert "is passed over" in result.stderr or "lies behind a link" in result.stderr
    assert "fault of maskprep" not in result.stderr
    assert state_of_tree(tmp_path) == before
    assert backups_in(tmp_path) == [folder]


@unix
def test_an_original_behind_a_link_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "masks" / "sub").mkdir(parents=True)
    (tmp_path / "masks" / "sub" / "a.txt").write_bytes(b"after")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "a.txt").write_bytes(b"before")
    folder = forged(tmp_path, replaced("masks/sub/a.txt"))
    (folder / "sub").symlink_to(tmp_path / "elsewhere")
    result = run("undo", folder)
    assert result.exit_code == 1
    assert "lies behind a link, and is left alone" in result.stderr
    assert (tmp_path / "masks" / "sub" / "a.txt").read_bytes() == b"after"


@unix
def test_no_link_is_planted_to_write_through(tmp_path: Path) -> None:
    (tmp_path / "set" / "masks").mkdir(parents=True)
    made = {"path": "masks/sub", "before": {"link": str(tmp_path)}, "after": None}
    folder = forged(tmp_path / "set", made, replaced("masks/sub/outside.txt"))
    (tmp_path / "outside.txt").write_bytes(b"after")
    (folder / "sub").mkdir()
    (folder / "sub" / "outside.txt").write_bytes(b"before")
    result = run("undo", folder)
    assert result.exit_code == 1
    assert "'masks/sub' is passed over: is a file and a folder" in result.stderr
    assert (tmp_path / "outside.txt").read_bytes() == b"after"
    assert os.listdir(tmp_path / "set" / "masks") == []


@unix
def test_pipes_are_not_waited_for(tmp_path: Path) -> None:
    (tmp_path / "masks").mkdir()
    os.mkfifo(tmp_path / "masks" / "a.txt")
    (tmp_path / "masks" / "b.txt").write_bytes(b"after")
    folder = forged(tmp_path, replaced("masks/a.txt"), replaced("masks/b.txt"))
    os.mkfifo(folder / "b.txt")
    result = run("undo", folder)
    assert result.exit_code == 1
    assert "a.txt: is no file" in result.stderr
    assert f"{folder / 'b.txt'}: is no file" in result.stderr
    (folder / NAME).unlink()
    os.mkfifo(folder / NAME)
    assert f"{folder / NAME}: is no file" in run("undo", folder).stderr


@pytest.mark.parametrize(
    "line",
    [
        "{",
        "7",
        "[" * 20_000,
        "{" * 3,
        '{"path": "masks/a.txt"}',
        '{"path": "masks/a.txt", "before": null}',
        '{"path": "masks/a.txt", "before": 1, "after": null}',
        '{"path": "masks/a.txt", "before": {"size": -1, "sha256": "'
        + "0" * 64
        + '"}, "after": null}',
        '{"path": "masks/a.txt", "before": {"size": true, "sha256": "'
        + "0" * 64
        + '"}, "after": null}',
        '{"path": "masks/a.txt", "before": {"size": 1, "sha256": "x"}, "after": null}',
        '{"path": "masks/a.txt", "before": {"link": "a\\u0000b"}, "after": null}',
        '{"path": "masks/a.txt", "before": {"size": 1e999, "sha256": []}, "after": {}}',
        '{"folder": 7}',
        '{"folder": "../masks"}',
        '{"x": "' + "y" * 200_000 + '"}',
        "\ufeff{}",
    ],
)
def test_a_damaged_line_is_told_and_the_others_go_on(line: str, tmp_path: Path) -> None:
    (tmp_path / "masks").mkdir()
    for name in ("a.txt", "b.txt"):
        (tmp_path / "masks" / name).write_bytes(b"after")
    folder = forged(tmp_path, line, replaced("masks/b.txt"))
    (folder / "b.txt").write_bytes(b"before")
    result = run("undo", folder)
    assert result.exit_code == 1
    assert f"{folder / NAME}: line 2 is passed over: " in result.stderr
    assert (tmp_path / "masks" / "a.txt").read_bytes() == b"after"
    assert (tmp_path / "masks" / "b.txt").read_bytes() == b"before"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"{}\n", "is no manifest of maskprep"),
        (b"\x89PNG\r\n\x1a\n", "is no manifest of maskprep"),
        (b'{"maskprep": "9.9", "format": 2}\n', "is a later maskprep's: undo with 9.9"),
        (b'{"maskprep": "0.1.0", "format": 1}\n' + b"x\n" * 1000, "too many lines are damaged"),
    ],
)
def test_what_is_no_manifest_is_told(content: bytes, told: str, tmp_path: Path) -> None:
    folder = tmp_path / "masks.maskprep-backup-20260101-000000"
    folder.mkdir()
    (folder / NAME).write_bytes(content)
    result = run("undo", folder)
    assert result.exit_code == 2
    assert f"{folder / NAME}: " in result.stderr
    assert told in result.stderr


@unix
def test_what_is_far_too_large_is_not_read(tmp_path: Path) -> None:
    folder = forged(tmp_path)
    os.truncate(folder / NAME, (1 << 29) + 1)  # no byte of it is written
    result = run("undo", folder)
    assert result.exit_code == 2
    assert "has 536,870,913 bytes: that is no manifest" in result.stderr


def test_names_that_lead_elsewhere_are_no_backups(tmp_path: Path) -> None:
    for base in ("..", "."):
        folder = forged(tmp_path, base=base)
        with pytest.raises(MaskprepError, match="is no backup"):
            undo(folder)
