"""Replay of recorded situations: where the trainer stopped and how, or the weights it used."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from maskprep.checking.engine import check
from maskprep.dataset.discover import Request, discover
from maskprep.dataset.samples import samples_of
from maskprep.model.report import Report
from maskprep.trainers import find_model, find_trainer
from tests.truth import english, recorded

CASES = [
    (version, case) for version in ("0.9", "0.10") for case in recorded(f"behaviour-{version}")
]
SIDE = 256
Layout = Callable[[Path], None]


def image(size: tuple[int, int] = (SIDE, SIDE), name: str = "x.png", folder: str = "img") -> Layout:
    def lay(root: Path) -> None:
        (root / folder).mkdir(exist_ok=True)
        Image.new("RGB", size, (90, 120, 150)).save(root / folder / name)
        caption = (root / folder / name).with_suffix(".txt")
        caption.write_text("a caption", encoding="utf-8")

    return lay


def mask(
    size: tuple[int, int] = (SIDE, SIDE),
    colour: Any = 255,
    mode: str = "L",
    name: str = "x.png",
    folder: str = "mask",
) -> Layout:
    def lay(root: Path) -> None:
        (root / folder).mkdir(exist_ok=True)
        Image.new(mode, size, colour).save(root / folder / name)

    return lay


def deep_mask(value: int) -> Layout:
    def lay(root: Path) -> None:
        (root / "mask").mkdir()
        Image.fromarray(np.full((SIDE, SIDE), value, np.uint16)).save(root / "mask" / "x.png")

    return lay


def half_mask(root: Path) -> None:
    mask()(root)
    with Image.open(root / "mask" / "x.png") as opened:
        opened.load()
        opened.paste(0, (SIDE // 2, 0, SIDE, SIDE))
        opened.save(root / "mask" / "x.png")


def raw(path: str, content: bytes) -> Layout:
    def lay(root: Path) -> None:
        (root / path).parent.mkdir(exist_ok=True)
        (root / path).write_bytes(content)

    return lay


def truncated(path: str) -> Layout:
    def lay(root: Path) -> None:
        whole = (root / path).read_bytes()
        (root / path).write_bytes(whole[: len(whole) // 2])

    return lay


def noisy_mask(root: Path) -> None:
    (root / "mask").mkdir()
    noise = np.random.default_rng(0).integers(0, 256, (SIDE, SIDE), np.uint8)
    Image.fromarray(noise).save(root / "mask" / "x.png")


def turned(root: Path) -> None:
    (root / "img").mkdir()
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (320, 256)).save(root / "img" / "x.jpg", exif=exif)


def folder(path: str) -> Layout:
    return lambda root: (root / path).mkdir()


def many(count: int) -> list[Layout]:
    names = [f"x{index}.png" for index in range(count)]
    return [lay for name in names for lay in (image(name=name), mask(name=name))]


def striped_alpha(root: Path) -> None:
    """As recorded, but for the picture, of which the file only keeps the mean."""
    (root / "img").mkdir()
    rgba = Image.new("RGBA", (256, 400), (9, 9, 9, 255))
    rgba.paste((9, 9, 9, 0), (0, 0, 256, 200))
    rgba.save(root / "img" / "x.png")


PAIR: list[Layout] = [image(), mask()]
DEPTHS: dict[str, list[Layout]] = {
    f"16-bit grey mask, every pixel {value}": [image(), deep_mask(value)]
    for value in (0, 128, 255, 256, 32768)
}
SITUATIONS: dict[str, list[Layout]] = DEPTHS | {
    "same size": PAIR,
    "mask size differs, buckets on": [image(), mask((200, 256))],
    "mask size differs, buckets off": [image(), mask((200, 100))],
    "image size is not the resolution, buckets off": [image((300, 256)), mask((300, 256))],
    "random_crop with mask files": PAIR,
    "resolution below min_bucket_reso": PAIR,
    "resolution above max_bucket_reso (default 1024)": PAIR,
    "no resolution anywhere": PAIR,
    "unknown resize_interpolation": PAIR,
    "truncated mask file": [image(), noisy_mask, truncated("mask/x.png")],
    "empty mask file": [image(), raw("mask/x.png", b"")],
    "empty image file": [raw("img/x.png", b""), mask()],
    "mask directory does not exist": [image()],
    "tiny image, bucket_no_upscale": [image((40, 40)), mask((40, 40))],
    "extreme aspect 2000x20, upscale": [image((2000, 20)), mask((2000, 20))],
    "extreme aspect 2000x20, no_upscale": [image((2000, 20)), mask((2000, 20))],
    "num_repeats = 0": PAIR,
    "same image_dir twice, two mask dirs": [*PAIR, mask(folder="mask2")],
    "two image dirs share one mask dir, same stem": [*PAIR, image(folder="img2")],
    "two image dirs share one mask dir, other stems": [
        *PAIR,
        image(name="y.png", folder="img2"),
        mask(name="y.png", colour=0),
    ],
    "EXIF orientation 6 (90 degrees), mask has the displayed size": [turned, mask((256, 320))],
    "EXIF orientation 6 (90 degrees), mask has the stored size": [turned, mask((320, 256))],
    "caption is not UTF-8": [*PAIR, raw("img/x.txt", b"\xe9")],
    "caption file is empty": [*PAIR, raw("img/x.txt", b"")],
    "alpha_mask, image has no alpha": [image()],
    "alpha_mask, JPEG image": [image(name="x.jpg")],
    "mask painted pure red": [image(), mask(colour=(255, 0, 0), mode="RGB")],
    "mask painted pure green": [image(), mask(colour=(0, 255, 0), mode="RGB")],
    "RGBA mask, white and fully transparent": [
        image(),
        mask(colour=(255, 255, 255, 0), mode="RGBA"),
    ],
    "RGBA mask, black and opaque": [image(), mask(colour=(0, 0, 0, 255), mode="RGBA")],
    "label map mask, every pixel 1": [image(), mask(colour=1)],
    "mask dir but masked and unmasked subsets in one dataset": [*PAIR, image(folder="img2")],
    "validation_split above 0 with mask files": many(4),
    "flip_aug, left half white (mirrored with the image half of the time)": [image(), half_mask],
    "same image_dir twice, same mask dir": PAIR,
    "zero bucket width (50x300, no_upscale)": [image((50, 300)), mask((50, 300))],
    "BMP image 300x150": [image((300, 150), "x.bmp"), mask((300, 150))],
    "bounds violated, buckets off": PAIR,
    "validation_split 0.05 of 10 pairs": many(10),
    "dot files beside the mask": [*PAIR, raw("mask/._x.png", b"\0"), raw("mask/.x.png", b"\0")],
    "a directory named y.png among the masks": [*PAIR, folder("mask/y.png")],
    "caption with a blank first line": [*PAIR, raw("img/x.txt", b"\nsecond")],
    "alpha 0.9 strictness: one side equal (256x400 in 256 wide bucket)": [striped_alpha],
    "min_bucket_reso not a multiple of the steps": PAIR,
}


def lay_out(version: str, case: dict[str, Any], root: Path) -> Report:
    for lay in SITUATIONS[case["case"]]:
        lay(root)
    config = root / "dataset.toml"
    config.write_text(case["config"].replace("DIR", str(root)), encoding="utf-8")
    trainer = find_trainer(f"sd-scripts@{version}")
    flags = {"masked_loss": case["masked_loss"]}
    return check(discover(Request(str(config), trainer, find_model(trainer, "sdxl"), flags=flags)))


def test_all_recorded_situations_are_replayed() -> None:
    assert len(CASES) == 96
    assert {case["case"] for _, case in CASES} == set(SITUATIONS)


@pytest.mark.parametrize(("version", "case"), CASES)
def test_outcome_is_the_trainers(version: str, case: dict[str, Any], tmp_path: Path) -> None:
    report = lay_out(version, case, tmp_path)
    if case["outcome"] == "error":
        assert report.stops, "the trainer stopped"
        stop = report.stops[0]
        assert stop.stage.value == case["stage"]
        told = english(stop.error).replace(str(tmp_path), "DIR")
        assert told.startswith(_stable(case["error"]))
        assert report.starts is (case["stage"] == "batch")
        assert report.stops_in_first_epoch is (case["stage"] == "batch")
        # Whatever stops a run is also told as an error, with the rule that explains it.
        assert stop.rule in {finding.name for finding in report.findings}
        return
    assert report.starts
    assert not report.stops_in_first_epoch
    of_image = {sample.pair.image: sample for sample in samples_of(report.training_set)}
    expected = case["batches"]
    assert len(of_image) == len(expected) // _repeats(case["config"])
    for sample, batch in zip(of_image.values(), expected.values(), strict=False):
        assert sample.placement is not None
        assert [*sample.placement.bucket] == batch["bucket"]
        if "strictness" in case["case"]:
            continue  # the picture was not recorded, only where it went
        weights = sample.weights
        assert weights is not None
        assert float(weights.min()) == pytest.approx(batch["min"], abs=1e-5)
        assert float(weights.max()) == pytest.approx(batch["max"], abs=1e-5)
        assert float(weights.mean(dtype=float)) == pytest.approx(batch["mean"], abs=1e-5)


def _repeats(config: str) -> int:
    return 6 if "num_repeats=6" in config else 1


def _stable(error: str) -> str:
    """Leave out of a library's own error what its version changes: file, line, sizes."""
    if "OpenCV(" in error:
        return "error: OpenCV"
    return error.partition(", but input has sizes")[0]
