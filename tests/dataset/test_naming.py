"""Names alone: the one change that leads from images to masks, and likenesses that are none."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from maskprep.dataset.naming import find_beside, find_naming, find_parts

STEMS = ("img_0007", "img_0012", "img_0103")
IMAGES = [f"{stem}.jpg" for stem in STEMS]


def number(stem: str) -> int:
    return int(stem[-4:])


#: How tools call the mask of an image, by its stem, and how that is told.
TOOLS: dict[str, tuple[Callable[[str], str], str]] = {
    "colmap": (lambda s: f"{s}.jpg", "<image>.jpg.png"),
    "doubled": (lambda s: f"{s}.png", "<image>.png.png"),
    "openmvs": (lambda s: f"{s}.mask", "<image>.mask.png"),
    "instant-ngp": (lambda s: f"dynamic_mask_{s}", "dynamic_mask_<image>.png"),
    "onetrainer": (lambda s: f"{s}-masklabel", "<image>-masklabel.png"),
    "plural": (lambda s: f"{s} masks", "<image> masks.png"),
    "background remover": (lambda s: f"{s}_bgrem", "<image>_bgrem.png"),
    "remove.bg": (lambda s: f"{s}-removebg-preview", "<image>-removebg-preview.png"),
    "rembg": (lambda s: f"{s}.out", "<image>.out.png"),
    "label studio": (
        lambda s: f"task-{number(s)}-annotation-{number(s)}-by-1-tag-person-0",
        "with the image's number",
    ),
    "label studio sdk": (lambda s: f"{s}-person-0", "<image>-person-0.png"),
    "rectlabel": (lambda s: f"{s}_all_objects", "<image>_all_objects.png"),
    "rectlabel class": (lambda s: f"{s}_class_person", "<image>_class_person.png"),
    "comfyui": (
        lambda s: f"mask_{number(s):05d}_",
        "mask_<its part that varies>_.png, but for leading zeros",
    ),
    "roboflow": (
        lambda s: f"{s}_jpg.rf.{hash_of(s)}_mask",
        "<image>_jpg_mask.png, but for the signs between words",
    ),
    "celeba": (
        lambda s: f"{number(s):05d}_hair",
        "<its part that varies>_hair.png, but for leading zeros",
    ),
    "cityscapes": (lambda s: f"{s}_gtFine_labelIds", "<image>_gtFine_labelIds.png"),
    "labelme": (lambda s: f"{s}_json/label", "<image>_json/label.png"),
    "pascal voc": (lambda s: f"SegmentationClass/{s}", "SegmentationClass/<image>.png"),
    "segmentation": (lambda s: f"{s}_segmentation", "<image>_segmentation.png"),
    "matte": (lambda s: f"{s}_matte", "<image>_matte.png"),
    "alpha": (lambda s: f"{s}_alpha", "<image>_alpha.png"),
    "gt": (lambda s: f"{s}_gt", "<image>_gt.png"),
    "numbered": (lambda s: f"{s}_0", "<image>_0.png"),
    "numbered mask": (lambda s: f"{s}_mask_0", "<image>_mask_0.png"),
    "copy": (lambda s: f"{s} copy", "<image> copy.png"),
    "browser": (lambda s: f"{s} (1)", "<image> (1).png"),
    "web space": (lambda s: s.replace("_", "-"), "<image>.png, but for the signs between words"),
    "no zeros": (lambda s: f"img_{number(s)}", "<image>.png, but for leading zeros"),
    "numbers alone": (
        lambda s: f"{number(s)}",
        "<its part that varies>.png, but for leading zeros",
    ),
    "other word": (lambda s: f"mask_{s[-4:]}", "mask_<its part that varies>.png"),
    "unsigned": (lambda s: f"mask{s}", "mask<image>.png"),
    "upper case": (str.upper, "<image>.png, but for case or Unicode form"),
    "japanese": (lambda s: f"{s}のマスク", "<image>のマスク.png"),
}


def hash_of(text: str) -> str:
    return f"{random.Random(text).getrandbits(128):032x}"


@pytest.mark.parametrize("tool", TOOLS)
def test_what_tools_call_masks_is_found(tool: str) -> None:
    called, words = TOOLS[tool]
    masks = [f"{called(stem)}.png" for stem in STEMS]
    found = find_naming(masks, IMAGES)
    assert found is not None
    assert found.image_of == dict(zip(masks, IMAGES, strict=True))
    assert found.words == words


def test_roboflows_images_and_masks_may_bear_the_same_hash_or_another() -> None:
    images = [f"{stem}_jpg.rf.{hash_of(stem)}.jpg" for stem in STEMS]
    for salt in ("", "again"):
        masks = [f"{stem}_jpg.rf.{hash_of(stem + salt)}_mask.png" for stem in STEMS]
        found = find_naming(masks, images)
        assert found is not None
        assert list(found.image_of.values()) == images


def test_what_all_images_names_share_may_be_replaced() -> None:
    images = [f"{city}_leftImg8bit.png" for city in ("aachen_01", "bonn_02", "ulm_03")]
    masks = [image.replace("leftImg8bit", "gtFine_labelIds") for image in images]
    found = find_naming(masks, images)
    assert found is not None
    assert found.image_of == dict(zip(masks, images, strict=True))


def test_copies_of_one_image_with_other_hashes_are_left_alone() -> None:
    images = [f"{stem}_jpg.rf.{hash_of(stem + n)}.jpg" for stem in STEMS for n in "ab"]
    masks = [f"{stem}_jpg.rf.{hash_of(stem + n)}_mask.png" for stem in STEMS for n in "cd"]
    assert find_naming(masks, images) is None


def test_the_images_own_ending_may_be_of_several_kinds() -> None:
    images = ["a.jpg", "b.png", "c.JPEG"]
    found = find_naming(["a.jpg.png", "b.png.png", "c.JPEG.png"], images)
    assert found is not None
    assert list(found.image_of.values()) == images
    assert found.words == "<image>.<its ending>.png"


@pytest.mark.parametrize(
    ("images", "masks"),
    [
        (["a1", "a2", "a3"], ["a10", "a20", "a30"]),
        (["cat", "dog", "cow"], ["cat2", "dog2", "cow2"]),
        (["cat", "dog", "cow"], ["cats", "dogs", "cows"]),
        (["1", "2", "3"], ["mask11", "mask12", "mask13"]),
        (["2024-01-05_1", "2024-01-06_1"], ["2024-01-05_2", "2024-01-06_2"]),
        (["2024-01-05", "2024-01-06"], ["2024-02-05", "2024-02-07"]),
        (["cat", "dog"], ["cow", "hen"]),
        (["a", "b"], ["b_a", "a_b"]),  # either name stands in either
        (["a-1", "a_1", "a 1"], ["A.1", "A 1", "A-1"]),
        (["0", "1", "2", "3"], ["mask_1", "mask_2", "mask_3", "mask_4"]),
        (["img_0", "img_1", "img_2"], ["mask_1", "mask_2", "mask_3"]),
        (["img_00", "img_01"], ["mask_0_1", "mask_1_0"]),
        (["cat"], ["cat_mask"]),  # one alone is no pattern
        ([], ["cat_mask", "dog_mask"]),
    ],
)
def test_names_that_merely_look_alike_are_not_paired(images: list[str], masks: list[str]) -> None:
    assert find_naming([f"{m}.png" for m in masks], [f"{i}.jpg" for i in images]) is None


@pytest.mark.parametrize(
    ("numbers", "is_believed"),
    [
        (range(1, 31), True),
        ([1, *range(3, 31)], True),
        (range(1, 30), False),
        (range(2, 31), False),
    ],
)
def test_numbers_alone_pair_only_where_they_cannot_be_shifted(
    numbers: list[int], is_believed: bool
) -> None:
    images = [f"frame_{n:04d}.jpg" for n in range(1, 31)]
    found = find_naming([f"{n}.png" for n in numbers], images)
    assert (found is not None) == is_believed


def test_hashes_are_not_paired() -> None:
    images = [f"{hash_of(f'image {place}')}.jpg" for place in range(500)]
    masks = [f"{hash_of(f'mask {place}')}-{hash_of(str(place))}.png" for place in range(500)]
    assert find_naming(masks, images) is None
    assert find_parts(masks, images) is None


def test_no_mask_is_given_to_an_image_that_has_its_own() -> None:
    masks = [f"{name}_mask.png" for name in "abcdefghijkl"]
    found = find_naming(masks, [f"{name}.jpg" for name in "abcdefghijk"], ["l.jpg"])
    assert found is not None
    assert "l_mask.png" not in found.image_of
    assert find_naming(masks[:3], ["a.jpg", "b.jpg"], ["c.jpg"]) is None


@pytest.mark.parametrize(("strays", "is_believed"), [(2, True), (3, False)])
def test_a_change_explains_nine_in_ten(strays: int, is_believed: bool) -> None:
    stems = [f"{hash_of(str(place))[:8]}" for place in range(18)]
    masks = [f"{stem}_m.png" for stem in stems] + [f"stray {n}.png" for n in range(strays)]
    found = find_naming(masks, [f"{stem}.jpg" for stem in stems])
    assert (found is not None) == is_believed


LETTERS = (
    "abcdefghijklmnopqrstuvwxyz",
    "ABCabc0123456789",
    "猫犬鳥花山川空海星月",
    "がぎぐパピプのアイウ",
    "éüöñçåß",
)
AFFIXES = (
    ("", "_mask"),
    ("mask_", ""),
    ("", "-masklabel"),
    ("", ".mask"),
    ("", "_mask_1"),
    ("", " (1)"),
    ("", " copy"),
    ("dynamic_mask_", ""),
    ("", "_的蒙版"),
    ("masks/", ""),
    ("", "_json/label"),
)


def random_stems(rng: random.Random, count: int) -> list[str]:
    """Make names some of which are parts of others, with several dots and signs."""
    stems: list[str] = []
    while len(stems) < count:
        words = ["".join(rng.choices(rng.choice(LETTERS), k=rng.randint(1, 8))) for _ in range(3)]
        stem = "".join(w + rng.choice(("_", "-", ".", " ", "__")) for w in words[:2]) + words[2]
        if stems and rng.random() < 0.3:
            stem = rng.choice(stems) + rng.choice(("_2", ".v1", "_mask", "-b"))
        if stem not in stems:
            stems.append(stem)
    return stems


@pytest.mark.parametrize("seed", range(60))
def test_of_any_names_the_change_is_found_and_nothing_else_is_paired(seed: int) -> None:
    rng = random.Random(seed)
    stems = random_stems(rng, rng.randint(2, 120))
    before, behind = rng.choice(AFFIXES)
    true = {f"{before}{stem}{behind}.png": f"{stem}.jpg" for stem in stems}
    masks = list(true)
    rng.shuffle(masks)
    found = find_naming(masks, [f"{stem}.jpg" for stem in stems])
    if found is not None:
        assert found.image_of.items() <= true.items()
        assert len(found.image_of) >= 0.9 * len(true)
    assert found is not None or len(stems) < 20  # few names can be read in two ways


@pytest.mark.parametrize("seed", range(60))
def test_pairs_are_always_one_to_one_and_of_images_that_lack_one(seed: int) -> None:
    rng = random.Random(seed)
    stems = random_stems(rng, 60)
    images, others = [f"{s}.jpg" for s in stems[:30]], [f"{s}.png" for s in stems[30:]]
    masks = [f"{rng.choice(stems)}{rng.choice(('_mask', '_2', '', '1'))}.png" for _ in range(40)]
    found = find_naming(list(dict.fromkeys(masks)), images, others)
    if found is not None:
        assert set(found.image_of.values()) <= set(images)
        assert len(set(found.image_of.values())) == len(found.image_of)


@pytest.mark.parametrize("seed", range(20))
def test_unrelated_names_are_not_paired(seed: int) -> None:
    rng = random.Random(seed)
    stems = random_stems(rng, 80)
    masks, images = [f"{s}.png" for s in stems[:40]], [f"{s}.jpg" for s in stems[40:]]
    found = find_naming(masks, images)
    assert found is None or all(_holds(m, i) for m, i in found.image_of.items())


def _holds(mask: str, image: str) -> bool:
    return image.removesuffix(".jpg") in mask


def test_several_masks_of_an_image_are_its_parts() -> None:
    masks = ["a-head-0.png", "a-body-0.png", "a_2-head-0.png", "a_2-body-0.png"]
    found = find_parts(masks, ["a.jpg", "a_2.jpg"])
    assert found is not None
    assert found.masks_of == {"a.jpg": tuple(masks[:2]), "a_2.jpg": tuple(masks[2:])}
    assert find_naming(masks, ["a.jpg", "a_2.jpg"]) is None


@pytest.mark.parametrize(
    "masks",
    [
        ["a_0.png", "b_0.png"],  # one each
        ["a_0.png", "a_1.png", "x.png", "y.png"],  # too many of no image
        ["a_0.png", "a_1.png"],  # b has none
        ["a_b_0.png", "a_b_1.png", "b_a_0.png"],  # of both
    ],
)
def test_what_is_not_of_parts(masks: list[str]) -> None:
    assert find_parts(masks, ["a.jpg", "b.jpg"]) is None


def test_masks_beside_their_images_are_told_apart() -> None:
    names = ["a.jpg", "a.mask.png", "b.jpg", "b.mask.png", "c.jpg"]
    found = find_beside(names)
    assert found is not None
    assert found.is_marked
    assert found.image_of == {"a.mask.png": "a.jpg", "b.mask.png": "b.jpg"}
    assert find_beside(["a.jpg", "b.jpg", "a10.jpg", "b10.jpg"]) is None


def test_a_change_that_says_nothing_of_masks_is_told_so() -> None:
    found = find_beside(["a.jpg", "a_2.jpg", "b.jpg", "b_2.jpg"])
    assert found is not None
    assert not found.is_marked
    assert find_beside(["a.jpg", "a_2.jpg", "b.jpg", "b_2.jpg", "c.jpg"]) is None


@pytest.mark.parametrize("count", [192, 384, 1000, 4800])
def test_large_sets_are_looked_at_all_over(count: int) -> None:
    names = [name for n in range(count) for name in (f"{n:05}.jpg", f"{n:05}_mask.png")]
    found = find_beside(names)
    assert found is not None and len(found.image_of) == count
    assert found.words == "<image>_mask.png"
