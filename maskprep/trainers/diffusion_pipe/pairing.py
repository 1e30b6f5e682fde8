"""Which files diffusion-pipe sees, and which mask it gives to which image.

*Source*: diffusion-pipe 8f83dbf, utils/dataset.py, DirectoryDataset._get_ungrouped_metadata and
_metadata_map_fn. Truth: the behaviours from "missing_mask" to "mask_path_equals_image_dir".
"""

from __future__ import annotations

from collections import defaultdict

from maskprep.errors import UnreadableImageError
from maskprep.files import pathname, storage
from maskprep.model import Caption, Dataset, Folder, MaskSource, Pair, Subset
from maskprep.trainers.blocks import DatasetBlock, ListFolder
from maskprep.trainers.diffusion_pipe.declared import WORDS
from maskprep.trainers.diffusion_pipe.settings import Directory

#: What is left out by its ending, in this case alone; of the rest whatever Pillow opens is trained.
_LEFT_OUT = (".txt", ".npz", ".json", ".parquet", ".bak", ".db")
#: Videos and archives, which are trained, but not looked at here.
_NOT_STILL = (".tar", ".mp4", ".avi", ".mov", ".mkv", ".webm", ".wmv", ".m4v", ".flv", ".mpg")
_PICTURES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".tif", ".tiff", ".avif", ".jxl")
#: Captions of a whole folder.
_CAPTIONS = "captions.json"


def is_visible(name: str) -> bool:
    """Tell whether a file name is an image's, as people name them."""
    return name.lower().endswith(_PICTURES)


def assemble(block: DatasetBlock, list_folder: ListFolder) -> Dataset:
    """Find the images, masks and captions of a directory."""
    (of,) = block.subsets
    directory: Directory = of.settings
    images = list_folder(of.image_dir or directory.path)
    masks = None if of.mask_dir is None else list_folder(of.mask_dir)
    of_stem = {} if masks is None else _by_stem(masks)
    seen = [name for name in images.names if _is_trained(images, name)]
    pairs = []
    for name in seen:
        known = of_stem.get(pathname.splitext(name)[0])
        mask = known[-1] if known else directory.default_mask_file
        # Without a mask the whole image trains.
        is_whole = of.source is MaskSource.FILE and mask is None
        source = MaskSource.NONE if is_whole else of.source
        caption = _caption(images, name, directory)
        image = pathname.join(images.path, name)
        pairs.append(Pair(block.index, 0, image, mask, source, caption))
    stems = {pathname.splitext(name)[0] for name in seen}
    extra = (path for stem, paths in of_stem.items() if stem not in stems for path in paths)
    subset = Subset(
        block.index,
        0,
        of.source,
        images,
        masks,
        tuple(pairs),
        extra_masks=tuple(path for path in extra if is_visible(path)),
        shadowed_masks={
            paths[-1]: tuple(paths[:-1])
            for stem, paths in of_stem.items()
            if stem in stems and len(paths) > 1
        },
        caption_extension=".txt",
        caption_setting=WORDS.caption_ending,
        repeats=directory.repeats,
        settings=directory,
    )
    return Dataset(block.index, (subset,), block.settings)


def _is_trained(folder: Folder, name: str) -> bool:
    if name.endswith(_LEFT_OUT) or name.lower().endswith(_NOT_STILL):
        return False
    path = pathname.join(folder.path, name)
    return is_visible(name) or (storage.isfile(path) and opens(path))


def opens(path: str) -> bool:
    """Tell whether Pillow opens a file; the trainer skips others, with a warning."""
    from maskprep.raster import read_header

    try:
        read_header(path)
    except UnreadableImageError:
        return False
    return True


def _by_stem(masks: Folder) -> dict[str, list[str]]:
    """List files by stem; which of several counts, the order of the folder decides.

    What is named like a picture stands last here, and is taken.
    """
    found: defaultdict[str, list[str]] = defaultdict(list)
    for name in sorted(masks.names, key=lambda name: (is_visible(name), name)):
        path = pathname.join(masks.path, name)
        if is_visible(name) or storage.isfile(path):
            found[pathname.splitext(name)[0]].append(path)
    return found


def _caption(folder: Folder, name: str, directory: Directory) -> Caption:
    if _CAPTIONS in folder.names:
        return Caption(None, f"as {_CAPTIONS} says")
    caption = f"{pathname.splitext(name)[0]}.txt"
    if caption not in folder.names:
        return Caption(None, None if directory.skip_empty_caption else "")
    path = pathname.join(folder.path, caption)
    try:
        with storage.open_text(path) as stream:
            return Caption(path, stream.read().strip())
    except UnicodeDecodeError as error:
        return Caption(path, None, f"UnicodeDecodeError: {error}", "caption-not-utf8")
    except OSError as error:
        return Caption(path, None, f"{type(error).__name__}: {error}", "unreadable")
