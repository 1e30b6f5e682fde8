"""Lines of text in pictures, in any script that a font of the system's has."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from itertools import groupby

from PIL import Image, ImageDraw

from maskprep.pictures.glyphs import OWN, bitmap, bitmap_size, file_with, font
from maskprep.pictures.palette import Colour

#: Joiners of emoji, and what chooses between their looks: nothing to be seen by themselves.
_INVISIBLE = frozenset("\u200d\ufe0e\ufe0f")


def draw_text(
    draw: ImageDraw.ImageDraw,
    xy: tuple[float, float],
    text: str,
    size: int,
    colour: Colour,
    *,
    bold: bool = False,
) -> None:
    r"""Write one line.

    Parameters
    ----------
    draw : PIL.ImageDraw.ImageDraw
        Where on.
    xy : tuple of float
        Left end of the line's ascender, px.
    text : str
        Any characters; those that no font has become escapes, as in ``\u3042``.
    size : int
        Height of the font, px.
    colour : tuple of int
        RGB.
    bold : bool
        Whether semi-bold.
    """
    x, y = xy
    # Pillow has no other way from what draws to what is drawn on than `_image`.
    for run, file in _runs(text, bold):
        if not bitmap_size(file):
            written, left, top = _written(run, file, size)
            draw._image.paste(colour, (round(x) + left, round(y) + size + top), written)
            x += _run_width(run, file, size)
            continue
        for each in run:
            picture = bitmap(file, each, size)
            draw._image.paste(picture, (round(x), round(y + 0.06 * size)), picture)
            x += picture.width


def text_width(text: str, size: int, *, bold: bool = False) -> float:
    """Measure one line.

    Parameters
    ----------
    text : str
        As for `draw_text`.
    size : int
        Height of the font, px.
    bold : bool
        Whether semi-bold.

    Returns
    -------
    float
        Width in px.
    """
    return sum(_run_width(run, file, size) for run, file in _runs(text, bold))


def shortened(text: str, width: float, size: int, *, bold: bool = False) -> str:
    """Leave out the middle of a line that is too long.

    Parameters
    ----------
    text : str
        As for `draw_text`.
    width : float
        What it may take, px.
    size : int
        Height of the font, px.
    bold : bool
        Whether semi-bold.

    Returns
    -------
    str
        The text, or its two ends with an ellipsis between.
    """
    if text_width(text, size, bold=bold) <= width:
        return text
    low, high = 0, len(text) // 2
    while low < high:
        kept = (low + high + 1) // 2
        fits = text_width(f"{text[:kept]}…{text[-kept:]}", size, bold=bold) <= width
        low, high = (kept, high) if fits else (low, kept - 1)
    return f"{text[:low]}…{text[-low:]}" if low else "…"


def cut(text: str, width: float, size: int) -> str:
    """Leave out the end of a sentence that is too long.

    Parameters
    ----------
    text : str
        Words with spaces between.
    width : float
        What it may take, px.
    size : int
        Height of the font, px.

    Returns
    -------
    str
        The sentence, or its beginning with an ellipsis.
    """
    if text_width(text, size) <= width:
        return text
    first = wrapped(text, width - text_width(" …", size), size)[0]
    return f"{first} …"


def wrapped(text: str, width: float, size: int) -> list[str]:
    """Break a sentence into lines.

    Parameters
    ----------
    text : str
        Words with spaces between.
    width : float
        What a line may take, px.
    size : int
        Height of the font, px.

    Returns
    -------
    list of str
        At least one line; words that are too long are shortened.
    """
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if text_width(longer, size) <= width:
            lines[-1] = longer
        else:
            lines.append(shortened(word, width, size))
    return [line for line in lines if line] or [""]


@lru_cache(maxsize=1024)
def _runs(text: str, bold: bool) -> tuple[tuple[str, str], ...]:
    """Split a line into runs, each with its font's file; what none has becomes escapes."""
    if text.isascii() and text.isprintable():
        return ((text, OWN[bold]),)
    shown = "".join(map(_shown, unicodedata.normalize("NFC", text)))
    files = groupby(shown, lambda each: file_with(each, bold) or OWN[bold])
    return tuple(("".join(run), file) for file, run in files)


def _shown(character: str) -> str:
    if character in _INVISIBLE:
        return ""
    if character.isprintable() and file_with(character, False) is not None:
        return character
    return character.encode("unicode_escape").decode("ascii")


@lru_cache(maxsize=512)
def _written(run: str, file: str, size: int) -> tuple[Image.Image, int, int]:
    """Write a run once, for most lines stand on every page: in grey, and where from its base."""
    own = font(file, size)
    left, top, right, bottom = (round(edge) for edge in own.getbbox(run, anchor="ls"))
    written = Image.new("L", (max(1, right - left), max(1, bottom - top)))
    ImageDraw.Draw(written).text((-left, -top), run, font=own, fill=255, anchor="ls")
    return written, left, top


@lru_cache(maxsize=4096)
def _run_width(run: str, file: str, size: int) -> float:
    if bitmap_size(file):
        return float(sum(bitmap(file, each, size).width for each in run))
    return font(file, size).getlength(run)
