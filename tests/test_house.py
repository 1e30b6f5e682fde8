"""The house is as docs/design.md draws it, and no import runs upward or in a circle."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.house import house_of
from tests.places import ROOT


def layers() -> list[str]:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    found = re.search(r"^layers = \[\n(.*?)^\]", text, re.DOTALL | re.MULTILINE)
    assert found is not None
    return re.findall(r"\w+", found[1])


def test_the_rooms_are_those_of_the_contracts_and_of_the_page() -> None:
    house = house_of(ROOT)
    page = (ROOT / "docs" / "design.md").read_text(encoding="utf-8")
    table = re.findall(r"^\| `(\w+)/` \|", page, re.MULTILINE)
    assert sorted(house.lines) == sorted(layers())
    assert table == [each for each in layers() if each not in ("errors", "version")]


def test_imports_run_downward_and_stay_few() -> None:
    house, order = house_of(ROOT), layers()
    for room, below in house.imports.items():
        assert all(order.index(each) > order.index(room) for each in below)
    assert len(house.floors) <= 19
    assert house.total <= 112


def test_each_room_says_what_lives_there_and_what_it_imports() -> None:
    for room in layers():
        path = ROOT / "maskprep" / room / "__init__.py"
        if path.is_file():
            words = path.read_text(encoding="utf-8").split('"""')[1]
            assert "imports" in words.lower(), room


def test_every_module_is_named_on_the_page() -> None:
    page = (ROOT / "docs" / "design.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `(\w+)/` \| (.*) \|$", page, re.MULTILINE))
    by_kind = {"cli", "reporters", "rules"}  # a module a command, format, subject
    for room in rows.keys() - by_kind - {"pictures"}:
        for path in (ROOT / "maskprep" / room).glob("*.py"):
            if path.stem != "__init__":
                assert f"`{path.stem}`" in rows[room], path


def test_circles_are_seen(tmp_path: Path) -> None:
    for room, other in (("a", "b"), ("b", "a")):
        (tmp_path / "maskprep" / room).mkdir(parents=True)
        (tmp_path / "maskprep" / room / "x.py").write_text(f"from maskprep.{other} import x\n")
    with pytest.raises(ValueError, match="a circle: a -> b -> a"):
        _ = house_of(tmp_path).floors
