"""Prepare and check training masks: see what a diffusion trainer will do with each of them.

What stands here is the library's public face, loaded when it is first asked for; docs/library.md
teaches it. Everything else may move.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

__version__ = "0.1.0"

if TYPE_CHECKING:
    from maskprep.checking.choice import Choice, Ruleset
    from maskprep.checking.engine import check
    from maskprep.checking.verdict import verdict_of
    from maskprep.dataset.discover import Request, open_dataset, request
    from maskprep.dataset.folders import ImageFolder
    from maskprep.dataset.sample import Sample, samples_of, weights_of
    from maskprep.editing.dilate import dilate
    from maskprep.editing.embed import embed
    from maskprep.editing.extract import extract
    from maskprep.editing.plan import Destination
    from maskprep.errors import MaskprepError
    from maskprep.exporting.export import export_config, save_config
    from maskprep.masks.details import find_details
    from maskprep.masks.hidden import fill_hidden
    from maskprep.masks.latent import area_weights
    from maskprep.masks.morphology import dilate as grow
    from maskprep.masks.morphology import erode, feathered, inverted
    from maskprep.masks.tones import Tones, coverage
    from maskprep.mending.mend import mend
    from maskprep.model import MaskSource, Size
    from maskprep.model.report import Report
    from maskprep.pictures.preview import preview
    from maskprep.running.cluster import Dask
    from maskprep.running.parallel import Processes, Threads
    from maskprep.trainers import find_model, find_trainer

#: From a public name to the module that has it, and its name there where that is another.
_HOMES = {
    "Choice": "checking.choice",
    "Dask": "running.cluster",
    "Destination": "editing.plan",
    "ImageFolder": "dataset.folders",
    "MaskSource": "model",
    "MaskprepError": "errors",
    "Processes": "running.parallel",
    "Report": "model.report",
    "Request": "dataset.discover",
    "Ruleset": "checking.choice",
    "Sample": "dataset.sample",
    "Size": "model",
    "Threads": "running.parallel",
    "Tones": "masks.tones",
    "area_weights": "masks.latent",
    "check": "checking.engine",
    "coverage": "masks.tones",
    "dilate": "editing.dilate",
    "embed": "editing.embed",
    "erode": "masks.morphology",
    "export_config": "exporting.export",
    "extract": "editing.extract",
    "feathered": "masks.morphology",
    "fill_hidden": "masks.hidden",
    "find_details": "masks.details",
    "find_model": "trainers",
    "find_trainer": "trainers",
    "grow": "masks.morphology:dilate",
    "inverted": "masks.morphology",
    "mend": "mending.mend",
    "open_dataset": "dataset.discover",
    "preview": "pictures.preview",
    "request": "dataset.discover",
    "samples_of": "dataset.sample",
    "save_config": "exporting.export",
    "verdict_of": "checking.verdict",
    "weights_of": "dataset.sample",
}

__all__ = [
    "Choice",
    "Dask",
    "Destination",
    "ImageFolder",
    "MaskSource",
    "MaskprepError",
    "Processes",
    "Report",
    "Request",
    "Ruleset",
    "Sample",
    "Size",
    "Threads",
    "Tones",
    "__version__",
    "area_weights",
    "check",
    "coverage",
    "dilate",
    "embed",
    "erode",
    "export_config",
    "extract",
    "feathered",
    "fill_hidden",
    "find_details",
    "find_model",
    "find_trainer",
    "grow",
    "inverted",
    "mend",
    "open_dataset",
    "preview",
    "request",
    "samples_of",
    "save_config",
    "verdict_of",
    "weights_of",
]

if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        from importlib import import_module

        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        module, _, there = _HOMES[name].partition(":")
        found = getattr(import_module(f"{__name__}.{module}"), there or name)
        globals()[name] = found
        return found

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})
