"""Made-up Python environments: folders of packages, of which only the names and versions count."""

from __future__ import annotations

from pathlib import Path

TRAINERS = {"pillow": "10.4.0", "opencv_python": "4.10.0.84", "imagesize": "1.4.1"}
LINUX = "lib/python3.11/site-packages"
WINDOWS = "Lib/site-packages"


def packages(folder: Path, versions: dict[str, str]) -> Path:
    """Put packages into a folder, as pip leaves them."""
    for name, version in versions.items():
        info = folder / f"{name}-{version}.dist-info"
        info.mkdir(parents=True)
        text = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        (info / "METADATA").write_text(text, encoding="utf-8")
    return folder


def environment(root: Path, versions: dict[str, str] | None = None, layout: str = LINUX) -> Path:
    """Make a virtual environment, whose Python would end with an error if it were started."""
    packages(root / layout, TRAINERS if versions is None else versions)
    (root / "pyvenv.cfg").write_text("home = /nowhere\nversion = 3.11.4\n", encoding="utf-8")
    python = root / ("Scripts/python.exe" if layout == WINDOWS else "bin/python")
    python.parent.mkdir()
    python.write_text("#!/bin/false\n", encoding="utf-8")
    python.chmod(0o755)
    return root
