"""Prepare and check training masks: see what a diffusion trainer will do with each of them.

What stands here is the library's public face, loaded when it is first asked for; docs/library.md
teaches it. Everything else may move.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from maskprep.version import __version__

if TYPE_CHECKING:
    from maskprep.annotations.reading import read_annotations as read_annotations
    from maskprep.checking.choice import Choice as Choice
    from maskprep.checking.choice import Ruleset as Ruleset
    from maskprep.checking.engine import check as check
    from maskprep.checking.verdict import verdict_of as verdict_of
    from maskprep.dataset.discover import Request as Request
    from maskprep.dataset.discover import open_dataset as open_dataset
    from maskprep.dataset.discover import request as request
    from maskprep.dataset.folders import ImageFolder as ImageFolder
    from maskprep.dataset.sample import Sample as Sample
    from maskprep.dataset.samples import samples_of as samples_of
    from maskprep.dataset.samples import weights_of as weights_of
    from maskprep.editing.dilate import dilate as dilate
    from maskprep.editing.embed import embed as embed
    from maskprep.editing.extract import extract as extract
    from maskprep.editing.outline import outline as outline
    from maskprep.editing.plan import Destination as Destination
    from maskprep.editing.undo import undo as undo
    from maskprep.errors import MaskprepError as MaskprepError
    from maskprep.exporting import moves as _moves
    from maskprep.exporting.adopt import plan_adoption as plan_adoption
    from maskprep.exporting.convert import plan_conversion as plan_conversion
    from maskprep.exporting.export import export_config as export_config
    from maskprep.exporting.export import save_config as save_config
    from maskprep.masks import morphology as _morphology
    from maskprep.masks.finding import find_details as find_details
    from maskprep.masks.hidden import fill_hidden as fill_hidden
    from maskprep.masks.latent import area_weights as area_weights
    from maskprep.masks.morphology import erode as erode
    from maskprep.masks.morphology import feathered as feathered
    from maskprep.masks.morphology import inverted as inverted
    from maskprep.masks.tones import Tones as Tones
    from maskprep.masks.tones import coverage as coverage
    from maskprep.mending.mend import mend as mend
    from maskprep.model import MaskSource as MaskSource
    from maskprep.model import Size as Size
    from maskprep.model.report import Report as Report
    from maskprep.pictures.preview import Drawing as Drawing
    from maskprep.pictures.preview import preview as preview
    from maskprep.running.cluster import Dask as Dask
    from maskprep.running.parallel import Processes as Processes
    from maskprep.running.parallel import Threads as Threads
    from maskprep.trainers import find_model as find_model
    from maskprep.trainers import find_trainer as find_trainer

    carry_out_adoption = _moves.carry_out
    grow = _morphology.dilate

#: From a public name to the module that has it, and its name there where that is another.
_HOMES = {
    "Choice": "checking.choice",
    "Dask": "running.cluster",
    "Destination": "editing.plan",
    "Drawing": "pictures.preview",
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
    "carry_out_adoption": "exporting.moves:carry_out",
    "check": "checking.engine",
    "coverage": "masks.tones",
    "dilate": "editing.dilate",
    "embed": "editing.embed",
    "erode": "masks.morphology",
    "export_config": "exporting.export",
    "extract": "editing.extract",
    "feathered": "masks.morphology",
    "fill_hidden": "masks.hidden",
    "find_details": "masks.finding",
    "find_model": "trainers",
    "find_trainer": "trainers",
    "grow": "masks.morphology:dilate",
    "inverted": "masks.morphology",
    "mend": "mending.mend",
    "open_dataset": "dataset.discover",
    "outline": "editing.outline",
    "plan_adoption": "exporting.adopt",
    "plan_conversion": "exporting.convert",
    "preview": "pictures.preview",
    "read_annotations": "annotations.reading",
    "request": "dataset.discover",
    "samples_of": "dataset.samples",
    "save_config": "exporting.export",
    "undo": "editing.undo",
    "verdict_of": "checking.verdict",
    "weights_of": "dataset.samples",
}

__all__ = ["__version__", *_HOMES]

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
