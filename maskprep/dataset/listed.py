"""Images with masks and captions that a file of JSON lines names, as invoke-training's does.

*Source*: invoke-ai/invoke-training, image_caption_jsonl_dataset.py: an object a line, with the
columns ``image``, ``text`` and ``mask``; relative paths begin at the file's folder.
"""

from __future__ import annotations

import os
from collections import defaultdict
from typing import Any

from maskprep.dataset.heap import Heap, Item, Pile
from maskprep.dataset.sorting import counted
from maskprep.errors import MaskprepError
from maskprep.files import parsed, storage

ENDING = ".jsonl"
_CAPTIONS = ("text", "caption")


def read_listing(path: str) -> Heap:
    """Read which images a file of JSON lines names.

    Parameters
    ----------
    path : str
        On disk.

    Returns
    -------
    Heap
        A pile for each folder of images; files that are not there are left out.

    Raises
    ------
    MaskprepError
        The file cannot be read, or a line is no object with an image.
    """
    folder = os.path.dirname(path)
    piles: defaultdict[str, list[Item]] = defaultdict(list)
    gone: list[str] = []
    for number, line in enumerate(_lines(path), 1):
        if not line.strip():
            continue
        row = _row(line, f"{path}: line {number}")
        image = os.path.join(folder, row["image"])
        mask = row.get("mask")
        mask = os.path.join(folder, mask) if isinstance(mask, str) and mask else None
        missing = [each for each in (image, mask) if each is not None and not os.path.isfile(each)]
        if missing:
            gone += missing
            continue
        text = next((row[key] for key in _CAPTIONS if isinstance(row.get(key), str)), None)
        inside = os.path.relpath(os.path.dirname(image) or os.curdir, folder or os.curdir)
        named = "" if inside == os.curdir else inside.replace(os.sep, "/")
        piles[named].append(Item(image, mask, None, text))
    count = sum(item.mask is not None for items in piles.values() for item in items)
    return Heap(
        tuple(Pile(name, tuple(items)) for name, items in sorted(piles.items())),
        (f"{counted(count, 'mask')} named in {path}",),
        {"named, and not there": tuple(gone)} if gone else {},
    )


def _lines(path: str) -> list[str]:
    try:
        with storage.open_text(path) as stream:
            return stream.read().splitlines()
    except OSError as error:
        raise MaskprepError(f"{path}: cannot be read ({error.strerror})") from error
    except UnicodeDecodeError:
        raise MaskprepError(f"{path}: is not UTF-8: save it as UTF-8") from None


def _row(line: str, where: str) -> dict[str, Any]:
    try:
        row = parsed.from_json(line)
    except ValueError:
        raise MaskprepError(f"{where} is no JSON object: write one a line") from None
    if not isinstance(row, dict) or not isinstance(row.get("image"), str) or not row["image"]:
        raise MaskprepError(f'{where} names no image: write {{"image": …, "mask": …}}')
    return row
