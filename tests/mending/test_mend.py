"""Findings mended: after a fix the same check is clean, and nothing is lost."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from click.testing import Result
from PIL import Image

from maskprep.mending.fixes import FIXES, Fix
from maskprep.mending.repairs import REPAIRS
from maskprep.rules import all_rules
from tests.commands import all_of, run
from tests.datasets import FIGURE, Folders, drawn, image_folder
from tests.places import SAMPLES
from tests.rule_samples import RuleSample, rule_samples

BAD = {sample.name: sample for sample in rule_samples() if sample.half == "bad"}


def contents(root: Path) -> dict[str, bytes]:
    files = (path for path in sorted(root.rglob("*")) if path.is_file())
    return {str(path.relative_to(root)): path.read_bytes() for path in files}


def found_names(result: Result) -> set[str]:
    return {each["name"] for each in json.loads(result.stdout)["findings"]}


def options_of(fix: Fix) -> list[str]:
    if fix.asked:
        return ["--fix", fix.asked]
    return ["--fix"] if fix.safe else ["--fix", "--unsafe-fixes"]


@pytest.mark.parametrize("fix", FIXES, ids=lambda each: each.rule)
def test_after_a_fix_its_rule_is_silent(
    fix: Fix, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sample: RuleSample = BAD[fix.rule]
    root = tmp_path / "set"
    root.mkdir()
    sample.copy_to(root)
    monkeypatch.chdir(root)
    before = contents(root)
    words = ("check", *sample.arguments, "--format", "json")
    assert fix.rule in found_names(run(*words))
    fixed = run(*words, *options_of(fix))
    assert fix.words in fixed.stderr
    assert fix.rule not in found_names(fixed)
    again = run(*words)
    assert fix.rule not in found_names(again)
    assert found_names(again) - {"everything-trained"} <= found_names(run(*words))
    after = set(contents(tmp_path).values())
    assert [name for name, content in before.items() if content not in after] == []


@pytest.mark.parametrize("fix", FIXES, ids=lambda each: each.rule)
def test_a_diff_tells_it_and_changes_nothing(
    fix: Fix, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sample = BAD[fix.rule]
    sample.copy_to(tmp_path)
    monkeypatch.chdir(tmp_path)
    before = contents(tmp_path)
    told = run("check", *sample.arguments, "--diff", *options_of(fix))
    assert f"would be {fix.words} [{fix.rule}]" in told.stderr
    assert fix.rule in told.stdout
    assert contents(tmp_path) == before


def test_every_fix_is_of_a_rule_and_has_its_repair() -> None:
    known = {each.name for each in all_rules()}
    assert [fix.rule for fix in FIXES if fix.rule not in known] == []
    assert REPAIRS.keys() == {fix.rule for fix in FIXES}
    assert len({fix.rule for fix in FIXES}) == len(FIXES)


def test_what_could_lose_something_is_not_done_unasked(tmp_path: Path) -> None:
    folders = Folders(tmp_path).add("a.png").add("b.png")
    Image.fromarray(drawn(FIGURE)).resize((64, 64)).save(folders.masks / "a.png")
    (folders.masks / "b.png").unlink()
    before = contents(tmp_path)
    result = run("check", folders.config(), "--fix")
    assert result.exit_code == 1
    assert "0 files mended" in result.stderr
    assert {name: content for name, content in contents(tmp_path).items() if name in before} == (
        before
    )
    assert run("check", folders.config(), "--fix", "--unsafe-fixes").exit_code == 1
    assert run("check", folders.config(), "--fix", "missing=white").exit_code == 0


def test_one_file_with_several_defects_is_mended_step_by_step(tmp_path: Path) -> None:
    folders = Folders(tmp_path).add("a.png")
    wide = drawn(FIGURE).astype(np.uint16) * 257
    (folders.masks / "a.png").unlink()
    cv2.imwrite(str(folders.masks / "A_mask.png"), wide)
    original = (folders.masks / "A_mask.png").read_bytes()
    result = run("check", folders.config(), "--fix")
    assert result.exit_code == 0, all_of(result)
    assert "0 errors, 0 warnings" in result.stdout
    with Image.open(folders.masks / "a.png") as image:
        np.testing.assert_array_equal(np.asarray(image), drawn(FIGURE))
    (backup,) = tmp_path.glob("masks.maskprep-backup-*")
    assert (backup / "A_mask.png").read_bytes() == original


def test_a_name_that_is_taken_stays_whose_it_is(tmp_path: Path) -> None:
    folders = Folders(tmp_path).add("a.png")
    for name in ("b.png", "b.Png"):
        Image.new("RGB", (128, 128), len(name)).save(folders.images / name)
    Image.new("RGB", (128, 128), "blue").save(folders.images / "b.tif")
    Image.fromarray(drawn(FIGURE)).save(folders.masks / "b.png")
    before = contents(folders.images)
    for options in (("--fix", "--diff"), ("--fix",)):
        result = run("check", folders.config(), *options)
        assert "0 files" in result.stderr
        assert contents(folders.images) == before
    told = run("check", folders.config(), "--format", "concise").stdout
    assert "b.tif: MP110 is not seen by the trainer: b.png is used" in told


def test_two_images_of_one_stem_stay_two(tmp_path: Path) -> None:
    folder = image_folder(tmp_path / "images", ("u.png",), alpha=True)
    rgba = np.full((128, 128, 4), 90, np.uint8)
    rgba[..., 3] = drawn(FIGURE) // 255
    Image.fromarray(rgba).save(folder / "u.webp", lossless=True)
    before = contents(folder)
    result = run("check", folder, "--alpha", "--fix", "--select", "mask-label-map")
    assert "u.webp: not mended [mask-label-map]: cannot become u.png" in result.stderr
    assert result.exit_code == 1
    assert contents(folder) == before


def test_a_mask_painted_on_the_turned_view_is_turned_back(tmp_path: Path) -> None:
    folders = Folders(tmp_path).add("a.png")
    (folders.images / "a.png").unlink()
    picture = np.random.default_rng(0).integers(0, 256, (96, 128, 3), np.uint8)
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(picture).save(folders.images / "a.jpg", exif=exif)
    right = drawn(FIGURE)[:96]
    Image.fromarray(np.rot90(right, -1)).save(folders.masks / "a.png")
    words = ("--select", "mask-size-mismatch", "--fix", "--unsafe-fixes")
    assert run("check", folders.config(), *words).exit_code == 0
    with Image.open(folders.masks / "a.png") as image:
        np.testing.assert_array_equal(np.asarray(image), right)


@pytest.mark.parametrize("ending", ["pgm", "pbm", "ppm"])
def test_a_netpbm_mask_is_seen_and_written_as_png(ending: str, tmp_path: Path) -> None:
    folders = Folders(tmp_path).add("a.png").add("b.png")
    (folders.masks / "b.png").unlink()
    mode = {"pgm": "L", "pbm": "1", "ppm": "RGB"}[ending]
    Image.fromarray(drawn(FIGURE)).convert(mode).save(folders.masks / f"b.{ending}")
    config = folders.config()
    told = run("check", config, "--format", "concise").stdout
    assert f"b.{ending}: MP110 the trainer does not see .{ending} files" in told
    assert run("check", config, "--fix").exit_code == 0
    with Image.open(folders.masks / "b.png") as image:
        np.testing.assert_array_equal(np.asarray(image), drawn(FIGURE))


def test_a_kind_that_is_not_opened_is_named(tmp_path: Path) -> None:
    folders = Folders(tmp_path).add("a.png").add("b.png")
    (folders.masks / "b.png").unlink()
    (folders.masks / "b.heic").write_bytes(b"\0\0\0\x18ftypheic" + bytes(64))
    result = run("check", folders.config(), "--fix")
    assert "b.heic: MP110" in run("check", folders.config(), "--format", "concise").stdout
    assert "b.heic: not mended [extension-ignored]: is HEIC" in result.stderr


def test_of_several_candidates_none_is_picked(tmp_path: Path) -> None:
    folders = Folders(tmp_path).add("a.png").add("b.png")
    (folders.masks / "b.png").unlink()
    for ending in ("tif", "gif", "Png"):
        Image.fromarray(drawn(FIGURE)).save(folders.masks / f"b.{ending}")
    before = contents(folders.masks)
    result = run("check", folders.config(), "--fix", "--select", "extension-ignored")
    assert "one of b.Png, b.gif, b.tif counts: take the others out" in result.stderr
    assert contents(folders.masks) == before


def test_several_labels_are_left_to_the_owner(tmp_path: Path) -> None:
    folders = Folders(tmp_path).add("a.png")
    labels = np.minimum(drawn(FIGURE), 1)
    labels[:8] = 2
    Image.fromarray(labels).save(folders.masks / "a.png")
    result = run("check", folders.config(), "--fix")
    assert result.exit_code == 1
    assert "its set holds the labels 1, 2: say which train" in result.stderr


def test_a_faint_mask_is_no_label_of_its_set(tmp_path: Path) -> None:
    folders = Folders(tmp_path).add("a.png").add("b.png").add("c.png")
    shape = drawn(FIGURE) > 0
    for name, value in (("a.png", 1), ("b.png", 1), ("c.png", 30)):
        Image.fromarray(np.where(shape, value, 0).astype(np.uint8)).save(folders.masks / name)
    result = run("check", folders.config(), "--fix")
    assert "its only paint is 30, that of its set is 1" in result.stderr
    assert "its set holds the labels" not in result.stderr
    largest = [np.asarray(Image.open(folders.masks / f"{name}.png")).max() for name in "abc"]
    assert largest == [255, 255, 30]


def test_a_label_is_the_same_class_in_all_of_a_set(tmp_path: Path) -> None:
    folders = Folders(tmp_path).add("a.png").add("b.png")
    for label, name in ((1, "a.png"), (2, "b.png")):
        mask = np.where(drawn(FIGURE) > 0, label, 0).astype(np.uint8)
        Image.fromarray(mask).save(folders.masks / name)
    result = run("check", folders.config(), "--fix")
    assert "0 files mended, 2 not" in result.stderr


def saved(folders: Folders, mask: np.ndarray[Any, Any], name: str = "a.png") -> Folders:
    Image.fromarray(mask).save(folders.masks / name)
    return folders


def test_ids_of_instances_are_not_scaled_away(tmp_path: Path) -> None:
    """Datumaro writes them so: 0, 1 and 258 in 16 bits."""
    ids = np.where(drawn(FIGURE) > 0, 1, 0).astype(np.uint16)
    ids[96:][ids[96:] > 0] = 258
    folders = saved(Folders(tmp_path).add("a.png"), ids)
    before = (folders.masks / "a.png").read_bytes()
    result = run("check", folders.config(), "--fix", "--unsafe-fixes")
    assert result.exit_code == 1
    assert "is a label map (1, 258): say which train" in result.stderr
    assert (folders.masks / "a.png").read_bytes() == before


def test_a_mend_that_leaves_a_mask_faint_is_refused(tmp_path: Path) -> None:
    dim = cv2.GaussianBlur(drawn(FIGURE), (0, 0), 2).astype(np.uint16) * 64
    folders = saved(Folders(tmp_path).add("a.png"), dim)
    result = run("check", folders.config(), "--fix")
    assert "mended so, it is faint" in result.stderr
    assert "--levels 0," in result.stderr
    assert "0 files mended, 1 not" in result.stderr


def test_faint_paint_and_grey_grounds_are_stretched(tmp_path: Path) -> None:
    folders = saved(Folders(tmp_path).add("a.png").add("b.png"), drawn(FIGURE) // 255 * 60)
    saved(folders, np.where(drawn(FIGURE) > 0, 255, 30).astype(np.uint8), "b.png")
    assert run("check", folders.config(), "--fix").exit_code == 1
    assert run("check", folders.config(), "--fix", "--unsafe-fixes").exit_code == 0
    for name in ("a.png", "b.png"):
        with Image.open(folders.masks / name) as image:
            np.testing.assert_array_equal(np.asarray(image), drawn(FIGURE))


@pytest.mark.parametrize("value", [1, 60])
def test_an_alpha_is_mended_in_its_image(value: int, tmp_path: Path) -> None:
    folder = image_folder(tmp_path / "images", ("a.png",))
    rgba = np.full((128, 128, 4), 90, np.uint8)
    rgba[..., 3] = drawn(FIGURE) // 255 * value
    Image.fromarray(rgba).save(folder / "a.png")
    before = (folder / "a.png").read_bytes()
    result = run("check", folder, "--alpha", "--fix", "--unsafe-fixes", "--ignore", "MP208")
    assert "not mended" not in result.stderr
    with Image.open(folder / "a.png") as image:
        now = np.asarray(image)
    np.testing.assert_array_equal(now[..., 3], drawn(FIGURE))
    np.testing.assert_array_equal(now[..., :3], rgba[..., :3])
    (backup,) = tmp_path.glob("images.maskprep-backup-*")
    assert (backup / "a.png").read_bytes() == before


def test_labels_in_an_alpha_are_left_to_the_owner(tmp_path: Path) -> None:
    folder = image_folder(tmp_path / "images", ("a.png",))
    rgba = np.full((128, 128, 4), 90, np.uint8)
    rgba[..., 3] = drawn(FIGURE) // 255
    rgba[:20, :20, 3] = 2
    Image.fromarray(rgba).save(folder / "a.png")
    before = (folder / "a.png").read_bytes()
    result = run("check", folder, "--alpha", "--fix", "--select", "mask-label-map")
    assert "holds the labels 1, 2: say which train" in result.stderr
    assert (folder / "a.png").read_bytes() == before


def pages(path: Path, *arrays: np.ndarray[Any, Any]) -> None:
    first, *rest = (Image.fromarray(each) for each in arrays)
    first.save(path, save_all=bool(rest), append_images=rest)


def test_a_safe_fix_guesses_no_shape(tmp_path: Path) -> None:
    folders = Folders(tmp_path).add("a.png").add("b.png").add("c.png")
    green = np.dstack([drawn(FIGURE) * 0, drawn(FIGURE), drawn(FIGURE) * 0])
    pages(folders.masks / "a.tif", green, drawn(FIGURE))
    pages(folders.masks / "b.tif", green)
    pages(folders.masks / "c.tif", drawn(FIGURE))
    for name in "abc":
        (folders.masks / f"{name}.png").unlink()
    told = run("check", folders.config(), "--fix").stderr
    assert "has 2 pages, frames or layers" in told
    assert "its shape has to be guessed (all its paint shows in green)" in told
    assert sorted(path.name for path in folders.masks.iterdir()) == ["a.tif", "b.tif", "c.png"]


def test_a_working_file_beside_its_mask_is_left_alone(tmp_path: Path) -> None:
    folders = Folders(tmp_path).add("a.png")
    pages(folders.masks / "a.tif", drawn(FIGURE) // 2)
    before = contents(tmp_path)
    result = run("check", folders.config(), "--fix", "--unsafe-fixes", "--format", "json")
    (finding,) = json.loads(result.stdout)["findings"]
    assert finding["severity"] == "info"
    assert "a.png is used" in finding["message"]
    assert {name: each for name, each in contents(tmp_path).items() if name in before} == before


@pytest.mark.parametrize("sigma", [1, 2, 3, 6])
def test_hidden_colours_are_those_that_show_in_full(sigma: float, tmp_path: Path) -> None:
    """A matte laid on nothing: black under alpha 0, and towards it ever darker."""
    folder = image_folder(tmp_path / "images", ("a.png",))
    matte = cv2.GaussianBlur(cv2.resize(drawn(FIGURE), (256, 256)), (0, 0), sigma)
    rgb = np.full((256, 256, 3), (200, 140, 110)) * (matte[..., None] / 255)
    Image.fromarray(np.dstack([rgb.round().astype(np.uint8), matte])).save(folder / "a.png")
    wanted = {"hidden-colour", "alpha-multiplied"}
    words = ("check", folder, "--alpha", "--format", "json", "--resolution", "256")
    assert found_names(run(*words)) >= wanted
    mended = found_names(run(*words, "--fix", "--unsafe-fixes"))
    assert mended & wanted == {"alpha-multiplied"}
    with Image.open(folder / "a.png") as image:
        assert np.abs(np.asarray(image)[0, 0].astype(int) - (200, 140, 110, 0)).max() <= 4


def test_what_a_webp_smeared_is_told_and_filled(tmp_path: Path) -> None:
    folder = image_folder(tmp_path / "images", ("a.webp",))
    rgb = Image.open(SAMPLES / "photo" / "images" / "astronaut.png").convert("RGB")
    rgb.putalpha(Image.open(SAMPLES / "photo" / "masks" / "astronaut.png").convert("L"))
    rgb.save(folder / "a.webp", lossless=True)
    words = ("check", folder, "--alpha", "--format", "json", "--select", "MP208")
    (finding,) = json.loads(run(*words).stdout)["findings"]
    assert "is transparent over made-up colours, at its edge up to " in finding["message"]
    assert "(WebP: exact)" in finding["fix"]
    assert not found_names(run(*words, "--fix", "--unsafe-fixes"))


def test_ignored_rules_are_not_mended(tmp_path: Path) -> None:
    folders = Folders(tmp_path).add("a.png")
    cv2.imwrite(str(folders.masks / "a.png"), drawn(FIGURE).astype(np.uint16) * 257)
    before = (folders.masks / "a.png").read_bytes()
    run("check", folders.config(), "--fix", "--ignore", "mask-16bit")
    assert (folders.masks / "a.png").read_bytes() == before


def test_pictures_show_what_would_change(tmp_path: Path) -> None:
    folders = Folders(tmp_path).add("a.png").add("b.png")
    soft = cv2.GaussianBlur(drawn(FIGURE), (0, 0), 2).astype(np.uint16) * 257
    cv2.imwrite(str(folders.masks / "a.png"), soft)
    (folders.images / "b.txt").write_text("\ufeffa caption", encoding="utf-8")
    pictures = tmp_path / "pictures"
    result = run("check", folders.config(), "--diff", "--diff-images", pictures)
    assert [path.name for path in pictures.iterdir()] == ["a.png"]
    assert "-<BOM>a caption" in result.stderr
    assert "+a caption" in result.stderr


@pytest.mark.parametrize("options", [["--unsafe-fixes"], ["--diff-images", "x"]])
def test_options_without_a_fix_are_usage_errors(tmp_path: Path, options: list[str]) -> None:
    config = Folders(tmp_path).add().config()
    assert run("check", config, *options).exit_code == 2


def test_a_dataset_after_fix_is_a_dataset(tmp_path: Path) -> None:
    config = Folders(tmp_path).add().config()
    assert run("check", "--fix", config).exit_code == 0
    assert run("check", "--fix", "missing=white", config).exit_code == 0
