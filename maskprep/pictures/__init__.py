"""Arrays in, pictures out: what the trainer sees of a mask, drawn for people."""

from maskprep.pictures.pair import draw_pair
from maskprep.pictures.panels import lost_share
from maskprep.pictures.sheet import draw_sheet, draw_tile
from maskprep.pictures.view import PairView, SheetTile

__all__ = ["PairView", "SheetTile", "draw_pair", "draw_sheet", "draw_tile", "lost_share"]
