"""The house as its imports draw it: ``python -m tests.house [TREE]``, of this tree or another.

A room is a folder of the package, or a module that stands in no folder. What is counted is pairs of
rooms of which one imports the other, wherever in a file the import stands.
"""

from __future__ import annotations

import ast
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

PACKAGE = "maskprep"
#: These only hand names on, or start the command line.
NO_ROOMS = ("__init__", "__main__")


class House(NamedTuple):
    """The rooms, by name, and what each imports."""

    lines: dict[str, int]
    imports: dict[str, set[str]]

    @property
    def total(self) -> int:
        """How many pairs of rooms there are of which one imports the other."""
        return sum(map(len, self.imports.values()))

    @property
    def floors(self) -> dict[str, int]:
        """How high each room stands: above all that it imports.

        Raises
        ------
        ValueError
            Rooms import each other in a circle.
        """
        found: dict[str, int] = {}

        def height(room: str, above: tuple[str, ...] = ()) -> int:
            if room in above:
                raise ValueError(f"a circle: {' -> '.join((*above, room))}")
            if room not in found:
                below = [height(each, (*above, room)) for each in self.imports[room]]
                found[room] = 1 + max(below, default=0)
            return found[room]

        for room in self.lines:
            height(room)
        return found


def house_of(tree: Path) -> House:
    """Draw the house that stands in a checkout.

    Parameters
    ----------
    tree : Path
        The repository's root.

    Returns
    -------
    House
    """
    root = tree / PACKAGE
    lines: dict[str, int] = defaultdict(int)
    imports: dict[str, set[str]] = {}
    for path in sorted(root.rglob("*.py")):
        room = path.relative_to(root).with_suffix("").parts[0]
        if room in NO_ROOMS:
            continue
        text = path.read_text(encoding="utf-8")
        lines[room] += text.count("\n")
        named = imports.setdefault(room, set())
        named |= {each for each in _named(text) if each != room and _exists(root, each)}
    return House(dict(lines), imports)


def _named(text: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom) and node.module is not None:
            package, _, rest = node.module.partition(".")
            if package == PACKAGE:
                yield from [rest.partition(".")[0]] if rest else [each.name for each in node.names]


def _exists(root: Path, room: str) -> bool:
    return (root / room).is_dir() or (root / f"{room}.py").is_file()


def main() -> None:
    """Print rooms by floor, and what each imports."""
    house = house_of(Path(sys.argv[1] if len(sys.argv) > 1 else "."))
    floors = house.floors
    for room in sorted(floors, key=lambda room: (-floors[room], room)):
        below = ", ".join(sorted(house.imports[room], key=lambda each: -floors[each]))
        sys.stdout.write(f"floor {floors[room]:2}  {room:12} {house.lines[room]:5}  -> {below}\n")
    sys.stdout.write(f"{len(floors)} rooms, {house.total} imports, no circle\n")


if __name__ == "__main__":
    main()
