"""A pair as another trainer would see it, were its data set laid out anew for that; in memory."""

from __future__ import annotations

import os
import tempfile
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maskprep import raster
from maskprep.dataset.sample import Sample
from maskprep.errors import MaskprepError, UnreadableImageError
from maskprep.files import pathname
from maskprep.files.write import write_whole
from maskprep.masks.resample import resize
from maskprep.model import Dataset, Folder, MaskSource, ModelTraits, Pair, Size, Stop
from maskprep.raster import Header, Mask, MaskPixels
from maskprep.raster.orientation import as_viewed
from maskprep.running.once import once
from maskprep.trainers.base import Trainer
from maskprep.trainers.blocks import DatasetBlock
from maskprep.trainers.draft import ConfigDraft, SubsetDraft
from maskprep.trainers.roles import ReadsConfigurations, WritesConfigurations


def has_mask(sample: Sample) -> bool:
    """Tell whether a pair trains with a mask; not with one that its trainer passes over."""
    return sample.carries_mask and sample.mask_pixels is not None


def weighed(sample: Sample) -> Mask:
    """Give a pair's mask as its trainer weighs it, of its image's size as the trainer sees that.

    Parameters
    ----------
    sample : Sample
        That carries a mask.

    Returns
    -------
    ndarray of uint8, shape (H, W)
        255 trains.
    """
    pixels, header = sample.mask_pixels, sample.image_header
    assert pixels is not None, "it carries one"
    assert header is not None, "the trainer does not stop at it"
    mask = sample.trainer.meant(pixels.mask, header.size, sample.subset)
    return _stretched(mask, header.size)


def _stretched(mask: Mask, size: Size) -> Mask:
    height, width = mask.shape
    if (width, height) == tuple(size):
        return mask
    shrinks = size.width <= width and size.height <= height
    return resize(mask, size, "area" if shrinks else "linear")


class Converted(Sample):
    """A pair as another trainer sees it, with the mask that the first one weighs.

    Parameters
    ----------
    origin : Sample
        As the trainer sees it that it is laid out for.
    trainer : Trainer
        The other one; of the same name: another generation, with the same settings.
    model : ModelTraits
        What that one is to train.

    Notes
    -----
    Nothing is written: image and mask are what `maskprep convert` would make of them, the settings
    those that the trainer has where nobody sets any, at the first one's resolution.
    """

    def __init__(self, origin: Sample, trainer: Trainer, model: ModelTraits) -> None:
        dataset, pair = _laid_out(origin, trainer, model)
        super().__init__(pair, dataset, dataset.subsets[0], trainer, model)
        self.origin = origin

    def seen_by(self, trainer: Trainer) -> Sample:
        """Show the same pair to another trainer."""
        return Converted(self.origin.seen_by(self.origin.trainer), trainer, self.model)

    @property
    def _stored(self) -> Header | None:
        try:
            return raster.read_header(self.pair.image)
        except UnreadableImageError as error:
            self.broken[self.pair.image] = error
            return None

    @property
    def _is_upright(self) -> bool:
        return self.origin.trainer.turns_images or self.trainer.turns_images

    @once
    def image_header(self) -> Header | None:
        """What the image says of itself."""
        header = self._stored
        return header.upright() if header is not None and self._is_upright else header

    @once
    def mask_pixels(self) -> MaskPixels | None:
        """The mask, as it would be written."""
        stored = self._stored
        if stored is None or not self.carries_mask:
            return None
        mask = weighed(self.origin)
        if self._is_upright and not self.origin.trainer.turns_images:
            mask = np.ascontiguousarray(as_viewed(mask, stored.orientation))
        height, width = mask.shape
        header = Header(Size(width, height), "PNG", "L", False, 1, None, 8)
        return MaskPixels(header, mask, None, None, int(mask.max(initial=0)))

    @once
    def measured(self) -> Size | Stop:
        """The size that the trainer measures: of an image turned for it, what it is then."""
        header, stored = self.image_header, self._stored
        if header is None or stored is None or header == stored:
            return self.trainer.measured_size(self.pair.image, header)
        return header.size

    @once
    def picture(self) -> NDArray[np.uint8]:
        """The image's pixels, uint8, shape (H, W, 3), RGB."""
        return raster.read_picture(self.pair.image, "RGB", upright=self._is_upright)


def as_seen_by(origin: Sample, trainer: Trainer, model: ModelTraits) -> Sample:
    """Show a pair to any trainer: as it is, or as it would be laid out for that one.

    Parameters
    ----------
    origin : Sample
        As the trainer sees it that it is laid out for.
    trainer, model
        Who is to train what.

    Returns
    -------
    Sample
        With facts of its own.

    Raises
    ------
    MaskprepError
        The pair cannot be laid out for it.
    """
    if trainer.name == origin.trainer.name:
        return origin.seen_by(trainer)
    return Converted(origin.seen_by(origin.trainer), trainer, model)


def _laid_out(origin: Sample, trainer: Trainer, model: ModelTraits) -> tuple[Dataset, Pair]:
    """Let the trainer pair an image and a mask that would lie where it looks for them."""
    layout, path = trainer.layout, origin.pair.image
    folder = pathname.absolute(pathname.dirname(path)).replace(os.sep, "/")
    name = pathname.basename(path)
    if not trainer.sees(name) or not name.endswith(layout.ending):
        name = f"{pathname.splitext(name)[0]}.png"
    masks = None if layout.beside else pathname.join(folder, "masks")
    resolution = origin.trainer.resolution_of(origin.dataset)
    block = _block(trainer, model, folder, masks, resolution)
    mask, caption = layout.mask_of(name), f"{pathname.splitext(name)[0]}.txt"
    names = [name] if origin.pair.caption.text is None else [name, caption]

    def listed(place: str) -> Folder:
        beside = [*names, mask] if masks is None else names
        return Folder(place, (mask,) if place == masks else tuple(beside), True)

    dataset = trainer.assemble(block, listed)
    subset = dataset.subsets[0]
    pair = next(iter(subset.pairs), None)
    if pair is None:
        raise MaskprepError(f"{path}: {trainer.title} does not train it, so named and captioned")
    source = MaskSource.FILE if has_mask(origin) else MaskSource.NONE
    there: dict[str, Any] = {"image": path, "source": source, "caption": origin.pair.caption}
    if source is MaskSource.NONE:
        there["mask"] = None
    pair = replace(pair, **there)
    return replace(dataset, subsets=(replace(subset, pairs=(pair,)),)), pair


@lru_cache(maxsize=64)
def _block(
    trainer: Trainer, model: ModelTraits, folder: str, masks: str | None, resolution: Size | None
) -> DatasetBlock:
    """Read a folder's block of the configuration that the trainer would be given."""
    wanted = resolution or Size(model.resolution, model.resolution)
    if not isinstance(trainer, ReadsConfigurations) or not isinstance(
        trainer, WritesConfigurations
    ):
        return trainer.read_folders(folder, masks, model, {}).blocks[0]
    subset = SubsetDraft(folder, MaskSource.FILE, masks, caption_extension=".txt")
    composed = trainer.compose(ConfigDraft((subset,), model, wanted), "")
    with tempfile.TemporaryDirectory(prefix="maskprep-") as place:
        path = Path(place, f"dataset{trainer.config_ending}")
        write_whole(path, composed.text.encode("utf-8"))
        config = trainer.read_config(str(path), model, {})
    if not config.blocks:
        issues = config.verdict.issues if config.verdict is not None else ()
        told = issues[0].error if issues else "no data set"
        raise MaskprepError(f"{folder}: {trainer.name} does not take it at {wanted}: {told}")
    return config.blocks[0]
