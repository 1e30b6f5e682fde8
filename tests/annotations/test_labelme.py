"""labelme: every kind of shape as its Pillow draws it, and masks stored as they are."""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import Any

import numpy as np
import PIL
import pytest
from PIL import Image

from maskprep.annotations import painting
from maskprep.annotations.document import corners
from maskprep.errors import MaskprepError
from tests.annotations.drawing import SIZE, filled, reading, saved, square, truth, unpacked

_PILLOW = tuple(int(part) for part in PIL.__version__.split(".")[:2])


def document(*shapes: dict[str, Any], image: str = "a.png") -> dict[str, Any]:
    sides = {"imageHeight": SIZE.height, "imageWidth": SIZE.width}
    return {"version": "5.11.4", "shapes": list(shapes), "imagePath": image, **sides}


def shape(kind: str, points: list[list[float]], **more: Any) -> dict[str, Any]:
    return {"label": "person", "points": points, "shape_type": kind} | more


@pytest.mark.skipif(_PILLOW == (11, 1), reason="of its own between two ways, not recorded")
def test_shapes_are_filled_as_labelme_fills_them() -> None:
    era = "to-pillow-11.0" if _PILLOW < (11, 1) else "from-pillow-11.2"
    for case in truth(f"labelme-{era}"):
        made = painting.pillow(case["kind"], corners(case["points"]), SIZE)
        assert np.array_equal(made, unpacked(case["rows"])), case


def test_a_square_of_four_is_twenty_five_pixels(tmp_path: Path) -> None:
    annotations = reading(saved(tmp_path / "a.json", document(shape("polygon", square(0, 0, 4)))))
    assert annotations.format.title == "labelme"
    assert np.count_nonzero(filled(annotations)) == 25


def test_a_rectangle_may_be_drawn_upwards(tmp_path: Path) -> None:
    drawn = document(shape("rectangle", [[14, 9], [10, 3]]))
    assert np.count_nonzero(filled(reading(saved(tmp_path / "a.json", drawn)))) == 5 * 7


def packed(patch: Any) -> str:
    buffer = io.BytesIO()
    Image.fromarray(patch).save(buffer, "PNG")
    return base64.b64encode(buffer.getvalue()).decode()


def test_a_stored_mask_is_laid_into_its_box(tmp_path: Path) -> None:
    patch = np.array([[True, False, True], [False, True, True]])
    drawn = document(shape("mask", [[5.2, 6.9], [7.2, 7.9]], mask=packed(patch)))
    made = filled(reading(saved(tmp_path / "a.json", drawn)))
    assert np.array_equal(made[6:8, 5:8], patch * 255)
    assert np.count_nonzero(made) == 4


def test_kinds_without_a_fill_are_left_out_and_told(tmp_path: Path) -> None:
    odd = shape("points", [[1, 1]]), shape("circle", [[1, 1]]), shape("polygon", [[1, 1], [2, 2]])
    (image,) = reading(saved(tmp_path / "a.json", document(*odd))).images
    assert image.shapes == ()
    assert len(image.notes) == 3


@pytest.mark.parametrize(
    ("broken", "told"),
    [
        (shape("polygon", [[0, 0], [1], [2, 2]]), "no numbers"),
        (shape("polygon", [[0, 0], [1, 1e10], [2, 2]]), "beyond any picture"),
        ({"points": []}, "no 'label'"),
        (shape("mask", [[0, 0], [1, 1]]), "no 'mask'"),
        (shape("mask", [[0, 0], [1, 1]], mask="!!"), "cannot be decoded"),
        (shape("mask", [[0, 0], [5, 1]], mask=packed(np.ones((2, 2), bool))), "another box"),
        ("text", "no 'label'"),
    ],
)
def test_broken_shapes_are_told_with_their_file(broken: Any, told: str, tmp_path: Path) -> None:
    saved(tmp_path / "labels" / "a.json", document(shape("point", [[3, 3]])))
    bad = saved(tmp_path / "labels" / "b.json", document(broken))
    with pytest.raises(MaskprepError, match=told) as caught:
        reading(tmp_path / "labels")
    assert str(caught.value).startswith(str(bad))


def test_numbers_of_labels_play_no_part(tmp_path: Path) -> None:
    first = document(shape("point", [[3, 3]]))
    second = document(
        shape("point", [[3, 3]], label="hat"), shape("point", [[9, 9]]), image="b.png"
    )
    saved(tmp_path / "labels" / "a.json", first)
    saved(tmp_path / "labels" / "b.json", second)
    assert reading(tmp_path / "labels").labels == ("person", "hat")
