"""What the trainer sees, drawn: a picture a pair, sheets, changes.

Imports checking, dataset, masks and what is below. No judgement, and no pixel of a mask is
changed.
"""

from maskprep.pictures.pair import draw_pair
from maskprep.pictures.sheet import Sheet, blank_tile, draw_tile
from maskprep.pictures.view import Lost, PairView, SheetTile, Spot

__all__ = ["Lost", "PairView", "Sheet", "SheetTile", "Spot", "blank_tile", "draw_pair", "draw_tile"]
