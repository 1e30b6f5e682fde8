"""Heads: the CC0 Lorelei drawings in ``lorelei/`` with colours of our own."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from drawing import INK, flat
from geometry import circle

LORELEI = Path(__file__).resolve().parent / "lorelei"


@dataclass(frozen=True)
class HeadColours:
    """Colours that replace the placeholders of a head file."""

    skin: str
    hair: str
    brows: str = INK
    glasses: str = INK
    mouth: str = INK
    freckles: str = INK
    blush: str = "#f0857a"


def head(name: str, colours: HeadColours, blush: bool = True, teeth: bool = False) -> str:
    """SVG fragment of a coloured head in its own 980-unit square.

    ``teeth`` fills the open smile that the files ``wave``, ``raincoat`` and ``singer`` share.
    """
    source = (LORELEI / f"{name}.svg").read_text(encoding="utf-8")
    body = re.sub(r"<!--.*?-->", "", source, flags=re.DOTALL)
    body = body[body.index(">") + 1 : body.rindex("</svg>")]
    for placeholder, colour in {
        "#000000": INK,
        "#000": INK,
        "#f10001": colours.skin,
        "#f10002": colours.hair,
        "#f10003": colours.brows,
        "#f10004": colours.glasses,
        "#f10005": colours.mouth,
        "#f10006": colours.freckles,
    }.items():
        body = body.replace(f'fill="{placeholder}"', f'fill="{colour}"')
    under_jaw = "M372 560H586V800C586 830 620 850 640 860H350C372 840 378 800 372 760Z"
    body = flat(under_jaw, colours.skin) + body
    if blush:
        body += flat(circle(420, 560, 40), colours.blush, 0.4)
        body += flat("M640 552a30 36 0 1 0 60 0a30 36 0 1 0 -60 0Z", colours.blush, 0.4)
    if teeth:
        body += flat("M496 619Q575 622 643 609Q622 643 576 642Q530 641 496 619Z", "#ffffff")
    return body
