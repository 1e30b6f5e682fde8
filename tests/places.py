"""Where the repository and its samples lie, and what the system that runs the tests lacks."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SAMPLES = ROOT / "samples"


def on_wine() -> bool:
    """Tell whether this is Windows as Wine plays it, which lacks more than Windows does."""
    if sys.platform != "win32":
        return False
    import ctypes

    return hasattr(ctypes.windll.ntdll, "wine_get_version")


def _makes_links() -> bool:
    with tempfile.TemporaryDirectory() as folder:
        link = Path(folder, "link")
        try:
            link.symlink_to(folder)
        except OSError:
            return False
        return link.is_symlink()


#: Windows asks for a right to make links, and Wine says that it has made one.
links = pytest.mark.skipif(
    os.name == "nt" and not _makes_links(), reason="this Windows makes no symbolic links"
)
#: Wine keeps the case that a name had before: Windows takes that of the new one.
names_by_case = pytest.mark.skipif(on_wine(), reason="Wine keeps the case of a name that is there")
#: Asked for the real path of such a file Wine fails where Windows gives it.
long_paths = pytest.mark.skipif(on_wine(), reason="Wine resolves no path of more than 260 letters")
#: On Windows names are text, of most characters.
names_of_bytes = pytest.mark.skipif(os.name == "nt", reason="names on Windows are text")
pipes = pytest.mark.skipif(os.name == "nt", reason="Windows has no pipes in folders")
#: So do Python's own pools, asked for nothing but `abs`.
processes = pytest.mark.skipif(on_wine(), reason="processes wait for each other for ever on Wine")
#: The one that Windows' archive holds for embedding keeps to its own folders.
takes_pythonpath = pytest.mark.skipif(
    bool(sys.flags.isolated), reason="this Python takes no PYTHONPATH"
)
