"""Tell which stage of a check takes how much CPU, in one thread: ``stages.py IMAGES MASKS``.

What one stage calls counts for it.
"""

from __future__ import annotations

import functools
import importlib
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from typing import Any

#: By stage: modules and what in them is clocked.
STAGES = {
    "decode masks": ["raster:read_mask"],
    "image headers, structure": ["raster:read_header", "raster:verify_pixels"],
    "resize to the bucket": ["trainers.sd_scripts:SdScripts.bucket_mask"],
    "weigh cells": ["trainers.sd_scripts:SdScripts.latent_weights"],
    "find details": ["dataset.sample:Sample.details_of"],
    "find what mends them": [
        "dataset.growth:DetailGrower.__init__",
        "dataset.growth:DetailGrower.grow_alone",
    ],
    "details that the crop cuts off": ["rules.placement:cut_off"],
    "crumbs": ["rules.shape:_crumbs"],
}
OTHER = "everything else"


class Clocks:
    """A clock a stage, of which one runs at a time."""

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self._running = [OTHER]
        self._since = time.process_time()

    def _stop(self) -> None:
        now = time.process_time()
        self.seconds[self._running[-1]] += now - self._since
        self._since = now

    def clocked(self, stage: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """Have a function's time counted for a stage, unless it works for one already."""

        @functools.wraps(function)
        def inside(*args: Any, **options: Any) -> Any:
            if self._running[-1] != OTHER:
                return function(*args, **options)
            self._stop()
            self._running.append(stage)
            try:
                return function(*args, **options)
            finally:
                self._stop()
                self._running.pop()

        return inside

    def attach(self) -> None:
        """Put the clocks on."""
        for stage, names in STAGES.items():
            for name in names:
                module, _, path = name.partition(":")
                owner: Any = importlib.import_module(f"maskprep.{module}")
                *outer, last = path.split(".")
                for each in outer:
                    owner = getattr(owner, each)
                setattr(owner, last, self.clocked(stage, getattr(owner, last)))


def main() -> None:
    """Check once to warm up, once clocked; print ms a pair."""
    from maskprep.checking.engine import check
    from maskprep.dataset.discover import open_dataset
    from maskprep.running.parallel import Threads

    found = open_dataset(sys.argv[1], masks=sys.argv[2])
    check(found, executor=Threads(1))
    clocks = Clocks()
    clocks.attach()
    start = time.process_time()
    check(found, executor=Threads(1))
    took = time.process_time() - start
    clocks.seconds[OTHER] = took - sum(
        each for stage, each in clocks.seconds.items() if stage != OTHER
    )
    for stage in (*STAGES, OTHER):
        print(f"{stage:32}{1000 * clocks.seconds[stage] / found.pair_count:8.2f} ms a pair")
    print(f"{'all':32}{1000 * took / found.pair_count:8.2f} ms a pair")


if __name__ == "__main__":
    main()
