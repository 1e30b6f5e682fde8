"""Threads and processes: the same results in the same order, whatever happens on the way."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from maskprep import parallel
from maskprep.errors import MaskprepError
from maskprep.ledger import Ledger
from maskprep.lint import check
from maskprep.parallel import Executor, Processes, ThisMachine, Threads
from maskprep.reporters import render
from tests.commands import run
from tests.datasets import Folders, found


def slow_first(item: int) -> int:
    time.sleep(0.02 if item % 5 == 0 else 0)
    return item


def fail(item: int) -> int:
    raise RuntimeError(f"item {item}")


def refuse(item: int) -> int:
    raise MaskprepError(f"{item}: is not wanted")


def die(item: int) -> int:
    if item == 11:
        os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))
    return item


def where(item: int) -> int:
    return os.getpid()


@pytest.mark.parametrize("executor", [Threads(4), Processes(2), ThisMachine(2)])
def test_results_come_in_the_order_of_the_items(executor: Executor) -> None:
    assert list(executor.in_order(range(60), slow_first)) == list(range(60))
    assert list(executor.in_order([], slow_first)) == []


@pytest.mark.parametrize("executor, most", [(Threads(3), 7), (Processes(2), 8 * 9)])
def test_only_a_few_items_are_under_way(executor: Executor, most: int) -> None:
    lock, under_way, seen = threading.Lock(), [0], [0]

    def items() -> Iterator[int]:
        for item in range(400):
            with lock:
                under_way[0] += 1
                seen[0] = max(seen[0], under_way[0])
            yield item

    for _ in executor.in_order(items(), abs):
        with lock:
            under_way[0] -= 1
    assert seen[0] <= most


@pytest.mark.parametrize("executor", [Threads(2), Processes(2)])
def test_an_error_in_a_worker_is_not_swallowed(executor: Executor) -> None:
    with pytest.raises(RuntimeError, match="item 0"):
        list(executor.in_order(range(3), fail))
    with pytest.raises(MaskprepError, match="0: is not wanted"):
        list(executor.in_order(range(3), refuse))


def test_a_process_that_is_ended_is_told_in_a_line() -> None:
    with pytest.raises(MaskprepError, match=r"was ended.*fewer --workers, or --executor threads"):
        list(Processes(2).in_order(range(40), die))


def test_many_items_go_to_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel, "MANY", 20)
    here = os.getpid()
    assert set(ThisMachine(2).in_order(range(19), where)) == {here}
    assert here not in set(ThisMachine(2).in_order(range(20), where))
    assert set(ThisMachine(1).in_order(range(20), where)) == {here}


class _Far:
    files = ("memory://set/a.png",)


def test_what_is_remote_stays_in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel, "MANY", 3)
    assert set(ThisMachine(2).in_order([_Far()] * 9, lambda _: os.getpid())) == {os.getpid()}


def _set_with_findings(folder: Path) -> Path:
    folders = Folders(folder)
    for index in range(12):
        folders.add(f"{index:02}.png", "#." * 8 + "\n" + ".#" * 8)
        if index % 3 == 0:
            Image.new("RGB", (4, 4)).save(folders.masks / f"{index:02}.png")
    (folders.masks / "07.png").write_bytes(b"no image")
    return folders.config()


def test_findings_do_not_depend_on_who_works(tmp_path: Path) -> None:
    training_set = found(_set_with_findings(tmp_path))
    one, *others = (
        check(training_set, executor=each)
        for each in (Threads(1), Threads(4), Processes(1), Processes(3))
    )
    assert others == [one, one, one]
    assert sum(finding.name == "mask-size-mismatch" for finding in one.findings) == 4


@pytest.mark.parametrize("executor", [Processes(2), ThisMachine(2)])
def test_processes_remember_and_recall(
    executor: Executor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parallel, "MANY", 5)
    training_set = found(_set_with_findings(tmp_path / "set"))
    ledger = Ledger(tmp_path / "kept")
    first = check(training_set, executor=executor, ledger=ledger)
    again = check(training_set, executor=executor, ledger=ledger)
    ledger.close()
    assert len(first.rows) == len(training_set.datasets[0].subsets[0].pairs)
    assert render("json", [again]) == render("json", [first])
    assert render("json", [first]) == render("json", [check(training_set)])


@pytest.mark.parametrize("place", [[], ["--executor", "threads"], ["--executor", "processes"]])
def test_the_command_says_the_same_everywhere(
    place: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parallel, "MANY", 5)
    config = _set_with_findings(tmp_path)
    alone = run("check", config, "--no-cache", "--executor", "threads", "--workers", "1")
    result = run("check", config, "--no-cache", "--workers", "2", *place)
    assert (result.exit_code, result.output) == (alone.exit_code, alone.output)
    assert "mask-size-mismatch" in result.output
