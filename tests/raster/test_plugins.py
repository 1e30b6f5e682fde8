"""Formats that a plug-in teaches Pillow: seen and opened as by a trainer that imports it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.datasets import FIGURE, Folders, drawn
from tests.places import ROOT, processes, takes_pythonpath

#: JPEG XL's signature, and that it is 128 x 128 px.
START = b"\xff\x0a\x5f"
#: Stands in for a decoder of JPEG XL: takes a PNG behind that.
STAND_IN = """
from io import BytesIO
from PIL import Image, PngImagePlugin

class StandIn(PngImagePlugin.PngImageFile):
    format = "JXL"

def opened(stream, name):
    return StandIn(BytesIO(stream.read()[3:]))

Image.register_open("JXL", opened, lambda start: start.startswith(b"\\xff\\x0a"))
"""


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    """Pairs a to d; b and c are JPEG XL, of image and of mask, d's mask is called a PNG."""
    folders = Folders(tmp_path / "set")
    for name in "abcd":
        folders.add(f"{name}.png")
    for path, ending in (
        (folders.images / "b.png", ".jxl"),
        (folders.masks / "c.png", ".jxl"),
        (folders.masks / "d.png", ".png"),
    ):
        content = path.read_bytes()
        path.unlink()
        path.with_suffix(ending).write_bytes(START + content)
    return folders


def checked(folders: Folders, plugin: str, *options: str) -> dict[str, Any]:
    """Check in a process of its own, in which the plug-in is what is given."""
    package = folders.root / "packages"
    package.mkdir(exist_ok=True)
    (package / "pillow_jxl.py").write_text(plugin, encoding="utf-8")
    # An empty module hides what is installed here.
    (package / "jxlpy.py").write_text("", encoding="utf-8")
    paths = os.pathsep.join((str(package), str(ROOT)))
    words = ("check", str(folders.config()), "--format", "json", "--no-cache", *options)
    done = subprocess.run(
        [sys.executable, "-m", "maskprep", *words],
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=False,
    )
    document: dict[str, Any] = json.loads(done.stdout)
    return document


@takes_pythonpath
@pytest.mark.parametrize("executor", ["threads", pytest.param("processes", marks=processes)])
def test_a_plug_in_is_imported_as_by_the_trainer(executor: str, folders: Folders) -> None:
    report = checked(folders, STAND_IN, "--executor", executor, "--workers", "2")
    assert report["findings"] == []
    assert report["starts"] and not report["stops_in_first_epoch"]


@pytest.mark.parametrize("plugin", ["raise ImportError", "raise OSError('no libjxl')", "1 / 0"])
def test_a_plug_in_that_does_not_work_shows_nothing(plugin: str, folders: Folders) -> None:
    report = checked(folders, plugin)
    found = {(each["name"], Path(each["path"]).name) for each in report["findings"]}
    assert {("extension-ignored", "b.jxl"), ("extension-ignored", "c.jxl")} <= found
    assert ("unreadable", "d.png") in found
    assert not report["starts"]


def test_jpeg_xl_is_decoded_by_the_plug_in_that_is_installed(tmp_path: Path) -> None:
    pytest.importorskip("pillow_jxl")
    from maskprep import raster

    Image.fromarray(drawn(FIGURE)).save(tmp_path / "x.jxl", lossless=True)
    decoded = raster.read_mask(str(tmp_path / "x.jxl"), "r")
    np.testing.assert_array_equal(decoded.mask, drawn(FIGURE))
