"""An image and its mask as one trainer sees them, turned into what another one wants."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from maskprep import raster
from maskprep.dataset.converted import has_mask, weighed
from maskprep.dataset.sample import Sample
from maskprep.errors import MaskprepError
from maskprep.exporting.looked import Looked, Planned, planned_image
from maskprep.model import MaskSource, Size
from maskprep.raster import Header
from maskprep.raster.accompany import read_accompanied
from maskprep.raster.orientation import as_viewed
from maskprep.trainers.base import Trainer

_DEEP = "an image of 16 bits that would have to be written anew: save it as 8-bit PNG by hand"
_INTO = "saved as PNG, the mask in its alpha"
_OUT_OF = "saved as PNG without its alpha, which was the mask"
_WHITE = "written white, for an image that trains whole"


@dataclass(frozen=True)
class Turning:
    """How pairs become those of another trainer.

    Attributes
    ----------
    source, trainer : Trainer
        For whom they are laid out, and who is to train.
    into_alpha : bool
        Whether masks become the images' alpha.
    """

    source: Trainer
    trainer: Trainer
    into_alpha: bool = False

    def planned(self, sample: Sample) -> tuple[Planned, Planned | None]:
        """Tell what becomes of an image and of its mask.

        Parameters
        ----------
        sample : Sample
            As the trainer sees it that it is laid out for.

        Returns
        -------
        Planned
            The image.
        Planned or None
            The mask file; None where there is none to be written.

        Raises
        ------
        MaskprepError
            The image cannot be written as it would have to be.
        """
        pair, trainer = sample.pair, self.trainer
        header = raster.read_header(pair.image)
        turn = header.orientation if self._differ else 1  # where only one of both turns it
        of_alpha = pair.source is MaskSource.ALPHA and header.has_alpha
        is_made = turn != 1 or of_alpha or (self.into_alpha and has_mask(sample))
        if is_made and header.is_clipped:
            raise MaskprepError(_DEEP)
        if self.into_alpha and has_mask(sample):
            return self._into_alpha(sample, header, turn), None
        if of_alpha:
            make = partial(_opaque, pair.image, turn)
            return Planned(".png", make, _OUT_OF), self._mask(sample, turn)
        image = planned_image(pair.image, header, trainer, bake=turn != 1)
        return image, self._mask(sample, turn) if has_mask(sample) else None

    def filled(self, image: str, seen: Looked) -> Looked:
        """Give an image that trains whole a white mask, where the trainer needs one."""
        if seen.mask is not None or seen.has_alpha or not self.trainer.layout.needs_masks:
            return seen
        header = raster.read_header(image)
        if self.into_alpha:
            turn = header.orientation if self._differ else 1
            made = Planned(".png", partial(_opaque, image, turn, alpha=True), _INTO)
            return replace(seen, image=made, has_alpha=True)
        size = (header.upright() if self.turns_either else header).size
        return replace(seen, mask=Planned(".png", partial(_white, size), _WHITE))

    @property
    def turns_either(self) -> bool:
        """Whether images are upright in the end: one of both trainers turns them."""
        return self.source.turns_images or self.trainer.turns_images

    @property
    def _differ(self) -> bool:
        return self.source.turns_images is not self.trainer.turns_images

    def _mask(self, sample: Sample, turn: int) -> Planned:
        mask, how = weighed(sample), ""
        pixels = sample.mask_pixels
        assert pixels is not None, "it carries one"
        by = 1 if sample.trainer.turns_images else turn
        header = raster.read_header(sample.mask_path or "")
        is_plain = header.is_plain_mask and not header.has_alpha
        if is_plain and by == 1 and mask.shape == pixels.mask.shape:
            is_same = np.array_equal(mask, pixels.mask)
            if is_same and (sample.mask_path or "").endswith(".png"):
                return Planned(".png")
        if mask.shape != pixels.mask.shape:
            how = "stretched to its image, as the trainer does"
        elif by != 1:
            how = "turned with its image"
        return Planned(".png", partial(_mask_file, sample.seen_by(sample.trainer), by), how)

    def _into_alpha(self, sample: Sample, header: Header, turn: int) -> Planned:
        pixels = sample.mask_pixels
        assert pixels is not None, "it carries one"
        is_alpha = sample.pair.source is MaskSource.ALPHA and header.mode == "RGBA"
        if is_alpha and turn == 1 and np.array_equal(weighed(sample), pixels.mask):
            return planned_image(sample.pair.image, header, self.trainer, bake=False)
        make = partial(_with_alpha, sample.seen_by(sample.trainer), turn)
        return Planned(".png", make, _INTO)


def _mask_file(sample: Sample, turn: int) -> bytes:
    fresh = sample.seen_by(sample.trainer)
    return raster.encode_mask(np.ascontiguousarray(as_viewed(weighed(fresh), turn)))


def _white(size: Size) -> bytes:
    return raster.encode_mask(np.full((size.height, size.width), 255, np.uint8))


def _opaque(path: str, turn: int, *, alpha: bool = False) -> bytes:
    pixels, beside = read_accompanied(path, "RGB")
    if turn != 1:
        pixels, beside = as_viewed(pixels, turn), beside.upright()
    if alpha:
        pixels = np.dstack([pixels, np.full(pixels.shape[:2], 255, np.uint8)])
    return raster.encode_picture(np.ascontiguousarray(pixels), beside)


def _with_alpha(sample: Sample, turn: int) -> bytes:
    fresh = sample.seen_by(sample.trainer)
    mask: NDArray[np.uint8] = weighed(fresh)
    pixels, beside = read_accompanied(fresh.pair.image, "RGB")
    header = raster.read_header(fresh.pair.image)
    if fresh.trainer.turns_images:
        # The mask lies on the image turned: where that stays as stored, the mask goes back.
        pixels, beside = as_viewed(pixels, header.orientation), beside.upright()
    elif turn != 1:
        pixels, mask, beside = as_viewed(pixels, turn), as_viewed(mask, turn), beside.upright()
    return raster.encode_picture(np.ascontiguousarray(np.dstack([pixels, mask])), beside)
