"""The report for people: the verdict first, what to do, details, and what leads on at the end."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from rich.console import Console

from maskprep.checking.engine import check
from maskprep.dataset.discover import discover, request
from maskprep.mending.remedies import todo_of, with_commands
from maskprep.model.report import Report
from maskprep.reporters.text import TOLD, as_plain, print_report
from tests.commands import run
from tests.datasets import Folders
from tests.rule_samples import rule_samples

_LONG = "a folder with a long name, as people have them, and one more word"


def printed(report: Report, width: int, terminal: bool) -> list[str]:
    stream = io.StringIO()
    console = Console(
        file=stream,
        width=width,
        force_terminal=terminal,
        highlight=False,
        emoji=False,
        markup=False,
    )
    print_report(report, console, show_all=True)
    return re.sub(r"\x1b\[[0-9;]*m", "", stream.getvalue()).splitlines()


@pytest.fixture
def report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Report:
    """Of a set with six things to do, in a folder of a long name."""
    monkeypatch.chdir(tmp_path)
    wanted = ("MP114", "MP115", "MP201", "MP205", "MP209", "MP304")
    folders = Folders(Path(_LONG))
    for sample in rule_samples():
        if sample.code in wanted and sample.half == "bad":
            sample.copy_to(tmp_path / sample.code)
            for path in (tmp_path / sample.code).rglob("*.*"):
                if path.parent.name in ("images", "masks"):
                    target = folders.root / path.parent.name / f"{sample.code}{path.name}"
                    target.write_bytes(path.read_bytes())
    return check(discover(request(str(folders.config()))))


@pytest.mark.parametrize("terminal", [True, False])
@pytest.mark.parametrize("width", [20, 60, 100])
def test_a_command_is_one_line_at_any_width(report: Report, width: int, terminal: bool) -> None:
    commands = {each.command for each in with_commands(report).findings if each.command}
    assert len(commands) > 2
    lines = printed(report, width, terminal)
    for command in commands:
        assert command.startswith("maskprep ")
        assert any(line.endswith(command) for line in lines)


def test_a_pipe_gets_what_rich_would_print_there(report: Report) -> None:
    assert as_plain(report, show_all=True).splitlines() == printed(report, 60, False)


@pytest.mark.parametrize("width", [60, 100])
def test_all_else_fits_a_terminal(report: Report, width: int) -> None:
    lines = [line for line in printed(report, width, True) if "maskprep " not in line]
    assert max(map(len, lines)) <= width


def test_a_pipe_gets_each_row_whole(report: Report) -> None:
    lines = printed(report, 60, False)
    for finding in report.findings:
        assert any(line.startswith(f"  {finding.path}: {finding.message}") for line in lines)


def test_the_worst_five_stand_on_top_and_each_command_once(report: Report) -> None:
    lines = printed(report, 100, False)
    todo = todo_of(with_commands(report))
    assert len(todo) > TOLD
    assert lines[0] == f"Trains wrongly: {report.training_set.name}"
    top = lines[lines.index("To do, the worst first:") + 1 :]
    top = top[: top.index("")]
    numbered = [line for line in top if re.match(r"  \d\. ", line)]
    assert [line.split()[1] for line in numbered] == [each.name for each in todo[:TOLD]]
    assert top[-1] == f"  ... and {len(todo) - TOLD} more, see below"
    shown = [line.strip() for line in lines if line.strip().startswith("maskprep ")]
    assert len(shown) == len(set(shown))
    assert any("the command of" in line for line in top)


def test_nothing_to_do_is_not_told(tmp_path: Path) -> None:
    config = Folders(tmp_path).add().config()
    text = run("check", config).stdout
    assert text.startswith(f"Ready: {config}\n")
    assert "To do" not in text
    assert "maskprep" not in text.replace(str(config), "")
    assert text.splitlines()[-1] == "0 errors, 0 warnings"
