"""Threads and processes: the same results in the same order, whatever happens on the way."""

from __future__ import annotations

import ctypes
import gc
import os
import platform
import signal
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from maskprep.checking.engine import check
from maskprep.checking.ledger import Ledger
from maskprep.errors import MaskprepError
from maskprep.reporters import render
from maskprep.running import parallel
from maskprep.running.parallel import (
    LARGE,
    Executor,
    Processes,
    ThisMachine,
    Threads,
    one_at_a_time,
)
from tests.commands import run
from tests.datasets import Folders, found
from tests.places import processes


def slow_first(item: int) -> int:
    time.sleep(0.02 if item % 5 == 0 else 0)
    return item


def leave_a_trace(file: Path) -> Path:
    time.sleep(0.05)
    file.touch()
    return file


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


@pytest.mark.parametrize(
    "executor", [Threads(4), pytest.param(Processes(2), marks=processes), ThisMachine(2)]
)
def test_results_come_in_the_order_of_the_items(executor: Executor) -> None:
    assert list(executor.in_order(range(60), slow_first)) == list(range(60))
    assert list(executor.in_order([], slow_first)) == []


@pytest.mark.parametrize(
    "executor, most",
    [(Threads(3), 7), pytest.param(Processes(2), 8 * 9, marks=processes)],
)
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


class _Heavy:
    """Holds pixels once it was worked on, as a sample does."""


@pytest.mark.parametrize("executor", [Threads(2), ThisMachine(2)])
def test_what_was_worked_on_is_let_go(executor: Executor) -> None:
    alive: weakref.WeakSet[_Heavy] = weakref.WeakSet()
    worked: set[int] = set()
    most = 0

    def work(item: _Heavy) -> int:
        worked.add(id(item))
        return len(worked)

    def items() -> Iterator[_Heavy]:
        for _ in range(200):
            item = _Heavy()
            alive.add(item)
            yield item

    gc.freeze()  # all that other tests have left would be looked through each time
    try:
        for done in executor.in_order(items(), work):
            gc.collect()
            drawn_ahead = 200 - done if isinstance(executor, ThisMachine) else 8
            most = max(most, len(alive) - drawn_ahead)
    finally:
        gc.unfreeze()
    assert most <= 8


@pytest.mark.parametrize("executor", [Threads(2), pytest.param(Processes(2), marks=processes)])
def test_an_early_end_stops_what_is_under_way(executor: Executor, tmp_path: Path) -> None:
    results = executor.in_order([tmp_path / f"{place:03}" for place in range(400)], leave_a_trace)
    assert next(iter(results)) == tmp_path / "000"
    del results  # closes it
    gc.collect()
    worked = len(list(tmp_path.iterdir()))
    # Each process is in its second chunk of eight by then; three more chunks were waiting.
    assert worked < 30
    time.sleep(0.3)
    assert len(list(tmp_path.iterdir())) == worked


@pytest.mark.parametrize("executor", [Threads(2), pytest.param(Processes(2), marks=processes)])
def test_an_error_in_a_worker_is_not_swallowed(executor: Executor) -> None:
    with pytest.raises(RuntimeError, match="item 0"):
        list(executor.in_order(range(3), fail))
    with pytest.raises(MaskprepError, match="0: is not wanted"):
        list(executor.in_order(range(3), refuse))


def alone(item: tuple[int, Path]) -> int:
    """Work on something large; count who does that at the same time."""
    number, folder = item
    with one_at_a_time(LARGE):
        own = folder / str(number)
        own.touch()
        time.sleep(0.01)
        together = len(list(folder.iterdir()))
        own.unlink()
    return together


@pytest.mark.parametrize("executor", [Threads(4), pytest.param(Processes(2), marks=processes)])
def test_what_is_large_is_worked_on_alone(executor: Executor, tmp_path: Path) -> None:
    items = [(number, tmp_path) for number in range(24)]
    assert set(executor.in_order(items, alone)) == {1}


def test_nobody_waits_for_oneself_or_for_what_is_small() -> None:
    with one_at_a_time(LARGE), one_at_a_time(LARGE), one_at_a_time(LARGE - 1):
        pass


def die_once(item: tuple[int, Path]) -> int:
    number, mark = item
    if number == 11 and not mark.exists():
        mark.touch()
        die(number)
    return number


@processes
def test_an_item_that_ends_processes_is_named_and_the_others_go_on() -> None:
    done = Processes(2).in_order(range(40), die, lambda item: -item)
    assert list(done) == [*range(11), -11, *range(12, 40)]
    with pytest.raises(MaskprepError, match=r"^11: the process .* was ended.*--executor threads"):
        list(Processes(2).in_order(range(40), die))


@processes
def test_a_process_that_is_ended_once_costs_nothing_but_time(tmp_path: Path) -> None:
    items = [(number, tmp_path / "dead") for number in range(40)]
    done = Processes(2).in_order(items, die_once, lambda _: -1)
    assert list(done) == list(range(40))
    assert (tmp_path / "dead").exists()


class _Dying:
    """Ends each process in which it arrives."""

    def __call__(self, item: int) -> int:
        return item

    def __reduce__(self) -> Any:
        return os._exit, (1,)


@processes
def test_processes_that_cannot_begin_are_no_fault_of_files() -> None:
    with pytest.raises(MaskprepError, match="processes cannot begin here"):
        list(Processes(2).in_order(range(20), _Dying(), abs))


@processes
def test_many_items_go_to_processes() -> None:
    here = os.getpid()
    assert set(ThisMachine(2, many=20).in_order(range(19), where)) == {here}
    assert here not in set(ThisMachine(2, many=20).in_order(range(20), where))
    assert set(ThisMachine(1, many=20).in_order(range(20), where)) == {here}


class _Near:
    files = ("set/a.png",)


class _Far:
    files = ("memory://set/a.png",)


def test_where_anything_is_remote_all_stays_in_this_process() -> None:
    items = [_Near(), _Far(), _Near(), _Near()]
    assert set(ThisMachine(2, many=3).in_order(items, lambda _: os.getpid())) == {os.getpid()}


def test_threads_do_it_where_processes_cannot_be(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: object) -> None:
        raise OSError("Function not implemented")

    monkeypatch.setattr("multiprocessing.context.BaseContext.Lock", refuse)
    assert set(ThisMachine(2, many=3).in_order(range(9), where)) == {os.getpid()}


def _processes_of(session: int) -> set[int]:
    """List the living processes of a session."""
    found = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, _, own = stat.read_text().rpartition(")")[2].split()[:4]
        except OSError:
            continue
        if int(own) == session and state != "Z":
            found.add(int(stat.parent.name))
    return found


def _wait_for(condition: Callable[[], bool]) -> bool:
    end = time.monotonic() + 30
    while not condition() and time.monotonic() < end:
        time.sleep(0.02)
    return condition()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")
@pytest.mark.parametrize("patience", [0.0, 0.3, 1.5])
@pytest.mark.parametrize("how", ["SIGINT", "SIGTERM", "SIGKILL"])
def test_whoever_started_them_takes_them_along(how: str, patience: float, tmp_path: Path) -> None:
    """Ctrl-C at the terminal reaches all; the others only the first."""
    sent = signal.Signals[how]
    config = _set_with_findings(tmp_path, 400 if patience < 1 else 2400)  # more than gets done
    words = ("check", config, "--no-cache", "--executor", "processes", "--workers", "2")
    command = subprocess.Popen(
        [sys.executable, "-m", "maskprep", *map(str, words)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert _wait_for(lambda: len(_processes_of(command.pid)) >= 2)
    time.sleep(patience)
    (os.killpg if sent is signal.SIGINT else os.kill)(command.pid, sent)
    errors = command.communicate(timeout=60)[1]
    assert _wait_for(lambda: not _processes_of(command.pid))
    if sent is not signal.SIGKILL:
        assert "Traceback" not in errors
        assert "leaked" not in errors
        assert command.returncode in (128 + sent, -sent)  # the latter before it had begun
    # Python's own start of a process may stumble over a parent that is gone; ours does not.
    assert "maskprep/" not in errors


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")
def test_a_check_goes_on_after_one_of_its_processes_is_killed(tmp_path: Path) -> None:
    config = _set_with_findings(tmp_path, 400)
    words = ("check", config, "--no-cache", "--format", "csv", "--workers", "2")
    whole = run(*words, "--executor", "threads")
    command = subprocess.Popen(
        [sys.executable, "-m", "maskprep", *map(str, words), "--executor", "processes"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )

    def workers() -> list[int]:
        return [each for each in _processes_of(command.pid) if b"spawn_main" in _words_of(each)]

    assert _wait_for(lambda: len(workers()) == 2)
    os.kill(workers()[0], signal.SIGKILL)
    told, errors = command.communicate(timeout=120)
    assert (command.returncode, told, errors) == (whole.exit_code, whole.stdout, whole.stderr)


def _words_of(process: int) -> bytes:
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes()
    except OSError:
        return b""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="draws one large picture")
def test_processes_do_not_warn_of_huge_pictures(tmp_path: Path) -> None:
    folders = Folders(tmp_path).add("a.png")
    Image.new("1", (10_000, 9_000)).save(folders.masks / "a.png")
    words = ("check", folders.config(), "--no-cache", "--executor", "processes")
    done = subprocess.run(
        [sys.executable, "-m", "maskprep", *map(str, words)], capture_output=True, text=True
    )
    assert done.returncode == 1
    assert done.stderr == ""


def _set_with_findings(folder: Path, pairs: int = 12) -> Path:
    folders = Folders(folder)
    for index in range(pairs):
        folders.add(f"{index:02}.png", "#." * 8 + "\n" + ".#" * 8)
        if index % 3 == 0:
            Image.new("RGB", (4, 4)).save(folders.masks / f"{index:02}.png")
    (folders.masks / "07.png").write_bytes(b"no image")
    return folders.config()


@processes
def test_findings_do_not_depend_on_who_works(tmp_path: Path) -> None:
    training_set = found(_set_with_findings(tmp_path))
    one, *others = (
        check(training_set, executor=each)
        for each in (Threads(1), Threads(4), Processes(1), Processes(3))
    )
    assert others == [one, one, one]
    assert sum(finding.name == "mask-size-mismatch" for finding in one.findings) == 4


@processes
@pytest.mark.parametrize("executor", [Processes(2), ThisMachine(2, many=5)])
def test_processes_remember_and_recall(
    executor: Executor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    training_set = found(_set_with_findings(tmp_path / "set"))
    ledger = Ledger(tmp_path / "kept")
    first = check(training_set, executor=executor, ledger=ledger)
    monkeypatch.setattr(ledger, "keep_result", lambda *_: pytest.fail("judged once more"))
    again = check(training_set, executor=executor, ledger=ledger)
    assert len(first.rows) == len(training_set.datasets[0].subsets[0].pairs)
    documents = ["".join(render("json", [each])) for each in (again, first, check(training_set))]
    assert len(set(documents)) == 1


@processes
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


class _Memory(ctypes.Structure):
    """glibc's malloc.h, struct mallinfo2."""

    _fields_ = [
        *((name, ctypes.c_size_t) for name in ("arena", "ordblks", "smblks", "hblks", "hblkhd")),
        *((name, ctypes.c_size_t) for name in ("usmblks", "fsmblks", "uordblks", "fordblks")),
        ("keepcost", ctypes.c_size_t),
    ]


def mapped(count: int) -> int:
    """Tell what an array takes by itself, after others like it are gone, bytes."""
    for _ in range(count):
        np.ones(8 << 20, np.uint8)
    ask = ctypes.CDLL(None).mallinfo2
    ask.restype = _Memory
    before = ask().hblkhd
    held = np.ones(8 << 20, np.uint8)
    return int(ask().hblkhd - before) // held.size


@processes
@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="asks glibc")
def test_memory_of_large_arrays_goes_back_to_the_system() -> None:
    if not hasattr(ctypes.CDLL(None), "mallinfo2"):
        pytest.skip("glibc before 2.33")
    assert list(Processes(1).in_order([3], mapped)) == [1]
