"""Run a peer in as many processes as there are cores, each on its part: ``cores.py SCRIPT ...``."""

import os
import subprocess
import sys

parts = os.cpu_count() or 1
running = [
    subprocess.Popen(
        [sys.executable, *sys.argv[1:]], env={**os.environ, "BENCH_PART": f"{part}/{parts}"}
    )
    for part in range(parts)
]
sys.exit(max(each.wait() for each in running))
