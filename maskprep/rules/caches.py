"""Rules for latents that earlier runs left on disk, with yesterday's masks (MP4xx)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from maskprep.dataset.sample import Sample
from maskprep.model import LatentsCache, MaskSource, Severity, Size, TrainingSet
from maskprep.model.report import SampleRow
from maskprep.model.rule import Remark, RuleStage, rule
from maskprep.trainers.base import in_role
from maskprep.trainers.roles import KeepsCaches

_STRATEGY = "sd-scripts v0.10.1, library/strategy_base.py, LatentsCachingStrategy"
_RUN = "a run with --cache_latents_to_disk"
_DELETE = "delete it: the trainer makes it anew"

#: Difference between stored and today's alpha, of 1, from which it counts: five values of 255.
TOLERANCE = 0.02
#: Share of the pixels from which a difference counts.
NOTICEABLE = 1e-4


@rule(
    "MP404",
    "latents-cache-stale",
    Severity.WARNING,
    RuleStage.LATENT,
    f"{_STRATEGY}._default_is_disk_cached_latents_expected; run, not recorded",
    _DELETE,
    needs=KeepsCaches,
)
def latents_cache_stale(
    sample: Sample, *, tolerance: float = TOLERANCE, share: float = NOTICEABLE
) -> Iterator[Remark]:
    """A cache of latents that holds another alpha mask than the image has today.

    The trainer looks whether a mask is stored, and not which: repainting the alpha changes
    nothing until the cache is gone. Differences of a few values come of other versions of the
    resizing libraries. Mask files are never cached.
    """
    mask = sample.bucket_mask
    if sample.pair.source is not MaskSource.ALPHA or mask is None or not sample.carries_mask:
        return
    cache = _cache_of(sample)
    stored = in_role(sample.trainer, KeepsCaches).cached_alpha(cache) if cache is not None else None
    # One of another size is told as such.
    if cache is None or stored is None or stored.shape != mask.shape:
        return
    today = mask.astype(np.float32) / np.float32(255)
    differs = float(np.mean(np.abs(stored - today) > tolerance))
    if differs > share:
        told = f"holds another alpha mask than {sample.pair.image} has today: {differs:.1%} of the"
        told += (
            f" pixels differ (mean {float(stored.mean()):.3f}, today {float(today.mean()):.3f});"
        )
        yield Remark(cache.path, f"{told} {_RUN} trains with the stored one", _DELETE)


@rule(
    "MP405",
    "latents-cache-orphan",
    Severity.WARNING,
    RuleStage.LATENT,
    f"{_STRATEGY}._default_load_latents_from_disk; run, not recorded",
    _DELETE,
    needs=KeepsCaches,
)
def latents_cache_orphan(sample: Sample) -> Iterator[Remark]:
    """A cache of latents that holds an alpha mask, though alpha_mask is switched off.

    Switching it on renews the cache, switching it off does not (up to 0.9 it did): the stored mask
    is loaded with the latents, and goes on being applied.
    """
    if sample.pair.source is not MaskSource.NONE:
        return
    cache = _cache_of(sample)
    if cache is not None and cache.alpha_key is not None:
        told = f"holds an alpha mask, which {_RUN} goes on applying to {sample.pair.image}, though"
        yield Remark(cache.path, f"{told} {sample.trainer.words.alpha} is off", _DELETE)


@rule(
    "MP406",
    "cache-other-size",
    Severity.WARNING,
    RuleStage.DATASET,
    f"{_STRATEGY}; library/train_util.py, DreamBoothDataset.__init__ (load_dreambooth_dir); read",
    _DELETE,
    needs=KeepsCaches,
)
def cache_other_size(training_set: TrainingSet, rows: Sequence[SampleRow]) -> Iterator[Remark]:
    """A cache of latents for another bucket, or one whose name gives an image a wrong size.

    SD and SDXL take a cache without holding it against the bucket: after a change of resolution
    the old latents train. And sizes of images are read from the names of caches, such as
    ``a_0512x0512_sdxl.npz``, matched by how they begin, whether or not the run caches: what a
    replaced image, or one of a similar name, has left behind puts an image into a wrong bucket.
    What the trainer measures counts as right: of a WebP with alpha one px less than there is.
    """
    sizes = {row.image: (row.size, row.measured) for row in rows}
    for row in rows:
        yield from _other_bucket(training_set, row)
    for dataset in training_set.datasets:
        for subset in dataset.subsets if not dataset.unchecked else ():
            named = training_set.trainer.sizes_by_caches(subset, training_set.model)
            for image, (path, size) in named.items():
                actual, measured = sizes.get(image, (None, None))
                if actual is not None and size not in (actual, measured):
                    told = f"gives {image} the size {size} px by its name; it is {actual} px, and"
                    yield Remark(path, f"{told} goes to a wrong bucket", _DELETE)


def _other_bucket(training_set: TrainingSet, row: SampleRow) -> Iterator[Remark]:
    subset = training_set.datasets[row.dataset].subsets[row.subset]
    if row.measured is None or row.bucket is None:
        return
    model = training_set.model
    cache = training_set.trainer.latents_cache(row.image, row.measured, row.bucket, subset, model)
    wanted = (row.bucket.height // model.stride, row.bucket.width // model.stride)
    if cache is not None and not cache.error and cache.cells != wanted:
        told = f"holds latents of {_cells(cache.cells)} cells, {_cells(wanted)} are wanted for"
        told += f" {row.image}: {_RUN} takes them all the same"
        yield Remark(cache.path, told, _DELETE)


@rule(
    "MP407",
    "latents-cache-unreadable",
    Severity.WARNING,
    RuleStage.LATENT,
    f"{_STRATEGY}._default_is_disk_cached_latents_expected; read, not recorded",
    _DELETE,
    needs=KeepsCaches,
)
def latents_cache_unreadable(sample: Sample) -> Iterator[Remark]:
    """A cache of latents that does not open: cut short by a run that was killed, say.

    A run that caches latents on disk stops at it before its first step ("Error loading file").
    """
    cache = _cache_of(sample)
    if cache is None:
        return
    error = cache.error
    if (
        cache.alpha_key is not None
        and in_role(sample.trainer, KeepsCaches).cached_alpha(cache) is None
    ):
        error = "its alpha mask is damaged, or larger than any bucket"
    if error:
        yield Remark(cache.path, f"cannot be read ({error}): {_RUN} stops at it", _DELETE)


def _cache_of(sample: Sample) -> LatentsCache | None:
    size, placement = sample.believed_size, sample.placement
    if not isinstance(size, Size) or placement is None:
        return None
    keeper = in_role(sample.trainer, KeepsCaches)
    return keeper.latents_cache(
        sample.pair.image, size, placement.bucket, sample.subset, sample.model
    )


def _cells(shape: tuple[int, ...]) -> str:
    return " x ".join(str(side) for side in reversed(shape))
