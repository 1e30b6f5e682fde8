"""Checking on a dask cluster tells what checking here tells, whatever happens to its workers."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import PIL
import pytest
from PIL import Image

pytest.importorskip("distributed")

import dask

from maskprep import __version__
from maskprep.checking.engine import check
from maskprep.errors import ConfigError, MaskprepError, UnreadableImageError
from maskprep.model.report import Report
from maskprep.reporters import formats
from maskprep.running import cluster, parallel
from maskprep.running.cluster import Dask
from tests.clusters import PATIENCE, LocalCluster, wait_until
from tests.commands import run
from tests.datasets import FIGURE, Folders, found
from tests.places import ROOT, processes

pytestmark = processes
NOBODY = "tcp://127.0.0.1:9"
by_signal = pytest.mark.skipif(sys.platform == "win32", reason="kills by signal")
survives_losses = pytest.mark.skipif(
    int(version("distributed").partition(".")[0]) < 2024,
    reason="older schedulers can lose a task with its worker, and wait for ever",
)


@pytest.fixture(scope="module")
def pair_of_workers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCluster]:
    with LocalCluster(tmp_path_factory.mktemp("cluster")) as started:
        yield started


def varied_set(root: Path, pairs: int = 40) -> Path:
    """Draw a set in which every kind of trouble comes up."""
    folders = Folders(root)
    thin = "#." * 8 + "\n" + ".#" * 8
    for index in range(pairs):
        name = f"{index:02}.{'jpg' if index % 7 == 3 else 'png'}"
        folders.add(name, FIGURE if index % 3 else thin)
        mask = (folders.masks / name).with_suffix(".png")
        if index % 10 == 1:
            (folders.images / name).write_bytes((folders.images / name).read_bytes()[:150])
        elif index % 10 == 2:
            mask.write_bytes(mask.read_bytes()[:60])
        elif index % 10 == 4:
            mask.unlink()
        elif index % 10 == 5:
            Image.new("RGB", (40, 40), (0, 255, 0)).save(mask)
        elif index % 10 == 6:
            Image.new("I;16", (128, 128), 40000).save(mask)
        elif index % 10 == 8:
            (folders.images / name).with_suffix(".txt").unlink()
    return folders.config()


def same(item: int) -> int:
    return item


def test_every_format_is_the_same_to_the_byte(
    pair_of_workers: LocalCluster, tmp_path: Path
) -> None:
    config = varied_set(tmp_path)
    there = ("--executor", "dask", "--scheduler", pair_of_workers.address)
    for form in formats():
        for more in ((), ("--select", "MP2", "--ignore", "MP201", "--severity", "MP2=info")):
            local = run("check", config, "--format", form, *more)
            far = run("check", config, "--format", form, *more, *there)
            assert far.stdout == local.stdout, form
            assert (far.stderr, far.exit_code) == (local.stderr, local.exit_code)
            assert len(local.stdout.splitlines()) > 1 or form in ("json", "sarif")


def test_a_check_that_mends_asks_the_cluster_too(
    pair_of_workers: LocalCluster, tmp_path: Path
) -> None:
    config = varied_set(tmp_path, 12)
    local = run("check", config, "--diff")
    far = run(
        "check", config, "--diff", "--executor", "dask", "--scheduler", pair_of_workers.address
    )
    assert far.stdout == local.stdout
    assert far.stderr == local.stderr


def test_masks_grow_there_and_are_written_here(
    pair_of_workers: LocalCluster, tmp_path: Path
) -> None:
    config, told, made = varied_set(tmp_path / "set"), [], []
    there = ("--executor", "dask", "--scheduler", pair_of_workers.address)
    for place in (("--executor", "threads"), there):
        out = tmp_path / "grown"
        result = run("dilate", config, "--target", "0.7", "--output", out, *place)
        told.append((result.exit_code, result.output))
        made.append({path.name: path.read_bytes() for path in out.iterdir()})
        out.rename(tmp_path / f"grown {place[1]}")
    assert told[0] == told[1]
    assert made[0] == made[1]
    assert len(made[0]) > 20


def test_the_address_may_be_in_dasks_own_configuration(
    pair_of_workers: LocalCluster, tmp_path: Path
) -> None:
    config = Folders(tmp_path).add().config()
    with dask.config.set({"scheduler-address": pair_of_workers.address}):
        result = run("check", config, "--executor", "dask")
    assert result.stdout == run("check", config).stdout


def test_few_items_are_under_way(pair_of_workers: LocalCluster) -> None:
    made, got = [], []

    def items() -> Iterator[int]:
        for item in range(1000):
            made.append(item)
            yield item

    for result in Dask(pair_of_workers.address, chunk_size=2).in_order(items(), same):
        got.append(result)
        # Those under way, and the chunk that is next; they have grown, for these take no time.
        assert len(made) - len(got) <= 2 * cluster._LARGEST * (cluster._LEAST_UNDER_WAY + 1)
    assert got == made == list(range(1000))


def test_chunks_grow_where_items_take_little_time_and_only_there() -> None:
    executor = Dask(NOBODY, chunk_size=4)
    assert executor._size_by(0.0) == executor._size_by(0.001) == 4 * cluster._LARGEST
    assert executor._size_by(0.05) == 10
    assert executor._size_by(1.0) == 4


def test_nothing_to_do_needs_no_cluster() -> None:
    assert list(Dask(NOBODY).in_order([], same)) == []


@by_signal
@survives_losses
def test_a_worker_that_is_killed_in_mid_run_changes_nothing(tmp_path: Path) -> None:
    training_set = found(varied_set(tmp_path / "set"))
    told = 0

    def kill_one() -> None:
        nonlocal told
        told += 1
        if told == 5:
            started.workers[0].send_signal(signal.SIGKILL)

    with LocalCluster(tmp_path) as started:
        far = check(training_set, progress=kill_one, executor=Dask(started.address, chunk_size=1))
        assert started.workers[0].wait() == -signal.SIGKILL
    assert told == 40
    assert far == check(training_set)


@by_signal
@survives_losses
def test_a_cluster_without_workers_waits_for_new_ones(tmp_path: Path) -> None:
    lines: list[str] = []

    def help_out(line: str) -> None:
        lines.append(line)
        started.add_worker()

    with LocalCluster(tmp_path, workers=1) as started:
        executor = Dask(started.address, chunk_size=1, patience=PATIENCE, tell=help_out)
        results = []
        for result in executor.in_order(range(60), same):
            results.append(result)
            if len(results) == 3:
                started.workers[0].kill()
                started.workers[0].wait()
    assert results == list(range(60))
    assert lines == [f"{started.address}: no dask worker is left; waiting for one"]


def die(item: int) -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    return item


@by_signal
@survives_losses
def test_what_kills_workers_is_told_in_one_line(tmp_path: Path) -> None:
    with (
        LocalCluster(tmp_path, workers=1, allowed_failures=0) as started,
        pytest.raises(MaskprepError) as told,
    ):
        list(Dask(started.address, chunk_size=3).in_order([10, 11, 12], die))
    message = str(told.value)
    assert message.startswith("10: work on it, or the 2 after it, ended 1 dask worker, the last")
    assert "\n" not in message


def die_at_11(item: int) -> int:
    return die(item) if item == 11 else item


@by_signal
@survives_losses
def test_an_item_that_kills_workers_is_named_and_the_others_go_on(tmp_path: Path) -> None:
    with LocalCluster(tmp_path, workers=5, allowed_failures=0) as started:
        done = Dask(started.address, chunk_size=3).in_order(
            range(10, 16), die_at_11, lambda item: -item
        )
        assert list(done) == [10, -11, 12, 13, 14, 15]


def test_the_first_file_names_a_chunk(tmp_path: Path) -> None:
    from maskprep.dataset.samples import samples_of

    folders = Folders(tmp_path).add()
    (sample,) = samples_of(found(folders.config()))
    assert parallel.name_of(sample) == str(folders.images / "a.png")
    assert sample.files == (str(folders.images / "a.png"), str(folders.masks / "a.png"))


def broken(item: int) -> int:
    raise UnreadableImageError(f"{item}.png: is no image", "OSError: x", in_header=True)


def late(item: int) -> int:
    raise TimeoutError(f"{item}: no answer")


def mistaken(item: int) -> float:
    return 1 / item


def test_errors_come_as_they_come_here(pair_of_workers: LocalCluster) -> None:
    executor = Dask(pair_of_workers.address, chunk_size=1)
    with pytest.raises(UnreadableImageError, match=r"^7\.png: is no image$") as told:
        list(executor.in_order([7], broken))
    assert (told.value.error, told.value.in_header, told.value.too_large) == (
        "OSError: x",
        True,
        False,
    )
    with pytest.raises(TimeoutError, match=r"^7: no answer$"):
        list(executor.in_order([7], late))
    with pytest.raises(ZeroDivisionError):
        list(executor.in_order([1, 0], mistaken))


def test_our_errors_can_be_pickled() -> None:
    for error in (MaskprepError("a"), ConfigError("a", "b")):
        again = pickle.loads(pickle.dumps(error))
        assert (type(again), str(again), vars(again)) == (type(error), str(error), vars(error))


def test_several_runs_do_not_disturb_one_another(
    pair_of_workers: LocalCluster, tmp_path: Path
) -> None:
    sets = [found(varied_set(tmp_path / str(count), count)) for count in (12, 13, 14)]
    reports: dict[int, Report] = {}

    def carry_out(place: int) -> None:
        executor = Dask(pair_of_workers.address, chunk_size=2)
        reports[place] = check(sets[place], executor=executor)

    runs = [threading.Thread(target=carry_out, args=(place,)) for place in range(3)]
    for each in runs:
        each.start()
    for each in runs:
        each.join()
    assert [reports[place] for place in range(3)] == [check(each) for each in sets]


def test_an_interrupted_run_leaves_nothing_behind(
    pair_of_workers: LocalCluster, tmp_path: Path
) -> None:
    told = 0

    def interrupt() -> None:
        nonlocal told
        told += 1
        if told == 3:
            raise KeyboardInterrupt

    executor = Dask(pair_of_workers.address, chunk_size=1)
    with pytest.raises(KeyboardInterrupt):
        check(found(varied_set(tmp_path)), progress=interrupt, executor=executor)
    wait_until(lambda: pair_of_workers.tasks() == 0, "a scheduler without tasks")


@pytest.mark.parametrize(
    "address, wanted",
    [
        (NOBODY, f"{NOBODY}: no dask scheduler answers there; start one: dask scheduler"),
        ("here", "here: is no scheduler's address (missing port number in address 'here'), as in"),
    ],
)
def test_a_scheduler_that_is_not_there(
    address: str, wanted: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "_CONNECTING", 1.0)
    config = Folders(tmp_path).add().config()
    result = run("check", config, "--executor", "dask", "--scheduler", address)
    assert result.exit_code == 2
    assert wanted in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_a_scheduler_without_workers(tmp_path: Path) -> None:
    lines: list[str] = []
    with LocalCluster(tmp_path, workers=0) as started:
        where = started.address
        with pytest.raises(MaskprepError) as told:
            list(Dask(where, patience=0.5, tell=lines.append).in_order([1], same))
    start = f"start some: dask worker {where}"
    assert str(told.value) == f"{where}: no dask worker there; {start}"
    assert lines == [f"{where}: no dask worker there; waiting 0.5 s; {start}"]


@survives_losses
def test_a_scheduler_that_goes_away(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with (
        LocalCluster(tmp_path, workers=1) as started,
        pytest.raises(MaskprepError, match=r"^tcp://.*: the dask scheduler is gone"),
    ):
        for result in Dask(started.address, chunk_size=1).in_order(range(1000), same):
            if result == 3:
                started.stop_scheduler()
    assert "Traceback" not in capfd.readouterr().err


def other_numpy() -> dict[str, str]:
    return {**cluster._versions(), "numpy": "1.2.3"}


def test_other_versions_are_refused(
    pair_of_workers: LocalCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = cluster._versions()["numpy"]
    doctored = other_numpy()
    monkeypatch.setattr(cluster, "_versions", lambda: doctored)
    wanted = (
        rf"^tcp://127\.0\.0\.1:\d+: has numpy {theirs}, and here it is 1\.2\.3:"
        " install the same version on both$"
    )
    with pytest.raises(MaskprepError, match=wanted):
        list(Dask(pair_of_workers.address).in_order([1], same))
    # A worker that joins later has not been asked: it finds out by itself.
    monkeypatch.setattr(cluster, "_compare_all", lambda *_: None)
    with pytest.raises(MaskprepError, match=wanted):
        list(Dask(pair_of_workers.address).in_order([1], same))


def test_what_is_compared_is_what_is_loaded() -> None:
    versions = cluster._versions()
    major, minor = sys.version_info[:2]
    assert versions["maskprep"] == __version__
    assert versions["Python"] == f"{major}.{minor}"
    assert versions["Pillow"] == PIL.__version__
    assert set(versions) >= {"numpy", "OpenCV", "scipy", "scikit-image", "dask"}


def test_workers_elsewhere_refuse_relative_paths(
    pair_of_workers: LocalCluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders = Folders(tmp_path).add()
    there = ("--executor", "dask", "--scheduler", pair_of_workers.address)
    monkeypatch.chdir(tmp_path)
    result = run("check", "images", "--masks", "masks", *there)
    assert result.exit_code == 2
    assert f"works in {ROOT}, not in {tmp_path}, where images/a.png is" in result.stderr
    absolute = run("check", folders.images, "--masks", folders.masks, *there)
    assert absolute.stdout == run("check", folders.images, "--masks", folders.masks).stdout


def test_workers_here_take_relative_paths(
    pair_of_workers: LocalCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    sample = "samples/character/dataset.toml"
    far = run("check", sample, "--executor", "dask", "--scheduler", pair_of_workers.address)
    assert far.stdout == run("check", sample).stdout


def test_a_worker_that_does_not_see_the_files(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(b"12345")
    here = cluster._Surroundings.here([str(path)])
    assert here.difference(here, "tcp://w") is None
    blind = replace(here, files={str(path): None})
    assert here.difference(blind, "tcp://w") == (
        f"tcp://w: does not see {path}: it must lie on storage that all machines share"
    )
    other = replace(here, files={str(path): 4})
    assert (
        here.difference(other, "tcp://w") == f"tcp://w: sees 4 bytes in {path}, and here it has 5"
    )
    bare = replace(here, versions={})
    assert here.difference(bare, "tcp://w") == (
        f"tcp://w: has no maskprep, and here it is {__version__}: install the same version on both"
    )


def test_workers_are_asked_for_the_files(
    pair_of_workers: LocalCluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    training_set = found(Folders(tmp_path).add().config())
    monkeypatch.setattr(cluster, "_size", lambda path: 1)
    with pytest.raises(MaskprepError, match=r"sees \d+ bytes in .*a\.png, and here it has 1$"):
        check(training_set, executor=Dask(pair_of_workers.address))


@pytest.mark.parametrize(
    "words, wanted",
    [
        (["--executor", "dask", "--workers", "2"], "it does not go with dask"),
        (["--scheduler", NOBODY], "--scheduler goes with --executor dask"),
        (["--executor", "dask"], "no dask scheduler is named: say --scheduler tcp://HOST:8786"),
    ],
)
def test_options_that_do_not_go_together(words: list[str], wanted: str, tmp_path: Path) -> None:
    with dask.config.set({"scheduler-address": None}):
        result = run("check", Folders(tmp_path).add().config(), *words)
    assert result.exit_code == 2
    assert wanted in result.stderr


def test_without_dask_one_is_told_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    config = Folders(tmp_path).add().config()
    result = run("check", config, "--executor", "dask", "--scheduler", NOBODY)
    assert result.exit_code == 2
    assert result.stderr == ('maskprep: --executor dask needs dask: pip install "maskprep[dask]"\n')


def test_dask_is_loaded_only_when_it_is_used() -> None:
    script = "import sys, maskprep.cli, maskprep.running.cluster; print('dask' in sys.modules)"
    result = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert result.stdout == "False\n"
