"""Latents that an earlier run of sd-scripts left beside its images.

*Source*: kohya-ss/sd-scripts v0.10.1, library/strategy_base.py, LatentsCachingStrategy (
_default_is_disk_cached_latents_expected, _default_load_latents_from_disk,
get_image_size_from_disk_cache_path); library/strategy_sd.py, SdSdxlLatentsCachingStrategy;
v0.9.1, library/train_util.py, is_disk_cached_latents_is_expected; read, and switching the alpha
mask on and off was run.
"""

from __future__ import annotations

import math
import os
import zipfile
import zlib
from tokenize import TokenError
from typing import TYPE_CHECKING

from maskprep.files import pathname, storage
from maskprep.model import Folder, LatentsCache, MaskSource, ModelTraits, Size, Subset
from maskprep.trainers.sd_scripts.generations import Generation

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_ENDING = ".npz"
_SUFFIXES = {
    "sd15": "_sd.npz",
    "sdxl": "_sdxl.npz",
    "sd3": "_sd3.npz",
    "flux": "_flux.npz",
    "lumina": "_lumina.npz",
    "anima": "_anima.npz",
    "hunyuan-image": "_hi.npz",
}
#: Models of one latents array a file, which nothing holds against the bucket.
_ONE_SIZE = frozenset({"sd15", "sdxl"})
#: Of an alpha mask: no bucket has as many, and a file of a few KB may unfold to them.
_MOST_PIXELS = 2**26
_UNREADABLE = (
    *(OSError, ValueError, EOFError, KeyError, RuntimeError, MemoryError, SyntaxError),
    *(zipfile.BadZipFile, zlib.error, TokenError),
)


def caches_in(folder: Folder) -> tuple[str, ...]:
    """Find what may be caches of latents in an image folder, by their names alone.

    Parameters
    ----------
    folder : Folder
        As listed.

    Returns
    -------
    tuple of str
        Paths, sorted.
    """
    return tuple(
        pathname.join(folder.path, name) for name in sorted(folder.names) if name.endswith(_ENDING)
    )


def latents_cache(
    image: str, size: Size, bucket: Size, subset: Subset, model: ModelTraits, generation: Generation
) -> LatentsCache | None:
    """Find the cache that a run would use for an image.

    Parameters
    ----------
    image : str
        Its path.
    size, bucket : Size
        Of the image and of its bucket, px.
    subset : Subset
        Where it comes from.
    model : ModelTraits
        What is trained.
    generation : Generation
        Of the trainer.

    Returns
    -------
    LatentsCache or None
        None where there is none, or the trainer would make it anew. One that does not open is
        given with its error: the trainer stops at it.
    """
    path = _path_of(image, size, subset, model, generation)
    if path is None:
        return None
    cells = (bucket.height // model.stride, bucket.width // model.stride)
    one_size = model.name in _ONE_SIZE
    suffix = "" if one_size else f"_{cells[0]}x{cells[1]}"
    try:
        with storage.open_binary(path) as stream, zipfile.ZipFile(stream) as archive:
            keys = {name.removesuffix(".npy") for name in archive.namelist()}
            if f"latents{suffix}" not in keys:
                return None
            shape = _shape_in(archive, f"latents{suffix}.npy")[-2:]
    except _UNREADABLE as error:
        return LatentsCache(path, error=f"{type(error).__name__}: {error}")
    alpha = f"alpha_mask{suffix}"
    wanted = subset.source is MaskSource.ALPHA
    if wanted and alpha not in keys:
        return None
    if subset.settings.flip_aug and f"latents_flipped{suffix}" not in keys:
        return None
    # The older generation holds a cache against its bucket, and its mask against the setting.
    if not generation.newer_caches and (shape != cells or (alpha in keys) != wanted):
        return None
    return LatentsCache(path, shape, alpha if alpha in keys else None)


def cached_alpha(cache: LatentsCache) -> NDArray[np.float32] | None:
    """Read the alpha mask of a cache, and nothing else of it.

    Parameters
    ----------
    cache : LatentsCache
        As found.

    Returns
    -------
    ndarray of float32, at bucket size, or None
        [0, 1]; None where it holds none, or that does not open or is larger than any bucket.
    """
    import numpy as np

    if cache.alpha_key is None:
        return None
    try:
        with storage.open_binary(cache.path) as stream:
            with zipfile.ZipFile(stream) as archive:
                if math.prod(_shape_in(archive, f"{cache.alpha_key}.npy")) > _MOST_PIXELS:
                    return None
            stream.seek(0)
            with np.load(stream) as arrays:
                return np.asarray(arrays[cache.alpha_key], np.float32)
    except _UNREADABLE:
        return None


def sizes_by_names(subset: Subset, model: ModelTraits) -> dict[str, tuple[str, Size]]:
    """Take images' sizes from the names of caches, as the trainer does.

    Parameters
    ----------
    subset : Subset
        With its images and caches.
    model : ModelTraits
        What is trained.

    Returns
    -------
    dict of str to (str, Size)
        By image: the cache, and the size in its name. The images' own headers are not read.

    Notes
    -----
    Both lists are sorted, and walked together; a cache belongs to an image where its path begins
    with the image's, less the extension: `ab_0512x0512_sdxl.npz` can give `a.png` its size.
    """
    if not subset.caches:
        return {}
    suffix = _SUFFIXES[model.name]
    caches = [
        path
        for path in subset.caches
        if pathname.parted(path)[0].endswith(suffix) and not pathname.basename(path).startswith(".")
    ]
    caches.sort(key=lambda path: pathname.parted(path)[0].rsplit("_", maxsplit=2)[0])
    found, place = {}, 0
    for pair in sorted((*subset.pairs, *subset.unused), key=lambda each: each.image):
        stem = pathname.splitext(pair.image)[0]
        while place < len(caches) and caches[place][: len(stem)] < stem:
            place += 1
        if place < len(caches) and caches[place].startswith(stem) and pair.cached is None:
            size = _size_in(caches[place])
            if size is not None:
                found[pair.image] = (caches[place], size)
    return found


def _path_of(
    image: str, size: Size, subset: Subset, model: ModelTraits, generation: Generation
) -> str | None:
    if not subset.caches:
        return None
    whole, chain = pathname.parted(image)
    stem = os.path.splitext(whole)[0]
    named = []
    if model.name in _ONE_SIZE:
        named.append(stem + _ENDING + chain)
    if generation.newer_caches:
        named.append(f"{stem}_{size.width:04d}x{size.height:04d}{_SUFFIXES[model.name]}{chain}")
    # A pipe by that name would be waited for, for ever.
    return next((path for path in named if path in subset.caches and storage.isfile(path)), None)


def _size_in(path: str) -> Size | None:
    try:
        width, height = pathname.splitext(path)[0].split("_")[-2].split("x")
        return Size(int(width), int(height))
    except (IndexError, ValueError):
        return None


def _shape_in(archive: zipfile.ZipFile, name: str) -> tuple[int, ...]:
    from numpy.lib import format as npy

    with archive.open(name) as stream:
        version = npy.read_magic(stream)
        read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
        return tuple(int(side) for side in read(stream)[0])
