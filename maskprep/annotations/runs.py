"""Masks stored as lengths of runs: what COCO, CVAT and Label Studio each mean by RLE."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from maskprep.annotations.document import MOST_PIXELS, Malformed
from maskprep.annotations.placing import placed
from maskprep.errors import MaskprepError
from maskprep.model import Size
from maskprep.raster import Mask

#: In which COCO's characters hold five bits, and two marks.
_BITS, _MORE, _NEGATIVE, _OFFSET = 0x1F, 0x20, 0x10, 48
#: More than six characters hold no length that fits into 32 bits.
_LONGEST_NUMBER = 7


def lengths(text: str) -> list[int]:
    """Take the lengths of runs out of COCO's compressed form.

    Raises
    ------
    Malformed
        It breaks off, or is something else.

    Notes
    -----
    Source: cocodataset/cocoapi, pycocotools 2.0.11, maskApi.c, `rleFrString`: five bits a
    character, the lowest first; from the fourth length on, the difference to the last but one.

    Examples
    --------
    >>> lengths("52203")
    [5, 2, 2, 2, 5]
    """
    found: list[int] = []
    value = place = 0
    for each in text.encode("utf-8", "replace"):
        code = each - _OFFSET
        if not 0 <= code <= 63 or place >= _LONGEST_NUMBER:
            raise Malformed("a compressed RLE that is none")
        value |= (code & _BITS) << 5 * place
        place += 1
        if code & _MORE:
            continue
        if code & _NEGATIVE:
            value -= 1 << 5 * place
        found.append(value + found[-2] if len(found) > 2 else value)
        if found[-1] < 0:
            raise Malformed("a compressed RLE that is none")
        value = place = 0
    if place:
        raise Malformed("a compressed RLE that breaks off")
    return found


def whole_numbers(values: Any) -> list[int]:
    """Make lengths of a document's values.

    Raises
    ------
    Malformed
        They are something else than whole numbers from 0 on.
    """
    if not isinstance(values, Sequence) or isinstance(values, str):
        raise Malformed("an RLE without a list of counts")
    if not all(
        isinstance(each, (int, float)) and each >= 0 and each == each // 1 for each in values
    ):
        raise Malformed("an RLE whose counts are no whole numbers")
    return [int(each) for each in values]


def by_columns(counts: Sequence[int], stored: Size, size: Size) -> Mask:
    """Lay runs down the columns, as COCO does; the first is left out, the second trains.

    Parameters
    ----------
    counts : sequence of int
        Lengths in px.
    stored : Size
        Of the picture that they are meant for.
    size : Size
        Of the picture that they are laid on.

    Raises
    ------
    MaskprepError
        The sizes differ, or the lengths do not fill the picture.
    """
    if stored != size:
        raise MaskprepError(f"an RLE of {stored} px on a picture of {size} px")
    return np.ascontiguousarray(_laid(counts, stored.width, stored.height).T)


def compressed(text: str, stored: Size, size: Size) -> Mask:
    """Lay runs in COCO's compressed form down the columns, see `lengths` and `by_columns`."""
    return by_columns(lengths(text), stored, size)


def by_rows(counts: Sequence[int], box: Sequence[int], size: Size) -> Mask:
    """Lay runs along the rows of a box, as CVAT does; the first is left out, the second trains.

    Parameters
    ----------
    counts : sequence of int
        Lengths in px.
    box : sequence of int
        Left, top, width and height, px.
    size : Size
        Of the picture.

    Raises
    ------
    MaskprepError
        The lengths do not fill the box.

    Notes
    -----
    Source: cvat-ai/cvat 2.x, cvat/apps/dataset_manager/formats/transformations.py,
    `MaskConverter.cvat_rle_to_dm_rle`.
    """
    left, top, width, height = box
    return placed(_laid(counts, height, width), left, top, size)


def brush(stored: Sequence[int], size: Size) -> Mask:
    """Unpack what Label Studio's brush painted: its alpha.

    Parameters
    ----------
    stored : sequence of int
        Bytes.
    size : Size
        Of the picture.

    Raises
    ------
    MaskprepError
        They hold a picture of another size, or break off.

    Notes
    -----
    Source: HumanSignal/label-studio-sdk 2.1.2, label_studio_sdk/converter/brush.py, `decode_rle`
    and `decode_from_annotation`: RGBA, row by row, of which only A is used.
    """
    bits = np.unpackbits(np.array(stored, np.uint8))
    count = 4 * size.width * size.height
    if _number(bits[:32]) != count:
        raise MaskprepError(f"a brush stroke of {_number(bits[:32])} values on {size} px")
    values = np.concatenate([np.zeros(0, np.uint8), *_unpacked(bits, count)])
    return np.ascontiguousarray(values.reshape(size.height, size.width, 4)[..., 3])


def _unpacked(bits: Mask, count: int) -> Iterator[Mask]:
    depth = _number(bits[32:37]) + 1
    widths = [_number(bits[start : start + 4]) + 1 for start in range(37, 53, 4)]
    place, done = 53, 0
    while done < count:
        is_run = place < bits.size and bool(bits[place])
        width = widths[_number(bits[place + 1 : place + 3])]
        length = _number(bits[place + 3 : place + 3 + width]) + 1
        place += 3 + width
        taken = bits[place : place + (depth if is_run else depth * length)]
        place += taken.size
        if not taken.size or taken.size % depth or done + length > count or depth != 8:
            raise MaskprepError("a brush stroke that breaks off")
        values = np.packbits(taken)
        yield np.repeat(values, length) if is_run else values
        done += length if is_run else values.size


def _number(bits: Mask) -> int:
    return int("".join(map(str, bits.tolist())) or "0", 2)


def _laid(counts: Sequence[int], rows: int, columns: int) -> Mask:
    total = sum(counts)
    if total != rows * columns:
        told = f"{total} px" if total <= MOST_PIXELS else "more px than any picture has"
        raise MaskprepError(f"an RLE of {told} for {columns} x {rows} px")
    values = np.resize(np.array([0, 255], np.uint8), len(counts))
    return np.repeat(values, counts).reshape(rows, columns)
