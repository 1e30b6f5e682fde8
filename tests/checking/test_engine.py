"""The engine: order, concurrency, counts, and what ends a sample's way."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import IO

import numpy as np
import pytest
from PIL import Image

from maskprep.checking.engine import check
from maskprep.dataset.discover import discover
from maskprep.dataset.samples import samples_of
from maskprep.files import storage
from maskprep.model import Severity
from maskprep.model.report import DatasetCount
from tests.commands import words_of
from tests.datasets import Folders, checked, image_folder, names
from tests.rule_samples import request_from


def test_a_clean_set_has_no_findings_and_exact_counts(tmp_path: Path) -> None:
    report = checked(Folders(tmp_path).add("a.png").add("b.png").config())
    assert report.findings == ()
    assert report.counts == (DatasetCount(0, masked=2, whole=0, ignored=0),)
    assert report.starts
    assert not report.stops_in_first_epoch


def test_repeats_do_not_count(tmp_path: Path) -> None:
    report = checked(Folders(tmp_path).add().config(subset="num_repeats = 10"))
    assert report.counts[0].masked == 1


def test_what_the_trainer_never_loads_is_ignored(tmp_path: Path) -> None:
    folders = Folders(tmp_path).add()
    for name in ("b.tif", "c.Png", "d.gif"):
        Image.new("L", (16, 16)).save(folders.images / name)
    (folders.images / "notes.md").write_text("not an image", encoding="utf-8")
    assert checked(folders.config()).counts == (DatasetCount(0, 1, 0, 3),)


def test_alpha_counts_as_masked_and_its_absence_as_whole(tmp_path: Path) -> None:
    folders = Folders(tmp_path).add("a.png").add("b.png")
    rgba = np.zeros((128, 128, 4), np.uint8)
    rgba[32:96, 32:96] = 255
    Image.fromarray(rgba).save(folders.images / "a.png")
    config = folders.root / "alpha.toml"
    config.write_text(
        "[[datasets]]\nresolution = 128\n[[datasets.subsets]]\n"
        f"image_dir = '{folders.images}'\nalpha_mask = true\ncaption_extension = '.txt'\n",
        encoding="utf-8",
    )
    report = checked(config)
    assert report.counts == (DatasetCount(0, masked=1, whole=1, ignored=0),)
    assert "alpha-absent" in names(report)
    assert [row.mask for row in report.rows] == [report.rows[0].image, None]
    assert report.rows[0].weight_mean == pytest.approx(0.25)
    assert report.rows[1].weight_mean == 1


def test_an_error_ends_a_samples_way(tmp_path: Path) -> None:
    folders = Folders(tmp_path).add()
    Image.fromarray(np.zeros((128, 128), np.uint16) + 7).save(folders.masks / "a.png")
    report = checked(folders.config())
    assert names(report) == {"mask-constant"}
    assert report.findings[0].severity is Severity.ERROR


def test_one_broken_file_does_not_keep_the_rest_from_being_checked(tmp_path: Path) -> None:
    folders = Folders(tmp_path)
    for name in ("a.png", "b.png", "c.png", "d.png"):
        folders.add(name)
    (folders.masks / "b.png").write_bytes(b"")
    (folders.images / "c.png").write_text("no image", encoding="utf-8")
    report = checked(folders.config())
    assert [row.trains for row in report.rows] == ["masked", None, None, "masked"]
    assert {finding.path for finding in report.findings} == {
        str(folders.masks / "b.png"),
        str(folders.images / "c.png"),
    }


def test_the_same_trainer_weighs_by_its_model(tmp_path: Path) -> None:
    config = Folders(tmp_path).add().config(extra="bucket_reso_steps = 32")
    for model, stride in (("sdxl", 8), ("hunyuan-image", 32)):
        report = checked(config, model=model)
        assert report.training_set.model.stride == stride
        (sample,) = samples_of(report.training_set)
        assert sample.weights is not None
        assert sample.weights.shape == (128 // stride, 128 // stride)


def test_random_crops_leave_the_weights_open(tmp_path: Path) -> None:
    folders = Folders(tmp_path)
    rgba = np.full((192, 100, 4), 255, np.uint8)
    rgba[:50, :, 3] = 0
    Image.fromarray(rgba).save(folders.images / "a.png")
    config = folders.root / "alpha.toml"
    config.write_text(
        "[[datasets]]\nresolution = 128\nenable_bucket = true\nmin_bucket_reso = 64\n"
        "max_bucket_reso = 256\n[[datasets.subsets]]\nrandom_crop = true\nalpha_mask = true\n"
        f"image_dir = '{folders.images}'\n",
        encoding="utf-8",
    )
    (row,) = checked(config).rows
    assert row.trains == "masked"
    assert row.weight_mean is None
    assert row.coverage == pytest.approx(1 - 50 / 192)


def test_the_trainers_own_cache_wins_over_the_files(tmp_path: Path) -> None:
    folders = Folders(tmp_path).add("a.png").add("new.png")
    (folders.masks / "new.png").unlink()
    entry = {"caption": "an older caption", "resolution": [256, 64]}
    cache = folders.images / "metadata_cache.json"
    cache.write_text(json.dumps({str(folders.images / "a.png"): entry}), encoding="utf-8")
    report = checked(folders.config(subset="cache_info = true"))
    assert names(report) == {"cache-info-stale"}
    assert len(report.findings) == 3  # size, caption, and the image that it does not name
    assert report.rows[0].bucket == (256, 64)
    assert report.counts == (DatasetCount(0, masked=1, whole=0, ignored=1),)


def test_a_caption_that_cannot_be_opened_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = Folders(tmp_path).add().config()

    def refuse(path: str, *arguments: object, **options: object) -> IO[str]:
        if path.endswith("a.txt"):
            raise PermissionError(13, "Permission denied", path)
        return open(path, *arguments, **options)  # type: ignore[call-overload,no-any-return]

    monkeypatch.setattr(storage, "open", refuse, raising=False)
    report = checked(config)
    assert not report.starts
    assert names(report) == {"unreadable"}


@pytest.mark.parametrize(
    "name",
    [
        "a_mask.png",
        pytest.param("A.png", marks=pytest.mark.skipif(os.name == "nt", reason="one name there")),
        "a-masklabel.png",
        "a .png",
    ],
)
def test_a_misnamed_mask_is_told_once_and_stops_the_run_as_before(
    name: str, tmp_path: Path
) -> None:
    folders = Folders(tmp_path).add("a.png").add("b.png")
    (folders.masks / "a.png").rename(folders.masks / name)
    report = checked(folders.config())
    (finding,) = report.findings
    assert finding.name == "near-miss-name"
    assert finding.severity is Severity.ERROR
    assert finding.fix == f"rename {folders.masks / name} to a.png"
    assert [stop.rule for stop in report.stops] == ["mask-missing", "mask-extra"]


def test_a_misnamed_mask_of_an_unseen_format_is_to_be_saved_again(tmp_path: Path) -> None:
    folders = Folders(tmp_path).add()
    (folders.masks / "a.png").rename(folders.masks / "A.tif")
    fixes = {each.name: each.fix for each in checked(folders.config()).findings}
    assert fixes["near-miss-name"] == f"save {folders.masks / 'A.tif'} as a.png"
    assert "mask-missing" not in fixes


def test_other_missing_and_extra_masks_are_told_beside_a_misnamed_one(tmp_path: Path) -> None:
    folders = Folders(tmp_path).add("a.png").add("b.png").add("c.png")
    (folders.masks / "a.png").rename(folders.masks / "a_mask.png")
    (folders.masks / "b.png").unlink()
    (folders.images / "c.png").unlink()
    report = checked(folders.config())
    assert [(each.name, Path(each.path).name) for each in report.findings] == [
        ("mask-missing", "b.png"),
        ("mask-extra", "c.png"),
        ("near-miss-name", "a_mask.png"),
    ]


@pytest.mark.parametrize(
    ("script", "severity"),
    [
        ("fine_tune.py", Severity.WARNING),
        ("fine_tune", Severity.WARNING),
        ("C:\\sd-scripts\\fine_tune.py", Severity.WARNING),
        ("../sd-scripts/train_network.py", None),
        ("sdxl_train", None),
        ("my_train.py", Severity.INFO),
    ],
)
def test_a_script_is_known_by_its_name(
    script: str, severity: Severity | None, tmp_path: Path
) -> None:
    request = request_from(["--script", script, str(Folders(tmp_path).add().config())])
    report = check(discover(request))
    assert [each.severity for each in report.findings] == ([severity] if severity else [])
    assert names(report) <= {"script-ignores-masks"}
    assert request_from(words_of(request.arguments)).flags == request.flags


def test_a_script_does_not_matter_where_no_mask_is(tmp_path: Path) -> None:
    folder = image_folder(tmp_path / "images")
    config = tmp_path / "plain.toml"
    config.write_text(
        "[[datasets]]\nresolution = 128\n[[datasets.subsets]]\n"
        f"image_dir = '{folder}'\ncaption_extension = '.txt'\n",
        encoding="utf-8",
    )
    assert check(discover(request_from(["--script", "fine_tune.py", str(config)]))).findings == ()
