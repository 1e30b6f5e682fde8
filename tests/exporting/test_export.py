"""Configurations written of folders: what stands in them, and that the trainer takes them."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import toml
from click.testing import Result
from PIL import Image

from maskprep.dataset.folders import ImageFolder
from maskprep.errors import MaskprepError
from maskprep.exporting.balance import even_repeats, shares
from maskprep.exporting.export import export_config, save_config
from maskprep.model import MaskSource, Severity, Size
from maskprep.trainers import find_model, find_trainer
from maskprep.trainers.base import in_role
from maskprep.trainers.draft import ConfigDraft, SubsetDraft
from maskprep.trainers.roles import WritesConfigurations
from maskprep.trainers.sd_scripts.compose import bounds, quoted
from tests import commands
from tests.backups import originals
from tests.datasets import FIGURE, checked, found, image_folder, mask_folder, names
from tests.places import ROOT, names_of_bytes

TRAINER = find_trainer("sd-scripts")
WRITER = in_role(TRAINER, WritesConfigurations)
HALF = ("########........\n") * 16
QUARTER = ("####............\n") * 16


def run(*arguments: object) -> Result:
    return commands.run("export-config", *arguments)


def printed(*arguments: object) -> dict[str, Any]:
    """Parse what the command prints, with the trainer's own parser."""
    result = run(*arguments)
    assert result.exit_code == 0, result.stderr
    return toml.loads(result.stdout)


def subsets_of(config: dict[str, Any]) -> list[dict[str, Any]]:
    return [subset for dataset in config["datasets"] for subset in dataset["subsets"]]


@pytest.fixture
def mixed(tmp_path: Path) -> list[object]:
    """Make a folder of each kind, and the arguments that name them all."""
    return [
        image_folder(tmp_path / "images"),
        *("--masks", mask_folder(tmp_path / "masks")),
        *("--alpha-dir", image_folder(tmp_path / "alpha", alpha=True)),
        *("--plain", image_folder(tmp_path / "plain")),
        *("--reg", image_folder(tmp_path / "reg")),
    ]


# The whole way


@pytest.mark.parametrize("version", TRAINER.versions)
@pytest.mark.parametrize("model", TRAINER.models)
def test_every_trainer_and_model_takes_what_is_written(
    version: str, model: str, mixed: list[object], tmp_path: Path
) -> None:
    out, trainer = tmp_path / "set.toml", f"sd-scripts@{version}"
    result = run(*mixed, "--trainer", trainer, "--model", model, "-o", out)
    assert result.exit_code == 0
    assert f"--dataset_config {out} --masked_loss" in result.stdout
    report = checked(out, trainer, model)
    assert report.stops == ()
    assert names(report) <= {"trained-whole", "upscaled"}  # --plain means it, and they are small
    assert "trained-whole" in names(report)
    assert [(count.masked, count.whole, count.ignored) for count in report.counts] == [
        (1, 0, 0),
        (1, 2, 0),
    ]


@pytest.mark.parametrize("version", TRAINER.versions)
@pytest.mark.parametrize(
    ("folder", "masks"), [("character", True), ("character-alpha", False), ("photo", True)]
)
def test_the_samples_are_exported_clean(
    folder: str, masks: bool, version: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    source = ["--masks", f"samples/{folder}/masks"] if masks else ["--alpha"]
    out, trainer = tmp_path / "set.toml", f"sd-scripts@{version}"
    result = run(f"samples/{folder}/images", *source, "-o", out, "--trainer", trainer)
    assert (result.exit_code, result.stderr) == (0, "")
    assert ("--masked_loss" in result.stdout) is masks
    report = checked(out, trainer)
    loud = {each.name for each in report.findings if each.severity is not Severity.INFO}
    # Which the samples are drawn to show; the photograph is half as large as the resolution.
    assert loud - {"stretch-shift"} <= {"detail-lost", "upscaled"}
    assert "stretch-shift" not in loud or version == "0.10"
    assert report.stops == ()
    (count,) = report.counts
    assert count.masked == len(report.rows) > 0


def test_kinds_stand_in_the_blocks_that_the_schema_wants(mixed: list[object]) -> None:
    with_files, others = printed(*mixed)["datasets"]
    assert [set(subset) for subset in with_files["subsets"]] == [
        {"image_dir", "conditioning_data_dir", "num_repeats"}
    ]
    kinds = [(Path(s["image_dir"]).name, set(s)) for s in others["subsets"]]
    assert kinds == [
        ("alpha", {"image_dir", "alpha_mask", "num_repeats"}),
        ("plain", {"image_dir", "num_repeats"}),
        ("reg", {"image_dir", "is_reg", "num_repeats"}),
    ]


def test_regularisation_alone_in_its_block_is_written_so_that_it_trains(tmp_path: Path) -> None:
    images, masks = image_folder(tmp_path / "images"), mask_folder(tmp_path / "masks")
    reg, out = image_folder(tmp_path / "reg"), tmp_path / "set.toml"
    result = run(images, "--masks", masks, "--reg", reg, "-o", out)
    assert "is_reg" not in subsets_of(toml.load(out))[1]
    assert "without is_reg" in out.read_text(encoding="utf-8")
    assert f"{reg.as_posix()}: written without is_reg" in result.stderr
    assert [count.whole for count in checked(out).counts] == [0, 1]


def test_surplus_regularisation_images_are_remarked(tmp_path: Path) -> None:
    reg = image_folder(tmp_path / "reg", ("a.png", "b.png"))
    alpha = image_folder(tmp_path / "alpha", alpha=True)
    result = run(alpha, "--alpha", "--reg", reg)
    assert f"{reg.as_posix()}: 1 of its 2 regularisation images never train" in result.stderr
    assert "regularisation" not in run(alpha, "--alpha", "--reg", reg, "--repeats", 2).stderr


# Resolution and buckets


def test_settings_are_the_models_unless_given(tmp_path: Path) -> None:
    folder = image_folder(tmp_path / "alpha", alpha=True)
    assert printed(folder, "--alpha", "--model", "sd15")["general"] == {
        "resolution": 512,
        "enable_bucket": True,
        "min_bucket_reso": 256,
        "max_bucket_reso": 1024,
        "bucket_reso_steps": 64,
        "caption_extension": ".txt",
    }
    given = printed(folder, "--alpha", "--resolution", "200,1000", "--batch-size", 3)["general"]
    assert given["resolution"] == [200, 1000]
    assert (given["min_bucket_reso"], given["max_bucket_reso"]) == (192, 2016)
    assert given["batch_size"] == 3


@pytest.mark.parametrize("model", TRAINER.models.values(), ids=lambda model: model.name)
def test_bounds_are_legal_for_any_resolution(model: Any) -> None:
    for width in range(64, 2049, 37):
        for height in (width, 64, 2048, width // 2 + 33):
            shortest, longest = bounds(Size(width, height), model)
            assert 0 < shortest <= min(width, height, 256)
            assert longest >= 2 * max(width, height)
            assert shortest % model.bucket_step == longest % model.bucket_step == 0


@pytest.mark.parametrize("resolution", ["64", "101", "200", "333,1777", "2048"])
@pytest.mark.parametrize("model", ["sd15", "sdxl", "anima"])
def test_any_resolution_starts(resolution: str, model: str, tmp_path: Path) -> None:
    folder, out = image_folder(tmp_path / "alpha", alpha=True), tmp_path / "set.toml"
    result = run(folder, "--alpha", "--resolution", resolution, "--model", model, "-o", out)
    assert result.exit_code == 0, result.stderr
    assert names(checked(out, model=model)) <= {"upscaled"}


def test_a_resolution_below_one_step_is_refused(tmp_path: Path) -> None:
    folder = image_folder(tmp_path / "alpha", alpha=True)
    result = run(folder, "--alpha", "--resolution", 63, "--model", "sd15")
    assert result.exit_code == 2
    assert "64 is the least" in result.stderr


# Repeats


def test_folder_names_say_repeats_and_the_option_overrides_them(tmp_path: Path) -> None:
    arguments: list[object] = [
        image_folder(tmp_path / "10_cat", alpha=True),
        image_folder(tmp_path / "10", alpha=True),
        "--alpha",
        *("--reg", image_folder(tmp_path / "3_any")),
    ]
    assert [each["num_repeats"] for each in subsets_of(printed(*arguments))] == [10, 1, 3]
    again = subsets_of(printed(*arguments, "--repeats", 4))
    assert [each["num_repeats"] for each in again] == [4, 4, 3]


def test_a_parent_stands_for_its_sub_folders(tmp_path: Path) -> None:
    for name in ("5_dog", "10_cat"):
        image_folder(tmp_path / "images" / name)
    image_folder(tmp_path / "images" / "spare")
    (tmp_path / "images" / "2_empty").mkdir()
    mask_folder(tmp_path / "masks" / "10_cat")
    mask_folder(tmp_path / "masks" / "dog")
    result = run(tmp_path / "images", "--masks", tmp_path / "masks")
    subsets = subsets_of(toml.loads(result.stdout))
    assert [(Path(s["image_dir"]).name, s["num_repeats"]) for s in subsets] == [
        ("10_cat", 10),
        ("5_dog", 5),
    ]
    assert [Path(s["conditioning_data_dir"]).name for s in subsets] == ["10_cat", "dog"]
    assert "spare: left out" in result.stderr
    assert "2_empty: left out" in result.stderr
    (tmp_path / "masks" / "dog").rename(tmp_path / "masks" / "dogs")
    result = run(tmp_path / "images", "--masks", tmp_path / "masks")
    assert result.exit_code == 2
    assert "5_dog: its masks are missing" in result.stderr
    assert "neither folder 5_dog nor dog" in result.stderr


def test_balance_gives_even_shares(tmp_path: Path) -> None:
    # Sums of mean weights: 2 x 1/2 = 1, 1 x 1/4, 1 whole.
    names_of_two = ("a.png", "b.png")
    out = tmp_path / "set.toml"
    result = run(
        image_folder(tmp_path / "half", names_of_two),
        *("--masks", mask_folder(tmp_path / "masks", names_of_two, art=HALF)),
        *("--alpha-dir", image_folder(tmp_path / "quarter", art=QUARTER, alpha=True)),
        *("--plain", image_folder(tmp_path / "2_plain")),
        *("--reg", image_folder(tmp_path / "7_reg")),
        *("--balance", "--resolution", 128, "-o", out),
    )
    assert result.exit_code == 0, result.stderr
    subsets = subsets_of(toml.load(out))
    assert [subset["num_repeats"] for subset in subsets] == [1, 4, 1, 7]
    assert out.read_text(encoding="utf-8").count("33.3% of the gradient") == 3


def test_repeats_are_the_smallest_that_are_nearly_best() -> None:
    assert even_repeats([1.0]) == [1]
    assert even_repeats([9.0, 6.0]) == [2, 3]
    # 2 : 1.99 is 1 : 1 within a percent.
    assert even_repeats([2.0, 1.99]) == [1, 1]
    # 7 / 5 = 1.4: 3 : 4 is off by less than 5 %, 5 : 7 would be an epoch nearly twice as long.
    assert even_repeats([7.0, 5.0]) == [3, 4]
    # Three folders, where 4 : 6 : 1 is as good as 21 : 31 : 5.
    assert even_repeats([1.5, 1.0, 6.2]) == [4, 6, 1]
    assert shares([7.0, 5.0], [5, 7]) == [0.5, 0.5]


def test_masks_that_train_nothing_cannot_be_balanced(tmp_path: Path) -> None:
    black = image_folder(tmp_path / "black", art="................\n" * 16, alpha=True)
    result = run(black, "--alpha", "--balance")
    assert result.exit_code == 2
    assert "its masks train nothing" in result.stderr


# Captions


def test_captions_are_found_by_majority(tmp_path: Path) -> None:
    folder = image_folder(tmp_path / "a", ("a.png", "b.png"), alpha=True, captions=".tags")
    image_folder(folder, ("c.png",), alpha=True)
    image_folder(folder, ("d.png",), alpha=True, captions=None)
    result = run(folder, "--alpha")
    assert toml.loads(result.stdout)["general"]["caption_extension"] == ".tags"
    assert "captions end in .txt (1), .tags (2): only .tags is read" in result.stderr
    assert "2 of 4 images have no .tags caption" in result.stderr


def test_captions_that_differ_between_folders_stand_in_each(tmp_path: Path) -> None:
    folders = [
        image_folder(tmp_path / ending, alpha=True, captions=f".{ending}")
        for ending in ("txt", "cap")
    ]
    config = printed(*folders, "--alpha")
    assert "caption_extension" not in config["general"]
    assert [each["caption_extension"] for each in subsets_of(config)] == [".txt", ".cap"]
    given = printed(folders[0], "--alpha", "--caption-extension", "caption")
    assert given["general"]["caption_extension"] == ".caption"


def test_without_captions_no_extension_is_written(tmp_path: Path) -> None:
    result = run(image_folder(tmp_path / "a", alpha=True, captions=None), "--alpha")
    assert "caption_extension" not in result.stdout
    assert "there are no captions" in result.stderr


# Paths


#: Windows has no such names: a backslash parts folders there.
_NOT_ON_WINDOWS = ('say "x"', "'\\", "two\nlines", "tab\t", "\x1b[1m", '"""')


@pytest.mark.parametrize(
    "name",
    [
        *("a b", "it's", "back\\slash", "back\\users", "日本語", "a#b", "[a]", "{a}", "a=b"),
        *("a,b", "$HOME", "é" * 80, "]]"),
        *(pytest.param(each, marks=names_of_bytes) for each in _NOT_ON_WINDOWS),
    ],
)
def test_odd_names_survive(name: str, tmp_path: Path) -> None:
    images, masks = image_folder(tmp_path / name), mask_folder(tmp_path / f"{name} masks")
    out = tmp_path / f"{name}.toml"
    result = run(images, "--masks", masks, "-o", out)
    assert result.exit_code == 0, result.stderr
    (subset,) = subsets_of(toml.load(out))
    assert (subset["image_dir"], subset["conditioning_data_dir"]) == (
        images.as_posix(),
        masks.as_posix(),
    )
    assert names(checked(out)) == {"upscaled"}


@names_of_bytes
def test_names_that_cannot_be_written_are_refused(tmp_path: Path) -> None:
    for name in (os.fsdecode(b"\xff\xfe"), "'\x7f\\u["):
        folder = image_folder(tmp_path / name, alpha=True)
        result = run(folder, "--alpha")
        assert result.exit_code == 2
        assert "the trainer's TOML parser cannot read this name" in result.stderr
    with pytest.raises(MaskprepError, match="cannot read"):
        quoted("'\x7f\\u[")


def test_paths_are_absolute_unless_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = image_folder(tmp_path / "a", alpha=True)
    monkeypatch.chdir(tmp_path)
    (subset,) = subsets_of(printed("a/", "--alpha"))
    assert subset["image_dir"] == folder.as_posix()
    result = run("./a", "--alpha", "--relative")
    assert subsets_of(toml.loads(result.stdout))[0]["image_dir"] == "./a"
    assert "Paths count from the folder in which the trainer is started." in result.stdout


# Streams and files


def test_without_a_file_the_toml_alone_is_on_stdout(mixed: list[object]) -> None:
    result = run(*mixed)
    toml.loads(result.stdout)
    assert result.stdout.startswith("# Data set")
    assert result.stderr == "Start the trainer with: --dataset_config FILE --masked_loss\n"


def test_comments_stand_in_one_column(mixed: list[object]) -> None:
    lines = run(*mixed).stdout.splitlines()
    general = lines[lines.index("[general]") + 1 : lines.index("[[datasets]]") - 1]
    assert len({line.index("  # ") for line in general}) == 1
    assert max(map(len, general)) <= 100


def test_files_are_replaced_only_when_asked(tmp_path: Path) -> None:
    folder, out = image_folder(tmp_path / "a", alpha=True), tmp_path / "new" / "set.toml"
    assert run(folder, "--alpha", "-o", out).exit_code == 0
    out.write_text("mine", encoding="utf-8")
    result = run(folder, "--alpha", "-o", out)
    assert result.exit_code == 2
    assert "add --overwrite" in result.stderr
    assert out.read_text(encoding="utf-8") == "mine"
    assert run(folder, "--alpha", "-o", out, "--overwrite").exit_code == 0
    assert toml.load(out)


def test_a_dry_run_prints_what_would_be_written(tmp_path: Path) -> None:
    folder, out = image_folder(tmp_path / "a", alpha=True), tmp_path / "set.toml"
    result = run(folder, "--alpha", "-o", out, "--dry-run")
    assert result.exit_code == 0
    assert not out.exists()
    run(folder, "--alpha", "-o", out)
    assert out.read_text(encoding="utf-8") == result.stdout


def test_a_run_that_would_stop_is_refused_unless_forced(tmp_path: Path) -> None:
    images, masks = image_folder(tmp_path / "a", ("a.png", "b.png")), mask_folder(tmp_path / "m")
    out = tmp_path / "set.toml"
    for target in (["-o", out], []):
        result = run(images, "--masks", masks, *target)
        assert result.exit_code == 2
        assert result.stdout == ""
        assert f"{(images / 'b.png').as_posix()}: has no mask" in result.stderr
        assert "[mask-missing]; to mend it: paint one" in result.stderr
        assert "--force" in result.stderr
    assert not out.exists()
    assert run(images, "--masks", masks, "-o", out, "--force").exit_code == 0
    assert [stop.rule for stop in checked(out).stops] == ["mask-missing"]


def test_errors_that_do_not_stop_the_run_are_remarked(tmp_path: Path) -> None:
    folder, out = image_folder(tmp_path / "a"), tmp_path / "set.toml"
    result = run(folder, "--alpha", "-o", out)
    assert result.exit_code == 0
    assert f"alpha-absent (1); see maskprep check {out}" in result.stderr


# What cannot be done


def test_bad_input_is_told_in_words(tmp_path: Path) -> None:
    images, masks = image_folder(tmp_path / "a"), mask_folder(tmp_path / "m")
    alpha = image_folder(tmp_path / "alpha", alpha=True)
    (tmp_path / "empty").mkdir()
    file, gone = images / "a.png", tmp_path / "gone"
    broken, other = tmp_path / "broken.toml", tmp_path / "other.json"
    broken.write_text("a = ", encoding="utf-8")
    other.write_text("{}", encoding="utf-8")
    inline = tmp_path / "inline.toml"
    inline.write_text('datasets = [{subsets = [{image_dir = "x"}]}]', encoding="utf-8")
    for arguments, told in (
        ([], "add a FOLDER"),
        ([images], "add --masks DIR, or --alpha"),
        (["--masks", masks], "add a FOLDER"),
        ([images, "--alpha", "--masks", masks], "exclude each other"),
        ([images, alpha, images, "--masks", masks, "--masks", masks], "one for each"),
        ([images, "--alpha", "--balance", "--repeats", 2], "exclude each other"),
        ([gone, "--alpha"], "there is no such folder"),
        ([images, "--masks", gone], "there is no such folder"),
        ([file, "--alpha"], "is a file, a folder is wanted"),
        ([images, "--masks", file], "is a file, a folder is wanted"),
        ([tmp_path / "empty", "--alpha"], "there is no image in it that the trainer sees"),
        (["a\0b", "--alpha"], "cannot be a folder's name"),
        (["", "--alpha"], "there is no such folder"),
        ([alpha, f"{alpha}/", "--alpha"], "is given twice"),
        ([alpha, "--alpha", "--reg", alpha], "is given twice"),
        ([images, "--masks", images], "image folder and mask folder at once"),
        ([alpha, "--alpha", "-o", tmp_path], "is a folder"),
        ([alpha, "--alpha", "-o", file / "x.toml"], "cannot be written"),
        ([alpha, "--alpha", "-o", tmp_path / "x.json"], "by .toml"),
        ([alpha, "--alpha", "--update", broken], "line 1"),
        ([alpha, "--alpha", "--update", other], "no .toml file"),
        ([alpha, "--alpha", "--update", gone.with_suffix(".toml")], "cannot be read"),
        ([alpha, "--alpha", "--update", inline], "write each as [[datasets]]"),
        ([alpha, "--alpha", "--trainer", "x"], "unknown trainer"),
        ([alpha, "--alpha", "--model", "x"], "unknown model"),
    ):
        result = run(*arguments)
        assert result.exit_code == 2, arguments
        assert result.stdout == "", arguments
        assert told in result.stderr, arguments


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="nothing is closed to them")
def test_an_unreadable_folder_is_told(tmp_path: Path) -> None:
    folder = image_folder(tmp_path / "a", alpha=True)
    folder.chmod(0)
    try:
        assert "cannot be read" in run(folder, "--alpha").stderr
    finally:
        folder.chmod(0o755)


# Updates

OLD = """\
# The figures.
[general]   # for all
caption_extension = "txt"
resolution = 128
enable_bucket = true
min_bucket_reso = 64

# with masks in alpha
[[datasets]]
batch_size = 2   # two

  [[datasets.subsets]]
  image_dir = "images"   # people
  alpha_mask = true
  flip_aug = true    # mirrored
  num_repeats = 2    # twice
  # end of people

# whole
[[datasets]]
  [[datasets.subsets]]
  image_dir = "plain"
  # the end
"""


@pytest.fixture
def old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a hand-written configuration, its folders, and some more."""
    monkeypatch.chdir(tmp_path)
    image_folder(tmp_path / "images", alpha=True)
    image_folder(tmp_path / "plain")
    image_folder(tmp_path / "more", alpha=True)
    image_folder(tmp_path / "reg")
    mask_folder(tmp_path / "masks")
    path = tmp_path / "old.toml"
    path.write_text(OLD, encoding="utf-8", newline="")
    return path


def updated(old: Path, *arguments: object) -> str:
    result = run(*arguments, "--update", old, "--relative")
    assert result.exit_code == 0, result.stderr
    return old.read_bytes().decode("utf-8")


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_an_update_changes_its_own_lines_only(newline: str, old: Path) -> None:
    old.write_text(OLD, encoding="utf-8", newline=newline)
    text = updated(old, "images", "--masks", "masks", "--repeats", 3)
    wanted = OLD.replace(
        '  image_dir = "images"   # people\n  alpha_mask = true\n',
        '  image_dir = "images"   # people\n  conditioning_data_dir = "masks"\n',
    ).replace("num_repeats = 2    #", "num_repeats = 3    #")
    assert text == wanted.replace("\n", newline)


def test_new_folders_go_to_the_block_of_their_kind(old: Path) -> None:
    text = updated(old, "images", "--masks", "masks", "--alpha-dir", "more", "--reg", "reg")
    first = '  image_dir = "images"   # people\n'
    added = """\

  [[datasets.subsets]]
  image_dir = "more"
  alpha_mask = true

  [[datasets.subsets]]
  image_dir = "reg"
  is_reg = true
"""
    assert text == OLD.replace(
        f"{first}  alpha_mask = true\n", f'{first}  conditioning_data_dir = "masks"\n'
    ).replace('  image_dir = "plain"\n', f'  image_dir = "plain"\n{added}')


def test_a_kind_without_a_block_gets_a_new_one(old: Path) -> None:
    image_folder(old.parent / "files")
    text = updated(old, "files", "--masks", "masks", "--resolution", 256)
    assert text.startswith(f"{OLD}\n[[datasets]]\nresolution = 256 ")
    report = checked(old)
    assert report.training_set.datasets[2].settings.resolution == Size(256, 256)
    assert report.training_set.datasets[2].subsets[0].source is MaskSource.FILE


def test_a_file_without_a_last_newline_is_updated(old: Path) -> None:
    old.write_text(OLD.rstrip().removesuffix("\n  # the end"), encoding="utf-8")
    updated(old, "--alpha-dir", "more", "--reg", "reg")
    assert checked(old).stops == ()


def test_a_changed_kind_loses_what_contradicts_it(old: Path) -> None:
    old.write_text(
        OLD.replace('image_dir = "plain"', 'image_dir = "plain"\n  class_tokens = "a cat"'),
        encoding="utf-8",
    )
    result = run("plain", "--masks", "masks", "--update", old)
    assert "class_tokens 'a cat' is taken out" in result.stderr
    assert "class_tokens" not in old.read_text(encoding="utf-8")
    text = updated(old, "--reg", "plain")
    assert "conditioning_data_dir" not in text
    assert "is_reg" not in text  # alone in its block
    updated(old, "images", "--masks", "masks")
    assert "is_reg = true" in updated(old, "--reg", "plain", "--alpha-dir", "more")


def test_a_caption_ending_is_set_only_where_it_differs(old: Path) -> None:
    image_folder(old.parent / "caps", alpha=True, captions=".cap")
    text = updated(old, "--alpha-dir", "more", "--alpha-dir", "caps")
    assert text.count("caption_extension") == 2
    assert text.endswith("# whole\n" + OLD.partition("# whole\n")[2])


def test_the_old_file_is_kept_and_never_clobbered(old: Path) -> None:
    kept = []
    for repeats in (3, 4):
        before = old.read_bytes()
        result = run("--alpha-dir", "images", "--repeats", repeats, "--update", old)
        named = re.search(r"^to go back: maskprep undo .*?([^/\\]+)$", result.stdout, re.MULTILINE)
        assert named is not None
        assert re.fullmatch(r"old\.toml\.maskprep-backup-\d{8}-\d{6}(-2)?", named[1])
        assert originals(old.parent / named[1]) == {"old.toml": before}
        kept.append(named[1])
    assert len(set(kept)) == 2
    result = run("--alpha-dir", "images", "--repeats", 4, "--update", old)
    assert "stays as it is" in result.stdout
    assert len(list(old.parent.glob("old.toml.*"))) == 2


def test_an_update_to_another_file_leaves_the_old_one_alone(old: Path) -> None:
    result = run("--alpha-dir", "more", "--update", old, "-o", "new.toml")
    assert result.exit_code == 0
    assert old.read_text(encoding="utf-8") == OLD
    assert "more" in Path("new.toml").read_text(encoding="utf-8")
    result = run("--alpha-dir", "more", "--update", old, "--dry-run")
    assert result.stdout == Path("new.toml").read_text(encoding="utf-8")
    assert sorted(old.parent.glob("*.toml*")) == [old.parent / "new.toml", old]


def test_an_update_that_would_mix_kinds_is_refused(old: Path) -> None:
    updated(old, "--alpha-dir", "more")
    before = old.read_bytes()
    result = run("more", "--masks", "masks", "--update", old)
    assert result.exit_code == 2
    assert "more would stand in datasets[0] beside folders of another kind" in result.stderr
    assert old.read_bytes() == before


def test_an_update_that_would_stop_is_refused(old: Path) -> None:
    (old.parent / "masks" / "a.png").unlink()
    Image.new("L", (8, 8)).save(old.parent / "masks" / "b.png")
    result = run("images", "--masks", "masks", "--update", old)
    assert result.exit_code == 2
    assert "[mask-missing]" in result.stderr
    assert "[mask-extra]" in result.stderr
    assert old.read_text(encoding="utf-8") == OLD


def test_a_misnamed_mask_refuses_the_configuration_once(tmp_path: Path) -> None:
    images, masks = image_folder(tmp_path / "a"), mask_folder(tmp_path / "m", ("a_mask.png",))
    result = run(images, "--masks", masks)
    assert result.exit_code == 2
    assert result.stderr.count("[near-miss-name]; to mend it: rename") == 1
    assert "[mask-missing]" not in result.stderr


def test_an_update_to_its_own_name_keeps_the_old_file_too(old: Path) -> None:
    result = run("--alpha-dir", "more", "--update", old, "-o", old, "--overwrite")
    assert "old.toml.maskprep-backup-" in result.stdout


def test_files_that_the_trainer_refuses_are_told_of(old: Path) -> None:
    for text, told in (
        ("general = 3\n[[datasets]]\n[[datasets.subsets]]\nimage_dir = 4\n", "[wrong-type]"),
        ("[[datasets]]\n[[datasets.subsets]]\n", "old.toml: datasets[0] has an empty subset"),
        ("[[datasets]]\nsubsets = 3\n", "write each as [[datasets.subsets]]"),
        ("\ufeff[general]\n", "byte order mark"),
    ):
        old.write_text(text, encoding="utf-8")
        result = run("--alpha-dir", "more", "--update", old)
        assert result.exit_code == 2
        assert told in result.stderr
        assert old.read_text(encoding="utf-8") == text


def test_an_empty_file_is_filled(old: Path) -> None:
    old.write_text("", encoding="utf-8")
    assert updated(old, "--alpha-dir", "more").startswith("[[datasets]]\nresolution = 1024 ")


def test_tables_inside_a_subset_stay_where_they_are(old: Path) -> None:
    nested = "[datasets.subsets.custom_attributes]\na = 1\n\n[[datasets.subsets.custom.b]]\nc = 2"
    old.write_text(f"{OLD}  flip_aug = true\n{nested}\n# end\n", encoding="utf-8")
    result = run("--alpha-dir", "more", "--update", old, "--relative", "--dry-run", "--force")
    added = '\n  [[datasets.subsets]]\n  image_dir = "more"\n  alpha_mask = true\n'
    text = OLD.replace("    # twice\n", f"    # twice\n{added}")
    assert result.stdout == f"{text}  flip_aug = true\n{nested}\n# end\n"
    result = run("--plain", "more", "--update", old, "--relative", "--dry-run", "--force")
    assert toml.loads(result.stdout)["datasets"][0]["subsets"][1] == {"image_dir": "more"}


def test_shares_of_an_update_are_told(old: Path) -> None:
    result = run("--alpha-dir", "images", "--plain", "plain", "--balance", "--update", old)
    weight = FIGURE.count("#") / len("".join(FIGURE.split()))
    repeats = even_repeats([weight, 1.0])
    for name, times, share in zip(
        ("images", "plain"), repeats, shares([weight, 1.0], repeats), strict=True
    ):
        assert f"{name}: num_repeats {times} gives it {share:.1%} of" in result.stderr
        assert f"num_repeats = {times}" in old.read_text(encoding="utf-8")
    assert "# twice" in old.read_text(encoding="utf-8")


def test_a_folder_in_several_blocks_is_updated_in_each(old: Path) -> None:
    twice = OLD.replace('"plain"', '"images"')
    old.write_text(twice, encoding="utf-8")
    text = updated(old, "images", "--masks", "masks", "--repeats", 7)
    assert text.count('conditioning_data_dir = "masks"') == 2
    assert text.count("num_repeats = 7") == 2


# The library


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"image_dir": "/elsewhere"}, "is not in the configuration"),
        ({"source": MaskSource.FILE}, "its mask comes from alpha, not file"),
        ({"mask_dir": "/elsewhere"}, "its mask folder is"),
        ({"repeats": 9}, "its num_repeats is 2, not 9"),
        ({"is_regularisation": True}, ""),
        ({"caption_extension": ".cap"}, "its caption_extension is .txt, not .cap"),
    ],
)
def test_what_comes_back_otherwise_is_noticed(
    change: dict[str, Any], told: str, tmp_path: Path
) -> None:
    subset = SubsetDraft(
        str(image_folder(tmp_path / "a", alpha=True)),
        MaskSource.ALPHA,
        repeats=2,
        caption_extension=".txt",
    )
    draft = ConfigDraft((subset,), find_model(TRAINER, None), Size(128, 128))
    out = tmp_path / "set.toml"
    out.write_text(WRITER.compose(draft, str(out)).text, encoding="utf-8")
    datasets = found(out).datasets
    assert WRITER.differences(draft, datasets, amended=False) == ()
    other = replace(draft, subsets=(replace(subset, **change),))
    differing = WRITER.differences(other, datasets, amended=False)
    assert [each for each in differing if told in each] == list(differing)
    assert bool(differing) is bool(told)
    larger = replace(draft, resolution=Size(256, 256))
    (sentence,) = WRITER.differences(larger, datasets, amended=False)
    assert "its resolution is 128 x 128, not 256 x 256" in sentence
    assert WRITER.differences(larger, datasets, amended=True) == ()


def test_the_library_does_what_the_command_does(tmp_path: Path) -> None:
    folder, out = image_folder(tmp_path / "a", alpha=True), tmp_path / "set.toml"
    folders = [ImageFolder(str(folder), MaskSource.ALPHA)]
    model = find_model(TRAINER, None)
    config = export_config(folders, TRAINER, model, output=str(out))
    assert config.changed
    assert config.obstacles == ()
    assert save_config(config) is None
    assert out.read_text(encoding="utf-8") == config.text
    (folder / "a.txt").write_bytes(b"")
    with pytest.raises(MaskprepError, match="add --overwrite"):
        export_config(folders, TRAINER, model, output=str(out))
    stopping = export_config(folders, TRAINER, model, output=str(out), overwrite=True)
    with pytest.raises(MaskprepError, match="caption-empty"):
        save_config(stopping)
    for options in ({"repeats": 2, "balance": True}, {}):
        with pytest.raises(MaskprepError):
            export_config([], TRAINER, model, **options)  # type: ignore[arg-type]


GENERAL = """[general]
resolution = 768
enable_bucket = true
min_bucket_reso = 320
max_bucket_reso = 1536
"""


def with_plain(tmp_path: Path, text: str, *options: object) -> tuple[dict[str, Any], str]:
    """Bring a plain folder into a configuration, and read that as the trainer does."""
    alpha = image_folder(tmp_path / "alpha", alpha=True)
    masked = image_folder(tmp_path / "masked")
    masks = mask_folder(tmp_path / "masks")
    subset = f"[[datasets.subsets]]\nimage_dir = '{masked}'\nconditioning_data_dir = '{masks}'\n"
    config = tmp_path / "mine.toml"
    config.write_text(text.replace("SUBSET", subset), encoding="utf-8")
    result = run("--plain", alpha, "--update", config, *options)
    assert result.exit_code == 0, result.stderr
    return toml.loads(config.read_text(encoding="utf-8")), result.stderr + result.stdout


def test_new_blocks_inherit_what_general_says(tmp_path: Path) -> None:
    config, _ = with_plain(tmp_path, f"{GENERAL}[[datasets]]\nSUBSET")
    assert [set(block) for block in config["datasets"]] == [{"subsets"}, {"subsets"}]


def test_new_blocks_are_like_their_neighbour(tmp_path: Path) -> None:
    text = "[[datasets]]\nresolution = [512, 640]\nenable_bucket = true\nbucket_no_upscale = true\n"
    config, _ = with_plain(tmp_path, f"{text}SUBSET")
    new = config["datasets"][1]
    wanted = {"resolution": [512, 640], "enable_bucket": True, "bucket_no_upscale": True}
    assert {key: value for key, value in new.items() if key != "subsets"} == wanted


def test_a_resolution_that_is_given_wins(tmp_path: Path) -> None:
    config, told = with_plain(tmp_path, f"{GENERAL}[[datasets]]\nSUBSET", "--resolution", 512)
    new = config["datasets"][1]
    assert new["resolution"] == 512
    assert new["min_bucket_reso"] <= 512 <= new["max_bucket_reso"]
    assert "resolution and batch size go into new blocks only" in told


def test_neighbours_that_differ_are_told(tmp_path: Path) -> None:
    other = image_folder(tmp_path / "other", alpha=True)
    second = (
        f"[[datasets]]\nresolution = 256\nenable_bucket = true\n[[datasets.subsets]]\n"
        f"metadata_file = '{other}/meta.json'\n"
    )
    (other / "meta.json").write_text("{}", encoding="utf-8")
    text = "[[datasets]]\nresolution = 512\nenable_bucket = true\nSUBSET" + second
    config, told = with_plain(tmp_path, text)
    assert config["datasets"][2]["resolution"] == 512
    assert "datasets differ in resolution (256, 512)" in told


def test_flat_masks_serve_all_folders_of_a_parent(tmp_path: Path) -> None:
    parent = tmp_path / "train"
    for name, image in (("10_cat", "a.png"), ("5_dog", "b.png")):
        image_folder(parent / name, (image,))
    masks = mask_folder(tmp_path / "masks", ("a.png", "b.png"))
    config = printed(parent, "--masks", masks)
    folders = {each["conditioning_data_dir"] for each in subsets_of(config)}
    assert folders == {masks.as_posix()}
