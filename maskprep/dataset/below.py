"""Pictures in sub-folders, which no trainer opens, and the command that takes them in."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping

from maskprep.dataset.captions import CAPTION_ENDINGS
from maskprep.files import pathname, shell, storage
from maskprep.model import Folder, Subset, TrainingSet
from maskprep.trainers.roles import WritesConfigurations

#: How deep below a folder pictures are looked for.
_DEPTH = 3
#: Sub-folders that are named.
_NAMED = 2
#: Endings of files that lie beside images: what is called so is not asked whether it is a folder.
_FILES = frozenset({*CAPTION_ENDINGS, ".npz", ".json", ".jsonl", ".toml", ".safetensors", ".db"})


def pictures_below(folder: Folder, others: Collection[str] = ()) -> dict[str, int]:
    """Count the pictures in a folder's sub-folders.

    Parameters
    ----------
    folder : Folder
        As listed.
    others : collection of str
        Real paths of folders that are somebody else's.

    Returns
    -------
    dict of str to int
        By the sub-folder's name from there; none that holds no picture.
    """
    return dict(_counted(folder.path, folder.names, "", others, _DEPTH))


def _counted(
    path: str, names: Collection[str], inner: str, others: Collection[str], depth: int
) -> Iterator[tuple[str, int]]:
    for name in names if depth else ():
        below = pathname.join(path, name)
        if not _may_be_folder(name) or not storage.isdir(below):
            continue
        if pathname.realpath(below) in others:
            continue
        listed = _listed(below)
        count = sum(pathname.is_picture(each) for each in listed)
        if count:
            yield inner + name, count
        yield from _counted(below, listed, f"{inner}{name}/", others, depth - 1)


def _may_be_folder(name: str) -> bool:
    if name.startswith(".") or ".maskprep-backup-" in name or pathname.is_picture(name):
        return False
    return os.path.splitext(name)[1].lower() not in _FILES


def _listed(folder: str) -> list[str]:
    try:
        return storage.listdir(folder)
    except OSError:
        return []


def how_to_take_in(training_set: TrainingSet) -> str:
    """Write the command that makes a data set of an image folder whose images lie below it.

    Parameters
    ----------
    training_set : TrainingSet
        Of a folder.

    Returns
    -------
    str
        Empty where it is a configuration's, has an image, or has none below either.
    """
    if training_set.config is not None or training_set.pair_count:
        return ""
    subset = next((each for dataset in training_set.datasets for each in dataset.subsets), None)
    if subset is None or subset.images is None:
        return ""
    found = pictures_below(subset.images, _mask_folders(subset))
    if not found:
        return ""
    return f"{told(found)}: {_command(training_set, subset, list(found))}"


def told(found: Mapping[str, int]) -> str:
    """Say how many pictures lie in which sub-folders.

    Examples
    --------
    >>> told({"x": 1}), told({"x": 1, "y": 2, "z": 3})
    ('1 picture lies in its sub-folders (x)', '6 pictures lie in its sub-folders (x, y, …)')
    """
    count = sum(found.values())
    names = list(found)
    more = ", …" if len(names) > _NAMED else ""
    pictures = "1 picture lies" if count == 1 else f"{count} pictures lie"
    return f"{pictures} in its sub-folders ({', '.join(names[:_NAMED])}{more})"


def adopt_command(subset: Subset) -> str:
    """Write the command that makes a data set of a subset's folders and of all below them."""
    folders = [each.path for each in (subset.images, subset.masks) if each is not None]
    if len(folders) == 2 and _is_inside(folders[1], folders[0]):
        folders.pop()
    return shell.typed(["maskprep", "adopt", *folders, "-o", "adopted"])


def _is_inside(path: str, folder: str) -> bool:
    real, outer = pathname.realpath(path), pathname.realpath(folder)
    return real == outer or real.startswith(pathname.join(outer, ""))


def _command(training_set: TrainingSet, subset: Subset, names: list[str]) -> str:
    trainer = training_set.trainer
    folder = subset.images.path if subset.images is not None else ""
    masks = None if subset.masks is None else subset.masks.path
    if isinstance(trainer, WritesConfigurations) and all(map(trainer.named_repeats, names)):
        words = ["export-config", folder]
        words += ["--alpha"] if masks is None else ["--masks", masks]
        return shell.typed(["maskprep", *words, "-o", f"dataset{trainer.config_ending}"])
    return adopt_command(subset)


def _mask_folders(subset: Subset) -> set[str]:
    return set() if subset.masks is None else {pathname.realpath(subset.masks.path)}
