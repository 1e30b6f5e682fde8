"""Which files SimpleTuner sees, and which mask it gives to which image.

*Source*: SimpleTuner bc8e6ab, helpers/data_backend/local.py (list_files), helpers/multiaspect/
sampler.py (connect_conditioning_samples). Truth: the behaviours from "missing_mask_batch1" to
"mask_dir_nested_in_image_dir".
"""

from __future__ import annotations

from collections.abc import Iterator

from maskprep.files import pathname, storage
from maskprep.model import Caption, Dataset, Folder, MaskSource, Pair, Subset
from maskprep.trainers.blocks import DatasetBlock, ListFolder
from maskprep.trainers.simpletuner.declared import WORDS
from maskprep.trainers.simpletuner.settings import Backend

#: Of what Pillow opens, what data sets hold.
_ENDINGS = (
    *(".avif", ".bmp", ".gif", ".ico", ".jfif", ".jpe", ".jpeg", ".jpg", ".jxl"),
    *(".png", ".ppm", ".psd", ".tga", ".tif", ".tiff", ".webp"),
)


def is_visible(name: str) -> bool:
    """Tell whether a file name is an image's.

    Examples
    --------
    >>> [is_visible(name) for name in ("a.png", "a.JPG", "a.txt")]
    [True, True, False]
    """
    return pathname.splitext(name)[1].lower() in _ENDINGS


def assemble(block: DatasetBlock, list_folder: ListFolder) -> Dataset:
    """Find the images, masks and captions of a data set."""
    (of,) = block.subsets
    backend: Backend = of.settings
    top = list_folder(backend.images)
    folders = list(_below(top, list_folder))
    files = sorted(pathname.join(each.path, name) for each in folders for name in each.names)
    there = frozenset(files)
    masks = None if backend.masks is None else list_folder(backend.masks)
    names = frozenset(() if masks is None else filter(is_visible, masks.names))
    pairs, used = [], set()
    for image in filter(lambda path: is_visible(pathname.basename(path)), files):
        name = pathname.basename(image)
        mask = None
        if masks is not None and name in names:
            mask = pathname.join(masks.path, name)
            used.add(name)
        # Without a mask the whole image trains.
        source = MaskSource.NONE if mask is None else of.source
        pairs.append(Pair(block.index, 0, image, mask, source, _caption(image, backend, there)))
    subset = Subset(
        block.index,
        0,
        of.source,
        top,
        masks,
        tuple(pairs),
        extra_masks=tuple(
            pathname.join(masks.path, name) for name in sorted(names - used) if masks is not None
        ),
        caption_extension=".txt",
        caption_setting=WORDS.caption_ending,
        mask_name="{name}",
        repeats=backend.repeats,
        settings=backend,
    )
    return Dataset(block.index, (subset,), block.settings)


def _below(
    folder: Folder, list_folder: ListFolder, above: tuple[str, ...] = ()
) -> Iterator[Folder]:
    """Walk a folder and all below, links followed, but no circle."""
    yield folder
    real = pathname.realpath(folder.path)
    for name in folder.names:
        path = pathname.join(folder.path, name)
        if is_visible(name) or not storage.isdir(path) or pathname.realpath(path) in (*above, real):
            continue
        yield from _below(list_folder(path), list_folder, (*above, real))


def _caption(image: str, backend: Backend, there: frozenset[str]) -> Caption:
    if backend.captions == "instanceprompt":
        return Caption(None, backend.prompt)
    if backend.captions != "textfile":
        return Caption(None, pathname.stem(image).replace("_", " "))
    path = pathname.splitext(image)[0] + ".txt"
    if path not in there:
        return Caption(None, None)
    try:
        with storage.open_text(path) as stream:
            return Caption(path, stream.read().strip())
    except UnicodeDecodeError as error:
        return Caption(path, None, f"UnicodeDecodeError: {error}", "caption-not-utf8")
    except OSError as error:
        return Caption(path, None, f"{type(error).__name__}: {error}", "unreadable")
