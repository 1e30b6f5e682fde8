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
    alpha : str
        What switches masks in the alpha on.
    enlarge_less : str
        What to set so that images are enlarged less.
    name_images, name_datasets : str
        What to do where no image, or no data set at all, is named.
    """

    give_masks: str
    use_files: str
    use_alpha: str
    use_embedded: str
    repeats: str
    caption_ending: str
    alpha: str = "the alpha as mask"
    enlarge_less: str = "a lower resolution"
    name_images: str = "name the folder that directly holds the images"
    name_datasets: str = "name a folder of images"
