"""Measure whole processes: wall, CPU, memory."""

from __future__ import annotations

import os
import statistics
import subprocess
import time
from dataclasses import dataclass


@dataclass(frozen=True)
class Cost:
    """What one run of a process took: seconds of wall and CPU, MiB at the peak."""

    wall: float
    cpu: float
    peak: float


def run(command: list[str]) -> Cost:
    """Run a process to its end and measure it."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{command} exited with {process.returncode}")
    wall = time.perf_counter() - start
    return Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def spread(values: list[float]) -> str:
    """Write a median with its range."""
    return f"{statistics.median(values):.2f} ({min(values):.2f}-{max(values):.2f})"
