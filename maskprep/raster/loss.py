"""What a file lost when it was saved, told from its chunks, boxes and tables."""

from __future__ import annotations

from contextlib import suppress
from typing import BinaryIO, NamedTuple

from maskprep.files import storage
from maskprep.raster.header import opened

#: Chunks that hold others behind a header of their own, of so many bytes: the frames of a film.
_FRAME = {b"ANMF": 16}
#: The bits of a chunk of alpha that say whether its levels were reduced.
_PREPROCESSING = 0b0011_0000
#: Bytes within which an AVIF describes itself, and the bits for a smaller width and height.
_AVIF_HEAD, _SUBSAMPLED = 4096, 0b0000_1100


class Loss(NamedTuple):
    """What a WebP lost.

    Attributes
    ----------
    colours : bool
        Whether they were stored with loss.
    alpha : bool
        Whether its levels were reduced, as for any ``alpha_quality`` below 100.
    """

    colours: bool
    alpha: bool


def webp_loss(path: str) -> Loss:
    """Tell what a WebP file lost, by its first frame's chunks.

    Parameters
    ----------
    path : str
        A WebP file.

    Returns
    -------
    Loss
        Nothing of a file that is cut short, or gone.

    Notes
    -----
    *Source*: RFC 9649, sections 2.5 to 2.7; libwebp writes what they call informative bits.
    """
    alpha = False
    with suppress(OSError), storage.open_binary(path) as stream:
        position = 12
        while True:
            kind, size, first = _chunk(stream, position)
            if kind in (b"VP8 ", b"VP8L", b""):
                return Loss(kind == b"VP8 ", alpha)
            alpha = alpha or (kind == b"ALPH" and bool(first & _PREPROCESSING))
            position += 8 + _FRAME.get(kind, size + size % 2)
    return Loss(False, False)


def halves_colours(path: str) -> bool:
    """Tell whether colours are stored at a smaller size than brightness.

    Parameters
    ----------
    path : str
        An image file that can be opened.

    Returns
    -------
    bool
        Of JPEG and AVIF what the file says; of WebP whether it was stored with loss; of all
        others False.

    Raises
    ------
    UnreadableImageError
        It cannot be opened.

    Notes
    -----
    *Source*: ITU T.81, B.2.2 (factors of components); RFC 6386, section 2 (VP8 is 4:2:0); AV1
    ISOBMFF, 2.3.3 (AV1CodecConfigurationRecord).
    """
    with opened(path, whole=False) as image:
        kind, layers = image.format, getattr(image, "layer", ())
    if kind == "WEBP":
        return webp_loss(path).colours
    if kind == "AVIF":
        return _avif_halves_colours(path)
    factors = {(across, down) for _, across, down, *_ in layers}
    return kind == "JPEG" and len(factors) > 1


def _avif_halves_colours(path: str) -> bool:
    with storage.open_binary(path) as stream:
        head = stream.read(_AVIF_HEAD)
    place = head.find(b"av1C")
    # Behind the box's name: version, profile and level, then the bits, of which these are two.
    return place >= 0 and len(head) > place + 6 and bool(head[place + 6] & _SUBSAMPLED)


def _chunk(stream: BinaryIO, position: int) -> tuple[bytes, int, int]:
    """Read a chunk's name, its size in bytes and the first of them; no name behind the end."""
    stream.seek(position)
    head = stream.read(9)
    if len(head) < 9:
        return b"", 0, 0
    return head[:4], int.from_bytes(head[4:8], "little"), head[8]
