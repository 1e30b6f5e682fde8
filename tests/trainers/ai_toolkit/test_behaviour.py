"""What ai-toolkit did in recorded situations, and what check says of them."""

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
from maskprep.model import MaskSource
from maskprep.model.report import Report
from tests.places import ROOT
from tests.trainers.ai_toolkit.replay import configured

RECORDED = {
    case["name"]: case
    for case in json.loads(
        (ROOT / "tests/data/trainers/ai-toolkit/behaviour.json").read_text(encoding="utf-8")
    )
}
Builder = Callable[[Path], None]


def half(width: int = 256, height: int = 256, *, top: bool = False) -> Image.Image:
    """Draw a mask whose left (or upper) half trains."""
    mask = np.zeros((height, width), np.uint8)
    mask[: height // 2 if top else height, : width if top else width // 2] = 255
    return Image.fromarray(mask)


def right() -> Image.Image:
    return half().transpose(Image.Transpose.FLIP_LEFT_RIGHT)


def inverse(mask: Image.Image) -> Image.Image:
    return Image.eval(mask, lambda value: 255 - value)


def deep(value: int) -> Image.Image:
    return Image.fromarray(np.full((256, 256), value, np.uint16))


def flat(colour: Any, mode: str = "L") -> Image.Image:
    return Image.new(mode, (256, 256), colour)


def line() -> Image.Image:
    mask = np.zeros((256, 256), np.uint8)
    mask[:, 33:37] = 255
    return Image.fromarray(mask)


def image(
    root: Path, name: str = "x.png", size: tuple[int, int] = (256, 256), turn: int = 1
) -> None:
    exif = Image.Exif()
    exif[0x0112] = turn
    path = root / "img" / name
    path.parent.mkdir(exist_ok=True, parents=True)
    kind = "PNG" if path.suffix.lower() == ".png" else "JPEG"
    Image.new("RGB", size, (90, 120, 150)).save(path, kind, exif=exif)


def with_mask(mask: Image.Image, name: str = "mask/x.png", **of_image: Any) -> Builder:
    def build(root: Path) -> None:
        image(root, **of_image)
        (root / name).parent.mkdir(exist_ok=True, parents=True)
        mask.save(root / name, "PNG" if name.endswith("PNG") else None)

    return build


def all_of(*builders: Builder) -> Builder:
    def build(root: Path) -> None:
        for each in builders:
            each(root)

    return build


def two(a: Image.Image | None, b: Image.Image | None) -> Builder:
    def build(root: Path) -> None:
        for name, mask in (("a", a), ("b", b)):
            image(root, f"{name}.png")
            if mask is not None:
                mask.save(root / f"mask/{name}.png")

    return build


def upright_image_of(mask: Image.Image) -> Builder:
    def build(root: Path) -> None:
        image(root, "x.jpg", (320, 192), turn=6)
        mask.save(root / "mask/x.png")

    return build


def turned_mask(name: str) -> Builder:
    def build(root: Path) -> None:
        image(root)
        exif = Image.Exif()
        exif[0x0112] = 6
        # Turned by 90 degrees, the left half is the upper one.
        half().save(root / name, exif=exif)

    return build


def with_alpha(picture: Image.Image) -> Builder:
    def build(root: Path) -> None:
        (root / "img").mkdir(exist_ok=True)
        picture.save(root / "img/x.png")

    return build


def junk(*names: str) -> Builder:
    def build(root: Path) -> None:
        for name in names:
            (root / name).write_bytes(b"this is no picture")

    return build


def palette() -> Image.Image:
    indexed = half().point(lambda value: value // 255).convert("P")
    indexed.putpalette([0, 0, 0, 255, 255, 255])
    return indexed


def transparent_palette(root: Path) -> None:
    image(root)
    palette().save(root / "mask/x.png", transparency=0)


RGB = Image.new("RGB", (256, 256), (90, 120, 150))
RGBA = Image.merge("RGBA", (*RGB.split(), half()))
NO_MASK: Builder = image
SITUATIONS: dict[str, Builder] = {
    "control": with_mask(half()),
    "missing_mask_batch1": NO_MASK,
    "missing_mask_in_mixed_batch": two(flat(255), None),
    "missing_mask_all_of_batch": two(None, None),
    "missing_mask_mixed_batch1": two(flat(255), None),
    "extra_mask": all_of(with_mask(half()), with_mask(half(), "mask/y.png")),
    "mask_dir_does_not_exist": NO_MASK,
    "size_mismatch_smaller": with_mask(half(128, 128)),
    "size_mismatch_other_aspect": with_mask(half(208, 128)),
    "orientation_mismatch": with_mask(half(256, 128), size=(160, 320)),
    **{
        f"16bit_constant_{value}": with_mask(deep(value)) for value in (200, 255, 300, 32768, 65535)
    },
    "rgba_alpha_only": with_mask(Image.merge("RGBA", (*[flat(255)] * 3, half()))),
    "rgba_rgb_mask_inverse_alpha": with_mask(Image.merge("RGBA", (*[half()] * 3, inverse(half())))),
    "colour_red": with_mask(flat((255, 0, 0), "RGB")),
    "colour_green": with_mask(flat((0, 255, 0), "RGB")),
    "colour_blue": with_mask(flat((0, 0, 255), "RGB")),
    "colour_yellow": with_mask(flat((255, 255, 0), "RGB")),
    "all_black_min0": with_mask(flat(0)),
    "all_black_min0.1": with_mask(flat(0)),
    "all_white": with_mask(flat(255)),
    "all_white_inverted_prior": with_mask(flat(255)),
    "control_inverted_prior": with_mask(half()),
    "mixed_batch_inverted_prior": two(half(), right()),
    "invert_mask": with_mask(half()),
    "ext_jpg": with_mask(half(), "mask/x.jpg"),
    "ext_jpeg": with_mask(half(), "mask/x.jpeg"),
    "ext_webp": with_mask(half(), "mask/x.webp"),
    "ext_upper_PNG": with_mask(half(), "mask/x.PNG"),
    "ext_bmp": with_mask(half(), "mask/x.bmp"),
    "ext_tif": with_mask(half(), "mask/x.tif"),
    "stem_case_differs": with_mask(half(), "mask/X.png"),
    "two_masks_jpg_and_png": all_of(with_mask(flat(255), "mask/x.jpg"), with_mask(half())),
    "image_upper_ext": with_mask(half()),
    "same_stem_two_subfolders": with_mask(half()),
    "mask_in_subfolder": with_mask(half(), "mask/s1/x.png"),
    "mask_dir_inside_image_dir": with_mask(half(), "img/masks/x.png"),
    "controls_dir_inside_image_dir": with_mask(half(), "img/_controls/x.png"),
    "corrupt_mask_single": all_of(image, junk("mask/x.png")),
    "corrupt_mask_two_images": all_of(two(None, half()), junk("mask/a.png")),
    "buckets_false": with_mask(half()),
    "exif6_image_upright_mask": upright_image_of(half(192, 320, top=True)),
    "exif6_image_raw_raster_mask": upright_image_of(half(320, 192)),
    "exif6_mask": turned_mask("mask/x.png"),
    "exif6_mask_jpg": turned_mask("mask/x.jpg"),
    "alpha_mask_on_RGB": with_alpha(RGB),
    "alpha_mask_on_L": with_alpha(half()),
    "alpha_mask_on_LA": with_alpha(Image.merge("LA", (flat(90), half()))),
    "alpha_mask_on_RGBA": with_alpha(RGBA),
    "alpha_mask_on_P": with_alpha(palette()),
    "alpha_mask_and_mask_path": all_of(with_mask(flat(255)), with_alpha(RGBA)),
    "mode_1": with_mask(half().convert("1")),
    "P_transparency": transparent_palette,
    "la": with_mask(Image.merge("LA", (half(), inverse(half())))),
    "thin_line_4px": with_mask(line()),
}


def elsewhere(root: Path, name: str) -> None:
    """Put images where the recording had them."""
    if name == "image_upper_ext":
        (root / "img/x.png").rename(root / "img/x.PNG")
    if name == "mask_in_subfolder":
        (root / "img/s1").mkdir()
        (root / "img/x.png").rename(root / "img/s1/x.png")
    if name == "same_stem_two_subfolders":
        image(root, "s1/x.png")
        image(root, "s2/x.png")
        (root / "img/x.png").unlink()


def laid_out(name: str, root: Path) -> tuple[dict[str, Sample], Report]:
    (root / "mask").mkdir()
    SITUATIONS[name](root)
    elsewhere(root, name)
    options = dict(RECORDED[name]["options"])
    train = {"batch_size": options.pop("batch_size"), "dtype": "fp32"}
    if "inverted_prior" in name:
        train["inverted_mask_prior"] = True
    options.setdefault("mask_path", str(root / "mask"))
    entry = {"resolution": 256, **options}
    request = configured(entry, root / "img", None, root, train)
    found = discover(request)
    samples = {str(Path(each.pair.image).relative_to(root)): each for each in samples_of(found)}
    return samples, check(found)


def test_every_situation_is_drawn() -> None:
    assert SITUATIONS.keys() == RECORDED.keys()


@pytest.mark.parametrize("name", SITUATIONS)
def test_it_is_foretold(name: str, tmp_path: Path) -> None:
    told = RECORDED[name]
    samples, report = laid_out(name, tmp_path)
    if told["outcome"] != "ok":
        assert told["error"] in {stop.error for stop in report.stops}
        assert report.stops_in_first_epoch
        return
    assert report.stops == ()
    trained = {name: each for name, each in samples.items() if each.trains is not None}
    seen = {name for batch in told["batches"] for name in batch["images"]}
    assert trained.keys() == seen
    for batch in told["batches"]:
        for place, image_name in enumerate(batch["images"]):
            sample = trained[image_name]
            weights, factors, placed = sample.weights, sample.loss_factors, sample.placement
            assert weights is not None and factors is not None and placed is not None
            own = batch["masks"][place]
            path = sample.mask_path
            assert own == (None if path is None else str(Path(path).relative_to(tmp_path)))
            if own is None:
                # Alone it trains whole; beside one with a mask its weight is 0.
                assert float(weights.min()) == 1
                continue
            assert list(placed.bucket) == batch["bucket"]
            assert float(weights.mean()) == pytest.approx(batch["weight_mean"][place], abs=2e-5)
            half_width = weights.shape[1] // 2
            mean = float(weights[:, :half_width].mean())
            assert mean == pytest.approx(batch["left_half"][place], abs=6e-5)
            prior = batch.get("prior_multiplier", {"nan": False})
            divides_by_0 = batch["normalised_mean_per_sample"] == ["nan"]
            assert bool(np.isnan(factors).any()) is (prior["nan"] or divides_by_0)


#: What is told of a situation, beside what is told of the image's size.
FINDINGS = {
    "control": set(),
    "missing_mask_batch1": {"mask-missing"},
    "missing_mask_in_mixed_batch": {
        "mask-missing",
        "mask-missing-in-batch",
        "everything-trained",
    },
    "extra_mask": {"mask-extra"},
    "mask_dir_does_not_exist": {"directory-missing"},
    "size_mismatch_other_aspect": {"mask-size-mismatch"},
    "orientation_mismatch": {"mask-size-mismatch", "mask-turned"},
    "exif6_image_raw_raster_mask": {"mask-size-mismatch", "mask-turned"},
    "exif6_image_upright_mask": set(),
    "exif6_mask": set(),
    "16bit_constant_65535": {"mask-16bit"},
    "all_black_min0": {"nothing-trained", "loss-not-a-number"},
    "all_white_inverted_prior": {"everything-trained", "loss-not-a-number"},
    "mixed_batch_inverted_prior": {"prior-of-first-mask"},
    "ext_upper_PNG": {"mask-missing", "extension-ignored"},
    "ext_bmp": {"mask-missing", "extension-ignored"},
    "two_masks_jpg_and_png": {"many-masks-one-image", "everything-trained"},
    "same_stem_two_subfolders": {"many-images-one-mask"},
    "mask_dir_inside_image_dir": {"masks-trained-as-images"},
    "controls_dir_inside_image_dir": set(),
    "corrupt_mask_two_images": {"unreadable"},
    "buckets_false": {"masks-without-buckets"},
    "alpha_mask_on_RGB": {"alpha-not-rgba"},
    "alpha_mask_on_P": {"alpha-not-rgba"},
    "alpha_mask_on_RGBA": set(),
    "alpha_mask_and_mask_path": {"mask-path-unused"},
    "thin_line_4px": {"detail-lost", "nothing-trained", "loss-not-a-number"},
}
_MINOR = {"caption-missing", "upscaled", "duplicate-images", "mask-jpeg"}


@pytest.mark.parametrize("name", FINDINGS)
def test_it_is_told(name: str, tmp_path: Path) -> None:
    _, report = laid_out(name, tmp_path)
    assert {each.name for each in report.findings} - _MINOR == FINDINGS[name]


def test_what_has_no_mask_is_whole_by_itself(tmp_path: Path) -> None:
    samples, _ = laid_out("missing_mask_in_mixed_batch", tmp_path)
    assert samples["img/b.png"].pair.source is MaskSource.NONE
