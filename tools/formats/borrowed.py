"""Files of compressed kinds, which only a library writes: told with its name and version."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from PIL import Image

from tools.formats.files import BITS, BLACK, WHITE, File, M
from tools.formats.painted import HARD, TONES, Values, in_colour


def _pillow(pixels: Any, form: str, mode: str | None = None, **options: Any) -> Callable[[], bytes]:
    def make() -> bytes:
        image, stream = Image.fromarray(pixels), io.BytesIO()
        image = image if mode is None else image.convert(mode)
        image.save(stream, form, **options)
        return stream.getvalue()

    return make


def _imagecodecs(name: str, pixels: Any, **options: Any) -> Callable[[], bytes]:
    def make() -> bytes:
        import imagecodecs

        return bytes(getattr(imagecodecs, name)(pixels, **options))

    return make


def _tifffile(pixels: Any) -> Callable[[], bytes]:
    def make() -> bytes:
        import tifffile

        stream = io.BytesIO()
        tifffile.imwrite(stream, pixels)
        return stream.getvalue()

    return make


def _exif(orientation: int) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif


def compressed() -> Iterator[File]:
    """JPEG, WebP, GIF and newer ones."""

    def of(
        name: str,
        what: str,
        ending: str,
        make: Callable[[], bytes],
        by: str = "Pillow",
        meant: Values = TONES,
    ) -> File:
        return File(name, what, ending, make, meant, by=by)

    rgb = np.dstack([M] * 3)
    red = in_colour((255, 0, 0))
    second = Image.fromarray(BLACK)
    clear = np.dstack([WHITE, WHITE, WHITE, M])
    yield of("jpeg-75", "JPEG, grey, quality 75", ".jpg", _pillow(M, "JPEG", quality=75))
    yield of("jpeg-rgb", "JPEG, RGB, quality 75", ".jpg", _pillow(rgb, "JPEG", quality=75))
    yield of("jpeg-progressive", "JPEG, progressive", ".jpg", _pillow(M, "JPEG", progressive=True))
    yield of("jpeg-red", "JPEG, painted red, quality 75", ".jpg", _pillow(red, "JPEG", quality=75))
    yield of("jpeg-cmyk", "JPEG, CMYK", ".jpg", _pillow(rgb, "JPEG", "CMYK"))
    yield of(
        "jpeg-exif-6", "JPEG, EXIF 6, quarter turned", ".jpg", _pillow(M, "JPEG", exif=_exif(6))
    )
    yield of(
        "jpeg-mpo",
        "JPEG of 2 pictures (MPO)",
        ".jpg",
        _pillow(rgb, "MPO", save_all=True, append_images=[second.convert("RGB")]),
    )
    yield of("webp-lossless", "WebP, lossless", ".webp", _pillow(rgb, "WEBP", lossless=True))
    yield of("webp-80", "WebP, quality 80", ".webp", _pillow(rgb, "WEBP", quality=80))
    yield of(
        "webp-alpha",
        "WebP, lossless, shape in alpha",
        ".webp",
        _pillow(clear, "WEBP", lossless=True),
    )
    yield of(
        "webp-animated",
        "WebP, 2 frames",
        ".webp",
        _pillow(rgb, "WEBP", lossless=True, save_all=True, append_images=[second.convert("RGB")]),
    )
    yield of("gif", "GIF", ".gif", _pillow(M, "GIF"))
    yield of(
        "gif-animated",
        "GIF, 2 frames",
        ".gif",
        _pillow(M, "GIF", save_all=True, append_images=[second]),
    )
    yield of("avif-75", "AVIF, grey, quality 75", ".avif", _pillow(M, "AVIF"))
    yield of(
        "jxl",
        "JPEG XL, lossless",
        ".jxl",
        _imagecodecs("jpegxl_encode", M, lossless=True),
        "imagecodecs",
    )
    yield of("jp2", "JPEG 2000, lossless", ".jp2", _pillow(M, "JPEG2000"))
    yield of(
        "jp2-16",
        "JPEG 2000, 16 bits",
        ".jp2",
        _imagecodecs("jpeg2k_encode", M.astype(np.uint16) * 257, level=0),
        "imagecodecs",
    )
    yield of("tiff-lzw", "TIFF, LZW", ".tif", _pillow(M, "TIFF", compression="tiff_lzw"))
    yield of(
        "tiff-g4",
        "TIFF, fax (G4)",
        ".tif",
        _pillow(BITS * 255, "TIFF", "1", compression="group4"),
        meant=HARD,
    )
    yield of("tiff-jpeg", "TIFF, JPEG inside", ".tif", _pillow(M, "TIFF", compression="jpeg"))
    yield of("tiff-bool", "TIFF, array of bool", ".tif", _tifffile(BITS > 0), "tifffile", HARD)
    yield of("ico", "ICO", ".ico", _pillow(rgb, "ICO", sizes=[(48, 32)]))
    yield of("pcx", "PCX", ".pcx", _pillow(M, "PCX"))
    yield of("dds", "DDS", ".dds", _pillow(rgb, "DDS"))
    yield of("sgi", "SGI", ".sgi", _pillow(M, "SGI"))


def compressed_alpha() -> Iterator[File]:
    """Images of compressed kinds whose alpha is the mask."""
    noise = np.random.default_rng(3).integers(1, 255, (*M.shape, 3), np.uint8)
    cut = np.dstack([noise, M])
    few = Values(255, 255, 0, 0)

    def of(
        name: str, what: str, ending: str, make: Callable[[], bytes], meant: Values = TONES
    ) -> File:
        return File(f"alpha-{name}", what, ending, make, meant, True, "Pillow")

    yield of("webp-lossless", "WebP, lossless", ".webp", _pillow(cut, "WEBP", lossless=True))
    yield of("webp-80", "WebP, quality 80", ".webp", _pillow(cut, "WEBP", quality=80))
    yield of(
        "webp-alpha-0", "WebP, alpha_quality 0", ".webp", _pillow(cut, "WEBP", alpha_quality=0)
    )
    yield of("avif", "AVIF, quality 75", ".avif", _pillow(cut, "AVIF"))
    yield of("gif", "GIF, one colour transparent", ".gif", _pillow(cut, "GIF"), few)
    yield of("jpeg", "JPEG, which has no alpha", ".jpg", _pillow(noise, "JPEG"))
