"""Rules for names, pairing and captions: what can be told without opening an image (MP1xx)."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterator, Sequence

from maskprep.dataset.below import adopt_command
from maskprep.dataset.misnamed import (
    Misnamed,
    is_own_mask_folder,
    masks_beside,
    misnamed,
    unmarked,
    unseen_beside,
    wanted_mask,
)
from maskprep.files import pathname, shell, storage
from maskprep.model import Folder, MaskSource, Pair, Severity, Subset
from maskprep.model.rule import DATASET, Remark, RuleStage, rule

_FOLDERS = RuleStage.FOLDERS
_UTIL = "sd-scripts v0.10.1, library/train_util.py"
#: Endings that the trainer sees, in lower case.
_LOADED = (".png", ".jpg", ".jpeg", ".webp", ".bmp")
#: Endings of kinds that maskprep does not open, in lower case.
_NOT_OPENED = (".heic", ".heif", ".pam", ".npy", ".exr")
#: Minutes by which an image may be newer than its mask: a copy or a checkout takes a while.
MINUTES = 10.0
_NO_START = "the trainer refuses to start (missing conditioning data)"
_SYSTEM_FILES = frozenset({"thumbs.db", "desktop.ini", ".ds_store"})


@rule(
    "MP101",
    "directory-missing",
    Severity.ERROR,
    _FOLDERS,
    f'{_UTIL}, load_dreambooth_dir and ControlNetDataset; truth: "mask directory does not exist"',
    mend="correct the folder's name",
)
def directory_missing(subset: Subset) -> Iterator[Remark]:
    r"""A folder that is not there.

    A missing image folder is skipped with a warning ("not directory: …"). With a missing mask
    folder the run starts, and dies in its first batch: "'NoneType' object has no attribute 'read'".
    Where escapes such as \n in "D:\new" spoilt the name, `path-escapes` tells it.
    """
    if subset.images is not None and _is_missing(subset.images):
        told = f"{_no_folder(subset.images.path)}: the trainer leaves its images out with a warning"
        yield Remark(subset.images.path or "''", told, _where_from(subset.images.path))
    if subset.masks is not None and _is_missing(subset.masks):
        outcome = (
            "the run starts, then stops in its first batch"
            " (AttributeError: 'NoneType' object has no attribute 'read')"
        )
        path = subset.masks.path
        yield Remark(path or "''", _no_folder(path), _where_from(path), outcome=outcome)
    metadata = subset.metadata
    if (
        metadata is not None
        and not storage.exists(metadata)
        and not pathname.has_controls(metadata)
    ):
        yield Remark(metadata, "there is no such metadata file", _where_from(metadata))


@rule(
    "MP102",
    "mask-missing",
    Severity.ERROR,
    _FOLDERS,
    f"{_UTIL}, ControlNetDataset; truth: pairing cases",
    mend=(
        "paint a mask of the image's name; maskprep check DATASET --fix missing=white makes "
        "white ones, but not where as many masks have other names"
    ),
)
def mask_missing(subset: Subset) -> Iterator[Remark]:
    """An image without a mask: the run does not start.

    "missing conditioning data for N images". A mask has the image's name up to the extension,
    exactly, and .png .jpg .jpeg .webp or .bmp, all lower or all upper case. A file of another kind
    (.tif, .pgm, .pfm, .jp2, …) in the mask folder is named with the command that makes a mask of
    it; so is one beside the image, if its name or its kind says that it is a mask. Where a mask is
    nearly named so, or all are named by another pattern, `near-miss-name` tells it; where they lie
    beside the images, `masks-among-images` does.
    """
    folder = subset.masks if subset.masks is not None else subset.images
    if folder is None or not folder.exists:
        return
    found = misnamed(subset)
    told_elsewhere = found.images | _beside(subset)
    missing = [pair for pair in subset.missing if pair.image not in told_elsewhere]
    unseen = {_stem(path): path for path in subset.unseen_masks}
    beside = unseen_beside(subset)
    for pair in missing:
        stem, wanted = _stem(pair.image), wanted_mask(subset, pair)
        fix, command = "paint one (all white trains the whole image), or take the image out", ""
        if found.may_be_left:
            fix = f"rename its mask, if it is among those of no image ({_some(found.left)})"
        if pair.image in beside:
            fix, command = _made_of_it(pair, beside[pair.image], doubted=True)
        if stem in unseen:
            fix, command = _made_of_it(pair, unseen[stem])
        # What looks like another image's mask is no image to be trained.
        choice = found.may_be_left or stem in unseen or unmarked(stem) != stem
        yield Remark(
            pair.image,
            f"has no mask, {wanted} was wanted",
            fix,
            outcome=_NO_START,
            command=command,
            choice=choice,
        )


@rule(
    "MP103",
    "mask-extra",
    Severity.ERROR,
    _FOLDERS,
    f"{_UTIL}, ControlNetDataset; truth: pairing cases",
    mend="move it out of the mask folder, or bring its image back",
)
def mask_extra(subset: Subset) -> Iterator[Remark]:
    """A mask without an image: the run does not start ("extra conditioning data for N images").

    Where an image is nearly named so, or all masks are named by another pattern, `near-miss-name`
    tells it.
    """
    refuses = "the trainer refuses to start (extra conditioning data)"
    if subset.masks is not None and subset.extra_masks and not subset.pairs:
        # Not the masks are at fault: moving them away would lose work.
        told = f"none of its {len(subset.extra_masks)} masks has an image"
        fix = "see why the trainer finds no image beside them"
        yield Remark(subset.masks.path, told, fix, outcome=refuses)
        return
    found = misnamed(subset)
    unseen = {_stem(path): path for path in subset.unseen}
    for path in subset.extra_masks:
        if path in found.masks:
            continue
        if storage.isdir(path):
            told, fix = "is a folder named like a mask", "rename it"
        elif _stem(path) in unseen:
            told = f"its image {unseen[_stem(path)]} is one that the trainer does not see"
            fix = "mend the image's name or format"
        else:
            told, fix = "belongs to no image", "move it out of the mask folder"
            if len(found.images) < len(subset.missing):
                fix = f"rename it after its image, or {fix}"
        yield Remark(path, told, fix, outcome=refuses)


@rule(
    "MP106",
    "caption-empty",
    Severity.ERROR,
    _FOLDERS,
    f'{_UTIL}, read_caption; truth: "caption file is empty"',
    mend="write a caption into the file, or delete it",
)
def caption_empty(subset: Subset) -> Iterator[Remark]:
    """A caption file of 0 bytes: the run does not start ("caption file is empty")."""
    for pair in _with_caption_rule(subset, "caption-empty"):
        told = "is empty: the trainer refuses to start (caption file is empty)"
        yield Remark(pair.caption.path or pair.image, told, "write a caption, or delete the file")


@rule(
    "MP107",
    "caption-not-utf8",
    Severity.ERROR,
    _FOLDERS,
    f'{_UTIL}, read_caption; truth: "caption is not UTF-8"',
    mend="save it as UTF-8",
)
def caption_not_utf8(subset: Subset) -> Iterator[Remark]:
    """A caption in another encoding (cp932, cp1252, UTF-16): the run does not start.

    "UnicodeDecodeError: 'utf-8' codec can't decode byte".
    """
    for pair in _with_caption_rule(subset, "caption-not-utf8"):
        told = f"is not UTF-8: the trainer refuses to start ({pair.caption.error})"
        yield Remark(pair.caption.path or pair.image, told, "save it as UTF-8 without a BOM")


@rule(
    "MP108",
    "many-images-one-mask",
    Severity.WARNING,
    _FOLDERS,
    f"{_UTIL}, ControlNetDataset; truth: pairing cases",
    mend="give the images different names",
)
def many_images_one_mask(subset: Subset) -> Iterator[Remark]:
    """Images that differ only in their extension share one mask, silently."""
    uses: dict[str, list[str]] = {}
    for pair in subset.pairs:
        if pair.mask is not None:
            uses.setdefault(pair.mask, []).append(pathname.basename(pair.image))
    for mask, images in uses.items():
        if len(images) > 1:
            told = f"is the mask of {len(images)} images: {', '.join(images)}"
            yield Remark(mask, told, "give the images different names, and each its mask")


@rule(
    "MP109",
    "many-masks-one-image",
    Severity.WARNING,
    _FOLDERS,
    f"{_UTIL}, ControlNetDataset; truth: pairing cases",
    mend="delete or rename the mask that is not meant",
)
def many_masks_one_image(subset: Subset) -> Iterator[Remark]:
    """Masks that differ only in their extension: the first in sorted order wins, silently."""
    for used, others in subset.shadowed_masks.items():
        for other in others:
            told = f"is never loaded: {pathname.basename(used)} comes first and is used"
            yield Remark(other, told, "keep one of them in the mask folder")


@rule(
    "MP110",
    "extension-ignored",
    Severity.WARNING,
    _FOLDERS,
    f"{_UTIL}, glob_images; truth: pairing cases",
    mend="maskprep check DATASET --fix gives it a kind that the trainer sees",
    formats="tiff",
)
def extension_ignored(subset: Subset) -> Iterator[Remark]:
    """A picture that the trainer does not see: ``.Png``, ``.tif``, ``.gif``, or a hidden file."""
    loaded = {pair.image for pair in subset.pairs}
    used = {pathname.stem(pair.mask): pair.mask for pair in subset.pairs if pair.mask is not None}
    trained = {pathname.stem(pair.image): pair.image for pair in subset.pairs}
    loaded.update(unseen_beside(subset).values())  # told as missing masks
    loaded.update(subset.uncached, (pair.image for pair in subset.unused))
    for path in (*(() if subset.dropped else subset.unseen), *subset.unseen_masks):
        if path in loaded:
            continue
        stem, ending = pathname.splitext(path)
        of_kind = used if path in subset.unseen_masks else trained
        instead = of_kind.get(pathname.basename(stem), path)
        if instead != path:
            told = f"is not seen by the trainer: {pathname.basename(instead)} is used"
            yield Remark(path, told, "", Severity.INFO)
        elif path not in subset.unseen_masks and unmarked(_stem(path)) in trained:
            told = f"is not seen by the trainer; it looks like the mask of {unmarked(_stem(path))}"
            yield Remark(path, told, "", Severity.INFO)
        elif pathname.basename(path).startswith("."):
            yield Remark(path, "begins with a dot: the trainer does not see it", "", Severity.INFO)
        elif ending.lower() in _LOADED:
            told = f"{ending} is neither all lower nor all upper case: the trainer does not see it"
            yield Remark(path, told, f"rename it to {pathname.basename(stem)}{ending.lower()}")
        else:
            told = f"the trainer does not see {ending} files"
            fix = f"save it as {pathname.basename(stem)}.png"
            is_opened = ending.lower() not in _NOT_OPENED
            fix += ", as maskprep extract does" * (is_opened and path in subset.unseen_masks)
            yield Remark(path, told, fix)


@rule(
    "MP111",
    "near-miss-name",
    Severity.ERROR,
    _FOLDERS,
    f"{_UTIL}, ControlNetDataset; truth: pairing cases",
    mend="maskprep check DATASET --fix renames it",
    tells=("mask-missing", "mask-extra"),
)
def near_miss_name(subset: Subset) -> Iterator[Remark]:
    """Masks whose names are nearly their images', or made of them by one change for the whole set.

    One mask may differ in case, Unicode form, a space, ``_mask`` behind it. Of a set the pattern is
    told once: ``<image>_mask_1``, ``a.jpg.png``, ``mask_0007_``, in a sub-folder, or several masks
    of one image. It is believed where it explains nine in ten of the masks, one to one.
    The trainer compares names exactly, without Unicode normalisation: the image has no mask, and
    the run does not start ("missing conditioning data for N images"). `mask-missing` and
    `mask-extra` leave these files to this rule.
    """
    if subset.masks is None:
        return
    found = misnamed(subset)
    path = subset.masks.path
    if found.image_of:
        yield _of_pattern(path, _pattern(found), found)
    if found.parts_of:
        yield _of_pattern(path, _parts(found), found)
    for mask, image in found.alone.items():
        told = f"is nearly the mask of {pathname.basename(image)} ({_difference(mask, image)})"
        yield Remark(mask, told, _rename(mask, image), outcome=_NO_START)


@rule(
    "MP112",
    "masks-among-images",
    Severity.WARNING,
    _FOLDERS,
    f"{_UTIL}, glob_images (read)",
    mend="move the masks to a folder of their own, beside the images' folder",
    tells=("mask-missing", "mask-extra"),
)
def masks_among_images(subset: Subset) -> Iterator[Remark]:
    """Masks where images are looked for: they would be trained as pictures.

    An image folder that is its own mask folder makes each image its own mask: that is told once,
    and nothing else of what these images are as masks.

    `adopt` and `extract` find them there by one change of names, and write them to a folder of
    their own. A change that says nothing of masks (``a``, ``a_2``) is not taken for one.
    """
    if subset.images is None:
        return
    beside = masks_beside(subset)
    if subset.masks is not None and subset.masks.exists and subset.images.exists:
        images, masks = (pathname.realpath(each.path) for each in (subset.images, subset.masks))
        if images == masks:
            told = "is image folder and mask folder at once: every mask is trained as an image too"
            if is_own_mask_folder(subset):
                told = "is image folder and mask folder at once: every image is its own mask"
            fix, command = "keep the masks in a folder beside the images", ""
            if beside is not None and is_own_mask_folder(subset):
                told += f": {len(beside.image_of)} are named {beside.words}"
                fix, command = _parted(subset, subset.images)
            yield Remark(subset.masks.path, told, fix, Severity.ERROR, command=command)
            return
        trained = {pathname.folded(pathname.dirname(pair.image)) for pair in subset.pairs}
        inside = masks.startswith(pathname.join(images, ""))
        if inside and pathname.folded(subset.masks.path) not in trained:
            told = "lies inside the image folder: this trainer does not look there, others do"
            fix = "keep the masks in a folder beside the images"
            yield Remark(subset.masks.path, told, fix, Severity.INFO)
    if beside is not None and beside.is_marked:
        mask, image = next(iter(beside.image_of.items()))
        told = f"{len(beside.image_of)} of its {len(subset.pairs)} images look like masks of others"
        told += f" ({beside.words}: {mask} of {image}), but are trained as images"
        severity = Severity.ERROR if _beside(subset) else None
        fix, command = _parted(subset, subset.images)
        yield Remark(subset.images.path, told, fix, severity, command=command)
        return
    stems = {_stem(pair.image) for pair in subset.pairs}
    for pair in subset.pairs:
        stem = _stem(pair.image)
        plain = unmarked(stem)
        if plain != stem and plain in stems:
            told = f"looks like the mask of {plain}, but is trained as an image"
            yield Remark(pair.image, told, "move it to the mask folder")


@rule(
    "MP113",
    "caption-missing",
    Severity.WARNING,
    _FOLDERS,
    f"{_UTIL}, read_caption; truth: pairing cases",
    mend="write a caption, or name the captions' ending in caption_extension",
)
def caption_missing(subset: Subset) -> Iterator[Remark]:
    """An image without a caption: it trains with an empty one."""
    ending = subset.caption_extension
    names = set(subset.images.names) if subset.images is not None else set()
    for pair in subset.pairs:
        uncaptioned = pair.caption.path is None and pair.caption.text is None
        if uncaptioned and pair.cached is None and storage.isfile(pair.image):
            stem = _stem(pair.image)
            other = next(
                (e for e in (".txt", ".caption") if e != ending and stem + e in names), None
            )
            fix = f"write {stem}{ending}"
            if other:
                fix = subset.caption_setting.format(ending=other)
            outcome = "trains with an empty one"
            yield Remark(pair.image, f"has no caption {stem}{ending}", fix, outcome=outcome)


@rule(
    "MP114",
    "caption-blank-first-line",
    Severity.WARNING,
    _FOLDERS,
    f'{_UTIL}, read_caption; truth: "caption with a blank first line"',
    mend="maskprep check DATASET --fix takes the blank lines off",
)
def caption_blank_first_line(subset: Subset) -> Iterator[Remark]:
    """A caption whose first line is blank: only the first line counts, so it is empty."""
    for pair in subset.pairs:
        if pair.caption.text == "" and pair.caption.path and not subset.metadata:
            yield Remark(
                pair.caption.path, "its first line is blank: trains with an empty caption",
                "put the caption on the first line",
            )  # fmt: skip


@rule(
    "MP115",
    "caption-bom",
    Severity.WARNING,
    _FOLDERS,
    f"{_UTIL}, read_caption (read)",
    mend="maskprep check DATASET --fix takes the mark off",
)
def caption_bom(subset: Subset) -> Iterator[Remark]:
    """A byte order mark at the start of a caption: it stays in the text that is trained."""
    for pair in subset.pairs:
        if (pair.caption.text or "").startswith("\ufeff") and pair.caption.path:
            told = "begins with a byte order mark, which becomes part of the caption"
            yield Remark(pair.caption.path, told, "save it as UTF-8 without a BOM")


@rule(
    "MP117",
    "system-files",
    Severity.INFO,
    _FOLDERS,
    f'{_UTIL}, glob_images; truth: "dot files beside the mask"',
    mend="nothing needs to be done",
)
def system_files(subset: Subset) -> Iterator[Remark]:
    """Files of the system (``._a.png``, Thumbs.db): the trainer does not see them. Harmless."""
    for folder in filter(None, (subset.images, subset.masks)):
        for name in folder.names:
            if name.startswith("._") or name.lower() in _SYSTEM_FILES:
                yield Remark(pathname.join(folder.path, name), "a system file; ignored, harmless")


@rule(
    "MP118",
    "mask-older-than-image",
    Severity.WARNING,
    _FOLDERS,
    "no trainer looks at it: a mask painted before its image was last changed may not fit it",
    mend="look at the pair: maskprep preview DATASET --output previews",
)
def mask_older_than_image(subset: Subset, *, minutes: float = MINUTES) -> Iterator[Remark]:
    """The image was changed after its mask was painted: does the mask still fit?

    A copy or a checkout of a data set takes some minutes, which count for nothing.
    """
    for pair in subset.pairs:
        if pair.source is not MaskSource.FILE or pair.mask is None:
            continue
        try:
            lag = storage.getmtime(pair.image) - storage.getmtime(pair.mask)
        except OSError:
            continue
        if lag > 60 * minutes:
            told = f"is {_duration(lag)} older than its image: does it still fit?"
            command = f"maskprep preview {DATASET} --output previews"
            yield Remark(pair.mask, told, "look at it, then save it again", command=command)


def _with_caption_rule(subset: Subset, name: str) -> Iterator[Pair]:
    pairs = (*subset.pairs, *subset.unused)
    return (pair for pair in pairs if pair.caption.rule == name)


def _is_missing(folder: Folder) -> bool:
    return not folder.exists and not pathname.has_controls(folder.path)


def _no_folder(path: str) -> str:
    return "is no folder" if storage.exists(path) else "there is no such folder"


def _duration(seconds: float) -> str:
    for length, unit in ((86400, "days"), (3600, "hours")):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds / 60:.0f} minutes"


def _where_from(path: str) -> str:
    if pathname.isabs(path):
        return "correct the path"
    return f"correct the path (relative to {os.getcwd()})"


def _stem(path: str) -> str:
    return pathname.stem(path)


def _beside(subset: Subset) -> frozenset[str]:
    """List images that lack their mask because it lies beside them, and these masks."""
    naming = masks_beside(subset) if subset.missing else None
    if naming is None or not naming.is_marked:
        return frozenset()
    names = {*naming.image_of, *naming.image_of.values()}
    return frozenset(
        pair.image for pair in subset.missing if pathname.basename(pair.image) in names
    )


def _made_of_it(pair: Pair, path: str, doubted: bool = False) -> tuple[str, str]:
    """Tell how a file of a kind that the trainer does not see becomes the mask of its image."""
    name, whether = f"{_stem(pair.image)}.png", f"if it is {path}: " if doubted else ""
    if pathname.splitext(path)[1].lower() in _NOT_OPENED:
        return f"{whether}save {path} as {name} (maskprep does not open its kind)", ""
    return (
        f"{whether}make {name} of {path}",
        f"maskprep extract {DATASET} --from auto --output masks-png",
    )


def _parted(subset: Subset, folder: Folder) -> tuple[str, str]:
    if not pathname.is_remote(folder.path):
        return "make a data set of both, in a new folder", adopt_command(subset)
    words = ["maskprep", "extract", folder.path, "--masks", folder.path, "--output", "masks-found"]
    return "write the masks to a folder of their own; then move them out of this one", shell.typed(
        words
    )


def _pattern(found: Misnamed) -> str:
    mask, image = next(iter(found.image_of.items()))
    if found.is_nested:
        example = pathname.join(pathname.basename(pathname.dirname(mask)), pathname.basename(mask))
    else:
        example = pathname.basename(mask)
    where = " in sub-folders" if found.is_nested else ""
    count = len(found.image_of)
    return (
        f"{count} masks{where} are named {found.words} ({example} for {pathname.basename(image)})"
    )


def _parts(found: Misnamed) -> str:
    image, masks = max(found.parts_of.items(), key=lambda each: len(each[1]))
    count = sum(map(len, found.parts_of.values()))
    return (
        f"{count} masks are parts of those of {len(found.parts_of)} images"
        f" ({_some(masks)} of {pathname.basename(image)})"
    )


def _of_pattern(path: str, told: str, found: Misnamed) -> Remark:
    """Remark names of one pattern; a fix renames them where each is the mask of one image."""
    if found.parts_of:
        fix = "join them, each value the largest; where they are kinds of one mask, keep one kind"
        command = f"maskprep extract {DATASET} --output masks-whole"
    elif found.is_nested:
        fix = "write them to one folder"
        command = f"maskprep extract {DATASET} --output masks-found"
    else:
        fix, command = "rename them (--diff lists them)", ""
    return Remark(path, told, fix, command=command, choice=bool(command), outcome=_NO_START)


def _some(paths: Sequence[str]) -> str:
    names = pathname.told_apart(paths[:2])
    return ", ".join(names) + (", …" if len(paths) > len(names) else "")


def _rename(mask: str, image: str) -> str:
    ending = pathname.splitext(mask)[1].lower()
    if ending not in _LOADED:
        return f"save {mask} as {_stem(image)}.png"
    name = f"{_stem(image)}{ending}"
    looks = {unicodedata.normalize("NFC", each) for each in (name, pathname.basename(mask))}
    form = "NFC" if unicodedata.is_normalized("NFC", name) else "NFD"
    return f"rename {mask} to {name}" + (f", letters in the form {form}" if len(looks) == 1 else "")


def _difference(mask_path: str, image_path: str) -> str:
    mask, image = _stem(mask_path), _stem(image_path)
    if unicodedata.normalize("NFC", mask) == unicodedata.normalize("NFC", image):
        return "the letters are composed differently (Unicode NFC and NFD)"
    if mask.casefold() == image.casefold():
        return "upper and lower case differ"
    if mask.strip() == image.strip():
        return "a space at the start or end"
    if mask.startswith(image):
        return f"{mask[len(image) :]} stands behind its name"
    return f"its name is {mask}, not {image}"
