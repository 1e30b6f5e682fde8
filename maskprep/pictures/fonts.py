"""Text in pictures: the font that comes with maskprep, the system's for other scripts."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from itertools import groupby
from pathlib import Path

from PIL import ImageDraw, ImageFont

from maskprep.pictures.palette import Colour

_FOLDER = Path(__file__).with_name("fonts")
_FILES = {False: _FOLDER / "Inter-Regular.ttf", True: _FOLDER / "Inter-SemiBold.ttf"}
_MISSING = "□"
_OWN_PUNCTUATION = frozenset("–—‘’“”•…→←×□")
_LAST_LATIN = 0x17F

#: Fonts with Japanese, Chinese or Korean letters, where systems keep them.
SYSTEM_FONTS = (
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/noto-cjk/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/google-noto-cjk/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/opentype/ipafont-gothic/ipag.ttf",
    "/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc",
    "C:/Windows/Fonts/YuGothM.ttc",
    "C:/Windows/Fonts/meiryo.ttc",
    "C:/Windows/Fonts/msgothic.ttc",
    "C:/Windows/Fonts/msyh.ttc",
    "C:/Windows/Fonts/malgun.ttf",
    "/System/Library/Fonts/ヒラギノ角ゴシック W3.ttc",
    "/System/Library/Fonts/PingFang.ttc",
    "/System/Library/Fonts/AppleSDGothicNeo.ttc",
)


def draw_text(
    draw: ImageDraw.ImageDraw,
    xy: tuple[float, float],
    text: str,
    size: int,
    colour: Colour,
    *,
    bold: bool = False,
) -> None:
    """Write one line.

    Parameters
    ----------
    draw : PIL.ImageDraw.ImageDraw
        Where on.
    xy : tuple of float
        Left end of the line's ascender, px.
    text : str
        Any characters; those that no font has become squares.
    size : int
        Height of the font, px.
    colour : tuple of int
        RGB.
    bold : bool
        Whether semi-bold.
    """
    x, y = xy
    baseline = y + size
    for run, own in _runs(text):
        font = _font(size, bold) if own else _system_font(size)
        draw.text((x, baseline), run, font=font, fill=colour, anchor="ls")
        x += font.getlength(run)


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
    return sum(
        (_font(size, bold) if own else _system_font(size)).getlength(run)
        for run, own in _runs(text)
    )


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


def _runs(text: str) -> list[tuple[str, bool]]:
    """Split a line into runs of the own font (True) and the system's (False)."""
    known = "".join(
        character if character.isprintable() else _MISSING
        for character in unicodedata.normalize("NFC", text)
    )
    if _system_file() is None:
        known = "".join(each if _is_own(each) else _MISSING for each in known)
    return [("".join(run), own) for own, run in groupby(known, _is_own)]


def _is_own(character: str) -> bool:
    return ord(character) <= _LAST_LATIN or character in _OWN_PUNCTUATION


@lru_cache(maxsize=32)
def _font(size: int, bold: bool) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(_FILES[bold]), size, layout_engine=ImageFont.Layout.BASIC)


@lru_cache(maxsize=32)
def _system_font(size: int) -> ImageFont.FreeTypeFont:
    file = _system_file()
    assert file is not None, "text without a font has become squares"
    return ImageFont.truetype(file, size, layout_engine=ImageFont.Layout.BASIC)


@lru_cache(maxsize=1)
def _system_file() -> str | None:
    return next((path for path in SYSTEM_FONTS if Path(path).is_file()), None)
