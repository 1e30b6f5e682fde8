"""Rules for latents that earlier runs left on disk: names, generations, broken files."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from maskprep.checking.engine import check
from maskprep.model.report import Finding
from maskprep.trainers import find_trainer
from maskprep.trainers.sd_scripts import caches
from tests.datasets import FIGURE, drawn, found, image_folder

SUFFIXES = {
    "sdxl": "sdxl",
    "sd15": "sd",
    "sd3": "sd3",
    "flux": "flux",
    "lumina": "lumina",
    "anima": "anima",
    "hunyuan-image": "hi",
}
ALPHA = drawn(FIGURE)


class Set:
    """An image folder of pictures of 128 x 128 px, and what earlier runs left in it."""

    def __init__(self, root: Path, names: tuple[str, ...] = ("a.png",), alpha: bool = True) -> None:
        self.folder = image_folder(root / "images", names, alpha=alpha)
        self.config = root / "dataset.toml"
        self.write("alpha_mask = true" if alpha else "")

    def write(self, subset: str, resolution: int = 128) -> None:
        self.config.write_text(
            f"[[datasets]]\nresolution = {resolution}\nenable_bucket = true\n"
            "min_bucket_reso = 64\n[[datasets.subsets]]\n"
            f"image_dir = '{self.folder}'\ncaption_extension = '.txt'\n{subset}\n",
            encoding="utf-8",
        )

    def cache(
        self,
        name: str = "a_0128x0128_sdxl.npz",
        alpha: np.ndarray[Any, Any] | None = None,
        cells: tuple[int, int] = (16, 16),
        suffix: str = "",
    ) -> Path:
        arrays = {f"latents{suffix}": np.zeros((4, *cells), np.float32)}
        if alpha is not None:
            arrays[f"alpha_mask{suffix}"] = alpha.astype(np.float32) / np.float32(255)
        path = self.folder / name
        np.savez(path, **arrays)  # type: ignore[arg-type,unused-ignore]
        return path

    def findings(self, trainer: str = "sd-scripts", model: str = "sdxl") -> tuple[Finding, ...]:
        return check(found(self.config, trainer, model)).findings

    def names(self, trainer: str = "sd-scripts", model: str = "sdxl") -> list[str]:
        return [each.name for each in self.findings(trainer, model)]


@pytest.mark.parametrize("model", SUFFIXES)
def test_caches_are_known_by_the_models_names(model: str, tmp_path: Path) -> None:
    stride = 32 if model == "hunyuan-image" else 8
    cells = (128 // stride, 128 // stride)
    suffix = "" if model in ("sd15", "sdxl") else f"_{cells[0]}x{cells[1]}"
    data = Set(tmp_path)
    before = data.names(model=model)
    for other, word in SUFFIXES.items():
        if other != model:
            data.cache(f"a_0128x0128_{word}.npz", 255 - ALPHA, cells, suffix)
    assert data.names(model=model) == before
    own = data.cache(f"a_0128x0128_{SUFFIXES[model]}.npz", 255 - ALPHA, cells, suffix)
    (finding,) = (each for each in data.findings(model=model) if each.path == str(own))
    assert finding.name == "latents-cache-stale"
    data.cache(own.name, ALPHA, cells, suffix)
    assert data.names(model=model) == before


@pytest.mark.parametrize("version", find_trainer("sd-scripts").versions)
def test_the_older_name_counts_in_all_generations(version: str, tmp_path: Path) -> None:
    data = Set(tmp_path)
    data.cache("a.npz", 255 - ALPHA)
    assert data.names(f"sd-scripts@{version}") == ["latents-cache-stale"]
    data.cache("a_0128x0128_sdxl.npz", ALPHA)  # the older name wins
    assert data.names(f"sd-scripts@{version}") == ["latents-cache-stale"]
    assert data.names(f"sd-scripts@{version}", "flux") == []


def test_the_difference_is_put_into_numbers(tmp_path: Path) -> None:
    data = Set(tmp_path)
    stored = ALPHA.copy()
    stored[:64] = 0
    data.cache(alpha=stored)
    (one,) = data.findings()
    share = np.mean(stored != ALPHA)
    assert f"{share:.1%} of the pixels differ" in one.message
    assert f"(mean {stored.mean() / 255:.3f}, today {ALPHA.mean() / 255:.3f})" in one.message


def test_a_few_values_come_of_other_libraries(tmp_path: Path) -> None:
    data = Set(tmp_path)
    data.cache(alpha=np.where(ALPHA > 0, ALPHA - 3, 3).astype(np.uint8))
    assert data.names() == []


def test_a_cache_without_the_mask_is_made_anew(tmp_path: Path) -> None:
    data = Set(tmp_path)
    data.cache()
    assert data.names() == []


def test_a_cache_without_the_flipped_latents_is_made_anew(tmp_path: Path) -> None:
    data = Set(tmp_path)
    data.write("alpha_mask = true\nflip_aug = true")
    data.cache(alpha=255 - ALPHA)
    assert data.names() == []


@pytest.mark.parametrize(("version", "fires"), [("current", 1), ("0.10", 1), ("0.9", 0)])
def test_a_mask_that_was_switched_off_goes_on_being_applied(
    version: str, fires: int, tmp_path: Path
) -> None:
    data = Set(tmp_path)
    data.write("")
    data.cache("a.npz", ALPHA)
    assert data.names(f"sd-scripts@{version}") == ["latents-cache-orphan"] * fires


def test_mask_files_are_never_cached(tmp_path: Path) -> None:
    data = Set(tmp_path, alpha=False)
    masks = image_folder(tmp_path / "masks", captions=None)
    data.write(f"conditioning_data_dir = '{masks}'")
    before = data.names()
    data.cache(alpha=255 - ALPHA)
    assert data.names() == before


@pytest.mark.parametrize(
    ("version", "model", "fires"),
    [
        ("current", "sdxl", 1),
        ("0.10", "sd15", 1),
        ("0.9", "sdxl", 0),  # held against the bucket, and made anew
        ("current", "flux", 0),  # looked for by the bucket's own key
    ],
)
def test_latents_of_another_bucket_are_taken(
    version: str, model: str, fires: int, tmp_path: Path
) -> None:
    data = Set(tmp_path)
    name = "a.npz" if model != "flux" else "a_0128x0128_flux.npz"
    suffix = "_32x32" if model == "flux" else ""
    data.cache(name, np.full((256, 256), 255, np.uint8), (32, 32), suffix)
    assert data.names(f"sd-scripts@{version}", model) == ["cache-other-size"] * fires


@pytest.mark.parametrize(
    ("name", "image"),
    [
        ("a_0512x0256_sdxl.npz", "a.png"),
        ("ab_0512x0256_sdxl.npz", "a.png"),
        ("b_0512x0256_sdxl.npz", "b.png"),
        ("c_0512x0256_sdxl.npz", None),
        ("a_0128x0128_sdxl.npz", None),
        ("a_0512x0256_sd.npz", None),
        ("a_large_sdxl.npz", None),
    ],
)
def test_sizes_are_taken_from_names(name: str, image: str | None, tmp_path: Path) -> None:
    data = Set(tmp_path, ("a.png", "b.png"))
    path = data.cache(name, ALPHA)
    found = [each for each in data.findings() if each.name == "cache-other-size"]
    assert [(each.path, str(data.folder / str(image)) in each.message) for each in found] == [
        (str(path), True)
    ] * (image is not None)
    assert data.names("sd-scripts@0.9") == []


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"no archive at all" * 50])
def test_broken_caches_are_told(content: bytes, tmp_path: Path) -> None:
    data = Set(tmp_path)
    path = data.folder / "a_0128x0128_sdxl.npz"
    path.write_bytes(content)
    (one,) = data.findings()
    assert (one.name, one.path) == ("latents-cache-unreadable", str(path))


def test_a_damaged_mask_is_told(tmp_path: Path) -> None:
    data = Set(tmp_path)
    path = data.cache(alpha=ALPHA)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 255  # in the mask, by far the largest of the arrays
    path.write_bytes(content)
    (one,) = data.findings()
    assert one.name == "latents-cache-unreadable"
    assert "its alpha mask is damaged" in one.message


def test_a_mask_larger_than_any_bucket_is_not_unfolded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = Set(tmp_path)
    data.cache(alpha=ALPHA)
    monkeypatch.setattr(caches, "_MOST_PIXELS", ALPHA.size - 1)
    monkeypatch.setattr(np, "load", lambda *_: pytest.fail("unfolded"))
    (told,) = data.findings()
    assert told.name == "latents-cache-unreadable"
    assert "larger than any bucket" in told.message


def test_any_cut_or_changed_byte_is_survived(tmp_path: Path) -> None:
    data = Set(tmp_path)
    whole = data.cache(alpha=ALPHA[::8, ::8], cells=(2, 2)).read_bytes()
    path, random = data.folder / "a_0128x0128_sdxl.npz", np.random.default_rng(1)
    for _ in range(60):
        broken = bytearray(whole)
        for place in random.integers(0, len(whole), 8):
            broken[place] = random.integers(0, 256)
        path.write_bytes(broken[: random.integers(0, 2 * len(whole))])
        data.findings()


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    if not hasattr(os, "mkfifo"):
        pytest.skip("no pipes here")
    data = Set(tmp_path)
    os.mkfifo(data.folder / "a_0128x0128_sdxl.npz")
    assert data.names() == []
