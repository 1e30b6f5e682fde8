"""Masks that grow, from the data set on disk to the files written."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image
from skimage.morphology import dilation, disk

from maskprep.cli import maskprep
from maskprep.dataset.samples import samples_of
from maskprep.editing.dilate import dilate
from maskprep.editing.plan import Carried, Destination
from maskprep.errors import MaskprepError
from maskprep.masks.morphology import erode
from maskprep.running.parallel import Processes, ThisMachine, Threads
from tests.backups import originals
from tests.datasets import FIGURE, Folders, drawn, found
from tests.places import processes

Mask = np.ndarray[Any, np.dtype[np.uint8]]


def run(*arguments: object) -> Result:
    return CliRunner().invoke(maskprep, [str(each) for each in arguments])


def figure_with_hair() -> Mask:
    mask = drawn(FIGURE)
    cv2.line(mask, (70, 20), (110, 4), 255, 2)
    cv2.circle(mask, (24, 60), 4, 255, -1)
    return mask


def with_hair(root: Path, *names: str) -> Folders:
    folders = Folders(root)
    for name in names:
        folders.add(name)
        Image.fromarray(figure_with_hair()).save((folders.masks / name).with_suffix(".png"))
    return folders


def alpha_set(root: Path, colour_beneath: tuple[int, int, int] = (0, 0, 0)) -> Path:
    images = root / "images"
    images.mkdir(parents=True)
    mask = figure_with_hair()
    rgb = np.where(mask[..., None] > 0, (200, 120, 80), colour_beneath).astype(np.uint8)
    Image.fromarray(np.dstack([rgb, mask])).save(images / "a.png", dpi=(144, 144))
    (images / "a.txt").write_text("a figure", encoding="utf-8")
    return images


def pixels(path: Path) -> Mask:
    with Image.open(path) as image:
        return np.asarray(image)


@pytest.mark.parametrize("radius", [1, 3, 8])
def test_a_disk_grows_as_scikit_image_grows(tmp_path: Path, radius: int) -> None:
    folders = with_hair(tmp_path, "a.png")
    soft = cv2.GaussianBlur(figure_with_hair(), (0, 0), 1.5)
    Image.fromarray(soft).save(folders.masks / "a.png")
    out = tmp_path / "out"
    result = run("dilate", folders.config(), "--radius", radius, "--output", out)
    assert result.exit_code == 0, result.output
    wanted = dilation(soft, disk(radius))  # type: ignore[no-untyped-call]
    np.testing.assert_array_equal(pixels(out / "a.png"), wanted)
    assert pixels(out / "a.png").ndim == 2


def test_details_reach_the_target_and_the_body_stays(tmp_path: Path) -> None:
    folders = with_hair(tmp_path, "a.png")
    config, out = folders.config(), tmp_path / "out"
    (before,) = samples_of(found(config))
    assert before.details is not None
    assert min(each.weight for each in before.details.found) < 0.4
    result = run("dilate", config, "--target", 0.7, "--output", out)
    assert result.exit_code == 0, result.output
    (grown,) = samples_of(found(_with_masks(config, folders.masks, out)))
    assert grown.weights is not None
    after = before.details.weights_in(grown.weights)
    assert len(after) >= 2
    assert min(after.values()) >= 0.7
    assert "4 details, 2 grown" in result.output
    body = drawn(FIGURE)[60:] > 0
    np.testing.assert_array_equal(pixels(out / "a.png")[60:][body], 255)


def _with_masks(config: Path, old: Path, new: Path) -> Path:
    changed = config.with_name("grown.toml")
    text = config.read_text(encoding="utf-8").replace(str(old), str(new))
    changed.write_text(text, encoding="utf-8")
    return changed


def test_the_fix_that_check_tells_mends_what_it_found(tmp_path: Path) -> None:
    folders = with_hair(tmp_path, "a.png")
    config = folders.config()
    assert "detail-lost" in run("check", config).output
    out = tmp_path / "grown"
    assert run("dilate", config, "--target", 0.7, "--output", out).exit_code == 0
    result = run("check", _with_masks(config, folders.masks, out))
    assert "detail-lost" not in result.output
    assert "0 errors, 0 warnings" in result.output


@processes
def test_processes_grow_the_same(tmp_path: Path) -> None:
    folders = with_hair(tmp_path, *(f"{number}.png" for number in range(11)))
    Image.new("L", (40, 30)).save(folders.masks / "4.png")
    (folders.masks / "7.png").write_bytes(b"no picture")
    training_set = found(folders.config())
    outcomes = []
    for name, executor in (("here", Threads(2)), ("there", Processes(2))):
        steps: list[None] = []
        out = Destination(tmp_path / name)
        done = dilate(
            training_set,
            out,
            target=0.7,
            executor=executor,
            progress=partial(steps.append, None),
        )
        assert len(steps) == 11
        assert len(done.failed) == 2
        outcomes.append([replace(each, target=None) for each in done.outcomes])
    assert outcomes[0] == outcomes[1]
    assert sum(len(each.row.details or ()) for each in outcomes[0] if each.row) >= 9
    here, there = (
        {path.name: path.read_bytes() for path in (tmp_path / name).iterdir()}
        for name in ("here", "there")
    )
    assert here == there
    assert len(here) == 9


def test_details_of_many_masks_grow_in_processes_and_radii_in_threads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders = with_hair(tmp_path, "a.png", "b.png")
    words = ["dilate", str(folders.config()), "--dry-run"]
    seen: list[object] = []

    def asked(**words: Any) -> Carried[Any]:
        seen.append(words["executor"])
        return Carried(())

    monkeypatch.setattr("maskprep.editing.dilate.dilate", lambda *_, **words: asked(**words))
    for more in (["--target", "0.7"], ["--cells", "1", "--details"], ["--radius", "8"]):
        assert run(*words, *more).exit_code == 0
    run(*words, "--radius", "8", "--executor", "processes", "--workers", "3")
    assert seen == [ThisMachine(0, 40), ThisMachine(0, 40), Threads(0), Processes(3)]


def test_cells_are_converted_by_the_buckets_scale(tmp_path: Path) -> None:
    folders = Folders(tmp_path)
    for side in (128, 256):
        mask = cv2.resize(drawn(FIGURE), (side, side), interpolation=cv2.INTER_NEAREST)
        Image.fromarray(mask).save(folders.masks / f"{side}.png")
        Image.new("RGB", (side, side)).save(folders.images / f"{side}.png")
    carried = dilate(found(folders.config()), Destination(tmp_path / "out"), cells=0.5)
    radii = [outcome.row.radius for outcome in carried.outcomes if outcome.row]
    assert radii == [4, 8]


def test_the_ignored_side_grows_by_the_same_words(tmp_path: Path) -> None:
    folders = with_hair(tmp_path, "a.png")
    out = tmp_path / "out"
    result = run("dilate", folders.config(), "--radius", 3, "--side", "ignore", "--output", out)
    assert result.exit_code == 0, result.output
    np.testing.assert_array_equal(pixels(out / "a.png"), erode(figure_with_hair(), 3))


def test_a_mask_of_two_images_grows_for_both(tmp_path: Path) -> None:
    folders = with_hair(tmp_path, "a.png")
    Image.new("RGB", (128, 128)).save(folders.images / "a.webp")
    config = folders.config()
    two = config.with_name("two.toml")
    text = config.read_text(encoding="utf-8")
    two.write_text(text + text.replace("resolution = 128", "resolution = 64"), encoding="utf-8")
    carried = dilate(found(two), Destination(tmp_path / "out"), target=0.7)
    (outcome,) = carried.outcomes
    assert outcome.row is not None
    assert outcome.row.details is not None
    samples = list(samples_of(found(two)))
    assert len(samples) == 4
    grown = pixels(tmp_path / "out" / "a.png")
    for sample in samples:
        assert sample.details is not None
        weights = sample.weigh(sample.at_bucket(grown))
        assert min(sample.details.weights_in(weights).values()) >= 0.7


def test_in_place_keeps_the_originals_and_leaves_alone_what_needs_nothing(tmp_path: Path) -> None:
    folders = with_hair(tmp_path, "a.png").add("b.png")
    hair, plain = ((folders.masks / name).read_bytes() for name in ("a.png", "b.png"))
    result = run("dilate", folders.config(), "--target", 0.7, "--in-place")
    assert result.exit_code == 0, result.output
    (backup,) = tmp_path.glob("masks.maskprep-backup-*")
    assert originals(backup) == {"a.png": hair}
    assert (folders.masks / "b.png").read_bytes() == plain
    assert (folders.masks / "a.png").read_bytes() != hair
    assert "b.png: 2 details, 0 grown, coverage" in result.output
    assert "stays as it is" in result.output


def test_a_dry_run_tells_the_same_and_writes_nothing(tmp_path: Path) -> None:
    folders = with_hair(tmp_path, "a.png")
    config = folders.config()
    before = sorted(tmp_path.rglob("*"))
    told = run("dilate", config, "--target", 0.7, "--dry-run")
    assert told.exit_code == 0
    assert "4 details, 2 grown" in told.output
    assert "1 of 1 files would be changed in place" in told.output
    assert sorted(tmp_path.rglob("*")) == before


def test_files_that_cannot_be_grown_are_told_and_the_rest_done(tmp_path: Path) -> None:
    folders = with_hair(tmp_path, "a.png", "b.png", "c.png", "d.png")
    (folders.masks / "b.png").write_bytes(b"")
    (folders.masks / "c.png").unlink()
    Image.new("L", (50, 50)).save(folders.masks / "d.png")
    out = tmp_path / "out"
    result = CliRunner().invoke(
        maskprep, ["dilate", str(folders.config()), "--target", "0.7", "--output", str(out)]
    )
    assert result.exit_code == 1
    assert [path.name for path in out.iterdir()] == ["a.png"]
    assert "b.png: is empty (0 bytes)" in result.output
    assert "c.png: has no mask" in result.output
    told = "d.png: is 50 x 50 px, its image 128 x 128 px: maskprep extract --resize first"
    assert told in result.output
    assert told in run("dilate", folders.config(), "--radius", 1, "--dry-run").output
    assert "1 of 4 files written" in result.output


def test_alpha_grows_and_the_picture_beneath_stays(tmp_path: Path) -> None:
    images, out = alpha_set(tmp_path), tmp_path / "out"
    result = run("dilate", images, "--alpha", "--radius", 3, "--output", out)
    assert result.exit_code == 0, result.output
    before, after = pixels(images / "a.png"), pixels(out / "a.png")
    np.testing.assert_array_equal(after[..., :3], before[..., :3])
    wanted = dilation(before[..., 3], disk(3))  # type: ignore[no-untyped-call]
    np.testing.assert_array_equal(after[..., 3], wanted)
    shown = int(((before[..., 3] == 0) & (after[..., 3] > 0)).sum())
    assert f"{shown} px that were transparent now train, over flat #000000" in result.output
    assert (out / "a.txt").read_text(encoding="utf-8") == "a figure"
    with Image.open(out / "a.png") as image:
        assert image.info["dpi"] == pytest.approx((144, 144), abs=0.1)


def test_hidden_colours_are_filled_before_they_show(tmp_path: Path) -> None:
    images, out = alpha_set(tmp_path), tmp_path / "out"
    result = run(
        "dilate", images, "--alpha", "--radius", 3, "--fill-hidden", "edge", "--output", out
    )
    assert result.exit_code == 0, result.output
    assert "now train" not in result.output
    after = pixels(out / "a.png")
    assert set(map(tuple, after[after[..., 3] > 0][:, :3])) == {(200, 120, 80)}


def test_pictures_that_pillow_enlarges_are_told(tmp_path: Path) -> None:
    images = alpha_set(tmp_path)
    words = "which turns what stays transparent black"
    arguments = ("dilate", images, "--alpha", "--radius", 1, "--dry-run")
    assert words in run(*arguments, "--resolution", 256).output
    assert words not in run(*arguments, "--resolution", 128, "--min-bucket-reso", 64).output


def test_an_image_without_alpha_comes_along_as_it_is(tmp_path: Path) -> None:
    images, out = alpha_set(tmp_path), tmp_path / "out"
    Image.new("RGB", (64, 64), (1, 2, 3)).save(images / "b.png")
    result = run("dilate", images, "--alpha", "--radius", 1, "--output", out)
    assert result.exit_code == 0, result.output
    assert (out / "b.png").read_bytes() == (images / "b.png").read_bytes()
    assert "b.png: has no alpha channel: it trains whole" in result.output


def test_soft_dots_below_the_target_are_left_and_told_with_exit_0(tmp_path: Path) -> None:
    folders = Folders(tmp_path).add()
    mask = drawn(FIGURE)
    mask[20:26, 20:26] = 150
    Image.fromarray(mask).save(folders.masks / "a.png")
    before = (folders.masks / "a.png").read_bytes()
    out = tmp_path / "out"
    result = run("dilate", folders.config(), "--target", 0.7, "--output", out)
    assert result.exit_code == 0
    assert "1 left under 0.7: no radius lifts them" in result.output
    assert (out / "a.png").read_bytes() == before


@pytest.mark.parametrize(
    "options",
    [
        [],
        ["--radius", "2", "--target", "0.5"],
        ["--radius", "0"],
        ["--target", "1.5"],
        ["--cells", "-1"],
        ["--radius", "nan"],
        ["--radius", "2", "--feather", "1e9"],
        ["--radius", "2", "--feather", "nan"],
    ],
)
def test_a_growth_that_is_none_is_a_usage_error(tmp_path: Path, options: list[str]) -> None:
    folders = with_hair(tmp_path, "a.png")
    result = run("dilate", folders.config(), "--output", tmp_path / "out", *options)
    assert result.exit_code == 2
    assert not (tmp_path / "out").exists()


def test_a_set_without_masks_is_refused(tmp_path: Path) -> None:
    folders = Folders(tmp_path).add()
    config = folders.config()
    text = config.read_text(encoding="utf-8").replace("conditioning_data_dir", "#")
    config.write_text(text, encoding="utf-8")
    with pytest.raises(MaskprepError, match="no image has a mask"):
        dilate(found(config), Destination(tmp_path / "out"), radius=1)


def test_what_many_files_have_in_common_is_told_once(tmp_path: Path) -> None:
    images = alpha_set(tmp_path)
    for name in ("b.png", "c.png"):
        Image.new("RGB", (64, 64)).save(images / name)
    result = run("dilate", images, "--alpha", "--radius", 1, "--dry-run")
    told = "b.png (and 1 more file): has no alpha channel: it trains whole"
    assert told in result.output
    assert result.output.count("has no alpha channel") == 1
