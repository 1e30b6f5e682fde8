"""The folders of a layout to come: which images go together, under which names."""

from __future__ import annotations

import os
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from maskprep.dataset.heap import Item, Pile
from maskprep.dataset.sorting import counted
from maskprep.dataset.wording import says_nothing
from maskprep.files.pathname import DEVICE

#: Folders of images that are kept apart; more of them become one, but for those that say repeats.
MOST = 12
_FORBIDDEN = '/\\:*?"<>|'
#: Bytes of a name: of the 255 that file systems take, endings and "_1024x1024_sdxl.npz" want some.
_LONGEST = 200


@dataclass(frozen=True)
class Named:
    """An image with what belongs to it, and what it will be called.

    Attributes
    ----------
    item : Item
        Where they lie.
    stem : str
        Their name to come, without ending.
    """

    item: Item
    stem: str


@dataclass(frozen=True)
class Lot:
    """Images that train alike, in one folder.

    Attributes
    ----------
    name : str
        Of its folder; empty for the only one.
    items : tuple of Named
        No two of one name, whatever case counts.
    is_regularisation : bool
        Whether they are regularisation images.
    """

    name: str
    items: tuple[Named, ...]
    is_regularisation: bool = False


def lots_of(
    piles: Sequence[Pile], root: str, says_repeats: Callable[[str], bool]
) -> tuple[list[Lot], list[str]]:
    """Lay piles out in folders.

    Parameters
    ----------
    piles : sequence of Pile
        A folder of images each.
    root : str
        What the root's own pile is called.
    says_repeats : callable
        Tells whether a folder's name says how often its images are shown: it is kept.

    Returns
    -------
    list of Lot
        In the piles' order.
    list of str
        What was named otherwise than it was, and by which rule; a line each.
    """
    told: list[str] = []

    def is_loose(pile: Pile) -> bool:
        return not (pile.is_regularisation or _repeating(pile.folder, says_repeats))

    loose = [each for each in piles if is_loose(each)]
    lots: list[Lot] = []
    if len(loose) > MOST:
        told.append(
            f"{len(loose)} folders of images become one: their names go before the images' names"
        )
        behind = "-others" if any(map(_has_masks, loose)) else ""
        for are_masked, name in ((True, safe(root)), (False, safe(root) + behind)):
            items = tuple(
                Named(item, _prefixed(pile.folder, item))
                for pile in loose
                if _has_masks(pile) is are_masked
                for item in pile.items
            )
            lots += [Lot(name, items)] if items else []
        piles = [each for each in piles if not is_loose(each)]
    lots = [_apart(each, told) for each in lots] + lots_apart(piles, root, says_repeats, told)
    if len(lots) == 1 and not says_repeats(lots[0].name) and not lots[0].is_regularisation:
        lots = [replace(lots[0], name="")]
    elif any(lot.name != pile.folder for lot, pile in zip(lots, piles, strict=False)):
        told.append("each folder of images becomes one of its own, with its own settings")
    return lots, told


def lots_apart(
    piles: Sequence[Pile], root: str, says_repeats: Callable[[str], bool], told: list[str]
) -> list[Lot]:
    """Give each pile a folder of its own, items in their order; add to `told` what is renamed."""
    names = _names([each.folder for each in piles], root, says_repeats)
    return [
        _apart(
            Lot(
                name,
                tuple(Named(item, safe(_stem(item.image))) for item in pile.items),
                pile.is_regularisation,
            ),
            told,
        )
        for pile, name in zip(piles, names, strict=True)
    ]


def lots_joined(piles: Sequence[Pile], root: str, told: list[str]) -> list[Lot]:
    """Put all images into one folder, those for regularisation into another, in their order."""
    lots = []
    for is_apart in (False, True):
        ours = [pile for pile in piles if pile.is_regularisation is is_apart]
        prefixed = len(ours) > 1
        items = tuple(
            Named(item, _prefixed(pile.folder, item) if prefixed else safe(_stem(item.image)))
            for pile in ours
            for item in pile.items
        )
        if prefixed:
            told.append(
                f"{len(ours)} folders of images become one: their names go before the images' names"
            )
        if items:
            lots.append(_apart(Lot("" if not is_apart else safe(root), items, is_apart), told))
    return lots


def safe(name: str) -> str:
    r"""Write a name so that every file system takes it, and it is one line.

    Examples
    --------
    >>> safe("a [1]"), safe("a\nb."), safe(".a"), safe("aux.x"), safe("contact")
    ('a [1]', 'a_b', '_a', 'aux_.x', 'contact')
    """
    kept = "".join("_" if each in _FORBIDDEN or not each.isprintable() else each for each in name)
    kept = kept.encode()[:_LONGEST].decode(errors="ignore").rstrip(". ") or "_"
    kept = DEVICE.sub(r"\1_", kept, count=1) if DEVICE.match(kept) else kept
    return f"_{kept[1:]}" if kept.startswith(".") else kept


def _names(folders: Sequence[str], root: str, says_repeats: Callable[[str], bool]) -> list[str]:
    found = [_named(each, root, says_repeats) for each in folders]
    uses = Counter(_folded(short) for short, _ in found)
    names: list[str] = []
    taken: set[str] = set()
    for short, whole in found:
        name = short if uses[_folded(short)] == 1 else whole
        again = 2
        while _folded(name) in taken:
            name, again = f"{whole}-{again}", again + 1
        taken.add(_folded(name))
        names.append(name)
    return names


def _named(folder: str, root: str, says_repeats: Callable[[str], bool]) -> tuple[str, str]:
    """Name a folder shortly, and by all of its path; what says repeats comes first."""
    parts = [safe(part) for part in folder.split("/") if part]
    first = next((place for place, part in enumerate(parts) if says_repeats(part)), None)
    if first is not None:
        inner = parts[first:]
        return safe("-".join(inner)), safe("-".join([*inner, *parts[:first]]))
    telling = [part for part in parts if not says_nothing(part)] or parts or [safe(root)]
    return safe("-".join(telling)), safe("-".join(parts or [safe(root)]))


def _apart(lot: Lot, told: list[str]) -> Lot:
    """Give images of one name other ones: their endings are put behind."""
    groups: defaultdict[str, list[Named]] = defaultdict(list)
    for each in lot.items:
        groups[_folded(each.stem)].append(each)
    taken = set(groups)
    items: list[Named] = []
    renamed: list[str] = []
    for each in lot.items:
        group = groups[_folded(each.stem)]
        if each is group[0]:
            items.append(each)
            continue
        ending = os.path.splitext(each.item.image)[1][1:].lower()
        stem, again = f"{each.stem}_{ending}", 2
        while _folded(stem) in taken:
            stem, again = f"{each.stem}_{ending}{again}", again + 1
        taken.add(_folded(stem))
        renamed.append(f"{os.path.basename(each.item.image)} as {stem}")
        items.append(replace(each, stem=stem))
    if renamed:
        told.append(
            f"{counted(len(renamed), 'image')} of another's name but for the ending, which goes"
            f" behind: {', '.join(renamed[:3])}{', …' if len(renamed) > 3 else ''}"
        )
    return replace(lot, items=tuple(items))


def _has_masks(pile: Pile) -> bool:
    return any(item.mask is not None for item in pile.items)


def _repeating(folder: str, says_repeats: Callable[[str], bool]) -> bool:
    return any(says_repeats(part) for part in folder.split("/") if part)


def _prefixed(folder: str, item: Item) -> str:
    return safe("_".join([*(part for part in folder.split("/") if part), _stem(item.image)]))


def _stem(path: str) -> str:
    return os.path.splitext(os.path.basename(path))[0]


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()
