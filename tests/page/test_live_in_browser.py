"""A page that follows a data set: an open one shows what was saved since, where one was."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from maskprep.checking.project import Project
from maskprep.checking.watch import Watch
from maskprep.dataset.discover import request
from maskprep.errors import MaskprepError
from maskprep.page import report as pages
from maskprep.page.live import LivePage
from maskprep.page.report import Draft, Wanted
from tests.datasets import Folders
from tests.page.pages import asked_for, complaints, opened

NAMES = ("a.png", "b.png", "c.png")


class Followed:
    """A data set, its page, and who watches both."""

    def __init__(self, root: Path) -> None:
        self.folders = Folders(root / "set")
        for name in NAMES:
            self.folders.add(name)
        self.page = root / "report.html"
        self.mark = root / "report.revision.svg"
        self.live = LivePage(self.page, Wanted())
        self.drawn: list[str] = []
        asked = request(str(self.folders.config()))
        self.watch = Watch(asked, Project(), told=self.live.show, patience=10)

    def paint(self, name: str) -> None:
        """Save a mask with a thin line added."""
        path = self.folders.masks / name
        with Image.open(path) as mask:
            pixels = np.array(mask)
        pixels[4:6, 4:120] = 255
        Image.fromarray(pixels).save(path)
        assert [each.image for each in self.watch.saved([str(path)])]


@pytest.fixture
def followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Followed:
    drawn: list[str] = []
    card: Callable[[Draft], Any] = Draft.card

    def noted(draft: Draft) -> Any:
        drawn.append(draft.ranked.sample.pair.image)
        return card(draft)

    monkeypatch.setattr(pages.Draft, "card", noted)
    made = Followed(tmp_path)
    made.drawn = drawn
    return made


def test_only_what_was_saved_is_drawn_again(followed: Followed) -> None:
    assert len(followed.drawn) == len(NAMES)
    followed.drawn.clear()
    followed.paint("b.png")
    assert [Path(each).name for each in followed.drawn] == ["b.png"]


def test_at_the_end_it_is_a_page_like_any(followed: Followed) -> None:
    followed.paint("b.png")
    assert 'data-revision="2"' in followed.page.read_text(encoding="utf-8")
    assert 'width="2"' in followed.mark.read_text(encoding="utf-8")
    followed.live.end()
    text = followed.page.read_text(encoding="utf-8")
    assert "data-revision" not in text.partition("<body>")[0]
    assert "img-src data:;" in text
    assert not followed.mark.exists()
    assert "b.png" in text


def test_a_page_that_is_there_is_kept_unless_asked(followed: Followed) -> None:
    asked = request(str(followed.folders.root / "dataset.toml"))
    before = followed.page.read_bytes()
    with pytest.raises(MaskprepError, match="is there already: add --overwrite"):
        Watch(asked, Project(), told=LivePage(followed.page, Wanted()).show)
    assert followed.page.read_bytes() == before
    Watch(asked, Project(), told=LivePage(followed.page, Wanted(), overwrite=True).show)


@pytest.fixture
def _hears_nothing(browser: Any) -> Iterator[None]:
    yield
    assert complaints(browser) == []
    assert all(each.startswith("file://") for each in asked_for(browser))


def wait_for(browser: Any, script: str, wanted: object) -> None:
    end = time.monotonic() + 20
    found = None
    while time.monotonic() < end:
        found = browser.execute_script(f"return {script}")
        if found == wanted:
            return
        time.sleep(0.1)
    pytest.fail(f"{script} stays {found!r}, {wanted!r} was wanted")


@pytest.mark.usefixtures("_hears_nothing")
def test_an_open_page_follows_and_stays_where_it_was(browser: Any, followed: Followed) -> None:
    opened(browser, followed.page)
    told = "document.querySelector('.pair[data-name$=\"b.png\"] .worst').textContent"
    before = browser.execute_script(f"return {told}")
    browser.execute_script(
        "Page.sort('coverage'); document.getElementById('sort').value = 'coverage';"
        "Page.root.dataset.theme = 'dark'; Page.speak('ja');"
        "Page.pairs.find((each) => each.dataset.name.endsWith('b.png'))"
        ".querySelector('details').open = true; scrollTo(0, 300);"
    )
    followed.paint("b.png")
    wait_for(browser, "document.documentElement.dataset.revision", "2")
    wait_for(browser, "Math.round(scrollY)", 300)
    assert browser.execute_script(f"return {told}") != before
    assert browser.execute_script("return document.getElementById('sort').value") == "coverage"
    assert browser.execute_script("return Page.root.dataset.theme + Page.root.lang") == "darkja"
    opened_pairs = "return [...document.querySelectorAll('details[open]')].length"
    assert browser.execute_script(opened_pairs) == 1
    followed.live.end()
    browser.refresh()  # nothing is asked for any more
    assert browser.execute_script("return 'revision' in Page.root.dataset") is False
