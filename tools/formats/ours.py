"""What maskprep says of each file, and what `extract --from auto` makes of it."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

from maskprep.checking.facts import facts_of
from maskprep.dataset.discover import discover_pair
from maskprep.editing.extract import Channel, extract
from maskprep.editing.plan import Destination
from maskprep.errors import MaskprepError
from maskprep.model import ModelTraits
from maskprep.trainers import find_model, find_trainer
from maskprep.trainers.base import Trainer
from tools.formats.cells import cell
from tools.formats.files import File
from tools.formats.painted import HEIGHT, WIDTH
from tools.formats.writers import png

#: Rules about what a file is; of a picture of 48 x 32 px others have their own opinion.
_OF_FILES = ("MP104", "MP105", "MP110", "MP119", "MP122", "MP2", "MP302", "MP303")
NOTHING = "–"


def said(file: File, path: str) -> str:
    """List the rules that speak of a file."""
    with tempfile.TemporaryDirectory() as folder:
        image, mask = _pair(file, path, folder)
        try:
            facts = facts_of(image, mask, *_settings())
        except MaskprepError:
            return "not seen"
    if facts["faults"]:
        raise RuntimeError(f"{file.anchor}: {facts['faults'][0]}")
    codes = {each["code"] for each in facts["findings"]}
    return " ".join(sorted(each for each in codes if each.startswith(_OF_FILES))) or NOTHING


def made(file: File, path: str) -> str:
    """Tell what ``extract --from auto`` writes, in a cell."""
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as output:
        image, mask = _pair(file, path, folder)
        target = Destination(Path(output, "made"))
        channel: Channel | None = None if file.is_image else "auto"
        try:
            found = discover_pair(image, mask, *_settings())
            (outcome,) = extract(found, target, channel=channel).outcomes
        except (MaskprepError, ValueError):
            return NOTHING
        if outcome.problem or outcome.target is None:
            return "refuses"
        with Image.open(outcome.target) as result:
            told = cell(np.asarray(result), file.meant)
    return f"{told}, told" if outcome.notes else told


def _settings() -> tuple[Trainer, ModelTraits, dict[str, object]]:
    trainer = find_trainer("sd-scripts")
    return trainer, find_model(trainer, "sdxl"), {}


def _pair(file: File, path: str, folder: str) -> tuple[str, str | None]:
    if file.is_image:
        return path, None
    image = Path(folder, f"{Path(path).stem}.png")
    colours = np.random.default_rng(5).integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)
    image.write_bytes(png(colours))
    return str(image), path
