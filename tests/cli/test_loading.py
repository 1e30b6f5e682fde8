"""What a command loads: what nobody needs is not waited for."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.commands import command_names
from tests.places import SAMPLES

#: Slow to import, and needed by rare files, on terminals, or by other commands.
NOT_FOR_CHECK = {
    "difflib",
    "importlib.metadata",
    "jinja2",
    "maskprep.cli.report",
    "maskprep.trainers.onetrainer.compose",
    "rich.progress",
    "scipy",
    "skimage",
    "tomlkit",
}
LOADED = "import sys; from maskprep.cli import main\ntry: main()\nfinally: print(*sys.modules)"


def test_a_check_loads_what_it_needs(tmp_path: Path) -> None:
    folder = shutil.copytree(SAMPLES / "photo", tmp_path / "photo")  # no pyproject.toml above it
    words = [sys.executable, "-c", LOADED, "check", str(folder / "dataset.toml")]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    loaded = set(done.stdout.splitlines()[-1].split())
    assert "maskprep.cli.check" in loaded, done.stderr
    assert not loaded & NOT_FOR_CHECK


@pytest.mark.parametrize("name", sorted(command_names()))
def test_a_command_is_in_the_module_of_its_name(name: str) -> None:
    module = Path(__file__).parents[2] / "maskprep" / "cli" / f"{name.replace('-', '_')}.py"
    assert module.is_file()
