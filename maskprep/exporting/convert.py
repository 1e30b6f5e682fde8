"""From one trainer's layout to another's: masks as the one weighs them, where the other looks."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from maskprep.dataset.converted import has_mask
from maskprep.dataset.heap import WITHOUT, Item, Pile
from maskprep.dataset.listed import read_listing
from maskprep.dataset.outputs import data_folders
from maskprep.dataset.sample import Sample
from maskprep.dataset.samples import samples_of
from maskprep.dataset.sorting import counted
from maskprep.errors import MaskprepError
from maskprep.exporting.adopt import plan_heap, says_repeats
from maskprep.exporting.looked import Looked, caption_of
from maskprep.exporting.losses import losses_of, resolution_of
from maskprep.exporting.lots import Lot, Named, lots_apart, lots_joined
from maskprep.exporting.moves import NewSet, new_door
from maskprep.exporting.placing import Placing
from maskprep.exporting.turned import Turning
from maskprep.files import pathname
from maskprep.model import Dataset, MaskSource, ModelTraits, Pair, Subset, TrainingSet
from maskprep.running.parallel import Threads
from maskprep.running.progress import ProgressBar, no_bar
from maskprep.trainers.base import Trainer


@dataclass(frozen=True)
class _Group:
    """The images of one subset, each once in the whole set."""

    dataset: Dataset
    subset: Subset
    samples: tuple[Sample, ...]

    @property
    def folder(self) -> str:
        images = self.subset.images
        return pathname.dirname(self.samples[0].pair.image) if images is None else images.path


def plan_conversion(
    training_set: TrainingSet,
    output: Path,
    trainer: Trainer,
    model: ModelTraits,
    *,
    whole: bool = False,
    into_alpha: bool = False,
    progress_bar: ProgressBar = no_bar,
) -> NewSet:
    """Plan a data set for a trainer of one that is laid out for another.

    Parameters
    ----------
    training_set : TrainingSet
        As its own trainer finds it, on disk.
    output : Path
        A folder that is not there yet, or empty; in none of the set's.
    trainer, model
        Who is to train what.
    whole : bool
        Whether images that want a mask and have none train whole; else they are left out.
    into_alpha : bool
        Whether masks become the images' alpha; else they become files.
    progress_bar : callable
        Shows how far looking is.

    Returns
    -------
    NewSet
        Nothing is written.

    Raises
    ------
    MaskprepError
        `output` is refused, the trainer reads no alpha, or there is nothing to train.

    Notes
    -----
    Masks become 8-bit grey PNG files, or stay as they are where they are that. Where one trainer
    turns images by EXIF and the other does not, images are saved as the one sees them.
    """
    if into_alpha and not trainer.layout.alpha:
        raise MaskprepError(
            f"{trainer.title} reads no masks from the alpha: leave --into-alpha out"
        )
    pathname.refuse_remote(training_set.name)
    roots = tuple(map(str, data_folders(training_set)))
    new_door(output, roots).keep_out_of(training_set)
    groups, told = _groups(training_set)
    placing = Placing(output, trainer.layout, dict(_left(training_set)))
    turning = Turning(training_set.trainer, trainer, into_alpha)
    look = partial(_looked, turning=turning, whole=whole)
    count = sum(len(each.samples) for each in groups)
    with progress_bar("looking at files", count) as advance:
        for lot, samples, repeats in _lots(groups, training_set, trainer, told):
            items = []
            for named, seen in zip(lot.items, Threads().in_order(samples, look), strict=True):
                advance()
                if seen.trouble:
                    placing.left[seen.trouble].append(named.item.image)
                else:
                    items.append((named, seen))
            _place(placing, lot, items, turning, repeats)
    if not placing.moves:
        why = next(iter(placing.left), "there is no image in it")
        raise MaskprepError(f"{training_set.name}: nothing is left to be written: {why}")
    return NewSet(
        roots,
        output,
        tuple(placing.moves),
        tuple(placing.folders),
        (_summary(training_set, count), *told, *placing.told),
        {why: tuple(paths) for why, paths in placing.left.items() if paths},
        (*losses_of(training_set, trainer, model), *placing.lost(trainer.name)),
        resolution_of(training_set),
    )


def _lots(
    groups: Sequence[_Group], training_set: TrainingSet, trainer: Trainer, told: list[str]
) -> list[tuple[Lot, tuple[Sample, ...], int | None]]:
    """Lay groups out in folders: each with its samples, and how often they are shown."""
    piles = [_pile(each, groups) for each in groups]
    if not trainer.layout.one_folder:
        lots = lots_apart(piles, _root(training_set), partial(says_repeats, trainer), told)
        if len(lots) == 1:
            lots = [replace(lots[0], name="")]
        return [
            (lot, group.samples, group.subset.repeats)
            for lot, group in zip(lots, groups, strict=True)
        ]
    lots = lots_joined(piles, _root(training_set), told)
    of_kind = [
        tuple(
            sample
            for group in groups
            for sample in group.samples
            if group.subset.is_regularisation is lot.is_regularisation
        )
        for lot in lots
    ]
    return [(lot, samples, None) for lot, samples in zip(lots, of_kind, strict=True)]


def _place(
    placing: Placing,
    lot: Lot,
    items: Sequence[tuple[Named, Looked]],
    turning: Turning,
    repeats: int | None,
) -> None:
    if lot.is_regularisation:
        placing.place(lot, "regularisation", items, MaskSource.NONE, repeats)
    elif any(seen.mask is not None or seen.has_alpha for _, seen in items):
        source = MaskSource.ALPHA if turning.into_alpha else MaskSource.FILE
        filled = [(named, turning.filled(named.item.image, seen)) for named, seen in items]
        placing.place(lot, "images", filled, source, repeats)
    else:
        placing.place(lot, "whole", items, MaskSource.NONE, repeats)


def plan_listed(
    path: str,
    output: Path,
    trainer: Trainer,
    *,
    whole: bool = False,
    progress_bar: ProgressBar = no_bar,
) -> NewSet:
    """Plan a data set of what a file of JSON lines names; see `maskprep.dataset.listed`."""
    heap = read_listing(path)
    folders = {os.path.dirname(each) or os.curdir for each in _paths(heap.piles)}
    new_door(output, sorted(folders))
    roots = sorted(folders) or [path]
    return plan_heap(heap, roots, output, trainer, whole=whole, progress_bar=progress_bar)


def _paths(piles: Sequence[Pile]) -> Iterator[str]:
    for pile in piles:
        for item in pile.items:
            yield item.image
            if item.mask is not None:
                yield item.mask


def _looked(sample: Sample, turning: Turning, whole: bool) -> Looked:
    fresh = sample.seen_by(sample.trainer)  # its pixels go with it: memory stays flat
    pair = fresh.pair
    if fresh.stops:
        return Looked(trouble=f"an image at which the trainer stops: {fresh.stops[0].headline}")
    if pair.source is MaskSource.FILE and pair.mask is None and not whole:
        return Looked(trouble=WITHOUT)
    try:
        image, mask = turning.planned(fresh)
    except MaskprepError as error:
        return Looked(trouble=str(error).removeprefix(f"{pair.image}: "))
    caption, trouble = caption_of(pair.caption.path)
    if pair.caption.path is None and pair.caption.text:
        caption = pair.caption.text.encode("utf-8")
    in_alpha = turning.into_alpha and has_mask(fresh)
    return Looked(image, mask, caption, in_alpha, caption_trouble=trouble)


def _groups(training_set: TrainingSet) -> tuple[list[_Group], list[str]]:
    """Take each image once, with each of its masks."""
    seen: set[tuple[str, str | None, MaskSource]] = set()
    blocks = {(d.index, s.index): (d, s) for d in training_set.datasets for s in d.subsets}
    found: dict[tuple[int, int], list[Sample]] = {}
    again = 0
    for sample in samples_of(training_set):
        pair = sample.pair
        key = pathname.realpath(pair.image), pair.mask and pathname.realpath(pair.mask), pair.source
        again += key in seen
        if key not in seen:
            seen.add(key)
            found.setdefault((pair.dataset, pair.subset), []).append(sample)
    told = [f"{counted(again, 'image')} of several datasets: each is taken once"] if again else []
    return [_Group(*blocks[key], tuple(samples)) for key, samples in found.items()], told


def _pile(group: _Group, groups: Sequence[_Group]) -> Pile:
    folders = [pathname.absolute(each.folder) for each in groups]
    top = os.path.commonpath(folders)
    inside = os.path.relpath(pathname.absolute(group.folder), top).replace(os.sep, "/")
    items = tuple(_item(sample.pair) for sample in group.samples)
    return Pile("" if inside == os.curdir else inside, items, group.subset.is_regularisation)


def _item(pair: Pair) -> Item:
    return Item(pair.image, pair.mask, pair.caption.path)


def _root(training_set: TrainingSet) -> str:
    return pathname.stem(pathname.absolute(training_set.name)) or "images"


def _left(training_set: TrainingSet) -> Iterator[tuple[str, list[str]]]:
    subsets = [subset for each in training_set.datasets for subset in each.subsets]
    title = training_set.trainer.title
    yield f"an image that {title} does not see", [p for each in subsets for p in each.unseen]
    yield f"a mask that {title} does not see", [p for each in subsets for p in each.unseen_masks]
    yield "a regularisation image never reached", [p.image for each in subsets for p in each.unused]
    yield "a mask of no image", [path for each in subsets for path in each.extra_masks]
    shadowed = [path for each in subsets for more in each.shadowed_masks.values() for path in more]
    yield "a further mask of an image, never loaded", shadowed


def _summary(training_set: TrainingSet, count: int) -> str:
    pairs = [p for each in training_set.datasets for s in each.subsets for p in s.pairs]
    of_file = sum(pair.source is MaskSource.FILE and pair.mask is not None for pair in pairs)
    of_alpha = sum(pair.source is MaskSource.ALPHA for pair in pairs)
    sources = [f"{counted(of_file, 'mask file')}"] if of_file else []
    sources += [f"{of_alpha} with an alpha for mask"] if of_alpha else []
    told = f", {', '.join(sources)}" if sources else ""
    return f"{counted(count, 'image')} of {training_set.trainer.title}{told}"
