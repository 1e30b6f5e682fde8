"""The readers: what each makes of a file, one channel of it, by the call that people use."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from functools import cache
from importlib import import_module, metadata
from typing import Any, NamedTuple

import numpy as np

from tools.formats.cells import NO_ALPHA, REFUSES, cell
from tools.formats.files import File
from tools.formats.painted import Pixels


class NoAlphaError(Exception):
    """The reader gives no alpha of this file."""


class Reader(NamedTuple):
    """A reader, called in one way.

    Attributes
    ----------
    name : str
        Its column.
    call : str
        How it is called.
    version : callable
        Gives the version installed; None where there is none.
    read : callable
        From a path, and whether its alpha is wanted, to pixels of shape (H, W).
    """

    name: str
    call: str
    version: Callable[[], str | None]
    read: Callable[[str, bool], Pixels]


def reading(reader: Reader, file: File, path: str) -> str:
    """Put what a reader makes of a file into a cell."""
    try:
        pixels = reader.read(path, file.is_image)
    except NoAlphaError:
        return NO_ALPHA
    except Exception:  # noqa: BLE001 - a reader refuses by whatever its authors chose
        return REFUSES
    return cell(pixels, file.meant)


def _of_package(*names: str) -> Callable[[], str | None]:
    def version() -> str | None:
        for name in names:
            try:
                return metadata.version(name)
            except metadata.PackageNotFoundError:
                continue
        return None

    return version


def _trainer(path: str, alpha: bool) -> Pixels:
    from PIL import Image

    for plugin in ("pillow_avif", "pillow_jxl"):
        _try_to_import(plugin)
    with Image.open(path) as image:
        if not alpha:
            return np.asarray(image.convert("RGB"))[..., 0]
        if "A" not in image.getbands() and "transparency" not in image.info:
            raise NoAlphaError
        return np.asarray(image.convert("RGBA"))[..., 3]


@cache
def _try_to_import(name: str) -> bool:
    try:
        import_module(name)
    except Exception:  # noqa: BLE001 - as the trainer does
        return False
    return True


def _opencv_grey(path: str, alpha: bool) -> Pixels:
    import cv2

    if alpha:
        raise NoAlphaError
    return _there(cv2.imread(path, cv2.IMREAD_GRAYSCALE))


def _opencv_stored(path: str, alpha: bool) -> Pixels:
    import cv2

    pixels = _there(cv2.imread(path, cv2.IMREAD_UNCHANGED))
    bands = pixels.shape[2] if pixels.ndim == 3 else 1
    if alpha and bands != 4:
        raise NoAlphaError
    if bands == 1:
        return pixels
    return pixels[..., 3 if alpha else 2]


def _there(pixels: Any) -> Pixels:
    if pixels is None:
        raise ValueError("cv2.imread returns None")
    return np.asarray(pixels)


def _numbers(path: str, alpha: bool) -> Pixels:
    if path.endswith(".tif"):
        import tifffile

        pixels = np.asarray(tifffile.imread(path, key=0))
        if pixels.ndim == 3 and pixels.shape[0] in (3, 4):
            pixels = np.moveaxis(pixels, 0, 2)
    else:
        import imagecodecs

        pixels = np.asarray(imagecodecs.imread(path))
    if pixels.ndim == 4:
        pixels = pixels[0]
    if alpha and (pixels.ndim != 3 or pixels.shape[2] not in (2, 4)):
        raise NoAlphaError
    if pixels.ndim == 2:
        return pixels
    return pixels[..., -1 if alpha else 0]


def _vips(path: str, alpha: bool) -> Pixels:
    import pyvips

    image = pyvips.Image.new_from_file(path, access="random")
    if alpha and not image.hasalpha():
        raise NoAlphaError
    image = image.colourspace("srgb")
    return np.asarray(image[image.bands - 1 if alpha else 0].cast("uchar").numpy())


def _magick(path: str, alpha: bool) -> Pixels:
    if alpha:
        seen = _run("-format", "%A", f"{path}[0]", "info:").decode().strip().lower()
        if seen in ("false", "undefined"):
            raise NoAlphaError
    wanted = ["-alpha", "extract"] if alpha else ["-alpha", "off", "-channel", "R", "-separate"]
    data = _run(f"{path}[0]", *wanted, "-depth", "8", "pgm:-")
    magic, width, height, largest, rest = data.split(maxsplit=4)
    if (magic, largest) != (b"P5", b"255"):
        raise ValueError(data[:20])
    # A pixel may be a blank, which `split` would take.
    rest = data[len(data) - int(width) * int(height) :]
    return np.frombuffer(rest, np.uint8).reshape(int(height), int(width))


@cache
def _program() -> str | None:
    return shutil.which("magick") or shutil.which("convert")


def _run(*words: str) -> bytes:
    program = _program()
    if program is None:
        raise FileNotFoundError("magick")
    return subprocess.run([program, *words], capture_output=True, check=True, timeout=60).stdout


def _magick_version() -> str | None:
    try:
        words = _run("-version").decode().split()
    except (OSError, subprocess.SubprocessError):
        return None
    return words[2] if words[:2] == ["Version:", "ImageMagick"] else None


def _torchvision(path: str, alpha: bool) -> Pixels:
    io = import_module("torchvision.io")
    mode = io.ImageReadMode.RGB_ALPHA if alpha else io.ImageReadMode.RGB
    return np.asarray(io.decode_image(path, mode)[3 if alpha else 0])


def _torchvision_version() -> str | None:
    # What is built for other libraries than are there is installed, and reads nothing.
    return _of_package("torchvision")() if _try_to_import("torchvision.io") else None


def _vips_version() -> str | None:
    binding = _of_package("pyvips")()
    return binding and (_of_package("pyvips-binary")() or binding)


def _numbers_version() -> str | None:
    tiff, codecs = _of_package("tifffile")(), _of_package("imagecodecs")()
    return f"{tiff} and {codecs}" if tiff and codecs else None


_OPENCV = _of_package(
    "opencv-python",
    "opencv-python-headless",
    "opencv-contrib-python",
    "opencv-contrib-python-headless",
)
READERS = (
    Reader(
        "trainer (Pillow)",
        'R of `convert("RGB")`, as sd-scripts reads a mask; alpha: A of `convert("RGBA")`',
        _of_package("pillow"),
        _trainer,
    ),
    Reader("OpenCV, grey", "`imread(path, IMREAD_GRAYSCALE)`", _OPENCV, _opencv_grey),
    Reader("OpenCV, unchanged", "R of `imread(path, IMREAD_UNCHANGED)`", _OPENCV, _opencv_stored),
    Reader(
        "tifffile, imagecodecs",
        "`tifffile.imread(path, key=0)` of TIFF, `imagecodecs.imread` of others; the first channel",
        _numbers_version,
        _numbers,
    ),
    Reader(
        "libvips", '`new_from_file(path).colourspace("srgb")`, R to 8 bits', _vips_version, _vips
    ),
    Reader("ImageMagick", "R of `path[0]` to 8 bits", _magick_version, _magick),
    Reader("torchvision", "R of `decode_image`", _torchvision_version, _torchvision),
)
