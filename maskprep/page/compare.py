"""Two sets of masks of the same images: what another mask changes for the trainer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from maskprep import raster
from maskprep.dataset.sample import Sample
from maskprep.errors import MaskprepError, UnreadableImageError
from maskprep.files import pathname, storage
from maskprep.masks.scale import in_bytes

#: What a mask is at and above, as of 255.
_HALF = 128
#: Weight by which a cell must differ to count as changed.
_CHANGED = 0.01


@dataclass(frozen=True)
class Change:
    """What another mask makes of a pair.

    Attributes
    ----------
    path : str
        The other mask.
    overlap : float
        Of what trains by both, the share of what trains by either, [0, 1]; at bucket size.
    changed : int
        Latent cells whose weight differs.
    weights : ndarray of float32, shape (rows, columns)
        Of the cells by the other mask, [0, 1].
    """

    path: str
    overlap: float
    changed: int
    weights: NDArray[np.float32]


def masks_in(folder: str) -> dict[str, str]:
    """List the files of a folder by their stems.

    Raises
    ------
    MaskprepError
        There is no such folder.
    """
    if not storage.isdir(folder):
        raise MaskprepError(f"{folder}: there is no such folder: give one of masks to --compare")
    names = sorted(storage.listdir(folder))
    return {pathname.stem(name): pathname.join(folder, name) for name in names}


def compared(sample: Sample, others: Mapping[str, str] | None) -> Change | None:
    """Weigh a pair by another mask.

    Parameters
    ----------
    sample : Sample
        With weights.
    others : mapping of str to str, or None
        Masks by their stems.

    Returns
    -------
    Change or None
        None where there is no mask of that name that decodes to the size of the pair's own.
    """
    own, weights, bucket_mask = sample.mask, sample.weights, sample.bucket_mask
    path = sample.mask_path
    if others is None or own is None or path is None or weights is None or bucket_mask is None:
        return None
    other = others.get(pathname.stem(path)) or others.get(pathname.stem(sample.pair.image))
    if other is None:
        return None
    try:
        reading = sample.trainer.mask_reading(sample.pair.source, sample.subset)
        mask = raster.read_mask(other, *reading).mask
    except UnreadableImageError:
        return None
    if mask.shape != own.shape:
        return None
    placed = sample.at_bucket(mask)
    after = sample.weigh(placed)
    one, two = bucket_mask >= _HALF, in_bytes(placed) >= _HALF
    either = np.count_nonzero(one | two)
    overlap = np.count_nonzero(one & two) / either if either else 1.0
    changed = int(np.count_nonzero(np.abs(after - weights) > _CHANGED))
    return Change(other, overlap, changed, after)
