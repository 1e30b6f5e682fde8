"""Work on many items, and give the results in the items' order, which never depends on timing."""

from __future__ import annotations

import os
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor as Pool
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any, Protocol, TypeVar, runtime_checkable

from maskprep import storage
from maskprep.errors import MaskprepError

Item = TypeVar("Item")
Result = TypeVar("Result")

#: Items from which processes are worth their start, which takes as long as some dozens of them.
MANY = 256
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


def cores() -> int:
    """Tell how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@dataclass(frozen=True)
class Threads:
    """Threads of this process, which decoders leave free to run side by side.

    Attributes
    ----------
    workers : int
        How many; 0 for one a core.
    """

    workers: int = 0

    def in_order(self, items: Iterable[Item], work: Callable[[Item], Result]) -> Iterator[Result]:
        """Work on items in threads; see `Executor`."""
        count = self.workers or cores()
        with one_thread_each(), ThreadPoolExecutor(count) as pool:
            yield from _in_turn(pool, items, work, 2 * count)


@dataclass(frozen=True)
class Processes:
    """Processes of this machine: between decoding and resizing, threads wait for one another.

    Attributes
    ----------
    workers : int
        How many; 0 for one a core.
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
            A process was ended from outside.
        """
        from concurrent.futures import ProcessPoolExecutor
        from concurrent.futures.process import BrokenProcessPool
        from multiprocessing import get_context

        count, waiting = self.workers or cores(), iter(items)
        chunks = iter(lambda: list(islice(waiting, _CHUNK)), [])
        try:
            with ProcessPoolExecutor(count, get_context("spawn"), _begin, (work,)) as pool:
                for results in _in_turn(pool, chunks, _carry_out, 4 * count):
                    yield from results
        except BrokenProcessPool:
            raise MaskprepError(
                "a process that looked at masks was ended, often for want of memory: try fewer"
                " --workers, or --executor threads"
            ) from None


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
        count, waiting = self.workers or cores(), iter(items)
        first = list(islice(waiting, MANY)) if count > 1 else []
        many = len(first) == MANY and _are_near(first[0])
        chosen = Processes(count) if many else Threads(count)
        yield from chosen.in_order(chain(first, waiting), work)


def _are_near(item: object) -> bool:
    # What was fetched for one process, or lies in its memory, is not there for others.
    paths = item.files if isinstance(item, OnFiles) else ()
    return all(storage.local_path(path) is not None for path in paths)


def _in_turn(
    pool: Pool, items: Iterable[Item], work: Callable[[Item], Result], room: int
) -> Iterator[Result]:
    """Give results in order, with no more than so many items under way."""
    waiting = iter(items)
    under_way: deque[Future[Result]] = deque(
        pool.submit(work, item) for item in islice(waiting, room)
    )
    try:
        while under_way:
            yield under_way.popleft().result()
            under_way.extend(pool.submit(work, item) for item in islice(waiting, 1))
    finally:
        for future in under_way:
            future.cancel()


#: What this process is there for, once it has begun.
_work: Callable[[Any], Any] | None = None


def _begin(work: Callable[[Any], Any]) -> None:
    global _work
    import cv2

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who started it stops it
    cv2.setNumThreads(1)
    _work = work


def _carry_out(chunk: list[Any]) -> list[Any]:
    assert _work is not None, "it has begun"
    return [_work(item) for item in chunk]
