"""Kill a worker of a dask cluster in the middle of a check, and look at the report and the cost.

Draws a corpus as ``scaling.py`` does, checks it in threads, on a cluster of this machine, and on
one of whose workers the process gets SIGKILL halfway; dask's nanny starts another. Prints the
progress of both runs on the cluster, and whether the three reports are the same.

    python -m benchmarks.worker_lost --pairs 2000
"""

from __future__ import annotations

import argparse
import os
import signal
import tempfile
import time
from pathlib import Path

from distributed import Client, LocalCluster

from benchmarks.scaling import make_corpus, training_set_of
from maskprep.checking.engine import check
from maskprep.model import TrainingSet
from maskprep.model.report import Report
from maskprep.running.cluster import Dask


class Timeline:
    """Note when each tenth of the pairs is done, and kill a worker on the way."""

    def __init__(self, pairs: int, victim: int | None) -> None:
        self.start = time.perf_counter()
        self.lines: list[str] = []
        self._pairs = pairs
        self._victim = victim
        self._done = 0

    def advance(self) -> None:
        """Count one pair."""
        self._done += 1
        if self._done % (self._pairs // 10) == 0:
            self._note(f"{self._done} pairs")
        if self._done == self._pairs // 2 and self._victim is not None:
            os.kill(self._victim, signal.SIGKILL)
            self._note("a worker is killed")

    def _note(self, what: str) -> None:
        self.lines.append(f"{time.perf_counter() - self.start:6.1f} s  {what}")


def run_once(training_set: TrainingSet, workers: int, *, kill: bool) -> tuple[Report, float]:
    """Check on a fresh cluster, and print the time line."""
    with (
        LocalCluster(
            n_workers=workers, threads_per_worker=1, processes=True, dashboard_address=None
        ) as cluster,
        Client(cluster, set_as_default=False) as client,
    ):
        victim = next(iter(client.run(os.getpid).values())) if kill else None
        timeline = Timeline(training_set.pair_count, victim)
        report = check(training_set, progress=timeline.advance, executor=Dask(cluster))
        took = time.perf_counter() - timeline.start
    print("one worker is lost:" if kill else "no worker is lost:", *timeline.lines, sep="\n  ")
    return report, took


def main() -> None:
    """Make the corpus, run, compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=2000)
    parser.add_argument("--side", type=int, default=64, help="of images and masks, px")
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        make_corpus(Path(name), options.side, options.pairs)
        training_set = training_set_of(Path(name), options.side)
        here = check(training_set)
        whole, took = run_once(training_set, options.workers, kill=False)
        bereft, took_longer = run_once(training_set, options.workers, kill=True)
    print(f"{took:.1f} s with all workers, {took_longer:.1f} s with one lost on the way")
    alike = here == whole == bereft
    print("the three reports are the same" if alike else "the reports DIFFER")
    raise SystemExit(not alike)


if __name__ == "__main__":
    main()
