"""What is image, mask and caption in a tree of files that people have: told by names.

Where names do not tell, what a file's header says of its pixels does: masks are grey, or numbers.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from maskprep.dataset.captions import CAPTION_ENDINGS
from maskprep.dataset.sorting import (
    SIDECAR,
    Sorting,
    counted,
    ending_of,
    find_in_folders_of_any_name,
    find_in_mask_folders,
    find_masks_beside,
    find_sidecars,
    find_twins,
    folder_of,
    name_of,
    stem_of,
    take_back,
    without_working_files,
)
from maskprep.dataset.tree import Tree
from maskprep.dataset.wording import holds_captions, holds_masks, is_regularisation, key_of
from maskprep.files import pathname

NOT_TOLD = "a mask of no image"
WITHOUT = "without a mask"
UNUSED_ALPHA = "without a mask file, but with an alpha: maskprep extract writes it as one"
NO_CAPTION = "a text of no image"
OTHER = "neither picture nor caption"


@dataclass(frozen=True)
class Item:
    """An image with what belongs to it, as paths; a caption may be given as text instead."""

    image: str
    mask: str | None
    caption: str | None
    text: str | None = None


@dataclass(frozen=True)
class Pile:
    """The images of one folder.

    Attributes
    ----------
    folder : str
        From the root, with ``/``; empty for the root itself.
    items : tuple of Item
        Sorted.
    is_regularisation : bool
        Whether the folder's name says so.
    """

    folder: str
    items: tuple[Item, ...]
    is_regularisation: bool = False


@dataclass(frozen=True)
class Heap:
    """What a tree was taken for.

    Attributes
    ----------
    piles : tuple of Pile
        A folder of images each.
    words : tuple of str
        What was taken for masks and captions, and why; a line each.
    left : mapping of str to tuple of str
        Paths that are nothing of it, by why.
    """

    piles: tuple[Pile, ...]
    words: tuple[str, ...]
    left: Mapping[str, tuple[str, ...]]


def sort_out(tree: Tree, sees: Callable[[str], bool], bare: Callable[[str], str]) -> Heap:
    """Tell what is image, mask and caption.

    Parameters
    ----------
    tree : Tree
        As read.
    sees : callable
        Tells whether the trainer takes a file of a name for an image.
    bare : callable
        Takes off a folder's name what says how often its images are shown.

    Returns
    -------
    Heap
        Every file of the tree once.
    """
    pictures = [name for name in tree.files if pathname.is_picture(name)]
    texts = [name for name in tree.files if ending_of(name) in CAPTION_ENDINGS]
    sorting = Sorting(tree.files, sees, bare)
    sidecars = [name for name in tree.files if ending_of(name) == SIDECAR]
    known = {*pictures, *texts, *sidecars}
    sorting.left[OTHER] += [path for name, path in tree.files.items() if name not in known]
    pictures = list(without_working_files(pictures, sorting))
    sorting.masks = [each for each in pictures if holds_masks(folder_of(each))]
    sorting.images = [each for each in pictures if not holds_masks(folder_of(each))]
    if not sorting.images:  # whatever the folders are called, there is nothing else
        sorting.images, sorting.masks = sorting.masks, []
    find_sidecars(sidecars, sorting)
    find_in_mask_folders(sorting)
    take_back(sorting)
    find_masks_beside(sorting)
    find_twins(sorting)
    find_in_folders_of_any_name(sorting)
    sorting.left[NOT_TOLD] += [tree.files[each] for each in sorting.masks]
    captions, told = _captions(texts, sorting)
    piles: defaultdict[str, list[Item]] = defaultdict(list)
    for image in sorting.images:
        mask, caption = sorting.mask_of.get(image), captions.get(image)
        piles[folder_of(image)].append(
            Item(
                tree.files[image],
                None if mask is None else tree.files[mask],
                None if caption is None else tree.files[caption],
            )
        )
    left = {why: (*tree.left.get(why, ()), *paths) for why, paths in sorting.left.items() if paths}
    return Heap(
        tuple(
            Pile(folder, tuple(items), is_regularisation(folder))
            for folder, items in sorted(piles.items())
        ),
        (*sorting.told(), *told),
        {**tree.left, **left},
    )


def _captions(texts: Sequence[str], sorting: Sorting) -> tuple[dict[str, str], list[str]]:
    """Give images their captions, from their own folder or from one of captions."""
    by_place: dict[tuple[str, tuple[str, ...] | str, str], list[str]] = defaultdict(list)
    for text in texts:
        stem = stem_of(text)
        by_place["beside", folder_of(text), stem].append(text)
        if holds_captions(folder_of(text)):
            by_place["apart", key_of(folder_of(text)), stem].append(text)
    found: dict[str, list[str]] = {}
    for image in sorting.images:
        name, folder = name_of(image), folder_of(image)
        stem = stem_of(image)
        places = (
            ("beside", folder, stem),
            ("beside", folder, name),
            ("apart", key_of(folder), stem),
            ("apart", key_of(folder, sorting.bare), stem),
        )
        found[image] = next((by_place[each] for each in places if each in by_place), [])
    usual = [
        ending for ending, _ in Counter(map(ending_of, (t for ts in found.values() for t in ts)))
        .most_common()
    ]  # fmt: skip
    chosen = {
        image: min(candidates, key=lambda text: (usual.index(ending_of(text)), text))
        for image, candidates in found.items()
        if candidates
    }
    used = set(chosen.values())
    unused = [sorting.paths[text] for text in texts if text not in used]
    sorting.left[NO_CAPTION] += unused
    beside = sum(folder_of(text) == folder_of(image) for image, text in chosen.items())
    told = []
    if beside:
        told.append(f"{counted(beside, 'caption')} ({usual[0]}) beside the images")
    if apart := [text for image, text in chosen.items() if folder_of(text) != folder_of(image)]:
        told.append(f"{counted(len(apart), 'caption')} ({usual[0]}) in {folder_of(apart[0])}")
    return chosen, told
