"""Run a command and write what it has cost: ``launch.py RESULT STDERR SHARED COMMAND...``.

A process of its own, and a small one: Linux counts to a program's peak what the process that
started it held, and the suite holds more than some of the programs that it measures.

With SHARED 1 the peak is that of the command and its children together, what they share counted
once, looked at twenty times a second (the wall time is as exact as that, then); where the system
does not tell, of the largest of them.
"""

import os
import sys
import time
from pathlib import Path


def proportional(process: int) -> int:
    """Add up the memory of a process and its children, in KiB; 0 where the system does not tell."""
    here, total = Path("/proc", str(process)), 0
    try:
        for line in (here / "smaps_rollup").read_text().splitlines():
            total += int(line.split()[1]) if line.startswith("Pss:") else 0
        children = [each.read_text().split() for each in here.glob("task/*/children")]
    except OSError:  # it has ended
        return total
    return total + sum(proportional(int(child)) for some in children for child in some)


result, errors, shared, command = sys.argv[1], sys.argv[2], sys.argv[3] == "1", sys.argv[4:]
written = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
streams = [
    (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
    (os.POSIX_SPAWN_OPEN, 2, errors, written, 0o600),
]
start = time.perf_counter()
process = os.posix_spawnp(command[0], command, os.environ, file_actions=streams)
together, ended = 0, 0
while shared and not ended:
    together = max(together, proportional(process))
    time.sleep(0.05)
    ended, status, usage = os.wait4(process, os.WNOHANG)
if not ended:
    _, status, usage = os.wait4(process, 0)
wall = time.perf_counter() - start
peak = together or usage.ru_maxrss
cost = (wall, usage.ru_utime + usage.ru_stime, peak, os.waitstatus_to_exitcode(status))
with open(result, "w", encoding="utf-8") as stream:
    stream.write(" ".join(map(str, cost)))
