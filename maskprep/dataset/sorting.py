"""Steps by which masks are told from images, and given to them: by names, then by headers."""

from __future__ import annotations

import os
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from maskprep import raster
from maskprep.dataset.misnamed import paired_by_names, plain_stem, unmarked
from maskprep.dataset.naming import SHARE, find_beside
from maskprep.dataset.wording import key_of
from maskprep.errors import UnreadableImageError
from maskprep.raster import Header

#: Pillow's modes of files that may be masks, where names do not tell.
_MASK_MODES = frozenset({"1", "L", "P", "LA", "I;16", "I"})
#: Files whose headers are looked at, where names do not tell.
_LOOKED_AT = 12
#: Folders that are named in a line.
_NAMED = 2

#: How some forks of trainers end the masks that they keep beside images, whatever is in them.
SIDECAR = ".mask"

WORKING_FILE = "a working file beside the picture that was made of it"
PARTS = "one of several masks of an image: maskprep extract IMAGES --masks MASKS joins them"
SEVERAL = "a mask whose name is that of images in several folders"


@dataclass
class Sorting:
    """A tree's files while they are being sorted, by their names from the root."""

    paths: Mapping[str, str]
    sees: Callable[[str], bool]
    bare: Callable[[str], str]
    images: list[str] = field(default_factory=list)
    masks: list[str] = field(default_factory=list)  # of no image so far
    mask_of: dict[str, str] = field(default_factory=dict)
    ways: dict[str, Counter[str]] = field(default_factory=dict)
    left: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    @property
    def wanting(self) -> list[str]:
        """Images that have no mask so far."""
        return [each for each in self.images if each not in self.mask_of]

    def pair(self, pairs: Mapping[str, str], way: str, where: str = "") -> None:
        """Give images their masks, and note in which way they were found, and in which folder."""
        taken = set(pairs.values())
        self.mask_of.update(pairs)
        self.masks = [each for each in self.masks if each not in taken]
        if pairs:
            self.ways.setdefault(way, Counter())[where] += len(pairs)

    def told(self) -> list[str]:
        """Say how masks were found, a line a way."""
        lines = []
        for way, folders in self.ways.items():
            named = [each for each, _ in folders.most_common() if each]
            more = f", … ({len(named)} folders)" if len(named) > _NAMED else ""
            where = f"in {', '.join(named[:_NAMED])}{more}, " if named else ""
            lines.append(f"{counted(sum(folders.values()), 'mask')} {where}{way}")
        return lines


def without_working_files(pictures: Sequence[str], sorting: Sorting) -> Iterator[str]:
    """Leave out what the trainer does not see, where a picture that it sees has its name."""
    seen = {os.path.splitext(each)[0] for each in pictures if sorting.sees(_lowered(each))}
    for each in pictures:
        if os.path.splitext(each)[0] in seen and not sorting.sees(_lowered(each)):
            sorting.left[WORKING_FILE].append(sorting.paths[each])
        else:
            yield each


def find_sidecars(sidecars: Sequence[str], sorting: Sorting) -> None:
    """Give images the masks that have their names, or names and endings, and end in ``.mask``."""
    by_name = {os.path.splitext(each)[0]: each for each in sidecars}
    found = {}
    for image in sorting.images:
        own = next((name for name in (image, os.path.splitext(image)[0]) if name in by_name), None)
        if own is not None:
            found[image] = by_name.pop(own)
    sorting.pair(found, f"beside the images, named <image>{SIDECAR}")
    sorting.masks += by_name.values()


def find_masks_beside(sorting: Sorting) -> None:
    """Find masks beside the images, by one change of names, then by each name alone."""
    naming = find_beside(sorting.images)
    if naming is not None and (naming.is_marked or _are_masks_of(naming.image_of, sorting)):
        _take_out(sorting, naming.image_of, f"beside the images, named {naming.words}")
    plain: dict[tuple[str, str], list[str]] = defaultdict(list)
    for each in sorting.wanting:
        for known in {plain_stem(each), _folded(name_of(each))}:
            plain[folder_of(each), known].append(each)
    alone = {}
    marked = [each for each in sorting.wanting if _bare_name(stem_of(each)) != stem_of(each)]
    for each in marked:
        key = plain_stem(f"{_bare_name(stem_of(each))}.x")
        images = [image for image in plain[folder_of(each), key] if image not in marked]
        if len(images) == 1:
            alone[each] = images[0]
    _leave_parts(sorting, [each for each in marked if each not in alone])
    marked = [each for each in marked if each in alone or each in sorting.images]
    _take_out(sorting, alone, "beside the images, named as masks of them")
    if sorting.mask_of:  # a mask whose image is gone is no image
        orphans = {each for each in marked if each not in alone}
        sorting.images = [each for each in sorting.images if each not in orphans]
        sorting.masks += sorted(orphans)


def _leave_parts(sorting: Sorting, names: Sequence[str]) -> None:
    """Leave out further masks of images that have one: they are parts, and no pictures."""
    masked = {(folder_of(each), plain_stem(each)) for each in sorting.mask_of}
    parts = {
        each
        for each in names
        if (folder_of(each), plain_stem(f"{_bare_name(stem_of(each))}.x")) in masked
    }
    sorting.left[PARTS] += [sorting.paths[each] for each in sorted(parts)]
    sorting.images = [each for each in sorting.images if each not in parts]


def _bare_name(stem: str) -> str:
    """Take a mask's mark off, CamelCase's too, and a number behind it."""
    for name in (stem, re.sub(r"(?<=[^\W\d])[_\-. ]?\d{1,4}$", "", stem)):
        plain = unmarked(name)
        if plain != name:
            return plain
    return re.sub(r"(?<=[a-z0-9])Mask$", "", stem)


def _take_out(sorting: Sorting, image_of: Mapping[str, str], way: str) -> None:
    """Make masks of what was among the images."""
    image_of = {mask: image for mask, image in image_of.items() if image not in image_of}
    sorting.images = [each for each in sorting.images if each not in image_of]
    pairs: dict[str, str] = {}
    for mask, image in image_of.items():
        if image in pairs or image in sorting.mask_of:
            sorting.masks.append(mask)
        else:
            pairs[image] = mask
    sorting.pair(pairs, way)


def find_twins(sorting: Sorting) -> None:
    """Find masks of their images' own names with another ending in the same folder."""
    by_stem: defaultdict[str, list[str]] = defaultdict(list)
    for each in sorting.wanting:
        by_stem[os.path.splitext(each)[0]].append(each)
    twins = [names for names in by_stem.values() if len(names) == 2]
    if len(twins) < SHARE * len(by_stem):
        return
    for ending in sorted({ending_of(name) for names in twins for name in names}):
        image_of = {
            mask: image
            for names in twins
            for mask, image in (names, names[::-1])
            if ending_of(mask) == ending != ending_of(image)
        }
        masks, images = (
            [sorting.paths[each] for each in part] for part in (image_of, image_of.values())
        )
        if len(image_of) == len(twins) and _look_like_masks(masks) and not _look_like_masks(images):
            _take_out(sorting, image_of, f"beside the images, {ending} of the same name")
            return


def find_in_mask_folders(sorting: Sorting) -> None:
    """Find masks in folders that are called so: the nearest like the image's comes first."""
    folders: defaultdict[str, list[str]] = defaultdict(list)
    for each in sorting.masks:
        folders[folder_of(each)].append(each)
    keys = {folder: key_of(folder) for folder in folders}
    of_image_folder: defaultdict[str, list[str]] = defaultdict(list)
    for each in sorting.wanting:
        of_image_folder[folder_of(each)].append(each)
    for folder, images in of_image_folder.items():
        own, bare = key_of(folder), key_of(folder, sorting.bare)
        for mask_folder in [each for each in folders if keys[each] in (own, bare)]:
            _pair_folders(sorting, images, folders[mask_folder], mask_folder)
    _pair_with_those_above(sorting, folders, keys)


def take_back(sorting: Sorting) -> None:
    """Make images of what lies in folders that only sound like masks, as ``cats-alpha`` does.

    They hold no mask of an image elsewhere, but masks beside images, or pictures with an alpha.
    """
    used = {folder_of(mask) for mask in sorting.mask_of.values()}
    folders: defaultdict[str, list[str]] = defaultdict(list)
    for each in sorting.masks:
        if folder_of(each) not in used:
            folders[folder_of(each)].append(each)
    for names in folders.values():
        stems = set(map(stem_of, names))
        beside = any(_bare_name(stem) != stem and _bare_name(stem) in stems for stem in stems)
        headers = list(_some_headers([sorting.paths[each] for each in names]))
        if beside or (headers and all(each.has_alpha for each in headers)):
            sorting.images += names
            taken = set(names)
            sorting.masks = [each for each in sorting.masks if each not in taken]
    sorting.images.sort()


def _pair_with_those_above(
    sorting: Sorting, folders: Mapping[str, Sequence[str]], keys: Mapping[str, tuple[str, ...]]
) -> None:
    """Find masks of several image folders in one: a name that is wanted twice is nobody's."""
    asking: defaultdict[str, list[str]] = defaultdict(list)
    for image in sorting.wanting:
        own = key_of(folder_of(image))
        above = [each for each in folders if own[: len(keys[each])] == keys[each]]
        nearest = max(above, key=lambda each: len(keys[each]), default=None)
        if nearest is None and len(folders) == 1:
            nearest = next(iter(folders))
        if nearest is not None:
            asking[nearest].append(image)
    for mask_folder, images in asking.items():
        stems = Counter(_folded(stem_of(each)) for each in images)
        doubtful = {stem for stem, count in stems.items() if count > 1}
        left = set(sorting.masks)
        spare = [each for each in folders[mask_folder] if each in left]
        several = {each for each in spare if plain_stem(each) in doubtful}
        sorting.left[SEVERAL] += [sorting.paths[each] for each in sorted(several)]
        sorting.masks = [each for each in sorting.masks if each not in several]
        spare = [each for each in spare if each not in several]
        alone = [each for each in images if _folded(stem_of(each)) not in doubtful]
        _pair_folders(sorting, alone, spare, mask_folder)


def _pair_folders(
    sorting: Sorting, images: Sequence[str], masks: Sequence[str], mask_folder: str
) -> None:
    """Pair what is left of two folders: by the very name first, then by names that are alike."""
    spare = set(sorting.masks)
    by_stem: dict[str, str] = {}
    for mask in masks:
        if mask in spare:
            by_stem.setdefault(stem_of(mask), mask)
    same = {
        image: by_stem[stem]
        for image in images
        if image not in sorting.mask_of and (stem := stem_of(image)) in by_stem
    }
    where = mask_folder or "the folder of masks"
    sorting.pair(same, "named as the images", where)
    taken = set(same.values())
    names = {name_of(each): each for each in masks if each in spare and each not in taken}
    wanting = {name_of(each): each for each in images if each not in sorting.mask_of}
    if not names or not wanting:
        return
    found = paired_by_names(names, wanting, [name_of(each) for each in same])
    by_change = {image: mask for mask, image in found.image_of.items()}
    sorting.pair(by_change, f"named {found.words}", where)
    for parts in found.parts_of.values():
        sorting.left[PARTS] += [sorting.paths[each] for each in parts]
    in_parts = {each for parts in found.parts_of.values() for each in parts}
    sorting.masks = [each for each in sorting.masks if each not in in_parts]
    nearly = {image: mask for mask, image in found.alone.items()}
    sorting.pair(nearly, "named nearly as the images", where)


def find_in_folders_of_any_name(sorting: Sorting) -> None:
    """Find folders that hold the names of another one, and look like masks."""
    if sorting.mask_of:
        return
    folders: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for each in sorting.images:
        folders[folder_of(each)].setdefault(stem_of(each), each)
    for mask_folder, masks in folders.items():
        for folder, images in folders.items():
            shared = masks.keys() & images.keys()
            if folder == mask_folder or len(shared) < max(2, SHARE * len(masks)):
                continue
            image_of = {masks[stem]: images[stem] for stem in sorted(shared)}
            if _are_masks_of(image_of, sorting):
                _take_out(sorting, image_of, f"in {mask_folder}: they are grey, of the same names")
                return


def _are_masks_of(image_of: Mapping[str, str], sorting: Sorting) -> bool:
    masks, images = (
        [sorting.paths[each] for each in names] for names in (image_of, image_of.values())
    )
    return _look_like_masks(masks) and not _look_like_masks(images)


def _look_like_masks(paths: Sequence[str]) -> bool:
    """Tell by some headers whether files may be masks: grey, or numbers of a palette."""
    headers = list(_some_headers(paths))
    return bool(headers) and all(each.mode in _MASK_MODES for each in headers)


def _some_headers(paths: Sequence[str]) -> Iterator[Header]:
    for path in paths[:: max(1, len(paths) // _LOOKED_AT)]:
        with suppress(UnreadableImageError):
            yield raster.read_header(path)


def counted(count: int, noun: str) -> str:
    """Put a number before a noun."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def folder_of(name: str) -> str:
    """Give the folder of a file, as it is named from the root."""
    return name.rpartition("/")[0]


def name_of(name: str) -> str:
    """Give a file's own name."""
    return name.rpartition("/")[2]


def stem_of(name: str) -> str:
    """Give a file's own name without ending."""
    return os.path.splitext(name_of(name))[0]


def ending_of(name: str) -> str:
    """Give a file's ending in lower case."""
    return os.path.splitext(name)[1].lower()


def _lowered(name: str) -> str:
    stem, ending = os.path.splitext(name_of(name))
    return stem + ending.lower()


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold().strip()
