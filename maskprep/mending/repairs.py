"""The work of fixes: one function a rule, by the jobs that people run by hand."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maskprep import raster
from maskprep.dataset.growth import TARGET
from maskprep.dataset.misnamed import Misnamed, misnamed, unmarked, unseen_beside, wanted_mask
from maskprep.editing.dilate import dilate
from maskprep.editing.extract import Extracted, extract
from maskprep.editing.picture import read_to_rewrite
from maskprep.editing.plan import Carried, Destination, Effect, Made, Task, carry_out
from maskprep.errors import MaskprepError, UnreadableImageError
from maskprep.files import pathname, storage
from maskprep.masks import hidden
from maskprep.masks.channels import decide, judge_stored, read
from maskprep.masks.depth import to_eight_bits
from maskprep.masks.fringe import fringe_of
from maskprep.masks.morphology import inverted
from maskprep.masks.tones import coverage, stretch
from maskprep.masks.values import judge
from maskprep.model import MaskSource, Pair, Subset, TrainingSet
from maskprep.raster import Mask
from maskprep.raster.rewrite import ending_of_kind, picture_as_png, several

#: Beside masks of 0 and 1 one paint from here on is faint, and no label.
_LEAST_FAINT = 16

Paths = Sequence[str]
Repair = Callable[[TrainingSet, Paths, Destination], Carried[Any]]


#: What mends the findings of each rule that has a fix.
REPAIRS: dict[str, Repair] = {}


def repairs(*rules: str) -> Callable[[Repair], Repair]:
    """Make a function the repair of rules, by their names; it stays as it is."""

    def mark(repair: Repair) -> Repair:
        REPAIRS.update(dict.fromkeys(rules, repair))
        return repair

    return mark


@repairs("toml-misread")
def _write_readably(found: TrainingSet, paths: Paths, place: Destination) -> Carried[Any]:
    return _respelled("toml-misread", found, paths, place)


@repairs("path-escapes")
def _write_paths(found: TrainingSet, paths: Paths, place: Destination) -> Carried[Any]:
    return _respelled("path-escapes", found, paths, place)


@repairs("near-miss-name")
def _rename_near_misses(found: TrainingSet, paths: Paths, place: Destination) -> Carried[Any]:
    tasks: list[Task[Any]] = []
    for subset in _subsets(found):
        other = misnamed(subset)
        if subset.masks is not None and subset.masks.path in paths:
            if other.parts_of or other.is_nested:
                tasks.append(_refused(subset.masks.path, _not_renamed(other)))
            else:
                tasks += [_renamed(mask, image) for mask, image in other.image_of.items()]
        tasks += [_renamed(mask, image) for mask, image in other.alone.items() if mask in paths]
    return carry_out(tasks, found, place)


def _renamed(mask: str, image: str) -> Task[str]:
    return _moved(mask, Path(mask).with_name(Path(image).stem + Path(mask).suffix))


def _not_renamed(other: Misnamed) -> str:
    told = "several masks of one image" if other.parts_of else "masks in sub-folders"
    return f"{told} are not renamed: maskprep extract … --output DIR writes one for each image"


@repairs("extension-ignored")
def _make_visible(found: TrainingSet, paths: Paths, place: Destination) -> Carried[Any]:
    tasks, masks = [], []
    for subset in _subsets(found):
        stems = {Path(pair.image).stem: pair.image for pair in subset.missing}
        seen = {Path(pair.image).stem for pair in subset.entire.pairs}
        unseen = (*subset.unseen, *subset.unseen_masks)
        alike = Counter(map(_named, unseen))
        for path in (each for each in unseen if each in paths):
            if path in subset.unseen and not seen.isdisjoint(
                (stem := Path(path).stem, unmarked(stem))
            ):
                continue  # a working file beside its export, or a mask: no image
            ending = _visible_ending(path, found)
            if alike[_named(path)] > 1:
                rivals = ", ".join(
                    Path(each).name for each in unseen if _named(each) == _named(path)
                )
                tasks.append(_refused(path, f"one of {rivals} counts: take the others out"))
            elif ending is not None:
                tasks.append(_moved(path, Path(path).with_suffix(ending)))
            elif path in subset.unseen:
                tasks.append(_task(path, partial(_as_png, path)))
            elif Path(path).stem not in stems:
                continue
            elif doubt := _doubt(path):
                tasks.append(_refused(path, doubt))
            else:
                masks.append(stems[Path(path).stem])
    moved = carry_out(tasks, found, place)
    return _both(moved, _of_files(found, masks, place, channel="auto"))


def _named(path: str) -> str:
    return str(Path(path).with_suffix(""))


def _visible_ending(path: str, found: TrainingSet) -> str | None:
    """Name the ending under which a file would be seen; None where its kind is none of them."""
    lower = Path(path).suffix.lower()
    try:
        endings = [lower, ending_of_kind(raster.read_header(path))]
    except UnreadableImageError:
        return None
    return next((each for each in endings if each and found.trainer.sees(f"a{each}")), None)


def _doubt(path: str) -> str:
    """Tell what had to be guessed to make a mask of a file; empty where nothing has to be."""
    try:
        pixels = raster.read_stored(path)
    except UnreadableImageError as error:
        return str(error).removeprefix(f"{path}: ")
    if pixels.pages > 1:
        return f"{several(pixels.pages)}: save the one that is the mask as PNG"
    choice = decide(pixels)
    if choice.refused:
        return f"{choice.why}: {choice.refused}"
    lone = choice.reading == "labels" and len(judge_stored(pixels, read(pixels, "r")[0]).labels) < 2
    if (choice.reading == "r" and not choice.is_paint) or (lone and pixels.rgb is None):
        return ""
    return f"its shape has to be guessed ({choice.why}): maskprep extract --from auto takes it"


def _as_png(path: str) -> Made[str]:
    return Made(picture_as_png(path), "")


@repairs("mask-missing")
def _paint_missing(found: TrainingSet, paths: Paths, place: Destination) -> Carried[Any]:
    tasks: list[Task[Any]] = []
    for subset in _subsets(found):
        why, beside = _why_not_white(subset), unseen_beside(subset)
        there = {Path(path).stem: path for path in subset.unseen_masks}
        for pair in (each for each in subset.missing if each.image in paths):
            target = Path(wanted_mask(subset, pair))
            work = partial(_white_mask, pair)
            white: Task[Any] = Task(pair.image, target, work, (), Effect.ADD)
            other = beside.get(pair.image) or there.get(Path(pair.image).stem)
            told = f"no white mask is made, {other} may be its mask" if other else why
            tasks.append(_refused(pair.image, told) if told else white)
    return carry_out(tasks, found, place)


def _why_not_white(subset: Subset) -> str:
    """Tell why no white masks are made: those that are missing may be there under other names."""
    other = misnamed(subset)
    if not other.may_be_left:
        return ""
    where = f"{len(other.left)} masks of no image lie in the mask folder"
    return f"no white mask is made, {where}: rename them after their images, or move them out"


@repairs("mask-16bit")
def _scale_depth(found: TrainingSet, paths: Paths, place: Destination) -> Carried[Any]:
    labels = {path: told for path in paths if (told := _deep_labels(path))}
    refused = carry_out([_refused(*each) for each in labels.items()], found, place)
    tones = set(paths) - set(labels)
    scaled = extract(_part(found, tones), place, channel="r") if tones else Carried(())
    return Carried((*refused.outcomes, *scaled.outcomes), scaled.backups)


def _deep_labels(path: str) -> str:
    try:
        pixels = raster.read_stored(path)
    except UnreadableImageError:
        return ""  # told where it is to be scaled
    judged = judge_stored(pixels, read(pixels, "r")[0])
    if not judged.labels:
        return ""
    return f"is {judged.why.split(':')[0]}: say which train, maskprep extract --label N"


@repairs("image-16bit")
def _scale_image(found: TrainingSet, paths: Paths, place: Destination) -> Carried[Any]:
    return carry_out([_task(path, partial(_at_eight_bits, path)) for path in paths], found, place)


@repairs("mask-palette-blank", "mask-label-map")
def _whiten_label(found: TrainingSet, paths: Paths, place: Destination) -> Carried[Any]:
    carriers = _carriers(found)
    own = [path for path in paths if path not in carriers]
    several = _labels_of((*own, *_labelled_beside(found)))

    def label_of(path: str) -> Made[Extracted]:
        labels = several[pathname.dirname(path)]
        _refuse_several(path, labels)
        stored = raster.read_stored(path)
        mask = raster.read_mask(path, "r").mask
        values = np.asarray(stored.numbers if stored.numbers is not None else mask)
        if int(values.max()) not in labels:
            raise MaskprepError(
                f"{path}: its only paint is {values.max():g}, that of its set is 1: if it is meant,"
                f" maskprep extract --above 0 makes both white"
            )
        if (values > 0).all():
            raise MaskprepError(f"{path}: holds its label all over: there is no shape in it")
        white = _white_above_zero(values)
        row = Extracted("labels", "", coverage(mask), coverage(white))
        return Made(raster.encode_mask(white), row)

    def in_alpha(path: str) -> Made[Extracted]:
        _refuse_several(path, judge(raster.read_mask(path, "alpha").mask).labels)
        return _with_alpha(path, _white_above_zero)

    return _of_both(label_of, in_alpha, found, paths, place)


def _white_above_zero(values: NDArray[Any]) -> Mask:
    white: Mask = np.where(values > 0, np.uint8(255), np.uint8(0))
    return white


def _refuse_several(path: str, labels: Collection[float]) -> None:
    if len(labels) > 1:
        told = ", ".join(f"{label:g}" for label in sorted(labels)[:5])
        raise MaskprepError(
            f"{path}: its set holds the labels {told}: say which train, maskprep extract --label N"
        )


def _labelled_beside(found: TrainingSet) -> Iterator[str]:
    """List label maps of the pairs that were not chosen."""
    chosen = {pair.mask for pair in found.pairs}
    for pair in found.entire.pairs:
        if pair.source is MaskSource.FILE and pair.mask is not None and pair.mask not in chosen:
            with suppress(UnreadableImageError):
                if judge(raster.read_mask(pair.mask, "r").mask).labels:
                    yield pair.mask


def _labels_of(paths: Iterable[str]) -> dict[str, set[float]]:
    """Gather the labels of each folder: a number is the same class in all of its files."""
    held: dict[str, list[set[float]]] = {}
    for path in paths:
        own = held.setdefault(pathname.dirname(path), [])
        with suppress(UnreadableImageError):  # told where the file itself is mended
            stored = raster.read_stored(path)
            values = stored.numbers if stored.numbers is not None else stored.red
            own.append(set(np.unique(values[values > 0]).tolist() if values is not None else ()))
    return {folder: _without_faint(each) for folder, each in held.items()}


def _without_faint(held: Sequence[set[float]]) -> set[float]:
    """Join the labels of a folder's files; beside masks of 0 and 1 a lone larger paint is none."""
    labels = set().union(*held)
    ones = held.count({1.0})
    lone = all(len(each) <= 1 for each in held)
    is_faint = lone and 2 * ones > len(held) and min(labels - {1.0}, default=0) >= _LEAST_FAINT
    return {1.0} if is_faint else labels


@repairs("mask-faint", "ground-trains")
def _stretch(found: TrainingSet, paths: Paths, place: Destination) -> Carried[Any]:
    def stretched(mask: Mask) -> Mask:
        levels = judge(mask).levels
        if levels is None:
            raise MaskprepError("has changed since it was checked")
        return stretch(mask, *levels)

    def of_file(path: str) -> Made[Extracted]:
        mask = raster.read_mask(path, "r").mask
        after = stretched(mask)
        row = Extracted("r", "", coverage(mask), coverage(after))
        return Made(raster.encode_mask(after), row)

    return _of_both(of_file, partial(_with_alpha, change=stretched), found, paths, place)


@repairs("mask-palette", "mask-coloured", "mask-alpha-ignored")
def _find_shape(found: TrainingSet, paths: Paths, place: Destination) -> Carried[Any]:
    return extract(_part(found, paths), place, channel="auto")


@repairs("caption-bom")
def _strip_bom(found: TrainingSet, paths: Paths, place: Destination) -> Carried[Any]:
    return _rewritten(found, paths, place, lambda text: text.lstrip("\ufeff"))


@repairs("caption-blank-first-line")
def _strip_blank_lines(found: TrainingSet, paths: Paths, place: Destination) -> Carried[Any]:
    return _rewritten(found, paths, place, lambda text: text.lstrip(" \t\r\n\u3000"))


@repairs("mask-size-mismatch")
def _resize_mask(found: TrainingSet, paths: Paths, place: Destination) -> Carried[Any]:
    # A mask may be coloured, too: R alone would lose its shape for good.
    return _of_files(found, paths, place, channel="auto", resize=True)


@repairs("hidden-colour")
def _fill_hidden(found: TrainingSet, paths: Paths, place: Destination) -> Carried[Any]:
    def filled(path: str) -> Made[Extracted]:
        rgba, beside = read_to_rewrite(path, raster.read_header(path))
        alpha = np.ascontiguousarray(rgba[..., 3])
        colours = hidden.fill_hidden(np.ascontiguousarray(rgba[..., :3]), alpha, "edge")
        if fringe_of(colours, alpha) is not None:
            raise MaskprepError(
                f"{path}: its hidden colour would still differ from its edge's: paint it by hand"
            )
        row = Extracted("alpha", "", coverage(alpha), coverage(alpha))
        return Made(raster.encode_picture(np.dstack([colours, alpha]), beside), row)

    return carry_out([_task(path, partial(filled, path)) for path in paths], found, place)


@repairs("polarity-suspect")
def _swap_polarity(found: TrainingSet, paths: Paths, place: Destination) -> Carried[Any]:
    carriers = _carriers(found)
    turned = partial(_with_alpha, change=inverted)
    tasks = [_task(path, partial(turned, path)) for path in paths if path in carriers]
    files = [path for path in paths if path not in carriers]
    in_images = carry_out(tasks, found, place)
    in_files = _of_files(found, files, place, channel="r", invert=True)
    return _both(in_images, in_files)


@repairs("detail-lost")
def _grow_details(found: TrainingSet, paths: Paths, place: Destination) -> Carried[Any]:
    return dilate(_part(found, paths), place, target=TARGET)


@repairs(
    "latents-cache-stale", "latents-cache-orphan", "latents-cache-unreadable", "cache-other-size"
)
def _remove_caches(found: TrainingSet, paths: Paths, place: Destination) -> Carried[Any]:
    tasks = [
        Task(path, Path(path), partial(Made[str], b"", ""), (), Effect.REMOVE) for path in paths
    ]
    return carry_out(tasks, found, place)


def _subsets(found: TrainingSet) -> Iterable[Subset]:
    return (subset for dataset in found.datasets for subset in dataset.subsets)


def _carriers(found: TrainingSet) -> set[str]:
    """List the images whose alpha is their mask."""
    return {pair.image for pair in found.pairs if pair.source is MaskSource.ALPHA}


def _with_alpha(path: str, change: Callable[[Mask], Mask]) -> Made[Extracted]:
    """Change an image's alpha; its colours stay bit for bit."""
    rgba, beside = read_to_rewrite(path, raster.read_header(path))
    before = np.ascontiguousarray(rgba[..., 3])
    after = change(before)
    row = Extracted("alpha", "", coverage(before), coverage(after))
    return Made(raster.encode_picture(np.dstack([rgba[..., :3], after]), beside), row)


def _of_both(
    of_file: Callable[[str], Made[Extracted]],
    in_alpha: Callable[[str], Made[Extracted]],
    found: TrainingSet,
    paths: Paths,
    place: Destination,
) -> Carried[Any]:
    """Mend mask files in one way, and masks in the images' alpha in another."""
    carriers = _carriers(found)
    ways = ((path, in_alpha if path in carriers else of_file) for path in paths)
    tasks = [_task(path, partial(way, path), found.mask_ending) for path, way in ways]
    return carry_out(tasks, found, place)


def _of_files(found: TrainingSet, paths: Paths, place: Destination, **way: Any) -> Carried[Any]:
    # Of no pairs `extract` would say that there are no masks.
    return extract(_part(found, paths), place, **way) if paths else Carried(())


def _both(first: Carried[Any], second: Carried[Any]) -> Carried[Any]:
    backups = second.backups or first.backups
    return Carried((*first.outcomes, *second.outcomes), backups)


def _part(found: TrainingSet, paths: Iterable[str]) -> TrainingSet:
    """Keep the pairs whose mask is among the paths: a file, or the image where there is none."""
    wanted = set(paths)
    datasets = tuple(
        replace(
            dataset,
            subsets=tuple(
                replace(
                    subset,
                    pairs=tuple(
                        pair for pair in subset.pairs if (pair.mask or pair.image) in wanted
                    ),
                )
                for subset in dataset.subsets
                if subset.source is not MaskSource.NONE
            ),
        )
        for dataset in found.datasets
    )
    return replace(found, datasets=datasets)


def _at_eight_bits(path: str) -> Made[str]:
    stored = raster.read_stored(path)
    numbers = np.asarray(stored.numbers)
    low, high = np.nanmin(numbers), np.nanmax(numbers)
    if low < 0 or high > 65535 or (stored.header.mode == "F" and high > 255):
        raise MaskprepError(
            f"{path}: holds values from {low:g} to {high:g}, and does not say which is white:"
            " save it as 8-bit PNG"
        )
    grey, told = to_eight_bits(numbers, stored.header.bits)
    alpha = [] if stored.alpha is None else [stored.alpha]
    beside = raster.read_accompaniment(path)
    content = raster.encode_picture(np.dstack([grey, grey, grey, *alpha]), beside)
    return Made(content, "", (told, *beside.left_out))


def _task(path: str, make: Callable[[], Made[Any]], ending: str | None = ".png") -> Task[Any]:
    return Task(path, Path(path) if ending is None else Path(path).with_suffix(ending), make)


def _moved(path: str, target: Path) -> Task[str]:
    def make() -> Made[str]:
        if target.exists() and not os.path.samefile(path, target):
            raise MaskprepError(f"{path}: cannot become {target.name}: there is one already")
        return Made(_content(path), "")

    return Task(path, target, make)


def _refused(path: str, why: str) -> Task[Any]:
    def make() -> Made[Any]:
        raise MaskprepError(f"{path}: {why}")

    return Task(path, None, make)


def _white_mask(pair: Pair) -> Made[Extracted]:
    size = raster.read_header(pair.image).size
    white = np.full((size.height, size.width), 255, np.uint8)
    return Made(raster.encode_mask(white), Extracted("", "", None, 1.0))


def _respelled(rule: str, found: TrainingSet, paths: Paths, place: Destination) -> Carried[Any]:
    # A folder that was named on the command line is spelled in no file.
    config = found.config.path if found.config is not None else ""
    change = partial(found.trainer.respell, rule=rule, path=config)
    return _rewritten(found, [path for path in paths if path == config], place, change)


def _rewritten(
    found: TrainingSet, paths: Paths, place: Destination, change: Callable[[str], str]
) -> Carried[str]:
    def make(path: str) -> Made[str]:
        try:
            text = _content(path).decode("utf-8")
        except UnicodeDecodeError as error:
            raise MaskprepError(f"{path}: is not UTF-8: save it as UTF-8") from error
        return Made(change(text).encode(), "")

    tasks = [Task(path, Path(path), partial(make, path)) for path in paths]
    return carry_out(tasks, found, place)


def _content(path: str) -> bytes:
    try:
        return storage.read_bytes(path)
    except OSError as error:
        raise MaskprepError(f"{path}: cannot be read ({error.strerror})") from error
