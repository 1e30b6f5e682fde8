"""Measure what ``maskprep check`` costs a pair as data sets grow, here and on a dask cluster.

Makes its corpus in a temporary folder (seeded): pairs of small PNG, 64 x 64 unless told otherwise,
all different, with captions. They stand for what grows with the number of pairs whatever their
size: listing folders, reading captions, opening files, sending, collecting, memory. What pixels
cost comes on top, see ``suite.py``.

Whole processes: a check in threads, one in processes, a second one of what has not changed, and one
on a cluster of this machine: workers of one thread each, and a scheduler in the benchmark's own
process. Its columns add what the workers took. Last, up to 10,000 pairs, what a pair keeps of
memory, counted by tracemalloc.

    python -m benchmarks.scaling --pairs 1000,10000,100000
"""

from __future__ import annotations

import argparse
import os
import pickle
import resource
import sys
import tempfile
import time
import tracemalloc
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import cv2
import numpy as np
from distributed import Client, LocalCluster

from benchmarks.measure import run
from maskprep.checking.engine import check
from maskprep.dataset.discover import Request, discover
from maskprep.model import Size, TrainingSet
from maskprep.trainers import find_model, find_trainer

#: Tracing memory is slow, and a pair's share of it is the same in larger sets.
MOST_TRACED = 10_000


def draw_pairs(task: tuple[Path, int, range]) -> None:
    """Draw images and masks from seeds."""
    folder, side, seeds = task
    for seed in seeds:
        random = np.random.default_rng(seed)
        mask = np.zeros((side, side), np.uint8)
        centre = random.integers(side // 3, 2 * side // 3, 2).tolist()
        cv2.circle(mask, centre, side // 4, 255, -1, cv2.LINE_AA)
        image = cv2.resize(random.integers(0, 256, (8, 8, 3), np.uint8), (side, side))
        name = f"{seed:07}"
        cv2.imwrite(str(folder / "images" / f"{name}.png"), image)
        cv2.imwrite(str(folder / "masks" / f"{name}.png"), mask)
        (folder / "images" / f"{name}.txt").write_text(f"figure {name}", encoding="utf-8")


def make_corpus(folder: Path, side: int, pairs: int) -> None:
    """Draw the whole corpus, on all cores."""
    for name in ("images", "masks"):
        (folder / name).mkdir(parents=True)
    parts = [range(start, min(start + 500, pairs)) for start in range(0, pairs, 500)]
    with ProcessPoolExecutor() as pool:
        list(pool.map(draw_pairs, [(folder, side, part) for part in parts]))


def flags(side: int) -> dict[str, object]:
    """Set the trainer so that nothing is enlarged, and there is little to tell."""
    return {"resolution": side, "min-bucket-reso": side, "caption-extension": ".txt"}


def command(folder: Path, side: int) -> list[str]:
    """Give the command line of a check, without what it remembers."""
    words = [sys.executable, "-m", "maskprep", "check", str(folder / "images")]
    words += ["--masks", str(folder / "masks"), "--fail-on", "never"]
    return words + [
        word for name, value in flags(side).items() for word in (f"--{name}", str(value))
    ]


def usage() -> tuple[float, float]:
    """Tell of a process the CPU seconds and the peak of memory, 10^6 bytes."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime, used.ru_maxrss * 1024 / 1e6


def line(place: str, pairs: int, wall: float, cpu: float, peaks: str) -> None:
    """Print a row of the table."""
    each = f"{1000 * wall / pairs:.2f}", f"{1000 * cpu / pairs:.2f}"
    print(f"{place:10}{pairs:>9}{wall:>9.1f}{cpu:>9.1f}{each[0]:>14}{each[1]:>13}  {peaks}")


def measure_here(folder: Path, side: int, pairs: int) -> None:
    """Measure a check in threads, one in processes, and a second one."""
    words = [*command(folder, side), "--cache-dir", str(folder / "cache")]
    for place, more in (
        ("threads", ["--no-cache", "--executor", "threads"]),
        ("processes", ["--executor", "processes"]),
        ("again", []),
    ):
        cost = run([*words, *more])
        line(place, pairs, cost.wall, cost.cpu, f"{cost.peak:.0f}")


def measure_there(folder: Path, side: int, pairs: int, workers: int) -> None:
    """Measure a check on a fresh cluster."""
    with (
        LocalCluster(
            n_workers=workers, threads_per_worker=1, processes=True, dashboard_address=None
        ) as cluster,
        Client(cluster, set_as_default=False) as client,
    ):
        before = usage()[0] + sum(cpu for cpu, _ in client.run(usage).values())
        words = ["--no-cache", "--executor", "dask", "--scheduler", cluster.scheduler_address]
        cost = run(command(folder, side) + words)
        used = client.run(usage).values()
        cpu = cost.cpu + usage()[0] + sum(each for each, _ in used) - before
        peak = max(each for _, each in used)
        line("dask", pairs, cost.wall, cpu, f"{cost.peak:.0f}, {peak:.0f}, {usage()[1]:.0f}")


def training_set_of(folder: Path, side: int) -> TrainingSet:
    """Discover a corpus as the command line does."""
    asked = find_trainer("sd-scripts")
    given = {name.replace("-", "_"): value for name, value in flags(side).items()}
    chosen = {**given, "resolution": Size(side, side)}
    images, masks = str(folder / "images"), str(folder / "masks")
    return discover(Request(images, asked, find_model(asked, None), masks, False, chosen))


def measure_memory(folder: Path, side: int, pairs: int) -> None:
    """Count what a pair keeps of memory on the client, by what keeps it."""
    tracemalloc.start()
    start = time.perf_counter()
    training_set = training_set_of(folder, side)
    took = time.perf_counter() - start
    found = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    report = check(training_set)
    sent = pickle.dumps(report.rows)  # as they come from workers, with strings of their own
    tracemalloc.start()
    rows = pickle.loads(sent)
    kept = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert len(rows) == pairs
    print(
        f"{pairs} pairs keep, bytes each: {found / pairs:.0f} as found, {kept / pairs:.0f} as rows;"
        f" {len(report.findings)} findings; finding the pairs took {took:.1f} s, traced"
    )


def main() -> None:
    """Make the corpora, measure, print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", default="1000,10000")
    parser.add_argument("--side", type=int, default=64, help="of images and masks, px")
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    print(f"pairs of {options.side} x {options.side}, {os.cpu_count()} cores")
    print(
        f"{'':10}{'pairs':>9}{'wall s':>9}{'CPU s':>9}{'wall ms/pair':>14}{'CPU ms/pair':>13}"
        "  peak MB: client, worker, scheduler"
    )
    for pairs in map(int, options.pairs.split(",")):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            make_corpus(folder, options.side, pairs)
            run(["find", name, "-type", "f", "-exec", "cat", "{}", "+"])
            measure_here(folder, options.side, pairs)
            measure_there(folder, options.side, pairs, options.workers)
            if pairs <= MOST_TRACED:
                measure_memory(folder, options.side, pairs)


if __name__ == "__main__":
    main()
