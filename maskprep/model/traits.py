"""What a family of models fixes for masks."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ModelTraits:
    """What a model family fixes for masks.

    Attributes
    ----------
    name : str
        As given to ``--model``.
    stride : int
        Pixels per latent cell, on each side.
    bucket_step : int
        ``bucket_reso_steps`` must be divisible by it.
    resolution : int
        Side in pixels used for folders, where no configuration says one.
    """

    name: str
    stride: int
    bucket_step: int
    resolution: int
