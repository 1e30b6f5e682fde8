"""Files and folders of a data set to come: where images, masks and captions go, and their names."""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

from maskprep.dataset.folders import ImageFolder
from maskprep.dataset.sorting import counted
from maskprep.exporting.looked import Looked, Planned
from maskprep.exporting.lots import Lot, Named
from maskprep.exporting.moves import CAPTION_ENDING, Move
from maskprep.model import MaskSource
from maskprep.trainers.layout import Layout


class Placing:
    """What has been placed so far, as one trainer wants it.

    Parameters
    ----------
    output : Path
        The folder of all.
    layout : Layout
        The trainer's.
    left : mapping of str to sequence of str
        Paths that are left out, by why.
    """

    def __init__(self, output: Path, layout: Layout, left: Mapping[str, Sequence[str]]) -> None:
        self.layout = layout
        self._output = output
        self.left: defaultdict[str, list[str]] = defaultdict(list)
        self.left.update({why: list(paths) for why, paths in left.items()})
        self.moves: list[Move] = []
        self.folders: list[ImageFolder] = []
        self.told: list[str] = []
        #: How many images have no caption.
        self.uncaptioned = 0

    def lost(self, trainer: str) -> Iterator[str]:
        """Tell what that trainer will not train of what is placed."""
        if self.layout.needs_captions and self.uncaptioned:
            told = counted(self.uncaptioned, "image")
            yield f"{told} without a caption: {trainer} leaves out what has none"

    def place(
        self,
        lot: Lot,
        kind: str,
        items: Sequence[tuple[Named, Looked]],
        source: MaskSource,
        repeats: int | None = None,
    ) -> None:
        """Put items of a lot into a folder of their own.

        Parameters
        ----------
        lot : Lot
            Whose name the folder gets.
        kind : str
            The folder in which that lies.
        items : sequence of (Named, Looked)
            Whose images could be read; none makes no folder.
        source : MaskSource
            Where their masks will be.
        repeats : int or None
            How often an epoch shows each image; None: as the folder's name says.
        """
        if not items:
            return
        images = self._output / kind / lot.name
        apart = source is MaskSource.FILE and not self.layout.beside
        masks = self._output / "masks" / lot.name if apart else images
        self.uncaptioned += sum(seen.caption is None for _, seen in items)
        for named, seen in items:
            assert seen.image is not None, "it could be read"
            name = f"{named.stem}{seen.image.ending}"
            self._move(named.item.image, images / name, seen.image)
            if source is MaskSource.FILE and seen.mask is not None:
                called = self.layout.mask_of(name)
                if self.layout.takes_kinds:
                    called = f"{os.path.splitext(called)[0]}{seen.mask.ending}"
                target = masks / called
                self._move(named.item.mask or named.item.image, target, seen.mask, is_mask=True)
            if seen.caption is not None:
                target = images / f"{named.stem}{CAPTION_ENDING}"
                write = partial(bytes, seen.caption)
                origin = named.item.caption or named.item.image
                self.moves.append(Move(origin, target, write, is_caption=True))
            if seen.caption_trouble and named.item.caption is not None:
                self.left[seen.caption_trouble].append(named.item.caption)
        self.folders.append(
            ImageFolder(
                str(images),
                source,
                str(masks) if apart else None,
                lot.is_regularisation,
                repeats,
            )
        )
        self.told += _changes(items, source)

    def _move(self, source: str, target: Path, planned: Planned, is_mask: bool = False) -> None:
        self.moves.append(Move(source, target, planned.make, planned.how, is_mask=is_mask))


def _changes(items: Sequence[tuple[Named, Looked]], source: MaskSource) -> Iterator[str]:
    images = [("image", seen.image) for _, seen in items if seen.image]
    masks = [("mask", seen.mask) for _, seen in items if seen.mask and source is MaskSource.FILE]
    told: Counter[tuple[str, str]] = Counter()
    for noun, each in (*images, *masks):
        told.update((noun, words) for words in (each.how, each.note) if words)
    for (noun, words), count in told.items():
        yield f"{counted(count, noun)} {words}"
