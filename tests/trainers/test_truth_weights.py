"""Replay of the recorded loss weights: sd-scripts 0.9, 0.10 and current, 60 cases each.

To 1e-5, but for one pixel of OpenCV's linear and cubic kernels (`tests.rounding`).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import PIL
import pytest

from maskprep.masks.resample import resize
from maskprep.model import WHOLE, At, Kernel, Size
from maskprep.trainers.sd_scripts import pixels
from tests.replay import sample_of
from tests.trainers.rounding import EXACT, PROPERTY, is_one_pixel_apart
from tests.trainers.sd_scripts.replay import lay_out
from tests.truth import TRUTH, recorded

VERSIONS = ("0.9", "0.10", "current")
CASES = [case for version in VERSIONS for case in recorded(f"cases-{version}")]

# What Pillow itself changed, by its release notes and the recordings' README.
OLDER_LANCZOS = int(PIL.__version__.split(".")[0]) < 13
LANCZOS_SHRINKS_AND_GROWS = frozenset({"0.9-004", "0.9-057"})


def test_all_recorded_cases_are_replayed() -> None:
    assert len(CASES) == 180


@pytest.fixture
def kernels(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Give those by which masks were resized, each as it is used."""
    used: set[str] = set()

    def noticed(mask: pixels.Pixels, size: Size, kernel: Kernel, at: At = WHOLE) -> pixels.Pixels:
        if mask.shape[1::-1] != size:
            used.add(kernel)
        return resize(mask, size, kernel, at)

    monkeypatch.setattr(pixels, "resize", noticed)
    return used


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_weights_are_the_trainers(
    case: dict[str, Any],
    tmp_path: Path,
    kernels: set[str],
    record_property: Callable[[str, object], None],
) -> None:
    sample = sample_of(lay_out(case, TRUTH / case["file"], tmp_path))
    assert sample.stops == ()
    assert sample.placement is not None
    assert sample.placement.bucket == Size(*case["bucket"])
    assert sample.placement.resized == Size(*case["resized"])
    with np.load(TRUTH / f"weights-{case['trainer']}.npz") as recorded:
        wanted = recorded[case["name"]]
    weights = sample.weights
    assert weights is not None
    assert weights.dtype == np.float32
    assert weights.shape == wanted.shape
    if case["name"] in LANCZOS_SHRINKS_AND_GROWS:
        assert sample.library_differences == ("pillow-lanczos",)
    if OLDER_LANCZOS and case["name"] in LANCZOS_SHRINKS_AND_GROWS:
        pytest.skip("Pillow before 13 has another Lanczos where one side shrinks and one grows")
    bound = 1 / 255 if case["file_mode"] == "JPEG" else EXACT
    if case["file_mode"] == "JPEG":
        assert float(np.abs(weights - wanted).max()) <= bound
    else:
        stride = case["latent_scale"]
        record_property(PROPERTY, is_one_pixel_apart(weights, wanted, kernels, stride))
    assert float(weights.mean()) == pytest.approx(case["mean_weight"], abs=bound)
