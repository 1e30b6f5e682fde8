"""PSD and ORA: layers by name, where they lie, as far as they show."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from maskprep.errors import MaskprepError
from tests.annotations.drawing import RECORDED, SIZE, Pixels, reading, truth


def patch(alpha: int = 255, size: tuple[int, int] = (10, 8)) -> Image.Image:
    return Image.new("RGBA", size, (200, 100, 50, alpha))


def drawn(path: Path) -> dict[str, Pixels]:
    (image,) = reading(path).images
    assert image.size == SIZE
    return {shape.label: shape.draw(SIZE) for shape in image.shapes}


def expected(left: int, top: int, right: int, bottom: int, value: int = 255) -> Pixels:
    mask = np.zeros((SIZE.height, SIZE.width), np.uint8)
    mask[max(top, 0) : bottom, max(left, 0) : right] = value
    return mask


def test_layers_of_a_psd_show_what_psd_tools_composes() -> None:
    path = RECORDED / "layers.psd"
    assert reading(path).format.title == "Photoshop"
    made = drawn(path)
    cases = truth("photoshop")
    assert sorted(made) == sorted(case["layer"] for case in cases)
    for case in cases:
        assert made[case["layer"]].tobytes().hex() == case["values"], case["layer"]
    assert np.array_equal(made["hair"], expected(-3, 5, 7, 13))
    assert np.array_equal(made["masked"], expected(5, 5, 9, 13, 100))
    assert np.array_equal(made["both"], made["on"])  # not what is hidden in it


def ora(path: Path, stack: str, **layers: Image.Image) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "image/openraster")
        archive.writestr("stack.xml", stack)
        for name, image in layers.items():
            buffer = io.BytesIO()
            image.save(buffer, "PNG")
            archive.writestr(f"data/{name}.png", buffer.getvalue())
    return path


STACK = """<?xml version="1.0"?><image w="40" h="30"><stack>
<layer name="hair" src="data/hair.png" x="30" y="25"/>
<stack><layer name="hat" src="/data/hat.png"/></stack></stack></image>"""


def test_layers_of_an_ora_lie_where_they_were_painted(tmp_path: Path) -> None:
    path = ora(tmp_path / "a.ora", STACK, hair=patch(), hat=patch(90))
    assert reading(path).format.title == "OpenRaster"
    made = drawn(path)
    assert np.array_equal(made["hair"], expected(30, 25, 40, 30))
    assert np.array_equal(made["hat"], expected(0, 0, 10, 8, 90))


def test_layers_must_be_chosen(tmp_path: Path) -> None:
    annotations = reading(ora(tmp_path / "a.ora", STACK, hair=patch(), hat=patch()))
    with pytest.raises(MaskprepError, match="say which layers train: --label NAME, of hair, hat"):
        annotations.chosen([])
    with pytest.raises(MaskprepError, match="no layer 'Hair': did you mean hair"):
        annotations.chosen(["Hair"])


@pytest.mark.parametrize(
    ("stack", "told"),
    [
        ("<image w='40'/>", "without w and h"),
        ("<image", "is no XML"),
        ("<!DOCTYPE a><image/>", "declares a document type"),
        ("<image w='99999999' h='1'/>", "an image of 99999999 x 1 px"),
    ],
)
def test_broken_stacks_are_told_in_one_line(stack: str, told: str, tmp_path: Path) -> None:
    path = ora(tmp_path / "a.ora", stack)
    with pytest.raises(MaskprepError, match=told) as caught:
        reading(path)
    assert str(caught.value).startswith(str(path))


def test_a_layer_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(MaskprepError, match=r"data/hair\.png in it cannot be read"):
        drawn(ora(tmp_path / "a.ora", STACK))


def test_damaged_pixels_of_a_psd_are_told_and_not_taken_for_black(tmp_path: Path) -> None:
    content = (RECORDED / "layers.psd").read_bytes()
    pixels = bytes([0, 1, 0, 2]) + bytes([0, 2]) * 7  # RLE, the lengths of eight rows
    assert pixels in content
    path = tmp_path / "a.psd"
    path.write_bytes(content.replace(pixels, bytes([0, 2]) + pixels[2:]))  # said to be a ZIP
    with pytest.raises(MaskprepError, match="its layers cannot be read"):
        drawn(path)


def test_a_damaged_psd_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.psd"
    path.write_bytes(b"8BPS and no more")
    with pytest.raises(MaskprepError, match="its layers cannot be read"):
        reading(path)
