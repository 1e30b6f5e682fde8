"""Measure maskprep beside what one would write instead, and hold it against its goals.

    python -m benchmarks.suite                          # everything, 45 minutes
    python -m benchmarks.suite --pairs 40 --rounds 2    # a first look, some minutes
    python -m benchmarks.suite --only check,dilate --corpus ~/corpus
    python -m benchmarks.suite --from docs/performance.json

Whole processes, in turn, round after round: the machine's drift meets all alike, and ratios are
taken within a round. Writes performance.md, performance.json and images/performance.svg.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from compileall import compile_dir
from contextlib import ExitStack
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from benchmarks.chart import draw_chart
from benchmarks.corpus import Corpus, empty, make_corpus
from benchmarks.jobs import JOBS, Command, Job, Place
from benchmarks.measure import ROOT, Cost, run
from benchmarks.results import Measured, Results, read_results
from benchmarks.tables import goals_table, write_page

PAGE, DATA, CHART = "performance.md", "performance.json", "images/performance.svg"
#: Loaded once before anything is measured: the first time they come from the disk.
IMPORTS = "import numpy, PIL.Image, cv2, scipy.ndimage, skimage.io, skimage.morphology"
LIBRARIES = (
    *("numpy", "opencv-python", "opencv-python-headless", "pillow", "scikit-image"),
    "imagecodecs",
)


def main() -> None:
    """Make the corpus, run the jobs, write the page."""
    options = _options()
    options.out.mkdir(parents=True, exist_ok=True)
    if options.results is not None:
        results = read_results(options.results)
        _write(results, options.out)
    else:
        results = _measure(options)
    print(goals_table(results))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.suite",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--pairs", type=int, default=500, help="pairs of the corpus (500)")
    parser.add_argument("--rounds", type=int, default=5, help="of every job (5)")
    parser.add_argument("--only", type=_jobs, default=JOBS, metavar="JOB,...", help=_job_names())
    parser.add_argument("--corpus", type=Path, help="folder in which the corpus is kept")
    parser.add_argument("--out", type=Path, default=ROOT / "docs", help="for the page (docs)")
    parser.add_argument(
        "--from", type=Path, dest="results", metavar="JSON", help="measure nothing, draw these"
    )
    return parser.parse_args()


def _job_names() -> str:
    return ", ".join(job.name for job in JOBS)


def _jobs(words: str) -> tuple[Job, ...]:
    """Choose jobs by their names, or by the first words of these."""
    chosen: list[Job] = []
    for word in words.split(","):
        found = [job for job in JOBS if f"{job.name}-".startswith(f"{word}-")]
        if not found:
            raise argparse.ArgumentTypeError(f"{word} is no job: {_job_names()}")
        chosen += found
    return tuple(chosen)


def _measure(options: argparse.Namespace) -> Results:
    if not hasattr(os, "wait4"):
        raise SystemExit("this system does not tell what a process has cost (os.wait4)")
    with ExitStack() as stack:
        folder = options.corpus
        if folder is None:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        _say(f"{folder}: makes {options.pairs} pairs, or takes those that are there")
        corpus = make_corpus(folder.resolve(), options.pairs)
        results = Results(_machine(), _described(corpus), {})
        kept = options.out / DATA
        if options.only != JOBS and kept.exists():
            before = read_results(kept)
            # Side by side in one page only what was measured alike.
            if (before.machine, before.corpus) == (results.machine, results.corpus):
                results.jobs = before.jobs
            else:
                _say(f"{kept}: was measured elsewhere or on other pairs: its jobs are dropped")
        for job in options.only:
            results.jobs[job.name] = _run_job(job, corpus, options.rounds)
            _write(results, options.out)
    return results


def _run_job(job: Job, corpus: Corpus, rounds: int) -> dict[str, Measured]:
    """Run a job's commands in turn, each round beginning with another one."""
    found = {
        command.label: Measured(
            command.count(corpus.pairs), skipped=_obstacle(command, corpus.pairs)
        )
        for command in job.commands
    }
    running = [command for command in job.commands if not found[command.label].skipped]
    output = corpus.folder.with_name("output")
    _warm_up(corpus)
    for turn in range(rounds):
        first = turn % len(running) if running else 0
        for command in running[first:] + running[:first]:
            if command.rounds is not None and turn >= command.rounds:
                continue
            measured = found[command.label]
            data = corpus.first(measured.pairs) if measured.pairs else corpus
            cost, measured.written = _run(job, command, Place(data, output))
            measured.costs.append(cost)
            _say(
                f"{job.name}, round {turn + 1} of {rounds}, {command.label}: "
                f"wall {cost.wall:.2f} s, CPU {cost.cpu:.2f} s, {cost.peak:.0f} MB"
            )
    shutil.rmtree(output, ignore_errors=True)
    return found


def _run(job: Job, command: Command, place: Place) -> tuple[Cost, float]:
    """Run a command on a place; give its cost, and the 10^6 bytes that it wrote per pair."""
    empty(place.output)
    cost = run([str(word) for word in command.words(place)], job.shared_memory)
    pictures = list(place.output.glob("*.png"))
    if job.writes and len(pictures) != place.data.pairs:
        raise SystemExit(
            f"{job.name}, {command.label}: wrote {len(pictures)} files of {place.data.pairs}"
        )
    written = sum(path.stat().st_size for path in pictures) / 1e6
    return cost, written / place.data.pairs


def _obstacle(command: Command, pairs: int) -> str:
    """Tell why a command is not run."""
    if command.pairs is not None and command.pairs > pairs:
        return f"needs {command.pairs} pairs"
    if command.share and not command.count(pairs):
        return f"slow: not on fewer than {1 / command.share:.0f} pairs"
    if command.module is not None and not find_spec(command.module):
        return f"{command.module} is not installed"
    return "" if shutil.which(command.program) else f"{command.program} is not installed"


def _warm_up(corpus: Corpus) -> None:
    """Have files and libraries in the system's cache as far as it goes, and modules compiled."""
    compile_dir(ROOT / "maskprep", quiet=1)
    run([sys.executable, "-c", IMPORTS])
    for folder in corpus.folders:
        for path in folder.iterdir():
            path.read_bytes()


def _machine() -> list[str]:
    """Tell where this runs, with which libraries."""
    libraries = [f"Python {platform.python_version()}"]
    for name in LIBRARIES:
        try:
            libraries.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            continue
    if shutil.which("mogrify"):
        told = subprocess.run(["mogrify", "-version"], capture_output=True, text=True, check=True)
        libraries.append(" ".join(told.stdout.split()[1:3]))
    return [
        f"{os.cpu_count()} cores: {_processor()}; {platform.system()}",
        ", ".join(libraries),
    ]


def _processor() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.split(":", 1)[1].strip() for line in text.splitlines() if "model name" in line]
    return names[0] if names else platform.machine()


def _described(corpus: Corpus) -> str:
    images, alpha, masks = (
        corpus.megabytes(each) for each in (corpus.images, corpus.alpha, corpus.masks)
    )
    return (
        f"{corpus.pairs} pairs, {corpus.megapixels():.2f} MP on average; images {images:.1f} MB,"
        f" with alpha {alpha:.1f} MB, masks {masks * 1e3:.0f} kB"
    )


def _write(results: Results, out: Path) -> None:
    chart = out / CHART
    chart.parent.mkdir(parents=True, exist_ok=True)
    chart.write_text(draw_chart(results), encoding="utf-8")
    results.write(out / DATA)
    write_page(out / PAGE, ROOT / "docs" / PAGE, results)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
