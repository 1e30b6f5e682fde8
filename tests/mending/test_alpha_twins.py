"""Fixes where alpha is the mask: each mends the twin of its sample, or its rule has no twin."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from maskprep.mending.fixes import FIXES, Fix
from tests.commands import all_of, run
from tests.datasets import FIGURE, Folders, drawn, image_folder
from tests.mending.test_mend import BAD, contents, found_names, options_of
from tests.raster.test_raster import REDUCES_ALPHA
from tests.rules.test_files import write_clear

#: What goes wrong with mask files only: their names, their sizes, channels that nobody reads, and a
#: cache without alpha, which the trainer does not take where alpha is the mask.
OF_FILES = {
    "cache-other-size",
    "near-miss-name",
    "mask-missing",
    "mask-16bit",
    "mask-palette",
    "mask-palette-blank",
    "mask-coloured",
    "mask-alpha-ignored",
    "mask-size-mismatch",
}


def make_twin(root: Path) -> None:
    """Put each mask file into its image's alpha, and have the configuration say so."""
    for config in root.glob("*.toml"):
        text = config.read_bytes().decode()
        in_files = 'conditioning_data_dir = "masks"'
        config.write_bytes(text.replace(in_files, "alpha_mask = true").encode())
    for mask in sorted(root.glob("masks/*")):
        for image in root.glob(f"images/{mask.stem}.*"):
            if image.suffix.lower() in (".png", ".tif"):
                embed(image, mask)


def embed(path: Path, mask: Path) -> None:
    with Image.open(path) as image, Image.open(mask) as painted:
        kind = image.format
        if image.mode.startswith("I"):
            deep = np.asarray(image).astype(np.uint16)
            deep[np.asarray(painted.convert("L")) == 0] = 7
            write_clear(path, deep, 7)
        elif image.size == painted.size:
            both = image.convert("RGB")
            both.putalpha(painted.convert("RGB").getchannel("R"))
            both.save(path, kind)


@pytest.mark.parametrize("fix", FIXES, ids=lambda each: each.rule)
def test_every_fix_mends_the_alpha_twin_of_its_sample(
    fix: Fix, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sample = BAD[fix.rule]
    root = tmp_path / "set"
    root.mkdir()
    sample.copy_to(root)
    make_twin(root)
    monkeypatch.chdir(root)
    words = ("check", *sample.arguments, "--format", "json")
    assert (fix.rule in found_names(run(*words))) == (fix.rule not in OF_FILES)
    before = contents(root)
    fixed = run(*words, *options_of(fix))
    assert "not mended" not in fixed.stderr, all_of(fixed)
    assert fix.rule not in found_names(fixed)
    assert (f"{fix.words} [{fix.rule}]" in fixed.stderr) == (fix.rule not in OF_FILES)
    after = set(contents(tmp_path).values())
    assert [name for name, content in before.items() if content not in after] == []


@pytest.mark.parametrize("kind", ["png", pytest.param("webp", marks=REDUCES_ALPHA)])
def test_an_inverted_alpha_is_turned_and_its_colours_stay(kind: str, tmp_path: Path) -> None:
    names = [f"{stem}.{kind}" for stem in "ab"]
    images = image_folder(tmp_path / "images", names)
    rng = np.random.default_rng(1)
    painted = {}
    for name in names:
        rgba = rng.integers(0, 256, (128, 128, 4), np.uint8)
        rgba[..., 3] = 255 - drawn(FIGURE)
        Image.fromarray(rgba).save(images / name, lossless=True, exact=True)
        painted[name] = rgba
    original = (images / names[0]).read_bytes()
    words = ("check", images, "--alpha", "--caption-extension", ".txt", "--format", "json")
    assert "polarity-suspect" in found_names(run(*words, "--fix"))
    fixed = run(*words, "--fix", "--unsafe-fixes")
    assert "polarity-suspect" not in found_names(fixed), all_of(fixed)
    for name, rgba in painted.items():
        with Image.open((images / name).with_suffix(".png")) as image:
            now = np.asarray(image)
        np.testing.assert_array_equal(now[..., :3], rgba[..., :3])
        np.testing.assert_array_equal(now[..., 3], drawn(FIGURE))
    (backup,) = tmp_path.glob("images.maskprep-backup-*")
    assert (backup / names[0]).read_bytes() == original


def test_both_kinds_of_mask_are_turned_in_one_go(tmp_path: Path) -> None:
    """One image in both: its alpha is inverted, its mask file is not, and stays."""
    folders = Folders(tmp_path).add("a.png").add("b.png")
    Image.fromarray(255 - drawn(FIGURE)).save(folders.masks / "b.png")
    right = (folders.masks / "a.png").read_bytes()
    with Image.open(folders.images / "a.png") as image:
        image.putalpha(Image.fromarray(255 - drawn(FIGURE)))
        image.save(folders.images / "a.png")
    config = folders.config(
        extra="",
        subset=f"[[datasets]]\nresolution = 128\n[[datasets.subsets]]\n"
        f"image_dir = '{folders.images}'\nalpha_mask = true\ncaption_extension = '.txt'",
    )
    found = run("check", config, "--fix", "--unsafe-fixes")
    assert "a.png: turned about" in found.stderr, all_of(found)
    assert "b.png: turned about" in found.stderr
    assert (folders.masks / "a.png").read_bytes() == right
    with Image.open(folders.images / "a.png") as image:
        np.testing.assert_array_equal(np.asarray(image)[..., 3], drawn(FIGURE))
    with Image.open(folders.masks / "b.png") as image:
        np.testing.assert_array_equal(np.asarray(image), drawn(FIGURE))
