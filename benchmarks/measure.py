"""Measure whole processes: wall, CPU, memory."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
LAUNCHER = Path(__file__).with_name("launch.py")
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
        Resident memory, 10^6 bytes. Of several processes that of the largest, or of all together.
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


def run(command: Sequence[str], shared_memory: bool = False) -> Cost:
    """Run a process to its end, in this checkout, and measure it.

    Parameters
    ----------
    command : sequence of str
        Program and arguments.
    shared_memory : bool
        Look at the memory of all its processes together, where the system tells (Linux).

    Returns
    -------
    Cost
        Of the process and the children that it waited for.

    Raises
    ------
    SystemExit
        It failed: what it did cannot be compared.
    """
    with tempfile.TemporaryDirectory() as name:
        result, errors = Path(name) / "result", Path(name) / "errors"
        launcher = (sys.executable, "-I", "-S", LAUNCHER, result, errors, str(int(shared_memory)))
        subprocess.run([*launcher, *command], cwd=ROOT, check=True)
        wall, cpu, peak, code = (float(word) for word in result.read_text("utf-8").split())
        if code:
            told, words = errors.read_text("utf-8", "replace"), " ".join(command)
            raise SystemExit(f"{told}{words[:400]}: exited with {code:.0f}")
    return Cost(wall, cpu, peak * _RSS_UNIT / 1e6)
