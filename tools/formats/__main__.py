"""``python -m tools.formats write DIR | read DIR | page``; see the Makefile."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tools.formats import borrowed, files
from tools.formats.files import File

ROOT = Path(__file__).resolve().parents[2]
RESULTS, PAGE = ROOT / "docs" / "formats.json", ROOT / "docs" / "formats.md"


def all_alpha() -> Iterator[File]:
    """Images whose alpha is the mask."""
    yield from files.in_alpha()
    yield from borrowed.compressed_alpha()


GROUPS: dict[str, Callable[[], Iterator[File]]] = {
    "PNG": files.pngs,
    "BMP": files.bmps,
    "TIFF": files.tiffs,
    "Netpbm": files.netpbms,
    "TGA, Photoshop, arrays": files.others,
    "JPEG, WebP, GIF and other compressed kinds": borrowed.compressed,
    "Images whose alpha is the mask": all_alpha,
}


def every() -> list[File]:
    """List every file."""
    return [file for group in GROUPS.values() for file in group()]


def write(folder: Path) -> None:
    """Write every file into a folder, as far as its writer is there."""
    folder.mkdir(parents=True, exist_ok=True)
    for file in every():
        try:
            content = file.make()
        except Exception as error:  # noqa: BLE001 - a writer that is not there fails in its own way
            print(f"{file.anchor}: not written by {file.by or 'us'}: {error!r}", file=sys.stderr)
            continue
        (folder / f"{file.anchor}{file.ending}").write_bytes(content)


def read(folder: Path) -> dict[str, dict[str, dict[str, str]]]:
    """Read what lies in a folder by every reader that is installed.

    Returns
    -------
    dict
        Of columns, of versions, of cells by their files' anchors.
    """
    from tools.formats.readers import READERS, reading

    columns: dict[str, dict[str, dict[str, str]]] = {}
    paths = {each: folder / f"{each.anchor}{each.ending}" for each in every()}
    there = {file: str(path) for file, path in paths.items() if path.exists()}
    for reader in READERS:
        version = reader.version()
        if version is None:
            print(f"{reader.name}: not installed", file=sys.stderr)
            continue
        cells = {file.anchor: reading(reader, file, path) for file, path in there.items()}
        columns[reader.name] = {version: cells}
    return columns | _ours(there)


def _ours(there: dict[File, str]) -> dict[str, dict[str, dict[str, str]]]:
    try:
        from tools.formats.ours import made, said
    except ImportError as error:
        print(f"maskprep: {error}", file=sys.stderr)
        return {}
    from PIL import __version__

    return {
        "maskprep says": {__version__: {f.anchor: said(f, path) for f, path in there.items()}},
        "extract makes": {__version__: {f.anchor: made(f, path) for f, path in there.items()}},
    }


def merge(columns: dict[str, dict[str, dict[str, str]]]) -> None:
    """Put what was read beside what other environments read."""
    known: dict[str, Any] = json.loads(RESULTS.read_text("utf-8")) if RESULTS.exists() else {}
    for name, versions in columns.items():
        known.setdefault(name, {}).update(versions)
    RESULTS.write_text(json.dumps(known, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def main(job: str, folder: str = "") -> None:
    """Do one job."""
    if job == "write":
        write(Path(folder))
    elif job == "read":
        merge(read(Path(folder)))
    else:
        from tools.formats.page import page

        PAGE.write_text(page(json.loads(RESULTS.read_text("utf-8"))), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
