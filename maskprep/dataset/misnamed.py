"""Masks that lie elsewhere, or under other names, than the trainer looks: found by their names."""

from __future__ import annotations

import os
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from maskprep.dataset.naming import Naming, Parts, find_beside, find_naming, find_parts
from maskprep.files import pathname, storage
from maskprep.model import Folder, MaskSource, Pair, Subset

_MARKS = ("mask", "masklabel", "masks", "alpha", "matte", "seg")
#: Endings that scientific tools give to masks, and hardly anybody to photographs.
_OF_MASKS = (
    *(".pgm", ".pbm", ".pnm", ".pfm", ".pam"),
    *(".jp2", ".j2k", ".j2c", ".jpc", ".jpf", ".jpx"),
    *(".npy", ".exr"),
)
#: Endings of pictures that masks in sub-folders are known by.
_PICTURES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff", *_OF_MASKS)
#: How deep sub-folders of a mask folder are looked into.
_DEPTH = 2
#: What tools write beside their masks, to look at or to count by: no masks.
_BY_PRODUCTS = re.compile(
    r"(?:^|[/_\-. ])(?:img|image|viz|vis|colou?rs?|instanceids|trainids|overlay|preview|original)"
    r"\.\w+$|(?:^|/)SegmentationObject/",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Misnamed:
    """Masks of a subset that the trainer does not give to their images.

    Attributes
    ----------
    words : str
        What the masks of the set are called, where one change explains them.
    image_of : mapping of str to str
        The image's path for each mask's, by that change; one to one.
    alone : mapping of str to str
        The same for masks whose names are nearly right, each in its own way.
    parts_of : mapping of str to tuple of str
        The masks' paths for each image's, where an image has several.
    is_nested : bool
        Whether those masks lie in sub-folders of the mask folder.
    left : tuple of str
        Paths of masks that belong to no image.
    wanting : int
        Images that lack a mask still.
    """

    words: str = ""
    image_of: Mapping[str, str] = field(default_factory=dict)
    alone: Mapping[str, str] = field(default_factory=dict)
    parts_of: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    is_nested: bool = False
    left: tuple[str, ...] = ()
    wanting: int = 0

    @property
    def may_be_left(self) -> bool:
        """Whether the masks of no image are enough to be those that the images lack."""
        return bool(self.left) and 2 * len(self.left) >= self.wanting > 0

    @property
    def images(self) -> frozenset[str]:
        """Images that have their masks so."""
        return frozenset((*self.image_of.values(), *self.alone.values(), *self.parts_of))

    @property
    def masks(self) -> frozenset[str]:
        """The masks of these images."""
        parts = (path for paths in self.parts_of.values() for path in paths)
        return frozenset((*self.image_of, *self.alone, *parts))

    @property
    def masks_of(self) -> dict[str, tuple[str, ...]]:
        """All masks of each of these images."""
        single = {image: (mask,) for mask, image in (*self.image_of.items(), *self.alone.items())}
        return {**single, **self.parts_of}


def misnamed(subset: Subset) -> Misnamed:
    """Find masks of other names than their images', in the mask folder and in its sub-folders.

    Parameters
    ----------
    subset : Subset
        As the trainer pairs it.

    Returns
    -------
    Misnamed
        Empty where no image lacks its mask.
    """
    subset = subset.entire  # names are told apart by those of all
    if subset.masks is None or not subset.missing:
        return Misnamed()
    found = _misnamed(subset, subset.masks)
    wanting = sum(pair.image not in found.images for pair in subset.missing)
    return replace(found, wanting=wanting)


def wanted_mask(subset: Subset, pair: Pair) -> str:
    """Give the path under which the mask of an image is looked for: a PNG where there is a choice.

    Parameters
    ----------
    subset : Subset
        Of mask files.
    pair : Pair
        One of its.

    Returns
    -------
    str
        In the mask folder, or beside the image where the subset has none.
    """
    folder = pathname.dirname(pair.image) if subset.masks is None else subset.masks.path
    name, stem = pathname.basename(pair.image), pathname.stem(pair.image)
    return pathname.join(folder, subset.mask_name.format(name=name, stem=stem))


def _misnamed(subset: Subset, folder: Folder) -> Misnamed:
    images = {pathname.basename(pair.image): pair.image for pair in subset.missing}
    others = [pathname.basename(pair.image) for pair in subset.pairs if pair.mask is not None]
    masks = {pathname.basename(path): path for path in _spare(subset)}
    found = _found(masks, images, others)
    if not found.images:
        nested = dict(_nested(folder, subset))
        inner = _found(nested, images, others)
        if inner.images:
            return Misnamed(inner.words, inner.image_of, {}, inner.parts_of, True, found.left)
    return _with_nearly_right(found, images)


def paired_by_names(
    masks: Mapping[str, str], images: Mapping[str, str], others: Sequence[str] = ()
) -> Misnamed:
    """Pair masks with images of other names, by one change for all, then each in its own way.

    Parameters
    ----------
    masks : mapping of str to str
        Paths of masks of no image, by their names.
    images : mapping of str to str
        Paths of images that lack their mask, by their names.
    others : sequence of str
        Names of images that have theirs.

    Returns
    -------
    Misnamed
        Of these paths.
    """
    return _with_nearly_right(_found(masks, images, others), images)


def _with_nearly_right(found: Misnamed, images: Mapping[str, str]) -> Misnamed:
    alone = _nearly_right(found.left, sorted(set(images.values()) - found.images))
    left = tuple(path for path in found.left if path not in alone)
    return replace(found, alone=alone, left=left)


def masks_beside(subset: Subset) -> Naming | None:
    """Find masks in the image folder itself, by one change of its images' names.

    Parameters
    ----------
    subset : Subset
        As the trainer pairs it.

    Returns
    -------
    Naming or None
        Of names in the image folder; None where there are none.
    """
    return find_beside([pathname.basename(pair.image) for pair in subset.entire.pairs])


def unseen_beside(subset: Subset) -> dict[str, str]:
    """Find masks beside their images, of kinds that the trainer sees neither as mask nor image.

    Parameters
    ----------
    subset : Subset
        As the trainer pairs it.

    Returns
    -------
    dict of str to str
        The mask's path for each image that lacks one: of a mark such as ``_mask``, or of a kind
        that hardly holds photographs.
    """
    subset = subset.entire
    if not subset.missing or subset.masks is None:
        return {}
    images: dict[str, list[str]] = defaultdict(list)
    for pair in subset.pairs:
        images[plain_stem(pair.image)].append(pair.image)
    wanting = {pair.image for pair in subset.missing}
    found: dict[str, list[str]] = defaultdict(list)
    for path in subset.unseen:
        alike, stem = images.get(plain_stem(path), []), pathname.stem(path)
        is_mask = unmarked(stem) != stem or os.path.splitext(path)[1].lower() in _OF_MASKS
        if is_mask and len(alike) == 1 and alike[0] in wanting and not stem.startswith("."):
            found[alike[0]].append(path)
    return {image: paths[0] for image, paths in found.items() if len(paths) == 1}


def is_own_mask_folder(subset: Subset) -> bool:
    """Tell whether the image folder is the mask folder, so that each image is its own mask."""
    return (
        subset.images is not None
        and subset.masks is not None
        and subset.source is MaskSource.FILE
        and pathname.realpath(subset.images.path) == pathname.realpath(subset.masks.path)
        and any(pair.is_own_mask for pair in subset.entire.pairs)
    )


def unmarked(stem: str) -> str:
    """Take a mask's mark off a name.

    Examples
    --------
    >>> [unmarked(stem) for stem in ("a_mask", "a-masklabel", "mask_a", "a.mask", "a")]
    ['a', 'a', 'a', 'a', 'a']
    """
    for separator in "_-. ":
        head, found, mark = stem.rpartition(separator)
        if found and mark.casefold() in _MARKS:
            return head
        mark, found, tail = stem.partition(separator)
        if found and mark.casefold() in _MARKS:
            return tail
    return stem


def _found(masks: Mapping[str, str], images: Mapping[str, str], others: Sequence[str]) -> Misnamed:
    """Look for one change, then for parts; then again without what tools write beside masks."""
    names = [name for name in masks if not _BY_PRODUCTS.search(name)]
    for looked_at in dict.fromkeys((tuple(masks), tuple(names))):
        naming = find_naming(looked_at, tuple(images), others)
        parts = None
        if naming is None or len(naming.image_of) < len(looked_at):
            parts = find_parts(looked_at, tuple(images), others)
        if parts is not None and len(names) < len(masks) and looked_at != tuple(names):
            continue  # a picture to look at is no part
        if parts is not None and (naming is None or _count(parts) > len(naming.image_of)):
            of = {
                images[image]: tuple(masks[name] for name in parts.masks_of[image])
                for image in parts.masks_of
            }
            return Misnamed(parts_of=of, left=_others(masks, parts.masks_of.values()))
        if naming is not None:
            pairs = {masks[mask]: images[image] for mask, image in naming.image_of.items()}
            return Misnamed(naming.words, pairs, left=_others(masks, [naming.image_of]))
    return Misnamed(left=tuple(masks.values()))


def _count(parts: Parts) -> int:
    return sum(map(len, parts.masks_of.values()))


def _others(masks: Mapping[str, str], explained: Iterable[Iterable[str]]) -> tuple[str, ...]:
    gone = {name for names in explained for name in names}
    return tuple(path for name, path in masks.items() if name not in gone)


def _spare(subset: Subset) -> Iterator[str]:
    """List masks of no image; of two that differ in their ending alone, the one that is seen."""
    stems = {pathname.stem(pair.image) for pair in subset.pairs}
    for path in (*subset.extra_masks, *subset.unseen_masks):
        stem = pathname.stem(path)
        if stem not in stems and not stem.startswith(".") and not storage.isdir(path):
            stems.add(stem)
            yield path


def _nested(folder: Folder, subset: Subset) -> Iterator[tuple[str, str]]:
    """List pictures in sub-folders of a mask folder, by their names from there."""
    images = "" if subset.images is None else pathname.realpath(subset.images.path)
    level = [(name, pathname.join(folder.path, name)) for name in folder.names]
    for _ in range(_DEPTH):
        below: list[tuple[str, str]] = []
        for inner, path in level:
            name = pathname.basename(path)
            if name.startswith(".") or os.path.splitext(name)[1].lower() in _PICTURES:
                continue
            if not storage.isdir(path) or pathname.realpath(path) == images:
                continue
            below += [(f"{inner}/{each}", pathname.join(path, each)) for each in _listed(path)]
        for inner, path in below:
            if os.path.splitext(inner)[1].lower() in _PICTURES:
                yield inner, path
        level = below


def _listed(folder: str) -> list[str]:
    try:
        return storage.listdir(folder)
    except OSError:
        return []


def _nearly_right(masks: Iterable[str], images: Iterable[str]) -> dict[str, str]:
    """Pair names that differ in case, Unicode form, spaces or a mask's mark; one to one only."""
    spare: dict[str, list[str]] = defaultdict(list)
    wanting: dict[str, list[str]] = defaultdict(list)
    for path in masks:
        spare[plain_stem(path)].append(path)
    for path in images:
        wanting[plain_stem(path)].append(path)
    return {
        spare[plain][0]: paths[0]
        for plain, paths in wanting.items()
        if len(paths) == 1 and len(spare.get(plain, ())) == 1
    }


def plain_stem(path: str) -> str:
    """Give a name without its folder, ending, case, Unicode form, outer spaces and mask's mark."""
    folded = unicodedata.normalize("NFKC", pathname.stem(path)).casefold().strip()
    return unmarked(folded)
