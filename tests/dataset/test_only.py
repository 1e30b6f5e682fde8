"""Some pairs of a set, by their names."""

from __future__ import annotations

from pathlib import Path

import pytest

from maskprep.dataset.discover import discover, request
from maskprep.dataset.only import keep_only
from maskprep.errors import MaskprepError
from maskprep.files import pathname
from maskprep.model import TrainingSet
from tests.datasets import Folders

NAMES = ("cat-1.png", "cat-2.png", "dog [1].png", "犬が.png")


@pytest.fixture
def found(tmp_path: Path) -> TrainingSet:
    folders = Folders(tmp_path)
    for name in NAMES:
        folders.add(name)
    return discover(request(str(folders.config())))


def kept(found: TrainingSet, *wanted: str) -> list[str]:
    part = keep_only(found, wanted)
    return [
        pathname.basename(pair.image)
        for dataset in part.datasets
        for subset in dataset.subsets
        for pair in subset.pairs
    ]


def test_names_stems_patterns_and_paths(found: TrainingSet, tmp_path: Path) -> None:
    assert kept(found) == list(NAMES)
    assert kept(found, "cat-2.png") == ["cat-2.png"]
    assert kept(found, "cat-2") == ["cat-2.png"]
    assert kept(found, "cat-*", "dog [1]") == list(NAMES[:3])
    assert kept(found, "dog [1].png") == ["dog [1].png"]
    assert kept(found, str(tmp_path / "masks" / "cat-1.png")) == ["cat-1.png"]
    assert kept(found, str(tmp_path / "images" / "*2*")) == ["cat-2.png"]
    assert kept(found, "犬か\u3099") == ["犬が.png"]


def test_lists(found: TrainingSet, tmp_path: Path) -> None:
    path = tmp_path / "list.txt"
    path.write_bytes("\ufeffcat-1.png\r\n\r\n  犬*\r\n".encode())
    assert kept(found, str(path)) == ["cat-1.png", "犬が.png"]
    assert kept(found, str(path), "cat-2") == ["cat-1.png", "cat-2.png", "犬が.png"]
    path.write_bytes(b"cat-1\ncow\n")
    with pytest.raises(MaskprepError, match=r"list\.txt: line 2: no image or mask is called 'cow'"):
        kept(found, str(path))
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(MaskprepError, match="is no list of names: it is not UTF-8"):
        kept(found, str(path))


@pytest.mark.parametrize("word", ["cow", "", "*.jpg", "images"])
def test_what_means_nothing_is_refused(word: str, found: TrainingSet) -> None:
    with pytest.raises(MaskprepError, match="--only: no image or mask is called"):
        kept(found, word)


def test_nothing_else_of_the_folders_is_left(found: TrainingSet) -> None:
    (subset,) = keep_only(found, ["cat-1"]).datasets[0].subsets
    assert subset.images is not None
    assert subset.images.names == ()
    assert subset.images.path == found.datasets[0].subsets[0].images.path  # type: ignore[union-attr]
    assert subset.settings == found.datasets[0].subsets[0].settings
