"""What folders' names say is in them: images, masks, captions, images for regularisation."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from functools import lru_cache

#: Folders whose names are remembered: each is asked for once a file.
_FOLDERS = 4096
#: Words, in lower case; each is a whole one.
_MASKS = (
    r"masks?|masked|mattes?|alphas?|seg|segs|segments?|segmentations?|segmentationclass|labels?"
    r"|masklabels?|cutouts?|gt|groundtruth|annotations?|マスク|蒙版|蒙板|遮罩|掩膜|掩码"
)
_IMAGES = (
    r"images?|imgs?|jpegimages|photos?|pictures?|pics?|rgb|inputs?|originals?|train|training"
    r"|画像|写真|图片|图像"
)
_CAPTIONS = r"captions?|texts?|txts?|tags|prompts?|キャプション"
_REGULARISATION = r"regs?|regulari[sz]ation"
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_SIGNS = re.compile(r"[\s_.\-]+")


@lru_cache(_FOLDERS)
def holds_masks(folder: str) -> bool:
    """Tell whether a path of folders says that masks are in it.

    Notes
    -----
    A folder that is called nothing else counts wherever it stands; one whose name says more beside
    does not where a folder of images follows.

    Examples
    --------
    >>> [holds_masks(folder) for folder in ("a/catMasks", "masks/photos", "unmasked", "landmarks")]
    [True, True, False, False]
    >>> holds_masks("my-mask-project/images"), holds_masks("my-mask-project")
    (False, True)
    """
    found = False
    for part in folder.split("/"):
        if _is_called(part, _MASKS):
            return True
        if _mentions(part, _MASKS):
            found = True
        elif _is_called(part, _IMAGES):
            found = False
    return found


@lru_cache(_FOLDERS)
def holds_captions(folder: str) -> bool:
    """Tell whether a path of folders says that captions are in it."""
    return any(_mentions(part, _CAPTIONS) for part in folder.split("/"))


def is_regularisation(folder: str) -> bool:
    """Tell whether a path of folders says that its images are for regularisation."""
    return any(_is_called(part, _REGULARISATION) for part in folder.split("/"))


def _is_called(part: str, words: str) -> bool:
    """Tell whether a folder's name says this, and nothing but what is in it beside."""
    every = f"{words}|{_IMAGES}"
    return _mentions(part, words) and all(re.fullmatch(every, word) for word in _words(part))


def _mentions(part: str, words: str) -> bool:
    return any(re.fullmatch(words, word) for word in _words(part))


def _words(part: str) -> list[str]:
    parted = unicodedata.normalize("NFKC", _CAMEL.sub("_", part)).casefold()
    return [word for word in _SIGNS.split(parted) if word]


@lru_cache(_FOLDERS)
def key_of(folder: str, bare: Callable[[str], str] = str) -> tuple[str, ...]:
    """Give what tells a folder from others of its kind: its names without words for what is in it.

    Parameters
    ----------
    folder : str
        A path, with ``/``.
    bare : callable
        Applied to each name first.

    Returns
    -------
    tuple of str
        In lower case.

    Examples
    --------
    >>> key_of("images/Cats") == key_of("cats_masks"), key_of("img/10_cat")
    (True, ('10_cat',))
    """
    roles = f"{_MASKS}|{_IMAGES}|{_CAPTIONS}"
    parts: Iterable[list[str]] = (
        [word for word in _words(bare(part)) if not re.fullmatch(roles, word)]
        for part in folder.split("/")
        if part
    )
    return tuple("_".join(words) for words in parts if words)


def says_nothing(part: str) -> bool:
    """Tell whether a folder's name only says that images are in it."""
    return all(re.fullmatch(f"{_IMAGES}|{_REGULARISATION}", word) for word in _words(part))
