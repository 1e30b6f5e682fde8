#!/usr/bin/env bash
# Pillow 12.0.0 (11.0 to 13.0 alike, 10.4 not).
# An uncompressed TIFF with orientation 6 is turned while it is loaded. Opened as a stream of its bytes
# it comes out right; opened by its path it does not, though the size that it tells is the turned one.
# Seen, of 40 x 24 px: from memory right, 24 x 40 px; by path wrong, with other pixels.
# Fails where that changes.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q pillow==12.0.0 numpy==2.3.4
cd "$work"
"$work/venv/bin/python" - <<'PY'
import io

import numpy as np
from PIL import Image

drawn = np.arange(24 * 40, dtype=np.uint32).reshape(24, 40).astype(np.uint8)
Image.fromarray(drawn).save("turned.tif", tiffinfo={274: 6})
right = np.rot90(drawn, -1)
with Image.open("turned.tif") as by_path, open("turned.tif", "rb") as stream:
    path_pixels = np.asarray(by_path)
    with Image.open(io.BytesIO(stream.read())) as in_memory:
        memory_pixels = np.asarray(in_memory)
print("by path right:", np.array_equal(path_pixels, right), "shape", path_pixels.shape)
print("from memory right:", np.array_equal(memory_pixels, right), "shape", memory_pixels.shape)
assert np.array_equal(memory_pixels, right)
assert not np.array_equal(path_pixels, right)
PY
