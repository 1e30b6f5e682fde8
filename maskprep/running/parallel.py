"""Work on many items, and give the results in the items' order, which never depends on timing."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any, NamedTuple, Protocol, TypeVar, runtime_checkable

from maskprep.errors import MaskprepError, silence_decoders
from maskprep.files import pathname

Item = TypeVar("Item")
Result = TypeVar("Result")

#: Items from which processes are worth their start: two take a third of a second for it.
MANY = 256
#: Processes that are started unless more are asked for: each holds some 100 MB.
_MOST = 16
#: More than these Windows cannot wait for.
_MOST_ON_WINDOWS = 61
#: Items that a process gets at once.
_CHUNK = 8


class Executor(Protocol):
    """Where work is done: in threads here, or elsewhere."""

    def in_order(self, items: Iterable[Item], work: Callable[[Item], Result]) -> Iterator[Result]:
        """Work on items, and give the results in the items' order.

        Parameters
        ----------
        items : iterable
            Made one by one, as needed.
        work : callable
            From an item to its result.

        Yields
        ------
        object
            One result an item. Never more than a few are under way: memory stays flat.
        """


@runtime_checkable
class OnFiles(Protocol):
    """An item that is about files, which must be there wherever it is worked on."""

    @property
    def files(self) -> tuple[str, ...]:
        """Paths; the first names the item."""


@contextmanager
def one_thread_each() -> Iterator[None]:
    """Keep OpenCV from starting threads of its own: side by side they cost twice the CPU."""
    import cv2

    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        cv2.setNumThreads(before)


@dataclass(frozen=True)
class Threads:
    """Threads of this process, which decoders leave free to run side by side.

    Attributes
    ----------
    workers : int
        How many; 0 for one a core.
    """

    workers: int = 0

    def in_order(
        self, items: Iterable[Item], work: Callable[[Item], Result]
    ) -> Generator[Result, None, None]:
        """Work on items in threads; see `Executor`."""
        count = self.workers or cores()
        with one_thread_each(), ThreadPoolExecutor(count) as pool:

            def stop() -> None:
                pool.shutdown(cancel_futures=True)

            yield from _in_turn(items, lambda item: pool.submit(work, item), stop, 2 * count)


@dataclass(frozen=True)
class Processes:
    """Processes of this machine: between decoding and resizing, threads wait for one another.

    Attributes
    ----------
    workers : int
        How many; 0 for one a core, up to 16.
    """

    workers: int = 0

    def in_order(self, items: Iterable[Item], work: Callable[[Item], Result]) -> Iterator[Result]:
        """Work on items in processes; see `Executor`.

        Parameters
        ----------
        items : iterable
            Can be pickled.
        work : callable
            Can be pickled.

        Yields
        ------
        object
            One result an item.

        Raises
        ------
        MaskprepError
            A process was ended from outside, or could not begin.
        """
        from concurrent.futures import ProcessPoolExecutor
        from concurrent.futures.process import BrokenProcessPool
        from multiprocessing import get_context

        context, waiting = get_context("spawn"), iter(items)
        count = self.workers or min(cores(), _MOST)
        if sys.platform == "win32":
            count = min(count, _MOST_ON_WINDOWS)
        chunks = iter(lambda: list(islice(waiting, _CHUNK)), [])
        stopping = context.Event()
        pool = ProcessPoolExecutor(count, context, _begin, (work, stopping))

        def submit(chunk: list[Item]) -> Future[list[Result]]:
            with _interrupted_later():  # it may start a process
                return pool.submit(_carry_out, chunk)

        def stop() -> None:
            stopping.set()
            pool.shutdown(cancel_futures=True)

        try:
            for results in _in_turn(chunks, submit, stop, 4 * count):
                yield from results
        except BrokenProcessPool as error:
            raise MaskprepError(
                "a process that looked at masks has ended, often for want of memory: try fewer"
                " --workers, or --executor threads (a script that starts processes does so under"
                ' if __name__ == "__main__")'
            ) from error
        finally:
            stop()


@dataclass(frozen=True)
class ThisMachine:
    """Threads for a few items, processes for many.

    Attributes
    ----------
    workers : int
        How many of either; 0 for one a core.
    """

    workers: int = 0

    def in_order(self, items: Iterable[Item], work: Callable[[Item], Result]) -> Iterator[Result]:
        """Work on items; see `Executor`. What is done by processes can be pickled."""
        waiting = iter(items)
        alone = (self.workers or cores()) == 1
        first = deque(() if alone else islice(waiting, MANY))
        many = len(first) == MANY and all(map(_is_near, first)) and _can_start()
        chosen = Processes(self.workers) if many else Threads(self.workers)
        yield from chosen.in_order(chain(_taken_from(first), waiting), work)


def cores() -> int:
    """Tell how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _is_near(item: object) -> bool:
    # What was fetched for one process, or lies in its memory, is not there for others.
    paths = item.files if isinstance(item, OnFiles) else ()
    return all(pathname.local_path(path) is not None for path in paths)


def _can_start() -> bool:
    """Tell whether this system lets processes be started that wait for each other."""
    from multiprocessing import get_context

    try:
        get_context("spawn").Lock()
    except (ImportError, OSError):
        return False
    return True


def _taken_from(items: deque[Item]) -> Iterator[Item]:
    """Hand on items and keep none: those that were worked on hold pixels."""
    while items:
        yield items.popleft()


def _in_turn(
    items: Iterable[Item],
    submit: Callable[[Item], Future[Result]],
    stop: Callable[[], None],
    room: int,
) -> Iterator[Result]:
    """Give results in order, with no more than so many items under way."""
    waiting = iter(items)
    under_way = deque(map(submit, islice(waiting, room)))
    try:
        while under_way:
            yield under_way.popleft().result()
            under_way.extend(map(submit, islice(waiting, 1)))
    finally:
        # All at once: futures cancelled one by one leave Python up to 3.11.3 waiting for ever
        # (cpython issue 94440).
        stop()


@contextmanager
def _interrupted_later() -> Iterator[None]:
    """Keep Ctrl-C from processes that start, and from this one until they have."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class _Task(NamedTuple):
    """What a process is there for."""

    work: Callable[[Any], Any]
    stopping: Any


_task: _Task | None = None


def _begin(work: Callable[[Any], Any], stopping: Any) -> None:
    global _task
    import cv2

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who started it stops it
    threading.Thread(target=_end_with_parent, daemon=True).start()
    silence_decoders()
    cv2.setNumThreads(1)
    _task = _Task(work, stopping)


def _end_with_parent() -> None:
    from multiprocessing import parent_process

    parent = parent_process()
    assert parent is not None, "it was started"
    parent.join()
    os._exit(1)


def _carry_out(chunk: list[Any]) -> list[Any]:
    assert _task is not None, "it has begun"
    return [_task.work(item) for item in chunk if not _task.stopping.is_set()]
