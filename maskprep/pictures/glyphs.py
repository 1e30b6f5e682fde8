"""Which font draws a character: the one that comes with maskprep, or one that the system has."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

_FOLDER = Path(__file__).with_name("fonts")
#: The own font's files, by whether they are semi-bold.
OWN = {False: str(_FOLDER / "Inter-Regular.ttf"), True: str(_FOLDER / "Inter-SemiBold.ttf")}

#: Fonts of other scripts, and of emoji, by their files' names; the better ones first.
KNOWN = (
    *("NotoSansCJK-Regular.ttc", "NotoSansCJK-VF.ttc", "NotoSansCJKjp-Regular.otf"),
    *("SourceHanSans.ttc", "YuGothM.ttc", "YuGothR.ttc", "meiryo.ttc", "msgothic.ttc"),
    *("msyh.ttc", "simsun.ttc", "malgun.ttf"),
    *("ヒラギノ角ゴシック W3.ttc", "PingFang.ttc", "Hiragino Sans GB.ttc", "STHeiti Light.ttc"),
    *("AppleSDGothicNeo.ttc", "ipag.ttf", "ipagp.ttf", "wqy-microhei.ttc", "wqy-zenhei.ttc"),
    *("DroidSansFallbackFull.ttf", "NanumGothic.ttf", "Arial Unicode.ttf"),
    *("segoeui.ttf", "NotoSans-Regular.ttf", "DejaVuSans.ttf"),
    *("NotoColorEmoji.ttf", "seguiemj.ttf", "Apple Color Emoji.ttc", "NotoEmoji-Regular.ttf"),
    *("seguisym.ttf", "Symbola.ttf"),
)
#: Where Linux (Windows' own beneath it, too), Windows and macOS keep fonts; users' own first.
_FOLDERS = (
    *("~/.local/share/fonts", "~/.fonts", "~/Library/Fonts"),
    "$LOCALAPPDATA/Microsoft/Windows/Fonts",
    *("/usr/share/fonts", "/usr/local/share/fonts", "/run/current-system/sw/share/X11/fonts"),
    *("$WINDIR/Fonts", "/mnt/c/Windows/Fonts", "/System/Library/Fonts", "/Library/Fonts"),
)
#: Fonts of coloured bitmaps have these heights, px, and no others: Noto's, Apple's.
_BITMAP_SIZES = (109, 160)
_ANY_SIZE = 20
#: No font has it: what is drawn for it is drawn for all that a font lacks.
_NO_CHARACTER = "\U0010ffff"


@lru_cache(maxsize=1)
def system_fonts() -> tuple[str, ...]:
    """List the known fonts that this system has, the better ones first."""
    found: dict[str, str] = {}
    for path in _files(map(os.path.expanduser, map(os.path.expandvars, _FOLDERS))):
        found.setdefault(_plain(os.path.basename(path)), path)
    return tuple(found[_plain(name)] for name in KNOWN if _plain(name) in found)


@lru_cache(maxsize=4096)
def file_with(character: str, bold: bool) -> str | None:
    """Find the font that draws a character.

    Parameters
    ----------
    character : str
        Any one.
    bold : bool
        Whether the own font's semi-bold is wanted.

    Returns
    -------
    str or None
        Its file: the own one, else the first of the system's; None where none has it.
    """
    if _draws(OWN[bold], character):
        return OWN[bold]
    return next((file for file in system_fonts() if _draws(file, character)), None)


@lru_cache(maxsize=64)
def font(file: str, size: int) -> ImageFont.FreeTypeFont:
    """Open a font.

    Parameters
    ----------
    file : str
        Of `file_with`, and no bitmaps.
    size : int
        Height, px.

    Returns
    -------
    PIL.ImageFont.FreeTypeFont
        At that size.
    """
    return ImageFont.truetype(file, size, layout_engine=ImageFont.Layout.BASIC)


@lru_cache(maxsize=64)
def bitmap_size(file: str) -> int:
    """Tell the only size of a font of coloured bitmaps; 0 for one of outlines."""
    for size in (_ANY_SIZE, *_BITMAP_SIZES):
        try:
            font(file, size).getmask("0")
        except OSError:
            continue
        return 0 if size == _ANY_SIZE else size
    return 0


@lru_cache(maxsize=256)
def bitmap(file: str, character: str, size: int) -> Image.Image:
    """Draw one character of a font of coloured bitmaps.

    Parameters
    ----------
    file : str
        Of `file_with`.
    character : str
        One that it has.
    size : int
        Height of the text around it, px.

    Returns
    -------
    PIL.Image.Image
        RGBA, a fifth higher than the text.
    """
    own = font(file, bitmap_size(file))
    left, top, right, bottom = own.getbbox(character)
    drawn = Image.new("RGBA", (round(right - left), round(bottom - top)))
    ImageDraw.Draw(drawn).text((-left, -top), character, font=own, embedded_color=True)
    height = round(1.2 * size)
    return drawn.resize((max(1, round(drawn.width * height / drawn.height)), height))


def _draws(file: str, character: str) -> bool:
    if character.isspace():
        return character == " "
    try:
        drawn = _glyph(file, character)
        return any(drawn[1]) and drawn != _glyph(file, _NO_CHARACTER)
    except OSError:  # no font, or one that cannot be drawn at any known size
        return False


def _glyph(file: str, character: str) -> tuple[tuple[int, int], bytes]:
    mask = font(file, bitmap_size(file) or _ANY_SIZE).getmask(character)
    return mask.size, bytes(mask)


def _files(folders: Iterator[str]) -> Iterator[str]:
    for each in folders:
        for folder, _, names in os.walk(each):
            yield from (os.path.join(folder, name) for name in names)


def _plain(name: str) -> str:
    # macOS keeps names decomposed.
    return unicodedata.normalize("NFC", name).casefold()
