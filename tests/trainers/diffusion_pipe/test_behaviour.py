"""What diffusion-pipe did in recorded situations, and what check says of them."""

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
from tests.trainers.diffusion_pipe.replay import configured

RECORDED = {
    case["name"]: case
    for case in json.loads(
        (ROOT / "tests/data/trainers/diffusion-pipe/behaviour.json").read_text(encoding="utf-8")
    )
}
Builder = Callable[[Path], None]


def half(width: int = 256, height: int = 256, *, top: bool = False) -> Image.Image:
    """Draw a mask whose left (or upper) half trains."""
    mask = np.zeros((height, width), np.uint8)
    mask[: height // 2 if top else height, : width if top else width // 2] = 255
    return Image.fromarray(mask)


def inverse(mask: Image.Image) -> Image.Image:
    return Image.eval(mask, lambda value: 255 - value)


def deep(value: int) -> Image.Image:
    return Image.fromarray(np.full((256, 256), value, np.uint16))


def flat(colour: Any, mode: str = "L") -> Image.Image:
    return Image.new(mode, (256, 256), colour)


def line(first: int, width: int) -> Image.Image:
    mask = np.zeros((256, 256), np.uint8)
    mask[:, first : first + width] = 255
    return Image.fromarray(mask)


def image(
    root: Path, name: str = "x.png", size: tuple[int, int] = (256, 256), turn: int = 1
) -> None:
    """Save a picture with its caption, and an EXIF orientation where it is turned."""
    exif = Image.Exif()
    exif[0x0112] = turn
    path = root / "img" / name
    path.parent.mkdir(exist_ok=True)
    Image.new("RGB", size, (90, 120, 150)).save(path, exif=exif)
    path.with_suffix(".txt").write_text("a picture", encoding="utf-8")


def with_mask(mask: Image.Image, name: str = "mask/x.png", **of_image: Any) -> Builder:
    def build(root: Path) -> None:
        image(root, **of_image)
        (root / name).parent.mkdir(exist_ok=True)
        mask.save(root / name, "PNG" if name.endswith((".PNG", ".mask")) else None)

    return build


def all_of(*builders: Builder) -> Builder:
    def build(root: Path) -> None:
        for each in builders:
            each(root)

    return build


def named(name: str, **more: Any) -> Builder:
    return lambda root: image(root, name, **more)


def text(name: str) -> Builder:
    def build(root: Path) -> None:
        (root / name).write_text("this is no picture", encoding="utf-8")

    return build


def saved(picture: Image.Image, name: str, **more: Any) -> Builder:
    return lambda root: picture.save(root / name, **more)


def below(root: Path) -> None:
    (root / "img/sub").mkdir()
    image(root, "sub/y.png")


def turned_mask(root: Path) -> None:
    image(root)
    exif = Image.Exif()
    exif[0x0112] = 6
    half().save(root / "mask/x.png", exif=exif)


def palette(root: Path) -> None:
    image(root)
    indexed = half().point(lambda value: value // 255).convert("P")
    indexed.putpalette([0, 0, 0, 255, 255, 255])
    indexed.save(root / "mask/x.png", transparency=0)


RGBA = Image.merge("RGBA", (*flat((90, 120, 150), "RGB").split(), half()))
SITUATIONS: dict[str, Builder] = {
    "control": with_mask(half()),
    "missing_mask": image,
    "missing_mask_in_mixed_batch": all_of(
        named("a.png"), named("b.png"), saved(flat(0), "mask/a.png")
    ),
    "extra_mask": all_of(with_mask(half()), saved(half(), "mask/y.png")),
    "mask_dir_missing": image,
    "size_mismatch_smaller": with_mask(half(128, 128)),
    "size_mismatch_by_one": with_mask(half(255, 256)),
    **{
        f"16bit_constant_{value}": with_mask(deep(value)) for value in (200, 255, 300, 32768, 65535)
    },
    "rgba_alpha_only": with_mask(Image.merge("RGBA", (*[flat(255)] * 3, half()))),
    "rgba_rgb_mask_inverse_alpha": with_mask(Image.merge("RGBA", (*[half()] * 3, inverse(half())))),
    "image_rgba": all_of(with_mask(half()), saved(RGBA, "img/x.png")),
    "colour_red": with_mask(flat((255, 0, 0), "RGB")),
    "colour_green": with_mask(flat((0, 255, 0), "RGB")),
    "colour_blue": with_mask(flat((0, 0, 255), "RGB")),
    "colour_yellow": with_mask(flat((255, 255, 0), "RGB")),
    "all_black": with_mask(flat(0)),
    "all_white": with_mask(flat(255)),
    **{f"ext_{each}": with_mask(half(), f"mask/x.{each}") for each in ("jpg", "webp", "bmp")},
    **{f"ext_{each}": with_mask(half(), f"mask/x.{each}") for each in ("tif", "gif")},
    "ext_upper_PNG": with_mask(half(), "mask/x.PNG"),
    "stem_case_differs": with_mask(half(), "mask/X.png"),
    "two_masks_same_stem": all_of(with_mask(flat(0), "mask/x.png"), saved(flat(255), "mask/x.jpg")),
    "caption_txt_in_mask_dir_only": all_of(image, text("mask/x.txt")),
    "corrupt_mask": all_of(image, text("mask/x.png")),
    "hidden_file_in_mask_dir": all_of(with_mask(half()), text("mask/.x.png")),
    "mask_in_subfolder": with_mask(half(), "mask/sub/x.png"),
    "image_in_subfolder": all_of(image, below),
    "mask_dir_nested_in_images": with_mask(half(), "img/masks/x.png"),
    "masks_beside_images": with_mask(half(), "img/x-masklabel.png"),
    "dot_mask_sidecar": with_mask(half(), "img/x.mask"),
    "mask_path_equals_image_dir": image,
    "exif6_image_upright_mask": all_of(
        named("x.jpg", size=(320, 192), turn=6), saved(half(192, 320, top=True), "mask/x.png")
    ),
    "exif6_image_raw_raster_mask": all_of(
        named("x.jpg", size=(320, 192), turn=6), saved(half(320, 192), "mask/x.png")
    ),
    "exif6_mask": turned_mask,
    "mode_1": with_mask(half().convert("1")),
    "P_transparency": palette,
    "la": with_mask(Image.merge("LA", (half(), inverse(half())))),
    "thin_line_4px": with_mask(line(33, 4)),
    "thin_line_3px": with_mask(line(37, 3)),
    "flux_odd_packing_latent": with_mask(Image.new("L", (256, 272), 255), size=(256, 272)),
}


def laid_out(name: str, root: Path) -> tuple[dict[str, Sample], Report]:
    (root / "mask").mkdir()
    SITUATIONS[name](root)
    options = {**RECORDED[name]["options"]}
    options.pop("batch_size")
    masks: Path | None = root / "mask"
    if "mask_path" in options:
        named_masks = options.pop("mask_path")
        masks = None if named_masks is None else Path(named_masks)
    if name == "mask_path_equals_image_dir":
        masks = root / "img"
    aspects = {"enable_ar_bucket": True, "min_ar": 0.5, "max_ar": 2.0, "num_ar_buckets": 7}
    found = discover(
        configured({"resolutions": [256], **aspects, **options}, root / "img", masks, root)
    )
    samples = {str(Path(each.pair.image).relative_to(root)): each for each in samples_of(found)}
    return samples, check(found)


def test_every_situation_is_drawn() -> None:
    assert SITUATIONS.keys() == RECORDED.keys()


@pytest.mark.parametrize("name", SITUATIONS)
def test_it_is_foretold(name: str, tmp_path: Path) -> None:
    told = RECORDED[name]
    samples, report = laid_out(name, tmp_path)
    if told["outcome"] != "ok":
        wanted = told["error"].replace("DIR", str(tmp_path))
        assert wanted in {stop.error for stop in report.stops}
        assert not report.starts
        return
    assert report.stops == ()
    # Without a caption the trainer skips an image.
    trained = {name: each for name, each in samples.items() if each.pair.caption.text is not None}
    seen = {name for batch in told["batches"] for name in batch["images"]}
    assert trained.keys() == seen
    for batch in told["batches"]:
        for place, image_name in enumerate(batch["images"]):
            sample = trained[image_name]
            weights, placed = sample.weights, sample.placement
            assert weights is not None and placed is not None
            assert list(placed.bucket) == batch["bucket"]
            assert float(weights.mean()) == pytest.approx(batch["weight_mean"][place], abs=2e-5)
            middle = weights.shape[1] // 2
            mean = float(weights[:, :middle].mean())
            assert mean == pytest.approx(batch["left_half"][place], abs=6e-5)


#: What is told of a situation.
FINDINGS: dict[str, set[str]] = {
    "control": set(),
    "missing_mask": {"mask-missing"},
    "extra_mask": {"mask-extra"},
    "mask_dir_missing": {"directory-missing"},
    "size_mismatch_by_one": {"mask-size-mismatch"},
    "16bit_constant_65535": {"mask-16bit"},
    "colour_green": {"mask-coloured", "nothing-trained"},
    "all_black": {"nothing-trained"},
    "ext_upper_PNG": set(),
    "ext_gif": {"mask-palette"},
    "two_masks_same_stem": {"many-masks-one-image", "nothing-trained"},
    "caption_txt_in_mask_dir_only": {"unreadable"},
    "corrupt_mask": {"unreadable"},
    "masks_beside_images": {"mask-missing", "caption-missing", "masks-among-images"},
    "dot_mask_sidecar": {"mask-missing", "trained-by-its-content"},
    "mask_path_equals_image_dir": {
        "images-are-masks",
        "many-masks-one-image",
        "masks-among-images",
    },
    "exif6_image_upright_mask": {"exif-orientation", "mask-size-mismatch"},
    "thin_line_4px": {"effective-loss-low"},
    "thin_line_3px": {"detail-lost", "nothing-trained"},
}
_MINOR = {"upscaled", "duplicate-images", "mask-jpeg"}


@pytest.mark.parametrize("name", FINDINGS)
def test_it_is_told(name: str, tmp_path: Path) -> None:
    _, report = laid_out(name, tmp_path)
    assert {each.name for each in report.findings} - _MINOR == FINDINGS[name]
