"""From mask files to the alpha channel of copies of their images."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from maskprep import raster
from maskprep.dataset.folders import captions_of
from maskprep.editing.picture import read_to_rewrite
from maskprep.editing.plan import Carried, Destination, Made, Task, carry_out
from maskprep.errors import MaskprepError
from maskprep.files import pathname
from maskprep.masks import hidden
from maskprep.masks.hidden import Fill
from maskprep.masks.tones import coverage
from maskprep.model import MaskSource, Pair, Size, Subset, TrainingSet
from maskprep.raster import Header, Mask, Reading
from maskprep.running.parallel import Threads


@dataclass(frozen=True)
class Embedded:
    """What was made of one pair.

    Attributes
    ----------
    coverage : float
        Mean of the mask, now the alpha, [0, 1].
    hidden : float
        Share of the pixels whose alpha is 0, [0, 1].
    """

    coverage: float
    hidden: float


def embed(
    training_set: TrainingSet,
    destination: Destination,
    *,
    fill_hidden: Fill = "keep",
    progress: Callable[[], None] = lambda: None,
    workers: int = 0,
) -> Carried[Embedded]:
    """Write every image with its mask as alpha, for trainers that read it there.

    Parameters
    ----------
    training_set : TrainingSet
        As discovered, with mask files; subsets without are passed over.
    destination : Destination
        Where to; captions are copied beside, or stay where they are in place.
    fill_hidden : {"keep", "edge", "blur", "mean"}
        Colours under alpha 0, see `maskprep.masks.hidden.fill_hidden`.
    progress : callable
        Called once after each image.
    workers : int
        Threads; 0 for one a core.

    Returns
    -------
    Carried of Embedded
        An outcome an image, in the training set's order.

    Raises
    ------
    MaskprepError
        Before anything is written: there are no mask files, a file is there already, or the
        output lies in the data set.

    Notes
    -----
    RGB is what the trainer reads of the image, alpha what it reads of the mask: taken out again
    both are the same bit for bit. Nothing is turned; EXIF with its orientation comes along, as do
    text, resolution and a colour profile of RGB. An image of greys that 8 bits would cut off is
    refused: of it the trainer reads another picture.
    """
    images: dict[str, list[tuple[Pair, Subset]]] = {}
    for dataset in training_set.datasets:
        for subset in dataset.subsets:
            for pair in subset.pairs if subset.source is MaskSource.FILE else ():
                uses = images.setdefault(pathname.absolute(pair.image), [])
                if all(pair.mask != other.mask for other, _ in uses):
                    uses.append((pair, subset))
    if not images:
        raise MaskprepError(
            f"{training_set.name}: has no mask files to embed: its images' alpha is the mask, or"
            " they train whole"
        )
    reading_of = partial(training_set.trainer.mask_reading, MaskSource.FILE)
    targets = destination.targets([uses[0][0].image for uses in images.values()])
    tasks = [
        Task(
            uses[0][0].image,
            target,
            partial(_made, uses, fill_hidden, reading_of(uses[0][1])),
            captions_of(uses[0][0]),
        )
        for uses, target in zip(images.values(), targets, strict=True)
    ]
    return carry_out(tasks, training_set, destination, progress=progress, executor=Threads(workers))


def _made(uses: Sequence[tuple[Pair, Subset]], fill: Fill, reading: Reading) -> Made[Embedded]:
    pair, subset = uses[0]
    if len(uses) > 1:
        several = " and ".join(str(each.mask) for each, _ in uses)
        raise MaskprepError(
            f"{pair.image}: has several masks, {several}: embed one dataset at a time"
        )
    if pair.mask is None:
        raise MaskprepError(f"{pair.image}: {_without_mask(pair, subset)}")
    header = raster.read_header(pair.image)
    mask = raster.read_mask(pair.mask, reading.channel).mask
    size = Size(mask.shape[1], mask.shape[0])
    if size != header.size:
        raise MaskprepError(
            f"{pair.image}: is {header.size} px, its mask {size} px: export the mask again, or if"
            " EXIF turns the image, run maskprep extract first"
        )
    pixels, beside = read_to_rewrite(pair.image, header)
    rgb = np.ascontiguousarray(pixels[..., :3])
    own_alpha = pixels[..., 3] if header.has_alpha else None
    filled = hidden.fill_hidden(rgb, mask, fill)
    row = Embedded(coverage(mask), float(np.mean(mask == 0)))
    if _is_made(header, own_alpha, mask) and np.array_equal(filled, rgb):
        return Made(None, row)
    content = raster.encode_picture(np.dstack([filled, mask]), beside)
    return Made(content, row, (*_of_alpha(own_alpha, mask), *beside.left_out))


def _is_made(header: Header, own_alpha: Mask | None, mask: Mask) -> bool:
    picture = (header.format, header.mode) == ("PNG", "RGBA")
    return picture and own_alpha is not None and np.array_equal(own_alpha, mask)


def _of_alpha(own_alpha: Mask | None, mask: Mask) -> tuple[str, ...]:
    if own_alpha is None or int(own_alpha.min()) == 255 or np.array_equal(own_alpha, mask):
        return ()
    return ("its own alpha was replaced: beside mask files the trainer drops it",)


def _without_mask(pair: Pair, subset: Subset) -> str:
    stem = pathname.stem(pair.image)
    for path in subset.unseen_masks:
        if pathname.stem(path) == stem:
            return f"the trainer does not see its mask {path}: run maskprep extract first"
    return "has no mask"
