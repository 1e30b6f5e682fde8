"""Image folders as people name them: what is in them, which masks and captions belong to them."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from maskprep.dataset.captions import CAPTION_ENDINGS
from maskprep.dataset.discover import images_in
from maskprep.errors import MaskprepError
from maskprep.files import pathname, storage
from maskprep.model import MaskSource, ModelTraits, Pair
from maskprep.trainers.base import Trainer, in_role
from maskprep.trainers.draft import folder_key
from maskprep.trainers.roles import WritesConfigurations

_UNSEEN = "there is no image in it that the trainer sees"


@dataclass(frozen=True)
class ImageFolder:
    """An image folder, and what its images are for.

    Attributes
    ----------
    images : str
        The folder, or a parent of folders named ``<repeats>_<name>``.
    source : MaskSource
        Where its masks come from; none: its images train whole.
    masks : str or None
        The mask folder, or the parent of mask folders; only with mask files.
    is_regularisation : bool
        Whether its images are regularisation images.
    repeats : int or None
        How often an epoch shows each image; None: as its name says.
    """

    images: str
    source: MaskSource
    masks: str | None = None
    is_regularisation: bool = False
    repeats: int | None = None


@dataclass(frozen=True)
class FoundFolder:
    """A folder that directly holds images.

    Attributes
    ----------
    folder : ImageFolder
        With its own mask folder.
    repeats : int or None
        As its name says; None where it says none.
    caption_extension : str or None
        Ending of its captions, with the dot; None where there are none.
    remarks : tuple of str
        What is odd about it.
    """

    folder: ImageFolder
    repeats: int | None
    caption_extension: str | None
    remarks: tuple[str, ...] = ()


def captions_of(pair: Pair) -> tuple[str, ...]:
    """List the caption files of an image, whichever of them the trainer reads.

    Parameters
    ----------
    pair : Pair
        An image.

    Returns
    -------
    tuple of str
        Paths, the trainer's own first.
    """
    own = [] if pair.caption.path is None else [pair.caption.path]
    whole, chain = pathname.parted(pair.image)
    stem = os.path.splitext(whole)[0]
    beside = (stem + ending + chain for ending in CAPTION_ENDINGS)
    found = (each for each in (*own, *beside) if storage.isfile(each))
    return tuple(dict.fromkeys(found))


def find_folders(
    folders: Sequence[ImageFolder],
    trainer: Trainer,
    model: ModelTraits,
    *,
    caption_extension: str | None = None,
) -> list[FoundFolder]:
    """Look into image folders, and into the sub-folders of those that are mere parents.

    Parameters
    ----------
    folders : sequence of ImageFolder
        As the user names them.
    trainer : Trainer
        Whose eyes count: which images, captions and folder names it knows.
    model : ModelTraits
        What is to be trained.
    caption_extension : str or None
        Ending of all captions; None: the most usual one of each folder.

    Returns
    -------
    list of FoundFolder
        In the order given, sub-folders sorted.

    Raises
    ------
    MaskprepError
        A folder is missing, empty, no folder, or given twice; or its masks are.
    """
    eyes = _Eyes(trainer, model)
    found = []
    for folder in folders:
        for part, remarks in _parts(folder, eyes):
            named = in_role(trainer, WritesConfigurations).named_repeats(part.images)
            extension, told = eyes.captions(part.images, caption_extension)
            remarks += told
            repeats = part.repeats or (named and named[0])
            found.append(FoundFolder(part, repeats, extension, tuple(remarks)))
    _refuse_doubles([each.folder for each in found])
    return found


@dataclass(frozen=True)
class _Eyes:
    trainer: Trainer
    model: ModelTraits

    def pairs(self, folder: str, caption_extension: str | None = None) -> tuple[Pair, ...]:
        writer = in_role(self.trainer, WritesConfigurations)
        flags = {} if caption_extension is None else {writer.caption_flag: caption_extension}
        return images_in(folder, self.trainer, self.model, flags)

    def captions(self, folder: str, given: str | None) -> tuple[str | None, list[str]]:
        count = len(self.pairs(folder))
        if not in_role(self.trainer, WritesConfigurations).caption_flag:
            return self._fixed_captions(folder, given)
        endings = [_dotted(given)] if given else _caption_endings(folder)
        captioned = {
            ending: sum(pair.caption.path is not None for pair in self.pairs(folder, ending))
            for ending in endings
        }
        in_use = {ending: number for ending, number in captioned.items() if number}
        chosen = _dotted(given) if given else max(in_use, key=in_use.__getitem__, default=None)
        return chosen, list(_caption_remarks(folder, in_use, chosen, count))

    def _fixed_captions(self, folder: str, given: str | None) -> tuple[str | None, list[str]]:
        if given is not None:
            title = self.trainer.title
            raise MaskprepError(f"{title} has one ending of captions: leave out {_dotted(given)}")
        pairs = self.pairs(folder)
        found = [pathname.splitext(each)[1] for each in (p.caption.path for p in pairs) if each]
        chosen = found[0] if found else None
        return chosen, list(_caption_remarks(folder, Counter(found), chosen, len(pairs)))


def _caption_endings(folder: str) -> list[str]:
    endings = {os.path.splitext(name)[1] for name in _listed(folder)}
    known = (each for each in endings if each.lower() in CAPTION_ENDINGS)
    return sorted(known, key=lambda each: (CAPTION_ENDINGS.index(each.lower()), each))


def _caption_remarks(
    folder: str, in_use: Mapping[str, int], chosen: str | None, count: int
) -> Iterator[str]:
    if chosen is None:
        yield f"{folder}: there are no captions: its images train with empty ones"
        return
    if len(in_use) > 1:
        several = ", ".join(f"{ending} ({number})" for ending, number in in_use.items())
        yield f"{folder}: captions end in {several}: only {chosen} is read"
    without = count - in_use.get(chosen, 0)
    if without:
        images = "images have" if count > 1 else "image has"
        yield f"{folder}: {without} of {count} {images} no {chosen} caption: an empty one is used"


def _dotted(extension: str) -> str:
    return extension if extension.startswith(".") else f".{extension}"


def _parts(folder: ImageFolder, eyes: _Eyes) -> Iterator[tuple[ImageFolder, list[str]]]:
    names = _listed(folder.images)
    if folder.masks is not None:
        _listed(folder.masks)
    if eyes.pairs(folder.images):
        yield folder, []
        return
    remarks: list[str] = []
    parts = []
    for name in names:
        path = pathname.join(folder.images, name)
        if not storage.isdir(path) or name.startswith("."):
            continue
        named = in_role(eyes.trainer, WritesConfigurations).named_repeats(name)
        _listed(path)
        if named is None or not eyes.pairs(path):
            why = _UNSEEN if named else "its name is no <repeats>_<name>"
            remarks.append(f"{path}: left out: {why}")
            continue
        masks = (
            None
            if folder.masks is None
            else _masks_of(path, folder.masks, (name, named[1]), eyes.trainer.sees)
        )
        parts.append(replace(folder, images=path, masks=masks))
    if not parts:
        raise MaskprepError(
            f"{folder.images}: {_UNSEEN}, and no folder named <repeats>_<name> with images"
        )
    for place, part in enumerate(parts):
        yield part, remarks if place == 0 else []


def _masks_of(
    images: str, parent: str, names: Sequence[str], is_seen: Callable[[str], bool]
) -> str:
    for name in names:
        path = pathname.join(parent, name)
        if storage.isdir(path):
            return path
    if any(is_seen(name) for name in _listed(parent)):
        return parent  # one folder of masks for all
    either = " nor ".join(names)
    raise MaskprepError(
        f"{images}: its masks are missing: {parent} has neither folder {either}; make one of them"
    )


def _listed(folder: str) -> list[str]:
    try:
        return storage.listdir(folder)
    except FileNotFoundError:
        raise MaskprepError(f"{folder or repr('')}: there is no such folder") from None
    except OSError as error:
        if isinstance(error, NotADirectoryError) or storage.isfile(folder):  # as Windows may put it
            raise MaskprepError(f"{folder}: is a file, a folder is wanted") from None
        raise MaskprepError(f"{folder}: cannot be read ({error.strerror})") from error
    except ValueError as error:
        raise MaskprepError(f"{folder}: cannot be a folder's name ({error})") from error


def _refuse_doubles(folders: Sequence[ImageFolder]) -> None:
    seen = set()
    for folder in folders:
        key = folder_key(folder.images)
        if key in seen:
            raise MaskprepError(
                f"{folder.images}: is given twice; to show its images more often, use repeats"
            )
        seen.add(key)
        if folder.masks is not None and folder_key(folder.masks) == key:
            raise MaskprepError(
                f"{folder.images}: is image folder and mask folder at once: keep the masks in a"
                " folder beside the images"
            )
