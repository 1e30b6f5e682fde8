"""OpenRaster (Krita, GIMP, MyPaint): a zip an image, whose layers are shapes: their alpha."""

from __future__ import annotations

import io
import lzma
import zipfile
import zlib
from collections.abc import Iterable
from functools import partial
from xml.etree import ElementTree

import numpy as np

from maskprep.annotations.document import Document, Malformed, blaming, numbers, size_of, xml_of
from maskprep.annotations.placing import placed
from maskprep.annotations.shapes import Annotated, Content, Format, Shape
from maskprep.errors import MaskprepError
from maskprep.files import storage
from maskprep.model import Size
from maskprep.raster import Mask
from maskprep.raster.header import decoding
from maskprep.raster.kinds import identified

#: Larger than any layer's file, and than any list of layers, in bytes.
_LARGEST, _LARGEST_LIST = 1 << 28, 1 << 24
#: What zipfile, and what unpacks for it, raise of a damaged archive, or of one of another kind.
_DAMAGE = (
    *(KeyError, ValueError, OSError, EOFError, NotImplementedError, RuntimeError),
    *(zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, lzma.LZMAError),
)


def _recognises(document: Document) -> bool:
    return document.head[:2] == b"PK" and b"image/openraster" in document.head


def _read(documents: Iterable[Document]) -> Content:
    images = []
    for document in documents:
        with blaming(document):
            images.append(_annotated(document.path))
    return Content(images)


def _annotated(path: str) -> Annotated:
    try:
        root = xml_of(_part(path, "stack.xml", _LARGEST_LIST))
    except Malformed as error:
        raise Malformed(f"its stack.xml {error}") from error
    size = size_of(root.get("w"), root.get("h"))
    if size is None:
        raise Malformed("a stack.xml without w and h")
    shapes = tuple(_layer(path, each) for each in root.iter("layer") if each.get("src"))
    return Annotated(path, (path,), size, shapes)


def _layer(path: str, layer: ElementTree.Element) -> Shape:
    left, top = (int(float(numbers(layer.get(key, "0")))) for key in ("x", "y"))
    source = (layer.get("src") or "").lstrip("/")
    draw = partial(_drawn, path, source, left, top)
    return Shape(layer.get("name", source), draw)


def _drawn(path: str, source: str, left: int, top: int, size: Size) -> Mask:
    with decoding(f"{path}: layer {source}", in_header=True):
        image = identified(io.BytesIO(_part(path, source)))
        alpha = np.asarray(image.convert("RGBA"))[..., 3]
    return placed(alpha, left, top, size)


def _part(path: str, name: str, largest: int = _LARGEST) -> bytes:
    try:
        with storage.open_binary(path, whole=True) as stream, zipfile.ZipFile(stream) as archive:
            if archive.getinfo(name).file_size > largest:
                raise MaskprepError(f"{path}: {name} in it is too large")
            return archive.read(name)
    except MaskprepError:
        raise
    except _DAMAGE as error:
        raise MaskprepError(f"{path}: {name} in it cannot be read ({error})") from error


FORMAT = Format("OpenRaster", (".ora",), _recognises, _read, has_layers=True)
