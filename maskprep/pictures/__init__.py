"""What the trainer sees, drawn: a picture a pair, sheets, changes.

Imports checking, dataset, masks and what is below. No judgement, and no pixel of a mask is
changed.
"""

from maskprep.pictures.pair import draw_pair
from maskprep.pictures.panels import lost_share
from maskprep.pictures.sheet import draw_sheet, draw_tile
from maskprep.pictures.view import PairView, SheetTile

__all__ = ["PairView", "SheetTile", "draw_pair", "draw_sheet", "draw_tile", "lost_share"]
