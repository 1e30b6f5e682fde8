"""One file under two names is mended once; what links lead to, and originals, are never lost."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from maskprep.files.backup import Backup
from tests.backups import backups_in, originals
from tests.commands import run
from tests.datasets import FIGURE, Folders, drawn
from tests.places import links

pytestmark = links


def green(path: Path) -> bytes:
    """Paint a mask in green, which the trainer reads as black."""
    mask = drawn(FIGURE)
    Image.fromarray(np.dstack([mask * 0, mask, mask * 0])).save(path)
    return path.read_bytes()


def mode_of(path: Path) -> str:
    with Image.open(path) as image:
        return str(image.mode)


def two_subsets(folders: Folders, images: Path, masks: Path) -> Path:
    """Write a configuration of the folders and of two more."""
    path = folders.config()
    with path.open("a", encoding="utf-8") as stream:
        stream.write(
            f"[[datasets.subsets]]\nimage_dir = '{images}'\nconditioning_data_dir = '{masks}'\n"
            "caption_extension = '.txt'\n"
        )
    return path


def kept(root: Path) -> dict[str, bytes]:
    """List what backups hold."""
    held = (originals(backup) for backup in backups_in(root))
    return {Path(name).name: content for each in held for name, content in each.items()}


def test_a_folder_under_two_names_is_mended_once(tmp_path: Path) -> None:
    folders = Folders(tmp_path).add("a.png").add("b.png")
    originals = {name: green(folders.masks / name) for name in ("a.png", "b.png")}
    for name in ("images", "masks"):
        (tmp_path / f"linked-{name}").symlink_to(tmp_path / name)
    config = two_subsets(folders, tmp_path / "linked-images", tmp_path / "linked-masks")
    result = run("check", config, "--fix", "--unsafe-fixes", "--no-cache")
    assert "in the meantime" not in result.stderr
    assert "2 files mended; to go back: maskprep undo " in result.stderr
    assert "mask-coloured" not in result.stdout
    assert {mode_of(each) for each in folders.masks.iterdir()} == {"L"}
    assert kept(tmp_path) == originals


def test_a_link_to_another_mask_of_the_set_stays_one(tmp_path: Path) -> None:
    folders = Folders(tmp_path).add("a.png").add("b.png")
    original = green(folders.masks / "b.png")
    (folders.masks / "a.png").unlink()
    (folders.masks / "a.png").symlink_to("b.png")
    result = run("check", folders.config(), "--fix", "--unsafe-fixes", "--no-cache")
    assert "1 file mended" in result.stderr
    assert (folders.masks / "a.png").is_symlink()
    assert mode_of(folders.masks / "a.png") == "L"
    assert kept(tmp_path) == {"b.png": original}


def test_a_link_that_leads_out_of_the_set_gives_way_and_is_told(tmp_path: Path) -> None:
    folders = Folders(tmp_path / "set").add("a.png")
    elsewhere = tmp_path / "store.png"
    original = green(elsewhere)
    (folders.masks / "a.png").unlink()
    (folders.masks / "a.png").symlink_to(elsewhere)
    result = run("check", folders.config(), "--fix", "--unsafe-fixes", "--no-cache")
    assert f"; was a link to {elsewhere}, which stays as it is [mask-coloured]" in result.stderr
    assert not (folders.masks / "a.png").is_symlink()
    assert mode_of(folders.masks / "a.png") == "L"
    assert elsewhere.read_bytes() == original
    assert kept(tmp_path) == {"a.png": original}


def test_backups_hold_no_state_in_between(tmp_path: Path) -> None:
    folders = Folders(tmp_path).add("a.png")
    original = green(folders.masks / "a_mask.png")
    (folders.masks / "a.png").unlink()
    result = run("check", folders.config(), "--fix", "--unsafe-fixes", "--no-cache")
    assert "[near-miss-name]" in result.stderr
    assert "[mask-coloured]" in result.stderr
    assert mode_of(folders.masks / "a.png") == "L"
    assert kept(tmp_path) == {"a_mask.png": original}


def test_an_original_is_not_forgotten_when_a_later_mend_fails(tmp_path: Path) -> None:
    path = tmp_path / "masks" / "a.png"
    path.parent.mkdir()
    path.write_bytes(b"first")
    backup, data = Backup(), [path.parent]
    backup.keep(path, data)
    path.unlink()
    path.write_bytes(b"second")
    backup.keep(path, data)
    backup.forget(path, data)
    assert kept(tmp_path) == {"a.png": b"first"}
