"""docs/formats.md says what the installed readers make of files of every kind."""

from __future__ import annotations

import json
import re
import warnings
from pathlib import Path

import numpy as np
import PIL
import pytest

from maskprep.mending.rulebook import formats_row
from maskprep.rules import all_rules
from tests.places import ROOT
from tools.formats.__main__ import GROUPS, every, merge, write
from tools.formats.cells import cell
from tools.formats.files import File
from tools.formats.ours import made, said
from tools.formats.page import MAKES, SAYS, newest, page
from tools.formats.painted import TONES, painted
from tools.formats.readers import READERS, Reader, reading

COLUMNS = json.loads((ROOT / "docs" / "formats.json").read_text(encoding="utf-8"))
PAGE = (ROOT / "docs" / "formats.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory) -> dict[File, str]:
    """Write the files; those of libraries only where it is the releases that the page names."""
    folder = tmp_path_factory.mktemp("formats")
    write(folder)
    is_ours = PIL.__version__ != newest(COLUMNS, SAYS)
    paths = {each: folder / f"{each.anchor}{each.ending}" for each in every()}
    return {
        each: str(path)
        for each, path in paths.items()
        if path.exists() and not (is_ours and each.by)
    }


def test_the_page_is_made_of_what_was_read() -> None:
    assert page(COLUMNS) == PAGE, "make formats"


def test_every_file_has_a_row_of_its_own() -> None:
    anchors = [file.anchor for file in every()]
    assert len(anchors) == len(set(anchors)) > 140
    assert re.findall(r'<a id="([^"]+)">', PAGE) == anchors


@pytest.mark.parametrize("rule", [each for each in all_rules() if each.formats])
def test_what_rules_name_is_on_the_page(rule: object) -> None:
    named = formats_row(rule).removeprefix("docs/formats.md#")  # type: ignore[arg-type]
    heads = {re.sub(r"[^\w -]", "", name).lower().replace(" ", "-") for name in GROUPS}
    assert f'<a id="{named}">' in PAGE or named in heads


@pytest.mark.parametrize("reader", READERS, ids=lambda each: each.name)
def test_readers_make_of_files_what_the_page_says(reader: Reader, there: dict[File, str]) -> None:
    wanted = COLUMNS.get(reader.name, {}).get(reader.version())
    if wanted is None:
        pytest.skip("not this release")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        cells = {file.anchor: reading(reader, file, path) for file, path in there.items()}
    assert cells == {anchor: wanted[anchor] for anchor in cells}


@pytest.mark.parametrize(("name", "tell"), [(SAYS, said), (MAKES, made)])
def test_maskprep_makes_of_files_what_the_page_says(
    name: str, tell: object, there: dict[File, str]
) -> None:
    wanted = COLUMNS[name].get(PIL.__version__)
    if wanted is None:
        pytest.skip("not this release")
    cells = {file.anchor: tell(file, path) for file, path in there.items()}  # type: ignore[operator]
    assert cells == {anchor: wanted[anchor] for anchor in cells}


def test_a_wrong_mask_is_told_or_made_right() -> None:
    """What the trainer reads otherwise than it was painted, nobody passes over in silence."""
    version = newest(COLUMNS, SAYS)
    trainer, says = COLUMNS["trainer (Pillow)"][version], COLUMNS[SAYS][version]
    silent = {
        anchor
        for anchor, told in says.items()
        if told in ("–", "MP110") and not trainer[anchor].startswith("as is")
    }
    # Of one bit `check` cannot know which side was meant.
    assert silent == {"tiff-miniswhite-1", "tiff-bool", "psd-1"}


@pytest.mark.parametrize(
    ("pixels", "wanted"),
    [
        (painted(), "as is"),
        (painted() - (painted() > 200) * np.uint8(7), "as is ±7"),
        (255 - painted(), "inverted"),
        (painted()[::-1], "as is, upside-down"),
        (painted()[::-1, ::-1], "as is, half turned"),
        (np.rot90(painted(), -1), "as is, quarter turned"),
        (painted().astype(np.uint16) * 257, "as is, 16 bits"),
        (painted() / 255, "as is, 0..1"),
        ((painted() > 0) * np.uint8(255), "saturates"),
        (painted() * np.uint8(0) + np.uint8(9), "all 9"),
        (painted() // np.uint8(2), "127 64 0"),
        (np.where(painted() == 64, 0, painted()), "255 128 0 0"),
        (painted()[::2, ::2], "24 x 16 px"),
    ],
)
def test_cells_tell_what_came_out(pixels: np.ndarray, wanted: str) -> None:
    assert cell(pixels, TONES) == wanted


def test_other_releases_stand_beside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tools.formats.__main__.RESULTS", tmp_path / "a.json")
    name = READERS[0].name
    merge({name: {"1.9": {"png-grey-8": "refuses"}}})
    merge({name: {"1.10": {"png-grey-8": "as is"}}, SAYS: {"1.10": {"png-grey-8": "MP201"}}})
    columns = json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))
    assert newest(columns, name) == "1.10"
    (row,) = (line for line in page(columns).splitlines() if '"png-grey-8"' in line)
    assert row.endswith("| as is | [MP201](rules.md#mp201-mask-16bit) | · | trainer 1.9: refuses |")
