"""Which files sd-scripts sees, and which mask it gives to which image.

*Source*: kohya-ss/sd-scripts v0.10.1, library/train_util.py, glob_images, DreamBoothDataset and
ControlNetDataset; truth: every pairing case.
"""

from __future__ import annotations

import math
import os
from collections.abc import Collection
from dataclasses import replace
from functools import cache
from typing import Any

from maskprep.files import parsed, pathname, storage
from maskprep.model import CachedInfo, Caption, Dataset, Folder, MaskSource, Pair, Size, Subset
from maskprep.trainers.blocks import DatasetBlock, ListFolder, SubsetBlock
from maskprep.trainers.sd_scripts.caches import caches_in
from maskprep.trainers.sd_scripts.captions import read_caption
from maskprep.trainers.sd_scripts.declared import WORDS
from maskprep.trainers.sd_scripts.settings import DatasetSettings
from maskprep.trainers.sd_scripts.style import Style

INFO_CACHE = "metadata_cache.json"

#: More px than a side of any picture that is opened.
_LONGEST_SIDE = 1 << 20
_LOWER = (".png", ".jpg", ".jpeg", ".webp", ".bmp")
#: Endings that the trainer sees wherever it runs.
_ALWAYS_SEEN = frozenset(_LOWER) | {ending.upper() for ending in _LOWER}
#: Those that it adds where it can import one of these modules, which all generations try.
#: *Source*: library/train_util.py, IMAGE_EXTENSIONS.
_SEEN_BY_PLUGIN = {".avif": ("pillow_avif",), ".jxl": ("jxlpy.JXLImagePlugin", "pillow_jxl")}


def visible_endings() -> tuple[str, ...]:
    """List the endings that the trainer sees, with dots, in order: all lower or all upper case.

    ``.avif`` and ``.jxl`` only where a plug-in of Pillow's for them works.
    """
    by_plugin = (each for lower in _SEEN_BY_PLUGIN for each in (lower, lower.upper()))
    return tuple(sorted((*_ALWAYS_SEEN, *filter(_plugged_in, by_plugin))))


@cache
def _plugged_in(ending: str) -> bool:
    lower = ending.lower()
    if lower not in _SEEN_BY_PLUGIN or ending not in (lower, lower.upper()):
        return False
    from maskprep.raster.kinds import plug_in  # Pillow is slow to import, and seldom needed here

    return any(map(plug_in, _SEEN_BY_PLUGIN[lower]))


def is_visible(name: str) -> bool:
    """Tell whether the trainer takes a directory entry for an image; a folder may be one.

    Examples
    --------
    >>> [is_visible(name) for name in ("a.png", "a.PNG", "a.Png", ".a.png", "a.tiff")]
    [True, True, False, False, False]
    """
    ending = os.path.splitext(name)[1]
    return (ending in _ALWAYS_SEEN or _plugged_in(ending)) and not name.startswith(".")


def assemble(block: DatasetBlock, list_folder: ListFolder) -> Dataset:
    """Find a dataset's images, masks and captions.

    Parameters
    ----------
    block : DatasetBlock
        As configured.
    list_folder : callable
        Lists a folder by its spelling.

    Returns
    -------
    Dataset
        Subsets in the configuration's order.
    """
    subsets: list[Subset] = []
    taken: set[str] = set()
    for each in block.subsets:
        subset = _load(block, each, list_folder, taken)
        subsets.append(subset)
        if subset.images is not None and not subset.dropped:
            taken.add(subset.images.path)
    paired = _with_masks(_with_regularisation(subsets, block.settings))
    return Dataset(block.index, paired, block.settings, block.unchecked)


def _load(
    block: DatasetBlock, subset: SubsetBlock, list_folder: ListFolder, taken: Collection[str]
) -> Subset:
    images = list_folder(subset.image_dir) if subset.image_dir is not None else None
    dropped = None
    if subset.settings.num_repeats < 1:
        dropped = "zero-repeats"
    elif images is not None and images.path in taken:
        dropped = None if subset.settings.metadata_file else "duplicate-image-dir"
    if block.settings.style is Style.FINE_TUNING:
        visible: tuple[str, ...] = _listed_in_metadata(subset)
        unseen: tuple[str, ...] = ()
    else:
        names = images.names if images else ()
        folder = images.path if images else ""
        visible = tuple(sorted(pathname.join(folder, each) for each in names if is_visible(each)))
        unseen = _unseen_in(images)
    keeps = subset.settings.cache_info
    cache = _cache_of(images, subset.settings.start_folder) if keeps and images else {}
    uncached: tuple[str, ...] = ()
    if cache:
        named = set(map(pathname.folded, cache))
        uncached = tuple(path for path in visible if pathname.folded(path) not in named)
        visible, unseen = tuple(cache), unseen + uncached
    if dropped:
        visible, unseen = (), unseen + visible
    pairs = tuple(_pair(block, subset, image, cache.get(image)) for image in visible)
    masks = list_folder(subset.mask_dir) if subset.mask_dir is not None else None
    return Subset(
        block.index,
        subset.index,
        subset.source,
        images,
        masks,
        pairs,
        unseen,
        _unseen_in(masks),
        extra_masks=(),
        shadowed_masks={},
        dropped=dropped,
        uncached=uncached,
        unused=(),
        caption_extension=subset.settings.caption_extension,
        caption_setting=WORDS.caption_ending,
        metadata=subset.settings.metadata_file,
        is_regularisation=subset.settings.is_reg,
        repeats=subset.settings.num_repeats,
        caches=caches_in(images) if images else (),
        settings=subset.settings,
    )


def _pair(block: DatasetBlock, subset: SubsetBlock, image: str, cached: CachedInfo | None) -> Pair:
    settings = subset.settings
    if block.settings.style is Style.FINE_TUNING:
        caption = Caption(settings.metadata_file, "")
    else:
        caption = read_caption(
            image, settings.caption_extension, settings.class_tokens, settings.enable_wildcard
        )
    if cached is not None:
        caption = replace(caption, error=None, rule=None)  # the file is not opened at all
    return Pair(block.index, subset.index, image, None, subset.source, caption, cached)


def _with_regularisation(subsets: list[Subset], settings: DatasetSettings) -> list[Subset]:
    # Images are taken, each with its repeats, until they are as many as those to be learnt.
    room = sum(
        subset.settings.num_repeats * kept_for_training(subset, settings)
        for subset in subsets
        if not subset.is_regularisation
    )
    found = []
    for subset in subsets:
        if subset.is_regularisation:
            fitting = math.ceil(max(room, 0) / max(subset.settings.num_repeats, 1))
            room -= subset.settings.num_repeats * len(subset.pairs)
            unused = subset.pairs[fitting:]
            subset = replace(
                subset,
                pairs=subset.pairs[:fitting],
                unseen=subset.unseen + tuple(pair.image for pair in unused),
                unused=unused,
            )
        found.append(subset)
    return found


def kept_for_training(subset: Subset, settings: DatasetSettings) -> int:
    """Tell how many of a subset's images a validation split leaves for training.

    Parameters
    ----------
    subset : Subset
        With its pairs.
    settings : DatasetSettings
        Of its dataset.

    Returns
    -------
    int
        Without repeats.

    Notes
    -----
    *Source*: library/train_util.py, split_train_val: the first ``ceil(n (1 - split))`` of the
    shuffled images.
    """
    share = settings.validation_split
    count = len(subset.pairs)
    return math.ceil(count * (1 - share)) if 0 < share <= 1 else count


def _with_masks(subsets: list[Subset]) -> tuple[Subset, ...]:
    paired = [_with_found_masks(subset) for subset in subsets]
    # Of all subsets together: a mask of one subset's image is nobody's extra.
    in_use = {_stem(pair.mask) for each in paired for pair in each.pairs if pair.mask is not None}
    return tuple(
        replace(
            subset,
            extra_masks=tuple(
                path for path in _visible_in(subset.masks) if _stem(path) not in in_use
            ),
        )
        for subset in paired
    )


def _with_found_masks(subset: Subset) -> Subset:
    if subset.source is not MaskSource.FILE:
        return subset
    of_stem: dict[str, list[str]] = {}
    for path in _visible_in(subset.masks):
        of_stem.setdefault(pathname.stem(path), []).append(path)
    pairs, shadowed = [], {}
    for pair in subset.pairs:
        found = of_stem.get(pathname.stem(pair.image), [])
        pairs.append(replace(pair, mask=found[0] if found else None))
        if len(found) > 1:
            shadowed[found[0]] = tuple(found[1:])
    return replace(subset, pairs=tuple(pairs), shadowed_masks=shadowed)


def _visible_in(folder: Folder | None) -> list[str]:
    if folder is None:
        return []
    return sorted(pathname.join(folder.path, name) for name in folder.names if is_visible(name))


def _unseen_in(folder: Folder | None) -> tuple[str, ...]:
    if folder is None:
        return ()
    return tuple(
        pathname.join(folder.path, name)
        for name in folder.names
        if pathname.is_picture(name) and not is_visible(name)
    )


def _stem(path: str) -> str:
    return pathname.splitext(pathname.absolute(path))[0]


def _cache_of(folder: Folder, start_folder: str) -> dict[str, CachedInfo]:
    # What ``cache_info = true`` keeps in the image folder, by image path, in its own order.
    path = pathname.join(folder.path, INFO_CACHE)
    try:
        with storage.open_text(path) as stream:
            entries = parsed.from_json(stream.read())
    except (OSError, ValueError):
        return {}
    known = entries.items() if isinstance(entries, dict) else ()
    return {
        pathname.join(start_folder, image): _cached(path, entry)
        for image, entry in known
        if isinstance(entry, dict) and parsed.plain_text(image)
    }


def _cached(path: str, entry: dict[str, Any]) -> CachedInfo:
    said, size = entry.get("resolution"), None
    if isinstance(said, list) and len(said) == 2:
        width, height = (parsed.whole_number(side, 1, _LONGEST_SIDE) for side in said)
        size = Size(width, height) if width and height else None
    return CachedInfo(path, size, parsed.plain_text(entry.get("caption")))


def _listed_in_metadata(subset: SubsetBlock) -> tuple[str, ...]:
    try:
        with storage.open_text(subset.settings.metadata_file) as stream:
            entries = parsed.from_json(stream.read())
    except (OSError, ValueError):
        return ()
    found = []
    for name in filter(parsed.plain_text, entries if isinstance(entries, dict) else ()):
        within, chain = pathname.parted(pathname.join(subset.image_dir or "", name))
        candidates = [pathname.join(subset.settings.start_folder, name), within + chain]
        candidates += [within + ending + chain for ending in visible_endings()]
        found += [
            path
            for path in candidates
            if is_visible(pathname.parted(path)[0]) and storage.isfile(path)
        ][:1]
    return tuple(found)
