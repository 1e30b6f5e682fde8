"""One function a rule, in modules by subject.

Imports dataset, masks, raster and what is below. A rule looks at its subject only; what mends it
is in mending.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from maskprep.rules.base import Rule


@cache
def all_rules() -> tuple[Rule, ...]:
    """Gather every rule.

    Returns
    -------
    tuple of Rule
        Sorted by code.
    """
    found = []
    for module in iter_modules(__path__):
        for value in vars(import_module(f"{__name__}.{module.name}")).values():
            made = getattr(value, "rule", None)
            if isinstance(made, Rule):
                found.append(made)
    return tuple(sorted(found, key=lambda each: each.code))
