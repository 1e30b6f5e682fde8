"""What caption sd-scripts trains with an image.

*Source*: kohya-ss/sd-scripts v0.10.1, library/train_util.py, DreamBoothDataset (read_caption);
truth: the pairing cases with captions, behaviours "caption is not UTF-8", "caption file is
empty", "caption with a blank first line".
"""

from __future__ import annotations

import os

from maskprep.files import pathname, storage
from maskprep.model import Caption

_FACE_PARTS = 4
_EMPTY = "AssertionError: caption file is empty / キャプションファイルが空です: {path}"


def face_numbers(image: str) -> tuple[int, ...]:
    """Read the place of the face that a file name ends with: ``_x_y_width_height``.

    Parameters
    ----------
    image : str
        Path of the image.

    Returns
    -------
    tuple of int
        The four numbers in px; empty where the name carries none.
    """
    tokens = pathname.stem(image).split("_")
    if len(tokens) <= _FACE_PARTS:
        return ()
    try:
        return tuple(int(token) for token in tokens[-_FACE_PARTS:])
    except ValueError:
        return ()


def read_caption(image: str, extension: str, class_tokens: str | None, wildcard: bool) -> Caption:
    """Find and read an image's caption.

    Parameters
    ----------
    image : str
        Path of the image, as the trainer spells it.
    extension : str
        With its dot.
    class_tokens : str or None
        Used where there is no file.
    wildcard : bool
        Whether all lines count instead of the first alone.

    Returns
    -------
    Caption
        With the trainer's own error where the file stops the run.
    """
    whole, chain = pathname.parted(image)
    stem = os.path.splitext(whole)[0]
    tokens = stem.split("_")
    stems = [stem]
    if len(tokens) > _FACE_PARTS:
        stems.append("_".join(tokens[:-_FACE_PARTS]))
    for candidate in (each + extension + chain for each in stems):
        if storage.isfile(candidate):
            return _read(candidate, wildcard)
    return Caption(None, class_tokens)


def _read(path: str, wildcard: bool) -> Caption:
    try:
        with storage.open_text(path) as stream:
            lines = stream.readlines()
    except UnicodeDecodeError as error:
        return Caption(path, None, f"UnicodeDecodeError: {error}", "caption-not-utf8")
    except OSError as error:
        return Caption(path, None, f"{type(error).__name__}: {error}", "unreadable")
    if not lines:
        return Caption(path, None, _EMPTY.format(path=path), "caption-empty")
    if wildcard:
        return Caption(path, "\n".join(line.strip() for line in lines if line.strip()))
    return Caption(path, lines[0].strip())
