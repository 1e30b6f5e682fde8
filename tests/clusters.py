"""Real dask clusters of this machine: a scheduler and workers, each a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from tests.places import ROOT

#: Long, as the machine may be slow and busy; nothing waits longer than it must.
PATIENCE = 180.0


def wait_until(holds: Callable[[], bool], what: str) -> None:
    """Come back when something holds."""
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end, f"not in {PATIENCE:g} s: {what}"
        time.sleep(0.02)


class LocalCluster:
    """A scheduler and its workers; of the workers each works on one thread.

    Parameters
    ----------
    folder : Path
        For their own files.
    workers : int
        How many.
    allowed_failures : int
        How many deaths of workers dask forgives a task.
    """

    def __init__(self, folder: Path, workers: int = 2, *, allowed_failures: int = 3) -> None:
        self._folder = folder
        self._environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]),
            "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": str(allowed_failures),
        }
        self._told = folder / "scheduler.json"
        self._count = workers
        self.address = ""
        self.workers: list[subprocess.Popen[bytes]] = []
        self._started: list[subprocess.Popen[bytes]] = []

    def add_worker(self, work_in: Path = ROOT) -> None:
        """Start one more worker."""
        place = self._folder / f"worker-{len(self.workers)}"
        arguments = (self.address, "--nthreads", "1", "--no-nanny", "--local-directory", str(place))
        self.workers.append(self._start("worker", *arguments, folder=work_in))

    def await_workers(self, count: int) -> None:
        """Come back when so many workers have reported."""
        from distributed import Client

        with Client(self.address, timeout=PATIENCE, set_as_default=False) as client:
            client.wait_for_workers(count, timeout=PATIENCE)

    def stop_scheduler(self) -> None:
        """Kill the scheduler."""
        self._started[0].kill()
        self._started[0].wait()

    def tasks(self) -> int:
        """Count the tasks that the scheduler knows of."""
        from distributed import Client

        with Client(self.address, timeout=PATIENCE, set_as_default=False) as client:
            count: int = client.run_on_scheduler(_count_tasks)
            return count

    def _start(self, *words: str, folder: Path = ROOT) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, "-m", "dask", *words, "--no-dashboard"],
            cwd=folder,
            env=self._environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._started.append(process)
        return process

    def __enter__(self) -> LocalCluster:
        try:
            self._start_all()
        except BaseException:
            self._end_all()
            raise
        return self

    def _start_all(self) -> None:
        told = self._told
        self._start(
            "scheduler", "--host", "127.0.0.1", "--port", "0", "--scheduler-file", str(told)
        )
        wait_until(told.exists, "a scheduler")
        wait_until(lambda: told.read_text("utf-8").endswith("}"), "its address")
        self.address = json.loads(told.read_text("utf-8"))["address"]
        for _ in range(self._count):
            self.add_worker()
        if self._count:
            self.await_workers(self._count)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._end_all()

    def _end_all(self) -> None:
        for process in reversed(self._started):
            process.kill()
            process.wait()


def _count_tasks(dask_scheduler: object) -> int:
    return len(dask_scheduler.tasks)  # type: ignore[attr-defined]
