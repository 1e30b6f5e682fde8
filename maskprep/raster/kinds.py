"""Which kinds of file are opened, and what every other file is, told by its first bytes.

Pillow tells kinds by content, whatever a file is called, and has PostScript decoded by another
program. Data sets hold few of the kinds that it knows; no other is opened.
"""

from __future__ import annotations

import re
import struct
from contextlib import suppress
from functools import cache
from importlib import import_module
from typing import BinaryIO, NamedTuple

from PIL import Image, UnidentifiedImageError

#: What data sets hold, by Pillow's names; MPO comes through JPEG. TGA, which has no signature, is
#: asked last.
FORMATS = (
    "PNG",
    "JPEG",
    "WEBP",
    "BMP",
    "DIB",
    "GIF",
    "TIFF",
    "AVIF",
    "JXL",
    "PSD",
    "PPM",
    "JPEG2000",
    "ICO",
    "TGA",
)
#: What teaches Pillow further kinds as soon as it is imported. Trainers import what there is of it
#: at their start, in this order.
PLUGINS = ("pillow_avif", "jxlpy.JXLImagePlugin", "pillow_jxl")
_PLUGIN_ENDINGS = (".avif", ".jxl")
#: How many bytes of a file are enough to tell its kind.
HEAD = 1024


class Kind(NamedTuple):
    """What a file is that is not opened."""

    name: str
    advice: str
    #: Whether a plug-in of the installed Pillow might open it, and so of the trainer's.
    pillow_may: bool


_SAVE = "save it as PNG"
_KINDS = tuple(
    (re.compile(signature, re.DOTALL | re.IGNORECASE), name, advice)
    for signature, name, advice in (
        (rb"%!PS|\xc5\xd0\xd3\xc6", "PostScript (EPS)", _SAVE),
        (rb"%PDF-", "a PDF document", _SAVE),
        (rb"DDS ", "a DDS texture", _SAVE),
        (rb"BLP[12]", "a BLP texture", _SAVE),
        (rb"P7\n", "PAM (Netpbm)", _SAVE),
        (rb"P[fF]\n", "PFM (Netpbm's floats), which this Pillow does not open", _SAVE),
        (rb".{4}ftyp(hei[cmsx]|hev[cmsx]|mif1|msf1)", "HEIC (HEIF)", _SAVE),
        (rb".{4}ftyp(isom|iso[2-9]|mp4|avc1|m4v|qt  |3gp|dash|msnv)", "a video (MP4)", _SAVE),
        (rb"icns", "an icon of macOS (ICNS)", _SAVE),
        (rb"\x0a[\x00\x02-\x05]\x01[\x01\x02\x04\x08]", "PCX", _SAVE),
        (rb"\x76\x2f\x31\x01", "OpenEXR", _SAVE),
        (rb"gimp xcf", "a project of GIMP (XCF)", _SAVE),
        (rb"\x89HDF\r\n\x1a\n", "HDF5", _SAVE),
        (rb"SIMPLE  =", "FITS", _SAVE),
        (rb"\x93NUMPY", "an array of NumPy (NPY)", _SAVE),
        (rb"PK(\x03\x04|\x05\x06|\x07\x08)", "a ZIP archive (also ORA, KRA, NPZ)", _SAVE),
        (rb"\x1f\x8b", "compressed by gzip", "unpack it"),
        (
            rb"version https://git-lfs",
            "a pointer of Git LFS in the picture's place",
            "run git lfs pull",
        ),
        (rb"(\xef\xbb\xbf)?\s*<(!doctype html|html|head|body)", "a web page", "download it again"),
        (rb"(\xef\xbb\xbf)?\s*<(.*<)?svg[\s>]", "a drawing (SVG)", _SAVE),
        (rb"(\xef\xbb\xbf)?\s*<[?!a-z]", "XML", _SAVE),
        (
            rb"(\xef\xbb\xbf)?\s*(\{\s*[\"}]|\[\s*[\[{\"\]\d-])",
            "text (JSON)",
            "put the picture in its place",
        ),
    )
)

#: Kinds that are opened, where Pillow refuses a file of theirs all the same.
_REFUSED = tuple(
    (re.compile(signature, re.DOTALL), words)
    for signature, words in (
        (
            rb"II(\*\0|\+\0)|MM(\0\*|\0\+)",
            "a TIFF that Pillow cannot read: damaged, or of floats of 16 or 64 bits, or with"
            " samples of no kind",
        ),
        (rb"8BPS", "a Photoshop file that Pillow cannot read: damaged, or of 16 or 32 bits"),
        (
            rb"\xff\x0a|\0\0\0\x0cJXL ",
            "JPEG XL, which Pillow reads with a plug-in only (pillow-jxl-plugin)",
        ),
        (rb".{4}ftypavi[fs]", "AVIF, which this Pillow cannot read"),
    )
)


def identified(source: str | BinaryIO) -> Image.Image:
    """Open an image file of the kinds that data sets hold; ``Image.open`` tells of errors."""
    # Plug-ins are imported when a file asks for them: all take 25 ms, the common ones 5 ms, that of
    # WebP 1 ms, and that of PNG is there.
    name = source.lower() if isinstance(source, str) else ""
    if not name.endswith(".png"):
        Image.preinit()
    if name.endswith(".webp"):
        plug_in("PIL.WebPImagePlugin")
    if name.endswith(_PLUGIN_ENDINGS):
        _plug_all_in()
    try:
        return _opened(source)
    except UnidentifiedImageError:
        Image.init()
        _plug_all_in()
        return _opened(source)


def _plug_all_in() -> None:
    for module in PLUGINS:
        plug_in(module)


@cache
def plug_in(module: str) -> bool:
    """Import a plug-in of Pillow's; tell whether it is there and works."""
    try:
        import_module(module)
    except Exception:  # noqa: BLE001 - a broken package raises anything, and trainers go on
        return False
    return True


def _opened(source: str | BinaryIO) -> Image.Image:
    # Pillow fails over a name that no plug-in has registered.
    return Image.open(source, formats=[each for each in FORMATS if each in Image.OPEN])


def kind_of(head: bytes) -> Kind | None:
    """Tell a file that is none of `FORMATS` by its first bytes; None where nothing knows them."""
    plugin = _plugin_of(head)
    for signature, name, advice in _KINDS:
        if signature.match(head):
            return Kind(name, advice, plugin is not None)
    if plugin is None:
        return None
    return Kind(f"{plugin} by its first bytes", _SAVE, pillow_may=True)


def refused_kind_of(head: bytes) -> str:
    """Tell a file of one of `FORMATS` that Pillow refused; empty where nothing is known of it."""
    return next((words for signature, words in _REFUSED if signature.match(head)), "")


def _plugin_of(head: bytes) -> str | None:
    """Name the plug-in that would take a file by what Pillow shows it: the first 16 bytes."""
    Image.init()
    for name, (_, accepts) in Image.OPEN.items():
        with suppress(SyntaxError, IndexError, TypeError, struct.error):  # as Pillow does
            if name not in FORMATS and accepts is not None and accepts(head[:16]) is True:
                return name
    return None
