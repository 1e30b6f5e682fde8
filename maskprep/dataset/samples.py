"""The samples of a training set, which cost something to make: of all pairs, or one alone."""

from __future__ import annotations

import os
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import replace
from hashlib import sha256
from itertools import islice, takewhile
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from maskprep.dataset.discover import discover_pair, request
from maskprep.dataset.sample import Sample
from maskprep.errors import MaskprepError
from maskprep.files import pathname
from maskprep.model import Dataset, Pair, Subset, TrainingSet
from maskprep.running.once import once
from maskprep.trainers import DEFAULT


class Frame:
    """What the samples of one subset have in common.

    Parameters
    ----------
    training_set : TrainingSet
        As discovered.
    dataset : Dataset
        One of its datasets.
    subset : Subset
        One of the dataset's subsets.
    """

    def __init__(self, training_set: TrainingSet, dataset: Dataset, subset: Subset) -> None:
        self.training_set = training_set
        self._dataset = replace(dataset, subsets=())
        self._subset = replace(subset.of_some(()), caches=())

    @once
    def fingerprint(self) -> bytes:
        """Another one wherever a setting is another one."""
        words = repr((self._dataset.settings, self._dataset.unchecked, self._subset))
        return sha256(words.encode("utf-8", "surrogatepass")).digest()

    def around(self, pair: Pair, caches: tuple[str, ...], uncached: tuple[str, ...]) -> Sample:
        """Make a pair's sample: of what else lies in the folders it knows nothing."""
        alone = replace(self._subset, pairs=(pair,), caches=caches, uncached=uncached)
        return Sample(
            pair,
            replace(self._dataset, subsets=(alone,)),
            alone,
            self.training_set.trainer,
            self.training_set.model,
            decode_image=self.training_set.decode_images,
        )


class Prospect(NamedTuple):
    """A pair of which no sample is made yet: that costs more than to see that nobody needs one."""

    pair: Pair
    #: Files that may hold its latents of earlier runs.
    caches: tuple[str, ...]
    #: Of the first pair: images that the trainer's cache does not name.
    uncached: tuple[str, ...]
    frame: Frame

    def sample(self) -> Sample:
        """Make it; nothing is read yet."""
        return self.frame.around(self.pair, self.caches, self.uncached)


def prospects_of(training_set: TrainingSet) -> Iterator[Prospect]:
    """Give all that the samples of a training set are made of, in its order.

    Parameters
    ----------
    training_set : TrainingSet
        As discovered.

    Yields
    ------
    Prospect
        One an image, without repeats.
    """
    for dataset in training_set.datasets:
        for subset in dataset.subsets:
            frame, caches = Frame(training_set, dataset, subset), subset.caches
            for pair in subset.pairs:
                # The first image speaks for those that the trainer's cache does not name.
                uncached = subset.uncached if pair is subset.entire.pairs[0] else ()
                own = _caches_of(pair.image, caches) if caches else ()
                yield Prospect(pair, own, uncached, frame)


def samples_of(training_set: TrainingSet) -> Iterator[Sample]:
    """Make the samples of a training set, in its order; nothing is read yet.

    Parameters
    ----------
    training_set : TrainingSet
        As discovered.

    Yields
    ------
    Sample
        One an image, without repeats.
    """
    return (each.sample() for each in prospects_of(training_set))


def _caches_of(image: str, caches: Sequence[str]) -> tuple[str, ...]:
    """Find in sorted paths those that are named after an image: `a_1024x1024_sdxl.npz`."""
    stem = pathname.splitext(image)[0]
    first = bisect_left(caches, stem)
    alike = takewhile(lambda path: path.startswith(stem), islice(caches, first, None))
    return tuple(path for path in alike if not path[len(stem) : len(stem) + 1].isalnum())


def weights_of(
    image: str | os.PathLike[str],
    mask: str | os.PathLike[str] | None = None,
    *,
    trainer: str = DEFAULT,
    model: str | None = None,
    **flags: Any,
) -> NDArray[np.float32]:
    """Weigh one image's latent cells by its mask, as a trainer does.

    Parameters
    ----------
    image : str or os.PathLike
        The image file; a path or a URL.
    mask : str, os.PathLike or None
        The mask file, of any name, in any folder, or the folder in which the trainer finds it;
        None: the image's alpha.
    trainer, model, **flags
        As `maskprep.request` takes them.

    Returns
    -------
    ndarray of float32, shape (bucket height // stride, bucket width // stride)
        [0, 1]; all 1 where the image has no mask.

    Raises
    ------
    MaskprepError
        A file is not there, a name is unknown, or the weights cannot be foretold.
    """
    asked = request(image, trainer=trainer, model=model, **flags)
    path = None if mask is None else pathname.as_text(mask)
    found = discover_pair(asked.target, path, asked.trainer, asked.model, asked.flags)
    (sample,) = samples_of(found)
    if sample.weights is None:
        raise MaskprepError(f"{asked.target}: {sample.obstacle}")
    return sample.weights
