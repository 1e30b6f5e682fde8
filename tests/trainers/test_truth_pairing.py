"""Replay of what the trainer made of file names: pairs, captions, or its refusal."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from maskprep.dataset.discover import Request, discover
from maskprep.trainers import find_model, find_trainer
from tests.truth import recorded

CASES = [(version, case) for version in ("0.9", "0.10") for case in recorded(f"pairing-{version}")]
FORMATS = {".jpg": "JPEG", ".jpeg": "JPEG", ".bmp": "BMP", ".webp": "WEBP", ".gif": "GIF"}
FORMATS |= {".tiff": "TIFF", ".png": "PNG"}


def test_all_recorded_pairings_are_replayed() -> None:
    assert len(CASES) == 94


@pytest.mark.parametrize(("version", "case"), CASES)
def test_pairs_are_the_trainers(version: str, case: dict[str, Any], tmp_path: Path) -> None:
    images, masks = tmp_path / "img", tmp_path / "mask"
    for folder, names in ((images, case["images"]), (masks, case["masks"])):
        folder.mkdir()
        for name in names:
            path = folder / name
            path.parent.mkdir(exist_ok=True)
            Image.new("RGB", (64, 64)).save(path, FORMATS[path.suffix.lower()])
    for name, text in case["captions"]:
        (images / name).write_text(text, encoding="utf-8")
    config = tmp_path / "dataset.toml"
    config.write_text(
        "[[datasets]]\nresolution = 256\nenable_bucket = true\n[[datasets.subsets]]\n"
        f'image_dir = "{images.as_posix()}"\nconditioning_data_dir = "{masks.as_posix()}"\n'
        'caption_extension = ".txt"\n',
        encoding="utf-8",
    )
    trainer = find_trainer(f"sd-scripts@{version}")
    found = discover(Request(str(config), trainer, find_model(trainer, None)))

    if case["outcome"] == "error":
        told = found.stops[0].error.replace("\\\\", "/")  # the trainer's own repr of Windows' paths
        assert told.replace(tmp_path.as_posix(), "DIR") == case["error"]
        return
    assert found.stops == ()
    (subset,) = found.datasets[0].subsets
    pairs = {
        os.path.basename(pair.image): os.path.basename(pair.mask or "") for pair in subset.pairs
    }
    assert pairs == case["pairs"]
    captions = {os.path.basename(pair.image): pair.caption.text or "" for pair in subset.pairs}
    assert captions == case["caption"]
