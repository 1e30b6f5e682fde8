"""What annotations say: shapes with labels, image by image."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from maskprep.annotations.document import Document
from maskprep.model import PaintedOn, Size
from maskprep.raster import Mask


@dataclass(frozen=True)
class Shape:
    """One thing that was outlined or painted.

    Attributes
    ----------
    label : str
        Name of its class, or of its layer.
    draw : callable
        From the size of the picture that it was drawn on to its mask, of that size, by the fill of
        its own tool; `MaskprepError` where it does not go with such a picture.
    remark : str
        What its user should know, in words; empty where there is nothing.
    """

    label: str
    draw: Callable[[Size], Mask]
    remark: str = ""


@dataclass(frozen=True)
class Annotated:
    """What an annotation file says of one image.

    Attributes
    ----------
    path : str
        That file.
    names : tuple of str
        What the image may be called, the likeliest first; with folders, as the tool spells it.
    size : Size or None
        Of the picture that the shapes were drawn on, px; None where nothing tells.
    shapes : tuple of Shape
        In the file's order.
    notes : tuple of str
        What was left out, in words.
    """

    path: str
    names: tuple[str, ...]
    size: Size | None
    shapes: tuple[Shape, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Content:
    """What the files of one format hold.

    Attributes
    ----------
    images : sequence of Annotated
        In the files' order.
    labels : sequence of str
        Classes that the files declare, whether they are used or not.
    """

    images: Sequence[Annotated]
    labels: Sequence[str] = ()


@dataclass(frozen=True)
class Format:
    """A kind of annotation file.

    Attributes
    ----------
    title : str
        What people call it.
    endings : tuple of str
        Of its files, in lower case.
    recognises : callable
        Whether a document is of this kind, by its content.
    read : callable
        From documents of this kind to what they hold; `MaskprepError` names one that is broken.
        They come one by one, and none is kept: labelme's and Photoshop's may be large.
    painted_on : {"auto", "viewed"}
        Whether its tool turns images by EXIF before people draw on them.
    has_layers : bool
        Whether its shapes are layers of a picture, of which some must be chosen.
    blank_is_empty : bool
        Whether a file without any content says that nothing is on its image.
    """

    title: str
    endings: tuple[str, ...]
    recognises: Callable[[Document], bool]
    read: Callable[[Iterable[Document]], Content]
    painted_on: PaintedOn = "auto"
    has_layers: bool = False
    blank_is_empty: bool = False
