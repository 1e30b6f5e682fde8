"""Tell what growth to a target adds, against the one radius that gets every detail there.

python benchmarks/details.py samples/character/dataset.toml --target 0.7
"""

from __future__ import annotations

import argparse
from itertools import count
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from maskprep.dataset.discover import Request, discover_pairs
from maskprep.dataset.growth import DetailGrower
from maskprep.dataset.sample import Sample
from maskprep.dataset.samples import samples_of
from maskprep.masks.morphology import dilate
from maskprep.trainers import find_model, find_trainer


def weakest(sample: Sample, mask: NDArray[np.uint8]) -> float:
    """Weigh the weakest of the original details with another mask."""
    assert sample.details is not None
    weights = sample.trainer.latent_weights(sample.at_bucket(mask), sample.model)
    return min(sample.details.weights_in(weights).values(), default=1.0)


def added(sample: Sample, mask: NDArray[np.uint8]) -> float:
    """Tell by what share of itself a mask has grown."""
    assert sample.mask is not None
    before = float(sample.mask.sum(dtype=np.int64))
    return float(mask.sum(dtype=np.int64)) / before - 1


def main() -> None:
    """Print a line an image."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dataset")
    parser.add_argument("--target", type=float, default=0.7)
    options = parser.parse_args()
    trainer = find_trainer("sd-scripts")
    request = Request(options.dataset, trainer, find_model(trainer, None))
    print("| image | details | under | weakest | grown to | radii, px | adds | one radius | adds |")
    print("|---|---|---|---|---|---|---|---|---|")
    for sample in samples_of(discover_pairs(request)):
        if not sample.details or not sample.details.found or sample.mask is None:
            continue
        growth = DetailGrower(sample).grow_to(options.target)
        before = [each.before for each in growth.details]
        radii = sorted({int(each.radius) for each in growth.details if each.radius})
        uniform = next(
            radius
            for radius in count()
            if weakest(sample, dilate(sample.mask, radius)) >= options.target
        )
        print(
            f"| {Path(sample.pair.image).stem} | {len(before)}"
            f" | {sum(weight < options.target for weight in before)} | {min(before):.2f}"
            f" | {weakest(sample, growth.mask):.2f} | {radii[0]}-{radii[-1]}"
            f" | {added(sample, growth.mask):.2%} | {uniform} px"
            f" | {added(sample, dilate(sample.mask, uniform)):.2%} |"
        )


if __name__ == "__main__":
    main()
