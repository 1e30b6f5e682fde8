"""Growing details: the least that reaches the target, by the trainer's own numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image

from maskprep.dataset.cropped import cut_off
from maskprep.dataset.growth import DetailGrower
from maskprep.dataset.sample import Sample
from maskprep.dataset.samples import samples_of
from maskprep.dataset.seeds import EVERYWHERE, apart
from maskprep.masks.morphology import dilate, inverted
from tests.datasets import Folders, found

Mask = np.ndarray[Any, np.dtype[np.uint8]]
TARGET = 0.7


def portrait(height: int = 384, width: int = 256) -> Mask:
    """A figure with a hair, an ear-ring and a thread."""
    mask = np.zeros((height, width), np.uint8)
    cv2.ellipse(mask, (width // 2, height // 2), (60, 120), 0, 0, 360, 255, -1, cv2.LINE_AA)
    cv2.line(mask, (width // 2, 80), (width // 2 + 60, 12), 255, 3, cv2.LINE_AA)
    cv2.circle(mask, (30, 150), 5, 255, -1, cv2.LINE_AA)
    cv2.line(mask, (20, 300), (60, 340), 255, 2, cv2.LINE_AA)
    return mask


def sample_of(
    tmp_path: Path, mask: Mask, extra: str = "resolution = [256, 384]", trainer: str = "sd-scripts"
) -> Sample:
    folders = Folders(tmp_path)
    height, width = mask.shape
    Image.new("RGB", (width, height)).save(folders.images / "a.png")
    Image.fromarray(mask).save(folders.masks / "a.png")
    config = folders.config()
    text = config.read_text(encoding="utf-8").replace("resolution = 128", extra)
    text = text.replace("max_bucket_reso = 256", "max_bucket_reso = 1024")
    config.write_text(text, encoding="utf-8")
    (sample,) = samples_of(found(config, trainer))
    return sample


def weights_of_originals(sample: Sample, mask: Mask) -> list[float]:
    """Weigh the original details by the trainer's own way with another mask."""
    details = sample.details
    assert details is not None
    weights = sample.weigh(sample.at_bucket(mask))
    return [details.weights_in(weights)[each.label] for each in details.found]


@pytest.mark.parametrize("size", [(384, 256), (768, 512), (500, 331), (200, 140)])
@pytest.mark.parametrize("trainer", ["sd-scripts", "sd-scripts@0.10", "sd-scripts@0.9"])
def test_every_detail_reaches_the_target_with_the_least_radius(
    tmp_path: Path, size: tuple[int, int], trainer: str
) -> None:
    drawn = cv2.resize(portrait(), size[::-1], interpolation=cv2.INTER_AREA)
    sample = sample_of(tmp_path, np.asarray(drawn, np.uint8), trainer=trainer)
    grower = DetailGrower(sample)
    growth = grower.grow_to(TARGET)
    assert len(growth.details) >= 3
    assert any(each.before < 0.5 for each in growth.details)
    after = weights_of_originals(sample, growth.mask)
    np.testing.assert_allclose([each.after for each in growth.details], after)
    for each in growth.details:
        assert each.reaches(TARGET)
        assert (each.radius == 0) == (each.before >= TARGET)
    for place, each in enumerate(growth.details):
        if each.radius:
            alone = [0.0] * len(growth.details)
            alone[place] = each.radius - 1
            smaller = grower._growth(dict(enumerate(alone, 1)))
            assert smaller.details[place].after < TARGET


def test_the_body_and_details_that_train_stay_as_they_are(tmp_path: Path) -> None:
    sample = sample_of(tmp_path, portrait())
    mask, details = sample.mask, sample.details
    assert mask is not None
    assert details is not None
    growth = DetailGrower(sample).grow_to(TARGET)
    changed = growth.mask != mask
    furthest = max(each.radius for each in growth.details) + 1.5  # and the soft rim
    own = np.zeros_like(mask)
    own[details.rows, details.columns] = 1
    near = dilate(own, furthest)
    assert changed.any()
    assert not (changed & (near == 0)).any()
    assert (growth.mask >= mask).all()


def test_adaptive_growth_adds_far_less_than_one_radius_for_all(tmp_path: Path) -> None:
    sample = sample_of(tmp_path, portrait())
    assert sample.mask is not None
    mask = sample.mask
    adaptive = DetailGrower(sample).grow_to(TARGET).mask
    uniform = next(
        grown
        for grown in (dilate(mask, radius) for radius in range(1, 30))
        if min(weights_of_originals(sample, grown)) >= TARGET
    )
    added, added_by_uniform = (
        float(grown.sum(dtype=np.int64)) - float(mask.sum(dtype=np.int64))
        for grown in (adaptive, uniform)
    )
    assert 0 < added < added_by_uniform / 3


def test_a_soft_dot_whose_peak_is_too_low_is_left_alone(tmp_path: Path) -> None:
    mask = portrait()
    mask[350:360, 200:210] = 150
    sample = sample_of(tmp_path, mask)
    growth = DetailGrower(sample).grow_to(TARGET)
    (dot,) = [each for each in growth.details if each.box.top == 350]
    assert dot.radius == 0
    assert not dot.reaches(TARGET)
    np.testing.assert_array_equal(growth.mask[345:365, 195:215], mask[345:365, 195:215])
    assert DetailGrower(sample).grow_to(0.5).details[growth.details.index(dot)].reaches(0.5)


def test_the_ignored_side_grows_the_same_way(tmp_path: Path) -> None:
    sample = sample_of(tmp_path, inverted(portrait()))
    growth = DetailGrower(sample, side="ignore").grow_to(TARGET)
    twin = DetailGrower(sample_of(tmp_path / "twin", portrait())).grow_to(TARGET)
    assert [each.radius for each in growth.details] == [each.radius for each in twin.details]
    np.testing.assert_array_equal(growth.mask, inverted(twin.mask))


def test_the_target_holds_after_the_softening(tmp_path: Path) -> None:
    sample = sample_of(tmp_path, portrait())
    soft = DetailGrower(sample, feather=2).grow_to(TARGET)
    assert all(each.reaches(TARGET) for each in soft.details)
    np.testing.assert_allclose(
        [each.after for each in soft.details], weights_of_originals(sample, soft.mask)
    )
    hard = DetailGrower(sample).grow_to(TARGET)
    assert sum(each.radius for each in soft.details) > sum(each.radius for each in hard.details)


def test_dust_of_a_picture_that_is_enlarged_is_left_alone(tmp_path: Path) -> None:
    clean = np.asarray(cv2.resize(portrait(), (140, 200), interpolation=cv2.INTER_AREA), np.uint8)
    dusty = clean.copy()
    dusty[180:182, 100:102] = dusty[10, 10] = 255
    twin = DetailGrower(sample_of(tmp_path / "twin", clean)).grow_to(TARGET)
    growth = DetailGrower(sample_of(tmp_path, dusty)).grow_to(TARGET)
    assert [each.box for each in growth.details] == [each.box for each in twin.details]
    np.testing.assert_array_equal(growth.mask, np.maximum(twin.mask, dusty))


@pytest.mark.parametrize("feather", [0, 1.5])
@pytest.mark.parametrize("trainer", ["sd-scripts", "sd-scripts@0.9"])
def test_details_side_by_side_grow_as_each_alone(
    tmp_path: Path, trainer: str, feather: float
) -> None:
    mask = np.zeros((500, 331), np.uint8)
    for place in range(24):  # now a hair's breadth apart, now further than they reach
        left, top = 12 + place % 6 * 50, 30 + place // 6 * 110
        cv2.line(mask, (left, top), (left + 4 * place % 43, top + 60), 255, 1 + place % 3)
    sample = sample_of(tmp_path, mask, trainer=trainer)
    assert sample.details is not None and len(sample.details.found) > 5
    together = DetailGrower(sample, feather=feather).grow_alone(sample.details.found)
    for detail, grown in zip(sample.details.found, together, strict=True):
        assert DetailGrower(sample, feather=feather).grow_alone([detail]) == (grown,)


def test_details_that_reach_each_others_cells_are_kept_apart() -> None:
    own = {1: 0b1, 2: 0b1000, 3: 0b10, 4: EVERYWHERE}
    reached = {1: 0b11, 2: 0b11100, 3: 0b111, 4: EVERYWHERE}
    assert apart(own, own.__getitem__, reached.__getitem__) == [[1, 2], [3], [4]]


def test_one_radius_for_all_details(tmp_path: Path) -> None:
    sample = sample_of(tmp_path, portrait())
    assert sample.mask is not None
    growth = DetailGrower(sample).grow_by(3)
    assert {each.radius for each in growth.details} == {3}
    assert (growth.mask <= dilate(sample.mask, 3)).all()
    ring = dilate(sample.mask, 3)[140:160, 20:40]
    np.testing.assert_array_equal(growth.mask[140:160, 20:40], ring)


def test_details_in_what_the_crop_cuts_off_are_told(tmp_path: Path) -> None:
    mask = portrait(420, 256)
    mask[4:8, 20:60] = 255  # lies in the strip that a bucket of 256 x 384 leaves out
    mask[210:214, 10:50] = 255
    sample = sample_of(tmp_path, mask)
    assert sample.placement is not None
    assert sample.placement.resized != sample.placement.bucket
    (box,) = cut_off(sample)
    assert tuple(round(edge) for edge in box) == (20, 4, 60, 8)
    uncropped = sample_of(tmp_path / "other", portrait())
    assert cut_off(uncropped) == ()


def test_a_pair_without_weights_cannot_be_grown(tmp_path: Path) -> None:
    folders = Folders(tmp_path).add()
    Image.new("L", (50, 50)).save(folders.masks / "a.png")
    (sample,) = samples_of(found(folders.config()))
    with pytest.raises(ValueError, match=r"a\.png: its weights cannot be foretold"):
        DetailGrower(sample)
