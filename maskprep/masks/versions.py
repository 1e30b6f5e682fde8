"""Where versions of the libraries that trainers use make other masks of the same file.

The one list of what is known. Each entry was measured: 266 small files of every kind (PNG, JPEG,
WebP, BMP, TIFF, GIF, AVIF; all depths, palettes, transparency, damage) decoded as trainers do by
Pillow 9.3, 9.5, 10.0 to 10.4, 11.0, 11.3, 12.0 to 12.3 and 13.0; 3400 resizes by Pillow 9.5, 12.3
and 13.0; 1800 by OpenCV 4.8, 4.10 and 5.0; sizes by imagesize 1.3 to 2.0. What is not in the list,
16-bit greys and JPEG among it, came out the same.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from maskprep.masks.resample import nearest_places
from maskprep.model import Resize, Size
from maskprep.raster import Header

#: Distributions that hold a library, by what it is called here.
LIBRARIES: Mapping[str, Sequence[str]] = {
    "Pillow": ("pillow", "pillow-simd"),
    "OpenCV": (
        "opencv-python",
        "opencv-python-headless",
        "opencv-contrib-python",
        "opencv-contrib-python-headless",
        "py-opencv",
        "libopencv",
    ),
    "imagesize": ("imagesize",),
    "the AVIF plug-in": ("pillow-avif-plugin",),
    "the JPEG XL plug-in": ("pillow-jxl-plugin", "jxlpy"),
}
#: The first and the last version that was compared.
COMPARED = {"Pillow": ("9.3", "13.0"), "OpenCV": ("4.8", "5.0"), "imagesize": ("1.4", "2.0")}
_PLUGIN_OF = {".avif": "the AVIF plug-in", ".jxl": "the JPEG XL plug-in"}


class Use(NamedTuple):
    """What libraries do with one pair, as far as versions differ in it.

    Attributes
    ----------
    names : sequence of str
        Of its files.
    headers : sequence of Header
        Of the files that are decoded for the mask.
    is_alpha : bool
        Whether the mask is an alpha channel.
    beyond_palette : bool
        Whether the mask's file has numbers that its palette has no colour for.
    measured : Size or None
        The image's size as the trainer's reader of sizes tells it, px.
    image : Header or None
        The image's.
    resize : Resize or None
        Of the mask; None where it is not resized, or not known.
    """

    names: Sequence[str]
    headers: Sequence[Header] = ()
    is_alpha: bool = False
    beyond_palette: bool = False
    measured: Size | None = None
    image: Header | None = None
    resize: Resize | None = None


@dataclass(frozen=True)
class Difference:
    """One thing that versions of a library do differently.

    Attributes
    ----------
    name : str
        By which it is known in JSON.
    library : str
        One of `LIBRARIES`.
    since : tuple of str
        Versions from which on it is done in another way than before.
    applies : callable
        Tells of a `Use` whether it makes a difference there.
    what : str
        What is done otherwise, in words, the files in mind.
    size : str
        How far numbers are apart.
    source : str
        The change in the library, or its code.
    as_in : str
        The version that maskprep follows, whatever is installed; empty where it is that one.
    """

    name: str
    library: str
    since: tuple[str, ...]
    applies: Callable[[Use], bool]
    what: str
    size: str
    source: str
    as_in: str = ""

    def era(self, version: str | None) -> int:
        """Tell between which changes a version lies; what is not installed lies before all.

        Examples
        --------
        >>> [known("pillow-lanczos").era(each) for each in (None, "10.4.0", "13.0.0rc1", "13.1")]
        [-1, 0, 1, 1]
        """
        if version is None:
            return -1
        return sum(release(version) >= release(each) for each in self.since)


def release(version: str) -> tuple[int, ...]:
    """Read the numbers of a version, without what else there is, and without zeros at its end.

    Examples
    --------
    >>> release("4.10.0.84"), release("9.5.0.post2"), release("13.0.0")
    ((4, 10, 0, 84), (9, 5), (13,))
    """
    numbers = [int(each) for each in re.findall(r"\d+", re.split(r"[^\d.]", version)[0])]
    while numbers and not numbers[-1]:
        numbers.pop()
    return tuple(numbers)


def is_compared(library: str, version: str) -> bool:
    """Tell whether a version lies between those that were compared.

    Examples
    --------
    >>> is_compared("Pillow", "13.0.1"), is_compared("Pillow", "14.0"), is_compared("Pillow", "9.2")
    (True, False, False)
    """
    if library not in COMPARED:
        return True
    first, last = (release(each) for each in COMPARED[library])
    numbers = (*release(version), 0, 0)
    return first <= numbers and numbers[:2] <= (*last, 0)[:2]


def differences_at(use: Use, libraries: Sequence[str]) -> tuple[str, ...]:
    """Tell in what versions of a trainer's libraries differ at a pair.

    Parameters
    ----------
    use : Use
        What they do with it.
    libraries : sequence of str
        On which the trainer stands.

    Returns
    -------
    tuple of str
        Names of `KNOWN` differences, in their order; empty nearly always.
    """
    return tuple(
        name for name, each in KNOWN.items() if each.library in libraries and each.applies(use)
    )


def known(name: str) -> Difference:
    """Give a known difference by its name."""
    return KNOWN[name]


def _height_first(use: Use, kernel: str) -> bool:
    """Tell whether Pillow resizes the height first from 13 on: it shrinks by far more px."""
    if use.resize is None or use.resize.kernel != kernel:
        return False
    source, target = use.resize.source, use.resize.target
    if source.width == target.width or source.height <= target.height:
        return False
    return source.height - target.height > 2 * (source.width - target.width)


def _box_is_rounded(use: Use) -> bool:
    # Where a side grows, its pixels are repeated, and the order does not matter.
    both_shrink = use.resize is not None and use.resize.target.width < use.resize.source.width
    return both_shrink and _height_first(use, "pillow-box")


def _other_neighbours(use: Use) -> bool:
    if use.resize is None or use.resize.kernel != "nearest":
        return False
    sides = zip(use.resize.source, use.resize.target, strict=True)
    return any(_takes_others(length, target) for length, target in sides)


def _takes_others(length: int, target: int) -> bool:
    """Tell whether OpenCV 5 may take other pixels of a side than OpenCV 4."""
    places, beyond = np.divmod((2 * np.arange(target, dtype=np.int64) + 1) * length, 2 * target)
    if not np.array_equal(nearest_places(length, target), places):
        return True
    # Right between two pixels it takes either, unless the step is a fraction without rounding.
    denominator = target // math.gcd(length, target)
    return bool((beyond == 0).any()) and denominator & (denominator - 1) != 0


def _is_measured_otherwise(use: Use, formats: Sequence[str]) -> bool:
    image = use.image
    return image is not None and image.format in formats and use.measured != image.size


def _needs(ending: str) -> Callable[[Use], bool]:
    return lambda use: any(name.lower().endswith(ending) for name in use.names)


_RESAMPLE = "python-pillow/Pillow pull request 9549 (13.0.0), src/libImaging/Resample.c"
_OTHER_BUCKET = "a pixel each way, and so perhaps another bucket"

KNOWN: Mapping[str, Difference] = {
    each.name: each
    for each in (
        Difference(
            "pillow-lanczos",
            "Pillow",
            ("13",),
            lambda use: _height_first(use, "pillow-lanczos"),
            "resizes by Lanczos height first from 13.0 on, width first before",
            "up to 0.02 of a cell's weight, 0.04 in dithered masks",
            _RESAMPLE,
        ),
        Difference(
            "pillow-box",
            "Pillow",
            ("13",),
            _box_is_rounded,
            "resizes by box height first from 13.0 on, width first before",
            "up to 1/255 of a cell's weight",
            _RESAMPLE,
        ),
        Difference(
            "opencv-nearest",
            "OpenCV",
            ("5",),
            _other_neighbours,
            "takes other pixels by nearest from 5.0 on",
            "up to 1, along edges",
            "opencv/opencv 5.0.0, modules/imgproc/src/resize.cpp, resizeNN_bitexact",
            as_in="4.10.0",
        ),
        Difference(
            "pillow-turned-tiff",
            "Pillow",
            ("11", "13.1"),
            lambda use: any(header.may_be_scrambled for header in use.headers),
            "scrambles turned TIFF that are not compressed from 11.0 to 13.0",
            "up to 1, all over",
            "Pillow 13.0.0, ImageFile.py, ImageFile.load (use_mmap)",
            as_in="10.4.0",
        ),
        Difference(
            "pillow-clear-bit",
            "Pillow",
            ("12.1",),
            lambda use: (
                use.is_alpha
                and any(each.format == "PNG" and each.mode == "1" for each in use.headers)
            ),
            "reads a transparent white of 1-bit PNG from 12.1 on, and none before",
            "1, where that colour is",
            "measured: Pillow 12.0.0 and 12.1.0, PngImagePlugin, convert('RGBA')",
        ),
        Difference(
            "pillow-short-palette",
            "Pillow",
            ("10.1",),
            lambda use: use.beyond_palette,
            "makes numbers beyond a palette's end black from 10.1 on, greys before",
            "up to 1, where these numbers are",
            "measured: Pillow 10.0.1 and 10.1.0, convert('RGB') of mode P",
        ),
        Difference(
            "imagesize-webp-bmp",
            "imagesize",
            ("1.5",),
            lambda use: _is_measured_otherwise(use, ("WEBP", "BMP")),
            "measures WebP with alpha, a profile or EXIF, and BMP, rightly from 1.5 on",
            _OTHER_BUCKET,
            "measured: imagesize 1.4.1 and 1.5.0, imagesize.get",
            as_in="1.4.1",
        ),
        Difference(
            "imagesize-turned-tiff",
            "imagesize",
            ("2",),
            lambda use: _is_measured_otherwise(use, ("TIFF", "AVIF")),
            "measures turned TIFF, and AVIF, as they are decoded from 2.0 on",
            "another bucket",
            "measured: imagesize 1.5.0 and 2.0.0, imagesize.get",
            as_in="1.4.1",
        ),
        *(
            Difference(
                f"{ending[1:]}-plug-in",
                library,
                (),
                _needs(ending),
                f"is what lets the trainer see {ending} files",
                "whole files",
                "kohya-ss/sd-scripts v0.10.1, library/train_util.py, IMAGE_EXTENSIONS",
            )
            for ending, library in _PLUGIN_OF.items()
        ),
    )
}
