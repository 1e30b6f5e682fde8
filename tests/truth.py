"""Where the recordings of the real trainers lie, and how they are read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

TRUTH = Path(__file__).parent / "data" / "trainer-truth"


def recorded(name: str) -> list[dict[str, Any]]:
    """Read one recording, for instance ``pairing-0.9``."""
    cases: list[dict[str, Any]] = json.loads((TRUTH / f"{name}.json").read_text(encoding="utf-8"))
    return cases


def english(error: str) -> str:
    """Keep what the trainer says in English; its Japanese half was not always recorded."""
    return error.partition(" / ")[0]
