"""Libraries by which a trainer works: how one resizes a mask, and which versions are installed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from maskprep.model.geometry import Size

#: The first two by Pillow, the rest by OpenCV; see `maskprep.masks.resample.resize`.
Kernel = Literal["pillow-lanczos", "pillow-box", "nearest", "linear", "cubic", "area"]


class Resize(NamedTuple):
    """One resize of a mask: by which kernel, from and to which size in px."""

    kernel: Kernel
    source: Size
    target: Size


@dataclass(frozen=True)
class Environment:
    """A Python environment, as the folders of its packages tell.

    Attributes
    ----------
    path : str
        As the user names it.
    versions : mapping of str to str
        Of libraries that matter, by `maskprep.masks.versions.LIBRARIES`; what is not installed is
        not in it.
    """

    path: str
    versions: Mapping[str, str] = field(default_factory=dict)
