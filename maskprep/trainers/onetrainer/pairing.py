"""Which files OneTrainer sees, and which mask it gives to which image.

*Source*: mgds 3a6994a, pipelineModules/CollectPaths.py and ModifyPath.py; OneTrainer 23df383,
modules/util/path_util.py, DataLoaderText2ImageMixin._enumerate_input_modules. Truth: the behaviours
from "missing_mask" to "two_images_same_stem".
"""

from __future__ import annotations

from collections.abc import Iterator

from maskprep.files import pathname, storage
from maskprep.model import Caption, Dataset, Folder, MaskSource, Pair, Subset
from maskprep.trainers.blocks import DatasetBlock, ListFolder
from maskprep.trainers.onetrainer.declared import WORDS
from maskprep.trainers.onetrainer.settings import Concept

MARK = "-masklabel"
_ENDINGS = (".bmp", ".jpg", ".jpeg", ".png", ".tif", ".tiff", ".webp")
_LEFT_OUT = (MARK, "-condlabel")


def is_visible(name: str) -> bool:
    """Tell whether a file name is an image's.

    Examples
    --------
    >>> names = ("a.png", "a.JPG", "a-masklabel.png", "a-MaskLabel.png", "a.gif")
    >>> [is_visible(name) for name in names]
    [True, True, False, True, False]
    """
    stem, ending = pathname.splitext(name)
    return ending.lower() in _ENDINGS and not stem.endswith(_LEFT_OUT)


def assemble(block: DatasetBlock, list_folder: ListFolder) -> Dataset:
    """Find the images, masks and captions of a concept."""
    (of,) = block.subsets
    concept: Concept = of.settings
    top = list_folder(concept.path)
    folders = list(_below(top, list_folder)) if concept.include_subdirectories else [top]
    files = sorted(pathname.join(each.path, name) for each in folders for name in each.names)
    there = frozenset(files)
    pairs, used = [], set()
    for image in files:
        if not is_visible(pathname.basename(image)):
            continue
        wanted = pathname.splitext(image)[0] + f"{MARK}.png"
        mask = wanted if of.source is MaskSource.FILE and wanted in there else None
        used.add(wanted)
        # Without a mask the whole image trains.
        source = MaskSource.NONE if mask is None else of.source
        pairs.append(Pair(block.index, 0, image, mask, source, _caption(image, concept, there)))
    applies = of.source is MaskSource.FILE
    masks = [path for path in files if applies and pathname.stem(path).endswith(MARK)]
    is_png = {path: pathname.splitext(path)[1] == ".png" for path in masks}
    subset = Subset(
        block.index,
        0,
        of.source,
        top,
        None,
        tuple(pairs),
        unseen_masks=tuple(path for path in masks if not is_png[path]),
        extra_masks=tuple(path for path in masks if is_png[path] and path not in used),
        caption_extension=".txt",
        caption_setting=WORDS.caption_ending,
        mask_name=f"{{stem}}{MARK}.png",
        repeats=max(1, round(concept.balancing)),
        settings=concept,
    )
    return Dataset(block.index, (subset,), block.settings)


def _below(folder: Folder, list_folder: ListFolder) -> Iterator[Folder]:
    yield folder
    for name in folder.names:
        path = pathname.join(folder.path, name)
        if not name.startswith(".") and not is_visible(name) and storage.isdir(path):
            yield from _below(list_folder(path), list_folder)


def _caption(image: str, concept: Concept, there: frozenset[str]) -> Caption:
    if concept.captions == "filename":
        return Caption(None, pathname.stem(image))
    path = pathname.splitext(image)[0] + ".txt"
    if concept.captions != "sample":
        return Caption(None, "")
    if path not in there:
        return Caption(None, None)
    try:
        with storage.open_text(path) as stream:
            return Caption(path, stream.read().strip())
    except UnicodeDecodeError as error:
        return Caption(path, None, f"UnicodeDecodeError: {error}", "caption-not-utf8")
    except OSError as error:
        return Caption(path, None, f"{type(error).__name__}: {error}", "unreadable")
