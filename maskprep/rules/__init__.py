"""One function a rule, in modules by subject; a trainer's own rules stand in its folder.

Imports dataset, masks, raster and what is below. A rule looks at its subject only; what mends it
is in mending.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType

from maskprep import trainers
from maskprep.model.rule import Rule


@cache
def all_rules() -> tuple[Rule, ...]:
    """Gather every rule.

    Returns
    -------
    tuple of Rule
        Sorted by code.
    """
    made = (
        getattr(value, "rule", None) for module in _modules() for value in vars(module).values()
    )
    found = (each for each in made if isinstance(each, Rule))
    return tuple(sorted(found, key=lambda each: each.code))


@cache
def by_code() -> dict[str, Rule]:
    """Give every rule by its code.

    Returns
    -------
    dict of str to Rule
        Not to be changed.
    """
    return {each.code: each for each in all_rules()}


def _modules() -> Iterator[ModuleType]:
    for module in iter_modules(__path__):
        yield import_module(f"{__name__}.{module.name}")
    for trainer in iter_modules(trainers.__path__):
        if trainer.ispkg:
            package = import_module(f"{trainers.__name__}.{trainer.name}")
            for module in iter_modules(package.__path__):
                if module.name == "rules":
                    yield import_module(f"{package.__name__}.rules")
