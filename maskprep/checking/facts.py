"""All that is known of one pair, as plain values."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from maskprep.checking.engine import check
from maskprep.dataset.cropped import cut_off
from maskprep.dataset.discover import Request, discover_configured, discover_pair
from maskprep.dataset.growth import TARGET, DetailGrower
from maskprep.dataset.libraries import as_document, notes_of
from maskprep.dataset.sample import Sample
from maskprep.dataset.samples import samples_of
from maskprep.model import Dataset, Environment, ModelTraits, TrainingSet
from maskprep.model.report import Finding
from maskprep.trainers.base import Trainer
from maskprep.trainers.blocks import Flags


def facts_of(
    image: str,
    mask: str | None,
    trainer: Trainer,
    model: ModelTraits,
    flags: Flags | None = None,
    environment: Environment | None = None,
    config: str | None = None,
) -> dict[str, Any]:
    """Tell what a trainer makes of one image and its mask.

    Parameters
    ----------
    image : str
        The image file.
    mask : str or None
        The mask file, of any name, in any folder, or the folder in which the trainer finds it;
        None: the configuration's, without one the image's alpha.
    trainer : Trainer
        Who trains.
    model : ModelTraits
        What is trained.
    flags : mapping of str to object, or None
        The trainer's own flags, by name; None for its defaults.
    environment : Environment or None
        The trainer's, where it is known.
    config : str or None
        The configuration by which the image trains; None for `flags` alone.

    Returns
    -------
    dict of str to object
        What the mask's values are, by `maskprep.masks.values.Kind`; sizes in px as (width,
        height), weights and coverage in [0, 1]; None where something cannot be foretold.

    Raises
    ------
    MaskprepError
        A file is not there, or the trainer does not see an image of this name.
    """
    if config is None:
        found = discover_pair(image, mask, trainer, model, flags or {})
    else:
        asked = Request(config, trainer, model, flags=flags or {})
        found = discover_configured(image, mask, asked)
    places = [dataset.index for dataset in found.datasets]
    found = replace(found, environment=environment, datasets=(_first(found.datasets[0]),))
    (sample,) = samples_of(found)
    report = check(found)
    header, placement, weights = sample.image_header, sample.placement, sample.weights
    mask_header = sample.mask_header
    return {
        "image": image,
        "mask": sample.mask_path if sample.carries_mask else None,
        "source": sample.pair.source.value,
        "config": config,
        "datasets": places,
        "trainer": trainer.title,
        "model": model.name,
        "size_wh": header.size if header else None,
        "measured_wh": sample.row().measured,
        "format": f"{header.format} {header.mode}" if header else None,
        "orientation": header.orientation if header else None,
        "mask_size_wh": mask_header.size if mask_header else None,
        "mask_format": f"{mask_header.format} {mask_header.mode}" if mask_header else None,
        "mask_orientation": mask_header.orientation if mask_header else None,
        "further_channels": header.further if header else None,
        "mask_further_channels": mask_header.further if mask_header else None,
        "resized_wh": placement.resized if placement else None,
        "crop_xy": placement.crop_xy if placement else None,
        "bucket_wh": placement.bucket if placement else None,
        "cells_wh": weights.shape[::-1] if weights is not None else None,
        "trains": sample.trains,
        "values": sample.values.kind.value if sample.values is not None else None,
        "coverage": sample.coverage if sample.carries_mask else None,
        "weight_mean": None if weights is None else float(weights.mean(dtype=np.float64)),
        "weight_min": None if weights is None else float(weights.min()),
        "weight_max": None if weights is None else float(weights.max()),
        "details": _details(sample),
        "details_cut_off": len(cut_off(sample)) if weights is not None else None,
        "stops": [stop.headline for stop in report.stops],
        "findings": [
            {
                "code": each.code,
                "name": each.name,
                "severity": each.severity.value,
                "path": each.path,
                "message": each.message,
            }
            for each in report.findings
            if not _of_a_folder(each, found)
        ],
        "faults": [each.words for each in report.faults],
        "libraries": {**as_document(found, report.rows), "notes": notes_of(found, report.rows)},
    }


def _first(dataset: Dataset) -> Dataset:
    """Give a dataset of one pair the place that it has where it is alone."""
    (subset,) = dataset.subsets
    pairs = tuple(replace(pair, dataset=0, subset=0) for pair in subset.pairs)
    return replace(dataset, index=0, subsets=(replace(subset, dataset=0, index=0, pairs=pairs),))


def _of_a_folder(finding: Finding, found: TrainingSet) -> bool:
    # The folders were not chosen for training; this pair was.
    subset = found.datasets[0].subsets[0]
    folders = {each.path for each in (subset.images, subset.masks) if each is not None}
    return finding.path in folders


def _details(sample: Sample) -> list[dict[str, Any]] | None:
    if sample.details is None or sample.mask is None:
        return None
    return [
        {
            "weight": each.before,
            "at": (int(each.box.left), int(each.box.top)),
            "size": (int(each.box.width), int(each.box.height)),
            f"radius_to_{TARGET:g}": each.radius if each.reaches(TARGET) else None,
        }
        for each in DetailGrower(sample).grow_to(TARGET).details
    ]
