"""Photoshop: a PSD or PSB an image, whose layers are shapes: what shows of each, by its mask."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import numpy as np

from maskprep.annotations.document import Document, size_of
from maskprep.annotations.placing import placed
from maskprep.annotations.shapes import Annotated, Content, Format, Shape
from maskprep.errors import MaskprepError
from maskprep.files import storage
from maskprep.model import Size
from maskprep.raster import Mask


def _recognises(document: Document) -> bool:
    return document.head[:4] == b"8BPS"


def _read(documents: Iterable[Document]) -> Content:
    return Content([_annotated(each.path) for each in documents])


def _annotated(path: str) -> Annotated:
    with _decoding(path):
        picture = _opened(path)
        names = [str(layer.name) for layer in picture.descendants()]
        size = size_of(picture.width, picture.height)
    shapes = [Shape(name, partial(_drawn, path, number)) for number, name in enumerate(names)]
    return Annotated(path, (path,), size, tuple(shapes))


def _drawn(path: str, number: int, size: Size) -> Mask:
    # Opened again: the layers of a whole folder would not fit into memory.
    with _decoding(path):
        layer = list(_opened(path).descendants())[number]
        shown = np.zeros((size.height, size.width), np.uint8)
        for each in _leaves(layer):
            shown = np.maximum(shown, _shown(each, size))
        return shown if not layer.is_group() else _times(shown, _mask(layer, size))


def _leaves(layer: Any) -> Iterator[Any]:
    if not layer.is_group():
        yield layer
        return
    for each in layer:
        if each.visible:
            yield from _leaves(each)


def _shown(layer: Any, size: Size) -> Mask:
    """Give what shows of a layer: its transparency, where it has pixels, times its mask."""
    mask = _mask(layer, size)
    if not layer.has_pixels():
        if mask is None:
            raise MaskprepError(
                f"layer {layer.name!r} holds neither pixels nor a mask: rasterise it"
            )
        return mask
    shape = layer.numpy("shape")
    inner = np.ones((layer.height, layer.width)) if shape is None else shape[..., 0]
    return _times(placed(_eight_bits(inner), layer.left, layer.top, size), mask)


def _mask(layer: Any, size: Size) -> Mask | None:
    mask = layer.mask
    if mask is None or mask.disabled:
        return None
    ground = np.full((size.height, size.width), mask.background_color, np.uint8)
    stored = layer.numpy("mask")
    if stored is None or not stored.size:
        return ground
    inside = placed(np.full(stored.shape[:2], 255, np.uint8), mask.left, mask.top, size) > 0
    laid = placed(_eight_bits(stored[..., 0]), mask.left, mask.top, size)
    return np.where(inside, laid, ground)


def _times(one: Mask, other: Mask | None) -> Mask:
    if other is None:
        return one
    return ((one.astype(np.uint32) * other + 127) // 255).astype(np.uint8)


def _eight_bits(shares: Any) -> Mask:
    return np.rint(np.asarray(shares, np.float64) * 255).astype(np.uint8)


@contextmanager
def _decoding(path: str) -> Iterator[None]:
    """Turn what psd-tools raises, or tells its log, of a damaged file into `MaskprepError`."""
    told = _Told()
    logger = logging.getLogger("psd_tools")
    logger.addHandler(told)
    try:
        yield
    except MaskprepError:
        raise
    except Exception as error:  # of a damaged file it raises anything
        reason = type(error).__name__
        raise MaskprepError(f"{path}: its layers cannot be read ({reason})") from error
    finally:
        logger.removeHandler(told)
    if told.is_damaged:
        raise MaskprepError(f"{path}: its layers cannot be read (damaged pixels)")


class _Told(logging.Handler):
    """Hears of pixels that psd-tools replaces by black, in this thread, and keeps its log quiet."""

    def __init__(self) -> None:
        super().__init__()
        self.is_damaged = False
        self._thread = threading.get_ident()

    def emit(self, record: logging.LogRecord) -> None:
        if record.thread == self._thread and "decode failed" in record.getMessage():
            self.is_damaged = True


def _opened(path: str) -> Any:
    try:
        from psd_tools import PSDImage
    except ImportError:
        raise MaskprepError(
            f'{path}: layers are read by psd-tools: pip install "maskprep[annotations]"'
        ) from None
    with storage.open_binary(path, whole=True) as stream:
        return PSDImage.open(stream)


FORMAT = Format("Photoshop", (".psd", ".psb"), _recognises, _read, has_layers=True)
