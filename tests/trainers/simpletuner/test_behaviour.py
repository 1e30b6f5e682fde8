"""What SimpleTuner did in recorded situations, and what check says of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from maskprep.checking.engine import check
from maskprep.dataset.discover import discover
from maskprep.dataset.sample import Sample
from maskprep.dataset.samples import samples_of
from maskprep.model.report import Report
from tests.places import ROOT
from tests.trainers.simpletuner.replay import configured

RECORDED = {
    case["name"]: case
    for case in json.loads(
        (ROOT / "tests/data/trainers/simpletuner/behaviour.json").read_text(encoding="utf-8")
    )
}
Builder = Callable[[Path, Path], None]
WHITE, BLACK = 255, 0


def half(width: int = 256, height: int = 256, value: int = 255, axis: int = 1) -> Image.Image:
    """Draw a mask whose left (or upper) half has a value."""
    mask = np.zeros((height, width), np.uint8)
    mask[
        tuple(
            slice(0, side // 2) if at == axis else slice(None) for at, side in enumerate(mask.shape)
        )
    ] = value
    return Image.fromarray(mask)


def flat(colour: Any, mode: str = "L", size: tuple[int, int] = (256, 256)) -> Image.Image:
    return Image.new(mode, size, colour)


def deep(value: int) -> Image.Image:
    return Image.fromarray(np.full((256, 256), value, np.uint16))


def dot() -> Image.Image:
    mask = np.zeros((256, 256), np.uint8)
    mask[20, 20] = 10
    return Image.fromarray(mask)


def image(
    folder: Path, name: str = "x.png", size: tuple[int, int] = (256, 256), turn: int = 1
) -> None:
    """Save a picture, with an EXIF orientation where it is turned."""
    exif = Image.Exif()
    exif[0x0112] = turn
    (folder / name).parent.mkdir(exist_ok=True)
    Image.new("RGB", size, (90, 120, 150)).save(folder / name, exif=exif)


def pair(
    mask: Image.Image | None, name: str = "x.png", of_mask: str | None = None, **of_image: Any
) -> Builder:
    def build(images: Path, masks: Path) -> None:
        image(images, name, **of_image)
        if mask is not None:
            path = masks / (of_mask or Path(name).name)
            path.parent.mkdir(exist_ok=True)
            mask.save(path, quality=75) if path.suffix == ".jpg" else mask.save(path)

    return build


def pair_of_bytes(content: bytes) -> Builder:
    def build(images: Path, masks: Path) -> None:
        image(images)
        (masks / "x.png").write_bytes(content)

    return build


def one_of_two(mask: Image.Image) -> Builder:
    def build(images: Path, masks: Path) -> None:
        image(images, "a.png")
        image(images, "b.png")
        mask.save(masks / "a.png")

    return build


def none_of_two(images: Path, masks: Path) -> None:
    image(images, "a.png")
    image(images, "b.png")


def one_too_many(images: Path, masks: Path) -> None:
    pair(half())(images, masks)
    half().save(masks / "y.png")


def png_named_jpg(images: Path, masks: Path) -> None:
    image(images, "x.jpg")
    half().save(masks / "x.jpg", "PNG")


def same_names(images: Path, masks: Path) -> None:
    image(images, "s1/x.png")
    image(images, "s2/x.png")
    half().save(masks / "x.png")


def with_alpha(colour: Image.Image | int) -> Image.Image:
    opposite = Image.eval(half(), lambda value: 255 - value)
    grey = colour if isinstance(colour, Image.Image) else flat(colour)
    return Image.merge("RGBA", (grey, grey, grey, opposite))


def palette(images: Path, masks: Path) -> None:
    image(images)
    indexed = half().point(lambda value: value // 255).convert("P")
    indexed.putpalette([0, 0, 0, 255, 255, 255])
    indexed.save(masks / "x.png", transparency=0)


def turned(mask: Image.Image) -> Builder:
    def build(images: Path, masks: Path) -> None:
        image(images)
        exif = Image.Exif()
        exif[0x0112] = 6
        mask.save(masks / "x.png", exif=exif)

    return build


COLOURS = {
    "red": (255, 0, 0),
    "green": (0, 255, 0),
    "blue": (0, 0, 255),
    "yellow": (255, 255, 0),
}
WIDE = (448, 256)
SITUATIONS: dict[str, Builder] = {
    "control": pair(half()),
    "missing_mask_batch1": pair(None),
    "missing_mask_in_mixed_batch": one_of_two(half()),
    "missing_mask_mixed_batch1": one_of_two(flat(BLACK)),
    "missing_mask_all_of_batch": none_of_two,
    "extra_mask": one_too_many,
    "size_mismatch_smaller": pair(half(128, 128)),
    "size_mismatch_other_aspect": pair(half(300, 128)),
    "size_mismatch_orientation": pair(half(512, 256), size=(256, 512)),
    **{
        f"16bit_constant_{value}": pair(deep(value)) for value in (128, 200, 255, 300, 32768, 65535)
    },
    "rgba_alpha_only": pair(with_alpha(WHITE)),
    "rgba_rgb_mask_inverse_alpha": pair(with_alpha(half())),
    **{f"colour_{name}": pair(flat(each, "RGB")) for name, each in COLOURS.items()},
    **{f"segmentation_colour_{name}": pair(flat(each, "RGB")) for name, each in COLOURS.items()},
    "all_black": pair(flat(BLACK)),
    "all_white": pair(flat(WHITE)),
    "segmentation_all_black": pair(flat(BLACK)),
    "segmentation_all_white": pair(flat(WHITE)),
    **{
        f"segmentation_all_black_rounding_{width}x{height}_al{step}": pair(
            flat(BLACK, size=(width, height)), size=(width, height)
        )
        for width, height in ((200, 260), (333, 500))
        for step in (16, 32, 64, 128)
    },
    "segmentation_one_pixel_value_10": pair(dot()),
    "segmentation_control": pair(half()),
    "segmentation_jpeg_mask_q75": pair(half(), "x.jpg"),
    "segmentation_value_1_mask": pair(half(value=1)),
    "jpg_image_png_mask": pair(half(), "x.jpg", "x.png"),
    "png_bytes_named_jpg": png_named_jpg,
    "upper_ext_mask": pair(half(), "x.png", "x.PNG"),
    "upper_ext_image_lower_mask": pair(half(), "x.PNG", "x.png"),
    "upper_ext_both": pair(half(), "x.PNG"),
    "stem_case_differs": pair(half(), "x.png", "X.png"),
    "image_in_subfolder_mask_in_same_subfolder": pair(half(), "sub/x.png", "sub/x.png"),
    "image_in_subfolder_mask_flat": pair(half(), "sub/x.png"),
    "mask_in_subfolder": pair(half(), "x.png", "sub/x.png"),
    "same_stem_two_subfolders_flat_mask": same_names,
    "mask_dir_nested_in_image_dir": pair(half()),
    "corrupt_mask": pair_of_bytes(b"this is no picture"),
    "empty_mask_file": pair_of_bytes(b""),
    "la": pair(Image.merge("LA", (half(), Image.eval(half(), lambda value: 255 - value)))),
    "mode_1": pair(half().convert("1")),
    "P_transparency": palette,
    "exif6_jpg_image_upright_mask": pair(half(256, 448, axis=0), "x.jpg", size=WIDE, turn=6),
    "exif6_jpg_image_raw_raster_mask": pair(half(*WIDE, axis=0), "x.jpg", size=WIDE, turn=6),
    "exif6_png_image_raw_raster_mask": pair(half(*WIDE, axis=0), size=WIDE, turn=6),
    "exif6_jpg_image_and_mask": pair(half(*WIDE, axis=0), "x.jpg", size=WIDE, turn=6),
    "exif6_mask_png": turned(half()),
}
#: Drawn at random by the trainer: a segmentation mask is applied to a share of the steps.
UNTOLD = {"segmentation_probability_0"}
ALIGNED = {name for name in RECORDED if name.startswith("alignment_")}


def laid_out(name: str, folder: Path) -> tuple[dict[str, Sample], Report]:
    options = RECORDED[name]["options"]
    images = folder / "img"
    masks = folder / options.get("mask_dir", "masks")
    images.mkdir()
    masks.mkdir()
    SITUATIONS[name](images, masks)
    found = discover(configured(options, images, masks, folder))
    samples = {str(Path(each.pair.image).relative_to(folder)): each for each in samples_of(found)}
    return samples, check(found)


def test_every_situation_is_drawn() -> None:
    assert SITUATIONS.keys() | UNTOLD | ALIGNED == RECORDED.keys()


@pytest.mark.parametrize("name", SITUATIONS)
def test_it_is_foretold(name: str, tmp_path: Path) -> None:
    told = RECORDED[name]
    samples, report = laid_out(name, tmp_path)
    assert sorted(samples) == told["trained_images"]
    if told["outcome"] != "ok":
        (stop,) = report.stops
        assert str(told["error"]).startswith(stop.error)
        return
    assert report.stops == ()
    for batch in told["batches"]:
        weights = []
        for path in batch["images"]:
            sample = samples[path]
            assert sample.placement is not None and sample.weights is not None
            assert list(sample.placement.bucket) == batch["bucket"]
            assert sample.trains == ("masked" if batch["mask"] else "whole")
            weights.append(sample.weights)
        allowed = 2e-3 if "jpg" in batch["images"][0] else 2e-5
        for wanted, found in zip(batch["weight_mean"], weights, strict=True):
            assert float(found.mean()) == pytest.approx(wanted, abs=allowed)
        assert float(min(each.min() for each in weights)) == pytest.approx(
            batch["weight_min"], abs=allowed
        )
        assert float(max(each.max() for each in weights)) == pytest.approx(
            batch["weight_max"], abs=allowed
        )


@pytest.mark.parametrize("name", sorted(ALIGNED))
def test_masks_beside_their_images_are_told(name: str, tmp_path: Path) -> None:
    told = RECORDED[name]
    images, masks = tmp_path / "img", tmp_path / "masks"
    images.mkdir()
    masks.mkdir()
    pair(half(384, 256), size=(384, 256))(images, masks)
    options = told["options"]
    found = discover(configured(options, images, masks, tmp_path, **options["mask_config"]))
    (sample,) = samples_of(found)
    assert sample.placement is not None
    assert list(sample.placement.bucket) == told["bucket"]
    assert list(sample.placement.resized) == told["resized"]
    offsets = told["mask_minus_image_crop_offset_px"]
    errors = {each.name for each in check(found).findings if each.name.startswith("mask-crop-")}
    moves = any(each != [0.0, 0.0] for each in offsets)
    if moves:
        assert errors
        # What differs each time was drawn, and no weight is foretold of it.
        assert (sample.weights is None) is (len({str(each) for each in offsets}) > 1)
    else:
        assert sample.weights is not None
        assert errors <= {"mask-crop-random"}
        assert bool(errors) is (options["crop_style"] == "random")


#: What is told of a situation, beside what is told of the image's size.
FINDINGS = {
    "control": set(),
    "missing_mask_batch1": {"mask-missing"},
    "missing_mask_in_mixed_batch": {"mask-missing", "batch-lacks-mask"},
    "extra_mask": {"mask-extra"},
    "size_mismatch_other_aspect": {"mask-size-mismatch"},
    "all_black": {"nothing-trained"},
    "all_white": {"everything-trained"},
    "16bit_constant_128": {"mask-16bit"},
    "16bit_constant_200": {"mask-16bit", "mask-constant"},
    "16bit_constant_65535": {"everything-trained"},
    "segmentation_control": {"segmentation-without-grey"},
    "jpg_image_png_mask": {"mask-missing", "mask-ending-differs", "mask-extra"},
    "stem_case_differs": {"near-miss-name"},
    "corrupt_mask": {"unreadable"},
    "image_in_subfolder_mask_flat": set(),
    "mask_dir_nested_in_image_dir": {"masks-trained-as-images", "many-images-one-mask"},
}
_MINOR = {"caption-missing", "upscaled", "extension-ignored", "duplicate-images"}


@pytest.mark.parametrize("name", FINDINGS)
def test_it_is_told(name: str, tmp_path: Path) -> None:
    _, report = laid_out(name, tmp_path)
    assert {each.name for each in report.findings} - _MINOR == FINDINGS[name]
