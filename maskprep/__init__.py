"""Prepare and check training masks: see what a diffusion trainer will do with each of them."""

from __future__ import annotations

__version__ = "0.1.0"
