"""The cells in characters."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from maskprep.pictures.cells import ASCII, SHADES, fitted, half_blocks, shaded
from maskprep.pictures.palette import IGNORE, TRAIN
from tests.commands import run
from tests.datasets import Folders


@pytest.mark.parametrize("shape", [(1, 1), (8, 300), (300, 8), (104, 152), (3, 5)])
@pytest.mark.parametrize("room", [(60, 20), (1, 1), (200, 100)])
def test_cells_fit_the_terminal(shape: tuple[int, int], room: tuple[int, int]) -> None:
    cells = fitted(np.full(shape, 0.5, np.float32), *room)
    assert cells.shape[0] % 2 == 0
    assert 1 <= cells.shape[1] <= min(room[0], shape[1])
    assert cells.shape[0] // 2 <= room[1]
    np.testing.assert_allclose(cells, 0.5, atol=1e-6)


def test_blocks_have_the_colours_of_the_pictures() -> None:
    ((left, right),) = half_blocks(np.array([[0, 1], [1, 0]], np.float32))
    assert left == (IGNORE, TRAIN)
    assert right == (TRAIN, IGNORE)


@pytest.mark.parametrize("signs", [SHADES, ASCII])
def test_shades_grow_denser_with_the_weight(signs: str) -> None:
    steps = np.linspace(0, 1, 60, dtype=np.float32)
    (line,) = shaded(np.vstack([steps, steps]), signs)
    assert [signs.index(each) for each in line] == sorted(signs.index(each) for each in line)
    assert line[0] == " "
    assert line[-1] == signs[-1]
    assert set(line) == set(signs)


def test_a_trace_is_not_nothing() -> None:
    (line,) = shaded(np.array([[0, 0.08], [0, 0.02]], np.float32), SHADES)
    assert line == " ░"


FIGURE = "\n".join(["." * 16] * 4 + ["...." + "#" * 8 + "...."] * 8 + ["." * 16] * 4)


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folders:
    monkeypatch.setenv("COLUMNS", "60")
    return Folders(tmp_path).add("a.png", FIGURE).add("b.png", FIGURE)


def drawn(folders: Folders, *options: object) -> list[str]:
    result = run("preview", folders.config(), "--no-cache", "--term", *options)
    assert result.exit_code == 0, result.output
    return result.stdout.splitlines()


def test_one_pair_is_drawn_through_a_pipe(folders: Folders) -> None:
    lines = drawn(folders, "--only", "b.png")
    assert [line.strip() for line in lines[:8]] == ["", "", *["█" * 8] * 4, "", ""]
    assert lines[8].startswith("b.png: mean weight 0.250")
    assert not any("\x1b" in line or "a.png" in line for line in lines)


def test_the_worst_is_drawn_alone_unless_more_are_asked_for(folders: Folders) -> None:
    (folders.images / "b.caption").unlink(missing_ok=True)
    (folders.images / "b.txt").unlink(missing_ok=True)
    assert sum(".png: mean" in line for line in drawn(folders)) == 1
    assert sum(".png: mean" in line for line in drawn(folders, "--worst", "2")) == 2


@pytest.mark.skipif(os.name == "nt", reason="Rich asks the console itself which colours it has")
def test_colour_goes_where_there_is_colour(
    folders: Folders, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLORTERM", "truecolor")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    text = "\n".join(drawn(folders))
    assert "38;2;0;114;178" in text
    assert "▀" in text
    monkeypatch.setenv("NO_COLOR", "1")
    text = "\n".join(drawn(folders))
    assert "38;2" not in text
    assert "█" in text


def test_a_pair_without_weights_is_told(folders: Folders) -> None:
    (folders.masks / "b.png").write_bytes(b"")
    result = run("preview", folders.config(), "--no-cache", "--term", "--worst", "2")
    assert result.exit_code == 1
    assert "b.png: not drawn: UnidentifiedImageError" in result.stderr
    assert "a.png: mean weight" in result.stdout
