"""What a data set's owner wants to hold of every mask, and whether it does."""

from __future__ import annotations

import fnmatch
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from maskprep import raster
from maskprep.dataset.sample import Sample
from maskprep.errors import UnreadableImageError
from maskprep.files import pathname
from maskprep.masks.details import HALF, weights_at
from maskprep.masks.finding import faint_parts
from maskprep.masks.scale import in_bytes
from maskprep.masks.tones import coverage

#: What can be expected something of.
MEASURES = ("coverage", "weight", "detail-weight")
#: Deviations that rounding makes.
_ROUNDING = 1e-6


@dataclass(frozen=True)
class Expectation:
    """One thing that must hold.

    Attributes
    ----------
    measure : {"coverage", "weight", "detail-weight"}
        The mean of the mask, the mean weight of latent cells, or the weight of the weakest
        detail; all [0, 1].
    files : str
        Pattern of the images concerned.
    regions : mapping of str to str, or None
        Pictures that mark a region of an image, by the image's stem: white counts. Of a
        detail-weight each connected part of the region counts as one detail. None: all of every
        image.
    least, most : float
        Between these the measure must lie, [0, 1].
    path : str
        The file that says so.
    """

    measure: str
    files: str = "*"
    regions: Mapping[str, str] | None = None
    least: float = 0.0
    most: float = 1.0
    path: str = ""

    @property
    def words(self) -> str:
        """The bounds, for people."""
        if self.least <= 0:
            return f"at most {self.most:g}"
        if self.most >= 1:
            return f"at least {self.least:g}"
        return f"{self.least:g} to {self.most:g}"

    def concerns(self, image: str) -> bool:
        """Tell whether something is expected of an image."""
        whole = pathname.parted(image)[0].replace(os.sep, "/")
        named = fnmatch.fnmatch(whole, self.files) or fnmatch.fnmatch(whole, f"*/{self.files}")
        return named and (self.regions is None or _stem(image) in self.regions)

    def region_of(self, image: str) -> str | None:
        """Name the picture that marks a region of an image, None where none does."""
        return None if self.regions is None else self.regions.get(_stem(image))

    def strangers(self, images: Iterable[str]) -> list[str]:
        """List the pictures of regions that are named like none of the images."""
        stems = {_stem(image) for image in images}
        return [path for stem, path in (self.regions or {}).items() if stem not in stems]

    def broken_by(self, sample: Sample) -> str | None:
        """Tell in what a pair does not hold.

        Parameters
        ----------
        sample : Sample
            The pair as the trainer sees it.

        Returns
        -------
        str or None
            What is, and what was wanted; None where it holds, or cannot be foretold.
        """
        if sample.weights is None or not self.concerns(sample.pair.image):
            return None
        where = ""
        if self.regions is not None:
            region = self.regions[_stem(sample.pair.image)]
            where = f" under {region}"
            try:
                values = list(self._of_region(sample, raster.read_mask(region, "r").mask))
            except UnreadableImageError as error:
                return str(error)
            except ValueError as error:
                return f"{region}: {error}"
        else:
            values = list(self._of_image(sample))
        for value in values:
            if not self.least - _ROUNDING <= value <= self.most + _ROUNDING:
                return f"{self.measure}{where} is {value:.3f}, expected {self.words}"
        return None

    def _of_image(self, sample: Sample) -> Iterator[float]:
        assert sample.weights is not None, "the caller has seen them"
        if self.measure == "weight":
            yield float(sample.weights.mean(dtype=np.float64))
        elif self.measure == "coverage":
            yield sample.coverage if sample.coverage is not None else 1.0
        else:
            yield from (each.weight for each in (sample.details.found if sample.details else ()))

    def _of_region(self, sample: Sample, region: NDArray[np.uint8]) -> Iterator[float]:
        header, weights = sample.image_header, sample.weights
        assert weights is not None and header is not None, "the caller has seen weights"
        if region.shape[::-1] != header.size:
            raise ValueError(f"is {region.shape[1]} x {region.shape[0]}, its image {header.size}")
        if self.measure == "coverage":
            if sample.mask is not None and (region >= HALF).any():
                yield coverage(sample.mask[region >= HALF])
            return
        marked = self._at_bucket(sample, region)
        if not marked.any():
            yield 0.0  # all of it is cut off
        count, parts = cv2.connectedComponents(marked, connectivity=8)
        if self.measure == "weight":
            count, parts = 2, marked
        for part in range(1, count):
            rows, columns = np.nonzero(np.asarray(parts) == part)
            if len(rows):
                yield float(weights_at(rows, columns, weights, marked.shape).mean())

    def _at_bucket(self, sample: Sample, region: NDArray[np.uint8]) -> NDArray[np.uint8]:
        window = sample.mask_window
        assert window is not None, "the caller has seen weights"
        marked = (in_bytes(sample.at_bucket(region)) >= HALF).astype(np.uint8)
        if marked.any():
            return marked
        marked[faint_parts(region, window, marked.shape)] = 1
        return marked


def _stem(path: str) -> str:
    return pathname.stem(path)
