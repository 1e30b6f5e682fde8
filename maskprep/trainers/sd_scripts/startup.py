"""Why a run of sd-scripts would not start, in the order in which it looks.

*Source*: kohya-ss/sd-scripts v0.10.1, library/train_util.py, BaseDataset, DreamBoothDataset,
ControlNetDataset and verify_bucket_reso_steps; train_network.py, train. Truth: the behaviour
and pairing cases that fail at start-up.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from maskprep.files import pathname, storage
from maskprep.model import Dataset, ModelTraits, Oddity, Stage, Stop, Subset
from maskprep.trainers.sd_scripts.generations import Generation
from maskprep.trainers.sd_scripts.pairing import kept_for_training
from maskprep.trainers.sd_scripts.placement import MOST_WIDTHS, adjusted_bounds
from maskprep.trainers.sd_scripts.settings import DatasetSettings
from maskprep.trainers.sd_scripts.style import Style

_VALID_INTERPOLATIONS = frozenset(
    ["lanczos", "nearest", "bilinear", "linear", "bicubic", "cubic", "area", "box"]
)
#: A subset's value is looked up without a check; one name more is known there.
_SUBSET_INTERPOLATIONS = _VALID_INTERPOLATIONS | {"lanczos4"}
_NO_DATA = (
    "No data found. Please verify arguments "
    "(train_data_dir must be the parent of folders with images)"
)


def foresee_start(
    datasets: Sequence[Dataset], model: ModelTraits, generation: Generation
) -> Iterator[Stop]:
    """Tell why the run would not start, as far as file names and settings show it.

    Parameters
    ----------
    datasets : sequence of Dataset
        As assembled from an accepted configuration.
    model : ModelTraits
        The model family to be trained.
    generation : Generation
        Of the trainer.

    Yields
    ------
    Stop
        The first is where the trainer stops; the others would come after it.
    """
    for dataset in datasets:
        yield from _construct(dataset, generation)
    for dataset in datasets:
        yield from _verify_steps(dataset, model)
    if not datasets:
        yield _stop("no-datasets", _NO_DATA)
    elif not any(subset.pairs for dataset in datasets for subset in dataset.subsets):
        yield _no_images([subset for dataset in datasets for subset in dataset.subsets])


def _no_images(subsets: Sequence[Subset]) -> Stop:
    # Told by the rule that knows why, where there is one.
    for subset in subsets:
        if subset.images is not None and not subset.images.exists:
            path = subset.images.path
            return _stop(rule_of_missing(path), _NO_DATA, path)
        if subset.dropped is not None:
            return _stop(subset.dropped, _NO_DATA)
        if subset.unused and subset.images is not None:
            return _stop("regularisation-unused", _NO_DATA, subset.images.path)
    folders = [subset.images.path for subset in subsets if subset.images is not None]
    return _stop("no-images", _NO_DATA, folders[0] if folders else None)


def _construct(dataset: Dataset, generation: Generation) -> Iterator[Stop]:
    settings = dataset.settings
    kernel = settings.resize_interpolation
    if kernel is not None and kernel not in _VALID_INTERPOLATIONS and generation.newer_keys:
        yield _assertion(
            "unknown-interpolation",
            f'Resize interpolation "{kernel}" is not a valid interpolation',
        )
    masks = settings.style is Style.MASK_FILES
    if masks and any(subset.settings.random_crop for subset in dataset.subsets):
        yield _assertion(
            "random-crop-with-masks",
            "random_crop is not supported in ControlNetDataset"
            " / random_cropはControlNetDatasetではサポートされていません",
        )
    yield from foresee_bounds(dataset.settings)
    for subset in dataset.subsets:
        metadata = subset.settings.metadata_file
        if metadata is not None and not storage.exists(metadata):
            rule = rule_of_missing(metadata)
            yield _stop(rule, f"ValueError: no metadata: {metadata}", metadata)
        for pair in (*subset.pairs, *subset.unused):
            caption = pair.caption
            if caption.error and caption.rule:
                yield _stop(caption.rule, caption.error, caption.path)
    if masks:
        yield from _pairing(dataset, generation)


def foresee_bounds(settings: DatasetSettings) -> Iterator[Stop]:
    """Tell why no image could be placed with these settings.

    Parameters
    ----------
    settings : DatasetSettings
        Of one dataset.

    Yields
    ------
    Stop
        About the resolution and the bounds of buckets.
    """
    if settings.resolution is None:
        yield _assertion("no-resolution", "resolution is required")
        return
    if not settings.enable_bucket:
        return
    try:
        shortest, longest = adjusted_bounds(
            settings.min_bucket_reso, settings.max_bucket_reso, settings.bucket_reso_steps
        )
    except ZeroDivisionError as error:
        yield _stop("bucket-bounds", f"ZeroDivisionError: {error}")
        return
    if min(settings.resolution) < shortest:
        yield _assertion("bucket-bounds", "min_bucket_reso must be equal or less than resolution")
    if max(settings.resolution) > longest:
        yield _assertion(
            "bucket-bounds", "max_bucket_reso must be equal or greater than resolution"
        )
    yield from _foresee_buckets(settings, shortest, longest)


def _foresee_buckets(settings: DatasetSettings, shortest: int, longest: int) -> Iterator[Stop]:
    """Foresee what comes of the list of buckets, width by width from the shortest side on."""
    resolution, step = settings.resolution, settings.bucket_reso_steps
    assert resolution is not None, "the caller has looked"
    try:
        math.sqrt(resolution.width * resolution.height)
    except (OverflowError, ValueError) as error:
        yield _stop("bucket-bounds", f"{type(error).__name__}: {error}")
        return
    if settings.bucket_no_upscale:
        return
    # Both are multiples of the step: a width of 0 is met, and the area is divided by it.
    meets_zero = shortest == 0 or (shortest < 0) == (step > 0)
    widths = abs(shortest // step) if meets_zero else (longest - shortest) // step
    if widths > MOST_WIDTHS or (step < 0 and not meets_zero):
        told = f"min_bucket_reso {shortest}, max_bucket_reso {longest} and"
        told += f" bucket_reso_steps {step} leave more than {MOST_WIDTHS:,} widths to try"
        yield _stop("bucket-bounds", f"no error: {told}, and the trainer tries them all")
    elif meets_zero:
        yield _stop("bucket-bounds", "ZeroDivisionError: integer division or modulo by zero")


def _pairing(dataset: Dataset, generation: Generation) -> Iterator[Stop]:
    # Where the mask folder is missing the trainer only warns; its batch fails later.
    missing = [
        pathname.stem(pair.image)
        for subset in dataset.subsets
        if subset.masks is not None and subset.masks.exists
        for pair in subset.missing
    ]
    extra = [pathname.absolute(path) for subset in dataset.subsets for path in subset.extra_masks]
    held_out = _held_out(dataset) if generation.newer_keys else 0
    if missing:
        yield _assertion(
            "mask-missing",
            f"missing conditioning data for {len(missing)} images"
            f" / 制御用画像が見つかりませんでした: {missing}",
        )
    if extra:
        yield _assertion(
            "mask-extra",
            f"extra conditioning data for {len(extra)} images"
            f" / 余分な制御用画像があります: {extra}",
        )
    if held_out:
        yield _assertion(
            "validation-split-with-masks",
            f"extra conditioning data for {held_out} images / 余分な制御用画像があります: […]",
        )


def _held_out(dataset: Dataset) -> int:
    return sum(
        len(each.pairs) - kept_for_training(each, dataset.settings) for each in dataset.subsets
    )


def foresee_oddities(datasets: Sequence[Dataset], model: ModelTraits) -> Iterator[Oddity]:
    """Tell which settings the trainer takes without a word, though they are hardly meant.

    Parameters
    ----------
    datasets : sequence of Dataset
        As assembled.
    model : ModelTraits
        The model family to be trained.

    Yields
    ------
    Oddity
        About the buckets of datasets that otherwise start.
    """
    for dataset in datasets:
        settings = dataset.settings
        for subset in dataset.subsets:
            kernel = subset.settings.resize_interpolation
            if kernel not in (None, settings.resize_interpolation, *_SUBSET_INTERPOLATIONS):
                told = f"datasets[{dataset.index}] subsets[{subset.index}]: resize_interpolation"
                told += f" {kernel!r} is unknown, OpenCV's linear is used instead"
                known = " ".join(sorted(_SUBSET_INTERPOLATIONS))
                yield Oddity("unknown-interpolation", told, f"use one of {known}")
        if not settings.enable_bucket or any(foresee_bounds(settings)):
            continue
        step, needed = settings.bucket_reso_steps, model.bucket_step
        where = f"datasets[{dataset.index}]"
        if step % needed:
            if settings.style is Style.MASK_FILES:
                told = f"{where}: bucket_reso_steps {step} is no multiple of {needed}, which"
                told += f" {model.name} needs; with mask files the trainer does not check it"
                hint = f"set bucket_reso_steps to a multiple of {needed}"
                yield Oddity("bucket-step", told, hint)
            continue
        bounds = adjusted_bounds(settings.min_bucket_reso, settings.max_bucket_reso, step)
        for key, rounded in zip(("min_bucket_reso", "max_bucket_reso"), bounds, strict=True):
            side = getattr(settings, key)
            if side != rounded and not settings.bucket_no_upscale:
                told = f"{where}: {key} {side} becomes {rounded}"
                yield Oddity("bucket-bounds-adjusted", told, f"set {key} to a multiple of {step}")


def _verify_steps(dataset: Dataset, model: ModelTraits) -> Iterator[Stop]:
    settings = dataset.settings
    step = settings.bucket_reso_steps
    if settings.style is Style.MASK_FILES or not settings.enable_bucket:
        return
    if step % model.bucket_step:
        yield _assertion(
            "bucket-step",
            f"bucket_reso_steps is {step}. it must be divisible by {model.bucket_step}.",
        )


def _assertion(rule: str, text: str) -> Stop:
    return _stop(rule, f"AssertionError: {text}")


def _stop(rule: str, error: str, path: str | None = None) -> Stop:
    return Stop(rule, Stage.START_UP, error, path)


__all__ = ["foresee_bounds", "foresee_oddities", "foresee_start"]


def rule_of_missing(path: str | None) -> str:
    """Name the rule that tells why a folder or file is not there.

    Parameters
    ----------
    path : str or None
        As read.

    Returns
    -------
    str
        ``path-escapes`` where the path holds what escapes make, else ``directory-missing``.
    """
    return (
        "path-escapes" if path is not None and pathname.has_controls(path) else "directory-missing"
    )
