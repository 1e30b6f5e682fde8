"""From samples to pictures and weight files: what the trainer sees."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from maskprep.checking.verdict import trainer_line
from maskprep.dataset.outputs import Outputs
from maskprep.dataset.sample import Sample, samples_of
from maskprep.errors import MaskprepError, UnreadableImageError, own_fault
from maskprep.files import pathname
from maskprep.masks.details import Details
from maskprep.model import Box, MaskSource, Placement, Size, TrainingSet
from maskprep.pictures import PairView, SheetTile, draw_pair, draw_sheet, draw_tile, lost_share
from maskprep.running.parallel import Threads

SHEET = "contact-sheet"


@dataclass(frozen=True)
class Outcome:
    """What became of one pair.

    Attributes
    ----------
    image : str
        Its image.
    problem : str
        Why there is no picture of it; empty where there is one.
    is_fault : bool
        Whether that is a defect of maskprep itself.
    library_differences : tuple of str
        In what versions of the trainer's libraries differ at it.
    """

    image: str
    problem: str = ""
    is_fault: bool = False
    library_differences: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Work:
    """One pair, the files to be made of it, and the door they go through."""

    sample: Sample
    picture: Path | None
    weights: Path | None
    outputs: Outputs


def preview(
    training_set: TrainingSet,
    output: Path | None,
    weights: Path | None,
    *,
    overwrite: bool = False,
    progress: Callable[[], None] = lambda: None,
    workers: int = 0,
) -> list[Outcome]:
    """Draw every pair and a contact sheet, and write every pair's weights.

    Parameters
    ----------
    training_set : TrainingSet
        As discovered.
    output : Path or None
        Folder for ``<stem>.png`` of each pair and ``contact-sheet.png``; None draws nothing.
    weights : Path or None
        Folder for ``<stem>.npy``: float32, shape (H // stride, W // stride), [0, 1].
    overwrite : bool
        Replace files that are there.
    progress : callable
        Called once after each pair.
    workers : int
        Threads; 0 for one a core.

    Returns
    -------
    list of Outcome
        One a pair, in the training set's order.

    Raises
    ------
    MaskprepError
        A file is there already and `overwrite` is not given, a folder is one of the data set's
        own, or a file cannot be written.
    """
    samples = list(samples_of(training_set))  # nothing read yet: names only
    pictures = _names(samples, output, ".png", reserved=SHEET)
    arrays = _names(samples, weights, ".npy")
    sheet = None if output is None else output / f"{SHEET}.png"
    outputs = Outputs(overwrite=overwrite)
    outputs.admit((path for path in (*pictures, *arrays, sheet) if path is not None), training_set)
    works = [_Work(*each, outputs) for each in zip(samples, pictures, arrays, strict=True)]
    outcomes, tiles = [], []
    for outcome, tile in Threads(workers).in_order(works, _carry_out):
        outcomes.append(outcome)
        tiles += [tile] if tile is not None else []
        progress()
    if sheet is not None and tiles:
        heading = f"{training_set.name}: {len(tiles)} of {len(works)} pairs, worst first"
        subheading = trainer_line(training_set)
        outputs.write(sheet, _png(draw_sheet(tiles, heading, subheading)))
    return outcomes


def view_of(sample: Sample) -> PairView | None:
    """Gather what the picture of a pair shows.

    Parameters
    ----------
    sample : Sample
        The pair as the trainer sees it.

    Returns
    -------
    PairView or None
        None where the weights cannot be foretold.

    Raises
    ------
    UnreadableImageError
        The image cannot be decoded.
    """
    weights, placement, mask = sample.weights, sample.placement, sample.mask
    at_bucket = sample.image_at_bucket()
    if weights is None or placement is None or at_bucket is None or sample.image_header is None:
        return None
    image = np.ascontiguousarray(sample.picture[..., :3])
    right = sample.trainer.unshifted() if sample.pair.source is MaskSource.FILE else None
    right_weights = sample.seen_by(right).weights if right is not None else None
    details = sample.details
    notes = list(_clipping(sample))
    if right_weights is not None and np.array_equal(right_weights, weights):
        right_weights = None
    if right_weights is not None:
        moved = max(placement.crop_xy or (0, 0))
        notes.append(
            f"{sample.trainer.title} stretches the mask to the bucket instead of cropping it:"
            f" it lies up to {moved} px out of place. Newer releases do not."
        )
    return PairView(
        title=pathname.basename(sample.pair.image),
        image=image,
        mask=np.full(image.shape[:2], 255, np.uint8) if mask is None else mask,
        bucket_image=at_bucket,
        weights=weights,
        detail_pixels=_pixels_at_risk(details, weights),
        stride=sample.model.stride,
        crop_box=_crop_box(placement, sample.image_header.size),
        facts=_facts(sample, placement),
        right_weights=right_weights,
        notes=notes,
    )


def _clipping(sample: Sample) -> Iterator[str]:
    header = sample.image_header
    if header is not None and header.is_clipped:
        yield (
            f"It is {header.bits}-bit grey, which the trainer cuts off at 255: this is what it"
            " sees. maskprep check --fix scales it."
        )


def _carry_out(work: _Work) -> tuple[Outcome, SheetTile | None]:
    try:
        return _drawn(work)
    except MaskprepError:
        raise
    except Exception as error:  # noqa: BLE001 - a defect of ours: the others are drawn all the same
        return Outcome(work.sample.pair.image, own_fault(error), is_fault=True), None


def _drawn(work: _Work) -> tuple[Outcome, SheetTile | None]:
    sample = work.sample
    fresh = sample.seen_by(sample.trainer)  # its pixels go with it: memory stays flat
    if fresh.weights is None:
        return Outcome(sample.pair.image, fresh.obstacle), None
    if work.weights is not None:
        buffer = io.BytesIO()
        np.save(buffer, fresh.weights)
        work.outputs.write(work.weights, buffer.getvalue())
    drawn = Outcome(sample.pair.image, library_differences=fresh.library_differences)
    if work.picture is None:
        return drawn, None
    try:
        view = view_of(fresh)
    except UnreadableImageError as error:
        return Outcome(sample.pair.image, str(error)), None
    if view is None:
        return Outcome(sample.pair.image, fresh.obstacle), None
    work.outputs.write(work.picture, _png(draw_pair(view)))
    return drawn, _tile(view, fresh.weights, fresh.details)


def _tile(view: PairView, weights: NDArray[np.float32], details: Details | None) -> SheetTile:
    """Rank a pair by what is lost of it; one that trains nothing, or everything, comes first."""
    mean = f"mean weight {float(weights.mean(dtype=np.float64)):.3f}"
    if float(weights.max()) == 0:
        return draw_tile(view, "trains nothing", 2.0)
    if float(weights.min()) == 1:
        return draw_tile(view, f"{mean}, trains whole", 1.5)
    found = details.found if details is not None else ()
    lost = len(details.lost) if details is not None else 0
    told = f"{lost} of {len(found)} details lost" if found else "no fine details"
    return draw_tile(view, f"{mean}, {told}", lost_share(view) + min(lost, 1))


def _facts(sample: Sample, placement: Placement) -> Sequence[tuple[str, str]]:
    weights, header = sample.weights, sample.image_header
    assert weights is not None, "the caller has seen them"
    assert header is not None, "the caller has seen it"
    rows, columns = weights.shape
    coverage = sample.coverage
    return [
        ("trainer", sample.trainer.title),
        ("model", sample.model.name),
        ("image", str(header.size)),
        ("resized to", str(placement.resized)),
        ("bucket", str(placement.bucket)),
        ("latent cells", f"{Size(columns, rows)} of {sample.model.stride} px"),
        ("coverage", "–" if coverage is None else f"{coverage:.1%}"),
        ("mean weight", f"{float(weights.mean(dtype=np.float64)):.3f}"),
        ("largest weight", f"{float(weights.max()):.3f}"),
        ("fine details", _weakest(sample.details)),
    ]


def _pixels_at_risk(details: Details | None, weights: NDArray[np.float32]) -> NDArray[np.float32]:
    # The zoom goes to what is lost; where nothing is, to the faint ends of what trains.
    if details is None:
        return np.zeros_like(weights)
    return details.pixels_in(weights, details.lost or details.found)


def _weakest(details: Details | None) -> str:
    if details is None or not details.found:
        return "none"
    weights = [each.weight for each in details.found]
    return f"{len(weights)}, weakest {min(weights):.2f}"


def _crop_box(placement: Placement, size: Size) -> Box | None:
    if placement.crop_xy is None or placement.resized == placement.bucket:
        return None
    return placement.window_in(size)


def _names(
    samples: Iterable[Sample], folder: Path | None, ending: str, reserved: str = ""
) -> list[Path | None]:
    """Name a file for each sample: by stem; in folders of its subset only where stems collide."""
    pairs = [sample.pair for sample in samples]
    if folder is None:
        return [None] * len(pairs)
    stems = Counter(pathname.stem(pair.image).casefold() for pair in pairs)
    stems[reserved] += bool(reserved)
    inside = Counter(
        (pair.dataset, pair.subset, pathname.stem(pair.image).casefold()) for pair in pairs
    )
    paths: list[Path | None] = []
    for pair in pairs:
        stem = pathname.stem(pair.image)
        if stems[stem.casefold()] < 2:
            paths.append(folder / f"{stem}{ending}")
            continue
        # Two images of one stem in one subset share a mask, yet each has its own size.
        shared = inside[pair.dataset, pair.subset, stem.casefold()] > 1
        name = pathname.basename(pair.image) if shared else stem
        paths.append(folder / f"dataset{pair.dataset}-subset{pair.subset}" / f"{name}{ending}")
    return paths


def _png(picture: Image.Image) -> bytes:
    buffer = io.BytesIO()
    # A tenth larger than at Pillow's default, in a quarter of the time: half of all that it took.
    picture.save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()
