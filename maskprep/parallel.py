"""The one place with concurrency; the order of results never depends on it."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def in_order(
    items: Iterable[Item], work: Callable[[Item], Result], workers: int = 0
) -> Iterator[Result]:
    """Work on items in threads, and give the results in the items' order.

    Parameters
    ----------
    items : iterable
        Made one by one, as needed.
    work : callable
        From an item to its result.
    workers : int
        Threads; 0 for one a core.

    Yields
    ------
    object
        One result an item. Never more than a few are under way: memory stays flat.
    """
    count = workers or os.cpu_count() or 1
    waiting = iter(items)
    with ThreadPoolExecutor(count) as pool:
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
