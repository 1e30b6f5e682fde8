"""What trainers do with masks, as facts with their sources: asked of the code, or declared."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from maskprep.model import Dataset, Folder, MaskSource, ModelTraits

if TYPE_CHECKING:
    from maskprep.trainers.base import Trainer

#: What is told of every trainer, in the order in which a data set meets it.
SUBJECTS = {
    "configuration": "configuration",
    "masks": "where masks lie",
    "channel": "what counts of a colour",
    "exif": "EXIF",
    "deep": "greys of 16 bits",
    "bucket": "to the bucket",
    "latents": "to the latents",
    "missing": "missing mask",
    "extra": "mask of no image",
    "size": "mask of another size",
    "loss": "loss",
    "floor": "least weight",
}
#: Rules whose verdicts answer subjects.
_RULES = {"missing": "MP102", "extra": "MP103", "size": "MP105"}
_CHANNELS = {
    "r": "R",
    "alpha": "the alpha",
    "luminance": "luminance, rounded (R 76, G 150, B 29)",
    "libpng": "luminance, cut off (R 76, G 149, B 29)",
    "max": "the largest of R, G, B",
}
_DEEP = {
    "cut": "cut off at 255",
    "kept": "kept, and cut off at weight 1 in the end",
    "scaled": "scaled: 65535 is white",
}


class Fact(NamedTuple):
    """One thing that a trainer does.

    Attributes
    ----------
    source : str
        Repository, version, file and function; or which recorded runs show it.
    recorded : bool
        Whether it was recorded of the trainer's own code, run; else it was read.
    told : str
        In a few words; empty where the code is asked.
    """

    source: str
    recorded: bool
    told: str = ""

    @property
    def evidence(self) -> str:
        """How it is known: "recorded" or "read"."""
        return "recorded" if self.recorded else "read"


def facts_of(trainer: Trainer) -> Iterator[tuple[str, Fact]]:
    """Tell all of one trainer.

    Parameters
    ----------
    trainer : Trainer
        Which declares what its code does not answer.

    Yields
    ------
    str
        A subject, of `SUBJECTS`.
    Fact
        With words.

    Raises
    ------
    KeyError
        It declares nothing on a subject.
    """
    for subject in SUBJECTS:
        verdict = trainer.verdicts.get(_RULES.get(subject, ""))
        if verdict is not None:
            yield subject, Fact(verdict.reason, "truth" in verdict.reason, verdict.outcome)
            continue
        fact = trainer.facts[subject]
        yield subject, fact._replace(told=fact.told or _asked(trainer, subject))


def plain_dataset(trainer: Trainer, model: ModelTraits) -> Dataset:
    """Make a trainer's dataset of folders with nothing in them, all settings as by default."""
    masks = None if trainer.layout.beside else "masks"
    config = trainer.read_folders("images", masks, model, {})
    return trainer.assemble(config.blocks[0], lambda path: Folder(path, (), True))


def _asked(trainer: Trainer, subject: str) -> str:
    model = next(iter(trainer.models.values()))
    subset = plain_dataset(trainer, model).subsets[0]
    reading = trainer.mask_reading(MaskSource.FILE, subset)
    if subject == "channel":
        told = _CHANNELS[reading.channel]
        return f"{told}; or the alpha" if trainer.layout.alpha else told
    if subject == "deep":
        return _DEEP[reading.deep]
    if subject == "exif":
        if trainer.turns_images is reading.upright:
            return "images and masks upright" if reading.upright else "pixels as stored, of both"
        return "images upright, masks as stored" if trainer.turns_images else "masks upright only"
    raise KeyError(f"{trainer.name} declares nothing on {subject}")
