"""Which files ai-toolkit sees, and which mask it gives to which image.

*Source*: ai-toolkit 27a03a9, toolkit/data_loader.py, AiToolkitDataset.__init__ (os.walk);
toolkit/dataloader_mixins.py, MaskFileItemDTOMixin and CaptionProcessingDTOMixin.load_caption.
Truth: the behaviours from "missing_mask_batch1" to "controls_dir_inside_image_dir".
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import NamedTuple

from maskprep.files import pathname, storage
from maskprep.model import Caption, Dataset, Folder, MaskSource, Pair, Subset
from maskprep.trainers.ai_toolkit.declared import WORDS
from maskprep.trainers.ai_toolkit.settings import Item
from maskprep.trainers.blocks import DatasetBlock, ListFolder

#: Endings of images in any case; of masks in this case alone, and the first one that is there.
_ENDINGS = (".jpg", ".jpeg", ".png", ".webp")
#: How other pictures end, which may be meant as masks.
_OTHERS = (*_ENDINGS, ".avif", ".bmp", ".gif", ".jxl", ".tif", ".tiff")
#: Folders in which nothing is looked for: what the trainer makes itself.
_OWN = "_controls"


def is_visible(name: str) -> bool:
    """Tell whether a file name is an image's.

    Examples
    --------
    >>> [is_visible(name) for name in ("a.png", "a.JPG", ".a.png", "a.bmp")]
    [True, True, False, False]
    """
    return name.lower().endswith(_ENDINGS) and not name.startswith(".")


def assemble(block: DatasetBlock, list_folder: ListFolder) -> Dataset:
    """Find the images, masks and captions of an entry."""
    (of,) = block.subsets
    item: Item = of.settings
    top = list_folder(of.image_dir or item.path)
    masks = None if of.mask_dir is None else list_folder(of.mask_dir)
    there = frozenset() if masks is None else frozenset(masks.names)
    pairs, used = [], set()
    for folder in _walked(top, item.caption_ext, list_folder):
        names = frozenset(folder.names)
        for name in filter(is_visible, folder.names):
            image = pathname.join(folder.path, name)
            found = next(iter(_namesakes(pathname.splitext(name)[0], there)), None)
            mask = None if masks is None or found is None else pathname.join(masks.path, found)
            used.add(found)
            # Without a mask file the whole image trains.
            is_whole = of.source is MaskSource.FILE and mask is None
            source = MaskSource.NONE if is_whole else of.source
            caption = _caption(folder, name, names, item)
            pairs.append(Pair(block.index, 0, image, mask, source, caption))
    pairs.sort(key=lambda pair: pair.image)
    stems = {pathname.stem(pair.image) for pair in pairs}
    others = _Others() if masks is None else _other_masks(masks, stems, used)
    subset = Subset(
        block.index,
        0,
        of.source,
        top,
        masks,
        tuple(pairs),
        caption_extension=item.caption_ext,
        caption_setting=WORDS.caption_ending,
        is_regularisation=item.is_reg,
        repeats=item.repeats,
        settings=item,
        extra_masks=others.extra,
        unseen_masks=others.unseen,
        shadowed_masks=others.shadowed,
    )
    return Dataset(block.index, (subset,), block.settings, block.unchecked)


class _Others(NamedTuple):
    """Masks that are no image's, as paths."""

    extra: tuple[str, ...] = ()
    unseen: tuple[str, ...] = ()
    shadowed: Mapping[str, tuple[str, ...]] = MappingProxyType({})


def _other_masks(masks: Folder, stems: set[str], used: set[str | None]) -> _Others:
    def paths(names: Iterable[str]) -> tuple[str, ...]:
        return tuple(pathname.join(masks.path, name) for name in names)

    known = [name for name in masks.names if name.endswith(_ENDINGS)]
    of_stem: defaultdict[str, list[str]] = defaultdict(list)
    for name in known:
        if name not in used:
            of_stem[pathname.splitext(name)[0]].append(name)
    there = frozenset(masks.names)
    return _Others(
        paths(name for stem, names in of_stem.items() if stem not in stems for name in names),
        paths(name for name in masks.names if name not in known and name.lower().endswith(_OTHERS)),
        {
            paths(_namesakes(stem, there)[:1])[0]: paths(names)
            for stem, names in of_stem.items()
            if stem in stems
        },
    )


def _namesakes(stem: str, names: frozenset[str]) -> list[str]:
    return [stem + ending for ending in _ENDINGS if stem + ending in names]


def _walked(folder: Folder, captions: str, list_folder: ListFolder) -> Iterator[Folder]:
    if pathname.basename(folder.path.rstrip("/")) != _OWN:
        yield folder
    for name in folder.names:
        if is_visible(name) or name.endswith(captions):
            continue
        path = pathname.join(folder.path, name)
        if storage.isdir(path) and not os.path.islink(path):  # the walk follows no links
            yield from _walked(list_folder(path), captions, list_folder)


def _caption(folder: Folder, name: str, names: frozenset[str], item: Item) -> Caption:
    caption = pathname.splitext(name)[0] + item.caption_ext
    if caption not in names:
        return Caption(None, item.default_caption)
    path = pathname.join(folder.path, caption)
    try:
        with storage.open_text(path) as stream:
            return Caption(path, stream.read().strip() or item.default_caption or "")
    except UnicodeDecodeError as error:
        return Caption(path, None, f"UnicodeDecodeError: {error}", "caption-not-utf8")
    except OSError as error:
        return Caption(path, None, f"{type(error).__name__}: {error}", "unreadable")
