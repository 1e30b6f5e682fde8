"""What is fed with anything, by hypothesis in the suite and by atheris in ``make fuzz``."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

from maskprep import raster
from maskprep.checking.baseline import read_baseline
from maskprep.checking.recheck import _from_json
from maskprep.dataset.discover import Request, discover
from maskprep.dataset.listed import read_listing
from maskprep.dataset.only import keep_only
from maskprep.errors import MaskprepError, harmless, printable
from maskprep.files import parsed
from maskprep.model import Caption, Folder, MaskSource, Pair, TrainingSet
from maskprep.trainers import DEFAULT, find_trainer, known_trainers
from maskprep.trainers.base import Trainer

ENDINGS = (".toml", ".json", ".yaml")
_PICTURES = (".png", ".jpg", ".webp", ".bmp", ".tif", ".gif")


@cache
def place() -> Path:
    """Make a folder for this run, with a pair in it."""
    folder = Path(tempfile.mkdtemp(prefix="maskprep-fuzz-"))
    for name in ("images", "masks"):
        (folder / name).mkdir()
        (folder / name / "a.png").write_bytes(_dot())
    return folder


def _dot() -> bytes:
    import cv2
    import numpy as np

    return cv2.imencode(".png", np.full((64, 64), 255, np.uint8))[1].tobytes()


@cache
def _trainers() -> tuple[Trainer, ...]:
    return tuple(find_trainer(name) for name in known_trainers())


def _model_of(trainer: Trainer) -> str:
    return next(iter(trainer.models))


def decoding(data: bytes) -> None:
    """Decode a picture of any bytes; the first chooses its ending."""
    path = str(place() / f"x{_PICTURES[data[0] % len(_PICTURES)] if data else '.png'}")
    Path(path).write_bytes(data[1:])
    for read in (raster.read_header, raster.verify_pixels, _mask, _picture):
        try:
            read(path)
        except MaskprepError:
            continue


def _mask(path: str) -> None:
    raster.read_mask(path, "r")


def _picture(path: str) -> None:
    raster.read_picture(path, "RGB")


def configurations(data: bytes) -> None:
    """Read a configuration of any bytes; the first chooses trainer and ending."""
    choice = data[0] if data else 0
    configuration(data[1:], choice // len(ENDINGS), ENDINGS[choice % len(ENDINGS)])


def configuration(text: bytes, trainer: int, ending: str) -> None:
    """Discover what a trainer makes of a configuration."""
    path = place() / f"d{ending}"
    path.write_bytes(text)
    who = _trainers()[trainer % len(_trainers())]
    try:
        found = discover(Request(str(path), who, who.models[_model_of(who)]))
    except MaskprepError:
        return
    for subset in (each for one in found.datasets for each in one.subsets):
        assert len(subset.pairs) < 10_000


def pairing(data: bytes) -> None:
    """Pair files of any names; the first byte chooses the trainer, a line is a name."""
    names = [os.fsdecode(each.replace(b"/", b"_")) for each in data[1:].split(b"\n") if each]
    names = [each for each in dict.fromkeys(names) if each not in (".", "..") and "\0" not in each]
    half = len(names) // 2
    who = _trainers()[data[0] % len(_trainers()) if data else 0]

    def listed(path: str) -> Folder:
        mine = names[:half] if path == "images" else names[half:] if path == "masks" else names
        return Folder(path, tuple(sorted(mine)), True)

    try:
        masks = None if who.masks_beside else "masks"
        config = who.read_folders("images", masks, who.models[_model_of(who)], {})
        for block in config.blocks:
            who.assemble(block, listed)
    except MaskprepError:
        return


def side_files(data: bytes) -> None:
    """Take what a check remembers, accepts and is told, of any bytes."""
    path = place() / "side"
    path.write_bytes(data)
    text = data.decode("utf-8", "surrogateescape")
    _from_json(text, Pair(0, 0, "a.png", None, MaskSource.FILE, Caption(None, None)))
    for read in (parsed.from_json, parsed.from_toml, parsed.from_yaml):
        try:
            read(text)
        except ValueError:
            continue
    for door in (read_baseline, read_listing, _chosen):
        try:
            door(str(path))
        except MaskprepError:
            continue
    for made in (printable(text), harmless(text)):
        assert not set(map(chr, range(32))) & set(made)
        assert not set(map(chr, range(0x7F, 0xA0))) & set(made)


@cache
def _set_of_one() -> TrainingSet:
    who = find_trainer(DEFAULT)
    images, masks = (str(place() / name) for name in ("images", "masks"))
    return discover(Request(images, who, who.models[_model_of(who)], masks))


def _chosen(path: str) -> None:
    keep_only(_set_of_one(), [path])


def cached(data: bytes) -> None:
    """Take a cache of metadata, and metadata of fine-tuning, of any bytes."""
    folder = place() / "cached"
    folder.mkdir(exist_ok=True)
    (folder / "a.png").write_bytes(_dot())
    for name in ("metadata_cache.json", "meta.json"):
        (folder / name).write_bytes(data.replace(b"IMAGE", os.fsencode(folder / "a.png")))
    kinds = ("cache_info = true", f"metadata_file = '{folder / 'meta.json'}'")
    for kind in kinds:
        block = f"[[datasets]]\nresolution = 64\n[[datasets.subsets]]\nimage_dir = '{folder}'\n"
        sd_scripts = [each.name for each in _trainers()].index(DEFAULT)
        configuration(f"{block}alpha_mask = true\n{kind}\n".encode(), sd_scripts, ".toml")


TARGETS: dict[str, Callable[[bytes], None]] = {
    "decoding": decoding,
    "configurations": configurations,
    "pairing": pairing,
    "side-files": side_files,
    "cached": cached,
}
