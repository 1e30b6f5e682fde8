"""How files lie so that a trainer finds the mask of an image: one place a trainer, read by all."""

from __future__ import annotations

from dataclasses import dataclass

from maskprep.files import pathname


@dataclass(frozen=True)
class Layout:
    """Where a trainer looks for masks, and what it goes without.

    Attributes
    ----------
    mask_name : str
        How the mask of an image is named: of its ``{stem}``, or its whole ``{name}``.
    beside : bool
        Whether masks lie among the images; else in a folder of their own.
    alpha : bool
        Whether it can take masks from the images' alpha.
    needs_masks : bool
        Whether an image without a mask, among others that have one, stops the run or trains other
        than whole: it gets a white one then.
    regularisation : bool
        Whether it has regularisation images.
    needs_captions : bool
        Whether it leaves out images without a caption.
    one_folder : bool
        Whether all images that are trained lie in one folder, and are shown alike often.
    """

    mask_name: str = "{stem}.png"
    beside: bool = False
    alpha: bool = False
    needs_masks: bool = True
    regularisation: bool = False
    needs_captions: bool = False
    one_folder: bool = False

    @property
    def ending(self) -> str:
        """Of images, where masks are named by them whole; empty where any will do."""
        return ".png" if "{name}" in self.mask_name else ""

    @property
    def takes_kinds(self) -> bool:
        """Whether masks may be of other kinds than PNG, and be called so."""
        return not self.beside and "{stem}" in self.mask_name

    def mask_of(self, image: str) -> str:
        """Name the mask of an image.

        Examples
        --------
        >>> Layout("{stem}-m.png").mask_of("a.jpg"), Layout("{name}").mask_of("a.png")
        ('a-m.png', 'a.png')
        """
        return self.mask_name.format(stem=pathname.splitext(image)[0], name=image)
