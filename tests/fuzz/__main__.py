"""Run a target under atheris: ``python -m tests.fuzz TARGET [libFuzzer's options]``."""

from __future__ import annotations

import sys

import atheris

with atheris.instrument_imports(include=["maskprep"]):
    from tests.fuzz.targets import TARGETS


def main() -> None:
    """Feed the target that is named until libFuzzer's options say enough."""
    name, *options = sys.argv[1:]
    limits = ["-timeout=5", "-rss_limit_mb=1024", "-max_len=65536"]
    atheris.Setup([sys.argv[0], *limits, *options], TARGETS[name])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
