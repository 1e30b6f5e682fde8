"""What is written, where, and in which words."""

from __future__ import annotations

import gc
import io
import json
import re
import shutil
from base64 import b64decode
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from maskprep.dataset.sample import Sample
from maskprep.page import report as module
from maskprep.page.charts import buckets, histogram, shares_of
from maskprep.page.live import LivePage
from maskprep.page.packing import (
    _LEAST,
    _webp,
    packed_bits,
    packed_mask,
    packed_weights,
    picture_uri,
)
from maskprep.page.words import LANGUAGES, words_in
from tests.commands import all_of, run
from tests.datasets import Folders, checked
from tests.places import ROOT

SAMPLES = ROOT / "samples" / "character" / "dataset.toml"


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    made = Folders(tmp_path)
    for name in ("a.png", "b.png", "c.png"):
        made.add(name)
    return made


def test_it_is_one_file_that_names_no_address(tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    result = run("report", SAMPLES, "-o", page)
    assert result.exit_code == 0
    assert "9 pairs" in result.stdout
    text = page.read_text(encoding="utf-8")
    assert list(tmp_path.iterdir()) == [page]
    assert not re.search(r"""(src|href)=["']?(https?:)?//""", text)
    assert "Content-Security-Policy" in text
    assert len(text) < 9 * 50_000


def test_nothing_is_replaced_unasked_or_written_into_the_data_set(folders: Folders) -> None:
    config = folders.config()
    page = folders.root / "report.html"
    page.write_text("mine", encoding="utf-8")
    refused = run("report", config, "-o", page)
    assert refused.exit_code == 2
    assert "add --overwrite" in all_of(refused)
    assert page.read_text(encoding="utf-8") == "mine"
    inside = run("report", config, "-o", folders.images / "report.html")
    assert inside.exit_code == 2
    assert not (folders.images / "report.html").exists()


def test_many_pairs_go_to_several_pages(folders: Folders, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST", 2)
    result = run("report", folders.config(), "-o", folders.root / "set.html")
    assert result.exit_code == 0
    first, second = (
        (folders.root / name).read_text(encoding="utf-8") for name in ("set.html", "set-2.html")
    )
    assert first.count("<article") == 2
    assert second.count("<article") == 1
    assert 'href="set-2.html"' in first
    assert 'href="set.html"' in second


def test_an_image_that_does_not_open_is_told_and_the_others_are_shown(folders: Folders) -> None:
    (folders.images / "b.png").write_bytes(b"no picture")
    page = folders.root / "report.html"
    result = run("report", folders.config(), "-o", page)
    assert result.exit_code == 1
    assert "b.png: not shown" in all_of(result)
    assert page.read_text(encoding="utf-8").count('class="data"') == 2


def test_there_must_be_a_folder_to_compare(folders: Folders) -> None:
    page = folders.root / "report.html"
    result = run("report", folders.config(), "-o", page, "--compare", folders.root / "none")
    assert result.exit_code == 2
    assert "there is no such folder" in all_of(result)
    assert not page.exists()


def test_only_some_pairs(folders: Folders) -> None:
    page = folders.root / "report.html"
    assert run("report", folders.config(), "-o", page, "--only", "b.png").exit_code == 0
    assert page.read_text(encoding="utf-8").count("<article") == 1


def test_the_first_language_can_be_chosen(folders: Folders) -> None:
    page = folders.root / "report.html"
    assert run("report", folders.config(), "-o", page, "--lang", "ja").exit_code == 0
    text = page.read_text(encoding="utf-8")
    assert '<html lang="ja">' in text
    assert words_in("ja")["todo"] in text


def test_a_page_shows_the_shift_of_trainers_that_stretch(tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    run("report", SAMPLES, "-o", page, "--trainer", "sd-scripts@0.10")
    shifts = [int(each) for each in re.findall(r'data-shift="(\d+)"', page.read_text("utf-8"))]
    assert max(shifts) > 0


def test_colours_under_alpha_are_shown_as_they_train(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "samples" / "character-alpha", tmp_path / "set")
    page = tmp_path / "report.html"
    assert run("report", tmp_path / "set" / "dataset.toml", "-o", page).exit_code == 0
    data = [json.loads(each) for each in data_of(page)]
    assert len(data) == 9
    assert all(each["replay"] is not None for each in data)


def data_of(page: Path) -> list[str]:
    return re.findall(r'class="data">(.*?)</script>', page.read_text(encoding="utf-8"))


def test_every_word_is_there_in_every_language() -> None:
    table = {language: words_in(language) for language in LANGUAGES}
    assert all(value for words in table.values() for value in words.values())
    asked = set()
    for path in module.TEMPLATES.iterdir():
        text = path.read_text(encoding="utf-8")
        asked |= set(re.findall(r"""\bw\("(\w+)"\)""", text))
        asked |= set(re.findall(r"""words\("(\w+)"\)""", text))
        asked |= set(re.findall(r"""words\["(\w+)"\]""", text))
    assert asked - {"harm_", "by_"} <= table["en"].keys()


def test_shares_add_up_and_buckets_count_every_image(folders: Folders) -> None:
    report = checked(folders.config())
    shares = shares_of(report.training_set, report.rows)
    assert sum(share or 0 for share in shares) == pytest.approx(1)
    assert sum(each.count for each in buckets(report.rows)) == 3
    assert sum(bar.value for bar in histogram(report.rows)) == 3


def test_what_is_packed_is_small() -> None:
    mask = np.zeros((900, 700), np.uint8)
    mask[200:600, 100:500] = 255
    mask[200:600, 99] = 77
    assert max(len(packed_mask(mask)), len(packed_bits(mask))) < 1000
    assert len(packed_weights(np.ones((90, 70), np.float32))) < 200


def test_whole_masks_are_those_of_the_worst_pairs_whoever_is_faster(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders = Folders(tmp_path)
    for place in range(12):
        mask = np.zeros((256, 256), np.uint8)
        mask[40:200, 40 + place : 200] = 255
        folders.add(f"{place:02}.png")
        Image.new("RGB", (256, 256), (place, 90, 90)).save(folders.images / f"{place:02}.png")
        Image.fromarray(mask).save(folders.masks / f"{place:02}.png")
    training_set = checked(str(folders.config())).training_set
    pages = []
    for room in (600, 10_000_000):
        monkeypatch.setattr(module, "_MASKS", room)
        for workers in (1, 4):
            page = tmp_path / f"{room}-{workers}.html"
            module.write_report(training_set, page, workers=workers)
            pages.append(page.read_text(encoding="utf-8"))
    assert pages[0] == pages[1]
    assert pages[2] == pages[3]
    carried = [re.findall(r'"replay":(null|\{)', page) for page in pages]
    first = carried[0].index("null")
    assert 0 < first < 12
    assert carried[0] == ["{"] * first + ["null"] * (12 - first)
    assert carried[2] == ["{"] * 12


def test_a_page_that_is_kept_up_holds_no_pixels_and_makes_room_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders = Folders(tmp_path)
    folders.add("a.png")
    Image.new("RGB", (256, 256)).save(folders.images / "a.png")
    Image.fromarray(np.tri(256, dtype=np.uint8) * 255).save(folders.masks / "a.png")
    report = checked(str(folders.config()))
    live = LivePage(tmp_path / "live.html", module.Wanted(), overwrite=True)
    live.show(report)
    gc.collect()
    held = [each for each in gc.get_objects() if isinstance(each, Sample)]
    assert not [each for each in held if each.pair.image.startswith(str(tmp_path))]

    monkeypatch.setattr(module, "_MASKS", 0)
    live.end()
    module.write_report(report.training_set, tmp_path / "once.html")
    texts = [(tmp_path / name).read_text(encoding="utf-8") for name in ("live.html", "once.html")]
    assert '"replay":null' in texts[0]
    assert texts[0].replace("live.html", "once.html") == texts[1]


@pytest.mark.parametrize("noise", [0, 10, 60])
def test_pictures_are_shown_worse_rather_than_larger(noise: int) -> None:
    random = np.random.default_rng(noise)
    pixels = np.clip(random.normal(120, noise, (320, 240, 3)), 0, 255).astype(np.uint8)
    encoded = b64decode(picture_uri(pixels, 5_000).partition(",")[2])
    with Image.open(io.BytesIO(encoded)) as picture:
        assert (picture.format, picture.size) == ("WEBP", (240, 320))
        shown = np.asarray(picture.convert("RGB"))
    assert np.abs(shown.mean(axis=(0, 1)) - pixels.mean(axis=(0, 1))).max() < 6
    least = len(_webp(pixels, _LEAST))
    assert len(encoded) <= max(6_000, least)


def test_a_lone_picture_of_any_kind_is_shown(tmp_path: Path) -> None:
    folder = tmp_path / "images"
    folder.mkdir()
    Image.new("L", (300, 200), 90).save(folder / "grey.jpg")
    page = tmp_path / "report.html"
    result = run("report", folder, "--alpha", "-o", page)
    assert page.exists(), all_of(result)
    assert "data:image/webp" in page.read_text(encoding="utf-8")


def test_other_trainers_see_what_compare_says(folders: Folders) -> None:
    config, page = folders.config(), folders.root / "report.html"
    named = ("onetrainer", "sd-scripts@0.10")
    result = run("report", config, "-o", page, *(w for each in named for w in ("--also", each)))
    assert result.exit_code == 0, all_of(result)
    words = (w for each in named for w in ("--trainer", each))
    told = json.loads(run("compare", config, *words, "--format", "json").stdout)
    text = page.read_text(encoding="utf-8")
    rows = re.findall(r'<tr><th scope="row">([^<]*)</th><td>([^<]*)</td><td>([^<]*)</td>', text)
    wanted = [
        (seen["trainer"], f"{100 * seen['weight_mean']:.1f} %", f"{100 * seen['share']:.1f} %")
        for pair in told["pairs"]
        for seen in pair["trainers"]
    ]
    assert sorted(rows) == sorted(wanted)
    assert len(rows) == 6


def test_a_trainer_that_nobody_knows_is_told(folders: Folders) -> None:
    result = run("report", folders.config(), "-o", folders.root / "r.html", "--also", "onetrain")
    assert result.exit_code == 2
    assert "did you mean 'onetrainer'" in all_of(result)
