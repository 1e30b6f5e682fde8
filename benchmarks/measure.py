"""Measure whole processes: wall, CPU, memory."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
#: What `ru_maxrss` counts in, bytes.
_RSS_UNIT = 1 if sys.platform == "darwin" else 1024


@dataclass(frozen=True)
class Cost:
    """What one run of a process and its children took.

    Attributes
    ----------
    wall, cpu : float
        Seconds; CPU is user and system.
    peak : float
        Resident memory, 10^6 bytes. Of several processes that of the largest.
    """

    wall: float
    cpu: float
    peak: float


@dataclass(frozen=True)
class Spread:
    """A median, and between what it lies."""

    median: float
    least: float
    most: float

    def __str__(self) -> str:
        """Write it for people, with the digits that mean something."""
        digits = 0 if self.median >= 100 else 1 if self.median >= 10 else 2
        median, least, most = (
            f"{value:.{digits}f}" for value in (self.median, self.least, self.most)
        )
        return median if least == most else f"{median} ({least}-{most})"


def spread(values: Sequence[float]) -> Spread:
    """Sum values up."""
    return Spread(statistics.median(values), min(values), max(values))


def run(command: Sequence[str]) -> Cost:
    """Run a process to its end, in this checkout, and measure it.

    Parameters
    ----------
    command : sequence of str
        Program and arguments.

    Returns
    -------
    Cost
        Of the process and the children that it waited for.

    Raises
    ------
    SystemExit
        It failed: what it did cannot be compared.
    """
    with tempfile.TemporaryFile() as errors:
        start = time.perf_counter()
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=errors)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            errors.seek(0)
            told = errors.read().decode(errors="replace")
            words = " ".join(command)[:400]
            raise SystemExit(f"{told}{words}: exited with {process.returncode}")
    return Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * _RSS_UNIT / 1e6)
