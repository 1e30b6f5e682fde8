"""Text in pictures: every character is shown as it is, or as an escape, and never as a box."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from PIL import Image, ImageDraw

from maskprep.pictures import fonts, glyphs

TITLES = ["x" * 300 + ".png", "とても長い名前" * 40, "日本語 é 中文 한국어 🦊", "\udcff\n\t", ""]


@pytest.fixture(autouse=True)
def fresh_memory() -> Iterator[None]:
    memories = (glyphs.system_fonts, glyphs.file_with, fonts._runs)
    for each in memories:
        each.cache_clear()
    yield
    for each in memories:
        each.cache_clear()


@pytest.fixture
def no_system_fonts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(glyphs, "_FOLDERS", ())


def drawn(text: str, size: int = 30) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    page = Image.new("RGB", (900, 60), (255, 255, 255))
    fonts.draw_text(ImageDraw.Draw(page), (10, 5), text, size, (0, 0, 0))
    return np.asarray(page)


@pytest.mark.parametrize("title", TITLES)
def test_any_title_fits_with_the_systems_fonts(title: str) -> None:
    assert fonts.text_width(fonts.shortened(title, 500, 34), 34) <= 500


@pytest.mark.parametrize("title", TITLES)
def test_any_title_fits_without(title: str, no_system_fonts: None) -> None:
    assert fonts.text_width(fonts.shortened(title, 500, 34), 34) <= 500


def test_what_no_font_has_becomes_an_escape(no_system_fonts: None) -> None:
    for text, shown in {
        "あ.png": r"\u3042.png",
        "中한": r"\u4e2d\ud55c",
        "🦊\ufe0f": r"\U0001f98a",
        "\x1b\n\udcff": r"\x1b\n\udcff",
        "e\u0301té": "été",
        "a – b → “c”…": "a – b → “c”…",
    }.items():
        np.testing.assert_array_equal(drawn(text), drawn(shown))
        assert "".join(run for run, _ in fonts._runs(text, False)) == shown


def test_a_character_goes_to_the_first_font_that_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    alphabets = {"kana.ttf": "あい", "all.ttf": "あい한"}
    monkeypatch.setattr(glyphs, "system_fonts", lambda: tuple(alphabets))
    real = glyphs._draws

    def draws(file: str, character: str) -> bool:
        return character in alphabets[file] if file in alphabets else real(file, character)

    monkeypatch.setattr(glyphs, "_draws", draws)
    own = glyphs.OWN[True]
    assert fonts._runs("aあい한b🦊", True) == (
        ("a", own),
        ("あい", "kana.ttf"),
        ("한", "all.ttf"),
        (r"b\U0001f98a", own),
    )


def test_coverage_is_what_the_font_draws() -> None:
    for file in glyphs.OWN.values():
        assert all(glyphs._draws(file, each) for each in "aZ09é–… ←×")
        assert not any(glyphs._draws(file, each) for each in "あ中한🦊\n\t\u0378")
    assert not glyphs._draws("no-such-font.ttf", "a")


def test_fonts_are_found_by_name_wherever_they_lie(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, system = (tmp_path_factory.mktemp(each) for each in ("home", "system"))
    (system / "deep" / "er").mkdir(parents=True)
    for path in (
        system / "msgothic.ttc",
        system / "deep" / "er" / "notosanscjk-regular.TTC",
        system / "other.ttf",
        home / "msgothic.ttc",
    ):
        path.touch()
    monkeypatch.setenv("HERE", str(system))
    monkeypatch.setattr(glyphs, "_FOLDERS", (str(home), "$HERE", str(home / "nothing")))
    assert glyphs.system_fonts() == (
        str(system / "deep" / "er" / "notosanscjk-regular.TTC"),
        str(home / "msgothic.ttc"),
    )


def test_bitmaps_of_one_size_are_brought_to_the_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    own = glyphs.OWN[False]
    monkeypatch.setattr(glyphs, "bitmap_size", lambda file: 109 if file == own else 0)
    monkeypatch.setattr(fonts, "bitmap_size", glyphs.bitmap_size)
    picture = glyphs.bitmap(own, "A", 30)
    assert picture.mode == "RGBA"
    assert picture.height == 36
    assert picture.getchannel("A").getextrema() == (0, 255)
    assert fonts.text_width("AA", 30) == 2 * picture.width
