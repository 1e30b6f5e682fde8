"""The files that are written here, each with an anchor of its own on the page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

import numpy as np

from tools.formats.painted import HARD, TONES, Pixels, Values, in_colour, painted
from tools.formats.writers import (
    bmp,
    exif,
    netpbm,
    npy,
    page,
    pam,
    png,
    psd,
    tga,
    tiff,
)


class File(NamedTuple):
    """One kind of file.

    Attributes
    ----------
    anchor : str
        Its name, and its row's.
    what : str
        What it is, in few words.
    ending : str
        With the dot.
    make : callable
        Writes it.
    meant : Values
        What its author means to train, of 255.
    is_image : bool
        Whether it is a training image whose alpha is the mask.
    by : str
        Whose writer makes it; empty where it is ours.
    """

    anchor: str
    what: str
    ending: str
    make: Callable[[], bytes]
    meant: Values = TONES
    is_image: bool = False
    by: str = ""


M = painted()
DEEP = M.astype(np.uint16) * 257
BITS = painted(Values(1, 1, 0, 0))
TWO, FOUR = painted(Values(3, 2, 0, 1)), painted(Values(15, 8, 0, 4))
TWO_MEANT, FOUR_MEANT = Values(255, 170, 0, 85), Values(255, 136, 0, 68)
WHITE, BLACK = np.full_like(M, 255), np.zeros_like(M)
LABELS, LABELLED = painted(Values(2, 1, 0, 1)), Values(255, 255, 0, 255)
GREYS = [(value, value, value) for value in range(256)]
VOC = [(0, 0, 0), (128, 0, 0), (0, 128, 0)]


def _layers(*planes: Pixels) -> Pixels:
    return np.dstack(planes)


def _trns(*values: int) -> tuple[bytes, bytes]:
    return b"tRNS", b"".join(value.to_bytes(2, "big") for value in values)


def _with(kind: bytes, content: bytes) -> Callable[[], bytes]:
    return lambda: png(M, before=[(kind, content)])


def _animated() -> bytes:
    frame = (
        b"\0\0\0\0" + (48).to_bytes(4, "big") + (32).to_bytes(4, "big") + bytes(8) + b"\0\1\0\1\0\0"
    )
    second = b"\0\0\0\1" + frame[4:]
    import zlib

    black = (2).to_bytes(4, "big") + zlib.compress(b"\0" * 49 * 32)
    return png(
        M,
        before=[(b"acTL", b"\0\0\0\2\0\0\0\0"), (b"fcTL", frame)],
        after=[(b"fcTL", second), (b"fdAT", black)],
    )


def _two_colours(values: Values) -> bytes:
    """Give the alpha of a palette's entries: numbers 2, 1, 0 of the labels' places."""
    return bytes(int(each) for each in (values.black, values.grey, values.white))


def pngs() -> Iterator[File]:
    """PNG."""

    def of(name: str, what: str, make: Callable[[], bytes], meant: Values = TONES) -> File:
        return File(f"png-{name}", what, ".png", make, meant)

    yield of("grey-8", "grey, 8 bits", lambda: png(M))
    yield of("grey-1", "grey, 1 bit", lambda: png(BITS, 1), HARD)
    yield of("grey-2", "grey, 2 bits", lambda: png(TWO, 2), TWO_MEANT)
    yield of("grey-4", "grey, 4 bits", lambda: png(FOUR, 4), FOUR_MEANT)
    yield of("grey-16", "grey, 16 bits", lambda: png(DEEP, 16))
    yield of("interlaced", "grey, interlaced", lambda: png(M, interlaced=True))
    yield of("rgb-8", "RGB, greys", lambda: png(_layers(M, M, M)))
    yield of("rgb-16", "RGB, 16 bits", lambda: png(_layers(DEEP, DEEP, DEEP), 16))
    yield of("red", "painted red", lambda: png(in_colour((255, 0, 0))))
    yield of("green", "painted green", lambda: png(in_colour((0, 255, 0))))
    yield of("blue", "painted blue", lambda: png(in_colour((0, 0, 255))))
    yield of("rgba-opaque", "RGBA, opaque", lambda: png(_layers(M, M, M, WHITE)))
    yield of(
        "rgba-white", "RGBA, shape in alpha, white", lambda: png(_layers(WHITE, WHITE, WHITE, M))
    )
    yield of(
        "rgba-black", "RGBA, shape in alpha, black", lambda: png(_layers(BLACK, BLACK, BLACK, M))
    )
    yield of("rgba-both", "RGBA, shape in both", lambda: png(_layers(M, M, M, M)))
    yield of(
        "rgba-16",
        "RGBA, 16 bits, opaque",
        lambda: png(_layers(DEEP, DEEP, DEEP, DEEP * 0 + 65535), 16),
    )
    yield of("la-8", "grey and alpha, opaque", lambda: png(_layers(M, WHITE)))
    yield of("la-alpha", "grey and alpha, shape in alpha", lambda: png(_layers(WHITE, M)))
    yield of("la-16", "grey and alpha, 16 bits", lambda: png(_layers(DEEP, DEEP * 0 + 65535), 16))
    yield of("palette-grey", "palette of greys", lambda: png(M, palette=GREYS))
    yield of(
        "palette-voc", "palette of VOC, labels 1, 2", lambda: png(LABELS, palette=VOC), LABELLED
    )
    yield of(
        "palette-blank",
        "palette of black, labels 1, 2",
        lambda: png(LABELS, palette=[(0, 0, 0)] * 3),
        LABELLED,
    )
    white_first = [(255, 255, 255), (0, 0, 0)]
    yield of(
        "palette-1",
        "palette, 1 bit, white first",
        lambda: png(1 - BITS, 1, palette=white_first),
        HARD,
    )
    yield of(
        "palette-trns",
        "palette of white, shape in tRNS",
        lambda: png(LABELS, palette=[(255,) * 3] * 3, before=[(b"tRNS", _two_colours(TONES))]),
        Values(255, 128, 0, 128),
    )
    yield of("trns-8", "grey, 8 bits, black transparent", lambda: png(M, before=[_trns(0)]))
    yield of(
        "trns-1", "grey, 1 bit, black transparent", lambda: png(BITS, 1, before=[_trns(0)]), HARD
    )
    yield of(
        "trns-2",
        "grey, 2 bits, black transparent",
        lambda: png(TWO, 2, before=[_trns(0)]),
        TWO_MEANT,
    )
    yield of(
        "trns-16", "grey, 16 bits, black transparent", lambda: png(DEEP, 16, before=[_trns(0)])
    )
    yield of(
        "trns-rgb", "RGB, black transparent", lambda: png(_layers(M, M, M), before=[_trns(0, 0, 0)])
    )
    yield of("labels", "labels 1, 2", lambda: png(LABELS), LABELLED)
    yield of("labels-1", "label 1 (COCO)", lambda: png(BITS), HARD)
    deep = painted(Values(258, 1, 0, 1), np.uint16)
    yield of("labels-16", "labels 1, 258, 16 bits", lambda: png(deep, 16), LABELLED)
    yield of("gama", "gAMA 1.0", _with(b"gAMA", (100000).to_bytes(4, "big")))
    yield of("srgb", "sRGB", _with(b"sRGB", b"\0"))
    yield of("cicp", "cICP", _with(b"cICP", b"\x01\x0d\0\1"))
    yield of("sbit", "sBIT 5", _with(b"sBIT", b"\5"))
    yield of("exif-3", "EXIF 3, half turned", _with(b"eXIf", exif(3)))
    yield of("exif-6", "EXIF 6, quarter turned", _with(b"eXIf", exif(6)))
    yield of("exif-late", "EXIF 6 behind the pixels", lambda: png(M, after=[(b"eXIf", exif(6))]))
    yield of("animated", "animated, 2 frames", _animated)


def bmps() -> Iterator[File]:
    """BMP."""

    def of(name: str, what: str, make: Callable[[], bytes], meant: Values = TONES) -> File:
        return File(f"bmp-{name}", what, ".bmp", make, meant)

    wide, five = M.astype(np.uint32), M.astype(np.uint32) >> 3
    six, grey = M.astype(np.uint32) >> 2, wide * 0x010101
    masks = (0xFF0000, 0xFF00, 0xFF)
    yield of("1", "1 bit", lambda: bmp(BITS, 1, palette=[0, 255]), HARD)
    yield of("1-white", "1 bit, white first", lambda: bmp(1 - BITS, 1, palette=[255, 0]), HARD)
    yield of("4", "4 bits", lambda: bmp(FOUR, 4, palette=range(0, 256, 17)), FOUR_MEANT)
    yield of("8", "8 bits, palette of greys", lambda: bmp(M, 8, palette=range(256)))
    yield of("rle", "8 bits, run lengths", lambda: bmp(M, 8, palette=range(256), run_lengths=True))
    yield of("24", "24 bits", lambda: bmp(grey, 24))
    yield of("top-down", "24 bits, the upper row first", lambda: bmp(grey, 24, top_down=True))
    yield of("555", "16 bits, 555", lambda: bmp(five << 10 | five << 5 | five, 16))
    packed565 = five << 11 | six << 5 | five
    yield of("565", "16 bits, 565", lambda: bmp(packed565, 16, masks=(0xF800, 0x7E0, 0x1F)))
    yield of("32", "32 bits, alpha 0", lambda: bmp(grey, 32))
    solid = 0xFFFFFF | wide << 24
    yield of("32-alpha", "32 bits, shape in the unused byte", lambda: bmp(solid, 32))
    alpha = (*masks, 0xFF000000)
    yield of(
        "v3-alpha",
        "32 bits, header V3, shape in alpha",
        lambda: bmp(solid, 32, masks=alpha, header=56),
    )
    yield of(
        "v4-alpha",
        "32 bits, header V4, shape in alpha",
        lambda: bmp(solid, 32, masks=alpha, header=108),
    )
    yield of(
        "v5-alpha",
        "32 bits, header V5, shape in alpha",
        lambda: bmp(solid, 32, masks=alpha, header=124),
    )


def _turned(orientation: int) -> bytes:
    return tiff(page(M, t274=orientation))


def tiffs() -> Iterator[File]:
    """TIFF."""

    def of(name: str, what: str, make: Callable[[], bytes], meant: Values = TONES) -> File:
        return File(f"tiff-{name}", what, ".tif", make, meant)

    unit = painted(Values(1, 128 / 255, 0, 64 / 255), np.float32)
    full = M.astype(np.float32)
    twelve = painted(Values(4095, 2056, 0, 1028), np.uint16)
    wide = M.astype(np.uint32) * 0x01010101
    signed16 = (M.astype(np.int32) * 257 - 32768).astype(np.int16)
    positive = painted(Values(32767, 16448, 0, 8224), np.int16)
    colours = _layers(M, M, M)
    yield of("grey-8", "grey, 8 bits", lambda: tiff(page(M)))
    yield of("big-endian", "grey, 8 bits, big-endian", lambda: tiff(page(M, order=">"), order=">"))
    yield of("deflate", "grey, 8 bits, deflate", lambda: tiff(page(M, compress=True)))
    yield of("miniswhite-8", "MinIsWhite, 8 bits", lambda: tiff(page(255 - M, photometric=0)))
    yield of(
        "miniswhite-1",
        "MinIsWhite, 1 bit (bool of tifffile)",
        lambda: tiff(page(BITS, 1, photometric=0)),
        HARD,
    )
    yield of(
        "miniswhite-16", "MinIsWhite, 16 bits", lambda: tiff(page(65535 - DEEP, 16, photometric=0))
    )
    yield of("grey-1", "grey, 1 bit", lambda: tiff(page(BITS, 1)), HARD)
    yield of("grey-2", "grey, 2 bits", lambda: tiff(page(TWO, 2)), TWO_MEANT)
    yield of("grey-4", "grey, 4 bits", lambda: tiff(page(FOUR, 4)), FOUR_MEANT)
    yield of("grey-12", "grey, 12 bits", lambda: tiff(page(twelve, 12)))
    yield of("grey-16", "grey, 16 bits", lambda: tiff(page(DEEP, 16)))
    yield of(
        "grey-16-be",
        "grey, 16 bits, big-endian",
        lambda: tiff(page(DEEP, 16, order=">"), order=">"),
    )
    yield of("uint32", "grey, 32 bits", lambda: tiff(page(wide, 32)))
    yield of(
        "int8",
        "signed, 8 bits",
        lambda: tiff(page((M.astype(np.int16) - 128).astype(np.int8), 8, sample_format=2)),
    )
    yield of("int16", "signed, 16 bits", lambda: tiff(page(signed16, 16, sample_format=2)))
    yield of(
        "int16-positive",
        "signed, 16 bits, none below 0",
        lambda: tiff(page(positive, 16, sample_format=2)),
    )
    yield of(
        "int32",
        "signed, 32 bits, 0 to 255",
        lambda: tiff(page(M.astype(np.int32), 32, sample_format=2)),
    )
    yield of(
        "float16",
        "floats 0..1, 16 bits",
        lambda: tiff(page(unit.astype(np.float16), 16, sample_format=3)),
    )
    yield of("float32", "floats 0..1, 32 bits", lambda: tiff(page(unit, 32, sample_format=3)))
    yield of("float32-255", "floats 0..255, 32 bits", lambda: tiff(page(full, 32, sample_format=3)))
    yield of(
        "float64",
        "floats 0..1, 64 bits",
        lambda: tiff(page(unit.astype(np.float64), 64, sample_format=3)),
    )
    yield of("labels", "labels 1, 2", lambda: tiff(page(LABELS)), LABELLED)
    yield of("rgb", "RGB", lambda: tiff(page(colours, photometric=2)))
    yield of(
        "planar", "RGB, plane by plane", lambda: tiff(page(colours, photometric=2, planar=True))
    )
    yield of(
        "rgb-16",
        "RGB, 16 bits",
        lambda: tiff(page(colours.astype(np.uint16) * 257, 16, photometric=2)),
    )
    yield of(
        "rgba",
        "RGBA, white, shape in alpha",
        lambda: tiff(page(_layers(WHITE, WHITE, WHITE, M), photometric=2, extra=[2])),
    )
    yield of(
        "rgba-associated",
        "RGBA, multiplied by alpha",
        lambda: tiff(page(_layers(M, M, M, M), photometric=2, extra=[1])),
    )
    yield of(
        "rgb-unspecified",
        "RGB and a sample of no kind, shape there",
        lambda: tiff(page(_layers(WHITE, WHITE, WHITE, M), photometric=2, extra=[0])),
    )
    yield of(
        "rgb-five",
        "RGB, alpha, a sample of no kind, shape there",
        lambda: tiff(page(_layers(WHITE, WHITE, WHITE, WHITE, M), photometric=2, extra=[2, 0])),
    )
    yield of(
        "la", "grey and alpha, shape in alpha", lambda: tiff(page(_layers(WHITE, M), extra=[2]))
    )
    yield of(
        "grey-unspecified",
        "grey and a sample of no kind, shape there",
        lambda: tiff(page(_layers(WHITE, M), extra=[0])),
    )
    opaque16 = _layers(DEEP, DEEP, DEEP, DEEP * 0 + 65535)
    yield of(
        "rgba-16",
        "RGBA, 16 bits, opaque",
        lambda: tiff(page(opaque16, 16, photometric=2, extra=[2])),
    )
    ramp = [value * 257 for _ in range(3) for value in range(256)]
    yield of("palette", "palette of greys", lambda: tiff(page(M, photometric=3, t320=ramp)))
    yield of(
        "cmyk", "CMYK", lambda: tiff(page(_layers(BLACK, BLACK, BLACK, 255 - M), photometric=5))
    )
    yield of("pages", "2 pages", lambda: tiff(page(M), page(BLACK)))
    yield of("thumbnail", "2 pages, a thumbnail first", lambda: tiff(page(M[::2, ::2]), page(M)))
    for turn, words in ((3, "half turned"), (4, "upside-down"), (6, "quarter turned")):
        yield of(
            f"orientation-{turn}",
            f"Orientation {turn}, {words}",
            partial(_turned, turn),
        )
    yield of(
        "orientation-6-deflate",
        "Orientation 6, deflate",
        lambda: tiff(page(M, compress=True, t274=6)),
    )


def netpbms() -> Iterator[File]:
    """Netpbm."""

    def of(
        name: str, what: str, ending: str, make: Callable[[], bytes], meant: Values = TONES
    ) -> File:
        return File(f"netpbm-{name}", what, ending, make, meant)

    unit = painted(Values(1, 128 / 255, 0, 64 / 255), np.float32)
    yield of("pbm", "PBM (P4)", ".pbm", lambda: netpbm("P4", 1 - BITS), HARD)
    yield of("pbm-text", "PBM as text (P1)", ".pbm", lambda: netpbm("P1", 1 - BITS), HARD)
    yield of("pgm", "PGM (P5)", ".pgm", lambda: netpbm("P5", M, 255))
    yield of("pgm-text", "PGM as text (P2)", ".pgm", lambda: netpbm("P2", M, 255))
    yield of("pgm-1", "PGM, largest value 1", ".pgm", lambda: netpbm("P5", BITS, 1), HARD)
    yield of("pgm-15", "PGM, largest value 15", ".pgm", lambda: netpbm("P5", FOUR, 15), FOUR_MEANT)
    thousand = painted(Values(1000, 502, 0, 251), np.uint16)
    yield of("pgm-1000", "PGM, largest value 1000", ".pgm", lambda: netpbm("P5", thousand, 1000))
    yield of("pgm-16", "PGM, 16 bits", ".pgm", lambda: netpbm("P5", DEEP, 65535))
    yield of("ppm", "PPM (P6)", ".ppm", lambda: netpbm("P6", _layers(M, M, M), 255))
    yield of("pfm", "PFM, floats 0..1", ".pfm", lambda: netpbm("Pf", unit, -1.0))
    yield of("pfm-be", "PFM, big-endian", ".pfm", lambda: netpbm("Pf", unit, 1.0))
    yield of("pfm-rgb", "PFM, RGB", ".pfm", lambda: netpbm("PF", _layers(unit, unit, unit), -1.0))
    yield of("pam", "PAM", ".pam", lambda: pam(M))


def others() -> Iterator[File]:
    """TGA, Photoshop and arrays."""
    two = _layers(M, M, M)
    yield File("tga-8", "TGA, 8 bits", ".tga", lambda: tga(M, 3, 8))
    yield File(
        "tga-top-down", "TGA, the upper row first", ".tga", lambda: tga(M, 3, 8, descriptor=0x20)
    )
    yield File("tga-24", "TGA, 24 bits", ".tga", lambda: tga(two, 2, 24))
    white = _layers(WHITE, WHITE, WHITE, M)
    yield File(
        "tga-32", "TGA, 32 bits, shape in alpha", ".tga", lambda: tga(white, 2, 32, descriptor=8)
    )
    ramp = bytes(value for value in range(256) for _ in range(3))
    yield File("tga-palette", "TGA, palette of greys", ".tga", lambda: tga(M, 1, 8, palette=ramp))
    yield File("psd-grey", "PSD, grey", ".psd", lambda: psd([M], mode=1))
    yield File("psd-rgb", "PSD, RGB", ".psd", lambda: psd([M, M, M]))
    yield File(
        "psd-four",
        "PSD, RGB and one channel, shape there",
        ".psd",
        lambda: psd([WHITE, WHITE, WHITE, M]),
    )
    yield File(
        "psd-five",
        "PSD, RGB and two channels, shape in the last",
        ".psd",
        lambda: psd([WHITE, WHITE, WHITE, WHITE, M]),
    )
    yield File(
        "psd-grey-alpha",
        "PSD, grey and a channel, shape there",
        ".psd",
        lambda: psd([WHITE, M], mode=1),
    )
    yield File("psd-16", "PSD, 16 bits", ".psd", lambda: psd([DEEP], 16, mode=1))
    yield File("psd-1", "PSD, 1 bit", ".psd", lambda: psd([1 - BITS], 1, mode=0), HARD)
    yield File("npy", "NumPy's array", ".npy", lambda: npy(M))


def in_alpha() -> Iterator[File]:
    """Images whose alpha is the mask."""

    def of(
        name: str, what: str, ending: str, make: Callable[[], bytes], meant: Values = TONES
    ) -> File:
        return File(f"alpha-{name}", what, ending, make, meant, True)

    noise = np.random.default_rng(3).integers(1, 255, (*M.shape, 3), np.uint8)
    deep = _layers(noise.astype(np.uint16) * 257, DEEP)
    yield of("png-8", "PNG, RGBA", ".png", lambda: png(_layers(noise, M)))
    yield of("png-16", "PNG, RGBA, 16 bits", ".png", lambda: png(deep, 16))
    yield of("png-la", "PNG, grey and alpha", ".png", lambda: png(_layers(noise[..., 0], M)))
    yield of(
        "png-palette",
        "PNG, palette and tRNS",
        ".png",
        lambda: png(
            LABELS,
            palette=[(9, 9, 9), (80, 0, 0), (0, 90, 0)],
            before=[(b"tRNS", _two_colours(TONES))],
        ),
        Values(255, 128, 0, 128),
    )
    rest = Values(0, 255, 255, 255)
    for bits, samples in ((1, BITS), (2, TWO), (4, FOUR), (8, M)):
        white = (1 << bits) - 1
        yield of(
            f"png-trns-{bits}",
            f"PNG, grey of {bits} bit{'s' * (bits > 1)}, white transparent",
            ".png",
            lambda s=samples, b=bits, w=white: png(s, b, before=[_trns(w)]),  # type: ignore[misc]
            Values(0, 0, 255, 255) if bits == 1 else rest,
        )
    hard = Values(255, 255, 0, 255)
    grey16 = painted(Values(65535, 300, 256, 300), np.uint16)
    yield of(
        "png-trns-16",
        "PNG, grey of 16 bits, 256 transparent",
        ".png",
        lambda: png(grey16, 16, before=[_trns(256)]),
        hard,
    )
    yield of(
        "png-trns-rgb",
        "PNG, RGB, black transparent",
        ".png",
        lambda: png(_layers(M, M, M), before=[_trns(0, 0, 0)]),
        hard,
    )
    colours16 = _layers(grey16, grey16, grey16)
    yield of(
        "png-trns-rgb-16",
        "PNG, RGB, 16 bits, 256 transparent",
        ".png",
        lambda: png(colours16, 16, before=[_trns(256, 256, 256)]),
        hard,
    )
    yield of(
        "bmp-32",
        "BMP, 32 bits without masks",
        ".bmp",
        lambda: bmp(0x404040 | M.astype(np.uint32) << 24, 32),
    )
    masks = (0xFF0000, 0xFF00, 0xFF, 0xFF000000)
    yield of(
        "bmp-v3",
        "BMP, 32 bits, header V3",
        ".bmp",
        lambda: bmp(0x404040 | M.astype(np.uint32) << 24, 32, masks=masks, header=56),
    )
    yield of(
        "bmp-v4",
        "BMP, 32 bits, header V4",
        ".bmp",
        lambda: bmp(0x404040 | M.astype(np.uint32) << 24, 32, masks=masks, header=108),
    )
    yield of(
        "bmp-v5",
        "BMP, 32 bits, header V5",
        ".bmp",
        lambda: bmp(0x404040 | M.astype(np.uint32) << 24, 32, masks=masks, header=124),
    )
