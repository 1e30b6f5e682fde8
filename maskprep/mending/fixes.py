"""Which rules' findings can be mended, and by what, in words; the work itself is in repairs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from maskprep.dataset.growth import TARGET

if TYPE_CHECKING:
    from maskprep.editing.plan import Carried, Destination
    from maskprep.model import TrainingSet


@dataclass(frozen=True)
class Fix:
    """What mends the findings of one rule.

    Attributes
    ----------
    rule : str
        The rule's name.
    words : str
        What is done.
    safe : bool
        Whether nothing that was meant can be lost by it.
    asked : str
        What must be asked for by name, such as ``missing=white``; empty where nothing must.
    """

    rule: str
    words: str
    safe: bool
    asked: str = ""

    def apply(self, found: TrainingSet, paths: Sequence[str], place: Destination) -> Carried[Any]:
        """Mend files.

        Parameters
        ----------
        found : TrainingSet
            As discovered.
        paths : sequence of str
            Of the findings.
        place : Destination
            In place.

        Returns
        -------
        Carried
            What became of each file.
        """
        # All that writes masks: whoever only checks does not wait for it.
        from maskprep.mending.repairs import REPAIRS

        return REPAIRS[self.rule](found, paths, place)


#: In the order in which they are tried.
FIXES = (
    Fix("toml-misread", "written as the trainer's parser reads it", safe=True),
    Fix("path-escapes", "its Windows paths put in single quotes", safe=True),
    Fix("near-miss-name", "renamed after its image", safe=True),
    Fix("extension-ignored", "given a kind that the trainer sees", safe=True),
    Fix(
        "mask-missing", "made, all white: its image trains whole", safe=True, asked="missing=white"
    ),
    Fix("mask-16bit", "scaled to 8 bits", safe=True),
    Fix("image-16bit", "scaled to 8 bits, as viewers show it", safe=True),
    Fix("mask-label-map", "its label made white", safe=True),
    Fix("mask-palette-blank", "its label made white", safe=True),
    Fix("ground-trains", "its ground made black", safe=False),
    Fix("mask-faint", "stretched to black and white", safe=False),
    Fix("mask-alpha-ignored", "its shape taken from where it is", safe=False),
    Fix("mask-coloured", "its shape taken from where it is", safe=False),
    Fix("mask-palette", "its colours resolved", safe=False),
    Fix("caption-bom", "its byte order mark taken off", safe=True),
    Fix("caption-blank-first-line", "its blank first lines taken off", safe=True),
    Fix("mask-size-mismatch", "resized to its image", safe=False),
    Fix("hidden-colour", "hidden colours replaced by the nearest visible", safe=False),
    Fix("polarity-suspect", "turned about: what trained is ignored", safe=False),
    Fix("detail-lost", f"its details grown to {TARGET:g}", safe=False),
    Fix("cache-other-size", "removed: the trainer makes it anew", safe=False),
    Fix("latents-cache-unreadable", "removed: the trainer makes it anew", safe=False),
    Fix("latents-cache-orphan", "removed: the trainer makes it anew", safe=False),
    Fix("latents-cache-stale", "removed: the trainer makes it anew", safe=False),
)
