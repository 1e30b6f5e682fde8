"""What kind of dataset sd-scripts takes a block for."""

from __future__ import annotations

from enum import Enum
from typing import Any


class Style(Enum):
    """What kind of dataset a block is taken for."""

    MASK_FILES = "mask files"
    FINE_TUNING = "fine-tuning"
    DREAMBOOTH = "DreamBooth"


def style_of(subsets: list[Any], masked_loss: bool) -> Style | None:
    """Tell what the trainer takes a dataset for; None where it refuses the mixture.

    Parameters
    ----------
    subsets : list of dict
        The dataset's ``subsets``.
    masked_loss : bool
        Whether ``--masked_loss`` is given.

    Returns
    -------
    Style or None
        Of an empty list, mask files with `masked_loss` and fine-tuning without.
    """
    if masked_loss and all("conditioning_data_dir" in subset for subset in subsets):
        return Style.MASK_FILES
    if all("metadata_file" in subset for subset in subsets):
        return Style.FINE_TUNING
    if not any("metadata_file" in subset for subset in subsets):
        return Style.DREAMBOOTH
    return None
