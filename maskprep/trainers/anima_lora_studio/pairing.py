"""Which files AnimaLoraStudio sees, and which mask it gives to which image.

*Source*: AnimaLoraStudio v0.19.0, runtime/training/dataset.py, _scan, _make_sample,
_parse_folder_meta and _mask_path_for; read, not recorded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from maskprep.files import pathname, storage
from maskprep.model import Caption, Dataset, Folder, MaskSource, Pair, Subset
from maskprep.trainers.anima_lora_studio.declared import WORDS
from maskprep.trainers.anima_lora_studio.settings import Training
from maskprep.trainers.blocks import DatasetBlock, ListFolder

ENDING = ".mask"
_IMAGES = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif")
_CAPTIONS = (".txt", ".caption")
_NAMED = re.compile(r"(?:(\d+)px_)?(?:(\d+)_)?.*", re.DOTALL)


@dataclass(frozen=True)
class Named:
    """What a folder's name says, and what it leaves out.

    Attributes
    ----------
    resolution : int or None
        From ``768px_name``; None where it says none.
    repeats : int
        From ``3_name``.
    uncaptioned : tuple of str
        Images without captions, which are not trained.
    """

    resolution: int | None = None
    repeats: int = 1
    uncaptioned: tuple[str, ...] = ()


def is_visible(name: str) -> bool:
    """Tell whether a file name is an image's.

    Examples
    --------
    >>> [is_visible(name) for name in ("a.png", "a.JPG", "a.mask", "a.tif")]
    [True, True, False, False]
    """
    return pathname.splitext(name)[1].lower() in _IMAGES


def named(folder: str) -> tuple[int | None, int]:
    """Read resolution and repeats from a folder's name.

    Examples
    --------
    >>> named("1000px_2_hires"), named("5_concept"), named("concept")
    ((1024, 2), (None, 5), (None, 1))
    """
    found = _NAMED.fullmatch(folder)
    pixels, repeats = found.groups() if found is not None else (None, None)
    side = None if pixels is None else max(256, min(4096, (int(pixels) + 32) // 64 * 64))
    return side, max(1, int(repeats or 1))


def assemble(block: DatasetBlock, list_folder: ListFolder) -> Dataset:
    """Find the images, masks and captions of a folder, and of the folders in it."""
    (of,) = block.subsets
    training: Training = of.settings
    top = list_folder(training.folder)
    subsets = [_subset(block, 0, top, [top], Named())]
    for folder in _folders_in(top, list_folder):
        said = Named(*named(pathname.basename(folder.path)))
        all_below = list(_below(folder, list_folder))
        found = _subset(block, len(subsets), folder, all_below, said)
        if found.pairs or found.settings.uncaptioned:
            subsets.append(found)
    return Dataset(block.index, tuple(subsets), block.settings)


def _subset(
    block: DatasetBlock, index: int, top: Folder, folders: list[Folder], said: Named
) -> Subset:
    (of,) = block.subsets
    training: Training = of.settings
    files = sorted(pathname.join(each.path, name) for each in folders for name in each.names)
    there = frozenset(files)
    pairs, used, uncaptioned = [], set(), []
    for image in (path for path in files if is_visible(pathname.basename(path))):
        caption = _caption(image, training, there)
        if caption is None:
            uncaptioned.append(image)
            continue
        wanted = pathname.splitext(image)[0] + ENDING
        mask = wanted if of.source is MaskSource.FILE and wanted in there else None
        used.add(wanted)
        # Without a mask the whole image trains.
        source = MaskSource.NONE if mask is None else of.source
        pairs.append(Pair(block.index, index, image, mask, source, caption))
    masks = [path for path in files if path.endswith(ENDING)]
    applies = of.source is MaskSource.FILE
    return Subset(
        block.index,
        index,
        of.source,
        top,
        None,
        tuple(pairs),
        extra_masks=tuple(path for path in masks if applies and path not in used),
        caption_extension=".txt",
        caption_setting=WORDS.caption_ending,
        mask_name=f"{{stem}}{ENDING}",
        is_regularisation=training.is_regularisation,
        repeats=said.repeats,
        settings=Named(said.resolution, said.repeats, tuple(uncaptioned)),
    )


def _folders_in(folder: Folder, list_folder: ListFolder) -> Iterator[Folder]:
    """List the folders in one, those behind links left out below the first level."""
    for name in folder.names:
        path = pathname.join(folder.path, name)
        if not is_visible(name) and storage.isdir(path):
            yield list_folder(path)


def _below(folder: Folder, list_folder: ListFolder) -> Iterator[Folder]:
    yield folder
    for each in _folders_in(folder, list_folder):
        real = pathname.join(pathname.realpath(folder.path), pathname.basename(each.path))
        if pathname.realpath(each.path) == real:
            yield from _below(each, list_folder)


def _caption(image: str, training: Training, there: frozenset[str]) -> Caption | None:
    stem = pathname.splitext(image)[0]
    endings = (".json", *_CAPTIONS) if training.prefers_json else _CAPTIONS
    path = next((stem + ending for ending in endings if stem + ending in there), None)
    if path is None:
        return None
    try:
        with storage.open_text(path) as stream:
            return Caption(path, stream.read().strip())
    except UnicodeDecodeError as error:
        return Caption(path, None, f"UnicodeDecodeError: {error}", "caption-not-utf8")
    except OSError as error:
        return Caption(path, None, f"{type(error).__name__}: {error}", "unreadable")
