"""The trainers that maskprep knows, gathered from this folder's sub-packages by type.

Imports masks, raster and what is below. Whose key, flag or folder name something is, is known here
only; no trainer knows another.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from maskprep.errors import MaskprepError, closest
from maskprep.model import ModelTraits
from maskprep.trainers.base import Trainer

#: Who trains where nobody says it.
DEFAULT = "sd-scripts"


@cache
def known_trainers() -> dict[str, type[Trainer]]:
    """Gather the trainers.

    Returns
    -------
    dict of str to type
        Trainer classes by name, the default one first.
    """
    for module in iter_modules(__path__):
        if module.ispkg:
            import_module(f"{__name__}.{module.name}")
    kinds = (kind for kind in Trainer.__subclasses__() if kind.__module__.startswith(__name__))
    named = {kind.name: kind for kind in kinds}
    return {DEFAULT: named.pop(DEFAULT), **named}


def find_trainer(request: str) -> Trainer:
    """Find a trainer by ``name`` or ``name@version``.

    Parameters
    ----------
    request : str
        For instance ``"sd-scripts"`` or ``"sd-scripts@0.10"``.

    Returns
    -------
    Trainer
        The generation asked for, the newest where none was.

    Raises
    ------
    MaskprepError
        There is no such trainer or generation.
    """
    name, _, version = request.partition("@")
    trainers = known_trainers()
    kind = trainers.get(name)
    if kind is None:
        raise MaskprepError(f"unknown trainer {name!r}{_nearest(name, list(trainers))}")
    if not version:
        return kind(kind.versions[0])
    if version not in kind.versions:
        known = ", ".join(f"{name}@{version}" for version in kind.versions)
        raise MaskprepError(f"unknown generation {request!r}: {known} are known")
    return kind(version)


def find_model(trainer: Trainer, name: str | None) -> ModelTraits:
    """Find a model family of a trainer.

    Parameters
    ----------
    trainer : Trainer
        Whose models.
    name : str or None
        As given to ``--model``; None for the trainer's default.

    Returns
    -------
    ModelTraits
        Stride and bucket step of the family.

    Raises
    ------
    MaskprepError
        The trainer knows no such family.
    """
    if name is None:
        return next(iter(trainer.models.values()))
    family, full, _ = name.partition("@full")
    if full and family in trainer.models and name not in trainer.models:
        told = f"full training of {family} takes the same steps: name {family}"
        raise MaskprepError(f"unknown model {name!r}: {told}")
    if name not in trainer.models:
        raise MaskprepError(f"unknown model {name!r}{_nearest(name, list(trainer.models))}")
    return trainer.models[name]


def _nearest(name: str, known: list[str]) -> str:
    close = closest(name, known)
    return f": did you mean {close!r}?" if close else f": known: {', '.join(known)}"
