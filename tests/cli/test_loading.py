"""What a command loads: what nobody needs is not waited for."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from tests.commands import command_names
from tests.places import ROOT, SAMPLES

#: Slow to import, and needed by rare files, on terminals, by fixes, or by other commands.
NOT_FOR_CHECK = {
    "PIL.PdfImagePlugin",
    "difflib",
    "importlib.metadata",
    "jinja2",
    "maskprep.cli.report",
    "maskprep.editing.plan",
    "maskprep.mending.repairs",
    "maskprep.trainers.onetrainer.compose",
    "rich",
    "scipy",
    "skimage",
    "tomlkit",
}
LOADED = "import sys; from maskprep.cli import main\ntry: main()\nfinally: print(*sys.modules)"


def test_a_check_loads_what_it_needs(tmp_path: Path) -> None:
    # No pyproject.toml above it; its configuration counts paths from here.
    folder = shutil.copytree(SAMPLES / "photo", tmp_path / "samples" / "photo")
    with Image.open(folder / "images" / "astronaut.png") as image:
        image.save(folder / "images" / "again.webp")
    shutil.copy(folder / "masks" / "astronaut.png", folder / "masks" / "again.png")
    words = [sys.executable, "-c", LOADED, "check", str(folder / "dataset.toml")]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        words, capture_output=True, text=True, check=False, cwd=tmp_path, env=environment
    )
    assert "2 images train with a mask" in done.stdout, done.stderr
    loaded = set(done.stdout.splitlines()[-1].split())
    assert "maskprep.cli.check" in loaded, done.stderr
    assert not loaded & NOT_FOR_CHECK


@pytest.mark.parametrize("name", sorted(command_names()))
def test_a_command_is_in_the_module_of_its_name(name: str) -> None:
    module = Path(__file__).parents[2] / "maskprep" / "cli" / f"{name.replace('-', '_')}.py"
    assert module.is_file()
