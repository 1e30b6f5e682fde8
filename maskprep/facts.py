"""All that is known of one pair, as plain values."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any

import numpy as np

from maskprep.discover import Request, discover
from maskprep.errors import MaskprepError
from maskprep.growth import TARGET, DetailGrower, cut_off
from maskprep.model import ModelTraits, Pair, Size, TrainingSet
from maskprep.sample import Sample
from maskprep.trainers.base import Settings, Trainer


def facts_of(
    image: str,
    mask: str | None,
    trainer: Trainer,
    model: ModelTraits,
    resolution: Size | None = None,
) -> dict[str, Any]:
    """Tell what a trainer makes of one image and its mask.

    Parameters
    ----------
    image : str
        The image file.
    mask : str or None
        The mask file, of any name; None: the image's alpha.
    trainer : Trainer
        Who trains.
    model : ModelTraits
        What is trained.
    resolution : Size or None
        Training resolution, px; None for the model's.

    Returns
    -------
    dict of str to object
        Sizes in px as (width, height), weights and coverage in [0, 1]; None where something
        cannot be foretold.

    Raises
    ------
    MaskprepError
        There is no such image, or the trainer does not see a file of that name.
    """
    sample = _sample_of(image, mask, trainer, model, resolution)
    header, placement, weights = sample.image_header, sample.placement, sample.weights
    mask_header = sample.mask_header
    return {
        "image": image,
        "mask": sample.mask_path if sample.carries_mask else None,
        "trainer": trainer.title,
        "model": model.name,
        "size_wh": header.size if header else None,
        "format": f"{header.format} {header.mode}" if header else None,
        "orientation": header.orientation if header else None,
        "mask_size_wh": mask_header.size if mask_header else None,
        "mask_format": f"{mask_header.format} {mask_header.mode}" if mask_header else None,
        "resized_wh": placement.resized if placement else None,
        "crop_xy": placement.crop_xy if placement else None,
        "bucket_wh": placement.bucket if placement else None,
        "cells_wh": weights.shape[::-1] if weights is not None else None,
        "coverage": sample.coverage if sample.carries_mask else None,
        "weight_mean": None if weights is None else float(weights.mean(dtype=np.float64)),
        "weight_min": None if weights is None else float(weights.min()),
        "weight_max": None if weights is None else float(weights.max()),
        "details": _details(sample),
        "details_cut_off": len(cut_off(sample)) if weights is not None else None,
        "stops": [stop.headline for stop in sample.stops],
    }


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


def _sample_of(
    image: str, mask: str | None, trainer: Trainer, model: ModelTraits, resolution: Size | None
) -> Sample:
    if not os.path.isfile(image):
        raise MaskprepError(f"{image}: there is no such file")
    if mask is not None and not os.path.isfile(mask):
        raise MaskprepError(f"{mask}: there is no such file")
    folder = os.path.dirname(image) or "."
    flags = {} if resolution is None else {"resolution": resolution}
    masks = None if mask is None else os.path.dirname(mask) or "."
    request = Request(folder, trainer, model, masks, mask is None, Settings(flags))
    found: TrainingSet = discover(request)
    for dataset in found.datasets:
        for subset in dataset.subsets:
            for pair in subset.pairs:
                if os.path.samefile(pair.image, image):
                    own: Pair = replace(pair, image=image, mask=mask)
                    return Sample(own, dataset, subset, trainer, model)
    raise MaskprepError(f"{image}: the trainer does not see a file of this name")
