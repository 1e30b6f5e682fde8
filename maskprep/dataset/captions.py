"""Endings of captions: which people use, and which are in use."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Sequence

#: Endings that people give to captions, the most usual first.
CAPTION_ENDINGS = (".txt", ".caption", ".captions", ".cap", ".tags", ".tag")


def usual_ending(names: Sequence[str], sees: Callable[[str], bool]) -> str | None:
    """Find the ending that most images' captions have in a folder.

    Parameters
    ----------
    names : sequence of str
        All names in the folder.
    sees : callable
        Tells whether the trainer takes a file of a name for an image.

    Returns
    -------
    str or None
        With its dot, as it is spelled; None where no image has a caption.

    Examples
    --------
    >>> usual_ending(["a.png", "a.txt", "b.png", "b.txt", "b.caption"], lambda n: n.endswith("png"))
    '.txt'
    """
    images = {os.path.splitext(name)[0] for name in names if sees(name)}
    parted = map(os.path.splitext, names)
    uses = Counter(
        ending for stem, ending in parted if ending.lower() in CAPTION_ENDINGS and stem in images
    )
    order = {ending: -place for place, ending in enumerate(CAPTION_ENDINGS)}
    return max(uses, key=lambda each: (uses[each], order[each.lower()], each), default=None)
