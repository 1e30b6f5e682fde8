"""Whether a configuration came back from the trainer's parser as it was meant."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from maskprep.model import Dataset, Subset
from maskprep.trainers.draft import ConfigDraft, SubsetDraft, folder_key


def differences(draft: ConfigDraft, datasets: Sequence[Dataset], *, amended: bool) -> Iterator[str]:
    """Compare what was wanted with what was read.

    Parameters
    ----------
    draft : ConfigDraft
        What was wanted.
    datasets : sequence of Dataset
        As read back.
    amended : bool
        Whether the datasets were there before, with settings of their own.

    Yields
    ------
    str
        A sentence a difference.
    """
    apart = {folder_key(each.image_dir) for each in draft.subsets if each.is_regularisation}
    for wanted in draft.subsets:
        found = [
            (dataset, subset)
            for dataset in datasets
            for subset in dataset.subsets
            if not subset.metadata and _folder_of(subset) == folder_key(wanted.image_dir)
        ]
        if not found:
            yield f"{wanted.image_dir}: is not in the configuration"
        for dataset, subset in found:
            trains = any(
                not each.is_regularisation and _folder_of(each) not in apart
                for each in dataset.subsets
            )
            for told in _of_subset(wanted, subset, wanted.is_regularisation and trains):
                yield f"{wanted.image_dir}: {told}"
            resolution = dataset.settings.resolution
            if resolution != draft.resolution and not amended:
                yield f"{wanted.image_dir}: its resolution is {resolution}, not {draft.resolution}"


def _folder_of(subset: Subset) -> str | None:
    return None if subset.images is None else folder_key(subset.images.path)


def _of_subset(wanted: SubsetDraft, found: Subset, is_reg: bool) -> Iterator[str]:
    if found.source is not wanted.source:
        yield f"its mask comes from {found.source.value}, not {wanted.source.value}"
    if wanted.mask_dir is not None:
        masks = found.masks.path if found.masks is not None else ""
        if folder_key(masks) != folder_key(wanted.mask_dir):
            yield f"its mask folder is {masks}, not {wanted.mask_dir}"
    if wanted.repeats is not None and found.settings.num_repeats != wanted.repeats:
        yield f"its num_repeats is {found.settings.num_repeats}, not {wanted.repeats}"
    if found.is_regularisation != is_reg:
        yield f"its is_reg is {found.is_regularisation}, not {is_reg}"
    extension = wanted.caption_extension
    if extension is not None and found.caption_extension != extension:
        yield f"its caption_extension is {found.caption_extension}, not {extension}"
