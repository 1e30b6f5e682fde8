"""Files written byte by byte, so that they are the same whatever is installed."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from tools.formats.painted import Pixels

_GREY, _RGB, _PALETTE, _GREY_ALPHA, _RGBA = 0, 2, 3, 4, 6
#: First column and row, and steps, of the seven passes of an interlaced PNG.
_ADAM7 = (
    (0, 0, 8, 8),
    (4, 0, 8, 8),
    (0, 4, 4, 8),
    (2, 0, 4, 4),
    (0, 2, 2, 4),
    (1, 0, 2, 2),
    (0, 1, 1, 2),
)
_SIZES = {1: 1, 3: 2, 4: 4, 5: 8, 12: 8, 16: 8}
_SHORT, _LONG = 3, 4


def packed(samples: Pixels, bits: int) -> bytes:
    """Put samples of up to 16 bits into rows of whole bytes, the highest bit first."""
    places = np.arange(bits - 1, -1, -1)
    rows = (samples.astype(np.uint32)[..., None] >> places) & 1
    return np.packbits(rows.reshape(len(rows), -1).astype(np.uint8), axis=1).tobytes()


def chunk(kind: bytes, content: bytes) -> bytes:
    """Make a PNG's chunk."""
    check = struct.pack(">I", zlib.crc32(kind + content))
    return struct.pack(">I", len(content)) + kind + content + check


def png(
    samples: Pixels,
    bits: int = 8,
    *,
    palette: Sequence[Sequence[int]] = (),
    before: Sequence[tuple[bytes, bytes]] = (),
    after: Sequence[tuple[bytes, bytes]] = (),
    interlaced: bool = False,
) -> bytes:
    """Write a PNG of samples of shape (H, W) or (H, W, 1 to 4)."""
    samples = samples if samples.ndim == 3 else samples[..., None]
    height, width, count = samples.shape
    kind = {1: _PALETTE if palette else _GREY, 2: _GREY_ALPHA, 3: _RGB, 4: _RGBA}[count]
    head = struct.pack(">IIBBBBB", width, height, bits, kind, 0, 0, interlaced)
    chunks = [(b"IHDR", head)]
    if palette:
        chunks.append((b"PLTE", bytes(value for colour in palette for value in colour)))
    passes = [samples[y::down, x::across] for x, y, across, down in _ADAM7 if interlaced] or [
        samples
    ]
    lines = b"".join(_png_lines(each, bits) for each in passes if each.size)
    chunks += [*before, (b"IDAT", zlib.compress(lines)), *after, (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*each) for each in chunks)


def _png_lines(samples: Pixels, bits: int) -> bytes:
    rows = samples.reshape(len(samples), -1)
    return b"".join(b"\0" + packed(row[None], bits) for row in rows)


def exif(orientation: int) -> bytes:
    """Write EXIF that holds an orientation and nothing else."""
    return struct.pack("<2sHIHHHIII", b"II", 42, 8, 1, 0x0112, _SHORT, 1, orientation, 0)


class Page(dict[int, Any]):
    """The tags of a TIFF's page, with its samples as they are stored."""

    def __init__(self, samples: bytes, tags: Mapping[int, Any]) -> None:
        super().__init__(tags)
        self.samples = samples


def page(
    samples: Pixels,
    bits: int = 8,
    *,
    photometric: int = 1,
    sample_format: int = 1,
    extra: Sequence[int] = (),
    compress: bool = False,
    planar: bool = False,
    order: str = "<",
    **tags: Any,
) -> Page:
    """Lay out a TIFF's page of shape (H, W) or (H, W, N); further tags as ``t274=6``."""
    samples = samples if samples.ndim == 3 else samples[..., None]
    height, width, count = samples.shape
    stored = (
        np.moveaxis(samples, 2, 0).reshape(-1, width) if planar else samples.reshape(height, -1)
    )
    whole = samples.dtype.itemsize * 8 == bits
    content = (
        stored.astype(np.dtype(f"{order}{samples.dtype.str[1:]}")).tobytes()
        if whole
        else packed(stored, bits)
    )
    if compress:
        content = zlib.compress(content)
    form: dict[int, Any] = {256: width, 257: height, 258: [bits] * count, 259: 8 if compress else 1}
    form |= {262: photometric, 277: count, 278: height, 284: 2 if planar else 1}
    form |= {338: list(extra)} if extra else {}
    form |= {339: [sample_format] * count} if sample_format != 1 else {}
    form |= {int(name[1:]): value for name, value in tags.items()}
    if planar:
        form[279] = [len(content) // count] * count
    return Page(content, form)


def tiff(*pages: Page, order: str = "<") -> bytes:
    """Write pages as a TIFF."""
    body = bytearray(struct.pack(f"{order}2sHI", b"II" if order == "<" else b"MM", 42, 0))
    link = 4
    for each in pages:
        start = len(body)
        counts = each.get(279, [len(each.samples)])
        places = [start + sum(counts[:n]) for n in range(len(counts))]
        body += each.samples + b"\0" * (len(each.samples) % 2)
        tags = {**each, 273: places, 279: counts}
        entries = b""
        for tag in sorted(tags):
            values = tags[tag] if isinstance(tags[tag], list) else [tags[tag]]
            kind, letter = (_LONG, "I") if tag in (273, 279) else (_SHORT, "H")
            content = struct.pack(f"{order}{len(values)}{letter}", *values)
            if len(content) > 4:
                place = struct.pack(f"{order}I", len(body))
                body += content
            else:
                place = content.ljust(4, b"\0")
            entries += struct.pack(f"{order}HHI", tag, kind, len(values)) + place
        body[link : link + 4] = struct.pack(f"{order}I", len(body))
        body += struct.pack(f"{order}H", len(tags)) + entries
        link = len(body)
        body += bytes(4)
    return bytes(body)


def bmp(
    samples: Pixels,
    bits: int,
    *,
    palette: Sequence[int] = (),
    masks: Sequence[int] = (),
    header: int = 40,
    top_down: bool = False,
    run_lengths: bool = False,
) -> bytes:
    """Write a BMP; samples are numbers of whole pixels, shape (H, W), `palette` is of greys."""
    height, width = samples.shape
    rows = samples if top_down else samples[::-1]
    if run_lengths:
        content = b"".join(_runs(row) + b"\0\0" for row in rows) + b"\0\1"
    elif bits in (16, 24, 32):
        wide = rows.astype("<u4").view(np.uint8).reshape(height, width, 4)[..., : bits // 8]
        content = b"".join(
            line.tobytes() + bytes(-line.size % 4) for line in wide.reshape(height, -1)
        )
    else:
        lines = [packed(row[None], bits) for row in rows]
        content = b"".join(line + bytes(-len(line) % 4) for line in lines)
    compression = 1 if run_lengths else 3 if masks else 0
    colours = b"".join(bytes((grey, grey, grey, 0)) for grey in palette)
    tall = -height if top_down else height
    head = struct.pack(
        "<IiiHHIIiiII",
        header,
        width,
        tall,
        1,
        bits,
        compression,
        len(content),
        2835,
        2835,
        len(palette),
        0,
    )
    head += b"".join(struct.pack("<I", each) for each in masks)
    head = head.ljust(header, b"\0")
    start = 14 + len(head) + len(colours)
    return struct.pack("<2sIII", b"BM", start + len(content), 0, start) + head + colours + content


def _runs(row: Pixels) -> bytes:
    edges = [0, *(np.flatnonzero(np.diff(row)) + 1).tolist(), len(row)]
    return bytes(value for a, b in pairwise(edges) for value in (b - a, int(row[a])))


def netpbm(kind: str, samples: Pixels, largest: float | None = None) -> bytes:
    """Write PBM, PGM, PPM (``P1`` to ``P6``) or PFM (``Pf``, ``PF``; `largest` is its scale)."""
    height, width = samples.shape[:2]
    head = f"{kind}\n{width} {height}\n" + (f"{largest}\n" if largest is not None else "")
    if kind in ("P1", "P2"):
        return (
            head + "\n".join(" ".join(map(str, row)) for row in samples.tolist()) + "\n"
        ).encode()
    if kind == "P4":
        return head.encode() + packed(samples, 1)
    if kind in ("Pf", "PF"):
        order = "<" if largest is not None and largest < 0 else ">"
        return head.encode() + samples[::-1].astype(f"{order}f4").tobytes()
    deep = largest is not None and largest > 255
    return head.encode() + samples.astype(">u2" if deep else np.uint8).tobytes()


def pam(samples: Pixels) -> bytes:
    """Write greys as PAM."""
    height, width = samples.shape
    head = f"P7\nWIDTH {width}\nHEIGHT {height}\nDEPTH 1\nMAXVAL 255\nTUPLTYPE GRAYSCALE\nENDHDR\n"
    return head.encode() + samples.tobytes()


def tga(
    samples: Pixels, kind: int, bits: int, *, descriptor: int = 0, palette: bytes = b""
) -> bytes:
    """Write a TGA of whole pixels; bit 5 of `descriptor` says that the upper row is first."""
    height, width = samples.shape[:2]
    rows = samples if descriptor & 0x20 else samples[::-1]
    colours = (bool(palette), 0, len(palette) // 3, 24 if palette else 0)
    head = struct.pack(
        "<BBBHHBHHHHBB", 0, colours[0], kind, *colours[1:], 0, 0, width, height, bits, descriptor
    )
    return head + palette + rows.tobytes()


def psd(planes: Sequence[Pixels], bits: int = 8, mode: int = 3) -> bytes:
    """Write a flat PSD of planes of shape (H, W); `mode` is 0 bitmap, 1 grey, 3 RGB, 4 CMYK."""
    height, width = planes[0].shape
    head = b"8BPS" + struct.pack(">H6xHIIHH", 1, len(planes), height, width, bits, mode)
    content = b"".join(
        packed(each, 1) if bits == 1 else each.astype(f">u{bits // 8}").tobytes() for each in planes
    )
    return head + bytes(12) + b"\0\0" + content


def npy(samples: Pixels) -> bytes:
    """Write an array as NumPy does."""
    import io

    stream = io.BytesIO()
    np.save(stream, samples)
    return stream.getvalue()
