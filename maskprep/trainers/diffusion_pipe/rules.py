"""Rules of diffusion-pipe alone: caches that keep masks, and what it takes for images and masks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from maskprep.files import pathname, storage
from maskprep.model import Severity, Size, Subset, TrainingSet
from maskprep.model.remarks import odd, stopped
from maskprep.model.report import SampleRow
from maskprep.model.rule import Remark, RuleStage, rule
from maskprep.trainers.diffusion_pipe.pairing import is_visible
from maskprep.trainers.diffusion_pipe.settings import Directory

_CONFIG = RuleStage.CONFIG
_FOLDERS = RuleStage.FOLDERS
_DATASET = "diffusion-pipe 8f83dbf, utils/dataset.py"
_QUIT = "start with --i_know_what_i_am_doing, or name at most 3"


@rule(
    "MP640",
    "mask-cache-outdated",
    Severity.ERROR,
    _FOLDERS,
    f"{_DATASET}, _map_and_cache (the fingerprint is made of names) and _cache_fn (read)",
    mend="start the trainer once with --regenerate_cache",
)
def mask_cache_outdated(subset: Subset) -> Iterator[Remark]:
    """Masks that were changed after latents were cached: the run trains with the old ones.

    The cache (``cache/MODEL`` in the image folder) holds the masks' pixels, and is made anew where
    names change, not where files do.
    """
    if not isinstance(subset.settings, Directory) or subset.images is None:
        return
    if "cache" not in subset.images.names:
        return
    cache = pathname.join(subset.images.path, "cache")
    made = max((_newest(pathname.join(cache, name)) for name in _listed(cache)), default=0.0)
    masks = {pair.mask for pair in subset.pairs if pair.mask is not None}
    newer = sorted(mask for mask in masks if _time(mask) > made > 0)
    if newer:
        told = (
            f"holds latents with masks of an earlier run: {len(newer)} of {len(masks)} masks were"
        )
        told += f" changed since ({newer[0]}), and will not be seen"
        yield Remark(cache, told, "start the trainer once with --regenerate_cache")


@rule(
    "MP641",
    "size-buckets-misread",
    Severity.WARNING,
    _CONFIG,
    f"{_DATASET}, _find_closest_size_bucket (read; 4 weight cases)",
    mend="sort size_buckets by width / height, from narrow to wide, and leave out equals",
)
def size_buckets_misread(training_set: TrainingSet) -> Iterator[Remark]:
    """``size_buckets`` that are not sorted by aspect, or hold two of one aspect.

    diffusion-pipe sorts the aspects, not the rows, and takes the row at the place of the nearest
    aspect: images come into buckets of another shape, and lose what does not fit.
    """
    return odd(training_set, "size-buckets-misread")


@rule(
    "MP642",
    "trained-by-its-content",
    Severity.ERROR,
    _FOLDERS,
    f'{_DATASET}, _get_ungrouped_metadata; truth: "dot_mask_sidecar"',
    mend="move it out of the image folder",
)
def trained_by_its_content(subset: Subset) -> Iterator[Remark]:
    """A file that is not named like an image, but is one: it is trained.

    diffusion-pipe opens whatever lies in the folder, but for .txt, .npz, .json, .parquet, .bak and
    .db. A mask that is called ``x.mask`` beside ``x.png`` trains as a picture, with the caption of
    that.
    """
    if not isinstance(subset.settings, Directory):
        return
    for pair in subset.pairs:
        if not is_visible(pathname.basename(pair.image)):
            told = "is trained as an image, whatever its name: diffusion-pipe opens all that it can"
            yield Remark(pair.image, told, "move it out of the image folder")


@rule(
    "MP643",
    "images-are-masks",
    Severity.ERROR,
    _FOLDERS,
    f'{_DATASET}, _get_ungrouped_metadata; truth: "mask_path_equals_image_dir"',
    mend="name the masks' own folder in mask_path",
)
def images_are_masks(subset: Subset) -> Iterator[Remark]:
    """``mask_path`` names the image folder: each image is its own mask, by its red."""
    if not isinstance(subset.settings, Directory) or subset.masks is None:
        return
    own = [pair.image for pair in subset.pairs if pair.is_own_mask]
    if own:
        told = f"is mask_path and image folder: {len(own)} images are their own masks, by their red"
        yield Remark(subset.masks.path, told, "name the masks' own folder in mask_path")


@rule(
    "MP644",
    "too-many-resolutions",
    Severity.ERROR,
    _CONFIG,
    f"{_DATASET}, DirectoryDataset.validate (read)",
    mend=_QUIT,
)
def too_many_resolutions(training_set: TrainingSet) -> Iterator[Remark]:
    """More than three ``resolutions``: the trainer warns, and quits.

    "WARNING: You have set a lot of resolutions (N)". Every image is trained at every one of them.
    ``--i_know_what_i_am_doing`` lets it go on.
    """
    return stopped(training_set, "too-many-resolutions", _QUIT)


@rule(
    "MP645",
    "bucket-dropped",
    Severity.WARNING,
    RuleStage.DATASET,
    f"{_DATASET}, ConcatenatedBatchedDataset._make_divisible_by (read)",
    mend="lower the batch size, or raise num_repeats",
)
def bucket_dropped(training_set: TrainingSet, rows: Sequence[SampleRow]) -> Iterator[Remark]:
    """A bucket with fewer images than a batch holds: all of them are left out.

    A batch is ``micro_batch_size_per_gpu`` times ``gradient_accumulation_steps``, on one GPU; with
    more GPUs as many times that.
    """
    shown: defaultdict[tuple[float, Size | None], int] = defaultdict(int)
    first: dict[tuple[float, Size | None], str] = {}
    batch_size = 1
    for row in rows:
        directory = training_set.datasets[row.dataset].settings
        if not isinstance(directory, Directory):
            return
        batch_size = directory.batch_size
        key = (directory.resolution, row.bucket)
        shown[key] += directory.repeats
        first.setdefault(key, row.image)
    for key, count in shown.items():
        if count < batch_size and key[1] is not None:
            told = f"is in a bucket of {count}, {key[1]} px, of which a batch takes {batch_size}:"
            told += " the bucket is left out"
            yield Remark(first[key], told, "lower the batch size, or raise num_repeats")


def _listed(folder: str) -> list[str]:
    try:
        return storage.listdir(folder)
    except OSError:
        return []


def _newest(folder: str) -> float:
    # Nobody tells a folder's time behind a URL; its files' then.
    inside = (_time(pathname.join(folder, name)) for name in _listed(folder))
    return max((_time(folder), *inside))


def _time(path: str) -> float:
    try:
        return storage.getmtime(path)
    except OSError:
        return 0.0
