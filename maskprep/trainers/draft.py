"""A configuration to come: what is wanted of it, and what a trainer made of that in its words."""

from __future__ import annotations

import os
from dataclasses import dataclass

from maskprep.files import pathname
from maskprep.model import MaskSource, ModelTraits, Size


@dataclass(frozen=True)
class SubsetDraft:
    """One image folder that is to be in a configuration.

    Attributes
    ----------
    image_dir : str
        The folder, spelled as it shall stand there.
    source : MaskSource
        Where its weights come from.
    mask_dir : str or None
        The mask folder, spelled likewise; None without mask files.
    is_regularisation : bool
        Whether its images are regularisation images.
    repeats : int or None
        How often an epoch shows each image; None where nobody says it.
    caption_extension : str or None
        Ending of its caption files, with the dot; None where it has none.
    share : float or None
        Its share of the gradient, [0, 1]; None where the folders were not balanced.
    """

    image_dir: str
    source: MaskSource
    mask_dir: str | None = None
    is_regularisation: bool = False
    repeats: int | None = None
    caption_extension: str | None = None
    share: float | None = None


@dataclass(frozen=True)
class ConfigDraft:
    """What is wanted of a configuration.

    Attributes
    ----------
    subsets : tuple of SubsetDraft
        In the order in which they shall stand.
    model : ModelTraits
        What is to be trained.
    resolution : Size
        The training resolution, px.
    batch_size : int or None
        Images a step; None leaves it to the trainer.
    relative : bool
        Whether folders are spelled from the working directory.
    like_neighbours : bool
        Whether new blocks take over what blocks that are there say.
    """

    subsets: tuple[SubsetDraft, ...]
    model: ModelTraits
    resolution: Size
    batch_size: int | None = None
    relative: bool = False
    like_neighbours: bool = False


@dataclass(frozen=True)
class Composed:
    """A draft in a trainer's words.

    Attributes
    ----------
    text : str
        The whole configuration.
    remarks : tuple of str
        What was written otherwise than one might expect, and why.
    """

    text: str
    remarks: tuple[str, ...] = ()


def folder_key(path: str) -> str:
    """Give what tells a folder from others, however it is spelled.

    Parameters
    ----------
    path : str
        Absolute, or from the working directory.

    Returns
    -------
    str
        Absolute and normalised; links are not followed.

    Examples
    --------
    >>> folder_key("sets/a/") == folder_key(os.path.abspath("sets/b/../a"))
    True
    """
    if pathname.is_remote(path):
        return pathname.realpath(path)
    return os.path.normcase(os.path.abspath(path))
