"""What a trainer calls things: rules and commands that speak of them take these words."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Words:
    """A trainer's own words, each to be put into a sentence.

    Attributes
    ----------
    give_masks : str
        What to do so that images train with masks.
    use_files, use_alpha : str
        A sentence: what mask files, and masks in the alpha, need to be applied.
    use_embedded : str
        What to set so that copies with embedded masks are used.
    repeats : str
        What says how often an image is shown.
    caption_ending : str
        What says how captions end; holds ``{ending}``.
    """

    give_masks: str
    use_files: str
    use_alpha: str
    use_embedded: str
    repeats: str
    caption_ending: str
