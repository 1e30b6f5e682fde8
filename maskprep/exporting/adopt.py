"""From whatever tree people have to a layout that the trainer reads, and its configuration."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from maskprep.dataset.heap import UNUSED_ALPHA, WITHOUT, Heap, sort_out
from maskprep.dataset.sorting import counted
from maskprep.dataset.tree import read_tree
from maskprep.errors import MaskprepError
from maskprep.exporting.looked import Looked, look
from maskprep.exporting.lots import Lot, Named, lots_joined, lots_of
from maskprep.exporting.moves import NewSet, new_door
from maskprep.exporting.placing import Placing
from maskprep.model import MaskSource
from maskprep.running.parallel import Threads
from maskprep.running.progress import ProgressBar, no_bar
from maskprep.trainers.base import Trainer
from maskprep.trainers.layout import Layout
from maskprep.trainers.roles import WritesConfigurations

#: Part of a folder's images that must store an alpha, to be taken for its masks.
_ALPHA_SHARE = 0.5


def plan_adoption(
    folders: Sequence[str],
    output: Path,
    trainer: Trainer,
    *,
    whole: bool = False,
    progress_bar: ProgressBar = no_bar,
) -> NewSet:
    """Look at whatever folders people have, and plan a layout that the trainer reads.

    Parameters
    ----------
    folders : sequence of str
        On disk.
    output : Path
        A folder that is not there yet, or empty; in none of the others.
    trainer : Trainer
        Who is to train.
    whole : bool
        Whether images without a mask train whole; else they are left out.
    progress_bar : callable
        Shows how far looking is.

    Returns
    -------
    NewSet
        Nothing is written.

    Raises
    ------
    MaskprepError
        A folder cannot be read, `output` is refused, or there is nothing to train.
    """
    new_door(output, folders)
    heap = sort_out(read_tree(folders), trainer.sees, partial(_bare, trainer))
    return plan_heap(heap, folders, output, trainer, whole=whole, progress_bar=progress_bar)


def plan_heap(
    heap: Heap,
    folders: Sequence[str],
    output: Path,
    trainer: Trainer,
    *,
    whole: bool = False,
    progress_bar: ProgressBar = no_bar,
) -> NewSet:
    """Plan a layout of what has been sorted; see `plan_adoption`."""
    if not heap.piles:
        raise MaskprepError(f"{', '.join(folders)}: there is no picture in it")
    root = os.path.basename(os.path.abspath(folders[0])) or "images"
    told: list[str] = []
    if trainer.layout.one_folder:
        lots = lots_joined(heap.piles, root, told)
    else:
        lots, told = lots_of(heap.piles, root, partial(says_repeats, trainer))
    named = [each for lot in lots for each in lot.items]
    left = {why: list(paths) for why, paths in heap.left.items()}
    with progress_bar("looking at files", len(named)) as advance:
        looked = {}
        for each, seen in zip(
            named, Threads().in_order(named, partial(look, trainer=trainer)), strict=True
        ):
            looked[id(each)] = seen
            advance()
    layout = _Sorted(output, trainer.layout, whole, left)
    for lot in lots:
        layout.add(lot, [looked[id(each)] for each in lot.items])
    if not layout.moves:
        raise MaskprepError(_nothing(folders, heap, left))
    return NewSet(
        tuple(folders),
        output,
        tuple(layout.moves),
        tuple(layout.folders),
        (*_roots_told(heap), *heap.words, *layout.told, *told),
        {why: tuple(paths) for why, paths in layout.left.items() if paths},
        tuple(layout.lost(trainer.name)),
    )


def says_repeats(trainer: Trainer, name: str) -> bool:
    """Tell whether a folder's name says how often its images are shown."""
    return isinstance(trainer, WritesConfigurations) and trainer.named_repeats(name) is not None


def _bare(trainer: Trainer, name: str) -> str:
    named = trainer.named_repeats(name) if isinstance(trainer, WritesConfigurations) else None
    return name if named is None else named[1]


class _Sorted(Placing):
    """Files and folders to come, lot by lot, by what was found of each."""

    def __init__(
        self, output: Path, layout: Layout, whole: bool, left: dict[str, list[str]]
    ) -> None:
        super().__init__(output, layout, left)
        self._whole = whole

    def add(self, lot: Lot, looked: Sequence[Looked]) -> None:
        """Put a lot into its folders."""
        with_mask: list[tuple[Named, Looked]] = []
        others: list[tuple[Named, Looked]] = []
        masked = False
        for named, seen in zip(lot.items, looked, strict=True):
            trouble = seen.trouble or ("" if lot.is_regularisation else seen.mask_trouble)
            masked = masked or named.item.mask is not None
            if trouble:
                self.left[trouble].append(named.item.image)
            elif seen.mask is not None:
                with_mask.append((named, seen))
            else:
                others.append((named, seen))
        if lot.is_regularisation:
            self.place(lot, "regularisation", [*with_mask, *others], MaskSource.NONE)
            return
        alpha = sum(seen.has_alpha for _, seen in others)
        by_alpha = self.layout.alpha and not masked and others
        if by_alpha and alpha >= _ALPHA_SHARE * len(others):
            self.told.append(f"the masks of {_called(lot)} are the alpha of its images")
            self.place(lot, "images", others, MaskSource.ALPHA)
            return
        if self._whole and with_mask and not self.layout.needs_masks:
            with_mask, others = [*with_mask, *others], []
        self.place(lot, "images", with_mask, MaskSource.FILE)
        if self._whole:
            self.place(lot, "whole", others, MaskSource.NONE)
        else:
            for named, seen in others:
                reason = UNUSED_ALPHA if seen.has_alpha else WITHOUT
                self.left[reason].append(named.item.image)


def _called(lot: Lot) -> str:
    return lot.name or "the folder"


def _roots_told(heap: Heap) -> list[str]:
    count = sum(len(pile.items) for pile in heap.piles)
    where = ", ".join(
        f"{len(pile.items)} in {pile.folder or 'the folder itself'}" for pile in heap.piles[:4]
    )
    more = f", … ({len(heap.piles)} folders)" if len(heap.piles) > 4 else ""
    return [f"{counted(count, 'image')}: {where}{more}"]


def _nothing(folders: Sequence[str], heap: Heap, left: dict[str, list[str]]) -> str:
    count = sum(len(pile.items) for pile in heap.piles)
    reasons = Counter({why: len(paths) for why, paths in left.items() if paths})
    told = ", ".join(f"{why} ({number})" for why, number in reasons.most_common(3))
    reason = f" ({told})" if told else ""
    return (
        f"{', '.join(folders)}: no mask was found for its {counted(count, 'image')}{reason}: name"
        " masks as their images with _mask behind, or put them into a folder masks; images that"
        " have none train whole with --whole"
    )
