"""Data sets behind URLs: the same findings as of local ones, few requests, nothing written."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import fsspec
import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from maskprep.checking.engine import check
from maskprep.checking.project import find_project
from maskprep.checking.verdict import verdict_of
from maskprep.dataset.discover import discover, open_dataset
from maskprep.dataset.folders import ImageFolder
from maskprep.errors import MaskprepError
from maskprep.exporting.export import export_config
from maskprep.files import pathname, remote
from maskprep.model import MaskSource
from maskprep.model.report import Report
from maskprep.trainers import find_model, find_trainer
from tests.commands import all_of, run
from tests.datasets import Folders, image_folder
from tests.places import ROOT
from tests.rule_samples import RuleSample, request_from, rule_samples
from tests.shelf import Shelf, register

REFUSED = "is remote and is only read; name a local --output"
_BUCKETS = ("--resolution", "128", "--min-bucket-reso", "64", "--max-bucket-reso", "256")
#: Takes a folder to another file system; gives the URL of a path in it.
Mount = Callable[[Path], Callable[[str], str]]


def in_memory(root: Path) -> Callable[[str], str]:
    memory = fsspec.filesystem("memory")
    for path in sorted(root.rglob("*")):
        goal = f"/set/{path.relative_to(root).as_posix()}"
        if path.is_dir():
            memory.makedirs(goal, exist_ok=True)
        else:
            memory.pipe(goal, path.read_bytes())
            changed = datetime.fromtimestamp(path.stat().st_mtime, timezone.utc)
            memory.store[goal].modified = changed
    return lambda path: pathname.join("memory://set", path)


def in_a_zip(root: Path) -> Callable[[str], str]:
    packed = Path(shutil.make_archive(str(root.parent / "packed"), "zip", root)).as_posix()
    return lambda path: pathname.join(f"zip://::file://{packed}", path)


def on_disk(root: Path) -> Callable[[str], str]:
    return lambda path: pathname.join(f"file://{root.as_posix()}", path)


@pytest.fixture(autouse=True)
def nothing_remembered(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(remote, "_LISTINGS", {})
    register()
    Shelf.clear()
    yield
    Shelf.clear()


def _report(words: list[str]) -> Report:
    request = request_from(words)
    project = find_project(request.target)
    return check(discover(request), None, project.expectations)


def _with_slashes(text: str) -> str:
    r"""Part folders by slashes, as URLs do: JSON doubles backslashes, once or twice."""
    return re.sub(r"\\{2,}", "/", text) if os.name == "nt" else text


def _told(report: Report, plain: Callable[[str], str]) -> dict[str, Any]:
    verdict = verdict_of(report)
    told: dict[str, Any] = json.loads(
        plain(
            _with_slashes(
                json.dumps(
                    {
                        "findings": [
                            (each.code, each.severity.value, each.path, each.message, each.fix)
                            for each in report.findings
                        ],
                        "rows": [str(row) for row in report.rows],
                        "stops": [
                            (each.stage.value, each.error, each.path) for each in report.stops
                        ],
                        "counts": verdict.counts,
                        "outcome": verdict.outcome,
                        "good": verdict.good,
                    }
                )
            )
        )
    )
    return told


def _without(start: str, end: str = "") -> Callable[[str], str]:
    def plain(text: str) -> str:
        text = re.sub(r" \(relative to [^)]*\)", "", text.replace(start, ""))
        return text.replace(end, "") if end else text

    return plain


def _remote_words(words: list[str], url: Callable[[str], str]) -> list[str]:
    return [
        url(Path(word).as_posix()) if Path(word).exists() and "/" not in word[:1] else word
        for word in words
    ]


def _same_as_on_disk(words: list[str], root: Path, mount: Mount) -> None:
    here = _told(_report(words), _without(f"{root.as_posix()}/"))
    url = mount(root)
    base, chain = pathname.parted(url("x"))
    remote = _told(_report(_remote_words(words, url)), _without(base[:-1], chain))
    assert remote == here


#: Rules that compare files' times.
_BY_TIMES = {"mask-older-than-image", "mask-cache-outdated"}


@pytest.mark.parametrize("mount", [in_memory, in_a_zip, on_disk])
@pytest.mark.parametrize("sample", rule_samples(), ids=lambda each: f"{each.code}-{each.half}")
def test_every_rule_tells_the_same(
    sample: RuleSample, mount: Mount, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if sample.name in _BY_TIMES and mount is in_a_zip:
        pytest.skip("fsspec knows no times in archives")
    root = tmp_path / "set"
    sample.copy_to(root)
    # A URL has no working directory: the trainer is started in the configuration's folder,
    # or, as in one good half, in one above that holds the folders named.
    start = root if sample.half == "good" else root / os.path.dirname(sample.target)
    monkeypatch.chdir(start)
    target = os.path.relpath(root / sample.target)
    _same_as_on_disk([*sample.options, target], start, mount)


@pytest.mark.parametrize(
    ("name", "mount"),
    [
        ("character", in_memory),
        ("character-alpha", in_memory),
        *(("photo", mount) for mount in (in_memory, in_a_zip, on_disk)),
    ],
)
def test_every_sample_tells_the_same(
    name: str, mount: Mount, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "set"
    shutil.copytree(ROOT / "samples" / name, root / "samples" / name)
    monkeypatch.chdir(root)
    # Its folders are named from the root: they are found from a folder above.
    _same_as_on_disk([f"samples/{name}/dataset.toml"], root, mount)
    masks = ["--alpha"] if name == "character-alpha" else ["--masks", f"samples/{name}/masks"]
    _same_as_on_disk([f"samples/{name}/images", *masks], root, mount)


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    return Folders(tmp_path / "local").add("a.png").add("b.png")


@pytest.fixture
def url(folders: Folders) -> Callable[[str], str]:
    return in_memory(folders.root)


def _data_options(url: Callable[[str], str]) -> list[str]:
    options = ["--caption-extension", ".txt", *_BUCKETS]
    return [url("images"), "--masks", url("masks"), *options]


def test_a_local_configuration_names_urls(
    folders: Folders, url: Callable[[str], str], tmp_path: Path
) -> None:
    text = folders.config().read_text(encoding="utf-8")
    for name in ("images", "masks"):
        text = text.replace(str(folders.root / name), url(name))
    (tmp_path / "remote.toml").write_text(text, encoding="utf-8")
    result = run("check", tmp_path / "remote.toml")
    assert result.exit_code == 0
    assert "2 images train with a mask" in result.stdout
    assert "The run starts and gets through its first epoch." in result.stdout
    assert "The trainer reads local files only" in result.stdout
    assert "not directory" not in all_of(result)


def test_a_relative_folder_is_looked_for_upward_from_the_configuration(tmp_path: Path) -> None:
    image_folder(tmp_path / "set" / "images", alpha=True)
    config = (
        "[[datasets]]\nresolution = 128\n[[datasets.subsets]]\nimage_dir = '{}'\n"
        "alpha_mask = true\ncaption_extension = '.txt'\n"
    )
    for name, folder in (("set/beside.toml", "images"), ("set/deep/down/above.toml", "images")):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(config.format(folder), encoding="utf-8")
        found = open_dataset(in_memory(tmp_path)(name))
        (subset,) = found.datasets[0].subsets
        assert [pair.image for pair in subset.pairs] == ["memory://set/set/images/a.png"]
        assert found.relocated == () and found.stops == ()
    (tmp_path / "set" / "gone.toml").write_text(config.format("nowhere"), encoding="utf-8")
    result = run("check", in_memory(tmp_path)("set/gone.toml"))
    assert "memory://set/set/nowhere: there is no such folder" in result.stdout
    assert result.exit_code == 1


def test_the_working_directory_does_not_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    image_folder(tmp_path / "images", alpha=True)
    image_folder(tmp_path / "set" / "images", ("b.png",), alpha=True)
    (tmp_path / "set" / "dataset.toml").write_text(
        "[[datasets]]\nresolution = 128\n[[datasets.subsets]]\nimage_dir = 'images'\n"
        "alpha_mask = true\n",
        encoding="utf-8",
    )
    monkeypatch.chdir(tmp_path)
    found = open_dataset(in_memory(tmp_path / "set")("dataset.toml"))
    assert [pair.image for pair in found.datasets[0].subsets[0].pairs] == [
        "memory://set/images/b.png"
    ]


def test_settings_beside_and_above_are_found(folders: Folders) -> None:
    path = folders.root / "maskprep.toml"
    path.write_text("ignore = ['caption-missing']\n", encoding="utf-8")
    url = in_memory(folders.root)
    for target in (url("images"), url("images/deeper"), url("maskprep.toml")):
        assert find_project(target).path == url("maskprep.toml")
    result = run("check", "-v", *_data_options(url), "--config", url("maskprep.toml"))
    assert f"settings: {url('maskprep.toml')}" in result.stderr
    assert "count here" not in result.stderr


def test_settings_above_are_told(folders: Folders) -> None:
    (folders.root / "maskprep.toml").write_text("ignore = ['MP2']\n", encoding="utf-8")
    url = in_memory(folders.root)
    assert not find_project(url("dataset.toml")).is_above
    assert find_project(url("images")).is_above
    result = run("check", *_data_options(url))
    told = f"maskprep: {url('images')}: settings of {url('maskprep.toml')} count here ("
    assert told in result.stderr


def test_metadata_and_its_paths_begin_at_the_configuration(tmp_path: Path) -> None:
    image_folder(tmp_path / "images", ("a.png", "b.png"), alpha=True)
    keys = {"images/a.png": {"caption": "a"}, "b": {"caption": "b"}}
    (tmp_path / "metadata.json").write_text(json.dumps(keys), encoding="utf-8")
    (tmp_path / "dataset.toml").write_text(
        "[[datasets]]\nresolution = 128\n[[datasets.subsets]]\nimage_dir = 'images'\n"
        "metadata_file = 'metadata.json'\nalpha_mask = true\n",
        encoding="utf-8",
    )
    for mount in (in_memory, in_a_zip):
        url = mount(tmp_path)
        found = open_dataset(url("dataset.toml"))
        assert found.stops == ()
        (subset,) = found.datasets[0].subsets
        assert [pair.image for pair in subset.pairs] == [url("images/a.png"), url("images/b.png")]


@pytest.mark.parametrize("mount", [in_memory, in_a_zip, on_disk])
def test_pictures_and_facts(folders: Folders, mount: Mount, tmp_path: Path) -> None:
    url = mount(folders.root)
    out = tmp_path / "out"
    result = run("preview", *_data_options(url), "--output", out, "--weights", out / "weights")
    assert result.exit_code == 0
    assert sorted(each.name for each in out.iterdir()) == [
        *("a.png", "b.png", "contact-sheet.png", "weights")
    ]
    told = [
        json.loads(run("info", *each, "--format", "json", *_BUCKETS).stdout)
        for each in (
            (url("images/a.png"), url("masks/a.png")),
            (folders.images / "a.png", folders.masks / "a.png"),
        )
    ]
    for each in told:
        for key in ("image", "mask", "findings"):
            del each[key]
    assert told[0] == told[1]


@pytest.mark.parametrize("mount", [in_memory, in_a_zip, on_disk])
@pytest.mark.parametrize(
    "command", [["extract"], ["dilate", "--radius", "2"], ["embed"], ["extract", "--apply-exif"]]
)
def test_jobs_read_urls_and_write_to_the_disk(
    command: list[str], mount: Mount, folders: Folders, tmp_path: Path
) -> None:
    url = mount(folders.root)
    results = {}
    for name, place in (("behind", url), ("beside", lambda path: str(folders.root / path))):
        result = run(*command, *_data_options(place), "--output", tmp_path / name)
        assert result.exit_code == 0, all_of(result)
        results[name] = {
            path.relative_to(tmp_path / name).as_posix(): path.read_bytes()
            for path in (tmp_path / name).rglob("*")
            if path.is_file()
        }
    assert results["behind"] == results["beside"]
    assert len(results["beside"]) >= 2


def test_folders_of_several_file_systems_stay_apart(folders: Folders, tmp_path: Path) -> None:
    remote = in_memory(folders.root)
    config = tmp_path / "both.toml"
    config.write_text(
        "[[datasets]]\nresolution = 128\n"
        + "".join(
            f"[[datasets.subsets]]\nimage_dir = '{place('images')}'\n"
            f"conditioning_data_dir = '{place('masks')}'\n"
            for place in (remote, lambda path: str(folders.root / path))
        ),
        encoding="utf-8",
    )
    result = run("extract", config, "--output", tmp_path / "out")
    assert result.exit_code == 0
    written = {path.parent.name for path in (tmp_path / "out").rglob("*.png")}
    assert written == {"0-masks", "1-masks"}


def test_a_configuration_of_urls_is_written_and_told(
    url: Callable[[str], str], tmp_path: Path
) -> None:
    out = tmp_path / "dataset.toml"
    result = run("export-config", url("images"), "--masks", url("masks"), "-o", out)
    assert result.exit_code == 0, all_of(result)
    assert f'image_dir = "{url("images")}"' in out.read_text(encoding="utf-8")
    assert f"{url('images')}: the trainer reads local files only" in result.stderr
    assert run("check", out).exit_code == 0
    trainer = find_trainer("sd-scripts")
    with pytest.raises(MaskprepError, match="is only read"):
        export_config(
            [ImageFolder(url("images"), MaskSource.FILE, url("masks"))],
            trainer,
            find_model(trainer, None),
            output=url("dataset.toml"),
        )


@pytest.mark.parametrize("place", ["memory://out", "s3://bucket/out", "file:///out"])
def test_nothing_is_written_to_a_url(
    place: str, folders: Folders, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    config = folders.config()
    before = sorted(tmp_path.rglob("*"))
    for words in (
        ["extract", config, "--output", place],
        ["dilate", config, "--target", "0.7", "--output", place],
        ["embed", config, "--output", place],
        ["preview", config, "--output", place],
        ["preview", config, "--weights", place],
        ["check", config, "--output-file", place],
        ["check", config, "--baseline", place],
        ["check", config, "--diff", "--diff-images", place],
        ["export-config", folders.images, "--masks", folders.masks, "-o", f"{place}.toml"],
        ["export-config", folders.images, "--masks", folders.masks, "--update", f"{place}.toml"],
    ):
        result = run(*words)
        assert result.exit_code == 2
        assert re.fullmatch(rf"maskprep: {place}(\.toml)?: {REFUSED}\n", result.stderr), words
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("mount", [in_memory, in_a_zip, on_disk])
def test_nothing_is_changed_behind_a_url(
    mount: Mount, folders: Folders, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    url = mount(folders.root)
    before = sorted(tmp_path.rglob("*"))
    for words in (
        ["extract", *_data_options(url), "--invert", "--in-place"],
        ["extract", *_data_options(url), "--invert", "--dry-run"],
        ["dilate", *_data_options(url), "--radius", "2", "--in-place"],
        ["embed", *_data_options(url), "--in-place"],
    ):
        result = run(*words)
        assert result.exit_code == 2
        assert re.fullmatch(rf"maskprep: \S+[ab]\.png\S*: {REFUSED}\n", result.stderr), words
    for words in (["--fix"], ["--diff"], ["--fix", "missing=white"]):
        result = run("check", *_data_options(url), *words)
        assert result.exit_code == 2
        assert result.stderr == (
            f"maskprep: {url('images')}: is remote and is only read; mend a local copy\n"
        )
    assert sorted(tmp_path.rglob("*")) == before


def test_a_url_of_the_disk_does_not_hide_the_data_set(folders: Folders) -> None:
    url = on_disk(folders.root)
    result = run("extract", *_data_options(url), "--invert", "--output", folders.masks)
    assert result.exit_code == 2
    assert "lies in the data set" in result.stderr
    report = folders.masks / "a.png"
    words = (*_data_options(url), "--output-file", report, "--format", "json", "--overwrite")
    assert "lies in the data set" in run("check", *words).stderr


def test_formats_name_urls(folders: Folders, tmp_path: Path) -> None:
    (folders.images / "a.txt").unlink()
    url = in_memory(folders.root)
    path = url("images/a.png")
    words = ["check", *_data_options(url)]
    sarif = json.loads(run(*words, "--format", "sarif").stdout)
    place = sarif["runs"][0]["results"][0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": path}
    assert path in run(*words, "--format", "concise").stdout
    assert path in run(*words, "--format", "csv").stdout
    accepted = tmp_path / "accepted.json"
    run(*words, "--baseline", accepted)
    assert {each["path"] for each in json.loads(accepted.read_text())["findings"]} == {path}
    assert "caption-missing" not in run(*words, "--baseline", accepted).stdout


def test_requests_grow_with_folders_and_little_with_files(tmp_path: Path) -> None:
    counts = {}
    for number in (10, 40):
        Shelf.clear()
        remote._LISTINGS.clear()
        folders = Folders(tmp_path / str(number))
        for place in range(number):
            name = f"{place:03d}.png"
            folders.add(name)
            # Only images of equal size are read whole, in search of doubles.
            told = PngInfo()
            told.add_text("Comment", "x" * 99 * place)
            Image.open(folders.images / name).save(folders.images / name, pnginfo=told)
        Shelf.put_tree(folders.root, "set")
        options = ["--caption-extension", ".txt", *_BUCKETS]
        result = run("check", "shelf://set/images", "--masks", "shelf://set/masks", *options)
        assert f"{number} images train with a mask" in result.stdout
        counts[number] = {kind: Shelf.count(kind) for kind in ("ls", "info", "open", "cat")}
    few, many = counts[10], counts[40]
    assert many["ls"] == few["ls"] == 2
    assert many["info"] == few["info"] <= 8
    # Of each image its header and its end; of masks and captions all at once.
    assert many["open"] == 2 * 40
    assert many["cat"] == 2 * 40


@pytest.mark.parametrize("kind", ["ls", "info", "range", "cat"])
@pytest.mark.parametrize(
    ("failure", "words"),
    [
        (ConnectionResetError("Connection reset by peer"), "cannot be read (Connection reset"),
        (PermissionError("Access Denied"), "may not be read (permissions)"),
        (RuntimeError("Unable to locate credentials"), "cannot be read (Unable to locate cred"),
    ],
)
def test_what_cannot_be_reached_is_one_line(
    failure: Exception, words: str, kind: str, folders: Folders, tmp_path: Path
) -> None:
    Shelf.put_tree(folders.root, "set")
    Shelf.failures[kind] = failure
    data = ["shelf://set/images", "--masks", "shelf://set/masks", "--caption-extension", ".txt"]
    for command in (["check"], ["preview", "--output", tmp_path / "a"]):
        result = run(*command, *data)
        assert result.exit_code == 2
        (line,) = result.stderr.splitlines()
        assert re.match(rf"maskprep: shelf://set\S*: {re.escape(words)}", line), line


def test_what_lies_above_may_be_forbidden(
    folders: Folders, monkeypatch: pytest.MonkeyPatch
) -> None:
    Shelf.put_tree(folders.root, "bucket/set")
    asked = Shelf.info

    def info(self: Shelf, path: str, **options: Any) -> dict[str, Any]:
        if "bucket/set/" not in path:
            raise PermissionError("Access Denied")
        return asked(self, path, **options)

    monkeypatch.setattr(Shelf, "info", info)
    data = ["shelf://bucket/set/images", "--masks", "shelf://bucket/set/masks"]
    assert run("check", *data, "--caption-extension", ".txt").exit_code == 0


def test_what_is_not_there_is_told(url: Callable[[str], str]) -> None:
    for target in (url("nothing"), "zip://a::memory://set/images/a.png", "shelf://no-bucket/a"):
        result = run("check", target)
        assert result.exit_code == 2
        (line,) = result.stderr.splitlines()
        assert line.startswith(f"maskprep: {target}: ")


def test_a_missing_package_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "s3fs", None)
    result = run("check", "s3://bucket/set/dataset.toml")
    assert result.exit_code == 2
    assert result.stderr == (
        "maskprep: s3://bucket/set/dataset.toml: reading it needs s3fs:"
        ' pip install "maskprep[remote]" s3fs\n'
    )


def test_weights_are_the_same(folders: Folders, url: Callable[[str], str], tmp_path: Path) -> None:
    run("preview", *_data_options(url), "--weights", tmp_path / "remote")
    local = _data_options(lambda path: str(folders.root / path))
    run("preview", *local, "--weights", tmp_path / "disk")
    for name in ("a.npy", "b.npy"):
        remote, disk = (np.load(tmp_path / each / name) for each in ("remote", "disk"))
        np.testing.assert_array_equal(remote, disk)
