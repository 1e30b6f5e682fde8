"""Names and bytes, from disk and behind URLs, through one door."""

from __future__ import annotations

import errno
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import fsspec
import numpy as np
import pytest
from PIL import Image

from maskprep import raster
from maskprep.errors import MaskprepError, UnreadableImageError
from maskprep.files import pathname, remote, storage
from tests.shelf import Shelf, register


@pytest.fixture
def shelf(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Shelf]]:
    register()
    monkeypatch.setattr(remote, "_LISTINGS", {})
    Shelf.clear()
    yield Shelf
    Shelf.clear()


@pytest.mark.parametrize(
    "path",
    [
        *("images/a.png", "/images/a.png", "C:\\images\\a.png", "C:/images", "c://images"),
        *("", ".", "a::b", "s3:/bucket", "unheard-of://a", "images://a.png", "./s3://a"),
    ],
)
def test_what_is_no_url_is_left_to_the_system(path: str) -> None:
    assert not pathname.is_remote(path)
    assert pathname.local_path(path) == path
    assert pathname.parted(path) == (path, "")
    assert Path(pathname.join(path, "b.png")) == Path(os.path.join(path, "b.png"))
    assert pathname.dirname(path) == os.path.dirname(path)
    assert pathname.basename(path) == os.path.basename(path)
    assert pathname.splitext(path) == os.path.splitext(path)
    assert pathname.absolute(path) == os.path.abspath(path)
    assert pathname.isabs(path) == os.path.isabs(path)
    assert storage.exists(path) == os.path.exists(path)


@pytest.mark.parametrize(
    "path",
    [
        *("s3://bucket/a", "gs://a", "https://host/a", "hf://datasets/a/b", "memory://a"),
        *("file:///a", "zip://a::s3://bucket/b.zip", "simplecache::s3://bucket/a"),
    ],
)
def test_urls_stay_as_they_are(path: str) -> None:
    assert pathname.is_remote(path)
    assert pathname.absolute(path) == path
    assert pathname.isabs(path)
    with pytest.raises(
        MaskprepError, match=r"^.*: is remote and is only read; name a local --outp"
    ):
        pathname.refuse_remote(path)


@pytest.mark.parametrize(
    ("folder", "name", "whole"),
    [
        ("s3://bucket/set", "a.png", "s3://bucket/set/a.png"),
        ("s3://bucket/set/", "a.png", "s3://bucket/set/a.png"),
        ("s3://bucket/set", "./a/../b.png", "s3://bucket/set/b.png"),
        ("s3://bucket", "../../a.png", "s3://a.png"),
        ("s3://bucket/set", "", "s3://bucket/set/"),
        ("s3://bucket/set", "gs://other/a.png", "gs://other/a.png"),
        ("s3://bucket/set", os.path.abspath("a.png"), os.path.abspath("a.png")),
        ("here", "s3://bucket/a.png", "s3://bucket/a.png"),
        ("memory://", "a.png", "memory://a.png"),
        ("file:///a", "b.png", "file:///a/b.png"),
        ("zip://::file:///set.zip", "a.png", "zip://a.png::file:///set.zip"),
    ],
)
def test_paths_are_joined(folder: str, name: str, whole: str) -> None:
    assert pathname.join(folder, name) == whole


def test_folders_above() -> None:
    assert pathname.upward("memory://a") == ["memory://a"]
    assert pathname.upward("zip://a/b::file:///c.zip") == [
        "zip://a/b::file:///c.zip",
        "zip://a::file:///c.zip",
        "zip://::file:///c.zip",
    ]
    assert pathname.upward("file:///a/b") == ["file:///a/b", "file:///a", "file:///"]
    assert pathname.upward("zip://::file:///c.zip") == ["zip://::file:///c.zip"]
    here = Path.cwd()
    assert pathname.upward(os.curdir) == [str(each) for each in (here, *here.parents)]


def test_one_listing_answers_for_its_files(shelf: type[Shelf]) -> None:
    shelf.files |= {f"set/{number}.png": b"x" * number for number in range(50)}
    shelf.files["set/more/a.png"] = b""
    assert len(storage.listdir("shelf://set")) == 51
    del shelf.requests[:]
    assert all(storage.isfile(f"shelf://set/{number}.png") for number in range(50))
    assert [storage.getsize(f"shelf://set/{number}.png") for number in (0, 7)] == [0, 7]
    assert storage.isdir("shelf://set/more") and not storage.isfile("shelf://set/more")
    assert storage.isdir("shelf://set") and not storage.exists("shelf://set/51.png")
    assert shelf.requests == []


def test_what_changes_is_seen_by_the_next_listing(shelf: type[Shelf]) -> None:
    shelf.files["changing/a.png"] = b""
    assert storage.listdir("shelf://changing") == ["a.png"]
    shelf.files["changing/b.png"] = b""
    assert storage.listdir("shelf://changing") == ["a.png", "b.png"]
    assert storage.isfile("shelf://changing/b.png")


def test_nothing_there_is_told_as_of_the_disk(shelf: type[Shelf], tmp_path: Path) -> None:
    shelf.files["set/a.png"] = b"x"
    for url, local in (("shelf://gone", str(tmp_path / "gone")),):
        for ask in (storage.listdir, storage.getsize, storage.getmtime, storage.read_bytes):
            told = []
            for path in (url, local):
                with pytest.raises(FileNotFoundError) as caught:
                    ask(path)
                told.append((caught.value.errno, caught.value.filename == path))
            assert told[0] == told[1]
    with pytest.raises(IsADirectoryError):
        storage.is_regular("shelf://set")
    fsspec.filesystem("memory").pipe("/lone/a.txt", b"x")
    with pytest.raises((NotADirectoryError, FileNotFoundError)):
        storage.listdir("memory://lone/a.txt")


def test_unknown_times_are_no_times(shelf: type[Shelf]) -> None:
    shelf.files["set/a.png"] = b"x"
    with pytest.raises(OSError, match="time of change unknown"):
        storage.getmtime("shelf://set/a.png")


def test_a_header_takes_little_of_a_large_file(shelf: type[Shelf], tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (1200, 1200, 3), np.uint8)
    for name in ("a.png", "a.bmp"):
        Image.fromarray(noise).save(tmp_path / name)
        shelf.files[f"set/{name}"] = (tmp_path / name).read_bytes()
        assert len(shelf.files[f"set/{name}"]) > 4_000_000
        shelf.fetched = 0
        assert raster.read_header(f"shelf://set/{name}") == raster.read_header(str(tmp_path / name))
        assert shelf.fetched <= 100_000
    shelf.fetched = 0
    raster.verify_pixels("shelf://set/a.png")
    assert shelf.fetched <= 200_000


def test_behind_a_url_only_decoding_shows_damage_inside(shelf: type[Shelf], tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    for name in ("a.png", "a.jpg"):
        Image.fromarray(noise).save(tmp_path / name)
        content = bytearray((tmp_path / name).read_bytes())
        middle = len(content) // 2
        content[middle : middle + 2] = b"\xff\x02"  # no marker of a JPEG's
        (tmp_path / name).write_bytes(content)
        with pytest.raises(UnreadableImageError):
            raster.verify_pixels(str(tmp_path / name))
        shelf.files[f"set/{name}"] = bytes(content)
        raster.verify_pixels(f"shelf://set/{name}")
        with pytest.raises(UnreadableImageError):
            raster.verify_pixels(f"shelf://set/{name}", decode=True)


def test_pixels_come_in_one_request(shelf: type[Shelf], tmp_path: Path) -> None:
    Image.new("RGB", (64, 48), "red").save(tmp_path / "a.png")
    shelf.files["set/a.png"] = (tmp_path / "a.png").read_bytes()
    storage.listdir("shelf://set")
    del shelf.requests[:]
    mask = raster.read_mask("shelf://set/a.png", "r").mask
    np.testing.assert_array_equal(mask, raster.read_mask(str(tmp_path / "a.png"), "r").mask)
    assert shelf.requests == [("cat", "set/a.png")]


def test_a_server_without_ranges_gives_the_file_whole(shelf: type[Shelf], tmp_path: Path) -> None:
    Image.new("RGB", (64, 48), "red").save(tmp_path / "a.png")
    shelf.files["set/a.png"] = (tmp_path / "a.png").read_bytes()
    shelf.failures["range"] = ValueError("The server doesn't appear to support range requests")
    assert raster.read_header("shelf://set/a.png") == raster.read_header(str(tmp_path / "a.png"))
    raster.verify_pixels("shelf://set/a.png")


@pytest.mark.parametrize("kind", ["cut", "empty", "text", "folder", "gone"])
def test_broken_files_are_broken_alike(kind: str, shelf: type[Shelf], tmp_path: Path) -> None:
    Image.new("RGB", (64, 48), "red").save(tmp_path / "whole.png")
    content = {"cut": (tmp_path / "whole.png").read_bytes()[:90], "empty": b"", "text": b"words"}
    if kind == "folder":
        (tmp_path / "a.png").mkdir()
        shelf.files["set/a.png/b"] = b""
    elif kind != "gone":
        (tmp_path / "a.png").write_bytes(content[kind])
        shelf.files["set/a.png"] = content[kind]
    shelf.files["set/b.png"] = b""
    storage.listdir("shelf://set")
    told = []
    for folder in ("shelf://set", str(tmp_path)):
        path = pathname.join(folder, "a.png")
        for read in (raster.read_header, raster.read_stored):
            try:
                read(path)
            except UnreadableImageError as error:
                words = (str(error), error.error, error.in_header, error.too_large)
                # In its errors a path has two backslashes for one, and Windows has its own words.
                plain = (str(word).replace("\\\\", "\\") for word in words)
                plain = (re.sub(r"\[(Errno|WinError) \d+\] [^:]*:", "", word) for word in plain)
                told.append([re.sub(rf"{re.escape(folder)}[/\\]?", "", word) for word in plain])
            else:
                told.append([])
    assert told[:2] == told[2:]
    assert any(told)


@pytest.mark.parametrize(
    ("failure", "words"),
    [
        (PermissionError(errno.EACCES, "Access Denied"), "may not be read (permissions)"),
        (ConnectionResetError("Connection reset by peer"), "cannot be read (Connection reset by"),
        (TimeoutError(), "cannot be read (timed out)"),
        (RuntimeError("no credentials\nand more"), "cannot be read (no credentials)"),
        (RuntimeError(), "cannot be read (RuntimeError)"),
    ],
)
def test_failures_are_told_in_one_line(
    failure: Exception, words: str, shelf: type[Shelf], tmp_path: Path
) -> None:
    Image.new("RGB", (64, 48), "red").save(tmp_path / "a.png")
    shelf.files["set/a.png"] = (tmp_path / "a.png").read_bytes()
    path = "shelf://set/a.png"
    shelf.failures |= dict.fromkeys(("ls", "range", "cat"), failure)
    for ask, about in (
        (storage.listdir, "shelf://set"),
        (storage.read_bytes, path),
        (raster.read_header, path),
        (raster.read_stored, path),
        (raster.verify_pixels, path),
    ):
        with pytest.raises(MaskprepError) as caught:
            ask(about)
        assert str(caught.value).startswith(f"{about}: {words}")
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("path", "needs", "installs"),
    [
        ("s3://bucket/a", "s3fs", " s3fs"),
        ("gs://bucket/a", "gcsfs", " gcsfs"),
        ("memory://a", "fsspec", ""),
    ],
)
def test_a_missing_fsspec_is_named(
    path: str, needs: str, installs: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [each for each in sys.modules if each.split(".")[0] == "fsspec"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "fsspec", None)
    with pytest.raises(MaskprepError) as caught:
        storage.exists(path)
    assert str(caught.value) == (
        f'{path}: reading it needs {needs}: pip install "maskprep[remote]"{installs}'
    )


def test_a_missing_package_of_the_protocol_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "s3fs", None)
    monkeypatch.setitem(sys.modules, "ocifs", None)
    for path, package in (
        ("s3://bucket/a", "s3fs"),
        ("zip://a::s3://bucket/b.zip", "s3fs"),
        ("oci://bucket/a", "ocifs"),
    ):
        with pytest.raises(MaskprepError) as caught:
            storage.exists(path)
        assert f"needs {package}: pip install" in str(caught.value)


def test_local_files_need_no_fsspec(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "fsspec", None)
    monkeypatch.setitem(sys.modules, "fsspec.registry", None)
    (tmp_path / "a.txt").write_text("words", encoding="utf-8")
    for folder in (str(tmp_path), tmp_path.as_uri()):
        assert storage.listdir(folder) == ["a.txt"]
        assert storage.read_bytes(pathname.join(folder, "a.txt")) == b"words"
        assert storage.glob(folder, "*.txt") == [pathname.join(folder, "a.txt")]
    assert not storage.exists("unheard://a")


def test_patterns_are_of_their_folder(shelf: type[Shelf]) -> None:
    shelf.files |= dict.fromkeys(("set/rings/a.png", "set/rings/b.png", "set/c.png"), b"")
    assert storage.glob("shelf://set", "rings/*.png") == [
        "shelf://set/rings/a.png",
        "shelf://set/rings/b.png",
    ]
    with pytest.raises(NotImplementedError):
        storage.glob("shelf://set", "/rings/*.png")
