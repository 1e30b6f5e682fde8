"""Pairs judged again as their files are saved; files are real, and nothing is told of events."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from maskprep.checking.ledger import Ledger
from maskprep.checking.project import Project
from maskprep.checking.watch import Saved, Watch
from maskprep.dataset.discover import request
from maskprep.errors import MaskprepError
from maskprep.model import Size
from maskprep.model.report import Report
from tests.datasets import Folders
from tests.places import links

NAMES = ("a.png", "b.png", "c.png")
THIN = (slice(4, 6), slice(4, 120))


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    folders = Folders(tmp_path)
    for name in NAMES:
        folders.add(name)
    folders.config()
    return folders


def watched(folders: Folders, patience: float = 10) -> Watch:
    asked = request(str(folders.root / "dataset.toml"))
    return Watch(asked, Project(), patience=patience)


def painted(path: Path) -> bytes:
    """Give a mask's file with a thin line added."""
    with Image.open(path) as mask:
        pixels = np.array(mask)
    pixels[THIN] = 255
    other = path.with_name("painted.bmp")
    Image.fromarray(pixels).save(other, "PNG")
    data = other.read_bytes()
    other.unlink()
    return data


def codes(saved: Saved) -> tuple[set[str], set[str], set[str]]:
    gone, new, left = (
        {each.code for each in found} for found in (saved.gone, saved.new, saved.left)
    )
    return gone, new, left


def test_what_it_was_and_what_it_is(folders: Folders) -> None:
    watch, path = watched(folders), folders.masks / "b.png"
    whole = path.read_bytes()
    path.write_bytes(painted(path))
    (saved,) = watch.saved({str(path)})
    assert saved.before is not None and saved.after is not None
    assert saved.image.endswith("b.png")
    assert saved.before.row.details_lost == 0
    assert saved.after.row.details_lost == 1
    assert saved.after.row.coverage > saved.before.row.coverage  # type: ignore[operator]
    assert codes(saved) == (set(), {"MP301"}, set())
    path.write_bytes(whole)
    (back,) = watch.saved({str(path)})
    assert codes(back) == ({"MP301"}, set(), set())
    assert back.after is not None and back.after.row == saved.before.row


def test_words_that_change_are_no_new_finding(folders: Folders) -> None:
    watch, path = watched(folders), folders.masks / "b.png"
    path.write_bytes(painted(path))
    list(watch.saved({str(path)}))
    with Image.open(path) as mask:
        pixels = np.array(mask)
    pixels[124:126, 4:120] = 255
    Image.fromarray(pixels).save(path)
    (saved,) = watch.saved({str(path)})
    assert codes(saved) == (set(), set(), {"MP301"})


def test_what_belongs_to_no_pair_is_passed_over(folders: Folders) -> None:
    watch = watched(folders)
    sides = [folders.masks / name for name in ("b.png~", "b.png.tmp", ".b.png.lock", "b.kra")]
    for path in sides:
        path.write_bytes(b"anything")
    assert list(watch.saved({str(path) for path in sides})) == []
    path = folders.masks / "b.png"
    assert list(watch.saved({str(path)})) == []  # touched, and as it was
    path.write_bytes(painted(path))
    assert len(list(watch.saved({str(each) for each in (*sides, path)}))) == 1
    assert list(watch.saved({str(path)})) == []  # told before


def test_a_half_written_file_is_waited_for(folders: Folders) -> None:
    watch, path = watched(folders, patience=60), folders.masks / "b.png"
    data = painted(path)
    path.write_bytes(data[: len(data) // 2])
    looked = threading.Event()

    def end() -> None:
        looked.wait(30)
        path.write_bytes(data)

    writer = threading.Thread(target=end)
    writer.start()
    threading.Timer(0.3, looked.set).start()
    (saved,) = watch.saved({str(path)})
    writer.join()
    assert codes(saved) == (set(), {"MP301"}, set())


def test_a_file_that_is_made_anew_is_waited_for(folders: Folders) -> None:
    watch, path = watched(folders, patience=60), folders.masks / "b.png"
    data = painted(path)
    path.unlink()
    threading.Timer(0.3, path.write_bytes, (data,)).start()
    (saved,) = watch.saved({str(path)})
    assert codes(saved) == (set(), {"MP301"}, set())


def test_what_stays_broken_is_told_and_mended(folders: Folders) -> None:
    watch, path = watched(folders, patience=0.2), folders.masks / "b.png"
    data = path.read_bytes()
    path.write_bytes(data[:60])
    (saved,) = watch.saved({str(path)})
    assert codes(saved) == (set(), {"MP104"}, set())
    path.unlink()
    (saved,) = watch.saved({str(path)})
    assert codes(saved) == ({"MP104"}, {"MP102"}, set())
    path.write_bytes(data)
    (saved,) = watch.saved({str(path)})
    assert codes(saved) == ({"MP102"}, set(), set())


def test_pairs_come_and_go(folders: Folders) -> None:
    watch = watched(folders, patience=0.2)
    folders.add("d.png")
    (saved,) = watch.saved({str(folders.images / "d.png"), str(folders.masks / "d.png")})
    assert (saved.before, watch.pair_count) == (None, 4)
    (folders.images / "a.png").unlink()
    (saved,) = watch.saved({str(folders.images / "a.png")})
    assert (saved.after, watch.pair_count) == (None, 3)


def test_captions_count(folders: Folders) -> None:
    watch, path = watched(folders), folders.images / "a.txt"
    path.write_text("", encoding="utf-8")
    (saved,) = watch.saved({str(path)})
    assert saved.image.endswith("a.png")


def test_the_configuration_concerns_all(folders: Folders) -> None:
    watch, config = watched(folders, patience=0.2), folders.root / "dataset.toml"
    assert list(watch.saved({str(config)})) == []
    told = config.read_text(encoding="utf-8")
    config.write_text(told.replace("max_bucket_reso = 256", "max_bucket_reso = "), "utf-8")
    with pytest.raises(MaskprepError, match=r"dataset\.toml"):
        list(watch.saved({str(config)}))
    config.write_text(told.replace("resolution = 128", "resolution = 64"), "utf-8")
    assert len(list(watch.saved({str(config)}))) == 3


def test_all_folders_that_hold_something_are_watched(folders: Folders) -> None:
    assert watched(folders).folders == tuple(
        sorted(map(os.path.realpath, (folders.root, folders.images, folders.masks)))
    )


@links
def test_folders_may_be_links(folders: Folders) -> None:
    link = folders.root / "link"
    link.symlink_to(folders.root, target_is_directory=True)
    asked = request(str(link / "images"), masks=str(link / "masks"), resolution=Size(128, 128))
    watch, path = Watch(asked, Project()), folders.masks / "b.png"
    path.write_bytes(painted(path))
    assert len(list(watch.saved({str(path)}))) == 1


def test_whoever_wants_gets_the_report_of_all(folders: Folders, tmp_path: Path) -> None:
    reports: list[Report] = []
    ledger = Ledger(tmp_path / "cache")
    asked = request(str(folders.root / "dataset.toml"))
    watch = Watch(asked, Project(), ledger, reports.append)
    path = folders.masks / "b.png"
    path.write_bytes(painted(path))
    list(watch.saved({str(path)}))
    list(watch.saved({str(folders.masks / "x.tmp")}))
    ledger.close()
    assert [sum(row.details_lost or 0 for row in each.rows) for each in reports] == [0, 1]
    assert all(len(each.rows) == 3 for each in reports)


def test_a_rename_over_the_file_is_a_change(folders: Folders) -> None:
    watch, path = watched(folders), folders.masks / "b.png"
    data, before = painted(path), path.stat()
    other = path.with_suffix(".tmp")
    other.write_bytes(data)
    os.utime(other, ns=(before.st_atime_ns, before.st_mtime_ns))
    time.sleep(0.02)
    other.replace(path)
    (saved,) = watch.saved({str(path), str(other)})
    assert codes(saved) == (set(), {"MP301"}, set())
