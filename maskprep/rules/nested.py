"""Rules for what lies below the folders that a trainer reads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from maskprep.dataset.below import adopt_command, how_to_take_in, pictures_below, told
from maskprep.dataset.misnamed import misnamed
from maskprep.files import pathname
from maskprep.model import Folder, Severity, Subset, TrainingSet
from maskprep.model.rule import Remark, RuleStage, rule


@rule(
    "MP123",
    "sub-folder-unread",
    Severity.WARNING,
    RuleStage.CONFIG,
    "sd-scripts v0.10.1, library/train_util.py, glob_images",
    mend="maskprep adopt FOLDER -o DIR makes a folder of its own of each sub-folder",
)
def sub_folder_unread(training_set: TrainingSet) -> Iterator[Remark]:
    """Pictures in sub-folders of an image folder or a mask folder: the trainer never opens them.

    It reads the folder itself only, and says nothing of what lies below. Masks in sub-folders that
    `near-miss-name` tells are not told twice; where no image lies below, they are an info.
    """
    if how_to_take_in(training_set):
        return  # no-images tells it
    subsets = [subset for dataset in training_set.datasets for subset in dataset.subsets]
    known = {pathname.realpath(folder.path) for subset in subsets for folder in _folders(subset)}
    known |= {pathname.realpath(path) for subset in subsets for path in _read_below(subset)}
    seen: set[str] = set()
    for subset in subsets:
        for folder in _folders(subset):
            real = pathname.realpath(folder.path)
            if real in seen or not folder.exists:
                continue
            if folder is subset.images and training_set.trainer.walks_below:
                continue
            seen.add(real)
            found = pictures_below(folder, known)
            if not found or (folder is subset.masks and misnamed(subset).is_nested):
                continue
            severity = None if folder is subset.images else Severity.INFO
            words = f"{told(found)}, and the trainer never opens what lies there"
            yield Remark(folder.path, words, "take it in", severity, adopt_command(subset))


@rule(
    "MP625",
    "masks-trained-as-images",
    Severity.ERROR,
    RuleStage.FOLDERS,
    "ai-toolkit 27a03a9, toolkit/data_loader.py, AiToolkitDataset.__init__ (os.walk); truth: "
    '"mask_dir_inside_image_dir"; SimpleTuner bc8e6ab, truth: "mask_dir_nested_in_image_dir"',
    mend="move the mask folder out of the image folder",
)
def masks_trained_as_images(subset: Subset) -> Iterator[Remark]:
    """A mask folder inside the image folder: every mask is trained as a picture.

    Of trainers that look for images in all folders below.
    """
    if subset.images is None:
        return
    top = subset.images.path.rstrip("/")
    masks = pathname.folded(subset.masks.path) if subset.masks is not None else None
    folders = Counter(pathname.dirname(pair.image) for pair in subset.pairs)
    for folder, count in folders.items():
        named = pathname.basename(folder).lower() in ("mask", "masks")
        if folder != top and (named or pathname.folded(folder) == masks):
            told = f"lies in the image folder: its {count} masks are trained as images, too"
            yield Remark(folder, told, "move it out of the image folder")


def _read_below(subset: Subset) -> set[str]:
    """Give the folders below a subset's in which the trainer finds images or masks."""
    paths = (path for pair in subset.pairs for path in (pair.image, pair.mask) if path is not None)
    return {pathname.dirname(path) for path in paths}


def _folders(subset: Subset) -> Iterator[Folder]:
    yield from (each for each in (subset.images, subset.masks) if each is not None)
