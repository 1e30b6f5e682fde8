"""What travels with a picture's pixels: colour profile, text, resolution, EXIF."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image, PngImagePlugin

from maskprep.raster.decode import picture_of
from maskprep.raster.header import ORIENTATION_TAG, decoding, opened

_XMP = "XML:com.adobe.xmp"
_LEGACY_EXIF = ("Raw profile type exif", "Raw profile type APP1")  # as old ImageMagick wrote it
_XMP_ORIENTATION = re.compile(r'tiff:Orientation="\d+"|<tiff:Orientation>\d+</tiff:Orientation>')


@dataclass(frozen=True)
class Accompaniment:
    """What a file holds beside its pixels, as far as a PNG of RGB colours can carry it.

    Attributes
    ----------
    icc_profile : bytes or None
        Colour profile, of RGB.
    text : mapping of str to str
        Text by keyword: generation parameters, comments.
    dpi : tuple of float, or None
        Dots per inch, across and down.
    exif : bytes or None
        As stored, broken or not.
    left_out : tuple of str
        What could not be carried along, in words.
    """

    icc_profile: bytes | None = None
    text: dict[str, str] = field(default_factory=dict)
    dpi: tuple[float, float] | None = None
    exif: bytes | None = None
    left_out: tuple[str, ...] = ()

    def upright(self) -> Accompaniment:
        """Take the orientation out, for pixels that have been turned by it.

        Returns
        -------
        Accompaniment
            Without any word on orientation; EXIF that cannot be read is left out.
        """
        text = {
            key: _XMP_ORIENTATION.sub("", value) if key == _XMP else value
            for key, value in self.text.items()
            if key not in _LEGACY_EXIF
        }
        exif, left_out = None, self.left_out
        if self.exif is not None:
            try:
                tags = Image.Exif()
                tags.load(self.exif)
                tags.pop(ORIENTATION_TAG, None)
                exif = tags.tobytes()
            except Exception:  # noqa: BLE001 - broken EXIF raises anything
                left_out = (*left_out, "its EXIF is broken and was left out")
        return replace(self, text=text, exif=exif, left_out=left_out)

    def png_options(self) -> dict[str, Any]:
        """Give the options of Pillow's PNG writer that carry all this."""
        options: dict[str, Any] = {"icc_profile": self.icc_profile}
        if self.text:
            options["pnginfo"] = info = PngImagePlugin.PngInfo()
            for key, value in self.text.items():
                if isinstance(value, PngImagePlugin.iTXt):
                    info.add_itxt(key, value, value.lang or "", value.tkey or "")
                else:
                    info.add_text(key, value)
        if self.dpi is not None:
            options["dpi"] = self.dpi
        if self.exif is not None:
            options["exif"] = self.exif
        return options


def read_accompaniment(path: str) -> Accompaniment:
    """Read what a picture's file holds beside its pixels.

    Parameters
    ----------
    path : str
        PNG, JPEG, WebP or any other file that Pillow opens.

    Returns
    -------
    Accompaniment
        A JPEG's comment becomes text; a profile of CMYK or grey is left out, for the pixels
        become RGB.

    Raises
    ------
    UnreadableImageError
        The file cannot be decoded.
    """
    with opened(path) as image:
        return _beside(path, image)


def read_accompanied(
    path: str, mode: Literal["RGB", "RGBA"]
) -> tuple[NDArray[np.uint8], Accompaniment]:
    """Decode a picture, and read what its file holds beside the pixels, in one pass.

    Parameters
    ----------
    path : str
        The image file.
    mode : {"RGB", "RGBA"}
        See `maskprep.raster.read_picture`.

    Returns
    -------
    ndarray of uint8, shape (H, W, 3) or (H, W, 4)
        The pixels.
    Accompaniment
        What lies beside them.

    Raises
    ------
    UnreadableImageError
        The file cannot be decoded.
    """
    with opened(path) as image:
        beside = _beside(path, image)  # decodes it: text may follow the pixels
        return picture_of(path, image, mode), beside


def _beside(path: str, image: Image.Image) -> Accompaniment:
    with decoding(path):
        image.load()
        info = dict(image.info)
        text = dict(getattr(image, "text", None) or {})
    profile, left_out = _rgb_profile(info.get("icc_profile"))
    exif, comment = info.get("exif"), info.get("comment")
    if image.format != "PNG":
        text.update(_comment(comment))
    return Accompaniment(
        icc_profile=profile,
        text=text,
        dpi=_dpi(info.get("dpi")),
        exif=exif if isinstance(exif, bytes) and exif else None,
        left_out=left_out,
    )


def _rgb_profile(profile: object) -> tuple[bytes | None, tuple[str, ...]]:
    if not isinstance(profile, bytes) or not profile:
        return None, ()
    if len(profile) < 128:
        return None, ("its colour profile is broken and was left out",)
    space = profile[16:20]
    if space == b"RGB ":
        return profile, ()
    named = space.decode("ascii", "replace").strip()
    return None, (f"its colour profile is of {named}, not RGB, and was left out",)


def _comment(comment: object) -> dict[str, str]:
    if isinstance(comment, bytes):
        comment = _decoded(comment)
    return {"Comment": comment.rstrip("\0")} if isinstance(comment, str) and comment else {}


def _decoded(comment: bytes) -> str:
    try:
        return comment.decode("utf-8")
    except UnicodeDecodeError:
        return comment.decode("latin-1")


def _dpi(value: object) -> tuple[float, float] | None:
    try:
        across, down = (float(each) for each in value)  # type: ignore[attr-defined]
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    return (across, down) if 0 < across < 1e6 and 0 < down < 1e6 else None
