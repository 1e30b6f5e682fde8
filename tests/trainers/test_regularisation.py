"""Regularisation images: as many as there are training images beside them, and no more."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from PIL import Image

from maskprep.model import Severity
from tests.datasets import checked, found, names


def data_set(root: Path, subsets: list[tuple[int, int, bool]], extra: str = "") -> Path:
    """Write folders of so many images, so often, for regularisation or not."""
    lines = ["[[datasets]]", "resolution = 64", f"enable_bucket = true\n{extra}"]
    lines += ["min_bucket_reso = 64", "caption_extension = '.txt'"]
    for place, (count, repeats, regularisation) in enumerate(subsets):
        folder = root / f"folder-{place}"
        folder.mkdir(parents=True)
        for index in range(count):
            Image.new("RGB", (64, 64), (index, place, 0)).save(folder / f"{index:02}.png")
            (folder / f"{index:02}.txt").write_text("a cat", encoding="utf-8")
        lines += ["[[datasets.subsets]]", f"image_dir = '{folder}'", f"num_repeats = {repeats}"]
        lines += ["is_reg = true"] if regularisation else []
    config = root / "dataset.toml"
    config.write_text("\n".join(lines), encoding="utf-8")
    return config


def registered(subsets: list[tuple[int, int, bool]]) -> list[int]:
    """Count what the trainer registers, by its own loop."""
    wanted = sum(
        count * repeats for count, repeats, regularisation in subsets if not regularisation
    )
    queue = [
        (place, repeats)
        for place, (count, repeats, regularisation) in enumerate(subsets)
        if regularisation
        for _ in range(count)
    ]
    used = [0 if regularisation else count for count, _, regularisation in subsets]
    so_far, first_round = 0, True
    while queue and so_far < wanted:
        for place, repeats in queue:
            if first_round:
                used[place] += 1
            so_far += repeats if first_round else 1
            if so_far >= wanted:
                break
        first_round = False
    return used


@pytest.mark.parametrize("seed", range(12))
def test_as_many_are_used_as_the_trainer_registers(seed: int, tmp_path: Path) -> None:
    chance = random.Random(seed)
    subsets = [
        (chance.randint(1, 5), chance.randint(1, 4), chance.random() < 0.6) for _ in range(4)
    ]
    (dataset,) = found(data_set(tmp_path, subsets)).datasets
    assert [len(subset.pairs) for subset in dataset.subsets] == registered(subsets)
    for subset, (count, _, _) in zip(dataset.subsets, subsets, strict=True):
        assert len(subset.pairs) + len(subset.unused) == count
        assert {pair.image for pair in subset.unused} == set(subset.unseen)


def test_those_left_over_are_told_and_count_as_ignored(tmp_path: Path) -> None:
    report = checked(data_set(tmp_path, [(3, 1, False), (5, 1, True)]))
    (finding,) = report.findings
    assert (finding.code, finding.severity) == ("MP022", Severity.WARNING)
    assert finding.path == str(tmp_path / "folder-1")
    assert finding.message.startswith("2 of its 5 regularisation images never train")
    (count,) = report.counts
    assert (count.whole, count.ignored) == (6, 2)


def test_a_validation_split_leaves_less_room(tmp_path: Path) -> None:
    subsets = [(4, 1, False), (4, 1, True)]
    (dataset,) = found(data_set(tmp_path, subsets, "validation_split = 0.5")).datasets
    assert len(dataset.subsets[1].pairs) == 2


def test_alone_in_their_block_none_trains(tmp_path: Path) -> None:
    report = checked(data_set(tmp_path, [(2, 1, True)]))
    assert names(report) == {"regularisation-unused"}
    assert [stop.rule for stop in report.stops] == ["regularisation-unused"]
    assert "no training images beside them" in report.findings[0].message


def test_the_caption_of_an_unused_image_still_stops_the_run(tmp_path: Path) -> None:
    config = data_set(tmp_path, [(1, 1, False), (2, 1, True)])
    (tmp_path / "folder-1" / "01.txt").write_bytes(b"")
    report = checked(config)
    assert "caption-empty" in names(report)
    assert [stop.rule for stop in report.stops] == ["caption-empty"]
