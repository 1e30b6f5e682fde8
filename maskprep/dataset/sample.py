"""A pair as one trainer sees it: each fact worked out once, when first asked for."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from maskprep import raster
from maskprep.errors import UnreadableImageError
from maskprep.masks import tones
from maskprep.masks.colours import is_coloured, judge_colours
from maskprep.masks.details import Details
from maskprep.masks.finding import faint_parts, find_details, scale_of
from maskprep.masks.scale import Placed, in_bytes
from maskprep.masks.values import Judgement, judge
from maskprep.masks.versions import Use, differences_at
from maskprep.model import (
    WHOLE,
    At,
    Box,
    Dataset,
    MaskSource,
    ModelTraits,
    Pair,
    Placement,
    Size,
    Stage,
    Stop,
    Subset,
)
from maskprep.model.report import SampleRow
from maskprep.raster import Header, Mask, MaskPixels
from maskprep.running.once import once
from maskprep.trainers.base import Trainer

#: Pixels of a resized picture above which no training machine's memory is enough.
_LARGEST_PLACED = 2**28


class Sample:
    """A pair as one trainer sees it.

    Parameters
    ----------
    pair : Pair
        The image and its mask.
    dataset : Dataset
        Where it comes from.
    subset : Subset
        Where it comes from.
    trainer : Trainer
        Who looks.
    model : ModelTraits
        What is trained.
    decode_image : bool
        Whether an image beside a mask file is decoded, too, in search of damage.

    Notes
    -----
    A fact that cannot be had is None; `broken` and `stops` tell why. Holds pixels as long as it
    lives: keep `row`, not the sample.
    """

    def __init__(
        self,
        pair: Pair,
        dataset: Dataset,
        subset: Subset,
        trainer: Trainer,
        model: ModelTraits,
        *,
        decode_image: bool = False,
    ) -> None:
        self.pair = pair
        self.dataset = dataset
        self.subset = subset
        self.trainer = trainer
        self.model = model
        self.decode_image = decode_image
        #: Files that did not decode, by path.
        self.broken: dict[str, UnreadableImageError] = {}
        #: Whether the image was decoded: what its pixels came out of is whole.
        self.image_decodes = False

    def seen_by(self, trainer: Trainer) -> Sample:
        """Show the same pair to another trainer."""
        return Sample(
            self.pair,
            self.dataset,
            self.subset,
            trainer,
            self.model,
            decode_image=self.decode_image,
        )

    @once
    def image_header(self) -> Header | None:
        """What the image says of itself."""
        try:
            header = raster.read_header(self.pair.image)
            return header.upright() if self.trainer.turns_images else header
        except UnreadableImageError as error:
            self.broken[self.pair.image] = error
            return None

    @property
    def pixels(self) -> int:
        """How many the image has, by its header: its mask has about as many."""
        header = self.image_header
        return 0 if header is None else header.size.width * header.size.height

    @once
    def mask_pixels(self) -> MaskPixels | None:
        """The mask's file, decoded."""
        path = self.mask_path
        if path is None or (self.pair.source is MaskSource.ALPHA and self.image_header is None):
            return None
        try:
            return raster.read_mask(path, *self.trainer.mask_reading(self.pair.source, self.subset))
        except UnreadableImageError as error:
            self.broken[path] = error
            return None

    @property
    def files(self) -> tuple[str, ...]:
        """The files that it is made of: the image first."""
        mask = self.pair.mask
        return (self.pair.image,) if mask is None else (self.pair.image, mask)

    @property
    def mask_path(self) -> str | None:
        """The file that carries the mask: the image itself in alpha mode."""
        return self.pair.image if self.pair.source is MaskSource.ALPHA else self.pair.mask

    @property
    def mask_header(self) -> Header | None:
        """What the mask's file says of itself."""
        return self.mask_pixels.header if self.mask_pixels else None

    @property
    def mask(self) -> Mask | None:
        """The mask as decoded, uint8, shape (H, W), 255 trains."""
        return self.mask_pixels.mask if self.mask_pixels else None

    @once
    def values(self) -> Judgement | None:
        """What the mask's values are; None where there is no mask, or its numbers are misread."""
        pixels = self.mask_pixels
        if pixels is None or not self.carries_mask or pixels.wraps:
            return None
        colours = pixels.rgb if self.pair.source is MaskSource.FILE else None
        if colours is not None and is_coloured(colours):
            return judge_colours(colours)
        return judge(pixels.mask)

    @property
    def carries_mask(self) -> bool:
        """Whether there is a mask at all: a mask file, or an alpha channel."""
        if self.pair.source is MaskSource.ALPHA:
            return self.mask_header is not None and self.mask_header.has_alpha
        return self.pair.mask is not None

    @once
    def measured(self) -> Size | Stop:
        """The size that the trainer's own reader of sizes tells, or why it fails."""
        header, broken = self.image_header, self.broken.get(self.pair.image)
        if broken is not None and not broken.foretold:
            stop = self.trainer.foresee_unreadable(self.pair, self.pair.image, broken)
            if stop is not None:
                return stop
        return self.trainer.measured_size(self.pair.image, header)

    @property
    def believed_size(self) -> Size | Stop:
        """The size by which the trainer chooses the bucket: one from its cache, or measured."""
        cached = self.pair.cached.size if self.pair.cached is not None else None
        return cached or self.measured

    @once
    def _placed(self) -> Placement | Stop | None:
        size = self.believed_size
        if isinstance(size, Stop) or self.dataset.unchecked:
            return None
        placed = self.trainer.place(self.pair, size, self.dataset, self.subset)
        if isinstance(placed, Placement) and _is_beyond_memory(placed):
            error = f"MemoryError: the image would be resized to {placed.resized} px"
            return Stop("no-bucket", Stage.BATCH, error, self.pair.image, "lower the resolution")
        # What does not open is in its bucket before anybody notices, but nothing else is known.
        return placed if self.image_header is not None or isinstance(placed, Stop) else None

    @property
    def placement(self) -> Placement | None:
        """Resize, crop and bucket."""
        return self._placed if isinstance(self._placed, Placement) else None

    @once
    def stops(self) -> tuple[Stop, ...]:
        """Why the run stops at this pair, in the trainer's order; empty where it does not."""
        return tuple(self._foreseen())

    @once
    def image_is_whole(self) -> bool:
        """Whether nothing tells of damage in the image, whose pixels the mask does not need."""
        if self.image_header is not None and not self.image_decodes:
            try:
                raster.verify_pixels(self.pair.image, decode=self.decode_image)
            except UnreadableImageError as error:
                self.broken[self.pair.image] = error
        return self.pair.image not in self.broken

    def _foreseen(self) -> Iterator[Stop]:
        image = self.pair.image
        header = self.image_header
        if self.pair.source is not MaskSource.ALPHA:
            _ = self.image_is_whole  # else it is among the broken
        mask_header = self.mask_header
        if isinstance(self.believed_size, Stop):
            yield self.believed_size
            return
        if isinstance(self._placed, Stop):
            yield self._placed
        for path in (image, self.mask_path):
            broken = self.broken.get(path) if path is not None else None
            if path is not None and broken is not None:
                stop = self.trainer.foresee_unreadable(self.pair, path, broken)
                if stop is not None:
                    yield stop
                    return
        if header is not None and self.placement is not None:
            mask_size = mask_header.trained_size if mask_header else None
            stop = self.trainer.foresee_pair(
                self.pair, header.trained_size, mask_size, self.dataset, self.subset
            )
            if stop is not None:
                yield stop

    @property
    def exact(self) -> bool:
        """Whether the weights can be foretold: the pair trains, and no crop is random."""
        placement = self.placement
        if placement is None or self.trains is None or self._is_scrambled:
            return False
        return placement.crop_xy is not None

    @property
    def _is_scrambled(self) -> bool:
        """Whether the trainer's Pillow mixes up the pixels of the mask."""
        return self.mask_header is not None and self.mask_header.is_scrambled

    @property
    def trains(self) -> str | None:
        """How the image trains: ``"masked"``, ``"whole"``, or None where the run stops at it."""
        if self.stops or (self.pair.source is MaskSource.FILE and self.pair.mask is None):
            return None
        # A mask that the trainer passed over is as none.
        applies = self.carries_mask and self.mask_path not in self.broken
        return "masked" if applies else "whole"

    @property
    def obstacle(self) -> str:
        """Why the weights cannot be foretold, in a few words; empty where they can."""
        if self.weights is not None:
            return ""
        if self.stops:
            return self.stops[0].headline
        if self.pair.source is MaskSource.FILE and self.pair.mask is None:
            return "has no mask"
        if self.dataset.unchecked:
            return self.dataset.unchecked
        if self._is_scrambled:
            return "its mask is a turned TIFF, which the trainer's Pillow scrambles"
        return "its crop is random: the weights cannot be foretold"

    @once
    def _trained_mask(self) -> Placed | None:
        """The mask at bucket size, as the trainer goes on with it."""
        if not self.exact or self.placement is None:
            return None
        if self.mask_pixels is None or not self.carries_mask:
            bucket = self.placement.bucket
            return np.full((bucket.height, bucket.width), 255, np.uint8)
        return self.at_bucket(self.mask_pixels.trained)

    @once
    def bucket_mask(self) -> Mask | None:
        """The mask at bucket size, uint8, shape (h, w); None where it cannot be foretold."""
        return None if self._trained_mask is None else in_bytes(self._trained_mask)

    @once
    def weights(self) -> NDArray[np.float32] | None:
        """Weight of each latent cell, float32, [0, 1]; None where it cannot be foretold."""
        mask = self._trained_mask
        if mask is None or min(mask.shape) < self.model.stride:
            return None
        return self.weigh(mask)

    def weigh(self, placed: Placed) -> NDArray[np.float32]:
        """Weigh the latent cells of any mask of the pair's.

        Parameters
        ----------
        placed : ndarray of uint8 or float32
            As `at_bucket` gives it.

        Returns
        -------
        ndarray of float32
            [0, 1].
        """
        return self.trainer.latent_weights(placed, self.model, self.dataset, self.subset)

    @once
    def loss_factors(self) -> NDArray[np.float32] | None:
        """What each cell's loss is multiplied by, in a batch of this image alone."""
        if self.weights is None:
            return None
        return self.trainer.loss_factors(self.weights, self.model, self.dataset)

    @once
    def details(self) -> Details | None:
        """The mask's fine details; None where there is no mask, or no foretelling."""
        return self.details_of(self.mask, self.bucket_mask, self.weights)

    def details_of(
        self, mask: Mask | None, bucket_mask: Mask | None, weights: NDArray[np.float32] | None
    ) -> Details | None:
        """Find the fine details of any mask of the pair's.

        Parameters
        ----------
        mask : ndarray of uint8, shape (H, W), or None
            At its own size.
        bucket_mask : ndarray of uint8, shape (h, w), or None
            The same at bucket size.
        weights : ndarray of float32, shape (h // stride, w // stride), or None
            Of its cells.

        Returns
        -------
        Details or None
            None where something is None, or the pair has no mask.
        """
        if mask is None or bucket_mask is None or weights is None or not self.carries_mask:
            return None
        window = self.mask_window
        if window is None:
            return find_details(bucket_mask, weights)
        faint = faint_parts(mask, window, bucket_mask.shape)
        return find_details(bucket_mask, weights, faint, scale_of(window, bucket_mask.shape))

    def at_bucket(self, mask: Mask | NDArray[np.uint16], at: At = WHOLE) -> Placed:
        """Bring any mask of the pair's to its bucket, as the trainer does with the stored one.

        Parameters
        ----------
        mask : ndarray of uint8 or uint16, shape (H, W)
            255 trains.
        at : tuple of slice, or of ndarray of int64
            Rows and columns of the bucket that are wanted: a part, or single pixels.

        Returns
        -------
        ndarray of uint8 or float32, shape (h, w)
            At bucket size, indexed by `at`; as the trainer goes on with it.
        """
        assert self.placement is not None, "the caller has seen weights"
        return self.trainer.bucket_mask(
            mask, self.placement, self.pair, self.dataset, self.subset, at
        )

    @property
    def mask_window(self) -> Box | None:
        """The part of the mask that fills the bucket, px of the mask."""
        if self.placement is None or self.mask_header is None:
            return None
        size = self.mask_header.size
        return self.trainer.mask_window(size, self.placement, self.pair, self.dataset)

    @once
    def picture(self) -> NDArray[np.uint8]:
        """The image's pixels, uint8, shape (H, W, 3), RGB; or of 4 channels where alpha counts.

        Raises
        ------
        UnreadableImageError
            The image cannot be decoded.
        """
        turned = self.trainer.turns_images
        if self.pair.source is not MaskSource.ALPHA:
            pixels = raster.read_picture(self.pair.image, "RGB", upright=turned)
            self.image_decodes = True
            return pixels
        decoded = self.mask_pixels
        if decoded is None or decoded.rgb is None:
            return raster.read_picture(self.pair.image, "RGBA", upright=turned)
        return np.dstack([decoded.rgb, decoded.mask])

    def image_at_bucket(self) -> NDArray[np.uint8] | None:
        """Decode the image and bring it to bucket size, as the trainer does.

        Returns
        -------
        ndarray of uint8, shape (h, w, 3), or None
            RGB; None where the pair does not train.

        Raises
        ------
        UnreadableImageError
            The image cannot be decoded.
        """
        if self.placement is None or self.trains is None:
            return None
        placed = self.trainer.bucket_image(self.picture, self.placement, self.dataset, self.subset)
        return np.ascontiguousarray(placed[..., :3])

    @once
    def coverage(self) -> float | None:
        """Mean of the mask at full size, [0, 1]; 1 for an image without one."""
        if self.pair.source is MaskSource.NONE:
            return 1.0 if self.image_header is not None else None
        return None if self.mask is None else tones.coverage(self.mask)

    @property
    def library_differences(self) -> tuple[str, ...]:
        """In what versions of the trainer's libraries differ here; see `masks.versions.KNOWN`."""
        pair, pixels, placement = self.pair, self.mask_pixels, self.placement
        if pair.source is MaskSource.NONE:
            use = Use([pair.image], measured=self._measured_size, image=self.image_header)
            return differences_at(use, self.trainer.libraries)
        resize = None
        if pixels is not None and placement is not None and self.carries_mask:
            resize = self.trainer.mask_resize(
                pixels.header.size, placement, pair, self.dataset, self.subset
            )
        use = Use(
            self.files,
            () if pixels is None else (pixels.header,),
            pair.source is MaskSource.ALPHA and self.carries_mask,
            pixels is not None and pixels.beyond_palette,
            self._measured_size,
            self.image_header,
            resize,
        )
        return differences_at(use, self.trainer.libraries)

    @property
    def _measured_size(self) -> Size | None:
        return self.measured if isinstance(self.measured, Size) else None

    def row(self) -> SampleRow:
        """Sum the sample up in numbers, which may outlive its pixels."""
        placement, weights, header = self.placement, self.weights, self.image_header
        factors, mean = self.loss_factors, _mean(weights)
        believed = self.believed_size
        # Finding details takes longest of all: who does not ask for them does not pay.
        details: Details | None = self.__dict__.get("details")
        return SampleRow(
            dataset=self.pair.dataset,
            subset=self.pair.subset,
            image=self.pair.image,
            mask=self.mask_path if self.carries_mask else None,
            size=header.size if header else None,
            measured=believed if isinstance(believed, Size) else None,
            resized=placement.resized if placement else None,
            bucket=placement.bucket if placement else None,
            coverage=self.coverage,
            weight_mean=mean,
            weight_max=None if weights is None else float(weights.max()),
            share=mean if factors is weights else _mean(factors),
            trains=self.trains,
            details=None if details is None else len(details.found),
            details_lost=None if details is None else len(details.lost),
            detail_weight_min=(
                min(each.weight for each in details.found) if details and details.found else None
            ),
            library_differences=self.library_differences,
        )


def _mean(cells: NDArray[np.float32] | None) -> float | None:
    return None if cells is None else float(cells.mean(dtype=np.float64))


def _is_beyond_memory(placed: Placement) -> bool:
    return max(math.prod(placed.resized), math.prod(placed.bucket)) > _LARGEST_PLACED
