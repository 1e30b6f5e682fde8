"""The page as people use it: opened from disk, filtered, sorted, ticked, read without a script."""

from __future__ import annotations

import json
import shutil
import subprocess
import tarfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from maskprep.dataset.discover import discover, request
from maskprep.dataset.only import keep_only
from tests.page.pages import asked_for, complaints, looked_at, opened, written
from tests.places import ROOT

MARKUP = "<img src=x onerror=alert(1)>&amp;'\".png"


@pytest.fixture(scope="module")
def sample_set(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The drawn samples, with one image more whose name is markup."""
    folder = tmp_path_factory.mktemp("set")
    shutil.copytree(ROOT / "samples" / "character", folder / "character")
    images, masks = folder / "character" / "images", folder / "character" / "masks"
    shutil.copy(images / "city-wave.png", images / MARKUP)
    shutil.copy(masks / "city-wave.png", masks / MARKUP)
    caption = (images / MARKUP).with_suffix(".txt")
    caption.write_text("</script><script>alert(2)</script>", encoding="utf-8")
    config = folder / "character" / "dataset.toml"
    text = config.read_text(encoding="utf-8")
    config.write_text(text.replace("samples/character", f"{folder}/character"), encoding="utf-8")
    return config


@pytest.fixture(scope="module")
def page(sample_set: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(sample_set, tmp_path_factory.mktemp("page"))


@pytest.fixture(autouse=True)
def _hears_nothing(browser: Any, page: Path) -> Iterator[None]:
    """No test may leave a complaint in the console, or ask a network for anything."""
    opened(browser, page)
    browser.execute_script("localStorage.clear()")
    yield
    assert complaints(browser) == []
    asked = asked_for(browser)
    assert asked
    assert all(each.startswith("file://") for each in asked)


def shown(browser: Any) -> list[str]:
    names: list[str] = browser.execute_script(
        "return [...document.querySelectorAll('.pair')].filter((each) => each.checkVisibility())"
        ".map((each) => each.querySelector('h3').textContent)"
    )
    return names


def click(browser: Any, selector: str) -> None:
    browser.execute_script("document.querySelector(arguments[0]).click()", selector)


def chosen(browser: Any, selector: str, value: str) -> None:
    script = "const box = document.querySelector(arguments[0]); box.value = arguments[1];"
    browser.execute_script(script + "box.dispatchEvent(new Event('change'))", selector, value)


def test_it_begins_with_the_verdict_and_the_worst(browser: Any) -> None:
    heading = browser.execute_script("return document.querySelector('h1').textContent")
    assert heading.startswith("Ready, with doubts")
    assert shown(browser)[0] == "kite-seaside.png"
    assert len(shown(browser)) == 10


def test_chips_show_what_a_rule_found(browser: Any) -> None:
    click(browser, "[data-rule=MP301]")
    assert set(shown(browser)) == {
        "kite-seaside.png",
        "umbrella-child.png",
        "city-wave.png",
        MARKUP,
    }
    told = browser.execute_script("return document.getElementById('shown').textContent")
    assert told == "4"
    click(browser, "[data-rule='']")
    assert len(shown(browser)) == 10


@pytest.mark.parametrize(
    ("key", "upward"), [("coverage", True), ("lost", False), ("share", False), ("shift", False)]
)
def test_the_order_can_be_chosen(browser: Any, key: str, upward: bool) -> None:
    before = shown(browser)
    chosen(browser, "#sort", key)
    script = (
        "return [...document.querySelectorAll('.pair')].map((each) => +each.dataset[arguments[0]])"
    )
    values = browser.execute_script(script, key)
    assert values == sorted(values, reverse=not upward)
    chosen(browser, "#sort", "worst")
    assert shown(browser) == before


def test_a_name_that_is_markup_is_text(browser: Any) -> None:
    assert MARKUP in shown(browser)
    looked_at(browser, MARKUP)
    assert browser.execute_script("return document.querySelectorAll('img[src=x]').length") == 0
    paths = browser.execute_script("return Page.pairs.map((each) => each.dataset.name)")
    assert any(each.endswith(MARKUP) for each in paths)


def test_ticks_are_kept_and_saved_as_a_list_that_only_takes(
    browser: Any, page: Path, sample_set: Path, tmp_path: Path
) -> None:
    click(browser, ".pair .accept")
    script = "Page.pairs.find((each) => each.dataset.name.endsWith(arguments[0]))"
    browser.execute_script(script + ".querySelector('.accept').click()", MARKUP)
    click(browser, ".pair:nth-child(3) .reject")
    browser.get(page.as_uri())
    assert browser.execute_script("return Page.ticks.list('accepted').length") == 2
    click(browser, "#save-accepted")
    saved = browser.downloads / "accepted.txt"
    for _ in range(100):
        if saved.exists():
            break
        time.sleep(0.1)
    found = keep_only(discover(request(str(sample_set))), [str(saved)])
    names = {Path(each.image).name for each in found.datasets[0].subsets[0].pairs}
    assert names == {"kite-seaside.png", MARKUP}


def test_a_cell_tells_its_weight_by_pointer_and_by_keys(browser: Any) -> None:
    looked_at(browser, "/kite-seaside.png")
    read = "return document.querySelector('.readout').textContent"
    press = (
        "document.querySelector('.stage canvas')"
        ".dispatchEvent(new KeyboardEvent('keydown', {key: arguments[0]}))"
    )
    browser.execute_script(press, "ArrowRight")
    assert browser.execute_script(read).startswith("cell 1, 0: weight 0.000")
    browser.execute_script(press, "ArrowDown")
    assert browser.execute_script(read).startswith("cell 1, 1: weight ")
    browser.execute_script(
        "const canvas = document.querySelector('.stage canvas'), "
        "box = canvas.getBoundingClientRect();"
        "canvas.dispatchEvent(new PointerEvent('pointerdown',"
        "{clientX: box.left + box.width / 3, clientY: box.top + box.height * 0.95}))"
    )
    assert "weight 1.000" in browser.execute_script(read)


def test_flicker_and_wipe_draw_mask_and_cells(browser: Any) -> None:
    looked_at(browser, "/kite-seaside.png")
    at = "return Page.viewers.values().next().value"
    assert browser.execute_script(f"{at}.wipe") == 0.5
    picture = "return document.querySelector('.stage canvas').toDataURL()"
    half = browser.execute_script(picture)
    click(browser, ".flicker")
    assert browser.execute_script(f"{at}.wipe") in (0, 1)
    assert browser.execute_script(picture) != half
    click(browser, ".flicker")
    chosen(browser, ".controls select", "outline")
    outline = browser.execute_script(picture)
    chosen(browser, ".controls select", "picture")
    assert len({half, outline, browser.execute_script(picture)}) == 3


@pytest.mark.parametrize(("language", "word"), [("ja", "採用"), ("zh", "接受"), ("en", "accept")])
def test_all_words_follow_the_language(browser: Any, language: str, word: str) -> None:
    looked_at(browser, "/kite-seaside.png")
    chosen(browser, "#language", language)
    ticks = browser.execute_script("return document.querySelector('.ticks').textContent")
    assert word in ticks
    assert browser.execute_script("return document.documentElement.lang") == language


def test_light_and_dark(browser: Any) -> None:
    ground = "return getComputedStyle(document.body).backgroundColor"
    light = browser.execute_script(ground)
    click(browser, "#theme")
    assert browser.execute_script(ground) != light
    click(browser, "#theme")
    assert browser.execute_script(ground) == light


def test_without_a_script_the_sheet_and_the_numbers_are_there(browser: Any, page: Path) -> None:
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        browser.get(page.as_uri())
        from selenium.webdriver.common.by import By

        text = browser.find_element(By.TAG_NAME, "main").text
        controls = browser.find_elements(By.CSS_SELECTOR, ".script-only")
        assert not any(each.is_displayed() for each in controls)
        tile = browser.find_element(By.CSS_SELECTOR, ".tile")
        assert tile.is_displayed()
    finally:
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
    assert "Without JavaScript" in text
    assert "kite-seaside.png" in text
    assert "3 / 17" in text


def test_the_policy_refuses_what_is_slipped_in(browser: Any) -> None:
    browser.execute_script(
        "const made = document.createElement('script'); made.textContent = 'window.slipped = 1';"
        "document.body.append(made)"
    )
    assert browser.execute_script("return window.slipped ?? null") is None
    assert any("Content Security Policy" in each for each in complaints(browser))


def _axe(folder: Path) -> str:
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("no npm here to get axe-core with")
    words = [npm, "pack", "axe-core@4", "--silent"]
    try:
        packed = subprocess.run(words, cwd=folder, capture_output=True, timeout=120, check=False)
    except subprocess.TimeoutExpired:
        pytest.skip("the registry of npm does not answer: no axe-core")
    archives = list(folder.glob("axe-core-*.tgz"))
    if packed.returncode or not archives:
        pytest.skip("the registry of npm does not give axe-core")
    with tarfile.open(archives[0]) as archive:
        script = archive.extractfile("package/axe.min.js")
        assert script is not None
        return script.read().decode("utf-8")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_audit_finds_nothing_serious(browser: Any, tmp_path: Path, dark: bool) -> None:
    axe = _axe(tmp_path)
    if dark:
        click(browser, "#theme")
    looked_at(browser, "/kite-seaside.png")
    browser.execute_script(axe)
    result = browser.execute_async_script("axe.run(document).then(arguments[0])")
    serious = [
        (each["id"], each["help"], [node["html"][:120] for node in each["nodes"]][:3])
        for each in result["violations"]
        if each["impact"] in ("serious", "critical")
    ]
    assert serious == [], json.dumps(serious, indent=1)


def test_two_sets_of_masks_are_compared(browser: Any, sample_set: Path, tmp_path: Path) -> None:
    others = tmp_path / "others"
    others.mkdir()
    mask = Image.open(sample_set.parent / "masks" / "kite-seaside.png").convert("L")
    mask.paste(0, (0, 0, mask.width // 2, mask.height))
    mask.save(others / "kite-seaside.png")
    opened(browser, written(sample_set, tmp_path, "--compare", others))
    looked_at(browser, "/kite-seaside.png")
    overlap = browser.execute_script(
        "return document.querySelector('.numbers div:last-child dd').textContent"
    )
    assert 0.1 < float(overlap) < 0.8
    click(browser, ".other")
    differs = "const seen = Page.viewers.values().next().value; return seen.seen === seen.other"
    assert browser.execute_script(differs)
