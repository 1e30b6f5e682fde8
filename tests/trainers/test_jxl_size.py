"""The size of JPEG XL, as the trainer's own reader tells it."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import pytest
from PIL import Image

from maskprep.model import Size, Stage, Stop
from maskprep.trainers.sd_scripts.generations import GENERATIONS
from maskprep.trainers.sd_scripts.jxl_size import jxl_size
from maskprep.trainers.sd_scripts.measure import measured_size

CONTAINER = b"\0\0\0\x0cJXL \r\n\x87\n\0\0\0\x14ftypjxl \0\0\0\0jxl "


def stream(*fields: tuple[int, int]) -> bytes:
    """Write numbers of so many bits each behind the signature, the lowest bit first."""
    value = shift = 0
    for number, bits in fields:
        value |= number << shift
        shift += bits
    return b"\xff\x0a" + value.to_bytes(12, "little")


#: A side, as the format writes it: small ones by eights, others by the bits that they need.
SIZES: Sequence[tuple[bytes, tuple[int, int]]] = (
    (stream((1, 1), (15, 5), (1, 3)), (128, 128)),
    (stream((1, 1), (3, 5), (0, 3), (31, 5)), (256, 32)),
    (stream((0, 1), (0, 2), (499, 9), (2, 3)), (600, 500)),
    (stream((0, 1), (1, 2), (767, 13), (3, 3)), (1024, 768)),
    (stream((0, 1), (1, 2), (1000, 13), (4, 3)), (1501, 1001)),
    (stream((0, 1), (1, 2), (1079, 13), (5, 3)), (1920, 1080)),
    (stream((0, 1), (2, 2), (9999, 18), (6, 3)), (12500, 10000)),
    (stream((0, 1), (0, 2), (299, 9), (7, 3)), (600, 300)),
    (stream((0, 1), (0, 2), (299, 9), (0, 3), (3, 2), (99_999, 30)), (100_000, 300)),
)


def box(kind: bytes, content: bytes, *, long: bool = False) -> bytes:
    if long:
        return b"\0\0\0\x01" + kind + (len(content) + 16).to_bytes(8, "big") + content
    return (len(content) + 8).to_bytes(4, "big") + kind + content


@pytest.mark.parametrize(("codestream", "size"), SIZES)
def test_every_form_of_a_side_is_read(codestream: bytes, size: tuple[int, int]) -> None:
    parts = [
        box(b"jxlp", index.to_bytes(4, "big") + part)
        for index, part in ((0x80000001, codestream[5:]), (0, codestream[:5]))
    ]
    for content in (
        codestream,
        CONTAINER + box(b"Exif", bytes(30)) + box(b"jxlc", codestream),
        CONTAINER + box(b"jxlc", codestream, long=True),
        CONTAINER + b"".join(parts),
        CONTAINER + b"\0\0\0\0jxlc" + codestream,
    ):
        assert jxl_size(io.BytesIO(content)) == size


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "Invalid signature box."),
        (b"\x89PNG\r\n\x1a\n" + bytes(40), "Invalid signature box."),
        (CONTAINER[:31], "Invalid file type box."),
        (CONTAINER + b"\0\0\0\x05jxlc", "Invalid LBox at byte 32."),
        (CONTAINER + b"\0\0\0\x01jxlc" + bytes(8), "Invalid XLBox at byte 32."),
    ],
)
def test_what_is_no_jpeg_xl_stops_the_start(content: bytes, told: str, tmp_path: Path) -> None:
    path = tmp_path / "a.jxl"
    path.write_bytes(content)
    stop = measured_size(str(path), None, GENERATIONS["0.10"])
    assert isinstance(stop, Stop)
    assert (stop.stage, stop.error) == (Stage.START_UP, f"ValueError: {told}")


def test_what_has_no_codestream_has_some_size(tmp_path: Path) -> None:
    """As in the trainer, which takes what it finds for one: the run stops in its batch."""
    path = tmp_path / "a.JXL"
    path.write_bytes(CONTAINER)
    assert isinstance(measured_size(str(path), None, GENERATIONS["current"]), Size)
    assert measured_size(str(path), None, GENERATIONS["0.9"]) == Size(-1, -1)


def test_the_installed_encoders_files_are_measured() -> None:
    pytest.importorskip("pillow_jxl")
    for size in ((8, 8), (40, 30), (257, 300), (1000, 500)):
        for container in (False, True):
            buffer = io.BytesIO()
            Image.new("RGB", size).save(buffer, "JXL", effort=1, use_container=container)
            buffer.seek(0)
            assert jxl_size(buffer) == size
