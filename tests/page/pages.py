"""Pages made for tests, opened, and what is asked of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.commands import run

#: Opens a pair and gives its viewer's numbers once they are there.
_OPEN = """
const [name, done] = arguments;
const pair = Page.pairs.find((each) => each.dataset.name.endsWith(name));
pair.querySelector("details").open = true;
const look = () => (Page.viewers.get(pair) ? done(true) : setTimeout(look, 20));
look();
"""
_GROW = """
const [name, radius, only] = arguments;
const pair = Page.pairs.find((each) => each.dataset.name.endsWith(name));
const viewer = Page.viewers.get(pair);
if (!viewer.radiusInput) return null;
viewer.radiusInput.max = Math.max(viewer.radiusInput.max, radius);
viewer.radiusInput.value = radius;
viewer.only.checked = only;
viewer.radiusInput.dispatchEvent(new Event("input"));
return { ...viewer.outcome, command: viewer.command.textContent };
"""


def written(target: Path, folder: Path, *options: object) -> Path:
    """Write the page of a data set."""
    page = folder / "report.html"
    result = run("report", target, "-o", page, "--overwrite", *options)
    assert page.exists(), result.output
    return page


def opened(browser: Any, page: Path) -> None:
    """Open a page, with nothing heard before."""
    browser.get("about:blank")
    browser.get_log("browser")
    browser.get_log("performance")
    browser.get(page.as_uri())


def looked_at(browser: Any, name: str) -> None:
    """Open a pair from near."""
    assert browser.execute_async_script(_OPEN, name)


def grown(browser: Any, name: str, radius: int, *, details: bool) -> dict[str, Any] | None:
    """Try a growth; None where the page offers none."""
    result: dict[str, Any] | None = browser.execute_script(_GROW, name, radius, details)
    return result


def complaints(browser: Any) -> list[str]:
    """What the console has told."""
    return [each["message"] for each in browser.get_log("browser")]


def asked_for(browser: Any) -> list[str]:
    """Give every address that the browser has been asked for, but those that stand in the page."""
    events = (json.loads(each["message"])["message"] for each in browser.get_log("performance"))
    addresses = (
        each["params"]["request"]["url"]
        for each in events
        if each["method"] == "Network.requestWillBeSent"
    )
    return [each for each in addresses if not each.startswith(("data:", "blob:", "about:"))]
