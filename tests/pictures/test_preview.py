"""Which pairs are drawn, in which order, into which files."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from maskprep.checking.choice import Choice, Ruleset
from maskprep.checking.engine import check
from maskprep.dataset.discover import discover, request
from maskprep.dataset.samples import samples_of
from maskprep.model import Severity
from maskprep.pictures import preview as module
from maskprep.pictures.gather import view_of
from maskprep.pictures.order import worst_first
from maskprep.pictures.preview import Drawing, preview
from tests.commands import run
from tests.datasets import Folders

SIDE = 256


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    made = Folders(tmp_path)
    for shade, (name, mask) in enumerate(masks().items(), 100):
        made.add(f"{name}.png")
        Image.new("RGB", (SIDE, SIDE), (shade, 90, 60)).save(made.images / f"{name}.png")
        Image.fromarray(mask).save(made.masks / f"{name}.png")
    return made


def masks() -> dict[str, np.ndarray[tuple[int, ...], np.dtype[np.uint8]]]:
    body = np.zeros((SIDE, SIDE), np.uint8)
    body[96:224, 64:192] = 255
    one, many = body.copy(), body.copy()
    cv2.line(one, (20, 20), (20, 80), 255, 2)
    for x in (20, 60, 100, 140, 180):
        cv2.line(many, (x, 20), (x, 80), 255, 2)
    small = np.zeros_like(body)
    small[100:140, 100:140] = 255
    labels = (body > 0).astype(np.uint8)
    return {
        "a-body": body,
        "b-small": small,
        "c-one": one,
        "d-many": many,
        "e-labels": labels,
        "f-nothing": np.zeros_like(body),
    }


def names(folders: Folders) -> list[str]:
    found = discover(request(str(folders.config())))
    ranked = worst_first(found, check(found))
    return [os.path.basename(each.sample.pair.image) for each in ranked]


def test_the_worst_come_first_by_severity_then_by_harm(folders: Folders) -> None:
    order = names(folders)
    assert set(order[:2]) == {"e-labels.png", "f-nothing.png"}
    assert order[2:] == ["d-many.png", "c-one.png", "b-small.png", "a-body.png"]


def test_findings_belong_to_their_pairs(folders: Folders) -> None:
    found = discover(request(str(folders.config())))
    report = check(found)
    ranked = {os.path.basename(each.sample.pair.image): each for each in worst_first(found, report)}
    assert [each.name for each in ranked["d-many.png"].findings] == ["detail-lost"]
    assert ranked["f-nothing.png"].findings[0].severity is Severity.ERROR
    assert not any(each.name == "detail-lost" for each in ranked["a-body.png"].findings)


def test_what_is_ignored_has_no_badge(folders: Folders) -> None:
    found = discover(request(str(folders.config())))
    choice = Choice(ignore_in=(("masks/d-many.png", ("detail-lost",)),))
    report = check(found, Ruleset(choice))
    told = {
        os.path.basename(row.image)
        for row, own in zip(report.rows, report.of_pairs, strict=True)
        for each in own
        if each.name == "detail-lost"
    }
    assert told == {"c-one.png"}


def test_only_worst_sheets_and_jpeg(folders: Folders, tmp_path: Path) -> None:
    config = folders.config()
    out = tmp_path / "out"

    def files(*options: object) -> list[str]:
        result = run("preview", config, "--output", out, "--overwrite", "--no-cache", *options)
        assert result.exit_code == 0, result.output
        made = sorted(os.listdir(out))
        for name in made:
            (out / name).unlink()
        return [*made, result.stdout.strip().rpartition(": ")[2]]

    assert files("--only", "c-*") == [
        *("c-one.png", "contact-sheet.png"),
        "1 pair drawn, and contact-sheet.png",
    ]
    assert files("--worst", "3", "--jpeg") == [
        *("contact-sheet.jpg", "d-many.jpg", "e-labels.jpg", "f-nothing.jpg"),
        "3 pairs drawn, and contact-sheet.jpg",
    ]
    assert files("--sheet-only") == ["contact-sheet.png", "contact-sheet.png with 6 pairs"]


@pytest.fixture
def two_a_sheet(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(module, "MOST", 2)
    yield


def test_many_pairs_go_to_several_sheets(
    two_a_sheet: None, folders: Folders, tmp_path: Path
) -> None:
    result = run("preview", folders.config(), "--output", tmp_path / "out", "--worst", "5")
    assert result.exit_code == 0, result.output
    sheets = [f"contact-sheet-{number}.png" for number in (1, 2, 3)]
    assert [each for each in sorted(os.listdir(tmp_path / "out")) if "sheet" in each] == sheets
    assert "5 pairs drawn, and contact-sheet-1.png to contact-sheet-3.png" in result.stdout


def test_outcomes_come_in_the_sets_order_whatever_is_drawn_first(
    two_a_sheet: None, folders: Folders, tmp_path: Path
) -> None:
    found = discover(request(str(folders.config())))
    seen = []
    done = preview(found, tmp_path / "out", progress=lambda: seen.append(1))
    wanted = [each.pair.image for each in samples_of(found)]
    assert [each.image for each in done.outcomes] == wanted
    assert len(seen) == len(wanted)
    assert all(path.is_file() for path in done.sheets)


def test_nothing_is_judged_for_weights_alone(folders: Folders, tmp_path: Path) -> None:
    found = discover(request(str(folders.config())))

    def never(_: object) -> None:
        raise AssertionError

    preview(found, None, tmp_path / "w", judge=never)  # type: ignore[arg-type]
    assert len(os.listdir(tmp_path / "w")) == 6
    preview(found, None, tmp_path / "worst", Drawing(worst=2))
    assert sorted(os.listdir(tmp_path / "worst")) == ["e-labels.npy", "f-nothing.npy"]


def test_what_cannot_be_drawn_has_its_place_on_the_sheet(folders: Folders, tmp_path: Path) -> None:
    (folders.masks / "a-body.png").write_bytes(b"")
    result = run("preview", folders.config(), "--output", tmp_path / "out")
    assert result.exit_code == 1
    assert "5 of 6 pairs drawn" in result.stdout
    names = os.listdir(tmp_path / "out")
    assert "a-body.png" not in names
    with Image.open(tmp_path / "out" / "contact-sheet.png") as page:
        six = page.size
    run("preview", folders.config(), "--output", tmp_path / "five", "--worst", "3")
    with Image.open(tmp_path / "five" / "contact-sheet.png") as page:
        assert page.size[1] < six[1]


def test_an_image_called_as_a_sheet_keeps_its_own_name(
    two_a_sheet: None, folders: Folders, tmp_path: Path
) -> None:
    for folder in (folders.images, folders.masks):
        os.rename(folder / "a-body.png", folder / "contact-sheet-2.png")
    result = run("preview", folders.config(), "--output", tmp_path / "out")
    assert result.exit_code == 0, result.output
    assert (tmp_path / "out" / "dataset0-subset0" / "contact-sheet-2.png").is_file()


def test_the_details_shown_are_those_that_check_tells(folders: Folders) -> None:
    found = discover(request(str(folders.config())))
    told = {
        os.path.basename(each.path): each.message
        for each in check(found).findings
        if each.name == "detail-lost"
    }
    views = {}
    for sample in samples_of(found):
        view = view_of(sample)
        assert view is not None
        views[view.title] = view
    for name, heading in {
        "d-many.png": "3 of 5 lost details, the weakest",
        "c-one.png": "The lost detail",
    }.items():
        view = views[name]
        assert view.spots_are == heading
        assert len(view.lost) == (5 if "many" in name else 1)
        for number, spot in enumerate(view.spots, 1):
            assert spot.number == number
            weight_and_place = spot.caption.removeprefix(f"{number}: ").partition(" (")[0]
            assert weight_and_place in told[name]
    assert views["a-body.png"].spots == []


def test_a_detail_that_trains_is_not_called_lost(folders: Folders) -> None:
    found = discover(request(str(folders.config())))
    (sample,) = (each for each in samples_of(found) if "c-one" in each.pair.image)
    view = view_of(sample, lost_below=0.01)
    assert view is not None
    assert view.lost == []
    assert view.spots_are == "The only detail, which trains"
    assert [each.number for each in view.spots] == [0]
    assert dict(view.facts)["fine details"].startswith("0 of 1 detail lost, weakest 0.")


def test_details_of_a_shifted_mask_are_framed_where_they_are_drawn(tmp_path: Path) -> None:
    folders = Folders(tmp_path).add("a.png")
    mask = np.zeros((300, 200), np.uint8)
    mask[150:280, 60:140] = 255
    cv2.line(mask, (20, 20), (20, 60), 255, 2)
    Image.new("RGB", (200, 300), "gray").save(folders.images / "a.png")
    Image.fromarray(mask).save(folders.masks / "a.png")
    found = discover(request(str(folders.config()), trainer="sd-scripts@0.10"))
    (sample,) = samples_of(found)
    view = view_of(sample)
    assert view is not None
    assert view.right_weights is not None
    assert view.crop_box is not None
    (drawn,), (seen,) = view.drawn_details, view.lost
    left, top, right, _ = view.crop_box
    scale = (right - left) / view.bucket.width
    assert drawn.box.left * scale + left == pytest.approx(19, abs=3)
    assert drawn.box.top * scale + top == pytest.approx(19, abs=3)
    assert drawn.box.bottom * scale + top == pytest.approx(62, abs=3)
    assert abs(drawn.box.top - seen.box.top) + abs(drawn.box.left - seen.box.left) > 1
    window = view.window(0, 0, 4).pointing_at(1, (5, 6))
    assert window.lost[0].at == (5, 6)
    assert window.drawn_details[0].box == drawn.box
