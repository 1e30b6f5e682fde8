"""The library's door: paths of any kind, and what is refused in Python's words."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import pytest

import maskprep
from maskprep.files.shell import typed
from tests.datasets import Folders


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    return Folders(tmp_path).add("a.png")


class Place:
    """A path of somebody else's making."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __fspath__(self) -> str:
        return str(self.path)


@pytest.mark.parametrize("kind", [str, Path, Place])
def test_paths_of_any_kind(kind: Any, folders: Folders) -> None:
    found = maskprep.open_dataset(kind(folders.images), masks=kind(folders.masks))
    assert found.pair_count == 1
    assert maskprep.open_dataset(kind(folders.config())).pair_count == 1
    weights = maskprep.weights_of(kind(folders.images / "a.png"), kind(folders.masks))
    assert weights.shape == (128, 128)


def test_a_url_that_pathlib_has_shortened() -> None:
    with pytest.raises(maskprep.MaskprepError, match="give the URL as text, memory://"):
        maskprep.open_dataset(PurePosixPath("memory://set/images"), alpha=True)


@pytest.mark.parametrize("path", [7, b"images"])
def test_what_is_no_path(path: Any) -> None:
    with pytest.raises(TypeError, match=r"a path is a str or a pathlib\.Path, this is a"):
        maskprep.open_dataset(path)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"resolutoin": 512}, "'resolutoin': did you mean resolution?"),
        ({"mask": "masks"}, "'mask': did you mean masks?"),
        ({"resolution": "512"}, r"resolution wants a side or \(width, height\), .* not '512'"),
        ({"resolution": (512, 512, 3)}, "resolution wants a side"),
        ({"bucket_reso_steps": 0}, "bucket_reso_steps wants a whole number from 1 on, not 0"),
        ({"min_bucket_reso": True}, "min_bucket_reso wants a whole number"),
        ({"enable_bucket": "no"}, "enable_bucket wants True or False, not 'no'"),
        ({"caption_extension": 1}, "caption_extension wants a str"),
        ({}, r"say where its masks are, masks=DIR or alpha=True"),
        ({"masks": "m", "alpha": True}, "masks and alpha exclude each other"),
    ],
)
def test_what_is_refused(given: dict[str, Any], told: str, folders: Folders) -> None:
    with pytest.raises(maskprep.MaskprepError, match=told) as caught:
        maskprep.open_dataset(folders.images, **given)
    assert "--" not in str(caught.value)


@pytest.mark.parametrize("side", [192, np.int64(192), (192, 192), [192, 192]])
def test_sizes_may_be_one_number_or_two(side: Any, folders: Folders) -> None:
    found = maskprep.open_dataset(folders.images, masks=folders.masks, resolution=side)
    assert found.datasets[0].settings.resolution == maskprep.Size(192, 192)
    assert typed(["--resolution", "192,192"]) in found.arguments


def test_masks_of_bool_are_black_and_white() -> None:
    mask = np.zeros((64, 64), bool)
    mask[8:40, 8:40] = mask[50:54, 8:40] = True
    grey = mask.astype(np.uint8) * np.uint8(255)
    for work in (
        lambda each: maskprep.grow(each, 2),
        lambda each: maskprep.erode(each, 2),
        lambda each: maskprep.feathered(each, 2),
        lambda each: maskprep.feathered(each, 0),
        maskprep.inverted,
        maskprep.coverage,
        lambda each: maskprep.area_weights(each, 8),
        maskprep.Tones(invert=True, floor=0.2).apply,
        lambda each: maskprep.fill_hidden(np.dstack([grey] * 3), each, "edge"),
        lambda each: maskprep.find_details(each, maskprep.area_weights(each, 8)).found[0].weight,
    ):
        of_bool, of_grey = work(mask), work(grey)
        assert np.array_equal(of_bool, of_grey)
        assert getattr(of_bool, "dtype", None) == getattr(of_grey, "dtype", None)


@pytest.mark.parametrize(
    ("mask", "error", "told"),
    [
        (np.zeros((8, 8)), TypeError, "this is float64: scale it to 0 to 255"),
        (np.zeros((8, 8), np.int64), TypeError, "this is int64$"),
        ([[0, 255]], TypeError, "is a numpy array, this is a list"),
        (np.zeros((8, 8, 3), np.uint8), ValueError, "take one channel"),
    ],
)
def test_other_arrays_are_refused_in_words(mask: Any, error: type[Exception], told: str) -> None:
    for work in (
        lambda: maskprep.grow(mask, 1),
        lambda: maskprep.erode(mask, 1),
        lambda: maskprep.feathered(mask, 1),
        lambda: maskprep.area_weights(mask, 8),
        lambda: maskprep.inverted(mask),
    ):
        with pytest.raises(error, match=told):
            work()
