"""From whatever masks people have to those that trainers read: 8-bit grey PNG files."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

import numpy as np

from maskprep import raster
from maskprep.dataset.folders import captions_of
from maskprep.dataset.misnamed import (
    is_own_mask_folder,
    masks_beside,
    misnamed,
    unseen_beside,
)
from maskprep.editing.picture import read_to_rewrite
from maskprep.editing.plan import Carried, Destination, Made, Task, carry_out
from maskprep.errors import MaskprepError, UnreadableImageError
from maskprep.files import pathname
from maskprep.masks.channels import Choice, decide, judge_stored, read, settled
from maskprep.masks.labels import Chosen, Colour
from maskprep.masks.resample import fitted
from maskprep.masks.tones import Tones, coverage
from maskprep.masks.values import Judgement, Kind
from maskprep.model import MaskSource, PaintedOn, Pair, Size, Subset, TrainingSet
from maskprep.raster import Header, Mask, StoredPixels
from maskprep.raster.orientation import as_viewed, fit_to_stored
from maskprep.running.parallel import Threads

#: Where to look for the shape; None takes R of mask files, and the alpha of alpha sets.
Channel = Literal["r", "g", "b", "max", "luminance", "alpha", "auto"]


@dataclass(frozen=True)
class Extracted:
    """What was made of one file.

    Attributes
    ----------
    reading : str
        Where its shape was: a channel, or one of the ways that only ``auto`` takes; empty for
        an image that was turned upright.
    why : str
        Why there, where ``auto`` chose it.
    before : float or None
        Mean of the mask as the trainer reads the file today, [0, 1]; None where it does not.
    after : float or None
        Mean of the mask made, [0, 1]; None for an image that was turned upright.
    """

    reading: str
    why: str = ""
    before: float | None = None
    after: float | None = None


@dataclass(frozen=True)
class _Wishes:
    """How masks are to be read."""

    channel: Channel | None
    chosen: Chosen
    painted_on: PaintedOn
    resize: bool
    tones: Tones
    upright: bool


@dataclass(frozen=True)
class _Carrier:
    """A file that holds the mask of an image, which may be the image itself."""

    path: str
    pair: Pair
    is_image: bool
    is_seen: bool  # by the trainer
    has_captions: bool
    name: str = ""  # under which the trainer would look for it; empty for its own
    parts: tuple[str, ...] = ()  # more files, joined with it by the largest value
    is_elsewhere: bool = False  # than in the mask folder

    @property
    def called(self) -> str:
        """The path by which its place in the output goes."""
        return self.name or self.path


def extract(
    training_set: TrainingSet,
    destination: Destination,
    *,
    channel: Channel | None = None,
    labels: Sequence[float] = (),
    above: float | None = None,
    colours: Sequence[Colour] = (),
    levels: tuple[int, int] | None = None,
    threshold: int | None = None,
    invert: bool = False,
    floor: float | None = None,
    painted_on: PaintedOn = "auto",
    resize: bool = False,
    apply_exif: bool = False,
    progress: Callable[[], None] = lambda: None,
    workers: int = 0,
) -> Carried[Extracted]:
    """Write every mask as an 8-bit grey PNG named after its image.

    Parameters
    ----------
    training_set : TrainingSet
        As discovered. Masks are its mask files, those of a kind that the trainer does not see,
        those of other names (`maskprep.dataset.misnamed`), several of one image joined by the
        largest value, or the images' alpha. Where image folder and mask folder are one, masks are
        looked for beside their images.
    destination : Destination
        Where to. In place works for mask files only.
    channel : str or None
        Where to look for the shape; ``auto`` asks `maskprep.masks.channels.decide`, None takes R of
        mask files and the alpha of alpha sets. With ``alpha`` images of subsets without masks
        are read too, but for regularisation images.
    labels : sequence of float
        Stored values that train, all others do not: numbers of a palette, greys of any depth,
        else of the channel. Empty for no such choice.
    above : float or None
        Stored values above it train, all others do not. Not with `labels`.
    colours : sequence of (int, int, int)
        Colours that train, all others do not. Not with `labels`, `above` or a channel.
    levels, threshold, invert, floor
        What is done to the values then, see `maskprep.masks.tones.Tones`.
    painted_on : {"auto", "stored", "viewed"}
        See `maskprep.raster.orientation.fit_to_stored`.
    resize : bool
        Bring masks of another size to their image's, where the aspect ratios agree; else that
        is a problem.
    apply_exif : bool
        Turn images and masks by the images' EXIF orientation: copies of the images go to
        ``images`` in the output, their captions too, and the masks to ``masks``.
    progress : callable
        Called once after each file.
    workers : int
        Threads; 0 for one a core.

    Returns
    -------
    Carried of Extracted
        An outcome a file, in the training set's order; an image without any mask is a problem.

    Raises
    ------
    ValueError
        Of `labels`, `above` and `colours` more than one is given.
    MaskprepError
        Before anything is written: the request makes no sense for this data set, a file is
        there already, or the output lies in the data set.
    """
    if (bool(labels), above is not None, bool(colours)).count(True) > 1:
        raise ValueError("labels, above and colours exclude one another")
    chosen = Chosen(tuple(labels), above, tuple(colours))
    tones = Tones(levels, threshold, invert, floor)
    wishes = _Wishes(channel, chosen, painted_on, resize, tones, apply_exif)
    carriers, without = _carriers(training_set, channel)
    _refuse_what_makes_no_sense(training_set, carriers, without, destination, wishes)
    decided = _decided(carriers, wishes, workers)
    tasks = list(_tasks(carriers, destination, wishes, decided, training_set.mask_ending))
    tasks += [Task(pair.image, None, partial(_without_mask, pair)) for pair in without]
    return carry_out(tasks, training_set, destination, progress=progress, executor=Threads(workers))


def _carriers(
    training_set: TrainingSet, channel: Channel | None
) -> tuple[list[_Carrier], list[Pair]]:
    carriers: dict[str, _Carrier] = {}
    without: dict[str, Pair] = {}
    for dataset in training_set.datasets:
        for subset in dataset.subsets:
            found = _beside if is_own_mask_folder(subset) else _in_their_place
            for pair, carrier in found(subset, channel):
                if carrier is not None:
                    carriers.setdefault(pathname.absolute(carrier.path), carrier)
                elif subset.source is MaskSource.FILE:
                    without.setdefault(pathname.absolute(pair.image), pair)
    return list(carriers.values()), list(without.values())


def _in_their_place(
    subset: Subset, channel: Channel | None
) -> Iterator[tuple[Pair, _Carrier | None]]:
    unseen = {pathname.stem(path): path for path in reversed(subset.unseen_masks)}
    other = misnamed(subset)
    masks_of = other.masks_of
    elsewhere = other.is_nested or bool(other.parts_of)
    beside = unseen_beside(subset)
    for pair in subset.pairs:
        carrier = _carrier(pair, subset, unseen, channel)
        if carrier is None and pair.image in masks_of and subset.masks is not None:
            first, *parts = masks_of[pair.image]
            name = _named_after(pair, subset.masks.path)
            carrier = _Carrier(
                first, pair, False, False, subset.metadata is None, name, tuple(parts), elsewhere
            )
        elif carrier is None and pair.image in beside and subset.masks is not None:
            name, path = _named_after(pair, subset.masks.path), beside[pair.image]
            has_captions = subset.metadata is None
            carrier = _Carrier(path, pair, False, False, has_captions, name, (), True)
        yield pair, carrier


def _beside(subset: Subset, channel: Channel | None) -> Iterator[tuple[Pair, _Carrier | None]]:
    """Find masks in the image folder, where the trainer takes each image for its own mask."""
    naming = masks_beside(subset)
    if naming is None:
        folder = subset.images and subset.images.path
        raise MaskprepError(
            f"{folder}: is image folder and mask folder at once, and no masks are told from the"
            " images by their names: keep the masks in a folder beside the images"
        )
    paths = {pathname.basename(pair.image): pair.image for pair in subset.entire.pairs}
    mask_of = {image: paths[mask] for mask, image in naming.image_of.items()}
    for pair in subset.pairs:
        own = pathname.basename(pair.image)
        if own in naming.image_of:
            continue
        if own not in mask_of:
            yield pair, None
            continue
        name = _named_after(pair, pathname.dirname(pair.image))
        has_captions = subset.metadata is None
        yield pair, _Carrier(mask_of[own], pair, False, False, has_captions, name, (), True)


def _named_after(pair: Pair, folder: str) -> str:
    return pathname.join(folder, f"{pathname.stem(pair.image)}.png")


def _carrier(
    pair: Pair, subset: Subset, unseen: dict[str, str], channel: Channel | None
) -> _Carrier | None:
    has_captions = subset.metadata is None
    if subset.source is MaskSource.FILE:
        path = pair.mask or unseen.get(pathname.stem(pair.image))
        if path is None:
            return None
        return _Carrier(path, pair, False, pair.mask is not None, has_captions)
    wholly = subset.source is MaskSource.NONE
    if wholly and (channel != "alpha" or subset.is_regularisation):
        return None  # meant to train whole
    return _Carrier(pair.image, pair, True, not wholly, has_captions)


def _refuse_what_makes_no_sense(
    training_set: TrainingSet,
    carriers: Sequence[_Carrier],
    without: Sequence[Pair],
    destination: Destination,
    wishes: _Wishes,
) -> None:
    name = training_set.name
    if not carriers and not without:
        raise MaskprepError(f"{name}: names no masks; to read the images' alpha, add --from alpha")
    if wishes.upright and destination.output is None:
        raise MaskprepError(f"{name}: turned copies need a folder of their own: --output DIR")
    if destination.output is None and any(carrier.is_elsewhere for carrier in carriers):
        raise MaskprepError(
            f"{name}: its masks lie elsewhere, or several belong to one image: write them to a"
            " folder, --output DIR"
        )
    if wishes.chosen.colours and wishes.channel is not None:
        raise MaskprepError(
            f"{name}: colours are of all channels: leave --from {wishes.channel} out"
        )
    if not any(carrier.is_image for carrier in carriers):
        return
    if wishes.chosen.colours:
        raise MaskprepError(f"{name}: its masks are its images' alpha, which has no colours")
    if wishes.channel not in (None, "alpha", "auto"):
        raise MaskprepError(
            f"{name}: its masks are its images' alpha; --from {wishes.channel} reads mask files"
        )
    if destination.output is None:
        raise MaskprepError(
            f"{name}: its masks are its images' alpha: write them to a folder, --output DIR"
        )


def _tasks(
    carriers: Sequence[_Carrier],
    destination: Destination,
    wishes: _Wishes,
    of_set: Sequence[Choice],
    ending: str | None,
) -> Iterator[Task[Extracted]]:
    masks = destination
    if wishes.upright and destination.output is not None:
        masks = replace(destination, output=destination.output / "masks")
        images = replace(destination, output=destination.output / "images")
        yield from _upright_images(carriers, images)
    targets = masks.targets([carrier.called for carrier in carriers], ending)
    for carrier, target in zip(carriers, targets, strict=True):
        yield Task(carrier.path, target, partial(_made, carrier, wishes, of_set))


def _without_mask(pair: Pair) -> Made[Extracted]:
    raise MaskprepError(f"{pair.image}: has no mask")


def _made(carrier: _Carrier, wishes: _Wishes, of_set: Sequence[Choice]) -> Made[Extracted]:
    pixels = raster.read_stored(carrier.path)
    image = pixels.header if carrier.is_image else raster.read_header(carrier.pair.image)
    mask, choice, notes = _shape(pixels, image, carrier, wishes, of_set)
    for path in carrier.parts:
        part = replace(carrier, path=path)
        more, _, told = _shape(raster.read_stored(path), image, part, wishes, of_set)
        if more.shape != mask.shape:
            raise MaskprepError(f"{path}: is of another size than {carrier.path}")
        mask, notes = np.maximum(mask, more), [*notes, *told]
    if carrier.parts:
        _, *others = pathname.told_apart([carrier.path, *carrier.parts])
        notes.append(f"joined with {', '.join(others)}")
    mask = wishes.tones.apply(mask)
    notes.append(_flatness(mask, pixels, choice, carrier, wishes))
    if wishes.upright:
        mask = as_viewed(mask, image.orientation)
    reading = _reading(pixels, choice, wishes.chosen)
    row = Extracted(reading, choice.why, _trained_today(carrier, pixels), coverage(mask))
    content = None if _is_made(carrier, pixels, mask) else raster.encode_mask(mask)
    return Made(content, row, tuple(filter(None, notes)))


def _shape(
    pixels: StoredPixels,
    image: Header,
    carrier: _Carrier,
    wishes: _Wishes,
    of_set: Sequence[Choice],
) -> tuple[Mask, Choice, list[str]]:
    """Read one file's shape, on the stored pixels of the image, before its tones are changed."""
    choice, exception = _choice(pixels, carrier, wishes, of_set)
    if choice.refused:
        raise MaskprepError(f"{carrier.path}: {choice.why}: {choice.refused}")
    if choice.reading == "alpha" and pixels.alpha is None:
        raise MaskprepError(f"{carrier.path}: stores no alpha")
    try:
        mask, *notes = _read_as_wished(pixels, choice, wishes)
    except ValueError as error:
        raise MaskprepError(f"{carrier.path}: {error}") from error
    notes += [exception, pixels.doubt]
    if pixels.pages > 1:
        notes.append(f"has {pixels.pages} pages, frames or layers: the first was read")
    if pixels.header.left:
        taken = "alpha" if choice.reading == "alpha" else pixels.header.mode.removesuffix("X")
        told = f"{taken} was read, and {pixels.header.left} left"
        notes.append(f"{told}: if the mask is there, export it as a PNG of its own")
    if not carrier.is_image:
        mask, told = fit_to_stored(
            mask, pixels.header.orientation, image.size, image.orientation, wishes.painted_on
        )
        notes.append("" if wishes.upright else told)
        mask, misfit = _fitted(mask, image, carrier, wishes)
        notes.append(misfit)
    return mask, choice, notes


def _choice(
    pixels: StoredPixels, carrier: _Carrier, wishes: _Wishes, of_set: Sequence[Choice]
) -> tuple[Choice, str]:
    if carrier.is_image:
        return Choice("alpha", ""), ""
    if wishes.channel != "auto":
        return Choice(wishes.channel or "r", ""), ""
    choice, exception = settled(decide(pixels), of_set, pixels)
    if wishes.chosen.is_made and choice.reading == "labels":
        return Choice("r", ""), ""
    return choice, exception


def _decided(carriers: Sequence[_Carrier], wishes: _Wishes, workers: int) -> list[Choice]:
    """Look at every file first, so that a set is read in one way."""
    if wishes.channel != "auto" or len(carriers) < 2:
        return []
    looked = Threads(workers).in_order([each for each in carriers if not each.is_image], _decide)
    return [choice for choice in looked if choice is not None]


def _decide(carrier: _Carrier) -> Choice | None:
    try:
        return decide(raster.read_stored(carrier.path))
    except UnreadableImageError:
        return None  # told where the file's own mask is made


def _read_as_wished(pixels: StoredPixels, choice: Choice, wishes: _Wishes) -> tuple[Mask, str, str]:
    mask, note = read(pixels, choice.reading)
    if wishes.chosen.colours:
        rgb = pixels.rgb if pixels.rgb is not None else np.dstack([mask] * 3)
        return *wishes.chosen.of_colours(rgb), ""
    if wishes.chosen.by_number:
        stored = np.asarray(pixels.numbers if _numbered(pixels, choice) else mask)
        return *wishes.chosen.of_numbers(stored), ""
    if choice.reading == "labels":
        return mask, note, ""
    judged = judge_stored(pixels, mask)
    doubt = "" if wishes.tones.levels is not None else _doubt(judged, choice)
    return mask, "" if judged.labels else note, doubt


def _doubt(judged: Judgement, choice: Choice) -> str:
    if judged.labels:
        some = judged.kind is Kind.VOID or ", no 0" in judged.why  # not all that is above 0
        every = "--label N" if some else "--above 0 for all of them, --label N"
        return f"looks like {judged.why.split(':')[0]}, which hardly trains: add {every} for one"
    if judged.levels is None:
        return ""
    black, white = judged.levels
    if judged.kind is Kind.FAINT:
        told = f"its largest value is {white} of 255; to train it in full"
    else:
        told = f"{judged.why}; to leave it out"
    return f"{told}, add --levels {black},{white}"


def _reading(pixels: StoredPixels, choice: Choice, chosen: Chosen) -> str:
    if chosen.colours:
        return "colours"
    return "labels" if chosen.by_number and _numbered(pixels, choice) else choice.reading


def _numbered(pixels: StoredPixels, choice: Choice) -> bool:
    return pixels.numbers is not None and choice.reading != "alpha"


def _flatness(
    mask: Mask, pixels: StoredPixels, choice: Choice, carrier: _Carrier, wishes: _Wishes
) -> str:
    """Tell where nothing trains, or everything does, and where the shape may be instead."""
    least, most = int(mask.min()), int(mask.max())
    if most > 0 and least < 255:
        return ""
    told = "nothing of it trains" if most == 0 else "all of it trains"
    if most == 0 and (wishes.chosen.labels or wishes.chosen.colours):
        return ""  # told with what it holds instead
    if wishes.chosen.by_number and pixels.numbers is not None:
        return f"{told}: it holds values from {pixels.numbers.min():g} to {pixels.numbers.max():g}"
    if not carrier.is_image and not choice.why and decide(pixels).reading != choice.reading:
        return f"{told} in {choice.reading}: --from auto looks for its shape elsewhere"
    return told if most == 0 or choice.why or wishes.tones != Tones() else ""


def _is_made(carrier: _Carrier, pixels: StoredPixels, mask: Mask) -> bool:
    plain = pixels.header.is_plain_mask and not pixels.header.has_alpha
    return carrier.is_seen and plain and np.array_equal(mask, np.asarray(pixels.numbers))


def _trained_today(carrier: _Carrier, pixels: StoredPixels) -> float | None:
    if not carrier.is_seen:
        return None
    today = pixels.alpha if carrier.is_image else pixels.red
    if carrier.is_image and pixels.numbers is not None:
        # Trainers may read the key of a grey, or of a palette, in another way.
        today = raster.read_mask(carrier.path, "alpha").mask
    return None if today is None else coverage(today)


def _fitted(mask: Mask, image: Header, carrier: _Carrier, wishes: _Wishes) -> tuple[Mask, str]:
    size = Size(mask.shape[1], mask.shape[0])
    if size == image.size:
        return mask, ""
    told = f"is {size} px, its image {image.size} px"
    if not wishes.resize:
        return mask, f"{told}: the trainer stops at it; --resize brings it to that size"
    resized = fitted(mask, image.size)
    if resized is None:
        raise MaskprepError(f"{carrier.path}: {told}: of another shape, export it again")
    return resized, f"{told}: resized"


def _upright_images(
    carriers: Sequence[_Carrier], destination: Destination
) -> Iterator[Task[Extracted]]:
    pairs = {pathname.absolute(carrier.pair.image): carrier for carrier in carriers}
    targets = destination.targets([carrier.pair.image for carrier in pairs.values()])
    for carrier, target in zip(pairs.values(), targets, strict=True):
        path = carrier.pair.image
        companions = captions_of(carrier.pair) if carrier.has_captions else ()
        if _is_upright(path):
            target = target.with_suffix(pathname.splitext(path)[1])
        yield Task(path, target, partial(_upright, path), companions)


def _is_upright(path: str) -> bool:
    try:
        return _is_trained_upright(raster.read_header(path))
    except UnreadableImageError:
        return True


def _is_trained_upright(header: Header) -> bool:
    return header.orientation == 1 and not header.is_scrambled


def _upright(path: str) -> Made[Extracted]:
    header = raster.read_header(path)
    if _is_trained_upright(header):
        return Made(None, Extracted(""))
    pixels, beside = read_to_rewrite(path, header)
    beside = beside.upright()
    content = raster.encode_picture(as_viewed(pixels, header.orientation), beside)
    if header.is_scrambled:
        told = "saved upright: the trainer's Pillow would scramble its turned TIFF"
    else:
        told = f"turned upright (EXIF orientation {header.orientation})"
    return Made(content, Extracted("", told), beside.left_out)
