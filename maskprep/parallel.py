"""Work on many items, and give the results in the items' order, which never depends on timing."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Protocol, TypeVar, runtime_checkable

Item = TypeVar("Item")
Result = TypeVar("Result")


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

    def in_order(self, items: Iterable[Item], work: Callable[[Item], Result]) -> Iterator[Result]:
        """Work on items in threads; see `Executor`."""
        count = self.workers or os.cpu_count() or 1
        waiting = iter(items)
        with one_thread_each(), ThreadPoolExecutor(count) as pool:
            under_way: deque[Future[Result]] = deque(
                pool.submit(work, item) for item in islice(waiting, 2 * count)
            )
            try:
                while under_way:
                    yield under_way.popleft().result()
                    under_way.extend(pool.submit(work, item) for item in islice(waiting, 1))
            finally:
                for future in under_way:
                    future.cancel()
