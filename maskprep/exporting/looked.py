"""A file of people's looked at: whether it can be taken as it is, and else what is made of it."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from maskprep import raster
from maskprep.errors import MaskprepError
from maskprep.exporting.lots import Named
from maskprep.files import storage
from maskprep.raster import Header
from maskprep.raster.rewrite import (
    ending_of_kind,
    picture_as_png,
    stored_as_png,
    turned_upright,
)
from maskprep.trainers.base import Trainer

_UTF16 = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True)
class Planned:
    """A picture to come.

    Attributes
    ----------
    ending : str
        Which the trainer sees.
    make : callable or None
        Gives its content; None where the file stays as it is.
    how : str
        In words, in which way it is changed.
    note : str
        What is doubtful about that.
    """

    ending: str
    make: Callable[[], bytes] | None = None
    how: str = ""
    note: str = ""


@dataclass(frozen=True)
class Looked:
    """An image with what belongs to it.

    Attributes
    ----------
    image, mask : Planned or None
        None where there is none, or it cannot be taken.
    caption : bytes or None
        As the trainer needs it.
    has_alpha : bool
        Whether the image stores one.
    trouble, mask_trouble, caption_trouble : str
        Why each cannot be taken; empty where it can.
    """

    image: Planned | None = None
    mask: Planned | None = None
    caption: bytes | None = None
    has_alpha: bool = False
    trouble: str = ""
    mask_trouble: str = ""
    caption_trouble: str = ""


def look(named: Named, trainer: Trainer) -> Looked:
    """Look at an image, its mask and its caption.

    Parameters
    ----------
    named : Named
        The image.
    trainer : Trainer
        Which files it sees, and how it wants masks to be named.

    Returns
    -------
    Looked
        Of broken files, why they are.
    """
    item = named.item
    try:
        header = raster.read_header(item.image)
        raster.verify_pixels(item.image)
        image = planned_image(item.image, header, trainer)
    except MaskprepError as error:
        return Looked(trouble=f"a file that {_without_path(error, item.image)}")
    mask, mask_trouble = None, ""
    if item.mask is not None:
        try:
            raster.verify_pixels(item.mask, decode=True)
            mask = _planned_mask(item.mask, header, trainer)
        except MaskprepError as error:
            mask_trouble = f"an image whose mask {_without_path(error, item.mask)}"
    caption, caption_trouble = caption_of(item.caption)
    if item.text:
        # Half a character is none, and no file of UTF-8 holds it.
        caption = item.text.encode("utf-8", "replace")
    return Looked(image, mask, caption, header.has_alpha, "", mask_trouble, caption_trouble)


def _without_path(error: Exception, path: str) -> str:
    return str(error).removeprefix(f"{path}: ").removeprefix("its ")


def planned_image(path: str, header: Header, trainer: Trainer, *, bake: bool = True) -> Planned:
    """Tell how an image comes to be one that a trainer sees.

    Parameters
    ----------
    path : str
        The image file.
    header : Header
        What it says of itself.
    trainer : Trainer
        Who is to see it.
    bake : bool
        Whether it is turned upright, if EXIF says so.

    Raises
    ------
    MaskprepError
        It cannot be made a PNG.
    """
    if bake and header.orientation != 1 and not header.is_clipped:
        make = partial(turned_upright, path, header)
        return Planned(".png", make, "turned upright, as EXIF tells viewers, and saved as PNG")
    ending = _visible_ending(path, header, trainer.sees)
    wanted = trainer.layout.ending or ending
    if ending is not None and ending == wanted and not header.is_scrambled:
        return Planned(ending)
    picture_as_png(path)  # tells now what cannot be made
    return Planned(".png", partial(picture_as_png, path), f"saved as PNG ({_kind(path)})")


def _planned_mask(path: str, image: Header, trainer: Trainer) -> Planned:
    header = raster.read_header(path)
    turn, note = _turn(header, image)
    ending = _visible_ending(path, header, trainer.sees)
    if turn == 1 and ending is not None and (trainer.layout.takes_kinds or ending == ".png"):
        return Planned(ending, note=note)
    stored_as_png(path, turn)  # tells now what cannot be made
    told = f"saved as PNG ({_kind(path)})" if turn == 1 else "turned with its image"
    return Planned(".png", partial(stored_as_png, path, turn), told, note)


def _turn(mask: Header, image: Header) -> tuple[int, str]:
    """Tell by which EXIF orientation a mask is turned, so that it lies on the upright image."""
    if image.is_clipped:
        return 1, ""  # its image is not turned either: 8 bits would cut its greys off
    if mask.orientation != 1:
        return mask.orientation, ""
    if image.orientation == 1:
        return 1, ""
    width, height = image.size
    shown = (height, width) if image.turned else (width, height)
    if tuple(mask.size) == shown != (width, height):
        return 1, ""
    if tuple(mask.size) != (width, height):
        return 1, ""
    doubtful = shown == (width, height)
    note = "taken as painted on its image as stored, before EXIF turned it" if doubtful else ""
    return image.orientation, note


def _visible_ending(path: str, header: Header, sees: Callable[[str], bool]) -> str | None:
    endings = (os.path.splitext(path)[1].lower(), ending_of_kind(header))
    return next((each for each in endings if each and sees(f"a{each}")), None)


def _kind(path: str) -> str:
    return os.path.splitext(path)[1]


def caption_of(path: str | None) -> tuple[bytes | None, str]:
    """Read a caption as trainers need it, UTF-8 without a mark, and not empty; or tell why not."""
    if path is None:
        return None, ""
    try:
        content = storage.read_bytes(path)
        text = content.decode("utf-16" if content.startswith(_UTF16) else "utf-8-sig")
    except OSError as error:
        return None, f"a caption that cannot be read ({error.strerror})"
    except UnicodeDecodeError:
        return None, "a caption that is not UTF-8: save it as UTF-8"
    if not text.strip():
        return None, "an empty caption"
    return text.encode("utf-8"), ""
