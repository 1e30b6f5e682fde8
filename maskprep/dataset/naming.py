"""How masks are named after images: one change of names that explains a whole set."""

from __future__ import annotations

import os
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

#: Part of the masks that one change must explain before it is believed, and the fewest masks.
SHARE, FEWEST = 0.9, 2
#: Masks that changes are looked for in; all are asked afterwards.
_LOOKED_AT = 48
#: Changes that are tried on all masks, the most usual first.
_TRIED = 6
#: Knuth's multiplier: its multiples fall evenly, and in no step.
_SCATTER = 2654435761
#: Words that say of a name that it is a mask's; they may stand without a sign before them.
_WORDS = re.compile(
    r"mask|matte|alpha|segment|label|cutout|(?<![^\W_])(?:seg|gt)(?![^\W_])|マスク|蒙版|蒙板|遮罩|掩膜|掩码",
    re.IGNORECASE,
)
#: Signs between words that tools write one for the other.
_SIGNS = re.compile(r"[\s_.\-]+")
#: What Roboflow puts behind a name, anew at each export.
_ROBOFLOW = re.compile(r"\.rf\.[0-9a-z]{6,}", re.IGNORECASE)
_ZEROS = re.compile(r"(?<!\d)0+(?=\d)")
_NUMBER = re.compile(r"\d+")


@dataclass(frozen=True)
class Naming:
    """What the masks of a set are called.

    Attributes
    ----------
    words : str
        How, for people: ``<image>_mask.png``.
    image_of : mapping of str to str
        The image's name for each mask's, one to one.
    is_marked : bool
        Whether what makes the masks' names says that they are masks.
    """

    words: str
    image_of: Mapping[str, str]
    is_marked: bool = False


@dataclass(frozen=True)
class Parts:
    """Several masks of one image each, such as one an object.

    Attributes
    ----------
    masks_of : mapping of str to tuple of str
        The masks' names for each image's.
    """

    masks_of: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


class _Change(NamedTuple):
    """What stands before and behind the image's name in the mask's."""

    before: str
    behind: str


class _View(NamedTuple):
    """How names are looked at: what is made of both, and what of an image's counts."""

    fold: Callable[[str], str]
    part: str  # of the image's name: "stem", "name" with its ending, "core" that varies
    words: str


def find_naming(
    masks: Sequence[str], images: Sequence[str], others: Sequence[str] = ()
) -> Naming | None:
    """Find the one change that leads from images' names to masks' names.

    Parameters
    ----------
    masks : sequence of str
        Names of masks of no image, with their endings; ``/`` parts folders.
    images : sequence of str
        Names of images that lack their mask, with their endings.
    others : sequence of str
        Names of images that have their mask: nothing may lead to them.

    Returns
    -------
    Naming or None
        None where no change explains at least nine in ten of the masks, and two of them, one to
        one; or where two changes do that in different ways.

    Notes
    -----
    Linear in the number of names: changes are looked for in some of the masks, and counted in all.

    Examples
    --------
    >>> find_naming(["a_mask.png", "b_mask.png"], ["a.jpg", "b.jpg"]).words
    '<image>_mask.png'
    >>> find_naming(["a10.png", "a20.png"], ["a1.jpg", "a2.jpg"])
    """
    if len(masks) < FEWEST or len(images) < FEWEST:
        return None
    best: Naming | None = None
    for view in _VIEWS:
        found = _seen_so(view, masks, images, others)
        if found is not None and (best is None or len(found.image_of) > len(best.image_of)):
            best = found
        if best is not None and len(best.image_of) == min(len(masks), len(images)):
            break
    return best or _by_numbers(masks, images, others)


def find_parts(
    masks: Sequence[str], images: Sequence[str], others: Sequence[str] = ()
) -> Parts | None:
    """Find the images whose names the masks' names contain, where an image has several.

    Parameters
    ----------
    masks, images, others
        As in `find_naming`.

    Returns
    -------
    Parts or None
        None where nine in ten of the masks cannot be told to be of one image each, nine in ten
        of the images have none, or none has several.

    Examples
    --------
    >>> find_parts(["a-head.png", "a-body.png"], ["a.jpg"]).masks_of
    {'a.jpg': ('a-head.png', 'a-body.png')}
    """
    table = _table(map(_stem, images), images, map(_stem, others))
    found: dict[str, list[str]] = defaultdict(list)
    for mask in masks:
        keys = {key for _, key in _held(_stem(mask), table)}
        longest = max(keys, key=len, default="")
        image = table.get(longest)
        if image is not None and all(key in longest for key in keys):
            found[image].append(mask)
    explained = sum(map(len, found.values()))
    if explained < max(FEWEST, SHARE * len(masks)) or len(found) < SHARE * len(images):
        return None
    if explained == len(found):
        return None
    return Parts({image: tuple(names) for image, names in found.items()})


def find_beside(names: Sequence[str]) -> Naming | None:
    """Find masks among the images that they belong to.

    Parameters
    ----------
    names : sequence of str
        Names of pictures in one folder, with their endings.

    Returns
    -------
    Naming or None
        None where no change leads from nine in ten of the pictures to the others, two of them at
        least; where the change says that it makes masks, half of them are enough.

    Examples
    --------
    >>> find_beside(["a.jpg", "a-masklabel.png", "b.jpg", "b-masklabel.png"]).image_of
    {'a-masklabel.png': 'a.jpg', 'b-masklabel.png': 'b.jpg'}
    """
    stems = [_stem(name) for name in names]
    table = _table(stems, names, ())
    usual: Counter[_Change] = Counter()
    for stem in _spread(stems, 4 * _LOOKED_AT):
        usual.update(change for change, key in _held(stem, table) if key != stem)
    for change, _ in usual.most_common(_TRIED):
        image_of = dict(_explained(change, stems, names, table))
        image_of = {m: i for m, i in image_of.items() if i not in image_of}
        rest = len(names) - len(image_of)
        is_marked = _WORDS.search(" ".join(change)) is not None
        if len(image_of) >= max(FEWEST, (0.5 if is_marked else SHARE) * rest):
            words = "<image>".join(change) + _ending(image_of)
            return Naming(words, image_of, is_marked)
    return None


def _seen_so(
    view: _View, masks: Sequence[str], images: Sequence[str], others: Sequence[str]
) -> Naming | None:
    affixes = _constant_affixes([_stem(each) for each in (*images, *others)])
    if view.part == "core" and not any(affixes):
        return None

    def key(name: str) -> str:
        stem = name if view.part == "name" else _stem(name)
        return view.fold(_without(stem, affixes) if view.part == "core" else stem)

    table = _table(map(key, images), images, map(key, others))
    folded = [view.fold(_stem(each)) for each in masks]
    usual: Counter[_Change] = Counter()
    for stem in _spread(folded, _LOOKED_AT):
        usual.update(change for change, _ in _held(stem, table))
    believed: list[tuple[_Change, dict[str, str]]] = []
    for change, _ in usual.most_common(_TRIED):
        if view.part == "core" and _wording(change) == _wording(affixes):
            continue  # another number, or nothing: another day, another shot
        image_of = _one_to_one(_explained(change, folded, masks, table))
        keys = {name: key(name) for name in images}
        if _is_believed(view, image_of, masks, keys):
            believed.append((change, image_of))
    if not believed or any(pairs != believed[0][1] for _, pairs in believed[1:]):
        return None
    change, image_of = believed[0]
    is_marked = _WORDS.search(" ".join(change)) is not None
    return Naming(_told(view, change, masks), image_of, is_marked)


def _is_believed(
    view: _View, image_of: Mapping[str, str], masks: Sequence[str], keys: Mapping[str, str]
) -> bool:
    if len(image_of) < max(FEWEST, SHARE * len(masks)):
        return False
    by_number = all(key.isdecimal() for key in keys.values())
    if (by_number or view.part == "core") and len(image_of) < len(masks):
        return False
    if view.part != "core":
        return True
    # What two names have in common may be no more than their order, and that may begin elsewhere.
    if len(image_of) < SHARE * len(keys):
        return False
    paired = [keys[image] for image in image_of.values()]
    return not by_number or _ends(paired) == _ends(keys.values())


def _ends(numbers: Iterable[str]) -> tuple[int, int]:
    listed = [int(number) for number in numbers]
    return min(listed), max(listed)


def _by_numbers(
    masks: Sequence[str], images: Sequence[str], others: Sequence[str]
) -> Naming | None:
    """Pair by numbers alone, where all else is constant, and every name finds its like."""
    of_masks, of_images = _numbers(masks), _numbers((*images, *others))
    if of_masks is None or of_images is None or len(masks) != len(images):
        return None
    if _NUMBER.sub("0", _stem(masks[0])) == _NUMBER.sub("0", _stem(images[0])):
        return None  # the same words with another number between them: another day, another shot
    wanting = dict(zip(of_images[: len(images)], images, strict=True))
    taken = set(of_images[len(images) :])
    if len(set(of_masks)) < len(masks) or set(of_masks) != wanting.keys() or taken & set(of_masks):
        return None
    pairs = {mask: wanting[number] for mask, number in zip(masks, of_masks, strict=True)}
    return Naming("with the image's number", pairs)


def _numbers(names: Sequence[str]) -> list[tuple[int, ...]] | None:
    """List what varies in names that are the same but for numbers; None where they are not."""
    stems = [_stem(name) for name in names]
    if len({_NUMBER.sub("0", stem) for stem in stems}) != 1:
        return None
    columns = list(zip(*([int(n) for n in _NUMBER.findall(stem)] for stem in stems), strict=True))
    varying = [column for column in dict.fromkeys(columns) if len(set(column)) > 1]
    return list(zip(*varying, strict=True)) if varying else None


def _table(
    keys: Iterable[str], images: Iterable[str], taken: Iterable[str]
) -> dict[str, str | None]:
    """Give the image of each key; None where it is of several, or of one that has its mask."""
    table: dict[str, str | None] = {}
    for key, image in zip(keys, images, strict=True):
        table[key] = None if key in table else image
    table.update(dict.fromkeys(taken))
    table.pop("", None)
    return table


def _held(stem: str, table: Mapping[str, str | None]) -> Iterator[tuple[_Change, str]]:
    """Tell which keys stand in a name, apart from what is around them."""
    joints = _Joints(stem)
    ends = [end for end in range(len(stem), 0, -1) if joints.behind(end)]
    for start in (start for start in range(len(stem)) if joints.before(start)):
        for end in ends:
            if end > start and (key := stem[start:end]) in table:
                yield _Change(stem[:start], stem[end:]), key


def _explained(
    change: _Change,
    stems: Iterable[str],
    names: Iterable[str],
    table: Mapping[str, str | None],
) -> Iterator[tuple[str, str]]:
    before, behind = change
    for stem, name in zip(stems, names, strict=True):
        end = len(stem) - len(behind)
        if end <= len(before) or not (stem.startswith(before) and stem.endswith(behind)):
            continue
        image = table.get(stem[len(before) : end])
        if image is None or image == name:
            continue
        joints = _Joints(stem)
        if joints.before(len(before)) and joints.behind(end):
            yield name, image


def _one_to_one(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    listed = list(pairs)
    uses = Counter(image for _, image in listed)
    return {mask: image for mask, image in listed if uses[image] == 1}


class _Joints:
    """Where a name can be taken apart.

    Not between letters and digits: a1 is not the image of a10, nor cat that of cat2 or cats. But
    catmask is the mask of cat.
    """

    def __init__(self, stem: str) -> None:
        self._stem = stem
        words = [match.span() for match in _WORDS.finditer(stem)]
        self._first_end = words[0][1] if words else len(stem)
        self._last_start = words[-1][0] if words else 0

    def before(self, start: int) -> bool:
        """Tell whether what begins there is a name of its own."""
        return start == 0 or self._is_joint(start, start >= self._first_end)

    def behind(self, end: int) -> bool:
        """Tell whether what ends there is."""
        return end == len(self._stem) or self._is_joint(end, 0 < end <= self._last_start)

    def _is_joint(self, place: int, is_marked: bool) -> bool:
        left, right = self._stem[place - 1], self._stem[place]
        if left.isalnum() and right.isalnum():
            return is_marked and not (left.isdigit() and right.isdigit())
        return not unicodedata.combining(right)


def _constant_affixes(stems: Sequence[str]) -> _Change:
    """Find what all names begin and end with, in whole words."""
    before = _common_start(stems)
    behind = _common_start([stem[::-1] for stem in stems])[::-1]
    while before and before[-1].isalnum():
        before = before[:-1]
    while behind and behind[0].isalnum():
        behind = behind[1:]
    fits = all(len(stem) > len(before) + len(behind) for stem in stems)
    return _Change(before, behind) if fits else _Change("", "")


def _common_start(names: Sequence[str]) -> str:
    first, last = min(names), max(names)
    differs = (at for at, pair in enumerate(zip(first, last, strict=False)) if len(set(pair)) > 1)
    return first[: next(differs, min(len(first), len(last)))]


def _wording(change: _Change) -> str:
    return _SIGNS.sub("", _NUMBER.sub("0", "".join(change)))


def _without(stem: str, affixes: _Change) -> str:
    return stem[len(affixes.before) : len(stem) - len(affixes.behind)]


def _spread(items: Sequence[str], count: int) -> Sequence[str]:
    """Take some items from all over; by even steps every other name may be a mask's, or none."""
    if len(items) <= count:
        return items
    places = dict.fromkeys(place * _SCATTER % len(items) for place in range(count))
    return [items[place] for place in places]


def _stem(name: str) -> str:
    return os.path.splitext(name)[0]


def _folded(stem: str) -> str:
    return unicodedata.normalize("NFKC", stem).casefold().strip()


def _unsigned(stem: str) -> str:
    return _SIGNS.sub("_", _folded(_ROBOFLOW.sub("", stem)))


def _unpadded(stem: str) -> str:
    return _ZEROS.sub("", _unsigned(stem))


def _told(view: _View, change: _Change, masks: Iterable[str]) -> str:
    image = {"stem": "<image>", "name": "<image>.<its ending>", "core": "<its part that varies>"}
    return image[view.part].join(change) + _ending(masks) + view.words


def _ending(names: Iterable[str]) -> str:
    endings = {os.path.splitext(name)[1] for name in names}
    return endings.pop() if len(endings) == 1 else ""


_FOLDS: tuple[tuple[Callable[[str], str], str], ...] = (
    (str, ""),
    (_folded, ", but for case or Unicode form"),
    (_unsigned, ", but for the signs between words"),
    (_unpadded, ", but for leading zeros"),
)
_VIEWS = tuple(
    _View(fold, part, words)
    for parts in (("stem", "name"), ("core",))
    for fold, words in _FOLDS
    for part in parts
)
