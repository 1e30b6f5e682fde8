"""docs/formats.md, of what was read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from tools.formats.__main__ import GROUPS
from tools.formats.files import File
from tools.formats.readers import READERS

Columns = Mapping[str, Mapping[str, Mapping[str, str]]]

UNSEEN, NOTHING = "MP110", "–"
SAYS, MAKES = "maskprep says", "extract makes"
#: Columns of readers, in order; what is said of a column that nobody ran.
_NAMES = [reader.name for reader in READERS]
_HEADS = {
    "trainer (Pillow)": "trainer",
    "OpenCV, grey": "cv2 grey",
    "OpenCV, unchanged": "cv2 unchanged",
    "tifffile, imagecodecs": "tifffile / imagecodecs",
}
_LEGEND = """\
Every file holds the same mask of 48 x 32 px: a white band, one of grey 128 whose lower half is
darker, and a black one. Each reader gives one channel of it, by the call that is named below.

| cell | meaning |
|---|---|
| as is | white, grey and black come out as they were painted; `±7`: up to 7 of 255 off |
| as is, 16 bits; as is, 0..1 | the same, of that depth, or floats |
| inverted | white and black change places |
| saturates | all that is not black is 255 |
| 255 128 0 | what white, grey and black become; a fourth number is the darker grey's |
| all 255 | the shape is not in this channel |
| quarter turned, half turned, upside-down | turned, by EXIF or Orientation |
| 24 x 16 px | another picture of the file |
| refuses | an error, or None |
| no alpha | no alpha is given; of images whose alpha is the mask |
| · | not written, or not read, with the versions named |

*maskprep says* lists the rules that speak of the file ([rules.md](rules.md)), – none; but `MP110`,
which speaks of all whose ending the trainer does not see. *extract makes* is what `maskprep extract
--from auto` makes of it (of images: of their alpha); *told*: with a line that says what was done.
*by version* tells what other releases make of it, where it is something else. The trainer tells
kinds by content: what is said here of a .tif holds where it is called .png.
"""
_NOTES = {
    "TIFF": "The trainer does not see .tif (`MP110`). What `extract` makes, all read alike.",
    "Netpbm": "The trainer does not see these endings (`MP110`).",
    "JPEG, WebP, GIF and other compressed kinds": (
        "Written by the library in brackets. The trainer sees .avif and .jxl only with a plug-in."
    ),
}


def page(columns: Columns) -> str:
    """Lay out what every reader made of every file.

    Parameters
    ----------
    columns : mapping
        Of columns, of versions, of cells by their files' anchors.

    Returns
    -------
    str
        Markdown.
    """
    lines = [
        "# Formats",
        "",
        "What readers make of mask files of every kind. Made by `make formats`,",
    ]
    lines += [
        "which writes the files and reads them with what is installed: nothing is copied.",
        "",
    ]
    lines += [_LEGEND, *_versions(columns)]
    for name, group in GROUPS.items():
        lines += ["", f"## {name}", ""]
        lines += [_NOTES[name], ""] if _NOTES.get(name) else []
        lines += _table(list(group()), columns)
    return "\n".join(lines) + "\n"


def newest(columns: Columns, name: str) -> str | None:
    """Name the version of a column that the tables show; None where nobody ran it."""
    return max(columns.get(name, {}), key=_order, default=None)


def _order(version: str) -> tuple[int, ...]:
    return tuple(map(int, re.findall(r"\d+", version)))


def _versions(columns: Columns) -> Iterator[str]:
    yield "| column | call | version shown | also read with |"
    yield "|---|---|---|---|"
    for reader in READERS:
        shown = newest(columns, reader.name)
        others = sorted(set(columns.get(reader.name, ())) - {shown}, key=_order)
        told = shown or "not installed where this page was made"
        yield f"| {_head(reader.name)} | {reader.call} | {told} | {'; '.join(others)} |"
    shown = newest(columns, SAYS)
    others = sorted(set(columns.get(SAYS, ())) - {shown}, key=_order)
    yield f"| maskprep says, extract makes | – | on Pillow {shown} | {'; '.join(others)} |"


def _head(name: str) -> str:
    return _HEADS.get(name, name)


def _table(files: Sequence[File], columns: Columns) -> Iterator[str]:
    names = [name for name in _NAMES if columns.get(name)]
    heads = ["file", *map(_head, names), SAYS, MAKES, "by version"]
    yield f"| {' | '.join(heads)} |"
    yield "|---" * len(heads) + "|"
    for file in files:
        cells = [_shown(columns, name, file) for name in names]
        codes = [each for each in _shown(columns, SAYS, file).split() if each != UNSEEN]
        says = " ".join(map(_linked, codes)) or NOTHING
        title = f'<a id="{file.anchor}"></a>{file.what}' + (f" ({file.by})" if file.by else "")
        cells += [says, _shown(columns, MAKES, file), "; ".join(_by_version(file, columns))]
        yield f"| {title} | {' | '.join(cells)} |"


def _shown(columns: Columns, name: str, file: File) -> str:
    version = newest(columns, name)
    return "·" if version is None else columns[name][version].get(file.anchor, "·")


def _linked(code: str) -> str:
    from maskprep.rules import all_rules

    anchors = {rule.code: f"{rule.code.lower()}-{rule.name}" for rule in all_rules()}
    return f"[{code}](rules.md#{anchors[code]})" if code in anchors else code


def _by_version(file: File, columns: Columns) -> Iterator[str]:
    """Tell what other versions make of a file, where that is something else."""
    for name in (*_NAMES, SAYS, MAKES):
        versions = columns.get(name, {})
        shown = _shown(columns, name, file)
        others: dict[str, list[str]] = {}
        for version in sorted(versions, key=_order):
            cell = versions[version].get(file.anchor, shown)
            if cell != shown:
                others.setdefault(cell, []).append(_short(version))
        for cell, which in others.items():
            yield f"{_head(name)} {', '.join(which)}: {cell}"


def _short(version: str) -> str:
    return ".".join(version.split(" and ")[-1].split(".")[:2])
