"""From whatever tree people have to a layout that the trainer reads, and its configuration."""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

from maskprep.dataset.folders import ImageFolder
from maskprep.dataset.heap import UNUSED_ALPHA, WITHOUT, Heap, sort_out
from maskprep.dataset.outputs import Outputs
from maskprep.dataset.sorting import counted
from maskprep.dataset.tree import read_tree
from maskprep.errors import MaskprepError
from maskprep.exporting.export import ExportedConfig, export_config, save_config
from maskprep.exporting.looked import Looked, Planned, look
from maskprep.exporting.lots import Lot, Named, lots_of
from maskprep.files.write import dated_like
from maskprep.model import MaskSource, ModelTraits
from maskprep.running.parallel import Threads
from maskprep.running.progress import ProgressBar, no_bar
from maskprep.trainers.base import Trainer, in_role
from maskprep.trainers.roles import WritesConfigurations

_CAPTION_ENDING = ".txt"
#: Part of a folder's images that must store an alpha, to be taken for its masks.
_ALPHA_SHARE = 0.5

Kind = Literal["images", "masks"]


@dataclass(frozen=True)
class Move:
    """One file of the layout to come.

    Attributes
    ----------
    source : str
        What it is made of.
    target : Path
        Where it goes.
    make : callable or None
        Its content; None where it is the source as it is.
    how : str
        In which way it is changed; empty where it is not.
    is_caption : bool
        Whether it is text.
    """

    source: str
    target: Path
    make: Callable[[], bytes] | None = None
    how: str = ""
    is_caption: bool = False


@dataclass(frozen=True)
class Adoption:
    """What is going to be done with a tree.

    Attributes
    ----------
    roots : tuple of str
        The folders that are adopted.
    output : Path
        The folder to be made.
    moves : tuple of Move
        Every file to be written, but the configuration.
    folders : tuple of ImageFolder
        What the configuration will name.
    told : tuple of str
        What was taken for what, and why; a line each.
    left : mapping of str to tuple of str
        Paths that are left out, by why.
    """

    roots: tuple[str, ...]
    output: Path
    moves: tuple[Move, ...]
    folders: tuple[ImageFolder, ...]
    told: tuple[str, ...]
    left: dict[str, tuple[str, ...]]


def plan_adoption(
    folders: Sequence[str],
    output: Path,
    trainer: Trainer,
    *,
    whole: bool = False,
    progress_bar: ProgressBar = no_bar,
) -> Adoption:
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
    Adoption
        Nothing is written.

    Raises
    ------
    MaskprepError
        A folder cannot be read, `output` is refused, or there is nothing to train.
    """
    writer = in_role(trainer, WritesConfigurations)

    def bare(name: str) -> str:
        named = writer.named_repeats(name)
        return name if named is None else named[1]

    _door(output, folders)
    tree = read_tree(folders)
    heap = sort_out(tree, trainer.sees, bare)
    if not heap.piles:
        raise MaskprepError(f"{', '.join(folders)}: there is no picture in it")
    root = os.path.basename(os.path.abspath(folders[0])) or "images"
    lots, told = lots_of(heap.piles, root, lambda name: writer.named_repeats(name) is not None)
    named = [each for lot in lots for each in lot.items]
    left = {why: list(paths) for why, paths in heap.left.items()}
    with progress_bar("looking at files", len(named)) as advance:
        looked = {}
        for each, seen in zip(
            named, Threads().in_order(named, partial(look, sees=trainer.sees)), strict=True
        ):
            looked[id(each)] = seen
            advance()
    layout = _Layout(output, whole, left)
    for lot in lots:
        layout.add(lot, [looked[id(each)] for each in lot.items])
    if not layout.moves:
        raise MaskprepError(_nothing(folders, heap, left))
    return Adoption(
        tuple(folders),
        output,
        tuple(layout.moves),
        tuple(layout.folders),
        (*_roots_told(heap), *heap.words, *layout.told, *told),
        {why: tuple(paths) for why, paths in layout.left.items() if paths},
    )


def carry_out_adoption(
    adoption: Adoption,
    trainer: Trainer,
    model: ModelTraits,
    *,
    copy: bool = False,
    progress_bar: ProgressBar = no_bar,
) -> ExportedConfig:
    """Write the layout and its configuration, read back and checked.

    Parameters
    ----------
    adoption : Adoption
        As planned.
    trainer, model
        Who is to train what.
    copy : bool
        Whether files that stay as they are become copies, and not hard links.
    progress_bar : callable
        Shows how far writing, then checking is.

    Returns
    -------
    ExportedConfig
        Written, also where the run would stop still: its `obstacles` say why.

    Raises
    ------
    MaskprepError
        A file cannot be written; what has been written stays.
    """
    outputs = _door(adoption.output, adoption.roots)
    for folder in sorted({move.target.parent for move in adoption.moves}):
        outputs.admit_folder(folder)
    write = partial(_write, outputs, copy)
    try:
        with progress_bar("writing files", len(adoption.moves)) as advance:
            for _ in Threads().in_order(adoption.moves, write):
                advance()
        config = export_config(
            adoption.folders,
            trainer,
            model,
            output=str(adoption.output / _config_name(trainer)),
            progress_bar=progress_bar,
        )
        save_config(config, force=True)
    except KeyboardInterrupt:
        raise MaskprepError(
            f"{adoption.output}: interrupted: remove it, and run it again"
        ) from None
    return config


def _config_name(trainer: Trainer) -> str:
    return f"dataset{in_role(trainer, WritesConfigurations).config_ending}"


def _door(output: Path, roots: Sequence[str]) -> Outputs:
    outputs = Outputs()
    try:
        outputs.admit_folder(output)
    except MaskprepError as error:
        raise MaskprepError(str(error).replace(", or add --overwrite", "")) from None
    outputs.keep_out_of_folders([Path(root) for root in roots])
    return outputs


def _write(outputs: Outputs, copy: bool, move: Move) -> None:
    if move.make is None:
        outputs.bring(move.target, Path(move.source), copy=copy)
        return
    outputs.write(move.target, move.make())
    dated_like(Path(move.source), move.target)


class _Layout:
    """Files and folders to come, lot by lot."""

    def __init__(self, output: Path, whole: bool, left: dict[str, list[str]]) -> None:
        self._output, self._whole = output, whole
        self.left: defaultdict[str, list[str]] = defaultdict(list, left)
        self.moves: list[Move] = []
        self.folders: list[ImageFolder] = []
        self.told: list[str] = []

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
            self._place(lot, "regularisation", [*with_mask, *others], MaskSource.NONE)
            return
        alpha = sum(seen.has_alpha for _, seen in others)
        if not masked and others and alpha >= _ALPHA_SHARE * len(others):
            self.told.append(f"the masks of {_called(lot)} are the alpha of its images")
            self._place(lot, "images", others, MaskSource.ALPHA)
            return
        self._place(lot, "images", with_mask, MaskSource.FILE)
        if self._whole:
            self._place(lot, "whole", others, MaskSource.NONE)
        else:
            for named, seen in others:
                reason = UNUSED_ALPHA if seen.has_alpha else WITHOUT
                self.left[reason].append(named.item.image)

    def _place(
        self, lot: Lot, kind: str, items: Sequence[tuple[Named, Looked]], source: MaskSource
    ) -> None:
        if not items:
            return
        images = self._output / kind / lot.name
        masks = self._output / "masks" / lot.name if source is MaskSource.FILE else None
        for named, seen in items:
            assert seen.image is not None, "it could be read"
            self._move(named.item.image, images, named.stem, seen.image)
            if masks is not None and seen.mask is not None:
                self._move(named.item.mask or "", masks, named.stem, seen.mask)
            if seen.caption is not None and named.item.caption is not None:
                target = images / f"{named.stem}{_CAPTION_ENDING}"
                write = partial(bytes, seen.caption)
                self.moves.append(Move(named.item.caption, target, write, is_caption=True))
            if seen.caption_trouble and named.item.caption is not None:
                self.left[seen.caption_trouble].append(named.item.caption)
        self.folders.append(
            ImageFolder(
                str(images),
                source,
                None if masks is None else str(masks),
                lot.is_regularisation,
            )
        )
        self.told += _changes(items, source)

    def _move(self, source: str, folder: Path, stem: str, planned: Planned) -> None:
        target = folder / f"{stem}{planned.ending}"
        self.moves.append(Move(source, target, planned.make, planned.how))


def _changes(items: Sequence[tuple[Named, Looked]], source: MaskSource) -> Iterator[str]:
    images = [("image", seen.image) for _, seen in items if seen.image]
    masks = [("mask", seen.mask) for _, seen in items if seen.mask and source is MaskSource.FILE]
    told: Counter[tuple[str, str]] = Counter()
    for noun, each in (*images, *masks):
        told.update((noun, words) for words in (each.how, each.note) if words)
    for (noun, words), count in told.items():
        yield f"{counted(count, noun)} {words}"


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
