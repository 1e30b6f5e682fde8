"""Work on many items, and give the results in the items' order, which never depends on timing."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from itertools import chain, filterfalse, islice
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeVar, runtime_checkable

from maskprep.errors import MaskprepError, silence_decoders
from maskprep.files import pathname

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess

Item = TypeVar("Item")
Result = TypeVar("Result")

#: Pairs to be checked from which processes are worth their start: two take a third of a second.
MANY = 256
#: Processes that are started unless more are asked for: each holds some 100 MB.
_MOST = 16
#: More than these Windows cannot wait for.
_MOST_ON_WINDOWS = 61
#: Items that a process gets at once.
_CHUNK = 8
#: Seconds that what is under way has to end in, once nobody waits for it any more.
_GRACE = 0.4
#: What glibc calls the bytes from which memory is mapped for one array, and given back with it
#: (malloc.h, M_MMAP_THRESHOLD), and how many. By itself it raises them to 32 MB, and the gaps that
#: pictures leave in the heap grow by 10 MB a process; fewer cost more for each page than they save.
_MMAP_THRESHOLD, _MAPPED = -3, 2**22
#: By which a user or the system ends a program.
_BREAKING_OFF = {
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
}
#: What became of a file whose process is gone.
WAS_ENDED = (
    "the process that looked at it was ended from outside each time, often for want of memory: try"
    " --workers 1, or --executor threads"
)


class Executor(Protocol):
    """Where work is done: in threads here, or elsewhere."""

    def in_order(
        self,
        items: Iterable[Item],
        work: Callable[[Item], Result],
        lost: Callable[[Item], Result] | None = None,
    ) -> Generator[Result, None, None]:
        """Work on items, and give the results in the items' order.

        Parameters
        ----------
        items : iterable
            Made one by one, as needed.
        work : callable
            From an item to its result.
        lost : callable or None
            Gives the result of an item that takes the process down which works on it; None ends
            all work there.

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


#: Pixels of a picture from which no two are worked on at once: the largest that decoders take have
#: five times as many, and what is made of one on the way takes some ten bytes a pixel.
LARGE = 2**25
#: Held while something large is worked on: by threads of this process, or by all of a run.
_large: AbstractContextManager[Any] = threading.RLock()


@contextmanager
def one_at_a_time(pixels: int) -> Iterator[None]:
    """Let nothing else that is large be worked on meanwhile: side by side it would not fit.

    Parameters
    ----------
    pixels : int
        Of the picture; where they are few nobody waits.
    """
    if pixels < LARGE:
        yield
        return
    with _large:
        yield


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
        self,
        items: Iterable[Item],
        work: Callable[[Item], Result],
        lost: Callable[[Item], Result] | None = None,
    ) -> Generator[Result, None, None]:
        """Work on items in threads; see `Executor`. No thread is lost alone."""
        count = self.workers or cores()
        pool = ThreadPoolExecutor(count)
        under_way: deque[Future[Result]] = deque()
        with one_thread_each():
            try:
                yield from _in_turn(
                    items, lambda item: pool.submit(work, item), under_way, 2 * count
                )
            except (KeyboardInterrupt, GeneratorExit):
                pool.shutdown(wait=False, cancel_futures=True)
                wait(filterfalse(Future.cancelled, under_way), timeout=_GRACE)
                raise
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise
        pool.shutdown()


@dataclass(frozen=True)
class Processes:
    """Processes of this machine: between decoding and resizing, threads wait for one another.

    Attributes
    ----------
    workers : int
        How many; 0 for one a core, up to 16.
    """

    workers: int = 0

    def in_order(
        self,
        items: Iterable[Item],
        work: Callable[[Item], Result],
        lost: Callable[[Item], Result] | None = None,
    ) -> Generator[Result, None, None]:
        """Work on items in processes; see `Executor`.

        Parameters
        ----------
        items : iterable
            Can be pickled.
        work : callable
            Can be pickled, and can be repeated: where a process is ended from outside, what was
            under way is done once more, each item alone.
        lost : callable or None
            Gives the result of an item whose process was ended each time.

        Yields
        ------
        object
            One result an item.

        Raises
        ------
        MaskprepError
            Processes cannot begin; or one was ended at an item, and there is no `lost`.
        """
        from concurrent.futures.process import BrokenProcessPool

        waiting = iter(items)
        chunks = iter(lambda: list(islice(waiting, _CHUNK)), [])
        count = self.workers or min(cores(), _MOST)
        if sys.platform == "win32":
            count = min(count, _MOST_ON_WINDOWS)
        given: deque[list[Item]] = deque()
        while True:
            try:
                for results in _in_processes(count, _noted(chunks, given), work, 4 * count):
                    given.popleft()
                    yield from results
                return
            except BrokenProcessPool:
                again = list(chain.from_iterable(given))
                given.clear()
            yield from _each_alone(again, work, lost)


def _noted(chunks: Iterable[list[Item]], given: deque[list[Item]]) -> Iterator[list[Item]]:
    for chunk in chunks:
        given.append(chunk)
        yield chunk


def _in_processes(
    count: int, chunks: Iterable[list[Item]], work: Callable[[Item], Result], room: int
) -> Iterator[list[Result]]:
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import active_children, get_context

    context, others = get_context("spawn"), set(active_children())
    # A pipe, for it has no lock that a process which is ended could keep for ever.
    ending, stop = context.Pipe(duplex=False)
    # Who is ended with this lock in hand takes the pool along; the next one has its own.
    pool = ProcessPoolExecutor(count, context, _begin, (work, ending, context.RLock()))

    def submit(chunk: list[Item]) -> Future[list[Result]]:
        with _interrupted_later():  # it may start a process
            return pool.submit(_carry_out, chunk)

    try:
        yield from _in_turn(chunks, submit, deque(), room)
    except (KeyboardInterrupt, GeneratorExit):
        stop.close()
        _end_soon(set(active_children()) - others)
        raise
    finally:
        stop.close()
        pool.shutdown(cancel_futures=True)
        ending.close()


def _end_soon(processes: Iterable[BaseProcess]) -> None:
    """Wait for processes that end, and kill those that do not: one that begins takes a second."""
    end = time.monotonic() + _GRACE
    for each in processes:
        each.join(max(0, end - time.monotonic()))
        each.kill()


def _each_alone(
    items: Iterable[Item],
    work: Callable[[Item], Result],
    lost: Callable[[Item], Result] | None,
) -> Iterator[Result]:
    """Work on items one by one: by one of them a process was ended, nobody knows by which."""
    from concurrent.futures.process import BrokenProcessPool

    rest = deque(items)
    while rest:
        has_begun = False
        try:
            # First nothing, to see whether a process can begin at all.
            for results in _in_processes(1, [[], *([each] for each in rest)], work, 1):
                has_begun = True
                for result in results:
                    rest.popleft()
                    yield result
        except BrokenProcessPool as error:
            if not has_begun:
                raise MaskprepError(
                    "processes cannot begin here: try --executor threads (a script that starts"
                    ' processes does so under if __name__ == "__main__")'
                ) from error
            item = rest.popleft()
            if lost is None:
                raise MaskprepError(f"{name_of(item)}: {WAS_ENDED}") from error
            yield lost(item)


def name_of(item: object) -> str:
    """Name an item, by its first file if it has any."""
    return item.files[0] if isinstance(item, OnFiles) else repr(item)


@dataclass(frozen=True)
class ThisMachine:
    """Threads for a few items, processes for many.

    Attributes
    ----------
    workers : int
        How many of either; 0 for one a core.
    many : int
        Items from which processes are worth their start.
    """

    workers: int = 0
    many: int = MANY

    def in_order(
        self,
        items: Iterable[Item],
        work: Callable[[Item], Result],
        lost: Callable[[Item], Result] | None = None,
    ) -> Generator[Result, None, None]:
        """Work on items; see `Executor`. What is done by processes can be pickled."""
        waiting = iter(items)
        alone = (self.workers or cores()) == 1
        first = deque(() if alone else islice(waiting, self.many))
        many = len(first) == self.many and all(map(_is_near, first)) and _can_start()
        chosen = Processes(self.workers) if many else Threads(self.workers)
        yield from chosen.in_order(chain(_taken_from(first), waiting), work, lost)


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
    under_way: deque[Future[Result]],
    room: int,
) -> Iterator[Result]:
    """Give results in order, with no more than so many items under way."""
    # Whoever stops it shuts the pool down, which cancels all at once: futures cancelled one by
    # one leave Python up to 3.11.3 waiting for ever (cpython issue 94440).
    waiting = iter(items)
    under_way.extend(map(submit, islice(waiting, room)))
    while under_way:
        under_way[0].exception()  # until it is done it is under way
        yield under_way.popleft().result()
        under_way.extend(map(submit, islice(waiting, 1)))


@contextmanager
def _interrupted_later() -> Iterator[None]:
    """Keep Ctrl-C and the like from processes that start, and from this one until they have."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _BREAKING_OFF)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class _Task(NamedTuple):
    """What a process is there for."""

    work: Callable[[Any], Any]
    is_over: threading.Event


_task: _Task | None = None


def _begin(
    work: Callable[[Any], Any], ending: Connection, large: AbstractContextManager[Any]
) -> None:
    global _task, _large
    import cv2

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who started it stops it
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})  # by which that is done, too
    _task, _large = _Task(work, threading.Event()), large
    threading.Thread(target=_end, args=(ending, _task.is_over), daemon=True).start()
    silence_decoders()
    _give_back_memory()
    cv2.setNumThreads(1)


def _give_back_memory() -> None:
    """Have large arrays' memory back with the system as soon as they are gone, where glibc is."""
    with suppress(ImportError, OSError, TypeError, AttributeError):
        import ctypes

        ctypes.CDLL(None).mallopt(_MMAP_THRESHOLD, _MAPPED)


def _end(ending: Connection, is_over: threading.Event) -> None:
    """Wait until nobody holds the pipe's other end: whoever started this has no more use for it."""
    with suppress(EOFError, OSError):
        ending.recv_bytes()
    is_over.set()
    time.sleep(_GRACE)
    os._exit(1)


def _carry_out(chunk: list[Any]) -> list[Any]:
    assert _task is not None, "it has begun"
    return [_task.work(item) for item in chunk if not _task.is_over.is_set()]
