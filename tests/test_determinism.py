"""The same input makes the same bytes on any number of cores, the same masks by any libraries."""

from __future__ import annotations

import shutil
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from maskprep.running import parallel
from tests.commands import all_of, run
from tests.places import SAMPLES

CONFIG = "character/dataset.toml"
#: What writes files, and the words behind the data set; {out} is a new folder.
COMMANDS = {
    "preview": "--output {out}",
    "report": "--output {out}/page.html",
    "extract": "--output {out}",
    "dilate": "--radius 5 --output {out}",
    "dilate --target": "--target 0.6 --output {out}",
    "embed": "--output {out}",
    "convert": "--to onetrainer --output {out}",
}
#: Hashes of names, modes, sizes and pixels of what is made, the same from the oldest supported
#: libraries to the newest: files may be packed otherwise, masks may not differ.
PIXELS = {
    "extract": "a1765e606bfdb91fa7ae49fdc2c9e81abbcc413706eb7c2f717b7330f47218f5",
    "dilate": "d8e96d24f5b8b5462b0b33a0c429ae6806bb76a88f1b655b2e30ce3c9c8fb601",
    "dilate --target": "1a38c0c9415eed1cc9a80e5e79051051ef4513d082083bf42121e6c67bb98b96",
    "embed": "728a932f965be782bbd9846989d8ee54dade4dae525b28560ef6fc72dae8e53c",
    "convert": "03c272904a3bc4cd5630738395f95aa6142c63500db98c14e5310a3bb7027406",
}


def made_by(command: str, folder: Path) -> dict[str, Path]:
    """Run a command on a copy of the sample, always in the same place; give what it wrote."""
    shutil.rmtree(folder, ignore_errors=True)
    data = shutil.copytree(SAMPLES / "character", folder / "character")
    out = folder / "out"
    words = COMMANDS[command].format(out=out).split()
    result = run(command.split()[0], data / "dataset.toml", *words)
    assert result.exit_code in (0, 1), all_of(result)
    files = {
        each.relative_to(out).as_posix(): each for each in sorted(out.rglob("*")) if each.is_file()
    }
    assert files
    return files


@pytest.mark.parametrize("command", COMMANDS)
def test_cores_change_no_byte(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    contents = []
    for count in (1, 2, 5):
        monkeypatch.setattr(parallel, "cores", lambda count=count: count)
        files = made_by(command, tmp_path / "set")
        contents.append({name: path.read_bytes() for name, path in files.items()})
    assert contents[0] == contents[1] == contents[2]


@pytest.mark.parametrize("command", PIXELS)
def test_libraries_change_no_mask(command: str, tmp_path: Path) -> None:
    told = sha256()
    for name, path in made_by(command, tmp_path / "set").items():
        if path.suffix == ".png":
            with Image.open(path) as image:
                pixels = np.asarray(image)
            told.update(f"{name} {pixels.shape} {pixels.dtype}".encode())
            told.update(pixels.tobytes())
    assert told.hexdigest() == PIXELS[command]
