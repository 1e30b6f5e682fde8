"""Versions are read from folders of every layout, and what is no environment is told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from maskprep.errors import MaskprepError
from maskprep.files.environment import versions_in
from tests.environments import LINUX, TRAINERS, WINDOWS, environment, packages
from tests.places import links

WANTED = {"Pillow": ("pillow", "pillow-simd"), "OpenCV": ("opencv-python", "py-opencv")}
FOUND = {"Pillow": "10.4.0", "OpenCV": "4.10.0.84"}


@pytest.mark.parametrize("layout", [LINUX, WINDOWS, "lib64/python3.11/site-packages"])
def test_a_virtual_environment(tmp_path: Path, layout: str) -> None:
    root = environment(tmp_path / "venv", layout=layout)
    assert versions_in(str(root), WANTED) == FOUND
    python = root / ("Scripts/python.exe" if layout == WINDOWS else "bin/python")
    assert versions_in(str(python), WANTED) == FOUND
    assert versions_in(str(python.parent), WANTED) == FOUND
    assert versions_in(str(root / layout), WANTED) == FOUND


def test_a_python_of_windows_without_environment(tmp_path: Path) -> None:
    packages(tmp_path / WINDOWS, TRAINERS)
    (tmp_path / "python.exe").write_bytes(b"")
    assert versions_in(str(tmp_path / "python.exe"), WANTED) == FOUND
    assert versions_in(str(tmp_path), WANTED) == FOUND


@links
def test_an_environments_python_is_not_followed_to_where_it_leads(tmp_path: Path) -> None:
    base = environment(tmp_path / "base", {"pillow": "9.0"})
    root = environment(tmp_path / "venv")
    (root / "bin/python").unlink()
    (root / "bin/python").symlink_to(base / "bin/python")
    assert versions_in(str(root / "bin/python"), WANTED) == FOUND


@links
def test_a_link_to_a_python_is_followed(tmp_path: Path) -> None:
    root = environment(tmp_path / "conda")
    link = tmp_path / "links/python"
    link.parent.mkdir()
    link.symlink_to(root / "bin/python")
    assert versions_in(str(link), WANTED) == FOUND


def test_conda_packages_without_metadata(tmp_path: Path) -> None:
    root = tmp_path / "conda"
    packages(root / LINUX, {"pillow": "10.4.0"})
    names = root / "conda-meta"
    names.mkdir()
    (names / "py-opencv-4.9.0-qt6_py311h.json").write_text("{}", encoding="utf-8")
    assert versions_in(str(root), WANTED) == {"Pillow": "10.4.0", "OpenCV": "4.9.0"}


def test_packages_of_the_python_below_count_where_they_are_included(tmp_path: Path) -> None:
    packages(tmp_path / "usr/lib/python3.11/site-packages", {"opencv_python": "4.8.0"})
    root = environment(tmp_path / "venv", {"pillow": "10.4.0"})
    told = f"home = {tmp_path}/usr/bin\nversion = 3.11.4\ninclude-system-site-packages = {{}}\n"
    (root / "pyvenv.cfg").write_text(told.format("false"), encoding="utf-8")
    assert versions_in(str(root), WANTED) == {"Pillow": "10.4.0"}
    (root / "pyvenv.cfg").write_text(told.format("true"), encoding="utf-8")
    assert versions_in(str(root), WANTED) == {"Pillow": "10.4.0", "OpenCV": "4.8.0"}


def test_what_a_broken_off_installation_leaves_behind_does_not_count(tmp_path: Path) -> None:
    root = environment(tmp_path / "venv", {"pillow": "10.4.0", "~illow": "9.0"})
    (root / LINUX / "opencv_python-4.10.0.dist-info").mkdir()
    garbled = root / LINUX / "pillow_simd-9.5.dist-info"
    garbled.mkdir()
    (garbled / "METADATA").write_bytes(b"\xff\xfe\x00")
    assert versions_in(str(root), WANTED) == {"Pillow": "10.4.0"}


def test_another_make_of_the_same_library(tmp_path: Path) -> None:
    root = environment(tmp_path / "venv", {"Pillow_SIMD": "9.5.0.post1"})
    assert versions_in(str(root), WANTED) == {"Pillow": "9.5.0.post1"}


@links
def test_several_pythons_want_a_choice(tmp_path: Path) -> None:
    for version in ("3.10", "3.11"):
        packages(tmp_path / f"lib/python{version}/site-packages", {"pillow": f"10.0.{version[2:]}"})
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/python3.10").write_bytes(b"")
    (tmp_path / "bin/python3").symlink_to(tmp_path / "bin/python3.10")
    with pytest.raises(MaskprepError, match="several Pythons: name the executable"):
        versions_in(str(tmp_path), WANTED)
    for name in ("python3.10", "python3"):
        assert versions_in(str(tmp_path / "bin" / name), WANTED) == {"Pillow": "10.0.10"}


@links
def test_what_is_no_environment_is_told(tmp_path: Path) -> None:
    environment(tmp_path / "sd-scripts/venv")
    (tmp_path / "notes.txt").write_text(json.dumps({}), encoding="utf-8")
    (tmp_path / "python").symlink_to(tmp_path / "gone")
    for name, told in {
        "nothing": "there is no such file or folder",
        "notes.txt": "is no Python environment: name the trainer's venv folder",
        "sd-scripts": "is no Python environment: did you mean .*venv",
        "python": "is a link that leads nowhere",
    }.items():
        with pytest.raises(MaskprepError, match=f"{name}: {told}"):
            versions_in(str(tmp_path / name), WANTED)
