"""What is about to be written, shown before: texts as a diff, masks as pictures."""

from __future__ import annotations

import difflib
import io
import threading
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from maskprep import raster
from maskprep.dataset.outputs import Outputs
from maskprep.editing.plan import Made, Task
from maskprep.errors import UnreadableImageError
from maskprep.files import storage
from maskprep.pictures.change import draw_change


class Changes:
    """Gathers the changes that are shown to it.

    Parameters
    ----------
    pictures : Path or None
        Folder for a picture of each mask, made when the first comes; None draws none.
    outputs : Outputs
        Has admitted the folder.

    Attributes
    ----------
    texts : list of str
        A unified diff of each text file.
    """

    def __init__(self, pictures: Path | None, outputs: Outputs) -> None:
        self.texts: list[str] = []
        self._folder = pictures
        self._outputs = outputs
        self._drawn: dict[str, int] = {}
        self._lock = threading.Lock()

    def __call__(self, task: Task[Any], made: Made[Any]) -> None:
        """Take note of one file.

        Raises
        ------
        MaskprepError
            The picture cannot be written.
        """
        if task.target is None or not made.content:
            return
        after = mask_in(made.content)
        if after is None:
            self.texts += [diff] if (diff := _text_diff(task, made.content)) else []
        elif self._folder is not None:
            before = _mask_today(task.source, "alpha" if after.ndim == 3 else "r")
            mask = np.ascontiguousarray(after[..., 3]) if after.ndim == 3 else after
            if before is not None and np.array_equal(before, mask):
                return  # another name, or colours that nobody sees
            buffer = io.BytesIO()
            draw_change(task.source, before, mask).save(buffer, "PNG")
            self._outputs.write(self._folder / self._name(task.target.stem), buffer.getvalue())

    def _name(self, stem: str) -> str:
        with self._lock:
            count = self._drawn[stem] = self._drawn.get(stem, 0) + 1
        return f"{stem}.png" if count == 1 else f"{stem}-{count}.png"


def _mask_today(path: str, channel: raster.Channel) -> raster.Mask | None:
    try:
        return raster.read_mask(path, channel).mask
    except UnreadableImageError:
        return None


def _text_diff(task: Task[Any], content: bytes) -> str:
    try:
        # A byte order mark must show in the diff.
        old = storage.read_bytes(task.source).decode("utf-8").replace("\ufeff", "<BOM>")
        new = content.decode("utf-8")
    except (OSError, UnicodeDecodeError):
        return ""
    lines = (old.splitlines(), new.splitlines())
    return "\n".join(difflib.unified_diff(*lines, task.source, str(task.target), lineterm=""))


def mask_in(content: bytes) -> raster.Mask | None:
    """Decode a mask, or a picture with its alpha, that was just encoded; None for anything else."""
    if not content.startswith(b"\x89PNG"):
        return None
    with Image.open(io.BytesIO(content), formats=["PNG"]) as image:
        return np.asarray(image) if image.mode in ("L", "RGBA") else None
