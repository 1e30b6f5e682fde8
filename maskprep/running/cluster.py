"""Work on a dask cluster whose machines see the same files, and give the results in order."""

from __future__ import annotations

import logging
import os
import pickle
import platform
import time
import uuid
import warnings
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from maskprep.errors import MaskprepError
from maskprep.files import pathname
from maskprep.running.parallel import OnFiles, name_of, one_thread_each
from maskprep.version import __version__

if TYPE_CHECKING:
    from distributed import Client, Future

Item = TypeVar("Item")
Result = TypeVar("Result")

#: On these the numbers depend, and on `distributed` that the parts of a cluster understand each
#: other; modules, as those that are loaded may be older than those that are installed.
_STANDS_ON = ("numpy", "PIL", "cv2", "scipy", "skimage", "distributed")
_PACKAGES = {"PIL": "Pillow", "cv2": "OpenCV", "skimage": "scikit-image", "distributed": "dask"}

_CONNECTING = 10.0  # s
_GLANCE = 1.0  # s between two looks at how many workers there are
_PATROL = 5.0  # s between two looks whether there are any, while nothing comes
_LEAST_UNDER_WAY = 16  # chunks: a cluster that grows with its load must see some
#: What a chunk should take, s: to hand one out and to collect it costs some 20 ms, whatever is in
#: it, and nobody wants to wait for one that is not wanted any more.
_WORTH = 0.5
_LARGEST = 8  # times as many items as at first


@dataclass(frozen=True)
class Dask:
    """Workers of a dask cluster, which see the files of the data set where they are here.

    Needs dask's `distributed` (``pip install "maskprep[dask]"``).

    Attributes
    ----------
    scheduler : str, cluster object or None
        Address, such as ``tcp://host:8786``, or a cluster as dask's libraries make them; None for
        the address in dask's own configuration (``DASK_SCHEDULER_ADDRESS``).
    chunk_size : int
        How many items make a task; up to eight times as many where they take little time.
    patience : float
        How long to wait for a worker where there is none, s.
    tell : callable
        Is told in a line why nothing goes on.

    Raises
    ------
    MaskprepError
        `distributed` is not installed, or no scheduler is named.
    """

    scheduler: Any = None
    chunk_size: int = 32
    patience: float = 120.0
    tell: Callable[[str], None] = lambda line: None

    def __post_init__(self) -> None:
        try:
            import distributed  # noqa: F401
        except ImportError:
            raise MaskprepError(
                '--executor dask needs dask: pip install "maskprep[dask]"'
            ) from None
        if self._target() is None:
            raise MaskprepError(
                "no dask scheduler is named: say --scheduler tcp://HOST:8786, or set"
                " DASK_SCHEDULER_ADDRESS"
            )

    def in_order(
        self,
        items: Iterable[Item],
        work: Callable[[Item], Result],
        lost: Callable[[Item], Result] | None = None,
    ) -> Generator[Result, None, None]:
        """Work on items in the cluster; see `maskprep.running.parallel.Executor`.

        Parameters
        ----------
        items : iterable
            Can be pickled. Those that are `OnFiles` are only worked on where their files are
            what they are here.
        work : callable
            Can be pickled, and can be repeated: a worker may be lost halfway.
        lost : callable or None
            Gives the result of an item that took down every worker which it was given to. Of a
            chunk that did each item is tried alone.

        Yields
        ------
        object
            One result an item.

        Raises
        ------
        MaskprepError
            There is no scheduler or no worker, a worker has other libraries or does not see the
            files, or work on the same items has ended several workers and there is no `lost`.
        """
        waiting = iter(items)
        first = list(islice(waiting, self.chunk_size))
        if not first:
            return
        with self._connected() as client:
            self._find_workers(client)
            _compare_all(client, _Surroundings.of(first), self._name)
            yield from self._worked(client, first, waiting, work, lost)

    def _worked(
        self,
        client: Client,
        first: list[Item],
        waiting: Iterator[Item],
        work: Callable[[Item], Result],
        lost: Callable[[Item], Result] | None,
    ) -> Iterator[Result]:
        import cloudpickle
        from distributed import KilledWorker

        # Keys of their own keep several runs on one cluster apart. What all chunks share is the
        # result of a task, not scattered data: it is made again where its worker is lost.
        run = uuid.uuid4().hex
        shared = client.submit(bytes, cloudpickle.dumps(work), key=f"maskprep-work-{run}")
        under_way: deque[_Chunk] = deque()
        room, looked, made = 0, -_GLANCE, 0
        size = self.chunk_size

        def submit(items: list[Item]) -> _Chunk:
            nonlocal made
            made += 1
            future = client.submit(
                _carry_out,
                shared,
                pickle.dumps(items),
                _Surroundings.of(items),
                key=f"maskprep-chunk-{run}-{made}",
                retries=0,  # a failure is the work's own and comes again; dask counts no deaths
            )
            return _Chunk(future, items)

        chunk = first
        while chunk or under_way:
            if time.monotonic() - looked >= _GLANCE:
                looked = time.monotonic()
                room = max(_LEAST_UNDER_WAY, 2 * self._threads(client))
            while chunk and len(under_way) < room:
                under_way.append(submit(chunk))
                chunk = list(islice(waiting, size))
            done = under_way.popleft()
            try:
                results, took = self._result(client, done.future)
                size = self._size_by(took / len(results))
            except KilledWorker as error:
                if lost is None:
                    raise MaskprepError(_deadly(done, error)) from None
                if len(done.items) > 1:
                    results = self._each_alone(client, done.items, submit, lost)
                else:
                    results = [lost(done.items[0])]
            except ModuleNotFoundError as error:
                if error.name != "maskprep":
                    raise
                raise MaskprepError(
                    f"{self._name}: a worker that came late {_LACKS.format(__version__)}"
                ) from None
            yield from results

    def _size_by(self, each: float) -> int:
        """Tell how many items make a chunk, where each takes so many seconds."""
        fitting = int(_WORTH / max(each, 1e-6))
        return min(max(fitting, self.chunk_size), _LARGEST * self.chunk_size)

    def _each_alone(
        self,
        client: Client,
        items: list[Item],
        submit: Callable[[list[Item]], _Chunk],
        lost: Callable[[Item], Result],
    ) -> Iterator[Result]:
        from distributed import KilledWorker

        for item in items:
            try:
                yield from self._result(client, submit([item]).future)[0]
            except KilledWorker:
                yield lost(item)

    def _result(self, client: Client, future: Future[Any]) -> Any:
        from distributed import TimeoutError as TooLong

        deserted: float | None = None
        while True:
            # What is done may have to be done again, where its worker is lost before it is fetched.
            # What the work itself raises may be the same error as that of waiting too long.
            with suppress(TooLong):
                if future.exception(timeout=_PATROL) is None:
                    return future.result(timeout=_PATROL)
            if future.status in ("error", "cancelled"):
                return future.result()
            if self._threads(client):
                deserted = None
            elif deserted is None:
                deserted = time.monotonic()
                self.tell(f"{self._name}: no dask worker is left; waiting for one")
            elif time.monotonic() - deserted > self.patience:
                raise MaskprepError(
                    f"{self._name}: no dask worker is left; start some: dask worker {self._name}"
                )

    @contextmanager
    def _connected(self) -> Iterator[Client]:
        from concurrent.futures import CancelledError

        from distributed.comm.core import CommClosedError
        from distributed.versions import VersionMismatchWarning

        try:
            with warnings.catch_warnings():
                # Of what matters here, one clear line tells.
                warnings.simplefilter("ignore", VersionMismatchWarning)
                client = _client(self._target())
        except ValueError as error:
            raise MaskprepError(
                f"{self._name}: is no scheduler's address ({error}), as in tcp://HOST:8786"
            ) from None
        except Exception:  # noqa: BLE001  what answers there may be anything, and say anything
            raise MaskprepError(
                f"{self._name}: no dask scheduler answers there; start one: dask scheduler"
            ) from None
        log = logging.getLogger("distributed.client")
        log.addFilter(_is_no_error)
        try:
            with client:
                yield client
        except (CancelledError, CommClosedError):
            raise self._gone() from None
        finally:
            log.removeFilter(_is_no_error)

    def _find_workers(self, client: Client) -> None:
        from distributed import TimeoutError as TooLong

        if self._threads(client):
            return
        start = f"start some: dask worker {self._name}"
        self.tell(f"{self._name}: no dask worker there; waiting {self.patience:g} s; {start}")
        try:
            client.wait_for_workers(1, timeout=self.patience)
        except TooLong:
            raise MaskprepError(f"{self._name}: no dask worker there; {start}") from None

    def _threads(self, client: Client) -> int:
        try:
            return sum(client.nthreads().values())
        except OSError:
            raise self._gone() from None

    def _gone(self) -> MaskprepError:
        return MaskprepError(
            f"{self._name}: the dask scheduler is gone; start one, and begin again"
        )

    def _target(self) -> Any:
        import dask

        if self.scheduler is not None:
            return self.scheduler
        return dask.config.get("scheduler-address", None)

    @property
    def _name(self) -> str:
        return str(getattr(self._target(), "scheduler_address", self._target()))


def _client(target: Any) -> Client:
    """Connect; a client that cannot is closed at once.

    Otherwise it closes itself when it is collected, and where that happens while another one is
    being made it waits for ever for a lock that its own thread holds (distributed/utils.py,
    LoopRunner).
    """
    from distributed import Client

    client = Client.__new__(Client)
    try:
        Client.__init__(client, target, timeout=_CONNECTING, set_as_default=False)
    except BaseException:
        with suppress(Exception):
            client.close()
        raise
    return client


def _is_no_error(record: logging.LogRecord) -> bool:
    # Of a scheduler that is lost, dask's client logs tracebacks; one clear line tells it.
    return record.levelno < logging.ERROR


class _Chunk(NamedTuple):
    future: Future[Any]
    items: list[Any]


@dataclass(frozen=True)
class _Surroundings:
    """What the results of work on some items depend on, as it is in one process.

    Attributes
    ----------
    versions : dict of str to str
        By package.
    folder : str
        From where relative paths lead.
    files : dict of str to (int or None)
        Sizes of the first item's files, bytes, by path; None for what is not there.
    """

    versions: dict[str, str]
    folder: str
    files: dict[str, int | None]

    @classmethod
    def of(cls, items: list[Any]) -> _Surroundings:
        """See what is here; one item's files stand for all of a chunk's."""
        return cls.here(items[0].files if isinstance(items[0], OnFiles) else ())

    @classmethod
    def here(cls, files: Iterable[str]) -> _Surroundings:
        """See what is here."""
        return cls(_versions(), os.getcwd(), {path: _size(path) for path in files})

    def difference(self, there: _Surroundings, who: str) -> str | None:
        """Tell why a worker would find out other things than this process; None if it would not."""
        for package, version in self.versions.items():
            other = there.versions.get(package)
            if other != version:
                has = f"has {package} {other}" if other else f"has no {package}"
                return f"{who}: {has}, and here it is {version}: install the same version on both"
        relative = next((path for path in self.files if not pathname.isabs(path)), None)
        if relative is not None and there.folder != self.folder:
            return (
                f"{who}: works in {there.folder}, not in {self.folder}, where {relative} is:"
                f" start workers in {self.folder}, or name all folders by absolute paths"
            )
        for path, size in self.files.items():
            other_size = there.files.get(path)
            if size is not None and other_size is None:
                return f"{who}: does not see {path}: it must lie on storage that all machines share"
            if size != other_size:
                return f"{who}: sees {other_size} bytes in {path}, and here it has {size}"
        return None


@cache
def _versions() -> dict[str, str]:
    major, minor, _ = platform.python_version_tuple()
    found = {"maskprep": __version__, "Python": f"{major}.{minor}"}
    for name in _STANDS_ON:
        found[_PACKAGES.get(name, name)] = import_module(name).__version__
    return found


def _size(path: str) -> int | None:
    try:
        return os.stat(path).st_size
    except OSError:
        return None


def _compare_all(client: Client, here: _Surroundings, scheduler: str) -> None:
    # dask's scheduler unpickles what it passes on.
    try:
        installed = client.run_on_scheduler(_own_version)
    except ImportError:
        raise MaskprepError(f"{scheduler}: the scheduler {_LACKS.format(__version__)}") from None
    if installed != __version__:
        raise MaskprepError(
            f"{scheduler}: the scheduler has maskprep {installed}, and here it is {__version__}:"
            " install the same version on both"
        )
    answers = client.run(_Surroundings.here, list(here.files), on_error="return")
    for who, there in answers.items():
        if isinstance(there, OSError):
            continue  # lost at this moment
        if not isinstance(there, _Surroundings):
            raise MaskprepError(f"{who}: the worker {_LACKS.format(__version__)} ({there})")
        difference = here.difference(there, who)
        if difference is not None:
            raise MaskprepError(difference)


_LACKS = 'lacks what is here: pip install "maskprep[dask]=={}"'


def _own_version() -> str:
    return __version__


def _carry_out(work: bytes, chunk: bytes, wanted: _Surroundings) -> tuple[list[Any], float]:
    """Work on a chunk, and tell the seconds that it took.

    Runs in a worker, which may have joined after all others were looked at.
    """
    import cloudpickle
    from distributed import get_worker

    difference = wanted.difference(_Surroundings.here(wanted.files), get_worker().address)
    if difference is not None:
        raise MaskprepError(difference)
    do = cloudpickle.loads(work)
    start = time.perf_counter()
    with one_thread_each():
        results = [do(item) for item in pickle.loads(chunk)]  # noqa: S301  the user's own client's
    return results, time.perf_counter() - start


def _deadly(chunk: _Chunk, error: Any) -> str:
    others = len(chunk.items) - 1
    rest = f", or the {others} after it," if others else ""
    deaths = error.allowed_failures + 1
    workers = "1 dask worker" if deaths == 1 else f"{deaths} dask workers"
    return (
        f"{name_of(chunk.items[0])}: work on it{rest} ended {workers}, the last"
        f" {error.last_worker.address}; their logs say why, often memory"
    )
