"""What is remembered of earlier checks holds, or is not remembered."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from maskprep import raster
from maskprep.checking import recheck
from maskprep.checking.choice import Choice, Ruleset
from maskprep.checking.engine import check
from maskprep.checking.ledger import Ledger, clean
from maskprep.dataset.expectation import Expectation
from maskprep.errors import UnreadableImageError
from maskprep.files import storage
from maskprep.files.storage import Signature
from maskprep.files.write import standing
from maskprep.model import Severity
from maskprep.model.report import Finding, Report, SampleRow
from maskprep.running.parallel import Executor, Processes, Threads
from tests.commands import all_of, run
from tests.datasets import FIGURE, Folders, drawn, found
from tests.places import names_of_bytes, processes

NAMES = ("a.png", "b.png", "c.png")
told_by_change = pytest.mark.skipif(
    os.name == "nt", reason="Windows tells no time of change but that which was put back"
)
DATABASE = "checks-1.sqlite3"
Told = tuple[tuple[SampleRow, ...], tuple[Finding, ...], object]


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    folders = Folders(tmp_path / "set")
    for name in NAMES:
        folders.add(name)
    folders.config()
    return folders


@pytest.fixture
def settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Trust files as old as these: they were written in the test itself."""
    monkeypatch.setattr(recheck, "_SETTLED", -(10**9))


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """List which masks are decoded."""
    paths: list[str] = []
    read = raster.read_mask

    def counting(path: str, *reading: Any) -> raster.MaskPixels:
        paths.append(path)
        return read(path, *reading)

    monkeypatch.setattr(raster, "read_mask", counting)
    return paths


def told(report: Report) -> Told:
    return report.rows, report.findings, report.stops


def remembering(
    folders: Folders,
    choice: Choice = Choice(),  # noqa: B008 - frozen
    expectations: tuple[Expectation, ...] = (),
    trainer: str = "sd-scripts",
    model: str = "sdxl",
    decode_images: bool = False,
) -> Told:
    """Check with a ledger, and hold the report against one without."""
    target = folders.root / "dataset.toml"
    whole = replace(found(target, trainer, model), decode_images=decode_images)
    ledger = Ledger(folders.root.parent / "cache")
    report = check(whole, Ruleset(choice), expectations, ledger=ledger)
    ledger.close()
    assert not ledger.trouble
    anew = check(whole, Ruleset(choice), expectations)
    assert told(report) == told(anew)
    return told(report)


def checked_with_ledger(folders: Folders, executor: Executor | None = None) -> tuple[Report, str]:
    """Check with a ledger, and tell what was wrong with it."""
    ledger = Ledger(folders.root.parent / "cache")
    report = check(found(folders.root / "dataset.toml"), executor=executor, ledger=ledger)
    ledger.close()
    return report, ledger.trouble


def decodings(decoded: list[str], work: Callable[[], object]) -> list[str]:
    """Tell which masks a check with a store decodes; the one without decodes all of them."""
    decoded.clear()
    work()
    names = [os.path.basename(path) for path in decoded]
    for name in NAMES:
        if name in names:
            names.remove(name)
    return sorted(names)


def same_times(path: Path, change: Callable[[], object]) -> None:
    """Change a file, and put its times back."""
    before = path.stat()
    change()
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def test_what_has_not_changed_is_not_read_again(
    folders: Folders, settled: None, decoded: list[str]
) -> None:
    first = remembering(folders)
    assert decodings(decoded, lambda: remembering(folders)) == []
    assert remembering(folders) == first


def test_only_what_has_changed_is_judged_again(
    folders: Folders, settled: None, decoded: list[str]
) -> None:
    remembering(folders)
    Image.fromarray(255 - drawn(FIGURE)).save(folders.masks / "b.png")
    assert decodings(decoded, lambda: remembering(folders)) == ["b.png"]
    assert decodings(decoded, lambda: remembering(folders)) == []


def repaint(folders: Folders) -> None:
    mask = np.asarray(Image.open(folders.masks / "b.png"))
    Image.fromarray(np.roll(mask, 9, axis=1)).save(folders.masks / "b.png")


def black_of_the_same_length(folders: Folders) -> None:
    """Another mask of as many bytes, with the times of the first."""
    path = folders.masks / "b.png"
    length = path.stat().st_size

    def write() -> None:
        Image.fromarray(np.zeros_like(drawn(FIGURE))).save(path)
        content = path.read_bytes()
        assert len(content) < length
        end = content[-12:]
        text = b"\0" * (length - len(content) - 12)
        chunk = b"tEXt" + text
        head = len(text).to_bytes(4, "big")
        tail = zlib.crc32(chunk).to_bytes(4, "big")
        path.write_bytes(content[:-12] + head + chunk + tail + end)
        assert path.stat().st_size == length

    same_times(path, write)


def swap_two_masks(folders: Folders) -> None:
    repaint(folders)
    one, two, other = (folders.masks / name for name in ("a.png", "b.png", "x.tmp"))
    for source, target in ((one, other), (two, one), (other, two)):
        source.rename(target)


def lay_the_image_on_its_side(folders: Folders) -> None:
    path = folders.images / "b.png"
    image = Image.open(path).rotate(90, expand=True)
    image.save(path)


def turn_by_exif(folders: Folders) -> None:
    path = folders.images / "b.png"
    image = Image.open(path)
    exif = Image.Exif()
    exif[0x0112] = 6
    image.save(path, exif=exif)


def cut_the_image(folders: Folders) -> None:
    path = folders.images / "b.png"
    content = path.read_bytes()
    same_times(path, lambda: path.write_bytes(content[:-20] + b"\0" * 20))


def cut_the_mask(folders: Folders) -> None:
    path = folders.masks / "b.png"
    path.write_bytes(path.read_bytes()[:40])


def old_times(folders: Folders) -> None:
    os.utime(folders.masks / "b.png", (10**9, 10**9))


def other_resolution(folders: Folders) -> None:
    path = folders.root / "dataset.toml"
    path.write_text(path.read_text(encoding="utf-8").replace("= 128", "= 96"), encoding="utf-8")


def add_a_cache(folders: Folders) -> None:
    width, height = drawn(FIGURE).shape[::-1]
    path = folders.images / f"b_{width:04d}x{height:04d}_sdxl.npz"
    np.savez(path, latents=np.zeros((4, 3, 3), np.float32))


CHANGES: list[Any] = [
    repaint,
    pytest.param(black_of_the_same_length, marks=told_by_change),
    swap_two_masks,
    lay_the_image_on_its_side,
    turn_by_exif,
    pytest.param(cut_the_image, marks=told_by_change),
    cut_the_mask,
    old_times,
    other_resolution,
    add_a_cache,
    lambda folders: (folders.masks / "b.png").unlink(),
    lambda folders: (folders.images / "b.png").unlink(),
    lambda folders: (folders.masks / "b.png").rename(folders.masks / "B.PNG"),
    lambda folders: (folders.images / "b.txt").write_text("\n", encoding="utf-8"),
    lambda folders: (folders.images / "b.txt").unlink(),
    lambda folders: folders.add("d.png"),
    lambda folders: shutil.copy(folders.masks / "a.png", folders.masks / "a.jpg"),
    lambda folders: folders.config(extra="random_crop = true"),
    lambda folders: folders.config(subset="random_crop = true"),
    lambda folders: folders.config(subset="is_reg = true"),
]


@pytest.mark.parametrize("change", CHANGES)
def test_every_change_is_seen_and_so_is_its_undoing(
    folders: Folders, settled: None, change: Callable[[Folders], object]
) -> None:
    kept = folders.root.parent / "kept"
    before = remembering(folders)
    shutil.copytree(folders.root, kept)
    change(folders)
    changed = remembering(folders)
    assert changed == remembering(folders)
    shutil.rmtree(folders.root)
    shutil.copytree(kept, folders.root)
    assert remembering(folders) == before


@told_by_change
def test_a_changed_cache_of_latents_is_seen(folders: Folders, settled: None) -> None:
    add_a_cache(folders)
    remembering(folders)
    (cache,) = folders.images.glob("*.npz")
    length = cache.stat().st_size
    same_times(cache, lambda: cache.write_bytes(b"\0" * length))
    _, findings, _ = remembering(folders)
    assert "latents-cache-unreadable" in {each.name for each in findings}


@pytest.mark.parametrize(
    "choice",
    [
        Choice(select=("detail-lost",)),
        Choice(ignore=("MP3",)),
        Choice(severities={"detail-lost": Severity.ERROR}),
        Choice(options={"detail-lost": {"threshold": 0.9}}),
        Choice(ignore_in=(("*b.png", ("MP",)),)),
    ],
)
def test_other_rules_are_seen(folders: Folders, settled: None, choice: Choice) -> None:
    remembering(folders)
    remembering(folders, choice)
    remembering(folders)


def test_another_trainer_or_model_is_seen(folders: Folders, settled: None) -> None:
    for trainer in ("sd-scripts", "sd-scripts@0.9", "sd-scripts@0.10"):
        for model in ("sdxl", "sd15", "flux"):
            remembering(folders, trainer=trainer, model=model)


def test_expectations_and_what_they_are_held_against_are_seen(
    folders: Folders, settled: None
) -> None:
    region = folders.root / "region.png"
    Image.fromarray(drawn(FIGURE)).save(region)
    expected = Expectation("coverage", regions={"b": str(region)}, least=0.999, path="m.toml")
    _, findings, _ = remembering(folders, expectations=(expected,))
    Image.fromarray(255 - drawn(FIGURE)).save(region)
    _, changed, _ = remembering(folders, expectations=(expected,))
    assert findings != changed


@pytest.mark.parametrize("what", ["code", "library"])
def test_other_code_is_seen(
    folders: Folders,
    settled: None,
    decoded: list[str],
    monkeypatch: pytest.MonkeyPatch,
    what: str,
) -> None:
    remembering(folders)
    recheck._this_program.cache_clear()
    if what == "library":
        monkeypatch.setattr("PIL.__version__", "of tomorrow")
    else:
        copy = folders.root.parent / "package"
        shutil.copytree(Path(recheck.__file__).parents[1], copy)
        with open(copy / "masks" / "details.py", "a", encoding="utf-8") as stream:
            stream.write("\nother = True\n")
        monkeypatch.setattr(recheck, "__file__", str(copy / "checking" / "recheck.py"))
    try:
        assert decodings(decoded, lambda: remembering(folders)) == list(NAMES)
    finally:
        recheck._this_program.cache_clear()


def test_a_copy_with_other_times_is_hashed_and_not_decoded(
    folders: Folders, settled: None, decoded: list[str]
) -> None:
    remembering(folders)
    for path in (*folders.images.iterdir(), *folders.masks.iterdir()):
        content = path.read_bytes()
        path.unlink()
        path.write_bytes(content)
    assert decodings(decoded, lambda: remembering(folders)) == []
    assert decodings(decoded, lambda: remembering(folders)) == []


def test_files_written_a_moment_ago_are_not_trusted_by_their_times(
    folders: Folders, decoded: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # As within one tick of a file system's clock.
    tick = Signature(time.time_ns() + 10**10, 0, 1, 1)
    monkeypatch.setattr(storage, "signature", lambda path: tick if os.path.isfile(path) else None)
    remembering(folders)
    repaint(folders)
    assert decodings(decoded, lambda: remembering(folders)) == ["b.png"]


def test_the_limit_is_that_times_size_and_inode_are_believed(
    folders: Folders, settled: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What no file system would do; docs/design.md names it, and --no-cache."""
    fixed = Signature(1, 1, 1, 1)
    monkeypatch.setattr(storage, "signature", lambda path: fixed if os.path.isfile(path) else None)
    before = remembering(folders)
    repaint(folders)
    ledger = Ledger(folders.root.parent / "cache")
    stale = check(found(folders.root / "dataset.toml"), ledger=ledger)
    ledger.close()
    assert told(stale) == before
    assert told(check(found(folders.root / "dataset.toml"))) != before


def test_what_is_written_to_while_it_is_judged_is_not_kept(
    folders: Folders, settled: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = raster.read_mask

    def painted_meanwhile(path: str, channel: raster.Channel) -> raster.MaskPixels:
        pixels = read(path, channel)
        Image.fromarray(255 - pixels.mask).save(path)
        return pixels

    with monkeypatch.context() as patch:
        patch.setattr(raster, "read_mask", painted_meanwhile)
        ledger = Ledger(folders.root.parent / "cache")
        check(found(folders.root / "dataset.toml"), ledger=ledger)
        ledger.close()
    remembering(folders)


def test_what_is_broken_is_looked_at_every_time(
    folders: Folders, settled: None, decoded: list[str]
) -> None:
    cut_the_mask(folders)
    remembering(folders)
    assert decodings(decoded, lambda: remembering(folders)) == ["b.png"]


@pytest.mark.skipif(os.name == "nt", reason="names are Unicode there")
def flip(path: Path, place: int) -> None:
    content = bytearray(path.read_bytes())
    content[place] ^= 16
    path.write_bytes(content)


def test_damage_inside_an_image_is_seen_though_its_header_is_the_same(
    folders: Folders, settled: None
) -> None:
    image = folders.images / "b.png"
    whole = remembering(folders)
    flip(image, image.read_bytes().index(b"IDAT") + 20)
    rows, findings, stops = remembering(folders)
    assert (rows, findings, stops) != whole
    assert [each.path for each in findings if each.name == "unreadable"] == [str(image)]
    flip(image, image.read_bytes().index(b"IDAT") + 20)
    assert remembering(folders) == whole


def test_a_first_check_looks_through_an_image_once(
    folders: Folders, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    verify = raster.verify_pixels

    def counting(path: str, *, decode: bool = False) -> None:
        seen.append(path)
        verify(path, decode=decode)

    monkeypatch.setattr(raster, "verify_pixels", counting)
    checked_with_ledger(folders)
    assert sorted(seen) == [str(folders.images / name) for name in NAMES]


def damage_that_only_decoding_shows(path: Path) -> None:
    for place in range(60, path.stat().st_size):
        flip(path, place)
        raster.verify_pixels(str(path))
        try:
            raster.verify_pixels(str(path), decode=True)
        except UnreadableImageError:
            return
        flip(path, place)
    raise AssertionError("decodes however it is damaged")


def test_what_only_decoding_shows_is_remembered_apart(
    folders: Folders, settled: None, decoded: list[str]
) -> None:
    image = folders.images / "b.webp"
    (folders.images / "b.png").unlink()
    Image.linear_gradient("L").resize((128, 128)).convert("RGB").save(image)
    whole = remembering(folders, decode_images=True)
    assert remembering(folders) == whole
    assert decodings(decoded, lambda: remembering(folders, decode_images=True)) == []
    damage_that_only_decoding_shows(image)
    assert remembering(folders) == whole
    _, findings, stops = remembering(folders, decode_images=True)
    assert [each.path for each in findings if each.name == "unreadable"] == [str(image)]
    assert stops
    assert remembering(folders) == whole
    target, cache = folders.root / "dataset.toml", folders.root.parent / "cache"
    assert run("check", target, "--cache-dir", cache).exit_code == 0
    asked = run("check", target, "--cache-dir", cache, "--decode-images")
    assert asked.exit_code == 1
    assert "b.webp: cannot be decoded" in " ".join(asked.stdout.split())


@names_of_bytes
def test_names_that_are_no_unicode_are_remembered_too(
    folders: Folders, settled: None, decoded: list[str]
) -> None:
    for folder in (folders.images, folders.masks):
        try:
            (folder / "b.png").rename(folder / os.fsdecode(b"b\xff.png"))
        except OSError:
            pytest.skip("this file system takes no such names")
    remembering(folders)
    decoded.clear()
    ledger = Ledger(folders.root.parent / "cache")
    check(found(folders.root / "dataset.toml"), ledger=ledger)
    ledger.close()
    assert decoded == []


def test_what_was_done_before_a_stop_is_kept(
    folders: Folders, settled: None, decoded: list[str]
) -> None:
    ledger = Ledger(folders.root.parent / "cache")
    steps: Iterator[int] = iter(range(9))

    def stop_at_the_second() -> None:
        if next(steps):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        check(found(folders.root / "dataset.toml"), progress=stop_at_the_second, ledger=ledger)
    ledger.close()
    assert len(decodings(decoded, lambda: remembering(folders))) < len(NAMES)


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: b"",
        lambda content: b"\0" * 16 + content[16:],  # SQLite's name
        lambda content: content[:18] + b"\x81\x81" + content[20:],  # "may not be written"
        lambda content: content[:44] + b"\0\0\0\5" + content[48:],  # "unsupported file format"
        lambda content: content[:56] + b"\0\0\0\2" + content[60:],  # UTF-16
        lambda content: content[:68] + b"\0\0\0\0" + content[72:],  # our number
        lambda content: content.replace(b"results (key", b"rosults (key"),
        lambda content: content.replace(b"seal blob", b"\xff\xff\xff\xff blob"),
        lambda content: content[:5000],
    ],
)
def test_a_damaged_ledger_is_made_anew(
    folders: Folders, settled: None, decoded: list[str], damage: Callable[[bytes], bytes]
) -> None:
    remembering(folders)
    file = folders.root.parent / "cache" / DATABASE
    content = file.read_bytes()
    assert damage(content) != content
    file.write_bytes(damage(content))
    remembering(folders)
    assert decodings(decoded, lambda: remembering(folders)) == []


def test_pages_that_turn_out_to_be_damaged_are_made_anew_by_the_next_check(
    folders: Folders, settled: None, decoded: list[str]
) -> None:
    remembering(folders)
    file = folders.root.parent / "cache" / DATABASE
    content = file.read_bytes()
    file.write_bytes(content[:4096] + b"\xff" * (len(content) - 4096))
    report, trouble = checked_with_ledger(folders)
    assert "malformed; the next check makes it anew" in trouble
    assert told(report) == told(check(found(folders.root / "dataset.toml")))
    assert decodings(decoded, lambda: remembering(folders)) == list(NAMES)
    assert decodings(decoded, lambda: remembering(folders)) == []


@pytest.mark.parametrize("seed", range(60))
def test_bytes_that_flip_anywhere_cost_time_only(
    folders: Folders, settled: None, seed: int
) -> None:
    remembering(folders)
    file = folders.root.parent / "cache" / DATABASE
    content = bytearray(file.read_bytes())
    random = np.random.default_rng(seed)
    # In the whole file, or where one flip is enough: in its head, in its first page.
    reach = (len(content), 100, 4096)[seed % 3]
    for place in random.integers(0, reach, (1, 3, 30)[seed // 3 % 3]):
        content[place] ^= random.integers(1, 256)
    file.write_bytes(content)
    anew = told(check(found(folders.root / "dataset.toml")))
    for _ in range(3):
        report, trouble = checked_with_ledger(folders)
        assert told(report) == anew
    assert not trouble or "damaged beyond recognition" in trouble


@pytest.mark.parametrize("executor", [Threads(2), pytest.param(Processes(2), marks=processes)])
@pytest.mark.parametrize(
    "damage",
    [
        "results set result = null",
        "results set result = '[]'",
        "results set result = 1.5",
        "results set result = cast('\xff\xfe' as blob)",
        "results set result = replace(result, '128', '129')",
        "results set result = (select max(result) from results)",
        "results set seal = null",
        "results set seal = 'seal', used = 'today'",
        "files set signature = null",
        "files set evidence = 7",
        "files set evidence = (select max(evidence) from files)",
        "files set seal = 1, evidence = x'ff'",
    ],
)
def test_a_damaged_row_is_not_known(
    folders: Folders, settled: None, damage: str, executor: Executor
) -> None:
    remembering(folders)
    with sqlite3.connect(folders.root.parent / "cache" / DATABASE) as connection:
        connection.execute(f"update {damage}")
    connection.close()
    report, trouble = checked_with_ledger(folders, executor)
    assert told(report) == told(check(found(folders.root / "dataset.toml")))
    assert not trouble


def test_rows_from_before_there_were_seals_are_not_known(
    folders: Folders, settled: None, decoded: list[str]
) -> None:
    cache = folders.root.parent / "cache"
    cache.mkdir()
    with sqlite3.connect(cache / DATABASE) as connection:
        connection.executescript(
            "create table if not exists files (\n    path blob, kind text, signature text,"
            " evidence text, primary key (path, kind)\n) without rowid; create table if not exists"
            " results (key blob primary key, result text, used integer) without rowid;"
        )
    connection.close()
    remembering(folders)
    assert decodings(decoded, lambda: remembering(folders)) == []


def another_program(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("create table files (path text)")
    connection.close()


@pytest.mark.parametrize(
    "make",
    [
        lambda path: path.write_text("what I have checked so far", encoding="utf-8"),
        lambda path: path.write_bytes(b"SQLite format 3\0" + b"\1" * 4000),
        another_program,
        lambda path: path.mkdir(),
    ],
)
def test_what_somebody_else_has_under_that_name_is_left_alone(
    folders: Folders, make: Callable[[Path], object]
) -> None:
    cache = folders.root.parent / "cache"
    cache.mkdir()
    make(cache / DATABASE)
    before = standing(cache / DATABASE)
    report, trouble = checked_with_ledger(folders)
    assert trouble.startswith(f"{cache / DATABASE}: was not made by maskprep")
    assert "move it away" in trouble
    assert told(report) == told(check(found(folders.root / "dataset.toml")))
    assert clean(cache) == 0
    assert standing(cache / DATABASE) == before
    assert [path.name for path in cache.iterdir()] == [DATABASE]


def test_a_full_disk_is_no_damage(folders: Folders, settled: None, decoded: list[str]) -> None:
    remembering(folders)
    ledger = Ledger(folders.root.parent / "cache")
    assert ledger.results([b"something"]) == {}
    assert ledger._connection is not None
    ledger._connection.execute("pragma max_page_count = 1")
    ledger.keep_result(b"large", "x" * 100_000)
    ledger.close()
    assert "full" in ledger.trouble
    assert decodings(decoded, lambda: remembering(folders)) == []


def test_a_ledger_that_cannot_be_used_changes_nothing(folders: Folders) -> None:
    place = folders.root.parent / "a-file"
    place.write_text("", encoding="utf-8")
    ledger = Ledger(place)
    report = check(found(folders.root / "dataset.toml"), ledger=ledger)
    ledger.close()
    assert ledger.trouble
    assert told(report) == told(check(found(folders.root / "dataset.toml")))


def test_a_ledger_that_another_process_writes_to_changes_nothing(
    folders: Folders, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("maskprep.checking.ledger._PATIENCE", 0.1)
    cache = folders.root.parent / "cache"
    Ledger(cache).close()
    (file,) = cache.glob("*.sqlite3")
    other = sqlite3.connect(file)
    other.execute("begin exclusive")
    ledger = Ledger(cache)
    report = check(found(folders.root / "dataset.toml"), ledger=ledger)
    ledger.close()
    other.close()
    assert "locked" in ledger.trouble
    assert told(report) == told(check(found(folders.root / "dataset.toml")))


def test_two_processes_may_check_at_once(folders: Folders, tmp_path: Path) -> None:
    words = [sys.executable, "-m", "maskprep", "check", str(folders.root / "dataset.toml")]
    words += ["--format", "json", "--cache-dir", str(tmp_path / "shared")]
    processes = [subprocess.Popen(words, stdout=subprocess.PIPE) for _ in range(3)]
    outputs = {process.communicate(timeout=120)[0] for process in processes}
    assert len(outputs) == 1
    assert json.loads(outputs.pop())


def test_what_nobody_asks_for_is_forgotten(
    folders: Folders, settled: None, decoded: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    remembering(folders)
    (file,) = (folders.root.parent / "cache").glob("*.sqlite3")
    with sqlite3.connect(file) as connection:
        connection.execute("update results set used = used - 50")
    connection.close()
    assert decodings(decoded, lambda: remembering(folders)) == []
    with sqlite3.connect(file) as connection:
        assert connection.execute(
            "select count(*) from results where used < 700000"
        ).fetchone() == (0,)
        connection.execute("update results set used = used - 91")
    connection.close()
    Ledger(folders.root.parent / "cache").close()
    assert decodings(decoded, lambda: remembering(folders)) == list(NAMES)


def test_cleaning_takes_away_its_own_files_and_no_others(folders: Folders) -> None:
    cache = folders.root.parent / "cache"
    remembering(folders)
    assert {path.name for path in cache.iterdir()} == {
        "CACHEDIR.TAG",
        ".gitignore",
        "checks-1.sqlite3",
    }
    others = {"mine.png", "checks-mine.sqlite3", f"{DATABASE}.mine", "checks-1.sqlite3-mine"}
    for name in others:
        (cache / name).write_bytes(b"painted")
    for ending in ("-journal", "-wal", "-shm"):
        (cache / f"{DATABASE}{ending}").write_bytes(b"SQLite's own")
    (cache / ".gitignore").write_text("mine\n", encoding="utf-8")
    assert clean(cache) > 0
    assert {path.name for path in cache.iterdir()} == {*others, ".gitignore"}
    assert clean(cache) == 0


def test_the_commands(folders: Folders) -> None:
    cache = folders.root.parent / "cache"
    target = folders.root / "dataset.toml"
    anew = run("check", target, "--no-cache", "--cache-dir", cache)
    assert not cache.exists()
    assert run("check", target, "--cache-dir", cache).stdout == anew.stdout
    assert run("check", target, "--cache-dir", cache).stdout == anew.stdout
    assert "kB freed" in run("clean", "--cache-dir", cache).stdout
    assert not cache.exists()
    assert "nothing is remembered" in run("clean", "--cache-dir", cache).stdout


def test_mending_is_checked_with_what_is_remembered_and_still_right(folders: Folders) -> None:
    (folders.masks / "b.png").rename(folders.masks / "b.Png")
    cache = folders.root.parent / "cache"
    target = folders.root / "dataset.toml"
    run("check", target, "--cache-dir", cache)
    mended = run("check", target, "--fix", "--cache-dir", cache)
    assert "mended" in mended.stderr
    again = run("check", target, "--no-cache")
    assert mended.stdout == again.stdout


def test_a_folder_that_cannot_be_cleaned_is_told(
    folders: Folders, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = folders.root.parent / "cache"
    remembering(folders)

    def refuse(path: Path) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "unlink", refuse)
    result = run("clean", "--cache-dir", cache)
    assert result.exit_code == 2
    assert "cannot be removed (Permission denied)" in all_of(result)


def test_a_folder_that_others_use_is_not_hidden_from_git(folders: Folders) -> None:
    place = folders.root.parent / "mine"
    place.mkdir()
    (place / "notes.txt").write_text("mine", encoding="utf-8")
    assert run("check", folders.root / "dataset.toml", "--cache-dir", place).exit_code in (0, 1)
    assert not (place / ".gitignore").exists()
    assert run("clean", "--cache-dir", place).exit_code == 0
    assert [each.name for each in place.iterdir()] == ["notes.txt"]
