"""Run a command and write what it has cost: ``launch.py RESULT STDERR COMMAND...``.

A process of its own, and a small one: Linux counts to a program's peak what the process that
started it held, and the suite holds more than some of the programs that it measures.
"""

import os
import sys
import time

result, errors, command = sys.argv[1], sys.argv[2], sys.argv[3:]
written = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
streams = [
    (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
    (os.POSIX_SPAWN_OPEN, 2, errors, written, 0o600),
]
start = time.perf_counter()
process = os.posix_spawnp(command[0], command, os.environ, file_actions=streams)
_, status, usage = os.wait4(process, 0)
wall = time.perf_counter() - start
cost = (wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss, os.waitstatus_to_exitcode(status))
with open(result, "w", encoding="utf-8") as stream:
    stream.write(" ".join(map(str, cost)))
