"""From what the user points at to what the trainer would load."""

from __future__ import annotations

import json
import os
import shlex
from pathlib import Path

import pytest

from maskprep.dataset.discover import Request, discover
from maskprep.errors import MaskprepError
from maskprep.model import MaskSource, Size
from maskprep.trainers import find_model, find_trainer
from tests.commands import words_of
from tests.datasets import Folders, checked, found, names
from tests.rule_samples import request_from


def asked(target: Path | str, **options: object) -> Request:
    trainer = find_trainer("sd-scripts")
    return Request(str(target), trainer, find_model(trainer, None), **options)  # type: ignore[arg-type]


def test_fallbacks_go_subset_dataset_general_command_line_default(tmp_path: Path) -> None:
    config = tmp_path / "dataset.json"
    blocks = {
        "general": {"resolution": 640, "num_repeats": 3, "caption_extension": "txt"},
        "datasets": [
            {"resolution": [512, 768], "subsets": [{"image_dir": "x", "num_repeats": 5}]},
            {"num_repeats": 4, "subsets": [{"image_dir": "x"}]},
        ],
    }
    config.write_text(json.dumps(blocks), encoding="utf-8")
    flags = {"resolution": Size(1, 1), "max_bucket_reso": 2048}
    first, second = discover(asked(config, flags=flags)).datasets
    assert first.settings.resolution == Size(512, 768)
    assert second.settings.resolution == Size(640, 640)
    assert first.settings.max_bucket_reso == 2048
    assert first.settings.min_bucket_reso == 256
    assert first.subsets[0].settings.num_repeats == 5
    assert second.subsets[0].settings.num_repeats == 4
    assert first.subsets[0].settings.caption_extension == ".txt"


def test_folders_have_buckets_on_and_the_models_resolution(tmp_path: Path) -> None:
    folders = Folders(tmp_path).add()
    training_set = discover(asked(folders.images, masks=str(folders.masks)))
    (dataset,) = training_set.datasets
    assert training_set.config is None
    assert dataset.settings.enable_bucket
    assert dataset.settings.resolution == Size(1024, 1024)
    assert dataset.subsets[0].source is MaskSource.FILE
    (alpha,) = discover(asked(folders.images, alpha=True)).datasets
    assert alpha.subsets[0].source is MaskSource.ALPHA


def test_a_configuration_is_never_completed_by_guesses(tmp_path: Path) -> None:
    folders = Folders(tmp_path).add()
    config = tmp_path / "bare.toml"
    config.write_text(
        f"[[datasets]]\n[[datasets.subsets]]\nimage_dir = '{folders.images}'\n"
        f"conditioning_data_dir = '{folders.masks}'\n",
        encoding="utf-8",
    )
    report = checked(config)
    assert "no-resolution" in names(report)
    assert not report.starts
    assert report.rows[0].bucket is None
    assert report.rows[0].coverage is not None


def test_relative_paths_beside_the_configuration_are_followed_and_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Folders(tmp_path / "set").add()
    config = tmp_path / "set" / "dataset.toml"
    config.write_text(
        "[[datasets]]\nresolution = 128\n[[datasets.subsets]]\nimage_dir = 'images'\n"
        "conditioning_data_dir = 'masks'\ncaption_extension = '.txt'\n",
        encoding="utf-8",
    )
    monkeypatch.chdir(tmp_path)
    report = checked("set/dataset.toml")
    assert names(report) == {"relative-path"}
    assert not report.starts
    assert report.rows[0].image == os.path.join("set/images", "a.png").replace("/", os.sep)
    monkeypatch.chdir(tmp_path / "set")
    assert checked("dataset.toml").starts


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, "say where its masks are, --masks DIR or --alpha; or .*: maskprep adopt .* -o set"),
        ({"masks": "m", "alpha": True}, "exclude each other"),
    ],
)
def test_a_folder_needs_to_know_its_masks(
    options: dict[str, object], words: str, tmp_path: Path
) -> None:
    with pytest.raises(MaskprepError, match=words):
        discover(asked(tmp_path, **options))


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.toml", b"[[datasets]\n", "line 1, column"),
        ("a.toml", b"\n\nresolution = \n", "line 3, column"),
        ("a.toml", b"\xef\xbb\xbfx = 1\n", "line 1, column 1: begins with a byte order mark"),
        ("a.toml", "x = 'é'".encode("latin-1"), "is not UTF-8 at byte"),
        ("a.toml", b"x = [1, 'a']\n", "the trainer's parser"),
        ("a.toml", b'x = "C:\\Users\\me"\n', "are escapes: write 'C:\\Users\\me'"),
        ("a.toml", b"a = 1\nb = 2\na = 3\n", "line 3, column"),
        ("a.json", b"[" * 100_000, "line 1, column 1"),
        ("a.toml", b"x = 1\nx = 2\n", "line"),
        ("a.json", b'{"datasets": [}', "line 1, column"),
        ("a.json", b"", "line 1, column 1"),
    ],
)
def test_what_does_not_parse_is_told_with_its_place(
    name: str, content: bytes, words: str, tmp_path: Path
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    report = checked(path)
    assert names(report) == {"unparsable"}
    assert words in report.findings[0].message
    assert not report.starts
    assert report.counts == ()


@pytest.mark.parametrize(
    "content",
    [
        "datasets = 3",
        "datasets = ['x']",
        "general = 3",
        "[[datasets]]\nsubsets = 'x'",
        "[[datasets]]\nsubsets = 3",
        "[[datasets]]\nsubsets = [3]",
        "[[datasets]]\nsubsets = [[]]",
        "[datasets]\nresolution = 512",
        "[[datasets]]\nresolution = []",
        "subsets = []\ndatasets = []",
        "datasets = []\n[general]\nsubsets = 1",
        "[[datasets]]\nsubsets = []\n[[datasets.x]]\nsubsets = 1",
    ],
)
def test_values_of_odd_kinds_are_refused_not_crashed_on(content: str, tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_text(content, encoding="utf-8")
    report = checked(path)
    assert not report.starts
    assert report.findings


@pytest.mark.parametrize("top", ["[]", "3", '"x"', "null"])
def test_a_json_of_another_kind_is_refused(top: str, tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(top, encoding="utf-8")
    assert checked(path).stops


@pytest.mark.parametrize("step", [0, -64, 7, 10**9])
@pytest.mark.parametrize("resolution", [1, 64, -5, 10**6])
def test_odd_bucket_settings_are_told_not_crashed_on(
    step: int, resolution: int, tmp_path: Path
) -> None:
    folders = Folders(tmp_path).add()
    path = tmp_path / "a.toml"
    path.write_text(
        f"[[datasets]]\nresolution = {resolution}\nenable_bucket = true\n"
        f"bucket_reso_steps = {step}\nmax_bucket_reso = {max(1024, resolution)}\n"
        f"[[datasets.subsets]]\nimage_dir = '{folders.images}'\n"
        f"conditioning_data_dir = '{folders.masks}'\n",
        encoding="utf-8",
    )
    assert checked(path).stops


def test_unknown_trainers_and_models_are_told_with_the_nearest() -> None:
    with pytest.raises(MaskprepError, match="did you mean 'sd-scripts'"):
        find_trainer("sd-script")
    with pytest.raises(MaskprepError, match=r"sd-scripts@0\.9"):
        find_trainer("sd-scripts@0.8")
    with pytest.raises(MaskprepError, match="did you mean 'sdxl'"):
        find_model(find_trainer("sd-scripts"), "sdx")


def test_every_trainer_takes_every_model(tmp_path: Path) -> None:
    config = Folders(tmp_path).add().config()
    trainer = find_trainer("sd-scripts")
    for version in trainer.versions:
        for model in trainer.models:
            training_set = found(config, f"sd-scripts@{version}", model)
            assert training_set.model.name == model


def test_bounds_that_round_to_nothing_stop_only_where_buckets_are_listed(tmp_path: Path) -> None:
    extra = "bucket_reso_steps = 128\nbucket_no_upscale = {}"
    for free, starts in (("true", True), ("false", False)):
        folders = Folders(tmp_path / free).add()
        report = checked(folders.config(extra=extra.format(free)))
        assert report.starts is starts


def test_a_subsets_unknown_kernel_is_told_and_linear_is_used(tmp_path: Path) -> None:
    folders = Folders(tmp_path).add()
    odd = checked(folders.config(subset="resize_interpolation = 'foo'"))
    assert names(odd) == {"unknown-interpolation"}
    assert odd.starts
    assert names(checked(folders.config(subset="resize_interpolation = 'lanczos4'"))) == set()


@pytest.mark.parametrize(
    "arguments",
    [
        "dataset.toml",
        "'my images' --masks 'my masks' --model flux",
        "images --alpha --trainer sd-scripts@0.9",
        "dataset.toml --resolution 832,1216 --no-enable-bucket --bucket-upscale --masked-loss",
        "dataset.toml --enable-bucket --min-bucket-reso 64 --caption-extension .txt",
        "dataset.toml --no-masked-loss --resize-interpolation area",
    ],
)
def test_a_request_can_be_typed_again(arguments: str) -> None:
    request = request_from(shlex.split(arguments))
    again = request_from(words_of(request.arguments))
    assert again.arguments == request.arguments
    assert again.flags == request.flags
    assert (again.target, again.masks, again.alpha) == (
        request.target,
        request.masks,
        request.alpha,
    )
    assert (again.trainer.title, again.model) == (request.trainer.title, request.model)
    assert len(words_of(request.arguments)) == len(shlex.split(arguments))
