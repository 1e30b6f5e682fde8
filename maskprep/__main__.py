"""Run as ``python -m maskprep``."""

from __future__ import annotations

from maskprep.cli import main

if __name__ == "__main__":
    main()
